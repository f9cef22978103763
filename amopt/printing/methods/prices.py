r"""Prices on what the parts share: given them, every part is solved by itself in closed form.

Column generation (Dantzig and Wolfe 1960). A column is a policy of a part, with its cost
:math:`c_j` a cycle and what it uses of each limit, :math:`u_{\ell j}`. The master program

.. math::

    \min \sum_j c_j x_j \quad \text{subject to} \quad
    \sum_{j \in J_k} x_j = 1 \;\; \forall k, \qquad
    \sum_j u_{\ell j} x_j \le b_\ell \;\; \forall \ell, \qquad x \ge 0

mixes policies of each part. Its duals :math:`\pi_\ell \le 0` are prices; with them added to the
costs of its parts, the closed form returns each part's best policy. What all parts then cost,
:math:`\sum_k \min_j (c_j - \sum_\ell \pi_\ell u_{\ell j}) + \sum_\ell \pi_\ell b_\ell`, is a lower
bound on every plan within the limits, and a policy that is better than its part's dual is a new
column. There are finitely many policies, so it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.errors import InfeasibleError, NoAnswerError
from amopt.printing import closed_form
from amopt.printing.instance import PrintingInstance
from amopt.printing.limit_rows import LimitRow, limit_rows, priced
from amopt.printing.methods.columns import Columns
from amopt.printing.methods.mixing import mixture
from amopt.printing.parameters import Parameters
from amopt.printing.policy import Optimum, Policy
from amopt.program.linear import LinearProgram
from amopt.program.time import Budget

if TYPE_CHECKING:
    from amopt.program.solver.highs import Answer, Options, Progress

__all__ = ["HONOURS", "best_policy", "obstacle"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HONOURS = closed_form.HONOURS | {"limits"}
"""The families of constraints that it honours."""

BETTER = 1e-10
"""Share of what is at stake by which a new column must be better than what is known."""

MOST_ROUNDS = 500
"""Rounds beyond which it is not converging."""


def obstacle(instance: PrintingInstance) -> str:
    """Return why prices cannot answer an instance, empty where they can."""
    if instance.limits and not instance.parameters.is_average:
        return "limits do not discount what they count, so their prices are no costs of a part"
    return ""


@dataclass
class _Search:
    """The state of the search: columns, prices, the best bound."""

    parameters: Parameters
    rows: Sequence[LimitRow]
    options: Options
    budget: Budget
    progress: Callable[[Progress], None] | None
    columns: Columns = field(init=False)
    iterations: int = 0

    def __post_init__(self) -> None:
        self.most = np.array([row.most for row in self.rows])
        best = closed_form.best_policy(self.parameters)
        self.columns = self._columns(best, np.arange(len(self.parameters)))

    def _columns(self, policy: Policy, parts: Ints) -> Columns:
        taken = Policy(policy.base_stock[parts], policy.action[:, parts])
        return Columns.of(self.parameters, self.rows, taken, parts)

    def solve(self, *, feasibility: bool) -> tuple[Answer, float]:
        """Return the master's optimum over all policies, and the bound that prices prove.

        Parameters
        ----------
        feasibility
            Whether the excess over the limits is minimised instead of the cost.
        """
        base = _free(self.parameters) if feasibility else self.parameters
        limits, parts = len(self.rows), len(self.parameters)
        bound = -np.inf
        for _ in range(MOST_ROUNDS):
            answer = self._master(feasibility)
            assert answer.duals is not None
            assert answer.outcome.objective is not None
            duals = np.minimum(answer.duals[parts:], 0.0)
            costs, room = priced(base, self.rows, duals)
            every = self._columns(closed_form.best_policy(costs, room), np.arange(parts))
            worth = (0.0 if feasibility else every.cost) - duals @ every.usage
            bound = max(bound, float(worth.sum() + duals @ self.most))
            gain = answer.duals[:parts] - worth
            scale = np.abs(worth) + np.abs(answer.duals[:parts])
            better = gain > BETTER * (scale + scale.mean())
            if not better.any():
                return answer, bound
            self.columns = self.columns.and_(every.take(better))
            self.budget.require("the prices of the limits were found")
        raise NoAnswerError(f"The prices of {limits} limits were not found.")

    def _master(self, feasibility: bool) -> Answer:
        """Solve the master program over the columns that are known."""
        from amopt.program.solver.highs import solve
        from amopt.program.solver.outcome import Status

        program = _program(self.columns, self.most, len(self.parameters), feasibility)
        answer = solve(program, self.budget.options(self.options), progress=self.progress)
        self.iterations += answer.outcome.iterations or 0
        if answer.outcome.status is not Status.OPTIMAL:
            raise NoAnswerError(
                f"The master program was not solved: {answer.outcome.status}.",
                outcome=answer.outcome,
            )
        return answer


def best_policy(
    instance: PrintingInstance,
    *,
    printer: bool,
    options: Options,
    progress: Callable[[Progress], None] | None = None,
) -> Optimum:
    """Find the best policy of every part under the limits of the instance.

    Raises
    ------
    InfeasibleError
        When nothing keeps the limits.
    NoAnswerError
        When the prices were not found within the limits of time.
    """
    parameters = instance.parameters if printer else instance.parameters.without_printer()
    rows = limit_rows(instance)
    search = _Search(parameters, rows, options, Budget(options.time_limit), progress)
    excess, least = search.solve(feasibility=True)
    if least > 1e-9:
        raise InfeasibleError("No plan keeps the limits.", outcome=excess.outcome)
    answer, bound = search.solve(feasibility=False)
    assert answer.values is not None
    assert answer.duals is not None
    duals = np.minimum(answer.duals[len(parameters) :], 0.0)
    policy, cost = mixture(
        parameters, priced(parameters, rows, duals)[0], search.columns, answer.values
    )
    return Optimum(
        policy,
        cost,
        solver=answer.outcome.method,
        iterations=search.iterations,
        bound=bound,
        duals={row.limit.name: float(dual) for row, dual in zip(rows, duals, strict=True)},
    )


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


def _program(columns: Columns, most: Floats, parts: int, feasibility: bool) -> LinearProgram:
    """Return the master program, with the excess over each limit where that is minimised."""
    count, limits = columns.cost.size, most.size
    one = sp.csr_array((np.ones(count), (columns.part, np.arange(count))), shape=(parts, count))
    matrix = sp.vstack([one, sp.csr_array(columns.usage)], format="csr")
    cost = columns.cost
    if feasibility:
        scale = np.maximum(np.abs(most), columns.usage.max(axis=1, initial=0.0))
        size = np.where(scale > 0, scale, 1.0)
        over = sp.vstack([sp.csr_array((parts, limits)), -sp.diags_array(size)])
        matrix = sp.hstack([matrix, over], format="csr")
        cost = np.concatenate([np.zeros(count), np.ones(limits)])
    return LinearProgram.from_arrays(
        cost=cost,
        matrix=matrix,
        row_lower=np.concatenate([np.ones(parts), np.full(limits, -np.inf)]),
        row_upper=np.concatenate([np.ones(parts), most]),
        lower=0.0,
        upper=np.inf,
        name="portfolio",
    )
