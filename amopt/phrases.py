"""Words for counts, lists, amounts and durations, the same wherever a planner reads them."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Sequence

__all__ = [
    "CENTS",
    "amount",
    "counted",
    "in_weeks",
    "listed",
    "measured",
    "money",
    "plural",
    "rounded_down",
    "rounded_up",
    "unlike",
    "visible",
    "weeks",
]

CENTS = 15
"""Significant digits of an amount of money, so that it is told to the cent."""

_SIGNS = {
    **{code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n"},
    0x7F: 0x2421,
    **dict.fromkeys((*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)), 0xFFFD),
    **dict.fromkeys((0xFFFE, 0xFFFF, *range(0xD800, 0xE000)), 0xFFFD),
}
"""What stands for characters that steer a terminal, turn the text, or are none in XML."""


def visible(text: str) -> str:
    """Return a text with a sign for each control character, such as ``␛`` for an escape."""
    return text if text.isascii() and text.isprintable() else text.translate(_SIGNS)


def plural(number: float, noun: str, nouns: str = "") -> str:
    """Return the noun for a number: ``line`` for 1, ``lines`` otherwise."""
    return noun if number == 1 else nouns or f"{noun}s"


def counted(number: float, noun: str, nouns: str = "") -> str:
    """Return a number with its noun: ``1 line``, ``1,200 lines``."""
    return f"{number:,} {plural(number, noun, nouns)}"


def listed(items: Sequence[str], conjunction: str = "and", most: int | None = None) -> str:
    """Return a list in words: ``a``, ``a and b``, ``a, b and c``, ``a, b and 7 more``."""
    shown = list(items)
    if most is not None and len(shown) > most:
        shown = [*shown[:most], f"{len(items) - most:,} more"]
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} {conjunction} {shown[-1]}"


def amount(value: float, digits: int = 2) -> str:
    """Return an amount with separators and without zeros at its end: ``1,234.5``."""
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def measured(value: float, digits: int = 2) -> str:
    """Return an amount with so many digits, below one with as many that are not zero."""
    size = abs(value)
    if not 0 < size < 1:
        return amount(value, digits)
    return amount(value, min(12, digits - 1 - math.floor(math.log10(size))))


def money(value: float, currency: str = "") -> str:
    """Return an amount of money: ``1,234.50 EUR``; more digits where it is below one."""
    size = abs(value)
    digits = 2 if size >= 1 or size == 0 else min(12, 2 - math.floor(math.log10(size)))
    return f"{value:,.{digits}f}{f' {currency}' if currency else ''}"


def stated(value: float) -> str:
    """Return a limit as it was stated: fewer digits could make it another one."""
    size = abs(value)
    return amount(value, 2 if size == 0 else max(0, 11 - math.floor(math.log10(size))))


def unlike(name: str, others: Container[str]) -> str:
    """Return a name that none of the others has: ``system``, else ``the system``, and so on."""
    while name in others:
        name = f"the {name}"
    return name


def weeks(value: float) -> str:
    """Return a duration in weeks; in days where it is less than one week: ``3.5 days``."""
    if 0 < value < 1:
        return f"{amount(7 * value, 1)} {plural(7 * value, 'day')}"
    return f"{amount(value)} {plural(value, 'week')}"


def in_weeks(number: str) -> str:
    """Return a number of weeks that is written already with its noun: ``1 week``, ``1.5 weeks``."""
    return f"{number} {'week' if number == '1' else 'weeks'}"


def rounded_up(value: float, significant: int = 6) -> str:
    """Return an amount rounded up, so that whoever writes it down has enough."""
    return _rounded(value, significant, math.ceil)


def rounded_down(value: float, significant: int = 6) -> str:
    """Return an amount rounded down, so that whoever lowers a limit to it lowers it enough."""
    return _rounded(value, significant, math.floor)


def _rounded(value: float, significant: int, whole: Callable[[float], int]) -> str:
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = max(0, significant - 1 - math.floor(math.log10(abs(value))))
    digits = min(digits, 2 if abs(value) >= 1 else 12)
    return amount(whole(round(value * 10**digits, 6)) / 10**digits, digits)
