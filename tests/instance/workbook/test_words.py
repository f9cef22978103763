"""What is wrong in a workbook is said of sheets, rows and cells, and each fault once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from amopt import kinds
from amopt.instance.findings import Finding


def found_in(
    kind: str, folder: Path, *changes: Callable[[Any], Any], save: str = "mine.xlsx"
) -> list[Finding]:
    """Return what is found in a template after changes, the rest of its example apart."""
    template = (folder / save).with_suffix(".xlsx")
    kinds.write_template(kind, template)
    book = openpyxl.load_workbook(template)
    for change in changes:
        change(book)
    book.save(folder / save)
    return [one for one in kinds.check(folder / save) if one.code != "template-row"]


def rename(sheet: str, name: str) -> Callable[[Any], Any]:
    return lambda book: setattr(book[sheet], "title", name)


def put(sheet: str, cell: str, value: Any) -> Callable[[Any], Any]:
    return lambda book: setattr(book[sheet][cell], "value", value)


def without(sheet: str) -> Callable[[Any], Any]:
    return lambda book: book.remove(book[sheet])


def test_an_entry_is_named_by_its_row(tmp_path: Path) -> None:
    """The rows of the sheet are not counted from 0, and blank ones count."""
    blank = lambda book: book["places"].insert_rows(2)  # noqa: E731
    (found,) = found_in(
        "placement",
        tmp_path,
        blank,
        put("demand", "A3", "plant"),
        put("demand", "B3", "seal"),
    )
    assert found.message == "place 'plant' and part 'seal' is already that of row 2."
    (found,) = found_in("placement", tmp_path, blank, put("places", "A6", "hub"), save="b.xlsx")
    assert (found.message, found.where.row) == ("name 'hub' is already that of row 3.", 6)


def test_an_entry_of_another_sheet_is_named_with_it(tmp_path: Path) -> None:
    from amopt.instance.findings import Problem
    from amopt.instance.workbook.layout import layout
    from amopt.instance.workbook.reading.places import Places
    from amopt.instance.workbook.reading.wording import TableWords

    rows = {"places": {(0,): 4}, "demand": {(1,): 3}}
    found = layout(kinds.instance_type("placement"))
    places = Places(found, {}, rows, {"places": {"name": "A"}, "demand": {"place": "A"}})
    words = TableWords(found, places.where)
    key = ("demand", 1, "place")
    message = "as network.places[0].name says, not 'network.places[0]', in network.places."
    problem = Problem("unknown-name", key, message, "See demand[1].")
    assert words.said(problem, places.where(key)) == (
        "as name in row 4 of the sheet places says, not 'network.places[0]', in places.",
        "See row 3.",
    )


def test_a_collection_is_called_as_its_sheet_is(tmp_path: Path) -> None:
    (found,) = found_in("placement", tmp_path, put("demand", "A2", "Plant "))
    assert found.message == "there is no 'Plant' in places."


@pytest.mark.parametrize(
    ("kind", "sheet", "name"),
    [
        ("placement", "places", "locations"),
        ("printing", "systems", "system"),
        ("design", "component_versions", "versions"),
        ("design", "components", "component"),
        ("sourcing", "offer_quotes", "quotes"),
    ],
)
def test_of_a_sheet_of_another_name_nothing_else_is_told(
    kind: str, sheet: str, name: str, tmp_path: Path
) -> None:
    """That its entries are missing, and that others refer to them, follows from its name."""
    found = found_in(kind, tmp_path, rename(sheet, name))
    assert [(one.code, one.where.sheet) for one in found] == [("unknown-sheet", name)]
    assert f"Did you mean '{sheet}'?" in found[0].advice


def test_of_a_sheet_that_is_not_there_only_that_is_told(tmp_path: Path) -> None:
    (found,) = found_in("printing", tmp_path, without("systems"))
    assert (found.code, found.advice.partition(" (")[0]) == ("missing-key", "Add the sheet systems")
    found = found_in("design", tmp_path, without("components"), save="d.xlsx")
    codes = [(one.code, one.where.row) for one in found]
    assert codes == [("missing-key", None), ("unknown-entry", 2)]


def test_what_is_missing_is_a_cell_or_a_row(tmp_path: Path) -> None:
    (found,) = found_in("printing", tmp_path, put("parts", "C2", None))
    assert found.advice.startswith("Fill in the cell (")
    drop = lambda book: book["instance"].delete_rows(7)  # noqa: E731
    (found,) = found_in("printing", tmp_path, drop, save="b.xlsx")
    assert found.advice.startswith("Add a row with the key cycle_days (")
    more = {"A3": "pump", "C3": 1.0, "D3": 2.0}
    changes = [put("components", cell, value) for cell, value in more.items()]
    (found,) = found_in("design", tmp_path, *changes, save="c.xlsx")
    assert found.advice.startswith("Add its rows to the sheet component_versions (")


def test_a_row_that_does_not_say_to_what_it_belongs(tmp_path: Path) -> None:
    (found,) = found_in("sourcing", tmp_path, put("offer_quotes", "A3", None))
    assert found.message == "the cell is blank: it says to which offer the row belongs."
    assert (found.where.row, found.where.column) == (3, "A")


def test_a_date_for_a_name(tmp_path: Path) -> None:
    import datetime

    found = found_in("printing", tmp_path, put("systems", "A2", datetime.date(2027, 1, 1)))
    assert "Format the cell as text, and write it again." in {one.advice for one in found}


def test_a_table_of_another_decision_is_told_alone(tmp_path: Path) -> None:
    (found,) = found_in("maintenance", tmp_path, put("instance", "B3", "design"))
    assert found.code == "wrong-kind"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Total", True),
        ("SUM:", True),
        ("grand total", True),
        ("Totalizer", False),
        ("sum 3", False),
    ],
)
def test_a_row_of_totals_is_told(name: str, told: bool, tmp_path: Path) -> None:
    cells = {"A": name, "B": "truck", "C": 358.4, "F": 0.001, "J": 0.25}
    found = found_in(
        "printing", tmp_path, *(put("parts", f"{letter}4", cell) for letter, cell in cells.items())
    )
    assert ("total-row" in {one.code for one in found}) is told
    if told:
        (found_row,) = [one.where.row for one in found if one.code == "total-row"]
        assert found_row == 4


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("1/3", "1/3 is 0.333333: write 0.333333."),
        ("€ 44,00", "Write the number alone (44.00); the unit is in the key's name."),
        ("44,50 EUR", "Write the number alone (44.50); the unit is in the key's name."),
        ("€ 1.250,50", "A decimal comma? Write 1250.5, with a decimal point."),
        ("12,5 %", "12.5 % is 0.125: write 0.125."),
        ("1,400 EUR", "Write 1400 if the comma separates thousands, 1.4 if it is a decimal comma."),
    ],
)
def test_numbers_as_planners_type_them(text: str, advice: str, tmp_path: Path) -> None:
    (found,) = found_in("printing", tmp_path, put("parts", "C2", text))
    assert found.advice == advice


def test_a_decimal_comma_with_another_unit(tmp_path: Path) -> None:
    (found,) = found_in("licensing", tmp_path, put("instance", "B12", "1,5 months"))
    assert found.advice == "1.5 months are 0.125 years: write 0.125."


def test_a_word_in_a_list_of_few(tmp_path: Path) -> None:
    (found,) = found_in("placement", tmp_path, put("instance", "B10", "fastest"))
    assert found.message == "routes is 'fastest', not 'cost', 'weeks' or 'kg_co2'."


def test_a_row_of_totals_without_what_entries_need_is_told_once(tmp_path: Path) -> None:
    """It is no entry: what it lacks is not asked for, and its sum is not read."""
    for name in ("Total", "Summe"):
        cells, save = {"A": name, "C": 358.4}, f"{name}.xlsx"
        put_in = [put("parts", f"{at}4", cell) for at, cell in cells.items()]
        found = found_in("printing", tmp_path, *put_in, save=save)
        assert [one.code for one in found] == ["total-row"]
        assert "has no system, and is left out" in found[0].message
        assert len(kinds.load(tmp_path / save).parts) == 2


def test_a_row_of_totals_in_csv_is_told_once(tmp_path: Path) -> None:
    kinds.write_template("printing", tmp_path / "mine")
    table = tmp_path / "mine" / "parts.csv"
    head, *rows = table.read_text(encoding="utf-8").splitlines()
    sums = ",".join("358.4" if one == "order_cost" else "" for one in head.split(",")[1:])
    table.write_text("\n".join((head, *rows, f"Total,{sums}")) + "\n", encoding="utf-8")
    found = [one for one in kinds.check(tmp_path / "mine") if one.code != "template-row"]
    assert [one.code for one in found] == ["total-row"]


def test_a_day_beyond_the_calendar_is_told_as_one(tmp_path: Path) -> None:
    def far(book: Any) -> None:
        cell = book["lines"][f"{at}2"]
        cell.value, cell.number_format = 2_958_466, "yyyy-mm-dd"

    kinds.write_template("sourcing", tmp_path / "template.xlsx")
    book = openpyxl.load_workbook(tmp_path / "template.xlsx")
    headings = [one.value for one in book["lines"][1]]
    at = openpyxl.utils.get_column_letter(headings.index("need_by") + 1)
    found = [one for one in found_in("sourcing", tmp_path, far) if one.where.sheet == "lines"]
    assert [one.code for one in found] == ["cell-error"]
    assert "beyond 31 December 9999" in found[0].message


def test_macros_are_not_run(tmp_path: Path) -> None:
    found = found_in("printing", tmp_path, save="mine.xlsm")
    assert [one.code for one in found] == ["macros-not-run"]
    assert kinds.load(tmp_path / "mine.xlsm").parts


def test_a_column_of_two_that_is_missing_is_told_once(tmp_path: Path) -> None:
    """Of two columns each part gives one; where neither is there, that is one fault."""

    def neither(book: Any) -> None:
        sheet = book["parts"]
        for column in range(sheet.max_column, 0, -1):
            if str(sheet.cell(1, column).value).startswith("failure_"):
                sheet.delete_cols(column)

    found = [one for one in found_in("printing", tmp_path, neither) if one.code == "exactly-one"]
    assert len(found) == 1
    assert "so in 2 rows without the column: part" in found[0].message
