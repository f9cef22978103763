r"""To and from the formats of other solvers of Markov decision processes.

Others maximise rewards; here costs are minimised, so the sign changes on the way. None of the
other packages is needed:

- *state-action pairs*, as QuantEcon's ``DiscreteDP(R, Q, beta, s_indices, a_indices)`` takes them;
- *action by action*, as pymdptoolbox takes them: transitions ``P[a]`` of shape (states, states) for
  each action ``a`` and rewards ``R`` of shape (states, actions); every action in every state;
- *toy text*, the tables of Gymnasium's small environments.

Files are in :mod:`amopt.mdp.exchange`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from amopt.errors import UsageError
from amopt.mdp.decision_process import MarkovDecisionProcess

__all__ = [
    "StateActionPairs",
    "from_action_arrays",
    "from_quantecon",
    "from_toy_text",
    "to_action_arrays",
    "to_quantecon",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True)
class StateActionPairs:
    """A process as QuantEcon's ``DiscreteDP`` takes it.

    Attributes
    ----------
    rewards
        Reward of each pair, shape (pairs,): the negative of its cost.
    transition
        Transition probabilities, shape (pairs, states), a CSR matrix.
    discount
        Discount factor a period.
    states, actions
        State and action of each pair, shape (pairs,), sorted.
    order
        Which of the process's pairs stands where, shape (pairs,).
    """

    rewards: Floats
    transition: sp.csr_matrix
    discount: float
    states: Ints
    actions: Ints
    order: Ints


def to_quantecon(process: MarkovDecisionProcess) -> StateActionPairs:
    """Return the arrays for QuantEcon; a state's actions are numbered from 0.

    Raises
    ------
    UsageError
        On average cost, or when a pair does not last exactly one period.
    """
    _require_unit_durations(process)
    if process.discount is None:
        raise UsageError("QuantEcon's DiscreteDP needs a discount factor below 1")
    order = np.arange(process.pairs) if process.order is None else process.order
    states = process.state_of_pair[order]
    return StateActionPairs(
        rewards=-process.cost[order],
        transition=sp.csr_matrix(process.transition[order]),
        discount=process.discount,
        states=states,
        actions=np.arange(process.pairs) - process.starts[states],
        order=order,
    )


def from_quantecon(
    rewards: Any,
    transition: Any,
    discount: float,
    states: ArrayLike | None = None,
    actions: ArrayLike | None = None,
) -> MarkovDecisionProcess:
    """Return the process of QuantEcon's arrays, in either of its two forms.

    Parameters
    ----------
    rewards
        Shape (pairs,) with ``states``; or (states, actions) without, minus infinity where an
        action is not allowed.
    transition
        Shape (pairs, states), dense or sparse; or (states, actions, states).
    discount
        Discount factor a period.
    states, actions
        State and action of each pair, shape (pairs,); left out for the second form.

    Raises
    ------
    UsageError
        When only one of ``states`` and ``actions`` is given.
    ValueError
        When the arrays do not make a process, or a state-action pair is given twice.
    """
    if (states is None) != (actions is None):
        raise UsageError("give both the states and the actions of the pairs, or neither")
    reward = _dense(rewards)
    if states is None or actions is None:
        if reward.ndim != 2:
            raise ValueError(f"rewards have shape {reward.shape}, expected (states, actions)")
        owner, action = np.nonzero(~np.isneginf(reward))  # what is no number is refused later
        table = np.asarray(transition, dtype=np.float64)
        if table.shape != (*reward.shape, reward.shape[0]):
            raise ValueError(
                f"transition has shape {table.shape}, expected {(*reward.shape, reward.shape[0])}"
            )
        return _from_pairs(-reward[owner, action], table[owner, action], owner, action, discount)
    return _from_pairs(-reward, transition, np.asarray(states), np.asarray(actions), discount)


def to_action_arrays(process: MarkovDecisionProcess) -> tuple[list[sp.csr_matrix], Floats]:
    """Return transitions action by action and rewards, as pymdptoolbox takes them.

    States with fewer actions than others repeat their first one, which changes neither values nor
    what is best.

    Returns
    -------
    tuple
        A CSR matrix of shape (states, states) for each action, and the rewards, shape
        (states, actions).

    Raises
    ------
    UsageError
        When a pair does not last exactly one period.
    """
    _require_unit_durations(process)
    order = np.arange(process.pairs) if process.order is None else process.order
    sizes = np.diff(process.starts, append=process.pairs)
    matrices, rewards = [], np.empty((process.states, int(sizes.max())))
    for action in range(int(sizes.max())):
        pairs = order[process.starts + np.where(action < sizes, action, 0)]
        matrices.append(sp.csr_matrix(process.transition[pairs]))
        rewards[:, action] = -process.cost[pairs]
    return matrices, rewards


def from_action_arrays(
    transitions: NDArray[Any] | Sequence[Any], rewards: Any, discount: float | None
) -> MarkovDecisionProcess:
    """Return the process of pymdptoolbox's arrays.

    Parameters
    ----------
    transitions
        Shape (actions, states, states), or a (states, states) matrix for each action, dense or
        sparse.
    rewards
        Shape (states,), (states, actions) or (actions, states, states), the last being the reward
        of each transition; dense or sparse, or a sparse matrix (states, states) for each action.
    discount
        Discount factor a period; None (or 1) for average cost.

    Raises
    ------
    ValueError
        When the arrays do not make a process.
    """
    matrices = [sp.csr_array(matrix, dtype=np.float64) for matrix in transitions]
    if not matrices:
        raise ValueError("transitions hold no action")
    count, states = len(matrices), matrices[0].shape[0]
    if any(matrix.shape != (states, states) for matrix in matrices):
        raise ValueError(f"transitions must all have shape ({states}, {states})")
    reward = _rewards(rewards, matrices)
    owner, action = np.divmod(np.arange(states * count), count)
    stacked = sp.csr_array(sp.vstack(matrices, format="csr"))[action * states + owner]
    return _from_pairs(-reward.ravel(), stacked, owner, action, discount)


def _rewards(rewards: Any, transitions: Sequence[sp.csr_array]) -> Floats:
    """Return rewards of any shape, dense or sparse, as shape (states, actions)."""
    count, states = len(transitions), transitions[0].shape[0]
    each = not sp.issparse(rewards) and any(sp.issparse(one) for one in rewards)
    if each or np.ndim(rewards) == 3:
        tables = [sp.csr_array(one, dtype=np.float64) for one in rewards]
        if len(tables) != count or any(one.shape != (states, states) for one in tables):
            shapes = [len(tables), *tables[0].shape]
            raise ValueError(
                f"rewards have shape {tuple(shapes)}, expected ({count}, {states}, {states})"
            )
        sums = [
            matrix.multiply(one).sum(axis=1)
            for matrix, one in zip(transitions, tables, strict=True)
        ]
        return np.column_stack([np.asarray(one, dtype=np.float64).ravel() for one in sums])
    reward = _dense(rewards)
    if reward.shape == (states,):
        reward = np.repeat(reward[:, None], count, axis=1)
    if reward.shape != (states, count):
        raise ValueError(
            f"rewards have shape {reward.shape}, expected ({states}, {count}), ({states},) or "
            f"({count}, {states}, {states})"
        )
    return reward


def _dense(rewards: Any) -> Floats:
    plain = rewards.toarray() if hasattr(rewards, "toarray") else rewards
    return np.asarray(plain, dtype=np.float64)


def from_toy_text(
    table: Mapping[int, Mapping[int, Sequence[tuple[float, int, float, bool]]]],
    discount: float | None = None,
) -> MarkovDecisionProcess:
    """Return the process of Gymnasium's toy-text environments, ``env.unwrapped.P``.

    What ends an episode leads to one further state, the last, where the process rests.

    Parameters
    ----------
    table
        By state and action, each outcome: probability, next state, reward, whether the episode
        ends.
    discount
        Discount factor a period; None (or 1) for the total reward of an episode.

    Raises
    ------
    ValueError
        When the table does not make a process.
    """
    end = len(table)
    rows: list[int] = []
    columns: list[int] = []
    chances: list[float] = []
    cost: list[float] = []
    names: list[tuple[int, int]] = []
    for state, actions in table.items():
        for action, outcomes in actions.items():
            for chance, following, _, ends in outcomes:
                rows.append(len(names))
                columns.append(end if ends else following)
                chances.append(chance)
            cost.append(-math.fsum(chance * reward for chance, _, reward, _ in outcomes))
            names.append((state, action))
    rows, columns, chances = [*rows, len(names)], [*columns, end], [*chances, 1.0]
    names.append((end, 0))
    return MarkovDecisionProcess(
        sp.csr_array((chances, (rows, columns)), shape=(len(names), end + 1)),
        [*cost, 0.0],
        [state for state, _ in names],
        discount,
        criterion="total" if discount in (None, 1) else "discounted",
        pair_names=names,
    )


def _from_pairs(
    cost: Floats, transition: Any, states: Ints, actions: Ints, discount: float | None
) -> MarkovDecisionProcess:
    names = list(zip(states.tolist(), actions.tolist(), strict=True))
    return MarkovDecisionProcess(transition, cost, states, discount, pair_names=names)


def _require_unit_durations(process: MarkovDecisionProcess) -> None:
    if (process.duration != 1).any():
        raise UsageError("the other format knows only pairs that last one period")
