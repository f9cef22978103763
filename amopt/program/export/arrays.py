"""A program as plain arrays, and as an archive of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.errors import UsageError
from amopt.files import new_file
from amopt.program.export.archive import read_archive
from amopt.program.linear import LinearProgram, NamedBlock

__all__ = ["read_npz", "to_arrays", "write_npz"]


def to_arrays(program: LinearProgram) -> dict[str, NDArray[Any]]:
    """Return a program as plain arrays.

    Returns
    -------
    dict
        ``cost, lower, upper, integer, row_lower, row_upper, offset, maximise, name``; the matrix in
        CSR form as ``data, indices, indptr, shape``; ``rows`` and ``columns`` the names.
    """
    matrix = program.matrix
    m, n = program.shape
    return {
        "cost": program.cost,
        "lower": program.lower,
        "upper": program.upper,
        "integer": program.integer,
        "row_lower": program.row_lower,
        "row_upper": program.row_upper,
        "offset": np.array(program.offset),
        "maximise": np.array(program.maximise),
        "name": np.array(program.name),
        "data": matrix.data,
        "indices": matrix.indices,
        "indptr": matrix.indptr,
        "shape": np.array([m, n]),
        "rows": np.array([program.row_name(row) for row in range(m)], dtype=str),
        "columns": np.array([program.column_name(column) for column in range(n)], dtype=str),
    }


def write_npz(program: LinearProgram, path: str | Path) -> None:
    """Write the arrays of :func:`to_arrays` to a compressed numpy file."""
    with new_file(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **to_arrays(program))  # type: ignore[arg-type]


def read_npz(path: str | Path) -> LinearProgram:
    """Read a program from a file of :func:`write_npz`.

    Raises
    ------
    UsageError
        When the file is missing or is not such a file.
    """
    try:
        parts = read_archive(path)
        matrix = sp.csr_array(
            (parts["data"], parts["indices"], parts["indptr"]), shape=tuple(parts["shape"])
        )
        matrix.check_format()
        return LinearProgram.from_arrays(
            parts["cost"], matrix, parts["row_lower"], parts["row_upper"],
            lower=parts["lower"], upper=parts["upper"], integer=parts["integer"],
            rows=_singles(parts["rows"]), columns=_singles(parts["columns"]),
            offset=float(parts["offset"]), maximise=bool(parts["maximise"]),
            name=str(parts["name"]),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise UsageError(f"{path} does not hold the arrays of a program: {error}") from error


def _singles(names: NDArray[np.str_]) -> list[NamedBlock]:
    return [NamedBlock(name) for name in names.tolist()]
