"""What one attempt of the solver left behind, judged by recomputing it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from amopt.program.linear import LinearProgram
from amopt.program.solver.answer import Answer
from amopt.program.solver.outcome import Outcome, Status, Stopped, versions
from amopt.program.solver.residuals import (
    OPEN,
    TOLERANCE,
    check_dual,
    check_primal,
    infeasibility_proof,
)

__all__ = [
    "AttemptResult",
    "bounds_only",
    "rounded",
    "validate_infeasible",
    "validate_integer",
    "validate_linear",
]

Floats = NDArray[np.float64]


@dataclass(slots=True)
class AttemptResult:
    """What one attempt left behind.

    Attributes
    ----------
    method, stopped, status, bound, values, duals, iterations, residuals
        As in :class:`~amopt.program.solver.outcome.Outcome` and
        :class:`~amopt.program.solver.answer.Answer`.
    final
        Whether it stands; if not, another method should try.
    """

    method: str
    stopped: Stopped = Stopped.FINISHED
    status: Status = Status.UNKNOWN
    bound: float | None = None
    values: Floats | None = None
    duals: Floats | None = None
    iterations: int | None = None
    residuals: dict[str, float] = field(default_factory=dict)
    final: bool = True

    @property
    def worth(self) -> int:
        """How good it is to have: an optimal answer is worth most, none least."""
        return {Status.OPTIMAL: 3, Status.FEASIBLE: 2, Status.UNKNOWN: 0}.get(self.status, 1)

    def answer(self, program: LinearProgram, seconds: float) -> Answer:
        """Return it as an answer of a program that took so many seconds to solve."""
        objective, bound, reduced = None, self.bound, None
        if self.values is not None:
            objective = program.objective(self.values)
            if bound is not None:  # an answer within the tolerances may pass the bound by a hair
                bound = max(bound, objective) if program.maximise else min(bound, objective)
        if self.duals is not None:
            reduced = program.cost - program.matrix.T @ self.duals
        outcome = Outcome(
            stopped=self.stopped,
            status=self.status,
            objective=objective,
            bound=bound,
            method=self.method,
            seconds={"solve": seconds},
            versions=versions("highspy"),
            residuals=self.residuals,
            iterations=self.iterations,
        )
        return Answer(outcome, self.values, self.duals, reduced)


def validate_linear(
    program: LinearProgram, result: AttemptResult, x: Floats | None, y: Floats | None
) -> None:
    """Judge column values and row duals of a linear program.

    Values that satisfy the program are an answer, and optimal when the duals prove it.
    """
    values = np.zeros(program.shape[1]) if x is None else np.clip(x, program.lower, program.upper)
    if y is not None:
        dual = check_dual(program, y, values)
        result.residuals["dual"] = dual.dual
        if dual.accepted:
            result.bound = dual.bound
    if x is not None:
        primal = check_primal(program, values)
        result.residuals["primal"] = primal.primal
        if primal.accepted:
            result.values, result.duals = values, y
            gap = _missing(program, primal.objective, result.bound) / primal.scale
            result.status = Status.OPTIMAL if gap <= TOLERANCE else Status.FEASIBLE
    if result.stopped is Stopped.FINISHED:
        result.final = result.status is Status.OPTIMAL


def rounded(program: LinearProgram, x: Floats) -> Floats:
    """Return column values within their bounds, integer columns exactly integer."""
    whole = np.where(program.integer, np.round(x), x)
    return np.clip(whole, program.lower, program.upper)


def validate_integer(program: LinearProgram, result: AttemptResult, x: Floats) -> None:
    """Judge column values of a mixed-integer program, the integer ones already integer.

    They are optimal when the solver finished and its bound, which the arrays cannot prove, meets
    their objective.
    """
    primal = check_primal(program, x)
    result.residuals.update(primal=primal.primal, integrality=primal.integrality)
    result.final = primal.accepted
    if not primal.accepted:
        return
    gap = _missing(program, primal.objective, result.bound) / primal.scale
    proven = result.stopped is Stopped.FINISHED and gap <= TOLERANCE
    result.values, result.status = x, Status.OPTIMAL if proven else Status.FEASIBLE


def _missing(program: LinearProgram, objective: float, bound: float | None) -> float:
    """Return by how much the objective misses the bound."""
    if bound is None:
        return np.inf
    return max(0.0, bound - objective if program.maximise else objective - bound)


def validate_infeasible(program: LinearProgram, result: AttemptResult, ray: Floats | None) -> None:
    """Judge the claim that nothing satisfies a program.

    A ray of row duals proves it for a linear program (Farkas); without one, and for a mixed-integer
    program, a second run has to say the same.
    """
    result.status = Status.INFEASIBLE
    result.final = ray is not None and infeasibility_proof(program, ray) is not None


def bounds_only(program: LinearProgram) -> AttemptResult:
    """Answer a program without columns or without rows, column by column."""
    m, n = program.shape
    result = AttemptResult("no solver needed", status=Status.OPTIMAL)
    lower = np.where(program.integer, np.ceil(program.lower), program.lower)
    upper = np.where(program.integer, np.floor(program.upper), program.upper)
    if (lower > upper).any() or (program.row_lower > 0).any() or (program.row_upper < 0).any():
        result.status = Status.INFEASIBLE
        return result
    cost = -program.cost if program.maximise else program.cost
    at_zero = np.clip(np.zeros(n), lower, upper)
    values = np.where(cost == 0, at_zero, np.where(cost > 0, lower, upper))
    if (np.abs(values) >= OPEN).any():
        result.status = Status.UNBOUNDED
        return result
    result.values = values
    result.duals = None if program.is_mixed_integer else np.zeros(m)
    result.bound = program.objective(values)
    result.residuals["primal"] = check_primal(program, values).primal
    return result
