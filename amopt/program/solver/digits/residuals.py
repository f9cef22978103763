"""How well column values satisfy a program, recomputed from the arrays alone.

A violation is relative to what the row adds up: ``sum_j |a_ij x_j|`` or the side that is missed,
whichever is larger. So it means the same whatever money and quantities are counted in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.program.linear import LinearProgram
from amopt.program.solver.digits.arithmetic import by_entry, by_row, exact_dot
from amopt.program.solver.scaling import OPEN

__all__ = [
    "ACCURACY",
    "OPEN",
    "TOLERANCE",
    "PrimalCheck",
    "check_primal",
    "cost_scale",
    "excess",
]

Floats = NDArray[np.float64]

TOLERANCE = 1e-6
"""The largest relative violation that an answer may have, and the largest gap of an optimum."""

ACCURACY = 1e-9
"""The relative violation above which an answer is refined, and not called optimal."""

_NOISE = 1e-6
"""Part of what the columns of a row add up elsewhere that counts as added up in it."""

_ROUNDING = 2.0**-50
"""Part of what a row adds up that adding it up may lose."""

_TINY = 1e-6
"""Share of the largest coefficients of its row and its column below which one hardly counts."""


@dataclass(frozen=True, slots=True)
class PrimalCheck:
    """How well column values satisfy a program.

    Attributes
    ----------
    primal
        Largest violation of a row or column bound, relative to what is added up.
    integrality
        Largest distance of an integer column from an integer.
    objective
        The objective of the values, rounded once.
    scale
        What the objective adds up: ``sum_j |c_j x_j|``.
    misses
        By how much each row is missed, beyond the rounding of adding it up, shape (m,).
    """

    primal: float
    integrality: float
    objective: float
    scale: float
    misses: Floats

    @property
    def accepted(self) -> bool:
        """Whether the values are a feasible answer."""
        return self.primal <= TOLERANCE and self.integrality <= TOLERANCE

    @property
    def accurate(self) -> bool:
        """Whether the values are as good as an answer should be."""
        return self.primal <= ACCURACY and self.integrality == 0


def cost_scale(program: LinearProgram) -> float:
    """Return the largest absolute cost, 1 where all costs are zero."""
    largest = float(np.abs(program.cost).max(initial=0.0))
    return largest or 1.0


def excess(value: Floats, lower: Floats, upper: Floats) -> Floats:
    """Return by how much each value lies outside its interval, 0 within."""
    low, high = lower - value, value - upper
    low[lower <= -OPEN] = 0.0
    high[upper >= OPEN] = 0.0
    return np.maximum(np.maximum(low, high), 0.0)


def check_primal(program: LinearProgram, x: Floats, *, noise: float = _NOISE) -> PrimalCheck:
    """Recompute feasibility, integrality and objective of column values.

    Parameters
    ----------
    program
        The program.
    x
        Column values, shape (n,).
    noise
        Part of what the columns of a row add up in their other rows that counts as added up in it:
        a row of zeros is not missed by rounding.
    """
    if x.shape != program.cost.shape or not np.isfinite(x).all():
        return PrimalCheck(np.inf, np.inf, np.nan, np.inf, np.full(program.shape[0], np.inf))
    beyond = excess(x, program.lower, program.upper)
    outside = integrality = 0.0
    if beyond.any():
        bound = np.where(x < program.lower, program.lower, program.upper)
        outside = _largest(beyond, np.maximum(np.abs(x), np.abs(bound)))
    if program.is_mixed_integer:
        whole = x[program.integer]
        integrality = float(np.abs(whole - np.round(whole)).max())
    of_rows, misses = _rows(program, x, noise)
    return PrimalCheck(
        primal=max(of_rows, outside),
        integrality=integrality,
        objective=exact_dot(program.cost, x, program.offset),
        scale=float(np.abs(program.cost) @ np.abs(x)),
        misses=misses,
    )


def _summed(matrix: sp.csr_array, size: Floats) -> Floats:
    """Return what each row adds up of columns of these sizes, shape (m,)."""
    entries = size[matrix.indices]
    entries *= matrix.data
    return by_row(np.add, matrix, np.abs(entries, out=entries))


def _largest(violation: Floats, size: Floats) -> float:
    """Return the largest violation relative to its size."""
    some = violation > 0
    return float((violation[some] / size[some]).max(initial=0.0))


def _rows(program: LinearProgram, x: Floats, noise: float) -> tuple[float, Floats]:
    """Return the largest violation of a row, relative to what it adds up, and by how much each is.

    Where that is no more than rounding, such as 1e-17 in a row of zeros, what the columns add up
    elsewhere tells so.
    """
    values = program.matrix @ x
    missed = excess(values, program.row_lower, program.row_upper)
    broken = np.flatnonzero(missed)
    if not broken.size:
        return 0.0, missed
    summed = _summed(program.matrix, np.abs(x))
    beyond = np.where(missed > _ROUNDING * summed, missed, 0.0)
    side = np.where(values < program.row_lower, program.row_lower, program.row_upper)
    scale = np.maximum(summed, np.abs(np.where(np.isfinite(side), side, 0.0)))
    worst = _largest(missed, scale)
    if worst <= ACCURACY:
        return worst, beyond
    size = abs(program.matrix)
    scale[broken] = np.maximum(scale[broken], noise * (size[broken] @ _column_sizes(size, summed)))
    return _largest(missed, scale), beyond


def _column_sizes(size: sp.csr_array, summed: Floats) -> Floats:
    """Return what the largest row of each column adds up, in the column's unit, shape (n,).

    Of rows in which it counts: one in which its coefficient is tiny does not determine it.
    """
    row = by_entry(size, np.arange(size.shape[0]))
    of_row, of_column, largest = by_row(np.maximum, size, size.data), *np.zeros((2, size.shape[1]))
    np.maximum.at(of_column, size.indices, size.data)
    counts = size.data >= _TINY * np.minimum(of_row[row], of_column[size.indices])
    row, column = row[counts], size.indices[counts]
    np.maximum.at(largest, column, summed[row] / size.data[counts])
    return largest
