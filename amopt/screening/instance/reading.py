"""A portfolio's table -> its parts, with everything that is wrong with it.

A csv file is read some rows at a time and turned into arrays at once, so that memory follows the
arrays and not the text.
"""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import UsageError
from amopt.instance.findings import Problem
from amopt.instance.formats.csv_text import separator_of
from amopt.instance.suggest import closest, did_you_mean, shown
from amopt.instance.workbook.endings import WORKBOOKS
from amopt.screening.instance.attributes import Attribute
from amopt.screening.instance.cells import (
    Cells,
    Notes,
    Place,
    TextCollector,
    names,
    numbers,
    said_unknown,
    truths,
)
from amopt.screening.instance.cells.notes import note_names
from amopt.screening.instance.entries import Portfolio
from amopt.screening.instance.headings import Bound, bind
from amopt.screening.instance.parts import Floats, Parts, Texts
from amopt.screening.instance.workbook import open_sheet

__all__ = ["MOST_BYTES", "MOST_PARTS", "read"]

MOST_BYTES = 1_000_000_000
"""The largest table that is read, in bytes."""

MOST_PARTS = 2_000_000
"""The most parts of a portfolio."""

CHUNK = 50_000
"""Rows that are read in one go."""

QUOTE = "Quote cells that hold the separator, and write numbers with a decimal point."

_FILE = ("portfolio", "file")
Objects = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Table:
    """A table, opened.

    Attributes
    ----------
    headings
        Its headings.
    chunks
        Its rows, some at a time: the cells of each column, shape (rows,) each.
    place
        Where it is, for findings.
    plain
        Whether all cells are text.
    warnings
        What the planner should know of it.
    """

    headings: tuple[str, ...]
    chunks: Iterator[Sequence[Objects]]
    place: Place
    plain: bool = False
    warnings: tuple[Problem, ...] = ()


class Unreadable(Exception):  # noqa: N818 - a way out of a reader, not an error of the caller's
    """The table cannot be read, or no further."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__()
        self.problems = problems


def read(
    portfolio: Portfolio, folder: Path | None, attributes: Mapping[str, Attribute]
) -> tuple[Parts | None, list[Problem]]:
    """Return the parts of a portfolio, None where there are none to go on with, and its problems.

    Parameters
    ----------
    portfolio
        Where the table is.
    folder
        The folder of the instance; None where it never was a file.
    attributes
        The attributes that there may be, by name.

    Raises
    ------
    UsageError
        When a package that reads such tables is not installed.
    """
    if (portfolio.file is None) == (portfolio.rows is None):
        given = "neither" if portfolio.file is None else "both"
        message = f"the portfolio gives {given} of file and rows."
        return None, [Problem("portfolio-source", ("portfolio",), message)]
    try:
        table = _opened(portfolio, folder)
        at = "rows" if portfolio.file is None else "file"
        bound, problems = bind(table.headings, portfolio, attributes, at)
        if not any(one.attribute is None for one in bound):
            return None, problems
        parts, found = _gathered(table, bound, comma=portfolio.decimal == "comma")
        return parts, [*problems, *table.warnings, *found]
    except Unreadable as unreadable:
        return None, list(unreadable.problems)


def _opened(portfolio: Portfolio, folder: Path | None) -> Table:
    """Open the table."""
    if portfolio.rows is not None:
        return _of_rows(portfolio.rows)
    path = _inside(str(portfolio.file), folder)
    suffix = path.suffix.casefold()
    if portfolio.sheet is not None and suffix not in WORKBOOKS:
        message = f"{shown(path.name)} has no sheets, and {shown(portfolio.sheet)} is asked for."
        raise Unreadable(Problem("unknown-sheet", ("portfolio", "sheet"), message, "Leave it out."))
    if suffix == ".csv":
        return _of_csv(path)
    if suffix in WORKBOOKS:
        return _of_workbook(path, portfolio.sheet)
    if suffix == ".parquet":
        return _of_parquet(path)
    message = f"{shown(path.name)} is no .csv, .xlsx or .parquet file."
    raise Unreadable(Problem("table-format", _FILE, message))


def _inside(name: str, folder: Path | None) -> Path:
    """Return the path of a table that may be read."""
    if folder is None:
        message = f"{shown(name)} is named by data that never was a file and has no folder."
        advice = "Load the instance from its file, or give the rows themselves."
        raise Unreadable(Problem("table-outside", _FILE, message, advice))
    windows = PureWindowsPath(name)  # knows both kinds of slashes
    leaves = windows.anchor or windows.drive or Path(name).is_absolute() or ".." in windows.parts
    try:
        leaves = leaves or not (folder / name).resolve().is_relative_to(folder.resolve())
        if leaves:
            message = f"{shown(name)} leads out of the folder of the instance."
            raise Unreadable(Problem("table-outside", _FILE, message))
        path = folder / name
        if not path.is_file():
            near = closest(name, [one.name for one in islice(folder.iterdir(), 1000)])
            hint = did_you_mean(near) if near else ""
            message = f"there is no file {shown(name)} beside the instance."
            raise Unreadable(Problem("table-not-found", _FILE, message, hint))
        size = path.stat().st_size
    except (OSError, ValueError) as error:
        message = f"{shown(name)} cannot be opened ({type(error).__name__})."
        raise Unreadable(Problem("table-not-found", _FILE, message)) from None
    if size > MOST_BYTES:
        message = f"{shown(name)} has {size / 1e6:,.0f} MB; the most is {MOST_BYTES / 1e6:,.0f}."
        raise Unreadable(Problem("table-too-large", _FILE, message))
    return path


def _of_rows(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return rows of the instance as a table."""
    if not rows:
        problem = Problem("table-empty", ("portfolio", "rows"), "the table has no parts.")
        raise Unreadable(problem)
    headings = tuple(dict.fromkeys(chain.from_iterable(rows)))
    columns = [np.empty(len(rows), dtype=object) for _ in headings]
    for column, heading in zip(columns, headings, strict=True):
        column[:] = [row.get(heading) for row in rows]
    return Table(headings, iter([columns]), Place())


