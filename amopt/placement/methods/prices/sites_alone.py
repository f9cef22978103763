r"""The relaxation at prices that change: every site by itself, with what cannot count left out.

A machine costs at least :math:`\theta_u = p_u / C_u` an hour of use, so that a unit gains at most
:math:`\sum_j (v_j - c_{ju} - \theta_u h_{ju})^+`, which takes no order. A site for which this is
less than its fixed cost stays closed. For the others, the net gain is concave in the number of
machines and best next to the number that holds all supply whose gain an hour is above
:math:`\theta_u`: only supply near that rate and above has to be put in order. The answer is that of
:func:`amopt.placement.methods.pricing.relax`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.pricing import DenseSupply, Relaxed, most_gain, spread

__all__ = ["SitesAlone"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIRST_WIDTH, NARROWER, PLENTY = 0.1, 0.8, 1.5
"""How far below the rate of a machine supply is put in order at first, in shares of it; what it is
made narrower by where there were more hours than so many times those that the machines have."""


class SitesAlone:
    """Solves the relaxation again and again.

    Parameters
    ----------
    dense
        The dense supply.
    """

    def __init__(self, dense: DenseSupply) -> None:
        self._dense = dense
        self._rate = np.where(dense.capacity > 0, spread(dense.machine_cost, dense.capacity), 0.0)
        self._full = dense.cost + self._rate[:, None] * dense.hours
        self._width = FIRST_WIDTH * self._rate
        self._whole = (dense.least > 0) | (dense.capacity <= 0)

    def at(self, prices: Floats) -> Relaxed:
        """Solve it at prices of the pairs, in money for the whole of each, shape (pairs,)."""
        dense = self._dense
        least = dense.site_cost.copy()
        np.add.at(least, dense.site, -self._most_gains(prices))
        promising = (least < 0) | dense.forced
        np.add.at(promising, dense.site, self._whole)
        value, count = dense.site_cost.copy(), np.zeros(dense.units)
        picks: dict[int, tuple[Ints, Floats]] = {}
        for u in np.flatnonzero(promising[dense.site]):
            gain, count[u], pairs, amounts = self._unit(prices, int(u))
            value[dense.site[u]] -= gain
            picks[int(u)] = pairs, amounts
        opened = promising & ((value < 0) | dense.forced)
        count[~opened[dense.site]] = 0.0
        supplied = np.zeros(dense.pairs)
        for unit, (pairs, amounts) in picks.items():
            if opened[dense.site[unit]]:
                supplied[pairs] += amounts
        bound = float(prices.sum() + value[opened].sum())
        return Relaxed(bound, count, supplied, opened)

    def _most_gains(self, prices: Floats) -> Floats:
        """Return what units gain at most, shape (units,)."""
        found, row = np.zeros(self._dense.units), np.empty(self._dense.pairs)
        for u in range(found.size):
            np.subtract(prices, self._full[u], out=row)
            found[u] = np.maximum(row, 0.0, out=row).sum()
        return found

    def _unit(self, prices: Floats, u: int) -> tuple[float, int, Ints, Floats]:
        """Return a unit's net gain, its machines, and the pairs and shares that it supplies."""
        dense = self._dense
        capacity, most = float(dense.capacity[u]), int(dense.most[u])
        machines = dense.machine_cost[u] * np.arange(most + 1)
        machines[: dense.least[u]] = np.inf
        near = self._near(prices, u) if not self._whole[u] else np.arange(dense.pairs)
        gain, hours = prices[near] - dense.cost[u, near], dense.hours[u, near]
        net, count, pairs, amounts = most_gain(gain, hours, capacity, machines)
        return net, count, near[pairs], amounts

    def _near(self, prices: Floats, u: int) -> Ints:
        """Return the supply among which is what a unit takes, whatever its best number is."""
        dense, rate = self._dense, self._rate[u]
        capacity, most, hours = float(dense.capacity[u]), int(dense.most[u]), dense.hours[u]
        above = prices - self._full[u]
        while True:
            near = np.flatnonzero(above > -self._width[u] * hours)
            spent = hours[near]
            wanted = min(spent[above[near] > 0].sum() // capacity + 1, most) * capacity
            if self._width[u] >= rate or spent.sum() >= wanted:
                break
            self._width[u] = min(2 * self._width[u], rate)
        if self._width[u] < rate and spent.sum() > PLENTY * wanted:
            self._width[u] *= NARROWER
        return near
