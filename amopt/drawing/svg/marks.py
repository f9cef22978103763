"""The traces of a figure as marks: points, lines, bars, funnels, fields of cells."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from amopt.drawing import INK, PALETTE
from amopt.drawing.names import POSITIONS, box
from amopt.drawing.svg.axes import Axis
from amopt.drawing.svg.canvas import Canvas, text_width, words
from amopt.drawing.svg.labels import Names
from amopt.phrases import measured

__all__ = ["bar_spans", "colour_of", "draw", "held"]

SIGN, LINE = 6.0, 1.5
"""Size of a sign and width of a line in pixels, where the figure does not say."""

BAR = 0.8
"""Share of a category that bars fill."""


def held(values: Any) -> list[Any]:
    """Return the values of a trace, whatever they are held in."""
    return (
        [] if values is None else [getattr(value, "item", lambda v=value: v)() for value in values]
    )


def colour_of(trace: Any, number: int, entry: int | None = None) -> str:
    """Return the colour of a trace, or of one of its entries."""
    marker = getattr(trace, "marker", None)
    line = getattr(trace, "line", None)
    colour = marker.color if marker is not None else None
    if colour is None and line is not None and hasattr(line, "color"):
        colour = line.color
    if isinstance(colour, (list, tuple)):
        return str(colour[entry or 0]) if len(colour) > (entry or 0) else INK
    return str(colour) if colour else PALETTE[number % len(PALETTE)]


class BarSpan(NamedTuple):
    """A bar.

    Attributes
    ----------
    category
        Where it stands.
    start, end
        What it reaches from and to.
    first, last
        Where it begins within its category, from -0.5 to 0.5, and ends.
    entry
        Its number among the entries of its trace, those without a bar included.
    """

    category: Any
    start: float
    end: float
    first: float
    last: float
    entry: int


def bar_spans(figure: Any) -> dict[int, list[BarSpan]]:
    """Return the bars of each trace, by the trace's number."""
    bars = [k for k, trace in enumerate(figure.data) if trace.type == "bar"]
    mode = figure.layout.barmode or "group"
    reached: dict[tuple[Any, bool], float] = defaultdict(float)
    found: dict[int, list[BarSpan]] = {}
    for place, k in enumerate(bars):
        trace = figure.data[k]
        flat = trace.orientation == "h"
        categories, sizes = held(trace.y if flat else trace.x), held(trace.x if flat else trace.y)
        bases = trace.base if isinstance(trace.base, (list, tuple)) else [trace.base] * len(sizes)
        first, last = -BAR / 2, BAR / 2
        if mode == "group":
            wide = BAR / len(bars)
            first, last = -BAR / 2 + place * wide, -BAR / 2 + (place + 1) * wide
        found[k] = []
        sides = [(first, last)] * len(sizes)
        if isinstance(trace.offset, (list, tuple)) and isinstance(trace.width, (list, tuple)):
            sides = [(at, at + wide) for at, wide in zip(trace.offset, trace.width, strict=True)]
        of_bars = zip(categories, sizes, bases, sides, strict=True)
        for entry, (category, size, base, (first, last)) in enumerate(of_bars):
            if size is None or math.isnan(size):
                continue
            start = float(base or 0.0)
            if mode in ("stack", "relative") and base is None:
                start = reached[category, size < 0]
                reached[category, size < 0] += size
            found[k].append(BarSpan(category, start, start + float(size), first, last, entry))
    return found


def draw(canvas: Canvas, figure: Any, x: Axis, y: Axis) -> Names:
    """Draw the traces of a figure; return the names that are still to be written."""
    spans = bar_spans(figure)
    names = Names()
    previous: list[tuple[float, float]] = []
    for number, trace in enumerate(figure.data):
        if trace.type == "bar":
            _bars(canvas, trace, number, spans=spans[number], x=x, y=y)
        elif trace.type == "funnel":
            _funnel(canvas, trace, x, y)
        elif trace.type == "heatmap":
            _cells(canvas, trace, x, y)
        elif trace.type == "scatter":
            previous = _scatter(canvas, trace, number, x=x, y=y, names=names, previous=previous)
    return names


def _bars(
    canvas: Canvas,
    trace: Any,
    number: int,
    *,
    spans: Sequence[BarSpan],
    x: Axis,
    y: Axis,
) -> None:
    flat = trace.orientation == "h"
    across, along = (y, x) if flat else (x, y)
    plain = isinstance(trace.hovertext, (list, tuple)) and not trace.hovertemplate
    hover = held(trace.hovertext) if plain else []
    for category, start, end, first, last, entry in spans:
        middle = across.value(category)
        if middle is None:
            continue
        ends = sorted((along.at(start), along.at(end)))
        sides = sorted((across.at(middle + first), across.at(middle + last)))
        says = f"{words(trace.name or '')} {words(category)}: {measured(end - start)}".strip()
        if entry < len(hover) and hover[entry]:
            says = f"{words(trace.name or '')} {words(hover[entry])}".strip()
        colour = colour_of(trace, number, entry)
        if flat:
            size = ends[1] - ends[0], sides[1] - sides[0]
            canvas.box(ends[0], sides[0], size=size, colour=colour, says=says)
        else:
            size = sides[1] - sides[0], ends[1] - ends[0]
            canvas.box(sides[0], ends[0], size=size, colour=colour, says=says)


