"""To other solvers' formats and back."""

import numpy as np
import pytest
import scipy.sparse as sp

from amopt.errors import UsageError
from amopt.mdp import MarkovDecisionProcess
from amopt.mdp.converters import (
    from_action_arrays,
    from_quantecon,
    from_toy_text,
    to_action_arrays,
    to_quantecon,
)
from amopt.mdp.exchange.archive import load, save
from tests.mdp.cases import random_process, two_states


def test_quantecon_there_and_back():
    process = random_process(1)
    arrays = to_quantecon(process)
    assert (np.diff(arrays.states) >= 0).all()
    np.testing.assert_allclose(arrays.rewards, -process.cost[arrays.order])
    back = from_quantecon(
        arrays.rewards, arrays.transition, arrays.discount, arrays.states, arrays.actions
    )
    np.testing.assert_allclose(back.solve().value, process.solve().value)
    assert arrays.order[back.solve().policy].tolist() == process.solve().policy.tolist()


@pytest.mark.slow  # numba compiles
def test_quantecon_agrees():
    markov = pytest.importorskip("quantecon.markov", reason="quantecon is not installed")
    process = random_process(2, states=12)
    arrays = to_quantecon(process)
    problem = markov.DiscreteDP(
        arrays.rewards, arrays.transition, arrays.discount, arrays.states, arrays.actions
    )
    np.testing.assert_allclose(-problem.solve(method="pi").v, process.solve().value, rtol=1e-9)


def test_quantecon_product_form():
    rewards = np.array([[5.0, 10.0], [-1.0, -np.inf]])
    chance = np.array([[[0.5, 0.5], [0.0, 1.0]], [[0.0, 1.0], [0.5, 0.5]]])
    process = from_quantecon(rewards, chance, 0.95)
    assert process.pairs == 3
    np.testing.assert_allclose(process.solve().value, two_states().solve().value)
    assert process.pair_names == [(0, 0), (0, 1), (1, 0)]


def test_action_arrays_there_and_back():
    process = two_states()
    matrices, rewards = to_action_arrays(process)
    assert len(matrices) == 2
    back = from_action_arrays(matrices, rewards, 0.95)
    np.testing.assert_allclose(back.solve().value, process.solve().value)


def test_rewards_in_all_shapes():
    rng = np.random.default_rng(3)
    chance = rng.random((2, 4, 4))
    chance /= chance.sum(axis=2, keepdims=True)
    of_state = rng.random(4)
    of_pair = np.repeat(of_state[:, None], 2, axis=1)
    of_step = np.broadcast_to(of_state[None, :, None], (2, 4, 4))
    values = [
        from_action_arrays(chance, rewards, 0.9).solve().value
        for rewards in (of_state, of_pair, of_step)
    ]
    np.testing.assert_allclose(values[1], values[0])
    np.testing.assert_allclose(values[2], values[0])


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="transitions hold no action"):
        from_action_arrays([], np.ones((2, 0)), 0.9)
    with pytest.raises(ValueError, match=r"must all have shape \(2, 2\)"):
        from_action_arrays([np.eye(2), np.eye(3)], np.ones((2, 2)), 0.9)
    with pytest.raises(ValueError, match=r"rewards have shape \(3,\)"):
        from_action_arrays([np.eye(2)], np.ones(3), 0.9)
    with pytest.raises(ValueError, match="rewards have shape"):
        from_quantecon(np.ones(3), np.ones((3, 2)), 0.9)
    with pytest.raises(ValueError, match="transition has shape"):
        from_quantecon(np.ones((2, 2)), np.ones((2, 2)), 0.9)
    with pytest.raises(UsageError, match="both the states and the actions"):
        from_quantecon(np.ones(2), np.eye(2), 0.9, states=[0, 1])


def test_what_others_cannot_say_is_refused():
    long = random_process(4, longest=3)
    with pytest.raises(UsageError, match="pairs that last one period"):
        to_quantecon(long)
    with pytest.raises(UsageError, match="pairs that last one period"):
        to_action_arrays(long)
    with pytest.raises(UsageError, match="needs a discount factor below 1"):
        to_quantecon(random_process(4, discount=None))


@pytest.mark.parametrize("discount", [0.9, None])
def test_files_keep_everything(tmp_path, discount):
    process = MarkovDecisionProcess(
        [[0.5, 0.5], [0.0, 1.0], [0.0, 1.0]],
        [1.0, 2.0, 3.0],
        [0, 0, 1],
        discount,
        duration=[1, 2, 1],
        state_names=["new", "worn"],
    )
    save(process, tmp_path / "process.npz")
    back = load(tmp_path / "process.npz")
    assert back.discount == process.discount
    assert back.state_names == ["new", "worn"]
    assert back.pair_names is None
    for key in ("cost", "state_of_pair", "duration"):
        assert getattr(back, key).tolist() == getattr(process, key).tolist()
    assert (back.transition != process.transition).nnz == 0
    assert [path.name for path in tmp_path.iterdir()] == ["process.npz"]


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 broken"])
def test_a_file_that_is_no_archive_is_refused(tmp_path, content):
    path = tmp_path / "process.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is not a NumPy archive"):
        load(path)


def test_an_archive_of_something_else_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", cost=np.ones(3))
    with pytest.raises(ValueError, match=r"lacks format, data, .*: it holds no decision process"):
        load(tmp_path / "other.npz")


