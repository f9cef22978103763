"""A page before it is written: its words, pictures and tables, whatever they tell of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from amopt.solution import Column, Table

__all__ = ["Document", "Grid", "Said", "Section"]


@dataclass(frozen=True, slots=True)
class Said:
    """A value that is shown in other words than its column's.

    Attributes
    ----------
    value
        The value, by which rows are sorted.
    text
        What is shown.
    """

    value: Any
    text: str


@dataclass(frozen=True)
class Grid:
    """A table of a page.

    Attributes
    ----------
    name
        Its name, which the file is called by that it is downloaded as.
    rows, columns
        Its rows and columns; without columns, those of the first row.
    currency
        The unit of columns of money.
    whole
        Where all rows are, should the page not hold them.
    """

    name: str
    rows: Table
    columns: Sequence[Column] = ()
    currency: str = ""
    whole: str = "in the csv file of the answer"


@dataclass(frozen=True)
class Section:
    """A part of a page under a heading of its own.

    Attributes
    ----------
    title
        The heading.
    sentence
        What is said first.
    figure
        A plotly figure.
    table
        A table.
    """

    title: str
    sentence: str = ""
    figure: Any = None
    table: Grid | None = None


@dataclass(frozen=True)
class Document:
    """A page.

    Attributes
    ----------
    title
        Its title and first heading.
    aside
        What stands below in small type.
    headline
        What a planner reads first, in sentences.
    worth
        What the answer is worth.
    notes
        What else he should know.
    sections
        Its parts.
    versions
        What it was made by.
    mark
        What tells the instance from others.
    """

    title: str
    aside: str = ""
    headline: Sequence[str] = ()
    worth: str = ""
    notes: Sequence[str] = ()
    sections: Sequence[Section] = ()
    versions: Mapping[str, str] | None = None
    mark: str = ""
