"""What the planner sees of failure rates that are not known well."""

from __future__ import annotations

from typing import Any

from amopt.drawing import GREEN, RED, new_figure, plain
from amopt.solution import Solution

__all__ = ["regret"]

MOST_PARTS = 8
"""Parts in the figure: those where knowing the rate is worth most."""


def regret(solution: Solution) -> Any:
    """Return a plotly figure of what the file's plans cost over the range of each rate.

    Beside each stands what the best plan for the rate would cost; what lies between is the regret.

    Parameters
    ----------
    solution
        The answer on uncertain rates.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    figure = new_figure()
    worth = sorted(solution.rows["uncertainty"], key=lambda row: -row["worth_knowing"])
    for row in worth[:MOST_PARTS]:
        over = [one for one in solution.rows["rates"] if one["part"] == row["part"]]
        rates = [one["rate"] for one in over]
        for column, colour, words in (
            ("least_spending", GREEN, "the best plan for the rate"),
            ("yearly_spending", RED, "the file's plan"),
        ):
            figure.add_scatter(
                x=rates,
                y=[one[column] for one in over],
                mode="lines",
                line={"color": colour},
                fill="tonexty" if column == "yearly_spending" else None,
                name=f"{plain(row['part'])}: {words}",
            )
    figure.update_xaxes(title="failures a day of a part in operation")
    figure.update_yaxes(title=f"{plain(solution.currency)} a year")
    return figure
