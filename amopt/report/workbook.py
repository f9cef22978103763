"""An answer as an Excel workbook: what it says first, then a sheet for each table."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from amopt.errors import UsageError
from amopt.files import as_plain, new_file, require_writable_file

if TYPE_CHECKING:
    from amopt.solution import Column, Solution

__all__ = ["require_writable", "write_answer"]

FIRST_DAY: Final = datetime.date(1900, 3, 1)
"""The day from which spreadsheet programs count days right."""

_SUMMARY: Final = "summary"
_LONGEST_SHEET: Final = 31
_WIDEST: Final = 50
_WHOLE, _DECIMAL, _SMALL = "#,##0", "#,##0.00", "0.0000"


def require_writable(target: str | Path) -> None:
    """Refuse a workbook that could not be written later.

    Raises
    ------
    UsageError
        When the file does not end in .xlsx or cannot be written, or openpyxl is not installed.
    """
    if Path(target).suffix.lower() != ".xlsx":
        raise UsageError(f"name a file that ends in .xlsx, not {target}")
    require_writable_file(target)
    _openpyxl()


def write_answer(solution: Solution, target: str | Path) -> None:
    """Write an answer as a workbook, whole or not at all.

    The first sheet says what the page says first: the headline, the outcome and the notes. Each
    table that has rows is a sheet with a table in it, whose numbers keep all their digits and show
    as many as one reads.

    Raises
    ------
    UsageError
        See :func:`require_writable`.
    """
    require_writable(target)
    book: Any = _openpyxl().Workbook()
    first = book.active
    first.title = _SUMMARY
    for row, cells in enumerate(_summary(solution), 1):
        for place, cell in enumerate(cells, 1):
            _write(first.cell(row, place), cell)
    first.column_dimensions["A"].width = 22
    first.column_dimensions["B"].width = 100
    taken = {_SUMMARY}
    for name, rows in solution.rows.items():
        if rows:
            _write_table(book, _free_name(name, taken), rows, solution.columns.get(name, ()))
    with new_file(target) as temporary:
        book.save(temporary)


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
        ("status", str(outcome.status)),
        ("objective", outcome.objective),
        ("bound", outcome.bound),
        ("gap", outcome.gap),
        ("method", outcome.method),
        ("currency", solution.currency),
    ]
    rows += [("note", note) for note in solution.notes]
    return [row for row in rows if row[1] is not None]


def _free_name(name: str, taken: set[str]) -> str:
    """Return a name for a sheet that no other has."""
    short, number = name[:_LONGEST_SHEET], 1
    while short.casefold() in taken:
        number += 1
        short = f"{name[: _LONGEST_SHEET - 3]}_{number}"
    taken.add(short.casefold())
    return short


def _write_table(
    book: Any, name: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[Column]
) -> None:
    """Write a table as a sheet."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.table import Table, TableStyleInfo

    sheet = book.create_sheet(name)
    headings = [column.name for column in columns] or list(rows[0])
    for place, heading in enumerate(headings, 1):
        _write(sheet.cell(1, place), heading)
        values = _dates([as_plain(row.get(heading)) for row in rows], heading)
        shown = _format(values)
        for number, value in enumerate(values, 2):
            _write(sheet.cell(number, place), value, shown)
        width = max([len(heading) + 3, *(len(_words(value)) + 1 for value in values[:200])])
        sheet.column_dimensions[get_column_letter(place)].width = min(width, _WIDEST)
    area = f"A1:{get_column_letter(len(headings))}{len(rows) + 1}"
    table = Table(displayName=f"answer_{len(book.sheetnames)}", ref=area)
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight9", showRowStripes=True)
    sheet.add_table(table)
    sheet.freeze_panes = "A2"


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


def _write(cell: Any, value: Any, number_format: str = "General") -> None:
    """Write a value; no text is taken for a formula, and a number keeps its digits."""
    if value is None:
        return
    if isinstance(value, (list, dict)):
        value = str(value)
    if isinstance(value, str):
        cell.value = value
        cell.data_type = "s"
        return
    if isinstance(value, datetime.date):
        cell.value, cell.number_format = value, "yyyy-mm-dd"
        return
    if isinstance(value, float):
        cell._value, cell.data_type = repr(value), "n"  # openpyxl would keep 16 digits
    else:
        cell.value = value
    if type(value) in (int, float):
        cell.number_format = number_format
