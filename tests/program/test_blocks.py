"""Programs that fall apart: the sum of their blocks is the whole."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from amopt.program import blocks
from amopt.program.blocks import solve_blocks, split
from amopt.program.linear import LinearProgram
from amopt.program.solver.digits.residuals import check_primal
from amopt.program.solver.highs import Options, solve


def knapsacks(blocks: int, seed: int, shared: float | None = None) -> LinearProgram:
    """Return independent knapsacks of 40 items; with ``shared``, one row over all of them."""
    rng = np.random.default_rng(seed)
    weight = rng.integers(1, 30, (blocks, 40))
    matrix = sp.block_diag([sp.coo_array(row[None, :]) for row in weight], format="csr")
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
def test_the_optimum_is_the_sum_of_the_blocks(count: int, seed: int) -> None:
    program = knapsacks(count, seed)
    assert len(split(program)) == count
    apart, whole = solve_blocks(program), solve(program)
    assert apart.outcome.status == "optimal"
    assert apart.outcome.objective == pytest.approx(whole.outcome.objective)
    assert apart.outcome.bound == pytest.approx(apart.outcome.objective)
    assert apart.values is not None
    assert program.objective(apart.values) == pytest.approx(apart.outcome.objective)


def test_a_row_that_cannot_bind_joins_nothing() -> None:
    assert len(split(knapsacks(3, 0, shared=120.0))) == 3
    assert len(split(knapsacks(3, 0, shared=119.0))) == 1


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e12])
def test_whether_a_row_can_bind_does_not_hang_on_its_unit(unit: float) -> None:
    """A row that is short by a thousandth of what it adds up joins, however small that is."""
    program = knapsacks(3, 0, shared=120.0)
    for shared, count in ((120.0, 3), (120.0 * (1 - 1e-14), 3), (119.88, 1)):
        matrix = program.matrix.copy()
        matrix.data[matrix.indptr[-2] :] *= unit
        upper = program.row_upper.copy()
        upper[-1] = shared * unit
        assert len(split(replace(program, matrix=matrix, row_upper=upper))) == count


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


def test_a_stored_zero_does_not_hide_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """``0 x + y >= 4`` with ``x`` open to both sides: a stored zero times infinity is no number."""
    monkeypatch.setattr(blocks, "BATCH", 0)
    matrix = sp.csr_array(([0.0, 1.0, 1.0], [0, 1, 0], [0, 2, 3]), shape=(2, 2))
    program = LinearProgram(
        cost=np.ones(2),
        matrix=matrix,
        row_lower=np.array([4.0, -1.0]),
        row_upper=np.full(2, np.inf),
        lower=np.array([-np.inf, 0.0]),
        upper=np.full(2, np.inf),
        integer=np.zeros(2, bool),
    )
    assert program.matrix.nnz == 2
    assert matrix.nnz == 3  # the caller's
    assert len(split(program)) == 2
    assert solve_blocks(program).outcome.objective == pytest.approx(3)


def test_a_wide_column_does_not_hide_what_its_row_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BATCH", 0)
    program = LinearProgram.from_arrays(
        np.ones(2), sp.eye_array(2), [5.0, 0.0], np.inf, lower=[0, -1], upper=[1e13, 1]
    )
    assert solve_blocks(program).outcome.objective == pytest.approx(5)


def test_an_unbounded_block_is_none_where_another_is_infeasible(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(blocks, "BATCH", 0)
    one = LinearProgram.from_arrays([-1, 1], [[1, 0], [0, 1]], 0, [np.inf, 1], upper=[np.inf, 2])
    assert solve_blocks(one).outcome.status == "unbounded"
    both = replace(one, row_lower=np.array([0.0, 3.0]), row_upper=np.full(2, np.inf))
    assert solve_blocks(both).outcome.status == "infeasible"


def pieces(rng: np.random.Generator) -> LinearProgram:
    """Return a few small programs side by side, in a random order, some with stored zeros."""
    parts = []
    for _ in range(rng.integers(1, 5)):
        rows, columns = rng.integers(1, 3), rng.integers(1, 4)
        parts.append(sp.coo_array(rng.integers(-2, 4, (rows, columns)).astype(float)))
    matrix = sp.csr_array(sp.block_diag(parts, format="csr"))
    zeros = sp.random_array(matrix.shape, density=0.2, rng=rng, format="csr")
    zeros.data[:] = 1.0
    stored = sp.csr_array(matrix + zeros)
    stored.data -= zeros[stored.nonzero()]  # what is now zero stays stored
    m, n = stored.shape
    stored = sp.csr_array(stored[rng.permutation(m)][:, rng.permutation(n)])
    stored.sort_indices()
    lower = rng.choice([0.0, 0.0, -2.0, 1.0, -np.inf], n)
    row_lower = rng.choice([-np.inf, 0.0, 1.0, 4.0], m)
    equal = rng.random(m) < 0.2
    return LinearProgram(
        cost=rng.integers(-2, 4, n).astype(float),
        matrix=stored,
        row_lower=np.where(equal, 2.0, row_lower),
        row_upper=np.where(equal, 2.0, rng.choice([4.0, 9.0, 30.0, np.inf], m)),
        lower=lower,
        upper=np.maximum(lower, rng.choice([1.0, 3.0, 7.0, np.inf, np.inf], n)),
        integer=rng.random(n) < 0.3,
        maximise=bool(rng.random() < 0.5),
        offset=3.0,
    )


@pytest.mark.slow
@settings(max_examples=150)
@given(st.integers(0, 10**6), st.sampled_from([0, 2, 64]))
def test_apart_and_whole_come_to_the_same(seed: int, batch: int) -> None:
    program = pieces(np.random.default_rng(seed))
    whole = solve(program).outcome
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BATCH", batch)
        apart = solve_blocks(program)
    assert apart.outcome.status is whole.status
    assert (apart.values is not None) == whole.has_answer
    if apart.values is not None:
        assert apart.outcome.objective == pytest.approx(whole.objective, abs=1e-6)
        assert program.objective(apart.values) == pytest.approx(whole.objective, abs=1e-6)
        assert check_primal(program, apart.values).accepted


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(0, 20))
def test_small_neighbours_are_joined(sizes: list[int], size: int) -> None:
    rows = sp.block_diag([sp.coo_array(np.ones((1, count))) for count in sizes], format="csr")
    whole = split(LinearProgram.from_arrays(np.ones(sum(sizes)), rows, 1, np.inf))
    starts = whole.merged(size).column_starts
    assert set(starts) <= set(whole.column_starts)
    assert (starts[0], starts[-1]) == (0, sum(sizes))
    held = np.diff(starts)
    assert all(count <= size or count in sizes for count in held)
    assert all(a + sizes[k] > size for k, a in _followed(starts, np.cumsum([0, *sizes])))


def _followed(starts: np.ndarray, edges: np.ndarray) -> list[tuple[int, int]]:
    """Return for each joined block but the last which block follows, and its columns."""
    inner = list(pairwise(starts))[:-1]
    return [(int(np.searchsorted(edges, end)), int(end - begin)) for begin, end in inner]
