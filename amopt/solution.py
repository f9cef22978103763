"""Solution: what all answers share. It sits below the decisions, which add their own names to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from amopt.program.outcome import Outcome
from amopt.verdict import Verdict

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Column", "Solution", "Table"]

Table = Sequence[Mapping[str, Any]]
"""A table as a sequence of rows, each a mapping from column to value."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer's table.

    Attributes
    ----------
    name
        Name of the column.
    unit
        Unit of its values; empty for names and pure numbers, ``"money"`` for the instance's currency.
    meaning
        What it means, in one phrase.
    shown
        Whether the terminal summary shows it.
    """

    name: str
    unit: str
    meaning: str
    shown: bool = True


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
    """

    kind: str
    name: str
    outcome: Outcome
    verdict: Verdict
    rows: Mapping[str, Table]
    notes: tuple[str, ...] = ()

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {}

    def headline(self) -> tuple[str, ...]:
        """Return the answer in a few plain sentences: what a planner reads first."""
        return ()

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The answer's tables as pandas data frames."""
        import pandas as pd

        return {name: pd.DataFrame.from_records(list(table)) for name, table in self.rows.items()}

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as plain data: what ``--json`` prints."""
        from amopt import __version__

        outcome = self.outcome
        return {
            "amopt": __version__,
            "kind": self.kind,
            "name": self.name,
            "outcome": {
                "status": str(outcome.status),
                "stopped": str(outcome.stopped),
                "objective": outcome.objective,
                "bound": outcome.bound,
                "gap": outcome.gap,
                "seconds": outcome.total_seconds,
                "seconds_by_phase": dict(outcome.seconds),
                "method": outcome.method,
                "residuals": dict(outcome.residuals),
                "versions": dict(outcome.versions),
            },
            "referee": {
                "accepted": self.verdict.accepted,
                "checks": self.verdict.checks,
                "findings": list(self.verdict.findings),
                "measures": dict(self.verdict.measures),
            },
            "notes": list(self.notes),
            "tables": {name: [dict(row) for row in table] for name, table in self.rows.items()},
        }
