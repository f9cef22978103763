"""A plotly figure as an SVG picture: its frame, axes and legend, and what stands in them.

What the figures of the decisions use is drawn: points, lines, bars, funnels and fields of cells on
one pair of axes, straight lines across, and notes.
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from amopt.drawing.names import box
from amopt.drawing.svg.axes import Axis, axis_of
from amopt.drawing.svg.canvas import Canvas, in_two_lines, number, short, text_width, words
from amopt.drawing.svg.labels import Names
from amopt.drawing.svg.marks import bar_spans, colour_of, draw, held

__all__ = ["as_svg"]

HEIGHT = 400
"""Pixels of a figure that does not say how high it is."""

SIGN = 7.0
"""Pixels by which a sign may reach over an axis."""

LINE, TWO_LINES = 13, 26
"""Pixels from a line of a name to the next, and between names that may have two."""

ROW, SWATCH = 20, 12
"""Height of a row of the legend, and side of a sign in it."""

WIDEST_NAMES = 0.36
"""Share of a picture that names along its side may take."""

TURNED = -32.0
"""Degrees by which names below are turned that have no room otherwise."""


def as_svg(figure: Any, width: int, description: str) -> str:
    """Return a figure as an SVG element.

    Parameters
    ----------
    figure
        A plotly figure.
    width
        Pixels that it is wide.
    description
        Its text alternative.
    """
    layout = figure.layout
    bars = bar_spans(figure)
    flat = any(figure.data[k].orientation == "h" for k in bars)
    grown = any(figure.data[k].base is None for k in bars)  # from zero, not from a base of its own
    x = axis_of("x", layout.xaxis, _values(figure, "x", bars), bars=grown and flat)
    y = axis_of("y", layout.yaxis, _values(figure, "y", bars), bars=grown and not flat)
    if any(trace.type == "funnel" for trace in figure.data):
        y, x = replace(y, low=y.high, high=y.low), replace(x, shown=False)
    legend = _legend(figure, width)
    likely = float(layout.height or HEIGHT)
    sides = [text for _, text in y.placed(0.0, likely).ticks()] if y.shown else []
    widest = max((text_width(name) for name in sides), default=0.0)
    left = 8.0 + (min(widest, WIDEST_NAMES * width) + 8 if y.shown else 0) + (18 if y.title else 0)
    right = width - 14.0
    below = _room_below(x, right - left)
    full = float(
        min(layout.height or HEIGHT, max(300, width)) if not flat else layout.height or HEIGHT
    )
    if layout.yaxis.scaleanchor:
        full = float(min(layout.height or HEIGHT, 1.15 * width))
    top, bottom = 12.0, full - below - (18 if x.title else 0) - ROW * len(legend) - 8
    bottom = max(bottom, top + 80)
    x, y = x.placed(left, right), y.placed(bottom, top)
    x, y = _same_scale(layout, x, y)
    canvas = Canvas()
    total = _frame(canvas, x, y, layout, below)
    identity = "c" + hashlib.sha256(f"{description}{width}".encode()).hexdigest()[:10]
    canvas.add(f"<g clip-path='url(#{identity})'>")
    names = draw(canvas, figure, x, y)
    _across(canvas, layout, x, y, names)
    canvas.add("</g>")
    for note in layout.annotations or ():
        _note(canvas, note, x, y, names)
    names.write(canvas, x, y)
    for row in legend:
        total += ROW
        for spot, name, key in row:
            key.draw(canvas, spot, total)
            canvas.text(spot + SWATCH + 5, total, name)
    height = number(total + 10)
    edge = 0.0 if layout.yaxis.scaleanchor else SIGN  # a sign on an axis is whole, a coast ends
    return (
        f"<svg viewBox='0 0 {width} {height}' width='{width}' height='{height}' role='img' "
        f"aria-label='{html.escape(description, quote=True)}'>"
        f"<clipPath id='{identity}'><rect x='{number(left - edge)}' y='{number(top - 8)}' "
        f"width='{number(right - left + 8 + edge)}' "
        f"height='{number(bottom - top + 8 + edge)}'/></clipPath>"
        f"{''.join(canvas.marks)}</svg>"
    )


def _values(figure: Any, side: str, bars: Any) -> Iterator[list[Any]]:
    """Yield what an axis must hold of each trace."""
    for k, trace in enumerate(figure.data):
        if trace.type == "bar":
            along = (trace.orientation == "h") == (side == "x")
            if along:
                yield [end for span in bars[k] for end in span[1:3]]
            else:
                yield [span[0] for span in bars[k]] if bars[k] else []
                numbers = [s[0] for s in bars[k] if isinstance(s[0], int | float)]
                yield [end for value in numbers for end in (value - 0.5, value + 0.5)]
        elif trace.type == "funnel" and side == "x":
            most = max(held(trace.x), default=1)
            yield [-most / 2, most / 2]
        elif trace.hoverinfo != "skip" or trace.name == "lane":
            yield held(getattr(trace, side))


@dataclass(frozen=True)
class _Key:
    """The sign of an entry of the legend: a box, or a line as it is drawn in the picture."""

    colour: object
    width: float = 0.0
    dash: str | None = None

    def draw(self, canvas: Canvas, spot: float, base: float) -> None:
        """Draw it before a name on a base line."""
        if self.width:
            middle = base - SWATCH / 2 + 1
            ends = [(spot - 4.0, middle), (spot + SWATCH, middle)]
            canvas.path(list(ends), self.colour, self.width, self.dash)
        else:
            canvas.box(spot, base - SWATCH + 1, size=(SWATCH, SWATCH), colour=self.colour)


def _legend(figure: Any, width: int) -> list[list[tuple[float, str, _Key]]]:
    """Return the rows of the legend: where each entry stands, its name and its sign."""
    entries: dict[str, _Key] = {}
    others = False
    for k, trace in enumerate(figure.data):
        if trace.type == "heatmap" and trace.colorbar.ticktext:
            steps = [_Key(colour) for _, colour in trace.colorscale[::2]]
            entries.update(zip(map(words, trace.colorbar.ticktext), steps, strict=False))
        elif trace.name and trace.showlegend is not False and trace.type != "funnel":
            of_line = trace.type == "scatter" and trace.mode == "lines"
            colour = (trace.line.color if of_line else None) or colour_of(trace, k)
            line = (trace.line.width or 1.5, trace.line.dash) if of_line else (0.0, None)
            entries.setdefault(words(trace.name), _Key(colour, *line))
        else:
            others = others or trace.hoverinfo != "skip"
    if not entries or (len(entries) < 2 and not others and not figure.layout.showlegend):
        return []
    rows: list[list[tuple[float, str, _Key]]] = [[]]
    spot = 10.0
    for name, key in entries.items():
        text = short(name, width - 50.0)
        needed = SWATCH + 5 + text_width(text) + 16
        if rows[-1] and spot + needed > width:
            rows.append([])
            spot = 10.0
        rows[-1].append((spot, text, key))
        spot += needed
    return rows


def _room_below(x: Axis, width: float) -> float:
    """Return the pixels that the words below the picture take."""
    if not x.shown:
        return 6.0
    if not _is_turned(x, width):
        return 22.0
    return 16.0 + min(120.0, 0.56 * max(text_width(name) for name in x.categories))


def _is_turned(x: Axis, width: float) -> bool:
    """Whether the words below have no room beside one another."""
    slot = width / max(len(x.categories), 1)
    return x.kind == "category" and any(text_width(name) > slot for name in x.categories)


def _same_scale(layout: Any, x: Axis, y: Axis) -> tuple[Axis, Axis]:
    """Widen one of the axes where a unit of both has to be as long."""
    if not layout.yaxis.scaleanchor:
        return x, y
    wanted = x.unit * (layout.yaxis.scaleratio or 1.0)
    if y.unit > wanted:
        more = (abs(y.end - y.start) / wanted - (y.high - y.low)) / 2
        return x, replace(y, low=y.low - more, high=y.high + more)
    unit = y.unit / (layout.yaxis.scaleratio or 1.0)
    more = (abs(x.end - x.start) / unit - (x.high - x.low)) / 2
    return replace(x, low=x.low - more, high=x.high + more), y


def _frame(canvas: Canvas, x: Axis, y: Axis, layout: Any, below: float) -> float:
    """Draw grid, ticks and titles; return where the legend may begin."""
    if y.shown:
        _left_side(canvas, x, y, layout)
    if x.shown:
        _lower_side(canvas, x, y, layout, below)
    for axis, other, wanted in ((x, y, layout.xaxis.zeroline), (y, x, layout.yaxis.zeroline)):
        low, high = sorted((axis.low, axis.high))
        if axis.kind == "linear" and axis.shown and low <= 0 <= high and wanted is not False:
            spot = axis.at(0.0)
            if axis is x:
                canvas.line(spot, other.start, spot, other.end, of="zero")
            else:
                canvas.line(other.start, spot, other.end, spot, of="zero")
    return y.start + below + (18 if x.title else 0)


def _left_side(canvas: Canvas, x: Axis, y: Axis, layout: Any) -> None:
    """Draw the grid across, and the words on the left."""
    room = (x.start - 16 - (18 if y.title else 0)) or 40
    last = float("inf")
    for spot, text in y.ticks():
        if y.kind != "category" and not y.given and layout.yaxis.showgrid is not False:
            canvas.line(x.start, spot, x.end, spot)
        if abs(spot - last) >= 11:
            two = y.kind == "category" and y.unit >= TWO_LINES
            lines = in_two_lines(text, room) if two else (short(text, room),)
            for row, line in enumerate(lines):
                down = spot + 4 + LINE * (row - (len(lines) - 1) / 2)
                canvas.text(x.start - 7, down, line, anchor="end")
            last = spot
    if y.title:
        title = short(y.title, y.start - y.end)
        canvas.text(14, (y.start + y.end) / 2, title, anchor="middle", turned=-90, of="t")


def _lower_side(canvas: Canvas, x: Axis, y: Axis, layout: Any, below: float) -> None:
    """Draw the grid upwards, and the words below."""
    turned = _is_turned(x, x.end - x.start)
    bottom, last = y.start, float("-inf")
    for spot, text in x.ticks():
        if x.kind != "category" and layout.xaxis.showgrid is not False:
            canvas.line(spot, y.end, spot, bottom)
        if turned:
            canvas.text(spot + 4, bottom + 14, short(text, 210), anchor="end", turned=TURNED)
        elif abs(spot - last) >= text_width(text) + 4:
            canvas.text(spot, bottom + 16, text, anchor="middle")
            last = spot
    if x.title:
        title = short(x.title, x.end - 10)
        canvas.text((x.start + x.end) / 2, bottom + below + 14, title, anchor="middle", of="t")


def _across(canvas: Canvas, layout: Any, x: Axis, y: Axis, names: Names) -> None:
    """Draw the straight lines across the picture."""
    for shape in layout.shapes or ():
        if shape.type != "line":
            continue
        if shape.x0 == shape.x1 and (spot := x.pixel(shape.x0)) is not None:
            ends = [(spot, y.start), (spot, y.end)]
        elif shape.y0 == shape.y1 and (spot := y.pixel(shape.y0)) is not None:
            ends = [(x.start, spot), (x.end, spot)]
        else:
            continue
        canvas.path(list(ends), shape.line.color or None, 1.5, shape.line.dash)
        names.keep_clear(ends, 1.5)


def _note(canvas: Canvas, note: Any, x: Axis, y: Axis, names: Names) -> None:
    spot, up = x.pixel(note.x), y.pixel(note.y)
    if spot is None or up is None or not note.text:
        return
    anchor = {"right": "end", "left": "start"}.get(note.xanchor or "", "middle")
    text = words(note.text)
    canvas.text(spot, up + 4, text, anchor=anchor, of="t")
    wide = text_width(text)
    middle = spot + {"end": -wide / 2, "start": wide / 2}.get(anchor, 0.0)
    names.signs.append(box((middle, up), wide, 14.0))
