"""A value in braces or brackets on one line -> plain data, where it holds nothing unusual."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Set
from typing import Any, Final

__all__ = ["PRINTED", "Braces", "Unlike"]

PRINTED: Final = "\u00a1-\u2027\u2030-\ud7ff"
"""Letters and signs beyond ASCII that a text may hold."""

_VALUE = re.compile(
    r"(?:([A-Za-z_][A-Za-z0-9_]{0,80}): )?"
    r"(?:"
    r"([{\[])(?![}\]])"
    r"|(?:"
    r"([+-]?[A-Za-z0-9_.\u00c0-\u024f][A-Za-z0-9_ ()/.+%\u00c0-\u024f-]*)(?<! )"
    rf"|'([ -&(-~{PRINTED}]*)'"
    rf'|"([ !#-\[\]-~{PRINTED}]*)"'
    r"|(\[\]|\{\})"
    r")([}\]]*)(?:, |\Z)"
    r")"
    r"|(.)"
)
"""Key; what opens; a word, a text in quotes, what is empty; what closes; anything else."""


class Unlike(Exception):  # noqa: N818 - a way out of a loop
    """Text that is not as this way reads it."""


class Braces:
    """Reads values in braces or brackets.

    Parameters
    ----------
    words, names
        The values of plain words, and the keys.
    with_point
        The words to be told.
    """

    def __init__(
        self, words: Mapping[str, Any], names: Mapping[str, str], with_point: Set[str]
    ) -> None:
        self.words, self.names, self.with_point = words, names, with_point

    def read(self, text: str, most: int, point: Callable[[tuple[Any, ...], str], None]) -> Any:
        """Return what a text holds.

        Parameters
        ----------
        text
            It begins with a brace or a bracket, and ends with one.
        most
            How deep values may lie within.
        point
            Tells a word with the keys that lead to it.

        Raises
        ------
        Unlike
            Where it takes the parser.
        """
        words, names, with_point = self.words, self.names, self.with_point
        root: list[Any] = []
        box: Any = root
        outer: list[Any] = []
        keys: list[Any] = []
        for key, opened, word, single, double, empty, closed, other in _VALUE.findall(text):
            if other or (box is root and root) or (type(box) is dict and key in box):
                raise Unlike
            value = words[word] if word else _made(opened or empty, single or double)
            if type(box) is dict:
                box[names[key]] = value
                if word in with_point:
                    point((*keys[1:], key), word)
            elif key:
                raise Unlike
            else:
                box.append(value)
            if opened:
                keys.append(key or len(box) - 1)
                outer.append(box)
                box = value
            elif closed:
                box = _closed(box, closed, outer, keys)
            if len(outer) > most:
                raise Unlike
        if outer or text.endswith(", "):
            raise Unlike
        return root[0]


def _made(sign: str, text: str) -> Any:
    """Return what a sign opens, or the text where there is none."""
    return text if not sign else {} if sign[0] == "{" else []


def _closed(box: Any, signs: str, outer: list[Any], keys: list[Any]) -> Any:
    """Return what is open when signs have closed a box, and others that hold it."""
    for sign in signs:
        if not outer or (type(box) is dict) is not (sign == "}"):
            raise Unlike
        box = outer.pop()
        keys.pop()
    return box
