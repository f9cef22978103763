"""The referees' notebook: what was compared, with one tolerance, and what was found wrong.

A referee recomputes an answer from the instance and the answer alone. It has never seen a model, so
this room imports nothing of amopt but the verdict.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from amopt.verdict import Verdict

__all__ = ["TOLERANCE", "Amount", "Notebook", "Words", "is_number"]

Words = str | Callable[[], str]
"""What is said of a finding; or what makes it, so that rows that are right cost no words."""

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

    def require(self, holds: bool, otherwise: Words) -> bool:
        """Note what does not hold."""
        self.checks += 1
        if not holds:
            self.findings.append(_said(otherwise))
        return bool(holds)

    def requires(self, *what: tuple[bool, str], of: Sequence[Any]) -> None:
        """Note each thing that does not hold of one row.

        Parameters
        ----------
        *what
            Whether it holds, and the words otherwise, with fields for what ``of`` holds.
        of
            What the words speak of; they are made only where something does not hold.
        """
        self.checks += len(what)
        if not all(holds for holds, _ in what):
            self.findings += [words.format(*of) for holds, words in what if not holds]

    def same(self, where: Words, stated: Any, expected: Any) -> bool:
        """Note a stated value that differs from what it should be.

        An :class:`Amount` or a float is compared as a number, relative to its size and to what it
        is the sum of; anything else must be equal, and of the same type.
        """
        if self._agrees(stated, expected):
            self.checks += 1
            return True
        if isinstance(expected, float):
            expected = Amount(expected)
        right = f"{expected.value:.9g}" if isinstance(expected, Amount) else f"{expected!r}"
        return self.require(False, f"{_said(where)}: {stated!r} is stated, {right} is right")

    def _agrees(self, stated: Any, expected: Any) -> bool:
        """Return whether a stated value is what it should be."""
        kind = type(expected)
        if kind is Amount:
            value, scale = expected.value, expected.scale
        elif kind is float:
            value, scale = expected, 0.0
        elif isinstance(expected, float):
            value, scale = float(expected), 0.0
        else:
            return type(stated) is kind and bool(stated == expected)
        size = abs(value)
        room = self.tolerance * (scale if scale > size else size)
        if type(stated) is float and abs(stated - value) <= room < math.inf:
            return True
        return is_number(stated) and abs(stated - value) <= room

    def within(self, where: Words, used: float, limit: float, scale: float = 0.0) -> bool:
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
        return self.require(fits, lambda: f"{_said(where)}: {used:.9g} of at most {limit:.9g}")

    def compare(self, where: Words, stated: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
        """Note every column of a row that is missing, unknown or not what it should be."""
        agrees = self._agrees
        if stated.keys() == expected.keys():
            self.checks += 2 + len(expected)
            # What is the very same object is right, but for a number that is none (NaN).
            wrong = [
                name
                for name, value in expected.items()
                if (stated[name] is not value or type(value) is float)
                and not agrees(stated[name], value)
            ]
            self.checks -= len(wrong)  # each is counted once more as it is noted
        else:
            missing, unknown = expected.keys() - stated.keys(), stated.keys() - expected.keys()
            words = _said(where)
            self.require(not missing, f"{words} lacks {', '.join(sorted(missing))}")
            self.require(not unknown, f"{words} has unknown columns {', '.join(sorted(unknown))}")
            wrong = [name for name in expected if name in stated]
        for column in wrong:
            self.same(f"{_said(where)}, {column}", stated[column], expected[column])

    def tables(self, stated: Iterable[str], expected: Iterable[str]) -> None:
        """Note tables that are missing, and tables that nobody knows."""
        there, due = set(stated), set(expected)
        self.require(due <= there, f"the answer lacks {', '.join(sorted(due - there))}")
        self.require(there <= due, f"the answer has unknown {', '.join(sorted(there - due))}")

    def shapes(self, tables: Mapping[str, Any]) -> bool:
        """Note tables that are not sequences of rows, and rows that are no mappings."""
        shapeless = [
            name
            for name, rows in tables.items()
            if not isinstance(rows, Sequence) or not all(isinstance(row, Mapping) for row in rows)
        ]
        return self.require(
            not shapeless, lambda: f"{', '.join(map(str, shapeless))}: no table of rows"
        )

    def outcome(self, outcome: Any, objective: Amount) -> None:
        """Note where status, objective and bound disagree with each other or with the answer.

        Parameters
        ----------
        outcome
            The outcome of the answer.
        objective
            What the answer comes to.
        """
        status, bound = str(outcome.status), outcome.bound
        worth = status in ("optimal", "feasible")
        self.require(worth, f"outcome: an answer that is {status} holds no plan")
        self.same("outcome, objective", outcome.objective, objective)
        size = max(abs(objective.value), objective.scale)
        if bound is not None:
            self.within("outcome: bound above the objective", bound, objective.value, size)
        if status == "optimal":
            near = bound is not None and objective.value - bound <= 2 * self.tolerance * size
            self.require(near, f"outcome: optimal, and the bound is {bound!r}")

    def verdict(self) -> Verdict:
        """Return the verdict."""
        return Verdict(tuple(self.findings), self.checks, self.measures)


def _said(words: Words) -> str:
    """Return words, made now where they are not made yet."""
    return words if isinstance(words, str) else words()


def is_number(stated: Any) -> bool:
    """Return whether a stated amount is a finite number."""
    if type(stated) is not float and (
        isinstance(stated, bool) or not isinstance(stated, (int, float))
    ):
        return False
    return math.isfinite(stated)
