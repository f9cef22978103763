"""Right answers whatever the unit of money and of quantities: against exact optima."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from amopt.outcome import Status
from amopt.program.linear import LinearProgram
from amopt.program.solver.highs import solve
from amopt.program.solver.scaling import Scaling
from tests.program.exact import objective, optimum, violations


def random_program(seed: int, integer: bool) -> LinearProgram:
    """A random program whose money, quantities and rows are counted in random units."""
    rng = np.random.default_rng([seed, integer])
    m, n = int(rng.integers(1, 5)), int(rng.integers(2, 6))
    matrix = np.where(rng.random((m, n)) < 0.7, rng.normal(size=(m, n)).round(3), 0)
    whole = integer & (rng.random(n) < 0.6)
    if integer:
        whole[0] = True
    quantity = np.where(whole, 1.0, 10.0 ** rng.integers(-4, 10))
    middle = rng.integers(0, 4, n) * quantity
    row_unit = 10.0 ** rng.integers(-6, 10, m)
    coefficients = matrix / quantity * row_unit[:, None]
    reached = coefficients @ middle
    room = rng.random(m) * row_unit
    lower = np.where(rng.random(m) < 0.5, -np.inf, reached - room)
    upper = np.where(np.isfinite(lower) & (rng.random(m) < 0.7), np.inf, reached + room)
    if rng.random() < 0.1:
        lower, upper = (
            np.where(np.isfinite(upper), upper, lower),
            np.where(np.isfinite(upper), upper, lower),
        )
    money = 10.0 ** rng.uniform(-6, 9)
    cost = rng.normal(size=n) / quantity * money
    open_above = ~whole & (rng.random(n) < 0.4)
    cost = np.where(open_above, np.abs(cost), cost)
    maximise = bool(rng.random() < 0.5)
    return LinearProgram.from_arrays(
        -cost if maximise else cost,
        coefficients,
        lower,
        upper,
        lower=np.where(rng.random(n) < 0.8, 0.0, -2 * quantity),
        upper=np.where(open_above, np.inf, 5 * quantity),
        integer=whole,
        maximise=maximise,
    )


@pytest.mark.parametrize("integer", [False, True], ids=["linear", "mixed-integer"])
@pytest.mark.parametrize(
    "first", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (50, 100, 150))]
)
def test_answers_against_exact_optima(first: int, integer: bool) -> None:
    """Objective on the right side of the truth, bound valid, rows met, status right."""
    optimal = 0
    for seed in range(first, first + 50):
        p = random_program(seed, integer)
        best = optimum(p)
        answer = solve(p)
        outcome = answer.outcome
        if isinstance(best, str):
            assert outcome.status == best, seed
            continue
        assert outcome.status is Status.OPTIMAL, seed
        assert answer.values is not None
        optimal += 1
        sign = -1 if p.maximise else 1
        size = Fraction(float(np.abs(p.cost) @ np.abs(answer.values)))
        reached = objective(p, answer.values)
        missed, outside = violations(p, answer.values)
        assert outside == 0
        assert missed <= outcome.residuals["primal"] + 1e-15, seed
        assert missed <= 1e-9, seed
        assert abs(reached - Fraction(outcome.objective)) <= size * Fraction(1, 2**52), seed
        assert sign * (best - reached) <= size * Fraction(1e-12), seed
        assert sign * (reached - best) <= size * Fraction(1e-6), seed
        # a tree's bound is the solver's, up to its tolerances; a linear program's is proven
        slack = size * Fraction(1e-9) if integer else 0
        assert sign * (Fraction(outcome.bound) - best) <= slack, seed
    assert optimal > 30


@pytest.mark.parametrize("money", [1e-9, 1e-6, 1e-3, 1.0, 1e3, 1e9, 1e12])
@pytest.mark.parametrize(
    ("cost", "least", "upper", "best"),
    [([2, 3], 4.5, 100, 9.0), ([3, 5], 6.4, np.inf, 19.2), ([3, 5], 6.4, 100, 19.2)],
)
def test_a_row_is_not_missed_for_money(
    cost: list[float], least: float, upper: float, best: float, money: float
) -> None:
    """min 2x + 3z, x + z >= 4.5, z integer: 9, where the solver may say 8.999999."""
    p = LinearProgram.from_arrays(
        np.array(cost) * money,
        [[1, 1]],
        least,
        np.inf,
        upper=[upper, np.inf],
        integer=[False, True],
    )
    answer = solve(p)
    assert answer.outcome.status is Status.OPTIMAL
    assert answer.outcome.objective == pytest.approx(best * money, rel=1e-15, abs=0)
    assert answer.values is not None
    assert answer.values.sum() >= least
    assert answer.outcome.bound <= answer.outcome.objective


@pytest.mark.parametrize("money", [1e-6, 1.0, 1e9])
def test_money_may_be_counted_in_any_unit(money: float) -> None:
    """Costs and a budget in other units: the same plan, and the bound in those units."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        p = LinearProgram.from_arrays(
            rng.uniform(1, 9, 6) * money,
            np.vstack([rng.uniform(1, 3, (2, 6)), rng.uniform(1, 9, 6) * money]),
            [7.0, 5.0, -np.inf],
            [np.inf, np.inf, 60 * money],
            upper=5,
            integer=[True, True, True, False, False, False],
        )
        best = optimum(p)
        outcome = solve(p).outcome
        assert outcome.status is Status.OPTIMAL
        assert outcome.objective == pytest.approx(float(best), rel=1e-9, abs=0)


