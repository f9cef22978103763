"""What the planner sees: who pays and saves what, what simpler licences earn, and maps of forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.drawing import BLUE, GREEN, GREY, PALETTE, YELLOW, new_figure, plain
from amopt.licensing.answer.solution import ROUNDING, LicensingSolution
from amopt.licensing.forms import FORMS

if TYPE_CHECKING:
    from amopt.licensing.instance import LicensingInstance
    from amopt.solution import Solution

__all__ = ["alternatives", "buyers", "figures", "form_map"]

MOST_BUYERS = 40
"""Buyers in a figure: those from whom the most is earned."""


def figures(instance: LicensingInstance, solution: Solution) -> dict[str, Any]:
    """Return the figures of the report by title.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    if not isinstance(solution, LicensingSolution):
        return {"The form of the supply chain": form_map(solution)}
    return {
        f"What each buyer pays the maker and saves, in {instance.currency} a year": buyers(
            solution
        ),
        f"What licences earn, in {instance.currency} a year": alternatives(solution),
    }


def buyers(solution: LicensingSolution) -> Any:
    """Return a plotly figure of what is earned from each buyer, and what he saves.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    figure = new_figure()
    rows = sorted(solution.rows["buyers"], key=lambda row: row["earned"])[-MOST_BUYERS:]
    names = [plain(row["buyer"]) for row in rows]
    bought = [row["earned"] if row["contract"] is None else 0.0 for row in rows]
    for values, colour, name in (
        (bought, GREY, "margin on parts"),
        ([row["fee_paid"] for row in rows], BLUE, "fee"),
        ([row["royalties_paid"] for row in rows], YELLOW, "royalties"),
        ([row["surplus"] for row in rows], GREEN, "saved by the buyer"),
    ):
        if any(values):
            figure.add_bar(y=names, x=values, orientation="h", marker={"color": colour}, name=name)
    figure.update_xaxes(title=f"{plain(solution.currency)} a year")
    figure.update_yaxes(automargin=True)
    return figure.update_layout(barmode="relative", height=180 + 28 * len(rows))


def alternatives(solution: LicensingSolution) -> Any:
    """Return a plotly figure of what simpler licences earn beside the offer.

    They are worked out without the limits, which is said where one earns more than the offer.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    figure = new_figure()
    (total,) = solution.rows["totals"]
    size = sum(row["traditional_cost"] for row in solution.rows["buyers"])
    beyond = max(total["profit"], total["supremum"]) + ROUNDING * size
    rows = [
        (f"{row['alternative']}{', limits left out' * (row['profit'] > beyond)}", row["profit"])
        for row in solution.rows["alternatives"]
    ]
    rows.append(("this offer", total["profit"]))
    figure.add_bar(
        y=[name for name, _ in rows][::-1],
        x=[profit for _, profit in rows][::-1],
        orientation="h",
        marker={"color": [GREEN, *[BLUE] * (len(rows) - 1)]},
    )
    figure.update_xaxes(title=f"{plain(solution.currency)} a year")
    figure.update_yaxes(automargin=True)
    return figure.update_layout(height=180 + 30 * len(rows))


def form_map(found: Solution) -> Any:
    """Return a plotly figure of a map: one colour a form.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    figure = new_figure()
    names = {row["axis"]: row["parameter"].replace("_", " ") for row in found.rows["axes"]}
    for form, colour in zip(FORMS, PALETTE, strict=False):
        points = [row for row in found.rows["map"] if row["form"] == form]
        if points:
            figure.add_scatter(
                x=[row["x"] for row in points],
                y=[row["y"] for row in points],
                customdata=[(row["profit"], row["theorem_form"] or "-") for row in points],
                hovertemplate="%{x:g}, %{y:g}: profit %{customdata[0]:,.2f}; by the theorem "
                "%{customdata[1]}",
                mode="markers",
                marker={"symbol": "square", "size": 14, "color": colour},
                name=form,
            )
    figure.update_xaxes(title=names["x"])
    figure.update_yaxes(title=names["y"])
    return figure.update_layout(showlegend=True)
