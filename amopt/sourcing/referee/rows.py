"""Rows of a table beside the rows that should be there, in the order of the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amopt.referee import Notebook

__all__ = ["Row", "compare_rows", "require_rows"]

Row = Mapping[str, Any]
"""A row of a table."""


def require_rows(
    notebook: Notebook, table: str, stated: Sequence[Any], expected: Sequence[Any]
) -> None:
    """Note rows that are missing, too many, or in another order than the file's.

    Parameters
    ----------
    notebook
        Where it is noted.
    table
        Name of the table.
    stated, expected
        What tells the rows apart, row by row.
    """
    stated, expected = list(stated), list(expected)
    if stated == expected:
        notebook.checks += 1
        return
    missing, more = Counter(expected) - Counter(stated), Counter(stated) - Counter(expected)
    for name in missing:
        notebook.require(False, f"{table}: the row of {_shown(name)} is missing")
    for name in more:
        notebook.require(False, f"{table}: there is a row too many, of {_shown(name)}")
    notebook.require(
        bool(missing or more),
        f"{table}: the rows do not stand in the order of the file",
    )


def compare_rows(
    notebook: Notebook,
    table: str,
    stated: Sequence[Row],
    expected: Sequence[Row],
    key: tuple[str, ...],
) -> None:
    """Compare all rows of a table, told apart by the columns of ``key``, with what is right."""
    names = [tuple(row.get(column) for column in key) for row in stated]
    right = {tuple(row[column] for column in key): row for row in expected}
    require_rows(notebook, table, names, list(right))
    for name, row in zip(names, stated, strict=True):
        if name in right:
            notebook.compare(partial(_of, table, name), row, right[name])


def _of(table: str, name: Any) -> str:
    """Return which row of a table it is, in words."""
    return f"{table} of {_shown(name)}"


def _shown(name: Any) -> str:
    """Return what tells a row apart, in words."""
    parts = name if isinstance(name, tuple) else (name,)
    return ", ".join(repr(part) for part in parts if part not in ("", None))
