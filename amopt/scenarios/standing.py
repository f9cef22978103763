"""What a study tells of each of its solves: status, bound and gap; and what Ctrl-C does to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from amopt.errors import AmoptError
from amopt.outcome import Outcome, Status, Stopped

__all__ = ["Standing", "finished", "loosest", "standing", "why_none"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What an answer is worth.

    Attributes
    ----------
    objective, bound
        Of the answer, in the instance's unit; None where there is none.
    status
        ``"optimal"``, ``"feasible"``, ...
    gap
        Between objective and bound, relative to the objective.
    stopped
        Why the solve ended.
    """

    objective: float | None
    status: str
    bound: float | None
    gap: float | None
    stopped: Stopped = Stopped.FINISHED

    def to_dict(self) -> dict[str, Any]:
        """Return the standing as plain data."""
        return {
            "status": self.status,
            "objective": self.objective,
            "bound": self.bound,
            "gap": self.gap,
        }

    @property
    def is_optimal(self) -> bool:
        """Whether no better answer exists."""
        return self.status == Status.OPTIMAL


def standing(outcome: Outcome) -> Standing:
    """Return what the answer of an outcome is worth."""
    return Standing(
        outcome.objective, str(outcome.status), outcome.bound, outcome.gap, outcome.stopped
    )


def finished(outcome: Outcome) -> Outcome:
    """Return an outcome that Ctrl-C did not cut short.

    A study's rows are compared with each other: one that was cut short would stand among those
    that ended by themselves, and be kept.

    Raises
    ------
    KeyboardInterrupt
        When Ctrl-C ended the solve.
    """
    if outcome.stopped is Stopped.INTERRUPTED:
        raise KeyboardInterrupt
    return outcome


def why_none(error: AmoptError) -> str:
    """Return why a solve has no answer, the first line of it.

    Raises
    ------
    KeyboardInterrupt
        When Ctrl-C ended the solve before it had one.
    """
    outcome = getattr(error, "outcome", None)
    if outcome is not None:
        finished(outcome)
    return str(error).partition("\n")[0]


def loosest(several: Iterable[Standing]) -> Standing | None:
    """Return the answer with the widest gap, one without a bound first; None if all are optimal."""
    loose = [one for one in several if not one.is_optimal]
    return max(loose, key=lambda one: float("inf") if one.gap is None else one.gap, default=None)
