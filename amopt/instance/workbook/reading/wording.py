"""What is wrong with an instance in the words of tables: sheets, rows and cells, not keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from amopt.instance.findings import Key, Problem, Where
from amopt.instance.suggest import closest, did_you_mean, shown
from amopt.instance.workbook.layout import INSTANCE, Layout, Sheet
from amopt.instance.workbook.tables import Remark, Table, has_heading

__all__ = ["TableWords", "unknown_parent", "unnamed", "without_instance"]

_ENTRY = re.compile(r"(?<![\w'\"`.])([a-z_]\w*(?:\.[a-z_]\w*|\[\d+\])*\[\d+\])((?:\.[a-z_]\w*)*)")
_STEP = re.compile(r"[a-z_]\w*|\[\d+\]")
_ADD = re.compile(r"Add `([^`]*):`(.*)", re.DOTALL)
_ANSWER = "solution.json"
"""The file by which the folder of an answer is known."""

_IN_QUOTES = "Write it in quotes"


class TableWords:
    """Says what is wrong in the words of tables.

    Parameters
    ----------
    layout
        The sheets.
    where
        Returns where the value of a key stands.
    """

    def __init__(self, layout: Layout, where: Callable[[Key], Where]) -> None:
        self._where = where
        self._sheets = {sheet.keys: sheet.name for sheet in layout.sheets}
        joined = {".".join(keys): name for keys, name in self._sheets.items() if len(keys) > 1}
        self._joined = {
            re.compile(rf"(?<![\w'\"`.]){re.escape(keys)}(?![\w\['\"`]|\.\w)"): name
            for keys, name in joined.items()
        }

    def said(self, problem: Problem, where: Where) -> tuple[str, str]:
        """Return the message and the advice of a problem at a place."""
        advice = problem.advice
        if problem.code == "missing-key":
            advice = self._how_to_add(problem, where)
        elif advice.startswith(_IN_QUOTES):
            advice = "Format the cell as text, and write it again."
        return self._in_rows(problem.message, where), self._in_rows(advice, where)

    def _how_to_add(self, problem: Problem, where: Where) -> str:
        """Say how to add what is missing: a sheet, a row of the first sheet, or a cell."""
        found = _ADD.fullmatch(problem.advice)
        if found is None:
            return problem.advice
        names = tuple(part for part in problem.key if isinstance(part, str))
        if names in self._sheets:
            name = self._sheets[names]
            return f"Add {'its rows to ' if len(problem.key) > 2 else ''}the sheet {name}{found[2]}"
        if where.sheet == INSTANCE and where.row is None:
            return f"Add a row with the key {'.'.join(names)}{found[2]}"
        return f"Fill in the cell{found[2]}" if where.column else f"Fill in {found[1]}{found[2]}"

    def _in_rows(self, text: str, where: Where) -> str:
        """Return a text that names entries by their rows, and collections by their sheets."""
        text = _ENTRY.sub(lambda found: self._row(found, where), text)
        for keys, name in self._joined.items():
            text = keys.sub(name, text)
        return text

    def _row(self, found: re.Match[str], where: Where) -> str:
        steps = _STEP.findall(found[1])
        key = tuple(int(step[1:-1]) if step.startswith("[") else step for step in steps)
        there = self._where(key)
        if there.row is None:
            return found[0]
        beside = "" if there.sheet == where.sheet else f" of the sheet {there.sheet}"
        cell = f"{found[2][1:]} in " if found[2] else ""
        return f"{cell}row {there.row}{beside}"


def unknown_parent(
    sheet: Sheet, parent: Sheet, names: Sequence[Any], at: Where, parents: Sequence[str]
) -> Remark:
    """Return what to say of a row that belongs to no entry of the sheet above.

    Parameters
    ----------
    sheet, parent
        The sheet of the row, and the one above.
    names
        What the row says of the entry that it belongs to.
    at
        Where it says so.
    parents
        The names of the entries that there are.
    """
    told = zip(sheet.leading, names, strict=True)
    blank = next((heading for heading, name in told if name in (None, "")), None)
    if blank is not None:
        message = f"the cell is blank: it says to which {blank} the row belongs."
        return Remark("unknown-entry", at, message, f"Fill in one of the sheet {parent.name}.")
    told = zip(sheet.leading, names, strict=True)
    said = " and ".join(f"{heading} {shown(name)}" for heading, name in told)
    near = closest(str(names[-1]), parents)
    message = f"the sheet {parent.name} has no {said}."
    return Remark("unknown-entry", at, message, did_you_mean(near) if near else "")


def unnamed(name: Any) -> Remark:
    """Return why a row of a mapping cannot be in it: it has no name, or that of another row."""
    if not isinstance(name, str):
        return Remark("missing-key", Where(), "the row has no name.")
    return Remark("duplicate-key", Where(), f"the name {shown(name)} stands there twice.")


def without_instance(path: Path, tables: Sequence[Table]) -> Remark:
    """Return what is wrong with tables that say nothing of an instance: they may be an answer."""
    first = tables[0].headings[:1] if tables and tables[0].name == "summary" else ()
    if (path / _ANSWER).is_file() or first == ("answer",):
        return Remark("an-answer", Where(), "this is an answer of amopt, not an instance.")
    message = f"there is no sheet {INSTANCE!r}, which says `amopt`, `kind` and `name`."
    meant = [one.name for one in tables if has_heading(one.headings, ("key", "value"))]
    advice = f"Call the sheet {shown(meant[0])} {INSTANCE!r}." if meant else ""
    return Remark("missing-sheet", Where(), message, advice)
