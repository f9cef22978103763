"""What the planner sees: which suppliers are on the frontier, and what each line costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from amopt.drawing import BLUE, GREEN, GREY, PALETTE, YELLOW, new_figure, plain
from amopt.sourcing.answer.scenario_figure import label_of, scenarios

if TYPE_CHECKING:
    from amopt.solution import Solution
    from amopt.sourcing.instance.fields import Instance

__all__ = ["figures", "front", "frontier", "lines", "scenarios", "suppliers"]

MOST_LINES = 40
"""Lines in a figure of many: the dearest ones."""

MOST_FRONTIERS = 4
"""Parts whose frontier is drawn: those with the most suppliers."""


def figures(instance: Instance, solution: Solution) -> dict[str, Any]:
    """Return the figures of the report by title.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    if "answers" in solution.rows:
        by = solution.objective_meaning.replace("kg_co2", "emissions")
        return {f"Answers that no other beats: {by}": front(solution)}
    if "switchover" not in solution.rows:
        return {}
    drawn = {
        f"What each line costs, in {instance.currency}": lines(solution),
        f"Who gets the orders, in {instance.currency}": suppliers(solution),
    }
    offered: dict[str, int] = {}
    for row in solution.rows["switchover"]:
        offered[row["part"]] = offered.get(row["part"], 0) + 1
    for part in sorted(offered, key=lambda name: -offered[name])[:MOST_FRONTIERS]:
        drawn[f"What suppliers can do of {part}, against conventional supply"] = frontier(
            solution, part
        )
        compared = {row["part"] for row in solution.rows["switchover"] if row["scenario"]}
        if part in compared:
            drawn[f"What AM saves of {part}, and which downtime pays for it"] = scenarios(
                solution, part
            )
    return drawn


def front(solution: Solution) -> Any:
    """Return a plotly figure of nondominated answers in their two criteria."""
    x, y = solution.objective_meaning.split(" against ")
    units = {"weeks": "weeks", "kg_co2": "kg CO2"}
    figure = new_figure(height=420)
    figure.add_scatter(
        x=[row[x] for row in solution.rows["answers"]],
        y=[row[y] for row in solution.rows["answers"]],
        mode="lines+markers",
        line={"color": BLUE, "dash": "dot", "shape": "hv"},
        marker={"size": 9},
        text=[f"answer {row['answer']}" for row in solution.rows["answers"]],
        name="answers",
        showlegend=False,
    )
    titles = [f"{k.replace('_', ' ')}, {units.get(k, solution.currency)}" for k in (x, y)]
    figure.update_xaxes(title=plain(titles[0]))
    return figure.update_yaxes(title=plain(titles[1]))


def lines(solution: Solution) -> Any:
    """Return a plotly figure of the dearest lines: the plan, conventional supply, the rule."""
    rows = sorted(solution.rows["lines"], key=lambda row: row["cost"] + row["downtime_cost"])
    rows = rows[-MOST_LINES:]
    labels = [plain(f"line {row['line']}: {row['part']}") for row in rows]
    figure = new_figure(barmode="stack", height=160 + 28 * len(rows), legend_traceorder="normal")
    for column, name, colour in (
        ("cost", "paid", GREEN),
        ("downtime_cost", "waiting", YELLOW),
    ):
        figure.add_bar(
            y=labels,
            x=[row[column] for row in rows],
            orientation="h",
            marker={"color": colour},
            name=name,
        )
    figure.add_scatter(
        y=labels,
        x=[_conventional(row) for row in rows],
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 14, "color": "#1a2330", "line": {"width": 2}},
        name="conventional supply alone, waiting included",
    )
    figure.update_xaxes(title=plain(solution.currency))
    return figure.update_yaxes(automargin=True)


def _conventional(row: Mapping[str, Any]) -> float | None:
    """Return what conventional supply of a line costs, with the waiting for it."""
    paid, waiting = row["cost_of_conventional"], row["downtime_cost_of_conventional"]
    return None if paid is None else paid + (waiting or 0.0)


