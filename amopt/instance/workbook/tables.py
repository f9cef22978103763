"""A workbook or a folder of csv files as named tables, and what is wrong with it as a file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from amopt.errors import UsageError
from amopt.instance.findings import Where
from amopt.instance.formats.csv_text import CsvError, numbered_rows, separator_of
from amopt.instance.suggest import shown
from amopt.instance.workbook.archive import (
    DAMAGE,
    MERGED,
    has_links,
    hidden_parts,
    hidden_sheets,
    member_text,
    refusal,
    sheet_members,
    untold,
)
from amopt.instance.workbook.endings import OTHERS
from amopt.instance.workbook.layout import NOTES
from amopt.instance.workbook.rows import Book
from amopt.phrases import listed

__all__ = ["Remark", "Table", "Tables", "bare", "has_heading", "letters", "open_tables"]

MOST_ROWS: Final = 1_000_000
"""Rows of a table."""

BLANK_ROWS: Final = 1_000
"""Blank rows after which nothing more is expected."""

MOST_BYTES: Final = 256 * 1024 * 1024
"""The largest csv file that is read, in bytes: such a table is read quicker than a text."""


MOST_TITLES: Final = 10
"""Rows among which the headings of a table are looked for."""

_CELL: Final = re.compile(r"([A-Z]+)(\d+)")
_DECORATED: Final = re.compile(r"\s*(\*|\[[^\]]*\])\s*$")

Heads = Mapping[str, Collection[str]]
"""The headings that sheets may have, by their names in small letters."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something wrong with a table: a code of the catalogue, where, what, and what to do.

    ``cells`` are those that it speaks of, where they are several: ``C4`` or ``C3:C5``.
    """

    code: str
    where: Where
    message: str
    advice: str = ""
    cells: tuple[str, ...] = ()

    def speaks_of(self, cell: Where) -> bool:
        """Return whether it speaks of a cell, by its row and column."""
        if self.where.sheet != cell.sheet or cell.row is None or cell.column is None:
            return False
        if (self.where.row, self.where.column) == (cell.row, cell.column):
            return True
        return any(_holds(one, cell.row, cell.column) for one in self.cells)


def _holds(cells: str, row: int, column: str) -> bool:
    """Return whether a cell or a range of cells holds a cell."""
    first, _, last = cells.partition(":")
    ends = [_CELL.fullmatch(end) for end in (first, last or first)]
    if ends[0] is None or ends[1] is None:
        return False
    (left, top), (right, bottom) = ((_place(end[1]), int(end[2])) for end in ends if end)
    return top <= row <= bottom and left <= _place(column) <= right


def _place(column: str) -> tuple[int, str]:
    """Return what columns are sorted by."""
    return len(column), column


MACROS = "the workbook may hold macros; they are not run."
"""What is told of a workbook whose ending says so."""

LINKED = "formulas look into other workbooks, whose values are those of the last time it was saved."
"""What is said of a workbook that looks into others."""


Rows = Iterator[tuple[int, Sequence[Any]]]
"""Rows with their numbers."""


@dataclass(slots=True)
class Table:
    """A table.

    Attributes
    ----------
    name
        The name of the sheet, or of the csv file without its ending.
    headings
        What the cells of their row say, trimmed; empty where a cell is blank.
    rows
        The rows below that hold anything, each as long as the headings.
    numbers
        The number of each row.
    plain
        Whether all cells are text.
    top
        The number of the row of the headings.
    """

    name: str
    headings: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    numbers: list[int]
    plain: bool
    top: int = 1


@dataclass(slots=True)
class Tables:
    """The tables of a workbook or folder, and what is wrong with it."""

    tables: list[Table] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)


def letters(column: int) -> str:
    """Return the letters of a column that is counted from 0: A, B, ..., AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def bare(heading: Any) -> str:
    """Return a heading without the mark of what is required, and without its unit."""
    text = str(heading).strip() if heading is not None else ""
    while match := _DECORATED.search(text):
        text = text[: match.start()]
    return text


def has_heading(row: Sequence[Any], known: Collection[str]) -> bool:
    """Return whether at least half of the cells of a row that say something are known headings."""
    said = [bare(cell) for cell in row if _says_something(cell)]
    return 0 < len(said) <= 2 * sum(one in known for one in said)


