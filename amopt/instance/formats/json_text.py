"""JSON text -> plain data; lines are looked up only when there is something to say."""

from __future__ import annotations

import json
import re
from typing import Any

from amopt.instance.findings import Key
from amopt.instance.formats.positions import MAX_DEPTH, Note, Parsed, Spot, Unusable, whole_number
from amopt.instance.suggest import shown

__all__ = ["index", "parse"]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s{}\[\]:,"]+', re.DOTALL)
_MARK = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_CONTROL = {chr(code) for code in range(32)}


def parse(text: str) -> Parsed:
    """Read JSON text.

    Raises
    ------
    Unusable
        When the syntax is broken or the nesting too deep.
    """
    repeated = False

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeated
        data = dict(pairs)
        repeated = repeated or len(data) != len(pairs)
        return data

    try:
        data = json.loads(text, object_pairs_hook=mapping, parse_int=whole_number)
    except json.JSONDecodeError as error:
        raise Unusable(_syntax(error, text)) from None
    except RecursionError:
        message = f"values are nested more than {MAX_DEPTH} deep."
        raise Unusable(Note("nesting-too-deep", (), message)) from None
    return Parsed(data, _duplicates(text) if repeated else [])


def index(text: str) -> Spot:
    """Return the lines of all values of JSON text that :func:`parse` has read."""
    indexer = _Indexer()
    indexer.run(text)
    return indexer.root


def _duplicates(text: str) -> list[Note]:
    """Return the keys that are written twice."""
    indexer = _Indexer()
    indexer.run(text)
    return [
        Note("duplicate-key", key, f"the key {shown(key[-1])} is written twice.", line=line)
        for key, line in indexer.duplicates
    ]


class _Indexer:
    """Walks through the tokens of sound JSON and keeps the lines."""

    def __init__(self) -> None:
        self.root = Spot(1)
        self.duplicates: list[tuple[Key, int]] = []
        self.open: list[Spot] = []
        self.keys: list[str | int] = []
        self.key: str | None = None
        self.key_line = 1

    def run(self, text: str) -> None:
        line, last = 1, 0
        for match in _TOKEN.finditer(text):
            line += text.count("\n", last, match.start())
            last = match.start()
            mark = match.group()
            if mark in "}]":
                self.open.pop()
                self.keys.pop()
            elif mark == "{":
                self.begin(Spot(line, {}))
            elif mark == "[":
                self.begin(Spot(line, []))
            else:
                self.scalar(mark, line)

    def scalar(self, text: str, line: int) -> None:
        """Take a key, or place a number, a text, true, false or null."""
        if self.open and isinstance(self.open[-1].children, dict) and self.key is None:
            self.key = json.loads(text) if "\\" in text else text[1:-1]
            self.key_line = line
            if self.key in self.open[-1].children:
                self.duplicates.append(((*self.keys[1:], str(self.key)), line))
        else:
            self.put(Spot(line))

    def begin(self, spot: Spot) -> None:
        """Open a mapping or a list."""
        self.keys.append(self.put(spot))
        self.open.append(spot)

    def put(self, spot: Spot) -> str | int:
        """Place a spot in what is open; return its key."""
        if not self.open:
            self.root = spot
            return ""
        children = self.open[-1].children
        if isinstance(children, list):
            children.append(spot)
            return len(children) - 1
        key, self.key = str(self.key), None
        spot.line = self.key_line
        if children is not None:
            children[key] = spot
        return key


def _syntax(error: json.JSONDecodeError, text: str) -> Note:
    """Say in a planner's words what broke the syntax, from the text up to where it breaks."""
    place = _after_comma(text, error.pos)
    after, before = text[place : place + 1], text[:place].rstrip()[-1:]
    message = "a value is wanted here; text stands in double quotes"
    if after in ("/", "#") and after:
        message = "JSON has no comments"
    elif after == '"' and _STRING.match(text, place) is None:
        message = "a quote that was opened is never closed"
    elif after in _CONTROL and _in_quotes(text, place):
        message = "a line break or tab stands within quotes"
    elif _in_quotes(text, place):
        message = "a backslash stands before a character that needs none"
    elif before == "," and after in ("}", "]"):
        message = "the comma after the last entry must go"
    elif before in ("{", ",") and before and _open(text, place) == "{":
        message = "a key in double quotes is wanted here"
    elif before and before not in "[{,:":
        message = _after_value(text, place)
    return Note("syntax", (), f"the JSON is broken: {message}.", line=error.lineno)


def _after_comma(text: str, place: int) -> int:
    """Return the place after a comma that is one too many: some releases of Python point at it."""
    if text[place : place + 1] != "," or text[:place].rstrip()[-1:] in ("[", "{", ",", ":", ""):
        return place
    return len(text) - len(text[place + 1 :].lstrip())


def _after_value(text: str, place: int) -> str:
    """Say what must stand after a value or a key."""
    opened = _open(text, place)
    if not opened:
        return "there is more text after the end of the instance"
    tokens = [match[0] for match in _MARK.finditer(text, 0, place)]
    if opened == "{" and tokens[-1].startswith('"') and tokens[-2] in "{,":
        return "a key stands without its ':'"
    return "a comma or a closing bracket is missing"


def _open(text: str, place: int) -> str:
    """Return the innermost bracket that is open at a place; empty where none is."""
    opened: list[str] = []
    for match in _MARK.finditer(text, 0, place):
        if match[0] in "[{":
            opened.append(match[0])
        elif match[0] in "]}" and opened:
            opened.pop()
    return opened[-1] if opened else ""


def _in_quotes(text: str, place: int) -> bool:
    """Tell whether a place stands within a text that was opened on its line."""
    begin = text.rfind("\n", 0, place) + 1
    return _STRING.sub("", text[begin:place]).count('"') % 2 == 1
