"""What a workbook is as a zip file, and what no reader of workbooks tells of its sheets."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from amopt.instance.suggest import shown
from amopt.phrases import counted

__all__ = [
    "DAMAGE",
    "MERGED",
    "has_links",
    "hidden_parts",
    "hidden_sheets",
    "member_text",
    "refusal",
    "sheet_members",
    "untold",
]

MOST_BYTES_INSIDE: Final = 500_000_000
"""Bytes that a workbook may become when it is unpacked."""

MOST_RATIO: Final = 100
"""How many times smaller a member of a workbook may be packed."""

MOST_MEMBERS: Final = 2_000
"""Files that a workbook may consist of."""

MOST_COLUMNS: Final = 16_384
"""Columns of a sheet; where they are hidden up to the last, that hides nothing."""

SMALL: Final = 1_000_000
"""Bytes up to which a well-packed member does no harm."""

MERGED: Final = "cells are merged"
"""What is said of a sheet with merged cells."""

DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    ElementTree.ParseError,
    EOFError,
    KeyError,
    OSError,
    RuntimeError,
    ValueError,
)
"""What is raised where a workbook is damaged."""

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_HIDDEN = re.compile(rb'<(row|col)\b([^>]*\bhidden="(?:1|true)"[^>]*)>')
_FIRST = re.compile(rb'\b(?:r|min)="(\d+)"')
_LAST = re.compile(rb'\bmax="(\d+)"')
_MERGED = re.compile(rb'<mergeCell\s+ref="([^"]+)"')


def refusal(path: Path) -> tuple[str, str, str] | None:
    """Return why a workbook is not opened: a code, a message and what to do."""
    try:
        with path.open("rb") as stream:
            head = stream.read(8)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        return "unreadable-file", f"the file cannot be read: {reason}.", ""
    if head[:4] == b"\xd0\xcf\x11\xe0":
        message = f"{shown(path.name)} is password-protected or an old .xls file."
        return "wrong-format", message, "Save it as .xlsx without a password."
    if not head:
        return "empty-file", "the file is empty.", "Begin with `amopt new KIND FILE.xlsx`."
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except DAMAGE:
        message = f"{shown(path.name)} is no workbook, whatever its name says."
        return "wrong-format", message, "Save it as .xlsx."
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
        return (
            "file-too-large",
            message,
            "Save the tables as csv in a folder, if they are that large.",
        )
    return None


def sheet_members(path: Path) -> dict[str, str]:
    """Return the members of a workbook that hold its sheets, by the names of the sheets.

    Sheets that are hidden come last.
    """
    with zipfile.ZipFile(path) as archive:
        try:
            book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
            links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
        except (KeyError, ElementTree.ParseError):
            return {}
        members = set(archive.namelist())
    targets = {link.get("Id"): str(link.get("Target")) for link in links}
    found = {}
    for sheet in sorted(book.iter(f"{_MAIN}sheet"), key=_is_hidden):
        target = targets.get(sheet.get(_RELATION), "")
        member = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        if member in members:
            found[str(sheet.get("name"))] = member
    return found


def hidden_sheets(path: Path) -> list[str]:
    """Return the names of the sheets of a workbook that are hidden."""
    with zipfile.ZipFile(path) as archive:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
    return [str(one.get("name")) for one in book.iter(f"{_MAIN}sheet") if _is_hidden(one)]


def _is_hidden(sheet: ElementTree.Element) -> bool:
    return sheet.get("state", "visible") != "visible"


def member_text(path: Path, member: str) -> bytes:
    """Return what a member of a workbook holds."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(member)


def untold(text: bytes) -> Iterator[tuple[str, str, list[str]]]:
    """Yield merged cells and formulas without a value in a sheet: readers give blanks for both.

    Each a code, a message and the cells.
    """
    if merged := [cells.decode("ascii", "replace") for cells in _MERGED.findall(text)]:
        yield "merged-cells", MERGED, merged
    if b"<f" not in text:
        return
    empty = []
    for _, cell in ElementTree.iterparse(BytesIO(text)):  # noqa: S314 - expat expands nothing
        if cell.tag == f"{_MAIN}c":
            value = cell.find(f"{_MAIN}v")
            has_value = value is not None and value.text is not None
            if cell.find(f"{_MAIN}f") is not None and not has_value and cell.get("t") != "str":
                empty.append(str(cell.get("r")))
            cell.clear()
    if empty:
        yield "formula-without-value", "formulas were never worked out", empty


def hidden_parts(text: bytes) -> str:
    """Return how many rows and columns of a sheet are hidden or filtered away, empty for none.

    Columns that are hidden up to the last that a sheet may have hide nothing, and do not count.
    """
    rows, columns = [], 0
    for kind, attributes in _HIDDEN.findall(text):
        first, last = _FIRST.search(attributes), _LAST.search(attributes)
        if kind == b"row":
            rows.append(0 if first is None else int(first[1]))
        elif first is not None and last is not None and int(last[1]) < MOST_COLUMNS:
            columns += int(last[1]) - int(first[1]) + 1
    said = [f"{counted(len(rows), 'row')} (the first is row {rows[0]})"] if rows else []
    return " and ".join([*said, *([counted(columns, "column")] if columns else [])])


def has_links(path: Path) -> bool:
    """Return whether formulas of a workbook look into other workbooks."""
    with zipfile.ZipFile(path) as archive:
        return any(name.startswith("xl/externalLinks/") for name in archive.namelist())
