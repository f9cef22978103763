"""Planted edits: what a referee must find in the tables and the outcome of any answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

Check = Callable[[Any, Any], Any]

_ROWS = 15

__all__ = [
    "require_columns_are_read",
    "require_outcome_agrees",
    "require_rows_are_read",
    "require_tables_are_declared",
]


def edits(cell: Any, shift: float, words: tuple[str, str]) -> Iterator[Any]:
    """Yield values that differ from a cell: scaled, shifted, of another kind."""
    if isinstance(cell, str):
        yield from (f"{cell} ", "", words[0] if cell != words[0] else words[1], None, 1)
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


def require_columns_are_read(
    check: Check, instance: Any, answer: Any, shift: float, words: tuple[str, str]
) -> None:
    """Edit each column in the first and the last row of every table; ``words`` are of a column.

    All edits in the first row; in the last one those that keep the kind, for types are told alike.
    """

    def accepted(rows: Any) -> bool:
        return bool(check(instance, replace(answer, rows=rows)).accepted)

    plain = {name: [dict(row) for row in table] for name, table in answer.rows.items()}
    assert accepted(plain)
    missed = []
    for table, columns in type(answer).columns.items():
        for index, row in list(enumerate(plain[table]))[:: max(1, len(plain[table]) - 1)]:
            for column in (column.name for column in columns):
                left_out = {name: cell for name, cell in row.items() if name != column}
                changed = [{**row, column: edit} for edit in edits(row[column], shift, words)]
                for edited in (left_out, *changed) if index == 0 else (changed[0], changed[-1]):
                    rows = [*plain[table][:index], edited, *plain[table][index + 1 :]]
                    if accepted({**plain, table: rows}):
                        missed.append((table, column, row[column], edited.get(column)))
    assert missed == []


def require_rows_are_read(check: Check, instance: Any, answer: Any) -> None:
    """Take tables away, delete and double rows, add limits and tables that are not there.

    Of a long table some fifteen rows, the first and the last among them.
    """

    def accepted(rows: Any) -> bool:
        return bool(check(instance, replace(answer, rows=rows)).accepted)

    for table in type(answer).columns:
        rows = list(answer.rows[table])
        assert not accepted({name: value for name, value in answer.rows.items() if name != table})
        for index in sorted({*range(0, len(rows), 1 + len(rows) // _ROWS), len(rows) - 1} - {-1}):
            deleted = rows[:index] + rows[index + 1 :]
            doubled = rows[: index + 1] + rows[index:]
            for changed in (deleted, doubled):
                assert not accepted({**answer.rows, table: changed})
    assert not accepted({**answer.rows, "limits": [{"limit": "mine"}]})
    assert not accepted({**answer.rows, "more": []})


def require_outcome_agrees(check: Check, instance: Any, answer: Any) -> None:
    """Edit status, objective and bound."""
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


def require_tables_are_declared(answer: Any) -> None:
    """Compare the tables and their columns with what the solution declares."""
    assert set(answer.rows) == set(type(answer).columns)
    for table, columns in type(answer).columns.items():
        for row in answer.rows[table]:
            assert set(row) == {column.name for column in columns}
