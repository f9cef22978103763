"""Answers beside what stands in a model already: columns keep their place, and so do rows."""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import amopt
from amopt import anura
from amopt.errors import UsageError
from amopt.solution import Solution
from tests.anura.models import database

SUMMARY = "OptimizationNetworkSummary"


@pytest.fixture(scope="module")
def answer() -> tuple[Any, Solution]:
    instance = amopt.load("placement/textbook")
    return instance, amopt.solve(instance, forms=False)


HEADINGS = ["ScenarioName", None, "TotalTransportationCost", "Mine", None, "Mine",
            "TotalSupplyChainCost"]  # fmt: skip


def test_columns_behind_a_blank_heading_keep_their_place(
    answer: tuple[Any, Solution], tmp_path: Path
) -> None:
    """Also behind two of one name; what the answer has more stands right of all."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = SUMMARY
    sheet.append(HEADINGS)
    sheet.append(["Baseline", "a", 1, "b", "c", "d", 2])
    sheet.cell(2, 9, "far right")
    book.save(tmp_path / "m.xlsx")
    for _ in range(2):
        anura.write_back(*answer, tmp_path / "m.xlsx", scenario="printed")
    rows = [list(row) for row in openpyxl.load_workbook(tmp_path / "m.xlsx")[SUMMARY].values]
    assert len(rows) == 3
    assert rows[0][:7] == HEADINGS
    assert rows[1][:9] == ["Baseline", "a", 1, "b", "c", "d", 2, None, "far right"]
    assert set(rows[1][9:]) == {None}
    assert rows[2][:9] == ["printed", None, 480, None, None, None, 2980, None, None]
    assert [cell for cell in rows[0] if cell == "TotalSupplyCost"] == ["TotalSupplyCost"]
    assert "SolveStatus" in rows[0][9:]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_table_keeps_its_columns_and_what_separates_them(
    answer: tuple[Any, Solution], tmp_path: Path, separator: str
) -> None:
    headings = [one or "" for one in HEADINGS]
    old = ["Baseline", "a", "1", "b,;\tb", "c", "d", "2"]
    file = tmp_path / f"{SUMMARY.lower()}.csv"
    with file.open("w", newline="", encoding="utf-8-sig") as stream:
        csv.writer(stream, delimiter=separator).writerows([headings, old, ["Short", "x"]])
    for _ in range(2):
        anura.write_back(*answer, tmp_path, scenario="printed")
    with file.open(newline="", encoding="utf-8-sig") as stream:
        rows = list(csv.reader(stream, delimiter=separator))
    assert rows[0][:7] == headings
    assert rows[1][:7] == old
    assert rows[2][:2] == ["Short", "x"]
    assert [rows[3][k] for k in (0, 2, 6)] == ["printed", "480.0", "2980.0"]
    assert {len(row) for row in rows} == {len(rows[0])}
    assert len(rows) == 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ScenarioName,A\nBaseline,1,2\n", "row 2: a cell stands right of the last heading"),
        ('ScenarioName,A\nBaseline,"1\n', "row 2"),
        (b"ScenarioName,A\nBasel\xffine,1\n", "UTF-8"),
    ],
)
def test_a_csv_table_that_cannot_be_kept_whole_is_not_written(
    answer: tuple[Any, Solution], tmp_path: Path, text: str | bytes, words: str
) -> None:
    file = tmp_path / f"{SUMMARY}.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    before = file.read_bytes()
    with pytest.raises(UsageError, match=words) as caught:
        anura.write_back(*answer, tmp_path, scenario="printed")
    assert SUMMARY in str(caught.value)
    assert file.read_bytes() == before


class Cursor:
    """A cursor of a driver that refuses a table, or knows no savepoints outside a transaction."""

    def __init__(self, cursor: sqlite3.Cursor, refused: str, error: Exception) -> None:
        self.cursor, self.refused, self.error = cursor, refused, error

    def execute(self, text: str, *values: Any) -> None:
        if self.refused in text:
            raise self.error
        self.cursor.execute(text, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cursor, name)


class Connection:
    """A connection of such a driver."""

    def __init__(self, refused: str, error: Exception) -> None:
        self.inner, self.refused, self.error = database(":memory:"), refused, error

    def cursor(self) -> Cursor:
        return Cursor(self.inner.cursor(), self.refused, self.error)


class PostgresError(Exception):
    """What a driver of PostgreSQL raises."""

    def __init__(self, message: str, sqlstate: str) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


def test_an_error_of_a_database_is_no_table_that_is_not_there() -> None:
    """Without the lanes the model would be read, with every way open."""
    refused = "FROM transportationpolicies"
    denied = PostgresError("permission denied for table transportationpolicies", "42501")
    with pytest.raises(UsageError, match="TransportationPolicies: permission denied"):
        anura.read(Connection(refused, denied), name="m")
    locked = sqlite3.OperationalError("database is locked")
    with pytest.raises(UsageError, match="database is locked"):
        anura.read(Connection(refused, locked), name="m")
    absent = PostgresError("Die Relation fehlt", "42P01")
    found = anura.read(Connection("FROM stepcosts", absent), name="m")
    assert len(found.data["network"]["lanes"]) == 7


def test_a_database_without_savepoints_is_read() -> None:
    error = PostgresError("SAVEPOINT can only be used in transaction blocks", "25P01")
    found = anura.read(Connection("SAVEPOINT", error), name="m")
    assert len(found.data["network"]["lanes"]) == 7


def test_reading_leaves_no_transaction_open(tmp_path: Path) -> None:
    """Else nobody could write to the database as long as the connection is there."""
    path = str(tmp_path / "m.db")
    connection = database(path)
    anura.read(connection, name="m")
    assert not connection.in_transaction
    other = sqlite3.connect(path, timeout=0)
    other.execute("UPDATE products SET unitweight = 3")
    other.commit()
    assert anura.read(connection, name="m").data["parts"][0]["kg"] == 3
    connection.execute("UPDATE products SET unitweight = 4")  # a transaction of the caller's stays
    assert anura.read(connection, name="m").data["parts"][0]["kg"] == 4
    connection.rollback()
    assert anura.read(connection, name="m").data["parts"][0]["kg"] == 3


def test_a_database_without_the_tables_is_refused_in_words(answer: tuple[Any, Solution]) -> None:
    with pytest.raises(UsageError, match=r"does not take Optimization.*: no such table"):
        anura.write_back(*answer, sqlite3.connect(":memory:"))
