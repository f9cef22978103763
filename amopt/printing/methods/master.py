"""The master program: which policies of each part to mix, so that the limits are kept.

See :mod:`amopt.printing.methods.prices`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.errors import NoAnswerError
from amopt.printing import closed_form
from amopt.printing.limit_rows import LimitRow, priced
from amopt.printing.methods.columns import Columns
from amopt.printing.parameters import Parameters
from amopt.printing.policy import Policy
from amopt.program.linear import LinearProgram
from amopt.program.solver.answer import Basis
from amopt.program.time import Budget

if TYPE_CHECKING:
    from amopt.program.solver.highs import Answer, Options, Progress

__all__ = ["KEPT", "Master", "Solved"]

Floats = NDArray[np.float64]

BETTER = 1e-10
"""Share of what its part costs by which a new column must be better than what is known."""

KEPT = 1e-9
"""Excess over a limit, over its scale, up to which it is kept."""

RESOLVED = 1e-8
"""Share of its scale down to which the use of a limit is told from nothing. Probabilities are known
to some 1e-16, and what is used to no more digits than that."""

LITTLE = 1e-7
"""What a little more of a limit is, over its scale; and a share of a mixture that counts."""

PROVES = 1e-10
"""Relative loss of the bound up to which other prices prove as much."""

MOST_ROUNDS = 500
"""Rounds beyond which it is not converging."""


@dataclass
class Master:
    """The master program of some limits, with the columns that are known.

    Attributes
    ----------
    parameters
        The parameters of all parts.
    rows
        The limits that are kept, or elastic.
    options, budget, progress
        Of its solves.
    columns
        Policies of parts that are known.
    iterations
        Iterations of the solver so far.
    """

    parameters: Parameters
    rows: tuple[LimitRow, ...]
    options: Options
    budget: Budget
    progress: Callable[[Progress], None] | None = None
    columns: Columns = field(init=False)
    iterations: int = 0

    def __post_init__(self) -> None:
        """Start from the policies that are the best without limits."""
        self.most = np.array([row.most for row in self.rows])
        self.columns = self._columns(closed_form.best_policy(self.parameters))

    @property
    def scale(self) -> Floats:
        """What the excess over each limit is counted in, shape (limits,)."""
        largest = np.maximum(np.abs(self.most), self.columns.usage.max(axis=1, initial=0.0))
        return np.where(largest > 0, largest, 1.0)

    def excess(self) -> Floats:
        """Return the excess over each limit where their sum, each over its scale, is the least."""
        return self.solve(elastic=np.ones(len(self.rows), dtype=np.bool_), costs=False).excess

    def solve(self, *, elastic: NDArray[np.bool_] | None = None, costs: bool = True) -> Solved:
        """Return the optimum over all policies.

        Parameters
        ----------
        elastic
            The limits over which there may be an excess, which is minimised over its scale, shape
            (limits,); left out, none. For all others policies that keep them have to be known.
        costs
            Whether costs are minimised.

        Raises
        ------
        NoAnswerError
            When the limits of time were reached.
        """
        base = self.parameters if costs else _free(self.parameters)
        weights = np.zeros(len(self.rows)) if elastic is None else elastic / self.scale
        parts, bound = len(self.parameters), -np.inf
        basis = None
        for _ in range(MOST_ROUNDS):
            answer = self._solved(weights, costs, basis)
            basis = answer.basis
            assert answer.values is not None
            assert answer.duals is not None
            duals = np.minimum(answer.duals[parts:], 0.0)
            with_prices, room = priced(base, self.rows, duals)
            every = self._columns(closed_form.best_policy(with_prices, room))
            worth = (every.cost if costs else 0.0) - duals @ every.usage
            bound = max(bound, float(worth.sum() + duals @ self.most))
            known = answer.duals[:parts]
            better = known - worth > BETTER * (np.abs(worth) + np.abs(known))
            # What is known already is better by the solver's rounding alone.
            better &= ~self.columns.have(every)
            if not better.any():
                soft = np.count_nonzero(weights)
                excess = np.zeros(len(self.rows))
                excess[weights > 0] = answer.values[:soft]
                return Solved(answer, answer.values[soft:], duals, excess, bound)
            self.columns = self.columns.and_(every.take(better))
            self.budget.require("the prices of the limits were found")
        raise NoAnswerError(f"The prices of limits were not found in {MOST_ROUNDS} rounds.")

    def prices(self, found: Solved) -> Floats:
        """Return the prices of an optimum: what a little more of each limit is worth.

        Where fewer policies are mixed than limits have prices, many prices prove the optimum, such
        as any high one of a limit of 0. Those with all limits a little looser are among them.
        """
        parts = len(self.parameters)
        mixed = np.count_nonzero(found.shares > LITTLE) - parts
        if mixed >= np.count_nonzero(found.duals):
            return found.duals
        most, more, known = self.most, LITTLE * self.scale, self.columns
        self.most = most + more
        try:
            looser = self.solve()
        finally:
            self.most, self.columns = most, known
        bound = looser.bound - float(looser.duals @ more)
        lost = found.bound - bound
        return looser.duals if lost <= PROVES * abs(found.bound) else found.duals

    def settle(self, excess: Floats) -> None:
        """Loosen limits by what arithmetic does not tell from nothing, where they need it.

        Down time fades with the stock but is never nothing: no policy that is known keeps a limit
        of 0 on it, or keeps next to 0 in digits that count. What is found then costs no more than
        any plan that keeps the limits to the letter.

        Parameters
        ----------
        excess
            What :meth:`excess` returned, all of it so small that the limits count as kept.
        """
        usage = self.columns.usage
        least = np.zeros(usage.shape[0])
        for part in range(len(self.parameters)):
            least += usage[:, self.columns.part == part].min(axis=1, initial=np.inf)
        little = RESOLVED * self.scale
        fading = (least > 0) & (self.most < little)
        over = np.where(excess > 0, self.most + excess + little, self.most)
        self.most = np.where(fading, np.maximum(little, over), over)

    def know(self, columns: Columns) -> None:
        """Add policies that are known from other limits."""
        policy = Policy(columns.base_stock, columns.action)
        again = Columns.of(self.parameters, self.rows, policy, columns.part)
        self.columns = self.columns.and_(again)

    def _columns(self, policy: Policy) -> Columns:
        return Columns.of(self.parameters, self.rows, policy)

    def _solved(self, weights: Floats, costs: bool, basis: Basis | None) -> Answer:
        """Solve the program over the columns that are known, from a basis of some of them."""
        from amopt.outcome import Status
        from amopt.program.solver.highs import solve

        program = _program(self.columns, self.most, len(self.parameters), weights, costs)
        options = self.budget.options(self.options)
        if basis is not None:
            new = program.shape[1] - basis.columns.size
            basis = Basis(np.append(basis.columns, np.zeros(new, np.int8)), basis.rows)
            options = replace(options, method="primal simplex", presolve=False)
        answer = solve(program, options, basis=basis, progress=self.progress)
        self.iterations += answer.outcome.iterations or 0
        outcome = answer.outcome
        left = np.inf
        if not costs and outcome.objective is not None and outcome.bound is not None:
            left = outcome.objective - outcome.bound  # of the excess, each over its scale
        if outcome.status is not Status.OPTIMAL and left > KEPT:
            raise NoAnswerError(
                f"The master program was not solved: {outcome.status} ({outcome.stopped}).",
                outcome=outcome,
            )
        return answer


@dataclass(frozen=True)
class Solved:
    """A master program that was solved over all policies.

    Attributes
    ----------
    answer
        What the solver said last.
    shares
        How much of each column there is, shape (columns,).
    duals
        The prices of the limits, none above 0, shape (limits,).
    excess
        The excess over each limit, in its unit, shape (limits,).
    bound
        What the prices prove.
    """

    answer: Answer
    shares: Floats
    duals: Floats
    excess: Floats
    bound: float


def _free(parameters: Parameters) -> Parameters:
    """Return parameters where nothing costs anything but what is not possible."""

    def nothing(cost: Floats) -> Floats:
        return np.where(np.isfinite(cost), 0.0, np.inf)

    return replace(
        parameters,
        order_cost=nothing(parameters.order_cost),
        print_cost=nothing(parameters.print_cost),
        expedite_cost=nothing(parameters.expedite_cost),
        holding_cost=nothing(parameters.holding_cost),
        backorder_cost=nothing(parameters.backorder_cost),
    )


def _program(
    columns: Columns, most: Floats, parts: int, weights: Floats, costs: bool
) -> LinearProgram:
    """Return the master program; limits with a weight may be exceeded at that cost a unit."""
    count, limits, soft = columns.cost.size, most.size, np.flatnonzero(weights > 0)
    one = sp.csr_array((np.ones(count), (columns.part, np.arange(count))), shape=(parts, count))
    over = sp.csr_array(
        (-np.ones(soft.size), (parts + soft, np.arange(soft.size))),
        shape=(parts + limits, soft.size),
    )
    matrix = sp.vstack([one, sp.csr_array(columns.usage)], format="csr")
    return LinearProgram.from_arrays(
        cost=np.concatenate([weights[soft], columns.cost if costs else np.zeros(count)]),
        matrix=sp.hstack([over, matrix], format="csr"),
        row_lower=np.concatenate([np.ones(parts), np.full(limits, -np.inf)]),
        row_upper=np.concatenate([np.ones(parts), most]),
        name="portfolio",
    )
