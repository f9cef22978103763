"""Whole numbers held and digits refined; what the solver says is never taken as it is."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from amopt.outcome import Outcome, Status, Stopped
from amopt.program.linear import LinearProgram
from amopt.program.solver.answer import Answer
from amopt.program.solver.digits.polishing import polished, rounded
from amopt.program.solver.digits.refinement import at_bounds
from amopt.program.solver.highs import Options, Solver, solve
from amopt.program.solver.scaling import Scaling
from tests.program.programs import market_split, transport

program = LinearProgram.from_arrays

STUFFED = program([2, 3], [[1, 1]], 4.5, np.inf, upper=[100, np.inf], integer=[False, True])


# -- whole numbers --------------------------------------------------------------------------------


def test_whole_numbers_are_rounded_and_far_ones_are_none() -> None:
    near = rounded(STUFFED, np.array([4.4999995, 1e-7]))
    assert near is not None
    assert near.tolist() == [4.4999995, 0]
    assert rounded(STUFFED, np.array([4.4, 0.1])) is None


def test_the_rest_is_solved_anew() -> None:
    whole = polished(STUFFED, np.array([4.4999995, 0.0]), lambda left: solve(left).values)
    assert whole is not None
    assert whole.tolist() == [4.5, 0]
    assert polished(STUFFED, np.array([4.4999995, 0.0]), lambda left: None) is None


def raw_answers(
    monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Any, Any], Any], kind: str = "integer"
) -> list[int]:
    """Let the solver's answers to programs with (or without) integer columns be spoilt."""
    from highspy import _core

    honest, seen = _core._Highs.getSolution, [0]

    class Spoilt:
        def __init__(self, solution: Any, values: Any) -> None:
            self.value_valid, self.dual_valid = solution.value_valid, solution.dual_valid
            self.col_value, self.row_dual = values

    def get(highs: Any) -> Any:
        solution = honest(highs)
        integer = len(highs.getLp().integrality_) > 0 and any(
            str(member).endswith("kInteger") for member in highs.getLp().integrality_
        )
        if integer != (kind == "integer"):
            return solution
        seen[0] += 1
        return Spoilt(solution, spoil(list(solution.col_value), list(solution.row_dual)))

    monkeypatch.setattr(_core._Highs, "getSolution", get)
    return seen


def test_a_point_that_misses_a_row_is_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    raw_answers(monkeypatch, lambda x, y: ([x[0] - 5e-7, x[1] + 1e-9], y))
    answer = solve(STUFFED)
    assert answer.values is not None
    assert answer.values.tolist() == [4.5, 0]
    assert answer.outcome.objective == 9.0
    assert answer.outcome.status is Status.OPTIMAL


def test_whole_numbers_that_do_not_hold_are_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """z = 0.4 in every attempt: no answer leaves, and the outcome says why."""
    seen = raw_answers(monkeypatch, lambda x, y: ([4.1, 0.4], y))
    answer = solve(STUFFED)
    assert answer.values is None
    assert answer.outcome.status is Status.UNKNOWN
    assert answer.outcome.stopped is Stopped.FAILED
    assert "whole numbers do not hold" in answer.outcome.method
    assert seen[0] == 3  # every attempt was made


def test_what_no_whole_numbers_satisfy_is_not_called_solved() -> None:
    """x + z = 1.0000005 with x = 0 is met within the solver's tolerance and by no integer."""
    p = program([1, 1], [[1, 1]], 1.0000005, 1.0000005, upper=[0, 5], integer=[False, True])
    answer = solve(p)
    assert answer.values is None
    assert answer.outcome.status in (Status.INFEASIBLE, Status.UNKNOWN)


def test_a_bound_that_the_answer_disproves_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    from highspy import _core

    honest = _core._Highs.getInfo

    class Info:
        mip_node_count, mip_dual_bound = 1, 10.0

    monkeypatch.setattr(
        _core._Highs, "getInfo", lambda s: Info if s.getInfoValue("mip_gap")[1] < 9 else honest(s)
    )
    outcome = solve(STUFFED).outcome
    assert outcome.objective == 9.0
    assert outcome.bound is None
    assert outcome.status is Status.FEASIBLE


