r"""The bound that row duals prove, in safe arithmetic.

For ``min c'x + c0`` over ``b- <= Ax <= b+``, ``l <= x <= u`` any row duals ``y`` give a bound.
With the reduced costs ``z = c - A'y``,

.. math::

    c^T x + c_0 \;\ge\; c_0 + \sum_i \min_{b^-_i \le r \le b^+_i} y_i r
    + \sum_j \min_{l_j \le x \le u_j} z_j x

for every feasible ``x`` (weak duality). Every ``z_j`` is known up to its rounding only, and each
minimum is taken over all that it may be, so that the sum is a bound in exact arithmetic too
(A. Neumaier and O. Shcherbina, 2004, Safe bounds in linear and mixed-integer linear programming,
Mathematical Programming 99). At an open side even a rounding of the wrong sign would make it minus
infinity. There the objective itself helps: points that cost at most ``Z`` are all that matter, and

.. math::

    \sum_{j \in J} c_j (x_j - l_j) \le Z - c_0 - \sum_k \min_{l_k \le x \le u_k} c_k x

for columns ``J`` of positive cost; a row may limit all such columns together; elsewhere the rows
may imply a bound of the column. Where none of these does, the miss is the dual residual.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from amopt.program.linear import LinearProgram
from amopt.program.solver.digits.arithmetic import (
    UNIT,
    by_entry,
    by_row,
    exact_sum,
    weighted_columns,
)
from amopt.program.solver.digits.residuals import ACCURACY, TOLERANCE, cost_scale
from amopt.program.solver.scaling import OPEN

__all__ = ["DualBound", "DualCheck", "check_dual", "infeasibility_proof"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_NOISE = 1e-12
"""Relative size below which a difference of sums is rounding."""

_MARGIN = 1e-9
"""Relative margin of a bound that rows imply, far above the rounding of computing it."""


@dataclass(frozen=True, slots=True)
class DualCheck:
    """What row duals prove.

    Attributes
    ----------
    dual
        Largest wrong-signed dual or reduced cost at a side that is open and of which nothing
        implies a bound, relative to the largest cost; where it is 0, the bound is proven.
    bound
        The bound on the objective that the duals prove, up to the dual residual.
    scale
        What the bound adds up.
    """

    dual: float
    bound: float
    scale: float = 0.0

    @property
    def accepted(self) -> bool:
        """Whether the duals prove their bound."""
        return self.dual <= TOLERANCE


class DualBound:
    """The bound that row duals prove, and by how much they miss the right signs.

    What depends on the duals alone is worked out once, for all points that they are held against.

    Parameters
    ----------
    program
        The program; its integrality plays no part.
    y
        Row duals, shape (m,), as changes of the optimum a unit of the right-hand side.
    alone
        Whether only the rows that have a dual may imply bounds.
    """

    def __init__(self, program: LinearProgram, y: Floats, *, alone: bool = False) -> None:
        m, n = program.shape
        self.program, self.y = program, y
        self._real = y.shape == (m,) and bool(np.isfinite(y).all())
        if not self._real:
            return
        self._sign = -1.0 if program.maximise else 1.0
        self._cost, y = self._sign * program.cost, self._sign * y
        self._bounds = _open(program.lower, program.upper)
        y, self._rows, self._miss = _row_terms(program, y)
        matrix = program.matrix
        self._summed = np.abs(self._cost)
        self._summed += weighted_columns(matrix, np.abs(matrix.data), np.abs(y))
        longest = int(np.bincount(matrix.indices, minlength=n).max(initial=0))
        self._z = self._cost - weighted_columns(matrix, matrix.data, y)
        radius = 1.01 * (longest + 2) * UNIT * self._summed
        self._low, self._high = self._z - radius, self._z + radius
        self._may_imply = (y != 0) | (not alone)
        self._terms = self._least(self._bounds)

    def _least(self, bounds: tuple[Floats, Floats]) -> Floats:
        """Return the least that each column adds within bounds."""
        return _least(self._low, self._high, *bounds)

    @cached_property
    def _implied(self) -> tuple[Floats, Floats]:
        """The bounds of the columns, with those that rows imply."""
        return _implied(self.program, self._may_imply, *self._bounds)

    @cached_property
    def _covered(self) -> tuple[Floats, float] | None:
        """The columns' terms where one row limits all that are open, and what to take off."""
        if not np.isinf(self._terms).any():
            return None
        return _covered(self.program, self._may_imply, self._low, self._bounds[0], self._terms)

    def at(self, x: Floats) -> DualCheck:
        """Return what the duals prove, held against column values.

        Parameters
        ----------
        x
            Column values, shape (n,): their objective says which points matter, and where nothing
            implies a bound, a reduced cost of the wrong sign is taken at them.
        """
        program = self.program
        if not (self._real and x.shape == program.cost.shape and np.isfinite(x).all()):
            return DualCheck(np.inf, -np.inf)
        bounds, terms, taken_off, dearest = self._bounds, self._terms, 0.0, np.inf
        miss, missed, z = self._miss, self._miss, self._z
        unknown = np.isinf(terms)
        if unknown.any():
            reduced, paid = (self._low, self._high), self._cost * x
            terms, taken_off, dearest = _limited_by_cost(self._cost, reduced, bounds, paid, terms)
            unknown = np.isinf(terms)
        if unknown.any():
            bounds = self._implied
            terms = np.where(unknown, self._least(bounds), terms)
            unknown = np.isinf(terms)
        if unknown.any():
            noise = np.abs(z) <= _NOISE * self._summed
            missed = max(miss, float(np.abs(z[unknown & ~noise]).max(initial=0.0)))
            terms = np.where(unknown, -np.abs(z * x), terms)
        ends = np.where(self._low < 0, bounds[1], bounds[0])
        ends[np.isinf(ends)] = 0.0
        nearly = float(_NOISE / TOLERANCE * (self._summed @ np.abs(ends)))
        bound, scale = _added(self._rows, terms, taken_off)
        bound = min(bound, dearest)
        if missed <= miss and taken_off > _NOISE * scale:
            # A cost of next to nothing limits a column to next to anything; a row may say less.
            other, of_other = _added(self._rows, self._terms_implied(), 0.0)
            if other > bound:
                bound, scale = other, of_other
        if self._covered is not None:
            other, of_other = _added(self._rows, *self._covered)
            if missed > miss or other > bound:
                missed, bound, scale = miss, other, of_other
        bound = self._sign * bound + program.offset
        return DualCheck(missed / cost_scale(program), bound, scale + nearly)

    def _terms_implied(self) -> Floats:
        """Return the columns' terms within what rows imply, and what that implies in turn."""
        several = np.isinf(self._terms)
        terms = np.where(several, self._least(self._implied), self._terms)
        if np.isinf(terms).any():
            further = _implied(self.program, self._may_imply, *self._implied)
            terms = np.where(several, self._least(further), terms)
        return terms


