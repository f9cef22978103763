"""Prices of the relaxation that climb by the volume algorithm (Barahona and Anbil, 2000)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.prices.sites_alone import SitesAlone
from amopt.placement.methods.pricing import DenseSupply, Relaxed, least_step, spread

__all__ = ["Prices"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MIXTURES = (0.2, 0.4, 0.55, 0.7, 0.85, 1.0)
"""Shares of a plan's own prices in the mixtures that are tried."""

PACE_AFTER = 0.1
"""Most pace of the steps after prices have come from a plan."""


class Prices:
    """Prices that climb.

    Parameters
    ----------
    dense
        The dense supply.

    Attributes
    ----------
    best, bound
        The best prices so far, in money for the whole demand of a pair over the period, shape
        (pairs,), and the bound on the cost of all plans that they prove.
    count, opened
        Running averages of machines, shape (units,), and of open sites, 0 to 1, shape (sites,).
    supplied
        Running average of the share of each pair that is supplied, shape (pairs,).
    rounds
        Rounds so far.
    """

    def __init__(self, dense: DenseSupply) -> None:
        self.dense, self._sites = dense, SitesAlone(dense)
        self.rounds, self._pace, self._stuck = 0, 1.0, 0
        self.best = dense.start()
        self._begin(self._at(self.best))

    def _at(self, prices: Floats) -> Relaxed:
        self.rounds += 1
        return self._sites.at(prices)

    def _begin(self, found: Relaxed) -> None:
        """Begin the averages with an answer."""
        self.bound, self.count, self.supplied = found.bound, found.count, found.supplied
        self.opened = found.opened.astype(np.float64)

    def learn(self, count: Ints) -> None:
        """Mix in the prices at which a plan with ``count`` machines pays for itself.

        Each pair pays for its cheapest supply with the hours of machines and sites at full load.
        Of the mixtures with the best prices so far, the one that proves most is where climbing goes
        on, if it proves more.

        Parameters
        ----------
        count
            Machines of each unit in the plan, shape (units,).
        """
        dense, units = self.dense, np.flatnonzero(count > 0)
        held = np.zeros(dense.site_cost.size)
        np.add.at(held, dense.site, dense.capacity * count)
        each: Floats = spread(dense.machine_cost, dense.capacity)
        each = (each + spread(dense.site_cost, held)[dense.site])[units]
        paid = np.minimum(
            (dense.cost[units] + each[:, None] * dense.hours[units]).min(axis=0, initial=np.inf),
            dense.free,
        )
        paid = np.where(np.isfinite(paid), paid, self.best)
        before, bound = self.best, self.bound
        for share in MIXTURES:
            prices = np.minimum(share * paid + (1 - share) * before, dense.free)
            found = self._at(prices)
            if found.bound > max(bound, self.bound):
                self.best = prices
                self._begin(found)
                self._pace, self._stuck = min(self._pace, PACE_AFTER), 0

    def resting(self, pace: float) -> bool:
        """Return whether steps have become shorter than ``pace``, or nothing is missing.

        Parameters
        ----------
        pace
            Length of a step, as a share of that which would close the gap were the bound linear.
        """
        slack = self._slack(self.supplied)
        return self._pace <= pace or float(slack @ slack) <= 1e-12

    def climb(self, target: float) -> None:
        """Take one step towards a known upper bound on the best plan's cost.

        Parameters
        ----------
        target
            That cost, in money; infinite where no plan is known.
        """
        slack = self._slack(self.supplied)
        length = float(slack @ slack)
        if length <= 1e-12:
            return
        near = least_step(self.bound, self.best, target)
        target = self.bound + min(max(target - self.bound, 1e-3 * near), 0.05 * near)
        step = self._pace * (target - self.bound) / length
        prices = np.minimum(self.best + step * slack, self.dense.free)
        found = self._at(prices)
        self._average(found)
        if found.bound > self.bound:
            gradient = float(self._slack(found.supplied) @ slack)
            self.best, self.bound, self._stuck = prices, found.bound, 0
            self._pace = min(self._pace * (1.1 if gradient > 0 else 1.0), 2.0)
        else:
            self._stuck += 1
            if self._stuck >= 10:
                self._pace, self._stuck = max(self._pace * 0.66, 1e-4), 0

    def _slack(self, supplied: Floats) -> Floats:
        """Return how much of each pair is missing; nothing where free supply fills it."""
        missing = 1.0 - supplied
        missing[(missing > 0) & (self.best >= self.dense.free)] = 0.0
        return missing

    def _average(self, found: Relaxed) -> None:
        """Mix the new optimum into the averages so that what is missing becomes least."""
        old, new = self._slack(self.supplied), self._slack(found.supplied)
        change = new - old
        size = float(change @ change)
        best = -float(old @ change) / size if size > 0 else 0.1
        share = min(max(best, 0.01), 0.1)
        self.supplied = (1 - share) * self.supplied + share * found.supplied
        self.count = (1 - share) * self.count + share * found.count
        self.opened = (1 - share) * self.opened + share * found.opened
