"""What a planner sees of a busy printer: what it costs beside a free one, and what is proven."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from amopt.drawing import BLUE, GREEN, INK, YELLOW, new_figure, plain
from amopt.printing.instance import PrintingInstance

if TYPE_CHECKING:
    from amopt.solution import Solution

__all__ = ["figures"]

BARS = {
    "free_yearly_cost": ("the printer is never busy", BLUE),
    "alone_yearly_cost": ("each part has it for itself", BLUE),
    "bound": ("no plan costs less", YELLOW),
    "yearly_cost": ("this plan", GREEN),
}


NARROW = 0.1
"""Share of the longest bar below which a difference between bars is not seen from zero on."""


def _range(total: Mapping[str, Any]) -> list[float]:
    """Return the ends of the axis: from zero on, or where bars differ by too little for that."""
    costs = [total[column] for column in BARS]
    low, high = min(costs), max(costs) + total["half_width"]
    if low <= 0 or max(costs) - low >= NARROW * max(costs):
        return [min(0.0, low), high + 0.05 * (high - min(0.0, low))]
    room = max(high - low, total["half_width"], 1e-6 * high)
    return [max(0.0, low - room), high + 0.2 * room]


def figures(instance: PrintingInstance, solution: Solution) -> dict[str, Any]:
    """Return the figures of the report by title: the costs of the totals, a bar each.

    The line across the last bar is the band of 99.9 % confidence around the simulated cost.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    (total,) = solution.rows["totals"]
    names = [name for name, _ in BARS.values()]
    figure = new_figure(showlegend=False)
    figure.add_bar(
        y=names,
        x=[total[column] for column in BARS],
        orientation="h",
        marker={"color": [colour for _, colour in BARS.values()]},
    )
    if total["half_width"]:
        cost, half = total["yearly_cost"], total["half_width"]
        figure.add_scatter(
            y=[names[-1]] * 2, x=[cost - half, cost + half], mode="lines", line={"color": INK}
        )
    ends = _range(total)
    cut = " (the axis begins above 0)" if ends[0] > 0 else ""
    title = f"cost, {plain(instance.currency)} a year{cut}"
    figure.update_xaxes(range=ends, title=title, zeroline=True)
    figure.update_yaxes(automargin=True, autorange="reversed")
    return {"What a busy printer costs": figure.update_layout(height=260)}
