r"""What an answer of a linear program is worth, recomputed from the arrays alone.

For ``min c'x + c0`` over ``b- <= Ax <= b+``, ``l <= x <= u`` any row duals ``y`` give a bound.
With the reduced costs ``z = c - A'y``,

.. math::

    c^T x + c_0 \;\ge\; c_0 + \sum_i \min_{b^-_i \le r \le b^+_i} y_i r
    + \sum_j \min_{l_j \le x \le u_j} z_j x

for every feasible ``x`` (weak duality). The bound is finite where ``y`` and ``z`` have the right
signs at open sides; by how much they miss is the dual residual. Values that satisfy the rows and
whose objective meets the bound are thereby proven optimal, whatever the solver said.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from amopt.program.linear import LinearProgram

__all__ = [
    "OPEN",
    "TOLERANCE",
    "DualCheck",
    "PrimalCheck",
    "check_dual",
    "check_primal",
    "cost_scale",
    "infeasibility_proof",
    "objective_unit",
]

Floats = NDArray[np.float64]

TOLERANCE = 1e-6
"""The largest relative violation that an answer may have."""

OPEN = 1e20
"""Bounds of this size and beyond are infinite to the solver."""

_TINY = 1e-2
"""Largest cost below which the objective is counted in a smaller unit."""

_ROUNDING = 1e-12
"""Relative size below which a difference of sums is rounding."""


@dataclass(frozen=True, slots=True)
class PrimalCheck:
    """How well column values satisfy a program.

    Attributes
    ----------
    primal
        Largest violation of a row or column bound, relative to the bound where it exceeds 1.
    integrality
        Largest distance of an integer column from an integer.
    objective
        The objective of the values.
    scale
        The size of the objective's terms, at least the largest cost of one unit.
    """

    primal: float
    integrality: float
    objective: float
    scale: float

    @property
    def accepted(self) -> bool:
        """Whether the values are a feasible answer."""
        return self.primal <= TOLERANCE and self.integrality <= TOLERANCE


@dataclass(frozen=True, slots=True)
class DualCheck:
    """What row duals prove.

    Attributes
    ----------
    dual
        Largest wrong-signed dual or reduced cost at an open side, relative to the largest cost.
    bound
        The bound on the objective that the duals prove, up to the dual residual.
    """

    dual: float
    bound: float

    @property
    def accepted(self) -> bool:
        """Whether the duals prove their bound."""
        return self.dual <= TOLERANCE


def _violation(value: Floats, lower: Floats, upper: Floats) -> float:
    """Return the largest violation of ``lower <= value <= upper``, relative to bounds over 1."""
    if not value.size:
        return 0.0
    low = np.where(lower > -OPEN, lower, -OPEN)
    high = np.where(upper < OPEN, upper, OPEN)
    below = (low - value) / np.maximum(1.0, np.abs(low))
    above = (value - high) / np.maximum(1.0, np.abs(high))
    return max(0.0, float(below.max()), float(above.max()))


def cost_scale(program: LinearProgram) -> float:
    """Return the largest absolute cost, 1 where all costs are zero."""
    largest = float(np.abs(program.cost).max(initial=0.0))
    return largest or 1.0


def objective_unit(program: LinearProgram) -> float:
    """Return the unit in which the solver counts the objective, a power of two.

    Its tolerances are absolute: costs that are all tiny would pass for zero. A power of two leaves
    every digit as it is.
    """
    largest = cost_scale(program)
    return 1.0 if largest >= _TINY else 2.0 ** math.floor(math.log2(largest))


def check_primal(program: LinearProgram, x: Floats) -> PrimalCheck:
    """Recompute feasibility, integrality and objective of column values.

    Parameters
    ----------
    program
        The program.
    x
        Column values, shape (n,).
    """
    if not np.isfinite(x).all():
        return PrimalCheck(np.inf, np.inf, np.nan, np.inf)
    rows = program.matrix @ x
    whole = x[program.integer]
    return PrimalCheck(
        primal=max(
            _violation(rows, program.row_lower, program.row_upper),
            _violation(x, program.lower, program.upper),
        ),
        integrality=float(np.abs(whole - np.round(whole)).max(initial=0.0)),
        objective=program.objective(x),
        scale=max(float(np.abs(program.cost) @ np.abs(x)), cost_scale(program)),
    )


def _least(multiplier: Floats, lower: Floats, upper: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Return ``min multiplier * r`` over each interval, and where that is not finite (0 there)."""
    end = np.where(multiplier > 0, lower, upper)
    end = np.where(multiplier == 0, 0.0, end)
    open_end = np.abs(end) >= OPEN
    return multiplier * np.where(open_end, 0.0, end), open_end


def check_dual(program: LinearProgram, y: Floats, x: Floats) -> DualCheck:
    """Recompute the bound that row duals prove, and by how much they miss the right signs.

    A wrong-signed reduced cost at an open side proves nothing by itself; where it is within the
    tolerance its term is taken at the answer's value, on the pessimistic side.

    Parameters
    ----------
    program
        The program; its integrality plays no part.
    y
        Row duals, shape (m,), as changes of the optimum a unit of the right-hand side.
    x
        Column values, shape (n,), at which terms within the tolerance are taken.
    """
    if not np.isfinite(y).all():
        return DualCheck(np.inf, -np.inf)
    sign = -1.0 if program.maximise else 1.0
    size = abs(program.matrix)
    row_terms, wrong_row = _least(sign * y, program.row_lower, program.row_upper)
    miss_row = 0.0
    if wrong_row.any():
        heaviest = size[np.flatnonzero(wrong_row)].max(axis=1).toarray().ravel()
        miss_row = float((np.abs(y[wrong_row]) * heaviest).max())
    y = np.where(wrong_row, 0.0, sign * y)
    z = sign * program.cost - program.matrix.T @ y
    z[np.abs(z) <= _ROUNDING * (np.abs(program.cost) + size.T @ np.abs(y))] = 0.0
    column_terms, wrong_column = _least(z, program.lower, program.upper)
    miss_column = float(np.abs(z[wrong_column]).max(initial=0.0))
    pessimism = float(np.abs(z[wrong_column] * x[wrong_column]).sum())
    bound = float(row_terms.sum() + column_terms.sum()) - pessimism
    return DualCheck(
        dual=max(miss_row, miss_column) / cost_scale(program),
        bound=sign * bound + program.offset,
    )


def infeasibility_proof(program: LinearProgram, ray: Floats) -> Floats | None:
    """Return row duals that prove that nothing satisfies a linear program (Farkas, 1902).

    They do when, with all costs zero, the bound that they prove is above zero.

    Parameters
    ----------
    program
        The program; its objective and integrality play no part.
    ray
        Shape (m,), of any length and sign.

    Returns
    -------
    ndarray or None
        The ray, its largest entry 1 in size and its sign that of duals of a minimisation; None
        where it proves nothing.
    """
    length = float(np.abs(ray).max(initial=0.0))
    if not np.isfinite(length) or length == 0:
        return None
    nothing = np.zeros_like(program.cost)
    silent = replace(program, cost=nothing, offset=0.0, maximise=False)
    for y in (ray / length, -ray / length):
        check = check_dual(silent, y, nothing)
        if check.dual <= _ROUNDING and check.bound > TOLERANCE:
            return y
    return None
