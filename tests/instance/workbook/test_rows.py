"""Rows that are read straight from the text of a sheet have the values that openpyxl gives."""

from __future__ import annotations

import datetime
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from amopt.instance.workbook.archive import member_text, sheet_members
from amopt.instance.workbook.rows import Book

ODD = "xl/worksheets/sheet1.xml"


def of_both(path: Path) -> tuple[list[Any], list[Any], Book]:
    """Return the rows that hold anything, with their numbers, as amopt and openpyxl read them."""
    book, other = Book(path), openpyxl.load_workbook(path, read_only=True, data_only=True)
    pairs: tuple[list[Any], list[Any]] = [], []
    for name, member in sheet_members(path).items():
        sheet: Any = other[name]
        sheet.reset_dimensions()
        of_openpyxl = enumerate(sheet.iter_rows(values_only=True), 1)
        for kept, rows in zip(
            pairs, (book.rows(name, member_text(path, member)), of_openpyxl), strict=True
        ):
            filled = [(number, list(row)) for number, row in rows]
            kept += [(number, row, list(map(type, row))) for number, row in filled if any(row)]
    return *pairs, book


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(["name", "a & b <c> \"d\" 'e'", "弁", " blanks ", "two\nlines", "_x000D_"])
    sheet.append([1, 1.0, 0.1 + 0.2, -1e-300, 12345678901234567890, 2**53 + 1])
    sheet.append([True, False, None, "#N/A", datetime.date(2026, 1, 31), datetime.time(8, 30)])
    sheet["B6"] = "far"
    sheet["AB7"] = datetime.timedelta(hours=30)
    for place, serial in enumerate((0, 0.5, 59, 60, -1, 3e6), 1):
        sheet.cell(9, place, serial).number_format = "yyyy-mm-dd"
    sheet.append(["=1+1", "=A1", ""])
    book.save(tmp_path / "book.xlsx")
    return tmp_path / "book.xlsx"


def rewritten(path: Path, *changes: tuple[str, str]) -> Path:
    """Return a copy of a workbook whose first sheet has other text."""
    target = path.with_name("other.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for one in old.namelist():
            text = old.read(one)
            for before, after in changes if one == ODD else ():
                assert before.encode() in text
                text = text.replace(before.encode(), after.encode())
            new.writestr(one, text)
    return target


def test_plain_rows_are_as_openpyxl_reads_them(workbook: Path) -> None:
    with pytest.warns(UserWarning, match="outside the limits for dates"):
        own, theirs, book = of_both(workbook)
    assert own == theirs
    assert len(own) == 6
    assert book._opened is None  # no row was left to openpyxl


INLINE = '<c r="B6" t="inlineStr"><is><t>far</t></is></c>'

OTHERS = {
    "inline": (INLINE, True),
    "rich": (INLINE.replace("<t>far</t>", "<r><t>f</t></r><r><t>ar</t></r>"), False),
    "character by number": ('<c r="B6" t="str"><v>f&#97;r</v></c>', False),
    "comment": (f"<!-- x -->{INLINE}", False),
    "other attribute": ('<c r="B6" cm="1" t="str"><v>far</v></c>', False),
    "formula": ('<c r="B6" t="str"><f t="shared" si="0">A1</f><v>far</v></c>', True),
    "formula in short": ('<c r="B6" t="str"><f t="shared" si="0"/><v>far</v></c>', True),
    "error": ('<c r="B6" t="e"><v>#DIV/0!</v></c>', True),
    "date as text": ('<c r="B6" t="d"><v>2026-01-31</v></c>', False),
    "number of many digits": ('<c r="B6"><v>1.2345678901234567E+19</v></c>', True),
    "number with a sign": ('<c r="B6"><v>+5</v></c>', False),
    "value of an inline text": ('<c r="B6" t="inlineStr"><v>far</v></c><c r="C6"><v>1</v></c>', 0),
    "order": ('<c r="B6"><v>1</v></c><c r="A6"><v>2</v></c><c r="C6"><v>3</v></c>', False),
}


@pytest.mark.filterwarnings("ignore:Cell:UserWarning")
@pytest.mark.parametrize("name", OTHERS)
def test_a_row_that_is_not_plain_is_left_to_openpyxl(name: str, workbook: Path) -> None:
    cell, plain = OTHERS[name]
    with zipfile.ZipFile(workbook) as archive:
        text = archive.read(ODD).decode()
    start = text.index('<c r="B6"')
    before = text[start : text.index("</c>", start) + 4]
    own, theirs, book = of_both(rewritten(workbook, (before, cell)))
    assert own == theirs
    assert (book._opened is None) is bool(plain)


@pytest.mark.filterwarnings("ignore:Cell:UserWarning")
def test_rows_out_of_order_and_other_letters_are_left_to_openpyxl(workbook: Path) -> None:
    for change in (('<row r="6"', '<row r="2"'), ("<worksheet", "<!-- x --><worksheet")):
        own, theirs, book = of_both(rewritten(workbook, change))
        assert own == theirs
        assert book._opened is not None
