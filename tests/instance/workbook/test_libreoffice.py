"""Broken workbooks that LibreOffice wrote: each has its finding in its cell, and none a traceback.

They were the textbook instance of placement, each with one mistake typed in, saved by LibreOffice
Calc 7.4.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from amopt import kinds
from amopt.instance.workbook.reading.reader import READ_AS_BLANK

ARCHIVE = Path(__file__).parent / "libreoffice.zip"

FOUND = {
    "cell-error-div": ("cell-error", "sheet demand, row 2, column C"),
    "cell-error-na": ("cell-error", "sheet demand, row 2, column C"),
    "cell-error-ref": ("cell-error", "sheet lanes, row 2, column D"),
    "cell-error-value": ("cell-error", "sheet sites, row 2, column B"),
    "cell-without-heading": ("cell-without-heading", "sheet demand, row 9"),
    "duplicate-key-heading": ("duplicate-key", "sheet demand, row 1, column D"),
    "duplicate-name": ("duplicate-name", "sheet places, row 3, column A"),
    "empty-headings": ("unknown-column", "sheet demand, row 1, column A"),
    "hidden-rows": ("hidden-rows", "sheet demand"),
    "hidden-sheet": ("hidden-sheet", ""),
    "merged-cells": ("merged-cells", "sheet demand"),
    "missing-column": ("missing-column", "sheet demand, row 1"),
    "missing-key-cell": ("missing-key", "sheet demand, row 2, column C"),
    "missing-sheet": ("missing-key", "sheet instance"),
    "number-as-name": ("number-as-name", "sheet part_print, row 2, column B"),
    "out-of-range-negative": ("out-of-range", "sheet demand, row 2, column C"),
    "row-far-below": ("row-far-below", "sheet demand, row 3000"),
    "unknown-column": ("unknown-column", "sheet demand, row 1, column D"),
    "unknown-entry-print": ("unknown-entry", "sheet part_print, row 2, column A"),
    "unknown-key-instance": ("unknown-key", "sheet instance, row 7, column B"),
    "unknown-kind": ("unknown-kind", "sheet instance, row 3, column B"),
    "unknown-name-inner-blank": ("unknown-name", "sheet demand, row 2, column A"),
    "unknown-name-zero-width": ("unknown-name", "sheet demand, row 2, column B"),
    "unknown-sheet": ("unknown-sheet", "sheet demands"),
    "unsupported-version": ("unsupported-version", "sheet instance, row 2, column B"),
    "wrong-date-for-number": ("wrong-type", "sheet demand, row 2, column C"),
    "wrong-type-decimal-comma": ("wrong-type", "sheet demand, row 2, column C"),
    "wrong-type-formula-text": ("wrong-type", "sheet machines, row 2, column B"),
    "wrong-type-fraction": ("wrong-type", "sheet sites, row 2, column C"),
    "wrong-type-thousands": ("wrong-type", "sheet machines, row 2, column B"),
    "wrong-type-time": ("wrong-date", "sheet lanes, row 2, column C"),
    "wrong-type-truth": ("wrong-type", "sheet demand, row 2, column C"),
}
"""By workbook: the code of the finding that names the mistake, and where it says that it is."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("libreoffice")
    with zipfile.ZipFile(ARCHIVE) as archive:
        assert {Path(name).stem for name in archive.namelist()} == set(FOUND)
        archive.extractall(target)
    return target


@pytest.mark.parametrize("name", FOUND)
def test_a_workbook_of_libreoffice_has_its_finding(name: str, folder: Path) -> None:
    code, place = FOUND[name]
    findings = kinds.check(folder / f"{name}.xlsx")
    assert any(one.code == code and place in str(one.where) for one in findings), findings
    assert len(findings) <= 6
    if code in READ_AS_BLANK:
        assert [one.code for one in findings] == [code]  # told once
