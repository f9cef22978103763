"""What is wrong with the cells of a table, told once for what is alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from amopt.instance.findings import Key, Problem, Where
from amopt.instance.suggest import shown
from amopt.instance.workbook.reading.totals import is_total
from amopt.phrases import counted

__all__ = ["Notes", "Place", "note_names"]

MOST = 10
"""Cells of a column that are told one by one; the others of the same kind are counted."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the rows of a table stand: in the instance, or in a file beside it.

    Attributes
    ----------
    file
        The table's file; empty for rows of the instance.
    sheet
        Its sheet, where it has several.
    """

    file: str = ""
    sheet: str | None = None

    def of(self, row: int, heading: str) -> tuple[Key, Where | None]:
        """Return the place of a cell of the row-th part, counted from 0."""
        if not self.file:
            return ("portfolio", "rows", row, heading), None
        where = Where(file=self.file, key=(heading,), sheet=self.sheet, row=row + 2)
        return ("portfolio", "file"), where

    def row(self, row: int) -> str:
        """Return what the row of a part is called."""
        return f"row {row + 2}" if self.file else f"portfolio.rows[{row}]"


@dataclass
class Alike:
    """Cells of a column that are wrong in the same words: the first of them, and how many."""

    message: str
    advice: str
    row: int
    count: int


@dataclass
class Notes:
    """What is wrong with the cells of a table: the first of each kind and column, and how many."""

    place: Place
    problems: list[Problem] = field(default_factory=list)
    _alike: dict[tuple[str, str, str], Alike] = field(default_factory=dict)
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _next: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(
        self,
        code: str,
        heading: str,
        rows: Iterable[int],
        say: Callable[[int], tuple[str, str]],
    ) -> None:
        """Note cells of a column that are wrong in the same way; ``say`` gives words to a row."""
        for row in rows:
            self._counts[code, heading] += 1
            if self._counts[code, heading] > MOST:
                self._next.setdefault((code, heading), row)
            else:
                key, where = self.place.of(row, heading)
                message, advice = say(row)
                self.problems.append(Problem(code, key, message, advice, where))

    def add_alike(
        self, code: str, heading: str, rows: Sequence[int], word: str, said: tuple[str, str]
    ) -> None:
        """Note cells of a column that hold the same word; ``said`` is message and advice."""
        if not rows:
            return
        found = self._alike.setdefault((code, heading, word), Alike(*said, row=rows[0], count=0))
        found.count += len(rows)

    def all(self) -> Iterator[Problem]:
        """Yield the problems, and for each kind and column how many more there are."""
        for (code, heading, _), one in self._alike.items():
            many = f" ({one.count:,} cells of the column)." if one.count > 1 else "."
            said = one.message.removesuffix(".") + many, one.advice
            self.add(code, heading, [one.row], lambda _, said=said: said)  # type: ignore[misc]
            if self._counts[code, heading] > MOST:
                self._counts[code, heading] += one.count - 1
        self._alike.clear()
        yield from self.problems
        for (code, heading), row in self._next.items():
            count = self._counts[code, heading] - MOST
            more, verb = counted(count, "more cell"), "is" if count == 1 else "are"
            message = f"{more} of the column {verb} wrong in the same way, such as this one."
            key, where = self.place.of(row, heading)
            yield Problem(code, key, message, "Mend them all.", where)


def note_names(found: Sequence[str], keep: NDArray[np.bool_], heading: str, notes: Notes) -> None:
    """Note rows without a part number, and numbers that are given twice."""
    blank = [row for row, name in enumerate(found) if not name and keep[row]]
    say = "the row has no part number.", "Write one, or remove the row."
    notes.add("part-without-number", heading, blank, lambda _: say)
    last = int(np.flatnonzero(keep)[-1])
    if last and is_total(found[last]):
        total = f"the last part is called {shown(found[last])}: is it the sum of the others?", ""
        notes.add("total-row", heading, [last], lambda _: total)
    _note_alike(found, heading, notes)
    seen: dict[str, int] = {}
    for row, name in enumerate(found):
        if name and seen.setdefault(name, row) != row:
            earlier = notes.place.row(seen[name])
            notes.add(
                "duplicate-part",
                heading,
                [row],
                lambda _, name=name, earlier=earlier: (  # type: ignore[misc]
                    f"part {shown(name)} is already in {earlier}.",
                    "Keep one of the two.",
                ),
            )


def _note_alike(found: Sequence[str], heading: str, notes: Notes) -> None:
    """Note part numbers that differ from another one by capitals alone."""
    different = set(found)
    if len({name.casefold() for name in different}) == len(different):
        return
    seen: dict[str, tuple[str, int]] = {}
    for row, name in enumerate(found):
        first, earlier = seen.setdefault(name.casefold(), (name, row))
        if first != name:
            message = (
                f"part {shown(name)} differs by capitals alone from {shown(first)} in "
                f"{notes.place.row(earlier)}."
            )
            advice = "Keep one of the two if they are the same part."
            notes.add_alike("similar-part", heading, [row], name, (message, advice))
