"""What one attempt of the solver left behind, validated by recomputing it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from amopt.outcome import Outcome, Status, Stopped, versions
from amopt.program.linear import LinearProgram
from amopt.program.solver.answer import Answer
from amopt.program.solver.digits.arithmetic import exact_dot, weighted_columns
from amopt.program.solver.digits.dual_bound import (
    DualBound,
    DualCheck,
    infeasibility_proof,
)
from amopt.program.solver.digits.residuals import (
    ACCURACY,
    OPEN,
    TOLERANCE,
    PrimalCheck,
    check_primal,
)

__all__ = [
    "AttemptResult",
    "better_bound",
    "bounds_only",
    "cheaper",
    "validate_infeasible",
    "validate_integer",
    "validate_linear",
    "without_proof",
]

Floats = NDArray[np.float64]

_NOISE = 1e-9
"""Part of the solver's unit of money below which a gap is the solver's rounding."""

_NOTHING = ACCURACY
"""Part of what is added up below which an optimum, and its distance from the bound, is nothing."""


@dataclass(slots=True)
class AttemptResult:
    """What one attempt left behind.

    Attributes
    ----------
    method, stopped, status, bound, values, duals, iterations, residuals
        As in :class:`~amopt.outcome.Outcome` and
        :class:`~amopt.program.solver.answer.Answer`.
    scale
        What objective and bound add up.
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
    scale: float = 0.0
    final: bool = True

    @property
    def rank(self) -> tuple[int, float]:
        """How good it is to have: an optimal answer most, none least; then the fewest misses."""
        order = {Status.OPTIMAL: 3, Status.FEASIBLE: 2, Status.UNKNOWN: 0}
        return order.get(self.status, 1), -self.residuals.get("primal", np.inf)

    def update(self, other: AttemptResult) -> None:
        """Take over what another says of the answer."""
        for name in ("status", "bound", "values", "duals", "residuals", "scale", "final"):
            setattr(self, name, getattr(other, name))

    def answer(self, program: LinearProgram, seconds: float) -> Answer:
        """Return it as an answer of a program that took so many seconds to solve."""
        objective, bound, reduced = None, self.bound, None
        if self.values is not None:
            objective = exact_dot(program.cost, self.values, program.offset)
            if bound is not None:  # an answer within the tolerances may pass the bound by a hair
                bound = max(bound, objective) if program.maximise else min(bound, objective)
            nothing = _NOTHING * self.scale
            near = bound is not None and abs(objective - bound) <= nothing
            if self.status is Status.OPTIMAL and (
                objective == 0.0 or (near and abs(objective) <= nothing)
            ):
                bound = objective  # a relative gap of nothing has no other meaning
        if self.duals is not None:
            reduced = program.cost - weighted_columns(
                program.matrix, program.matrix.data, self.duals
            )
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


def better_bound(program: LinearProgram, one: float | None, other: float | None) -> float | None:
    """Return the stronger of two bounds on the objective, either of which may be unknown."""
    known = [bound for bound in (one, other) if bound is not None and np.isfinite(bound)]
    if not known:
        return None
    return min(known) if program.maximise else max(known)


