"""The cells of a table of parts, with everything that is wrong with each of them by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.instance.findings import Finding, Severity, Where
from amopt.instance.suggest import closest, did_you_mean, shown
from amopt.phrases import counted
from amopt.printing.instance import Part
from amopt.printing.instance.parts_table import TEXTS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Notes", "columns_of", "unique"]

Floats = NDArray[np.float64]

NEEDED = (*TEXTS, "order_cost")

LONGEST_NAME = next(
    one.max_length for one in Part.model_fields["name"].metadata if hasattr(one, "max_length")
)
"""Characters of the longest name that an instance file takes."""

MOST = 5
"""Cells of a column that are wrong in the same way and named one by one."""


@dataclass
class Notes:
    """What is wrong, by row and column."""

    file: str
    findings: list[Finding] = field(default_factory=list)

    def add(self, code: str, column: str, rows: Any, says: str, advice: str) -> None:
        """Note rows of a column, counted from 0, that are wrong in the same way."""
        rows = np.asarray(rows).tolist()
        for row in rows[:MOST]:
            self._note(code, column, row, says, advice)
        if rows[MOST:]:
            more = counted(len(rows) - MOST, "more row")
            self._note(code, column, rows[MOST], f"{says} ({more} like this one)", advice)

    def _note(self, code: str, column: str, row: int, says: str, advice: str) -> None:
        where = Where(file=self.file, key=(column,), row=row + 2)  # row 1 has the headings
        self.findings.append(Finding(code, where, f"{says}.", advice, Severity.ERROR))

    def table(self, code: str, column: str, says: str, advice: str) -> None:
        """Note what is wrong with a column as a whole."""
        self.findings.append(Finding(code, Where(file=self.file, key=(column,)), says, advice))


def columns_of(frame: pd.DataFrame, notes: Notes) -> dict[str, NDArray[Any]]:
    """Return the columns by field, numbers with NaN where nothing is given."""
    fields = tuple(Part.model_fields)
    for heading in map(str, frame.columns):
        if heading not in fields:
            near = closest(heading, fields)
            notes.table(
                "unknown-column",
                heading,
                "a part has no such field.",
                did_you_mean(near) if near else "Leave it out.",
            )
    for name in NEEDED:
        if name not in frame.columns:
            notes.table("missing-column", name, f"the table lacks {name}.", "Add the column.")
    if not len(frame):
        notes.table("missing-column", "name", "the table has no rows.", "Add the parts.")
    found: dict[str, NDArray[Any]] = {}
    for name in fields:
        if name not in frame.columns:
            continue
        values = frame[name]
        found[name] = (_texts if name in TEXTS else _numbers)(name, values, notes)
    return found


def _texts(name: str, values: pd.Series, notes: Notes) -> NDArray[np.object_]:
    """Return a column of names, with a note of those that an instance file would refuse."""
    texts = values.astype(str).to_numpy(dtype=object)
    blank = values.isna().to_numpy() | (values.astype(str).str.strip() == "").to_numpy()
    notes.add("missing-key", name, np.flatnonzero(blank), "the cell is empty", "Fill it in.")
    words, place = unique(values.astype(object).to_numpy(dtype=object))
    no_text = np.array([not isinstance(word, str) for word in words], dtype=bool)[place] & ~blank
    says = "the cell holds no text"
    notes.add("wrong-type", name, np.flatnonzero(no_text), says, "Write the column as text.")
    right = [word == word.strip() and word.isprintable() for word in map(str, words)]
    wrong = ~np.array(right, dtype=bool)[place] & ~blank
    says = "the name begins or ends with a blank, or holds a character that is not visible"
    notes.add("malformed-text", name, np.flatnonzero(wrong), says, "Write the name again.")
    long = np.array([len(str(word)) > LONGEST_NAME for word in words], dtype=bool)[place]
    says = f"the name has more than {LONGEST_NAME} characters"
    notes.add("text-too-long", name, np.flatnonzero(long), says, "Shorten it.")
    return texts


def _numbers(name: str, values: pd.Series, notes: Notes) -> Floats:
    """Return a column of numbers, NaN where nothing is given, with a note of what is none.

    Truth values, dates and texts that could be read as numbers are none, as in an instance file.
    """
    import pandas as pd
    from pandas.api import types

    there = ~values.isna().to_numpy()
    numbers = np.full(len(values), np.nan)
    if not (types.is_bool_dtype(values) or types.is_datetime64_any_dtype(values)):
        numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    bad = np.isnan(numbers) & there
    if values.dtype == object or types.is_string_dtype(values):
        of_words = np.array([isinstance(cell, str) for cell in values], dtype=bool)
        # A csv column is one of texts only where one of them is no number.
        bad |= of_words & ~bad.any()
    if types.is_timedelta64_dtype(values):
        bad = there
    if bad.any():
        first = str(values.iloc[int(np.flatnonzero(bad)[0])])
        advice = "Write decimals with a point." if "," in first else "Write a number, or nothing."
        says = f"{shown(first)} stands where a number is due"
        notes.add("cell-not-a-number", name, np.flatnonzero(bad), says, advice)
    return numbers


def unique(texts: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Return the different texts, and which of them each is."""
    import pandas as pd

    place, words = pd.factorize(texts)
    return np.asarray(words, dtype=object), np.asarray(place)
