"""Instances as workbooks and folders of csv files: what is written is read back the same."""

from __future__ import annotations

import csv
import datetime
import io
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import amopt
from amopt import kinds
from amopt.errors import InvalidInstanceError, UsageError
from amopt.instance import catalogue
from amopt.instance.workbook.cells import read_cells, written
from amopt.instance.workbook.describing import fields_markdown
from amopt.instance.workbook.layout import LONGEST_SHEET, Column, layout

# -- round trips ----------------------------------------------------------------------------------


def beside(name: str, folder: Path) -> None:
    """Put the files that an instance names beside it."""
    for file in catalogue.path(name).parent.iterdir():
        if file.is_dir():
            shutil.copytree(file, folder / file.name)
        elif file.suffix not in (".yaml", ".json", ".toml"):
            shutil.copy(file, folder)


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".xlsx", ""])
@pytest.mark.parametrize("kind", kinds.KINDS)
def test_every_shipped_instance_comes_back_the_same(kind: str, ending: str, tmp_path: Path) -> None:
    names = [name for name in catalogue.names() if name.startswith(f"{kind}/")]
    assert names
    beside(names[0], tmp_path)
    for number, name in enumerate(names):
        instance = amopt.load(name)
        target = tmp_path / f"{number}-tables{ending}"
        kinds.convert(name, target)
        assert amopt.load(target) == instance
        kinds.convert(target, tmp_path / f"{number}.yaml")
        assert amopt.load(tmp_path / f"{number}.yaml") == instance


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_a_template_has_every_sheet_and_solves(kind: str, tmp_path: Path) -> None:
    target = tmp_path / "mine.xlsx"
    kinds.write_template(kind, target)
    book = openpyxl.load_workbook(target)
    found = layout(kinds.instance_type(kind))
    assert {"instance", "notes"} <= set(book.sheetnames)
    assert all(len(name) <= LONGEST_SHEET for name in book.sheetnames)
    loose = {sheet.name for sheet in found.sheets if sheet.form == "free"}
    assert {sheet.name for sheet in found.sheets} - loose <= set(book.sheetnames)
    assert kinds.check(target) == []
    (tmp_path / "plain.yaml").write_text(kinds.template(kind), encoding="utf-8")
    assert amopt.load(target) == amopt.load(tmp_path / "plain.yaml")


def test_a_template_helps_whoever_fills_it(tmp_path: Path) -> None:
    kinds.write_template("placement", tmp_path / "p.xlsx")
    book = openpyxl.load_workbook(tmp_path / "p.xlsx")
    demand = book["demand"]
    headings = [cell.value for cell in demand[1]]
    assert headings[:3] == ["place *", "part *", "per_year *"]
    assert "parts a year" in demand["C1"].comment.text.lower()
    lists = {
        str(one.sqref).partition("2")[0]: one for one in demand.data_validations.dataValidation
    }
    assert lists["A"].formula1.startswith("='places'!$A$2")
    assert lists["B"].formula1.startswith("='parts'!$A$2")
    assert lists["A"].errorStyle == "warning"
    words = {one.formula1 for one in book["sites"].data_validations.dataValidation}
    assert '"own,contracted,franchised"' in words
    notes = {(row[0].value, row[1].value): row for row in book["notes"].iter_rows(min_row=3)}
    assert notes["demand", "per_year"][2].value == "yes"


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_names_can_be_chosen_where_they_are_named(kind: str, tmp_path: Path) -> None:
    """Also in the columns that say to which entry of another sheet a row belongs."""
    kinds.write_template(kind, tmp_path / "p.xlsx")
    book = openpyxl.load_workbook(tmp_path / "p.xlsx")
    for sheet in (one for one in layout(kinds.instance_type(kind)).sheets if one.parent):
        lists = {
            str(one.sqref).partition("2")[0]: str(one.formula1)
            for one in book[sheet.name].data_validations.dataValidation
        }
        for above in sheet.ancestors:  # by name, or by the number that both sheets have
            for heading in above.own:
                (cell,) = (one for one in book[sheet.name][1] if str(one.value) == f"{heading} *")
                found = re.fullmatch(
                    r"='(\w+)'!\$(\w)\$2:\$\2\$(\d+)", lists.get(cell.column_letter, "")
                )
                assert found, (sheet.name, heading)
                assert int(found[3]) >= book[found[1]].max_row + 900  # it grows


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_names_can_be_chosen_where_several_may_stand(kind: str, tmp_path: Path) -> None:
    """One is chosen, others may be typed behind it without a warning."""
    kinds.write_template(kind, tmp_path / "p.xlsx")
    book = openpyxl.load_workbook(tmp_path / "p.xlsx")
    chosen = 0
    for sheet in layout(kinds.instance_type(kind)).sheets:
        several = [one for one in sheet.columns if one.several and (one.refers or one.choices)]
        for column in several if sheet.name in book.sheetnames else ():
            (cell,) = (
                one
                for one in book[sheet.name][1]
                if str(one.value).removesuffix(" *") == column.heading
            )
            (offered,) = (
                one
                for one in book[sheet.name].data_validations.dataValidation
                if str(one.sqref).startswith(f"{cell.column_letter}2")
            )
            assert not offered.showErrorMessage
            assert offered.showInputMessage
            assert ";" in offered.prompt
            chosen += 1
    assert bool(chosen) == (kind in WITH_SEVERAL)


