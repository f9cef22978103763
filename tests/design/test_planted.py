"""An edit in any column of any table of any shipped instance is found, at any scale of money."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

import amopt
from amopt.design import check
from amopt.design.answer.solution import DesignSolution
from amopt.design.instance import DesignInstance
from amopt.design.referee.bill import Bills
from amopt.instance import catalogue

pytestmark = pytest.mark.slow

NAMES = [name for name in catalogue.names() if name.startswith("design/")]
Answered = tuple[DesignInstance, Any, float]
MONEY = {
    "part_cost",
    "design_cost",
    "benefit_per_system_month",
    "replacement_cost",
    "emergency_cost",
    "design_budget",
}


def times(data: Any, scale: float) -> Any:
    """Return data with every amount of money times a scale."""
    if isinstance(data, dict):
        return {
            key: held * scale if key in MONEY and held is not None else times(held, scale)
            for key, held in data.items()
        }
    return [times(entry, scale) for entry in data] if isinstance(data, list) else data


SCALED = [(name, 1.0) for name in NAMES] + [("design/pump-unit", s) for s in (1e-2, 1e4)]
LEVELS = Bills.levels
KNOWN: dict[bytes, Any] = {}


def levels_once(bills: Bills) -> Any:
    """Return the best levels, worked out once and not again for every edit elsewhere."""
    fields = (bills.c_p, bills.tau, bills.L, bills.c_d, bills.c_e, bills.pieces, bills.systems)
    key = b"".join([bills.instance.fingerprint().encode(), *(field.tobytes() for field in fields)])
    if key not in KNOWN:
        KNOWN[key] = LEVELS(bills)
    return KNOWN[key]


@pytest.fixture(autouse=True)
def worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bills, "levels", levels_once)


@pytest.fixture(scope="module", params=SCALED, ids=str)
def answered(request: pytest.FixtureRequest) -> Answered:
    name, scale = request.param
    instance = DesignInstance.from_dict(times(amopt.load(name).to_dict(), scale))
    return instance, amopt.solve(instance), max(scale, 1.0)


def edits(cell: Any, shift: float) -> Iterator[Any]:
    """Yield values that differ from a cell: scaled, shifted, of another kind."""
    if isinstance(cell, str):
        yield from (f"{cell} ", "", "printed" if cell != "printed" else "cast", None, 1)
    elif cell is None:
        yield from (0, 1, "", math.nan)
    elif isinstance(cell, bool):
        yield from (not cell, int(cell), None, "")
    else:
        yield from (cell + shift + 1e-3 * abs(cell), str(cell), None, math.nan, math.inf, True)
        if isinstance(cell, int):
            yield float(cell)
        if cell:
            yield from (-cell, cell * 2, cell * (1 + 1e-3), cell / 2)


def accepted(instance: DesignInstance, answer: DesignSolution, rows: Any) -> bool:
    return check(instance, replace(answer, rows=rows)).accepted


def test_every_column_is_read(answered: Answered) -> None:
    instance, answer, shift = answered
    plain = {name: [dict(row) for row in table] for name, table in answer.rows.items()}
    assert accepted(instance, answer, plain)
    missed = []
    for table, columns in DesignSolution.columns.items():
        for index, row in list(enumerate(plain[table]))[:: max(1, len(plain[table]) - 1)]:
            for column in (column.name for column in columns):
                left_out = {name: cell for name, cell in row.items() if name != column}
                changed = [{**row, column: edit} for edit in edits(row[column], shift)]
                for edited in (left_out, *changed):
                    rows = [*plain[table][:index], edited, *plain[table][index + 1 :]]
                    if accepted(instance, answer, {**plain, table: rows}):
                        missed.append((table, column, row[column], edited.get(column)))
    assert missed == []


def test_every_row_and_every_table_is_read(answered: Answered) -> None:
    instance, answer, _ = answered
    for table in DesignSolution.columns:
        rows = list(answer.rows[table])
        without = {name: value for name, value in answer.rows.items() if name != table}
        assert not accepted(instance, answer, without)
        for index in range(len(rows)):
            deleted = rows[:index] + rows[index + 1 :]
            doubled = rows[: index + 1] + rows[index:]
            for changed in (deleted, doubled):
                assert not accepted(instance, answer, {**answer.rows, table: changed})
    assert not accepted(instance, answer, {**answer.rows, "limits": [{"limit": "mine"}]})
    assert not accepted(instance, answer, {**answer.rows, "more": []})


def test_status_objective_and_bound_agree(answered: Answered) -> None:
    instance, answer, _ = answered
    objective = answer.outcome.objective
    for changes in (
        {"objective": None},
        {"objective": objective * 1.001},
        {"objective": 0.0},
        {"objective": math.nan},
        {"bound": None},
        {"bound": objective / 2},
        {"bound": objective * 1.001},
        {"bound": math.nan},
        {"status": "unknown"},
        {"status": "infeasible"},
    ):
        outcome = replace(answer.outcome, **changes)
        assert not check(instance, replace(answer, outcome=outcome)).accepted, changes
    assert check(instance, answer).accepted


def test_a_choice_that_breaks_a_limit_is_refused() -> None:
    instance = amopt.load("design/pump-unit")
    free = DesignInstance.from_dict({**instance.to_dict(), "limits": {}})
    answer = amopt.solve(free)
    (total,) = answer.rows["totals"]
    budget, least = total["design_cost"] - 1, total["availability"] + 1e-4
    for limits, words in (
        ({"design_budget": budget}, "design budget"),
        ({"availability": least}, "share of time down"),
    ):
        tied = DesignInstance.from_dict({**instance.to_dict(), "limits": limits})
        rows = {
            **answer.rows,
            "totals": [{**total, "design_budget": limits.get("design_budget")}],
            "availability": [
                {**row, "least": limits.get("availability")} for row in answer.rows["availability"]
            ],
        }
        verdict = check(tied, replace(answer, rows=rows))
        assert verdict.findings
        assert all(words in finding for finding in verdict.findings), verdict.findings


def test_a_choice_that_is_not_the_best_is_not_called_optimal() -> None:
    instance = amopt.load("design/valve-block")
    dear = amopt.solve(instance, extend=lambda model: model.choose["valve block", "printed"].fix(1))
    rows = {**dear.rows, "limits": []}
    verdict = check(instance, replace(dear, rows=rows))
    assert any("is called optimal" in finding for finding in verdict.findings)


def test_tables_declare_every_column(answered: Answered) -> None:
    _, answer, _ = answered
    assert set(answer.rows) == set(DesignSolution.columns)
    for table, columns in DesignSolution.columns.items():
        for row in answer.rows[table]:
            assert set(row) == {column.name for column in columns}
