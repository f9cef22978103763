"""Names beside points: clear of each other, of signs and, where there is room, of lines."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["POSITIONS", "Box", "Line", "Name", "Placed", "Spot", "box", "choose", "place"]

Spot = tuple[float, float]
"""Pixels to the right and downwards."""

Box = tuple[float, float, float, float]
"""Left, right, top and bottom in pixels."""

Line = tuple[Spot, Spot, float]
"""The ends of a line, and how wide it is."""

POSITIONS = (
    "top center",
    "bottom center",
    "middle right",
    "middle left",
    "top right",
    "top left",
    "bottom right",
    "bottom left",
)
"""Where a name may stand, in plotly's words, the best first."""

EVERYWHERE: Box = (-math.inf, math.inf, -math.inf, math.inf)

LETTER, RADIUS = 7.0, 5.0
"""Width of a letter and half the width of a sign in pixels, at plotly's size of type."""

WRITTEN = 22.0
"""Height of what is written, with a pixel or two about it."""

ABOVE, BELOW = 11.0, 3.0
"""How far a letter reaches above its base line and below it, in pixels."""


@dataclass(frozen=True)
class Name:
    """A name that is to be written.

    Attributes
    ----------
    spot
        The point that is named.
    width
        Pixels that the name is wide.
    radius
        Pixels from the middle of the point's sign to its end.
    wanted
        Where it is to stand if there is room.
    """

    spot: Spot
    width: float
    radius: float
    wanted: str = POSITIONS[0]


@dataclass(frozen=True)
class Placed:
    """Where a name stands: in plotly's words, its base line, and which of its ends is there."""

    position: str
    spot: Spot
    anchor: str


def place(
    names: Iterable[Name],
    *,
    signs: Iterable[Box],
    lines: Sequence[Line],
    frame: Box,
    moved: bool = True,
) -> list[Placed | None]:
    """Return where each name stands; None where there is no room for it.

    A name that cannot be set clear of every line crosses as few of them as it can.

    Parameters
    ----------
    names
        The names, the most important first.
    signs
        What no name may cover.
    lines
        What names keep clear of where they can.
    frame
        What holds the names.
    moved
        Whether a name that stands above or below its point moves inwards near the frame.
    """
    inside = frame if moved else EVERYWHERE
    taken, boxes = list(signs), [_around(line) for line in lines]
    found: list[Placed | None] = []
    for name in names:
        best: tuple[int, Placed, Box] | None = None
        spots = [
            _at(name, position, inside) for position in dict.fromkeys((name.wanted, *POSITIONS))
        ]
        rooms = [room for _, room in spots]
        ends = [one([room[k] for room in rooms]) for k, one in enumerate((min, max, min, max))]
        left, right, top, bottom = ends  # of all positions: what is clear of that is left out
        near = [
            line
            for line, (west, east, north, south) in zip(lines, boxes, strict=True)
            if west < right and left < east and north < bottom and top < south
        ]
        others = [other for other in taken if _meet(other, (left, right, top, bottom))]
        for placed, room in spots:
            if not _within(room, frame) or any(_meet(room, other) for other in others):
                continue
            crossed = sum(_crosses(line, room) for line in near)
            if best is None or crossed < best[0]:
                best = crossed, placed, room
            if not crossed:
                break
        if best is not None:
            taken.append(best[2])
        found.append(None if best is None else best[1])
    return found


