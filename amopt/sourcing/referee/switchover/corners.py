"""What the referee says of frontiers: corners, how far below them offers lie, and who is passed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import isnan
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from amopt.referee import Amount

if TYPE_CHECKING:
    from amopt.referee import Notebook
    from amopt.sourcing.referee.rows import Row

__all__ = ["Points", "check_corners", "nondominated"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CORNERS = ("cost", "time", "combination")
"""The corners, in the order in which they give an offer its label."""


class Points(NamedTuple):
    """What offers do at reduced cost and in reduced time, shape (points,) each.

    Attributes
    ----------
    number
        The row of each.
    group
        The offers that each is compared with.
    by_cost, by_time
        Its quantities at reduced cost and in reduced time; infinite without an end.
    """

    number: Ints
    group: Ints
    by_cost: Floats
    by_time: Floats


def check_corners(notebook: Notebook, table: Sequence[Row], points: Points) -> None:
    """Recompute the corners of each group of suppliers, and what lies below their lines."""
    labels = [""] * len(table)
    below, size = np.full(len(table), np.nan), np.zeros(len(table))
    if points.number.size:
        ends = _corners(points, np.array([table[n]["supplier"] for n in points.number.tolist()]))
        for corner, end in reversed(list(zip(CORNERS, ends, strict=True))):
            for number in points.number[end].tolist():
                labels[number] = corner
        below[points.number], size[points.number] = _below(points, ends)
    amounts = zip(below.tolist(), size.tolist(), strict=True)
    right = [None if isnan(value) else Amount(value, scale) for value, scale in amounts]
    for row, label, amount in zip(table, labels, right, strict=True):
        given, lies = row["source_frontier"], row["below_source_frontier"]
        if type(given) is str and given == label and lies is None and amount is None:
            notebook.checks += 2
            continue
        where = partial(_where, row)
        notebook.same(where, given, label)
        notebook.same(where, lies, amount)


def _where(row: Row) -> str:
    """Return which row it is, in words."""
    return f"switchover of {row['part']!r} at {row['supplier']!r}, the source's frontier"


def _corners(points: Points, names: NDArray[np.str_]) -> tuple[Ints, Ints, Ints]:
    """Return the best in cost, in time, and in their product of each group; ties to the name."""
    _, group, x, y = points
    none = (x == 0) | (y == 0)
    product = np.where(none, 0.0, np.where(none, 1.0, x) * np.where(none, 1.0, y))
    keys = ((-y, -x), (-x, -y), (-np.minimum(x, y), -product))
    first = [np.lexsort((points.number, names, *key, group)) for key in keys]
    begins = np.flatnonzero(np.diff(np.sort(group), prepend=-1))
    return first[0][begins], first[1][begins], first[2][begins]


def _below(points: Points, ends: tuple[Ints, Ints, Ints]) -> tuple[Floats, Floats]:
    """Return how far points lie below the lines that join the ends, and what that is the sum of.

    NaN beyond the ends, and where lines have no end.
    """
    _, group, x, y = points
    of_end = np.stack(ends, axis=1)
    at, height_at = points.by_cost[of_end], points.by_time[of_end]
    order = np.lexsort((-height_at, at), axis=-1)
    _, own = np.unique(group, return_inverse=True)
    at = np.take_along_axis(at, order, axis=1)[own]
    height_at = np.take_along_axis(height_at, order, axis=1)[own]
    below, size = np.full(x.size, np.nan), np.zeros(x.size)
    for k in (1, 0):  # the first that a point lies on is the last to be written
        x0, x1, y0, y1 = at[:, k], at[:, k + 1], height_at[:, k], height_at[:, k + 1]
        inside = (x0 <= x) & (x <= x1)
        with np.errstate(invalid="ignore", divide="ignore"):
            line = y0 + (x - x0) / (x1 - x0) * (y1 - y0)
            height = np.where(x == x0, y0, np.where(x == x1, y1, line))
            height[(x != x0) & (x != x1) & np.isinf(x1)] = np.nan
            off = height - y
        off[~np.isfinite(off)] = np.nan
        below[inside] = off[inside]
        size[inside] = np.where(off != 0, np.abs(y0) + np.abs(y1) + np.abs(y), 0.0)[inside]
    return below, size


def nondominated(points: Points) -> set[int]:
    """Return the rows that no other of the group reaches in both and passes in one."""
    number, group, x, y = points
    if not number.size:
        return set()
    order = np.lexsort((-y, -x, group))
    number, group, x, y = number[order], group[order], x[order], y[order]
    _, rank = np.unique(y, return_inverse=True)
    _, step = np.unique(x, return_inverse=True)
    best = np.maximum.accumulate(group * (rank.max() + 1) + rank)  # of a group, and of no other
    begins = np.flatnonzero((np.diff(group, prepend=-1) != 0) | (np.diff(step, prepend=-1) != 0))
    level = np.repeat(begins, np.diff(begins, append=x.size))
    before = np.where(level > 0, best[level - 1], -1) - group * (rank.max() + 1)
    kept = (rank == rank[level]) & (rank > before)
    return set(number[kept].tolist())
