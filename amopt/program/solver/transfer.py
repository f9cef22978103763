"""What is handed to the solver: arrays, a point or a basis to start from; and a basis back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from amopt.errors import UsageError
from amopt.program.linear import LinearProgram, spread
from amopt.program.magnitudes import require_magnitudes
from amopt.program.solver.answer import Basis
from amopt.program.solver.options import SETTINGS

__all__ = ["accepted", "read_basis", "start_from_basis", "start_from_point", "transfer"]


def accepted(status: Any, what: str, program: LinearProgram) -> None:
    """Raise a usage error where the solver's status of a call is an error."""
    if status.name == "kError":
        raise UsageError(f"HiGHS refused {what} of {program.name!r}")


def transfer(solver: Any, program: LinearProgram, unit: float) -> None:
    """Pass all arrays in one call, costs in ``unit``, and make sure that they arrived.

    Raises
    ------
    UsageError
        When they did not, or some are too large.
    """
    require_magnitudes(program)
    m, n = program.shape
    matrix = program.matrix
    empty = np.zeros(0, np.int32)
    accepted(
        solver.passModel(
            n, m, matrix.nnz, 0, 2, 0, -1 if program.maximise else 1,
            program.offset / unit, program.cost / unit,
            program.lower, program.upper, program.row_lower, program.row_upper,
            matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32), matrix.data,
            empty, empty, np.zeros(0), program.integer.astype(np.int32),
        ),
        "the arrays",
        program,
    )  # fmt: skip
    wanted = int((np.abs(matrix.data) > SETTINGS["small_matrix_value"]).sum())
    if (solver.getNumRow(), solver.getNumCol()) != (m, n) or solver.getNumNz() != wanted:
        raise UsageError(f"HiGHS did not take all coefficients of {program.name!r}")


def start_from_point(solver: Any, program: LinearProgram, start: ArrayLike) -> None:
    """Give the solver column values to start from, NaN where unknown."""
    point = spread(start, program.shape[1])
    known = np.flatnonzero(np.isfinite(point)).astype(np.int32)
    accepted(solver.setSolution(known.size, known, point[known]), "the start", program)


def start_from_basis(solver: Any, highspy: Any, program: LinearProgram, basis: Basis) -> None:
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
    member = [kinds.kLower, kinds.kBasic, kinds.kUpper, kinds.kZero, kinds.kNonbasic]
    given = highspy.HighsBasis()
    given.col_status = [member[status] for status in basis.columns]
    given.row_status = [member[status] for status in basis.rows]
    given.valid = True
    given.alien = True  # let the solver complete or repair it
    accepted(solver.setBasis(given), "the basis", program)


def read_basis(solver: Any) -> Basis | None:
    """Return the basis at which the solver stands; None where there is none."""
    found = solver.getBasis()
    if not found.valid:
        return None
    return Basis(
        np.array([int(status) for status in found.col_status], dtype=np.int8),
        np.array([int(status) for status in found.row_status], dtype=np.int8),
    )
