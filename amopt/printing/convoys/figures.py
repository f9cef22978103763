"""What a planner sees of convoys: the printer's worth, and the stock, by how often they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.drawing import BLUE, GREEN, new_figure
from amopt.printing.instance import PrintingInstance

if TYPE_CHECKING:
    from amopt.solution import Solution

__all__ = ["figures", "worth_figure"]


def figures(instance: PrintingInstance, solution: Solution) -> dict[str, Any]:
    """Return the figures of the report by title; none without a curve.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    if len(solution.rows["worth"]) < 3:
        return {}
    return {
        "What the printer is worth by how often a replenishment comes": worth_figure(solution),
        "Parts in stock by how often a replenishment comes": _stock_figure(solution),
    }


def worth_figure(answer: Solution) -> Any:
    """Return a plotly figure of what the printer is worth by the probability of a replenishment.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    figure = _by_chance(answer, {"worth": ("printer", GREEN)})
    figure.update_yaxes(title=f"worth of the printer, {answer.currency} a year", rangemode="tozero")
    figure.update_layout(showlegend=False)
    return figure


def _stock_figure(answer: Solution) -> Any:
    """Return a figure of the parts in stock with the printer and without."""
    lines = {
        "base_stock": ("with the printer", GREEN),
        "single_source_base_stock": ("without", BLUE),
    }
    figure = _by_chance(answer, lines)
    figure.update_yaxes(title="parts in stock, all parts", rangemode="tozero")
    return figure


def _by_chance(answer: Solution, lines: dict[str, tuple[str, str]]) -> Any:
    """Return a figure of columns of the curve, each a line."""
    figure = new_figure()
    rows = sorted(answer.rows["worth"][1:], key=lambda row: float(row["arrival_probability"]))
    for column, (name, colour) in lines.items():
        figure.add_scatter(
            x=[row["arrival_probability"] for row in rows],
            y=[row[column] for row in rows],
            mode="lines+markers",
            name=name,
            line={"color": colour},
        )
    figure.update_xaxes(title="probability that a replenishment comes", rangemode="tozero")
    return figure
