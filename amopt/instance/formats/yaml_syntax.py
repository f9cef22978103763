"""Broken YAML -> what a planner did, told from the text and where the parser gave up."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

import yaml

from amopt.instance.formats.positions import HIDDEN, hidden
from amopt.instance.formats.yaml_marks import Marks, marks
from amopt.instance.formats.yaml_slips import slip

__all__ = ["Slip", "syntax_slip"]

_LINE_END = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_HIDDEN_BLANK = re.compile(rf"^[ \t]*(?:- +)*([{HIDDEN}])|[:\-,][ \t]*([{HIDDEN}])")
_COLON = "there is a ':' where none can stand; put text that holds ': ' in quotes, and check the " \
    "indentation"  # fmt: skip


class Slip(NamedTuple):
    """Where a slip was made, what it was, what to do about it, and whether it is an indentation."""

    line: int
    message: str
    advice: str = ""
    indentation: bool = False


def syntax_slip(error: yaml.MarkedYAMLError, text: str, *, in_list: bool) -> Slip:
    """Say what broke the syntax.

    Parameters
    ----------
    error
        What the parser raised; its class and its marks are looked at, its words are not.
    text
        The text that was read.
    in_list
        Whether the parser was among the entries of a list.
    """
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Slip(1, "it cannot be read")
    starts = [0, *(end.end() for end in _LINE_END.finditer(text))]
    lines = _LINE_END.split(text)
    line = min(mark.line, len(lines) - 1) + 1
    place = min(starts[line - 1] + mark.column, len(text))
    begun = error.context_mark.line + 1 if error.context_mark is not None else line
    scanned = _Text(text, starts, lines)
    return (
        scanned.hidden_blank(line, begun)
        or scanned.tab(line)
        or scanned.quote(place)
        or scanned.first_character(place, line)
        or scanned.bracket(place, line)
        or scanned.slip(line, begun)
        or scanned.colon(place, line)
        or _structure(error, line, begun, in_list=in_list)
    )


def _structure(error: yaml.MarkedYAMLError, line: int, begun: int, *, in_list: bool) -> Slip:
    """Say which part of the structure does not fit, where nothing else explains it."""
    if isinstance(error, yaml.scanner.ScannerError):
        return Slip(begun, "a key stands without its ':'")
    if in_list:
        return Slip(line, "an entry of the list does not begin with '- '")
    return Slip(line, "the indentation does not match the lines above", "", True)


class _Text:
    """A text that was refused, with the places where its lines start."""

    def __init__(self, text: str, starts: list[int], lines: list[str]) -> None:
        self.text, self.starts, self.lines = text, starts, lines

    def line_of(self, place: int) -> int:
        """Return the number of the line on which a place stands."""
        return bisect_right(self.starts, place)

    def hidden_blank(self, line: int, begun: int) -> Slip | None:
        """Find a character that looks like a blank at the lines that were read last."""
        for number in (line, begun, line - 1, line + 1):
            held = self.lines[number - 1] if 0 < number <= len(self.lines) else ""
            if found := _HIDDEN_BLANK.search(held):
                message = f"a {hidden(found[1] or found[2])} stands where a space is wanted"
                return Slip(number, message, "Delete it, and type a space.")
        return None

    def tab(self, line: int) -> Slip | None:
        """Find a tab in the indentation."""
        broken = self.lines[line - 1]
        if "\t" in broken[: len(broken) - len(broken.lstrip())]:
            return Slip(line, "a tab indents the line; indent with spaces")
        return None

    def quote(self, place: int) -> Slip | None:
        """Find a quote that is never closed, or closed by the next one that was meant to open."""
        found, _ = marks(self.text)
        for start, end, closed in found.quoted:
            if not closed:
                return self._unclosed(start)
            if start < place < end and "\\" in self.text[start:end] and self.text[start] == '"':
                message = "a backslash in double quotes; write the text in single quotes"
                return Slip(self.line_of(place), message)
            follows = self.text[end : end + 1]
            if end <= place <= end + 1 and follows and follows not in ",]}: \t\r\n":
                if "\n" in self.text[start:end]:
                    return self._unclosed(start)
                message = "text follows a closing quote; put all of it in one pair of quotes"
                return Slip(self.line_of(end), message)
        return None

    def _unclosed(self, start: int) -> Slip:
        return Slip(self.line_of(start), "a quote that was opened is never closed")

    def first_character(self, place: int, line: int) -> Slip | None:
        """Find a character that no value begins with."""
        if self.text[place : place + 1] in ("%", "@", "`"):
            return Slip(line, "a character that cannot begin a value; put the value in quotes")
        return None

    def bracket(self, place: int, line: int) -> Slip | None:
        """Find what is wrong between brackets: a comment that hides the rest, a comma, an end."""
        found, _ = marks(self.text, place)
        if not found.brackets:
            return None
        if comment := self._hiding(found):
            return comment
        if colon := self.colon(place, line):
            return colon
        opened = self.line_of(found.brackets[-1][1])
        where = f" (the '{found.brackets[-1][0]}' stands on line {opened})"
        message = f"a comma or a closing '{found.closing}' is missing"
        return Slip(line, message + (where if opened != line else ""))

    def colon(self, place: int, line: int) -> Slip | None:
        """Find a colon that cannot stand where the parser gave up."""
        return Slip(line, _COLON) if self.text[place : place + 1] == ":" else None

    def _hiding(self, found: Marks) -> Slip | None:
        """Find a comment that hides a comma or the bracket that would close."""
        for start in found.comments:
            number = self.line_of(start)
            comment = self.text[start : self.text.find("\n", start) % (len(self.text) + 1)]
            if found.closing in comment:
                message = f"the '#' begins a comment, which hides the closing '{found.closing}'"
                return Slip(number, message, "Put text that holds ' #' in quotes.")
        return None

    def slip(self, line: int, begun: int) -> Slip | None:
        """Find a slip of blanks or indentation."""
        found = slip(self.lines, line, begun)
        return Slip(*found) if found else None