WITH_SEVERAL = {"printing", "sourcing"}


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_keeps_all_its_digits(number: float) -> None:
    """What openpyxl writes by itself has sixteen digits."""
    from amopt.instance.workbook.writing import _write_cell

    book = openpyxl.Workbook()
    _write_cell(book.active, 1, 1, number)
    from io import BytesIO

    stream = BytesIO()
    book.save(stream)
    back = openpyxl.load_workbook(stream, read_only=True, data_only=True).active
    assert back is not None
    assert next(back.iter_rows(values_only=True))[0] == number


NAMES = ["007", "=1+1", "@x", "-", "1e5", "TRUE", "#N/A?", "2026-01-01", " in side ".strip(), "弁"]


@pytest.mark.parametrize("ending", [".xlsx", ""])
def test_names_that_look_like_something_else_stay_names(ending: str, tmp_path: Path) -> None:
    part = {"system": "S", "order_cost": 0.1 + 0.2, "failure_rate_per_day": 1e-3}
    part |= {"holding_cost_per_day": 1.0}
    data = {
        "amopt": 1,
        "kind": "printing",
        "name": "=cmd()",
        "cycle_days": 28,
        "criterion": "average",
        "systems": [{"name": "S", "count": 3, "backorder_cost_per_day": 1}],
        "parts": [{"name": name, **part} for name in NAMES],
    }
    target = tmp_path / f"names{ending}"
    kinds.convert(data, target)
    back = amopt.load(target)
    assert back == amopt.load(data)
    if ending:
        named = openpyxl.load_workbook(target)["parts"]["A"]
        kinds_of = {cell.data_type for cell in named if cell.value is not None}
        assert kinds_of == {"s"}  # none is a formula


@given(st.lists(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1), min_size=1))
def test_several_texts_in_a_cell(texts: list[str]) -> None:
    column = Column(("materials",), "text", several=True)
    if any(";" in text for text in texts):
        with pytest.raises(ValueError, match="separates values"):
            written(texts)
    else:
        (back,), slips = read_cells(column, [written(texts)], plain=True)
        assert (back, slips) == (texts, [])


# -- what may be wrong ----------------------------------------------------------------------------


def mission(folder: Path) -> Any:
    """Return the shipped mission as an open workbook."""
    kinds.convert("printing/mission", folder / "mission.xlsx")
    return openpyxl.load_workbook(folder / "mission.xlsx")


def put(sheet: str, cell: str, value: Any) -> Callable[[Any], None]:
    def change(book: Any) -> None:
        book[sheet][cell] = value

    return change


def merge(book: Any) -> None:
    book["parts"].merge_cells("C3:C5")


def rename(book: Any) -> None:
    book["parts"].title = "prts"


def drop(book: Any) -> None:
    book["parts"].delete_cols(3)


