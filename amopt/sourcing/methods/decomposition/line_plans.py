"""Plans of blocks: what each costs, what it uses of shared limits, and how it is written down."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.program.linear import LinearProgram
from amopt.program.solver.highs import Answer, Options, solve

__all__ = ["LinePlans"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIRST_PENALTY, DEARER, LAST_PENALTY = 1e2, 1e3, 1e8
"""What it costs to exceed a limit by what a plan uses of it at most, in multiples of the dearest
plan: at first, by how much more each time, and at last."""

ROUNDING = 1e-9
"""What is exceeded of all limits and is none."""


class LinePlans:
    """Plans of blocks: of a line, or of the lines of a part.

    Parameters
    ----------
    cost
        The cost of each column of the program.
    coupling
        The rows of the limits that blocks share.

    Attributes
    ----------
    values
        Columns and values of each plan that is written down by itself; None for those that are
        columns of a matrix.
    """

    def __init__(self, cost: Floats, coupling: sp.csr_array) -> None:
        self._column_cost, self._coupling = cost, coupling
        self.values: list[tuple[Ints, Floats] | None] = []
        self._matrices: list[tuple[int, sp.csc_array]] = []
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

    def written(self, chosen: Ints) -> Floats:
        """Return the program's columns for chosen plans, one a block."""
        values = np.zeros(self._column_cost.size)
        for begin, matrix in self._matrices:
            own = chosen[(chosen >= begin) & (chosen < begin + matrix.shape[1])] - begin
            values += np.asarray(matrix[:, own].sum(axis=1), dtype=np.float64).ravel()
        for plan in chosen.tolist():
            written = self.values[plan]
            if written is not None:
                values[written[0]] = written[1]
        return values

    def add_columns(self, plans: sp.csc_array, block: Ints) -> None:
        """Add plans that are the columns of a matrix.

        Parameters
        ----------
        plans
            The values of the program's columns in each plan.
        block
            The block of each plan.
        """
        self._matrices.append((len(self.values), plans))
        self.values += [None] * plans.shape[1]
        self._block.append(block)
        self._cost.append(plans.T @ self._column_cost)
        self._use.append((self._coupling @ plans).toarray())

    def add_written(self, block: int, columns: Ints, values: Floats) -> None:
        """Add a plan that is written down.

        Parameters
        ----------
        block
            Its block.
        columns, values
            Columns of the program and their values.
        """
        self._block.append(np.array([block]))
        self._cost.append(np.array([self._column_cost[columns] @ values]))
        self._use.append((self._coupling[:, columns] @ values)[:, None])
        self.values.append((columns, values))

    def margins(self, adjusted: Floats, mix: Floats, blocks: int) -> Floats:
        """Return by how much each block's second-best plan is worse; 0 where plans are mixed.

        Parameters
        ----------
        adjusted
            The cost of each plan at the prices.
        mix
            The share of each plan in the mixture.
        blocks
            How many blocks there are.
        """
        block = np.concatenate(self._block)
        order = np.lexsort((adjusted, block))
        first = np.flatnonzero(np.diff(block[order], prepend=-1))
        margin = np.full(blocks, np.inf)
        second = first[np.diff(np.append(first, block.size)) > 1]
        margin[block[order[second]]] = adjusted[order[second + 1]] - adjusted[order[second]]
        mixed = (mix > 1e-6) & (mix < 1 - 1e-6)
        margin[block[mixed]] = 0.0
        return margin

    def mixed(self, blocks: int, limit: Floats, left: Callable[[], Options]) -> Answer:
        """Mix plans, one in all of each block, at least cost within limits.

        What exceeds a limit costs more than any plan. Two plans that differ by little of a limit
        and much in cost may ask for still more; where that is paid in place of them, it gets
        dearer, as long as less is exceeded for it.

        Parameters
        ----------
        blocks
            How many blocks there are.
        limit
            The limits, shape (k,).
        left
            Returns the limits of the solver at the time.

        Returns
        -------
        Answer
            Values of the plans, and of what exceeds each limit; duals of the blocks, then of the
            limits.
        """
        dear, k = FIRST_PENALTY, limit.size
        answer = solve(self._mixture(blocks, limit, dear), left())
        while answer.values is not None and dear < LAST_PENALTY:
            beyond = answer.values[-k:].sum()
            if beyond <= ROUNDING * np.abs(limit).sum():
                break
            dear *= DEARER
            again = solve(self._mixture(blocks, limit, dear), left())
            if again.values is None or again.values[-k:].sum() >= beyond * (1 - ROUNDING):
                break
            answer = again
        return answer

    def _mixture(self, blocks: int, limit: Floats, dear: float) -> LinearProgram:
        """Return the program that mixes plans, with a penalty of what exceeds a limit."""
        block, cost, use = self.arrays()
        one = sp.csr_array(
            (np.ones(block.size), (block, np.arange(block.size))), shape=(blocks, block.size)
        )
        k = limit.size
        most = use.max(axis=1, initial=0.0)
        dearest = float(np.abs(cost).max(initial=0.0)) or 1.0
        excess = dear * dearest / np.where(most > 0, most, 1.0)
        none = sp.csr_array((blocks, k))
        matrix = sp.block_array([[one, none], [sp.csr_array(use), -sp.eye_array(k)]], format="csr")
        return LinearProgram.from_arrays(
            np.append(cost, excess),
            matrix,
            np.append(np.ones(blocks), np.full(k, -np.inf)),
            np.append(np.ones(blocks), limit),
            upper=np.append(np.ones(block.size), np.full(k, np.inf)),
        )
