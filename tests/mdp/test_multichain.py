"""Average cost that depends on the first state, by every method, against exact enumeration."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from amopt.mdp import MarkovDecisionProcess
from amopt.mdp.decomposition import average
from amopt.mdp.decomposition.end_components import end_components
from amopt.program.solver.highs import Options
from tests.mdp import exact
from tests.mdp.cases import METHODS


def drawn(seed: int, *, states: int = 4, longest: int = 1) -> tuple[MarkovDecisionProcess, Any]:
    """Draw a process of few transitions, so that it often has several end components."""
    rng = random.Random(seed)
    actions: list[list[Any]] = []
    for s in range(states):
        actions.append([])
        for _ in range(rng.choice([1, 2, 2, 3])):
            row, aim = [Fraction(0)] * states, rng.randrange(states)
            for _ in range(rng.choice([1, 4, 4])):
                row[rng.choice([s, s, aim, rng.randrange(states)])] += Fraction(1, 4)
            row = [p / sum(row) for p in row]
            actions[s].append((row, Fraction(rng.randint(-4, 6)), rng.randint(1, longest)))
    flat = [(s, *action) for s in range(states) for action in actions[s]]
    process = MarkovDecisionProcess(
        np.array([[float(p) for p in row] for _, row, _, _ in flat]),
        [float(c) for _, _, c, _ in flat],
        [s for s, _, _, _ in flat],
        None,
        duration=[t for *_, t in flat],
    )
    return process, actions


def best_gains(actions: Any) -> np.ndarray:
    found = [exact.gains(*policy) for policy in exact.policies(actions)]
    return np.array([float(min(gain[s] for gain in found)) for s in range(len(actions))])


@pytest.mark.sampled(3)
@pytest.mark.parametrize("how", METHODS.values(), ids=METHODS)
def test_gains_of_random_processes(how: dict[str, Any]) -> None:
    several = 0
    for seed in range(30):
        process, actions = drawn(seed, longest=1 + seed % 3)
        best = best_gains(actions)
        several += np.ptp(best) > 1e-9
        solution = process.solve(**how)
        np.testing.assert_allclose(solution.gains, best, atol=1e-8, err_msg=f"seed {seed}")
        assert solution.outcome.status == "optimal"
        assert solution.gain == pytest.approx(best.mean(), abs=1e-8)
        assert solution.outcome.bound <= best.mean() + 1e-9
        assert solution.gain - solution.outcome.bound <= 1e-7
        # the policy has the gains that are told, and its occupation measure is that of its chain
        chain = [
            [Fraction(p).limit_denominator(64) for p in process.transition[[k]].toarray()[0]]
            for k in solution.policy
        ]
        cost = [Fraction(process.cost[k]) for k in solution.policy]
        own = exact.gains(chain, cost, [int(process.duration[k]) for k in solution.policy])
        np.testing.assert_allclose([float(g) for g in own], best, atol=1e-8)
        assert solution.occupation @ process.cost == pytest.approx(best.mean(), abs=1e-8)
        assert solution.occupation @ process.duration == pytest.approx(1.0)
    assert several >= 5


@pytest.mark.parametrize("how", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize("first", range(4))
def test_the_objective_is_that_of_the_first_state(how: dict[str, Any], first: int) -> None:
    process, actions = drawn(31)
    best = best_gains(actions)
    assert np.ptp(best) > 0.1
    solution = process.solve(initial=np.eye(4)[first], **how)
    assert solution.outcome.objective == pytest.approx(best[first], abs=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["lp", "policy_iteration", "value_iteration"])
def test_gain_and_bias_solve_the_optimality_equations(method: str) -> None:
    for seed in range(40):
        process, _ = drawn(seed, states=6)
        solution = process.solve(method)
        gain, bias = solution.gains, solution.bias
        ahead = process.transition @ gain
        np.testing.assert_allclose(process.minimum(ahead)[0], gain, atol=1e-7)
        quality = process.cost - process.duration * gain[process.state_of_pair]
        quality += process.transition @ bias
        taken = solution.policy
        np.testing.assert_allclose(quality[taken], bias, atol=1e-6)
        conserving = ahead <= gain[process.state_of_pair] + 1e-9
        if method != "value_iteration":
            least = process.minimum(np.where(conserving, quality, np.inf))[0]
            np.testing.assert_allclose(least, bias, atol=1e-7, err_msg=f"seed {seed}")
            assert solution.residual < 1e-7


def test_howard_s_two_prisons() -> None:
    """Puterman 1994, example 9.1.1 in kind: leave for the dearer place only where one must."""
    process = MarkovDecisionProcess(
        [[1, 0, 0], [0, 1, 0], [0.5, 0.5, 0], [0, 1, 0], [0.9, 0, 0.1]],
        [2.0, 5.0, 0.0, -100.0, 50.0],
        [0, 1, 2, 2, 2],
        None,
    )
    for how in METHODS.values():
        solution = process.solve(**how)
        np.testing.assert_allclose(solution.gains, [2.0, 5.0, 2.0])
        assert solution.policy[2] == 4


def test_a_component_that_is_cheap_but_may_be_left_for_a_cheaper_one() -> None:
    """Staying costs 3 a period; the bridge costs 1000 once and leads to where a period costs 1."""
    process = MarkovDecisionProcess(
        [[0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 1], [0, 1, 0]],
        [2.0, 4.0, 1000.0, 1.0, 7.0],
        [0, 1, 1, 2, 0],
        None,
    )
    for how in METHODS.values():
        solution = process.solve(**how)
        np.testing.assert_allclose(solution.gains, 1.0)
        assert solution.policy[1] == 2


def test_end_components() -> None:
    process = MarkovDecisionProcess(
        [
            [0, 1, 0, 0],
            [1, 0, 0, 0],
            [0, 0.5, 0.5, 0],
            [0, 0, 0, 1],
            [0.5, 0, 0, 0.5],
            [0, 0, 1, 0],
        ],
        np.zeros(6),
        [0, 1, 2, 3, 1, 2],
        None,
    )
    assert end_components(process).tolist() == [0, 0, 1, 2]
    assert end_components(process, np.arange(6) < 5).tolist() == [0, 0, -1, 1]


@pytest.mark.long
def test_many_closed_parts_are_quick() -> None:
    """1,500 absorbing states and as many that choose between two of them."""
    rng = np.random.default_rng(4)
    size = 1500
    import scipy.sparse as sp

    aims = rng.integers(0, size, 2 * size)
    rows = sp.vstack(
        [
            sp.hstack([sp.eye_array(size), sp.csr_array((size, size))]),
            sp.csr_array((np.ones(2 * size), (np.arange(2 * size), aims)), (2 * size, 2 * size)),
        ]
    )
    cost = rng.integers(0, 50, size).astype(float)
    owner = np.concatenate([np.arange(size), size + np.repeat(np.arange(size), 2)])
    process = MarkovDecisionProcess(rows, np.append(cost, np.zeros(2 * size)), owner, None)
    best = np.concatenate([cost, np.minimum(cost[aims[::2]], cost[aims[1::2]])])
    for method in ("policy_iteration", "value_iteration"):
        np.testing.assert_allclose(process.solve(method).gains, best)


def test_without_time_the_bound_is_honest() -> None:
    process, actions = drawn(31)
    solution = process.solve("value_iteration", options=Options(time_limit=0.0))
    assert solution.outcome.bound <= best_gains(actions).mean() + 1e-9


@pytest.mark.parametrize("method", ["value_iteration", "modified_policy_iteration"])
@pytest.mark.parametrize("limit", [1, 2, 4, 8])
def test_an_iteration_limit_leaves_an_honest_bound(method: str, limit: int) -> None:
    short = 0
    for seed in range(12):
        process, actions = drawn(seed, states=5)
        best = best_gains(actions).mean()
        solution = process.solve(method, iteration_limit=limit)
        assert solution.outcome.bound <= best + 1e-9, seed
        assert solution.outcome.objective >= best - 1e-9, seed
        short += solution.outcome.objective > best + 1e-6
    assert short > 0 or limit > 2


def test_a_bound_above_the_gain_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    right = average.certified

    def wrong(process: Any, initial: Any, policy: Any, lower: Any, **how: Any) -> Any:
        return right(process, initial, policy, 1.05 * lower, **how)

    monkeypatch.setattr(average, "certified", wrong)
    matrix = [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]
    stay_or_go = MarkovDecisionProcess(matrix, [1.0, 2.0, 3.0], [0, 0, 1], None)
    outcome = stay_or_go.solve().outcome
    assert (outcome.status, outcome.objective) == ("feasible", 2.0)
    assert outcome.bound == pytest.approx(2.1)
