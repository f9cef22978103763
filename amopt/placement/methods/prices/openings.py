"""Plans that open one site after the other, where the averages of the relaxation have them open.

The relaxation's answers have a site open with many machines or closed, and the averages of two that
stand in for each other are halves of both: rounded one by one, both would be open, or neither. Here
the site that gains most at the prices is opened, with the machines that it has when it is open;
what it supplies is then offered to the others at what it costs from there, and the next one is
opened. As many sites are opened as the averages have open in all, or a few more.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.prices.climbing import Prices
from amopt.placement.methods.pricing import DenseSupply, most_gain

__all__ = ["openings"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SELDOM = 0.02
"""Average up to which a site is not considered."""

MORE = 2
"""Sites that are opened beyond those of the averages."""

KEPT = 0.9
"""Share of the cost of a chosen supply below which others gain from it: they spend hours on it."""


def openings(prices: Prices) -> Iterator[Ints]:
    """Yield numbers of machines, shape (units,), with more and more sites open.

    Parameters
    ----------
    prices
        Prices, with the averages of what the relaxation answered to them.
    """
    dense, left = prices.dense, prices.best.copy()
    often = np.where(dense.forced, 1.0, prices.opened)
    when_open = prices.count / np.maximum(often, SELDOM)[dense.site]
    when_open = np.clip(np.rint(when_open).astype(np.int64), dense.least, dense.most)
    promise = np.where(often > SELDOM, np.inf, -np.inf)
    count, fewest = np.zeros(dense.units, dtype=np.int64), max(int(often.sum()), 1)
    for opened in range(1, fewest + MORE + 1):
        site = _most_promising(dense, left, promise)
        if site is None:
            break
        promise[site] = -np.inf
        units = np.flatnonzero(dense.site == site)
        count[units] = when_open[units]
        if units.size and not count[units].any():
            count[units[prices.count[units].argmax()]] = 1
        for u in units:
            _take(dense, left, int(u), int(count[u]))
        if opened >= fewest:
            yield count.copy()


def _most_promising(dense: DenseSupply, left: Floats, promise: Floats) -> int | None:
    """Return the site that gains most; None where none is left.

    What a site promised when more was left is no less than what it gains now, so that only those
    that promised most are worked out again.
    """
    known: set[int] = set()
    while promise.size and promise.max() > -np.inf:
        site = int(promise.argmax())
        if site in known:
            return site
        known.add(site)
        promise[site] = 0.0 if dense.forced[site] else -dense.site_cost[site]
        for u in np.flatnonzero(dense.site == site):
            machines = dense.machine_cost[u] * np.arange(dense.most[u] + 1)
            gain, capacity = left - dense.cost[u], float(dense.capacity[u])
            promise[site] += most_gain(gain, dense.hours[u], capacity, machines)[0]
    return None


def _take(dense: DenseSupply, left: Floats, u: int, count: int) -> None:
    """Let others gain no more from what a unit supplies than it costs from there."""
    room = float(dense.capacity[u]) * count
    pairs = most_gain(left - dense.cost[u], dense.hours[u], room, np.array([np.inf, 0.0]))[2]
    left[pairs] = np.minimum(left[pairs], KEPT * dense.cost[u, pairs])
