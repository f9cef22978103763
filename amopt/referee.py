"""The referees' notebook: what was compared, with one tolerance, and what was found wrong.

A referee recomputes an answer from the instance and the answer alone. It has never seen a model, so
this room imports nothing of amopt but the verdict.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from amopt.verdict import Verdict

__all__ = ["TOLERANCE", "Amount", "Notebook", "is_number"]

TOLERANCE = 1e-6
"""Relative difference from which two amounts are not the same."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A recomputed number, and the size of what was added up to it.

    Attributes
    ----------
    value
        The number.
    scale
        The sum of the absolute values that it is the sum of, where terms may cancel; differences
        are relative to the larger of this and the number itself.
    """

    value: float
    scale: float = 0.0


@dataclass
class Notebook:
    """Findings, and how many comparisons were made.

    Attributes
    ----------
    findings
        What is wrong, in words.
    checks
        How many comparisons were made.
    measures
        Named numbers that were computed on the way.
    tolerance
        Relative difference from which a stated number is wrong.
    """

    findings: list[str] = field(default_factory=list)
    checks: int = 0
    measures: dict[str, float] = field(default_factory=dict)
    tolerance: float = TOLERANCE

    def require(self, holds: bool, otherwise: str) -> bool:
        """Note what does not hold."""
        self.checks += 1
        if not holds:
            self.findings.append(otherwise)
        return bool(holds)

    def same(self, where: str, stated: Any, expected: Any) -> bool:
        """Note a stated value that differs from what it should be.

        An :class:`Amount` or a float is compared as a number, relative to its size and to what it
        is the sum of; anything else must be equal, and of the same type.
        """
        if isinstance(expected, float):
            expected = Amount(expected)
        right = f"{expected.value:.9g}" if isinstance(expected, Amount) else f"{expected!r}"
        fits = self._agrees(stated, expected)
        return self.require(fits, f"{where}: {stated!r} is stated, {right} is right")

    def _agrees(self, stated: Any, expected: Any) -> bool:
        """Return whether a stated value is what it should be."""
        if isinstance(expected, Amount):
            value, scale = expected.value, expected.scale
        elif isinstance(expected, float):
            value, scale = expected, 0.0
        else:
            return type(stated) is type(expected) and bool(stated == expected)
        size = max(abs(value), scale)
        return is_number(stated) and abs(stated - value) <= self.tolerance * size

    def within(self, where: str, used: float, limit: float, scale: float = 0.0) -> bool:
        """Note a limit that is exceeded, by more than rounding of what was added up.

        Parameters
        ----------
        where
            What is limited.
        used, limit
            What is used, and the most that may be.
        scale
            The sum of the absolute values that ``used`` is the sum of, where terms may cancel.
        """
        size = max(abs(used), abs(limit), scale)
        room = self.tolerance * size if math.isfinite(size) else 0.0
        fits = math.isfinite(used) and used <= limit + room
        return self.require(fits, f"{where}: {used:.9g} of at most {limit:.9g}")

    def compare(self, where: str, stated: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
        """Note every column of a row that is missing, unknown or not what it should be."""
        missing, unknown = expected.keys() - stated.keys(), stated.keys() - expected.keys()
        self.require(not missing, f"{where} lacks {', '.join(sorted(missing))}")
        self.require(not unknown, f"{where} has unknown columns {', '.join(sorted(unknown))}")
        for column, value in expected.items():
            if column not in stated:
                continue
            if self._agrees(stated[column], value):  # before any words are made: rows are many
                self.checks += 1
            else:
                self.same(f"{where}, {column}", stated[column], value)

    def tables(self, stated: Iterable[str], expected: Iterable[str]) -> None:
        """Note tables that are missing, and tables that nobody knows."""
        there, due = set(stated), set(expected)
        self.require(due <= there, f"the answer lacks {', '.join(sorted(due - there))}")
        self.require(there <= due, f"the answer has unknown {', '.join(sorted(there - due))}")

    def verdict(self) -> Verdict:
        """Return the verdict."""
        return Verdict(tuple(self.findings), self.checks, self.measures)


def is_number(stated: Any) -> bool:
    """Return whether a stated amount is a finite number."""
    return (
        not isinstance(stated, bool) and isinstance(stated, (int, float)) and math.isfinite(stated)
    )
