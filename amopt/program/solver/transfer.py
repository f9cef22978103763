"""What goes to the solver and what comes back: arrays, points and bases, in the solver's units."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from amopt.errors import UsageError
from amopt.program.linear import LinearProgram, spread
from amopt.program.magnitudes import require_magnitudes
from amopt.program.solver.answer import Basis
from amopt.program.solver.options import SMALLEST, USUALLY_SMALLEST
from amopt.program.solver.scaling import OPEN, Scaling

__all__ = [
    "accepted",
    "count",
    "limit_time",
    "read_basis",
    "read_ray",
    "read_values",
    "send_bounds",
    "send_cost",
    "set_options",
    "start_from_basis",
    "start_from_point",
    "transfer",
]

Floats = NDArray[np.float64]

_ERROR, _FINE = -1, 0
"""The numbers of the solver's statuses; their names take longer to read than a call takes."""


def accepted(status: Any, what: str, program: LinearProgram) -> None:
    """Raise a usage error where the solver's status of a call is an error."""
    if int(status) == _ERROR:
        raise UsageError(f"HiGHS refused {what} of {program.name!r}")


def count(given: Any) -> int:
    """Return a count that the solver reports, 0 where it is none."""
    return int(given) if np.isfinite(given) and given > 0 else 0


def set_options(highs: Any, settings: dict[str, Any]) -> None:
    """Set options of the solver.

    Raises
    ------
    UsageError
        When it does not take one.
    """
    for key, value in settings.items():
        if int(highs.setOptionValue(key, value)) != _FINE:
            raise UsageError(f"HiGHS does not take the option {key} = {value!r}")


def limit_time(highs: Any, seconds: float | None) -> None:
    """Give the next run so many seconds; the solver's clock runs on from run to run."""
    limit = math.inf if seconds is None else highs.getRunTime() + seconds
    set_options(highs, {"time_limit": float(limit)})


def transfer(highs: Any, program: LinearProgram, scaling: Scaling) -> None:
    """Pass all arrays in one call and make sure that they arrived.

    Raises
    ------
    UsageError
        When they did not: a number that the solver cannot take is named with its place.
    """
    m, n = program.shape
    matrix, empty = program.matrix, np.zeros(0, np.int32)
    coefficients = scaling.matrix(program)
    require_magnitudes(program)
    sizes = np.abs(coefficients)
    # With a smaller threshold the solver keeps the dust in its cuts, and is slower by half.
    least = SMALLEST if (sizes <= USUALLY_SMALLEST).any() else USUALLY_SMALLEST
    set_options(highs, {"small_matrix_value": least})
    accepted(
        highs.passModel(
            n, m, matrix.nnz, 0, 2, 0, -1 if program.maximise else 1,
            program.offset / scaling.money, scaling.cost(program),
            *scaling.column_bounds(program.lower, program.upper),
            *scaling.row_bounds(program.row_lower, program.row_upper),
            matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32), coefficients,
            empty, empty, np.zeros(0), program.integer.astype(np.int32),
        ),
        "the arrays",
        program,
    )  # fmt: skip
    wanted = int((sizes > SMALLEST).sum())
    if (highs.getNumRow(), highs.getNumCol()) != (m, n) or highs.getNumNz() != wanted:
        raise UsageError(f"HiGHS did not take all coefficients of {program.name!r}")


def send_cost(highs: Any, program: LinearProgram, cost: Floats) -> None:
    """Replace the solver's costs, in its units."""
    n = program.shape[1]
    accepted(highs.changeColsCost(n, np.arange(n, dtype=np.int32), cost), "new costs", program)


def send_bounds(
    highs: Any,
    program: LinearProgram,
    scaling: Scaling,
    *,
    columns: tuple[Floats, Floats] | None = None,
    rows: tuple[Floats, Floats] | None = None,
) -> None:
    """Replace the bounds of the solver's columns or rows, given in the program's units."""
    m, n = program.shape
    if columns is not None:
        status = highs.changeColsBounds(
            n, np.arange(n, dtype=np.int32), *scaling.column_bounds(*columns)
        )
        accepted(status, "new bounds of the columns", program)
    if rows is not None:
        status = highs.changeRowsBounds(m, np.arange(m, dtype=np.int32), *scaling.row_bounds(*rows))
        accepted(status, "new bounds of the rows", program)


