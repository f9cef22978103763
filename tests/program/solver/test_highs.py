"""The one door to the solver."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from amopt.errors import UsageError
from amopt.outcome import Status, Stopped
from amopt.program.linear import LinearProgram
from amopt.program.solver import highs
from amopt.program.solver.digits.dual_bound import check_dual
from amopt.program.solver.digits.residuals import check_primal
from amopt.program.solver.highs import Basis, Options, Solver, solve
from tests.program.programs import WYNDOR, market_split, transport

program = LinearProgram.from_arrays


def random_linear(seed: int) -> LinearProgram:
    """A random program with rows of all kinds; feasible, infeasible or unbounded."""
    rng = np.random.default_rng(seed)
    m, n = rng.integers(1, 7, 2)
    matrix = np.where(rng.random((m, n)) < 0.7, rng.integers(-5, 6, (m, n)), 0)
    middle = matrix @ rng.uniform(-1, 2, n)
    lower = np.where(rng.random(m) < 0.4, -np.inf, middle - rng.integers(0, 3, m))
    upper = np.where(rng.random(m) < 0.4, np.inf, middle + rng.integers(0, 3, m))
    if rng.random() < 0.2:
        upper = np.minimum(upper, middle - 2)
        lower = np.minimum(lower, upper)
    return program(
        rng.integers(-5, 6, n),
        matrix,
        lower,
        upper,
        lower=np.where(rng.random(n) < 0.3, -np.inf, -rng.integers(0, 4, n)),
        upper=np.where(rng.random(n) < 0.3, np.inf, rng.integers(0, 4, n)),
        offset=float(rng.integers(-3, 4)),
        maximise=bool(rng.random() < 0.5),
    )


def scipy_answer(p: LinearProgram) -> tuple[int, float | None]:
    """Solve through another road, both sides of each row as inequalities."""
    dense = p.matrix.toarray()
    above, below = np.isfinite(p.row_upper), np.isfinite(p.row_lower)
    sign = -1 if p.maximise else 1
    found = linprog(
        sign * p.cost,
        A_ub=np.vstack([dense[above], -dense[below]]),
        b_ub=np.r_[p.row_upper[above], -p.row_lower[below]],
        bounds=np.column_stack([p.lower, p.upper]),
        method="highs-ds",
        options={"presolve": False},
    )
    return found.status, sign * found.fun + p.offset if found.status == 0 else None


# -- worked programs ------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["choose", "simplex", "primal simplex", "ipm"])
@pytest.mark.parametrize("presolve", [True, False])
def test_wyndor(method: str, presolve: bool) -> None:
    answer = solve(WYNDOR, Options(method=method, presolve=presolve))
    assert answer.outcome.status is Status.OPTIMAL
    assert answer.outcome.stopped is Stopped.FINISHED
    assert answer.outcome.objective == pytest.approx(36)
    assert answer.outcome.bound == pytest.approx(36)
    assert answer.outcome.gap == pytest.approx(0, abs=1e-9)
    assert answer.values == pytest.approx([2, 6])
    assert answer.duals == pytest.approx([0, 1.5, 1])  # published shadow prices
    assert answer.reduced_costs == pytest.approx([0, 0])
    name = {"primal simplex": "primal simplex", "ipm": "interior point"}.get(method, "dual simplex")
    assert name in answer.outcome.method
    assert answer.outcome.versions["highspy"][0].isdigit()


def test_a_method_that_never_ends_makes_way_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(highs, "simplex_iterations", lambda _: 1)
    answer = solve(WYNDOR, Options(presolve=False))
    assert answer.outcome.status is Status.OPTIMAL
    assert answer.outcome.objective == pytest.approx(36)
    assert "interior point" in answer.outcome.method


def test_offset_and_free_columns() -> None:
    answer = solve(program([1, 1], [[1, 1]], 3, 3, lower=-np.inf, offset=10))
    assert answer.outcome.objective == pytest.approx(13)
    assert answer.duals == pytest.approx([1])


def test_knapsack() -> None:
    p = program([10, 13, 7], [[3, 4, 2]], -np.inf, 6, upper=1, integer=True, maximise=True)
    answer = solve(p)
    assert answer.outcome.status is Status.OPTIMAL
    assert answer.values is not None
    assert answer.values.tolist() == [0, 1, 1]
    assert answer.outcome.objective == 20
    assert answer.duals is None
    assert answer.outcome.residuals["integrality"] == 0


# Programs on which releases of HiGHS went wrong, with the optimum that is known for each.
BIG_M = program([0, 2, 99999], [[1, 1, 0], [1, 0, -100]], [10, -np.inf], [10, 0], integer=[0, 0, 1],
                upper=[np.inf, np.inf, 1])  # fmt: skip
STUFFED = program([2, 3], [[1, 1]], 4.5, np.inf, upper=10, integer=[False, True])
PACKED = program(  # z0, z1, d0, d1, x0, x1
    [0, 0, 10, 8, 0, 0],
    [[1, 0, 0, 0, -1000, 0], [0, 1, 0, 0, 0, -1000], [1, 0, 1, 0, 0, 0], [0, 1, 0, 1, 0, 0],
     [0, 0, 0, 0, 1, 1]],
    [-np.inf, -np.inf, 1000, 1000, -np.inf],
    [0, 0, 1000, 1000, 1],
    upper=[1000] * 4 + [1, 1],
    integer=[0, 0, 0, 0, 1, 1],
)  # fmt: skip
TRICKLE = program([1, 0], [[0, 1], [-1e6, 1]], [1, -np.inf], [1, 0], upper=[1, np.inf],
                  integer=[1, 0])  # fmt: skip


@pytest.mark.parametrize(
    ("hard", "optimum"),
    [(BIG_M, 20), (STUFFED, 9), (PACKED, 8000), (TRICKLE, 1)],
    ids=["HiGHS issue 2975", "HiGHS issue 2961", "HiGHS issue 3094", "HiGHS.jl issue 104"],
)
def test_programs_that_went_wrong(hard: LinearProgram, optimum: float) -> None:
    answer = solve(hard)
    assert answer.outcome.objective == pytest.approx(optimum)
    assert answer.outcome.status is Status.OPTIMAL
    assert answer.values is not None
    assert (answer.values[hard.integer] == np.round(answer.values[hard.integer])).all()


@pytest.mark.parametrize("integer", [False, True])
@pytest.mark.parametrize("size", [1e-4, 1e-9, 1e-14])
def test_tiny_costs_are_costs(size: float, integer: bool) -> None:
    """Below the solver's absolute tolerances any vertex would pass for optimal."""
    whole = np.full(2, integer)
    p = replace(WYNDOR, cost=-WYNDOR.cost * size, maximise=False, integer=whole, offset=2 * size)
    answer = solve(p)
    assert answer.outcome.status is Status.OPTIMAL
    assert answer.outcome.objective == pytest.approx(-34 * size, rel=1e-9, abs=0)
    assert answer.outcome.bound == pytest.approx(-34 * size, rel=1e-6, abs=0)
    assert answer.values == pytest.approx([2, 6])
    if not integer:
        assert answer.duals == pytest.approx([0, -1.5 * size, -size], rel=1e-9, abs=1e-9 * size)
    with Solver(WYNDOR) as solver:
        solver.change_cost(WYNDOR.cost * size)
        assert solver.solve().outcome.objective == pytest.approx(36 * size, rel=1e-9, abs=0)


