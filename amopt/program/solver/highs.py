"""The only way to the solver: limits, progress, interrupt, warm start, verified answers.

HiGHS answers; amopt believes nothing. It recomputes feasibility, integrality and objective of
every answer from the program's arrays, and for linear programs the bound that the duals prove
(:mod:`amopt.program.solver.residuals`). Where the solver fails, says "unknown" or its answer does
not stand, the next method tries: without presolve, with the other simplex, by interior point with
crossover, with scaled costs. ``outcome.method`` says which one answered. That a mixed-integer
program is infeasible the arrays cannot prove: a second run without presolve and with another seed
has to agree, and the solver's word stands only where that run does not finish in twice the time.

Ctrl-C ends a solve with the best answer so far. A linear program so small that it takes a fraction
of a second is solved in the caller's thread: there Ctrl-C raises ``KeyboardInterrupt`` at its end.

Signs: a row's dual is the change of the optimum a unit of its right-hand side, a column's reduced
cost the change a unit of the bound at which it stands, for minimisation and maximisation alike;
``cost == matrix.T @ duals + reduced_costs``.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from amopt.program.linear import LinearProgram, spread
from amopt.program.solver.answer import Answer, Basis
from amopt.program.solver.options import SETTINGS, Attempt, Options, attempts
from amopt.program.solver.outcome import Status, Stopped
from amopt.program.solver.residuals import check_primal, cost_scale, objective_unit
from amopt.program.solver.run import Progress, Watch
from amopt.program.solver.transfer import (
    accepted,
    read_basis,
    start_from_basis,
    start_from_point,
    transfer,
)
from amopt.program.solver.validation import (
    AttemptResult,
    bounds_only,
    rounded,
    validate_infeasible,
    validate_integer,
    validate_linear,
)

__all__ = ["Answer", "Basis", "Options", "Progress", "Solver", "solve"]

logger = logging.getLogger("amopt.highs")

Floats = NDArray[np.float64]

_SMALL = 20_000
"""Nonzeros, rows and columns up to which a linear program takes a fraction of a second."""

_PATIENCE = 0.2
"""Seconds that are always spent on confirming that a mixed-integer program is infeasible."""


class Solver:
    """A program handed to the solver, to be solved, changed and solved again.

    A sequence of related solves starts each from the basis of the last. Use it as a context
    manager; the solver's memory is released at the end::

        with Solver(program) as solver:
            first = solver.solve()
            solver.change_cost(cost)
            second = solver.solve()

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
        self._highs = _core._Highs()
        self._program = program
        self._unit = objective_unit(program)
        self._watch: Watch | None = None
        self._begun = time.perf_counter()
        self._set(SETTINGS)
        transfer(self._highs, program, self._unit)

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
        """Release the solver's memory, unless a second Ctrl-C left it running."""
        if self._watch is None or not self._watch.running:
            self._highs.clear()

    @property
    def program(self) -> LinearProgram:
        """The program as it stands now."""
        return self._program

    @property
    def highs(self) -> Any:
        """HiGHS's own object, for what this class does not offer."""
        return self._highs

    def change_cost(self, cost: ArrayLike) -> None:
        """Replace the objective's coefficients, shape (n,)."""
        n = self._program.shape[1]
        self._program = replace(self._program, cost=spread(cost, n))
        self._unit = objective_unit(self._program)
        index = np.arange(n, dtype=np.int32)
        scaled = self._program.cost / self._unit
        self._ok(self._highs.changeColsCost(n, index, scaled), "new costs")
        self._ok(
            self._highs.changeObjectiveOffset(self._program.offset / self._unit), "a new offset"
        )

    def change_bounds(self, lower: ArrayLike, upper: ArrayLike) -> None:
        """Replace the columns' bounds, scalars or shape (n,)."""
        n = self._program.shape[1]
        self._program = replace(self._program, lower=spread(lower, n), upper=spread(upper, n))
        index = np.arange(n, dtype=np.int32)
        status = self._highs.changeColsBounds(n, index, self._program.lower, self._program.upper)
        self._ok(status, "new bounds of the columns")

    def change_rows(self, lower: ArrayLike, upper: ArrayLike) -> None:
        """Replace the rows' bounds, scalars or shape (m,)."""
        m = self._program.shape[0]
        self._program = replace(
            self._program, row_lower=spread(lower, m), row_upper=spread(upper, m)
        )
        index = np.arange(m, dtype=np.int32)
        status = self._highs.changeRowsBounds(
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
        """Solve the program as it stands now, as :func:`solve` does.

        A solve starts from the basis of the last. The answer comes without a basis, which takes
        longer to read than to use: ask for it with :meth:`basis`.
        """
        self._begun = time.perf_counter()
        if 0 in self._program.shape:
            result = bounds_only(self._program)
        else:
            result = self._try(start, basis, progress)
        return result.answer(self._program, time.perf_counter() - self._begun)

    def basis(self) -> Basis | None:
        """Return the basis at which the last solve ended; None where there is none."""
        return read_basis(self._highs)

    def ray(self) -> Floats | None:
        """Return the row duals by which the last solve saw that nothing satisfies the program.

        Shape (m,), of any length and sign; None where there are none, as after presolve and for a
        mixed-integer program.
        """
        if self._program.is_mixed_integer or not self._highs.getDualRayExist()[1]:
            return None
        _, known, ray = self._highs.getDualRay()
        return np.asarray(ray, dtype=np.float64) if known else None

    def _set(self, settings: dict[str, Any]) -> None:
        for key, value in settings.items():
            self._ok(self._highs.setOptionValue(key, value), f"option {key} = {value}")

    def _ok(self, status: Any, what: str) -> None:
        accepted(status, what, self._program)

    def _try(
        self,
        start: ArrayLike | None,
        basis: Basis | None,
        progress: Callable[[Progress], None] | None,
    ) -> AttemptResult:
        """Try one method after the other until an answer stands."""
        best: AttemptResult | None = None
        for attempt in attempts(self._program, self.options):
            if best is not None:
                if self._left() == 0.0:
                    break
                logger.info("%s gave no answer that stands; %s tries", best.method, attempt.method)
                self._highs.clearSolver()
            claimed = best is not None and best.status is Status.INFEASIBLE
            patience = self._patience() if claimed and self._program.is_mixed_integer else None
            self._prepare(attempt, patience)
            self._warm(start, basis if best is None else None)
            result = self._attempt(attempt, progress, watched=best is not None or self._is_long())
            if claimed and result.status is Status.INFEASIBLE:
                return result
            if patience is not None and result.stopped is not Stopped.FINISHED:
                if result.status is Status.UNKNOWN:
                    break  # nothing speaks against the claim
            elif result.final:
                return result
            if best is None or result.worth > best.worth:
                best = result
        assert best is not None
        return best

    def _patience(self) -> float:
        """Return the seconds for a second run that is to confirm what the first one said."""
        return max(_PATIENCE, 2.0 * (time.perf_counter() - self._begun))

    def _left(self) -> float | None:
        """Return the seconds that are left, None where there is no limit."""
        if self.options.time_limit is None:
            return None
        return max(0.0, self.options.time_limit - (time.perf_counter() - self._begun))

    def _prepare(self, attempt: Attempt, patience: float | None = None) -> None:
        limits = [limit for limit in (self._left(), patience) if limit is not None]
        self._set(SETTINGS)
        self._set(
            {
                # the solver's clock runs on from solve to solve
                "time_limit": self._highs.getRunTime() + min(limits) if limits else math.inf,
                "mip_rel_gap": self.options.gap,
                "mip_abs_gap": 1e-6 * min(1.0, cost_scale(self._program) / self._unit),
                "threads": self.options.threads,
                "random_seed": self.options.seed,
                **attempt.settings,
            }
        )

    def _warm(self, start: ArrayLike | None, basis: Basis | None) -> None:
        """Give the solver a point (NaN where unknown) or a basis to start from."""
        if start is not None and self._program.is_mixed_integer:
            start_from_point(self._highs, self._program, start)
        if basis is not None:
            start_from_basis(self._highs, self._highspy, self._program, basis)

    def _is_long(self) -> bool:
        """Return whether a solve may take longer than the start of a thread to watch it."""
        m, n = self._program.shape
        size = self._program.matrix.nnz + m + n
        return self._program.is_mixed_integer or size > _SMALL or logger.isEnabledFor(logging.DEBUG)

    def _attempt(
        self,
        attempt: Attempt,
        progress: Callable[[Progress], None] | None,
        *,
        watched: bool,
    ) -> AttemptResult:
        """Run the solver once and validate what it leaves behind."""
        kinds = self._highspy.cb.HighsCallbackType
        whole = self._program.is_mixed_integer
        self._watch = Watch(self._highs, kinds, progress, mixed_integer=whole, unit=self._unit)
        if watched or progress is not None:
            called = self._watch.run()
        else:
            self._set({"threads": 1})  # all runs in the caller's thread must agree on it
            called = self._watch.run_unwatched()
            if called == self._highspy.HighsStatus.kError:
                called = self._watch.run()  # others may have used HiGHS with more threads there
        failed = called == self._highspy.HighsStatus.kError
        result = self._read(attempt.method)
        if self._watch.interrupted:
            result.stopped = Stopped.INTERRUPTED
        if result.stopped is Stopped.FAILED or failed:
            result.final = False
        elif result.stopped is not Stopped.FINISHED:
            result.final = True
        return result

    def _read(self, method: str) -> AttemptResult:
        """Read what the solver says and validate it."""
        kinds = self._highspy.HighsModelStatus
        said = self._highs.getModelStatus()
        result = AttemptResult(method, self._stopped(said))
        info = self._highs.getInfo()
        if said == kinds.kInfeasible:
            validate_infeasible(self._program, result, self.ray())
        elif said in (kinds.kUnbounded, kinds.kUnboundedOrInfeasible):
            self._tell_apart(result)
        elif self._program.is_mixed_integer:
            self._read_integer(result, info)
        else:
            self._read_linear(result, info)
        return result

    def _stopped(self, said: Any) -> Stopped:
        kinds = self._highspy.HighsModelStatus
        return {
            kinds.kOptimal: Stopped.FINISHED,
            kinds.kInfeasible: Stopped.FINISHED,
            kinds.kUnbounded: Stopped.FINISHED,
            kinds.kUnboundedOrInfeasible: Stopped.FINISHED,
            kinds.kTimeLimit: Stopped.TIME_LIMIT,
            kinds.kIterationLimit: Stopped.ITERATION_LIMIT,
            kinds.kInterrupt: Stopped.INTERRUPTED,
            kinds.kHighsInterrupt: Stopped.INTERRUPTED,
        }.get(said, Stopped.FAILED)

    def _read_integer(self, result: AttemptResult, info: Any) -> None:
        result.iterations = max(0, int(info.mip_node_count))
        if abs(info.mip_dual_bound) < 1e100:
            result.bound = float(info.mip_dual_bound) * self._unit
        solution = self._highs.getSolution()
        if not solution.value_valid:
            result.final = False
            return
        values = rounded(self._program, np.asarray(solution.col_value, dtype=np.float64))
        if not check_primal(self._program, values).accepted:
            values = self._polish(values)
        validate_integer(self._program, result, values)

    def _polish(self, values: Floats) -> Floats:
        """Hold the integer columns and let a linear program set the others anew."""
        program = self._program
        held = replace(
            program.relaxed(),
            lower=np.where(program.integer, values, program.lower),
            upper=np.where(program.integer, values, program.upper),
        )
        polished = solve(held, replace(self.options, time_limit=self._left(), method="choose"))
        return values if polished.values is None else polished.values

    def _read_linear(self, result: AttemptResult, info: Any) -> None:
        counts = info.simplex_iteration_count, info.ipm_iteration_count
        result.iterations = sum(max(0, int(count)) for count in counts)
        solution = self._highs.getSolution()
        x = np.asarray(solution.col_value, dtype=np.float64) if solution.value_valid else None
        y = np.asarray(solution.row_dual, float) * self._unit if solution.dual_valid else None
        validate_linear(self._program, result, x, y)

    def _tell_apart(self, result: AttemptResult) -> None:
        """Tell unbounded from infeasible: without an objective an unbounded program has answers."""
        silent = replace(self._program, cost=np.zeros_like(self._program.cost))
        options = replace(self.options, time_limit=self._left(), method="choose")
        told = solve(silent, options).outcome
        result.stopped = told.stopped
        result.status = {
            Status.OPTIMAL: Status.UNBOUNDED,
            Status.FEASIBLE: Status.UNBOUNDED,
        }.get(told.status, told.status)
        result.final = result.status is not Status.UNKNOWN


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
    with Solver(program, options) as solver:
        answer = solver.solve(start=start, basis=basis, progress=progress)
        return answer if answer.duals is None else replace(answer, basis=solver.basis())
