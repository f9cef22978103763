"""What a process refuses, and what it makes of its arrays."""

import numpy as np
import pytest
import scipy.sparse as sp

from amopt.mdp import MarkovDecisionProcess
from tests.mdp.cases import random_process

CHANCE = np.array([[0.5, 0.5], [0.0, 1.0], [1.0, 0.0]])
COST = np.array([1.0, 2.0, 3.0])
OWNER = np.array([0, 0, 1])


def build(**changes):
    arguments = {
        "transition": CHANCE,
        "cost": COST,
        "state_of_pair": OWNER,
        "discount": 0.9,
        **changes,
    }
    return MarkovDecisionProcess(**arguments)


def changed(array, index, value):
    array = np.array(array, dtype=float)
    array[index] = value
    return array


REFUSED = {
    "transition is no matrix": ({"transition": np.ones(3)}, "transition has shape"),
    "an array for each action": (
        {"transition": np.full((2, 3, 3), 1 / 3)},
        r"shape \(2, 3, 3\), expected \(pairs, states\).*amopt.mdp.from_action_arrays",
    ),
    "no pair": ({"transition": np.ones((0, 2))}, "transition has shape"),
    "NaN probability": (
        {"transition": changed(CHANCE, (1, 0), np.nan)},
        "NaN or infinity in row 1",
    ),
    "infinite probability": ({"transition": changed(CHANCE, (2, 0), np.inf)}, "infinity in row 2"),
    "negative probability": (
        {"transition": changed(changed(CHANCE, (1, 0), -0.5), (1, 1), 1.5)},
        "a negative probability in row 1",
    ),
    "row sum": ({"transition": changed(CHANCE, (2, 0), 0.9)}, "row 2 sums to 0.9"),
    "row sum over one": ({"transition": changed(CHANCE, (2, 1), 0.1)}, "row 2 sums to 1.1"),
    "empty row": ({"transition": changed(CHANCE, (2, 0), 0.0)}, "row 2 sums to 0"),
    "cost of another shape": ({"cost": np.ones(4)}, r"cost has shape \(4,\), expected \(3,\)"),
    "NaN cost": ({"cost": changed(COST, 1, np.nan)}, r"cost\[1\] is nan"),
    "infinite cost": ({"cost": changed(COST, 2, np.inf)}, r"cost\[2\] is inf"),
    "text as cost": ({"cost": ["a", "b", "c"]}, "cost must hold numbers"),
    "state out of range": ({"state_of_pair": [0, 0, 2]}, r"state_of_pair\[2\] is 2; there are 2"),
    "negative state": ({"state_of_pair": [0, 1, -1]}, r"state_of_pair\[2\] is -1"),
    "half a state": (
        {"state_of_pair": [0, 0.5, 1]},
        r"state_of_pair\[1\] is 0.5, expected a whole",
    ),
    "state without action": (
        {"state_of_pair": [0, 0, 0]},
        "1 states have no action, the first is 1",
    ),
    "discount above one": ({"discount": 1.1}, r"discount must lie in \[0, 1\)"),
    "negative discount": ({"discount": -0.1}, r"discount must lie in \[0, 1\)"),
    "unknown criterion": ({"criterion": "totl"}, "criterion must be 'discounted', 'average' or"),
    "average with a discount": ({"criterion": "average"}, "'average' takes no discount"),
    "discounted without": (
        {"criterion": "discounted", "discount": None},
        "'discounted' needs a discount below 1",
    ),
    "a pair given twice": (
        {"pair_names": ["a", "a", "b"]},
        "pairs 0 and 1 are both called 'a' in state 0",
    ),
    "NaN discount": ({"discount": np.nan}, r"discount must lie in \[0, 1\)"),
    "negative duration": ({"duration": [1, -1, 1]}, r"duration\[1\] is -1; it cannot be negative"),
    "half a duration": ({"duration": [1, 1, 1.5]}, r"duration\[2\] is 1.5, expected a whole"),
    "NaN duration": ({"duration": [1, np.nan, 1]}, r"duration\[1\] is nan"),
    "too few state names": ({"state_names": ["a"]}, "state_names has 1 names, expected 2"),
    "too many pair names": ({"pair_names": list("abcd")}, "pair_names has 4 names, expected 3"),
}