def test_huge_costs() -> None:
    answer = solve(replace(WYNDOR, cost=WYNDOR.cost * 1e9))
    assert answer.outcome.status is Status.OPTIMAL
    assert answer.outcome.objective == pytest.approx(36e9)


def test_tiny_coefficients_are_kept() -> None:
    """1e-10 * x >= 1 needs x = 1e10; the solver by default drops what is below 1e-9."""
    answer = solve(program([1], [[1e-10]], 1, np.inf))
    assert answer.outcome.status is Status.OPTIMAL
    assert answer.outcome.objective == pytest.approx(1e10)


def test_coefficients_too_large_for_the_solver_are_an_error() -> None:
    with pytest.raises(UsageError, match=r"the coefficient 1e\+16 of c0 in r0"):
        solve(program([1], [[1e16]], 1, np.inf))


def test_a_change_that_is_too_large_leaves_the_program_as_it_was() -> None:
    with Solver(WYNDOR) as solver:
        with pytest.raises(UsageError, match=r"the bound 1e\+20 of c0"):
            solver.change_bounds([1e20, 0], np.inf)
        assert solver.solve().outcome.objective == pytest.approx(36)


# -- infeasible, unbounded, empty -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("p", "status"),
    [
        (program([1], [[1]], 2, 1), Status.INFEASIBLE),
        (program([1, 1], [[1, 1], [1, 1]], [3, -np.inf], [np.inf, 2]), Status.INFEASIBLE),
        (program([-1], [[1]], 0, np.inf), Status.UNBOUNDED),
        (program([1, 1], [[1, -1]], 0, np.inf, maximise=True), Status.UNBOUNDED),
        # unbounded in one column, infeasible in others: infeasible
        (program([-1, 0], [[0, 1], [0, 1]], [3, -np.inf], [np.inf, 2]), Status.INFEASIBLE),
        (program([1], [[2]], 1, 1, integer=True), Status.INFEASIBLE),
        (program([-1, 0], [[1, -1]], 0, 0, integer=True), Status.UNBOUNDED),
        (program([-1, 0, 0], [[1, -1, 0], [0, 0, 2]], [0, 1], [0, 1], integer=True), "infeasible"),
        (program([], np.zeros((2, 0)), 1, 1), Status.INFEASIBLE),
        (program([], np.zeros((2, 0)), 0, 1), Status.OPTIMAL),
        (program([1, -1], np.zeros((0, 2)), [], [], upper=3), Status.OPTIMAL),
        (program([1, -1], np.zeros((0, 2)), [], []), Status.UNBOUNDED),
        (program([0], np.zeros((0, 1)), [], [], lower=0.2, upper=0.8, integer=True), "infeasible"),
        (program([], np.zeros((0, 0)), [], []), Status.OPTIMAL),
        (program([1, 1], np.zeros((2, 2)), -1, 1, lower=2), Status.OPTIMAL),
        (program([1, 1], np.zeros((2, 2)), 1, 1), Status.INFEASIBLE),
    ],
)
def test_ends_other_than_optimal(p: LinearProgram, status: Status) -> None:
    answer = solve(p)
    assert answer.outcome.status == status
    assert answer.outcome.stopped is Stopped.FINISHED
    assert (answer.values is not None) == answer.outcome.has_answer
    if not answer.outcome.has_answer:
        assert answer.outcome.objective is answer.outcome.bound is None


