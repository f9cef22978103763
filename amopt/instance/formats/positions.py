"""Lines of values in a text, and what a reader of a format noted on its way."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Any, Final

from amopt.instance.findings import Key

__all__ = [
    "HIDDEN",
    "MAX_DEPTH",
    "MAX_DIGITS",
    "Note",
    "Parsed",
    "Spot",
    "Unusable",
    "hidden",
    "whole_number",
]

MAX_DEPTH: Final = 50
"""How deep an instance may be nested."""

MAX_DIGITS: Final = 400
"""Digits beyond which a whole number is too large for any arithmetic here."""


HIDDEN: Final = "\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff"
"""Characters that look like a blank, or like nothing, and are none, for a pattern."""


@dataclass(slots=True)
class Spot:
    """The line of a value, and the spots of what the value holds."""

    line: int
    children: dict[str, Spot] | list[Spot] | None = None

    def find(self, key: Key) -> Spot:
        """Return the spot that a key path leads to, or the last one on the way to it."""
        spot = self
        for part in key:
            children = spot.children
            if isinstance(children, dict):
                if part not in children:
                    break
                spot = children[part]
            elif isinstance(children, list):
                if not isinstance(part, int) or not 0 <= part < len(children):
                    break
                spot = children[part]
            else:
                break
        return spot


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the reader of a format found wrong."""

    code: str
    key: Key
    message: str
    advice: str = ""
    line: int | None = None


@dataclass(slots=True)
class Parsed:
    """The data of a text, and what was wrong with it."""

    data: Any
    notes: list[Note] = field(default_factory=list)


class Unusable(Exception):  # noqa: N818 - not an error of the caller's but a way out of a parser
    """The text cannot be read any further."""

    def __init__(self, note: Note) -> None:
        self.note = note
        super().__init__(note.message)


def whole_number(text: str) -> int:
    """Read a whole number; one with far too many digits stands for itself as 10**30."""
    if len(text) > MAX_DIGITS:
        return -(10**30) if text.startswith("-") else 10**30
    return int(text)


def hidden(character: str) -> str:
    """Return the name of a character that cannot be seen, with its code."""
    name = unicodedata.name(character, "character").lower()
    return f"{name} (U+{ord(character):04X})"
