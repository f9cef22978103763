"""The only way to the solver: limits, progress, interrupt, warm start, validated answers.

HiGHS answers; nothing of it is believed. Feasibility, integrality and objective of every answer are
recomputed from the program's arrays (:mod:`~amopt.program.solver.digits.residuals`), and for linear
programs the bound that the duals prove (:mod:`~amopt.program.solver.digits.dual_bound`). The whole
numbers of a mixed-integer answer are held and the rest is solved anew
(:mod:`~amopt.program.solver.digits.polishing`); what a linear answer misses is solved for
(:mod:`~amopt.program.solver.digits.refinement`). Where the solver fails, says "unknown" or its
answer does not stand, the next method tries: without presolve, with the other simplex, by interior
point with crossover, with scaled costs, and in the program's own units where the solver had it in
others. ``outcome.method`` says which one answered. Where a start is called optimal and the bound
does not prove it, the solver is asked again without it. That a mixed-integer program is infeasible
the arrays prove where its relaxation is; else a second run without presolve and with another seed
has to agree, and the solver's word stands only where that run does not finish in twice the time.

Ctrl-C ends a solve with the best answer so far. A linear program so small that it takes a fraction
of a second is solved in the caller's thread: there Ctrl-C raises ``KeyboardInterrupt`` at its end.

Signs: a row's dual is the change of the optimum a unit of its right-hand side, a column's reduced
cost the change a unit of the bound at which it stands, for minimisation and maximisation alike;
``cost == matrix.T @ duals + reduced_costs``.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from amopt.outcome import Status, Stopped
from amopt.program.linear import LinearProgram, spread
from amopt.program.magnitudes import require_magnitudes
from amopt.program.solver.answer import Answer, Basis
from amopt.program.solver.attempt import POLISHING, AttemptRun
from amopt.program.solver.options import (
    SETTINGS,
    Attempt,
    Options,
    attempts,
    simplex_iterations,
    thread_settings,
)
from amopt.program.solver.run import Progress
from amopt.program.solver.scaling import Scaling
from amopt.program.solver.transfer import (
    accepted,
    limit_time,
    read_basis,
    read_ray,
    send_bounds,
    send_cost,
    set_options,
    start_from_basis,
    start_from_point,
    transfer,
)
from amopt.program.solver.validation import (
    AttemptResult,
    better_bound,
    bounds_only,
    cheaper,
    without_proof,
)
from amopt.program.time import Budget

__all__ = ["Answer", "Basis", "Options", "Progress", "Solver", "solve"]

logger = logging.getLogger("amopt.highs")

Floats = NDArray[np.float64]

_SMALL = 20_000
"""Nonzeros, rows and columns up to which a linear program takes a fraction of a second."""

_PATIENCE = 0.2
"""Seconds that are always spent on confirming that a mixed-integer program is infeasible."""


_Left = tuple[Scaling, deque[Attempt]]
"""Attempts that are put off, and the units that they are made in."""


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
        When the solver does not take the program; a number that is too large is named.
    """

    def __init__(self, program: LinearProgram, options: Options | None = None) -> None:
        import highspy
        from highspy import _core

        self.options = options or Options()
        self._highspy = highspy
        self._highs = _core._Highs()
        self._program = program
        self._scaling = Scaling.of(program)
        self._run: AttemptRun | None = None
        self._budget = Budget(self.options.time_limit)
        self._known_bound: float | None = None
        set_options(self._highs, {"log_to_console": SETTINGS["log_to_console"]})
        transfer(self._highs, program, self._scaling)

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
        watch = None if self._run is None else self._run.watch
        if watch is None or not watch.running:
            self._highs.clear()

    @property
    def program(self) -> LinearProgram:
        """The program as it stands now."""
        return self._program

    @property
    def highs(self) -> Any:
        """HiGHS's own object, for what this class does not offer; it counts in its own units."""
        return self._highs

    def change_cost(self, cost: ArrayLike) -> None:
        """Replace the objective's coefficients, shape (n,)."""
        program = replace(self._program, cost=spread(cost, self._program.shape[1]))
        scaling = self._scaling.priced(program)
        require_magnitudes(program)
        self._program, self._scaling = program, scaling
        send_cost(self._highs, program, scaling.cost(program))
        status = self._highs.changeObjectiveOffset(program.offset / scaling.money)
        accepted(status, "a new offset", program)

    def change_bounds(self, lower: ArrayLike, upper: ArrayLike) -> None:
        """Replace the columns' bounds, scalars or shape (n,)."""
        n = self._program.shape[1]
        program = replace(self._program, lower=spread(lower, n), upper=spread(upper, n))
        require_magnitudes(program)
        self._program = program
        send_bounds(self._highs, program, self._scaling, columns=(program.lower, program.upper))

    def change_rows(self, lower: ArrayLike, upper: ArrayLike) -> None:
        """Replace the rows' bounds, scalars or shape (m,)."""
        m = self._program.shape[0]
        program = replace(self._program, row_lower=spread(lower, m), row_upper=spread(upper, m))
        require_magnitudes(program)
        self._program = program
        send_bounds(
            self._highs, program, self._scaling, rows=(program.row_lower, program.row_upper)
        )

    def solve(
        self,
        *,
        start: ArrayLike | None = None,
        basis: Basis | None = None,
        progress: Callable[[Progress], None] | None = None,
        known_bound: float | None = None,
    ) -> Answer:
        """Solve the program as it stands now, as :func:`solve` does.

        A solve starts from the basis of the last. The answer comes without a basis, which takes
        longer to read than to use: ask for it with :meth:`basis`.
        """
        self._budget = Budget(self.options.time_limit)
        self._known_bound = better_bound(self._program, known_bound, None)
        if 0 in self._program.shape:
            result = bounds_only(self._program)
        else:
            result = self._try(start, basis, progress)
        return result.answer(self._program, self._budget.spent)

    def basis(self) -> Basis | None:
        """Return the basis at which the last solve ended; None where there is none."""
        return read_basis(self._highs, self._program)

    def ray(self) -> Floats | None:
        """Return the row duals by which the last solve saw that nothing satisfies the program.

        Shape (m,), of any length and sign; None where there are none, as after presolve and for a
        mixed-integer program.
        """
        return read_ray(self._highs, self._program, self._scaling)

    def _try(
        self,
        start: ArrayLike | None,
        basis: Basis | None,
        progress: Callable[[Progress], None] | None,
    ) -> AttemptResult:
        """Try one method after the other until an answer stands."""
        best: AttemptResult | None = None
        early: AttemptResult | None = None  # an answer that is called optimal and is not proven so
        claimed = disputed = False  # that nothing satisfies the program
        first: _Left | None = None
        tries = deque(attempts(self._program, self.options, self._scaling))
        while tries:
            attempt = tries.popleft()
            if best is not None:
                if self._budget.is_over:
                    break
                logger.info("%s gave no answer that stands; %s tries", best.method, attempt.method)
                self._highs.clearSolver()
            confirming = best is not None and best.status is Status.INFEASIBLE
            patience = self._patience() if confirming and self._program.is_mixed_integer else None
            self._prepare(attempt, patience)
            self._warm(start, basis if best is None else None)
            self._run = self._attempt(watched=best is not None or self._is_long())
            result = self._run.result(attempt.method, progress)
            if result.status is Status.INFEASIBLE:
                if claimed or result.final or self._relaxation_is_infeasible():
                    return result
                claimed = True
                first, tries = self._elsewhere(tries)
            elif patience is not None and result.stopped is not Stopped.FINISHED:
                if result.status is Status.UNKNOWN:
                    break  # nothing speaks against the claim
            elif result.final and start is not None and self._ends_early(result):
                tries.appendleft(attempt)
                start, early = None, result
            elif result.final:
                return result if early is None else cheaper(self._program, early, result)
            else:
                disputed = disputed or result.stopped is Stopped.FINISHED
            best = result if best is None or result.rank > best.rank else best
            if not tries and best.status is Status.UNKNOWN:
                tries += self._in_plain_units()
            elif not tries and first is not None:
                self._hand_over(first[0])
                tries, first = first[1], None
        assert best is not None
        return without_proof(best, disputed)

    def _relaxation_is_infeasible(self) -> bool:
        """Return whether nothing satisfies a mixed-integer program even in fractions.

        After Ctrl-C nothing more is asked.
        """
        if not self._program.is_mixed_integer:
            return False
        limits = [limit for limit in (self._budget.left, self._patience()) if limit is not None]
        options = replace(self.options, time_limit=min(limits), method="choose")
        told = solve(self._program.relaxed(), options).outcome
        return told.status is Status.INFEASIBLE or told.stopped is Stopped.INTERRUPTED

    def _elsewhere(self, tries: deque[Attempt]) -> tuple[_Left | None, deque[Attempt]]:
        """Return the attempts at a second opinion: in plain units first, what is left after it."""
        left, others = (self._scaling, tries), self._in_plain_units()[1:]
        return (left, deque(others)) if others else (None, tries)

    def _in_plain_units(self) -> list[Attempt]:
        """Hand the program over in its own units; return the attempts, none where it was in those.

        Where a tiny bound stands among ordinary numbers, either units may be those in which the
        solver sees no answer, or one that is none.
        """
        plain = Scaling.none(self._program).priced(self._program)
        if self._scaling.is_like(plain):
            return []
        self._hand_over(plain)
        return attempts(self._program, self.options, plain)

    def _hand_over(self, scaling: Scaling) -> None:
        self._scaling = scaling
        transfer(self._highs, self._program, scaling)

    def _ends_early(self, result: AttemptResult) -> bool:
        """Return whether the solver claims the optimum where its own bound does not prove it.

        HiGHS 1.16 may stop so at the point that it was given to start from.
        """
        if result.stopped is not Stopped.FINISHED or result.status is not Status.FEASIBLE:
            return False
        gap = result.answer(self._program, 0.0).outcome.gap
        return self._program.is_mixed_integer and (gap is None or gap > self.options.gap)

    def _patience(self) -> float:
        """Return the seconds for a second run that is to confirm what the first one said."""
        return max(_PATIENCE, 2.0 * self._budget.spent)

    def _prepare(self, attempt: Attempt, patience: float | None = None) -> None:
        left = self._budget.left
        if left is not None and self._program.is_mixed_integer:
            share, _, most = POLISHING
            left -= min(share * left, most)
        limits = [limit for limit in (left, patience) if limit is not None]
        settings = {
            "mip_rel_gap": float(self.options.gap),
            "mip_abs_gap": 0.0,
            "random_seed": int(self.options.seed),
            **thread_settings(self.options.threads),
            **attempt.settings,
        }
        if not self._program.is_mixed_integer:
            settings["simplex_iteration_limit"] = simplex_iterations(self._program)
        set_options(self._highs, {**SETTINGS, **settings})
        limit_time(self._highs, min(limits) if limits else None)

    def _warm(self, start: ArrayLike | None, basis: Basis | None) -> None:
        """Give the solver a point (NaN where unknown) or a basis to start from."""
        if start is not None and self._program.is_mixed_integer:
            start_from_point(self._highs, self._program, self._scaling, start)
        if basis is not None:
            start_from_basis(self._highs, self._highspy, self._program, basis)

    def _attempt(self, *, watched: bool) -> AttemptRun:
        """Return the solver as it stands, ready to be run."""

        def another(program: LinearProgram, time_limit: float | None) -> Answer:
            return solve(program, replace(self.options, time_limit=time_limit, method="choose"))

        return AttemptRun(
            self._highs,
            self._highspy,
            self._program,
            self._scaling,
            budget=self._budget,
            watched=watched,
            solve=another,
            known_bound=self._known_bound,
        )

    def _is_long(self) -> bool:
        """Return whether a solve may take longer than the start of a thread to watch it."""
        size = self._program.matrix.nnz + sum(self._program.shape)
        return self._program.is_mixed_integer or size > _SMALL or logger.isEnabledFor(logging.DEBUG)


def solve(
    program: LinearProgram,
    options: Options | None = None,
    *,
    start: ArrayLike | None = None,
    basis: Basis | None = None,
    progress: Callable[[Progress], None] | None = None,
    known_bound: float | None = None,
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
    known_bound
        A bound on the objective that is proven already, such as that of a relaxation; the answer
        of a mixed-integer program reports the stronger of this and the solver's.

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
        answer = solver.solve(start=start, basis=basis, progress=progress, known_bound=known_bound)
        return answer if answer.duals is None else replace(answer, basis=solver.basis())