def test_no_time_to_polish_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The point that the solver found leaves, its whole numbers rounded, and is said to be that."""
    from amopt.program.solver import highs

    stopped = Outcome(stopped=Stopped.TIME_LIMIT, status=Status.UNKNOWN)
    monkeypatch.setattr(highs, "solve", lambda program, options: Answer(stopped, None, None, None))
    raw_answers(monkeypatch, lambda x, y: ([4.5, 1e-9], y))
    answer = solve(STUFFED)
    assert answer.outcome.method.endswith(", not polished")
    assert answer.values is not None
    assert answer.values.tolist() == [4.5, 0]
    assert answer.outcome.objective == 9.0
    raw_answers(monkeypatch, lambda x, y: ([4.49, 1e-9], y))
    assert solve(STUFFED).values is None  # without polishing a point has to hold by itself


def test_a_start_that_is_called_optimal_and_is_not_proven_so_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """HiGHS 1.16 may stop at the point that it was given, with a bound below it."""
    from amopt.program.solver.attempt import AttemptRun

    honest, asked = AttemptRun._read_integer, [0]

    def read(run: Any, result: Any) -> None:
        honest(run, result)
        asked[0] += 1
        if asked[0] == 1:
            result.bound, result.status = 5.0, Status.FEASIBLE

    monkeypatch.setattr(AttemptRun, "_read_integer", read)
    outcome = solve(STUFFED, start=[4.5, 0.0]).outcome
    assert (outcome.status, asked) == (Status.OPTIMAL, [2])
    assert outcome.bound == pytest.approx(9.0, rel=1e-6)
    for ask in ({"start": [4.5, 0.0], "options": Options(gap=0.5)}, {}):
        asked[0] = 0
        assert solve(STUFFED, **ask).outcome.bound == 5.0
        assert asked == [1]  # no more was asked for, or nothing was given to start from


def test_an_optimum_of_nothing_has_a_bound_of_nothing() -> None:
    """What a bound adds up may be a thousand, and its rounding more than the optimum."""
    p = program([1e-30, 730, 870], [[1, 1, 1], [0, 1, -3], [1, 0, 7]], [1, -9, 0.5], np.inf)
    for integer in (False, True):
        outcome = solve(replace(p, integer=np.full(3, integer))).outcome
        assert outcome.status is Status.OPTIMAL
        assert outcome.objective == pytest.approx(1e-30, abs=0)
        assert outcome.gap == pytest.approx(0.0, abs=1e-6)


def test_polishing_keeps_the_time_limit() -> None:
    outcome = solve(market_split(), Options(time_limit=1.0)).outcome
    assert outcome.status is Status.FEASIBLE
    assert outcome.total_seconds < 1.6
    assert "polished" not in outcome.method


# -- digits of linear programs --------------------------------------------------------------------


def test_digits_that_the_solver_leaves_out_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first point is off by 1e-7 everywhere and its duals by 1e-6."""
    p = transport(8)
    best = solve(p)
    assert best.outcome.objective is not None
    seen = itertools.count()

    def spoil(x: list[float], y: list[float]) -> tuple[list[float], list[float]]:
        if next(seen):
            return x, y
        return [v - 1e-7 for v in x], [v + 1e-6 for v in y]

    raw_answers(monkeypatch, spoil, "linear")
    answer = solve(p)
    assert answer.outcome.method == "HiGHS dual simplex"
    assert next(seen) > 1
    assert answer.outcome.residuals["primal"] <= 1e-12
    assert answer.outcome.objective == pytest.approx(best.outcome.objective, rel=1e-12)
    assert answer.outcome.bound <= answer.outcome.objective
    assert answer.outcome.gap <= 1e-10


def test_refinement_leaves_the_program_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    p = transport(6)
    best = solve(p).outcome.objective
    seen = itertools.count()
    raw_answers(
        monkeypatch,
        lambda x, y: (x, y) if next(seen) % 2 else ([v * (1 - 1e-7) for v in x], y),
        "linear",
    )
    with Solver(p) as solver:
        for factor in (1.0, 2.0, 0.5):
            solver.change_cost(p.cost * factor)
            assert solver.solve().outcome.objective == pytest.approx(best * factor, rel=1e-12)
        kept = solver.highs.getLp()
        assert list(kept.row_lower_) == p.row_lower.tolist()
        assert list(kept.col_upper_) == p.upper.tolist()


def test_what_rounding_keeps_from_a_bound_is_put_there_without_another_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """4e-18 in a row of zeros misses it by all that is there."""
    p = program([1, 1, 1], [[0, 0, 1], [-6, 1, 0]], [1, -np.inf], [np.inf, 0], upper=[1, 6, 9])
    seen = itertools.count()
    raw_answers(monkeypatch, lambda x, y: ([0.0, 4e-18 + 0 * next(seen), x[2]], y), "linear")
    answer = solve(p)
    assert next(seen) == 1
    assert answer.values.tolist() == [0, 0, 1]
    assert answer.outcome.status is Status.OPTIMAL
    assert answer.outcome.residuals["primal"] == 0


