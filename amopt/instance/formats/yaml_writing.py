"""Plain data -> YAML text, quickly: a line for each entry of a list.

What is written is read back the same by YAML 1.1 and 1.2: a text that either would take for
something else stands in double quotes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

__all__ = ["yaml_text"]

_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(?: [A-Za-z0-9_(][A-Za-z0-9_()./-]*)*")
_WORDS: Final = frozenset(
    ("y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "inf", "nan")
)
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def yaml_text(data: Mapping[str, Any]) -> str:
    """Return mappings, lists, texts, numbers, truth values and nothing as YAML text."""
    return "".join(_Writer().mapping(data, ""))


class _Writer:
    """Writes what is nested, and remembers how texts are written."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def mapping(self, data: Mapping[str, Any], indent: str) -> Iterator[str]:
        """Yield the lines of a mapping: a key to a line."""
        for key, value in data.items():
            begin = f"{indent}{self.text(key)}:"
            if isinstance(value, Mapping) and value:
                yield f"{begin}\n"
                yield from self.mapping(value, f"{indent}  ")
            elif isinstance(value, (list, tuple)) and any(map(_nested, value)):
                yield f"{begin}\n"
                yield from (f"{indent}- {self.flow(entry)}\n" for entry in value)
            else:
                yield f"{begin} {self.flow(value)}\n"

    def flow(self, value: Any) -> str:
        """Return a value on one line."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            held = [f"{self.text(key)}: {self.flow(entry)}" for key, entry in value.items()]
            return f"{{{', '.join(held)}}}"
        if isinstance(value, (list, tuple)):
            return f"[{', '.join(map(self.flow, value))}]"
        if value is None or isinstance(value, bool):
            return "null" if value is None else str(value).lower()
        return _number(value)

    def text(self, text: str) -> str:
        """Return a text, in quotes where it could be taken for something else."""
        if text not in self.texts:
            plain = _PLAIN.fullmatch(text) and text.casefold() not in _WORDS
            self.texts[text] = text if plain else f'"{"".join(map(_escape, text))}"'
        return self.texts[text]


def _nested(value: Any) -> bool:
    return isinstance(value, (Mapping, list, tuple))


def _number(value: float) -> str:
    """Return a number so that YAML 1.1 too takes it for one."""
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    digits, e, power = repr(value).partition("e")
    return f"{digits if '.' in digits or not e else digits + '.0'}{e}{power}"


def _escape(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    if letter.isprintable():
        return letter
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}"
