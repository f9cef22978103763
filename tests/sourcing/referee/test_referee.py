"""The referee accepts right answers and names every planted error."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

import amopt
from amopt.sourcing import check, solve

DATA: dict[str, Any] = {
    "amopt": 1,
    "kind": "sourcing",
    "name": "referee",
    "order_date": "2026-03-02",
    "network": {
        "places": [{"name": n} for n in ("plant", "s1", "s2", "maker")],
        "lanes": [
            {"from": "s1", "to": "plant", "weeks": 0.5, "cost_per_part": 1, "kg_co2_per_part": 2},
            {"from": "s2", "to": "plant", "weeks": 0.25, "cost_per_part": 2},
            {"from": "maker", "to": "plant", "weeks": 1, "cost_per_part": 0.5},
        ],
    },
    "parts": [
        {"name": "a", "length_mm": 90, "width_mm": 20, "height_mm": 30, "certificates": ["iso"]}
    ],
    "lines": [
        {
            "line": "1",
            "part": "a",
            "place": "plant",
            "quantity": 30,
            "downtime_cost_per_hour": 2,
            "need_by_weeks": 6,
        }
    ],
    "conventional": [
        {
            "part": "a",
            "place": "maker",
            "cost_per_part": 15,
            "asset_cost": 900,
            "lead_time_weeks": 5,
        }
    ],
    "offers": [
        {
            "supplier": "s1",
            "part": "a",
            "material": "PA12",
            "quotes": [
                {"quantity": 1, "cost_per_part": 20, "lead_time_weeks": 1},
                {"quantity": 40, "cost_per_part": 14, "lead_time_weeks": 3},
            ],
            "fee_per_order": 10,
            "machine_hours_per_part": 0.5,
            "certificates": ["iso"],
            "build_envelope": {"length_mm": 40, "width_mm": 100, "height_mm": 25},
            "valid_to": "2026-12-31",
        },
        {
            "supplier": "s2",
            "part": "a",
            "material": "PA12",
            "between": "incremental",
            "quotes": [
                {"quantity": 1, "cost_per_part": 22, "lead_time_weeks": 1},
                {"quantity": 10, "cost_per_part": 13, "lead_time_weeks": 2},
            ],
            "certificates": ["iso"],
        },
    ],
    "capacities": [{"supplier": "s1", "machine_hours": 10}, {"supplier": "s2", "parts": 25}],
    "licences": [{"part": "a", "prints": 30, "royalty_per_print": 0.75}],
    "limits": {"budget": 800, "kg_co2": 100, "suppliers_per_line": 2, "weeks": 6},
}


@pytest.fixture(scope="module")
def solution() -> Any:
    return solve(amopt.load(DATA))


def judged(solution: Any, data: dict[str, Any] = DATA, **edits: Any) -> tuple[str, ...]:
    rows = copy.deepcopy({name: list(table) for name, table in solution.rows.items()})
    for name, edit in edits.items():
        edit(rows[name])
    return check(amopt.load(data), replace(solution, rows=rows)).findings


def changed(**path: Any) -> dict[str, Any]:
    """Return the file with one entry changed: ``collection__index__key=value``."""
    data = copy.deepcopy(DATA)
    for key, value in path.items():
        *way, last = key.split("__")
        at: Any = data
        for step in way:
            at = at[int(step)] if step.isdigit() else at[step]
        at[last] = value
    return data


def test_a_right_answer_is_accepted(solution: Any) -> None:
    assert solution.verdict.accepted
    assert solution.verdict.checks > 20
    assert not judged(solution)


@pytest.mark.parametrize("column", ["cost", "weeks", "kg_co2", "quantity"])
def test_a_wrong_order_is_named(solution: Any, column: str) -> None:
    def edit(rows: list[dict[str, Any]]) -> None:
        rows[0][column] += 1

    found = judged(solution, orders=edit)
    assert any("'1'" in finding for finding in found)


@pytest.mark.parametrize("column", ["cost", "weeks", "downtime_cost", "cost_of_conventional"])
def test_a_wrong_line_is_named(solution: Any, column: str) -> None:
    def edit(rows: list[dict[str, Any]]) -> None:
        rows[0][column] *= 1.01

    assert any(column in finding for finding in judged(solution, lines=edit))


def test_a_wrong_total_is_named(solution: Any) -> None:
    outcome = replace(solution.outcome, objective=solution.outcome.objective - 1)
    found = check(amopt.load(DATA), replace(solution, outcome=outcome)).findings
    assert any("objective" in finding for finding in found)
    outcome = replace(solution.outcome, bound=solution.outcome.objective + 1)
    found = check(amopt.load(DATA), replace(solution, outcome=outcome)).findings
    assert any("bound" in finding for finding in found)


def test_wrong_savings_and_switchovers_are_named(solution: Any) -> None:
    for column in ("cost_saving", "weeks_saved", "reduced_cost_quantity", "reduced_time_quantity"):

        def edit(rows: list[dict[str, Any]], column: str = column) -> None:
            rows[0][column] += 2

        assert any(column in finding for finding in judged(solution, switchover=edit)), column


def test_a_missing_and_a_doubled_order_are_named(solution: Any) -> None:
    assert judged(solution, orders=lambda rows: rows.clear())
    found = judged(solution, orders=lambda rows: rows.append(dict(rows[0])))
    assert any("twice" in finding for finding in found)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"lines__0__quantity": 31}, "asked for"),
        ({"lines__0__need_by_weeks": 0.5}, "need-by"),
        ({"limits__weeks": 0.5}, "weeks"),
        ({"limits__budget": 100}, "budget"),
        ({"limits__kg_co2": 1}, "CO2"),
        ({"limits__suppliers_per_line": 1}, "suppliers"),
        ({"capacities__0__machine_hours": 0.1}, "machine hours"),
        ({"capacities__1__parts": 1}, "parts of"),
        ({"licences__0__prints": 3}, "licensed prints"),
        ({"licences__0__royalty_per_print": 0.5}, "cost"),
        ({"offers__0__fee_per_order": 11}, "cost"),
        ({"offers__0__valid_to": "2026-03-01"}, "held until"),
        ({"offers__0__certificates": []}, "certificate"),
        ({"offers__0__build_envelope__width_mm": 80}, "build envelope"),
        ({"offers__0__largest_quantity": 2}, "outside"),
        ({"parts__0__materials": ["steel"]}, "material PA12"),
        ({"network__lanes__0__cost_per_part": 1.5}, "cost"),
        ({"network__lanes__0__weeks": 0.75}, "weeks"),
    ],
)
def test_an_answer_to_another_file_is_refused(
    solution: Any, change: dict[str, Any], word: str
) -> None:
    """Both suppliers are in the plan, so that every rule of the file is felt."""
    assert {row["supplier"] for row in solution.rows["orders"]} == {"s1", "s2"}
    found = judged(solution, changed(**change))
    assert any(word in finding for finding in found), found


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("orders", "scenario", "III"),
        ("orders", "quantity", "30"),
        ("orders", "quantity", 2.5),
        ("orders", "quantity", float("nan")),
        ("orders", "supplier", "s3"),
        ("orders", "line", "2"),
        ("orders", "committed", True),
        ("lines", "line", "2"),
        ("lines", "quantity", 29),
        ("lines", "cost_of_conventional", None),
        ("capacities", "machine_hours", 0.0),
        ("capacities", "machine_hours_limit", 99.0),
        ("capacities", "parts", 1.0),
        ("licences", "planned", 1.0),
        ("licences", "left", 9.0),
        ("licences", "granted", 99.0),
        ("totals", "cost", 1.0),
        ("totals", "weeks", 0.5),
        ("totals", "downtime_cost", 0.0),
        ("totals", "kg_co2", 1.0),
        ("switchover", "cost_saving", None),
        ("switchover", "quantity", 29),
        ("switchover", "total_saving", 1.0),
        ("switchover", "scenario", "III"),
        ("switchover", "scenario_with_downtime", "III"),
        ("switchover", "reduced_cost_quantity", 0.0),
        ("switchover", "reduced_cost_quantity", 1.0),
        ("switchover", "reduced_time_quantity", 0.0),
        ("switchover", "reduced_time_quantity", None),
    ],
)
def test_an_error_planted_anywhere_is_refused(
    solution: Any, table: str, column: str, value: Any
) -> None:
    def edit(rows: list[dict[str, Any]]) -> None:
        assert rows[0][column] != value
        rows[0][column] = value

    assert judged(solution, **{table: edit})


@pytest.mark.parametrize("table", ["orders", "lines", "totals"])
def test_a_table_with_too_few_or_too_many_rows_is_refused(solution: Any, table: str) -> None:
    assert judged(solution, **{table: lambda rows: rows.pop()})
    assert judged(solution, **{table: lambda rows: rows.append(dict(rows[0]))})


ALLOWED = (
    *("amopt.referee", "amopt.verdict", "amopt.finding", "amopt.network", "amopt.phrases"),
    *("amopt.instance", "amopt.errors", "amopt.stock"),
    "amopt.sourcing.referee",
    "amopt.sourcing.instance.entries",
    *(f"amopt.sourcing.instance.quote_log.{fields}" for fields in ("provenance", "moment")),
)


def test_the_referee_knows_the_file_and_nothing_that_solves() -> None:
    """Neither directly nor through others: the rooms above only name the packages they are in."""
    grimp = pytest.importorskip("grimp")
    graph = grimp.build_graph("amopt", exclude_type_checking_imports=True)
    rooms = [name for name in graph.modules if name.startswith("amopt.sourcing.referee.")]
    assert len(rooms) > 8
    known = set().union(*(graph.find_upstream_modules(room) for room in rooms))
    packages = {"amopt", "amopt.sourcing", "amopt.sourcing.instance"}
    strange = {name for name in known - packages if not name.startswith(ALLOWED)}
    assert strange == set()


@pytest.mark.parametrize("row", [None, 3, "orders", ["s1", 30]])
def test_a_row_that_is_none_is_named(solution: Any, row: Any) -> None:
    def edit(rows: list[Any]) -> None:
        rows[0] = row

    assert judged(solution, orders=edit) == ("orders: no table of rows",)
