"""``2.400`` among whole numbers in the hundreds: a point that may separate thousands."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any, NamedTuple

from amopt.instance.findings import Key
from amopt.instance.formats.positions import Note

__all__ = ["THOUSAND", "Pointed", "thousands"]

THOUSAND = re.compile(r"[-+]?[1-9]\d{0,2}\.\d{3}")
"""A number that is written as thousands are in much of Europe."""

_NEARER = 1000**0.5
"""Below its neighbours by more than this factor, a number times 1,000 is nearer to them."""


class Pointed(NamedTuple):
    """A number with a point and three digits, where it stands."""

    key: Key
    text: str
    line: int


def thousands(pointed: Sequence[Pointed], data: Any) -> Iterator[Note]:
    """Yield a note for each number whose neighbours, of the same key, are nearer to its thousands.

    Parameters
    ----------
    pointed
        The numbers that may be meant as thousands.
    data
        All that was read.
    """
    if not pointed:
        return
    neighbours = _numbers(data, {one.key[-1] for one in pointed})
    for one in pointed:
        neighbours[one.key[-1]][abs(float(one.text))] -= 1
    usual = {key: _usual(numbers) for key, numbers in neighbours.items()}
    for one in pointed:
        if abs(float(one.text)) * _NEARER < usual[one.key[-1]]:
            thousand = one.text.replace(".", "")
            message = (
                f"{one.text} is read as {float(one.text):g}; its neighbours are larger by far."
            )
            advice = f"Write {thousand} if that is meant, else {float(one.text):g}."
            yield Note("thousands-point", one.key, message, advice, one.line)


def _usual(numbers: Counter[float]) -> float:
    """Return the median of whole numbers; 0 where fractions show that a point is a point."""
    others = list(numbers.elements())
    if not others or not all(number.is_integer() for number in others):
        return 0.0
    return median(others)


def _numbers(data: Any, keys: set[Any]) -> dict[Any, Counter[float]]:
    """Return the numbers of some keys, wherever they stand."""
    found: dict[Any, Counter[float]] = defaultdict(Counter)
    level = [data]
    while level:
        holder = level.pop()
        for key, value in holder.items() if isinstance(holder, dict) else enumerate(holder):
            if isinstance(value, (dict, list)):
                level.append(value)
            elif key in keys and isinstance(value, (int, float)) and not isinstance(value, bool):
                found[key][abs(float(value))] += 1
    return found
