"""A plan with what is proven of it: what every method returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amopt.program.linear import LinearProgram
from amopt.program.solver import highs
from amopt.program.solver.outcome import Outcome, Status, Stopped, relative_gap
from amopt.program.time import Budget

if TYPE_CHECKING:
    from amopt.placement.plan import Plan

__all__ = ["BoundedPlan", "bounded", "solve_from"]

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


def solve_from(
    program: LinearProgram,
    start: NDArray[np.float64] | None,
    options: highs.Options,
    budget: Budget,
    progress: Callable[[highs.Progress], None] | None = None,
) -> highs.Answer:
    """Solve a program from a known plan.

    HiGHS 1.16 may stop at the plan that it was given and call it optimal, with a bound below it;
    it is then asked again without the plan.
    """
    answer = highs.solve(program, budget.options(options), start=start, progress=progress)
    outcome = answer.outcome
    early = outcome.stopped is Stopped.FINISHED and outcome.status is not Status.OPTIMAL
    if start is None or not early or budget.is_over:
        return answer
    again = highs.solve(program, budget.options(options), progress=progress)
    return answer if again.values is None else again