def test_what_lies_off_a_bound_by_more_stays_there() -> None:
    p = program([1, 1, 1], [[1, 1, 1]], 1, np.inf, upper=[1, np.inf, 2])
    x = np.array([1 - 1e-12, 1e-14, 2 - 2**-52])
    assert at_bounds(p, Scaling.none(p), x).tolist() == [1 - 1e-12, 1e-14, 2]


def test_tiny_quantities_are_not_lost_below_the_solver_s_tolerance() -> None:
    """Ship 3e-7 t of something: a row of that size is met, not ignored."""
    p = program([5, 7], [[1, 1], [1, 0]], [3e-7, -np.inf], [np.inf, 1e-7])
    answer = solve(p)
    assert answer.outcome.status is Status.OPTIMAL
    assert answer.values == pytest.approx([1e-7, 2e-7], rel=1e-9, abs=0)
    assert answer.outcome.objective == pytest.approx(19e-7, rel=1e-9, abs=0)


# -- what is no answer ----------------------------------------------------------------------------

WRONG: list[Callable[[list[float]], Any]] = [
    lambda numbers: [np.nan] * len(numbers),
    lambda numbers: [*numbers[:-1], np.inf],
    lambda numbers: numbers[:-1],
    lambda numbers: [*numbers, 0.0],
    lambda numbers: [],
    lambda numbers: ["many"] * len(numbers),
]


@pytest.mark.parametrize("times", [1, 99])
@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("integer", [False, True])
@pytest.mark.parametrize("part", ["values", "duals"])
def test_what_is_no_number_each_is_no_answer(
    wrong: Callable[[list[float]], Any],
    integer: bool,
    part: str,
    times: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """NaN, infinities, text and arrays of the wrong length never leave, nor raise."""
    p = replace(transport(4), integer=np.full(16, integer) & (np.arange(16) > 7))
    honest, seen = solve(p).outcome.objective, itertools.count()

    def spoil(x: list[float], y: list[float]) -> Any:
        if next(seen) >= times:
            return x, y
        return (wrong(x), y) if part == "values" else (x, wrong(y))

    raw_answers(monkeypatch, spoil, "integer" if integer else "linear")
    answer = solve(p)
    if answer.values is not None:
        assert answer.outcome.objective == pytest.approx(honest)
    else:
        assert times == 99
        assert answer.outcome.status is Status.UNKNOWN
        assert answer.outcome.stopped is Stopped.FAILED


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 1e300])
def test_a_bound_that_is_no_number_is_no_bound(
    wrong: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    from highspy import _core

    class Info:
        mip_node_count = simplex_iteration_count = ipm_iteration_count = wrong
        mip_dual_bound = wrong

    monkeypatch.setattr(_core._Highs, "getInfo", lambda s: Info)
    outcome = solve(STUFFED).outcome
    assert outcome.objective == 9.0
    assert outcome.bound is None
    assert outcome.status is Status.FEASIBLE


# -- bounds that are known ------------------------------------------------------------------------


def test_a_known_bound_travels() -> None:
    p = market_split()
    free = solve(p, Options(time_limit=0.3)).outcome
    known = solve(p, Options(time_limit=0.3), known_bound=3.0).outcome
    assert free.bound is not None
    assert free.bound < 3
    assert known.bound == 3.0
    assert solve(p, Options(time_limit=0.0), known_bound=3.0).outcome.bound == 3.0
    assert solve(p, Options(time_limit=0.3), known_bound=-9.0).outcome.bound >= free.bound - 1


def test_a_known_bound_proves_an_answer() -> None:
    p = market_split(4, 30)
    found = solve(p, Options(time_limit=0.3)).outcome
    assert found.objective is not None
    told = solve(p, Options(time_limit=0.3), known_bound=found.objective).outcome
    assert told.objective is not None
    if told.objective == found.objective:
        assert told.status is Status.OPTIMAL


@pytest.mark.parametrize("maximise", [False, True])
def test_of_two_bounds_the_stronger_counts(maximise: bool) -> None:
    sign = -1 if maximise else 1
    p = replace(STUFFED, cost=sign * STUFFED.cost, maximise=maximise)
    for known in (1.0, 9.0, float("nan"), float("-inf")):
        assert solve(p, known_bound=sign * known).outcome.bound == pytest.approx(sign * 9.0)


# -- threads and options --------------------------------------------------------------------------


@pytest.mark.parametrize(("threads", "parallel"), [(1, "off"), (2, "choose"), (0, "choose")])
def test_one_thread_unless_asked(threads: int, parallel: str) -> None:
    with Solver(market_split(3, 12), Options(threads=threads, time_limit=20)) as solver:
        solver.solve()
        assert solver.highs.getOptionValue("threads")[1] == threads
        assert solver.highs.getOptionValue("parallel")[1] == parallel
