"""Total cost without discount: goals reached, shortest paths, and what has no answer."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from amopt.errors import NoAnswerError, UsageError
from amopt.mdp import MarkovDecisionProcess, SideConstraint
from tests.mdp import exact

WAYS = {
    "dual": {"method": "lp"},
    "primal": {"method": "lp", "form": "primal"},
    "policy iteration": {"method": "policy_iteration"},
}


def frozen_lake(*, steps: bool = False) -> MarkovDecisionProcess:
    """The 4 by 4 frozen lake on which one slips to either side; the cost is minus the goal.

    With ``steps`` each step costs 1, holes lead back to the start.
    """
    lake = "SFFFFHFHFFFHHFFG"
    moves = [(0, -1), (1, 0), (0, 1), (-1, 0)]
    rows, cost, owner = [], [], []
    for s, kind in enumerate(lake):
        for action in range(1 if kind in "HG" else 4):
            row, won = np.zeros(16), 0.0
            if kind in "HG":
                row[s if kind == "G" or not steps else 0] = 1.0
                won = -float(steps and kind == "H")
            else:
                for turn in (-1, 0, 1):
                    down, right = moves[(action + turn) % 4]
                    y, x = min(max(s // 4 + down, 0), 3), min(max(s % 4 + right, 0), 3)
                    row[4 * y + x] += 1 / 3
                    won += (lake[4 * y + x] == "G") / 3
                won = -1.0 if steps else won
            rows.append(row)
            cost.append(-won)
            owner.append(s)
    return MarkovDecisionProcess(rows, cost, owner, None, criterion="total")


@pytest.mark.parametrize("how", WAYS.values(), ids=WAYS)
def test_the_goal_of_the_frozen_lake_is_reached_14_times_in_17(how: dict[str, Any]) -> None:
    solution = frozen_lake().solve(initial=np.eye(16)[0], **how)
    assert solution.outcome.objective == pytest.approx(-14 / 17, rel=1e-9)
    assert solution.value[0] == pytest.approx(-14 / 17, rel=1e-9)
    assert solution.outcome.bound == pytest.approx(-14 / 17, rel=1e-9)
    assert solution.outcome.status == "optimal"
    assert solution.gain is None
    assert solution.occupation @ solution.process.cost == pytest.approx(-14 / 17, rel=1e-9)


@pytest.mark.parametrize("how", WAYS.values(), ids=WAYS)
def test_steps_to_the_goal_are_the_limit_of_discounted_ones(how: dict[str, Any]) -> None:
    process = frozen_lake(steps=True)
    solution = process.solve(initial=np.eye(16)[0], **how)
    near = MarkovDecisionProcess(process.transition, process.cost, process.state_of_pair, 1 - 1e-7)
    assert solution.value[0] == pytest.approx(near.solve("policy_iteration").value[0], rel=1e-4)
    assert (solution.measure @ process.cost) == pytest.approx(solution.value[0])


def drawn(seed: int, states: int = 4) -> tuple[MarkovDecisionProcess, Any]:
    """Draw a process that can rest in its last state, and now and then in others."""
    rng = random.Random(seed)
    actions: list[list[Any]] = []
    for s in range(states - 1):
        actions.append([])
        for _ in range(rng.choice([1, 2, 3])):
            row = [Fraction(0)] * states
            for _ in range(4):
                row[rng.randrange(states)] += Fraction(1, 4)
            actions[s].append((row, Fraction(rng.choice([0, 0, 1, 2, 5])), 1))
    actions.append([([Fraction(int(s == states - 1)) for s in range(states)], Fraction(0), 1)])
    flat = [(s, *action) for s in range(states) for action in actions[s]]
    process = MarkovDecisionProcess(
        np.array([[float(p) for p in row] for _, row, _, _ in flat]),
        [float(c) for _, _, c, _ in flat],
        [s for s, _, _, _ in flat],
        None,
        criterion="total",
    )
    return process, actions


@pytest.mark.slow
@pytest.mark.parametrize("how", WAYS.values(), ids=WAYS)
def test_random_shortest_paths(how: dict[str, Any]) -> None:
    answered = 0
    for seed in range(80):
        process, actions = drawn(seed)
        found = [exact.totals(chain, cost) for chain, cost, _ in exact.policies(actions)]
        finite = [value for value in found if value is not None]
        if not finite:
            with pytest.raises(NoAnswerError, match="is infinite: no policy comes"):
                process.solve(**how)
            continue
        best = [float(min(value[s] for value in finite)) for s in range(len(actions))]
        solution = process.solve(**how)
        np.testing.assert_allclose(solution.value, best, atol=1e-8, err_msg=f"seed {seed}")
        assert solution.outcome.status == "optimal"
        assert solution.outcome.bound <= np.mean(best) + 1e-9
        assert solution.residual < 1e-8
        answered += 1
    assert answered >= 50


@pytest.mark.parametrize("how", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize(
    ("cost", "message"),
    [
        ([-1.0, 0.5, 0.0, 0.0], "go on for ever and earn without limit"),
        ([-1.0, 1.0, 0.0, 0.0], "with costs that cancel"),
    ],
)
def test_a_total_that_is_not_finite_is_refused(
    how: dict[str, Any], cost: list[float], message: str
) -> None:
    """Two states that lead to each other, one of which may stop."""
    chance = [[0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 1]]
    process = MarkovDecisionProcess(
        chance, cost, [0, 1, 1, 2], None, criterion="total", state_names=["a", "b", "end"]
    )
    with pytest.raises(NoAnswerError, match=message):
        process.solve(**how)


def test_no_way_out_is_told_by_name() -> None:
    process = MarkovDecisionProcess(
        [[1, 0], [0, 1]], [1.0, 0.0], [0, 1], None, criterion="total", state_names=["stuck", "end"]
    )
    with pytest.raises(NoAnswerError, match="from state stuck is infinite"):
        process.solve()


def test_a_detour_that_costs_nothing_is_not_a_rest_that_one_must_take() -> None:
    """One may walk to and fro for nothing, and reach a reward at the end for nothing."""
    chance = [[0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 1]]
    process = MarkovDecisionProcess(
        chance, [0.0, 0, -3.0, 0], [0, 1, 1, 2], None, criterion="total"
    )
    for how in WAYS.values():
        solution = process.solve(**how)
        np.testing.assert_allclose(solution.value, [-3.0, -3.0, 0.0])
        assert solution.policy.tolist() == [0, 2, 3]


@pytest.mark.parametrize("method", ["value_iteration", "modified_policy_iteration"])
def test_methods_without_a_bound_are_refused(method: str) -> None:
    with pytest.raises(UsageError, match=r"no bound on total cost .* take lp or policy_iteration"):
        frozen_lake().solve(method)


def test_side_constraints_are_pointed_to_the_program() -> None:
    process = frozen_lake()
    limit = SideConstraint("limit", np.ones(process.pairs), upper=3.0)
    with pytest.raises(UsageError, match="by extend"):
        process.solve(side_constraints=[limit])


@pytest.mark.parametrize("how", WAYS.values(), ids=WAYS)
def test_an_end_that_is_only_likely_is_not_enough(how: dict[str, Any]) -> None:
    """Half of the time the only way out of a leads into a trap, where each period costs 1."""
    process = MarkovDecisionProcess(
        [[0, 0.5, 0.5], [0, 1, 0], [0, 0, 1]],
        [2.0, 1.0, 0.0],
        [0, 1, 2],
        None,
        criterion="total",
        state_names=["a", "trap", "end"],
    )
    with pytest.raises(NoAnswerError, match="from state a is infinite"):
        process.solve(**how)
