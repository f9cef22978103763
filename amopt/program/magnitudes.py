"""Numbers of a program that no solver takes, by row and column."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from amopt.errors import UsageError
from amopt.phrases import listed
from amopt.program.linear import LinearProgram
from amopt.program.solver.scaling import LARGEST_COEFFICIENT, OPEN

__all__ = ["require_magnitudes"]

_SHOWN = 3
"""Most numbers that are named."""


def require_magnitudes(program: LinearProgram) -> None:
    """Refuse a program with numbers that are too large for a solver, and name them.

    Sides and bounds from 1e20 on are open where they may be: a row at most 1e20 limits nothing. At
    least 1e20, or at most -1e20, is no limit that a solver understands.

    Raises
    ------
    UsageError
        With the rows and columns where they stand.
    """
    found = list(_too_large(program))
    if found:
        raise UsageError(
            f"{program.name!r} has numbers that are too large to compute with: "
            f"{listed(found, most=_SHOWN)}. Count in larger units"
        )


def _too_large(program: LinearProgram) -> Iterator[str]:
    """Yield what is too large and where it stands, in words."""
    matrix = program.matrix
    for k in np.flatnonzero(np.abs(matrix.data) >= LARGEST_COEFFICIENT).tolist():
        row = int(np.searchsorted(matrix.indptr, k, side="right")) - 1
        column = program.column_name(int(matrix.indices[k]))
        yield f"the coefficient {matrix.data[k]:g} of {column} in {program.row_name(row)}"
    for j in np.flatnonzero(np.abs(program.cost) >= OPEN).tolist():
        yield f"the cost {program.cost[j]:g} of {program.column_name(j)}"
    rows = (program.row_lower, program.row_upper, program.row_name, "the right-hand side")
    columns = (program.lower, program.upper, program.column_name, "the bound")
    for lower, upper, name, what in (rows, columns):
        for k in np.flatnonzero((lower >= OPEN) | (upper <= -OPEN)).tolist():
            side = lower[k] if lower[k] >= OPEN else upper[k]
            yield f"{what} {side:g} of {name(k)}"