def twice(book: Any) -> None:
    book["parts"]["D1"] = book["parts"]["C1"].value


def both(book: Any) -> None:
    book["instance"]["A9"], book["instance"]["B9"] = "criterion.discount_per_day", 0.9


def lost(book: Any) -> None:
    del book["instance"]


NUMBER, DAY = datetime.datetime(1900, 2, 1), datetime.datetime(2026, 1, 2)

HAZARDS = [
    (put("parts", "C3", "#N/A"), "cell-error", "sheet parts, row 3, column C"),
    (put("parts", "C3", "#DIV/0!"), "cell-error", "row 3"),
    (put("parts", "C3", "=1+1"), "formula-without-value", "sheet parts"),
    (put("parts", "C3", "3,5"), "wrong-type", "sheet parts, row 3, column C, parts[1].order_cost"),
    (put("parts", "C3", "1e3 EUR"), "wrong-type", "row 3"),
    (put("parts", "C3", -4), "out-of-range", "row 3, column C"),
    (put("parts", "C3", None), "missing-key", "row 3, column C, parts[1].order_cost"),
    (put("parts", "C3", True), "wrong-type", "row 3"),
    (put("parts", "C3", DAY), "wrong-type", "row 3"),
    (put("parts", "C3", NUMBER), "wrong-date", "row 3"),
    (put("parts", "C3", datetime.time(12, 30)), "wrong-date", "row 3"),
    (put("parts", "A3", "1"), "duplicate-name", "row 3, column A"),
    (put("parts", "A3", "a\u200bb"), "malformed-text", "row 3, column A"),
    (put("parts", "A3", "a\nb"), "malformed-text", "row 3, column A"),
    (put("parts", "A3", 7.5), "wrong-type", "row 3, column A"),
    (put("parts", "B3", "no such system"), "unknown-name", "row 3, column B"),
    (put("parts", "C1", "ordr_cost"), "unknown-column", "sheet parts, row 1, column C"),
    (put("parts", "C1", None), "cell-without-heading", "row 1, column C"),
    (put("parts", "Z3", 5), "cell-without-heading", "row 3"),
    (put("parts", "A2000", "far"), "row-far-below", "row 2000"),
    (put("systems", "B2", 2.5), "wrong-type", "sheet systems, row 2, column B, systems[0].count"),
    (put("instance", "A7", "cycle_dys"), "unknown-key", "sheet instance, row 7"),
    (put("instance", "B2", 7), "unsupported-version", "sheet instance, row 2, column B"),
    (put("instance", "B3", "prnting"), "unknown-kind", "sheet instance, row 3"),
    (put("instance", "A9", "name"), "duplicate-key", "sheet instance, row 9"),
    (both, "duplicate-key", "sheet instance, row 9"),
    (merge, "merged-cells", "sheet parts"),
    (rename, "unknown-sheet", "sheet prts"),
    (drop, "missing-column", "sheet parts, row 1"),
    (twice, "duplicate-key", "sheet parts, row 1, column D"),
    (lost, "missing-sheet", "mission.xlsx"),
]


@pytest.mark.parametrize(("change", "code", "place"), HAZARDS)
def test_what_is_wrong_in_a_workbook_is_found_in_its_cell(
    change: Callable[[Any], None], code: str, place: str, tmp_path: Path
) -> None:
    book = mission(tmp_path)
    change(book)
    book.save(tmp_path / "mission.xlsx")
    with pytest.raises(InvalidInstanceError) as caught:
        amopt.load(tmp_path / "mission.xlsx")
    found = [finding for finding in caught.value.findings if finding.code == code]
    assert found, caught.value.findings
    assert place in str(found[0].where)
    assert found[0].advice
    assert len(set(caught.value.findings)) == len(caught.value.findings)  # none is told twice


