"""What a planner did when YAML says that its syntax is broken: slips of blanks and indentation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from amopt.instance.suggest import shown

__all__ = ["slip"]

_KEY_WITHOUT_BLANK = re.compile(r" *(?:- +)*([A-Za-z_]\w*):(?![\s/]|$)")
_KEY = re.compile(r" *(?:- +)*([A-Za-z_]\w*):(?=\s|$)")
_ONLY_A_QUESTION = re.compile(r" *(?:- +)*([A-Za-z_]\w*): +\?\s*(?:#.*)?$")
_DASH_WITHOUT_BLANK = re.compile(r" *-[\w\"']")
_ENTRY = re.compile(r"( *)(- +)?")


def slip(lines: Sequence[str], line: int, begun: int) -> tuple[int, str, str, bool] | None:
    """Return line, message and advice of a slip that explains broken syntax, where one does.

    The last part tells whether it is a slip of indentation.

    Parameters
    ----------
    lines
        The lines of the text.
    line
        Where the parser gave up, counted from 1.
    begun
        Where what it then read had begun, counted from 1.
    """
    before = next((number for number in range(line - 1, 0, -1) if _says(lines[number - 1])), line)
    for number in (line, begun, before):
        if asked := _ONLY_A_QUESTION.match(_at(lines, number)):
            what = f"the value of {shown(asked[1])} is a '?', which means something else in YAML"
            advice = "Write the value; leave the key out where it may be and is not known."
            return number, what, advice, False
    if _DASH_WITHOUT_BLANK.match(_at(lines, line)):
        return line, "no blank follows the '-'", "Put a space after '-'.", False
    return (
        _key(lines, begun) or _indentation(lines, line) or _key(lines, line) or _key(lines, before)
    )


def _key(lines: Sequence[str], line: int) -> tuple[int, str, str, bool] | None:
    """Return the slip of a line whose key runs into its value."""
    key = _KEY_WITHOUT_BLANK.match(_at(lines, line))
    if key is None:
        return None
    return line, f"no blank follows the ':' of {shown(key[1])}", "Put a space after ':'.", False


def _indentation(lines: Sequence[str], line: int) -> tuple[int, str, str, bool] | None:
    """Return the slip of a line that is indented as no line around it is."""
    broken = _at(lines, line)
    indent, entry = len(broken) - len(broken.lstrip(" ")), broken.lstrip(" ").startswith("- ")
    around = list(_open(lines[: line - 1]))
    levels = [level for level, of_entry in around if of_entry == entry]
    if not broken.strip() or not levels or indent in levels:
        return None
    if (indent, not entry) in around:  # a key below a '-', or a '-' below a key
        levels = [level for level in levels if level > indent] or levels
    wanted = min(levels, key=lambda level: abs(level - indent))
    key = _KEY.match(broken)
    what = shown(key[1]) if key else "the line"
    message = f"{what} is indented by {indent}, its neighbours by {wanted}"
    return line, message, f"Indent it by {wanted}.", True


def _open(lines: Sequence[str]) -> Iterator[tuple[int, bool]]:
    """Yield the indentations of what is still open, the innermost first, and if of list entries."""
    least = None
    for line in reversed(lines):
        entry = _ENTRY.match(line) if _says(line) else None
        if entry is None or (least is not None and entry.end() >= least and len(entry[1]) >= least):
            continue
        if least is None or entry.end() < least:
            yield entry.end(), False
        if entry[2]:
            yield len(entry[1]), True
        least = len(entry[1])


def _says(line: str) -> bool:
    """Tell whether a line holds more than blanks and a comment."""
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _at(lines: Sequence[str], line: int) -> str:
    return lines[line - 1] if 0 < line <= len(lines) else ""
