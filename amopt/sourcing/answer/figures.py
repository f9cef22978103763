"""What the planner sees: which suppliers are on the frontier, and what each line costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from amopt.drawing import BLUE, GREEN, GREY, PALETTE, YELLOW, new_figure, plain
from amopt.drawing.names import choose
from amopt.sourcing.answer.scenario_figure import labels_of, scenarios

if TYPE_CHECKING:
    from amopt.solution import Solution
    from amopt.sourcing.instance.fields import Instance

__all__ = ["figures", "front", "frontier", "lines", "scenarios", "suppliers"]

MOST_LINES = 40
"""Lines in a figure of many: the dearest ones."""

MOST_FRONTIERS = 4
"""Parts whose frontier is drawn: those with the most offers beside conventional supply."""


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
    compared = Counter(row["part"] for row in solution.rows["switchover"] if row["scenario"])
    for part in sorted(compared, key=lambda name: -compared[name])[:MOST_FRONTIERS]:
        drawn[f"What suppliers can do of {part}, against conventional supply"] = frontier(
            solution, part
        )
        drawn[f"What AM saves of {part}, and which downtime pays for it"] = scenarios(
            solution, part
        )
    return drawn


def front(solution: Solution) -> Any:
    """Return a plotly figure of nondominated answers in their two criteria."""
    x, y = solution.objective_meaning.split(" against ")
    units = {"kg_co2": "kg CO2"}
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
    titles = [
        "weeks" if k == "weeks" else f"{k.replace('_', ' ')}, {units.get(k, solution.currency)}"
        for k in (x, y)
    ]
    figure.update_xaxes(title=plain(titles[0]))
    return figure.update_yaxes(title=plain(titles[1]))


def lines(solution: Solution) -> Any:
    """Return a plotly figure of the dearest lines: the plan, conventional supply, the rule."""
    rows = sorted(solution.rows["lines"], key=_paid)
    rows = rows[-MOST_LINES:]
    labels = [plain(f"line {row['line']}: {row['part']}") for row in rows]
    figure = new_figure(barmode="stack", height=160 + 28 * len(rows), legend_traceorder="normal")
    for column, name, colour in (
        ("cost", "paid", GREEN),
        ("downtime_cost", "waiting", YELLOW),
        ("penalty", "penalty for parts not supplied", GREY),
    ):
        if column == "penalty" and not any(row.get(column) for row in rows):
            continue
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


def _paid(row: Mapping[str, Any]) -> float:
    """Return what a line costs, with waiting and penalty."""
    paid: float = row["cost"] + row["downtime_cost"] + (row.get("penalty") or 0.0)
    return paid


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

    The performance frontier of Akmal et al. (2022) joins those that no other beats in both. What
    cannot be compared, for want of conventional supply, is left out.
    """
    rows = [row for row in solution.rows["switchover"] if row["part"] == part and row["scenario"]]
    needed = sorted({row["quantity"] for row in solution.rows["lines"] if row["part"] == part})
    figure = new_figure(height=420)
    ends = {axis: _end(rows, axis, needed) for axis in AXES}

    def at(row: Mapping[str, Any]) -> tuple[float, float]:
        x, y = (end if row[axis] is None else row[axis] for axis, end in ends.items())
        return x, y

    best, corners = (_joined(rows, at, name) for name in ("on_frontier", "source_frontier"))
    for name, points in best.items():
        _line(figure, points, f"performance frontier{name}")
    if corners != best:
        for name, points in corners.items():
            _line(figure, points, f"three suppliers of the source{name}", BLUE)
    boxes = [[(q, 0.0), (q, q), (0.0, q)] for q in dict.fromkeys((*needed[:1], *needed[-1:]))]
    _points(figure, rows, at, [*best.values(), *corners.values(), *boxes])
    for box in boxes:
        figure.add_scatter(
            x=[x for x, _ in box],
            y=[y for _, y in box],
            mode="lines",
            line={"color": GREEN, "dash": "dash"},
            name=f"needed: {box[0][0]:,.6g}",
        )
    figure.update_xaxes(title="parts at reduced cost")
    return figure.update_yaxes(title="parts in reduced time")


AXES = ("reduced_cost_quantity", "reduced_time_quantity")

FRAME = (640.0, 300.0)
"""Pixels of a picture to the right and upwards, about."""

