"""The raw data of an instance -> rows of sheets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from amopt.errors import UsageError
from amopt.instance.workbook.cells import written
from amopt.instance.workbook.layout import Column, Layout, Sheet
from amopt.instance.workbook.reading.headings import leading_columns

__all__ = ["FilledSheet", "filled_sheets", "sheet_columns"]


@dataclass(slots=True)
class FilledSheet:
    """A sheet with its rows.

    Attributes
    ----------
    sheet
        The sheet.
    columns
        Its columns, those that name the entry above first.
    rows
        What the cells hold; None where a cell is blank.
    """

    sheet: Sheet
    columns: tuple[Column, ...]
    rows: list[tuple[Any, ...]] = field(default_factory=list)


def filled_sheets(
    layout: Layout, data: Mapping[str, Any]
) -> tuple[list[tuple[str, Any]], list[FilledSheet]]:
    """Return what stands once, by its keys joined by dots, and the sheets that have rows.

    Raises
    ------
    UsageError
        When a cell cannot hold a value so that it is read back the same.
    """
    once = [(".".join(path), cell) for path, cell in _once(data, layout, ())]
    found: list[FilledSheet] = []
    for sheet in layout.below(None):
        found += _below(layout, sheet, [((), data)])
    return once, found


def _once(
    data: Mapping[str, Any], layout: Layout, above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield what stands once, with its path."""
    sheets = {sheet.path for sheet in layout.below(None)}
    for key, value in data.items():
        path = (*above, key)
        if value is None or (path in sheets and isinstance(value, (list, tuple, Mapping))):
            continue
        if isinstance(value, Mapping):
            yield from _once(value, layout, path)
        else:
            yield path, _cell(value, path)


def _below(
    layout: Layout, sheet: Sheet, holders: Sequence[tuple[tuple[Any, ...], Mapping[str, Any]]]
) -> list[FilledSheet]:
    """Return a sheet and those below it, from the entries that hold such collections."""
    held: list[tuple[tuple[Any, ...], Mapping[str, Any]]] = []
    for names, holder in holders:
        held += [(names, entry) for entry in _entries(sheet, _at(holder, sheet.path))]
    if not held:
        return []
    below = list(layout.below(sheet))
    columns = sheet_columns(layout, sheet, [entry for _, entry in held])
    own = columns[len(sheet.leading) + sheet.numbered :]
    filled = FilledSheet(sheet, columns)
    inner: list[tuple[tuple[Any, ...], Mapping[str, Any]]] = []
    for number, (names, entry) in enumerate(held, 1):
        cells = [_of_entry(entry, column) for column in own]
        filled.rows.append((*names, *([number] if sheet.numbered else []), *cells))
        if below:
            mine = [_at(entry, column.path) for column in sheet.repeats] or [number]
            inner.append(((*names, *mine), entry))
    found = [filled]
    for one in below:
        found += _below(layout, one, inner)
    return found


def sheet_columns(
    layout: Layout, sheet: Sheet, entries: Sequence[Mapping[str, Any]] | None = None
) -> tuple[Column, ...]:
    """Return the columns of a sheet: those that entries use, or all where none are given."""
    leading = [column for above in sheet.ancestors for column in leading_columns(above)]
    if sheet.numbered:
        leading.append(Column(sheet.own, "whole", required=True))
    if sheet.form == "free":
        headings = dict.fromkeys(key for entry in entries or () for key in entry)
        texts = {
            heading
            for heading in headings
            if all(isinstance(entry.get(heading, ""), str) for entry in entries or ())
        }
        return (
            *leading,
            *(Column((one,), "text" if one in texts else "any") for one in headings),
        )
    words = [Column(one.path, "text") for one in layout.below(sheet) if entries is not None]
    own = [
        column
        for column in (*sheet.columns, *words)
        if entries is None
        or column.required
        or any(_of_entry(entry, column) is not None for entry in entries)
    ]
    return (*leading, *own)


def _entries(sheet: Sheet, value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the entries of a collection."""
    if sheet.form == "mapping" and isinstance(value, Mapping):
        yield from ({"name": name, "value": one} for name, one in value.items())
    elif isinstance(value, (list, tuple)):
        yield from value


def _at(entry: Any, path: tuple[str, ...]) -> Any:
    """Return what stands under some keys; None where nothing does."""
    for key in path:
        if not isinstance(entry, Mapping):
            return None
        entry = entry.get(key)
    return entry


def _of_entry(entry: Mapping[str, Any], column: Column) -> Any:
    """Return what the cell of an entry holds."""
    value = _at(entry, column.path)
    if value is None or isinstance(value, Mapping):
        return None
    if isinstance(value, (list, tuple)) and any(isinstance(one, Mapping) for one in value):
        return None
    if isinstance(value, (list, tuple)) and not value:
        return None
    return _cell(value, column.path)


def _cell(value: Any, path: tuple[str, ...]) -> Any:
    try:
        return written(value)
    except ValueError as error:
        message = f"a cell cannot hold {'.'.join(path)}: {error}; leave the instance as yaml"
        raise UsageError(message) from None