def test_every_code_of_tables_is_shown_above_and_below() -> None:
    from amopt.instance.findings.table_codes import TABLES

    shown = {code for _, code, _ in HAZARDS} | {
        *("number-as-name", "unknown-entry", "hidden-sheet", "hidden-rows", "external-link"),
        *("title-row", "absent-amount", "template-row", "total-row", "percent-cell"),
        "macros-not-run",
    }
    assert {code.code for code in TABLES} <= shown


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (put("parts", "C3", "#N/A"), "cell-error"),
        (put("parts", "C3", "=1+1"), "formula-without-value"),
        (put("parts", "C3", NUMBER), "wrong-date"),
        (put("parts", "A3", "#REF!"), "cell-error"),
        (put("instance", "B7", "#N/A"), "cell-error"),
        (merge, "merged-cells"),
    ],
)
def test_a_cell_that_cannot_be_read_is_told_once(
    change: Callable[[Any], None], code: str, tmp_path: Path
) -> None:
    book = mission(tmp_path)
    change(book)
    book.save(tmp_path / "mission.xlsx")
    assert [finding.code for finding in kinds.check(tmp_path / "mission.xlsx")] == [code]


def test_a_blank_cell_beside_a_broken_one_is_told_too(tmp_path: Path) -> None:
    book = mission(tmp_path)
    book["parts"]["C3"], book["parts"]["C4"] = "#N/A", None
    book["parts"]["C5"], book["parts"]["C6"] = "=1+1", None
    book.save(tmp_path / "mission.xlsx")
    found = kinds.check(tmp_path / "mission.xlsx")
    rows = [finding.where.row for finding in found if finding.code == "missing-key"]
    assert rows == [4, 6]
    assert len(found) == 4


def test_a_missing_column_is_told_once(tmp_path: Path) -> None:
    book = mission(tmp_path)
    drop(book)
    book.save(tmp_path / "mission.xlsx")
    assert [finding.code for finding in kinds.check(tmp_path / "mission.xlsx")] == [
        "missing-column"
    ]


def test_a_number_for_a_name_is_taken_with_a_warning(tmp_path: Path) -> None:
    book = mission(tmp_path)
    book["parts"]["A2"] = 1
    book.save(tmp_path / "mission.xlsx")
    (warning,) = kinds.check(tmp_path / "mission.xlsx")
    assert (warning.code, warning.severity) == ("number-as-name", "warning")
    assert amopt.load(tmp_path / "mission.xlsx") == amopt.load("printing/mission")


def test_blanks_around_and_notes_beside_do_no_harm(tmp_path: Path) -> None:
    book = mission(tmp_path)
    book["parts"]["A3"] = "\u00a0 2 "
    book["parts"]["A1"] = " name  * [text]"
    book["parts"]["A40"] = "  "
    book.create_sheet("_mine")["A1"] = "whatever"
    book["parts"].sheet_state = "hidden"
    book.save(tmp_path / "mission.xlsx")
    assert amopt.load(tmp_path / "mission.xlsx") == amopt.load("printing/mission")
    (warning,) = kinds.check(tmp_path / "mission.xlsx")
    assert (warning.code, warning.severity) == ("hidden-sheet", "warning")
    assert "'parts'" in warning.message


def test_numbers_for_names_are_told_once_a_column(tmp_path: Path) -> None:
    book = mission(tmp_path)
    for row in range(2, 16):
        book["parts"][f"A{row}"] = row - 1
    book.save(tmp_path / "mission.xlsx")
    (warning,) = kinds.check(tmp_path / "mission.xlsx")
    assert warning.code == "number-as-name"
    assert warning.message == "14 names of the column are numbers in the sheet, such as '1'."
    assert (warning.where.row, warning.where.column) == (2, "A")


def test_columns_for_remarks_are_passed_over(tmp_path: Path) -> None:
    book = mission(tmp_path)
    book["parts"]["M1"], book["parts"]["M3"] = "_ask Anna", "price of 2019?"
    book["systems"].insert_cols(1)
    book["systems"]["A1"] = "_"
    book["systems"]["A2"] = "see contract"
    book.save(tmp_path / "mission.xlsx")
    assert kinds.check(tmp_path / "mission.xlsx") == []
    assert amopt.load(tmp_path / "mission.xlsx") == amopt.load("printing/mission")


