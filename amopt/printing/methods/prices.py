r"""Prices on what the parts share: given them, every part is solved by itself in closed form.

Column generation (Dantzig and Wolfe 1960). A column is a policy of a part, with its cost
:math:`c_j` a cycle and what it uses of each limit, :math:`u_{\ell j}`. The master program

.. math::

    \min \sum_j c_j x_j \quad \text{subject to} \quad
    \sum_{j \in J_k} x_j = 1 \;\; \forall k, \qquad
    \sum_j u_{\ell j} x_j \le b_\ell \;\; \forall \ell, \qquad x \ge 0

mixes policies of each part. Its duals :math:`\pi_\ell \le 0` are prices; with them added to the
costs of its parts, the closed form returns each part's best policy; on the criterion of discounted
cost they stay undiscounted, as limits do not discount what they count. What all parts then cost,
:math:`\sum_k \min_j (c_j - \sum_\ell \pi_\ell u_{\ell j}) + \sum_\ell \pi_\ell b_\ell`, is a lower
bound on every plan within the limits, and a policy that is better than its part's dual is a new
column. There are finitely many policies, so it ends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from amopt.errors import InfeasibleError
from amopt.printing import closed_form
from amopt.printing.instance import PrintingInstance
from amopt.printing.limit_rows import limit_rows, priced
from amopt.printing.policy import Optimum
from amopt.program.time import Budget

if TYPE_CHECKING:
    from amopt.program.solver.highs import Options, Progress

__all__ = ["HONOURS", "best_policy", "obstacle"]

HONOURS = closed_form.HONOURS | {"limits"}
"""The families of constraints that it honours."""


WORTH_NOTHING = 1e-30
"""Discount factor of a whole cycle below which prices and costs have no common measure."""


def obstacle(instance: PrintingInstance) -> str:
    """Return why prices cannot answer an instance, empty where they can."""
    parameters = instance.parameters
    if instance.limits and parameters.discount**parameters.cycle_days < WORTH_NOTHING:
        return "the end of a cycle is discounted to nothing beside prices, which are not"
    return ""


def best_policy(
    instance: PrintingInstance,
    *,
    printer: bool,
    expediting: bool = True,
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
    from amopt.printing.methods.clash import explain
    from amopt.printing.methods.deterministic import best_pure
    from amopt.printing.methods.master import KEPT, Master
    from amopt.printing.methods.mixing import mixture

    parameters = instance.parameters.with_sources(printer=printer, expediting=expediting)
    compared = not (printer and expediting)
    rows = limit_rows(instance)
    budget = Budget(options.time_limit)
    master = Master(parameters, rows, options, budget, progress)
    excess = master.excess()
    if (excess > KEPT * master.scale).any():
        if compared:  # what the plan is compared with needs no reason
            raise InfeasibleError("with fewer sources no plan keeps the limits")
        raise explain(instance, options, budget)
    master.settle(excess)
    found = master.solve()
    duals = master.prices(found)
    with_prices = priced(parameters, rows, duals)[0]
    policy, cost = mixture(parameters, with_prices, master.columns, found.shares)
    pure = None
    if policy.mixes and not compared:
        left = budget.left  # what it is compared with has the other half
        pure = best_pure(master, found, Budget(None if left is None else left / 2))
    names = [row.limit.name for row in rows]
    bound, total = found.bound, float(cost.sum())
    # A limit is kept up to a share of its scale: what that is worth is no more known of the bound.
    if bound - total <= KEPT * float(np.abs(found.duals) @ master.scale):
        bound = min(bound, total)
    return Optimum(
        policy,
        cost,
        solver=found.answer.outcome.method,
        iterations=master.iterations,
        bound=bound,
        duals=dict(zip(names, duals.tolist(), strict=True)),
        pure=pure,
    )