def open_tables(path: Path, heads: Heads = MappingProxyType({})) -> Tables:
    """Read all tables of a workbook or of a folder of csv files.

    Parameters
    ----------
    path
        The workbook or the folder.
    heads
        Headings by which the row of the headings is known where titles stand above it; of sheets
        that are not among them it is the first.

    Raises
    ------
    UsageError
        When a workbook is to be read and openpyxl is not installed.
    """
    if path.is_dir():
        return _whole(_of_folder(path, heads))
    if not path.exists():
        remark = Remark("file-not-found", Where(), "there is no such file.", "Check the path.")
        return Tables(remarks=[remark])
    suffix = path.suffix.lower()
    if suffix in OTHERS:
        message = f"amopt reads no file that ends in {suffix}."
        advice = (
            "Name the folder that holds the csv files, one for each sheet."
            if suffix == ".csv"
            else "Save it as .xlsx, or each sheet as csv in one folder."
        )
        return Tables(remarks=[Remark("unknown-format", Where(), message, advice)])
    return _whole(_of_workbook(path, heads))


def _whole(found: Tables) -> Tables:
    """Return the tables, but none of them where one is too long: nothing else is told of it."""
    large = [remark for remark in found.remarks if remark.code == "file-too-large"]
    return Tables(remarks=large) if large else found


def _of_folder(path: Path, heads: Heads) -> Tables:
    """Read the csv files of a folder."""
    found = Tables()
    for file in sorted(path.iterdir()):
        if file.suffix.lower() == ".csv" and file.is_file() and not _passed_over(file.stem):
            _read_csv(file, found, heads)
    if not found.tables and not found.remarks:
        message = "the folder holds no csv files."
        advice = "Name the instance file itself, or a folder with instance.csv and its sheets."
        found.remarks.append(Remark("not-a-file", Where(), message, advice))
    return found


def _passed_over(name: str) -> bool:
    """Return whether a sheet is for people only."""
    return name.casefold() == NOTES or name.startswith("_")


def _read_csv(file: Path, found: Tables, heads: Heads) -> None:
    where = Where(sheet=file.stem)
    try:
        with file.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        found.remarks.append(Remark("unreadable-file", where, f"it cannot be read: {reason}."))
        return
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        message = f"the byte {content[error.start]:#04x} is not UTF-8 text."
        there = Where(sheet=file.stem, row=row)
        advice = "Save it again as CSV UTF-8."
        found.remarks.append(Remark("wrong-encoding", there, message, advice))
        return
    if len(content) > MOST_BYTES or "\x00" in text:
        code = "file-too-large" if len(content) > MOST_BYTES else "wrong-format"
        message = "the file is too large." if len(content) > MOST_BYTES else "the file is not text."
        found.remarks.append(Remark(code, where, message))
        return
    first, *others = text.lstrip("\r\n").split("\n", MOST_TITLES)[:MOST_TITLES]
    head = first if any(sign in first for sign in ",;\t|") else "".join(others)
    rows = _unbroken(numbered_rows(text, separator_of(head)), file.stem, found)
    _read_rows(file.stem, rows, found, heads, plain=True)


def _unbroken(rows: Rows, name: str, found: Tables) -> Rows:
    """Yield the rows of a csv file up to where its text breaks off."""
    try:
        yield from rows
    except CsvError as error:
        there = Where(sheet=name, row=error.line)
        found.remarks.append(Remark("syntax", there, f"{error}.", error.advice))


def _of_workbook(path: Path, heads: Heads) -> Tables:
    found = Tables()
    refused = refusal(path)
    if refused is not None:
        code, message, advice = refused
        found.remarks.append(Remark(code, Where(), message, advice))
        return found
    try:
        _read_sheets(path, found, heads)
    except DAMAGE as error:
        message = f"{shown(path.name)} is damaged ({type(error).__name__})."
        return Tables(remarks=[Remark("wrong-format", Where(), message, "Save it again.")])
    return found


def _read_sheets(path: Path, found: Tables, heads: Heads) -> None:
    """Read the sheets of a workbook."""
    members = {name: one for name, one in sheet_members(path).items() if not _passed_over(name)}
    for name, member in members.items():
        text = member_text(path, member)
        found.remarks += [
            _about(code, name, message, tuple(cells)) for code, message, cells in untold(text)
        ]
        if parts := hidden_parts(text):
            message = f"{parts}: hidden or filtered away, and read all the same."
            found.remarks.append(Remark("hidden-rows", Where(sheet=name), message))
    if members and path.suffix.lower() == ".xlsm":
        found.remarks.append(Remark("macros-not-run", Where(), MACROS))
    if members and has_links(path):
        found.remarks.append(Remark("external-link", Where(), LINKED))
    if members and (hidden := [name for name in hidden_sheets(path) if name in members]):
        message = f"{listed(list(map(shown, hidden)), most=5)}: hidden, and read all the same."
        found.remarks.append(Remark("hidden-sheet", Where(), message))
    book = _opened(path, found)
    if book is not None:
        for name, member in members.items():
            rows = book.rows(name, member_text(path, member))
            _read_rows(name, rows, found, heads, plain=False)
    if not members and not found.remarks:
        message = f"{shown(path.name)} is a zip file without sheets, and no workbook."
        found.remarks.append(Remark("wrong-format", Where(), message))


