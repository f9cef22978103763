"""A plan with what is proven of it: what every method returns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amopt.program.solver.outcome import Outcome, Status, relative_gap

if TYPE_CHECKING:
    from amopt.placement.plan import Plan

__all__ = ["BoundedPlan", "bounded"]

LAST_DIGITS = 1e-7
"""Relative difference up to which a bound above the plan's own objective is rounding."""


@dataclass(frozen=True)
class BoundedPlan:
    """A plan with what is proven of it.

    Attributes
    ----------
    plan
        The plan; None where there is none.
    outcome
        Statuses, objective and bound.
    relaxation
        The bound of the linear relaxation; None where it was not solved.
    prices
        Prices of the pairs that prove the bound, shape (pairs,); None where the solver proved it.
    told
        Why the gap that was asked for is not reached, where the method can say so.
    """

    plan: Plan | None
    outcome: Outcome
    relaxation: float | None = None
    prices: NDArray[np.float64] | None = None
    told: str = ""


def bounded(outcome: Outcome, plan: Plan, known: float | None, gap: float) -> Outcome:
    """Return the outcome with the plan's own objective and the larger of two bounds.

    Parameters
    ----------
    outcome
        What the method says of its search.
    plan
        The plan.
    known
        A bound that is known from elsewhere; None for none.
    gap
        The relative gap that was asked for.
    """
    objective = plan.objective
    bounds = [bound for bound in (outcome.bound, known) if bound is not None]
    bound = max(bounds, default=None)
    if bound is not None and 0 < bound - objective <= LAST_DIGITS * abs(objective):
        bound = objective
    outcome = replace(outcome, objective=objective, bound=bound)
    left = relative_gap(objective, bound)
    if outcome.status is Status.FEASIBLE and left is not None and left <= gap:
        return replace(outcome, status=Status.OPTIMAL)
    return outcome
