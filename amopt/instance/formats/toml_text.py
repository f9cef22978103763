"""TOML text -> plain data; lines are those of keys and table headings."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from amopt.instance.formats.positions import MAX_DEPTH, MAX_DIGITS, Note, Parsed, Spot, Unusable
from amopt.instance.suggest import shown

__all__ = ["index", "parse"]

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
_QUOTES = re.compile(_QUOTED, re.DOTALL)
_DEEP_KEY = re.compile(rf"(?:[\w-]+[ \t]*\.[ \t]*){{{MAX_DEPTH},}}[\w-]+[ \t]*[=\]]")
_COMMA = re.compile(r"[-+]?\d+,\d+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d\d:\d\d")
_TOKEN = re.compile(rf"{_QUOTED}|[\[\]{{}}\n]", re.DOTALL)
_WHOLE = re.compile(
    rf"{_QUOTED}|(?<![\w.+-])(?P<sign>[+-]?)\d(?:_?\d){{{MAX_DIGITS},}}(?![\w.]|{_BLANK}=)",
    re.DOTALL,
)


_TOO_DEEP = Note("nesting-too-deep", (), f"values are nested more than {MAX_DEPTH} deep.")


def parse(text: str) -> Parsed:
    """Read TOML text.

    Raises
    ------
    Unusable
        When the syntax is broken, a key is written twice, or the nesting is too deep.
    """
    _refuse_deep(text)
    try:
        return Parsed(_loads(text))
    except RecursionError:
        raise Unusable(_TOO_DEEP) from None
    except ValueError:
        raise Unusable(_syntax(text)) from None


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


def _syntax(text: str) -> Note:
    """Say which statement breaks the syntax, and whether by a key that is written twice."""
    statements = [start for _, start in _statements(text)]
    lines = [line for line, _ in _statements(text)]
    # The statements before the broken one are sound together; those with it are not.
    sound, broken = 0, len(statements)
    while broken - sound > 1:
        middle = (sound + broken) // 2
        if _sound(text[: statements[middle]]):
            sound = middle
        else:
            broken = middle
    end = statements[broken] if broken < len(statements) else len(text)
    statement = text[statements[sound] : end]
    line = lines[sound]
    if _sound(statement):
        return Note("duplicate-key", (), "a key or table is written twice.", line=line)
    return Note("syntax", (), f"the TOML is broken: {_slip(statement)}.", line=line)


def _sound(text: str) -> bool:
    """Tell whether TOML text can be read."""
    try:
        _loads(text)
    except ValueError:
        return False
    return True


def _slip(statement: str) -> str:
    """Say what is wrong with one statement."""
    entry, said = _ENTRY.match(statement), statement.strip()
    if entry is None:
        heading = said.startswith("[")
        return (
            "the heading of a table is not [name] or [[name]]"
            if heading
            else "a line is neither `key = value` nor the heading of a table"
        )
    value = statement[entry.end() :].strip()
    rest = _QUOTES.sub("", value)
    reasons = (
        (not value, f"the key {shown(entry[1])} has no value"),
        (
            any(rest.count(opens) != rest.count(closes) for opens, closes in ("[]", "{}")),
            "a bracket or brace is not closed, or closed twice",
        ),
        ('"' in rest or "'" in rest, "a quote that was opened is never closed"),
        ("\\" in value, "a backslash in double quotes; write the text in single quotes"),
        (_DATE.match(rest), f"there is no date or time {shown(value)}"),
        (_COMMA.fullmatch(rest.strip()), f"{value} has a decimal comma; write a point"),
        ("{" in rest, "between the braces a value cannot be read, or a key is written twice"),
    )
    otherwise = f"the value {shown(value)} cannot be read; text stands in quotes"
    return next((words for reason, words in reasons if reason), otherwise)


def _refuse_deep(text: str) -> None:
    """Raise when a dotted key is deeper than any instance, for its parts are slow to read."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.count(".") > MAX_DEPTH and _DEEP_KEY.search(_QUOTES.sub("q", line)):
            raise Unusable(replace(_TOO_DEEP, line=number))
