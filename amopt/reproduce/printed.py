"""What the sources print: tables of numbers with their digits, and witnesses of what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from amopt.errors import UsageError

__all__ = ["Recorded", "Source", "Table", "Verdict", "Witness", "names", "source"]


class Verdict(StrEnum):
    """What comes of a printed number."""

    REPRODUCES = "reproduces"
    DIFFERS = "does not reproduce"
    NOT_DERIVABLE = "not derivable"
    NO_DATA = "data not here"
    LEFT_OUT = "left out"


class _Fact(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Recorded(_Fact):
    """What is recorded of cells that do not simply reproduce."""

    cells: tuple[str, ...] = Field(min_length=1, description="row/column, each with * for any")
    verdict: Verdict
    why: str = Field(min_length=10, description="why, in a sentence")


class Table(_Fact):
    """A table of printed numbers, and what computes them.

    The computation returns a mapping from (row, column) to a number or a word.
    """

    table: str = Field(description="where in the source: table, figure or section")
    what: str = Field(description="what its numbers are")
    computation: str = Field(description="module.function in amopt.reproduce.computations")
    arguments: dict[str, Any] = Field(default={}, description="of the computation")
    command: str = Field(default="", description="the command that shows the same")
    columns: tuple[str, ...] = Field(description="of the numbers")
    rows: dict[str, tuple[str, ...]] = Field(description="as printed; empty where not known here")
    tolerance: float | None = Field(default=None, description="where the source says 'about'")
    exceptions: tuple[Recorded, ...] = Field(default=(), description="the first that fits counts")
    again: bool = Field(default=False, description="numbers met before: not counted again")
    long: bool = Field(default=False, description="takes minutes")

    @model_validator(mode="after")
    def _whole(self) -> Table:
        """Refuse rows that are not as long as the heading, and exceptions that fit no cell."""
        for row, cells in self.rows.items():
            if len(cells) != len(self.columns):
                raise ValueError(f"{self.table}, row {row}: {len(cells)} cells")
        for one in self.exceptions:
            for pattern in one.cells:
                if not any(fnmatchcase(f"{r}/{c}", pattern) for r, c, _ in self.cells()):
                    raise ValueError(f"{self.table}: no cell is {pattern}")
        return self

    def cells(self) -> Iterator[tuple[str, str, str]]:
        """Yield row, column and printed text of each number."""
        for row, cells in self.rows.items():
            for column, text in zip(self.columns, cells, strict=True):
                if text:
                    yield row, column, text

    def recorded(self, row: str, column: str) -> tuple[Verdict, str]:
        """Return the verdict that is recorded of a cell, and why."""
        for one in self.exceptions:
            if any(fnmatchcase(f"{row}/{column}", pattern) for pattern in one.cells):
                return one.verdict, one.why
        return Verdict.REPRODUCES, ""

    @property
    def made_by(self) -> str:
        """The command, or the call in Python, that makes the numbers."""
        if self.command:
            return self.command
        given = {name: value for name, value in self.arguments.items() if _short(value)}
        said = "".join(f", {name}={value!r}" for name, value in given.items())
        more = ", ..." if len(given) < len(self.arguments) else ""
        return f'amopt.reproduce.compute("{self.computation}"{said}{more})'


def _short(value: Any) -> bool:
    return isinstance(value, str | int | float)


class Witness(_Fact):
    """What shows that a source is wrong, to be checked by hand."""

    of: str = Field(description="the number or statement that is wrong")
    says: str = Field(description="the argument, in words")
    arithmetic: str = Field(description="what to work out by hand")
    gives: str = Field(description="what comes out, with its digits")


class Source(_Fact):
    """A source: its tables, and what is wrong in it."""

    title: str = Field(description="short name")
    publication: str = Field(description="where it was published")
    note: str = Field(default="", description="what to know of the numbers")
    tables: tuple[Table, ...]
    witnesses: tuple[Witness, ...] = ()


def names() -> tuple[str, ...]:
    """Return the names of the sources, in their order."""
    folder = resources.files("amopt.reproduce") / "sources"
    found = [one.name.removesuffix(".yaml") for one in folder.iterdir() if one.name[-5:] == ".yaml"]
    return tuple(sorted(found))


@cache
def source(name: str) -> Source:
    """Return a source by its name.

    Raises
    ------
    UsageError
        When there is no such source.
    """
    import yaml

    if name not in names():
        raise UsageError(f"no source {name!r}: there are {', '.join(names())}")
    text = (resources.files("amopt.reproduce") / "sources" / f"{name}.yaml").read_text("utf-8")
    return Source.model_validate(yaml.safe_load(text))
