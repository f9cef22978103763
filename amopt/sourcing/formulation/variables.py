"""Sets, variables and the objective of the sourcing program."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from amopt.program.pyomo.expressions import weighted_sum as linear

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = ["add_objective", "add_sets", "add_variables", "linear"]


def add_sets(model: ConcreteModel) -> None:
    """List the segments of each option, line and supplier."""
    supply, segments = model.supply, model.segments
    names = [line.line for line in supply.instance.lines]
    options: dict[int, list[int]] = defaultdict(list)
    of_line: dict[str, list[int]] = {name: [] for name in names}
    of_supplier: dict[str, list[int]] = defaultdict(list)
    suppliers = supply.supplier
    for s, (o, line) in enumerate(
        zip(segments.option.tolist(), segments.line.tolist(), strict=True)
    ):
        options[o].append(s)
        of_line[names[line]].append(s)
        of_supplier[suppliers[o]].append(s)
    if supply.instance.limits.suppliers_per_line is not None:
        model.suppliers = _suppliers_of_lines(supply, options)
    else:
        model.suppliers = {}
    model.options, model.of_line, model.of_supplier = dict(options), of_line, dict(of_supplier)
    model.needed = supply.needed
    model.timed = supply.timed.tolist()


def _suppliers_of_lines(
    supply: SupplyOptions, options: Iterable[int]
) -> dict[str, dict[str, list[int]]]:
    """Return the options of each line by supplier, without those that have an order already."""
    committed = supply.committed_suppliers
    own: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for o in options:
        name = supply.instance.lines[supply.line[o]].line
        if supply.supplier[o] not in committed[name]:
            own[name][supply.supplier[o]].append(o)
    return own


def add_variables(model: ConcreteModel) -> None:
    r"""Add parts, choice, delivery, and suppliers of a line.

    .. math:: x_s \in \{0, \dots, b_s\} \text{ (or real)}, \quad y_s \in \{0, 1\},
        \quad T_l \ge \text{weeks of what is committed}, \quad u_{lk} \in \{0, 1\}

    :math:`T_l` is there for lines whose delivery costs something or has a limit, :math:`u_{lk}` for
    suppliers with several options of a line, where the suppliers of a line are limited.
    """
    from pyomo.environ import Binary, NonNegativeIntegers, NonNegativeReals, RangeSet, Var

    supply, segments = model.supply, model.segments
    model.SEGMENTS = RangeSet(0, len(segments) - 1)
    upper = segments.upper.tolist()
    whole = (~supply.divisible[segments.line]).tolist()
    model.quantity = Var(
        model.SEGMENTS,
        domain=lambda _, s: NonNegativeIntegers if whole[s] else NonNegativeReals,
        bounds=lambda _, s: (0, upper[s]),
    )
    model.ordered = Var(model.SEGMENTS, domain=Binary)
    model.x, model.y = list(model.quantity.values()), list(model.ordered.values())
    names = [line.line for line in supply.instance.lines]
    arrived = supply.committed_weeks.tolist()
    model.delivery_weeks = Var([names[n] for n in model.timed], domain=NonNegativeReals)
    for n in model.timed:
        if arrived[n]:
            model.delivery_weeks[names[n]].setlb(arrived[n])
    pairs = [
        (name, supplier)
        for name, by in model.suppliers.items()
        for supplier, own in by.items()
        if len(own) > 1
    ]
    model.supplies = Var(pairs, domain=Binary)


def add_objective(model: ConcreteModel) -> None:
    r"""Minimise the weighted sum of what is paid, downtime, delivery and emissions.

    .. math:: \min \; w_C \Big(C_0 + \sum_s f_s y_s + r_s x_s\Big) + w_H \sum_l h_l T_l
        + w_T \sum_l T_l + w_G \Big(G_0 + \sum_s g_s x_s\Big)

    The sums are the expressions ``model.paid``, ``model.downtime``, ``model.waiting_weeks`` and
    ``model.emissions``; :math:`C_0` and :math:`G_0` are those of committed orders.
    """
    from pyomo.core.expr.numeric_expr import LinearExpression
    from pyomo.environ import Expression, Objective, minimize

    supply, segments = model.supply, model.segments
    fixed, kg = segments.fixed, supply.kg_co2[segments.option]
    charged = np.flatnonzero(fixed).tolist()
    names = [line.line for line in supply.instance.lines]
    per_week = dict(zip(names, supply.downtime_per_week.tolist(), strict=True))
    timed = [names[n] for n in model.timed]
    model.paid = Expression(
        expr=LinearExpression(
            constant=supply.committed_cost,
            linear_coefs=fixed[charged].tolist() + segments.rate.tolist(),
            linear_vars=[model.y[s] for s in charged] + model.x,
        )
    )
    waiting = [name for name in timed if per_week[name] > 0]
    model.downtime = Expression(expr=linear(waiting, per_week, model.delivery_weeks))
    model.waiting_weeks = Expression(
        expr=linear(timed, dict.fromkeys(timed, 1.0), model.delivery_weeks)
    )
    model.emissions = Expression(
        expr=linear(np.flatnonzero(kg).tolist(), kg.tolist(), model.x, supply.committed_kg_co2)
    )
    weights = supply.instance.minimise
    terms = (
        (weights.cost, model.paid),
        (weights.downtime, model.downtime),
        (weights.weeks, model.waiting_weeks),
        (weights.kg_co2, model.emissions),
    )
    model.objective = Objective(
        expr=sum(weight * term for weight, term in terms if weight), sense=minimize
    )
