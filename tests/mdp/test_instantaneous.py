"""Pairs of no duration, against the same process without them."""

import numpy as np
import pytest

from amopt.mdp import MarkovDecisionProcess
from tests.mdp.cases import METHODS, policies, random_process


def in_two_steps(process):
    """The same process with an instantaneous step before each pair's draw.

    Taking pair k leads at once to state ``states + k``, whose single pair draws the successor; the
    cost is split between the two.
    """
    states, pairs = process.states, process.pairs
    share = np.linspace(0.0, 1.0, pairs)
    chance = np.zeros((2 * pairs, states + pairs))
    chance[np.arange(pairs), states + np.arange(pairs)] = 1.0
    chance[pairs:, :states] = process.transition.toarray()
    delay = process.factor if process.average is False else np.ones(pairs)
    assert delay.shape == (pairs,)
    return MarkovDecisionProcess(
        chance,
        np.concatenate([process.cost * share, process.cost * (1 - share)]),
        np.concatenate([process.state_of_pair, states + np.arange(pairs)]),
        process.discount,
        duration=np.concatenate([np.zeros(pairs), process.duration]),
    )


@pytest.mark.parametrize("shape", [{}, {"period": 2}, {"longest": 3}])
@pytest.mark.parametrize("discount", [0.9, 0.9999, None])
@pytest.mark.parametrize("how", METHODS.values(), ids=METHODS)
def test_an_instantaneous_step_changes_nothing(how, discount, shape):
    process = random_process(21, discount=discount, **shape)
    plain, stepped = process.solve("policy_iteration"), in_two_steps(process).solve(**how)
    if discount is None:
        assert stepped.gain == pytest.approx(plain.gain, rel=1e-7)
    else:
        scale = np.abs(plain.value).max()
        np.testing.assert_allclose(stepped.value[: process.states], plain.value, atol=1e-7 * scale)
    assert stepped.policy[: process.states].tolist() == plain.policy.tolist()


@pytest.mark.parametrize("discount", [0.9, None])
def test_the_occupation_measure_counts_both_steps(discount):
    process = random_process(22, discount=discount)
    initial = np.zeros(process.states)
    initial[0] = 1.0
    stepped = in_two_steps(process)
    start = np.zeros(stepped.states)
    start[0] = 1.0
    plain = process.solve(initial=initial).occupation
    for how in METHODS.values():
        both = stepped.solve(initial=start, **how).occupation
        np.testing.assert_allclose(both[: process.pairs], plain, atol=1e-6)
        np.testing.assert_allclose(both[process.pairs :], plain, atol=1e-6)


def one_at_a_time(items, discount):
    """Buy up to ``items`` one at a time, each an instantaneous step, then wait a period.

    State ``i`` holds i items; holding costs 1 each; a period without any costs 9; each item is lost
    in a period with probability 1/4, independently.
    """
    from scipy.stats import binom

    chance, cost, owner, duration = [], [], [], []
    for held in range(items + 1):
        kept = np.zeros(items + 1)
        kept[: held + 1] = binom.pmf(np.arange(held + 1), held, 0.75)
        chance.append(kept)
        cost.append(held + 9.0 * (held == 0))
        owner.append(held)
        duration.append(1)
        if held < items:
            chance.append(np.eye(items + 1)[held + 1])
            cost.append(2.0)
            owner.append(held)
            duration.append(0)
    return MarkovDecisionProcess(chance, cost, owner, discount, duration=duration)


@pytest.mark.parametrize("discount", [0.9, None])
def test_deciding_item_by_item_is_deciding_at_once(discount):
    steps = one_at_a_time(4, discount)
    states = steps.states
    waiting = steps.duration == 1
    at_once = [(held, level) for held in range(states) for level in range(held, states)]
    process = MarkovDecisionProcess(
        steps.transition[waiting][[level for _, level in at_once]],
        [2.0 * (level - held) + steps.cost[waiting][level] for held, level in at_once],
        [held for held, _ in at_once],
        discount,
    )
    reference = process.solve("policy_iteration")
    for how in METHODS.values():
        solution = steps.solve(**how)
        if discount is None:
            assert solution.gain == pytest.approx(reference.gain, rel=1e-7)
        else:
            np.testing.assert_allclose(solution.value, reference.value, rtol=1e-7)


def test_layers_put_instantaneous_successors_first():
    process = one_at_a_time(4, 0.9)
    seen = [layer.states.tolist() for layer in process.layers.layers]
    assert seen == [[4], [3], [2], [1], [0]]


def test_brute_force_with_instantaneous_pairs():
    process = one_at_a_time(3, 0.8)
    values = []
    for policy in policies(process):
        matrix = process.factor[policy, None] * process.transition[policy].toarray()
        values.append(np.linalg.solve(np.eye(process.states) - matrix, process.cost[policy]))
    for how in METHODS.values():
        np.testing.assert_allclose(process.solve(**how).value, np.min(values, axis=0), rtol=1e-7)


@pytest.mark.parametrize("self_loop", [True, False])
def test_a_cycle_of_no_duration_is_refused(self_loop):
    chance = [[1, 0], [0, 1]] if self_loop else [[0, 1], [1, 0]]
    with pytest.raises(ValueError, match="pairs of duration 0 form a cycle that never ends"):
        MarkovDecisionProcess(chance, [1.0, 1.0], [0, 1], 0.9, duration=[0, 0])