def test_bounds_alone_are_answered() -> None:
    answer = solve(program([1, -1, 0], np.zeros((0, 3)), [], [], lower=[-2, 0, 1], upper=[3, 5, 9]))
    assert answer.values is not None
    assert answer.values.tolist() == [-2, 5, 1]
    assert answer.outcome.objective == answer.outcome.bound == -7
    assert answer.reduced_costs == pytest.approx([1, -1, 0])


@pytest.mark.parametrize(("lower", "upper"), [(0.5, 1.0), (-1.0, -0.5)])
def test_a_row_of_nothing_that_asks_for_something_is_infeasible(lower: float, upper: float) -> None:
    answer = solve(program([], np.zeros((1, 0)), lower, upper))
    assert answer.outcome.status is Status.INFEASIBLE


# -- against other roads --------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6))
def test_random_programs_against_scipy(seed: int) -> None:
    p = random_linear(seed)
    answer = solve(p)
    status, objective = scipy_answer(p)
    if answer.outcome.status is Status.OPTIMAL:
        assert objective == pytest.approx(answer.outcome.objective, abs=1e-7)
        assert answer.values is not None
        assert answer.duals is not None
        assert check_primal(p, answer.values).accepted
        proof = check_dual(p, answer.duals, answer.values)
        assert proof.bound == pytest.approx(objective, abs=1e-6)
        assert answer.reduced_costs == pytest.approx(p.cost - p.matrix.T @ answer.duals)
    else:
        # scipy may leave open which of the two it is
        expected = {Status.INFEASIBLE: (2, 4), Status.UNBOUNDED: (3, 4)}[answer.outcome.status]
        assert status in expected


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_random_integer_programs_against_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    m, n = rng.integers(1, 4), rng.integers(1, 5)
    p = program(
        rng.integers(-5, 6, n),
        rng.integers(-4, 5, (m, n)),
        -np.inf,
        rng.integers(-3, 10, m),
        upper=3,
        integer=True,
        maximise=bool(rng.random() < 0.5),
    )
    points = np.array(list(itertools.product(range(4), repeat=int(n))), dtype=float)
    feasible = points[(points @ p.matrix.T.toarray() <= p.row_upper).all(axis=1)]
    answer = solve(p)
    if not len(feasible):
        assert answer.outcome.status is Status.INFEASIBLE
        return
    best = (feasible @ p.cost).max() if p.maximise else (feasible @ p.cost).min()
    assert answer.outcome.status is Status.OPTIMAL
    assert answer.outcome.objective == best
    assert answer.outcome.bound == pytest.approx(best, abs=1e-6)


