"""What the solver answers, and a basis to start the next solve from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from amopt.outcome import Outcome

__all__ = ["Answer", "Basis"]

Floats = NDArray[np.float64]

_NOTHING = 1e-12
"""A gap that is rounding, shown as none."""


@dataclass(frozen=True, slots=True)
class Basis:
    """A simplex basis.

    Attributes
    ----------
    columns, rows
        Where each stands, shapes (n,) and (m,): 0 at its lower bound, 1 basic, 2 at its upper
        bound, 3 free at zero, 4 not basic (the solver finds out where).
    """

    columns: NDArray[np.int8]
    rows: NDArray[np.int8]

    @classmethod
    def of(cls, columns: ArrayLike, rows: ArrayLike) -> Basis:
        """Return the basis of the columns and rows that are basic, bool, shapes (n,) and (m,)."""
        return cls(
            np.where(np.asarray(columns, bool), 1, 4).astype(np.int8),
            np.where(np.asarray(rows, bool), 1, 4).astype(np.int8),
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What the solver answered.

    Attributes
    ----------
    outcome
        Statuses, bound, gap, seconds, residuals.
    values
        Column values, shape (n,), integer columns exactly integer; None without an answer.
    duals
        Row duals (shadow prices: change of the optimum a unit of the right-hand side), shape (m,);
        None for a mixed-integer program.
    reduced_costs
        Column duals, shape (n,); None for a mixed-integer program.
    basis
        Simplex basis for a warm start; None where there is none, and in a sequence of solves.
    """

    outcome: Outcome
    values: Floats | None = None
    duals: Floats | None = None
    reduced_costs: Floats | None = None
    basis: Basis | None = None

    def __repr__(self) -> str:
        """Return status, objective, gap and sizes; the arrays are attributes."""
        outcome = self.outcome
        told = [str(outcome.status)]
        if self.values is not None:
            if outcome.objective is not None:
                told.append(f"objective={outcome.objective:.10g}")
            if outcome.gap is not None:
                told.append(f"gap={outcome.gap if outcome.gap > _NOTHING else 0:.2g}")
            told.append(f"columns={self.values.size}")
        if self.duals is not None:
            told.append(f"rows={self.duals.size}")
        if self.basis is not None:
            told.append("with basis")
        return f"{type(self).__name__}({', '.join(told)})"
