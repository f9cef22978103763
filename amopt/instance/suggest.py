"""Did you mean: the known word that is closest to an unknown one."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

__all__ = ["Suggestions", "closest", "shown"]

_COMPARISONS = 20_000
"""How many words one report may be compared with, so that its cost stays linear in the file."""


def closest(word: str, known: Collection[str]) -> str | None:
    """Return the known word that is closest to ``word``, or None when none is close."""
    folded = _folded(word)
    for candidate in known:
        if _folded(candidate) == folded:
            return candidate
    matches = get_close_matches(word[:200], known, n=1)
    return matches[0] if matches else None


def _folded(word: str) -> str:
    """Return the word without what is often mistaken: case, blanks, hyphens, underscores."""
    return "".join(word.casefold().split()).replace("-", "").replace("_", "")


class Suggestions:
    """Suggestions for one report, which stop when they would take longer than the report."""

    def __init__(self) -> None:
        self._left = _COMPARISONS
        self._known: dict[tuple[str, int], str | None] = {}

    def advice(self, word: str, known: Collection[str], otherwise: str = "") -> str:
        """Return ``Did you mean 'x'?``, or ``otherwise`` when nothing is close."""
        asked = (word, id(known))
        if asked not in self._known:
            if self._left <= 0:
                return otherwise
            self._left -= len(known)
            self._known[asked] = closest(word, known)
        match = self._known[asked]
        return otherwise if match is None else f"Did you mean {shown(match)}?"


def shown(value: object, length: int = 60) -> str:
    """Write a value as a planner wrote it, short, and safe to print."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        text = repr(value[:length])
        return text if len(value) <= length else f"{text[:-1]}...{text[-1]}"
    if isinstance(value, dict):
        return "a mapping of keys to values"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, int) and abs(value) > 10**20:
        return "a very large whole number"
    if isinstance(value, (int, float)):
        return repr(value)
    text = str(value)
    return shown(text, length)[1:-1] if text.isprintable() else type(value).__name__