def _funnel(canvas: Canvas, trace: Any, x: Axis, y: Axis) -> None:
    for entry, (name, size) in enumerate(zip(held(trace.y), held(trace.x), strict=True)):
        middle = y.value(name)
        if middle is None:
            continue
        sides = sorted((y.at(middle - BAR / 2), y.at(middle + BAR / 2)))
        left, right = x.at(-size / 2), x.at(size / 2)
        colour = colour_of(trace, 0, entry)
        canvas.box(
            left,
            sides[0],
            size=(right - left, sides[1] - sides[0]),
            colour=colour,
            says=f"{words(name)}: {size:,}",
        )
        text = f"{size:,}"
        inside = right - left > text_width(text) + 8
        at = (left + right) / 2 if inside else right + 6
        canvas.text(
            at, sum(sides) / 2 + 4, text,
            anchor="middle" if inside else "start", upon=colour if inside else "",
        )  # fmt: skip


def _cells(canvas: Canvas, trace: Any, x: Axis, y: Axis) -> None:
    texts = trace.text
    for row, name in enumerate(held(trace.y)):
        for column, other in enumerate(held(trace.x)):
            colour = _on_scale(trace, float(trace.z[row][column]))
            right, up = x.value(other), y.value(name)
            if right is None or up is None:
                continue
            left, top = x.at(right - 0.5), min(y.at(up - 0.5), y.at(up + 0.5))
            wide, high = x.unit, y.unit
            canvas.box(left + 1, top + 1, size=(wide - 2, high - 2), colour=colour)
            text = words(texts[row][column]) if texts is not None else ""
            if text and text_width(text) < wide - 2:
                spot = left + wide / 2, top + high / 2 + 4
                canvas.text(*spot, text, anchor="middle", upon=colour)


def _on_scale(trace: Any, value: float) -> str:
    """Return the colour of a value on a scale of steps."""
    share = (value - trace.zmin) / (trace.zmax - trace.zmin)
    found = trace.colorscale[0][1]
    for start, colour in trace.colorscale:
        if start > share:
            break
        found = colour
    return str(found)


def _scatter(
    canvas: Canvas,
    trace: Any,
    number: int,
    *,
    x: Axis,
    y: Axis,
    names: Names,
    previous: Sequence[tuple[float, float]],
) -> list[tuple[float, float]]:
    """Draw lines, signs and words; return the points that were joined."""
    mode = trace.mode or "lines+markers"
    spots = [
        None if a is None or b is None else (a, b)
        for a, b in zip(map(x.pixel, held(trace.x)), map(y.pixel, held(trace.y)), strict=True)
    ]
    if trace.hoverinfo == "skip":  # the ground of a map
        spots = list(_near(spots, x, y))
    joined = [spot for spot in spots if spot is not None]
    if "lines" in mode:
        if trace.fill == "tonexty" and previous:
            canvas.area([*joined, *reversed(previous)], colour_of(trace, number))
        steps = list(_stepped(spots)) if trace.line.shape == "hv" else spots
        colour, wide = trace.line.color or colour_of(trace, number), trace.line.width or LINE
        canvas.path(steps, colour, wide, trace.line.dash)
        if trace.hoverinfo != "skip" or trace.name == "lane":
            names.keep_clear(steps, wide)
    texts = held(trace.text) if trace.text is not None else []
    hover = held(trace.hovertext) if trace.hovertext is not None else texts
    sizes, symbols = trace.marker.size, trace.marker.symbol
    positions = trace.textposition
    for entry, spot in enumerate(spots):
        if spot is None or "markers" not in mode:
            continue
        size = sizes[entry] if isinstance(sizes, (list, tuple)) else sizes or SIGN
        symbol = symbols[entry] if isinstance(symbols, (list, tuple)) else symbols or "circle"
        says = words(hover[entry]) if entry < len(hover) else ""
        colour = colour_of(trace, number, entry)
        canvas.sign(*spot, symbol, size=size, colour=colour, says=says)
        names.signs.append(box(spot, size, size))
        if "text" in mode and entry < len(texts) and texts[entry]:
            at = positions[entry] if isinstance(positions, (list, tuple)) else positions
            names.add(spot, words(texts[entry]), at or POSITIONS[0], size / 2)
    return joined


def _near(
    spots: Sequence[tuple[float, float] | None], x: Axis, y: Axis
) -> Iterator[tuple[float, float] | None]:
    """Yield the points in sight and next to it, those out of sight as None, a pixel apart."""
    (left, right), (top, bottom) = sorted((x.start, x.end)), sorted((y.start, y.end))
    inside = [
        spot is not None and left <= spot[0] <= right and top <= spot[1] <= bottom for spot in spots
    ]
    last = None
    for k, spot in enumerate(spots):
        if spot is None or not any(inside[max(0, k - 1) : k + 2]):
            last = None
            yield None
        elif last is None or abs(spot[0] - last[0]) + abs(spot[1] - last[1]) >= 1.0:
            last = spot
            yield spot


def _stepped(spots: Sequence[tuple[float, float] | None]) -> Iterator[tuple[float, float] | None]:
    """Yield the corners of steps: first along, then up."""
    for one, other in pairwise(spots):
        yield one
        if one is not None and other is not None:
            yield other[0], one[1]
    yield spots[-1] if spots else None
