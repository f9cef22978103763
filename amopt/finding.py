"""What is wrong with an instance: a finding, its place, its code and its severity."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Code", "Finding", "Key", "Problem", "Severity", "Where", "path_text"]

Key = tuple[str | int, ...]
"""The path to a value: ``("parts", 3, "order_cost")``."""


class Severity(StrEnum):
    """How bad a finding is: an error stops the solve, a warning travels with the answer."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Code:
    """An entry of the catalogue.

    Attributes
    ----------
    code
        The stable name of the finding, such as ``"unknown-key"``.
    meaning
        What it means, in one sentence.
    advice
        What to do about it, in general.
    severity
        Error or warning.
    """

    code: str
    meaning: str
    advice: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Where:
    """A place in an instance file.

    Attributes
    ----------
    file
        The file's name as the caller gave it; empty for data that never was a file.
    key
        The path to the value.
    line
        The line, counted from 1, where the format gives it.
    sheet, row, column
        The sheet, the row and the letters of the column of a table, where the file has them.
    """

    file: str = ""
    key: Key = ()
    line: int | None = None
    sheet: str | None = None
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        spot = [self.file if self.file.isprintable() else repr(self.file)] if self.file else []
        if self.sheet is not None:
            spot.append(f"sheet {self.sheet if self.sheet.isprintable() else repr(self.sheet)}")
        if self.row is not None:
            spot.append(f"row {self.row}")
        if self.column is not None:
            spot.append(f"column {self.column}")
        if self.line is not None:
            spot.append(f"line {self.line}")
        if self.key:
            spot.append(path_text(self.key))
        return ", ".join(spot) or "the instance"


_LONGEST_PATH = 12


def path_text(key: Key) -> str:
    """Write a key path as a planner reads it: ``parts[3].order_cost``."""
    path = ""
    for part in key[:_LONGEST_PATH]:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            plain = part if part.isprintable() and part and len(part) <= 60 else repr(part[:60])
            path += f".{plain}" if path else plain
    return path if len(key) <= _LONGEST_PATH else f"{path}..."


@dataclass(frozen=True, slots=True)
class Problem:
    """What a check found wrong at a key; the loader turns it into a :class:`Finding`.

    Attributes
    ----------
    code
        A code of the catalogue.
    key
        The path to the value.
    message
        What is wrong with this value.
    advice
        What to write instead.
    where
        Where the value stands, where that is not at the key: in a table beside the instance.
    """

    code: str
    key: Key
    message: str
    advice: str = ""
    where: Where | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong in an instance: what, where, and what to write instead."""

    code: str
    where: Where
    message: str
    advice: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        advice = f" {self.advice}" if self.advice else ""
        return f"{self.severity} {self.code} at {self.where}: {self.message}{advice}"
