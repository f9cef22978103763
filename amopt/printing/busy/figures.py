"""What a planner sees of a busy printer: what it costs beside a free one, and what is proven."""

from __future__ import annotations

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
    figure.update_xaxes(title=f"cost, {plain(instance.currency)} a year", zeroline=True)
    figure.update_yaxes(automargin=True, autorange="reversed")
    return {"What a busy printer costs": figure.update_layout(height=260)}
