"""Processes with known answers, and random ones."""

from __future__ import annotations

import itertools

import numpy as np

from amopt.mdp import MarkovDecisionProcess

METHODS = {
    "linear program": {"method": "lp"},
    "cold dual": {"method": "lp", "start": "cold"},
    "cold primal": {"method": "lp", "start": "cold", "form": "primal"},
    "policy iteration": {"method": "policy_iteration"},
    "modified policy iteration": {"method": "modified_policy_iteration", "tolerance": 1e-10},
    "value iteration": {"method": "value_iteration", "tolerance": 1e-10},
}


def two_states(discount=0.95):
    """Puterman 1994, section 3.1; rewards 5, 10 and -1."""
    return MarkovDecisionProcess(
        [[0.5, 0.5], [0.0, 1.0], [0.0, 1.0]], [-5.0, -10.0, 1.0], [0, 0, 1], discount
    )


def taxicab(discount=None):
    """Howard 1960: three towns; rewards are fares."""
    chance = np.array(
        [
            [1 / 2, 1 / 4, 1 / 4],
            [1 / 16, 3 / 4, 3 / 16],
            [1 / 4, 1 / 8, 5 / 8],
            [1 / 2, 0, 1 / 2],
            [1 / 16, 7 / 8, 1 / 16],
            [1 / 4, 1 / 4, 1 / 2],
            [1 / 8, 3 / 4, 1 / 8],
            [3 / 4, 1 / 16, 3 / 16],
        ]
    )
    fare = np.array(
        [
            [10, 4, 8],
            [8, 2, 4],
            [4, 6, 4],
            [14, 0, 18],
            [8, 16, 8],
            [10, 2, 8],
            [6, 4, 2],
            [4, 0, 8],
        ]
    )
    return MarkovDecisionProcess(
        chance, -(chance * fare).sum(axis=1), [0, 0, 0, 1, 1, 2, 2, 2], discount
    )


def random_process(seed, *, states=8, actions=3, discount=0.95, period=1, longest=1):
    """A random process; with a period, states follow each other class by class."""
    rng = np.random.default_rng(seed)
    pairs = states * actions
    owner = rng.permutation(np.repeat(np.arange(states), actions))
    chance = rng.random((pairs, states)) ** 4
    classes = np.arange(states) % period
    chance *= classes[None, :] == ((classes[owner] + 1) % period)[:, None]
    chance /= chance.sum(axis=1, keepdims=True)
    duration = rng.integers(1, longest + 1, pairs)
    return MarkovDecisionProcess(
        chance, rng.normal(size=pairs) * 10, owner, discount, duration=duration
    )


def policies(process):
    """All deterministic policies, one pair a state."""
    choices = [np.flatnonzero(process.state_of_pair == s) for s in range(process.states)]
    return [np.array(choice) for choice in itertools.product(*choices)]


def policy_value(process, policy):
    """Discounted value of a policy by a dense solve."""
    matrix = process.factor[policy, None] * process.transition[policy].toarray()
    return np.linalg.solve(np.eye(process.states) - matrix, process.cost[policy])


def policy_gain(process, policy):
    """Average cost a period of a unichain policy by its stationary distribution."""
    matrix = process.transition[policy].toarray()
    system = np.vstack([np.eye(process.states) - matrix.T, np.ones(process.states)])
    right = np.append(np.zeros(process.states), 1.0)
    visits = np.linalg.lstsq(system, right, rcond=None)[0]
    return visits @ process.cost[policy] / (visits @ process.duration[policy])
