"""The best plan known, and how better ones are found: rounding, and exchanges of facilities."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.facilities import Facilities
from amopt.placement.methods.location.climbing.volume import Volume
from amopt.placement.methods.location.transportation import (
    Shipment,
    Transportation,
    UndecidedError,
)
from amopt.program.solver import highs
from amopt.program.time import Budget

__all__ = ["Incumbent"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROUNDING = 1e-9
"""Relative gap that is always left to rounding."""

SHARE_OF_GAP = 0.9
"""Share of the gap asked for that is left, so that rounding does not make it more."""

NEAR = 8
"""Facilities that are tried for one more, and for one less."""


class Incumbent:
    """The best plan known.

    Parameters
    ----------
    facilities
        All facilities.
    transportation
        Solves who supplies whom from some of them.
    gap, budget
        Relative gap that may be left; the time for everything.
    cost
        Cost of a plan that is known from elsewhere; infinite for none.

    Attributes
    ----------
    cost
        Cost of the best plan.
    best
        The best plan that was found here; None for none.
    target, floor
        Cost below which plans are searched for at the time, and below which there are none.
    """

    def __init__(
        self,
        facilities: Facilities,
        transportation: Transportation,
        gap: float,
        budget: Budget,
        cost: float = np.inf,
    ) -> None:
        self.facilities, self.cost = facilities, cost
        self._transportation, self._gap, self._budget = transportation, gap, budget
        self._tried: dict[bytes, None] = {}  # in the order in which they were tried
        self._pays: dict[bytes, Floats | None] = {}
        self._splits: list[tuple[Shipment, Ints]] = []
        self.best: Shipment | None = None
        self.target, self.floor = np.inf, -np.inf

    @property
    def options(self) -> highs.Options:
        """Options of the solver."""
        return self._transportation.options

    @property
    def end(self) -> float:
        """Bound from which on nothing is left to be found."""
        return self.cutoff

    @property
    def cutoff(self) -> float:
        """Bound from which on a node is ended."""
        if not np.isfinite(self.cost):
            return np.inf
        return self.cost - max(SHARE_OF_GAP * self._gap, ROUNDING) * abs(self.cost)

    @property
    def proven(self) -> float:
        """Bound on all plans that a bound at or above the cutoff has ended."""
        return self.cost if SHARE_OF_GAP * self._gap <= ROUNDING else self.cutoff

    @property
    def sets(self) -> list[Ints]:
        """Sets of facilities that were tried."""
        return [np.frombuffer(key, dtype=np.int64).copy() for key in self._tried]

    def decide(self, chosen: Ints) -> bool:
        """Find the best plan with all of some facilities; return whether it is the best known.

        Raises
        ------
        UndecidedError
            When it is not known, because the time is over or the solver did not answer.
        """
        chosen = np.sort(chosen)
        key = chosen.tobytes()
        if key in self._tried:
            return False
        found = self._transportation.best(chosen, self.cost)
        self._tried[key] = None
        self._pays[key] = self._transportation.pays
        if found is None or found.cost >= self.cost:
            return False
        self.cost, self.best = found.cost, found
        return True

    def pays(self, chosen: Ints) -> Floats | None:
        """Return prices of pairs that prove what some facilities cost; None where not known."""
        return self._pays.get(np.sort(chosen).tobytes())

    def attempt(self, chosen: Ints) -> bool:
        """Do the same, and return False where it is not known."""
        try:
            return self.decide(chosen)
        except UndecidedError:
            return False

    def look(self, sites: Ints, opened: Floats, net: Floats, swaps: int) -> None:
        """Round how far facilities are open, and exchange some for others.

        Parameters
        ----------
        sites
            Facilities that may be open, as positions among all.
        opened, net
            How far each of them is open, and what it costs, its gain taken off, (sites,).
        swaps
            Most sets that are tried to better the best plan.
        """
        order = np.lexsort((net, -np.round(opened, 3)))
        count = float(opened.sum())
        counts = {round(count)} if not swaps else {int(count) - 1, int(count), int(count) + 1}
        for k in sorted(counts, reverse=True):
            if 0 <= k <= sites.size and not self._budget.is_over:
                self.attempt(self._enough(sites[order], k))
        self._exchange(sites, net, swaps)

    def polish(self, *, sets: bool = True) -> bool:
        """Better the best plan once more, where that takes longer; return whether it is done.

        Parameters
        ----------
        sets
            Whether the sets whose bounds are lowest may be solved for it.
        """
        return True

    def look_near(self, sites: Ints, volume: Volume) -> None:
        """Look for plans among what is near the bound, where rounding is not enough."""

    def _enough(self, ordered: Ints, count: int) -> Ints:
        """Return the first ``count``, or as many more as the demand needs."""
        held = np.cumsum(self.facilities.capacity[ordered])
        need = self.facilities.least_hours * (1 - ROUNDING)
        enough = int(np.searchsorted(held, need)) + 1 if need > 0 else 0
        return ordered[: max(count, enough)]

    def _exchange(self, sites: Ints, net: Floats, most: int) -> None:
        """Try sets near the best plan's, those that promise most first."""
        if self.best is None:
            return
        tries, better = 0, True
        while better and tries < most and not self._budget.is_over:
            better = False
            for chosen in _near(self.best.opened, sites, net):
                if tries >= most or self._budget.is_over:
                    break
                tries += 1
                if self.attempt(chosen):
                    better = True
                    break


def _near(now: Ints, sites: Ints, net: Floats) -> Iterator[Ints]:
    """Yield sets with one facility more, one less, or one elsewhere, by what prices promise."""
    inside = np.isin(sites, now)
    adds = [int(k) for k in np.flatnonzero(~inside)[np.argsort(net[~inside])][:NEAR]]
    drops = [int(k) for k in np.flatnonzero(inside)[np.argsort(-net[inside])][:NEAR]]
    moves = [(float(net[k]), k, -1) for k in adds] + [(-float(net[k]), -1, k) for k in drops]
    moves += [(float(net[k] - net[d]), k, d) for k, d in itertools.product(adds, drops)]
    for _, more, less in sorted(moves):
        chosen = now if less < 0 else now[now != sites[less]]
        yield chosen if more < 0 else np.append(chosen, sites[more])
