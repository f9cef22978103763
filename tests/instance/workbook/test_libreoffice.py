"""Broken workbooks that LibreOffice wrote: each has its finding in its cell, and none a traceback.

They were the textbook instance of placement, each with one mistake typed in, saved by LibreOffice
Calc 7.4. Where LibreOffice is installed, what it saves again is read as it was.
"""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

import amopt
from amopt import kinds
from amopt.instance import catalogue
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


SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")


def alike(mine: Any, other: Any) -> bool:
    """Return whether two instances are the same but for the fifteen digits that are kept."""
    if isinstance(mine, dict):
        return mine.keys() == other.keys() and all(alike(mine[key], other[key]) for key in mine)
    if isinstance(mine, list | tuple):
        return len(mine) == len(other) and all(map(alike, mine, other))
    if isinstance(mine, float):
        return mine == pytest.approx(other, rel=1e-13, abs=0)
    return bool(mine == other)


@pytest.mark.slow
@pytest.mark.skipif(SOFFICE is None, reason="no LibreOffice is installed")
def test_what_libreoffice_saves_again_is_the_same(tmp_path: Path) -> None:
    """Every shipped instance, and the template of every decision, as a workbook."""
    assert SOFFICE is not None
    names = [name for name in catalogue.names() if name not in BESIDE]
    for number, name in enumerate(names):
        kinds.convert(name, tmp_path / f"{number}.xlsx")
    for kind in kinds.KINDS:
        kinds.write_template(kind, tmp_path / f"{kind}.xlsx")
    files = sorted(tmp_path.glob("*.xlsx"))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    again = tmp_path / "again"
    subprocess.run(
        [SOFFICE, profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML",
         "--outdir", str(again), *map(str, files)],
        check=True, capture_output=True, timeout=250,
    )  # fmt: skip
    for file in files:
        assert kinds.check(again / file.name) == []
        saved, first = (amopt.load(one).to_dict() for one in (again / file.name, file))
        assert alike(first, saved), file.name


BESIDE = ("screening/norwind", "screening/portfolio", "sourcing/dynamic")
"""Instances that name a file beside them."""