def _of_csv(path: Path) -> Table:
    """Open a csv file; what separates its columns is seen from the headings."""
    with path.open("rb") as stream:
        head = stream.read(65_536)
    if head[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1", b"%PDF") or b"\x00" in head:
        message = f"{shown(path.name)} is not a text of comma-separated values."
        raise Unreadable(Problem("table-format", _FILE, message))
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise Unreadable(Problem("table-empty", _FILE, f"{shown(path.name)} is empty."))
    try:
        first = head.decode("utf-8-sig", errors="strict" if len(head) < 65_536 else "ignore")
        line = first.splitlines()[0]
        separator = separator_of(line)
        headings = tuple(next(csv.reader(first.splitlines(keepends=True), delimiter=separator)))
    except UnicodeDecodeError as error:
        raise _not_utf8(path, error) from None
    return Table(
        headings, _csv_chunks(path, separator, len(headings)), Place(str(path)), plain=True
    )


def _csv_chunks(path: Path, separator: str, width: int) -> Iterator[Sequence[Objects]]:
    """Yield the rows of a csv file."""
    import pandas as pd

    reader = pd.read_csv(
        path,
        sep=separator,
        header=0,
        names=list(range(width)),
        dtype=str,
        keep_default_na=False,
        na_filter=False,
        index_col=False,
        skip_blank_lines=False,
        encoding="utf-8-sig",
        chunksize=CHUNK,
    )
    try:
        with reader, warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            for chunk in reader:
                yield [chunk[name].to_numpy(dtype=object) for name in chunk.columns]
    except pd.errors.ParserWarning:
        message = f"{shown(path.name)} has more cells in its second row than headings."
        advice = f"Remove a title above the headings, which stand in the first row. {QUOTE}"
        raise Unreadable(Problem("table-malformed", _FILE, message, advice)) from None
    except UnicodeDecodeError as error:
        raise _not_utf8(path, error) from None
    except (pd.errors.ParserError, csv.Error) as error:
        said = str(error).strip().partition("C error: ")[2] or str(error).strip()
        said = said.rstrip(".").replace("\n", " ")
        message = f"{shown(path.name)} breaks off: {said[0].lower()}{said[1:]}."
        raise Unreadable(Problem("table-malformed", _FILE, message, QUOTE)) from None


def _not_utf8(path: Path, error: UnicodeDecodeError) -> Unreadable:
    message = f"{shown(path.name)} is not encoded in UTF-8 (byte {error.start:,} of a block)."
    advice = "Save it again as CSV UTF-8."
    return Unreadable(Problem("table-malformed", _FILE, message, advice))


def _of_workbook(path: Path, sheet: str | None) -> Table:
    """Open a sheet of a workbook."""
    opened, problems = open_sheet(path, sheet)
    if opened is None:
        raise Unreadable(*problems)
    rows = opened.rows
    headings = tuple("" if cell is None else str(cell) for cell in next(rows, ()))
    return Table(
        headings,
        _row_chunks(rows, len(headings)),
        Place(str(path), opened.name),
        warnings=opened.warnings,
    )


def _row_chunks(rows: Iterator[tuple[Any, ...]], width: int) -> Iterator[Sequence[Objects]]:
    """Yield the rows of a sheet by columns."""
    while block := list(islice(rows, CHUNK)):
        columns = [np.empty(len(block), dtype=object) for _ in range(width)]
        for place, column in enumerate(columns):
            column[:] = [row[place] if place < len(row) else None for row in block]
        yield columns


def _of_parquet(path: Path) -> Table:
    """Open a parquet file."""
    try:
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        message = "parquet files need pyarrow: python -m pip install pyarrow (or save as .csv)"
        raise UsageError(message) from error
    try:
        file = pq.ParquetFile(path)
    except Exception as error:
        message = f"{shown(path.name)} is no readable parquet file ({type(error).__name__})."
        raise Unreadable(Problem("table-format", _FILE, message)) from None
    chunks = ([_objects(one) for one in batch.columns] for batch in file.iter_batches(CHUNK))
    return Table(tuple(file.schema_arrow.names), chunks, Place(str(path)))


def _objects(column: Any) -> Objects:
    found = np.empty(len(column), dtype=object)
    found[:] = column.to_pylist()
    return found


def _gathered(
    table: Table, bound: Sequence[Bound], *, comma: bool
) -> tuple[Parts | None, list[Problem]]:
    """Read all rows."""
    notes = Notes(table.place)
    gathered: dict[str, list[Floats]] = {}
    collectors: dict[str, TextCollector] = {}
    found: list[str] = []
    kept: list[NDArray[np.bool_]] = []
    first = 0
    for chunk in table.chunks:
        rows = len(chunk[0])
        for one in bound:
            several = [
                Cells(table.headings[place], first, chunk[place], comma, table.plain)
                for place in one.positions
            ]
            if one.attribute is None:
                labels = names(several[0], notes)
                found += labels
            elif one.attribute.kind == "text":
                collectors.setdefault(one.name, TextCollector(one.attribute)).add(several[0], notes)
            else:
                gathered.setdefault(one.name, []).append(_summed(several, one, notes))
        kept.append(_not_blank(labels, chunk))
        first += rows
        if first > MOST_PARTS:
            message = f"the table has more than {MOST_PARTS:,} parts."
            raise Unreadable(Problem("table-too-large", _FILE, message))
    keep = np.concatenate(kept) if kept else np.zeros(0, dtype=bool)
    if not keep.any():
        at = "file" if table.place.file else "rows"
        return None, [Problem("table-empty", ("portfolio", at), "the table has no parts.")]
    heading = next(one.heading for one in bound if one.attribute is None)
    note_names(found, keep, heading, notes)
    texts = {name: collector.all() for name, collector in collectors.items()}
    numbers_of = {name: np.concatenate(several) for name, several in gathered.items()}
    return _kept(Parts(tuple(found), numbers_of, texts), keep), list(notes.all())


def _summed(several: Sequence[Cells], one: Bound, notes: Notes) -> Floats:
    """Return the numbers of one attribute, summed where it stands in several columns."""
    assert one.attribute is not None
    if one.attribute.kind == "yes or no":
        (cells,) = several
        return truths(cells, notes)
    columns = [numbers(cells, one.attribute, one.factor, notes) for cells in several]
    if len(columns) == 1:
        return columns[0]
    values = np.array(columns)
    total: Floats = np.nansum(values, axis=0)
    nothing = np.isnan(values)
    total[nothing.all(axis=0)] = np.nan
    for cells, empty in zip(several, nothing, strict=True):
        if empty.any():
            total[said_unknown(cells)] = np.nan
    return total


def _not_blank(labels: Sequence[str], chunk: Sequence[Objects]) -> NDArray[np.bool_]:
    """Return which rows hold anything."""
    keep = np.fromiter((bool(label) for label in labels), dtype=bool, count=len(labels))
    for row in np.flatnonzero(~keep):
        keep[row] = any(_is_written(column[row]) for column in chunk)
    return keep


def _is_written(cell: Any) -> bool:
    """Return whether a cell holds something, blanks apart."""
    if isinstance(cell, str):
        return bool(cell.strip())
    return cell is not None and cell == cell  # noqa: PLR0124 - NaN is not itself


def _kept(parts: Parts, keep: NDArray[np.bool_]) -> Parts:
    """Return the parts of the rows that hold anything."""
    if keep.all():
        return parts
    return Parts(
        tuple(name for name, kept in zip(parts.names, keep, strict=True) if kept),
        {name: values[keep] for name, values in parts.numbers.items()},
        {name: Texts(one.words, one.code[keep]) for name, one in parts.texts.items()},
    )
