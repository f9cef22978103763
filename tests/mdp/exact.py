"""Exact rational answers by trying every stationary policy."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

Matrix = list[list[Fraction]]


def solve(matrix: Matrix, right: Matrix) -> Matrix:
    """Solve a square system by elimination; raises StopIteration where it is singular."""
    size = len(matrix)
    rows = [[*matrix[i], *right[i]] for i in range(size)]
    for column in range(size):
        pivot = next(i for i in range(column, size) if rows[i][column] != 0)
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for i in range(size):
            if i != column and rows[i][column] != 0:
                factor = rows[i][column]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[column], strict=True)]
    return [row[size:] for row in rows]


def classes(chain: Matrix) -> list[list[int]]:
    """Return the recurrent classes of a chain."""
    size = len(chain)
    reach = [{i} for i in range(size)]
    for _ in range(size):
        for i in range(size):
            for j in range(size):
                if chain[i][j] > 0:
                    reach[i] |= reach[j]
    return [
        sorted(reach[i])
        for i in range(size)
        if min(reach[i]) == i and all(reach[j] == reach[i] for j in reach[i])
    ]


def gains(chain: Matrix, cost: list[Fraction], duration: list[int]) -> list[Fraction]:
    """Return the average cost a period from each state."""
    size = len(chain)
    found: list[Any] = [None] * size
    for members in classes(chain):
        system = [[chain[j][i] - (1 if i == j else 0) for j in members] for i in members[:-1]] + [
            [Fraction(1)] * len(members)
        ]
        right = [[Fraction(0)]] * (len(members) - 1) + [[Fraction(1)]]
        share = [row[0] for row in solve(system, right)]
        spent = sum(share[i] * cost[s] for i, s in enumerate(members))
        time = sum(share[i] * duration[s] for i, s in enumerate(members))
        for s in members:
            found[s] = spent / time
    way = [s for s in range(size) if found[s] is None]
    if way:
        system = [[(1 if i == j else 0) - chain[i][j] for j in way] for i in way]
        right = [[sum(chain[i][j] * found[j] for j in range(size) if j not in way)] for i in way]
        for s, row in zip(way, solve(system, right), strict=True):
            found[s] = row[0]
    return found


def totals(chain: Matrix, cost: list[Fraction]) -> list[Fraction] | None:
    """Return the total cost from each state; None where it is not finite."""
    size, rest = len(chain), [s for members in classes(chain) for s in members]
    if any(cost[s] != 0 for s in rest):
        return None
    way = [s for s in range(size) if s not in rest]
    found = [Fraction(0)] * size
    if way:
        system = [[(1 if i == j else 0) - chain[i][j] for j in way] for i in way]
        for s, row in zip(way, solve(system, [[cost[s]] for s in way]), strict=True):
            found[s] = row[0]
    return found


def policies(actions: list[list[tuple[list[Fraction], Fraction, int]]]) -> Any:
    """Yield chain, costs and durations of every stationary policy."""
    for choice in itertools.product(*actions):
        yield [row for row, _, _ in choice], [c for _, c, _ in choice], [t for _, _, t in choice]
