"""Gridworlds of textbooks: values by cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from amopt.mdp import MarkovDecisionProcess

Values = dict[tuple[str, str], Any]

_MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))


def _step(rows: int, columns: int, cell: tuple[int, int], move: tuple[int, int]) -> tuple[int, int]:
    """Return where a move leads; at the edge one stays."""
    y, x = cell[0] + move[0], cell[1] + move[1]
    return (y, x) if 0 <= y < rows and 0 <= x < columns else cell


def jumps(random: bool, discount: float) -> Values:
    """Return the values of the 5 by 5 grid with two jumps, at random or at best.

    From A every action leads to A' for 10, from B to B' for 5; leaving the grid costs 1.
    """
    jump = {(0, 1): ((4, 1), 10.0), (0, 3): ((2, 3), 5.0)}
    table: list[tuple[int, int, float, float]] = []  # state, next state, reward, chance
    for y, x in np.ndindex(5, 5):
        outcomes: dict[tuple[int, float], float] = {}
        for move in _MOVES:
            to = _step(5, 5, (y, x), move)
            (ny, nx), reward = jump.get((y, x), (to, -1.0 if to == (y, x) else 0.0))
            outcomes[5 * ny + nx, reward] = outcomes.get((5 * ny + nx, reward), 0.0) + 0.25
        table += [(5 * y + x, to, reward, share) for (to, reward), share in outcomes.items()]
    state, following, gained, shares = (np.array(one) for one in zip(*table, strict=True))
    chance = np.eye(25)[following]
    if random:
        own = np.eye(25)[state].T * shares
        process = MarkovDecisionProcess(own @ chance, -(own @ gained), range(25), discount)
    else:
        process = MarkovDecisionProcess(chance, -gained, state, discount)
    return _by_cell(-process.solve().value, 5)


def steps(sweeps: Sequence[int]) -> Values:
    """Return the values of the 4 by 4 grid at random after so many sweeps, and in the end.

    Each step costs 1 until one of the two corners is reached.
    """
    chance = np.zeros((16, 16))
    for y, x in np.ndindex(4, 4):
        for move in _MOVES if 4 * y + x not in (0, 15) else ():
            ny, nx = _step(4, 4, (y, x), move)
            chance[4 * y + x, 4 * ny + nx] += 0.25
    chance[0, 0] = chance[15, 15] = 1.0
    cost = np.ones(16)
    cost[[0, 15]] = 0.0
    process = MarkovDecisionProcess(chance, cost, range(16), None, criterion="total")
    values, value = {0: np.zeros(16)}, np.zeros(16)
    for sweep in range(1, max(sweeps) + 1):
        value = values[sweep] = process.cost + process.transition @ value
    found = {f"k = {k}": -values[k] for k in sweeps} | {"k = infinity": -process.solve().value}
    return {
        (label, f"{cell // 4 + 1},{cell % 4 + 1}"): number
        for label, one in found.items()
        for cell, number in enumerate(one.tolist())
    }


def _by_cell(values: Any, columns: int) -> Values:
    return {
        (f"row {number // columns + 1}", f"column {number % columns + 1}"): value
        for number, value in enumerate(values.tolist())
    }


def slipping(reward: float) -> Values:
    """Return the utilities of the 4 by 3 world: one slips to either side once in ten.

    Columns 1 to 4 from the left, rows 1 to 3 from below; a wall at (2, 2), 1 is won at (4, 3) and
    lost at (4, 2).
    """
    ends = {(4, 3): 1.0, (4, 2): -1.0}
    cells = [(x, y) for y in (1, 2, 3) for x in (1, 2, 3, 4) if (x, y) != (2, 2)]
    where = {cell: number for number, cell in enumerate(cells)}
    after = len(cells)
    rows, cost, owner = [], [], []
    for cell, state in where.items():
        for turn in range(4) if cell not in ends else (0,):
            row = np.zeros(after + 1)
            for share, side in ((0.8, 0), (0.1, -1), (0.1, 1)):
                dy, dx = _MOVES[(turn + side) % 4]
                to = (cell[0] + dx, cell[1] + dy)
                row[after if cell in ends else where.get(to, state)] += share
            rows.append(row)
            cost.append(-ends.get(cell, reward))
            owner.append(state)
    rows.append(np.eye(after + 1)[after])
    process = MarkovDecisionProcess(rows, [*cost, 0.0], [*owner, after], None, criterion="total")
    utility = -process.solve().value
    return {(f"row {y}", f"column {x}"): float(utility[where[x, y]]) for x, y in cells}


def lake() -> Values:
    """Return how likely the goal of the 4 by 4 frozen lake is reached at best."""
    held = "SFFFFHFHFFFHHFFG"
    rows, cost, owner = [], [], []
    for s, kind in enumerate(held):
        for turn in range(4) if kind in "SF" else (0,):
            row = np.zeros(16)
            for side in (-1, 0, 1) if kind in "SF" else ():
                y, x = _step(4, 4, divmod(s, 4), _MOVES[(turn + side) % 4])
                row[4 * y + x] += 1 / 3
            row[s] += kind not in "SF"
            rows.append(row)
            cost.append(-float(row[15]) if kind in "SF" else 0.0)
            owner.append(s)
    solution = MarkovDecisionProcess(rows, cost, owner, None, criterion="total").solve()
    return {("start", "probability"): -float(solution.value[0])}
