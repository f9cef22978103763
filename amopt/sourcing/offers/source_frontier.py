"""The frontier of the source: three suppliers, joined by lines.

Akmal, Salmi, Björkstrand, Partanen and Holmström (2022) join the supplier with the highest quantity
at reduced cost, the one with the highest in reduced time, and the one with the highest combination
of the two, which they do not define: here it is the largest product, which no unit changes. The
three are not always the nondominated suppliers: another one may lie above the lines.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["CORNERS", "break_even", "source_frontier"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CORNERS = ("", "cost", "time", "combination")
"""What makes a supplier a corner of the frontier; empty where nothing does."""

SAYS = ("", "from", "up to", "always", "never")
"""For which downtime rates an offer is worth it; empty without comparison."""


def source_frontier(
    group: Ints, cost: Floats, time: Floats, names: Sequence[str]
) -> tuple[NDArray[np.int8], Floats]:
    """Return the corners of each group's frontier, and how far below it the others lie.

    Parameters
    ----------
    group
        Group of each point, shape (n,); negative for points that do not count.
    cost, time
        Quantities at reduced cost and in reduced time, shape (n,); infinite without end.
    names
        Names, by which ties are told, length n.

    Returns
    -------
    corner : array, shape (n,)
        Positions in :data:`CORNERS`; a supplier that is several is the first of them.
    below : array, shape (n,)
        The frontier's time quantity at the same cost quantity less the point's own, in parts:
        negative above it; NaN beyond its ends, and where an end is infinite.
    """
    n = group.size
    corner, below = np.zeros(n, dtype=np.int8), np.full(n, np.nan)
    index = np.flatnonzero((group >= 0) & ~np.isnan(cost) & ~np.isnan(time))
    if not index.size:
        return corner, below
    own, x, y = group[index], cost[index], time[index]
    rank = np.unique(np.array(names, dtype=object)[index].astype(str), return_inverse=True)[1]
    with np.errstate(invalid="ignore"):
        product = np.where((x == 0) | (y == 0), 0.0, x * y)
    heads, number = np.unique(own, return_inverse=True)
    corners = np.zeros((3, heads.size), dtype=np.int64)
    keys = ((rank, -y, -x), (rank, -x, -y), (rank, -np.minimum(x, y), -product))
    for k, (last, second, first) in enumerate(keys):
        order = np.lexsort((last, second, first, own))
        corners[k] = order[np.searchsorted(own[order], heads)]
    for k in (2, 1, 0):
        corner[index[corners[k]]] = k + 1
    below[index] = _below(x, y, x[corners][:, number], y[corners][:, number])
    return corner, below


def _below(x: Floats, y: Floats, ends_x: Floats, ends_y: Floats) -> Floats:
    """Return how far points lie below lines through three points each, shapes (n,), (3, n)."""
    order = np.lexsort((-ends_y, ends_x), axis=0)
    ends_x, ends_y = (np.take_along_axis(ends, order, axis=0) for ends in (ends_x, ends_y))
    found = np.full(x.size, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        for left, right in ((1, 2), (0, 1)):
            x0, x1, y0, y1 = ends_x[left], ends_x[right], ends_y[left], ends_y[right]
            share = np.where(x == x1, np.where(x1 > x0, 1.0, 0.0), (x - x0) / (x1 - x0))
            share[x == x0] = 0.0
            height = np.where(share == 0, y0, np.where(share == 1, y1, y0 + share * (y1 - y0)))
            height[np.isinf(x1) & (share != 1) & (x > x0)] = np.nan
            inside = (x0 <= x) & (x <= x1)
            found[inside] = (height - y)[inside]
    found[~np.isfinite(found)] = np.nan
    return found


def break_even(
    cost_saving: Floats, weeks_saved: Floats, hours_per_week: Floats
) -> tuple[Floats, NDArray[np.int8]]:
    r"""Return the downtime rate at which an offer breaks even, and on which side it is worth it.

    .. math:: r = -\frac{\text{cost saving}}{\text{weeks saved} \cdot \text{hours a week}}

    Parameters
    ----------
    cost_saving, weeks_saved
        What an offer saves against conventional supply, shape (n,); NaN without comparison.
    hours_per_week
        Hours of a week that count, shape (n,).

    Returns
    -------
    rate : array, shape (n,)
        Money an hour; zero where cost and time are saved, NaN where no rate makes a difference.
    says : array, shape (n,)
        Positions in :data:`SAYS`: worth it from that rate, up to it, always or never.
    """
    cost, weeks = cost_saving > 0, weeks_saved > 0
    known = ~(np.isnan(cost_saving) | np.isnan(weeks_saved))
    later = known & (weeks_saved < 0)
    says = np.where(cost, np.where(later, 2, 3), np.where(weeks, 1, 4)).astype(np.int8)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = -cost_saving / (weeks_saved * hours_per_week) + 0.0
    rate = np.where((says == 3) & weeks, 0.0, np.where((says == 1) | (says == 2), rate, np.nan))
    says[~known], rate[~known] = 0, np.nan
    return rate, says
