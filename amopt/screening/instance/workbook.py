"""A sheet of an Excel workbook as rows, with what no reader of workbooks tells."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from amopt.errors import UsageError
from amopt.instance.findings import Problem
from amopt.instance.suggest import closest, did_you_mean, shown
from amopt.phrases import counted, listed

__all__ = ["Sheet", "open_sheet"]

MOST_BYTES_INSIDE = 500_000_000
"""Bytes that a workbook may become when it is unpacked."""

MOST_RATIO = 100
"""How many times smaller a member of a workbook may be packed."""

MOST_MEMBERS = 2_000
"""Files that a workbook may consist of."""

SMALL = 1_000_000
"""Bytes up to which a well-packed member does no harm."""

BLANK_ROWS = 1_000
"""Blank rows after which a sheet is taken to have ended."""

_FILE = ("portfolio", "file")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CELL_REFERENCE = re.compile(rb'<mergeCell\s+ref="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet.

    Attributes
    ----------
    name
        Its name.
    rows
        Its rows as they come, the headings first; each a tuple of what its cells hold.
    """

    name: str
    rows: Iterator[tuple[Any, ...]]


def open_sheet(path: Path, asked: str | None) -> tuple[Sheet | None, list[Problem]]:
    """Return a sheet of a workbook, or what is wrong with the workbook.

    Parameters
    ----------
    path
        The workbook.
    asked
        The name of the sheet; None for the first.

    Raises
    ------
    UsageError
        When openpyxl is not installed.
    """
    problem = _suspicious(path)
    if problem is not None:
        return None, [problem]
    sheets = _sheets(path)
    names = list(sheets)
    if not names:
        message = f"{shown(path.name)} is a zip file without sheets, and no workbook."
        return None, [Problem("table-format", _FILE, message)]
    if asked is not None and asked not in names:
        match = closest(asked, names)
        hint = (
            did_you_mean(match) if match else f"It has {listed(list(map(shown, names)), most=8)}."
        )
        message = f"{shown(path.name)} has no sheet {shown(asked)}."
        return None, [Problem("unknown-sheet", ("portfolio", "sheet"), message, hint)]
    name = asked if asked is not None else names[0]
    problems = list(_not_told(path, name, sheets[name]))
    if problems:
        return None, problems
    try:
        import openpyxl
    except ModuleNotFoundError as error:
        message = "workbooks need openpyxl: python -m pip install openpyxl (or save as .csv)"
        raise UsageError(message) from error
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sheet: Any = openpyxl.load_workbook(path, read_only=True, data_only=True)[name]
            sheet.reset_dimensions()
    except Exception as error:
        message = f"{shown(path.name)} is no workbook that can be read ({type(error).__name__})."
        return None, [Problem("table-format", _FILE, message)]
    return Sheet(name, _rows(sheet)), []


def _rows(sheet: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the rows, without those that are blank at the end."""
    blank = 0
    for row in sheet.iter_rows(values_only=True):
        if all(value is None for value in row):
            blank += 1
            if blank > BLANK_ROWS:
                return
            continue
        for _ in range(blank):
            yield ()
        blank = 0
        yield row


def _suspicious(path: Path) -> Problem | None:
    """Return why a workbook is not opened: it is none, or would become too large."""
    with path.open("rb") as stream:
        head = stream.read(8)
    if head[:4] == b"\xd0\xcf\x11\xe0":
        message = f"{shown(path.name)} is password-protected or an old .xls file."
        return Problem("table-format", _FILE, message, "Save it as .xlsx without a password.")
    if not zipfile.is_zipfile(path):
        message = f"{shown(path.name)} is no workbook, whatever its name says."
        return Problem("table-format", _FILE, message)
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    inside = sum(member.file_size for member in members)
    swollen = any(
        member.file_size > SMALL and member.file_size > MOST_RATIO * max(1, member.compress_size)
        for member in members
    )
    if inside > MOST_BYTES_INSIDE or swollen or len(members) > MOST_MEMBERS:
        message = (
            f"{shown(path.name)} holds {counted(len(members), 'file')} and unpacks to "
            f"{inside / 1e6:,.0f} MB, which no honest table of its size does."
        )
        return Problem("table-too-large", _FILE, message)
    return None


def _not_told(path: Path, name: str, member: str) -> Iterator[Problem]:
    """Yield merged cells and formulas without a value: readers give blanks for both."""
    with zipfile.ZipFile(path) as archive:
        text = archive.read(member)
    merged = [ref.decode("ascii", "replace") for ref in _CELL_REFERENCE.findall(text)]
    if merged:
        message = f"sheet {shown(name)} merges {listed(merged, most=5)}."
        yield Problem("merged-cells", _FILE, message)
    if b"<f" not in text:
        return
    cells = []
    for _, cell in ElementTree.iterparse(BytesIO(text)):  # noqa: S314 - expat expands nothing
        if cell.tag == f"{_MAIN}c":
            value = cell.find(f"{_MAIN}v")
            has_value = value is not None and value.text is not None
            if cell.find(f"{_MAIN}f") is not None and not has_value and cell.get("t") != "str":
                cells.append(str(cell.get("r")))
            cell.clear()
    if cells:
        message = f"sheet {shown(name)} has formulas that were never worked out in "
        yield Problem("formula-without-value", _FILE, f"{message}{listed(cells, most=5)}.")


def _sheets(path: Path) -> dict[str, str]:
    """Return the members of a workbook that hold its sheets, by the names of the sheets."""
    with zipfile.ZipFile(path) as archive:
        try:
            book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
            links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
        except (KeyError, ElementTree.ParseError):
            return {}
        members = set(archive.namelist())
    targets = {link.get("Id"): str(link.get("Target")) for link in links}
    found = {}
    for sheet in book.iter(f"{_MAIN}sheet"):
        target = targets.get(sheet.get(_RELATION), "")
        member = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        if member in members:
            found[str(sheet.get("name"))] = member
    return found
