"""What must always hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amopt.mdp import SideConstraint
from amopt.mdp.iteration.layers import periodic_classes
from tests.mdp.cases import policy_gain, policy_value, random_process

shapes = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10**6),
        "states": st.integers(1, 7),
        "actions": st.integers(1, 4),
        "discount": st.sampled_from([0.5, 0.95, 0.999, None]),
        "longest": st.integers(1, 3),
    }
)


@settings(max_examples=60, deadline=None)
@given(shapes, st.sampled_from(["lp", "policy_iteration", "value_iteration"]))
def test_the_occupation_measure_balances(shape, method):
    process = random_process(**shape)
    solution = process.solve(method)
    x = solution.occupation
    if method == "lp":
        assert solution.measure is x
    assert (x >= 0).all()
    out = np.bincount(process.state_of_pair, weights=x, minlength=process.states)
    entering = (x * process.factor) @ process.transition
    if process.average:
        assert x @ process.duration == pytest.approx(1.0)
        np.testing.assert_allclose(out, entering, atol=1e-9)
        assert x @ process.cost == pytest.approx(solution.gain, rel=1e-7, abs=1e-7)
    else:
        assert x @ (1 - process.factor) == pytest.approx(1.0)
        np.testing.assert_allclose(out, entering + solution.initial, rtol=1e-8)
        assert x @ process.cost == pytest.approx(
            solution.outcome.objective, rel=1e-7, abs=1e-7 * np.abs(solution.value).max()
        )


@settings(max_examples=60, deadline=None)
@given(shapes, st.integers(0, 10**6))
def test_no_random_policy_is_better(shape, seed):
    process = random_process(**shape)
    solution = process.solve()
    rng = np.random.default_rng(seed)
    policy = np.array(
        [rng.choice(np.flatnonzero(process.state_of_pair == s)) for s in range(process.states)]
    )
    if process.average:
        assert solution.gain <= policy_gain(process, policy) + 1e-9
    else:
        other = policy_value(process, policy)
        assert (solution.value <= other + 1e-9 * np.abs(other).max()).all()


@settings(max_examples=40, deadline=None)
@given(shapes, st.floats(0.3, 1.0))
def test_a_side_constraint_costs_no_less_and_is_kept(shape, share):
    process = random_process(**shape)
    free = process.solve()
    use = np.random.default_rng(shape["seed"]).random(process.pairs)
    least = process.with_cost(use).solve().outcome.objective
    limit = least + share * max(use @ free.occupation - least, 0.0)
    kept = process.solve(side_constraints=[SideConstraint("use", use, upper=limit * (1 + 1e-9))])
    scale = np.abs(process.cost) @ kept.occupation + 1e-9
    assert kept.outcome.objective >= free.outcome.objective - 1e-7 * scale
    assert kept.outcome.objective - kept.outcome.bound <= 1e-6 * scale
    assert use @ kept.occupation <= limit * (1 + 1e-6)
    assert kept.prices["use"] <= 1e-12
    sums = np.bincount(process.state_of_pair, weights=kept.probabilities, minlength=process.states)
    np.testing.assert_allclose(sums, 1.0)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 3))
def test_cyclic_classes_follow_each_other(seed, period, longest):
    process = random_process(seed, states=3 * period, period=period, longest=longest)
    classes, phase = periodic_classes(process)
    assert classes >= 1
    if longest == 1:
        assert classes % period == 0
    tail = np.repeat(np.arange(process.pairs), np.diff(process.transition.indptr))
    step = phase[process.transition.indices] - phase[process.state_of_pair[tail]]
    assert ((step - process.duration[tail]) % classes == 0).all()
