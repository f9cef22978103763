"""What an instance demands, and how many stock levels may be compared to supply it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amopt.errors import NoAnswerError

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Instance
    from amopt.program.time import Budget

__all__ = ["Allowance", "Demanded"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_LEVELS = 2_000_000
"""Stock levels beyond one a source that are compared at most: a few hundred megabytes."""

MOST_LOAD = 1e12
"""The largest demand during a lead time whose stock levels are found."""

MOST_LEVELS_OF_A_CALLER = 500_000
"""The same in a Pyomo model, which is slower and larger."""


class Demanded:
    """What an instance demands, pair by pair.

    Parameters
    ----------
    instance
        A valid instance.

    Attributes
    ----------
    pairs
        The (place, part) pairs that are demanded, in the file's order.
    rates
        Demand a year of each pair and period, shape (pairs, periods).
    """

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        periods = range(len(instance.horizon))
        rates = [[instance.rate(demand, t) for t in periods] for demand in instance.demand]
        kept = [row for row, rate in enumerate(rates) if any(rate)]
        self.pairs = [(instance.demand[row].place, instance.demand[row].part) for row in kept]
        self.rates = np.array([rates[row] for row in kept]).reshape(len(kept), len(periods))

    @cached_property
    def asked_of_each(self) -> Floats:
        """The largest fill rate that each pair must meet by itself, shape (pairs,)."""
        return self._asked(on_average=False)

    @cached_property
    def asked_on_average(self) -> Floats:
        """The largest fill rate that each pair must meet together with others, shape (pairs,)."""
        return self._asked(on_average=True)

    def _asked(self, *, on_average: bool) -> Floats:
        wanted = np.zeros(len(self.pairs))
        for limit in self.instance.limits.fill_rate:
            if limit.on_average == on_average:
                pairs = self.covered(limit.place, limit.part)
                wanted[pairs] = np.maximum(wanted[pairs], limit.at_least)
        return wanted

    def covered(self, place: str | None, part: str | None) -> list[int]:
        """Return the pairs at a place and of a part, where they are named."""
        return [
            pair
            for pair, (where, what) in enumerate(self.pairs)
            if place in (None, where) and part in (None, what)
        ]


class Allowance:
    """How many stock levels may still be offered, and until when.

    Parameters
    ----------
    budget
        The time for everything.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._levels = 0.0

    def foresee(self, levels: Ints, part: str, *, every: bool) -> None:
        """Refuse more columns than can be held, and go on only while there is time.

        Parameters
        ----------
        levels
            How many levels of each source are to be offered.
        part
            The part that they are levels of.
        every
            Whether they are offered to constraints of a caller.

        Raises
        ------
        NoAnswerError
            When there would be too many, or the time is over.
        """
        self._budget.require("the stock levels were listed")
        self._levels += float(np.maximum(levels - 1, 0).sum(dtype=float))
        most = MOST_LEVELS_OF_A_CALLER if every else MOST_LEVELS
        if self._levels <= most:
            return
        why, mend = (
            (
                "constraints that are added may ask for any of them",
                "Solve it without such constraints and by another method than 'formulation'",
            )
            if every
            else (
                "a limit on emissions, stock room or an average fill rate, or a budget beside a "
                "weight of emissions, may ask for any of them",
                "Leave the limit out",
            )
        )
        raise NoAnswerError(
            f"more than {most:,} stock levels would have to be compared: one source of "
            f"{part!r} alone has {levels.max():,} that may be best, because {why}. "
            f"{mend}, or state the demand in larger units (boxes in place of parts)"
        )

    def require_size(self, load: Floats, part: str) -> None:
        """Refuse demand during lead times that is too large for stock levels to be whole floats.

        Raises
        ------
        NoAnswerError
            When it is.
        """
        if load.max(initial=0.0) > MOST_LOAD:
            raise NoAnswerError(
                f"{load.max():.3g} of {part!r} are demanded during one lead time, and "
                f"stock levels are found up to {MOST_LOAD:.0e}: is a rate or a lead time mistyped?"
            )
