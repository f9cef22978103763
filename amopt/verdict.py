"""A referee's verdict on an answer."""

from __future__ import annotations

from dataclasses import dataclass, field

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
