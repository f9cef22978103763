"""A sheet of an Excel workbook as rows, with what no reader of workbooks tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amopt.errors import UsageError
from amopt.instance.findings import Problem
from amopt.instance.suggest import closest, did_you_mean, shown
from amopt.instance.workbook.archive import (
    DAMAGE,
    has_links,
    hidden_parts,
    member_text,
    refusal,
    sheet_members,
    untold,
)
from amopt.instance.workbook.tables import LINKED, MACROS
from amopt.phrases import listed

__all__ = ["Sheet", "open_sheet"]

BLANK_ROWS = 1_000
"""Blank rows after which a sheet is taken to have ended."""

_FILE = ("portfolio", "file")
_CODES = {
    "wrong-format": "table-format",
    "unreadable-file": "table-format",
    "file-too-large": "table-too-large",
    "empty-file": "table-empty",
}
"""What the reasons not to open a workbook are called for a table beside an instance."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet.

    Attributes
    ----------
    name
        Its name.
    rows
        Its rows as they come, the headings first; each a tuple of what its cells hold.
    warnings
        What the planner should know of it.
    """

    name: str
    rows: Iterator[tuple[Any, ...]]
    warnings: tuple[Problem, ...] = ()


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
    try:
        name, member, problems = _named(path, asked)
        warned = () if problems else tuple(_warnings(path, name, member))
    except DAMAGE as error:
        message = f"{shown(path.name)} is damaged ({type(error).__name__})."
        return None, [Problem("table-format", _FILE, message, "Save it again.")]
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
    return Sheet(name, _rows(sheet), warned), []


def _named(path: Path, asked: str | None) -> tuple[str, str, list[Problem]]:
    """Return the name of the sheet to read, its member, and what is wrong with either."""
    refused = refusal(path)
    if refused is not None:
        code, message, advice = refused
        return "", "", [Problem(_CODES[code], _FILE, message, advice)]
    sheets = sheet_members(path)
    names = list(sheets)
    if not names:
        message = f"{shown(path.name)} is a zip file without sheets, and no workbook."
        return "", "", [Problem("table-format", _FILE, message)]
    if asked is not None and asked not in names:
        match = closest(asked, names)
        hint = (
            did_you_mean(match) if match else f"It has {listed(list(map(shown, names)), most=8)}."
        )
        message = f"{shown(path.name)} has no sheet {shown(asked)}."
        return "", "", [Problem("unknown-sheet", ("portfolio", "sheet"), message, hint)]
    name = asked if asked is not None else names[0]
    return (
        name,
        sheets[name],
        [
            Problem(code, _FILE, f"sheet {shown(name)}: {message}: {listed(cells, most=5)}.")
            for code, message, cells in untold(member_text(path, sheets[name]))
        ],
    )


def _warnings(path: Path, name: str, member: str) -> Iterator[Problem]:
    """Yield what the planner should know of a sheet that is read all the same."""
    if parts := hidden_parts(member_text(path, member)):
        message = f"sheet {shown(name)}: {parts}: hidden or filtered away, and read all the same."
        yield Problem("hidden-rows", _FILE, message)
    if path.suffix.lower() == ".xlsm":
        yield Problem("macros-not-run", _FILE, f"{shown(path.name)}: {MACROS}")
    if has_links(path):
        yield Problem("external-link", _FILE, f"{shown(path.name)}: {LINKED}")


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
