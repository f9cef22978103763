"""What the planner sees: what the plans cost, and where the money goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.drawing import BLUE, GREEN, GREY, MAUVE, RED, YELLOW, new_figure, plain
from amopt.maintenance.answer.solution import MaintenanceSolution

if TYPE_CHECKING:
    from amopt.maintenance.instance import MaintenanceInstance

__all__ = ["costs", "figures", "plans"]

KINDS = {
    "order": BLUE,
    "print": GREEN,
    "replacement": GREY,
    "failure": RED,
    "downtime": YELLOW,
    "holding": MAUVE,
}


def figures(instance: MaintenanceInstance, solution: MaintenanceSolution) -> dict[str, Any]:
    """Return the figures of the report by title.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    return {
        "What the plans cost": plans(solution),
        f"Where the money goes, in {instance.currency} a day": costs(solution),
    }


def plans(solution: MaintenanceSolution) -> Any:
    """Return a plotly figure of the best plans beside the policies of the source."""
    figure = new_figure()
    names = [f"best, {row['sourcing']}" for row in solution.rows["account"]]
    names += [f"policy {row['policy']}" for row in solution.rows["policies"]]
    cost = [row["cost_per_day"] for row in solution.rows["account"]]
    cost += [row["cost_per_day"] for row in solution.rows["policies"]]
    figure.add_bar(x=names, y=cost, marker={"color": BLUE})
    return figure.update_yaxes(title=f"{plain(solution.currency)} a day")


def costs(solution: MaintenanceSolution) -> Any:
    """Return a plotly figure of the costs by kind, with and without a printer."""
    figure = new_figure()
    rows = solution.rows["account"]
    for kind, colour in KINDS.items():
        figure.add_bar(
            x=[row["sourcing"] for row in rows],
            y=[row[f"{kind}_cost_per_day"] for row in rows],
            marker={"color": colour},
            name=kind,
        )
    figure.update_yaxes(title=f"{plain(solution.currency)} a day")
    return figure.update_layout(barmode="stack")
