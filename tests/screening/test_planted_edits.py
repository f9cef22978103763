"""An edit in any column of any table is found."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

import amopt
from amopt.screening import check
from amopt.screening.answer.solution import ScreeningSolution
from tests.screening.cases import at_random

pytestmark = pytest.mark.slow

SEEDS = (1, 3)


@pytest.fixture(scope="module", params=SEEDS)
def answered(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    instance = at_random(request.param, parts=14)
    return instance, amopt.solve(instance)


def edits(cell: Any) -> Iterator[Any]:
    """Yield values that differ from a cell: shifted, scaled, of another kind."""
    if isinstance(cell, bool):
        yield from (not cell, None, int(cell), str(cell))
    elif isinstance(cell, str):
        yield from (f"{cell} ", "", "yes" if cell != "yes" else "no", None, 1)
    elif cell is None:
        yield from (0, 1, 0.5, "", math.nan)
    else:
        yield from (cell + 1, cell + 1e-3, str(cell), None, math.nan, math.inf, True)
        if cell:
            yield from (-cell, cell * 2, cell * (1 + 1e-3), cell / 2)


def accepted(instance: Any, answer: Any, rows: Any) -> bool:
    return check(instance, replace(answer, rows=rows)).accepted


def test_every_column_is_read(answered: tuple[Any, Any]) -> None:
    instance, answer = answered
    plain = {name: [dict(row) for row in table] for name, table in answer.rows.items()}
    assert accepted(instance, answer, plain)
    missed = []
    for table, columns in ScreeningSolution.columns.items():
        assert plain[table], table
        middle = {0, len(plain[table]) // 2, len(plain[table]) - 1}
        for index in sorted(middle):
            row = plain[table][index]
            assert set(row) == {column.name for column in columns}
            for column in row:
                left_out = {name: cell for name, cell in row.items() if name != column}
                for edited in (left_out, *({**row, column: edit} for edit in edits(row[column]))):
                    rows = [*plain[table][:index], edited, *plain[table][index + 1 :]]
                    if accepted(instance, answer, {**plain, table: rows}):
                        missed.append((table, column, row[column], edited.get(column)))
    assert missed == []


def test_every_row_and_every_table_is_read(answered: tuple[Any, Any]) -> None:
    instance, answer = answered
    for table in ScreeningSolution.columns:
        rows = list(answer.rows[table])
        without = {name: value for name, value in answer.rows.items() if name != table}
        assert not accepted(instance, answer, without)
        for index in range(len(rows)):
            deleted = rows[:index] + rows[index + 1 :]
            doubled = rows[: index + 1] + rows[index:]
            for changed in (deleted, doubled):
                assert not accepted(instance, answer, {**answer.rows, table: changed}), table
    assert not accepted(instance, answer, {**answer.rows, "more": []})


def test_another_choice_is_not_the_stated_one(answered: tuple[Any, Any]) -> None:
    """A part put in, or taken out, in all tables that name it, is found by what it changes."""
    instance, answer = answered
    plain = [dict(row) for row in answer.rows["parts"]]
    for row in plain:
        row["examine"] = not row["examine"]
        assert not accepted(instance, answer, {**answer.rows, "parts": plain})
        row["examine"] = not row["examine"]


@pytest.mark.parametrize(
    "changes",
    [
        {"objective": None},
        {"objective": math.nan},
        {"bound": None},
        {"bound": math.nan},
        {"status": "unknown"},
        {"status": "infeasible"},
    ],
    ids=str,
)
def test_status_objective_and_bound_agree(answered: tuple[Any, Any], changes: Any) -> None:
    instance, answer = answered
    outcome = replace(answer.outcome, **changes)
    assert not check(instance, replace(answer, outcome=outcome)).accepted


@pytest.mark.parametrize("factor", [0.5, 0.999, 1.001, 2.0])
def test_another_objective_or_bound_is_found(answered: tuple[Any, Any], factor: float) -> None:
    instance, answer = answered
    objective = answer.outcome.objective
    assert objective > 0
    for changes in ({"objective": objective * factor}, {"bound": objective * factor}):
        outcome = replace(answer.outcome, **changes)
        assert not check(instance, replace(answer, outcome=outcome)).accepted
