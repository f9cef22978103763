"""The one door to the solver: limits, progress, interrupt, warm start, verified answers.

HiGHS answers; the door believes nothing. It recomputes feasibility, integrality and objective of
every answer from the program's arrays, and for linear programs the bound that the duals prove
(:mod:`amopt.program.residuals`). Where the solver fails, says "unknown" or its answer does not
stand, the next method tries: without presolve, with the other simplex, by interior point with
crossover, with scaled costs. ``outcome.method`` says which one answered.

Signs: a row's dual is the change of the optimum a unit of its right-hand side, a column's reduced
cost the change a unit of the bound at which it stands, for minimisation and maximisation alike;
``cost == matrix.T @ duals + reduced_costs``.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from amopt.errors import UsageError
from amopt.program.linear import LinearProgram
from amopt.program.outcome import Outcome, Status, Stopped, versions
from amopt.program.residuals import (
    TOLERANCE,
    DualCheck,
    PrimalCheck,
    check_dual,
    check_primal,
    cost_scale,
)
from amopt.program.run import Progress, Watch

__all__ = ["Answer", "Basis", "Door", "Options", "Progress", "solve"]

logger = logging.getLogger("amopt.highs")

Floats = NDArray[np.float64]

METHODS = ("choose", "simplex", "primal simplex", "ipm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a caller may ask of a solve.

    Attributes
    ----------
    time_limit
        Seconds of wall clock; None for no limit.
    gap
        Relative gap at which a mixed-integer solve may stop. An answer whose gap is larger than
        1e-6 is called feasible, not optimal, also where this option allows it.
    threads
        Threads that HiGHS may use; 0 lets it choose.
    seed
        Random seed.
    method
        ``"choose"``, ``"simplex"`` (dual), ``"primal simplex"``, ``"ipm"``; for LPs.
    presolve
        Whether to presolve.
    """

    time_limit: float | None = None
    gap: float = 1e-6
    threads: int = 1
    seed: int = 0
    method: str = "choose"
    presolve: bool = True

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UsageError(f"unknown method {self.method!r}: choose one of {', '.join(METHODS)}")
        if self.time_limit is not None and not self.time_limit >= 0:
            raise UsageError(f"the time limit must be 0 or more seconds, not {self.time_limit}")
        if not 0 <= self.gap < math.inf:
            raise UsageError(f"the gap must be 0 or more, not {self.gap}")
        if self.threads < 0:
            raise UsageError(f"the number of threads must be 0 or more, not {self.threads}")
        if not 0 <= self.seed < 2**31:
            raise UsageError(f"the seed must be between 0 and 2147483647, not {self.seed}")


