"""What is written of a program, so that common readers understand it in the same way.

HiGHS, SCIP, GLPK and CBC differ where the formats leave room: some know no constant in the
objective, or read it with the other sign; some know no sense of optimisation in an MPS file; the
default bounds of integers differ. So a file minimises always, holds the constant as the cost of a
column fixed at 1, and states the bounds of every integer. What was changed stands in its head.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.program.export.names import safe_names
from amopt.program.linear import LinearProgram
from amopt.program.solver.scaling import OPEN

__all__ = ["Written", "numerals"]

Floats = NDArray[np.float64]

CONSTANT = "objective~constant"
"""The column, fixed at 1, whose cost is the constant of the objective."""


@dataclass(frozen=True)
class Written:
    """A program as a file holds it: to be minimised, without a constant, with safe names.

    Attributes
    ----------
    program
        The program; its open sides are infinite, and every row has a side.
    rows, columns
        The names.
    head
        What a reader should know, line by line.
    """

    program: LinearProgram
    rows: list[str]
    columns: list[str]
    head: tuple[str, ...]

    @classmethod
    def of(cls, program: LinearProgram) -> Written:
        """Return what is written of a program."""
        m, n = program.shape
        head = [" ".join(f"amopt: {program.name}".split())]
        columns = safe_names(program.columns, n, "c")
        lower, upper = _opened(program.row_lower, program.row_upper)
        kept = np.flatnonzero(np.isfinite(lower) | np.isfinite(upper))
        names = safe_names(program.rows, m, "r")
        if program.maximise:
            head.append("The objective is to be maximised: this file minimises its negative.")
        if kept.size < m:
            head.append(f"Left out: {m - kept.size} rows that limit nothing.")
        cost = -program.cost if program.maximise else program.cost
        column_lower, column_upper = _opened(program.lower, program.upper)
        matrix, integer = program.matrix[kept], program.integer
        if program.offset:
            head.append(f"{CONSTANT} is 1: its cost is the constant of the objective.")
            offset = -program.offset if program.maximise else program.offset
            cost, columns = np.append(cost, offset), [*columns, CONSTANT]
            column_lower, column_upper = np.append(column_lower, 1), np.append(column_upper, 1)
            integer = np.append(integer, False)
            matrix = sp.csr_array(sp.hstack([matrix, sp.csr_array((kept.size, 1))], format="csr"))
        plain = LinearProgram(
            cost=cost, matrix=matrix, row_lower=lower[kept], row_upper=upper[kept],
            lower=column_lower, upper=column_upper, integer=integer, name=program.name,
        )  # fmt: skip
        return cls(plain, [names[k] for k in kept.tolist()], columns, tuple(head))


def _opened(lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
    """Return sides, infinite where solvers take them for it."""
    return np.where(lower <= -OPEN, -np.inf, lower), np.where(upper >= OPEN, np.inf, upper)


def numerals(numbers: Floats) -> list[str]:
    """Return numbers in the fewest digits that lead back to them, each different one once."""
    different, where = np.unique(numbers + 0.0, return_inverse=True)  # no negative zero
    texts = [repr(number).removesuffix(".0") for number in different.tolist()]
    return [texts[k] for k in where.tolist()]
