"""An answer as an Excel workbook: what it says first, then a sheet for each table."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile, ZipFile

from amopt.errors import UsageError
from amopt.files import as_plain, new_file, plain_column, require_writable_file
from amopt.files.sheet_rows import Below, column_texts, row_texts, save
from amopt.instance.collector_pause import collector_paused
from amopt.phrases import visible

if TYPE_CHECKING:
    from amopt.report.document import Grid
    from amopt.solution import Column, Solution

__all__ = ["require_writable", "write_answer", "write_tables"]

FIRST_DAY: Final = datetime.date(1900, 3, 1)
"""The day from which spreadsheet programs count days right."""

_NUMBERS: Final = frozenset({bool, int, float, type(None)})
"""Types of what a sheet holds as it is."""

_DAY_ZERO: Final = datetime.date(1899, 12, 30)
"""The day that is number 0 to them, from their first right day on."""

MOST_ROWS: Final = 1_048_575
"""Rows of a table that a sheet holds below its headings."""

LONGEST_TEXT: Final = 32_767
"""Characters that a cell holds, counted as UTF-16 counts them."""

_ELSEWHERE = "The files of --out hold them as they are."
_SUMMARY: Final = "summary"
_LONGEST_SHEET: Final = 31
_WIDEST: Final = 50
_WHOLE, _DECIMAL, _SMALL = "#,##0", "#,##0.00", "0.0000"


def require_writable(target: str | Path) -> None:
    """Refuse a workbook that could not be written later.

    Raises
    ------
    UsageError
        When the file does not end in .xlsx or cannot be written, holds an instance or is no
        workbook, or openpyxl is not installed.
    """
    if Path(target).suffix.lower() != ".xlsx":
        raise UsageError(f"name a file that ends in .xlsx, not {target}")
    require_writable_file(target)
    _openpyxl()
    if Path(target).is_file() and Path(target).stat().st_size:
        try:
            with ZipFile(target) as book:
                sheets = book.read("xl/workbook.xml")
        except (OSError, BadZipFile, KeyError) as error:
            raise UsageError(
                f"{target} is there and is no workbook: name another file, or delete it"
            ) from error
        if re.search(rb"""\bname=["']instance["']""", sheets):
            raise UsageError(f"{target} holds an instance, which would be lost: name another file")


def write_answer(solution: Solution, target: str | Path) -> None:
    """Write an answer as a workbook, whole or not at all.

    The first sheet says what the page says first: the headline, the outcome and the notes. Each
    table that has rows is a sheet with a table in it, whose numbers keep all their digits and show
    as many as one reads; one with more rows than a sheet holds goes on in further sheets. What a
    workbook cannot hold as it is, the first sheet says.

    Raises
    ------
    UsageError
        See :func:`require_writable`.
    """
    tables = ((name, rows, solution.columns.get(name, ())) for name, rows in solution.rows.items())
    _write_book(_summary(solution), tables, target)


def write_tables(said: Sequence[str], grids: Sequence[Grid], target: str | Path) -> None:
    """Write what a study says and its tables as a workbook, as :func:`write_answer` does.

    Raises
    ------
    UsageError
        See :func:`require_writable`.
    """
    summary = [("answer", sentence) for sentence in said]
    money = next((grid.currency for grid in grids if grid.currency), None)
    if money is not None:
        summary.append(("currency", money))
    _write_book(summary, ((grid.name, grid.rows, grid.columns) for grid in grids), target)


@collector_paused()
def _write_book(
    summary: Sequence[tuple[str, Any]],
    tables: Iterable[tuple[str, Sequence[Mapping[str, Any]], Sequence[Column]]],
    target: str | Path,
) -> None:
    """Write a sheet of words, and one or more for each table that has rows."""
    require_writable(target)
    book: Any = _openpyxl().Workbook()
    first = book.active
    first.title = _SUMMARY
    taken, told, below = {_SUMMARY}, _Told(), {}
    for name, rows, columns in tables:
        for part in _parts(rows):
            sheet = _free_name(name, taken)
            below[sheet] = _write_table(book, sheet, part, columns, told)
            if part.start:
                told.say(f"{name} has {len(rows):,} rows, and goes on in the sheet {sheet}.")
    for row, cells in enumerate([*summary, *told.notes()], 1):
        for place, cell in enumerate(cells, 1):
            _write(first.cell(row, place), cell, told=_Told())
    first.column_dimensions["A"].width = 22
    first.column_dimensions["B"].width = 100
    with new_file(target) as temporary:
        save(book, below, temporary)


@dataclass
class _Told:
    """What a workbook cannot hold as it is."""

    sentences: list[str] = field(default_factory=list)
    cut: set[str] = field(default_factory=set)
    signs: set[str] = field(default_factory=set)

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)

    def notes(self) -> Iterator[tuple[str, str]]:
        """Yield the rows of the first sheet that say it."""
        for sentence in self.sentences:
            yield "note", sentence
        if self.cut:
            where = ", ".join(sorted(self.cut))
            cut = f"Texts of more than {LONGEST_TEXT:,} characters are cut: {where}."
            yield "note", f"{cut} {_ELSEWHERE}"
        if self.signs:
            where = ", ".join(sorted(self.signs))
            yield "note", f"Signs stand for control characters: {where}. {_ELSEWHERE}"


@dataclass(frozen=True)
class _Part:
    """Rows of a table that fit a sheet, from one on."""

    rows: Sequence[Mapping[str, Any]]
    start: int


