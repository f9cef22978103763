"""What the planner sees: what each version costs, and how far it is from breaking even."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from amopt.design.answer.solution import DesignSolution
from amopt.drawing import BLUE, GREEN, GREY, MAUVE, PALETTE, RED, YELLOW, new_figure, plain

if TYPE_CHECKING:
    from amopt.design.instance import DesignInstance
    from amopt.solution import Solution

__all__ = ["bill", "break_even", "figures", "savings"]

MOST_VERSIONS = 40
"""Versions in a figure: those of the first components of the file."""

KINDS = {
    "design_cost": (MAUVE, "design"),
    "parts_cost": (BLUE, "parts built in"),
    "spares_cost": (GREEN, "first spares"),
    "holding_cost": (YELLOW, "holding"),
    "replacement_cost": (GREY, "replacement"),
    "charged_parts_cost": (PALETTE[5], "parts of replacements"),
    "emergency_cost": (RED, "emergencies"),
}


def figures(instance: DesignInstance, solution: Solution) -> dict[str, Any]:
    """Return the figures of the report by title.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    if not isinstance(solution, DesignSolution):
        return {}
    found = {f"What each version costs over its life, in {instance.currency}": bill(solution)}
    if solution.rows["break_even"]:
        found["What each version saves beside the first one"] = savings(solution)
        found["How far each version is from breaking even"] = break_even(solution)
    return found


def _label(row: Mapping[str, Any]) -> str:
    return plain(f"{row['component']}: {row['version']}")


def _upwards(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the first rows in the order in which plotly stacks them, from below."""
    return list(rows[:MOST_VERSIONS])[::-1]


def _height(versions: int) -> int:
    return 180 + 30 * versions


def bill(solution: DesignSolution) -> Any:
    """Return a plotly figure of the bill of every version, by kind; the benefit stands left of 0.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    figure = new_figure()
    rows = _upwards(solution.rows["versions"])
    labels = [_label(row) + (" (chosen)" if row["chosen"] else "") for row in rows]
    for column, (colour, name) in KINDS.items():
        if any(row[column] for row in rows):
            figure.add_bar(
                y=labels,
                x=[row[column] for row in rows],
                orientation="h",
                marker={"color": colour},
                name=name,
            )
    if any(row["benefit"] for row in rows):
        figure.add_bar(
            y=labels,
            x=[-row["benefit"] for row in rows],
            orientation="h",
            marker={"color": PALETTE[6]},
            name="benefit in use",
        )
    figure.update_xaxes(title=f"{plain(solution.currency)} over the life of the systems")
    figure.update_yaxes(automargin=True)
    return figure.update_layout(barmode="relative", height=_height(len(rows)))


def savings(solution: DesignSolution) -> Any:
    """Return a plotly figure of what each version saves beside the first one of its component.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    figure = new_figure()
    rows = _upwards(solution.rows["break_even"])
    figure.add_bar(
        y=[_label(row) for row in rows],
        x=[row["saving"] for row in rows],
        orientation="h",
        marker={"color": [GREEN if row["saving"] > 0 else RED for row in rows]},
    )
    figure.update_xaxes(title=f"saving, {plain(solution.currency)}", zeroline=True)
    figure.update_yaxes(automargin=True)
    return figure.update_layout(height=_height(len(rows)))


def break_even(solution: DesignSolution) -> Any:
    """Return a plotly figure of life and part cost over those that break even, in percent.

    A version wins where its life is above 100 % of what it must be, and its part cost below.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    figure = new_figure()
    rows = _upwards(solution.rows["break_even"])
    for own, limit, colour, name in (
        ("mean_months_between_failures", "break_even_months", BLUE, "life: more is better"),
        ("part_cost", "break_even_part_cost", YELLOW, "part cost: less is better"),
    ):
        known = [row for row in rows if row[limit]]
        figure.add_bar(
            y=[_label(row) for row in known],
            x=[100 * row[own] / row[limit] for row in known],
            orientation="h",
            marker={"color": colour},
            name=name,
        )
    figure.add_vline(x=100, line_dash="dash")
    figure.update_xaxes(title="percent of what breaks even")
    figure.update_yaxes(automargin=True)
    return figure.update_layout(barmode="group", height=_height(2 * len(rows)))
