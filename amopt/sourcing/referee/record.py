"""What the referee notes: how much it compared, and what it found wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

__all__ = ["RELATIVE", "Record", "is_number", "same"]

RELATIVE = 1e-6
"""Relative difference from which two amounts differ."""


@dataclass
class Record:
    """Findings, and how many comparisons were made."""

    findings: list[str] = field(default_factory=list)
    checks: int = 0

    def refuse(self, what: str) -> None:
        """Note something wrong."""
        self.findings.append(what)

    def same(self, where: str, key: str, told: Any, found: float) -> None:
        """Compare an amount of the answer with what was recomputed."""
        self.checks += 1
        if not same(told, found):
            self.refuse(f"{where}: {key} is {told}, recomputed {found:.10g}")

    def within(self, where: str, used: float, limit: float) -> None:
        """Compare what is used with what there is."""
        self.checks += 1
        if used > limit + RELATIVE * max(1.0, abs(limit)):
            self.refuse(f"{where}: {used:.10g} of {limit:.10g}")

    def told(self, where: str, key: str, told: object, found: object) -> None:
        """Compare a word of the answer, or that there is none, with what was found."""
        self.checks += 1
        if told != found:
            self.refuse(f"{where}: {key} is {told!r}, recomputed {found!r}")


def is_number(told: Any) -> bool:
    """Return whether a told amount is a finite number."""
    return not isinstance(told, bool) and isinstance(told, (int, float)) and math.isfinite(told)


def same(told: Any, found: float) -> bool:
    """Return whether a told amount is a number, and the one that was found."""
    return is_number(told) and abs(told - found) <= RELATIVE * max(1.0, abs(found))
