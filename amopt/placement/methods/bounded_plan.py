"""A plan with what is proven of it: what every method returns."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amopt.outcome import Outcome, Status
from amopt.placement.plan import Plan

if TYPE_CHECKING:
    from amopt.placement.methods.pricing import DenseSupply

__all__ = ["BoundedPlan", "Step", "bounded", "plan_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LAST_DIGITS = 1e-7
"""Difference up to which a bound above the plan's own objective is rounding, relative to its
terms."""

PROVEN = 1e-6
"""Difference of objective and bound up to which a plan is optimal, relative to its terms."""


def _none() -> Ints:
    return np.empty(0, dtype=np.int64)


@dataclass
class Step:
    """A step of a tree of prices that prove a bound: an end, a division, or sites that are settled.

    Attributes
    ----------
    prices
        Prices of the pairs that prove an end, or what is settled, shape (pairs,); None where they
        are not known.
    opened, closed
        Sites that must be open, and closed, because the other way costs too much.
    by, at
        What it divides by: ``"site"`` and its position, ``"count"`` and the number of open sites
        from which on the second side holds; else nothing.
    below
        What follows: one step after sites are settled, two after a division.
    """

    prices: Floats | None
    opened: Ints = field(default_factory=_none)
    closed: Ints = field(default_factory=_none)
    by: str = ""
    at: int = -1
    below: list[Step] = field(default_factory=list)

    def settle(self, opened: Ints, closed: Ints) -> Step:
        """Settle sites by the prices of now; return the step that follows."""
        after = Step(self.prices)
        self.opened, self.closed = opened, closed
        self.below = [after]
        return after

    def divide(self, by: str, at: int) -> list[Step]:
        """Divide; return the two sides, which begin with the prices of now."""
        self.below = [Step(self.prices), Step(self.prices)]
        self.at, self.by = at, by
        return self.below

    @property
    def is_end(self) -> bool:
        """Whether nothing follows."""
        return not self.below

    def at_sites(self, position: Ints) -> Step:
        """Return the tree with other positions of the sites."""
        first = Step(None)
        waiting = [(self, first)]
        while waiting:
            old, new = waiting.pop()
            new.prices, new.by = old.prices, old.by
            new.opened, new.closed = position[old.opened], position[old.closed]
            new.at = int(position[old.at]) if old.by == "site" else old.at
            new.below = [Step(None) for _ in old.below]
            waiting += zip(old.below, new.below, strict=True)
        return first


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
    proof
        A tree of prices that proves the bound; None where there is none.
    told
        Why the gap that was asked for is not reached, where the method can say so.
    """

    plan: Plan | None
    outcome: Outcome
    relaxation: float | None = None
    prices: NDArray[np.float64] | None = None
    told: str = ""
    proof: Step | None = None

    def is_within(self, gap: float) -> bool:
        """Return whether the plan is proven to be as near to the best as was asked for."""
        left = self.outcome.gap
        return self.outcome.status is Status.OPTIMAL or (left is not None and left <= gap)


def bounded(outcome: Outcome, plan: Plan, known: float | None = None) -> Outcome:
    """Return the outcome with the plan's own objective, the larger of two bounds, and its status.

    A bound above the objective by more than rounding is wrong, and stays as it is: the referee
    refuses the answer.

    Parameters
    ----------
    outcome
        What the method says of its search.
    plan
        The plan.
    known
        A bound that is known from elsewhere; None for none.
    """
    objective, terms = plan.objective, plan.terms
    bounds = [bound for bound in (outcome.bound, known) if bound is not None]
    bound = max((0.0, *bounds)) if bounds else None  # nothing costs less than nothing
    if bound is not None and 0 < bound - objective <= LAST_DIGITS * terms:
        bound = objective
    status = outcome.status
    if outcome.has_answer:
        proven = bound is not None and abs(objective - bound) <= PROVEN * terms
        status = Status.OPTIMAL if proven else Status.FEASIBLE
    return replace(outcome, objective=objective, bound=bound, status=status)


def plan_of(
    dense: DenseSupply,
    column: NDArray[np.int64],
    share: NDArray[np.float64],
    count: NDArray[np.int64],
) -> Plan:
    """Return the plan of a dense supply in which some columns supply shares of their pairs.

    Parameters
    ----------
    dense
        The dense supply, of one period.
    column, share
        Columns in use, as positions among the dense supply's, and the share of each, shape (n,).
    count
        Machines of each unit, shape (units,).
    """
    opened = dense.forced.copy()
    opened[dense.site[count > 0]] = True
    stands = dense.fleet.stand >= 0
    machines = np.zeros((dense.fleet.most.size, 1))
    machines[dense.fleet.stand[stands], 0] = count[stands]
    none = np.zeros_like(machines)
    return Plan(
        supply=dense.supply,
        fleet=dense.fleet,
        columns=dense.columns.take(column),
        share=share,
        open=opened[:, None],
        count=machines,
        bought=none,
        sold=none,
        moved_in=none,
        moved_out=none,
        held=np.empty(0),
    )
