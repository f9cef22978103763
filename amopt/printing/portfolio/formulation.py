r"""The portfolio as a program in Pyomo: one column for each part and policy.

A policy is a base-stock level :math:`S` and two thresholds: with :math:`n` days to go one expedites
where :math:`n \ge n_e`, prints where :math:`n_p \le n < n_e`, else waits (Westerweel 2019, theorems
3.1 and 3.4). With :math:`c_j` what a cycle of policy :math:`j` costs and :math:`u_{\ell j}` what it
uses of limit :math:`\ell`, :math:`x_j` is the share of the policy in what its part does.

Mixed, it is the linear program that :mod:`amopt.printing.methods.prices` solves with columns as
they are needed; with whole :math:`x` the one of :mod:`amopt.printing.methods.deterministic`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from amopt.decision import require_honoured
from amopt.errors import UsageError
from amopt.printing import formulation
from amopt.printing.formulation import useful_levels
from amopt.printing.limit_rows import limit_rows
from amopt.printing.methods import prices
from amopt.printing.methods.columns import Columns
from amopt.printing.methods.deterministic import threshold_columns
from amopt.printing.policy import Action
from amopt.program.family import Family
from amopt.program.pyomo import linear

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.printing.instance import PrintingInstance

__all__ = ["FAMILIES", "formulate"]

MOST_COLUMNS = 200_000
"""Columns up to which the program is written down whole."""


def formulate(instance: PrintingInstance, *, mixes: bool = False) -> ConcreteModel:
    """Return the program of a portfolio, all its policies written down.

    ``model.share[j]`` is :math:`x_j`, ``model.cost[j]`` and ``model.policies[j]`` (the part's name,
    base-stock level, print and expedite thresholds, None for never) are those of column j, and
    ``model.columns_of[part]`` lists a part's. ``model.objective`` is money a cycle, discounted to
    its start.

    Parameters
    ----------
    instance
        The instance.
    mixes
        Whether policies of a part may be mixed; else each part takes one.

    Raises
    ------
    UsageError
        When there are too many policies to write down, or the instance states constraints that no
        column of a policy can say.
    """
    require_honoured("the portfolio", prices.HONOURS, formulation.FAMILIES, instance)
    from pyomo.environ import Binary, ConcreteModel, NonNegativeReals, RangeSet, Var

    parameters, rows = instance.parameters, limit_rows(instance)
    columns = threshold_columns(parameters, rows, useful_levels(parameters), most=MOST_COLUMNS)
    if columns is None:
        raise UsageError(
            f"more than {MOST_COLUMNS:,} policies are too many to write down: solve the instance "
            "by prices, which looks only at those that are needed"
        )
    model = ConcreteModel(name=f"{instance.name}, portfolio")
    model.instance, model.known, model.rows = instance, columns, rows
    names = [part.name for part in instance.parts]
    model.policies = [_told(columns, names, j) for j in range(columns.cost.size)]
    model.cost = columns.cost.tolist()
    model.columns_of = {
        name: np.flatnonzero(columns.part == k).tolist() for k, name in enumerate(names)
    }
    model.columns = RangeSet(0, columns.cost.size - 1)
    model.share = Var(model.columns, domain=NonNegativeReals if mixes else Binary)
    for family in FAMILIES:
        family.add(model)
    add_cost(model)
    return model


def add_one_policy(model: Any) -> None:
    r"""Do one thing with each part: :math:`\sum_{j \in J_k} x_j = 1 \quad \forall k`."""
    from pyomo.environ import Constraint

    def one(m: Any, name: str) -> Any:
        return linear(1.0, [m.share[j] for j in m.columns_of[name]]) == 1

    model.one_policy = Constraint(list(model.columns_of), rule=one)


def add_limits(model: Any) -> None:
    r"""Keep the limits of the file: :math:`\sum_j u_{\ell j} x_j \le b_\ell \quad \forall \ell`."""
    from pyomo.environ import Constraint

    def keep(m: Any, name: str) -> Any:
        at = next(index for index, row in enumerate(m.rows) if row.limit.name == name)
        used = m.known.usage[at]
        taken = np.flatnonzero(used).tolist()
        if not taken:
            return Constraint.Feasible
        return linear(used[taken], [m.share[j] for j in taken]) <= m.rows[at].most

    model.limits = Constraint([row.limit.name for row in model.rows], rule=keep)


def add_cost(model: Any) -> None:
    r"""Minimise the cost of a cycle: :math:`\sum_j c_j x_j`."""
    from pyomo.environ import Objective

    model.objective = Objective(expr=linear(model.cost, [model.share[j] for j in model.columns]))


FAMILIES: tuple[Family, ...] = (
    Family("one_policy", add_one_policy),
    Family("limits", add_limits, ("limits[].name",)),
)
"""The families of constraints, in the order of their rows."""


def _told(columns: Columns, names: list[str], j: int) -> tuple[str, int, int | None, int | None]:
    """Return what a column is: part, level, print and expedite thresholds."""
    policy = columns.policy(j)
    name = names[int(columns.part[j])]
    prints, expedites = (policy.threshold(0, action) for action in (Action.PRINT, Action.EXPEDITE))
    return name, int(policy.base_stock[0]), prints, expedites
