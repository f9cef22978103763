"""Prices of pairs, limits and machines that climb together (Barahona and Anbil, 2000)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.arrays.limits import sizes
from amopt.placement.methods.decomposition import Decomposition, Divided
from amopt.placement.methods.pricing import least_step

__all__ = ["Dual"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Kinds = tuple[Floats, Floats, Floats]
"""Of pairs, shape (periods, pairs), of limits, (limits,), and of machines, (pools, periods)."""


MIXTURES = (0.25, 0.5, 0.75, 1.0)
"""Shares of a plan's own prices in the mixtures that are tried."""

PACE_AFTER = 0.3
"""Most pace of the steps after prices have come from a plan."""


class Dual:
    """Prices of pairs and limits, and rents of machines, that climb.

    Parameters
    ----------
    problem
        The relaxation.

    Attributes
    ----------
    prices, limits, rents, best
        The best prices so far, and the answer to them.
    opened, count
        Running averages, shapes (sites, periods) and (units, periods).
    rounds
        Rounds so far.
    """

    def __init__(self, problem: Decomposition) -> None:
        self.problem = problem
        self.prices, self.rents = problem.first()
        self.limits = np.zeros(problem.limit.size)
        self.best = problem.at(self.prices, self.limits, self.rents)
        self.opened, self.count = self.best.opened.astype(np.float64), self.best.count
        self._asked = self._more(self.best)
        self.rounds, self.pace, self._stuck = 1, 1.0, 0
        # Steps of all kinds are alike: a price of a limit is that of all of it, and a rent counts
        # as many times the price of a pair as it is larger.
        pairs = max(int(problem.active.sum()), 1)
        usual = float(self.prices.sum()) / pairs
        rent = float(self.rents.mean()) if self.rents.size else 0.0
        rented = np.sqrt(rent / usual) if usual > 0 and rent > 0 else 1.0
        self._size = (1.0, np.sqrt(pairs) / sizes(problem.program), rented)

    @property
    def bound(self) -> float:
        """The best bound so far."""
        return self.best.bound

    def climb(self, target: float) -> None:
        """Take one step towards a known upper bound on the best plan's cost."""
        slack = self._slack(self._asked)
        length = sum(float((each**2).sum()) for each in slack)
        if length <= 1e-12:
            self.pace = 0.0
            return
        near = least_step(self.bound, self.prices, target)
        distance = min(max(target - self.bound, 1e-3 * near), 0.05 * near)
        step = self.pace * distance / length
        now = self.prices, self.limits, self.rents
        prices, limits, rents = (
            np.maximum(price + step * each * size, 0.0)
            for price, each, size in zip(now, slack, self._size, strict=True)
        )
        found = self.problem.at(prices, limits, rents)
        self.rounds += 1
        self._average(found)
        if found.bound > self.bound:
            self.best, self._stuck = found, 0
            self.prices, self.limits, self.rents = prices, limits, rents
            self.pace = min(1.1 * self.pace, 2.0)
        else:
            self._stuck += 1
            if self._stuck >= 10:
                self.pace, self._stuck = max(self.pace * 0.66, 1e-4), 0

    def learn(self, limits: Floats, count: Ints) -> None:
        """Mix in prices at which a plan pays for itself, and those of its limits.

        Each pair pays for its cheapest supply with the hours of machines and sites of the plan at
        full load. Of the mixtures with the best prices so far, the one that proves most is where
        climbing goes on, if it proves more.

        Parameters
        ----------
        limits
            Prices of limits, none negative, shape (limits,).
        count
            Machines of each unit of the plan, shape (units, periods).
        """
        paid = self.problem.paid(limits, self.rents, count)
        before, kept, rents = self.prices, self.limits, self.rents
        for share in MIXTURES:
            mixed = share * limits + (1 - share) * kept
            for part in (share, 0.5 * share):
                prices = np.where(paid < np.inf, part * paid + (1 - part) * before, before)
                found = self.problem.at(prices, mixed, rents)
                self.rounds += 1
                if found.bound > self.bound:
                    self.best, self.prices, self.limits = found, prices, mixed
                    self.opened, self.count = found.opened.astype(np.float64), found.count
                    self._asked = self._more(found)
                    self.pace, self._stuck = min(self.pace, PACE_AFTER), 0

    def _more(self, found: Divided) -> Kinds:
        """Return what is asked for beyond what there is: supply, limits, machines."""
        missing = np.where(self.problem.active, 1.0 - found.supplied, 0.0)
        return missing, found.used - self.problem.limit, found.short

    def _slack(self, asked: Kinds) -> Kinds:
        """Return the same, scaled; nothing where a price is none and should fall."""
        missing, beyond, short = (each * size for each, size in zip(asked, self._size, strict=True))
        return (
            missing,
            np.where((beyond < 0) & (self.limits <= 0), 0.0, beyond),
            np.where((short < 0) & (self.rents <= 0), 0.0, short),
        )

    def _average(self, found: Divided) -> None:
        """Mix the new answer into the averages so that what is missing becomes least."""
        more = self._more(found)
        old, new = self._slack(self._asked), self._slack(more)
        change = [after - before for before, after in zip(old, new, strict=True)]
        size = sum(float((each**2).sum()) for each in change)
        along = sum(float((a * b).sum()) for a, b in zip(old, change, strict=True))
        share = min(max(-along / size if size > 0 else 0.1, 0.01), 0.1)
        missing, beyond, short = (
            (1 - share) * before + share * after
            for before, after in zip(self._asked, more, strict=True)
        )
        self._asked = missing, beyond, short
        self.opened = (1 - share) * self.opened + share * found.opened
        self.count = (1 - share) * self.count + share * found.count
