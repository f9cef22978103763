"""Sheets -> a workbook, or a folder of csv files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from amopt.errors import UsageError
from amopt.files import new_file, require_writable_file
from amopt.files.formulas import begins_formula
from amopt.files.sheet_rows import Below, cell_text, row_texts, save
from amopt.instance.workbook.cells import SEPARATOR
from amopt.instance.workbook.flattening import FilledSheet, filled_sheets, sheet_columns
from amopt.instance.workbook.layout import INSTANCE, NOTES, TEXT, Column, Layout, Sheet
from amopt.instance.workbook.tables import letters

__all__ = ["csv_files", "notes_of", "write_workbook"]

_LONGEST_LIST: Final = 255
"""Letters that the list of a drop-down may have."""

_ROOM: Final = 1_000
"""Rows below the last for which drop-downs are made."""

_MOST_ROWS: Final = 1_048_575
"""Rows that a sheet holds below its headings."""

_LONGEST_TEXT: Final = 32_767
"""Characters that a cell holds."""

_TEXT_ROWS: Final = 50
"""Rows below the last in which what is typed into a column of texts stays a text."""

_WIDEST: Final = 60
"""Letters that a column is wide at most."""


def csv_files(layout: Layout, data: Mapping[str, Any]) -> dict[str, str]:
    """Return an instance as csv files by their names, which are those of the sheets.

    Raises
    ------
    UsageError
        When a cell cannot hold a value so that it is read back the same.
    """
    once, sheets = filled_sheets(layout, data)
    files = {f"{INSTANCE}.csv": _csv((("key", "value"), *once))}
    for one in sheets:
        headings = [_heading(one.sheet, column) for column in one.columns]
        files[f"{one.sheet.name}.csv"] = _csv((headings, *one.rows))
    return files


def _heading(sheet: Sheet, column: Column) -> str:
    """Return a heading; where any may stand, it says that a number is a text."""
    return column.heading + (TEXT if sheet.form == "free" and column.kind == "text" else "")


def _csv(rows: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow([_of_csv(cell) for cell in row])
    return text.getvalue()


def _of_csv(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    return repr(cell) if isinstance(cell, float) else str(cell)


def write_workbook(
    layout: Layout, data: Mapping[str, Any], target: str | Path, *, template: bool = False
) -> None:
    """Write an instance as a workbook, whole or not at all.

    Parameters
    ----------
    layout
        The sheets of its decision.
    data
        Its raw data.
    target
        The file.
    template
        Whether every sheet and column is there, also those that the data do not use.

    Raises
    ------
    UsageError
        When the file cannot be written, openpyxl is not installed, or a cell cannot hold a value.
    """
    try:
        import openpyxl
    except ModuleNotFoundError as error:
        message = "workbooks need openpyxl: python -m pip install openpyxl"
        raise UsageError(message) from error
    require_writable_file(target)
    once, sheets = filled_sheets(layout, data)
    book: Any = openpyxl.Workbook()
    book.remove(book.active)
    _write_once(book, layout, once, template=template)
    for one in sheets:
        if len(one.rows) > _MOST_ROWS:
            message = f"{one.sheet.name} has {len(one.rows):,} rows, and a sheet of a workbook has "
            raise UsageError(f"{message}room for {_MOST_ROWS:,}: name a folder of csv files")
    there, below = {one.sheet.name: one for one in sheets}, {}
    for sheet in layout.sheets:
        if sheet.name in there or (template and sheet.form != "free"):
            filled = there.get(sheet.name) or FilledSheet(sheet, ())
            if template:
                filled = _widened(layout, filled)
            below[sheet.name] = _write_sheet(book, filled)
    _offer(book, layout, {name: one.last for name, one in below.items()})
    _write_notes(book, layout)
    with new_file(target) as temporary:
        save(book, below, temporary)


def _widened(layout: Layout, filled: FilledSheet) -> FilledSheet:
    """Return a sheet with all columns that it may have."""
    if filled.sheet.form == "free":
        return filled
    columns = sheet_columns(layout, filled.sheet)
    places = {column.heading: place for place, column in enumerate(filled.columns)}
    extra = tuple(column for column in filled.columns if column not in columns)
    every = (*columns, *extra)
    rows = [
        tuple(row[places[column.heading]] if column.heading in places else None for column in every)
        for row in filled.rows
    ]
    return FilledSheet(filled.sheet, every, rows)


def _write_once(
    book: Any, layout: Layout, once: Sequence[tuple[str, Any]], *, template: bool
) -> None:
    """Write the sheet of what stands once, each with its meaning."""
    sheet = book.create_sheet(INSTANCE)
    known = {column.heading: column for column in layout.rows}
    given = dict(once)
    keys = [*given, *(key for key in known if template and key not in given)]
    _write_headings(sheet, [Column((name,)) for name in ("key", "value", "meaning")])
    for row, key in enumerate(keys, 2):
        column = known.get(key, Column((key,)))
        _write_cell(sheet, row, 1, key)
        _write_cell(sheet, row, 2, given.get(key))
        _write_cell(sheet, row, 3, column.meaning)
        if column.choices:
            _drop_down(sheet, f"B{row}", _inline(column.choices))
    _set_widths(sheet, [max(map(len, [*keys, "key"])), 30, _WIDEST])


def _write_sheet(book: Any, filled: FilledSheet) -> Below:
    """Make a sheet, and return what stands below its headings."""
    sheet = book.create_sheet(filled.sheet.name)
    _write_headings(sheet, filled.columns)
    last = max(2, len(filled.rows) + 1)
    for place, column in enumerate(filled.columns):
        letter = letters(place)
        if column.kind == "text":
            for row in range(len(filled.rows) + 2, len(filled.rows) + 2 + _TEXT_ROWS):
                sheet[f"{letter}{row}"].number_format = "@"
        if column.choices:
            below = f"{letter}2:{letter}{last + _ROOM}"
            _drop_down(sheet, below, _inline(column.choices), several=column.several)
        elif column.kind == "truth":
            _drop_down(sheet, f"{letter}2:{letter}{last + _ROOM}", '"TRUE,FALSE"')
    if filled.columns:
        sheet.auto_filter.ref = f"A1:{letters(len(filled.columns) - 1)}{last}"
    _set_widths(sheet, [len(column.heading) + 4 for column in filled.columns])
    last = max(sheet.max_row, len(filled.rows) + 1)
    return Below(row_texts(enumerate(_cells_of(sheet, filled), 2)), last, len(filled.columns))


def _cells_of(sheet: Any, filled: FilledSheet) -> list[list[str]]:
    """Return the cells of each row as the file of a sheet holds them."""
    from openpyxl.cell import WriteOnlyCell

    styles: list[int] = []
    for quoted in (False, True):
        cell = WriteOnlyCell(sheet)
        _style_text(cell, quoted=quoted)
        styles.append(cell.style_id)
    known: dict[str, int] = {}
    found, places = [], list(map(letters, range(len(filled.columns))))
    for number, row in enumerate(filled.rows, 2):
        cells = []
        for letter, value in zip(places, row, strict=True):
            style = 0
            if isinstance(value, str):
                if value not in known:
                    _require_held(value)
                    known[value] = styles[begins_formula(value)]
                style = known[value]
            if value is not None:
                cells.append(cell_text(f"{letter}{number}", value, style))
        found.append(cells)
    return found


def _write_headings(sheet: Any, columns: Sequence[Column]) -> None:
    """Write the headings; those of required columns are filled and marked."""
    from openpyxl.comments import Comment
    from openpyxl.styles import Font, PatternFill

    for place, column in enumerate(columns, 1):
        cell = sheet.cell(1, place)
        _write_text(cell, f"{column.heading} *" if column.required else column.heading)
        cell.font = Font(bold=True)
        if column.required:
            cell.fill = PatternFill("solid", fgColor="FFF2CC")
        if column.meaning:
            cell.comment = Comment(column.meaning, "amopt", width=320, height=90)
    sheet.freeze_panes = "A2"


def _write_cell(sheet: Any, row: int, place: int, value: Any) -> None:
    """Write a value so that it is read back the same."""
    if value is None:
        return
    cell = sheet.cell(row, place)
    if isinstance(value, str):
        _write_text(cell, value)
    elif isinstance(value, float):
        cell._value, cell.data_type = repr(value), "n"  # openpyxl would keep 16 digits
    else:
        cell.value = value


def _write_text(cell: Any, text: str) -> None:
    """Write a text as text, also where it looks like a formula, a number or an error."""
    _require_held(text)
    cell.value = text
    cell.data_type = "s"
    _style_text(cell, quoted=begins_formula(text))


def _style_text(cell: Any, *, quoted: bool) -> None:
    cell.number_format = "@"
    cell.quotePrefix = quoted


def _require_held(text: str) -> None:
    """Refuse a text that a cell cannot hold."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.utils.exceptions import IllegalCharacterError

    if len(text) > _LONGEST_TEXT:
        message = f"a workbook cannot hold the text {text[:40]!r}...: a cell has room for "
        raise UsageError(f"{message}{_LONGEST_TEXT:,} characters: name a folder of csv files")
    if ILLEGAL_CHARACTERS_RE.search(text):
        name = IllegalCharacterError.__name__
        raise UsageError(f"a workbook cannot hold the text {text[:40]!r}: {name}")


