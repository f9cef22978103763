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
from amopt.files import new_file, write_text

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
    called = scenario or instance.name
    tables = output_tables(instance, solution, called)
    if not isinstance(target, str | Path):
        _to_database(tables, target, called)
        return tuple(tables)
    path = Path(target)
    if path.suffix.lower() == ".xlsx":
        _to_workbook(tables, path, called)
    elif path.suffix or (path.exists() and not path.is_dir()):
        raise UsageError(f"an answer is written to a folder of csv files or .xlsx, not {path}")
    else:
        _to_folder(tables, path, called)
    return tuple(tables)


def _columns(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(column for row in rows for column in row))


def _to_folder(tables: Mapping[str, list[dict[str, Any]]], folder: Path, scenario: str) -> None:
    """Write each table as a csv file, behind the rows of other scenarios."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = {plain_name(file.stem): file for file in folder.glob("*.csv")}
        for table, rows in tables.items():
            file = there.get(plain_name(table), folder / f"{table}.csv")
            headings, kept = _kept(file, scenario)
            known = {plain_name(one): one for one in headings}
            headings += [one for one in _columns(rows) if plain_name(one) not in known]
            text = io.StringIO()
            writer = csv.DictWriter(text, headings, lineterminator="\n", restval="")
            writer.writeheader()
            writer.writerows(kept)
            for row in rows:
                writer.writerow({known.get(plain_name(one), one): row[one] for one in row})
            write_text(file, text.getvalue())
    except (OSError, csv.Error, UnicodeDecodeError) as error:
        raise UsageError(f"{folder} cannot be written: {error}") from error


def _kept(file: Path, scenario: str) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the headings of a table that is there, and its rows of other scenarios."""
    if not file.exists():
        return [], []
    with file.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        headings = list(reader.fieldnames or ())
        name = next((one for one in headings if plain_name(one) == "scenarioname"), None)
        return headings, [row for row in reader if name is None or row[name] != scenario]


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
        headings = [str(cell.value or "") for cell in sheet[1]] if sheet.max_row else []
        headings = [one for one in headings if one]
        known = {plain_name(one): position for position, one in enumerate(headings, 1)}
        for column in _columns(rows):
            if plain_name(column) not in known:
                known[plain_name(column)] = len(known) + 1
                sheet.cell(1, known[plain_name(column)], column)
        name = known["scenarioname"]
        for number in range(sheet.max_row, 1, -1):
            if sheet.cell(number, name).value == scenario:
                sheet.delete_rows(number)
        for row in rows:
            number = sheet.max_row + 1
            for column, value in row.items():
                cell = sheet.cell(number, known[plain_name(column)])
                cell.value = value
                if isinstance(value, str):
                    cell.data_type = "s"  # never a formula
    with new_file(path) as temporary:
        book.save(temporary)


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
        cursor.execute(f"DELETE FROM {low} WHERE scenarioname = {mark}", (scenario,))  # noqa: S608
        for row in rows:
            names = ", ".join(column.lower() for column in row)
            marks = ", ".join([mark] * len(row))
            said = f"INSERT INTO {low} ({names}) VALUES ({marks})"  # noqa: S608
            cursor.execute(said, tuple(row.values()))
