"""Tables of any headings -> those of a workbook, by a file that says what stands where."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from amopt.errors import UsageError
from amopt.instance.findings import Finding
from amopt.instance.suggest import closest, did_you_mean, shown
from amopt.instance.workbook.cells import number_of
from amopt.instance.workbook.layout import INSTANCE
from amopt.instance.workbook.tables import Table, Tables, bare, letters, open_tables

__all__ = ["mapped_tables", "of_source"]

_OF_FILE = ("kind", "instance", "sheets")
_OF_SHEET = ("from", "columns")
_OF_COLUMN = ("column", "factor", "value")


def mapped_tables(source: Path, said: Mapping[str, Any]) -> tuple[Tables, Tables]:
    """Return the tables of a source under the names and headings that amopt has, and as they are.

    Parameters
    ----------
    source
        A workbook or a folder of csv files.
    said
        ``kind``; ``instance``, what stands once, by its keys; and ``sheets``: by the name of a
        sheet of amopt the table that it is ``from``, and its ``columns``: by their heading that of
        the source, or ``column`` with a ``factor`` into the heading's unit, or a ``value`` that
        holds in every row.

    Raises
    ------
    UsageError
        With everything that is said of no table, no column, or in no such word.
    """
    wrong = list(_misworded(said))
    if wrong:
        raise UsageError("\n".join(wrong))
    sheets: Mapping[str, Mapping[str, Any]] = said["sheets"]
    heads: dict[str, set[str]] = {}
    for sheet in sheets.values():
        used = filter(None, map(_column, sheet["columns"].values()))
        heads.setdefault(str(sheet["from"]).strip().casefold(), set()).update(map(bare, used))
    opened = open_tables(source, heads)
    if not opened.tables:
        return opened, opened
    found = [_of_instance(said)]
    for name, sheet in sheets.items():
        table = _named(opened, sheet)
        if table is None:
            names = [one.name for one in opened.tables]
            wrong.append(_lacks(f"{source.name} has no table", str(sheet["from"]), names))
            continue
        wrong += _without_column(table, sheet["columns"])
        if not wrong:
            found.append(_renamed(table, name, sheet["columns"]))
    if wrong:
        raise UsageError("\n".join(wrong))
    return Tables(found, opened.remarks), opened


def of_source(finding: Finding, said: Mapping[str, Any], source: Tables) -> Finding:
    """Return a finding with the table and the column of the source, whose rows have their numbers.

    Parameters
    ----------
    finding
        On the tables of :func:`mapped_tables`.
    said
        What it was given.
    source
        The tables of the source.
    """
    where, sheet = finding.where, said["sheets"].get(finding.where.sheet)
    if sheet is None:
        return finding
    table = _named(source, sheet)
    assert table is not None
    letter = where.column
    for at, column in enumerate(sheet["columns"].values()):
        heading = _column(column)
        if letters(at) == where.column and heading is not None:
            place = _place(table, heading)
            letter = letters(place) if place is not None else letter
    return replace(finding, where=replace(where, sheet=table.name, column=letter))


def _named(source: Tables, sheet: Mapping[str, Any]) -> Table | None:
    """Return the table that a sheet is from."""
    name = str(sheet["from"]).strip().casefold()
    return next((one for one in source.tables if one.name.strip().casefold() == name), None)


def _misworded(said: Any) -> Iterator[str]:
    """Yield what is wrong with a file of columns by itself."""
    if not isinstance(said, Mapping) or not isinstance(said.get("sheets"), Mapping):
        yield "a file of columns has kind, instance and sheets: by sheet its from and its columns"
        return
    yield from _unknown("the file of columns", said, _OF_FILE)
    if not isinstance(said.get("instance", {}), Mapping):
        yield "instance of the file of columns is a mapping of keys to what stands once"
    for name, sheet in said["sheets"].items():
        if not isinstance(sheet, Mapping) or not isinstance(sheet.get("columns"), Mapping):
            yield f"sheet {shown(name)} of the file of columns has from and columns"
            continue
        yield from _unknown(f"sheet {shown(name)}", sheet, _OF_SHEET)
        if "from" not in sheet:
            yield f"sheet {shown(name)} does not say which table it is from"
        for heading, column in sheet["columns"].items():
            where = f"column {shown(heading)} of sheet {shown(name)}"
            if isinstance(column, Mapping):
                yield from _unknown(where, column, _OF_COLUMN)
                factor = column.get("factor", 1.0)
                if ("column" in column) == ("value" in column):
                    yield f"{where} is of a column or a value"
                if type(factor) not in (int, float) or factor == 0:
                    yield f"{where} has a factor that is a number other than 0"


def _unknown(where: str, said: Mapping[str, Any], known: Sequence[str]) -> Iterator[str]:
    for key in said:
        if key not in known:
            yield _lacks(f"{where} has no", str(key), known)


def _lacks(what: str, name: str, known: Sequence[str]) -> str:
    match = closest(name, known)
    hint = did_you_mean(match) if match else f"There are {', '.join(map(str, known))}."
    return f"{what} {shown(name)}. {hint}"


def _column(said: Any) -> str | None:
    """Return the heading of the source; None where a value holds in every row."""
    if isinstance(said, Mapping):
        return str(said["column"]) if "column" in said else None
    return str(said)


def _place(table: Table, heading: str) -> int | None:
    """Return where a heading stands, told apart by small letters."""
    sought = bare(heading).casefold()
    places = [k for k, one in enumerate(table.headings) if bare(one).casefold() == sought]
    return places[0] if places else None


def _without_column(table: Table, columns: Mapping[str, Any]) -> Iterator[str]:
    for heading in map(_column, columns.values()):
        if heading is not None and _place(table, heading) is None:
            yield _lacks(f"table {shown(table.name)} has no column", heading, table.headings)


def _of_instance(said: Mapping[str, Any]) -> Table:
    """Return the sheet of what stands once."""
    rows = [("amopt", 1), ("kind", said.get("kind")), *said.get("instance", {}).items()]
    return Table(INSTANCE, ("key", "value"), rows, list(range(2, 2 + len(rows))), plain=False)


def _renamed(table: Table, name: str, columns: Mapping[str, Any]) -> Table:
    """Return a table by another name, with other headings."""
    cells = [_cell(table, said) for said in columns.values()]
    rows = [tuple(of(row) for of in cells) for row in table.rows]
    return Table(name, tuple(columns), rows, table.numbers, table.plain, table.top)


def _cell(table: Table, said: Any) -> Callable[[Sequence[Any]], Any]:
    """Return what gives a cell of a row: as it stands, times a factor, or a value."""
    heading = _column(said)
    if heading is None:
        value = said["value"]
        return lambda _: str(value) if table.plain and value is not None else value
    place = _place(table, heading)
    assert place is not None
    factor = said.get("factor") if isinstance(said, Mapping) else None
    if factor is None:
        return lambda row: row[place]
    return lambda row: _times(row[place], float(factor), plain=table.plain)


def _times(cell: Any, factor: float, *, plain: bool) -> Any:
    """Return a number times a factor; what is none stays, and is told where a number is due."""
    number = number_of(cell)
    if number is None:
        return cell
    return repr(number * factor) if plain else number * factor