@pytest.mark.parametrize("maximise", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_duals_are_changes_of_the_optimum(seed: int, maximise: bool) -> None:
    """Move each right-hand side and each bound a little: the optimum moves by dual times step."""
    rng = np.random.default_rng(seed)
    matrix = rng.uniform(0.5, 2, (3, 5))
    cost = rng.uniform(1, 2, 5)
    sides = (-np.inf, 4.0) if maximise else (4.0, np.inf)
    p = program(cost, matrix, *sides, lower=0.05, upper=1.5, maximise=maximise)
    answer = solve(p)
    assert answer.duals is not None
    assert answer.reduced_costs is not None
    assert np.abs(answer.duals).max() > 0.1
    step = 1e-5
    for row in range(3):
        moved = p.row_upper.copy() if maximise else p.row_lower.copy()
        moved[row] += step
        other = replace(p, row_upper=moved) if maximise else replace(p, row_lower=moved)
        assert change(p, other) / step == pytest.approx(answer.duals[row], abs=1e-4)
    for column in range(5):
        unit = step * (np.arange(5) == column)
        other = replace(p, lower=p.lower + unit, upper=p.upper + unit)
        assert change(p, other) / step == pytest.approx(answer.reduced_costs[column], abs=1e-4)


def change(before: LinearProgram, after: LinearProgram) -> float:
    one, two = solve(before).outcome.objective, solve(after).outcome.objective
    assert one is not None
    assert two is not None
    return two - one


# -- sequences ------------------------------------------------------------------------------------


def test_a_basis_makes_the_second_solve_free() -> None:
    p = transport()
    first = solve(p)
    assert first.basis is not None
    second = solve(p, basis=first.basis)
    assert first.outcome.iterations
    assert second.outcome.iterations == 0
    assert second.outcome.objective == pytest.approx(first.outcome.objective)
    rough = Basis.of(first.basis.columns == 1, first.basis.rows == 1)
    assert solve(p, basis=rough).outcome.iterations == 0


def test_a_solver_solves_a_sequence() -> None:
    p = transport()
    with Solver(p) as solver:
        cold = solver.solve()
        assert cold.basis is None
        kept = solver.basis()
        assert kept is not None
        assert (kept.columns == 1).sum() + (kept.rows == 1).sum() == p.shape[0]
        solver.change_cost(p.cost * 1.001)
        assert solver.solve().outcome.iterations == 0
        solver.change_cost(p.cost[::-1])
        assert same(solver, replace(p, cost=p.cost[::-1]))
        solver.change_rows(p.row_lower * 0.9, p.row_upper)
        assert same(solver, replace(p, cost=p.cost[::-1], row_lower=p.row_lower * 0.9))
        solver.change_bounds(0.0, 1.5)
        warm = solver.solve()
        assert warm.outcome.iterations is not None
        assert cold.outcome.iterations is not None
        assert warm.outcome.iterations < cold.outcome.iterations
        assert warm.values is not None
        assert warm.values.max() <= 1.5
        solver.change_rows(99.0, 99.0)
        assert solver.solve().outcome.status is Status.INFEASIBLE
        solver.change_rows(p.row_lower, p.row_upper)
        solver.change_bounds(0.0, np.inf)
        solver.change_cost(p.cost)
        assert solver.solve().outcome.objective == pytest.approx(cold.outcome.objective)


def same(solver: Solver, p: LinearProgram) -> bool:
    return solver.solve().outcome.objective == pytest.approx(solve(p).outcome.objective)


@pytest.mark.parametrize("complete", [True, False])
def test_a_start_is_the_first_incumbent(complete: bool) -> None:
    p = market_split(4, 30)
    first = solve(p, Options(time_limit=0.7))
    assert first.values is not None
    assert first.outcome.objective is not None
    start = first.values if complete else np.where(p.integer, first.values, np.nan)

    def incumbents(**given: object) -> list[float]:
        heard: list[float | None] = []
        solve(p, Options(time_limit=0.3), progress=lambda r: heard.append(r.objective), **given)  # type: ignore[arg-type]
        return [objective for objective in heard if objective is not None]

    assert incumbents(start=start)[0] <= first.outcome.objective + 1e-6
    assert incumbents()[0] > first.outcome.objective + 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"method": "magic"}, "unknown method 'magic'"),
        ({"method": 3}, "unknown method 3"),
        ({"time_limit": -1}, "the time limit must be seconds, 0 or more, not -1"),
        ({"time_limit": float("nan")}, "the time limit"),
        ({"time_limit": "5"}, "the time limit"),
        ({"time_limit": True}, "the time limit"),
        ({"gap": -0.1}, "the gap"),
        ({"gap": float("nan")}, "the gap"),
        ({"gap": float("inf")}, "the gap"),
        ({"gap": None}, "the gap"),
        ({"threads": -2}, "threads must be a number from 0 to 256, not -2"),
        ({"threads": 1000}, "threads must be a number from 0 to 256, not 1000"),
        ({"threads": 2.0}, "threads"),
        ({"threads": True}, "threads"),
        ({"seed": -1}, "the seed"),
        ({"seed": 2**31}, "the seed"),
        ({"seed": "lucky"}, "the seed"),
        ({"presolve": "on"}, "presolve must be True or False"),
        ({"sub_programs": 1}, "sub_programs must be True or False"),
    ],
)
def test_what_the_solver_cannot_use_is_refused(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Options(**wrong)


def test_numbers_of_numpy_are_numbers() -> None:
    options = Options(
        time_limit=np.float64(20), gap=np.float32(0), threads=np.int64(1), seed=np.int32(3)
    )
    assert solve(WYNDOR, options).outcome.status is Status.OPTIMAL
    whole = replace(WYNDOR, integer=np.ones(2, bool))
    assert solve(whole, options).outcome.objective == 36


def test_an_option_that_the_solver_refuses_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from highspy import HighsStatus, _core

    honest = _core._Highs.setOptionValue
    monkeypatch.setattr(
        _core._Highs,
        "setOptionValue",
        lambda s, key, value: HighsStatus.kError if key == "threads" else honest(s, key, value),
    )
    with pytest.raises(UsageError, match="does not take the option threads = 1"):
        solve(WYNDOR)


@pytest.mark.parametrize("basic", [[0, 1], [2, 3], [0, 3], [0], [], [0, 1, 2, 3]])
def test_a_basis_that_is_none_is_mended(basic: list[int]) -> None:
    """Columns that depend on each other, too few and too many; one may stand at either end."""
    p = program([-1, -2, -3, 1], [[1, 1, 2, 0], [1, 1, 1, 0]], -np.inf, [4, 3], upper=[3, 3, 3, 3])
    start = Basis.of(np.isin(range(4), basic), [False, False])
    assert solve(p, basis=start).outcome.objective == pytest.approx(solve(p).outcome.objective)
    free = program([1, 0], [[1, 1], [1, -1]], [2, 0], np.inf, lower=-np.inf)
    assert solve(free, basis=Basis.of([False] * 2, [True] * 2)).outcome.objective == 1


def test_a_basis_of_another_program_is_an_error() -> None:
    with pytest.raises(UsageError, match="basis"):
        solve(WYNDOR, basis=Basis.of([True], [True]))
