"""Texts that a spreadsheet program may take for a formula."""

from __future__ import annotations

from typing import Final

__all__ = ["begins_formula"]

_SIGNS: Final = frozenset(
    "=+-@\t\r\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212\u207a\u208a\u207b\u208b\u207c\u208c"
)
"""The signs that begin one, also in their other widths."""


def begins_formula(text: str) -> bool:
    """Return whether a spreadsheet may take a text for a formula, blanks before it or not."""
    return bool({text[:1], text.lstrip()[:1]} & _SIGNS)
