"""Plans of lines: what each costs, what it uses of shared limits, and how it is written down."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.program.linear import LinearProgram

__all__ = ["LinePlans"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class LinePlans:
    """Plans of lines.

    Attributes
    ----------
    values
        Columns and values of each plan; None where it is one segment with all parts of its line.
    segment
        That segment, or -1, in pieces that join to shape (plans,).
    """

    def __init__(self) -> None:
        self.values: list[tuple[Ints, Floats] | None] = []
        self.segment: list[Ints] = []
        self._block: list[Ints] = []
        self._cost: list[Floats] = []
        self._use: list[Floats] = []

    def __len__(self) -> int:
        return len(self.values)

    def arrays(self) -> tuple[Ints, Floats, Floats]:
        """Return block (p,), cost (p,) and use (k, p) of all plans."""
        return (
            np.concatenate(self._block),
            np.concatenate(self._cost),
            np.concatenate(self._use, axis=1),
        )

    def add_single(self, segment: Ints, block: Ints, cost: Floats, use: Floats) -> None:
        """Add plans that order all parts of a line on one segment, shape (p,) each, use (k, p)."""
        self._append(block, cost, use)
        self.segment.append(segment)
        self.values += [None] * segment.size

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
            The rows of the limits that lines share.
        """
        use = coupling[:, columns] @ values
        self._append(np.array([block]), np.array([cost[columns] @ values]), use[:, None])
        self.segment.append(np.array([-1]))
        self.values.append((columns, values))

    def _append(self, block: Ints, cost: Floats, use: Floats) -> None:
        self._block.append(block)
        self._cost.append(cost)
        self._use.append(use)

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
