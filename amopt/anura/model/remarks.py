"""What was not taken of a model, what was assumed where a cell is blank, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from amopt.instance.findings import Finding, Where

__all__ = ["Remark", "Remarks", "Sort"]


class Sort(StrEnum):
    """What kind of remark it is."""

    REFUSED = "refused"
    LEFT_OUT = "left out"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that the instance does not hold, or holds by default.

    Attributes
    ----------
    sort
        ``refused``: the answer may differ for it; ``left out``: nothing is lost that an optimum
        depends on; ``assumed``: a blank cell was taken as this.
    table, column
        Names of the schema; the column is empty where the whole table is meant.
    row
        The number of the first row in its file, the headings being row 1; None where it is not
        about rows.
    rows
        How many rows it is about.
    reason
        Why, in a sentence without its end.
    """

    sort: Sort
    table: str
    column: str
    row: int | None
    rows: int
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as a row of a table."""
        return {**asdict(self), "sort": str(self.sort)}


class Remarks:
    """The remarks on one model, and the findings that keep it from being read.

    Parameters
    ----------
    file
        What the model is called in findings.
    """

    def __init__(self, file: str = "") -> None:
        self.file = file
        self._findings: dict[Finding, None] = {}
        self._rows: dict[tuple[Sort, str, str, str], dict[int, None]] = {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What keeps the model from being read, each once."""
        return tuple(self._findings)

    def add(self, sort: Sort, table: str, column: str, reason: str, row: int | None = None) -> None:
        """Add a remark; rows that share its words are counted."""
        rows = self._rows.setdefault((sort, table, column, reason), {})
        if row is not None:
            rows[row] = None

    def find(
        self, code: str, table: str, message: str, *, row: int | None = None, column: str = ""
    ) -> None:
        """Add a finding: the model cannot be read as it is."""
        said = f"{column}: {message}" if column else message
        self._findings[Finding(code, Where(file=self.file, sheet=table, row=row), said)] = None

    @property
    def all(self) -> tuple[Remark, ...]:
        """All remarks, those first for which the answer may differ."""
        order = list(Sort)
        found = [
            Remark(sort, table, column, min(rows, default=None), len(rows), reason)
            for (sort, table, column, reason), rows in self._rows.items()
        ]
        return tuple(sorted(found, key=lambda one: (order.index(one.sort), one.table, one.column)))


def refusals(remarks: Iterable[Remark], file: str) -> list[Finding]:
    """Return what was refused as findings."""
    return [
        Finding(
            "not-representable",
            Where(file=file, sheet=one.table, row=one.row),
            f"{one.column}: {one.reason}." if one.column else f"{one.reason}.",
            "Change it, or convert with --lossy: the answer may then differ from the model's.",
        )
        for one in remarks
        if one.sort is Sort.REFUSED
    ]
