"""A table that is kept by columns: many rows in little memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np

__all__ = ["ColumnTable"]

CHUNK = 20_000
"""Rows whose cells become plain in one go."""


class ColumnTable(Sequence[Mapping[str, Any]]):
    """Rows that are made when somebody asks for them.

    Parameters
    ----------
    columns
        The cells of each column by its name, all of one length: lists, or arrays, whose cells
        become plain numbers and texts as they are asked for.
    """

    def __init__(self, columns: Mapping[str, Sequence[Any]]) -> None:
        self._columns = dict(columns)
        lengths = {len(column) for column in self._columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"columns have the lengths {sorted(lengths)}")
        self._length = lengths.pop() if lengths else 0

    def __len__(self) -> int:
        """Return the number of rows."""
        return self._length

    @overload
    def __getitem__(self, index: int) -> Mapping[str, Any]: ...

    @overload
    def __getitem__(self, index: slice) -> list[Mapping[str, Any]]: ...

    def __getitem__(self, index: int | slice) -> Mapping[str, Any] | list[Mapping[str, Any]]:
        """Return a row, or some rows as a list."""
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(self._length))]
        return {name: _plain(column[index]) for name, column in self._columns.items()}

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        """Yield the rows."""
        names = tuple(self._columns)
        for start in range(0, self._length, CHUNK):
            some = [_listed(column[start : start + CHUNK]) for column in self._columns.values()]
            for cells in zip(*some, strict=True):
                yield dict(zip(names, cells, strict=True))

    def __eq__(self, other: object) -> bool:
        """Compare with any sequence of rows."""
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(map(lambda a, b: a == b, self, other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Return the size of the table."""
        return f"<{self._length:,} rows of {', '.join(self._columns)}>"

    @property
    def columns(self) -> Mapping[str, Sequence[Any]]:
        """The cells of each column by its name."""
        return self._columns


def _plain(cell: Any) -> Any:
    """Return a cell of an array as a plain number."""
    return cell.item() if isinstance(cell, np.generic) else cell


def _listed(column: Sequence[Any]) -> Sequence[Any]:
    """Return some cells, plain."""
    return column.tolist() if isinstance(column, np.ndarray) else column