def test_a_newer_format_is_refused(tmp_path):
    save(two_states(), tmp_path / "process.npz")
    with np.load(tmp_path / "process.npz") as archive:
        arrays = dict(archive)
    np.savez(tmp_path / "newer.npz", **{**arrays, "format": 2})
    with pytest.raises(ValueError, match="has format 2, this version reads 1"):
        load(tmp_path / "newer.npz")


def test_indices_out_of_range_are_refused(tmp_path):
    save(two_states(), tmp_path / "process.npz")
    with np.load(tmp_path / "process.npz") as archive:
        arrays = dict(archive)
    np.savez(tmp_path / "wrong.npz", **{**arrays, "indices": arrays["indices"] + 7})
    with pytest.raises(ValueError, match="ind"):
        load(tmp_path / "wrong.npz")


@pytest.mark.parametrize(("key", "value"), [("shape", 3.5), ("discount", [1, 2]), ("cost", "x")])
def test_arrays_of_another_kind_are_refused(tmp_path, key, value):
    save(two_states(), tmp_path / "process.npz")
    with np.load(tmp_path / "process.npz") as archive:
        arrays = dict(archive)
    np.savez(tmp_path / "wrong.npz", **{**arrays, key: value})
    with pytest.raises(ValueError):
        load(tmp_path / "wrong.npz")


def test_files_that_are_not_there_are_refused(tmp_path):
    with pytest.raises(UsageError, match=r"cannot read .*missing\.npz"):
        load(tmp_path / "missing.npz")
    with pytest.raises(UsageError, match="cannot write"):
        save(two_states(), tmp_path / "nowhere" / "process.npz")


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_only_minus_infinity_forbids_an_action(wrong):
    transition = np.full((2, 2, 2), 0.5)
    allowed = from_quantecon([[1.0, -np.inf], [0.0, 2.0]], transition, 0.9)
    assert allowed.pairs == 3
    with pytest.raises(ValueError, match="cost"):
        from_quantecon([[1.0, wrong], [0.0, 2.0]], transition, 0.9)


def test_sparse_rewards_are_read():
    rng = np.random.default_rng(5)
    chance = rng.random((2, 4, 4))
    chance /= chance.sum(axis=2, keepdims=True)
    of_pair, of_step = rng.random((4, 2)), rng.random((2, 4, 4))
    for dense, sparse in (
        (of_pair, sp.csr_matrix(of_pair)),
        (of_step, [sp.csr_matrix(one) for one in of_step]),
        (of_step, [sp.csr_array(one) for one in of_step]),
    ):
        expected = from_action_arrays(chance, dense, 0.9)
        found = from_action_arrays([sp.csr_matrix(one) for one in chance], sparse, 0.9)
        np.testing.assert_allclose(found.cost, expected.cost)
        np.testing.assert_allclose(found.solve().value, expected.solve().value)
    with pytest.raises(ValueError, match=r"rewards have shape \(1, 4, 4\), expected \(2, 4, 4\)"):
        from_action_arrays(chance, [sp.eye_array(4)], 0.9)


def test_a_state_action_pair_given_twice_is_refused():
    with pytest.raises(
        ValueError, match=r"pairs 0 and 2 are both called .* a state-action pair is"
    ):
        from_quantecon(np.ones(3), np.full((3, 2), 0.5), 0.9, [0, 1, 0], [1, 0, 1])


def test_criterion_is_kept(tmp_path):
    process = MarkovDecisionProcess([[0, 1], [0, 1]], [2.0, 0.0], [0, 1], None, criterion="total")
    save(process, tmp_path / "process.npz")
    assert load(tmp_path / "process.npz").criterion == "total"
    with pytest.raises(UsageError, match="needs a discount factor below 1"):
        to_quantecon(process)


COIN = {  # toss until heads, or give up for 0.4; heads pay 1 and end the episode
    0: {0: [(0.5, 0, 0.0, False), (0.5, 1, 1.0, True)], 1: [(1.0, 1, 0.4, True)]},
    1: {0: [(1.0, 1, 0.0, True)], 1: [(1.0, 1, 0.0, True)]},
}


@pytest.mark.parametrize(("discount", "value"), [(None, 1.0), (1, 1.0), (0.5, 2 / 3), (0.0, 0.5)])
def test_toy_text_tables_are_read(discount, value):
    process = from_toy_text(COIN, discount)
    assert (process.states, process.pairs) == (3, 5)
    assert process.solve().value[0] == pytest.approx(-value)


def test_a_toy_text_table_that_does_not_add_up_is_refused():
    with pytest.raises(ValueError, match=r"row 0 sums to 0\.5"):
        from_toy_text({0: {0: [(0.5, 0, 1.0, True)]}})


def test_names_of_several_numbers_are_written_as_they_are_shown(tmp_path):
    process = MarkovDecisionProcess(
        [[0.0, 1.0], [1.0, 0.0]],
        [1.0, 2.0],
        [0, 1],
        0.5,
        state_names=np.array([[6, -1, 0], [5, 0, 2]]),
        pair_names=[("print", 1), "wait"],
    )
    save(process, tmp_path / "named.npz")
    back = load(tmp_path / "named.npz")
    assert back.state_names == ["(6, -1, 0)", "(5, 0, 2)"]
    assert back.pair_names == ["('print', 1)", "wait"]
