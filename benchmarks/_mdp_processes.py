"""Decision processes that are not ours: small ones of the literature, and random ones."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import scipy.sparse as sp

from amopt.mdp import MarkovDecisionProcess

__all__ = ["PROCESSES"]


def _of(
    rows: list[tuple[int, float, dict[int, float]]], states: int, discount: float
) -> MarkovDecisionProcess:
    """Return the process of pairs: state, cost, probabilities of what follows."""
    indptr = np.cumsum([0, *(len(chances) for _, _, chances in rows)])
    indices = np.concatenate([np.fromiter(chances, dtype=int) for _, _, chances in rows])
    data = np.concatenate([np.fromiter(chances.values(), dtype=float) for _, _, chances in rows])
    matrix = sp.csr_array((data, indices, indptr), shape=(len(rows), states))
    matrix.sort_indices()
    return MarkovDecisionProcess(
        matrix, [cost for _, cost, _ in rows], [state for state, _, _ in rows], discount
    )


def forest(
    states: int = 2000, fire: float = 0.001, discount: float = 0.999
) -> MarkovDecisionProcess:
    """Return pymdptoolbox's example: let a forest grow until it burns down, or cut it."""
    rows = []
    for age in range(states):
        older, oldest = min(age + 1, states - 1), age == states - 1
        rows.append((age, -4.0 if oldest else 0.0, {0: fire, older: 1 - fire}))
        rows.append((age, 0.0 if age == 0 else -2.0 if oldest else -1.0, {0: 1.0}))
    return _of(rows, states, discount)


def taxicab(discount: float = 0.999) -> MarkovDecisionProcess:
    """Return the taxicab of Howard (1960): three towns, fares of each trip."""
    chance = [
        [8, 4, 4],
        [1, 12, 3],
        [4, 2, 10],
        [8, 0, 8],
        [1, 14, 1],
        [4, 4, 8],
        [2, 12, 2],
        [12, 1, 3],
    ]
    fare = [
        [10, 4, 8],
        [8, 2, 4],
        [4, 6, 4],
        [14, 0, 18],
        [8, 16, 8],
        [10, 2, 8],
        [6, 4, 2],
        [4, 0, 8],
    ]
    rows = [
        (state, -float(np.dot(p, r)) / 16, {j: x / 16 for j, x in enumerate(p) if x})
        for state, p, r in zip([0, 0, 0, 1, 1, 2, 2, 2], chance, fare, strict=True)
    ]
    return _of(rows, 3, discount)


def dual_sourcing(
    lead: int = 2, most: int = 4, room: int = 12, discount: float = 0.995
) -> MarkovDecisionProcess:
    """Return two sources: regular in ``lead`` periods at 100, express at once at 105.

    Demand 0 to 4, each as likely; a piece costs 5 a period on stock, 495 backlogged (Veeraraghavan
    and Scheller-Wolf 2008, in kind); stock is cut off at ``room`` either side.
    """
    levels, pipes = range(-room, room + 1), list(itertools.product(range(most + 1), repeat=lead))
    number = {key: at for at, key in enumerate(itertools.product(levels, pipes))}
    rows = []
    for (level, pipe), state in number.items():
        for regular, express in itertools.product(range(most + 1), repeat=2):
            stock, cost, chances = level + express + pipe[0], 100.0 * regular + 105.0 * express, {}
            for demand in range(5):
                left = stock - demand
                cost += (5.0 * max(left, 0) + 495.0 * max(-left, 0)) / 5
                key = number[max(-room, min(room, left)), (*pipe[1:], regular)]
                chances[key] = chances.get(key, 0.0) + 0.2
            rows.append((state, cost, chances))
    return _of(rows, len(number), discount)


def lost_sales(
    lead: int = 3, most: int = 9, room: int = 18, discount: float = 0.995
) -> MarkovDecisionProcess:
    """Return lost sales with a lead time (Zipkin 2008): holding 1, a lost sale 9, Poisson(5)."""
    demand = np.exp(-5) * np.cumprod(np.concatenate([[1.0], 5 / np.arange(1, 40)]))
    demand /= demand.sum()
    number = {
        key: at
        for at, key in enumerate(
            itertools.product(range(room + 1), itertools.product(range(most + 1), repeat=lead - 1))
        )
    }
    after, cost = [], []
    for stock in range(room + 1):
        left = np.maximum(stock - np.arange(40), 0)
        after.append(np.bincount(left, weights=demand, minlength=stock + 1))
        lost = np.maximum(np.arange(40) - stock, 0)
        cost.append(float(demand @ (left + 9.0 * lost)))
    rows = []
    for (stock, pipe), state in number.items():
        for order in range(most + 1):
            chances: dict[int, float] = {}
            for left, chance in enumerate(after[stock]):
                key = number[min(left + pipe[0], room), (*pipe[1:], order)]
                chances[key] = chances.get(key, 0.0) + float(chance)
            rows.append((state, cost[stock], chances))
    return _of(rows, len(number), discount)


def random_sparse(
    states: int = 2000, actions: int = 5, following: int = 10, discount: float = 0.999
) -> MarkovDecisionProcess:
    """Return a random process: ``following`` states may follow each of ``actions`` a state."""
    rng = np.random.default_rng(1)
    rows = []
    for state in range(states):
        for _ in range(actions):
            targets = rng.choice(states, following, replace=False)
            chances = rng.dirichlet(np.ones(following))
            rows.append(
                (
                    state,
                    float(rng.uniform(0, 100)),
                    dict(zip(targets.tolist(), chances.tolist(), strict=True)),
                )
            )
    return _of(rows, states, discount)


PROCESSES: dict[str, Callable[[], MarkovDecisionProcess]] = {
    "forest": forest,
    "taxicab": taxicab,
    "dual sourcing": dual_sourcing,
    "lost sales": lost_sales,
    "random sparse": random_sparse,
}
"""The processes by name."""
