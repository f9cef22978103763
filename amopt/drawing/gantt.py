"""Bars over time, a row each: what is under way when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from amopt.drawing import INK, PALETTE, new_figure, plain

__all__ = ["Span", "gantt"]


@dataclass(frozen=True, slots=True)
class Span:
    """A bar.

    Attributes
    ----------
    row
        What the row is called.
    start, end
        When it begins and ends.
    group
        What gives it its colour, and its name in the legend.
    """

    row: str
    start: float
    end: float
    group: str


def gantt(
    spans: Sequence[Span],
    *,
    title: str,
    signs: Mapping[str, Sequence[tuple[str, float]]] | None = None,
    colours: Mapping[str, str] | None = None,
) -> Any:
    """Return a plotly figure of bars over time, the first row on top.

    Parameters
    ----------
    spans
        The bars.
    title
        Of the axis of time, with its unit.
    signs
        Points in time by what they are, each with its row.
    colours
        Colours of groups; the others have theirs in turn.
    """
    rows = list(dict.fromkeys(span.row for span in spans))
    place = {row: k for k, row in enumerate(rows)}
    figure = new_figure(barmode="overlay", height=150 + 26 * len(rows), showlegend=True)
    groups = list(dict.fromkeys(span.group for span in spans))
    for number, group in enumerate(groups):
        members = [span for span in spans if span.group == group]
        figure.add_bar(
            y=[place[span.row] for span in members],
            x=[span.end - span.start for span in members],
            base=[span.start for span in members],
            orientation="h",
            marker={"color": (colours or {}).get(group, PALETTE[number % len(PALETTE)])},
            hovertext=[f"{plain(s.row)}: {s.start:.4g} to {s.end:.4g}" for s in members],
            name=plain(group),
        )
    for name, points in (signs or {}).items():
        held = [(row, at) for row, at in points if row in place]
        figure.add_scatter(
            y=[place[row] for row, _ in held],
            x=[at for _, at in held],
            mode="markers",
            marker={
                "symbol": "line-ns-open",
                "size": 16,
                "color": INK,
                "line": {"width": 2},
            },
            name=plain(name),
        )
    figure.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=[plain(row) for row in rows],
        autorange="reversed", automargin=True, zeroline=False,
    )  # fmt: skip
    return figure.update_xaxes(title=plain(title), rangemode="tozero")
