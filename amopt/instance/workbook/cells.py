"""What the cells of a column say, and how a value is written into a cell."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from amopt.instance.suggest import shown
from amopt.instance.workbook.layout import Column
from amopt.instance.workbook.rows import Percent

__all__ = ["EMPTY", "SEPARATOR", "Slip", "number_of", "read_cells", "written"]

SEPARATOR: Final = ";"
"""What separates the values of a cell that holds several."""

EMPTY: Final = '""'
"""How an empty text is written, for a blank cell is no value."""

_BLANKS: Final = " \t\r\n\u00a0"
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_WHOLE: Final = re.compile(r"[+-]?\d{1,400}", re.ASCII)
_TRUTHS: Final = {"true": True, "yes": True, "false": False, "no": False}
_ERRORS: Final = frozenset(
    ("#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")
)
_FIRST_DAY: Final = datetime.datetime(1900, 3, 1)
_SHOWN: Final = (datetime.date, datetime.time, datetime.timedelta, Percent)
"""What a cell holds by its format: a date, which a moment is too, a time, or a percentage."""
_HOURS: Final = {"hour": 1, "hours": 1, "days": 24, "weeks": 168, "years": 8760}
"""Units of time in hours, by the words with which keys end."""

_LARGEST_NAME: Final = 10**15

Slip = tuple[int, str, str, str]
"""What is wrong with a cell: the place of its row, a code, a message, and what to do."""


def read_cells(
    column: Column, cells: Sequence[Any], *, plain: bool
) -> tuple[list[Any], list[Slip]]:
    """Return the values of a column's cells, None where one is blank, and what is wrong with some.

    A cell that does not say what the column wants stays as it is, for the instance to refuse.

    Parameters
    ----------
    column
        The column.
    cells
        What its cells hold.
    plain
        Whether all of them are text, as in a csv file.
    """
    slips: list[Slip] = []
    numbers: list[tuple[int, str]] = []
    read = _READERS[column.kind]
    values: list[Any] = []
    for place, cell in enumerate(cells):
        if cell is None or cell == "":
            values.append(None)
            continue
        if type(cell) is str:
            text = cell.strip(_BLANKS)
            if not text:
                values.append(None)
                continue
            if text[0] == "#" and text in _ERRORS:
                beyond = text == "#VALUE!" and column.kind in ("date", "moment")
                or_what = ", or a day beyond 31 December 9999" if beyond else ""
                message = f"the cell holds the error {text}{or_what}."
                slips.append((place, "cell-error", message, ""))
                values.append(None)
                continue
            if column.several:
                pieces = (piece.strip(_BLANKS) for piece in text.split(SEPARATOR))
                values.append([_of_text(column.kind, piece) for piece in pieces if piece])
                continue
            values.append(
                "" if text == EMPTY else _of_text(column.kind, text) if plain else read(text)
            )
            continue
        if isinstance(cell, _SHOWN):
            value, told = _as_shown(cell, column)
            slips += [(place, *one) for one in told]
        else:
            value = read(cell)
            if column.kind == "text" and type(value) is str:
                numbers.append((place, value))
        values.append([value] if column.several and value is not None else value)
    if numbers:
        place, name = numbers[0]
        message = f"the name {shown(name)} is a number in the sheet."
        if len(numbers) > 1:
            message = f"{len(numbers):,} names of the column are numbers in the sheet, such as "
            message += f"{shown(name)}."
        slips.append((place, "number-as-name", message, ""))
    return values, _once(slips, "percent-cell", "cells of the column show percent")


def _of_text(kind: str, text: str) -> Any:
    """Return what a text in a csv file says, where the column wants something of a kind."""
    if kind in ("number", "whole", "any"):
        if _WHOLE.fullmatch(text):
            return int(text)
        if _NUMBER.fullmatch(text):
            return _number(float(text)) if kind == "whole" else float(text)
    if kind in ("truth", "any"):
        return _TRUTHS.get(text.casefold(), text)
    return text


def number_of(cell: Any) -> float | None:
    """Return the number of a cell, or of a text as a csv file writes one; None where it is none."""
    if isinstance(cell, str):
        return float(cell) if _NUMBER.fullmatch(cell.strip()) else None
    return float(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else None


def _number(cell: Any) -> Any:
    """Return a number, whole where it is one."""
    return int(cell) if type(cell) is float and cell.is_integer() else cell


def _truth(cell: Any) -> Any:
    return _TRUTHS.get(cell.casefold(), cell) if type(cell) is str else cell


def _text(cell: Any) -> Any:
    """Return a whole number as the text that it looks like."""
    number = _number(cell)
    return str(number) if type(number) is int and abs(number) < _LARGEST_NAME else cell


def _as_it_is(cell: Any) -> Any:
    return cell


_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "text": _text,
    "number": _as_it_is,
    "whole": _number,
    "truth": _truth,
    "date": _as_it_is,
    "moment": _as_it_is,
    "any": _number,
}


def _once(slips: list[Slip], code: str, words: str) -> list[Slip]:
    """Return what is wrong, with the notes of a code folded into one for the column."""
    notes = [slip for slip in slips if slip[1] == code]
    if len(notes) < 2:
        return slips
    place, _, message, advice = notes[0]
    folded = (place, code, f"{len(notes):,} {words}; the first: {message}", advice)
    return [*(slip for slip in slips if slip[1] != code), folded]


def _as_shown(cell: Any, column: Column) -> tuple[Any, list[tuple[str, str, str]]]:
    """Return what a cell says by its format, and what is wrong with it: code, message, advice."""
    if type(cell) is Percent:
        in_percent = column.path[-1].rpartition("_")[2] == "percent"
        value = float(Decimal(repr(float(cell))) * 100 if in_percent else cell)
        read = f"the cell shows {value:.15g} %, which is read as {value:.15g}."
        told = [("percent-cell", read, "")] if value != cell else []
        return _READERS[column.kind](value), told
    if isinstance(cell, datetime.time | datetime.timedelta):
        message, advice = _time(cell, column)
    elif not isinstance(cell, datetime.datetime):
        return cell, []
    else:
        message, advice = _moment(cell), "Write the date as 2026-01-31."
    return (None, [("wrong-date", message, advice)]) if message else (cell.date(), [])


def _moment(cell: datetime.datetime) -> str:
    """Say why a moment is no day; nothing where it is one."""
    if cell < _FIRST_DAY:
        return f"the cell holds the date {cell:%Y-%m-%d}, before spreadsheets count days right."
    day = cell.time() == datetime.time()
    return "" if day else f"the cell holds a time of day: {cell:%Y-%m-%d %H:%M}."


def _time(cell: datetime.time | datetime.timedelta, column: Column) -> tuple[str, str]:
    """Say that a cell holds a time, what is wanted, and what it is in the unit of the column."""
    if isinstance(cell, datetime.time):
        cell = datetime.timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second)
    if column.kind not in ("number", "whole"):
        message = f"the cell holds the time {_clock(cell)}, or day 0 of the calendar."
        return message, "Write the date as 2026-01-31."
    unit = next((part for part in reversed(column.path[-1].split("_")) if part in _HOURS), "")
    wanted = f"a number of {unit}" if unit else "a number"
    message = f"the cell holds the time {_clock(cell)} where {wanted} is wanted."
    advice = "Format the cell as a number, and write it again"
    if not unit:
        return message, f"{advice}."
    number = f"{cell.total_seconds() / 3600 / _HOURS[unit]:.6g}"
    return message, f"{advice}: {_clock(cell)} h is {number} {unit}."


def _clock(time: datetime.timedelta) -> str:
    """Return a length of time as hours and minutes."""
    minutes, seconds = divmod(round(time.total_seconds()), 60)
    said = f"{minutes // 60}:{minutes % 60:02}"
    return f"{said}:{seconds:02}" if seconds else said


def written(value: Any) -> Any:
    """Return a value as a cell holds it: text, number, truth, or nothing.

    Raises
    ------
    ValueError
        When a text of several holds what separates them.
    """
    if isinstance(value, (list, tuple)):
        return f"{SEPARATOR} ".join(_pieces(value))
    if value == "" and isinstance(value, str):
        return EMPTY
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value


def _pieces(values: Sequence[Any]) -> Iterator[str]:
    """Yield the values of a cell as text."""
    for value in values:
        if isinstance(value, str) and (SEPARATOR in value or value != value.strip(_BLANKS)):
            raise ValueError(f"{shown(value)} holds a {SEPARATOR!r}, which separates values")
        yield value if isinstance(value, str) else repr(written(value)).strip("'")
