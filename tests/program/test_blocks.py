"""Programs that fall apart: the sum of their blocks is the whole."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from amopt.program.blocks import solve_blocks, split
from amopt.program.highs import Options, solve
from amopt.program.linear import LinearProgram


def knapsacks(blocks: int, seed: int, shared: float | None = None) -> LinearProgram:
    """Return independent knapsacks of 40 items; with ``shared``, one row over all of them."""
    rng = np.random.default_rng(seed)
    weight = rng.integers(1, 30, (blocks, 40))
    matrix = sp.block_diag([row[None, :] for row in weight], format="csr")
    upper = 0.3 * weight.sum(axis=1).astype(float)
    if shared is not None:
        matrix = sp.vstack([matrix, sp.csr_array(np.ones((1, 40 * blocks)))], format="csr")
        upper = np.append(upper, shared)
    order = rng.permutation(40 * blocks)
    return LinearProgram.from_arrays(
        rng.integers(1, 50, 40 * blocks)[order],
        sp.csr_array(matrix)[:, order],
        -np.inf,
        upper,
        upper=1.0,
        integer=True,
        maximise=True,
        offset=7.0,
    )


@settings(max_examples=15)
@given(st.integers(1, 4), st.integers(0, 50))
def test_the_optimum_is_the_sum_of_the_blocks(blocks: int, seed: int) -> None:
    program = knapsacks(blocks, seed)
    assert len(split(program)) == blocks
    apart, whole = solve_blocks(program), solve(program)
    assert apart.outcome.status == "optimal"
    assert apart.outcome.objective == pytest.approx(whole.outcome.objective)
    assert apart.outcome.bound == pytest.approx(apart.outcome.objective)
    assert apart.values is not None
    assert program.objective(apart.values) == pytest.approx(apart.outcome.objective)


def test_a_row_that_cannot_bind_joins_nothing() -> None:
    assert len(split(knapsacks(3, 0, shared=120.0))) == 3
    assert len(split(knapsacks(3, 0, shared=119.0))) == 1


def test_an_infeasible_block_makes_the_whole_infeasible() -> None:
    program = LinearProgram.from_arrays(
        np.ones(130), sp.eye_array(130), np.r_[np.ones(129), 3.0], np.inf, upper=2.0, integer=True
    )
    answer = solve_blocks(program)
    assert answer.outcome.status == "infeasible"
    assert answer.values is None


def test_no_time_is_no_answer() -> None:
    answer = solve_blocks(knapsacks(4, 1), Options(time_limit=1e-6))
    assert answer.outcome.stopped in ("time_limit", "finished")
    if answer.outcome.stopped == "time_limit" and answer.values is None:
        assert not answer.outcome.has_answer


def test_progress_is_told_block_by_block() -> None:
    told = []
    solve_blocks(knapsacks(3, 2), progress=told.append)
    assert len(told) == 3
    assert told[-1].objective == pytest.approx(solve(knapsacks(3, 2)).outcome.objective)
