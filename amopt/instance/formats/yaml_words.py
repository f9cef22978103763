"""Plain words of YAML -> values, as YAML 1.2 reads them."""

from __future__ import annotations

import re
from typing import Any, Final

from amopt.instance.formats.positions import whole_number

__all__ = ["WORDS", "number"]

_INTEGER = re.compile(r"[-+]?[0-9]+")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
WORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
"""The words that are no text."""


def number(text: str) -> str | int | float:
    """Return the number that a word is; the word itself where it is none, or has leading zeros."""
    if text[0] in "0123456789+-.":
        if _INTEGER.fullmatch(text):
            return text if _LEADING_ZERO.fullmatch(text) else whole_number(text)
        if _FLOAT.fullmatch(text):
            return float(text)
    return text
