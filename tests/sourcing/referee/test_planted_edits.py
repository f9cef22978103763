"""An error planted in any column of any table of an answer is refused, whatever the money's size.

One edit at a time: an amount scaled or shifted, a word changed, a row twice, gone, or in another's
place, a table or a column gone; and status, objective and bound that do not fit each other.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

import amopt
from amopt.instance import catalogue
from amopt.outcome import Status, Stopped
from amopt.sourcing import check, pareto, solve
from amopt.sourcing.answer.nondominated import Pareto
from amopt.sourcing.answer.solution import SourcingSolution
from amopt.sourcing.instance.entries import Minimise
from amopt.sourcing.instance.fields import Instance
from amopt.sourcing.pareto_front import SAME
from amopt.sourcing.referee.check import COPIED
from amopt.sourcing.referee.nondominated import check_nondominated
from tests.sourcing.random_instances import crowded, instance

pytestmark = pytest.mark.slow

FACTORS = [1.0, *(pytest.param(factor, marks=pytest.mark.long) for factor in (1e-9, 1e9))]
"""Of every amount of money."""

Rows = dict[str, list[dict[str, Any]]]

SHIPPED = tuple(name for name in catalogue.names() if name.startswith("sourcing/"))
OWN = ("all of it", "random 4", "random 21", "crowded 1", "crowded 12", "crowded 20")
MONEY = {
    *("cost_per_part", "asset_cost", "setup_cost", "fee_per_order", "royalty_per_print"),
    *(
        "downtime_cost_per_hour",
        "unmet_penalty_per_part",
        "budget",
        "cost",
        "fee_per_supplier",
        "cost_per_delivery",
        "minimum_order_value",
    ),
}
"""Fields of amounts of money; of the weights, a week and a kg of CO2 are worth money too."""

QUOTES = ((1, 40.0, 1.0), (5, 31.0, 1.4), (20, 24.5, 2.2), (60, 20.0, 3.9))

ALL_OF_IT: dict[str, Any] = {
    "amopt": 1,
    "kind": "sourcing",
    "name": "all of it",
    "order_date": "2026-03-02",
    "network": {
        "places": [{"name": name} for name in ("plant", "shop", "s1", "s2", "s3", "s4", "maker")],
        "lanes": [
            {"from": "s1", "to": "plant", "weeks": 0.5, "cost_per_part": 1, "kg_co2_per_part": 2},
            {"from": "s2", "to": "plant", "weeks": 0.2, "cost_per_part": 2, "duty_percent": 6.5},
            {"from": "s3", "to": "plant", "weeks": 0.3, "cost_per_part": 1.5},
            {"from": "s1", "to": "shop", "weeks": 0.4, "cost_per_part": 1.2},
            {"from": "s2", "to": "shop", "weeks": 0.6, "cost_per_part": 0.4},
            {"from": "maker", "to": "plant", "weeks": 1, "cost_per_part": 0.5},
        ],
    },
    "parts": [{"name": name} for name in ("a", "b", "c")],
    "lines": [
        {"line": "1", "part": "a", "place": "plant", "quantity": 30, "downtime_cost_per_hour": 2},
        {
            "line": "2",
            "part": "b",
            "place": "shop",
            "quantity": 12,
            "unmet_penalty_per_part": 45,
        },
        {"line": "3", "part": "a", "place": "shop", "quantity": 7.5, "divisible": True},
    ],
    "conventional": [
        {
            "part": "a",
            "place": "maker",
            "cost_per_part": 15,
            "asset_cost": 900,
            "lead_time_weeks": 5,
            "kg_co2_per_part": 0.3,
        }
    ],
    "offers": [
        {
            "supplier": supplier,
            "part": part,
            "material": "PA12",
            "between": between,
            "fee_per_order": 10,
            "machine_hours_per_part": 0.5,
            "kg_co2_per_part": 0.1,
            **({"committed_counts": "new_parts"} if supplier == "s3" else {}),
            "quotes": [
                {"quantity": q, "cost_per_part": price * dear, "lead_time_weeks": weeks * slow}
                for q, price, weeks in QUOTES
            ],
        }
        for supplier, part, between, dear, slow in (
            ("s1", "a", "power", 1.0, 1.0),
            ("s2", "a", "line", 1.1, 0.8),
            ("s3", "a", "incremental", 0.9, 1.3),
            ("s1", "b", "linear", 1.2, 1.0),
            ("s2", "b", "all_units", 1.0, 1.5),
            ("s2", "c", "linear", 2.0, 1.0),
        )
    ],
    "capacities": [{"supplier": "s1", "machine_hours": 10}, {"supplier": "s2", "parts": 25}],
    "licences": [
        {"part": "a", "prints": 40, "royalty_per_print": 0.75},
        {"part": "b", "supplier": "s2", "prints": 5},
    ],
    "committed": [
        {
            "line": "1",
            "supplier": "s3",
            "route": "direct",
            "material": "PA12",
            "quantity": 4,
            "cost": 130,
            "weeks": 1.5,
        }
    ],
    "suppliers": [{"supplier": name, "fee_per_supplier": 20} for name in ("s1", "s2")],
    "deliveries": [{"supplier": "s1", "place": "shop", "cost_per_delivery": 15}],
    "approvals": [{"supplier": "s2", "part": "b", "cost": 40, "weeks": 0.5}],
    "preparations": [{"part": "a", "cost": 60}, {"part": "b", "cost": 30, "weeks": 0.25}],
    "post_processing": [{"part": "b", "cost_per_part": 1.5, "weeks": 0.1, "weeks_per_part": 0.01}],
    "limits": {"budget": 5000, "suppliers_per_line": 3, "weeks": 20},
}


def data_of(name: str) -> dict[str, Any]:
    if name.startswith("sourcing/"):
        data: dict[str, Any] = yaml.safe_load(catalogue.path(name).read_text())
        for licence in data.get("licences", ()):
            licence.pop("file", None)
            licence.pop("sha256", None)
        return data
    if name.startswith("part of "):
        return part_of(data_of(name.removeprefix("part of ")), 2)
    if name == "all of it":
        return ALL_OF_IT
    made = {"random": instance, "crowded": crowded}[name.split(maxsplit=1)[0]]
    return made(int(name.split()[1]))


def part_of(data: dict[str, Any], lines: int) -> dict[str, Any]:
    """Return a file with its first lines only, and what concerns them."""
    data = copy.deepcopy(data)
    data["lines"] = data["lines"][:lines]
    parts = {line["part"] for line in data["lines"]}
    for entries in ("conventional", "offers", "licences"):
        data[entries] = [entry for entry in data.get(entries, ()) if entry["part"] in parts]
    return data


def scaled(model: Any, factor: float) -> Any:
    """Return an instance, or a part of it, in another unit of money; no file need hold it."""
    if isinstance(model, tuple):
        return tuple(scaled(entry, factor) for entry in model)
    if not isinstance(model, BaseModel):
        return model
    money = {"weeks", "kg_co2"} if isinstance(model, Minimise) else MONEY
    update = {}
    for name in type(model).model_fields:
        value = getattr(model, name)
        is_money = name in money and value is not None
        update[name] = value * factor if is_money else scaled(value, factor)
    if isinstance(model, Instance):
        return model.unchecked_copy(**update)
    return model.model_copy(update=update)


@cache
def solved(name: str) -> SourcingSolution:
    return solve(amopt.load(data_of(name)))  # type: ignore[arg-type]


def in_money(solution: SourcingSolution, factor: float) -> SourcingSolution:
    """Return an answer in another unit of money."""
    rows: Rows = {name: [dict(row) for row in table] for name, table in solution.rows.items()}
    for name, table in rows.items():
        for column in solution.columns[name]:
            for row in table if column.unit == "money" else ():
                if row[column.name] is not None:
                    row[column.name] *= factor
    outcome = solution.outcome
    assert outcome.objective is not None
    assert outcome.bound is not None
    outcome = replace(outcome, objective=outcome.objective * factor, bound=outcome.bound * factor)
    return replace(solution, rows=rows, outcome=outcome)


def changes(value: Any, size: float) -> Iterator[Any]:
    """Yield what may stand in the place of a value, wrongly."""
    if isinstance(value, bool):
        yield from (not value, str(value))
    elif isinstance(value, (int, float)):
        yield from (value * 1.5, value * (1 + 1e-4)) if value else ()
        yield from (value + (abs(value) or size), None, str(value), float("nan"))
    elif value is None:
        yield from (size, "x")
    else:
        yield from (f"{value}x", None, 1)


def edits(rows: Rows, size: float) -> Iterator[tuple[str, Rows]]:
    """Yield the tables with one error each, and what it is."""
    for name, table in rows.items():
        yield f"{name} dropped", {k: v for k, v in rows.items() if k != name}
        yield (
            f"{name} under another name",
            {(f"{k}s" if k == name else k): v for k, v in rows.items()},
        )
        for number in sorted({0, len(table) - 1} if table else ()):
            row = table[number]
            for column, value in row.items():
                less = {k: v for k, v in row.items() if k != column}
                yield f"{name} {number} {column} left out", put(rows, name, number, less)
                for other in changes(value, size):
                    edited = {**row, column: other}
                    yield f"{name} {number} {column} {other!r}", put(rows, name, number, edited)
            rest = [*table[:number], *table[number + 1 :]]
            yield f"{name} {number} deleted", {**rows, name: rest}
            yield (
                f"{name} {number} doubled",
                {**rows, name: [*table[:number], row, *table[number:]]},
            )
            yield f"{name} {number} at the end", {**rows, name: [*table, row]}
        if len(table) > 1:
            yield f"{name} swapped", {**rows, name: [table[-1], *table[1:-1], table[0]]}
            yield f"{name} reversed", {**rows, name: table[::-1]}


def put(rows: Rows, name: str, number: int, row: dict[str, Any]) -> Rows:
    table = list(rows[name])
    table[number] = row
    return {**rows, name: table}


LARGE = "sourcing/portfolio-36x7"
QUICK = [name if name != LARGE else f"part of {name}" for name in (*SHIPPED, *OWN)]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("name", QUICK)
def test_every_planted_edit_is_refused(name: str, factor: float) -> None:
    question = scaled(amopt.load(data_of(name)), factor)
    answer = in_money(solved(name), factor)
    assert check(question, answer).findings == ()  # type: ignore[arg-type]
    rows: Rows = {table: [dict(row) for row in own] for table, own in answer.rows.items()}
    accepted = [
        what
        for what, edited in edits(rows, factor)
        if check(question, replace(answer, rows=edited)).accepted  # type: ignore[arg-type]
    ]
    assert accepted == []


def test_every_planted_edit_of_a_portfolio_is_refused() -> None:
    """The whole of it: one error in each column, and each kind of error in the rows."""
    question: Any = amopt.load(data_of(LARGE))
    answer = solved(LARGE)
    rows: Rows = {table: [dict(row) for row in own] for table, own in answer.rows.items()}
    planted = dict[str, tuple[str, Rows]]()
    for what, edited in edits(rows, 1.0):
        table, *words = what.split()
        column = words[1] if words[0].isdigit() else words[0]
        planted.setdefault(f"{table} {column}", (what, edited))
    assert len(planted) > 50
    for what, edited in planted.values():
        assert not check(question, replace(answer, rows=edited)).accepted, what


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("name", SHIPPED)
def test_status_objective_and_bound_agree(name: str, factor: float) -> None:
    question = scaled(amopt.load(data_of(name)), factor)
    answer = in_money(solved(name), factor)
    outcome = answer.outcome
    assert outcome.status is Status.OPTIMAL
    assert outcome.objective is not None
    assert outcome.bound is not None
    for wrong in (
        {"objective": None},
        {"objective": outcome.objective * 1.0001, "bound": outcome.bound * 1.0001},
        {"objective": outcome.objective * 0.5},
        {"objective": float("nan")},
        {"bound": None},
        {"bound": outcome.bound / 2},
        {"bound": outcome.bound * 1.0001},
        {"bound": float("nan")},
        {"status": Status.INFEASIBLE},
        {"status": Status.UNKNOWN},
        {"stopped": Stopped.TIME_LIMIT},
    ):
        edited = replace(outcome, **wrong)  # type: ignore[arg-type]
        assert not check(question, replace(answer, outcome=edited)).accepted, wrong  # type: ignore[arg-type]


def test_every_table_and_column_that_leaves_is_declared() -> None:
    """Nothing leaves that the edits above do not reach: what is copied is said, and is little."""
    answer = solved("all of it")
    for name, table in answer.rows.items():
        declared = {column.name for column in SourcingSolution.columns[name]}
        assert table, name
        assert all(set(row) == declared for row in table), name
    assert {
        "register": ("file", "head"),
        "licences": ("granted", "recorded"),
        "limits": tuple(column.name for column in SourcingSolution.columns["limits"]),
    } == COPIED


@pytest.mark.parametrize("factor", FACTORS)
def test_every_planted_edit_of_nondominated_answers_is_refused(factor: float) -> None:
    data = copy.deepcopy(data_of("random 4"))
    data["lines"][0]["quantity"] = 6
    data.pop("limits", None)
    question: Any = amopt.load(data)
    by = ("cost", "weeks")
    found = pareto(question, by)
    assert len(found.rows["answers"]) > 1
    rows: Rows = {
        name: [
            {
                column.name: row[column.name] * factor
                if column.unit == "money"
                else row[column.name]
                for column in Pareto.columns[name]
            }
            for row in table
        ]
        for name, table in found.rows.items()
    }
    question = scaled(amopt.load(data), factor)
    assert check_nondominated(question, replace(found, rows=rows), by, SAME).findings == ()
    accepted = [
        what
        for what, edited in edits(rows, factor)
        if check_nondominated(question, replace(found, rows=edited), by, SAME).accepted
        and " gap " not in what  # copied from the solver, who alone knows it
    ]
    assert accepted == []
