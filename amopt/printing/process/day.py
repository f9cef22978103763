"""The states of a day of one part, and what a night does to them, as sparse matrices."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.stats import binom

from amopt.printing.parameters import Parameters

__all__ = ["Day", "each"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Day:
    """The states (I, P) of a day: net stock, and printed parts in operation.

    There are printed parts only where nothing is on the shelf, and at most as many as systems that
    do not wait.

    Parameters
    ----------
    parameters
        The parameters of one part.
    highest
        The most parts that are ever on the shelf.

    Attributes
    ----------
    systems, highest
        :math:`N`, and the most parts on the shelf.
    I, P
        The states, shape (states,) each.
    """

    def __init__(self, parameters: Parameters, highest: int) -> None:
        self.systems, self.highest = int(parameters.systems[0]), highest
        self._failure = float(parameters.failure[0])
        self._printed_failure = float(parameters.printed_failure[0])
        self._holding_cost = float(parameters.holding_cost[0])
        self._backorder_cost = float(parameters.backorder_cost[0])
        net, printed = np.meshgrid(
            np.arange(-self.systems, highest + 1), np.arange(self.systems + 1), indexing="ij"
        )
        there = printed <= np.where(net > 0, 0, self.systems + net)
        self.I, self.P = net[there], printed[there]
        self._index = np.full(net.shape, -1)
        self._index[there] = np.arange(len(self.I))

    def __len__(self) -> int:
        """Return the number of states."""
        return len(self.I)

    def at(self, net: Ints | int, printed: Ints | int) -> Ints:
        """Return the numbers of the states (net, printed)."""
        return np.asarray(self._index[np.asarray(net) + self.systems, printed])

    @cached_property
    def levels(self) -> Ints:
        """The net stocks -N, ..., highest: the states of a day on which nothing is printed."""
        return np.arange(-self.systems, self.highest + 1)

    @cached_property
    def cost(self) -> Floats:
        r"""Cost of a day that ends in each state, :math:`h I^+ + b I^-`, shape (states,)."""
        held = self._holding_cost * np.maximum(self.I, 0)
        return np.asarray(held + self._backorder_cost * np.maximum(-self.I, 0))

    @cached_property
    def regular_failures(self) -> sp.csr_array:
        """Probability that (I, P) becomes (I - D, P), D of the regular parts having failed."""
        running = self.systems - self.P - np.maximum(-self.I, 0)
        rows, lost = each(running + 1)
        columns = self.at(self.I[rows] - lost, self.P[rows])
        return self._matrix(self._chances(self._failure)[running[rows], lost], rows, columns)

    @cached_property
    def printed_failures(self) -> sp.csr_array:
        """Probability that (I, P) becomes (I - D, P - D), D of the printed parts having failed."""
        rows, lost = each(self.P + 1)
        columns = self.at(self.I[rows] - lost, self.P[rows] - lost)
        return self._matrix(self._chances(self._printed_failure)[self.P[rows], lost], rows, columns)

    @cached_property
    def night(self) -> sp.csr_array:
        """Probability that a state at the end of a day is another one at the start of the next."""
        return sp.csr_array(self.regular_failures @ self.printed_failures)

    @cached_property
    def last_night(self) -> sp.csr_array:
        """The same for the last night of a cycle, in which all printed parts are removed.

        Every printed part, failed or not, leaves a system that waits: columns are :attr:`levels`.
        """
        size = len(self)
        removal = sp.csr_array(
            (np.ones(size), (np.arange(size), self.I - self.P + self.systems)),
            shape=(size, len(self.levels)),
        )
        return sp.csr_array(self.regular_failures @ removal)

    def _chances(self, probability: float) -> Floats:
        trials, lost = np.indices((self.systems + 1, self.systems + 1))
        return np.asarray(binom.pmf(lost, trials, probability))

    def _matrix(self, chances: Floats, rows: Ints, columns: Ints) -> sp.csr_array:
        size = len(self)
        matrix = sp.csr_array((chances, (rows, columns)), shape=(size, size))
        matrix.eliminate_zeros()
        return matrix


def each(counts: Ints) -> tuple[Ints, Ints]:
    """Return (0, 0), ..., (0, counts[0] - 1), (1, 0), ... as two arrays."""
    rows = np.repeat(np.arange(len(counts)), counts)
    return rows, np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