@pytest.mark.parametrize("merged", [False, True])
def test_a_title_above_the_headings_is_told_and_passed_over(merged: bool, tmp_path: Path) -> None:
    book = mission(tmp_path)
    for name in ("parts", "instance"):
        book[name].insert_rows(1, 2)
        book[name]["A1"] = f"{name}, as of 2026"
    book["parts"]["B1"] = "Anna"
    if merged:
        book["parts"]["B1"] = None
        book["parts"].merge_cells("A1:D1")
    book.save(tmp_path / "mission.xlsx")
    found = kinds.check(tmp_path / "mission.xlsx")
    assert {(one.code, one.severity, one.where.sheet) for one in found} == {
        ("title-row", "warning", "parts"),
        ("title-row", "warning", "instance"),
    }
    assert amopt.load(tmp_path / "mission.xlsx") == amopt.load("printing/mission")
    book["parts"]["C5"] = "3,5"
    book.save(tmp_path / "mission.xlsx")
    wrong = [one for one in kinds.check(tmp_path / "mission.xlsx") if one.severity == "error"]
    assert [(one.code, one.where.row) for one in wrong] == [("wrong-type", 5)]
    book["parts"]["D3"] = "prnt_cost"
    book.save(tmp_path / "mission.xlsx")
    wrong = [one for one in kinds.check(tmp_path / "mission.xlsx") if one.severity == "error"]
    assert ("unknown-column", 3) in [(one.code, one.where.row) for one in wrong]


def test_a_title_above_the_headings_of_a_csv_file(tmp_path: Path) -> None:
    kinds.convert("printing/mission", tmp_path / "mission")
    file = tmp_path / "mission" / "parts.csv"
    file.write_text("our parts\n" + file.read_text())
    assert {one.code for one in kinds.check(tmp_path / "mission")} == {"title-row"}
    assert amopt.load(tmp_path / "mission") == amopt.load("printing/mission")


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_what_separates_the_cells_of_a_csv_file(separator: str, tmp_path: Path) -> None:
    kinds.convert("printing/table-3-1", tmp_path / "table")
    for file in (tmp_path / "table").iterdir():
        rows = list(csv.reader(io.StringIO(file.read_text())))
        text = io.StringIO()
        csv.writer(text, delimiter=separator).writerows(rows)
        file.write_text(text.getvalue())
    assert amopt.load(tmp_path / "table") == amopt.load("printing/table-3-1")


@pytest.mark.parametrize("title", ["Parts 2026", "Teile", "my parts", "part"])
def test_a_sheet_of_another_name_is_known_by_its_words_and_its_headings(
    title: str, tmp_path: Path
) -> None:
    book = mission(tmp_path)
    book["parts"].title = title
    book.save(tmp_path / "mission.xlsx")
    found = {one.code: one for one in kinds.check(tmp_path / "mission.xlsx")}
    assert "Did you mean 'parts'?" in found["unknown-sheet"].advice
    assert "_" in found["unknown-sheet"].advice
    book["parts" if title == "parts" else title].title = "parts"
    book["instance"].title = "General"
    book.save(tmp_path / "mission.xlsx")
    (missing,) = kinds.check(tmp_path / "mission.xlsx")
    assert "'General'" in missing.advice


def test_a_price_column_that_is_gone_from_a_template_is_told(tmp_path: Path) -> None:
    kinds.write_template("placement", tmp_path / "mine.xlsx")
    book = openpyxl.load_workbook(tmp_path / "mine.xlsx")
    book["machines"].delete_cols(2)
    book.save(tmp_path / "mine.xlsx")
    (warning,) = kinds.check(tmp_path / "mine.xlsx")
    assert (warning.code, warning.severity) == ("absent-amount", "warning")
    assert warning.message == "the sheet machines has no column price, which counts as 0."
    # A workbook that has only what is used lacks such columns by right.
    kinds.convert("placement/textbook", tmp_path / "used.xlsx")
    assert kinds.check(tmp_path / "used.xlsx") == []


