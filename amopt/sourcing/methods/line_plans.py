"""Plans of parts: what each costs, what it uses of shared limits, and how it is written down."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.program.linear import LinearProgram

__all__ = ["LinePlans"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class LinePlans:
    """Plans of parts.

    Attributes
    ----------
    values
        Columns and values of each plan that is written down by itself; None for the first ones.
    first
        The columns of the first plans, shape (columns, plans).
    """

    def __init__(self, first: sp.csc_array, block: Ints, cost: Floats, coupling: Any) -> None:
        """Begin with plans that are the columns of a matrix.

        Parameters
        ----------
        first
            The values of the program's columns in each plan.
        block
            The block of each plan.
        cost
            The cost of each column of the program.
        coupling
            The rows of the limits that parts share.
        """
        self.first = first
        self.values: list[tuple[Ints, Floats] | None] = [None] * first.shape[1]
        self._block: list[Ints] = [block]
        self._cost: list[Floats] = [first.T @ cost]
        self._use: list[Floats] = [(coupling @ first).toarray()]

    def __len__(self) -> int:
        return len(self.values)

    def arrays(self) -> tuple[Ints, Floats, Floats]:
        """Return block (p,), cost (p,) and use (k, p) of all plans."""
        return (
            np.concatenate(self._block),
            np.concatenate(self._cost),
            np.concatenate(self._use, axis=1),
        )

    def written(self, chosen: Ints) -> Floats:
        """Return the program's columns for chosen plans, one a block."""
        own = chosen[chosen < self.first.shape[1]]
        values = np.asarray(self.first[:, own].sum(axis=1), dtype=np.float64).ravel()
        for plan in chosen.tolist():
            written = self.values[plan]
            if written is not None:
                values[written[0]] = written[1]
        return values

    def add_written(
        self, block: int, columns: Ints, values: Floats, cost: Floats, coupling: sp.csr_array
    ) -> None:
        """Add a plan that is written down.

        Parameters
        ----------
        block
            Its block.
        columns, values
            Columns of the program and their values.
        cost
            The cost of each column of the program.
        coupling
            The rows of the limits that parts share.
        """
        self._block.append(np.array([block]))
        self._cost.append(np.array([cost[columns] @ values]))
        self._use.append((coupling[:, columns] @ values)[:, None])
        self.values.append((columns, values))

    def mixture(self, blocks: int, limit: Floats) -> LinearProgram:
        """Return the program that mixes plans, one in all of each block.

        What exceeds a limit costs more than any plan.
        """
        block, cost, use = self.arrays()
        one = sp.csr_array(
            (np.ones(block.size), (block, np.arange(block.size))), shape=(blocks, block.size)
        )
        k = limit.size
        scale = np.maximum(use.max(axis=1, initial=0.0), 1e-9)
        excess = np.full(k, 100.0 * np.abs(cost).max(initial=1.0)) / scale
        none = sp.csr_array((blocks, k))
        matrix = sp.block_array([[one, none], [sp.csr_array(use), -sp.eye_array(k)]], format="csr")
        return LinearProgram.from_arrays(
            np.append(cost, excess),
            matrix,
            np.append(np.ones(blocks), np.full(k, -np.inf)),
            np.append(np.ones(blocks), limit),
            upper=np.append(np.ones(block.size), np.full(k, np.inf)),
        )
