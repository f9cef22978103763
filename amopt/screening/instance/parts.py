"""The parts of a portfolio as arrays, one entry a part, in the order of the table."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["Parts", "Texts", "folded"]

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]


def folded(text: str) -> str:
    """Return what two texts that are the same but for capitals and blanks share."""
    return " ".join(text.casefold().split())


@dataclass(frozen=True, eq=False)
class Texts:
    """One text a part, many of them alike.

    Attributes
    ----------
    words
        The different texts.
    code
        Which of them each part has, -1 where it has none, shape (parts,).
    """

    words: tuple[str, ...]
    code: Codes

    @cached_property
    def entries(self) -> tuple[frozenset[str], ...]:
        """What each text lists, folded: a cell may hold several, with ``;`` between."""
        return tuple(
            frozenset(folded(entry) for entry in word.split(";") if entry.strip())
            for word in self.words
        )

    def at(self, part: int) -> str | None:
        """Return the text of one part."""
        code = int(self.code[part])
        return None if code < 0 else self.words[code]


@dataclass(frozen=True, eq=False)
class Parts:
    """The parts.

    Attributes
    ----------
    names
        Their numbers, each once.
    numbers
        Numbers, and yes and no as 1 and 0, by attribute: shape (parts,), NaN where not known.
    texts
        Texts by attribute.
    """

    names: tuple[str, ...]
    numbers: dict[str, Floats]
    texts: dict[str, Texts]

    def __len__(self) -> int:
        """Return the number of parts."""
        return len(self.names)

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes that the table has a column for."""
        return (*self.numbers, *self.texts)

    def number(self, attribute: str) -> Floats:
        """Return the numbers of an attribute; all NaN where the table has no such column."""
        found = self.numbers.get(attribute)
        return np.full(len(self), np.nan) if found is None else found

    def text(self, attribute: str) -> Texts:
        """Return the texts of an attribute; all missing where the table has no such column."""
        found = self.texts.get(attribute)
        return Texts((), np.full(len(self), -1, dtype=np.int32)) if found is None else found

    def missing(self, attribute: str) -> NDArray[np.bool_]:
        """Return which parts have no value of an attribute, shape (parts,)."""
        if attribute in self.texts:
            return self.texts[attribute].code < 0
        return np.isnan(self.number(attribute))

    def value(self, attribute: str, part: int) -> float | str | None:
        """Return one cell."""
        if attribute in self.texts:
            return self.texts[attribute].at(part)
        number = float(self.number(attribute)[part])
        return None if number != number else number  # noqa: PLR0124 - NaN is not itself

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of all cells, the same whatever file they came from."""
        found = hashlib.sha256("\x00".join(self.names).encode())
        for name in sorted(self.numbers):
            found.update(f"\x00{name}\x00".encode())
            found.update(np.ascontiguousarray(self.numbers[name], dtype="<f8").tobytes())
        for name in sorted(self.texts):
            texts = self.texts[name]
            order = sorted(range(len(texts.words)), key=texts.words.__getitem__)
            place = np.full(len(order) + 1, -1, dtype="<i4")
            place[order] = np.arange(len(order))
            words: Sequence[str] = [texts.words[index] for index in order]
            found.update("\x00".join((f"\x00{name}", *words)).encode())
            found.update(place[texts.code].tobytes())
        return found.hexdigest()
