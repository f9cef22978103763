"""A number that is written wrongly -> how to write it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

__all__ = ["hundredth", "rewritten"]

_NUMBER = re.compile(r"[-+]?[\d.,_' ]*\d[\d.,_' ]*([eE][-+]?\d+)?")
_SIGNED = r"([-+]?\d+(?:\.\d+)?)"
_PERCENT = re.compile(rf"{_SIGNED}\s*(?:%|per ?cent|pct)", re.IGNORECASE)
_WITH_UNIT = re.compile(rf"{_SIGNED}\s*[^\d\s.,].*", re.DOTALL)


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
    percent = _PERCENT.fullmatch(text)
    if percent and not whole and "percent" not in str(key):
        fraction = hundredth(percent[1])
        return f"{percent[1]} % is {fraction}: write {fraction}."
    if _NUMBER.fullmatch(text):
        return _unadorned(text, whole)
    unit = _WITH_UNIT.fullmatch(text)
    if unit and not (whole and "." in unit[1]):
        return f"Write the number alone ({unit[1]}); the unit is in the key's name."
    return f"Write a number such as {12 if whole else 0.25 if share else 1250.5}."


def hundredth(percent: str | float) -> str:
    """Return what so many percent are, in the digits that they are written in."""
    return repr(float(Decimal(str(percent)) / 100))


def _unadorned(text: str, whole: bool) -> str:
    """Say how to write digits that stand with quotes, separators or a decimal comma."""
    if whole and not re.sub(r"[_' ]", "", text).lstrip("+-").isdigit():
        return "Write a whole number such as 12, without separators or quotes."
    if "," in text:
        return "Write it with a decimal point, and without thousands separators or quotes."
    plain = re.sub(r"[_' ]", "", text)
    try:
        number = int(plain) if plain.lstrip("+-").isdigit() else float(plain)
    except ValueError:
        return "Write a number such as 1250.5."
    return f"Write {number!r}, without quotes or separators."
