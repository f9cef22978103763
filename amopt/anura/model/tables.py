"""The tables of a model: a folder of csv files, a workbook, or a database connection."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amopt.anura.model.names import COLUMNS, NEGLIGIBLE, REFUSED, REFUSED_TABLES, TABLES
from amopt.anura.model.remarks import Remarks, Sort
from amopt.errors import InvalidInstanceError, UsageError
from amopt.instance.findings import Finding
from amopt.instance.suggest import closest, did_you_mean
from amopt.instance.workbook.tables import open_tables

__all__ = ["Model", "Row", "plain_name", "read_model"]

LONGEST_SHEET = 31
"""Letters of a sheet's name in a workbook."""

NO_TABLE = "42P01"
"""The state that PostgreSQL reports where there is no such table."""

_NO_TABLE = re.compile(
    r"no such table|table .*(does not|doesn't) exist|relation .* does not exist"
    r"|unknown table|invalid object name",
    re.IGNORECASE,
)
_TRUE = ("true", "yes", "1", "t")
_FALSE = ("false", "no", "0", "f")
_DATES = ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%Y/%m/%d")


def plain_name(name: str) -> str:
    """Return a name as tables and columns are told apart: without case, blanks and underscores."""
    return re.sub(r"[\s_]+", "", name).casefold()


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; what is read of it is taken down.

    Attributes
    ----------
    table, number
        Where it stands; the headings are row 1.
    cells
        What is not blank, by the plain name of the column.
    model
        The model it belongs to.
    """

    table: str
    number: int
    cells: Mapping[str, Any]
    model: Model

    def _cell(self, column: str) -> Any:
        self.model.read.add((self.table, column))
        return self.cells.get(plain_name(column))

    def has(self, column: str) -> bool:
        """Return whether a column is not blank."""
        return self._cell(column) is not None

    def text(self, column: str, default: str = "") -> str:
        """Return a text; a whole number in the cell of a name is taken as it stands."""
        cell = self._cell(column)
        if isinstance(cell, float) and cell.is_integer():
            cell = int(cell)
        return default if cell is None else str(cell)

    def number_or(self, column: str, default: float | None = None) -> float | None:
        """Return a number; a text that is none is a finding."""
        cell = self._cell(column)
        if cell is None:
            return default
        try:
            value = float(str(cell)) if not isinstance(cell, bool) else math.nan
        except ValueError:
            value = math.nan
        if math.isfinite(value):
            return value
        self.wrong(column, f"{str(cell)[:60]!r} is not a number")
        return default

    def amount(self, column: str, default: float = 0.0) -> float:
        """Return a number of 0 or more."""
        value = self.number_or(column, default)
        assert value is not None
        if value < 0:
            self.wrong(column, f"{value:g} is below 0", "out-of-range")
            return default
        return value

    def positive(self, column: str, default: float) -> float:
        """Return a number above 0, such as what others are divided by."""
        value = self.number_or(column, default)
        assert value is not None
        if value <= 0:
            self.wrong(column, f"{value:g} is not above 0", "out-of-range")
            return default
        return value

    def choice(self, column: str, choices: Sequence[str], default: str) -> str:
        """Return one of the words of an enumeration; another is a finding."""
        said = self.text(column, default)
        known = {plain_name(one): one for one in choices}
        if plain_name(said) not in known:
            self.wrong(column, f"{said!r} is none of {', '.join(choices)}", "not-a-choice")
            return default
        return known[plain_name(said)]

    def flag(self, column: str, default: bool = False) -> bool:
        """Return a truth."""
        said = self.text(column).casefold()
        if not said:
            return default
        if said not in (*_TRUE, *_FALSE):
            self.wrong(column, f"{said!r} is neither true nor false")
        return said in _TRUE

    def date(self, column: str) -> datetime.date | None:
        """Return a date; the time of day is dropped."""
        cell = self._cell(column)
        if cell is None or isinstance(cell, datetime.datetime):
            return None if cell is None else cell.date()
        if isinstance(cell, datetime.date):
            return cell
        day = str(cell).replace("T", " ").split(" ")[0]
        for form in _DATES:
            try:
                return datetime.datetime.strptime(day, form).date()
            except ValueError:
                continue
        self.wrong(column, f"{str(cell)[:60]!r} is no date: write it as 2026-01-31", "wrong-date")
        return None

    def wrong(self, column: str, message: str, code: str = "wrong-type") -> None:
        """Add a finding on a cell."""
        self.model.remarks.find(code, self.table, f"{message}.", row=self.number, column=column)

    def remark(self, sort: Sort, column: str, reason: str) -> None:
        """Add a remark on a cell."""
        self.model.remarks.add(sort, self.table, column, reason, self.number)

    def refuse(self, column: str, reason: str) -> None:
        """Say that the answer may differ for what a cell says."""
        self.remark(Sort.REFUSED, column, reason)


class Model:
    """The tables that a model is made of; rows that it excludes are dropped.

    Parameters
    ----------
    file
        What the model is called in findings.
    """

    def __init__(self, file: str) -> None:
        self.remarks = Remarks(file)
        self.read: set[tuple[str, str]] = set()
        self._rows: dict[str, list[Row]] = {}
        self._excluded: dict[str, list[Row]] = {}

    def names(self, table: str, column: str, *, excluded: bool = False) -> tuple[str, ...]:
        """Return the texts of a column, each once; it is not taken for read by that.

        Parameters
        ----------
        table, column
            Where they stand.
        excluded
            Whether those of rows that the model excludes are meant, else of the others.
        """
        read = set(self.read)
        rows = (self._excluded if excluded else self._rows).get(table, [])
        found = dict.fromkeys(row.text(column) for row in rows)
        self.read = read
        return tuple(name for name in found if name)

    def rows(self, table: str) -> list[Row]:
        """Return the rows of a table that the model includes."""
        self.read.add((table, ""))
        return self._rows.get(table, [])

    def take(
        self, name: str, headings: Sequence[str], rows: Iterable[tuple[int, Sequence[Any]]]
    ) -> None:
        """Take a table; one that the schema does not have is remarked on."""
        table = _table_of(name, TABLES)
        if table is None:
            self._tell_table(name, headings, rows)
            return
        if table in self._rows:
            self.remarks.find("duplicate-key", table, f"it is there twice, the second as {name!r}.")
            return
        plain = [plain_name(heading) for heading in headings]
        twice = next((one for one in headings if one and plain.count(plain_name(one)) > 1), None)
        if twice is not None:
            self.remarks.find("duplicate-key", table, f"its heading {twice!r} is there twice.")
        held = self._rows.setdefault(table, [])
        excluded = self._excluded.setdefault(table, [])
        for number, cells in _cells(headings, rows):
            row = Row(table, number, cells, self)
            out = row.choice("Status", ("Include", "Exclude"), "Include") == "Exclude"
            (excluded if out else held).append(row)
        if excluded:
            self.remarks.add(
                Sort.LEFT_OUT, table, "Status", f"rows that the model excludes: {len(excluded)}"
            )
        self.read.add((table, "Status"))

    def _tell_table(
        self, name: str, headings: Sequence[str], rows: Iterable[tuple[int, Sequence[Any]]]
    ) -> None:
        """Remark on a table that is not read: refused where an optimum depends on it."""
        known = _table_of(name, tuple(REFUSED_TABLES))
        if known is not None:
            for number, cells in _cells(headings, rows):
                if not _is_excluded(cells):
                    self.remarks.add(Sort.REFUSED, known, "", REFUSED_TABLES[known], number)
            return
        hint = did_you_mean(near) if (near := closest(name, TABLES)) else "it is not read"
        self.remarks.add(Sort.LEFT_OUT, name, "", f"no table that amopt reads: {hint}".rstrip("."))

    def tell_unread(self) -> None:
        """Remark on all that holds something and was not read."""
        for table, rows in self._rows.items():
            if rows and (table, "") not in self.read:
                self.remarks.add(
                    Sort.LEFT_OUT, table, "", f"this decision has no such data: {len(rows)} rows"
                )
                continue
            known = {plain_name(column) for one, column in self.read if one == table}
            for row in rows:
                for column, cell in row.cells.items():
                    if column not in known and not _is_nothing(cell):
                        self._tell(row, column)

    def _tell(self, row: Row, column: str) -> None:
        pretty = COLUMNS.get(column, column)
        reason = REFUSED.get((row.table, pretty)) or REFUSED.get(("", pretty))
        if reason is not None:
            row.refuse(pretty, reason)
        elif column.endswith("uom") or pretty in NEGLIGIBLE:
            row.remark(Sort.LEFT_OUT, pretty, NEGLIGIBLE.get(pretty, "unit of what is not taken"))
        else:
            row.remark(Sort.LEFT_OUT, pretty, "amopt has no such field")


def read_model(source: Any) -> Model:
    """Read the tables of a model.

    Parameters
    ----------
    source
        A folder with a csv file a table, a workbook with a sheet a table, or an open connection of
        Python's database interface.

    Raises
    ------
    InvalidInstanceError
        When a file is not what its name says.
    UsageError
        When there is no such file, or no table of the schema in it.
    """
    of_files = isinstance(source, str | Path)
    model = _of_files(Path(source)) if of_files else _of_connection(source)
    if not model._rows:
        known = ", ".join(TABLES[:4])
        raise UsageError(f"{model.remarks.file} holds no table of the Anura schema ({known}, ...)")
    return model


def _of_files(path: Path) -> Model:
    if not path.exists():
        raise UsageError(f"there is no {path}")
    model = Model(str(path))
    found = open_tables(path)
    wrong = [
        Finding(one.code, one.where, one.message, one.advice)
        for one in found.remarks
        if one.code not in ("hidden-rows", "hidden-sheet", "external-link")
    ]
    if wrong:
        raise InvalidInstanceError(wrong)
    for table in found.tables:
        model.take(table.name, table.headings, zip(table.numbers, table.rows, strict=True))
    return model


def _of_connection(connection: Any) -> Model:
    """Read the tables of the schema that a database has."""
    model = Model("the database")
    for table in (*TABLES, *REFUSED_TABLES):
        cursor = connection.cursor()
        kept = _savepoint(connection)  # or a table that is not there ends the transaction
        try:
            cursor.execute(f"SELECT * FROM {table.lower()}")  # noqa: S608 (names of the schema)
            headings = [column[0] for column in cursor.description]
            rows = [tuple(row) for row in cursor.fetchall()]
        except Exception as error:  # what a driver raises is its own
            if not _is_of_no_table(error):
                said = str(error).strip().partition("\n")[0]
                raise UsageError(f"the database does not give {table}: {said}") from error
            if kept:
                connection.cursor().execute("ROLLBACK TO SAVEPOINT amopt")
        else:
            if rows or table in TABLES:
                model.take(table, headings, enumerate(rows, 2))
        if kept:
            connection.cursor().execute("RELEASE SAVEPOINT amopt")
    return model


def _savepoint(connection: Any) -> bool:
    """Return whether the database keeps a savepoint: outside a transaction some keep none."""
    try:
        connection.cursor().execute("SAVEPOINT amopt")
    except Exception:
        return False
    return True


def _is_of_no_table(error: Exception) -> bool:
    """Return whether a driver says that there is no such table: by its code, else in its words."""
    state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    return state == NO_TABLE if state else _NO_TABLE.search(str(error)) is not None


def _table_of(name: str, tables: Sequence[str]) -> str | None:
    """Return the table of a name: pretty, in small letters, or cut to what a sheet may have."""
    said = plain_name(name)
    whole = [table for table in tables if plain_name(table) == said]
    cut = [table for table in tables if plain_name(table)[: len(said)] == said]
    if not whole and len(name) == LONGEST_SHEET and len(cut) == 1:
        return cut[0]
    return whole[0] if whole else None


def _cells(
    headings: Sequence[str], rows: Iterable[tuple[int, Sequence[Any]]]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number of each row that says something, and its cells by the plain heading."""
    columns = [plain_name(heading) for heading in headings]
    for number, values in rows:
        cells = {
            column: cell
            for column, value in zip(columns, values, strict=False)
            if column and (cell := _trimmed(value)) is not None
        }
        if cells:
            yield number, cells


def _is_excluded(cells: Mapping[str, Any]) -> bool:
    return str(cells.get("status", "")).casefold() == "exclude"


def _trimmed(value: Any) -> Any:
    if isinstance(value, str):
        value = value.strip(" \t\r\n\u00a0")
    return None if value is None or value == "" or _is_nan(value) else value


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _is_nothing(cell: Any) -> bool:
    """Return whether a cell says no more than a blank one: 0, or false."""
    return cell is False or str(cell).casefold() in ("0", "0.0", "false", "no")
