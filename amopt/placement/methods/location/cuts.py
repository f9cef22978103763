r"""Inequalities of a facility's knapsack of whole pairs that a point in fractions does not satisfy.

.. math::

    \sum_j \alpha_j x_{ij} \le \beta y_i \quad \text{with} \quad
    \sum_j \alpha_j z_j \le \beta \;\text{ for all }\;
    z \in \Big\{\{0, 1\}^n : \sum_j h_{ij} z_j \le C_i\Big\}

Among the pairs that the point supplies from the facility, the inequality that it violates most is
the optimum of a linear program with a row for each largest set that fits (Boyd, 1994, Fenchel
cutting planes). The others enter one after the other, each with the largest coefficient that keeps
the inequality valid, by dynamic programming over the hours (Kaparis and Letchford, 2010). Rounds of
them go on until they raise the bound no more; those that hold with equality then stay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.placement.methods.facilities import Facilities
from amopt.placement.methods.location.knapsack import step_of
from amopt.placement.methods.location.program import SingleSourceProgram
from amopt.program.linear import LinearProgram
from amopt.program.solver import highs
from amopt.program.solver.answer import Basis
from amopt.program.solver.outcome import Stopped

__all__ = ["inequality", "tightened"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROUNDS, STALL = 25, 1e-5
"""Most rounds of cuts, and relative rise of the bound over three of them below which they end."""

MOST = 12
"""Most pairs of a facility whose sets are listed; those nearest to one half are taken."""

VIOLATED, ROUNDING = 1e-4, 1e-6
"""Relative violation from which an inequality is worth a row; size of what is rounding."""

DENOMINATORS, SCALE = 60, 1_000
"""Largest common denominator of coefficients that is looked for, and the one that they are rounded
to where there is none."""


def tightened(
    written: SingleSourceProgram,
    problem: Facilities,
    options: highs.Options,
    left: Callable[[], float | None],
) -> LinearProgram:
    """Return a program with inequalities of knapsacks that its relaxation violates.

    Parameters
    ----------
    written, problem
        The program, and its facilities.
    options
        Options of the solver.
    left
        Returns the seconds that are left; None where there is no limit.
    """
    whole = written.program
    program, basis, bounds = whole, None, []
    found: set[bytes] = set()
    for _ in range(ROUNDS):
        seconds = left()
        if seconds is not None and seconds <= 0:
            break
        within = replace(options, time_limit=seconds)
        answer = highs.solve(program.relaxed(), within, basis=basis)
        if answer.outcome.stopped is Stopped.INTERRUPTED:
            raise KeyboardInterrupt
        if answer.values is None or answer.reduced_costs is None or answer.basis is None:
            return whole
        bounds.append(float(answer.outcome.objective or 0.0))
        rows = _violated(written, problem, answer.values, answer.reduced_costs, found)
        resting = len(bounds) > 6 and bounds[-1] - bounds[-4] <= STALL * abs(bounds[-1])
        if not rows or resting:
            return _kept(program, whole, answer.values)
        program = _with(program, rows)
        basic = np.ones(len(rows), dtype=np.int8)
        basis = Basis(answer.basis.columns, np.append(answer.basis.rows, basic))
    return program


def _violated(
    written: SingleSourceProgram,
    problem: Facilities,
    values: Floats,
    reduced: Floats,
    found: set[bytes],
) -> list[tuple[Ints, Floats, float]]:
    """Return columns, coefficients and right side of a new inequality for each facility."""
    rows: list[tuple[Ints, Floats, float]] = []
    spot = np.full(problem.sites, -1, dtype=np.int64)
    spot[written.choice] = written.pair.size + np.arange(written.choice.size)
    step = step_of(problem.hours[np.isfinite(problem.cost)], problem.capacity)
    for site in range(problem.sites):
        opened = 1.0 if spot[site] < 0 else float(values[spot[site]])
        mine = np.flatnonzero(written.source == site)
        if opened < VIOLATED or not mine.size:
            continue
        weight = np.floor(problem.hours[site, written.pair[mine]] / step + 1e-9)
        room = int(np.floor(problem.capacity[site] / step + 1e-9))
        point = np.clip(values[mine] / opened, 0.0, 1.0)
        order = np.argsort(reduced[mine], kind="stable")
        new = inequality(point, weight.astype(np.int64), room, order)
        if new is None:
            continue
        columns, coefficients, right = mine[new[0] > 0], new[0][new[0] > 0], new[1]
        if spot[site] >= 0:
            columns, coefficients = np.append(columns, spot[site]), np.append(coefficients, -right)
            right = 0.0
        elif written.none is not None:
            columns, coefficients = np.append(columns, written.none), np.append(coefficients, right)
        key = columns.tobytes() + coefficients.tobytes()
        if key not in found:
            found.add(key)
            rows.append((columns, coefficients, right))
    return rows


def inequality(point: Floats, weight: Ints, room: int, order: Ints) -> tuple[Floats, float] | None:
    """Return coefficients and right side of an inequality that a point violates; None for none.

    Parameters
    ----------
    point
        How much of each pair the facility supplies, shape (n,).
    weight, room
        Steps of hours of each pair, shape (n,), and of the facility.
    order
        The order in which pairs that it does not supply enter, shape (n,).
    """
    inside = np.flatnonzero(point > ROUNDING)
    if inside.size > MOST:
        inside = inside[np.argsort(np.abs(point[inside] - 0.5), kind="stable")[:MOST]]
    inside = inside[weight[inside] <= room]
    if inside.size < 2 or weight[inside].sum() <= room:
        return None
    share = _most_violated(point[inside], weight[inside], room)
    if share is None or share @ point[inside] <= 1.0 + VIOLATED:
        return None
    coefficients = np.zeros(point.size)
    coefficients[inside] = _counted(share)
    best = np.zeros(room + 1)  # the most that fits into so many steps
    for pair in inside:
        _add(best, int(weight[pair]), float(coefficients[pair]))
    right = float(best[room])
    for pair in order:
        steps = int(weight[pair])
        if coefficients[pair] == 0 and steps <= room and best[room - steps] < right:
            coefficients[pair] = right - float(best[room - steps])
            _add(best, steps, float(coefficients[pair]))
    coefficients[weight > room] = right
    return (coefficients, right) if coefficients @ point > right * (1 + VIOLATED) else None


def _most_violated(point: Floats, weight: Ints, room: int) -> Floats | None:
    """Return the coefficients, with right side 1, that a point violates most."""
    sets = (np.arange(2**point.size)[:, None] >> np.arange(point.size)) & 1
    left = room - sets @ weight
    largest = (left >= 0) & ((sets == 1) | (weight > left[:, None])).all(axis=1)
    rows = sp.csr_array(sets[largest].astype(np.float64))
    program = LinearProgram(
        cost=-point,
        matrix=rows,
        row_lower=np.full(rows.shape[0], -np.inf),
        row_upper=np.ones(rows.shape[0]),
        lower=np.zeros(point.size),
        upper=np.ones(point.size),
        integer=np.zeros(point.size, dtype=bool),
    )
    return highs.solve(program).values


def _counted(share: Floats) -> Floats:
    """Return whole numbers in the same proportions, or nearly so."""
    for denominator in range(1, DENOMINATORS + 1):
        times = share * denominator
        if np.abs(times - np.round(times)).max() < ROUNDING:
            return np.round(times)
    return np.round(share * SCALE)


def _add(best: Floats, steps: int, gain: float) -> None:
    """Let one more pair into the table of what fits."""
    if gain > 0:
        best[steps:] = np.maximum(best[steps:], best[: best.size - steps] + gain)


def _with(program: LinearProgram, rows: list[tuple[Ints, Floats, float]]) -> LinearProgram:
    """Return the program with more rows."""
    row = np.repeat(np.arange(len(rows)), [columns.size for columns, _, _ in rows])
    entries = np.concatenate([coefficients for _, coefficients, _ in rows])
    column = np.concatenate([columns for columns, _, _ in rows])
    block = sp.csr_array((entries, (row, column)), shape=(len(rows), program.shape[1]))
    right = [right for _, _, right in rows]
    return replace(
        program,
        matrix=sp.csr_array(sp.vstack([program.matrix, block])),
        row_lower=np.append(program.row_lower, np.full(len(rows), -np.inf)),
        row_upper=np.append(program.row_upper, right),
    )


def _kept(program: LinearProgram, whole: LinearProgram, values: Floats) -> LinearProgram:
    """Return the program without the added rows that do not bind."""
    slack = program.row_upper - program.matrix @ values
    stays = (np.arange(slack.size) < whole.shape[0]) | (slack <= ROUNDING)
    return replace(
        program,
        matrix=sp.csr_array(program.matrix[stays]),
        row_lower=program.row_lower[stays],
        row_upper=program.row_upper[stays],
    )
