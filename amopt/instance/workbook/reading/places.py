"""Where the values of an instance stand in its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from amopt.instance.findings import Key, Where
from amopt.instance.workbook.layout import INSTANCE, Layout, Sheet

__all__ = ["Index", "Places"]

Index = tuple[int | str, ...]


class Places:
    """Where values stand.

    Parameters
    ----------
    layout
        The sheets.
    cells
        The cells of what stands once, by their keys.
    rows
        Of each sheet the numbers of its rows by the entries that they hold.
    columns
        Of each sheet the letters of its columns by their headings.
    """

    def __init__(
        self,
        layout: Layout,
        cells: Mapping[Key, Where],
        rows: Mapping[str, Mapping[Index, int]],
        columns: Mapping[str, Mapping[str, str]],
    ) -> None:
        self._layout, self._cells, self._rows, self._columns = layout, cells, rows, columns

    def where(self, key: Key) -> Where:
        """Return the cell of a key, or what there is of it."""
        found = self._within(None, (), key)
        if found is not None:
            return replace(found, key=key)
        names = tuple(part for part in key if isinstance(part, str))
        for most in range(len(names), 0, -1):
            if names[:most] in self._cells:
                return replace(self._cells[names[:most]], key=key)
        return Where(key=key, sheet=INSTANCE)

    def _within(self, parent: Sheet | None, index: Index, key: Key) -> Where | None:
        """Return the cell of a key below an entry; None where its sheets do not have it."""
        for sheet in self._layout.below(parent):
            rest = key[len(sheet.path) :]
            if key[: len(sheet.path)] != sheet.path or sheet.name not in self._rows:
                continue
            if not rest:
                return Where(sheet=sheet.name)
            here = (*index, rest[0])
            deeper = self._within(sheet, here, rest[1:])
            if deeper is not None:
                return deeper
            row = self._rows[sheet.name].get(here)
            heading = ".".join(str(part) for part in rest[1:] if isinstance(part, str))
            if sheet.form == "mapping":
                heading = "value"
            return Where(sheet=sheet.name, row=row, column=self._columns[sheet.name].get(heading))
        return None
