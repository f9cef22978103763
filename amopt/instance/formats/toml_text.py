"""TOML text -> plain data; lines are those of keys and table headings."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from amopt.instance.formats.positions import MAX_DEPTH, MAX_DIGITS, Note, Parsed, Spot, Unusable

__all__ = ["index", "parse"]

_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_DUPLICATE = re.compile(r"overwrite a value|Duplicate|twice|redefine|immutable")
_BLANK = r"[ \t]*"
_KEY = r"(?:[\w-]+|\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*')"
_KEYS = rf"{_KEY}(?:{_BLANK}\.{_BLANK}{_KEY})*"
_HEADING = re.compile(rf"{_BLANK}(\[\[?){_BLANK}({_KEYS}){_BLANK}\]")
_ENTRY = re.compile(rf"{_BLANK}({_KEYS}){_BLANK}=")
_QUOTED = (
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*"
)
_TOKEN = re.compile(rf"{_QUOTED}|[\[\]{{}}\n]", re.DOTALL)
_WHOLE = re.compile(
    rf"{_QUOTED}|(?<![\w.+-])(?P<sign>[+-]?)\d(?:_?\d){{{MAX_DIGITS},}}(?![\w.]|{_BLANK}=)",
    re.DOTALL,
)


def parse(text: str) -> Parsed:
    """Read TOML text.

    Raises
    ------
    Unusable
        When the syntax is broken, a key is written twice, or the nesting is too deep.
    """
    try:
        return Parsed(_loads(text))
    except tomllib.TOMLDecodeError as error:
        raise Unusable(_syntax(error, text)) from None
    except RecursionError:
        message = f"values are nested more than {MAX_DEPTH} deep."
        raise Unusable(Note("nesting-too-deep", (), message)) from None
    except ValueError as error:  # a date such as 2026-02-31
        raise Unusable(Note("syntax", (), f"the TOML is broken: {error}.")) from None


def _loads(text: str) -> dict[str, Any]:
    """Read TOML, with 10**30 for whole numbers of more digits than Python reads."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except ValueError:
        shortened = _WHOLE.sub(_shortened, text)
        if shortened == text:
            raise
    return tomllib.loads(shortened)


def _shortened(match: re.Match[str]) -> str:
    """Return 10**30 for a whole number, and quoted text or a comment as it is."""
    return match[0] if match["sign"] is None else f"{match['sign']}1{'0' * 30}"


def index(text: str) -> Spot:
    """Return the lines of keys and headings; what stands within a value has its key's line."""
    root = Spot(1, {})
    table = root
    for number, start in _statements(text):
        if heading := _HEADING.match(text, start):
            table = _enter(root, _path(heading[2]), number, in_list=heading[1] == "[[")
        elif entry := _ENTRY.match(text, start):
            _enter(table, _path(entry[1]), number, in_list=False)
    return root


def _statements(text: str) -> Iterator[tuple[int, int]]:
    """Yield number and start of the lines on which a statement may begin: in no value, no text."""
    yield 1, 0
    number, depth = 1, 0
    for token in _TOKEN.finditer(text):
        mark = token[0]
        number += mark.count("\n")
        if mark in "[{":
            depth += 1
        elif mark in "]}":
            depth -= 1
        elif mark == "\n" and depth == 0:
            yield number, token.end()


def _path(keys: str) -> list[str]:
    """Return the parts of a dotted key."""
    path = []
    data: Any = tomllib.loads(f"{keys} = 0")
    while isinstance(data, dict):
        key = next(iter(data))
        path.append(key)
        data = data[key]
    return path


def _enter(spot: Spot, path: list[str], line: int, *, in_list: bool) -> Spot:
    """Go down a dotted key, adding what is not there; the last entry of a list is the open one."""
    for place, key in enumerate(path):
        if isinstance(spot.children, list):
            spot = spot.children[-1]
        if spot.children is None:
            spot.children = {}
        children = spot.children
        last = place == len(path) - 1
        if key not in children:
            children[key] = Spot(line, [] if last and in_list else None)  # type: ignore[call-overload]
        spot = children[key]  # type: ignore[call-overload]
    if in_list:
        if not isinstance(spot.children, list):
            spot.children = []
        spot.children.append(Spot(line, {}))
        return spot.children[-1]
    return spot


def _syntax(error: tomllib.TOMLDecodeError, text: str) -> Note:
    """Say where the syntax is broken, and whether by a key that is written twice."""
    told = str(error)
    place = _PLACE.search(told)
    message = _PLACE.sub("", told)
    line = int(place[1]) if place and place[1] else text.count("\n") + 1
    if _DUPLICATE.search(message):
        # the parser notices the end of the line's value, or the line after a heading
        return Note("duplicate-key", (), "a key or table is written twice.", line=line)
    message = message[:1].lower() + message[1:]
    return Note("syntax", (), f"the TOML is broken: {message}.", line=line)