def suppliers(solution: Solution) -> Any:
    """Return a plotly figure of what each supplier is paid."""
    paid: dict[str, float] = {}
    for row in solution.rows["orders"]:
        paid[row["supplier"]] = paid.get(row["supplier"], 0.0) + row["cost"]
    names = sorted(paid, key=paid.__getitem__)
    figure = new_figure(height=160 + 28 * len(names))
    figure.add_bar(
        y=[plain(name) for name in names],
        x=[paid[name] for name in names],
        orientation="h",
        marker={"color": [GREY if name == "conventional" else BLUE for name in names]},
        name="paid",
    )
    figure.update_xaxes(title=plain(solution.currency))
    return figure.update_yaxes(automargin=True)


def frontier(solution: Solution, part: str) -> Any:
    """Return a plotly figure of one part's suppliers: quantities at reduced cost and time.

    The performance frontier of Akmal et al. (2022) joins those that no other beats in both.
    """
    rows = [row for row in solution.rows["switchover"] if row["part"] == part]
    figure = new_figure(height=420)
    ends = {axis: _end(rows, axis) for axis in ("reduced_cost_quantity", "reduced_time_quantity")}

    def at(row: Mapping[str, Any]) -> tuple[float, float]:
        x, y = (end if row[axis] is None else row[axis] for axis, end in ends.items())
        return x, y

    _line(figure, sorted(at(row) for row in rows if row["on_frontier"]))
    corners = sorted(at(row) for row in rows if row["source_frontier"])
    if corners != sorted(at(row) for row in rows if row["on_frontier"]):
        _line(figure, corners, "three suppliers of the source", BLUE)
    largest = max((at(row)[0] for row in rows), default=0.0)
    for number, row in enumerate(rows):
        (x, y), endless = at(row), tuple(axis for axis in ends if row[axis] is None)
        figure.add_scatter(
            x=[x],
            y=[y],
            mode="markers+text",
            text=[label_of(row, rows) + (" (no upper end)" if endless else "")],
            textposition="top right" if x < 0.5 * largest else "top left",
            cliponaxis=False,
            marker={
                "size": 12,
                "color": PALETTE[number % len(PALETTE)],
                "symbol": _SYMBOLS[endless],
            },
            showlegend=False,
        )
    needed = sorted({row["quantity"] for row in solution.rows["lines"] if row["part"] == part})
    for quantity in {needed[0], needed[-1]} if needed else ():
        said = f"needed: {quantity:,.6g}"
        figure.add_scatter(
            x=[quantity, quantity, 0.0],
            y=[0.0, quantity, quantity],
            mode="lines",
            line={"color": GREEN, "dash": "dash"},
            name=said,
        )
    figure.update_xaxes(title="parts at reduced cost", rangemode="tozero")
    return figure.update_yaxes(title="parts in reduced time", rangemode="tozero")


_SYMBOLS: dict[tuple[str, ...], str] = {
    (): "circle",
    ("reduced_cost_quantity",): "triangle-right",
    ("reduced_time_quantity",): "triangle-up",
    ("reduced_cost_quantity", "reduced_time_quantity"): "triangle-ne",
}
"""A point, or an arrow where a quantity has no upper end."""


def _end(rows: Sequence[Mapping[str, Any]], axis: str) -> float:
    """Return where quantities without an upper end are drawn: beyond every one that has one."""
    return 1.25 * max([row[axis] for row in rows if row[axis] is not None], default=1.0) or 1.0


def _line(
    figure: Any,
    points: Sequence[tuple[float, float]],
    name: str = "performance frontier",
    colour: str = "#1a2330",
) -> None:
    """Join the points of a frontier."""
    figure.add_scatter(
        x=[x for x, _ in points],
        y=[y for _, y in points],
        mode="lines",
        line={"color": colour, "dash": "dot"},
        name=name,
    )