def _inline(words: Sequence[str]) -> str:
    """Return words as the list of a drop-down; empty where it would be too long."""
    text = ",".join(words)
    return f'"{text}"' if len(text) <= _LONGEST_LIST else ""


def _drop_down(sheet: Any, cells: str, formula: str, *, several: bool = False) -> None:
    """Offer words in some cells; others are warned of, not refused.

    A list offers one word: where several may stand, nothing that is typed is warned of.
    """
    if not formula:
        return
    from openpyxl.worksheet.datavalidation import DataValidation

    offered = DataValidation(
        type="list",
        formula1=formula,
        allow_blank=True,
        showErrorMessage=not several,
        showInputMessage=several,
        errorStyle="warning",
    )
    offered.error = "This is none of the words or names that are known here."
    if several:
        offered.prompt = f"One of the list, or several: type {SEPARATOR} between them."
    sheet.add_data_validation(offered)
    offered.add(cells)


def _offer(book: Any, layout: Layout, last: Mapping[str, int]) -> None:
    """Offer the names of one sheet in the columns of others that refer to them.

    ``last`` is the last row of each sheet.
    """
    by_path = {
        ".".join((*(key for above in one.ancestors for key in above.path), *one.path)): one.name
        for one in layout.sheets
    }
    by_name = {one.name: one for one in layout.sheets}
    for sheet in book:
        own = by_name.get(sheet.title)
        for column in sheet_columns(layout, own) if own is not None else ():
            if column.refers is not None:
                target, key = by_path.get(column.refers.collection), column.refers.key
                _offer_names(last, sheet, (column.heading, column.several), target, key)
        for above in own.ancestors if own is not None else ():
            for heading, column in zip(above.own, above.repeats, strict=False):
                if column.refers is None:  # the entry's own name, which is defined in that sheet
                    _offer_names(last, sheet, (heading, False), above.name, column.heading)
            for number in above.own if above.numbered else ():
                _offer_names(last, sheet, (number, False), above.name, number)


