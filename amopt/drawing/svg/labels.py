"""The names in a picture, written when everything that they keep clear of is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from amopt.drawing.names import Box, Line, Name, Spot, place
from amopt.drawing.svg.axes import Axis
from amopt.drawing.svg.canvas import Canvas, text_width

__all__ = ["Names"]

EDGE = 12.0
"""Pixels above the picture that a name may reach into."""


class Names:
    """The names of a picture, and what they keep clear of.

    Attributes
    ----------
    signs
        Boxes that no name covers.
    """

    def __init__(self) -> None:
        self.signs: list[Box] = []
        self._lines: list[Line] = []
        self._names: list[tuple[str, Name]] = []

    def add(self, spot: Spot, text: str, wanted: str, radius: float) -> None:
        """Add a name of a point."""
        self._names.append((text, Name(spot, text_width(text), radius, wanted)))

    def keep_clear(self, points: Sequence[Spot | None], width: float) -> None:
        """Keep names clear of a line through points, which None breaks."""
        for one, other in pairwise(points):
            if one is not None and other is not None:
                self._lines.append((one, other, width))

    def write(self, canvas: Canvas, x: Axis, y: Axis) -> None:
        """Write the names that have room."""
        left, right = sorted((x.start, x.end))
        top, bottom = sorted((y.start, y.end))
        largest_first = sorted(self._names, key=lambda pair: -pair[1].radius)
        found = place(
            [name for _, name in largest_first],
            signs=self.signs,
            lines=self._lines,
            frame=(left, right, top - EDGE, bottom),
        )
        for (text, _), placed in zip(largest_first, found, strict=True):
            if placed is not None:
                canvas.text(*placed.spot, text, anchor=placed.anchor, of="n")
