"""The figures show what the tables say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import amopt
from amopt.drawing.svg.marks import bar_spans
from amopt.errors import UsageError
from amopt.printing import decision as methods
from amopt.printing.answer import figures
from amopt.printing.instance import PrintingInstance
from amopt.report.page import render
from tests.printing.cases import one_part
from tests.printing.limits.test_limits import place


def test_the_policy_of_a_part() -> None:
    solution = methods.solve(one_part(expedite_cost=200.0))
    figure = figures.policy(solution, "part")
    shown = {trace.name: set(trace.x) for trace in figure.data}
    assert shown["wait"] == {1}
    assert shown["print"] == set(range(2, 8))
    assert shown["expedite"] == set(range(8, 14))
    assert sum(len(trace.x) for trace in figure.data) == 14 * (3 + 1 + 1)


def test_the_costs_with_and_without_printer() -> None:
    solution = methods.solve(one_part())
    figure = figures.costs(solution)
    row = solution.rows["parts"][0]
    gross = row["yearly_cost"] + row["yearly_unavoidable_cost"]
    assert sum(trace.y[1] for trace in figure.data) == pytest.approx(gross)


def test_the_whole_policy_as_a_table() -> None:
    solution = methods.solve(one_part(expedite_cost=200.0))
    table = {(row["days_to_go"], row["net_stock"]): row for row in solution.policy("part")}
    assert len(table) == 14 * 5
    assert table[0, -2] == {"days_to_go": 0, "net_stock": -2, "action": "order", "parts": 3}
    assert table[0, 1]["action"] == "none"
    assert table[9, -2] == {"days_to_go": 9, "net_stock": -2, "action": "expedite", "parts": 2}
    assert table[1, -1] == {"days_to_go": 1, "net_stock": -1, "action": "wait", "parts": 0}
    assert table[5, 0] == {"days_to_go": 5, "net_stock": 0, "action": "none", "parts": 0}
    with pytest.raises(UsageError, match="Did you mean 'part'"):
        solution.policy("parts")


def test_the_plan_of_all_parts() -> None:
    solution = methods.solve(one_part(expedite_cost=200.0))
    figure = figures.plan(solution)
    shown = {trace.name: tuple(map(tuple, trace.customdata)) for trace in figure.data}
    assert shown == {"wait": ((1, 1),), "print": ((7, 2),), "expedite": ((13, 8),)}
    assert {label for trace in figure.data for label in trace.y} == {"part part, stock 1"}
    assert figure.layout.xaxis.range == (13.5, 0.5)
    assert figure.layout.xaxis.dtick == 1


def test_a_long_cycle_does_not_have_a_tick_for_every_day() -> None:
    solution = methods.solve(one_part(cycle_days=61))
    for figure, first in ((figures.plan(solution), 1), (figures.policy(solution, "part"), 0)):
        assert figure.layout.xaxis.range == (60.5, first - 0.5)
        assert figure.layout.xaxis.dtick is None
        assert figure.layout.xaxis.nticks == 20


def test_the_page_escapes_names_and_shows_every_table() -> None:
    data = one_part().to_dict() | {"name": "<script>alert(1)</script>"}
    instance = PrintingInstance.from_dict(data)
    page = render(instance, methods.solve(instance))
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert page.count("<thead>") == 5


def test_the_answer_as_a_graph() -> None:
    mission = amopt.load("printing/mission")
    answer = amopt.solve(mission)
    graph = answer.graph()
    assert set(graph.nodes) == {"supplier", "place"}
    place = graph.nodes["place"]
    rows = {row["part"]: row for row in answer.rows["parts"]}
    for attribute, column in (("stock", "base_stock"), ("plan", "plan")):
        assert place[attribute] == {part: row[column] for part, row in rows.items()}
    assert place["systems"] == {"Boxer": 6, "Fennek": 8, "MB": 42}
    orders = graph.edges["supplier", "place"]["orders_per_cycle"]
    assert orders == {part: row["orders_per_cycle"] for part, row in rows.items()}


def test_a_graph_follows_the_routes_of_the_network() -> None:
    data = one_part().to_dict()
    other = {**data["parts"][0], "name": "heavy", "mass_kg": 100.0}
    network = {
        "places": [
            {"name": name, "latitude": 50.0, "longitude": 0.0}
            for name in ("depot", "port", "camp", "spare")
        ],
        "lanes": [
            {"from": "depot", "to": "port", "mode": "truck", "cost_per_part": 1.0},
            {"from": "port", "to": "camp", "mode": "ship", "cost_per_part": 1.0},
            {"from": "depot", "to": "camp", "mode": "plane", "cost_per_kg": 1.0},
        ],
    }
    instance = amopt.load(
        {
            **data, "parts": [data["parts"][0], other], "network": network,
            "place": "camp", "supplied_from": "depot",
        }
    )  # fmt: skip
    answer = amopt.solve(instance)
    graph = answer.graph()
    assert set(graph.nodes) == {"depot", "port", "camp", "spare"}
    assert graph.nodes["camp"]["latitude"] == 50.0
    assert graph.nodes["camp"]["stock"]["heavy"] == answer.rows["parts"][1]["base_stock"]
    assert set(graph.edges["depot", "camp"]["orders_per_cycle"]) == {"part"}
    assert graph.edges["depot", "camp"]["modes"] == ["plane"]
    for lane in (("depot", "port"), ("port", "camp")):
        assert set(graph.edges[lane]["orders_per_cycle"]) == {"heavy"}


def test_an_answer_from_a_file_needs_its_instance_for_a_graph(tmp_path: Path) -> None:
    instance = amopt.load("printing/table-3-1")
    answer = amopt.solve(instance)
    loaded = amopt.load_solution(answer.save(tmp_path / "answer"))
    with pytest.raises(UsageError, match="needs its instance"):
        loaded.graph()
    assert loaded.graph(instance).nodes["place"]["stock"] == answer.graph().nodes["place"]["stock"]


def only_with_a_printer() -> Any:
    """Return two parts that keep a limit only by printing."""
    limits = [
        {"name": "up", "measure": "availability", "at_least": 0.99},
        {"name": "shelf", "measure": "stock", "at_most": 0.0},
    ]
    return amopt.load(place({"print_cost": 5.0}, {}, days=7, limits=limits))


def test_where_no_plan_does_without_a_printer_nothing_is_drawn_of_one() -> None:
    instance = only_with_a_printer()
    solution = methods.solve(instance)
    assert not solution.rows["single_source"]
    shown = figures.figures(instance, solution)
    assert [title.split(",")[0] for title in shown] == [
        "What to stock",
        "What each part costs",
        "Where the money goes",
    ]
    assert {tuple(trace.x) for trace in figures.costs(solution).data} == {("with the printer",)}
    (trace,) = figures.savings(solution).data
    cost = {f"part {row['part']}": row["yearly_cost"] for row in solution.rows["parts"]}
    assert dict(zip(trace.y, trace.x, strict=True)) == cost
    assert list(trace.x) == sorted(cost.values())  # the dearest on top
    both = figures.costs(methods.solve(one_part()))
    assert {tuple(trace.x) for trace in both.data} == {("without a printer", "with the printer")}


def test_a_day_of_two_actions_is_drawn_as_both() -> None:
    data = place({"print_cost": 5.0}, days=7)
    free = methods.solve(amopt.load(data)).rows["totals"][0]["prints_per_cycle"]
    limits = [
        {"name": "prints", "measure": "prints", "at_most": 0.29 * free},
        {"name": "stock", "measure": "stock", "at_most": 1.0},
    ]
    solution = methods.solve(amopt.load({**data, "limits": limits}))
    mixed = [
        run
        for run in solution.rows["intervals"]
        if run["sourcing"] == "printing" and run["share"] < 1
    ]
    assert len(mixed) == 2
    bars = [
        (trace.base[place], trace.offset[place], trace.width[place], told)
        for trace in figures.plan(solution).data
        for place, told in enumerate(trace.hovertext)
        if told
    ]
    assert len({base for base, _, _, _ in bars}) == 1
    (_, first, wide, told), (_, second, rest, _) = sorted(bars)
    assert second == pytest.approx(first + wide)
    shares = {f": {100 * run['share']:.3g} %": run["share"] for run in mixed}
    assert wide / (wide + rest) == pytest.approx(shares[told])
    spans = [span for of_trace in bar_spans(figures.plan(solution)).values() for span in of_trace]
    drawn = sorted(span.last - span.first for span in spans)
    assert drawn[:2] == pytest.approx(sorted((wide, rest)))