def _offer_names(
    ends: Mapping[str, int], sheet: Any, into: tuple[str, bool], target: str | None, key: str
) -> None:
    """Offer the names in a column of another sheet, and those that are yet to stand there.

    ``into`` is a heading, and whether several names may stand below it.
    """
    heading, several = into
    book: Any = sheet.parent
    if target is None or target not in ends:
        return
    letter, source = _letter_of(sheet, heading), _letter_of(book[target], key)
    if letter and source:
        last = max(ends[target], ends[sheet.title]) + _ROOM
        formula = f"='{target}'!${source}$2:${source}${last}"
        _drop_down(sheet, f"{letter}2:{letter}{last}", formula, several=several)


def _letter_of(sheet: Any, heading: str) -> str:
    """Return the letter of the column with a heading, marked as required or not; empty if none."""
    own = (cell for cell in sheet[1] if str(cell.value).removesuffix(" *") == heading)
    return next((str(cell.column_letter) for cell in own), "")


def _write_notes(book: Any, layout: Layout) -> None:
    """Write the sheet that explains the others, and is not read."""
    sheet = book.create_sheet(NOTES)
    _write_headings(
        sheet,
        [
            Column((name,))
            for name in ("sheet", "column or key", "required", "blank means", "words", "meaning")
        ],
    )
    for row, cells in enumerate(notes_of(layout), 2):
        for place, cell in enumerate(cells, 1):
            _write_cell(sheet, row, place, cell)
    _set_widths(sheet, [24, 30, 10, 16, 30, 100])


def notes_of(layout: Layout) -> Iterator[tuple[str, ...]]:
    """Yield what is to be known of each column."""
    yield (
        "",
        "",
        "",
        "",
        "",
        "This sheet is not read, nor is one whose name begins with _, or a column whose heading "
        "does. A blank cell is a key left out. Several values in a cell are separated by ;. "
        "Spreadsheet programs may keep 15 digits of a number.",
    )
    for column in layout.rows:
        yield INSTANCE, *_note(column)
    for sheet in layout.sheets:
        for column in sheet_columns(layout, sheet):
            yield sheet.name, *_note(column)


def _note(column: Column) -> tuple[str, str, str, str, str]:
    default = column.default
    said = "" if default is None or hasattr(default, "model_fields") else str(default)
    required = "yes" if column.required else ""
    return column.heading, required, said, ", ".join(column.choices), column.meaning


def _set_widths(sheet: Any, widths: Sequence[int]) -> None:
    for place, width in enumerate(widths):
        sheet.column_dimensions[letters(place)].width = min(max(width, 8), _WIDEST)
