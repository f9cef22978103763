"""Plain data as indented JSON text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

__all__ = ["indented"]

_SCALARS: Final = frozenset({str, int, float, bool, type(None)})

Encode = Callable[[Any], str]


def indented(plain: Any, *, ascii_only: bool = False) -> str:
    """Return what ``json.dumps`` gives with ``indent=2`` and without NaN.

    Python's own encoder leaves its compiled part as soon as there is an indentation. Here it does
    each mapping and list that holds no others, which are nearly all of a large answer.
    """
    between = lru_cache(lambda sign: _encoder(sign, ascii_only))
    return "".join(_pieces(plain, "\n", between))


def _pieces(plain: Any, line: str, between: Callable[[str], Encode]) -> Iterator[str]:
    """Yield the text of a value that stands on a line of some depth."""
    held = plain.values() if type(plain) is dict else plain if type(plain) is list else None
    if not held:
        yield between(", ")(plain)
        return
    begin, end = "{}" if type(plain) is dict else "[]"
    deeper = f"{line}  "
    yield f"{begin}{deeper}"
    if _SCALARS.issuperset(map(type, held)):
        yield between(f",{deeper}")(plain)[1:-1]
    else:
        deepest = f"{deeper}  "
        flat = between(f",{deepest}")
        for number, key in enumerate(plain):
            if number:
                yield f",{deeper}"
            if type(plain) is dict:
                yield between(", ")({key: 0})[1:-2]
            value = plain[key] if type(plain) is dict else key
            if type(value) is dict and value and _SCALARS.issuperset(map(type, value.values())):
                yield f"{{{deepest}{flat(value)[1:-1]}{deeper}}}"  # most, in a large answer
            else:
                yield from _pieces(value, deeper, between)
    yield f"{line}{end}"


def _encoder(between: str, ascii_only: bool) -> Encode:
    return json.JSONEncoder(
        ensure_ascii=ascii_only, allow_nan=False, separators=(between, ": ")
    ).encode
