"""How values and outcomes read, in the terminal and on the page alike."""

from __future__ import annotations

from typing import Any

from amopt.program.solver.outcome import Outcome, Status
from amopt.solution import Solution

__all__ = ["shown", "worth"]


def shown(value: Any, unit: str = "") -> str:
    """Return a value as a planner reads it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.2f}" if unit in ("money", "%") else f"{value:,.4g}"
    return str(value)


def worth(solution: Solution) -> str:
    """Return one line on what the answer is worth."""
    outcome, verdict = solution.outcome, solution.verdict
    gap = "no bound" if outcome.gap is None else f"gap {outcome.gap:.2g}"
    by = f" by {outcome.method}" if outcome.method else ""
    meaning = solution.objective_meaning or "objective"
    unit = f" {solution.currency}" if solution.currency else ""
    objective = "" if outcome.objective is None else f"{meaning} {outcome.objective:,.6g}{unit}, "
    referee = (
        f"accepted by the referee ({verdict.checks:,} checks)"
        if verdict.accepted
        else "refused by the referee"
    )
    return (
        f"{outcome.status}{_stopped(outcome)}{by}: {objective}{gap}; "
        f"{outcome.total_seconds:.2f} s; {referee}."
    )


def _stopped(outcome: Outcome) -> str:
    """Say why the solver stopped where the answer is not optimal."""
    return "" if outcome.status is Status.OPTIMAL else f" ({outcome.stopped})"
