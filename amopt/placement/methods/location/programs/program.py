r"""What prices leave open of single sources, as a program for the solver.

.. math::

    \min \; & \sum_i f_i y_i + \sum_{ij} c_{ij} x_{ij} \\
    & \sum_i x_{ij} = 1, \quad \sum_j h_{ij} x_{ij} \le C_i y_i, \quad x_{ij} \le y_i, \\
    & w^- \le \sum_i w_i y_i \le w^+

Where a cost is known from which on a plan is of no use, one more column of that cost stands for
"none is better": it supplies every pair, and closes every facility. So there is always an answer,
and a cost to be below, without a row of the whole objective.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from amopt.placement.methods.facilities import Facilities
from amopt.placement.methods.location.covering import Cover
from amopt.program.linear import LinearProgram, spread

__all__ = ["SingleSourceProgram"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class SingleSourceProgram:
    """The program of some facilities.

    Attributes
    ----------
    program
        The program: supplies, pairs without a facility, and facilities that need not be open.
    source, pair
        Facility (-1 for none) and pair of each supply, shape (n,).
    choice
        Facilities that need not be open.
    none
        The column that says that no plan is better; None where there is none.
    """

    program: LinearProgram
    source: Ints
    pair: Ints
    choice: Ints
    none: int | None

    @classmethod
    def of(
        cls, problem: Facilities, cover: Cover, supplies: Flags, without: Flags, limit: float
    ) -> SingleSourceProgram:
        """Write the program down.

        Parameters
        ----------
        problem
            The facilities that may be open.
        cover
            Which of them must be, and how many.
        supplies, without
            Which supplies are left, shape (facilities, pairs), and which pairs may do without a
            facility, shape (pairs,).
        limit
            Cost from which on a plan is of no use; infinite where any is of use.
        """
        source, pair = np.nonzero(supplies & np.isfinite(problem.cost))
        free = np.flatnonzero(without & np.isfinite(problem.free))
        choice = np.flatnonzero(~cover.must)
        costs = [problem.cost[source, pair], problem.free[free], problem.fixed[choice]]
        cost, paid = np.concatenate(costs), float(problem.fixed[cover.must].sum())
        rows = _rows(problem, cover, source, pair, free)
        none = cost.size if np.isfinite(limit) else None
        if none is not None:
            cost = np.append(cost, limit - problem.constant - paid)
            rows = [row.or_none() for row in rows]
        matrix = sp.csr_array(sp.vstack([sp.csr_array(block.matrix) for block in rows]))
        matrix.eliminate_zeros()
        program = LinearProgram(
            cost=cost,
            matrix=matrix,
            row_lower=np.concatenate([spread(r.lower, r.matrix.shape[0]) for r in rows]),
            row_upper=np.concatenate([spread(r.upper, r.matrix.shape[0]) for r in rows]),
            lower=np.zeros(cost.size),
            upper=np.ones(cost.size),
            integer=np.ones(cost.size, dtype=bool),
            offset=problem.constant + paid,
        )
        others = np.full(free.size, -1)
        return cls(program, np.append(source, others), np.append(pair, free), choice, none)

    def start(self, plan: Ints) -> Floats:
        """Return the values of a plan: facility of each pair, -1 for none, shape (pairs,)."""
        values = np.zeros(self.program.shape[1])
        values[: self.pair.size] = plan[self.pair] == self.source
        opened = np.isin(self.choice, plan)
        values[self.pair.size : self.pair.size + self.choice.size] = opened
        return values

    def without_plan(self) -> Floats | None:
        """Return the values that say that no plan is better; None where nothing says so."""
        if self.none is None:
            return None
        values = np.zeros(self.program.shape[1])
        values[self.none] = 1.0
        return values

    def chosen(self, values: Floats) -> Ints | None:
        """Return the facility that supplies each pair, -1 for none, shape (pairs,).

        None where no plan is better.
        """
        if self.none is not None and values[self.none] > 0.5:
            return None
        used = np.flatnonzero(values[: self.pair.size] > 0.5)
        found: Ints = np.empty(used.size, dtype=np.int64)
        found[self.pair[used]] = self.source[used]
        return found


@dataclass(frozen=True)
class _Rows:
    """Rows: coefficients, shape (rows, n), and bounds."""

    matrix: Any
    lower: ArrayLike
    upper: ArrayLike

    def or_none(self) -> _Rows:
        """Return the rows with a column that meets them alone, with equality where it has to."""
        count = self.matrix.shape[0]
        lower, upper = spread(self.lower, count), spread(self.upper, count)
        alone = np.where(np.isfinite(upper), upper, 0.0)
        alone = np.where(np.isfinite(lower), lower, alone)
        return _Rows(
            sp.csr_array(sp.hstack([self.matrix, sp.csr_array(alone[:, None])])), lower, upper
        )


def _rows(problem: Facilities, cover: Cover, source: Ints, pair: Ints, free: Ints) -> list[_Rows]:
    """Return the rows of supply, hours, links and cover."""
    choice = np.flatnonzero(~cover.must)
    own, supply, sites = source.size, source.size + free.size, problem.sites
    size = supply + choice.size
    column = np.full(sites, -1, dtype=np.int64)
    column[choice] = supply + np.arange(choice.size)

    def block(count: int, *terms: tuple[Any, Ints, Ints]) -> Any:
        entries = np.concatenate([spread(value, row.size) for value, row, _ in terms])
        row = np.concatenate([row for _, row, _ in terms])
        where = np.concatenate([where for _, _, where in terms])
        return sp.csr_array((entries, (row, where)), shape=(count, size))

    linked = np.flatnonzero(column[source] >= 0)
    links, first = np.arange(linked.size), np.zeros(choice.size, dtype=np.int64)
    served = 1.0, np.concatenate([pair, free]), np.arange(supply)
    used = problem.hours[source, pair], source, np.arange(own)
    there = -problem.capacity[choice], choice, column[choice]
    held = float(cover.weight[cover.must].sum())
    found = [
        _Rows(block(problem.pairs, served), 1.0, 1.0),
        _Rows(block(sites, used, there), -np.inf, np.where(cover.must, problem.capacity, 0.0)),
    ]
    if choice.size:
        pairs = (1.0, links, linked), (-1.0, links, column[source[linked]])
        weights = cover.weight[choice], first, column[choice]
        found.append(_Rows(block(linked.size, *pairs), -np.inf, 0.0))
        found.append(_Rows(block(1, weights), cover.least - held, cover.most - held))
    return found
