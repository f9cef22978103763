"""Better plans: other sets of sites, and other numbers of machines at them.

Sets of sites are exchanged by what they promise in the long run
(:mod:`amopt.placement.methods.prices.exchanges`), and machines added and taken away one by one by
what the prices of hours and pairs promise; each is then filled and kept where it is cheaper.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.prices.exchanges import exchanges
from amopt.placement.methods.pricing import DenseSupply, an_hour
from amopt.placement.methods.transport import Filled, fill, within
from amopt.program.time import Budget

__all__ = ["improve", "settled"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEAR = 30
"""Units that are tried for one machine more, and for one less."""

MOST_EXCHANGES = 15
"""Other sets of sites that are tried from each plan."""

BETTER = 1e-9
"""By how much less a plan costs that is better, relative to what it costs."""


def improve(
    dense: DenseSupply,
    start: Filled,
    budget: Budget,
    goal: float,
    keep: Callable[[Filled], None] | None = None,
) -> Filled:
    """Try other sites and machines until the time is over, or a plan costs at most ``goal``.

    Parameters
    ----------
    dense
        The dense supply.
    start
        The plan to begin with.
    budget
        The time for everything.
    goal
        Cost that is low enough, in money over the period.
    keep
        Called with each better plan, for whoever interrupts.

    Returns
    -------
    Filled
        The cheapest plan, ``start`` where none is cheaper.
    """
    best, tried = start, {start.count.tobytes()}
    progress = True
    while progress and best.cost > goal:
        progress = False
        for found in _tries(dense, best, budget, tried):
            if found.cost < best.cost * (1 - BETTER):
                best, progress = found, True
                if keep is not None:
                    keep(best)
                break
    return best


def _tries(dense: DenseSupply, now: Filled, budget: Budget, tried: set[bytes]) -> Iterator[Filled]:
    """Yield plans near one, until the time is over."""
    for ways, whole in (
        (islice(exchanges(dense, now.count), MOST_EXCHANGES), True),
        (_neighbours(dense, now), False),
    ):
        for count in ways:
            if budget.is_over:
                return
            if count.tobytes() in tried:
                continue
            tried.add(count.tobytes())
            found = fill(dense, count, now.hour_price)
            yield settled(dense, found, budget) if whole else found


def settled(dense: DenseSupply, start: Filled, budget: Budget) -> Filled:
    """Add machines where they promise to save, one by one, and then take away, while it betters.

    Parameters
    ----------
    dense
        The dense supply.
    start
        The plan to begin with; returned as it is where it cannot be.
    budget
        The time for everything.
    """
    best = start
    for step, worth in ((1, _worth_of_more), (-1, _worth_of_less)):
        while np.isfinite(best.cost) and not budget.is_over:
            promise = worth(dense, best)
            u = int(promise.argmax()) if promise.size else -1
            if u < 0 or promise[u] <= 0:
                break
            count = best.count.copy()
            count[u] += step
            if not np.array_equal(count, within(dense, count)):
                break
            found = fill(dense, count, best.hour_price)
            if found.cost >= best.cost:
                break
            best = found
    return best


def _neighbours(dense: DenseSupply, now: Filled) -> Iterator[Ints]:
    """Yield numbers of machines with one more, one less, or one elsewhere, by what prices promise.

    One more is worth the gain that the pairs' prices give it; one less saves its cost and gives up
    its hours at their price.
    """
    more, less = _worth_of_more(dense, now), _worth_of_less(dense, now)
    adds = [int(u) for u in np.argsort(-more)[:NEAR] if np.isfinite(more[u])]
    drops = [int(u) for u in np.argsort(-less)[:NEAR] if np.isfinite(less[u])]
    moves = [(more[u], u, -1) for u in adds] + [(less[u], -1, u) for u in drops]
    moves += [(more[u] + less[w], u, w) for u in adds for w in drops if u != w]
    for _, u, w in sorted(moves, reverse=True):
        count = now.count.copy()
        if u >= 0:
            count[u] += 1
        if w >= 0:
            count[w] -= 1
        if np.array_equal(count, within(dense, count)):
            yield count


def _worth_of_more(dense: DenseSupply, now: Filled) -> Floats:
    """Return what one machine more of each unit promises to save, shape (units,)."""
    worth = np.full(dense.units, -np.inf)
    opened = dense.forced.copy()
    opened[dense.site[now.count > 0]] = True
    for u in np.flatnonzero(now.count < dense.most):
        gain = now.pair_price - dense.cost[u]
        pairs = np.flatnonzero(gain > 0)
        gain, hours = gain[pairs], dense.hours[u, pairs]
        order = np.argsort(-an_hour(gain, hours))
        used = np.concatenate([[0.0], np.cumsum(hours[order])])
        won = np.concatenate([[0.0], np.cumsum(gain[order])])
        room = dense.capacity[u] * np.array([now.count[u], now.count[u] + 1])
        before, after = np.interp(room, used, won)
        site = dense.site[u]
        opening = 0.0 if opened[site] else dense.site_cost[site]
        worth[u] = after - before - dense.machine_cost[u] - opening
    return worth


def _worth_of_less(dense: DenseSupply, now: Filled) -> Floats:
    """Return what one machine less of each unit promises to save, shape (units,)."""
    worth = dense.machine_cost - now.hour_price * dense.capacity
    alone = np.bincount(dense.site, now.count, dense.site_cost.size)[dense.site] == 1
    worth = worth + np.where(alone & ~dense.forced[dense.site], dense.site_cost[dense.site], 0)
    worth[now.count == 0] = -np.inf
    return worth
