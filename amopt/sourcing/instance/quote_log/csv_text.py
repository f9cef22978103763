"""The rows of csv text with quotes, whoever wrote it: separators, decimal commas, headings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from amopt.files.formulas import begins_formula
from amopt.instance.findings import Problem
from amopt.instance.formats.csv_text import CsvError, numbered_rows, separator_of
from amopt.instance.suggest import closest, did_you_mean, shown

__all__ = ["GUARD", "NUMBERS", "Row", "UnreadableLogError", "csv_rows", "is_guarded"]

GUARD = "'"
"""The mark by which a spreadsheet takes what follows for text."""

NUMBERS = ("quantity", "cost_per_part", "lead_time_weeks")
"""The columns that hold numbers."""

_BLANKS = " \t\r\n\u00a0"
_COMMA = re.compile(r"[+-]?\d+,\d+")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")


class UnreadableLogError(Exception):
    """A file with quotes that cannot be read at all; the message says why, the advice what to do.

    Attributes
    ----------
    advice
        What to do; empty where the message says it.
    row
        The row at which it cannot be read; None where that is not known.
    """

    def __init__(self, message: str, advice: str = "", row: int | None = None) -> None:
        super().__init__(message)
        self.advice, self.row = advice, row


@dataclass(frozen=True)
class Row:
    """A row of a file with quotes.

    Attributes
    ----------
    number
        Its number in the file, as a spreadsheet counts: the headings are row 1.
    values
        What it says, by column; blank cells are left out.
    problems
        What is wrong with its cells; the keys begin with the column.
    shifted
        Whether it has more cells than there are headings, so that no cell can be trusted.
    """

    number: int
    values: dict[str, Any]
    problems: tuple[Problem, ...] = ()
    shifted: bool = False


def is_guarded(text: str) -> bool:
    """Return whether an apostrophe before a text is a mark, and no part of a name.

    It is one where a spreadsheet would read a formula, a number or a date, where blanks would be
    lost, and before an apostrophe of the text itself: ``'t Hart`` is a name.
    """
    return (
        not text
        or text[0] == GUARD
        or text[0].isdigit()
        or text != text.strip()
        or begins_formula(text)
    )


def csv_rows(content: bytes, columns: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of csv text with headings.

    Commas, semicolons, tabs or bars separate, as the headings show. Where commas do not, and a
    number has a decimal comma (``12,50``), all numbers of the file have one. Headings are those of
    ``columns`` whatever their case, blanks, hyphens and underscores.

    Parameters
    ----------
    content
        The bytes of the file: UTF-8.
    columns
        The columns that are known.

    Raises
    ------
    UnreadableLogError
        When it is no such text, or breaks off.
    """
    text = _text(content)
    told, _, rest = text.partition("\n")
    skipped = told.strip(_BLANKS).lower().startswith("sep=")
    first = rest.partition("\n")[0] if skipped else told
    separator = separator_of(first)
    numbered = _numbered(text, separator)
    if skipped:
        next(numbered)
    _, headings = next(numbered, (1, []))
    names = _names(headings, columns)
    cells = [
        (n, [_cell(c) for c in row]) for n, row in numbered if any(c.strip(_BLANKS) for c in row)
    ]
    numeric = [place for place, name in enumerate(names) if name in NUMBERS]
    comma = separator != "," and any(
        _COMMA.fullmatch(row[place]) and not _THOUSANDS.fullmatch(row[place])
        for _, row in cells
        for place in numeric
        if place < len(row)
    )
    for number, row in cells:
        yield _row(number, names, row, comma=comma)


def _text(content: bytes) -> str:
    """Return the text of a file."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        message = f"the byte {content[error.start]:#04x} is not UTF-8 text"
        raise UnreadableLogError(message, "Save it again as CSV UTF-8.", row) from None
    if "\x00" in text:
        raise UnreadableLogError("it is not text", "Save it again as CSV UTF-8.")
    return text.lstrip("\r\n")


def _numbered(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield rows with the line at which each begins."""
    try:
        yield from numbered_rows(text, separator)
    except CsvError as error:
        raise UnreadableLogError(str(error), error.advice, error.line) from None


def _names(headings: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Return the columns that headings name."""
    known = {_folded(name): name for name in columns}
    names = [known.get(_folded(heading), heading.strip(_BLANKS)) for heading in headings]
    for name in ("supplier", "part"):
        if name not in names:
            near = closest(name, [one for one in names if one])
            advice = f"{did_you_mean(near)[:-1]} by its column {name!r}?" if near else ""
            message = f"its first row names no column {name!r}"
            advice = advice or f"Name the columns there, such as {', '.join(columns)}."
            raise UnreadableLogError(message, advice, 1)
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        message = f"its first row names the column {twice!r} twice"
        raise UnreadableLogError(message, "Rename or remove one of them.", 1)
    return names


def _folded(heading: str) -> str:
    return re.sub(r"[\s_\u00a0-]", "", heading.casefold())


def _cell(text: str) -> str:
    """Return what a cell says, without the apostrophe where one guards it."""
    guarded = text.startswith(GUARD) and is_guarded(text[1:])
    return text[1:] if guarded else text.strip(_BLANKS)


def _row(number: int, names: Sequence[str], cells: Sequence[str], *, comma: bool) -> Row:
    """Return a row with its numbers read."""
    values: dict[str, Any] = {}
    problems = []
    for place, (name, cell) in enumerate(zip(names, cells, strict=False), start=1):
        if not cell:
            continue
        if not name:
            message, at = f"{shown(cell)} stands in a column without a heading.", f"column {place}"
            problems.append(Problem("quote-incomplete", (at,), message, "Name the column."))
        elif comma and name in NUMBERS and "." in cell:
            message = f"{shown(cell)} has a decimal point, and other numbers of the file a comma."
            advice = "Write all numbers with a comma, and without points between thousands."
            problems.append(Problem("wrong-type", (name,), message, advice))
        else:
            values[name] = _value(cell, comma=comma) if name in NUMBERS else cell
    beyond = [cell for cell in cells[len(names) :] if cell]
    if beyond:
        message = f"{shown(beyond[0])} stands right of the last heading."
        advice = (
            "A decimal comma? Write a point, or separate the columns by semicolons."
            if any(cell.isdigit() for cell in cells)
            else "Name the column, or remove what stands there."
        )
        problems.append(Problem("quote-incomplete", (names[-1],), message, advice))
    return Row(number, values, tuple(problems), bool(beyond))


def _value(text: str, *, comma: bool) -> Any:
    """Return a number; a text that is none stays as it is, to be refused."""
    if comma and _COMMA.fullmatch(text):
        text = text.replace(",", ".")
    try:
        return text if "_" in text else float(text)
    except ValueError:
        return text