ROOM, MARGIN = 1.15, 40.0
"""The axes beyond the last point, for names above it; pixels left of them that a name may take."""


def _points(
    figure: Any,
    rows: Sequence[Mapping[str, Any]],
    at: Callable[[Mapping[str, Any]], tuple[float, float]],
    lines: Sequence[Sequence[tuple[float, float]]],
) -> None:
    """Draw a sign for each point, with the names of all offers that lie there."""
    there: dict[tuple[float, float], list[Mapping[str, Any]]] = {}
    for row in rows:
        there.setdefault(at(row), []).append(row)
    seen = {(at(row), *(row[name] for name in _OFFER)): row for row in reversed(rows)}
    apart = list(reversed(seen.values()))  # an offer once, where several lines compare it alike
    label = dict(zip(map(id, apart), labels_of(apart), strict=True))
    names = {}
    for point, members in there.items():
        endless = " (no upper end)" if any(members[0][axis] is None for axis in AXES) else ""
        own = [label[id(row)] for row in members if id(row) in label]
        told = own[:MOST_NAMES]
        told += [f"{len(own) - MOST_NAMES} more"] if len(own) > MOST_NAMES else []
        names["; ".join(told) + endless] = point
    ends = [max([point[k] for line in (*lines, list(there)) for point in line]) for k in (0, 1)]
    wide, high = ends[0] * ROOM or 1.0, ends[1] * ROOM or 1.0
    scale = FRAME[0] / wide, FRAME[1] / high
    joined = [ends for line in lines for ends in pairwise(line)]
    within = (-MARGIN / scale[0], 0.0), (wide, high)
    positions = choose(names, among=list(there), joined=joined, scale=scale, within=within)
    for number, (name, point) in enumerate(names.items()):
        row = there[point][0]
        figure.add_scatter(
            x=[point[0]],
            y=[point[1]],
            mode="markers+text",
            text=[name if name in positions else ""],
            textposition=[positions.get(name, "top center")],
            hovertext=[name],
            cliponaxis=False,
            marker={
                "size": 12,
                "color": PALETTE[number % len(PALETTE)],
                "symbol": _SYMBOLS[tuple(axis for axis in AXES if row[axis] is None)],
            },
            showlegend=False,
        )
    figure.update_xaxes(range=[0.0, wide])
    figure.update_yaxes(range=[0.0, high])


_OFFER = ("supplier", "material", "route")
"""What tells an offer of a part from others."""

MOST_NAMES = 3
"""Offers that are named at one point, and lines whose frontiers are drawn."""

_SYMBOLS: dict[tuple[str, ...], str] = {
    (): "circle",
    ("reduced_cost_quantity",): "triangle-right",
    ("reduced_time_quantity",): "triangle-up",
    ("reduced_cost_quantity", "reduced_time_quantity"): "triangle-ne",
}
"""A point, or an arrow where a quantity has no upper end."""


def _end(rows: Sequence[Mapping[str, Any]], axis: str, needed: Sequence[float]) -> float:
    """Return where quantities without an upper end are drawn: beyond all others and all needed."""
    held: list[float] = [*needed, *(row[axis] for row in rows if row[axis] is not None)]
    return 1.25 * max(held, default=1.0) or 1.0


def _joined(
    rows: Sequence[Mapping[str, Any]],
    at: Callable[[Mapping[str, Any]], tuple[float, float]],
    flag: str,
) -> dict[str, list[tuple[float, float]]]:
    """Return the points of each frontier, by what tells it from those of other lines."""
    of_lines: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        if row[flag]:
            of_lines.setdefault(row["line"], []).append(at(row))
    apart = {tuple(sorted(points)): line for line, points in reversed(of_lines.items())}
    if len(apart) == 1:
        return {"": list(*apart)}
    named = list(reversed(apart.items()))[:MOST_NAMES]
    return {f", line {line}": list(points) for points, line in named}


def _line(
    figure: Any, points: Sequence[tuple[float, float]], name: str, colour: str = "#1a2330"
) -> None:
    """Join the points of a frontier; a single one needs no line."""
    if len(set(points)) < 2:
        return
    figure.add_scatter(
        x=[x for x, _ in points],
        y=[y for _, y in points],
        mode="lines",
        line={"color": colour, "dash": "dot"},
        name=plain(name),
    )
