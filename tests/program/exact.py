"""Optima in exact rational arithmetic: a simplex method in fractions, and a tree over it.

Every float is a rational number, so an optimum computed here is the optimum of the very program
that the solver was given.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np

from amopt.program.linear import LinearProgram

Row = list[Fraction]


def objective(program: LinearProgram, x: np.ndarray) -> Fraction:
    """The objective of a point, exactly."""
    terms = zip(program.cost.tolist(), x.tolist(), strict=True)
    return sum((Fraction(c) * Fraction(v) for c, v in terms), Fraction(program.offset))


def violations(program: LinearProgram, x: np.ndarray) -> tuple[Fraction, Fraction]:
    """The largest violation of a row, relative to what the row adds up, and of a column's bound."""
    worst = Fraction(0)
    point = [Fraction(v) for v in x.tolist()]
    for coefficients, low, high in zip(
        program.matrix.toarray().tolist(),
        program.row_lower.tolist(),
        program.row_upper.tolist(),
        strict=True,
    ):
        terms = [Fraction(a) * v for a, v in zip(coefficients, point, strict=True)]
        total, size = sum(terms), sum(abs(term) for term in terms)
        for side, sign in ((low, 1), (high, -1)):
            if math.isfinite(side):
                miss = sign * (Fraction(side) - total)
                if miss > 0:
                    worst = max(worst, miss / max(size, abs(Fraction(side))))
    outside = max(float((program.lower - x).max()), float((x - program.upper).max()), 0.0)
    return worst, Fraction(outside)


def optimum(program: LinearProgram) -> Fraction | str:
    """The optimum; "infeasible" or "unbounded" where there is none.

    Every column has a finite lower bound, every integer column a finite upper one.
    """
    best: Fraction | str = "infeasible"
    sign = -1 if program.maximise else 1
    todo = [program]
    while todo:
        node = todo.pop()
        found = _linear(node)
        if isinstance(found, str):
            if found == "unbounded":
                return found
            continue
        value, point = found
        if not isinstance(best, str) and sign * value >= sign * best:
            continue
        broken = [j for j in np.flatnonzero(node.integer) if point[j].denominator != 1]
        if not broken:
            best = value
            continue
        below, above = node.upper.copy(), node.lower.copy()
        below[broken[0]] = math.floor(point[broken[0]])
        above[broken[0]] = math.floor(point[broken[0]]) + 1
        if above[broken[0]] <= node.upper[broken[0]]:
            todo.append(replace(node, lower=above))
        if below[broken[0]] >= node.lower[broken[0]]:
            todo.append(replace(node, upper=below))
    return best


def _linear(program: LinearProgram) -> tuple[Fraction, Row] | str:
    """The optimum of a program without its integrality, and a vertex that has it."""
    sign = -1 if program.maximise else 1
    n = program.shape[1]
    lower = [Fraction(v) for v in program.lower.tolist()]
    rows: list[tuple[Row, int, Fraction]] = []  # coefficients, slack of the row, right side

    def add(coefficients: Row, slack: int, side: float) -> None:
        shifted = Fraction(side) - sum(
            (a * v for a, v in zip(coefficients, lower, strict=True)), Fraction(0)
        )
        rows.append((coefficients, slack, shifted))

    for dense, low, high in zip(
        program.matrix.toarray().tolist(),
        program.row_lower.tolist(),
        program.row_upper.tolist(),
        strict=True,
    ):
        coefficients = [Fraction(a) for a in dense]
        if low == high:
            add(coefficients, 0, low)
            continue
        if math.isfinite(low):
            add(coefficients, -1, low)
        if math.isfinite(high):
            add(coefficients, 1, high)
    for j, high in enumerate(program.upper.tolist()):
        if math.isfinite(high):
            add([Fraction(int(k == j)) for k in range(n)], 1, high)
    cost = [sign * Fraction(c) for c in program.cost.tolist()]
    point = _simplex(cost, rows)
    if isinstance(point, str):
        return point
    x = [a + b for a, b in zip(lower, point, strict=True)]
    value = sum((c * v for c, v in zip(cost, x, strict=True)), Fraction(0))
    return sign * value + Fraction(program.offset), x


def _simplex(cost: Row, rows: list[tuple[Row, int, Fraction]]) -> Row | str:
    """Minimise over rows with slacks and columns of zero or more; Bland's rule, in two phases."""
    n, m = len(cost), len(rows)
    slacks = sum(1 for _, slack, _ in rows if slack)
    width = n + slacks + m
    table, basis, next_slack = [], [], n
    for i, (coefficients, slack, side) in enumerate(rows):
        line = [*coefficients, *[Fraction(0)] * (slacks + m), side]
        if slack:
            line[next_slack] = Fraction(slack)
            next_slack += 1
        if side < 0:
            line = [-a for a in line]
        line[n + slacks + i] = Fraction(1)
        table.append(line)
        basis.append(n + slacks + i)
    artificial = [Fraction(int(j >= n + slacks)) for j in range(width)]
    _pivot_until_best(table, basis, artificial, width)
    if any(table[i][-1] > 0 for i in range(m) if basis[i] >= n + slacks):
        return "infeasible"
    for i in range(m):  # an artificial column that stayed at zero leaves
        if basis[i] >= n + slacks:
            entering = next((j for j in range(n + slacks) if table[i][j]), None)
            if entering is not None:
                _pivot(table, basis, i, entering)
    full = [*cost, *[Fraction(0)] * (slacks + m)]
    if not _pivot_until_best(table, basis, full, n + slacks):
        return "unbounded"
    x = [Fraction(0)] * width
    for i, j in enumerate(basis):
        x[j] = table[i][-1]
    return x[:n]


def _pivot_until_best(table: list[Row], basis: list[int], cost: Row, width: int) -> bool:
    """Pivot to an optimal basis; False where the objective has no limit."""
    while True:
        entering = None
        for j in range(width):
            reduced = cost[j] - sum(
                cost[basis[i]] * line[j] for i, line in enumerate(table) if line[j]
            )
            if reduced < 0:
                entering = j
                break
        if entering is None:
            return True
        ratios = [
            (line[-1] / line[entering], basis[i], i)
            for i, line in enumerate(table)
            if line[entering] > 0
        ]
        if not ratios:
            return False
        _pivot(table, basis, min(ratios)[2], entering)


def _pivot(table: list[Row], basis: list[int], leaving: int, entering: int) -> None:
    line = [a / table[leaving][entering] for a in table[leaving]]
    table[leaving] = line
    for i, other in enumerate(table):
        factor = other[entering]
        if i != leaving and factor:
            table[i] = [a - factor * b if b else a for a, b in zip(other, line, strict=True)]
    basis[leaving] = entering