def test_what_is_left_of_the_example_is_told(tmp_path: Path) -> None:
    kinds.write_template("placement", tmp_path / "mine.xlsx")
    book = openpyxl.load_workbook(tmp_path / "mine.xlsx")
    book["machines"]["B2"] = 90000  # somebody plays with the example
    book.save(tmp_path / "mine.xlsx")
    assert kinds.check(tmp_path / "mine.xlsx") == []
    book["places"]["A5"], book["places"]["C5"], book["places"]["D5"] = "Graz", 47.1, 15.4
    book["demand"]["A6"], book["demand"]["B6"], book["demand"]["C6"] = "Graz", "seal", 20
    book.save(tmp_path / "mine.xlsx")
    (warning,) = kinds.check(tmp_path / "mine.xlsx")
    assert (warning.code, warning.severity) == ("template-row", "warning")
    assert "4 of demand" in warning.message
    assert "machines" not in warning.message
    assert warning.where.row is not None


def test_hidden_rows_and_links_are_read_with_a_warning(tmp_path: Path) -> None:
    book = mission(tmp_path)
    book["parts"].row_dimensions[4].hidden = True
    book["parts"].row_dimensions[5].hidden = True
    book["parts"].column_dimensions["C"].hidden = True
    book.save(tmp_path / "plain.xlsx")
    linked(tmp_path / "plain.xlsx", tmp_path / "mission.xlsx")
    assert amopt.load(tmp_path / "mission.xlsx") == amopt.load("printing/mission")
    rows, links = kinds.check(tmp_path / "mission.xlsx")
    assert (rows.code, links.code) == ("hidden-rows", "external-link")
    assert {rows.severity, links.severity} == {"warning"}
    assert "sheet parts" in str(rows.where)
    assert "2 rows (the first is row 4) and 1 column" in rows.message


def linked(path: Path, to: Path) -> None:
    """Give a workbook a part such as those that look into other workbooks have."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        new.writestr("xl/externalLinks/externalLink1.xml", b"<externalLink/>")


def packed(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)


FILES: list[tuple[str, Callable[[Path], Any], str]] = [
    ("bomb.xlsx", packed, "file-too-large"),
    ("zip.xlsx", lambda path: zipfile.ZipFile(path, "w").close(), "wrong-format"),
    ("text.xlsx", lambda path: path.write_text("name,cost\n"), "wrong-format"),
    ("old.xlsx", lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0" * 200), "wrong-format"),
    ("nothing.xlsx", lambda path: path.write_bytes(b""), "empty-file"),
    ("old.xls", lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0"), "unknown-format"),
    ("one.csv", lambda path: path.write_text("key,value\n"), "unknown-format"),
    ("folder", lambda path: path.mkdir(), "not-a-file"),
]


@pytest.mark.parametrize(("name", "make", "code"), FILES, ids=[file[0] for file in FILES])
def test_files_that_are_no_workbooks(
    name: str, make: Callable[[Path], Any], code: str, tmp_path: Path
) -> None:
    make(tmp_path / name)
    (finding,) = kinds.check(tmp_path / name)
    assert finding.code == code


@pytest.mark.parametrize("ending", [".xlsx", ""])
def test_of_a_table_that_is_too_long_only_that_is_told(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows are not read as if they were all, nor judged one by one."""
    kinds.convert("printing/mission", tmp_path / f"mission{ending}")
    monkeypatch.setattr("amopt.instance.workbook.tables.MOST_ROWS", 13)  # of 14 parts
    (finding,) = kinds.check(tmp_path / f"mission{ending}")
    assert finding.code == "file-too-large"
    assert "sheet parts, row 15" in str(finding.where)
    monkeypatch.setattr("amopt.instance.workbook.tables.MOST_ROWS", 14)
    assert kinds.check(tmp_path / f"mission{ending}") == []


CSV = {
    "instance.csv": "key,value\namopt,1\nkind,placement\nname,Small\n",
    "places.csv": "name,role\nA,site\nB,customer\n",
    "lanes.csv": "from,to\nA,B\nB,A\n",
    "parts.csv": "name,may_wait\nseal,yes\n",
    "part_print.csv": "part,machine,hours\nseal,P,2\n",
    "machines.csv": "name,price\nP,100\n",
    "sites.csv": "place,most_machines\nA,3\n",
    "demand.csv": "place,part,per_year\nB,seal,12\n",
}


