"""The search for what limits are worth: which solves it makes, and what their values prove."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from amopt.outcome import Stopped
from amopt.program.pieces import Pieces
from amopt.sourcing.worth.values import Value, least, relaxed

if TYPE_CHECKING:
    from amopt.program.solver.options import Options
    from amopt.program.time import Budget
    from amopt.sourcing.instance.fields import Instance
    from amopt.sourcing.worth.stated import StatedLimit

__all__ = ["Search", "cost_of", "one", "stated_of"]

T = TypeVar("T")


@dataclass
class Search:
    """The solves so far.

    Attributes
    ----------
    options, budget
        How each is made, and the time that is left.
    stated
        What the instance costs as it is.
    hints
        Shadow prices of the relaxation.
    progress
        Told how many of what is looked at have ended, and how many there are.
    checks
        How many comparisons the referee made in all.
    exact
        Whether every value so far is proven.
    solves
        How many solves there were.
    stopped
        Why it ended, as far as it is known.
    """

    options: Options
    budget: Budget
    stated: Value
    hints: Mapping[tuple[str, Any], float] = field(default_factory=dict)
    progress: Callable[[int, int], None] | None = None
    checks: int = 0
    exact: bool = True
    solves: int = 0
    stopped: Stopped = Stopped.FINISHED
    known: dict[tuple[int, float | None], Value] = field(default_factory=dict)
    relaxations: dict[tuple[int, float] | None, float | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._count(self.stated)

    def rows(
        self, items: Sequence[T], of: Callable[[T], Mapping[str, Any]], ended: int, every: int
    ) -> list[dict[str, Any]]:
        """Return a row of each item, of those that Ctrl-C and the time limit leave.

        Parameters
        ----------
        items
            What is looked at.
        of
            Returns the row of one.
        ended, every
            How many were looked at before these, and how many there are in all.

        Raises
        ------
        TwiceInterruptedError
            At a second Ctrl-C.
        """
        pieces = Pieces(every, self.progress, self.budget, ended=ended, stopped=self.stopped)
        found = pieces.done(items, lambda item: dict(of(item)))
        self.stopped = pieces.stopped
        return list(found.values())

    def least(self, instance: Instance) -> Value:
        """Return what an instance costs."""
        value = least(instance, self.budget.options(self.options))
        self._count(value)
        return value

    def _count(self, value: Value) -> None:
        self.solves += 1
        self.exact = self.exact and value.is_exact
        self.checks += 0 if value.solution is None else value.solution.verdict.checks

    def at(self, limit: StatedLimit, value: float | None) -> Value:
        """Return what the instance costs with another value of a limit; None for no limit."""
        key = (id(limit), value)
        if key not in self.known:
            self.known[key] = self.least(limit.at(value))
        return self.known[key]

    def row(self, limit: StatedLimit) -> dict[str, Any]:
        """Return the row of a limit."""
        free = self.at(limit, None)
        costs = self.stated.gain(free)
        low, high = costs
        if high > 0.0:  # one more is worth no more than having no limit
            low, high = self.stated.gain(self.at(limit, limit.one_more))
            high = min(high, costs[1])
        less = None if limit.one_less is None else self.at(limit, limit.one_less)
        more_of_less = less.gain(self.stated) if less is not None and less.exists else (None, None)
        useful = self._next_useful(limit, free)
        return {
            **stated_of(limit, self.stated),
            **cost_of(costs),
            "step": limit.by,
            "worth_of_one_more": one((low, high)),
            "cost_of_one_less": one(more_of_less),
            "next_useful": None if useful is None else useful[0],
            "useful_day": None if useful is None else limit.day(useful[0]),
            "gain": None if useful is None else one(self.stated.gain(useful[1])),
            "hint": self._hint(limit),
            "worth_at_least": low,
            "worth_at_most": high if math.isfinite(high) else None,
            "one_less_possible": False if less is None else less.possible,
            "family": limit.family,
        }

    def _hint(self, limit: StatedLimit) -> float | None:
        """Return the relaxation's price of allowing one unit more; None where it has none.

        Where no row says the limit alone, the relaxation is solved again with one unit more.
        """
        if not limit.hinted:
            return self._hint_again(limit)
        price = self.hints.get((limit.family, limit.key), 0.0)
        return price if limit.step > 0 else -price

    def _hint_again(self, limit: StatedLimit) -> float | None:
        beside = limit.moved(1)
        now = self._relaxed(limit.at(limit.stated), None)
        more = self._relaxed(limit.at(beside), (id(limit), beside))
        if now is None or more is None:
            return None
        return max(0.0, now - more) / (abs(beside - limit.stated) or 1.0)

    def _relaxed(self, instance: Instance, key: tuple[int, float] | None) -> float | None:
        if key not in self.relaxations:
            self.relaxations[key] = relaxed(instance, self.budget.options(self.options))
        return self.relaxations[key]

    def _next_useful(self, limit: StatedLimit, free: Value) -> tuple[float, Value] | None:
        """Return the least whole number of steps more that saves anything, and its value.

        What a plan without the limit uses is enough; below it, V never rises. None where none
        does, and where not every value on the way is proven.
        """
        if not (self.stated.is_exact and free.is_exact and free.below(self.stated)):
            return None
        assert free.solution is not None
        low, high = 0, limit.steps_to(limit.used(free.solution))
        while high - low > 1:
            middle = (low + high) // 2
            value = self.at(limit, limit.moved(middle))
            if not value.is_exact:
                return None
            if value.below(self.stated):
                high = middle
            else:
                low = middle
        found = self.at(limit, limit.moved(high))
        useful = found.is_exact and found.below(self.stated)
        return (limit.moved(high), found) if useful else None


def stated_of(limit: StatedLimit, plan: Value) -> dict[str, Any]:
    """Return what the file says of a limit, and what a plan uses of it."""
    assert plan.solution is not None
    used = limit.used(plan.solution)
    return {
        "limit": limit.words,
        "stated": float(limit.stated),
        "stated_day": limit.day(limit.stated),
        "unit": limit.unit,
        "used": used,
        "used_day": limit.day(used),
    }


def cost_of(gain: tuple[float, float]) -> dict[str, float | None]:
    """Return what a limit costs: one number where it is proven, else between which it lies."""
    low, high = gain
    return {
        "costs": one(gain),
        "costs_at_least": low,
        "costs_at_most": high if math.isfinite(high) else None,
    }


def one(gain: tuple[float | None, float | None]) -> float | None:
    """Return a gain that is known as one number; None where it is only known between two."""
    low, high = gain
    if low is None or high is None or not math.isfinite(high):
        return None
    return high if abs(high - low) <= 1e-9 * max(1.0, abs(high)) else None
