"""Plain data as indented JSON text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

__all__ = ["indented"]

_SCALARS: Final = frozenset({str, int, float, bool, type(None)})


def indented(plain: Any, *, ascii_only: bool = False) -> str:
    """Return what ``json.dumps`` gives with ``indent=2`` and without NaN.

    Python's own encoder leaves its compiled part as soon as there is an indentation. Here it does
    each mapping and list that holds no others, which are nearly all of a large answer.
    """
    return "".join(_pieces(plain, "\n", ascii_only))


def _pieces(plain: Any, line: str, ascii_only: bool) -> Iterator[str]:
    """Yield the text of a value that stands on a line of some depth."""
    held = plain.values() if type(plain) is dict else plain if type(plain) is list else None
    if not held:
        yield _encoded(plain, ", ", ascii_only)
        return
    begin, end = "{}" if type(plain) is dict else "[]"
    deeper = f"{line}  "
    yield f"{begin}{deeper}"
    if _SCALARS.issuperset(map(type, held)):
        yield _encoded(plain, f",{deeper}", ascii_only)[1:-1]
    else:
        for number, key in enumerate(plain):
            if number:
                yield f",{deeper}"
            if type(plain) is dict:
                yield f"{_encoded({key: 0}, ', ', ascii_only)[1:-2]}"
            yield from _pieces(plain[key] if type(plain) is dict else key, deeper, ascii_only)
    yield f"{line}{end}"


def _encoded(plain: Any, between: str, ascii_only: bool) -> str:
    return json.dumps(plain, ensure_ascii=ascii_only, allow_nan=False, separators=(between, ": "))
