"""The rows of csv text, with the lines at which they begin."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final

__all__ = ["CsvError", "numbered_rows", "separator_of"]

SEPARATORS: Final = ",;\t"
"""What may separate cells."""

_BAR: Final = "|"
"""What separates them where none of those does."""

_QUOTE: Final = "Put a text that holds a quotation mark in quotation marks, and double those in it."


class CsvError(Exception):
    """Csv text that breaks off; the message says why.

    Attributes
    ----------
    line
        The line at which the row begins that breaks off, counted from 1.
    advice
        What to do.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line, self.advice = line, _QUOTE


def separator_of(headings: str) -> str:
    """Return what separates the cells of csv text, as its headings show.

    Parameters
    ----------
    headings
        The line of the headings.
    """
    found = max(SEPARATORS, key=headings.count)
    return found if found in headings or _BAR not in headings else _BAR


def numbered_rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of csv text with the line at which each begins.

    Parameters
    ----------
    text
        The text.
    separator
        What separates its cells.

    Raises
    ------
    CsvError
        When a quotation mark is missing, or a cell is too long.
    """
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for row in rows:
            yield line, row
            line = rows.line_num + 1
    except csv.Error as error:
        said = str(error)
        raise CsvError(f"the text breaks off: {said[:1].lower()}{said[1:]}", line) from None
