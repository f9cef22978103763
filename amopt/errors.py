"""What can go wrong, in a planner's words.

Every error that amopt raises on purpose is an :class:`AmoptError`. Each class
carries the exit code with which the command line ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amopt.finding import Finding
    from amopt.outcome import Outcome
    from amopt.verdict import Verdict

__all__ = [
    "AmoptError",
    "Conflict",
    "InfeasibleError",
    "InvalidInstanceError",
    "LeastChange",
    "Limit",
    "NoAnswerError",
    "RefusedError",
    "UsageError",
]


class AmoptError(Exception):
    """The base of all errors that amopt raises on purpose."""

    exit_code: ClassVar[int] = 1


class UsageError(AmoptError):
    """A call that cannot be carried out: an unknown method, a missing extra, a bad option.

    Parameters
    ----------
    message
        What cannot be done, and why.
    code
        What programs know it by, such as ``"range-with-discount"``; most have none.
    """

    exit_code = 2

    def __init__(self, message: str, code: str = "") -> None:
        self.code = code
        super().__init__(message)


class InvalidInstanceError(AmoptError):
    """The instance is not valid; ``findings`` lists everything that is wrong with it.

    Parameters
    ----------
    findings
        All findings, errors first.
    """

    exit_code = 3

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        lines = [str(finding) for finding in self.findings[:50]]
        if len(self.findings) > len(lines):
            lines.append(f"... and {len(self.findings) - len(lines)} more")
        super().__init__("\n".join(lines))


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of the instance that takes part in a conflict.

    Attributes
    ----------
    family
        The name of its family of constraints, such as ``"budget"``.
    key
        Which member of the family it is; None where there is one.
    words
        What it is called in the instance's words.
    """

    family: str
    key: Any
    words: str


@dataclass(frozen=True, slots=True)
class LeastChange:
    """The least change of one limit that resolves a conflict, the other limits held.

    Attributes
    ----------
    limit
        The limit that gives way.
    amount
        By how much, in the unit of the limit; positive.
    words
        What to do, in the instance's words.
    """

    limit: Limit
    amount: float
    words: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Limits that cannot hold together, each of which is needed for that.

    Attributes
    ----------
    limits
        The limits.
    remedies
        Changes, each of which resolves the conflict by itself; each was solved. None where no
        change of a single limit does. Where there are several conflicts, the others are left aside
        for each: what mends them all stands in :attr:`InfeasibleError.combinations`.
    """

    limits: tuple[Limit, ...]
    remedies: tuple[LeastChange, ...] = ()


class InfeasibleError(AmoptError):
    """No plan meets every requirement of the instance.

    Parameters
    ----------
    message
        What clashes and what would mend it, in the instance's words.
    conflict
        The names of the limits that cannot hold together.
    remedies
        What would mend it, in the instance's words; any one of them does.
    outcome
        What the solver said.
    conflicts
        The conflicts as data: each with its limits and its remedies.
    combinations
        The remedies as data: the changes of one combination, made together, make a plan possible.
        Each combination was solved.
    complete
        Whether all limits outside the conflicts can be kept together, as far as it is known.
    """

    exit_code = 4

    def __init__(
        self,
        message: str,
        *,
        conflict: Sequence[str] = (),
        remedies: Sequence[str] = (),
        outcome: Outcome | None = None,
        conflicts: Sequence[Conflict] = (),
        combinations: Sequence[Sequence[LeastChange]] = (),
        complete: bool = False,
    ) -> None:
        self.complete = complete
        self.conflicts = tuple(conflicts)
        self.combinations = tuple(tuple(changes) for changes in combinations)
        self.conflict = tuple(conflict)
        self.remedies = tuple(remedies)
        self.outcome = outcome
        super().__init__(message)


class NoAnswerError(AmoptError):
    """The solver ended without an answer: a limit was reached, or it failed.

    Parameters
    ----------
    message
        Which limit, and what to change.
    outcome
        What the solver said.
    """

    exit_code = 5

    def __init__(self, message: str, *, outcome: Outcome | None = None) -> None:
        self.outcome = outcome
        super().__init__(message)


class RefusedError(AmoptError):
    """The referee recomputed the answer from the instance and does not accept it.

    Parameters
    ----------
    verdict
        What the referee found.
    outcome
        How the solve ended; its status becomes ``"refused"``, whatever the solver said.
    """

    exit_code = 6

    def __init__(self, verdict: Verdict, *, outcome: Outcome | None = None) -> None:
        self.verdict = verdict
        self.outcome = None if outcome is None else outcome.refused()
        lines = "\n".join(f"- {finding}" for finding in verdict.findings)
        super().__init__(f"The referee refused the answer:\n{lines}")