def _parts(rows: Sequence[Mapping[str, Any]]) -> Iterator[_Part]:
    """Yield the rows of a table, as many at once as fit a sheet."""
    if 0 < len(rows) <= MOST_ROWS:
        yield _Part(rows, 0)
        return
    for start in range(0, len(rows), MOST_ROWS):
        yield _Part([rows[k] for k in range(start, min(start + MOST_ROWS, len(rows)))], start)


def _openpyxl() -> Any:
    try:
        import openpyxl
    except ModuleNotFoundError as error:
        message = "workbooks need openpyxl: python -m pip install openpyxl"
        raise UsageError(message) from error
    return openpyxl


def _summary(solution: Solution) -> list[tuple[str, Any]]:
    """Return the rows of the first sheet."""
    outcome = solution.outcome
    rows: list[tuple[str, Any]] = [("answer", line) for line in solution.headline()]
    rows += [
        ("status", str(solution.status)),
        ("objective", outcome.objective),
        ("bound", outcome.bound),
        ("gap", outcome.gap),
        ("method", outcome.method),
        ("currency", solution.currency),
    ]
    rows += [("note", note) for note in solution.notes]
    return [(name, _named(value)) for name, value in rows if value is not None]


def _named(value: Any) -> Any:
    """Return a value for a cell; a number that is not finite by its name."""
    plain = as_plain(value)
    return str(value) if plain is None else plain


def _free_name(name: str, taken: set[str]) -> str:
    """Return a name for a sheet that no other has."""
    short, number = name[:_LONGEST_SHEET], 1
    while short.casefold() in taken:
        number += 1
        short = f"{name[: _LONGEST_SHEET - 3]}_{number}"
    taken.add(short.casefold())
    return short


def _write_table(
    book: Any, name: str, part: _Part, columns: Sequence[Column], told: _Told
) -> Below:
    """Make the sheet of rows of a table, and return what stands below its headings."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.table import Table, TableStyleInfo

    sheet, rows = book.create_sheet(name), part.rows
    headings = [column.name for column in columns] or list(rows[0])
    area = f"A1:{get_column_letter(len(headings))}{len(rows) + 1}"
    table = Table(displayName=f"answer_{len(book.sheetnames)}", ref=area)
    table._initialise_columns()  # else openpyxl makes a cell for each of the area to see the first
    columns_below = []
    for place, heading in enumerate(headings, 1):
        where, letter = f"{name}, {heading}", get_column_letter(place)
        _write(sheet.cell(1, place), heading, told=told, where=where)
        table.tableColumns[place - 1].name = str(sheet.cell(1, place).value)
        values, dated = _values([row.get(heading) for row in rows], heading, told, where)
        cell = WriteOnlyCell(sheet)
        cell.number_format = "yyyy-mm-dd" if dated else _format(values)
        days = [None if day is None else (day - _DAY_ZERO).days for day in values] if dated else ()
        columns_below.append(column_texts(letter, days or values, cell.style_id))
        width = max([len(heading) + 3, *(len(_words(value)) + 1 for value in values[:200])])
        sheet.column_dimensions[letter].width = min(width, _WIDEST)
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight9", showRowStripes=True)
    sheet.add_table(table)
    sheet.freeze_panes = "A2"
    below = zip(*columns_below, strict=True)
    return Below(row_texts(enumerate(below, 2)), len(rows) + 1, len(headings))


def _values(cells: list[Any], heading: str, told: _Told, where: str) -> tuple[Sequence[Any], bool]:
    """Return the values of a column as a sheet can hold them, and whether they are dates."""
    plain, kinds = plain_column(cells)
    if kinds <= _NUMBERS:
        return plain, False
    if (days := _dates(plain, heading)) is not plain:
        return days, any(day is not None for day in days)
    held: dict[str, str] = {}
    for text in {str(value) for value in plain if type(value) not in _NUMBERS}:
        held[text] = _held(text, told, where)
    return [value if type(value) in _NUMBERS else held[str(value)] for value in plain], False


def _dates(values: list[Any], heading: str) -> list[Any]:
    """Return the values of a column of dates as dates, others as they are."""
    if not heading.endswith("date"):
        return values
    try:
        days = [None if value is None else datetime.date.fromisoformat(value) for value in values]
    except (TypeError, ValueError):
        return values
    return values if any(day is not None and day < FIRST_DAY for day in days) else days


def _words(value: Any) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else "" if value is None else str(value)


def _format(values: Sequence[Any]) -> str:
    """Return how the numbers of a column are shown."""
    numbers = [value for value in values if type(value) in (int, float)]
    if all(float(value).is_integer() for value in numbers):
        return _WHOLE
    return _DECIMAL if max(map(abs, numbers)) >= 1 else _SMALL


def _write(cell: Any, value: Any, *, told: _Told, where: str = "") -> None:
    """Write a value; no text is taken for a formula, and a number keeps its digits."""
    if isinstance(value, str):
        cell.value = _held(value, told, where)
        cell.data_type = "s"
    elif isinstance(value, float):
        cell._value, cell.data_type = repr(value), "n"  # openpyxl would keep 16 digits
    else:
        cell.value = value


def _held(text: str, told: _Told, where: str) -> str:
    """Return a text as a cell can hold it."""
    signs = visible(text)
    if signs != text:
        told.signs.add(where)
    units = signs.encode("utf-16-le") if 2 * len(signs) > LONGEST_TEXT else b""
    if len(units) > 2 * LONGEST_TEXT:
        told.cut.add(where)
        return units[: 2 * (LONGEST_TEXT - 3)].decode("utf-16-le", "ignore") + "..."
    return signs