def _about(code: str, sheet: str, message: str, cells: tuple[str, ...]) -> Remark:
    """Return what is wrong with some cells of a sheet."""
    return Remark(code, Where(sheet=sheet), f"{message}: {listed(cells, most=5)}.", cells=cells)


def _opened(path: Path, found: Tables) -> Book | None:
    """Return the workbook; None where openpyxl does not open it."""
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Book(path)
    except ModuleNotFoundError as error:
        message = "workbooks need openpyxl: python -m pip install openpyxl (or save as .csv)"
        raise UsageError(message) from error
    except Exception as error:
        message = f"{shown(path.name)} is no workbook that can be read ({type(error).__name__})."
        found.remarks.append(Remark("wrong-format", Where(), message))
        return None


def _read_rows(name: str, rows: Rows, found: Tables, heads: Heads, *, plain: bool) -> None:
    """Read a table; rows without anything are left out."""
    first: Sequence[Any] = ()
    rows, top = _below_titles(name, rows, found, heads.get(name.strip().casefold(), ()))
    number, row = next(rows, (1, ()))
    if number == top:
        first = row
    else:
        rows = chain([(number, row)], rows)
    headings = [str(cell).strip() if cell is not None else "" for cell in first]
    while headings and not headings[-1]:
        headings.pop()
    table = Table(name, tuple(headings), [], [], plain, top)
    found.tables.append(table)
    width, last, stray = len(headings), top, False
    blank = (None,) * width
    for number, row in rows:
        if not any(map(_says_something, row)):
            continue
        if number - last > BLANK_ROWS:
            message = f"there are {number - last - 1:,} blank rows above this one."
            advice = "Remove what stands here, or the blank rows."
            where = Where(sheet=name, row=number)
            found.remarks.append(Remark("row-far-below", where, message, advice))
            return
        last = number
        if len(table.rows) >= MOST_ROWS:
            message = f"the table has more than {MOST_ROWS:,} rows."
            where = Where(sheet=name, row=number)
            found.remarks.append(Remark("file-too-large", where, message))
            return
        beyond = list(filter(_says_something, row[width:]))
        if beyond and not stray:
            stray = True
            message = f"{shown(beyond[0])} stands right of the last heading."
            where = Where(sheet=name, row=number)
            found.remarks.append(Remark("cell-without-heading", where, message))
        table.rows.append(tuple(row[:width]) + blank[len(row) :])
        table.numbers.append(number)


def _below_titles(name: str, rows: Rows, found: Tables, known: Collection[str]) -> tuple[Rows, int]:
    """Return the rows from that of the headings on, and its number; what stands above is told."""
    above: list[tuple[int, Sequence[Any]]] = []
    for number, row in islice(rows, MOST_TITLES) if known else ():
        if has_heading(row, known):
            titles = [at for at, cells in above if any(map(_says_something, cells))]
            if titles:
                _tell_titles(name, titles, number, found)
            return chain([(number, row)], rows), number
        above.append((number, row))
    return chain(above, rows), 1


def _tell_titles(name: str, titles: Sequence[int], top: int, found: Tables) -> None:
    """Note the rows above the headings; that cells are merged there does no harm."""
    said = "row" if len(titles) == 1 else "rows"
    message = f"the headings stand in row {top}; what {said} {listed(list(map(str, titles)))} say "
    message = f"{message.replace(' say ', ' says ') if len(titles) == 1 else message}is not read."
    for one in list(found.remarks):
        if one.code == "merged-cells" and one.where.sheet == name:
            found.remarks.remove(one)
            below = tuple(cells for cells in one.cells if _last_row(cells) >= top)
            if below:
                found.remarks.append(_about(one.code, name, MERGED, below))
    found.remarks.append(Remark("title-row", Where(sheet=name, row=titles[0]), message))


def _last_row(cells: str) -> int:
    end = _CELL.fullmatch(cells.rpartition(":")[2])
    return int(end[2]) if end else 0


def _says_something(cell: Any) -> bool:
    return cell is not None and (not isinstance(cell, str) or not cell.isspace()) and cell != ""
