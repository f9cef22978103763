"""A limit that a file states, and what it moves in."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amopt.solution import Solution
    from amopt.sourcing.instance.fields import Instance

__all__ = ["StatedLimit"]


@dataclass(frozen=True)
class StatedLimit:
    """A limit that a file states.

    Attributes
    ----------
    family, key
        The family of constraints, and which of its limits it is: the key of its rows; None for a
        limit that several rows say.
    words
        What it is called.
    stated, step, unit
        What the file says, in which steps it allows more (a step below zero where less of it does),
        and in what unit.
    at
        Returns the instance with another value; None for no limit.
    used
        Returns what a plan uses of it; None where plans do not tell.
    low, high
        Between what it may be.
    hinted
        Whether the relaxation has a price of one unit.
    begin
        Of a time in weeks, the day from which it counts, where the file says it.
    asked
        By how much more, or less, it is looked at; None for one step.
    """

    family: str
    key: Any
    words: str
    stated: float
    step: float
    unit: str
    at: Callable[[float | None], Instance]
    used: Callable[[Solution], float | None]
    low: float = 0.0
    high: float = math.inf
    hinted: bool = True
    begin: date | None = None
    asked: float | None = None

    @property
    def by(self) -> float:
        """By how much one more moves it: what was asked for, else a step."""
        return self.step if self.asked is None else math.copysign(self.asked, self.step)

    @property
    def one_more(self) -> float:
        """Its value with one more, as far as it goes."""
        return self._within(self.stated + self.by)

    @property
    def one_less(self) -> float | None:
        """Its value with one less; None where it cannot be so tight."""
        value = self.stated - self.by
        possible = self.low - 1e-12 <= value <= self.high + 1e-12
        return self._within(value) if possible else None

    def day(self, value: float | None) -> str | None:
        """Return a value that is a time in weeks as a day; None where it is none."""
        if value is None or self.begin is None:
            return None
        try:
            return (self.begin + timedelta(days=math.ceil(7 * value - 1e-6))).isoformat()
        except OverflowError:
            return None

    def moved(self, steps: float) -> float:
        """Return its value so many steps on, as far as it goes."""
        return self._within(self.stated + steps * self.step)

    def _within(self, value: float) -> float:
        return min(self.high, max(self.low, value))

    def steps_to(self, enough: float | None) -> int:
        """Return how many whole steps, one at least, lead to what is enough; None for its end."""
        end = self.low if self.step < 0 else self.high
        target = end if enough is None else enough
        return max(1, math.ceil((target - self.stated) / self.step - 1e-9))
