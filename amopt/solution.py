"""Solution: what all answers share; the decisions add their own names to it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from amopt.errors import UsageError
from amopt.files import MARK, as_plain, plain_column, write_folder
from amopt.files.formulas import begins_formula
from amopt.outcome import Outcome, Status
from amopt.verdict import Verdict

if TYPE_CHECKING:
    import pandas as pd

    from amopt.instance.common import Instance

__all__ = ["Column", "Solution", "Table", "comma_separated", "safe_text"]

LONGEST_REPR = 400
"""Characters of an answer's ``repr``."""

Table = Sequence[Mapping[str, Any]]
"""A table as a sequence of rows, each a mapping from column to value."""

AS_STATED = 12
"""Digits of a limit that are shown: fewer could show it as another one, or as none."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer's table.

    Attributes
    ----------
    name
        Name of the column.
    unit
        Unit of its values: empty for names and pure numbers, ``"money"`` for the instance's
        currency.
    meaning
        What it means, in one phrase.
    shown
        Whether the terminal summary shows it.
    digits
        Significant digits of its numbers that are shown; 0 for as many as a planner can act on.
    """

    name: str
    unit: str
    meaning: str
    shown: bool = True
    digits: int = 0


@dataclass(frozen=True)
class Solution:
    """The answer to one instance.

    Attributes
    ----------
    kind
        The decision, such as ``"printing"``.
    name
        The instance's name.
    outcome
        Statuses, objective, bound, gap, seconds, versions.
    verdict
        What the referee says.
    rows
        The answer's tables by name, each a sequence of rows.
    notes
        What the planner should know about the answer, in words.
    fingerprint
        SHA-256 of the instance that was solved, so that an answer is never taken for another
        instance's; empty where a decision's own ``solve`` was called.
    currency
        The unit of money of the instance.
    objective_meaning
        What the objective measures, such as ``"average cost a day"``.
    """

    kind: str
    name: str
    outcome: Outcome
    verdict: Verdict
    rows: Mapping[str, Table]
    notes: tuple[str, ...] = ()
    fingerprint: str = ""
    currency: str = ""
    objective_meaning: str = ""

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {}
    provenance: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Columns of a table that only say where its values come from."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        """Keep the short ``repr``: a dataclass that has one of its own is given no other."""
        super().__init_subclass__(**keywords)
        if "__repr__" not in vars(cls):
            cls.__repr__ = Solution.__repr__  # type: ignore[method-assign]

    def __repr__(self) -> str:
        """Return kind, name, status, objective, bound and the sizes of the tables, on one line."""
        outcome = self.outcome
        objective = "none" if outcome.objective is None else f"{outcome.objective:.9g}"
        bound = "none" if outcome.bound is None else f"{outcome.bound:.9g}"
        sizes = ", ".join(f"{name} {len(table)}" for name, table in list(self.rows.items())[:12])
        text = (
            f"<{self.kind} solution of {self.name[:60]!r}: {self.status}, "
            f"objective {objective} {self.currency[:12]}".rstrip()
            + f", bound {bound}; rows: {sizes or 'none'}"
        )
        return f"{text[:LONGEST_REPR]}>"

    def _repr_html_(self) -> str:
        """Return the answer as a notebook shows it: its headline and its notes."""
        from html import escape

        said = "".join(f"<p>{escape(sentence)}</p>" for sentence in self.headline())
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        return f"<p><code>{escape(repr(self))}</code></p>{said}" + (
            f"<ul>{notes}</ul>" if notes else ""
        )

    @property
    def status(self) -> Status:
        """What the answer is worth: refused where the referee does not accept it."""
        return self.outcome.status if self.verdict.accepted else Status.REFUSED

    def headline(self) -> tuple[str, ...]:
        """Return the answer in a few plain sentences: what a planner reads first."""
        return ()

    def worth_showing(self, name: str) -> tuple[Table, str]:
        """Return the rows of a table that a summary shows, and in words what it leaves out."""
        return self.rows[name], ""

    def instance_of_graph(self, given: Instance | None) -> Any:
        """Return the instance whose network an answer is drawn on: the one given, or its own.

        Raises
        ------
        UsageError
            When there is none, or the answer is of another instance.
        """
        known = given if given is not None else getattr(self, "instance", None)
        if known is None:
            raise UsageError(
                "an answer that was read from a file needs its instance for a graph: "
                "answer.graph(instance)"
            )
        if getattr(known, "kind", None) != self.kind:
            raise UsageError(f"a graph is drawn on the {self.kind} instance that was answered")
        if given is not None and self.fingerprint not in ("", given.fingerprint()):
            raise UsageError(
                f"this answer is of another instance than {given.name[:60]!r}: an instance changes "
                "with any of its values"
            )
        return known

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The answer's tables as pandas data frames."""
        import pandas as pd

        frames = {}
        for name, table in self.rows.items():
            declared = [column.name for column in self.columns.get(name, ())]
            frame = pd.DataFrame.from_records(list(table), columns=None if table else declared)
            for column in map(str, frame):
                known = [row[column] for row in table if row.get(column) is not None]
                if known and all(type(value) is int for value in known):
                    frame[column] = frame[column].astype("Int64")  # whole numbers, some missing
            frames[name] = frame
        return frames

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as plain data that JSON can hold: what ``--json`` prints."""
        from amopt.files.version import __version__

        plain: dict[str, Any] = as_plain(
            {
                "amopt": __version__,
                "kind": self.kind,
                "name": self.name,
                "currency": self.currency,
                "instance": self.fingerprint,
                "objective_meaning": self.objective_meaning,
                "outcome": {**self.outcome.to_dict(), "status": str(self.status)},
                "referee": self.verdict.to_dict(),
                "notes": self.notes,
                "tables": self.rows,
            }
        )
        return plain

    def to_json(self) -> str:
        """Return :meth:`to_dict` as JSON text."""
        from amopt.files.json_text import indented

        return indented(self.to_dict()) + "\n"

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Solution:
        """Return the answer that :meth:`to_dict` wrote down.

        Raises
        ------
        KeyError, ValueError
            When ``data`` is not such an answer.
        """
        return cls(
            kind=data["kind"],
            name=data["name"],
            outcome=Outcome.from_dict(data["outcome"]),
            verdict=Verdict.from_dict(data["referee"]),
            rows={name: list(table) for name, table in data["tables"].items()},
            notes=tuple(data["notes"]),
            fingerprint=data["instance"],
            currency=data["currency"],
            objective_meaning=data["objective_meaning"],
        )

    def save(self, folder: str | Path) -> Path:
        """Write the answer to a folder, whole or not at all, and return the folder's path.

        ``solution.json`` holds everything; each table is also a file of comma-separated values
        for a spreadsheet, in which a text that a spreadsheet would take for a formula is led by
        an apostrophe, and which begins with the mark by which Excel knows UTF-8.

        Raises
        ------
        UsageError
            When the folder cannot be written, or holds files that amopt did not write.
        """
        files = {MARK: self.to_json()}
        for name, table in self.rows.items():
            text = comma_separated(table, self.columns.get(name, ()))
            files[f"{name}.csv"] = f"\ufeff{text}"
        write_folder(folder, files)
        return Path(folder)


_AT_ONCE = 5_000
"""Rows that become text at once."""


def comma_separated(table: Table, columns: Sequence[Column]) -> str:
    """Return a table as comma-separated values with a header; no cell is taken for a formula."""
    names = [column.name for column in columns] or list(table[0] if table else ())
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    rows = iter(table)
    while some := list(islice(rows, _AT_ONCE)):
        cells = [_cells([row.get(name) for row in some]) for name in names]
        writer.writerows(zip(*cells, strict=True) if names else [()] * len(some))
    return text.getvalue()


def _cells(values: list[Any]) -> list[Any]:
    """Return the cells of a column that no spreadsheet takes for formulas."""
    plain, kinds = plain_column(values)
    if kinds == {str}:
        return safe_text(plain)
    return [_cell(one) for one in plain] if str in kinds else plain


def _cell(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and begins_formula(value):
        return "'" + value
    return value


def safe_text(values: Sequence[str]) -> list[Any]:
    """Return the texts of a column that no spreadsheet takes for formulas."""
    # No formula begins with a letter or a digit: that alone is quick to see.
    return [value if value[:1].isalnum() else _cell(value) for value in values]
