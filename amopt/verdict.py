"""A referee's verdict on an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Verdict"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a referee, who never saw the model, says of an answer.

    Attributes
    ----------
    findings
        Everything that is wrong, each in the instance's words; empty when accepted.
    checks
        How many quantities were recomputed and compared.
    measures
        Named numbers that the referee computed on the way, such as a Bellman residual.
    """

    findings: tuple[str, ...] = ()
    checks: int = 0
    measures: dict[str, float] = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.findings

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as plain data."""
        return {
            "accepted": self.accepted,
            "findings": list(self.findings),
            "checks": self.checks,
            "measures": self.measures,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Verdict:
        """Return the verdict that :meth:`to_dict` wrote down."""
        return cls(
            findings=tuple(data["findings"]),
            checks=data["checks"],
            measures=dict(data["measures"]),
        )
