"""What machines read: one JSON object a command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from amopt import __version__
from amopt.errors import (
    AmoptError,
    InfeasibleError,
    InvalidInstanceError,
    RefusedError,
    UsageError,
)
from amopt.files import as_plain
from amopt.instance.findings import Finding, Severity
from amopt.outcome import Outcome

if TYPE_CHECKING:
    from amopt.program.pieces import Pieces

__all__ = ["error_json", "exit_code", "findings_json", "listing_json", "pretty"]


def pretty(value: Any) -> str:
    """Return plain data as JSON text in ASCII, which any terminal and pipe can carry."""
    from amopt.files.json_text import indented

    return indented(as_plain(value), ascii_only=True) + "\n"


def exit_code(findings: Sequence[Finding]) -> int:
    """Return the exit code for these findings: warnings alone do not stop a solve."""
    stops = any(finding.severity is Severity.ERROR for finding in findings)
    return InvalidInstanceError.exit_code if stops else 0


def findings_json(findings: Sequence[Finding]) -> str:
    """Return findings as one JSON object."""
    return pretty(
        {
            "amopt": __version__,
            "valid": exit_code(findings) == 0,
            "findings": [_finding(finding) for finding in findings],
        }
    )


def listing_json(
    name: str,
    entries: Sequence[Any],
    findings: Sequence[Finding] | None = None,
    outcome: Outcome | None = None,
    pieces: Pieces | None = None,
) -> str:
    """Return a list as one JSON object, with what it is told of: findings, outcome, how far."""
    beside: dict[str, Any] = {}
    if findings is not None:
        beside["findings"] = [_finding(one) for one in findings]
    if outcome is not None:
        beside["outcome"] = outcome.to_dict()
    if pieces is not None:
        beside |= pieces.to_dict()
    return pretty({"amopt": __version__, name: entries, **beside})


def error_json(error: AmoptError, code: int | None = None) -> str:
    """Return an error as one JSON object, with the exit code where that is not the error's own."""
    body: dict[str, Any] = {
        "type": type(error).__name__,
        "exit_code": error.exit_code if code is None else code,
        "message": str(error),
    }
    if notes := getattr(error, "__notes__", None):
        body["notes"] = list(notes)
    if isinstance(error, UsageError) and error.code:
        body["code"] = error.code
    if isinstance(error, InvalidInstanceError):
        body["findings"] = [_finding(finding) for finding in error.findings]
    if isinstance(error, InfeasibleError):
        body["conflict"] = list(error.conflict)
        body["remedies"] = list(error.remedies)
        body["conflicts"] = [asdict(conflict) for conflict in error.conflicts]
        body["combinations"] = [list(map(asdict, changes)) for changes in error.combinations]
    answer: dict[str, Any] = {"amopt": __version__, "error": body}
    outcome = getattr(error, "outcome", None)
    if isinstance(outcome, Outcome):
        answer["outcome"] = outcome.to_dict()
    elif isinstance(error, InfeasibleError):
        answer["outcome"] = {"status": "infeasible"}
    if isinstance(error, RefusedError):
        answer["referee"] = error.verdict.to_dict()
    return pretty(answer)


def _finding(finding: Finding) -> dict[str, Any]:
    """Return a finding as plain data."""
    where = finding.where
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "file": where.file,
        "line": where.line,
        "sheet": where.sheet,
        "row": where.row,
        "column": where.column,
        "key": list(where.key),
        "message": finding.message,
        "advice": finding.advice,
    }
