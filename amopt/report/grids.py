"""Tables of a page as HTML, no more rows than it has room for; every text is escaped."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from amopt.phrases import amount, listed
from amopt.report.document import Grid, Said
from amopt.report.words import ROUNDING, idle_columns, rounding_of, shown
from amopt.solution import Column

__all__ = ["MOST_ROWS", "Body", "bodies", "body", "fitted"]

MOST_ROWS = 2_000
"""Rows of a table that a page shows: a browser copes, and the csv files hold them all."""

_BESIDE = {"weeks": ("days", 7.0), "days": ("weeks", 1 / 7.0)}
"""The unit that stands beside a unit of time, and how many of it are one."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Body:
    """A table as HTML, in pieces.

    Attributes
    ----------
    name, caption
        What the file is called that it is downloaded as, and what the table says of itself.
    columns
        Name, unit, meaning and whether it holds numbers, of each column.
    rows
        The rows as HTML.
    folded
        What was left out because it is zero or empty.
    more
        Rows that are not here.
    whole
        Where all rows are.
    """

    name: str
    caption: str
    columns: Sequence[tuple[str, str, str, bool]]
    rows: Sequence[Markup]
    folded: str
    more: int
    whole: str


def bodies(tables: Sequence[Grid], room: int) -> list[Body]:
    """Return tables as HTML that together take no more bytes than there is room for.

    Parameters
    ----------
    tables
        The tables.
    room
        Bytes for all their rows; each has its share, and what small ones leave the large ones have.
    """
    return fitted([body(table) for table in tables], room)


def fitted(found: Sequence[Body], room: int) -> list[Body]:
    """Return tables cut to what there is room for; see :func:`bodies`."""
    sizes = [[len(row.encode()) for row in one.rows] for one in found]
    kept = [len(one.rows) for one in found]
    left = room
    order = sorted(range(len(found)), key=lambda k: sum(sizes[k]))
    for place, k in enumerate(order):
        share, used = left // (len(order) - place), 0
        kept[k] = 0
        for size in sizes[k]:
            if used + size > share:
                break
            used += size
            kept[k] += 1
        left -= used
    return [_cut(one, rows) for one, rows in zip(found, kept, strict=True)]


def _cut(one: Body, rows: int) -> Body:
    more = one.more + len(one.rows) - rows
    return Body(one.name, one.caption, one.columns, one.rows[:rows], one.folded, more, one.whole)


def body(table: Grid) -> Body:
    """Return a table as HTML."""
    rows = table.rows
    bare = [{name: _bare(value) for name, value in row.items()} for row in rows]
    columns = list(table.columns) or [Column(key, "", "") for key in (rows[0] if rows else ())]
    least = rounding_of(bare, columns)
    empty = [one.name for one in columns if all(row.get(one.name) in (None, "") for row in bare)]
    idle = {*idle_columns(bare, columns), *(empty if len(rows) > 1 else ())}
    folded = [column.name for column in columns if column.name in idle]
    columns = [one for one in columns if one.name not in idle and one.name not in empty]
    dated = any(
        isinstance(row.get(one.name), str) and _DATE.fullmatch(row[one.name])
        for row in bare[:1]
        for one in columns
    )
    numeric = {
        column.name: any(_is_number(row.get(column.name)) for row in bare) for column in columns
    }
    beside = {
        column.name: _BESIDE.get(column.unit)
        for column in columns
        if numeric[column.name] and not (dated and column.unit == "weeks")
    }
    headings = []
    for column in columns:
        unit = table.currency if column.unit == "money" else column.unit
        if beside.get(column.name):
            unit = f"{unit} ({beside[column.name][0]})"  # type: ignore[index]
        name = column.name.replace("_", " ")
        headings.append((name, unit, column.meaning, numeric[column.name]))
    cells = [(column, numeric[column.name], beside.get(column.name)) for column in columns]
    return Body(
        name=table.name,
        caption=table.name.replace("_", " "),
        columns=headings,
        rows=[_row(row, cells, least) for row in rows[:MOST_ROWS]],
        folded=_folded(folded),
        more=max(0, len(rows) - MOST_ROWS),
        whole=table.whole,
    )


def _folded(names: Sequence[str]) -> str:
    """Say which columns are left out, because they say nothing."""
    if not names:
        return ""
    return f"All zero or empty, and left out: {listed([name.replace('_', ' ') for name in names])}."


def _row(
    row: Mapping[str, Any],
    cells: Sequence[tuple[Column, bool, tuple[str, float] | None]],
    least: float,
) -> Markup:
    """Return a row as HTML; its first cell is its heading where it is a text."""
    found = []
    for place, (column, numeric, beside) in enumerate(cells):
        held = row.get(column.name)
        value = _bare(held)
        text = shown(value, column.unit, least, column.digits)
        text = held.text if isinstance(held, Said) else text
        marks = ""
        if _is_number(value):
            raw = _raw(float(value), least if column.unit == "money" else ROUNDING)
            if raw != text.replace(",", ""):
                marks = f' data-v="{raw}"'
            other = _beside(float(value), beside)
            text += f" ({other})" if other else ""
        if place == 0 and not numeric:
            found.append(f'<th scope="row"{marks}>{escape(text)}</th>')
        else:
            day = isinstance(value, str) and _DATE.fullmatch(value)
            kind = ' class="number"' if numeric else ' class="day"' if day else ""
            found.append(f"<td{kind}{marks}>{escape(text)}</td>")
    return Markup("<tr>" + "".join(found) + "</tr>")  # noqa: S704 - each text is escaped above


def _beside(value: float, beside: tuple[str, float] | None) -> str:
    """Return a time in the unit that stands beside its own; empty where that would read zero."""
    if beside is None:
        return ""
    unit, many = beside
    text = amount(value * many, 1 if unit == "days" else 2)
    return text if text.strip("-0.") else ""


def _raw(value: float, least: float) -> str:
    """Return a number for sorting and for csv, without the noise of its last digits."""
    if not math.isfinite(value):
        return f"{value:g}"
    if abs(value) < least:
        return "0"
    if abs(value) < ROUNDING:
        return f"{value:.12g}"
    text = f"{value:.12f}" if abs(value) < 1 else f"{value:.12g}"
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def _bare(held: Any) -> Any:
    """Return the value of a cell, whatever it is shown as."""
    return held.value if isinstance(held, Said) else held


def _is_number(value: Any) -> bool:
    """Whether a value is a number, to be set to the right."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
