"""What the referee says of the source's frontier: its corners, and how far below it offers lie."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from amopt.referee import Amount

if TYPE_CHECKING:
    from amopt.referee import Notebook
    from amopt.sourcing.referee.rows import Row

__all__ = ["check_corners"]

Point = tuple[int, float, float]
"""A row, and its quantities at reduced cost and in reduced time."""


def check_corners(
    notebook: Notebook, table: Sequence[Row], groups: Iterable[Sequence[Point]]
) -> None:
    """Recompute the corners of each group of suppliers, and what lies below their lines."""
    right: dict[int, tuple[str, Amount | None]] = {}
    for points in groups:
        names = {number: (table[number]["supplier"], number) for number, _, _ in points}
        ends = _corners(points, names)
        for number, x, y in points:
            label = next((name for name, end in ends.items() if end[0] == number), "")
            right[number] = label, _below(x, y, [(a, b) for _, a, b in ends.values()])
    for number, row in enumerate(table):
        label, below = right.get(number, ("", None))
        where = partial(_where, row)
        notebook.same(where, row["source_frontier"], label)
        notebook.same(where, row["below_source_frontier"], below)


def _where(row: Row) -> str:
    """Return which row it is, in words."""
    return f"switchover of {row['part']!r} at {row['supplier']!r}, the source's frontier"


def _corners(points: Sequence[Point], names: dict[int, Any]) -> dict[str, Point]:
    """Return the best in cost, in time, and in their product; ties to the name."""

    def product(point: Point) -> float:
        return 0.0 if 0 in point[1:] else point[1] * point[2]

    keys = {
        "cost": lambda p: (-p[1], -p[2], names[p[0]]),
        "time": lambda p: (-p[2], -p[1], names[p[0]]),
        "combination": lambda p: (-product(p), -min(p[1:]), names[p[0]]),
    }
    return {name: min(points, key=key) for name, key in keys.items()}


def _below(x: float, y: float, ends: Sequence[tuple[float, float]]) -> Amount | None:
    """Return how far a point lies below the lines that join the ends; None beyond them."""
    ordered = sorted(ends, key=lambda end: (end[0], -end[1]))
    for (x0, y0), (x1, y1) in pairwise(ordered):
        if x0 <= x <= x1:
            if x == x0:
                height = y0
            elif x == x1:
                height = y1
            elif math.isinf(x1):
                return None
            else:
                height = y0 + (x - x0) / (x1 - x0) * (y1 - y0)
            below = height - y
            size = abs(y0) + abs(y1) + abs(y) if below else 0.0
            return Amount(below, size) if math.isfinite(below) else None
    return None
