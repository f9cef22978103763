"""The referee's book: what was compared, and what was found wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["TOLERANCE", "Ledger"]

TOLERANCE = 1e-7
"""Relative difference from which a stated number is wrong."""


@dataclass
class Ledger:
    """What was compared and what was found wrong."""

    findings: list[str] = field(default_factory=list)
    checks: int = 0

    def require(self, holds: bool, finding: str) -> bool:
        """Note a finding unless something holds."""
        self.checks += 1
        if not holds:
            self.findings.append(finding)
        return holds

    def compare(self, where: str, stated: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
        """Compare a row with what it should be; numbers come as (number, scale)."""
        missing, unknown = expected.keys() - stated.keys(), stated.keys() - expected.keys()
        self.require(not missing, f"{where} lacks {', '.join(sorted(missing))}")
        self.require(not unknown, f"{where} has unknown columns {', '.join(sorted(unknown))}")
        for column, value in expected.items():
            if column in stated:
                self.same(f"{where}, {column}", stated[column], value)

    def same(self, where: str, stated: Any, expected: Any) -> None:
        """Compare one value."""
        if isinstance(expected, tuple):
            number, scale = expected
            fits = (
                isinstance(stated, (int, float))
                and not isinstance(stated, bool)
                and abs(stated - number) <= TOLERANCE * max(abs(number), scale)
            )
            self.require(fits, f"{where}: {stated!r} is stated, {number:.9g} is right")
        else:
            fits = type(stated) is type(expected) and stated == expected
            self.require(fits, f"{where}: {stated!r} is stated, {expected!r} is right")
