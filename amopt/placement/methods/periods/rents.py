r"""What a machine must earn in each period to pay for being bought, held and sold.

With a rent :math:`\mu_{gt}` for a machine of pool g in period t, sites pay rent for what they use,
and the pool decides when machines are bought and sold. Of the rows "what stands is what is held",

.. math:: \sum_{i \in g} n_{it} - o_g \le \sum_{u \ge 1} z_{gut},

with :math:`o_g` machines owned before, the price is the rent. What is left of the pool is

.. math:: N_g \min_{\text{intervals}} \sum_{[u, s)} \Big[\sum_{t=u}^{s-1} (p_{gut} - \mu_{gt})\Big]
    \le 0

over intervals that do not overlap, in which a machine is held: a shortest path through the
periods. Years of purchase, losses on what is sold and prices that change are all in it. The columns
are intervals, so that their program is one of flows and has whole optima: the best rents leave no
gap but that of the sites themselves. Where machines stay at their sites, those that a site owns
are free of rent there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.placement.supply.fleet import Fleet

__all__ = ["Holding", "Rents"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Holding:
    """The best that pools can do at given rents.

    Attributes
    ----------
    value
        What all of them add to the bound, none or less.
    held
        New machines that each pool holds, shape (pools, periods).
    members
        The machines held by year of purchase, shape (members of ``held``,).
    """

    value: float
    held: Floats
    members: Floats


class Rents:
    """The pools of a fleet over the periods.

    Parameters
    ----------
    fleet
        Where machines may stand, and their pools.
    years
        Length of each period, shape (periods,).

    Attributes
    ----------
    free
        Machines of each stand for which no rent is paid, shape (stands,).
    """

    def __init__(self, fleet: Fleet, years: Floats) -> None:
        self._fleet, self._years = fleet, years
        self.pools, self.periods = len(fleet.pool_names) if fleet.changes else 0, years.size
        self.free = np.where(fleet.movable, 0.0, fleet.owned)
        self._most = np.bincount(fleet.pool, fleet.most, len(fleet.pool_names))[: self.pools]
        shared = np.where(fleet.movable, fleet.owned, 0.0)
        self._old = np.bincount(fleet.pool, shared, len(fleet.pool_names))[: self.pools]
        new = np.flatnonzero(fleet.held_bought >= 0)
        self._member = np.full((self.pools, self.periods, self.periods), -1, dtype=np.int64)
        self._member[fleet.held_pool[new], fleet.held_bought[new], fleet.held_now[new]] = new

    def intervals(self, cost: Floats) -> Floats:
        """Return what a machine costs from one period to before another, (pools, T, T + 1).

        Parameters
        ----------
        cost
            Cost of each member of ``held``, shape (members,).
        """
        found = np.full((self.pools, self.periods, self.periods + 1), np.inf)
        for u in range(self.periods):
            each = cost[self._member[:, u, u:]]
            found[:, u, u + 1 :] = np.cumsum(each, axis=1)
        return found

    def first(self, cost: Floats) -> Floats:
        """Return rents by the year, of which the cheapest interval is paid, (pools, periods)."""
        start = np.concatenate([[0.0], np.cumsum(self._years)])
        length = start[None, :] - start[:-1, None]
        each = np.where(length > 0, self.intervals(cost), np.inf) / np.where(length > 0, length, 1)
        least = np.maximum(each.min(axis=(1, 2), initial=np.inf), 0.0)
        return np.outer(np.where(np.isfinite(least), least, 0.0), self._years)

    def asked(self, machines: Floats) -> Floats:
        """Return for how many machines each pool is paid, (pools, periods).

        Parameters
        ----------
        machines
            Machines at each stand, shape (stands, periods).
        """
        found = np.zeros((self.pools, self.periods))
        if self.pools:
            paid = np.maximum(machines - self.free[:, None], 0.0)
            np.add.at(found, self._fleet.pool, paid)
            found -= self._old[:, None]
        return found

    def at(self, cost: Floats, rents: Floats) -> Holding:
        """Return what the pools do at costs of the members of ``held`` and at rents."""
        net = self.intervals(cost)
        paid = np.concatenate([np.zeros((self.pools, 1)), np.cumsum(rents, axis=1)], axis=1)
        every = np.arange(self.pools)
        best = np.zeros((self.pools, self.periods + 1))
        since = np.full((self.pools, self.periods + 1), -1, dtype=np.int64)
        for s in range(1, self.periods + 1):
            ways = best[:, :s] + net[:, :s, s] - (paid[:, s, None] - paid[:, :s])
            u = ways.argmin(axis=1) if self.pools else np.empty(0, dtype=np.int64)
            idle = best[:, s - 1] <= ways[every, u]
            best[:, s] = np.where(idle, best[:, s - 1], ways[every, u])
            since[:, s] = np.where(idle, -1, u)
        held = np.zeros((self.pools, self.periods))
        members = np.zeros(cost.size)
        for g in np.flatnonzero(best[:, -1] < 0):
            s = self.periods
            while s > 0:
                u = int(since[g, s])
                if u >= 0:
                    held[g, u:s] = self._most[g]
                    members[self._member[g, u, u:s]] = self._most[g]
                s = u if u >= 0 else s - 1
        value = float(self._most @ best[:, -1]) - float(self._old @ rents.sum(axis=1))
        return Holding(value, held, members)
