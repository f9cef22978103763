"""Output tables -> a folder of csv files, a workbook, or a database: other scenarios stay."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amopt.anura.model.tables import plain_name
from amopt.anura.outputs.tables import output_tables
from amopt.errors import UsageError
from amopt.files import new_file, require_writable_file, require_writable_folder, write_text
from amopt.instance.formats.csv_text import CsvError, numbered_rows, separator_of

if TYPE_CHECKING:
    from amopt.solution import Solution

__all__ = ["write_back"]

Row = Mapping[str, Any]


def write_back(
    instance: Any, solution: Solution, target: Any, *, scenario: str | None = None
) -> tuple[str, ...]:
    """Write an answer into the output tables of a model; rows of other scenarios stay.

    Parameters
    ----------
    instance
        The instance of placement or sourcing that was answered.
    solution
        Its answer.
    target
        A folder of csv files or a workbook, there already or not, or an open connection of Python's
        database interface whose tables are there.
    scenario
        What the scenario is called; left out, the name of the instance. Its earlier rows go.

    Returns
    -------
    tuple
        The names of the tables written.

    Raises
    ------
    UsageError
        For another decision, or a target that cannot be written.
    """
    if isinstance(target, str | Path):
        require_target(target)
    called = scenario or instance.name
    tables = output_tables(instance, solution, called)
    if not isinstance(target, str | Path):
        _to_database(tables, target, called)
        return tuple(tables)
    path = Path(target)
    if path.suffix.lower() == ".xlsx":
        _to_workbook(tables, path, called)
    else:
        _to_folder(tables, path, called)
    return tuple(tables)


def require_target(target: str | Path) -> None:
    """Refuse what an answer could not be written to later.

    Raises
    ------
    UsageError
        When it is neither a folder nor a workbook, or cannot be written.
    """
    path = Path(target)
    if path.suffix.lower() == ".xlsx":
        require_writable_file(path)
    elif path.suffix or (path.exists() and not path.is_dir()):
        raise UsageError(f"an answer is written to a folder of csv files or .xlsx, not {path}")
    elif path.exists():
        require_writable_file(path / "table.csv")
    else:
        require_writable_folder(path)


def _columns(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(column for row in rows for column in row))


def _to_folder(tables: Mapping[str, list[dict[str, Any]]], folder: Path, scenario: str) -> None:
    """Write each table as a csv file, behind the rows of other scenarios."""
    texts: dict[Path, str] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = {plain_name(file.stem): file for file in folder.glob("*.csv")}
        for table, rows in tables.items():
            file = there.get(plain_name(table), folder / f"{table}.csv")
            texts[file] = _with_rows(_read(file), rows, scenario, file)
        for file, text in texts.items():  # none is written where one cannot be
            write_text(file, text)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error}") from error


def _read(file: Path) -> str:
    """Return the text of a table that is there, else none.

    Raises
    ------
    UsageError
        When it is not UTF-8.
    """
    try:
        return file.read_bytes().decode("utf-8-sig") if file.exists() else ""
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text: save it again as CSV UTF-8") from error


def _with_rows(text: str, rows: Sequence[Row], scenario: str, file: Path) -> str:
    """Return the text of a table with the rows of a scenario behind those of others.

    Raises
    ------
    UsageError
        When what is there is no table.
    """
    separator = separator_of(text.lstrip("\r\n").partition("\n")[0])
    try:
        there = [(line, row) for line, row in numbered_rows(text, separator) if any(row)]
    except CsvError as error:
        raise UsageError(f"{file}, row {error.line}: {error}") from error
    (_, headings), *kept = there or [(1, [])]
    long = next((line for line, row in kept if any(row[len(headings) :])), None)
    if long is not None:
        raise UsageError(f"{file}, row {long}: a cell stands right of the last heading")
    places = _places(headings, rows)
    more = [column for column in _columns(rows) if places[plain_name(column)] >= len(headings)]
    wide, name = len(headings) + len(more), places["scenarioname"]
    table: list[list[Any]] = [[*headings, *more]]
    table += [row for _, row in kept if row[name : name + 1] != [scenario]]
    for row in rows:
        cells = {places[plain_name(column)]: value for column, value in row.items()}
        table.append([cells.get(place) for place in range(wide)])
    written = io.StringIO()
    writer = csv.writer(written, delimiter=separator, lineterminator="\n")
    writer.writerows([*row, *[""] * wide][:wide] for row in table)
    return written.getvalue()


def _places(headings: Sequence[Any], rows: Sequence[Row]) -> dict[str, int]:
    """Return where each column stands, counted from 0: those that are not there yet on the right.

    Parameters
    ----------
    headings
        What is there; those that are blank hold their place.
    rows
        What is added.
    """
    found: dict[str, int] = {}
    for place, heading in enumerate(headings):
        if heading:
            found.setdefault(plain_name(str(heading)), place)
    free = len(headings)
    for column in map(plain_name, _columns(rows)):
        if column not in found:
            found[column] = free
            free += 1
    return found


def _to_workbook(tables: Mapping[str, list[dict[str, Any]]], path: Path, scenario: str) -> None:
    """Write each table to its sheet, behind the rows of other scenarios."""
    try:
        import openpyxl
    except ModuleNotFoundError as error:
        message = "workbooks need openpyxl: python -m pip install openpyxl"
        raise UsageError(message) from error
    try:
        book = openpyxl.load_workbook(path) if path.exists() else openpyxl.Workbook()
    except Exception as error:
        raise UsageError(f"{path} is no workbook that can be read") from error
    if not path.exists():
        book.remove(book.active)
    sheets = {plain_name(name): book[name] for name in book.sheetnames}
    for table, rows in tables.items():
        sheet = sheets.get(plain_name(table)) or book.create_sheet(table)
        headings = [cell.value for cell in sheet[1]] if _holds_anything(sheet) else []
        places = _places(headings, rows)
        for column in _columns(rows):
            cell = sheet.cell(1, places[plain_name(column)] + 1)
            cell.value = cell.value or column
        name = places["scenarioname"] + 1
        for number in range(sheet.max_row, 1, -1):
            if sheet.cell(number, name).value == scenario:
                sheet.delete_rows(number)
        for row in rows:
            number = sheet.max_row + 1
            for column, value in row.items():
                cell = sheet.cell(number, places[plain_name(column)] + 1)
                cell.value = value
                if isinstance(value, str):
                    cell.data_type = "s"  # never a formula
    with new_file(path) as temporary:
        book.save(temporary)


def _holds_anything(sheet: Any) -> bool:
    return any(cell is not None for row in sheet.values for cell in row)


def _to_database(
    tables: Mapping[str, list[dict[str, Any]]], connection: Any, scenario: str
) -> None:
    """Insert the rows into tables that are there; the caller commits."""
    import importlib

    module = importlib.import_module(type(connection).__module__.partition(".")[0])
    mark = "?" if getattr(module, "paramstyle", "qmark") == "qmark" else "%s"
    cursor = connection.cursor()
    for table, rows in tables.items():
        low = table.lower()
        gone = f"DELETE FROM {low} WHERE scenarioname = {mark}"  # noqa: S608
        try:
            cursor.execute(gone, (scenario,))
            for row in rows:
                names = ", ".join(column.lower() for column in row)
                marks = ", ".join([mark] * len(row))
                said = f"INSERT INTO {low} ({names}) VALUES ({marks})"  # noqa: S608
                cursor.execute(said, tuple(row.values()))
        except Exception as error:  # what a driver raises is its own
            why = str(error).strip().partition("\n")[0]
            raise UsageError(f"the database does not take {table}: {why}") from error
