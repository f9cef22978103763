r"""Other sets of sites: one more, one less, or one in place of another, by what they promise.

Machines are many at a site, so that an hour costs about :math:`\theta_u = p_u / C_u` in the long
run, whatever the prices of hours are at the numbers of now. With that, every pair goes to the open
site where :math:`c_{ju} + \theta_u h_{ju}` is least, and all exchanges of two sites are valued at
once by the least and the second least of each pair (Teitz and Bart, 1968; Whitaker, 1983, for the
p-median problem). What an exchange promises is not what it saves: whoever tries it fills its
machines.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.pricing import DenseSupply, spread

__all__ = ["exchanges"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

IMPOSSIBLE = 1e3
"""What an impossible supply counts as, in multiples of the dearest possible one."""


def exchanges(dense: DenseSupply, count: Ints) -> Iterator[Ints]:
    """Yield numbers of machines with other sites open, the most promising first.

    Parameters
    ----------
    dense
        The dense supply.
    count
        Machines of each unit to begin with, shape (units,).
    """
    if not dense.units:
        return
    view = _LongRun(dense)
    opened = dense.forced.copy()
    opened[dense.site[count > 0]] = True
    saved = view.saved(opened)
    order = np.argsort(-saved, axis=None, kind="stable")
    for close, other in zip(*np.unravel_index(order, saved.shape), strict=True):
        if not np.isfinite(saved[close, other]):
            return
        wanted = opened.copy()
        wanted[[int(close)] if close < opened.size else []] = False
        wanted[[int(other)] if other < opened.size else []] = True
        yield view.machines(wanted)


class _LongRun:
    """Sites whose machines cost by the hour."""

    def __init__(self, dense: DenseSupply) -> None:
        self._dense = dense
        rate = np.where(dense.capacity > 0, spread(dense.machine_cost, dense.capacity), 0.0)
        self._full = dense.cost + rate[:, None] * dense.hours
        dear = max(
            float(each[np.isfinite(each)].max(initial=0.0)) for each in (self._full, dense.free)
        )
        self._large = IMPOSSIBLE * (dear or 1.0)
        self._full[~np.isfinite(self._full)] = self._large
        self._full[dense.most <= 0] = self._large
        self._free = np.where(np.isfinite(dense.free), dense.free, self._large)
        self._of_site = [np.flatnonzero(dense.site == i) for i in range(dense.site_cost.size)]
        self._fixed = np.where(dense.forced, 0.0, dense.site_cost)

    def _from(self, site: int) -> Floats:
        """Return what each pair costs from a site, shape (pairs,)."""
        units = self._of_site[site]
        least: Floats = self._full[units].min(axis=0, initial=self._large)
        return least

    def saved(self, opened: NDArray[np.bool_]) -> Floats:
        """Return what it saves to close a site and to open another, (sites + 1, sites + 1).

        The last of each stands for none; what cannot be is minus infinity.
        """
        sites, now = opened.size, np.flatnonzero(opened)
        costs = np.vstack([*(self._from(int(site)) for site in now), self._free])
        label = np.append(now, sites)
        nearest = costs.argmin(axis=0)
        every = np.arange(self._free.size)
        first = costs[nearest, every]
        costs[nearest, every] = np.inf
        second = np.minimum(costs.min(axis=0), self._large)
        mine = label[nearest]
        found = np.full((sites + 1, sites + 1), -np.inf)
        for other in range(sites + 1):
            if other < sites and (opened[other] or not self._of_site[other].size):
                continue
            cost = self._from(other) if other < sites else np.full(every.size, self._large)
            gain = float(np.maximum(first - cost, 0.0).sum())
            gain -= float(self._fixed[other]) if other < sites else 0.0
            lost = np.bincount(mine, np.clip(cost, first, second) - first, sites + 1)
            found[now, other] = gain + self._fixed[now] - lost[now]
            found[sites, other] = gain
        found[sites, sites] = -np.inf
        found[np.flatnonzero(self._dense.forced), :] = -np.inf
        return found

    def machines(self, opened: NDArray[np.bool_]) -> Ints:
        """Return numbers of machines for the hours that open sites are asked for, (units,)."""
        dense = self._dense
        units = np.flatnonzero(opened[dense.site] & (dense.most > 0))
        count = dense.least.copy()
        if not units.size:
            return count
        full = self._full[units]
        nearest = full.argmin(axis=0)
        every = np.arange(nearest.size)
        paid = full[nearest, every] < self._free
        hours = dense.hours[units[nearest], every][paid]
        load: Floats = np.bincount(nearest[paid], hours, units.size).astype(np.float64)
        wanted = np.rint(spread(load, dense.capacity[units]))
        wanted = np.maximum(wanted, load > 0)
        count[units] = np.clip(wanted, dense.least[units], dense.most[units]).astype(np.int64)
        return count
