"""YAML of one key or entry a line -> plain data, without the events of a parser.

Most large files are so: blocks by indentation, plain words, and texts in quotes that hold nothing
to be unfolded. A line that is anything else, or anything that there is to say, leaves the text to
the parser, so that this way finds the same data or none.
"""

from __future__ import annotations

import re
from sys import intern
from typing import Any, Final, NamedTuple

from amopt.instance.formats.block_yaml.braces import PRINTED, Braces, Unlike
from amopt.instance.formats.thousands import THOUSAND, Pointed
from amopt.instance.formats.yaml_words import WORDS, number

__all__ = ["Read", "read"]

_MOST_DEEP: Final = 20
"""How deep lines may lie."""

_WORD = rf'[ !"$-9;-~{PRINTED}]*'
_LINE = re.compile(
    r"( *)(- )?"
    r"(?:([A-Za-z_][A-Za-z0-9_]{0,80}):(?: (?=[^ \n])|(?=\n)))?"
    r"(?:"
    rf"([+-]?[A-Za-z0-9_.\u00c0-\u024f]{_WORD}(?::(?=[^ \n]){_WORD})*)(?<! )"
    rf"|'([ -&(-~{PRINTED}]*)'"
    rf'|"([ !#-\[\]-~{PRINTED}]*)"'
    r"|(\[\]|\{\})"
    r"|([\[{][^\n]*[\]}])"
    r")?\n"
    rf"| *#(?: [ -~{PRINTED}]*)?\n"
    r"|([^\n]*\n)"
)
"""Indent, dash, key; a word, a text in quotes, what is empty, or in braces; any other line."""


class Read(NamedTuple):
    """What a text holds, and its numbers with a point and three digits."""

    data: dict[str, Any]
    pointed: list[Pointed]


class _Words(dict[str, Any]):
    """The values of plain words, each made once."""

    def __init__(self) -> None:
        super().__init__(WORDS)
        self.with_point: set[str] = set()

    def __missing__(self, word: str) -> Any:
        value = self[word] = number(word)
        if isinstance(value, float) and THOUSAND.fullmatch(word):
            self.with_point.add(word)
        return value


class _Names(dict[str, str]):
    """The keys of mappings, each held once."""

    def __missing__(self, key: str) -> str:
        if key in WORDS:
            raise Unlike  # also where there is none
        name = self[key] = intern(key)
        return name


class _Open:
    """The mapping or list to which lines belong, and what holds it."""

    __slots__ = ("box", "deep", "indent", "key", "outer")

    def __init__(self, box: Any, indent: int, outer: _Open | None) -> None:
        self.box = box
        self.indent = indent
        self.outer = outer
        self.deep: int = 0 if outer is None else outer.deep + 1
        self.key: Any = None

    def path(self) -> tuple[Any, ...]:
        """Return the keys that lead to the entry that was read last."""
        before = () if self.outer is None else self.outer.path()
        return (*before, self.key if type(self.box) is dict else len(self.box) - 1)

    def entry(self) -> _Open:
        """Return a new mapping that is the next entry of this list."""
        box: dict[str, Any] = {}
        self.box.append(box)
        return _Open(box, self.indent + 2, self)

    def place(self, indent: int, *, dash: bool, waits: bool) -> _Open:
        """Return to what a line belongs, where it stands as a line can, and not very deep.

        Parameters
        ----------
        indent
            Its first column.
        dash
            Whether it begins an entry of a list.
        waits
            Whether the key that was read last has no value yet.
        """
        if waits and (indent > self.indent or (dash and indent == self.indent)):
            box: Any = [] if dash else {}
            self.box[self.key] = box
            if self.deep >= _MOST_DEEP:
                raise Unlike
            return _Open(box, indent, self)
        now: _Open | None = self
        while now is not None and now.indent >= indent:
            if now.indent == indent and (type(now.box) is list) is dash:
                return now
            now = now.outer
        raise Unlike


def read(text: str) -> Read | None:
    """Read YAML text line by line; None where it takes the parser, or where there is more to say.

    Parameters
    ----------
    text
        YAML text.
    """
    text = text.replace("\r\n", "\n")
    reader = _Reader()
    try:
        reader.run(text if text.endswith("\n") else f"{text}\n")
    except Unlike:
        return None
    root = reader.root
    return Read(root.box, reader.pointed) if root.box else None


class _Reader:
    """Goes through the lines of a text."""

    def __init__(self) -> None:
        self.words, self.names = _Words(), _Names()
        self.braces = Braces(self.words, self.names, self.words.with_point)
        self.pointed: list[Pointed] = []
        self.root = _Open({}, 0, None)

    def run(self, text: str) -> None:
        """Read a text that ends with a line feed."""
        words, names, with_point = self.words, self.names, self.words.with_point
        now, waits, told = self.root, False, ""
        for line, match in enumerate(_LINE.finditer(text), 1):
            blanks, dash, key, word, single, double, empty, held, other = match.groups()
            value = words[word] if word is not None else _unread(single, double, empty, other)
            if key is None and dash is None:
                if held is not None:
                    raise Unlike
                told = _gone_on(now, told, word, value, blanks)
                continue
            now = now.place(len(blanks), dash=dash is not None, waits=waits)
            told = word if type(value) is str and word else ""
            waits = value is None and word is None and held is None
            if key is None:
                if waits:
                    raise Unlike
                now.box.append(value)
                if held is not None:
                    now.box[-1] = self.braced(held, now, line)
                continue
            if dash is not None:
                now = now.entry()
            name = names[key]
            if name in now.box:
                raise Unlike
            now.box[name] = value
            now.key = name
            if held is not None:
                now.box[name] = self.braced(held, now, line)
            if word in with_point:
                self.pointed.append(Pointed(now.path(), word, line))

    def braced(self, text: str, now: _Open, line: int) -> Any:
        """Return what stands in braces on a line, as the entry that was read last."""

        def point(key: tuple[Any, ...], word: str) -> None:
            self.pointed.append(Pointed((*now.path(), *key), word, line))

        most = _MOST_DEEP - now.deep
        return self.braces.read(text, most, point)


def _unread(single: str | None, double: str | None, empty: str | None, other: str | None) -> Any:
    """Return the value of what is no plain word; None where there is nothing."""
    if other is not None:
        raise Unlike
    if single is not None or double is not None:
        return double if single is None else single
    return None if empty is None else [] if empty == "[]" else {}


def _gone_on(now: _Open, told: str, word: str | None, value: Any, blanks: str | None) -> str:
    """Return the text that a line goes on with; none after a blank line, or a comment."""
    if word is None:
        if value is not None:
            raise Unlike
        return ""
    if not told or len(blanks or "") <= now.indent:
        raise Unlike
    told = f"{told} {word}"
    now.box[-1 if type(now.box) is list else now.key] = told
    return told
