"""The picture of scenarios: what AM saves of cost and time, and which downtime pays for it.

After figures 2 to 4 of Akmal, Salmi, Björkstrand, Partanen and Holmström (2022): the four quadrants
of weeks and cost saved; with downtime the border of scenario I turns about the origin, by the
downtime cost of a week.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from amopt.drawing import BLUE, GREEN, YELLOW, new_figure, plain
from amopt.drawing.names import choose

if TYPE_CHECKING:
    from amopt.solution import Solution

__all__ = ["downtime_per_week", "labels_of", "scenarios"]

QUADRANTS = {
    "I": (1, 1, "I: saves cost and time"),
    "II": (-1, 1, "II: saves cost"),
    "III": (-1, -1, "III: saves neither"),
    "IV": (1, -1, "IV: saves time"),
}
"""Where each scenario lies, in weeks and in cost saved, and what it is called."""


def scenarios(solution: Solution, part: str) -> Any:
    """Return a plotly figure of one part's offers in the quadrants of weeks and cost saved."""
    rows = [
        row
        for row in solution.rows["switchover"]
        if row["part"] == part and row["cost_saving"] is not None
    ]
    figure = new_figure(height=460)
    wide = 1.25 * max([abs(row["weeks_saved"]) for row in rows], default=1.0) or 1.0
    high = 1.25 * max([abs(row["cost_saving"]) for row in rows], default=1.0) or 1.0
    quadrants = [
        (label, (0.97 * wide * right, 0.92 * high * up), "right" if right > 0 else "left")
        for right, up, label in QUADRANTS.values()
    ]
    for label, (x, y), end in quadrants:
        figure.add_annotation(x=x, y=y, text=label, showarrow=False, xanchor=end)
    found = filter(None, map(downtime_per_week, rows))
    rates = sorted({float(f"{rate:.6g}") for rate in found})  # rounding is no other downtime
    borders = [_border(figure, rate, wide, high, solution.currency) for rate in rates]
    names = labels_of(rows)
    points = {
        name: (row["weeks_saved"], row["cost_saving"])
        for name, row in zip(names, rows, strict=True)
    }
    labels = choose(
        points,
        among=list(points.values()),
        joined=borders,
        scale=(320 / wide, 160 / high),
        written=quadrants,
    )
    figure.add_scatter(
        x=[row["weeks_saved"] for row in rows],
        y=[row["cost_saving"] for row in rows],
        mode="markers+text",
        text=[name if name in labels else "" for name in names],
        textposition=[labels.get(name, "top center") for name in names],
        hovertext=names,
        marker={"size": 12, "color": [_colour(row) for row in rows]},
        name="offers",
        showlegend=False,
    )
    figure.update_xaxes(title="weeks saved", range=[-wide, wide], zeroline=True)
    title = plain(f"cost saved, {solution.currency}".rstrip(", "))
    return figure.update_yaxes(title=title, range=[-high, high], zeroline=True)


def downtime_per_week(row: Mapping[str, Any]) -> float | None:
    """Return the downtime cost of a week that a comparison counts; None where it cannot be told."""
    if not row["weeks_saved"]:
        return None
    rate: float = (row["total_saving"] - row["cost_saving"]) / row["weeks_saved"]
    return rate


def _border(
    figure: Any, rate: float, wide: float, high: float, currency: str
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Draw where cost and downtime balance, by so much a week; return the ends of the line."""
    end = min(wide, high / rate)
    figure.add_scatter(
        x=[-end, end],
        y=[rate * end, -rate * end],
        mode="lines",
        line={"color": "#1a2330", "dash": "dot"},
        name=plain(f"downtime of {rate:,.6g} {currency} a week: above it AM pays"),
    )
    return (-end, rate * end), (end, -rate * end)


def labels_of(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what tells each comparison from the others: its supplier, and what else differs."""
    of_offers = ("material", "route")
    differ = [name for name in of_offers if len({row[name] for row in rows}) > 1]
    told = [[row["supplier"], *(row[name] for name in differ)] for row in rows]
    names = [", ".join(filter(None, words)) for words in told]
    times = Counter(names)
    return [
        plain(f"{name}, line {row['line']}" if times[name] > 1 else name)
        for name, row in zip(names, rows, strict=True)
    ]


def _colour(row: Mapping[str, Any]) -> str:
    """Return green for scenario I, yellow where downtime alone makes it so, blue for others."""
    if row["scenario"] == "I":
        return GREEN
    return YELLOW if row["scenario_with_downtime"] == "I" else BLUE
