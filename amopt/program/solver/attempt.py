"""One attempt at a program: the solver is run, its answer polished or refined, and validated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from amopt.outcome import Status, Stopped
from amopt.program.linear import LinearProgram
from amopt.program.solver.answer import Answer, Basis
from amopt.program.solver.digits.dual_bound import DualBound
from amopt.program.solver.digits.polishing import polished, rounded
from amopt.program.solver.digits.refinement import at_bounds, refined
from amopt.program.solver.digits.residuals import ACCURACY
from amopt.program.solver.options import REFINING, thread_settings
from amopt.program.solver.run import INFINITE, Progress, Watch
from amopt.program.solver.scaling import Scaling
from amopt.program.solver.transfer import (
    count,
    limit_time,
    read_basis,
    read_ray,
    read_values,
    set_options,
    start_from_basis,
    transfer,
)
from amopt.program.solver.validation import (
    AttemptResult,
    better_bound,
    validate_infeasible,
    validate_integer,
    validate_linear,
)
from amopt.program.time import Budget

__all__ = ["POLISHING", "AttemptRun"]

Floats = NDArray[np.float64]

POLISHING = 0.05, 0.1, 2.0
"""Share of the time left that is kept for polishing, and the least and most seconds for it."""

_ROUNDS = 3
"""Rounds of refinement."""


class Solve(Protocol):
    """Solves another program, within so many seconds."""

    def __call__(self, program: LinearProgram, time_limit: float | None) -> Answer: ...


@dataclass
class AttemptRun:
    """The solver, ready for one attempt.

    Attributes
    ----------
    highs, highspy
        The solver's object with the program and its settings, and its module.
    program, scaling
        The program and the units in which the solver has it.
    budget
        The time of the solve.
    watched
        Whether the run may take long, and so is watched from another thread.
    solve
        Solves what is left of a mixed-integer program, and one without its objective.
    known_bound
        A bound on the objective that is proven already.
    watch
        The last run.
    """

    highs: Any
    highspy: Any
    program: LinearProgram
    scaling: Scaling
    budget: Budget
    watched: bool
    solve: Solve
    known_bound: float | None = None
    watch: Watch | None = field(default=None, init=False)

    def result(self, method: str, progress: Callable[[Progress], None] | None) -> AttemptResult:
        """Run the solver once and validate what it leaves behind."""
        failed, interrupted = self._run(progress)
        kinds = self.highspy.HighsModelStatus
        said = self.highs.getModelStatus()
        result = AttemptResult(method, _stopped(kinds, said))
        if interrupted:
            result.stopped = Stopped.INTERRUPTED
        if said == kinds.kInfeasible:
            ray = read_ray(self.highs, self.program, self.scaling)
            if ray is None and not self.program.is_mixed_integer:
                result.stopped, ray = self._ray_without_presolve()
            if result.stopped is Stopped.FINISHED:
                validate_infeasible(self.program, result, ray)
        elif said in (kinds.kUnbounded, kinds.kUnboundedOrInfeasible):
            self._distinguish_unbounded(result)
        elif self.program.is_mixed_integer:
            self._read_integer(result)
        else:
            self._read_linear(result)
        if failed or result.stopped in (Stopped.FAILED, Stopped.ITERATION_LIMIT):
            result.final = False
        elif result.stopped is not Stopped.FINISHED:
            result.final = True
        return result

    def _run(self, progress: Callable[[Progress], None] | None) -> tuple[bool, bool]:
        """Run the solver; return whether the call failed, and whether somebody stopped it."""
        watch = self.watch = Watch(
            self.highs,
            self.highspy.cb.HighsCallbackType,
            progress,
            mixed_integer=self.program.is_mixed_integer,
            unit=self.scaling.money,
        )
        error = self.highspy.HighsStatus.kError
        if self.watched or progress is not None:
            called = watch.run()
        else:
            # all runs in the caller's thread must agree on the number of threads
            set_options(self.highs, thread_settings(1))
            called = watch.run_unwatched()
            if called == error:
                called = watch.run()  # others may have used HiGHS with more threads there
        return called == error, watch.interrupted

    def _read_integer(self, result: AttemptResult) -> None:
        """Validate a mixed-integer answer, its whole numbers held and the rest solved anew."""
        info = self.highs.getInfo()
        result.iterations = count(info.mip_node_count)
        bound = float(info.mip_dual_bound)
        result.bound = better_bound(
            self.program,
            bound * self.scaling.money if abs(bound) < INFINITE else None,
            self.known_bound,
        )
        values, _ = read_values(self.highs, self.program, self.scaling)
        if values is None:
            result.final = False
            return
        ends: list[Stopped] = []

        def solve_linear(left: LinearProgram) -> Floats | None:
            answer = self.solve(left, self._time_for_polishing(result.stopped))
            ends.append(answer.outcome.stopped)
            return answer.values

        whole = polished(self.program, values, solve_linear)
        if whole is None and ends and ends[0] is not Stopped.FINISHED:
            whole = rounded(self.program, values)
            result.method += ", not polished"
        if whole is None:
            result.method += ", whose whole numbers do not hold"
            result.final = False
            return
        validate_integer(self.program, result, whole, self.scaling.money)

    def _time_for_polishing(self, stopped: Stopped) -> float | None:
        """Return the seconds for a polishing solve; one that follows an interrupt is short."""
        _, least, most = POLISHING
        left = most if stopped is Stopped.INTERRUPTED else self.budget.left
        return None if left is None else max(left, least)

    def _read_linear(self, result: AttemptResult) -> None:
        """Validate a linear answer; solve for what it misses."""
        info = self.highs.getInfo()
        result.iterations = count(info.simplex_iteration_count) + count(info.ipm_iteration_count)
        x, duals = read_values(self.highs, self.program, self.scaling)
        y = None if duals is None else DualBound(self.program, duals)
        short = validate_linear(self.program, result, x, y)
        if result.stopped is not Stopped.FINISHED or short <= ACCURACY or x is None:
            return
        first = x, y
        near = at_bounds(self.program, self.scaling, x)
        if (near != x).any():
            short = min(short, self._better(result, short, near, y))
        for _ in range(_ROUNDS):
            if short <= ACCURACY:
                break
            better = refined(self.highs, self.program, self.scaling, x, self._run_again)
            if better is None:
                break
            x = better[0]
            y = self._proof(better[1], y)
            shorter = self._better(result, short, x, y)
            if shorter >= short:
                break
            short = shorter
        if result.status is not Status.OPTIMAL and not self._is_over():
            self._in_units_of_the_answer(result, short, *first)

    def _in_units_of_the_answer(
        self, result: AttemptResult, short: float, x: Floats, y: DualBound | None
    ) -> None:
        """Solve once more where every row adds up about 1; what the duals prove stays.

        The solver's tolerances are then those of the smallest row, too. Its duals of such rows are
        as coarse in turn: the bound is what ordinary units proved.
        """
        own, program, basis = self.scaling, self.program, read_basis(self.highs, self.program)
        for _ in range(_ROUNDS):
            units = Scaling.of_answer(program, x)
            if basis is None or units.is_like(own) or not units.fits(program):
                return
            better, _, basis = self._from_basis(units, basis)
            short = short if better is None else min(short, self._better(result, short, better, y))
            _, duals, basis = self._from_basis(own, basis)
            if better is None or self._is_over():
                return
            y_own = None if duals is None else self._proof(duals, y)
            short = min(short, self._better(result, short, better, y_own))
            if short <= ACCURACY:
                return
            x = better

    def _is_over(self) -> bool:
        """Return whether the time is over, or somebody has stopped the last run."""
        return self.budget.is_over or (self.watch is not None and self.watch.interrupted)

    def _from_basis(
        self, units: Scaling, basis: Basis
    ) -> tuple[Floats | None, Floats | None, Basis]:
        """Run the simplex method from a basis in some units, however it ends; return where."""
        transfer(self.highs, self.program, units)
        start_from_basis(self.highs, self.highspy, self.program, basis)
        self._run_again()
        x, y = read_values(self.highs, self.program, units)
        return x, y, read_basis(self.highs, self.program) or basis

    def _proof(self, duals: Floats, known: DualBound | None) -> DualBound:
        """Return what row duals prove; what is known where they are the same."""
        if known is not None and np.array_equal(known.y, duals):
            return known
        return DualBound(self.program, duals)

    def _better(self, result: AttemptResult, short: float, x: Floats, y: DualBound | None) -> float:
        """Validate other values, and take them over where they fall less short; return that."""
        again = replace(result, residuals={}, bound=None, status=Status.UNKNOWN)
        shorter = validate_linear(self.program, again, x, y)
        if shorter < short:
            result.update(again)
        return shorter

    def _run_again(self) -> bool:
        """Run the simplex method on from its basis, accurately; tell whether it ended well."""
        set_options(self.highs, REFINING)
        limit_time(self.highs, self.budget.left)
        failed, _ = self._run(None)
        return bool(
            not failed and self.highs.getModelStatus() == self.highspy.HighsModelStatus.kOptimal
        )

    def _ray_without_presolve(self) -> tuple[Stopped, Floats | None]:
        """Return the row duals that presolve does not give where it sees that nothing is feasible.

        With them, why the run for them stopped, should that be a limit or Ctrl-C. They prove it in
        the units in which it was seen: in others, a program whose sides are all tiny would pass for
        one that something satisfies.
        """
        self.highs.clearSolver()
        set_options(self.highs, {"presolve": "off", "solver": "simplex"})
        limit_time(self.highs, self.budget.left)
        failed, interrupted = self._run(None)
        said = _stopped(self.highspy.HighsModelStatus, self.highs.getModelStatus())
        if interrupted or said in (Stopped.TIME_LIMIT, Stopped.INTERRUPTED):
            return Stopped.INTERRUPTED if interrupted else said, None
        ray = None if failed else read_ray(self.highs, self.program, self.scaling)
        return Stopped.FINISHED, ray

    def _distinguish_unbounded(self, result: AttemptResult) -> None:
        """Tell unbounded from infeasible: without an objective an unbounded program has answers."""
        silent = replace(self.program, cost=np.zeros_like(self.program.cost))
        told = self.solve(silent, self.budget.left).outcome
        result.stopped = told.stopped
        result.status = {
            Status.OPTIMAL: Status.UNBOUNDED,
            Status.FEASIBLE: Status.UNBOUNDED,
        }.get(told.status, told.status)
        result.final = result.status is not Status.UNKNOWN


def _stopped(kinds: Any, said: Any) -> Stopped:
    """Return why the solver stopped."""
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