def test_a_sum_that_cancels_is_rounded_once() -> None:
    """1e16 + 1 - 1e16 is 1: the objective's terms are added without losing it."""
    p = LinearProgram.from_arrays(
        [1e16, 1, -1e16], np.eye(3), 1, 1, upper=2, integer=[True, False, False]
    )
    assert solve(p).outcome.objective == 1.0


def test_tails_of_distributions_leave_the_units_alone() -> None:
    """A limit in small units beside rows of probabilities down to 1e-13: a portfolio's program."""
    levels = np.arange(40)
    chance = np.exp(-0.75 * levels)  # what fails in a day, down to 2e-13
    matrix = np.eye(40) - np.triu(chance[np.maximum(levels - levels[:, None], 0)], 1) / 4
    limit = np.full((1, 40), 1e-4)
    program = LinearProgram.from_arrays(
        np.arange(40.0), np.vstack([matrix, limit]), [1.0] * 40 + [-np.inf], [1.0] * 40 + [1.0]
    )
    units = Scaling.of(program)
    assert units.rows[-1] > 1.0  # counted anew, and for it nothing else by more than its size
    for of in (units.columns, units.rows[:-1]):
        assert 2.0**-8 <= of.min() <= of.max() <= 2.0**8


def test_in_the_units_of_an_answer_every_row_adds_up_about_one() -> None:
    # a flow of ones feeds one of billionths, and that one of their billionths
    rare = np.array([[1.0, 0.0, 0.0], [-1e-9, 1.0, 0.0], [0.0, -1e-9, 1.0]])
    program = LinearProgram.from_arrays(np.ones(3), rare, [1.0, 0.0, 0.0], [1.0, 0.0, 0.0])
    units = Scaling.of_answer(program, np.array([1.0, 1e-9, 0.0]))
    matrix = program.matrix.copy()
    matrix.data = units.matrix(program)
    dense = np.abs(matrix.toarray())
    assert dense.diagonal() == pytest.approx(np.ones(3), rel=1.0)
    assert ((dense.max(axis=1) >= 0.25) & (dense.max(axis=1) <= 2)).all()
    assert dense.max() <= 2
    assert (np.log2(units.rows) % 1 == 0).all()
    assert (np.log2(units.columns) % 1 == 0).all()
