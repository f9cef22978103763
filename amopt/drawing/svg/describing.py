"""What a picture shows, in a sentence or two: its text alternative."""

from __future__ import annotations

import math
from collections.abc import Container
from typing import Any

from amopt.drawing.svg.canvas import words
from amopt.phrases import counted, listed, measured

__all__ = ["described"]

_KINDS = {"bar": "Bars", "heatmap": "A field of cells", "funnel": "A funnel"}
MOST_NAMED = 8


def described(title: str, figure: Any) -> str:
    """Return what a plotly figure shows, for those who do not see it.

    Parameters
    ----------
    title
        Its title.
    figure
        The figure; what it shows stands in the tables of the page, too.
    """
    traces = [trace for trace in figure.data if trace.hoverinfo != "skip"]
    kinds = list(dict.fromkeys(_kind(trace) for trace in traces))
    names = list(
        dict.fromkeys(words(t.name) for t in traces if t.name and t.showlegend is not False)
    )
    said = [f"{title}. {listed(kinds) or 'A picture'}"]
    if names:
        said.append(f" of {listed(names, most=MOST_NAMED)}")
    axes = [words(axis.title.text) for axis in (figure.layout.xaxis, figure.layout.yaxis)
            if axis.title.text]  # fmt: skip
    if axes:
        said.append(f"; along the axes: {listed(axes)}")
    named = {side: figure.layout[f"{side}axis"].ticktext or () for side in ("x", "y")}
    texts, numbers = _values(traces, {side for side in named if named[side]})
    texts += [words(text) for side in named for text in named[side]]
    if texts:
        said.append(
            f". {counted(len(texts), 'entry', 'entries')}: {listed(texts, most=MOST_NAMED)}"
        )
    if numbers:
        low, high = (_number(bound(numbers)) for bound in (min, max))
        said.append(f". Values from {low} to {high}")
    return "".join(said) + ". The tables hold the numbers."


def _kind(trace: Any) -> str:
    if trace.type == "scatter":
        return "Lines" if trace.mode == "lines" else "Points"
    return _KINDS.get(trace.type, "Marks")


def _number(value: float) -> str:
    return measured(value, 0 if abs(value) >= 100 else 4)


def _measured_side(trace: Any) -> str:
    """Return the axis along which a trace says how much: that of bars that lie is the x axis."""
    return "x" if trace.type == "bar" and trace.orientation == "h" else "y"


def _values(traces: list[Any], named: Container[str]) -> tuple[list[str], list[float]]:
    """Return the words and the numbers along the axes; numbers of a named axis are places of it."""
    texts: dict[str, None] = {}
    numbers: list[float] = []
    for trace in traces:
        for side in ("x", "y"):
            held = getattr(trace, side, None)
            for value in () if held is None else held:
                if isinstance(value, str):
                    texts[words(value)] = None
                elif value is not None and side == _measured_side(trace) and side not in named:
                    numbers.append(float(value))
    return list(texts), [value for value in numbers if not math.isnan(value)]
