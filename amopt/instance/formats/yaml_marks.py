"""What is open at a place of YAML text: brackets, quotes, comments.

Only texts that a parser refused are looked at, to say why in words of our own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["Marks", "marks"]

_BLOCK_TEXT = re.compile(r"[|>][-+0-9]*[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_DOUBLE = re.compile(r'"(?:\\.|[^"\\])*("|\Z)', re.DOTALL)
_SINGLE = re.compile(r"'(?:''|[^'])*('|\Z)")
_COMMENT = re.compile(r"#[^\n]*")
_PLAIN = re.compile(r"(?:[^\s:]|:(?!\s|\Z)|[ \t]+(?![\s#]))+")
_PLAIN_IN_BRACKETS = re.compile(r"(?:[^\s:,\[\]{}]|:(?![\s,\[\]{}]|\Z)|[ \t]+(?![\s#,\[\]{}]))+")
_INDICATOR = re.compile(r"[-?:](?=\s|\Z)")
_BLANK = re.compile(r"[ \t\r\ufeff]+")
_BEFORE_KEY = re.compile(r" *(?:[-?] +)*")
_CLOSES = {"[": "]", "{": "}"}


@dataclass(slots=True)
class Marks:
    """What was met in a text up to a place.

    Attributes
    ----------
    brackets
        The brackets that are still open, each with its place.
    quoted
        The quoted texts, each with its first place, the place after it, and whether it was closed.
    comments
        The places of comments that stand within brackets that are still open.
    """

    brackets: list[tuple[str, int]] = field(default_factory=list)
    quoted: list[tuple[int, int, bool]] = field(default_factory=list)
    comments: list[int] = field(default_factory=list)

    @property
    def closing(self) -> str:
        """Return the bracket that would close the innermost open one."""
        return _CLOSES[self.brackets[-1][0]]


def marks(text: str, end: int | None = None, depth: int | None = None) -> tuple[Marks, int]:
    """Return what is open at ``end``, or where brackets first stand ``depth`` deep.

    Parameters
    ----------
    text
        YAML text, sound or not.
    end
        Where to stop; None for the end of the text.
    depth
        How many open brackets end the search; None for any number.

    Returns
    -------
    tuple[Marks, int]
        The marks and the place at which the search ended.
    """
    found, place = Marks(), 0
    end = len(text) if end is None else end
    line = 0
    while place < end:
        character = text[place]
        if character == "\n":
            place += 1
            line = place
        elif blank := _BLANK.match(text, place):
            place = blank.end()
        elif character == "#" and (place == line or text[place - 1] in " \t\n"):
            if found.brackets:
                found.comments.append(place)
            place = _end(_COMMENT, text, place)
        elif character in "\"'":
            place = _quote(found, text, place)
        elif character in "[{":
            found.brackets.append((character, place))
            place += 1
            if depth is not None and len(found.brackets) >= depth:
                return found, place
        elif found.brackets:
            place = _in_brackets(found, text, place)
        elif character in "|>" and (block := _BLOCK_TEXT.match(text, place)):
            place = line = _after_block(text, line, block.end())
        elif indicator := _INDICATOR.match(text, place):
            place = indicator.end()
        else:
            place = _end(_PLAIN, text, place)
    return found, place


def _in_brackets(found: Marks, text: str, place: int) -> int:
    """Go on after a closing bracket, a comma, a colon, or a plain text between them."""
    if text[place] in "]}":
        found.brackets.pop()
        if not found.brackets:
            found.comments.clear()
        return place + 1
    if text[place] in ",:":
        return place + 1
    return _end(_PLAIN_IN_BRACKETS, text, place)


def _quote(found: Marks, text: str, place: int) -> int:
    """Go on after a quoted text."""
    match = (_DOUBLE if text[place] == '"' else _SINGLE).match(text, place)
    end = match.end() if match else len(text)
    found.quoted.append((place, end, bool(match and match[1])))
    return end


def _after_block(text: str, line: int, place: int) -> int:
    """Return the place after the lines of a text after ``|`` or ``>``: those indented more."""
    before = _BEFORE_KEY.match(text, line)
    least = before.end() - line if before else 0
    while place < len(text):
        end = text.find("\n", place)
        end = len(text) if end < 0 else end + 1
        content = text[place:end]
        if content.strip() and len(content) - len(content.lstrip(" ")) <= least:
            break
        place = end
    return place


def _end(pattern: re.Pattern[str], text: str, place: int) -> int:
    """Return where a pattern ends, at least one character further."""
    match = pattern.match(text, place)
    return max(match.end(), place + 1) if match else place + 1