def validate_linear(
    program: LinearProgram, result: AttemptResult, x: Floats | None, y: DualBound | None
) -> float:
    """Validate column values of a linear program, and the bound that its row duals prove.

    Values that satisfy the program are an answer, and optimal when the duals prove it. A bound that
    they disprove is dropped.

    Returns
    -------
    float
        By how much the answer falls short of what floats allow: the largest of row violation, gap
        and what the violations are worth at the rows' duals, relative to what they add up; infinite
        without an answer.
    """
    values = np.zeros(program.shape[1]) if x is None else np.clip(x, program.lower, program.upper)
    dual, primal = DualCheck(np.inf, -np.inf), None
    if y is not None:
        dual = y.at(values)
        result.residuals["dual"] = dual.dual
        if dual.accepted and np.isfinite(dual.bound):
            result.bound = dual.bound
    short = np.inf
    if x is not None:
        primal = check_primal(program, values)
        result.residuals["primal"] = primal.primal
        if primal.accepted:
            result.values, result.duals = values, None if y is None else y.y
            result.scale = max(primal.scale, dual.scale)
            gap = _relative(_missing(program, primal.objective, result.bound), primal, dual.scale)
            over = _relative(_passed(program, primal.objective, result.bound), primal, dual.scale)
            worth = 0.0 if y is None else float(primal.misses @ np.abs(y.y))
            worth /= primal.scale or dual.scale or 1.0
            short = max(gap, primal.primal, worth)
            proven = max(gap, over, worth) <= TOLERANCE and primal.accurate
            result.status = Status.OPTIMAL if proven else Status.FEASIBLE
            if over > TOLERANCE:
                result.bound = None
    if result.stopped is Stopped.FINISHED:
        result.final = result.status is Status.OPTIMAL
    return short


def validate_integer(
    program: LinearProgram, result: AttemptResult, x: Floats, money: float
) -> None:
    """Validate column values of a mixed-integer program, the integer ones already integer.

    They are optimal when the bound, which the arrays cannot prove, meets their objective. A bound
    that they disprove is dropped.

    Parameters
    ----------
    program
        The program.
    result
        What the attempt left behind; filled in.
    x
        Column values, shape (n,).
    money
        The unit in which the solver counted the objective.
    """
    primal = check_primal(program, x)
    result.residuals.update(primal=primal.primal, integrality=primal.integrality)
    result.final = primal.accurate
    if not primal.accepted:
        return
    passed = _passed(program, primal.objective, result.bound)
    if passed > TOLERANCE * max(primal.scale, money):
        result.bound, result.final = None, False
    floor = _NOISE / TOLERANCE * money
    result.scale = max(primal.scale, floor)
    gap = _relative(_missing(program, primal.objective, result.bound), primal, floor)
    proven = gap <= TOLERANCE and primal.accurate
    result.values, result.status = x, Status.OPTIMAL if proven else Status.FEASIBLE


def _relative(amount: float, primal: PrimalCheck, other: float) -> float:
    """Return an amount of money relative to what the objective or the bound adds up."""
    return amount / max(primal.scale, other) if amount else 0.0


def _missing(program: LinearProgram, objective: float, bound: float | None) -> float:
    """Return by how much the objective misses the bound."""
    if bound is None:
        return np.inf
    return max(0.0, bound - objective if program.maximise else objective - bound)


def _passed(program: LinearProgram, objective: float, bound: float | None) -> float:
    """Return by how much the objective is better than the bound allows."""
    if bound is None:
        return 0.0
    return max(0.0, objective - bound if program.maximise else bound - objective)


def validate_infeasible(program: LinearProgram, result: AttemptResult, ray: Floats | None) -> None:
    """Validate the claim that nothing satisfies a program.

    A ray of row duals proves it for a linear program (Farkas); without one, and for a mixed-integer
    program, a second run has to say the same.
    """
    result.status = Status.INFEASIBLE
    result.final = ray is not None and infeasibility_proof(program, ray) is not None


def without_proof(best: AttemptResult, disputed: bool) -> AttemptResult:
    """Return what no method could prove, as what it is worth."""
    if best.status is Status.INFEASIBLE and disputed:
        best.status = Status.UNKNOWN
    if best.status is Status.UNKNOWN and best.stopped is Stopped.FINISHED:
        best.stopped = Stopped.FAILED
    return best


def cheaper(program: LinearProgram, early: AttemptResult, late: AttemptResult) -> AttemptResult:
    """Return the better of two answers; the later one where they are as good."""
    if early.values is None or late.values is None:
        return early if late.values is None else late
    worse = float(program.cost @ (late.values - early.values))
    return early if (-worse if program.maximise else worse) > 0 else late


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
    result.bound = exact_dot(program.cost, values, program.offset)
    result.residuals["primal"] = check_primal(program, values).primal
    return result
