"""Plans by diving: sets that the program of columns takes are fixed, and the rest climbs on.

The columns that are nearest to one are taken for good; their facilities and pairs are done with,
and a few more columns are sought for what is left, until nothing is (Sadykov et al., 2019). Pairs
may go without a column at a price a little above their own: what is left stays possible, and its
prices stay near those of the bound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.facilities import Facilities
from amopt.placement.methods.location.climbing.columns import Columns
from amopt.placement.methods.location.climbing.volume import Volume
from amopt.placement.methods.location.relaxation import Relaxation

__all__ = ["WAYS", "dive"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WAYS = ((1.3, 0.75, 6), (1.15, 0.85, 6), (1.3, 0.75, 12), (1.15, 0.75, 12), (2.5, 0.85, 6))
"""Ways to dive: price of a pair without a column, in multiples of its own; share of a column from
which on it is fixed beside the one with the largest share; programs between two fixings."""

APART = 0.2
"""What a pair without a column pays beyond that, in multiples of the mean price."""

DEARER, MOST_TIMES = 3.0, 8
"""Factor by which that grows where nothing can be fixed, and how often."""

TAKEN = 1e-6
"""Share below which a column is not taken."""


def dive(
    facilities: Facilities,
    columns: Columns,
    prices: Floats,
    way: tuple[float, float, int],
    *,
    cutoff: float,
    is_over: Callable[[], bool],
) -> Ints | None:
    """Return the facility of each pair, -1 for none, shape (pairs,); None where none was found.

    Parameters
    ----------
    facilities
        All facilities.
    columns
        Columns of all of them, with an answer of their program.
    prices
        Prices of the pairs, shape (pairs,).
    way
        One of :data:`WAYS`.
    cutoff
        Cost from which on a plan is of no use.
    is_over
        Returns whether the time is.
    """
    dearness, share, rounds = way
    dear = dearness * prices + APART * float(prices.mean())
    plan = np.full(facilities.pairs, -1, dtype=np.int64)
    pairs, sites, left = np.arange(facilities.pairs), np.arange(facilities.sites), facilities
    times = 0
    while pairs.size:
        taken, done = _taken(columns, plan, sites, pairs, share)
        if not taken.size:
            without = facilities.free[pairs] <= dear[pairs]
            if without.all():
                break
            dear, times = dear * DEARER, times + 1
            if times > MOST_TIMES:
                return None
        kept, own = ~np.isin(np.arange(sites.size), taken), ~done
        paid = left.constant + float(left.fixed[taken].sum())
        paid += float(facilities.cost[plan[pairs[done]], pairs[done]].sum())
        after = left.take(kept)
        after = replace(
            after,
            cost=after.cost[:, own],
            hours=after.hours[:, own],
            free=after.free[own],
            constant=paid,
        )
        columns = columns.left_over(after, kept, own, dear[pairs[own]])
        left, sites, pairs = after, sites[kept], pairs[own]
        if is_over() or not sites.size or not pairs.size:
            break
        volume = Volume(Relaxation.of(left, whole=True), prices[pairs])
        columns.climb(volume, np.arange(sites.size), cutoff, rounds)
        if volume.bound >= cutoff or not np.isfinite(volume.bound):
            return None
        prices = prices.copy()
        prices[pairs] = volume.prices
    return plan if np.isfinite(facilities.free[plan < 0]).all() else None


def _taken(
    columns: Columns, plan: Ints, sites: Ints, pairs: Ints, share: float
) -> tuple[Ints, NDArray[np.bool_]]:
    """Put the columns that are fixed into the plan; return their facilities, and pairs' flags."""
    done = np.zeros(pairs.size, dtype=bool)
    taken: list[int] = []
    for k in np.argsort(-columns.values, kind="stable"):
        value = float(columns.values[k])
        if value < TAKEN or (taken and value < share):
            break
        site, its = columns.set_at(int(k))
        if its.size and site not in taken and not done[its].any():
            plan[pairs[its]] = sites[site]
            taken.append(site)
            done[its] = True
    return np.array(taken, dtype=np.int64), done
