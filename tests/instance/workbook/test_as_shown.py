"""What a cell shows by its number format: percent, times, and headings that were renamed."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import amopt
from amopt import kinds
from amopt.instance.workbook.archive import member_text, sheet_members
from amopt.instance.workbook.rows import Book, Percent
from tests.instance.workbook.test_words import found_in, put

BROKEN = Path(__file__).parents[2] / "broken"


def shown(sheet: str, cell: str, value: Any, form: str) -> Any:
    def change(book: Any) -> None:
        book[sheet][cell] = value
        book[sheet][cell].number_format = form

    return change


def letter(book: Any, sheet: str, heading: str) -> str:
    (found,) = [
        cell.column_letter for cell in book[sheet][1] if str(cell.value).rstrip(" *") == heading
    ]
    return str(found)


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("form", "value", "read"),
    [
        ("0.0%", 0.065, 6.5),
        ("0%", 0.07, 7.0),
        ("0.00%;-0.00%", 0.285, 28.5),
        ("0.0", 0.065, 0.065),
        ('0.0" %"', 6.5, 6.5),
        (r"0.0\%", 6.5, 6.5),
        ("0.0%", 0, 0),
    ],
)
def test_a_duty_is_read_as_its_cell_shows_it(
    form: str, value: float, read: float, tmp_path: Path
) -> None:
    kinds.write_template("sourcing", tmp_path / "mine.xlsx")
    book = openpyxl.load_workbook(tmp_path / "mine.xlsx")
    column = letter(book, "lanes", "duty_percent")
    shown("lanes", f"{column}2", value, form)(book)
    book.save(tmp_path / "mine.xlsx")
    (said,) = [lane.duty_percent for lane in amopt.load(tmp_path / "mine.xlsx").network.lanes][:1]
    assert said == read
    told = [one for one in kinds.check(tmp_path / "mine.xlsx") if one.code == "percent-cell"]
    assert [one.severity for one in told] == ["warning"] * (read != value)
    assert all(f"shows {read:g} %" in one.message for one in told)
    assert all((one.where.sheet, one.where.column) == ("lanes", column) for one in told)


def test_a_share_is_the_same_number_as_percent(tmp_path: Path) -> None:
    kinds.write_template("placement", tmp_path / "mine.xlsx")
    book = openpyxl.load_workbook(tmp_path / "mine.xlsx")
    column = letter(book, "machines", "utilisation_limit")
    shown("machines", f"{column}2", 0.8, "0%")(book)
    book.save(tmp_path / "mine.xlsx")
    assert amopt.load(tmp_path / "mine.xlsx").machines[0].utilisation_limit == 0.8
    assert "percent-cell" not in {one.code for one in kinds.check(tmp_path / "mine.xlsx")}


def test_percent_is_told_once_a_column(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(BROKEN / "percent-cell.xlsx")
    column = letter(book, "lanes", "duty_percent")
    for row in (2, 3):
        shown("lanes", f"{column}{row}", 0.02 * row, "0%")(book)
    book.save(tmp_path / "mine.xlsx")
    (warning,) = [one for one in kinds.check(tmp_path / "mine.xlsx") if one.code == "percent-cell"]
    assert warning.message.startswith("2 cells of the column show percent; the first: the cell")
    assert "shows 4 %" in warning.message


def test_rows_of_openpyxl_have_percent_too(tmp_path: Path) -> None:
    """A text with a part in bold is left to openpyxl, with all rows from its own on."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in (1, 2):
        sheet.cell(row, 1, 0.25 * row).number_format = "0%"
        sheet.cell(row, 2, 7)
    book.save(tmp_path / "book.xlsx")
    ((name, member),) = sheet_members(tmp_path / "book.xlsx").items()
    text = member_text(tmp_path / "book.xlsx", member)
    odd = text.replace(b"<row ", b"<!-- odd --><row ", 1)
    assert odd != text
    plain, other = (list(Book(tmp_path / "book.xlsx").rows(name, one)) for one in (text, odd))
    assert [tuple(row) for _, row in plain] == [tuple(row) for _, row in other]
    for rows in (plain, other):
        assert [list(map(type, row)) for _, row in rows] == [[Percent, int]] * 2


@pytest.mark.parametrize(
    ("kind", "sheet", "heading", "cell", "said"),
    [
        ("placement", "part_print", "hours", datetime.time(0, 30), "0:30 h is 0.5 hours"),
        ("placement", "part_print", "hours", datetime.timedelta(hours=36), "36:00 h is 36 hours"),
        (
            *("sourcing", "offer_quotes", "lead_time_weeks", datetime.timedelta(days=7)),
            "168:00 h is 1 weeks",
        ),
        ("sourcing", "offer_quotes", "cost_per_part", datetime.time(1, 15), "write it again."),
    ],
)
def test_a_time_where_a_number_is_wanted_is_called_one(
    kind: str, sheet: str, heading: str, cell: Any, said: str, tmp_path: Path
) -> None:
    (found,) = found_in(
        kind, tmp_path, lambda book: put(sheet, f"{letter(book, sheet, heading)}2", cell)(book)
    )
    assert found.code == "wrong-date"
    assert "holds the time" in found.message
    assert "where a number" in found.message
    assert "date" not in found.message + found.advice
    assert said in found.advice


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1h30", "1h30 is 1.5 hours: write 1.5"),
        ("1:30", "1:30 is 1.5 hours: write 1.5"),
        ("2 h 15 min", "write 2.25"),
    ],
)
def test_hours_and_minutes_are_added_up(text: str, said: str, tmp_path: Path) -> None:
    (found,) = found_in("placement", tmp_path, put("part_print", "C2", text))
    assert found.code == "wrong-type"
    assert said in found.advice


def test_a_heading_of_another_word_is_the_one_that_is_missing(tmp_path: Path) -> None:
    found = found_in("placement", tmp_path, put("sites", "A1", "Site"))
    assert [one.code for one in found] == ["unknown-column", "missing-column"]
    assert "'place'" in found[0].advice
