"""A program for other solvers: LP and MPS files, and plain arrays.

Files are written by HiGHS, numbers with 15 significant digits, whole or not at all. Names are made
safe for both formats by :func:`safe_names` and led back by :func:`original_name`.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.errors import UsageError
from amopt.files import new_file, write_text
from amopt.program.archive import read_archive
from amopt.program.linear import Family, LinearProgram, Names
from amopt.program.solver.highs import Solver

__all__ = [
    "original_name",
    "read_npz",
    "safe_names",
    "to_arrays",
    "write_npz",
    "write_program",
]

_LONGEST = 200
"""Characters of a name; LP readers take 255 at most, and a suffix may be added to a row's."""

_WORDS = re.compile(
    r"(?i:inf.*|nan.*|free|st|s\.t\.|such|subject|bounds?|bin|binary|binaries|gen|generals?|int|"
    r"integers?|semi.*|sos\d*|end|min|max|minimi[sz]e|maximi[sz]e|minimum|maximum|obj|objective|"
    r"e\d.*|rhs|ranges?)$"
)
"""Words that a reader may take for a number or a keyword."""


def write_program(program: LinearProgram, path: str | Path) -> None:
    """Write a program to an LP or MPS file, by the ending of its name.

    The same program gives the same bytes. An LP file holds a two-sided row as two rows.

    Parameters
    ----------
    program
        The program.
    path
        A file name that ends in ``.lp`` or ``.mps``.

    Raises
    ------
    UsageError
        For another ending, a folder that cannot be written to, or a program that the format
        cannot hold.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in (".lp", ".mps"):
        raise UsageError(f"cannot write {path}: the name must end in .lp or .mps")
    if 0 in program.shape:
        raise UsageError(f"cannot write {path}: {program.name!r} has no rows or no columns")
    with tempfile.TemporaryDirectory() as folder, Solver(program) as solver:
        index = np.arange(program.shape[1], dtype=np.int32)
        solver.highs.changeColsCost(index.size, index, program.cost)  # in the program's own unit
        solver.highs.changeObjectiveOffset(program.offset)
        for column, name in enumerate(safe_names(program.columns, program.shape[1], "c")):
            solver.highs.passColName(column, name)
        for row, name in enumerate(safe_names(program.rows, program.shape[0], "r")):
            solver.highs.passRowName(row, name)
        written = Path(folder) / f"program{ending}"
        status = solver.highs.writeModel(str(written))
        if status.name != "kOk":
            raise UsageError(f"HiGHS could not write {path}: {status.name}")
        text = written.read_text(encoding="ascii")
    write_text(path, text)


def safe_names(names: Names, size: int, letter: str) -> list[str]:
    """Return names that LP and MPS readers take: unique, without blanks, not too long.

    Square brackets become round ones; any other character that is not a letter, digit, ``_``,
    ``.`` or ``,`` becomes ``~`` with its hexadecimal code point and ``;``. A second name that is
    the same gets ``~2``, a name that is too long its letter and position.

    Parameters
    ----------
    names
        The names; none at all for ``c0``, ``c1``, ...
    size
        How many there are to be.
    letter
        The letter before the position where there is no name, or too long a one.
    """
    if not len(names):
        return [f"{letter}{index}" for index in range(size)]
    safe = []
    seen: dict[str, int] = {}
    for index, name in enumerate(names):
        plain = _UNSAFE.sub(_escape, name)
        if _WORDS.match(plain) or not re.match(r"[A-Za-z_]", plain):
            plain = f"_~;{plain}"
        if len(plain) > _LONGEST:
            plain = f"{letter}{index}~;"
        seen[plain] = seen.get(plain, 0) + 1
        safe.append(plain if seen[plain] == 1 else f"{plain}~{seen[plain]}")
    return safe


_UNSAFE = re.compile(r"[^A-Za-z0-9_.,]")


def _escape(match: re.Match[str]) -> str:
    letter = match.group()
    return {"[": "(", "]": ")"}.get(letter, f"~{ord(letter):x};")


def original_name(safe: str) -> str:
    """Return the name that :func:`safe_names` made safe.

    A name that was too long is gone; its position in the program remains.
    """
    plain = re.sub(r"~\d+$", "", safe).removeprefix("_~;")
    plain = plain.replace("(", "[").replace(")", "]")
    return re.sub(r"~([0-9a-f]+);", lambda match: chr(int(match.group(1), 16)), plain)


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


def _singles(names: NDArray[np.str_]) -> list[Family]:
    return [Family(name) for name in names.tolist()]
