"""A map's ground: coastlines and borders behind places, and names that do not run into each other.

The outlines are data of the package, so that a page needs no network.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

from amopt.drawing.names import choose

__all__ = ["Point", "draw_land", "label_positions", "on_land"]

Point = tuple[float, float]
"""Degrees east and degrees north."""

COLOURS = {"coasts": "#7d8b99", "borders": "#c3ccd5"}

MARGIN = 0.15
"""Room around the places, as a share of what they span."""

LEAST_MARGIN = 1.0
"""Room around the places in degrees, should they span next to nothing."""

BEYOND = 3
"""How many spans beyond the places are drawn: a picture is wider or higher than they are."""

WIDTH, HEIGHT = 300, 420
"""Pixels of a picture on a phone: where names fit there, they fit everywhere."""


def draw_land(figure: Any, points: Sequence[Point]) -> None:
    """Draw coastlines and borders on a plotly figure of degrees, and show what holds the points.

    Parameters
    ----------
    figure
        The figure; its axes are set such that a degree is as long each way in the middle.
    points
        The places; without any nothing is drawn.
    """
    if not points:
        return
    (west, east), (south, north) = _window(points)
    wide, high = BEYOND * (east - west), BEYOND * (north - south)
    for kind, colour in COLOURS.items():
        xs: list[float | None] = []
        ys: list[float | None] = []
        for line in _inside(kind, west - wide, east + wide, south - high, north + high):
            xs += [x for x, _ in line] + [None]
            ys += [y for _, y in line] + [None]
        figure.add_scatter(
            x=xs,
            y=ys,
            mode="lines",
            line={"color": colour, "width": 1},
            hoverinfo="skip",
            showlegend=False,
            name=kind,
        )
    figure.update_xaxes(range=[west, east], showgrid=False, zeroline=False)
    figure.update_yaxes(
        range=[south, north],
        showgrid=False,
        zeroline=False,
        scaleanchor="x",
        scaleratio=1 / _shrinking(points),
    )


def label_positions(
    points: Mapping[str, Point],
    among: Sequence[Point],
    joined: Iterable[tuple[Point, Point]] = (),
) -> dict[str, str]:
    """Return where plotly sets the names of places, such that none runs into another or a place.

    Parameters
    ----------
    points
        The places to be named, the most important first.
    among
        All places of the picture.
    joined
        The ends of the lines between places, which names keep clear of where they can.

    Returns
    -------
    dict
        A position of plotly (``"top center"``) by name; a place whose name has no room is left out.
    """
    if not among:
        return {}
    (west, east), (south, north) = _window(among)
    shrink = _shrinking(among)
    scale = min(WIDTH / ((east - west) * shrink), HEIGHT / (north - south))
    return choose(points, among=among, joined=joined, scale=(scale * shrink, scale))


def on_land(point: Point) -> bool:
    """Tell whether a point lies on land, as coarsely as the coastlines of the package are drawn."""
    east, north = point
    crossed = 0
    for line in _outlines()["coasts"]:
        for (x, y), (further_x, further_y) in pairwise(line):
            if (y > north) != (further_y > north):
                crossed += x + (north - y) / (further_y - y) * (further_x - x) > east
    return crossed % 2 == 1


def _window(points: Sequence[Point]) -> tuple[Point, Point]:
    """Return the range of degrees east and of degrees north that holds points, with a margin."""
    ranges = []
    for axis in (0, 1):
        least, most = (bound(point[axis] for point in points) for bound in (min, max))
        margin = max(MARGIN * (most - least), LEAST_MARGIN)
        ranges.append((least - margin, most + margin))
    return ranges[0], ranges[1]


def _shrinking(points: Sequence[Point]) -> float:
    """Return how much shorter a degree east is than one north, in the middle of the points."""
    north = [point[1] for point in points]
    return max(math.cos(math.radians((min(north) + max(north)) / 2)), 0.1)


@cache
def _outlines() -> Mapping[str, list[list[Point]]]:
    """Return the outlines of the package in degrees."""
    data = json.loads(files("amopt.drawing").joinpath("natural_earth.json").read_text("utf-8"))
    return {
        kind: [
            [(line[k] / 100, line[k + 1] / 100) for k in range(0, len(line), 2)]
            for line in data[kind]
        ]
        for kind in COLOURS
    }


def _inside(
    kind: str, west: float, east: float, south: float, north: float
) -> Iterator[list[Point]]:
    """Yield the stretches of outlines that have a point inside a window, each with its ends."""
    for line in _outlines()[kind]:
        inside = [west <= x <= east and south <= y <= north for x, y in line]
        stretch: list[Point] = []
        for k, point in enumerate(line):
            if any(inside[max(0, k - 1) : k + 2]):
                stretch.append(point)
            elif stretch:
                yield stretch
                stretch = []
        if stretch:
            yield stretch