@dataclass(frozen=True, slots=True)
class Basis:
    """A simplex basis.

    Attributes
    ----------
    columns, rows
        Where each stands, shapes (n,) and (m,): 0 at its lower bound, 1 basic, 2 at its upper
        bound, 3 free at zero, 4 not basic (the solver finds out where).
    """

    columns: NDArray[np.int8]
    rows: NDArray[np.int8]

    @classmethod
    def of(cls, columns: ArrayLike, rows: ArrayLike) -> Basis:
        """Return the basis of the columns and rows that are basic, bool, shapes (n,) and (m,)."""
        return cls(
            np.where(np.asarray(columns, bool), 1, 4).astype(np.int8),
            np.where(np.asarray(rows, bool), 1, 4).astype(np.int8),
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What the solver answered.

    Attributes
    ----------
    outcome
        Statuses, bound, gap, seconds, residuals.
    values
        Column values, shape (n,), integer columns exactly integer; None without an answer.
    duals
        Row duals (shadow prices: change of the optimum a unit of the right-hand side), shape (m,);
        None for a mixed-integer program.
    reduced_costs
        Column duals, shape (n,); None for a mixed-integer program.
    basis
        Simplex basis for a warm start; None where there is none.
    """

    outcome: Outcome
    values: Floats | None = None
    duals: Floats | None = None
    reduced_costs: Floats | None = None
    basis: Basis | None = None


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One way to solve a program: its name and the solver's options."""

    method: str
    settings: dict[str, Any]


_WAYS: dict[str, dict[str, Any]] = {
    "dual simplex": {"solver": "simplex", "simplex_strategy": 1},
    "primal simplex": {"solver": "simplex", "simplex_strategy": 4},
    "interior point with crossover": {"solver": "ipm", "run_crossover": "on"},
}


def _attempts(program: LinearProgram, options: Options) -> list[_Attempt]:
    """Return the ways to solve a program, the one asked for first."""
    presolve = "on" if options.presolve else "off"
    if program.is_mixed_integer:
        name = "HiGHS branch and bound"
        tight = {"mip_feasibility_tolerance": 1e-9, "primal_feasibility_tolerance": 1e-9}
        return [
            _Attempt(name, {"presolve": presolve}),
            _Attempt(f"{name}, no presolve", {"presolve": "off"}),
            _Attempt(f"{name}, tight tolerances", {"presolve": "off", **tight}),
        ]
    asked = {
        "choose": "dual simplex",
        "simplex": "dual simplex",
        "primal simplex": "primal simplex",
        "ipm": "interior point with crossover",
    }[options.method]
    off = {"presolve": "off"}
    scaled = {"user_objective_scale": -round(math.log2(cost_scale(program)))}
    ways = [_Attempt(f"HiGHS {asked}", {"presolve": presolve, **_WAYS[asked]})]
    if options.presolve:
        ways.append(_Attempt(f"HiGHS {asked}, no presolve", {**off, **_WAYS[asked]}))
    ways += [
        _Attempt(f"HiGHS {name}, no presolve", {**off, **way})
        for name, way in _WAYS.items()
        if name != asked
    ]
    ways += [
        _Attempt(f"HiGHS {name}, scaled costs", {**off, **way, **scaled})
        for name, way in _WAYS.items()
    ]
    return ways


_ALWAYS = {
    "log_to_console": False,
    "small_matrix_value": 1e-12,
    "user_objective_scale": 0,
    "mip_feasibility_tolerance": 1e-6,
    "primal_feasibility_tolerance": 1e-7,
    "run_crossover": "on",
}


@dataclass(slots=True)
class _Reading:
    """What one attempt left behind, as recomputed."""

    stopped: Stopped
    status: Status
    method: str
    primal: PrimalCheck | None = None
    dual: DualCheck | None = None
    bound: float | None = None
    values: Floats | None = None
    duals: Floats | None = None
    basis: Basis | None = None
    iterations: int | None = None
    final: bool = True


class Door:
    """A program handed to the solver, to be solved, changed and solved again.

    A sequence of related solves starts each from the basis of the last. Use it as a context
    manager; the solver's memory is released at the end::

        with Door(program) as door:
            first = door.solve()
            door.change_cost(cost)
            second = door.solve()

    Parameters
    ----------
    program
        The program, linear or mixed-integer.
    options
        Limits and methods, for all solves.

    Raises
    ------
    UsageError
        When the solver does not take the program.
    """

    def __init__(self, program: LinearProgram, options: Options | None = None) -> None:
        import highspy
        from highspy import _core

        self.options = options or Options()
        self._highspy = highspy
        self._solver = _core._Highs()
        self._program = program
        self._set(_ALWAYS)
        self._hand_over(program)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the solver's memory."""
        self._solver.clear()

    @property
    def program(self) -> LinearProgram:
        """The program as it stands now."""
        return self._program

    def change_cost(self, cost: ArrayLike) -> None:
        """Replace the objective's coefficients, shape (n,)."""
        n = self._program.shape[1]
        self._program = replace(self._program, cost=_spread(cost, n))
        index = np.arange(n, dtype=np.int32)
        self._ok(self._solver.changeColsCost(n, index, self._program.cost), "new costs")

    def change_bounds(self, lower: ArrayLike, upper: ArrayLike) -> None:
        """Replace the columns' bounds, scalars or shape (n,)."""
        n = self._program.shape[1]
        self._program = replace(self._program, lower=_spread(lower, n), upper=_spread(upper, n))
        index = np.arange(n, dtype=np.int32)
        status = self._solver.changeColsBounds(n, index, self._program.lower, self._program.upper)
        self._ok(status, "new bounds of the columns")

    def change_rows(self, lower: ArrayLike, upper: ArrayLike) -> None:
        """Replace the rows' bounds, scalars or shape (m,)."""
        m = self._program.shape[0]
        self._program = replace(
            self._program, row_lower=_spread(lower, m), row_upper=_spread(upper, m)
        )
        index = np.arange(m, dtype=np.int32)
        status = self._solver.changeRowsBounds(
            m, index, self._program.row_lower, self._program.row_upper
        )
        self._ok(status, "new bounds of the rows")

    def solve(
        self,
        *,
        start: ArrayLike | None = None,
        basis: Basis | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Answer:
        """Solve the program as it stands now; see :func:`solve`."""
        begun = time.perf_counter()
        trivial = self._without_solver()
        reading = trivial if trivial is not None else self._try(begun, start, basis, progress)
        return self._answer(reading, time.perf_counter() - begun)

    # -- the solver's side ------------------------------------------------------------------------

    def _set(self, settings: dict[str, Any]) -> None:
        for key, value in settings.items():
            self._ok(self._solver.setOptionValue(key, value), f"option {key} = {value}")

    def _ok(self, status: Any, what: str) -> None:
        if status == self._highspy.HighsStatus.kError:
            raise UsageError(f"HiGHS refused {what} of {self._program.name!r}")

    def _hand_over(self, program: LinearProgram) -> None:
        """Pass all arrays in one call and make sure that they arrived."""
        m, n = program.shape
        matrix = program.matrix
        empty = np.zeros(0, np.int32)
        self._ok(
            self._solver.passModel(
                n, m, matrix.nnz, 0, 2, 0, -1 if program.maximise else 1, program.offset,
                program.cost, program.lower, program.upper, program.row_lower, program.row_upper,
                matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32), matrix.data,
                empty, empty, np.zeros(0), program.integer.astype(np.int32),
            ),
            "the arrays",
        )  # fmt: skip
        wanted = int((np.abs(matrix.data) > _ALWAYS["small_matrix_value"]).sum())
        if (self._solver.getNumRow(), self._solver.getNumCol()) != (m, n) or (
            self._solver.getNumNz() != wanted
        ):
            raise UsageError(f"HiGHS did not take all coefficients of {program.name!r}")

    def _without_solver(self) -> _Reading | None:
        """Answer a program without rows' coefficients or columns, which the solver does not."""
        program = self._program
        m, n = program.shape
        if n and m:
            return None
        values = np.zeros(n)
        reading = _Reading(Stopped.FINISHED, Status.OPTIMAL, "no solver needed", values=values)
        if n:
            sign = -1.0 if program.maximise else 1.0
            at_lower = (sign * program.cost > 0) | (
                (program.cost == 0) & (np.abs(program.lower) <= np.abs(program.upper))
            )
            return None if program.is_mixed_integer else self._box(reading, at_lower)
        reading.primal = check_primal(program, values)
        reading.duals = np.zeros(m)
        if reading.primal.accepted:
            reading.bound = program.offset
        else:
            reading.status, reading.values, reading.duals = Status.INFEASIBLE, None, None
        return reading

    def _box(self, reading: _Reading, at_lower: NDArray[np.bool_]) -> _Reading | None:
        """Answer a program that has bounds of columns only."""
        values = np.where(at_lower, self._program.lower, self._program.upper)
        values = np.where((self._program.cost == 0) & ~np.isfinite(values), 0.0, values)
        if not np.isfinite(values).all():
            reading.status, reading.values = Status.UNBOUNDED, None
            return reading
        reading.values, reading.duals = values, np.zeros(0)
        reading.primal = check_primal(self._program, values)
        reading.bound = reading.primal.objective
        return reading

    def _try(
        self,
        begun: float,
        start: ArrayLike | None,
        basis: Basis | None,
        progress: Callable[[Progress], None] | None,
    ) -> _Reading:
        """Try one method after the other until an answer stands."""
        best: _Reading | None = None
        limit = self.options.time_limit
        for number, attempt in enumerate(_attempts(self._program, self.options)):
            left = None if limit is None else max(0.0, limit - (time.perf_counter() - begun))
            if number and left == 0.0:
                break
            if number:
                self._solver.clearSolver()
            self._prepare(attempt, left)
            self._warm(start, basis if number == 0 else None)
            reading = self._attempt(attempt, progress)
            if reading.final:
                return reading
            logger.warning("%s did not give an answer that stands; trying another", attempt.method)
            if best is None or _worth(reading) > _worth(best):
                best = reading
        assert best is not None
        return best

    def _prepare(self, attempt: _Attempt, left: float | None) -> None:
        gap = self.options.gap
        self._set(_ALWAYS)
        self._set(
            {
                # the solver's clock runs on from solve to solve
                "time_limit": math.inf if left is None else self._solver.getRunTime() + left,
                "mip_rel_gap": gap,
                "mip_abs_gap": 1e-6 * min(1.0, cost_scale(self._program)),
                "threads": self.options.threads,
                "random_seed": self.options.seed,
                **attempt.settings,
            }
        )

    def _warm(self, start: ArrayLike | None, basis: Basis | None) -> None:
        """Give the solver a point (NaN where unknown) or a basis to start from."""
        if start is not None and self._program.is_mixed_integer:
            point = _spread(start, self._program.shape[1])
            known = np.flatnonzero(np.isfinite(point)).astype(np.int32)
            status = self._solver.setSolution(known.size, known, point[known])
            if status == self._highspy.HighsStatus.kError:
                logger.warning("HiGHS refused the start")
        if basis is not None:
            member = list(self._highspy.HighsBasisStatus.__members__.values())
            given = self._highspy.HighsBasis()
            given.col_status = [member[status] for status in basis.columns]
            given.row_status = [member[status] for status in basis.rows]
            given.valid = True
            given.alien = bool((basis.columns == 4).any() or (basis.rows == 4).any())
            if self._solver.setBasis(given) == self._highspy.HighsStatus.kError:
                logger.warning("HiGHS refused the basis")

    def _attempt(self, attempt: _Attempt, progress: Callable[[Progress], None] | None) -> _Reading:
        watch = Watch(
            self._solver,
            self._highspy.cb.HighsCallbackType,
            progress,
            mixed_integer=self._program.is_mixed_integer,
        )
        called = watch.run()
        reading = self._read(attempt.method)
        if called == self._highspy.HighsStatus.kError:
            reading.final = False
        if watch.interrupted:
            reading.stopped, reading.final = Stopped.INTERRUPTED, True
        return reading

    def _read(self, method: str) -> _Reading:
        """Read and recompute what the solver left behind."""
        kinds = self._highspy.HighsModelStatus
        said = self._solver.getModelStatus()
        stopped = {
            kinds.kTimeLimit: Stopped.TIME_LIMIT,
            kinds.kIterationLimit: Stopped.ITERATION_LIMIT,
            kinds.kInterrupt: Stopped.INTERRUPTED,
            kinds.kHighsInterrupt: Stopped.INTERRUPTED,
            kinds.kOptimal: Stopped.FINISHED,
            kinds.kInfeasible: Stopped.FINISHED,
            kinds.kUnbounded: Stopped.FINISHED,
            kinds.kUnboundedOrInfeasible: Stopped.FINISHED,
        }.get(said, Stopped.FAILED)
        reading = _Reading(stopped, Status.UNKNOWN, method)
        info = self._solver.getInfo()
        if said == kinds.kInfeasible:
            reading.status = Status.INFEASIBLE
            return reading
        if said in (kinds.kUnbounded, kinds.kUnboundedOrInfeasible):
            reading.status = self._unbounded_or_infeasible()
            reading.final = reading.status is not Status.UNKNOWN
            return reading
        if self._program.is_mixed_integer:
            self._read_integer(reading, info)
        else:
            self._read_linear(reading, info)
        if stopped is Stopped.FAILED or (stopped is Stopped.FINISHED and not _stands(reading)):
            reading.final = False
        return reading

    def _read_integer(self, reading: _Reading, info: Any) -> None:
        program = self._program
        reading.iterations = max(0, int(info.mip_node_count))
        if abs(info.mip_dual_bound) < 1e100:
            reading.bound = float(info.mip_dual_bound)
        solution = self._solver.getSolution()
        if not solution.value_valid:
            return
        found = np.asarray(solution.col_value, dtype=np.float64)
        values = np.clip(
            np.where(program.integer, np.round(found), found), program.lower, program.upper
        )
        check = check_primal(program, values)
        if not check.accepted:
            values, check = self._polish(values, check)
        if not check.accepted:
            return
        reading.values, reading.primal = values, check
        gap = _gap(program, check.objective, reading.bound, check.scale)
        proven = reading.stopped is Stopped.FINISHED and gap <= TOLERANCE
        reading.status = Status.OPTIMAL if proven else Status.FEASIBLE

    def _polish(self, values: Floats, check: PrimalCheck) -> tuple[Floats, PrimalCheck]:
        """Fix the integers and let an LP set the rest anew."""
        program = self._program
        fixed = replace(
            program.relaxed(),
            lower=np.where(program.integer, values, program.lower),
            upper=np.where(program.integer, values, program.upper),
        )
        with Door(fixed, replace(self.options, time_limit=10.0, method="choose")) as door:
            answer = door.solve()
        if answer.values is None:
            return values, check
        return answer.values, check_primal(program, answer.values)

    def _read_linear(self, reading: _Reading, info: Any) -> None:
        program = self._program
        reading.iterations = sum(
            max(0, int(count))
            for count in (
                info.simplex_iteration_count,
                info.ipm_iteration_count,
                info.crossover_iteration_count,
            )
        )
        solution = self._solver.getSolution()
        if not solution.value_valid:
            return
        values = np.clip(np.asarray(solution.col_value, float), program.lower, program.upper)
        check = check_primal(program, values)
        if solution.dual_valid:
            duals = np.asarray(solution.row_dual, dtype=np.float64)
            reading.dual = check_dual(program, duals, values)
            if reading.dual.accepted:
                reading.bound = reading.dual.bound
        if not check.accepted:
            return
        reading.values, reading.primal, reading.status = values, check, Status.FEASIBLE
        if solution.dual_valid:
            reading.duals = duals
        gap = _gap(program, check.objective, reading.bound, check.scale)
        if reading.stopped is Stopped.FINISHED and gap <= TOLERANCE:
            reading.status = Status.OPTIMAL
        reading.basis = self._basis()

    def _basis(self) -> Basis | None:
        basis = self._solver.getBasis()
        if not basis.valid:
            return None
        return Basis(
            np.fromiter((int(status) for status in basis.col_status), np.int8),
            np.fromiter((int(status) for status in basis.row_status), np.int8),
        )

    def _unbounded_or_infeasible(self) -> Status:
        """Tell the two apart: without its objective an unbounded program has an answer."""
        if not self._program.is_mixed_integer:
            self._solver.getPrimalRay()
        silent = replace(self._program, cost=np.zeros_like(self._program.cost))
        with Door(silent, replace(self.options, method="choose")) as door:
            status = door.solve().outcome.status
        return Status.UNBOUNDED if status is Status.OPTIMAL else status

    def _answer(self, reading: _Reading, seconds: float) -> Answer:
        residuals = {}
        objective = None
        bound = reading.bound
        if reading.primal is not None and reading.values is not None:
            objective = reading.primal.objective
            residuals["primal"] = reading.primal.primal
            if self._program.is_mixed_integer:
                residuals["integrality"] = reading.primal.integrality
            if bound is not None:
                better = max if self._program.maximise else min
                bound = better(bound, objective)
        if reading.dual is not None:
            residuals["dual"] = reading.dual.dual
        reduced = None
        if reading.duals is not None:
            reduced = self._program.cost - self._program.matrix.T @ reading.duals
        outcome = Outcome(
            stopped=reading.stopped,
            status=reading.status,
            objective=objective,
            bound=bound,
            method=reading.method,
            seconds={"solve": seconds},
            versions=versions("highspy"),
            residuals=residuals,
            iterations=reading.iterations,
        )
        return Answer(outcome, reading.values, reading.duals, reduced, reading.basis)


def _spread(value: ArrayLike, size: int) -> Floats:
    return np.broadcast_to(np.asarray(value, dtype=np.float64), (size,)).copy()


def _gap(program: LinearProgram, objective: float, bound: float | None, scale: float) -> float:
    """Return by how much the objective misses the bound, relative to the objective's terms."""
    if bound is None:
        return math.inf
    sign = -1.0 if program.maximise else 1.0
    return max(0.0, sign * (objective - bound)) / scale


def _stands(reading: _Reading) -> bool:
    return reading.status in (Status.OPTIMAL, Status.FEASIBLE) and (
        reading.status is Status.OPTIMAL or reading.duals is None
    )


def _worth(reading: _Reading) -> int:
    return [Status.UNKNOWN, Status.FEASIBLE, Status.OPTIMAL].index(reading.status)


def solve(
    program: LinearProgram,
    options: Options | None = None,
    *,
    start: ArrayLike | None = None,
    basis: Basis | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Answer:
    """Solve a linear or mixed-integer program.

    Parameters
    ----------
    program
        The program.
    options
        Limits and methods.
    start
        Column values from which a mixed-integer solve starts, shape (n,); NaN where unknown.
    basis
        Basis from which a simplex solve starts.
    progress
        Called a few times a second while the solver runs; what it raises ends the solve and is
        raised here.

    Returns
    -------
    Answer
        With its two statuses. A limit, Ctrl-C or an infeasible program is not an exception.

    Raises
    ------
    UsageError
        When the solver does not take the program or an option.
    """
    with Door(program, options) as door:
        return door.solve(start=start, basis=basis, progress=progress)