def read_values(
    highs: Any, program: LinearProgram, scaling: Scaling
) -> tuple[Floats | None, Floats | None]:
    """Return column values and row duals in the program's units, shapes (n,) and (m,).

    What the solver does not have, or what is not a number each, is None.
    """
    m, n = program.shape
    solution = highs.getSolution()
    x = _numbers(solution.col_value, n) if solution.value_valid else None
    y = _numbers(solution.row_dual, m) if solution.dual_valid else None
    return (
        None if x is None else x * scaling.columns,
        None if y is None else y * scaling.rows * scaling.money,
    )


def _numbers(given: Any, size: int) -> Floats | None:
    """Return so many finite numbers; None where that is not what was given."""
    try:
        numbers = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return numbers if numbers.shape == (size,) and np.isfinite(numbers).all() else None


def read_ray(highs: Any, program: LinearProgram, scaling: Scaling) -> Floats | None:
    """Return the row duals by which the solver saw that nothing satisfies a linear program."""
    if program.is_mixed_integer or not highs.getDualRayExist()[1]:
        return None
    _, known, given = highs.getDualRay()
    ray = _numbers(given, program.shape[0]) if known else None
    return None if ray is None else ray * scaling.rows


def start_from_point(
    highs: Any, program: LinearProgram, scaling: Scaling, start: ArrayLike
) -> None:
    """Give the solver column values to start from, NaN where unknown."""
    point = spread(start, program.shape[1]) / scaling.columns
    known = np.flatnonzero(np.isfinite(point)).astype(np.int32)
    accepted(highs.setSolution(known.size, known, point[known]), "the start", program)


def start_from_basis(highs: Any, highspy: Any, program: LinearProgram, basis: Basis) -> None:
    """Give the solver a basis to start from.

    Raises
    ------
    UsageError
        When it is a basis of another program.
    """
    if (basis.columns.size, basis.rows.size) != program.shape[::-1]:
        raise UsageError(
            f"the basis is for {basis.rows.size} rows and {basis.columns.size} columns, "
            f"{program.name!r} has {program.shape}"
        )
    kinds = highspy.HighsBasisStatus
    member = np.array([kinds.kLower, kinds.kBasic, kinds.kUpper, kinds.kZero])
    columns = _standing(basis.columns, program.lower, program.upper)
    rows = _standing(basis.rows, program.row_lower, program.row_upper)
    given = highspy.HighsBasis()
    given.col_status = member[columns].tolist()
    given.row_status = member[rows].tolist()
    given.valid = True
    basic = np.count_nonzero(columns == 1) + np.count_nonzero(rows == 1)
    given.alien = bool(basic != rows.size)  # let the solver complete it
    accepted(highs.setBasis(given), "the basis", program)


def _standing(status: NDArray[np.int8], lower: Floats, upper: Floats) -> NDArray[np.int8]:
    """Return where entries stand, those that are only known not to be basic at the nearer end."""
    below, above = lower > -OPEN, upper < OPEN
    at_lower = below & (~above | (np.abs(lower) <= np.abs(upper)))
    end = np.where(at_lower, 0, np.where(above, 2, 3))
    return np.where(status == 4, end, status).astype(np.int8)


def read_basis(highs: Any, program: LinearProgram) -> Basis | None:
    """Return the basis at which the solver stands; None where there is none."""
    found = highs.getBasis()
    if not found.valid:
        return None
    columns = np.fromiter(map(int, found.col_status), dtype=np.int8)
    rows = np.fromiter(map(int, found.row_status), dtype=np.int8)
    return Basis(columns, rows) if (columns.size, rows.size) == program.shape[::-1] else None
