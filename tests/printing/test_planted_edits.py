"""An edit in any column of any table of any shipped instance is found, at any scale of money."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

import amopt
from amopt.instance import catalogue
from amopt.printing import check
from amopt.printing.answer.solution import PrintingSolution
from amopt.printing.instance import PrintingInstance
from amopt.printing.referee import check as referee
from amopt.printing.referee import optimality
from amopt.printing.referee.evaluation import Evaluation

pytestmark = pytest.mark.slow

NAMES = [name for name in catalogue.names() if name.startswith("printing/")]
Answered = tuple[PrintingInstance, Any, float]
KNOWN: dict[str, Evaluation] = {}
MONEY = ("order_cost", "print_cost", "expedite_cost", "holding_cost_per_day")


def scaled(name: str, scale: float) -> PrintingInstance:
    """Return a shipped instance with every amount of money times a scale."""
    data = amopt.load(name).to_dict()
    for system in data["systems"]:
        system["backorder_cost_per_day"] *= scale
    for part in data["parts"]:
        for field in MONEY:
            if part.get(field) is not None:
                part[field] *= scale
    return PrintingInstance.from_dict(data)


@pytest.fixture(autouse=True)
def evaluated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evaluate each plan once, not again for every edit elsewhere."""

    def known(terms: Any, plan: Any, **how: Any) -> Evaluation:
        return KNOWN.setdefault(repr((terms, plan)), Evaluation(terms, plan, **how))

    for room in (referee, optimality):
        monkeypatch.setattr(room, "Evaluation", known)


@pytest.fixture(scope="module", params=[(n, s) for n in NAMES for s in (1.0, 1e-9, 1e9)], ids=str)
def answered(request: pytest.FixtureRequest) -> Answered:
    instance = scaled(*request.param)
    return instance, amopt.solve(instance), max(request.param[1], 1.0)


def edits(cell: Any, shift: float) -> Iterator[Any]:
    """Yield values that differ from a cell: scaled, shifted, of another kind."""
    if isinstance(cell, str):
        yield from (f"{cell} ", "", "wait" if cell != "wait" else "print", None, 1)
    elif cell is None:
        yield from (0, 1, "", math.nan)
    else:
        yield from (cell + shift + 1e-3 * abs(cell), str(cell), None, math.nan, math.inf, True)
        if isinstance(cell, int):
            yield float(cell)
        if cell:
            yield from (-cell, cell * 2, cell * (1 + 1e-3), cell / 2)


def accepted(instance: PrintingInstance, answer: PrintingSolution, rows: Any) -> bool:
    return check(instance, replace(answer, rows=rows)).accepted


def test_every_column_is_read(answered: Answered) -> None:
    instance, answer, shift = answered
    plain = {name: [dict(row) for row in table] for name, table in answer.rows.items()}
    assert accepted(instance, answer, plain)
    missed = []
    for table, columns in PrintingSolution.columns.items():
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
    for table in PrintingSolution.columns:
        rows = list(answer.rows[table])
        without = {name: value for name, value in answer.rows.items() if name != table}
        assert not accepted(instance, answer, without)
        for index in range(len(rows)):
            deleted = rows[:index] + rows[index + 1 :]
            doubled = rows[: index + 1] + rows[index:]
            for changed in (deleted, doubled):
                assert not accepted(instance, answer, {**answer.rows, table: changed})
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


def test_tables_declare_every_column(answered: Answered) -> None:
    _, answer, _ = answered
    assert set(answer.rows) == set(PrintingSolution.columns)
    for table, columns in PrintingSolution.columns.items():
        for row in answer.rows[table]:
            assert set(row) == {column.name for column in columns}