def check_dual(program: LinearProgram, y: Floats, x: Floats, *, alone: bool = False) -> DualCheck:
    """Return what row duals prove of a program, held against column values (:class:`DualBound`)."""
    return DualBound(program, y, alone=alone).at(x)


def _added(rows: Floats, terms: Floats, taken_off: float) -> tuple[float, float]:
    """Return the bound that rows and columns add up to, safely, and what it adds up."""
    scale = exact_sum(np.abs(rows), np.abs(terms)) + taken_off
    return exact_sum(rows, terms) - taken_off - 4 * UNIT * scale, scale


def _open(lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
    """Return bounds, infinite where they are to the solver."""
    return np.where(lower > -OPEN, lower, -np.inf), np.where(upper < OPEN, upper, np.inf)


def _row_terms(program: LinearProgram, y: Floats) -> tuple[Floats, Floats, float]:
    """Return the duals without those on an open side, what each row adds, and the largest miss.

    The miss is the dual times the row's largest coefficient.
    """
    side = np.where(y > 0, program.row_lower, program.row_upper)
    beyond = np.abs(side) >= OPEN
    if not beyond.any():
        return y, y * side, 0.0
    wrong, missed = beyond & (y != 0), 0.0
    if wrong.any():
        heaviest = abs(program.matrix[np.flatnonzero(wrong)]).max(axis=1).toarray().ravel()
        missed = float((np.abs(y[wrong]) * heaviest).max())
    y = np.where(wrong, 0.0, y)
    return y, y * np.where(beyond, 0.0, side), missed


def _least(low: Floats, high: Floats, lower: Floats, upper: Floats) -> Floats:
    """Return the least of ``z x`` over ``low <= z <= high`` and ``lower <= x <= upper``."""
    one = low * _end(low, lower, upper)
    return one if low is high else np.minimum(one, high * _end(high, lower, upper))


def _end(z: Floats, lower: Floats, upper: Floats) -> Floats:
    """Return where ``z x`` is least, 0 where that is everywhere."""
    end = np.where(z > 0, lower, upper)
    end[z == 0] = 0.0
    return end


def _covered(
    program: LinearProgram, rows: Bools, low: Floats, lower: Floats, terms: Floats
) -> tuple[Floats, float] | None:
    """Return the columns' terms where one row limits all that are open, and what to take off.

    From ``sum_j a_j x_j <= b`` with nothing negative in it, such as the shares of a whole, follows
    ``sum_j z_j x_j >= -b max_j(-z_j / a_j)`` over any of its columns: the largest miss counts once,
    where bounds of single columns would add up all of them. Of several such ``rows`` the best
    counts; None without one.
    """
    matrix, wanted = program.matrix, np.isinf(terms)
    if (lower[wanted] < 0).any():
        return None
    fits = rows & (program.row_upper < OPEN) & (program.row_upper >= 0)
    if not fits.any():
        return None
    column, a = matrix.indices, matrix.data
    of_wanted = wanted[column]
    fits &= by_row(np.add, matrix, of_wanted) == np.count_nonzero(wanted)
    if not fits.any():
        return None
    fits &= by_row(np.add, matrix, (a < 0) | (lower[column] < 0)) == 0
    if not fits.any():
        return None
    m = matrix.shape[0]
    row, use = by_entry(matrix, np.arange(m)), by_entry(matrix, fits) & of_wanted
    ratio = np.zeros(m)
    np.maximum.at(ratio, row[use], -low[column[use]] / a[use])
    miss = float((ratio[fits] * program.row_upper[fits]).min())
    return np.where(wanted, 0.0, terms), miss * (1 + _MARGIN)


def _limited_by_cost(
    cost: Floats,
    reduced: tuple[Floats, Floats],
    bounds: tuple[Floats, Floats],
    paid: Floats,
    terms: Floats,
) -> tuple[Floats, float, float]:
    """Return the columns' terms with those that the objective limits, and what to take off.

    Points that cost up to what is returned third are considered, about twice what the answer
    costs; so that is the largest bound that can come out of it.
    """
    (low, high), (lower, upper) = reduced, bounds
    base = _least(cost, cost, lower, upper)
    if np.isinf(base).any():
        return terms, 0.0, np.inf
    dearest = exact_sum(paid, np.abs(paid))
    budget = dearest - exact_sum(base)
    budget += _MARGIN * exact_sum(np.abs(paid), np.abs(base))
    anchor = np.where(cost > 0, lower, upper)
    limited = np.isinf(terms) & (cost != 0) & np.isfinite(anchor)
    if not limited.any() or budget < 0:
        return terms, 0.0, np.inf
    wrong = np.where(cost > 0, -low, high)[limited]
    ratio = float((wrong / np.abs(cost[limited])).max(initial=0.0))
    at_anchor = np.minimum(low[limited] * anchor[limited], high[limited] * anchor[limited])
    known = terms.copy()
    known[limited] = at_anchor
    return known, max(0.0, ratio) * budget * (1 + _MARGIN), dearest


def _implied(
    program: LinearProgram, rows: Bools, lower: Floats, upper: Floats
) -> tuple[Floats, Floats]:
    """Return bounds of the columns, those that are open replaced by what single ``rows`` imply.

    From ``sum_j a_j x_j <= b`` follows ``a_k x_k <= b - sum over the others of their least``.
    """
    matrix, m = program.matrix, program.shape[0]
    every, of_column, tighter = matrix.data, matrix.indices, [lower.copy(), upper.copy()]
    positive = every > 0
    below, above = np.isinf(lower)[of_column], np.isinf(upper)[of_column]
    for sign, limit in ((1.0, program.row_upper), (-1.0, -program.row_lower)):
        says = (limit < OPEN) & rows
        if not says.any():
            continue
        low, high = (below, above) if sign > 0 else (above, below)
        infinite = np.where(positive, low, high)
        open_ends = by_row(np.add, matrix, infinite)
        # A row with two open ends says nothing of a single column: most of a large program's.
        says &= open_ends <= 1
        if not says.any():
            continue
        kept = np.flatnonzero(by_entry(matrix, says))
        row = np.searchsorted(matrix.indptr, kept, side="right") - 1
        column, b, infinite = of_column[kept], sign * every[kept], infinite[kept]
        end = np.where(b > 0, lower[column], upper[column])
        finite = b * np.where(infinite, 0.0, end)
        total = np.bincount(row, finite, minlength=m)
        summed = np.bincount(row, np.abs(finite), minlength=m)
        use = open_ends[row] == infinite
        i, j, b = row[use], column[use], b[use]
        room = limit[i] - (total[i] - finite[use]) + _MARGIN * (np.abs(limit[i]) + summed[i])
        up = b > 0
        np.minimum.at(tighter[1], j[up], room[up] / b[up])
        np.maximum.at(tighter[0], j[~up], room[~up] / b[~up])
    return (
        np.where(np.isfinite(lower), lower, tighter[0]),
        np.where(np.isfinite(upper), upper, tighter[1]),
    )


def infeasibility_proof(program: LinearProgram, ray: Floats) -> Floats | None:
    """Return row duals that prove that nothing satisfies a linear program (Farkas, 1902).

    They do when, with all costs zero, the bound that they prove is above zero, by more than what
    an answer may miss.

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
        check = check_dual(silent, y, nothing, alone=True)
        if check.dual <= _NOISE and check.bound > ACCURACY * check.scale:
            return y
    return None