def folder(path: Path, **other: str) -> Path:
    path.mkdir()
    for name, text in {**CSV, **{f"{name}.csv": text for name, text in other.items()}}.items():
        (path / name).write_bytes(text.encode())
    return path


def test_a_folder_of_csv_files(tmp_path: Path) -> None:
    instance = amopt.load(folder(tmp_path / "a"))
    assert instance.parts[0].print[0].hours == 2
    assert amopt.solve(instance).outcome.status == "optimal"
    other = folder(tmp_path / "b", parts="\ufeffname;may_wait\r\nseal;TRUE\r\n")
    assert amopt.load(other) == instance


@pytest.mark.parametrize(
    ("sheet", "text", "code", "place"),
    [
        ("parts", "name,emergency_cost\nseal,1.000,5\n", "cell-without-heading", "sheet parts"),
        ("parts", 'name,emergency_cost\nseal,"3,5"\n', "wrong-type", "row 2, column B"),
        ("parts", "name,emergency_cost\nseal,nan\n", "wrong-type", "row 2, column B"),
        ("parts", 'name,emergency_cost\n"seal,10\n', "syntax", "sheet parts, row 2"),
        ("part_print", "part,machine,hours\nsaeal,P,2\n", "unknown-entry", "row 2, column A"),
        ("part_print", "machine,hours\nP,2\n", "missing-column", "sheet part_print"),
        ("part_print", "part,machine,hours\nseal,Q,2\n", "unknown-name", "row 2, column B"),
        ("prices", "a,b\n1,2\n", "unknown-sheet", "sheet prices"),
        ("demand", "place,part,per_year\nB,seal,12\nB,seal,12\n", "duplicate-name", "row 3"),
        ("demand", "place,part,per_year\nC,seal,12\n", "unknown-name", "sheet demand, row 2"),
        ("instance", "key,value\namopt,1\nname,x\n", "missing-key", "sheet instance"),
        (
            "instance",
            "key,value\namopt,1\nkind,placement\nname,x\n,5\n",
            "cell-without-heading",
            "5",
        ),
    ],
)
def test_what_is_wrong_in_a_csv_file(
    sheet: str, text: str, code: str, place: str, tmp_path: Path
) -> None:
    findings = kinds.check(folder(tmp_path / "a", **{sheet: text}))
    found = [finding for finding in findings if finding.code == code]
    assert found, findings
    assert place in str(found[0].where)


def test_letters_of_another_alphabet_need_utf8(tmp_path: Path) -> None:
    target = folder(tmp_path / "a")
    (target / "places.csv").write_bytes("name\nKöln\n".encode("latin-1"))
    assert "wrong-encoding" in [finding.code for finding in kinds.check(target)]


# -- where they are written -----------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["xlsx", "yaml", "toml"])
def test_nothing_is_overwritten(ending: str, tmp_path: Path) -> None:
    target = tmp_path / f"mine.{ending}"
    target.write_text("mine")
    with pytest.raises(UsageError, match=r"exists already|files that end in"):
        kinds.convert("placement/textbook", target)
    assert target.read_text() == "mine"