@pytest.mark.parametrize(("changes", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_arrays_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        build(**changes)


BAD_STARTS = {
    "shape": (np.ones(3) / 3, r"initial has shape \(3,\), expected \(2,\)"),
    "sum": ([0.5, 0.4], "initial must sum to 1, it sums to 0.9"),
    "negative": ([1.5, -0.5], "finite, not negative"),
    "NaN": ([np.nan, 1.0], "finite, not negative"),
}


@pytest.mark.parametrize(("initial", "message"), BAD_STARTS.values(), ids=BAD_STARTS)
def test_bad_initial_distributions_are_refused(initial, message):
    with pytest.raises(ValueError, match=message):
        build().solve(initial=initial)


def test_states_are_called_by_name():
    with pytest.raises(ValueError, match="the first is rusty"):
        build(state_of_pair=[0, 0, 0], state_names=["new", "rusty"])


def test_the_order_of_pairs_does_not_matter():
    process = random_process(1)
    order = np.argsort(process.state_of_pair, kind="stable")
    sorted_by_state = MarkovDecisionProcess(
        process.transition[order], process.cost[order], process.state_of_pair[order], 0.95
    )
    for method in ("lp", "value_iteration"):
        mixed, plain = process.solve(method), sorted_by_state.solve(method)
        np.testing.assert_allclose(mixed.value, plain.value, rtol=1e-8)
        assert mixed.policy.tolist() == order[plain.policy].tolist()
        assert (process.state_of_pair[mixed.policy] == np.arange(process.states)).all()


def test_arrays_of_the_caller_stay_as_they_are():
    matrix = sp.csr_array(CHANCE)
    matrix.indices[:2], matrix.data[:2] = [1, 0], [0.4, 0.6]
    matrix.has_sorted_indices = False
    before = matrix.copy()
    process = build(transition=matrix)
    assert matrix.indices.tolist() == before.indices.tolist()
    assert process.transition.has_sorted_indices
    np.testing.assert_allclose(process.transition.toarray()[0], [0.6, 0.4])
    process.cost[0] = 99.0
    assert COST[0] == 1.0


def test_stored_zeros_are_no_transitions():
    matrix = sp.csr_array((np.array([1.0, 0.0, 1.0]), [1, 0, 0], [0, 2, 3]), shape=(2, 2))
    process = MarkovDecisionProcess(matrix, [1.0, 2.0], [0, 1], 0.9)
    assert process.transition.nnz == 2
    assert process.layers.period == 2


def test_rows_are_normalised_within_rounding():
    process = build(transition=CHANCE * (1 + 5e-10))
    assert np.abs(process.transition.sum(axis=1) - 1).max() < 1e-15


def test_a_discount_of_one_means_average_cost():
    assert build(discount=1).average
    assert build(discount=1.0).solve().gain == pytest.approx(build(discount=None).solve().gain)


def test_other_costs_share_the_rest():
    process = random_process(2)
    other = process.with_cost(2 * process.cost)
    assert other.transition is process.transition
    for method in ("lp", "value_iteration", "policy_iteration"):
        np.testing.assert_allclose(
            other.solve(method).value, 2 * process.solve(method).value, rtol=1e-7, atol=1e-6
        )
    with pytest.raises(ValueError, match="cost has shape"):
        process.with_cost([1.0])


def test_the_residual_is_recomputed():
    solution = random_process(3).solve("value_iteration", iteration_limit=3)
    process = solution.process
    quality = process.cost + process.factor * (process.transition @ solution.value)
    best = [quality[process.state_of_pair == s].min() for s in range(process.states)]
    assert solution.residual == pytest.approx(np.abs(best - solution.value).max())
    assert solution.residual > 0


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e9])
def test_the_unit_of_money_does_not_matter(scale):
    process = random_process(9, discount=0.999)
    expected = process.solve("policy_iteration").value * scale
    for start in ("cold", "policy_iteration"):
        solution = process.with_cost(process.cost * scale).solve("lp", start=start)
        np.testing.assert_allclose(solution.value, expected, rtol=1e-7)
        assert solution.outcome.status == "optimal"


def test_free_processes_cost_nothing():
    for discount in (0.9, None):
        process = random_process(4, discount=discount)
        free = process.with_cost(np.zeros(process.pairs))
        for method in ("lp", "value_iteration", "modified_policy_iteration", "policy_iteration"):
            assert free.solve(method).outcome.objective == 0.0
            assert free.solve(method).outcome.status == "optimal"
