r"""The units in which the solver counts: powers of two, so that every digit stays as it is.

The solver's tolerances are absolute. Money in billionths would pass for nothing, quantities in
millionths for equal. With units :math:`R` of the rows, :math:`C` of the columns and :math:`\mu` of
money the solver sees

.. math::

    \min \; (C c / \mu)^T x' \quad \text{subject to} \quad
    R b^- \le R A C x' \le R b^+, \quad l / C \le x' \le u / C,

and :math:`x = C x'`, :math:`y = \mu R y'`. Numbers of ordinary size are left alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.program.linear import LinearProgram
from amopt.program.solver.digits.arithmetic import by_entry, by_row

__all__ = ["LARGEST_COEFFICIENT", "OPEN", "Scaling"]

Floats = NDArray[np.float64]

OPEN = 1e20
"""Bounds of this size and beyond are infinite to the solver."""

LARGEST_COEFFICIENT = 1e15
"""Coefficients of this size and beyond are refused by the solver."""

_MONEY = (0, 20)
"""Powers of two between which a typical cost is left as it is."""

_COEFFICIENT = (-10, 20)
"""Powers of two between which the largest coefficient of a row or column is left as it is."""

_QUANTITY = -7
"""Power of two below which the largest finite bound of a row or column is counted anew."""

_LEAST = 1e-15
"""Part of what the largest row adds up that every row counts as adding up."""

_PASSES = 4
"""Times that rows and columns are balanced in turns; each halves what is left to do."""


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """Units of a program's rows, columns and money.

    Attributes
    ----------
    rows
        What the solver's rows are multiplied by, shape (m,).
    columns
        Units of the columns, shape (n,); 1 for integer ones.
    money
        Unit of the objective.
    """

    rows: Floats
    columns: Floats
    money: float = 1.0

    @classmethod
    def none(cls, program: LinearProgram) -> Scaling:
        """Return units of 1."""
        m, n = program.shape
        return cls(np.ones(m), np.ones(n))

    @classmethod
    def of(cls, program: LinearProgram) -> Scaling:
        """Return the units for a program."""
        own = cls.none(program)
        if _is_uneven(program):
            balanced = cls(*_balanced(program))
            own = balanced if balanced.fits(program) else own
        return own.priced(program)

    @classmethod
    def of_answer(cls, program: LinearProgram, x: Floats) -> Scaling:
        """Return units in which what each row adds up, and each column at most, is about 1.

        Where a row adds up billionths beside rows that add up ones, as the flow through a state
        that is hardly ever seen, the solver's tolerances are all that it has to say of that row in
        the program's units. In these it is solved like any other.

        Parameters
        ----------
        program
            The program.
        x
            Column values that nearly satisfy it, shape (n,).
        """
        n = program.shape[1]
        size = abs(program.matrix)
        sides = _size(program.row_lower, program.row_upper)
        summed = np.maximum(size @ np.abs(x), sides)
        summed = np.maximum(summed, _LEAST * summed.max(initial=0.0))
        row = np.exp2(-np.round(np.log2(np.where(summed > 0, summed, 1.0))))
        column = np.full(n, np.inf)
        held = by_entry(size, row) * size.data
        np.minimum.at(column, size.indices, 1.0 / np.where(held > 0, held, 1.0))
        column = np.exp2(np.round(np.log2(np.where(np.isfinite(column), column, 1.0))))
        return cls(row, column).priced(program)

    def priced(self, program: LinearProgram) -> Scaling:
        """Return the same units of rows and columns, and the unit of money for these costs."""
        cost = np.abs(program.cost * self.columns)
        some = cost[cost > 0]
        power = 0
        if some.size:
            typical = math.floor(float(np.log2(some).mean()))
            power = typical if not _MONEY[0] <= typical <= _MONEY[1] else 0
        return Scaling(self.rows, self.columns, 2.0**power)

    def is_like(self, other: Scaling) -> bool:
        """Return whether rows and columns have the same units as in another scaling."""
        return bool((self.rows == other.rows).all() and (self.columns == other.columns).all())

    def fits(self, program: LinearProgram) -> bool:
        """Return whether the solver takes all numbers in these units."""
        bounds = (
            _size(program.lower, program.upper) / self.columns,
            _size(program.row_lower, program.row_upper) * self.rows,
        )
        coefficient = float(np.abs(self.matrix(program)).max(initial=0.0))
        return coefficient < LARGEST_COEFFICIENT and all(
            size.max(initial=0.0) < OPEN for size in bounds
        )

    def cost(self, program: LinearProgram) -> Floats:
        """Return the solver's costs, shape (n,)."""
        return program.cost * self.columns / self.money

    def column_bounds(self, lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
        """Return bounds of the columns in the solver's units."""
        return lower / self.columns, upper / self.columns

    def row_bounds(self, lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
        """Return bounds of the rows in the solver's units."""
        return lower * self.rows, upper * self.rows

    def matrix(self, program: LinearProgram) -> Floats:
        """Return the solver's coefficients in the order of the program's."""
        matrix = program.matrix
        if (self.rows == 1).all() and (self.columns == 1).all():
            return np.asarray(matrix.data, dtype=np.float64)
        by_row = by_entry(matrix, self.rows)
        return np.asarray(matrix.data * by_row * self.columns[matrix.indices])


def _is_uneven(program: LinearProgram) -> bool:
    """Return whether the solver's tolerances would be too coarse or too fine for some numbers."""
    low, high = 2.0 ** _COEFFICIENT[0], 2.0 ** _COEFFICIENT[1]
    entries = np.abs(program.matrix.data)
    if entries.size and not low <= entries.min() <= entries.max() <= high:
        columns = np.zeros(program.shape[1])
        np.maximum.at(columns, program.matrix.indices, entries)
        for sizes in (by_row(np.maximum, program.matrix, entries), columns):
            largest = sizes[sizes > 0]
            if not low <= largest.min() <= largest.max() <= high:
                return True
    lower, upper = program.lower, program.upper
    if program.is_mixed_integer:
        free = ~program.integer
        lower, upper = lower[free], upper[free]
    return _has_tiny(lower, upper) or _has_tiny(program.row_lower, program.row_upper)


def _has_tiny(lower: Floats, upper: Floats) -> bool:
    """Return whether the largest finite bound of an interval is tiny, and not 0."""
    size = _size(lower, upper)
    return bool(((size > 0) & (size < 2.0**_QUANTITY)).any())


def _size(lower: Floats, upper: Floats) -> Floats:
    """Return the largest finite bound of each interval, 0 where there is none."""
    low, high = np.abs(lower), np.abs(upper)
    return np.maximum(np.where(low < OPEN, low, 0.0), np.where(high < OPEN, high, 0.0))


def _balanced(program: LinearProgram) -> tuple[Floats, Floats]:
    """Return units in which the largest coefficient of each row and column is about 1.

    The largest, not the mean: the tail of a distribution says nothing of the unit of its row. Where
    a row or column has a bound, that counts as much.
    """
    m, n = program.shape
    matrix, column = program.matrix, program.matrix.indices
    empty = np.diff(matrix.indptr) == 0
    entry = np.abs(matrix.data)
    np.log2(entry, out=entry)
    sides = _logarithm(_size(program.row_lower, program.row_upper))
    bounds = _logarithm(_size(program.lower, program.upper))
    fixed = program.integer
    r, c = np.zeros(m), np.where(fixed, 0.0, np.nan_to_num(bounds))
    for _ in range(_PASSES):
        of_rows = by_row(np.maximum, matrix, entry + c[column])
        r = -_middle(np.where(empty, np.nan, of_rows), sides)
        of_columns = _largest(column, entry + by_entry(matrix, r), n)
        c = np.where(fixed, 0.0, _middle(-of_columns, bounds))
    return np.exp2(np.round(r)), np.exp2(np.round(c))


def _logarithm(size: Floats) -> Floats:
    """Return the power of two of each, NaN where it is 0."""
    return np.log2(np.where(size > 0, size, np.nan))


def _largest(of: NDArray[Any], numbers: Floats, size: int) -> Floats:
    """Return the largest of the numbers of each member, NaN where there is none."""
    largest = np.full(size, -np.inf)
    np.maximum.at(largest, of, numbers)
    return np.where(np.isfinite(largest), largest, np.nan)


def _middle(one: Floats, other: Floats) -> Floats:
    """Return the mean of two numbers where both are known, else the one that is, else 0."""
    known = np.where(np.isnan(one), other, np.where(np.isnan(other), one, (one + other) / 2))
    return np.nan_to_num(known)
