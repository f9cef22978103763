"""Answers from textbooks, by every method."""

import numpy as np
import pytest

from amopt.mdp.converters import from_action_arrays
from tests.mdp.cases import METHODS, taxicab, two_states


@pytest.fixture(params=METHODS.values(), ids=METHODS)
def how(request):
    return dict(request.param)


def test_two_states_of_puterman(how):
    solution = two_states().solve(**how)
    np.testing.assert_allclose(solution.value, [60 / 7, 20.0], rtol=1e-8)
    assert solution.policy.tolist() == [0, 2]
    assert solution.gain is None
    assert solution.outcome.status == "optimal"


def test_forest_management(how):
    young, middle, old = np.eye(3)
    wait = [0.1 * young + 0.9 * middle, 0.1 * young + 0.9 * old, 0.1 * young + 0.9 * old]
    cut = [young, young, young]
    rewards = [[0.0, 0.0], [0.0, 1.0], [4.0, 2.0]]
    solution = from_action_arrays([wait, cut], rewards, 0.9).solve(**how)
    np.testing.assert_allclose(-solution.value, [26.244, 29.484, 33.484], rtol=1e-8)
    assert (solution.policy % 2).tolist() == [0, 0, 0]


def test_taxicab_of_howard(how):
    solution = taxicab().solve(**how)
    assert solution.gain == pytest.approx(-13.344537815126047, rel=1e-8)
    assert solution.policy.tolist() == [1, 4, 6]
    np.testing.assert_allclose(
        solution.bias - solution.bias[2], [1.17647, -12.65546, 0.0], atol=1e-4
    )


def test_one_state_of_several_durations(how):
    from amopt.mdp import MarkovDecisionProcess

    process = MarkovDecisionProcess(
        np.ones((3, 1)), [3.0, 5.0, 9.0], [0, 0, 0], None, duration=[1, 2, 3]
    )
    solution = process.solve(**how)
    assert solution.gain == pytest.approx(2.5, rel=1e-8)
    assert solution.policy.tolist() == [1]