@pytest.mark.parametrize("ending", ["yaml", "json"])
def test_what_would_be_too_large_to_be_read_is_not_written(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("amopt.instance.workbook.rewriting.MAX_BYTES", 500)
    target = tmp_path / f"large.{ending}"
    with pytest.raises(UsageError, match=r"would have .* MB, .* reads up to .* folder of csv"):
        kinds.convert("placement/textbook", target)
    assert not target.exists()
    kinds.convert("placement/textbook", tmp_path / "large")
    assert kinds.load(tmp_path / "large") == kinds.load("placement/textbook")


def test_what_a_sheet_cannot_hold_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cell has room for 32,767 characters, and openpyxl would cut longer texts silently."""
    kinds.convert("placement/textbook", tmp_path / "plain.json")
    plain = json.loads((tmp_path / "plain.json").read_text())
    for name, text in (("fits", "s" * 32_767), ("long", "s" * 32_768)):
        (tmp_path / f"{name}.json").write_text(json.dumps({**plain, "source": text}))
    kinds.convert(tmp_path / "fits.json", tmp_path / "fits.xlsx")
    assert kinds.load(tmp_path / "fits.xlsx").source == "s" * 32_767
    with pytest.raises(UsageError, match="room for 32,767 characters"):
        kinds.convert(tmp_path / "long.json", tmp_path / "long.xlsx")
    kinds.convert(tmp_path / "long.json", tmp_path / "long")
    assert kinds.load(tmp_path / "long").source == "s" * 32_768
    monkeypatch.setattr("amopt.instance.workbook.writing._MOST_ROWS", 2)
    with pytest.raises(UsageError, match=r"has \d+ rows, .* room for 2: name a folder of csv"):
        kinds.convert("placement/textbook", tmp_path / "many.xlsx")
    assert not (tmp_path / "many.xlsx").exists()


def test_the_answer_as_a_workbook(tmp_path: Path) -> None:
    from amopt.report.workbook import write_answer

    solution = amopt.solve(amopt.load("placement/textbook"))
    write_answer(solution, tmp_path / "answer.xlsx")
    book = openpyxl.load_workbook(tmp_path / "answer.xlsx")
    said = {row[0].value: row[1].value for row in book["summary"].iter_rows()}
    assert said["objective"] == solution.outcome.objective
    assert said["status"] == "optimal"
    for name, rows in solution.rows.items():
        if rows:
            headings = [column.name for column in solution.columns[name]]
            shown = [[cell.value for cell in row] for row in book[name].iter_rows()]
            assert shown[0] == headings
            said = [
                [None if row.get(one) == "" else row.get(one) for one in headings] for row in rows
            ]
            assert said == shown[1:]
            assert len(book[name].tables) == 1


def test_dates_of_an_answer_are_dates(tmp_path: Path) -> None:
    from amopt.report.workbook import write_answer

    solution = amopt.solve(amopt.load("sourcing/dynamic"))
    write_answer(solution, tmp_path / "answer.xlsx")
    book = openpyxl.load_workbook(tmp_path / "answer.xlsx")
    seen = 0
    for name, rows in solution.rows.items():
        for place, column in enumerate(solution.columns[name], 1):
            if rows and column.name.endswith("_date"):
                for number, row in enumerate(rows, 2):
                    cell = book[name].cell(number, place)
                    if row[column.name] is not None:
                        assert cell.value == datetime.datetime.fromisoformat(row[column.name])
                        assert cell.number_format == "yyyy-mm-dd"
                        seen += 1
    assert seen


def test_the_commands(amopt_command: Any, tmp_path: Path) -> None:
    assert amopt_command("new", "design", "--xlsx").code == 0
    run = amopt_command("solve", "design.xlsx", "--xlsx", "answer.xlsx", "--quiet")
    assert (run.code, run.err) == (0, "")
    assert (tmp_path / "answer.xlsx").exists()
    assert amopt_command("convert", "design.xlsx", "design.json").code == 0
    assert amopt_command("convert", "design.json", "tables").code == 0
    assert amopt_command("check", "tables").code == 0
    assert amopt_command("solve", "tables", "--xlsx", "answer.pdf").code == 2
    assert amopt_command("convert", "design.xlsx", "design.json").code == 2


def test_the_page_of_keys_has_every_key() -> None:
    text = fields_markdown({kind: kinds.instance_type(kind) for kind in kinds.KINDS})
    for kind in kinds.KINDS:
        known = layout(kinds.instance_type(kind))
        mine = text.partition(f"\n## {kind.capitalize()}\n")[2].partition("\n## ")[0]
        for sheet in filter(lambda one: one.columns, known.sheets):
            assert f"### `{sheet.name}` of {kind}" in mine
            assert all(f"| `{column.heading}` |" in mine for column in sheet.columns)
    assert all(line.count(" | ") >= 4 for line in text.splitlines() if line.startswith("| `"))
