"""Tables -> the raw data of an instance, with the cell of each value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from amopt.instance.document import Document
from amopt.instance.findings import CATALOGUE, Finding, Key, Where
from amopt.instance.suggest import did_you_mean, shown
from amopt.instance.workbook.cells import read_cells
from amopt.instance.workbook.layout import INSTANCE, TEXT, Column, Layout, Sheet
from amopt.instance.workbook.reading.headings import (
    REMARK,
    absent_amounts,
    expected,
    heads_of,
    meant_column,
    meant_sheet,
    own_columns,
)
from amopt.instance.workbook.reading.places import Index, Places
from amopt.instance.workbook.reading.remnants import remnants
from amopt.instance.workbook.reading.totals import without_sum
from amopt.instance.workbook.reading.wording import (
    TableWords,
    unknown_parent,
    unnamed,
    without_instance,
)
from amopt.instance.workbook.tables import (
    Heads,
    Remark,
    Table,
    Tables,
    bare,
    letters,
    open_tables,
)
from amopt.phrases import listed

__all__ = ["READ_AS_BLANK", "load_workbook"]

_ANY: Final = Layout("", (), ())

READ_AS_BLANK: Final = ("cell-error", "formula-without-value", "merged-cells", "wrong-date")
"""What is wrong with cells that are read as blank ones: that a key is missing says no more."""


def load_workbook(
    path: Path,
    layout_of: Callable[[str], Layout | None],
    example_of: Callable[[str], Mapping[str, Any]] = lambda _: {},
    mapped: Tables | None = None,
) -> Document:
    """Read an instance from a workbook or from a folder of csv files.

    Parameters
    ----------
    path
        The workbook or the folder.
    layout_of
        Returns the layout of a kind; None where there is no such kind.
    example_of
        Returns the data of the template of a kind.
    mapped
        The tables, where their names and headings are others in the file.

    Returns
    -------
    Document
        Not ``usable`` where a table cannot be read.

    Raises
    ------
    UsageError
        When a workbook is to be read and openpyxl is not installed.
    """
    opened, found = _opened(path, layout_of, mapped)
    reader = _Reader(list(opened.remarks))
    tables = {table.name: table for table in opened.tables}
    if INSTANCE in tables:
        reader.data = reader.once(tables[INSTANCE], (found or _ANY).rows)
    elif not opened.remarks:
        reader.remarks.append(without_instance(path, opened.tables))
    if found is not None and INSTANCE in tables:
        reader.read(found, tables)
        reader.compare(example_of(found.kind))
    document = Document(file=str(path), data=reader.data, usable=INSTANCE in tables)
    document.locate = Places(found or _ANY, reader.cells, reader.rows, reader.columns).where
    document.absent = frozenset(reader.absent)
    document.words = TableWords(found or _ANY, document.where).said
    blanks = [remark for remark in reader.remarks if remark.code in READ_AS_BLANK]
    document.told = lambda cell: any(remark.speaks_of(cell) for remark in blanks)
    for remark in reader.remarks:
        code, where = CATALOGUE[remark.code], replace(remark.where, file=str(path))
        advice = remark.advice or code.advice
        document.findings.append(Finding(code.code, where, remark.message, advice, code.severity))
    return document


def _opened(
    path: Path, layout_of: Callable[[str], Layout | None], mapped: Tables | None
) -> tuple[Tables, Layout | None]:
    """Open the tables, once more where titles stand above headings, and return their layout."""
    opened = mapped or open_tables(path)
    if mapped is None and _titled(opened, heads_of(_ANY)):
        opened = open_tables(path, heads_of(_ANY))
    tables = {table.name: table for table in opened.tables}
    if INSTANCE not in tables:
        return opened, _ANY
    kind = _Reader([]).once(tables[INSTANCE], _ANY.rows).get("kind")
    found = layout_of(kind) if isinstance(kind, str) else None
    if mapped is None and found is not None and _titled(opened, heads := heads_of(found)):
        opened = open_tables(path, heads)
    return opened, found


def _titled(opened: Tables, heads: Heads) -> bool:
    """Return whether the first row of some table has none of its headings."""
    return any(
        bool(known) and bool(table.rows) and not known & set(map(bare, table.headings))
        for table in opened.tables
        if (known := frozenset(heads.get(table.name.strip().casefold(), ())))
    )


@dataclass
class _Reader:
    """Reads tables by a layout.

    Attributes
    ----------
    remarks
        What is wrong.
    data
        The raw data.
    cells
        The cells of what stands once, by their keys.
    rows
        Of each sheet the numbers of its rows by the entries that they hold.
    columns
        Of each sheet the letters of its columns by their headings.
    absent
        Keys, without the numbers of entries, that no entry has because a column is missing, or
        a sheet has another name.
    """

    remarks: list[Remark]
    data: dict[str, Any] = field(default_factory=dict)
    cells: dict[Key, Where] = field(default_factory=dict)
    rows: dict[str, dict[Index, int]] = field(default_factory=dict)
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    absent: set[Key] = field(default_factory=set)

    def once(self, table: Table, known: Sequence[Column]) -> dict[str, Any]:
        """Return what stands once, from the sheet of keys and values."""
        data: dict[str, Any] = {}
        by_heading = {column.heading: column for column in known}
        places = {heading.casefold(): place for place, heading in enumerate(table.headings)}
        at_key, at_value = places.get("key", 0), places.get("value", 1)
        seen: dict[str, int] = {}
        for row, number in zip(table.rows, table.numbers, strict=True):
            heading = bare(row[at_key]) if at_key < len(row) else ""
            cell = row[at_value] if at_value < len(row) else None
            where = Where(sheet=table.name, row=number, column=letters(at_value))
            if not heading:
                message = f"the value {shown(cell)} has no key."
                self.remarks.append(Remark("cell-without-heading", where, message))
                continue
            if heading in seen:
                message = f"the key {shown(heading)} is already in row {seen[heading]}."
                self.remarks.append(Remark("duplicate-key", where, message))
                continue
            seen[heading] = number
            path = tuple(heading.split("."))
            column = by_heading.get(heading, Column(path))
            (value,), slips = read_cells(column, [cell], plain=table.plain)
            self.remarks += [Remark(code, where, said, to_do) for _, code, said, to_do in slips]
            self.cells[path] = where
            if value is not None and not _put(data, path, value):
                message = f"the key {shown(heading)} stands beside another that it holds."
                self.remarks.append(Remark("duplicate-key", where, message))
        return data

    def read(self, layout: Layout, tables: dict[str, Table]) -> None:
        """Read all sheets but that of what stands once."""
        known = [sheet.name for sheet in layout.sheets]
        named: dict[str, str] = {}
        unknown: list[str] = []
        for name in tables:
            match = next((one for one in known if one.casefold() == name.strip().casefold()), None)
            if match is not None:
                named[match] = name
            elif name != INSTANCE:
                unknown.append(name)
        for name in unknown:
            near = meant_sheet(layout, tables[name], named)
            beside = f"Begin its name with {REMARK} if it is for your own use."
            advice = f"{did_you_mean(near)} {beside}" if near else ""
            self.absent |= {sheet.keys for sheet in layout.sheets if sheet.name == near}
            message = f"instances of {layout.kind} have no sheet {shown(name)}."
            self.remarks.append(Remark("unknown-sheet", Where(sheet=name), message, advice))
        entries: dict[str, dict[Index, tuple[Index, dict[str, Any]]]] = {}
        for sheet in layout.sheets:
            if sheet.name in named:
                table, sums = without_sum(sheet, tables[named[sheet.name]])
                self.remarks += sums
                entries[sheet.name] = self._entries(layout, sheet, table, entries)

    def compare(self, example: Mapping[str, Any]) -> None:
        """Note what is left of the template's example among entries of somebody's own."""
        found = list(remnants(self.data, example))
        if not found:
            return
        said = listed([f"{len(left)} of {key[-1]}" for key, left in found], most=6)
        message = f"entries of the template's example are left beside others: {said}."
        key, left = found[0]
        sheet = str(key[-1])
        row = self.rows.get(sheet, {}).get((left[0],))
        self.remarks.append(Remark("template-row", Where(sheet=sheet, row=row), message))

    def _entries(
        self,
        layout: Layout,
        sheet: Sheet,
        table: Table,
        above: dict[str, dict[Index, tuple[Index, dict[str, Any]]]],
    ) -> dict[Index, tuple[Index, dict[str, Any]]]:
        """Read the entries of a sheet into the data; return them by what names them below."""
        values = self._values(layout, sheet, table)
        count = len(table.rows)
        leading = [values.get(heading, [None] * count) for heading in sheet.leading]
        below = tuple(layout.below(sheet))
        own = self._own(sheet, values, count) if below else []
        columns = [
            (column.path, values[column.heading])
            for column in own_columns(sheet, table, below)
            if column.heading in values
        ]
        parents = above.get(sheet.parent.name, {}) if sheet.parent is not None else {}
        places = self.rows[sheet.name] = {}
        letter = self.columns[sheet.name]
        found: dict[Index, tuple[Index, dict[str, Any]]] = {}
        orphans: list[tuple[Index, int]] = []
        for row, number in enumerate(table.numbers):
            holder: dict[str, Any] = self.data
            index: Index = ()
            names = tuple(one[row] for one in leading)
            if sheet.parent is not None:
                if names not in parents:
                    orphans.append((names, number))
                    continue
                index, holder = parents[names]
            entry: dict[str, Any] = {}
            for path, cells in columns:
                value = cells[row]
                if value is not None and not _put(entry, path, value):
                    where = Where(sheet=table.name, row=number, column=letter[".".join(path)])
                    message = f"the column {'.'.join(path)} says what another one holds, too."
                    self.remarks.append(Remark("duplicate-key", where, message))
            at = self._place(holder, sheet, entry, index)
            if isinstance(at, Remark):
                self.remarks.append(replace(at, where=Where(sheet=table.name, row=number)))
                continue
            places[at] = number
            if below:
                found.setdefault((*names, *own[row]), (at, entry))
        self._without_parent(sheet, orphans, above)
        return found

    def _without_parent(
        self,
        sheet: Sheet,
        rows: Sequence[tuple[Index, int]],
        above: Mapping[str, Mapping[Index, Any]],
    ) -> None:
        """Note rows that belong to no entry of the sheet above; once where that is not there."""
        parent, letter = sheet.parent, self.columns[sheet.name]
        told = sheet.leading_keys & self.absent
        if parent is None or told or any(heading not in letter for heading in sheet.leading):
            return  # it is told that a column or the sheet is missing, or has another name
        if parent.name not in above:
            rows = rows[:1]
        known = [str(one[-1]) for one in above.get(parent.name, {})]
        for names, number in rows:
            where = Where(sheet=sheet.name, row=number, column=letter[sheet.leading[-1]])
            self.remarks.append(unknown_parent(sheet, parent, names, where, known))

    def _own(self, sheet: Sheet, values: dict[str, list[Any]], count: int) -> list[Index]:
        """Return what names each entry of a sheet in those below it."""
        headings = sheet.own if sheet.numbered else [column.heading for column in sheet.repeats]
        blank: list[Any] = [None] * count
        own = [values.get(heading, blank) for heading in headings]
        if sheet.numbered and sheet.own[0] not in values:
            return [(place,) for place in range(1, count + 1)]
        return list(zip(*own, strict=True)) if own else [()] * count

    def _place(
        self, holder: dict[str, Any], sheet: Sheet, entry: dict[str, Any], index: Index
    ) -> Index | Remark:
        """Put an entry where it belongs and return its index, or why it cannot be there."""
        message = f"{'.'.join(sheet.path)} stands in another sheet, too."
        elsewhere = Remark("duplicate-key", Where(), message)
        *way, last = sheet.path
        for key in way:
            holder = holder.setdefault(key, {})
            if not isinstance(holder, dict):
                return elsewhere
        if sheet.form == "mapping":
            held, name = holder.setdefault(last, {}), entry.get("name")
            if not isinstance(held, dict) or not isinstance(name, str) or name in held:
                return unnamed(name) if isinstance(held, dict) else elsewhere
            held[name] = entry.get("value")
            return (*index, name)
        held = holder.setdefault(last, [])
        if not isinstance(held, list):
            return elsewhere
        held.append(entry)
        return (*index, len(held) - 1)

    def _values(self, layout: Layout, sheet: Sheet, table: Table) -> dict[str, list[Any]]:
        """Return the values of the columns of a table by their headings."""
        by_heading = {one.heading: one for one in expected(layout, sheet)}
        letter = self.columns[sheet.name] = {}
        values: dict[str, list[Any]] = {}
        cells = list(zip(*table.rows, strict=True)) if table.rows else [()] * len(table.headings)
        for place, given in enumerate(table.headings):
            heading = bare(given)
            where = Where(sheet=table.name, row=table.top, column=letters(place))
            if heading.startswith(REMARK):
                continue
            column = by_heading.get(heading)
            if column is None and sheet.form == "free" and heading:
                column = Column((heading,), "text" if given.endswith(TEXT) else "any")
            if heading in values:
                message = f"the heading {shown(heading)} stands there twice."
                self.remarks.append(Remark("duplicate-key", where, message))
            elif column is None:
                self._unknown_column(table, place, by_heading, where)
            else:
                letter[heading] = letters(place)
                values[heading], slips = read_cells(column, cells[place], plain=table.plain)
                for row, code, message, advice in slips:
                    at = replace(where, row=table.numbers[row])
                    self.remarks.append(Remark(code, at, message, advice))
        self._missing(sheet, table, values)
        return values

    def _unknown_column(
        self, table: Table, place: int, known: dict[str, Column], where: Where
    ) -> None:
        heading = bare(table.headings[place])
        if not heading:
            if any(row[place] not in (None, "") for row in table.rows):
                message = "the column has cells and no heading."
                self.remarks.append(Remark("cell-without-heading", where, message))
            return
        near = meant_column(heading, list(known.values()), table)
        message = f"the sheet {where.sheet} has no column {shown(heading)}."
        advice = did_you_mean(near) if near else ""
        self.remarks.append(Remark("unknown-column", where, message, advice))

    def _missing(self, sheet: Sheet, table: Table, values: dict[str, list[Any]]) -> None:
        """Note the columns without which no entry can be."""
        if not table.rows:
            return
        needed = [column.path for column in sheet.columns if column.required]
        needed += [(heading,) for heading in sheet.leading]
        for path in needed:
            heading = ".".join(path)
            if heading not in values:
                message = f"the sheet {table.name} has no column {heading}."
                where = Where(sheet=table.name, row=table.top)
                self.remarks.append(Remark("missing-column", where, message))
                self.absent.add((*sheet.keys, *path))
        blank = any(
            one.code in READ_AS_BLANK and one.where.sheet == table.name for one in self.remarks
        )
        if not blank and (absent := absent_amounts(sheet, table)):
            verb = "column" if len(absent) == 1 else "columns"
            counts = "which counts as 0." if len(absent) == 1 else "which count as 0."
            message = f"the sheet {table.name} has no {verb} {listed(absent)}, {counts}"
            where = Where(sheet=table.name, row=table.top)
            self.remarks.append(Remark("absent-amount", where, message))


def _put(entry: dict[str, Any], path: tuple[str, ...], value: Any) -> bool:
    """Put a value under its keys; return whether nothing else stood there."""
    *way, last = path
    for key in way:
        entry = entry.setdefault(key, {})
        if not isinstance(entry, dict):
            return False
    if last in entry:
        return False
    entry[last] = value
    return True
