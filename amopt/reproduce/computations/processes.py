"""Textbook Markov decision processes, given as arrays in the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from amopt.mdp import MarkovDecisionProcess
from amopt.mdp.converters import from_action_arrays

Values = dict[tuple[str, str], Any]


def arrays(
    transitions: Sequence[Any], rewards: Any, discount: float | None = None, horizon: int = 0
) -> Values:
    """Return values, gain and best actions of a process of action arrays.

    Rows are states; with a ``horizon``, columns are ``value 0`` to ``value horizon`` and
    ``action 0`` to the last but one.
    """
    process = from_action_arrays(
        [np.array(one, float) for one in transitions], np.array(rewards, float), discount
    )
    if horizon:
        return _finite(process, len(transitions), horizon)
    solution = process.solve()
    actions = solution.policy % len(transitions)
    found: Values = {(str(s), "action"): int(a) for s, a in enumerate(actions.tolist())}
    if solution.gain is not None:
        return found | {("process", "gain"): -solution.gain}
    return found | {(str(s), "value"): -v for s, v in enumerate(solution.value.tolist())}


def _finite(process: MarkovDecisionProcess, actions: int, horizon: int) -> Values:
    """Return the values and actions of a finite horizon, from its end backward."""
    value = np.zeros(process.states)
    found: Values = {(str(s), f"value {horizon}"): 0.0 for s in range(process.states)}
    for period in reversed(range(horizon)):
        pairs = process.cost + process.factor * (process.transition @ value)
        table = pairs.reshape(process.states, actions)
        value, best = table.min(axis=1), table.argmin(axis=1)
        for s in range(process.states):
            found[str(s), f"value {period}"] = -float(value[s])
            found[str(s), f"action {period}"] = int(best[s])
    return found


def pairs(
    transition: Sequence[Sequence[float]],
    reward: Sequence[Any],
    state_of_pair: Sequence[int],
    discount: float | None = None,
    base: int | None = None,
) -> Values:
    """Return values, or gain and relative values, of a process of state-action pairs.

    A reward may be a row, one number for each next state. ``base`` is the state whose relative
    value is 0.
    """
    chance = np.array(transition, float)
    rewards = np.array(reward, float)
    expected = rewards if rewards.ndim == 1 else (chance * rewards).sum(axis=1)
    solution = MarkovDecisionProcess(chance, -expected, state_of_pair, discount).solve()
    if solution.bias is None:
        return {(str(s), "value"): -v for s, v in enumerate(solution.value.tolist())}
    relative = solution.bias[base or 0] - solution.bias
    found: Values = {(str(s), "relative value"): v for s, v in enumerate(relative.tolist())}
    return {**found, ("process", "gain"): -float(solution.gain or 0.0)}
