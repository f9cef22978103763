"""Solves where one method fails, lies or does not end, and another answers."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from amopt.outcome import Status, Stopped
from amopt.program.linear import LinearProgram
from amopt.program.solver.attempt import AttemptRun
from amopt.program.solver.highs import Options, solve
from tests.program.programs import WYNDOR

program = LinearProgram.from_arrays


def test_another_method_answers_when_one_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first method's duals are spoilt: its answer does not stand, the next one's does."""
    spoil(monkeypatch, attempts=1)
    answer = solve(WYNDOR)
    assert answer.outcome.status is Status.OPTIMAL
    assert answer.outcome.method == "HiGHS dual simplex, no presolve"
    assert answer.duals == pytest.approx([0, 1.5, 1])


def test_a_call_that_fails_is_not_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The solver says kError: in our thread, in its own, and without presolve."""
    from highspy import HighsStatus, _core

    honest, seen = _core._Highs.run, itertools.count()
    monkeypatch.setattr(
        _core._Highs, "run", lambda s: honest(s) if next(seen) > 2 else HighsStatus.kError
    )
    answer = solve(WYNDOR)
    assert answer.outcome.status is Status.OPTIMAL
    assert answer.outcome.method == "HiGHS primal simplex, no presolve"
    monkeypatch.setattr(_core._Highs, "run", lambda s: HighsStatus.kError)
    answer = solve(WYNDOR)
    assert answer.outcome.stopped is Stopped.FAILED
    assert answer.outcome.status is Status.UNKNOWN
    assert answer.values is None


@pytest.mark.parametrize("size", [1.0, 1e-6, 1e-9, 1e-12])
@pytest.mark.parametrize("integer", [False, True])
def test_infeasible_is_seen_in_any_unit(size: float, integer: bool) -> None:
    """At least three and at most one, of whatever is counted; proven, so that one run is enough."""
    p = program([1, 1], [[1, 0], [1, 0], [0, 1]], [3 * size, -np.inf, 1], [np.inf, size, 2])
    p = replace(p, integer=np.array([False, integer]))
    assert solve(p).outcome.status is Status.INFEASIBLE


@pytest.mark.parametrize(
    "p",
    [
        program([0.0], [[3e-9]], 1e-9, 1e-9, integer=True),  # a third, of whole numbers
        program([1e10], [[0.0]], -4e-8, -3e-8),  # nothing, and less than nothing is wanted
    ],
)
def test_what_is_infeasible_in_the_units_of_the_claim_is_so(p: LinearProgram) -> None:
    """In the program's own units the tolerances take 0 for an answer, which is none."""
    assert solve(p).outcome.status is Status.INFEASIBLE


@pytest.mark.parametrize("interrupted", [True, False])
def test_a_proof_that_is_cut_short_is_none(
    monkeypatch: pytest.MonkeyPatch, interrupted: bool
) -> None:
    """Presolve sees that nothing is feasible; the run for a proof meets Ctrl-C, or fails."""
    honest, runs = AttemptRun._run, itertools.count()

    def run(self: AttemptRun, progress: Any) -> tuple[bool, bool]:
        if next(runs) == 1:
            return not interrupted, interrupted
        return honest(self, progress)

    monkeypatch.setattr(AttemptRun, "_run", run)
    outcome = solve(program([1, 1], [[1, 1], [1, 1]], [3, -np.inf], [np.inf, 2])).outcome
    if interrupted:
        assert (outcome.status, outcome.stopped) == (Status.UNKNOWN, Stopped.INTERRUPTED)
        assert next(runs) == 2  # nothing else was tried
    else:
        assert (outcome.status, outcome.stopped) == (Status.INFEASIBLE, Stopped.FINISHED)


def test_a_wrong_infeasible_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Said once and without a proof, a second method is asked."""
    from highspy import HighsModelStatus, _core

    honest, seen = _core._Highs.getModelStatus, itertools.count()
    monkeypatch.setattr(
        _core._Highs,
        "getModelStatus",
        lambda s: honest(s) if next(seen) else HighsModelStatus.kInfeasible,
    )
    assert solve(WYNDOR).outcome.objective == pytest.approx(36)


@pytest.mark.parametrize("presolve", [True, False])
def test_a_wrong_infeasible_of_whole_numbers_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, presolve: bool
) -> None:
    from highspy import HighsModelStatus, _core

    honest, seen = _core._Highs.getModelStatus, itertools.count()
    monkeypatch.setattr(
        _core._Highs,
        "getModelStatus",
        lambda s: honest(s) if next(seen) else HighsModelStatus.kInfeasible,
    )
    whole = replace(WYNDOR, integer=np.ones(2, bool))
    answer = solve(whole, Options(presolve=presolve))
    assert answer.outcome.status is Status.OPTIMAL
    assert answer.outcome.objective == pytest.approx(36)


ENDS = ("Optimal", "TimeLimit")
"""How the relaxation ends that has answers, and the second run."""


def test_infeasible_stands_where_the_second_run_takes_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from highspy import HighsModelStatus, _core

    said = iter([getattr(HighsModelStatus, f"k{end}") for end in ("Infeasible", *ENDS)])
    monkeypatch.setattr(_core._Highs, "getModelStatus", lambda s: next(said))
    odd = program([0, 0], [[2, 4]], 7, 7, upper=9, integer=True)
    outcome = solve(odd).outcome
    assert (outcome.status, outcome.stopped) == (Status.INFEASIBLE, Stopped.FINISHED)
    assert outcome.method == "HiGHS branch and bound"


def test_an_answer_without_a_proof_is_feasible_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, attempts=99)
    answer = solve(WYNDOR)
    assert answer.outcome.status is Status.FEASIBLE
    assert answer.outcome.objective == pytest.approx(36)
    assert answer.outcome.bound == pytest.approx(54)  # 4 * 3 + 12 * 3.5
    assert answer.outcome.gap == pytest.approx(0.5)


def spoil(monkeypatch: pytest.MonkeyPatch, attempts: int) -> None:
    """Replace the duals of the first attempts by ones that prove only 54."""
    from amopt.program.solver import attempt
    from amopt.program.solver.digits.dual_bound import DualBound
    from amopt.program.solver.validation import AttemptResult

    honest, methods = attempt.validate_linear, []

    def validate(
        p: LinearProgram, result: AttemptResult, x: np.ndarray | None, y: DualBound | None
    ) -> float:
        if result.method not in methods:
            methods.append(result.method)
        spoilt = methods.index(result.method) < attempts
        return honest(p, result, x, DualBound(p, np.array([3, 3.5, 0])) if spoilt else y)

    monkeypatch.setattr(attempt, "validate_linear", validate)
