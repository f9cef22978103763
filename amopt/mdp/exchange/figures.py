"""What one sees of the answer to a decision process: the states in which it mostly is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.drawing import BLUE, new_figure, plain

if TYPE_CHECKING:
    from amopt.solution import Solution

__all__ = ["MOST_STATES", "figures"]

MOST_STATES = 30
"""States that the figure shows, of those with the most visits."""


def figures(instance: None, solution: Solution) -> dict[str, Any]:
    """Return the figures of the page by title.

    Parameters
    ----------
    instance
        There is none: a process comes as arrays.
    solution
        The answer, whose table ``states`` tells visits and actions.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    del instance
    rows = [row for row in solution.rows["states"] if row["visits"] > 0]
    rows = sorted(rows, key=lambda row: -row["visits"])[:MOST_STATES]
    if not rows:
        return {}
    drawn = new_figure()
    drawn.add_bar(
        x=[plain(str(row["state"])) for row in rows],
        y=[row["visits"] for row in rows],
        customdata=[[plain(str(row["action"])), f"{row['value']:.6g}"] for row in rows],
        hovertemplate="%{x}: %{y:.4g} visits; action %{customdata[0]}, value %{customdata[1]}"
        "<extra></extra>",
        marker_color=BLUE,
    )
    drawn.update_xaxes(title="state", type="category")
    drawn.update_yaxes(title="visits")
    all_of_them = len(rows) == len(solution.rows["states"])
    which = "each state" if all_of_them else "the states with the most visits"
    return {f"How often the process is in {which}": drawn}
