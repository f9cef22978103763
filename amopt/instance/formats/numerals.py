"""A number that is written wrongly -> how to write it."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

__all__ = ["as_date", "converted", "hundredth", "not_a_date", "rewritten"]

_NUMBER = re.compile(r"[-+]?[\d.,_' ]*\d[\d.,_' ]*([eE][-+]?\d+)?")
_SIGNED = r"([-+]?\d+(?:\.\d+)?)"
_SEPARATORS = re.compile(r"[_' \u00a0\u202f]")
_DECIMAL_COMMA = re.compile(r"([-+]?(?:\d+|\d{1,3}(?:\.\d{3})+)),(\d+)")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[-+]?\d{1,3}(?:\.\d{3}){2,}")
_ONE_POINT = re.compile(r"[-+]?[1-9]\d{0,2}\.\d{3}")
_SEVERAL = re.compile(
    rf"{_SIGNED.replace('(', '(?:', 1)}(?:(?:,\s+|\s*;\s*){_SIGNED.replace('(', '(?:', 1)})+"
)
_RANGE = re.compile(rf"{_SIGNED}\s*(?:[-\u2013\u2014]|\.\.+|to|bis)\s*{_SIGNED}")
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?(T.*)?|\d\d?[./]\d\d?[./](\d{4}|\d\d)")
_PERCENT = re.compile(rf"{_SIGNED}\s*(?:%|per ?cent|pct)", re.IGNORECASE)
_WITH_UNIT = re.compile(rf"{_SIGNED}\s*[^\d\s.,].*", re.DOTALL)
_WITH_CURRENCY = re.compile(rf"(?:[€$£¥]|[A-Z]{{3}}\b)\s*{_SIGNED}")
_PLACED = re.compile(r"(\d\d?)([./-])(\d\d?)\2(\d{4})")
_SPELT_DATES = ("%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y", "%d-%b-%Y", "%Y/%m/%d", "%Y.%m.%d")
_FRACTION = re.compile(r"(\d+)\s*/\s*([1-9]\d*)")
_COMMA = re.compile(r"([^\d.,]*[-+]?(?:\d+(?=,(?!\d{3}(?!\d)))|0)),(\d+)(\s*[^\d.,]*)")
_PRICED = re.compile(
    rf"(?:[€$£¥]|[A-Z]{{3}}\b)\s*({_NUMBER.pattern})|({_NUMBER.pattern})(?:[€$£¥]|[A-Z]{{3}})"
)
_CLOCK = re.compile(
    r"(\d+)\s*(?:h|hrs?|hours?|:)\s*([0-5]?\d)\s*(?:m|min|minutes?)?", re.IGNORECASE
)
_LETTER_O = re.compile(r"[-+]?\d[\doO.]*")
_MULTIPLES = {"k": 10**3, "K": 10**3, "t": 10**3, "T": 10**3, "m": 10**6, "M": 10**6}
_MULTIPLE = re.compile(
    rf"{_SIGNED}\s*([kK]|[tT]housand|[tT]sd|[mM]io|[mM]illion|M)s?\b\.?.*", re.DOTALL
)


def rewritten(text: str, key: Any, *, whole: bool, share: bool) -> str:
    """Say how to write a number that was written as text.

    Parameters
    ----------
    text
        What stands where the number is wanted.
    key
        The key whose value it is: one that is named after percent takes them as they are.
    whole
        Whether a whole number is wanted.
    share
        Whether a number up to 1 is wanted.
    """
    if _DATE.fullmatch(text):
        return not_a_date(key)
    if _SEVERAL.fullmatch(text):
        return _several(re.split(r"[,;]\s*", text), key)
    if fraction := _FRACTION.fullmatch(text):
        part = int(fraction[1]) / int(fraction[2])
        return f"{text} is {part:.6g}: write {part:.6g}."
    percent = _PERCENT.fullmatch(_COMMA.sub(r"\1.\2\3", text))
    if percent and not whole and "percent" not in str(key):
        hundred = hundredth(percent[1])
        return f"{percent[1]} % is {hundred}: write {hundred}."
    if _NUMBER.fullmatch(text):
        return _unadorned(text, whole)
    said = (
        _between(text)
        or _spelt(text)
        or _clock(text, str(key))
        or _with_unit(text, str(key), whole)
    )
    return said or f"Write a number such as {12 if whole else 0.25 if share else 1250.5}."


def _several(numbers: list[str], key: Any) -> str:
    """Say how to write several numbers: as a list where one is due, else one of them."""
    if isinstance(key, int):
        listed = ", ".join(numbers)
        return f"Several numbers? Write [{listed}], or {listed.replace(',', ';')} in a cell."
    return f"Write one number here: {', '.join(numbers[:-1])} or {numbers[-1]}."


def _between(text: str) -> str | None:
    """Say that one number of a range is to be written; None where it is none."""
    ends = _RANGE.fullmatch(text)
    if ends is None:
        return None
    return f"A range is not read; write one number: {ends[1]} or {ends[2]}."


def _spelt(text: str) -> str | None:
    """Say how to write a number whose digits are letters; None where they are not."""
    if _LETTER_O.fullmatch(text):
        return f"Write {re.sub('[oO]', '0', text)} if the letter O stands for a zero."
    multiple = _MULTIPLE.fullmatch(text)
    if multiple is None:
        return None
    return f"Write {_digits(str(Decimal(multiple[1]) * _MULTIPLES[multiple[2][0]]))}, all digits."


def _clock(text: str, key: str) -> str | None:
    """Say what hours and minutes are in the unit of the key; None where they are none."""
    clock = _CLOCK.fullmatch(text)
    if clock is None:
        return None
    hours = int(clock[1]) + int(clock[2]) / 60
    for part in reversed(key.split("_")):
        factor = _factor("hours", part)
        if factor is not None and f"per_{part}" not in key:
            number = f"{hours * factor:.6g}"
            return f"{text} is {number} {part}: write {number} if hours and minutes are meant."
    return "Write a number, without hours and minutes."


def _with_unit(text: str, key: str, whole: bool) -> str | None:
    """Say how to write a number that stands with a unit; None where it does not."""
    pointed = _COMMA.sub(r"\1.\2\3", text)
    unit = _WITH_CURRENCY.fullmatch(pointed) or _WITH_UNIT.fullmatch(pointed)
    if unit is None:
        priced = _PRICED.fullmatch(text)
        return _unadorned((priced[1] or priced[3]).strip(), whole) if priced else None
    converted = _in_other_unit(float(unit[1]), text[unit.end(1) :], key)
    if converted or (whole and "." in unit[1]):
        return converted
    return f"Write the number alone ({unit[1]}); the unit is in the key's name."


def hundredth(percent: str | float) -> str:
    """Return what so many percent are, in the digits that they are written in."""
    return repr(float(Decimal(str(percent)) / 100))


def _unadorned(text: str, whole: bool) -> str:
    """Say how to write digits that stand with quotes, separators or a decimal comma."""
    if _ONE_POINT.fullmatch(text):
        return (
            f"Write {_digits(text)} if the point is a decimal one, "
            f"{text.replace('.', '')} if it separates thousands."
        )
    if whole and not re.sub(r"[_' ]", "", text).lstrip("+-").isdigit():
        return "Write a whole number such as 12, without separators or quotes."
    plain = _SEPARATORS.sub("", text)
    if "," in plain or plain.count(".") > 1:
        return _with_commas(plain)
    try:
        number = int(plain) if plain.lstrip("+-").isdigit() else float(plain)
    except ValueError:
        return "Write a number such as 1250.5."
    return f"Write {number!r}, without quotes or separators."


def _with_commas(text: str) -> str:
    """Say how to write digits that stand with a comma, or with several points."""
    thousands, comma = _THOUSANDS.fullmatch(text), _DECIMAL_COMMA.fullmatch(text)
    if thousands and comma and "." not in text and not text.lstrip("+-").startswith("0"):
        return (
            f"Write {_digits(text.replace(',', ''))} if the comma separates thousands, "
            f"{_digits(text.replace(',', '.'))} if it is a decimal comma."
        )
    if comma:
        number = f"{comma[1].replace('.', '')}.{comma[2]}"
        return f"A decimal comma? Write {_digits(number)}, with a decimal point."
    if thousands:
        number = text.replace(",", "") if "," in text else text.replace(".", "")
        return f"Write {_digits(number)}, without thousands separators."
    return "Write it with a decimal point, and without thousands separators or quotes."


def _digits(text: str) -> str:
    """Return a number without needless zeros."""
    number = Decimal(text)
    return f"{number:.0f}" if number == number.to_integral_value() else f"{number.normalize():f}"


def as_date(value: object) -> str:
    """Say how to write a date that was written in another order, or as words."""
    otherwise = "Write year-month-day, such as 2026-01-31."
    if not isinstance(value, str):
        return otherwise
    text = " ".join(value.replace(",", " ").split())
    placed = _PLACED.fullmatch(text)
    if placed is None:
        found = [_day(text, form) for form in _SPELT_DATES]
    else:
        day_first, month_first = (
            _day(f"{one} {other} {placed[4]}", "%d %m %Y")
            for one, other in ((placed[1], placed[3]), (placed[3], placed[1]))
        )
        found = [day_first] if placed[2] == "." else [day_first, month_first]
    days = dict.fromkeys(one for one in found if one)
    return f"Write {' or '.join(days)}." if days else otherwise


def _day(text: str, form: str) -> str | None:
    """Return a date as year-month-day; None where there is no such day."""
    try:
        return datetime.strptime(text, form).date().isoformat()
    except ValueError:
        return None


def not_a_date(key: Any) -> str:
    """Say what to write in place of a date where a number is wanted."""
    unit = next((part for part in reversed(str(key).split("_")) if part in _UNITS), None)
    if unit is None:
        return "Write a number, not a date."
    return f"A date? Write how many {unit.removesuffix('s')}s from now it is, not the date."


_UNITS: dict[str, tuple[str, float]] = {
    **dict.fromkeys(("hour", "hours", "h"), ("time", 1.0)),
    **dict.fromkeys(("day", "days", "d"), ("time", 24.0)),
    **dict.fromkeys(("week", "weeks"), ("time", 168.0)),
    **dict.fromkeys(("month", "months"), ("time", 730.0)),
    **dict.fromkeys(("year", "years"), ("time", 8760.0)),
    "g": ("mass", 1e-3),
    "kg": ("mass", 1.0),
    **dict.fromkeys(("t", "tonne", "tonnes"), ("mass", 1e3)),
    "lb": ("mass", 0.45359237),
    "mm": ("length", 1.0),
    "cm": ("length", 10.0),
    "m": ("length", 1e3),
    "km": ("length", 1e6),
    **dict.fromkeys(("mile", "miles"), ("length", 1609344.0)),
}
"""Units by their names: what they measure, and how many of one unit of it they are."""


def converted(key: str, known: str, value: object) -> str | None:
    """Say what a value is in the unit of the known key; None if the keys differ by more than that.

    Parameters
    ----------
    key, known
        A key that there is not, and one that there is, such as need_by_days and need_by_weeks.
    value
        What was written.
    """
    parts, others = key.split("_"), known.split("_")
    differ = [place for place in range(min(len(parts), len(others)))
              if parts[place] != others[place]]  # fmt: skip
    if len(parts) != len(others) or len(differ) != 1:
        return None
    place = differ[0]
    factor = _factor(parts[place], others[place])
    if factor is None:
        return None
    a, per = (1 / factor, "a ") if place and parts[place - 1] == "per" else (factor, "")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return f"It is in {others[place]}."
    written = f"{value * a:.6g}"
    return f"{value:g} {per}{parts[place]} is {written} {per}{others[place]}: write {written}."


def _factor(unit: str, other: str) -> float | None:
    """Return how many of the other unit one unit is; None where they measure different things."""
    if unit not in _UNITS or other not in _UNITS or _UNITS[unit][0] != _UNITS[other][0]:
        return None
    return _UNITS[unit][1] / _UNITS[other][1]


def _in_other_unit(number: float, unit: str, key: str) -> str | None:
    """Say what a number with a unit is in that of the key, where the key names another one."""
    said = unit.strip().casefold().rstrip(".")
    for part in reversed(key.split("_")):
        factor = _factor(said, part)
        if factor is not None and factor != 1 and f"per_{part}" not in key:
            written = f"{number * factor:.6g}"
            return f"{number:g} {said} are {written} {part}: write {written}."
    return None
