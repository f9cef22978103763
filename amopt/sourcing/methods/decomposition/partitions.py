r"""Plans of parts whose lines are shared out over orders, each line wholly to one of them.

With :math:`F_g(A)` what an order g of the lines A costs, the best plan of a part is found order by
order over all sets of lines,

.. math:: f_g(A) = \min_{B \subseteq A} f_{g-1}(A \setminus B) + F_g(B),

for all parts of as many lines together. It leaves out plans that split a line, so that it gives
good plans and no bound.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amopt.sourcing.methods.arrays import Arrays

__all__ = ["MOST_LINES", "partitions"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_LINES = 6
"""Lines of a part up to which all their sets are looked at."""


def partitions(arrays: Arrays, cost: Floats, block_of_line: Ints) -> tuple[Ints, Ints]:
    """Return the best plans that split no line, of blocks of a few lines.

    Parameters
    ----------
    arrays
        The program.
    cost
        The cost of each of its columns.
    block_of_line
        The block of each line, or -1.

    Returns
    -------
    plan, share : array of int
        The shares that each plan fills its lines by, one a row.
    """
    lines = np.bincount(block_of_line[block_of_line >= 0])
    found = [np.zeros((2, 0), dtype=np.int64)]
    plans = 0
    for size in range(2, MOST_LINES + 1):
        blocks = np.flatnonzero(lines == size)
        if blocks.size:
            plan, share = _of_size(arrays, cost, block_of_line, blocks, size)
            plan = np.unique(plan, return_inverse=True)[1]
            found.append(np.stack([plans + plan, share]))
            plans += int(plan.max(initial=-1)) + 1
    plan, share = np.concatenate(found, axis=1)
    return plan, share


def _of_size(
    arrays: Arrays, cost: Floats, block_of_line: Ints, blocks: Ints, size: int
) -> tuple[Ints, Ints]:
    """Return the plans of blocks of so many lines."""
    segments, shares = arrays.segments, arrays.segments.shares
    rank = np.full(block_of_line.max() + 2, -1, dtype=np.int64)
    rank[blocks] = np.arange(blocks.size)
    block = np.where(block_of_line >= 0, rank[block_of_line], -1)
    line = np.flatnonzero(block >= 0)
    order = np.argsort(block[line], kind="stable")
    place = np.zeros(block.size, dtype=np.int64)
    place[line[order]] = np.tile(np.arange(size), blocks.size)
    i = np.flatnonzero(block[shares.line] >= 0)
    used, row = np.unique(shares.segment[i], return_inverse=True)
    share = np.full((used.size, size), -1, dtype=np.int64)
    share[row, place[shares.line[i]]] = i
    need, paid, wait = np.zeros((3, used.size, size))
    at = row, place[shares.line[i]]
    timed = arrays.weeks[shares.line[i]]
    per_week = np.where(timed >= 0, cost[timed], 0.0)
    need[at] = arrays.needed[shares.line[i]]
    paid[at] = cost[arrays.x[i]] * need[at] + per_week * shares.weeks[i]
    wait[at] = per_week
    members = (np.arange(2**size)[:, None] >> np.arange(size)) & 1
    parts = need @ members.T
    total = cost[arrays.y[used]][:, None] + paid @ members.T
    total += (wait @ members.T) * segments.weeks_rate[used][:, None] * parts
    beyond = (parts < segments.lower[used][:, None]) | (parts > segments.upper[used][:, None])
    total[beyond | (((share < 0) * 1) @ members.T > 0)] = np.inf
    pools, pool = np.unique(segments.pool[used], return_inverse=True)
    best = np.full((pools.size, 2**size), np.inf)
    np.minimum.at(best, pool, total)
    segment = np.zeros(best.shape, dtype=np.int64)
    hit = np.nonzero((total == best[pool]) & np.isfinite(total))
    segment[pool[hit[0]], hit[1]] = hit[0]
    of_pool = np.zeros(pools.size, dtype=np.int64)
    of_pool[pool] = block[shares.line[np.max(share, axis=1)]]
    by_block = np.argsort(of_pool, kind="stable")
    within = np.arange(pools.size) - np.searchsorted(of_pool[by_block], of_pool[by_block])
    most = int(within.max(initial=-1)) + 1
    pool_at = np.full((most, blocks.size), -1, dtype=np.int64)
    pool_at[within, of_pool[by_block]] = by_block
    choice, value = _shared_out(best, pool_at, 2**size)
    return _followed(choice, value, pool_at, segment, share)


def _shared_out(best: Floats, pool_at: Ints, sets: int) -> tuple[Ints, Floats]:
    """Return which lines each order takes at best, by order, block and set of lines left."""
    most, blocks = pool_at.shape
    value = np.full((blocks, sets), np.inf)
    value[:, 0] = 0.0
    choice = np.zeros((most, blocks, sets), dtype=np.int64)
    for p in range(most):
        own = np.where((pool_at[p] >= 0)[:, None], best[pool_at[p]], np.inf)
        after = value.copy()
        for lines in range(1, sets):
            taken = lines
            while taken:
                offered = value[:, lines ^ taken] + own[:, taken]
                better = offered < after[:, lines]
                after[better, lines] = offered[better]
                choice[p, better, lines] = taken
                taken = (taken - 1) & lines
        value = after
    return choice, value


def _followed(
    choice: Ints, value: Floats, pool_at: Ints, segment: Ints, share: Ints
) -> tuple[Ints, Ints]:
    """Return the shares of the best plans, from the last order to the first."""
    most, blocks, sets = choice.shape
    left = np.full(blocks, sets - 1, dtype=np.int64)
    able = np.isfinite(value[:, -1])
    found = []
    for p in reversed(range(most)):
        taken = np.where(able, choice[p, np.arange(blocks), left], 0)
        block = np.flatnonzero(taken)
        own = share[segment[pool_at[p, block], taken[block]]]
        on = ((taken[block][:, None] >> np.arange(share.shape[1])) & 1) > 0
        found.append(np.stack([np.repeat(block, on.sum(axis=1)), own[on]]))
        left ^= taken
    plan, shares = np.concatenate(found, axis=1)
    order = np.argsort(plan, kind="stable")
    return plan[order], shares[order]