def choose(
    points: Mapping[str, Spot],
    *,
    among: Iterable[Spot],
    joined: Iterable[tuple[Spot, Spot]] = (),
    scale: tuple[float, float],
    written: Iterable[tuple[str, Spot, str]] = (),
    within: tuple[Spot, Spot] | None = None,
) -> dict[str, str]:
    """Return where plotly sets names; a name that has no room is left out.

    Parameters
    ----------
    points
        The points to be named, in the numbers of the axes, the most important first.
    among
        All points of the picture.
    joined
        The ends of the lines of the picture.
    scale
        Pixels of a unit to the right and upwards.
    written
        What is written in the picture besides: the words, the point that they stand at, and which
        of their ends is there, ``left``, ``right`` or ``center``.
    within
        The corners of what holds the names, the left one at the bottom first; all have room if
        left out.
    """

    def pixel(point: Spot) -> Spot:
        return point[0] * scale[0], -point[1] * scale[1]

    signs = [box(spot, 2 * RADIUS, 2 * RADIUS) for spot in set(map(pixel, among))]
    for words, point, end in written:
        (x, y), wide = pixel(point), LETTER * len(words)
        x += {"left": wide / 2, "right": -wide / 2}.get(end, 0.0)
        signs.append(box((x, y), wide, WRITTEN))
    frame = EVERYWHERE
    if within is not None:
        (left, bottom), (right, top) = map(pixel, within)
        frame = left, right, top, bottom
    found = place(
        [Name(pixel(point), LETTER * len(name), RADIUS) for name, point in points.items()],
        signs=signs,
        lines=[(pixel(one), pixel(other), 2.0) for one, other in joined],
        frame=frame,
        moved=False,
    )
    return {name: placed.position for name, placed in zip(points, found, strict=True) if placed}


def box(spot: Spot, width: float, height: float) -> Box:
    """Return the box about a point."""
    return spot[0] - width / 2, spot[0] + width / 2, spot[1] - height / 2, spot[1] + height / 2


def _at(name: Name, position: str, frame: Box) -> tuple[Placed, Box]:
    """Return where a name would stand, and the box that it would take."""
    up, along = position.split()
    r = name.radius
    beside = along != "center" and up != "middle"
    dy = {"top": -r - 1.0 if beside else -r - 5.0, "bottom": r + (8.0 if beside else 13.0)}.get(
        up, 4.0
    )
    dx, anchor = {"center": (0.0, "middle"), "right": (r + 4.0, "start")}.get(
        along, (-r - 4.0, "end")
    )
    left = name.spot[0] + dx - {"middle": name.width / 2, "start": 0.0}.get(anchor, name.width)
    if anchor == "middle":  # a name near the edge moves inwards
        shift = max(frame[0] - left, 0.0) - max(left + name.width - frame[1], 0.0)
        left, dx = left + shift, dx + shift
    x, y = name.spot[0] + dx, name.spot[1] + dy
    return Placed(position, (x, y), anchor), (left, left + name.width, y - ABOVE, y + BELOW)


def _within(room: Box, frame: Box) -> bool:
    return (
        frame[0] - 1 <= room[0]
        and room[1] <= frame[1] + 1
        and frame[2] <= room[2]
        and room[3] <= frame[3]
    )


def _meet(one: Box, other: Box) -> bool:
    """Tell whether two boxes share room."""
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def _around(line: Line) -> Box:
    """Return a box that no box which the line runs through is clear of."""
    (x, y), (to_x, to_y), wide = line
    room = wide / 2 + 1.0
    return min(x, to_x) - room, max(x, to_x) + room, min(y, to_y) - room, max(y, to_y) + room


def _crosses(line: Line, room: Box) -> bool:
    """Tell whether a line runs through a box (the clipping of Liang and Barsky, 1984)."""
    (x, y), (to_x, to_y), wide = line
    left, right, top, bottom = (
        room[0] - wide / 2,
        room[1] + wide / 2,
        room[2] - wide / 2,
        room[3] + wide / 2,
    )
    if max(x, to_x) <= left or min(x, to_x) >= right:
        return False
    if max(y, to_y) <= top or min(y, to_y) >= bottom:
        return False
    first, last = 0.0, 1.0
    for step, start, low, high in ((to_x - x, x, left, right), (to_y - y, y, top, bottom)):
        if step == 0.0:
            continue
        ends = sorted(((low - start) / step, (high - start) / step))
        first, last = max(first, ends[0]), min(last, ends[1])
    return first < last
