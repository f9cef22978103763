"""Did you mean: the known word that is closest to an unknown one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches

__all__ = ["Suggestions", "closest", "did_you_mean", "misspelt", "shown"]

_COMPARISONS = 50_000
"""How many words one report may be compared with, so that its cost stays linear in the file."""


def closest(word: str, known: Collection[str]) -> str | None:
    """Return the known word that is closest to ``word``, or None when none is close."""
    alike = _alike(known)
    return alike.get(_folded(word)) or _similar(word, alike)


def _alike(known: Collection[str]) -> dict[str, str]:
    """Return the known words by what is left of them when they are folded."""
    return {_folded(candidate): candidate for candidate in known}


def _folded(word: str) -> str:
    """Return the word without what is often mistaken: case, blanks, hyphens, underscores."""
    return "".join(word.casefold().split()).replace("-", "").replace("_", "")


def _similar(word: str, alike: Mapping[str, str]) -> str | None:
    """Return the word that shares most letters in their order, both folded."""
    matches = get_close_matches(_folded(word)[:200], alike, n=1)
    return alike[matches[0]] if matches else None


def misspelt(word: str, known: Collection[str]) -> str | None:
    """Return the known word that differs from ``word`` by little enough to be the same one.

    Digits tell names of materials and parts apart, so that they must be the same; letters and
    digits in another order, or one letter in five, may differ.
    """
    alike = next((one for one in known if _folded(one) == _folded(word)), None)
    if alike is not None:
        return alike
    letters, digits = sorted(_folded(word)), [one for one in word if one.isdigit()]
    like = {
        one.casefold(): one
        for one in known
        if [letter for letter in one if letter.isdigit()] == digits
    }
    for folded, one in like.items():
        if sorted(_folded(folded)) == letters:
            return one
    matches = get_close_matches(word[:200].casefold(), like, n=1, cutoff=0.8)
    return like[matches[0]] if matches else None


class Suggestions:
    """Suggestions for one report, which stop when they would take longer than the report."""

    def __init__(self) -> None:
        self._left = _COMPARISONS
        self._known: dict[tuple[str, int], str | None] = {}
        self._alike: dict[int, dict[str, str]] = {}

    def advice(self, word: str, known: Collection[str], otherwise: str = "") -> str:
        """Return ``Did you mean 'x'?``, or ``otherwise`` when nothing is close.

        ``known`` must be the same object whenever it holds the same words.
        """
        asked = (word, id(known))
        if asked not in self._known:
            self._known[asked] = self._find(word, known)
        match = self._known[asked]
        if match is None:
            return otherwise
        unseen = match.split() == word.split()
        return did_you_mean(match) + (" They differ in blanks." if unseen else "")

    def _find(self, word: str, known: Collection[str]) -> str | None:
        """Return the closest word as far as the budget of comparisons goes."""
        if id(known) not in self._alike:
            self._alike[id(known)] = _alike(known)
        match = self._alike[id(known)].get(_folded(word))
        if match is None and len(known) <= self._left:
            self._left -= len(known)
            match = _similar(word, self._alike[id(known)])
        return match


def did_you_mean(word: object) -> str:
    """Return the question that suggests a word."""
    return f"Did you mean {shown(word)}?"


def shown(value: object, length: int = 60) -> str:
    """Write a value as a planner wrote it, short, and safe to print."""
    if isinstance(value, str):
        text = repr(value[:length])
        return text if len(value) <= length else f"{text[:-1]}...{text[-1]}"
    if isinstance(value, (dict, list, tuple)):
        return "a mapping of keys to values" if isinstance(value, dict) else "a list"
    if isinstance(value, int) and abs(value) > 10**20:
        return "a very large whole number"
    if value is None or isinstance(value, bool):
        return "nothing (null)" if value is None else str(value).lower()
    text = str(value)
    return text if text.isprintable() and len(text) <= length else type(value).__name__
