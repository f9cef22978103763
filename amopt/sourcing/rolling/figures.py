"""What the planner sees of a replay: the orders over time, and what each line cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.drawing import BLUE, GREEN, GREY, RED, YELLOW, new_figure, plain
from amopt.drawing.gantt import Span, gantt

if TYPE_CHECKING:
    from amopt.solution import Solution
    from amopt.sourcing.instance.fields import Instance

__all__ = ["figures", "lines", "orders"]

MOST_ROWS = 60
"""Orders, or lines, of a picture: the first ones."""

STATES = {"placed": GREEN, "given": BLUE, "planned": GREY, "lost": RED}


def figures(instance: Instance, solution: Solution) -> dict[str, Any]:
    """Return the figures of the report by title.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    return {
        "Orders over time": orders(solution),
        f"What each line cost, in {instance.currency}": lines(solution),
    }


def orders(solution: Solution) -> Any:
    """Return a plotly figure of the orders: placed until delivered, and when each line came in."""
    rows = sorted(solution.rows["decisions"], key=lambda row: (row["line"], row["placed_weeks"]))
    since = {row["line"]: row["since_weeks"] for row in solution.rows["lines"]}
    spans, starts = [], []
    seen: dict[str, int] = {}
    for row in rows[:MOST_ROWS]:
        name = f"{row['line']}: {row['quantity']:g} {row['part']} by {row['supplier']}"
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            name = f"{name} ({seen[name]})"
        spans.append(Span(name, row["placed_weeks"], row["delivered_weeks"], row["state"]))
        if row["line"] in since:
            starts.append((name, since[row["line"]]))
    return gantt(
        spans, title="weeks from the start", signs={"line came in": starts}, colours=STATES
    )


def lines(solution: Solution) -> Any:
    """Return a plotly figure of what was paid and waited for each line."""
    rows = list(solution.rows["lines"])[:MOST_ROWS][::-1]
    labels = [plain(f"line {row['line']}: {row['part']}") for row in rows]
    figure = new_figure(barmode="stack", height=160 + 28 * len(rows), legend_traceorder="normal")
    for column, name, colour in (("cost", "paid", GREEN), ("downtime_cost", "waiting", YELLOW)):
        figure.add_bar(
            y=labels,
            x=[row[column] for row in rows],
            orientation="h",
            marker={"color": colour},
            name=name,
        )
    figure.update_xaxes(title=plain(solution.currency))
    return figure.update_yaxes(automargin=True)
