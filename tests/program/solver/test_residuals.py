"""What an answer is worth, from the arrays alone."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from amopt.outcome import Status
from amopt.program.linear import LinearProgram
from amopt.program.solver.digits.arithmetic import exact_sum
from amopt.program.solver.digits.dual_bound import DualBound, check_dual, infeasibility_proof
from amopt.program.solver.digits.residuals import check_primal
from amopt.program.solver.validation import AttemptResult, validate_linear

program = LinearProgram.from_arrays

DIET = program([2, 3], [[1, 2], [3, 1]], [4, 3], np.inf, upper=[10, np.inf], offset=1)


def test_a_feasible_point() -> None:
    check = check_primal(DIET, np.array([2.0, 1.0]))
    assert check.accepted
    assert check.primal == 0
    assert check.objective == 8
    assert check.scale == 7


@pytest.mark.parametrize(
    ("x", "violation"),
    [([2, 0.5], 1 / 4), ([0, 2], 1 / 3), ([11, 0], 1 / 11), ([4, -0.5], 1)],
)
def test_violations_are_relative_to_what_is_added_up(x: list[float], violation: float) -> None:
    check = check_primal(DIET, np.array(x, float))
    assert check.primal == pytest.approx(violation)
    assert not check.accepted


def test_integrality() -> None:
    p = program([1, 1], [[1, 1]], 0, 9, integer=[True, False])
    assert check_primal(p, np.array([1.25, 0.5])).integrality == 0.25
    assert check_primal(p, np.array([1.0, 0.5])).accepted


def test_nan_is_no_answer() -> None:
    assert not check_primal(DIET, np.array([np.nan, 1])).accepted
    assert not check_dual(DIET, np.array([np.nan, 1]), np.zeros(2)).accepted


def test_a_small_miss_at_a_high_price_is_no_optimum() -> None:
    """min 1e8 a + c, a + b = 1, b <= 1 - 1e-10: a row missed by 1e-10 hides 0.01 of the cost."""
    bounds = {"lower": [0, 0, 1], "upper": [1, 1 - 1e-10, 1]}
    dear = program([1e8, 0, 1], [[1, 1, 0]], [1], 1, **bounds)
    for a, status in ((0.0, Status.FEASIBLE), (1e-10, Status.OPTIMAL)):
        result = AttemptResult("by hand")
        x, y = np.array([a, 1 - 1e-10, 1.0]), DualBound(dear, np.array([1e8]))
        short = validate_linear(dear, result, x, y)
        assert (result.status, result.final) == (status, status is Status.OPTIMAL)
        assert short == pytest.approx(0.01 if a == 0 else 0.0, abs=1e-6)


def test_a_bound_above_the_objective_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    right, x = DualBound.at, np.array([0.4, 1.8])
    for factor, status in ((1.0, Status.OPTIMAL), (1.05, Status.FEASIBLE)):
        monkeypatch.setattr(
            DualBound,
            "at",
            lambda *at, f=factor: replace(found := right(*at), bound=f * found.bound),
        )
        result = AttemptResult("by hand")
        validate_linear(DIET, result, x, DualBound(DIET, np.array([1.4, 0.2])))
        outcome = result.answer(DIET, 0.0).outcome
        assert outcome.status == status
        assert outcome.bound == (None if factor > 1 else pytest.approx(7.2))


def test_the_bound_that_duals_prove() -> None:
    """y = (1, 0): 4 + 1 + min (2 - 1) x1 + (3 - 2) x2 = 5; y = (1.4, 0.2): 7.2."""
    x = np.array([0.4, 1.8])
    assert check_dual(DIET, np.array([1.0, 0]), x).bound == pytest.approx(5)
    best = check_dual(DIET, np.array([1.4, 0.2]), x)
    assert best.accepted
    assert best.bound == pytest.approx(7.2)
    assert check_primal(DIET, x).objective == pytest.approx(7.2)


def test_duals_of_the_wrong_sign_prove_nothing() -> None:
    assert check_dual(DIET, np.array([-1.0, 0]), np.zeros(2)).dual == pytest.approx(2 / 3)
    # nothing limits the second column when its cost may be anything
    free = replace(DIET, cost=np.array([2.0, -3]), row_upper=np.full(2, np.inf))
    assert check_dual(free, np.array([0, 9.0]), np.zeros(2)).dual == pytest.approx(12 / 3)
    # a reduced cost of the wrong sign at a finite bound costs, but proves
    check = check_dual(DIET, np.array([0.0, 1.0]), np.zeros(2))
    assert check.accepted
    assert check.bound == pytest.approx(1 + 3 - 10)


@pytest.mark.parametrize("sign", [-1, 1])
def test_the_solver_s_infinity_is_an_open_side(sign: int) -> None:
    """A bound of 1e20 is none to the solver: a cost that draws there proves nothing."""
    sides = {"lower": -1e20, "upper": 0.0} if sign > 0 else {"lower": 0.0, "upper": 1e20}
    p = program([float(sign)], [[0.0]], -np.inf, 1.0, **sides)
    assert check_dual(p, np.zeros(1), np.zeros(1)).dual == 1
    assert check_primal(p, np.array([-2e20 * sign])).primal == 0


def test_a_reduced_cost_of_the_wrong_sign_is_paid_for_at_an_open_side() -> None:
    """y = (0, 9) leaves 3 - 9 for the open column, of which twice the cost buys so much."""
    x = np.array([0.4, 1.8])
    check = check_dual(DIET, np.array([0, 9.0]), x)
    assert check.dual == 0
    assert check.bound == pytest.approx(1 + 27 - 25 * 10 - 6 * (2 * 6.2 / 3))


@pytest.mark.parametrize("unit", [1e-9, 1e-3, 1.0, 1e6])
def test_units_change_no_verdict(unit: float) -> None:
    plain = replace(DIET, offset=0.0)
    other = replace(plain, matrix=plain.matrix / unit, upper=plain.upper * unit)
    for x in ([2, 1], [2, 0.999999], [2, 0.5], [4, -0.5]):
        one, two = check_primal(plain, np.array(x)), check_primal(other, np.array(x) * unit)
        assert two.primal == pytest.approx(one.primal, rel=1e-6, abs=1e-15)


def test_rounding_in_a_row_of_zeros_is_no_violation() -> None:
    """x <= 100 z with z = 0 and x = 1e-16, where x stands beside 50 in another row."""
    p = program([1, 1, 1], [[1, -100, 0], [1, 0, 1]], [-np.inf, 50], [0, np.inf])
    assert check_primal(p, np.array([1e-16, 0, 50])).accurate
    assert not check_primal(p, np.array([1e-9, 0, 50])).accurate
    assert check_primal(p, np.array([1e-9, 0, 50]), noise=1e-3).accepted
    assert not check_primal(p, np.array([1e-3, 0, 50]), noise=1e-3).accepted


@settings(max_examples=100)
@given(st.integers(0, 10**6))
def test_no_duals_prove_more_than_the_optimum(seed: int) -> None:
    """Weak duality, for any duals at all, minimised and maximised."""
    rng = np.random.default_rng(seed)
    m, n = rng.integers(1, 5, 2)
    matrix, inside = rng.normal(size=(m, n)), rng.uniform(0, 2, n)
    maximise = bool(rng.random() < 0.5)
    upper = matrix @ inside + rng.random(m)
    p = program(rng.normal(size=n), matrix, -np.inf, upper, upper=2, maximise=maximise)
    sign = -1 if maximise else 1
    found = linprog(sign * p.cost, A_ub=matrix, b_ub=upper, bounds=[(0, 2)] * n)
    best = sign * found.fun
    for y in (rng.normal(size=m), -sign * rng.random(m)):
        check = check_dual(p, y, found.x)
        assert sign * check.bound <= sign * best + 1e-9


def test_a_tiny_coefficient_elsewhere_excuses_no_violation() -> None:
    p = program([1, 1, 1], [[1, 0, 0], [1e-13, 1, 0], [0, 1e-13, 1]], [1, 50, 50], [1, 50, 50])
    check = check_primal(p, np.array([1 + 1e-6, 50.0, 50.0]))
    assert check.primal == pytest.approx(1e-6, rel=1e-3)


@pytest.mark.parametrize("seed", range(40))
def test_shares_of_a_whole_miss_once(seed: int) -> None:
    """Columns that one row limits together: their largest miss counts, and the bound holds."""
    rng = np.random.default_rng(seed)
    n = 30
    weights, cost = rng.uniform(0.5, 3, n), rng.normal(size=n)
    flow = rng.normal(size=(2, n))
    inside = rng.random(n)
    inside /= weights @ inside
    matrix, sides = np.vstack([weights, flow]), np.append(1.0, flow @ inside)
    p = program(cost, matrix, sides, sides)
    found = linprog(cost, A_eq=matrix, b_eq=sides)
    y = found.eqlin.marginals + np.append(1e-7, 1e-7 * rng.normal(size=2))
    check = check_dual(p, y, found.x)
    assert check.dual == 0
    assert check.bound <= found.fun + 1e-12
    worst = max(0.0, float((-(cost - matrix.T @ y) / weights).max()))
    assert check.bound == pytest.approx(float(sides @ y) - worst, abs=1e-12)
    far = check_dual(p, y + np.append(5.0, rng.normal(size=2)), found.x)
    assert far.bound <= found.fun + 1e-9


def test_the_better_of_what_a_row_and_single_columns_prove_counts() -> None:
    """A row far from binding limits both columns together, and one closely each of them."""
    matrix = np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    far = program([-1e-6, -1e-6], matrix, -np.inf, [1e9, 1.0, 2.0])
    check = check_dual(far, np.zeros(3), np.zeros(2))
    assert check.dual == 0
    assert check.bound == pytest.approx(-3e-6, rel=1e-6)
    assert check_dual(far, np.zeros(3), np.zeros(2), alone=True).dual > 0


def test_a_column_of_next_to_no_cost_is_limited_by_its_row_rather_than_by_the_objective() -> None:
    # Half of the first and half of the last at 100: 50, and 400 for the second, which has to be.
    program = LinearProgram.from_arrays(
        cost=[1e-9, 400.0, 100.0],
        matrix=[[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [10.0, 0.0, 0.0]],
        row_lower=[1.0, 1.0, -np.inf],
        row_upper=[1.0, 1.0, 5.0],
    )
    duals = np.array([100.0, 400.0, (1e-9 - 100.0) / 10.0])
    check = check_dual(program, duals, np.array([0.5, 1.0, 0.5]))
    assert check.dual == 0.0
    assert check.bound == pytest.approx(450.0, rel=1e-9)


def test_what_rows_imply_one_after_the_other_limits_a_column_of_next_to_no_cost() -> None:
    """min 1e-13 a + c, 2e-13 a + c >= 1, a <= b <= 1 by rows: y = (1, 0, 0) proves 1 - 1e-13."""
    rows, side = [[2e-13, 0, 1], [1, -1, 0], [0, 1, 0]], [1, -np.inf, -np.inf]
    chained = program([1e-13, 0, 1], rows, side, [np.inf, 0, 1], upper=[np.inf, np.inf, 5])
    check = check_dual(chained, np.array([1.0, 0, 0]), np.array([0.0, 0, 1]))
    assert (check.dual, check.bound) == (0, pytest.approx(1 - 1e-13, abs=1e-14))


def test_shares_that_are_never_nothing_are_of_a_whole_too() -> None:
    """min x + y, x + y <= 4 and x >= 1: a miss of 0.1 in both costs at most 0.4 of the bound."""
    p = program([-0.1, -0.1], [[1.0, 1.0]], -np.inf, 4.0, lower=[1.0, 0.0])
    check = check_dual(p, np.zeros(1), np.array([1.0, 0.0]))
    assert check.dual == 0
    assert check.bound == pytest.approx(-0.4, rel=1e-8)
    below = program([-0.1, -0.1], [[1.0, 1.0]], -np.inf, 4.0, lower=[-1.0, 0.0])
    assert check_dual(below, np.zeros(1), np.zeros(2)).bound <= -0.4 - 1e-12


@pytest.mark.parametrize("seed", range(40))
def test_the_bound_holds_in_exact_arithmetic(seed: int) -> None:
    """Reduced costs that cancel to rounding, on columns that reach far: in fractions too."""
    rng = np.random.default_rng(seed)
    matrix, y = rng.normal(size=(6, 9)), rng.normal(size=6)
    sides = rng.normal(size=6)
    p = program(matrix.T @ y, matrix, sides, sides, lower=-1e6, upper=1e6, offset=0.3)
    exact = Fraction(0.3) + sum(Fraction(a) * Fraction(b) for a, b in zip(y, sides, strict=True))
    for j in range(9):
        priced = [Fraction(a) * Fraction(b) for a, b in zip(matrix[:, j], y, strict=True)]
        exact -= abs(Fraction(p.cost[j]) - sum(priced)) * 10**6
    check = check_dual(p, y, np.zeros(9))
    assert check.dual == 0
    assert Fraction(check.bound) <= exact
    assert check.bound == pytest.approx(float(exact), abs=1e-7)


def test_a_ray_proves_infeasible() -> None:
    """x1 + x2 >= 3 with both at most 1; the sum of three rows is the proof."""
    p = program([1, 1], [[1, 1], [1, 0], [0, 1]], [3, -np.inf, -np.inf], [np.inf, 1, 1])
    for ray in ([1.0, -1, -1], [-5.0, 5, 5]):
        proof = infeasibility_proof(p, np.array(ray))
        assert proof is not None
        assert proof.tolist() == [1, -1, -1]
    assert infeasibility_proof(p, np.array([1.0, -1, 0])) is None
    assert infeasibility_proof(p, np.zeros(3)) is None
    assert infeasibility_proof(DIET, np.array([1.0, 1])) is None


@pytest.mark.parametrize("seed", range(40))
def test_long_sums_are_rounded_once(seed: int) -> None:
    draw = np.random.default_rng(seed)
    wide = draw.uniform(-draw.integers(1, 300), draw.integers(1, 250), 3000)
    terms = draw.normal(size=3000) * 10.0**wide
    if seed % 2:  # all but cancels
        terms = np.concatenate([terms, -terms[::-1] * (1 + 2.0**-52 * draw.integers(0, 2, 3000))])
    assert exact_sum(terms, terms[:7]) == math.fsum([*terms.tolist(), *terms[:7].tolist()])


def test_long_sums_of_nothing_and_of_what_is_infinite() -> None:
    assert exact_sum(np.zeros(2000)) == 0
    assert exact_sum(np.append(np.ones(2000), np.inf)) == np.inf
