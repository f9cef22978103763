"""Sets, variables and the objective of the sourcing program."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from amopt.program.pyomo.expressions import weighted_sum as linear
from amopt.sourcing.offers.discounts import least_spent, spendings
from amopt.sourcing.offers.joining import joining
from amopt.sourcing.offers.part_shares import part_shares

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = ["add_objective", "add_sets", "add_variables", "linear", "order_parts"]


def add_sets(model: ConcreteModel) -> None:
    """List the segments of each pool, and the shares of each segment, option, line and supplier."""
    supply, segments = model.supply, model.segments
    shares = segments.shares
    names = [line.line for line in supply.instance.lines]
    pools: dict[int, list[int]] = defaultdict(list)
    options: dict[int, list[int]] = defaultdict(list)
    of_line: dict[str, list[int]] = {name: [] for name in names}
    of_supplier: dict[str, list[int]] = defaultdict(list)
    of_segment: list[list[int]] = [[] for _ in range(len(segments))]
    suppliers = supply.supplier
    for s, g in enumerate(segments.pool.tolist()):
        pools[g].append(s)
    for i, (s, o, line) in enumerate(
        zip(shares.segment.tolist(), shares.option.tolist(), shares.line.tolist(), strict=True)
    ):
        of_segment[s].append(i)
        options[o].append(i)
        of_line[names[line]].append(i)
        of_supplier[suppliers[o]].append(i)
    if supply.instance.limits.suppliers_per_line is not None:
        model.suppliers = _suppliers_of_lines(supply, sorted(options))
    else:
        model.suppliers = {}
    model.pools, model.options, model.of_segment = dict(pools), dict(options), of_segment
    model.of_line, model.of_supplier = of_line, dict(of_supplier)
    model.charges = supply.charges.of_several(supply.pool, supply.members)
    model.part_shares = {own.entry.part: own for own in part_shares(supply)}
    model.least_orders = {own.supplier: own for own in least_spent(supply, segments)}
    model.spendings = {own.supplier: own for own in spendings(supply, segments)}
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
    r"""Add parts, orders, who joins them, delivery, suppliers of a line, and what is paid once.

    .. math:: q_{ls} \in \{0, \dots, \min(b_s, Q_l)\} \text{ (or real)}, \quad
        y_s \in \{0, 1\}, \quad z_{ls} \in \{0, 1\}, \quad u_{ls} \ge 0, \quad
        T_l \ge \text{weeks of what is committed}, \quad n_{lk} \in \{0, 1\}, \quad
        0 \le m_c \le 1, \quad U_{pk} \in \{0, 1\}, \quad
        v_{kt} \ge 0, \quad w_{kt} \in \{0, 1\}, \quad 0 \le \nu_l \le Q_l

    :math:`T_l` is there for lines whose delivery costs something or has a limit. Of an order that
    one line alone may be part of, :math:`z_{ls}` is :math:`y_s`; otherwise it is there where it
    matters whether a line is part of an order, and :math:`u_{ls}`, the parts of the order that a
    line waits for, where the lead time depends on them. :math:`n_{lk}` is there for suppliers with
    several options of a line, where the suppliers of a line are limited; :math:`U_{pk}` for
    suppliers of parts that must have so many of them; :math:`v_{kt}`, what is spent on tier
    :math:`t`, and :math:`w_{kt}`, whether that tier holds, for suppliers with discounts on it.
    :math:`b_k`, whether anything is ordered at a supplier, is there where it asks for a least
    order value. :math:`\nu_l`, the parts that a line does not get, is there where it states their
    penalty.
    """
    from pyomo.environ import Binary, NonNegativeIntegers, NonNegativeReals, RangeSet, Var

    supply, segments, shares = model.supply, model.segments, model.segments.shares
    model.SHARES, model.SEGMENTS = RangeSet(0, len(shares) - 1), RangeSet(0, len(segments) - 1)
    upper = shares.most.tolist()
    whole = (~supply.divisible[shares.line]).tolist()
    model.quantity = Var(
        model.SHARES,
        domain=lambda _, i: NonNegativeIntegers if whole[i] else NonNegativeReals,
        bounds=lambda _, i: (0, upper[i]),
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
    asked, waits = joining(supply, segments)
    model.joins = Var(np.flatnonzero(asked).tolist(), domain=Binary)
    model.waits = Var(np.flatnonzero(waits).tolist(), domain=NonNegativeReals)
    segment = shares.segment.tolist()
    model.z = [model.joins[i] if asked[i] else model.y[s] for i, s in enumerate(segment)]
    model.paid_once = Var(range(len(model.charges)), domain=NonNegativeReals, bounds=(0, 1))
    several = {part: own for part, own in model.part_shares.items() if own.suppliers_count}
    model.counts = Var([(p, k) for p, own in several.items() for k in own.counted], domain=Binary)
    tiers = [(k, t) for k, own in model.spendings.items() for t in range(len(own.begins))]
    model.spent = Var(tiers, domain=NonNegativeReals)
    model.tier = Var(tiers, domain=Binary)
    model.bought_from = Var(list(model.least_orders), domain=NonNegativeReals, bounds=(0, 1))
    short = np.flatnonzero(~np.isnan(supply.unmet_penalty) & (supply.needed > 0)).tolist()
    most = {names[n]: float(supply.needed[n]) for n in short}
    model.unmet = Var(list(most), domain=NonNegativeReals, bounds=lambda _, name: (0, most[name]))


def order_parts(model: ConcreteModel, segment: int) -> tuple[list[float], list[Any]]:
    """Return coefficients and variables of the parts of an order on a segment."""
    own = model.of_segment[segment]
    return [1.0] * len(own), [model.x[i] for i in own]


def add_objective(model: ConcreteModel) -> None:
    r"""Minimise the weighted sum of what is paid, downtime, delivery and emissions.

    .. math:: \min \; w_C \Big(C_0 + \sum_s f_s y_s + \sum_{ls} r_{ls} q_{ls}
        + \sum_c F_c m_c - \sum_{kt} (e_{kt} v_{kt} - E_{kt} w_{kt})\Big) + w_H \sum_l h_l T_l
        + w_T \sum_l T_l + w_G \Big(G_0 + \sum_{ls} g_{ls} q_{ls}\Big) + \sum_l \pi_l \nu_l

    The sums are the expressions ``model.paid``, ``model.downtime``, ``model.waiting_weeks``,
    ``model.kg_co2`` and ``model.penalties``; :math:`C_0` and :math:`G_0` are those of committed
    orders.
    Tier :math:`t` of the discounts of supplier :math:`k` takes off the share :math:`e_{kt}` of
    what is spent, less :math:`E_{kt} = \sum_{j \le t} (e_{kj} - e_{k,j-1}) B_j` where tiers are
    incremental.
    Of duties :math:`\delta_l` of the price of a line's parts, the least of an order's is on all of
    it: :math:`f_s` and :math:`r_{ls}` hold :math:`\min_l \delta_l` of the price
    :math:`f^*_s + r_s \sum_l q_{ls}`. What a line pays beyond that is on its share of an order,
    :math:`(\delta_l - \min \delta) \, q_{ls} (f^*_s / \sum_l q_{ls} + r_s)`, and in
    :math:`r_{ls}` with the least price a part on the segment: exact where :math:`f^*_s = 0`, and
    else a bound from below, on segments that are cut until it meets what the plan costs.
    """
    from pyomo.core.expr.numeric_expr import LinearExpression
    from pyomo.environ import Expression, Objective, minimize

    supply, segments, shares = model.supply, model.segments, model.segments.shares
    fixed, kg = segments.fixed, supply.kg_co2[shares.option]
    charged = np.flatnonzero(fixed).tolist()
    names = [line.line for line in supply.instance.lines]
    per_week = dict(zip(names, supply.downtime_per_week.tolist(), strict=True))
    timed = [names[n] for n in model.timed]
    spent = {key: model.spendings[key[0]].shares[key[1]] for key in model.spent}
    lost = {key: model.spendings[key[0]].lost[key[1]] for key in model.tier}
    off, back = [key for key in spent if spent[key]], [key for key in lost if lost[key]]
    model.paid = Expression(
        expr=LinearExpression(
            constant=supply.committed_cost,
            linear_coefs=fixed[charged].tolist()
            + shares.rate.tolist()
            + model.charges.amount.tolist()
            + [-spent[key] for key in off]
            + [lost[key] for key in back],
            linear_vars=[model.y[s] for s in charged]
            + model.x
            + list(model.paid_once.values())
            + [model.spent[key] for key in off]
            + [model.tier[key] for key in back],
        )
    )
    waiting = [name for name in timed if per_week[name] > 0]
    model.downtime = Expression(expr=linear(waiting, per_week, model.delivery_weeks))
    model.waiting_weeks = Expression(
        expr=linear(timed, dict.fromkeys(timed, 1.0), model.delivery_weeks)
    )
    model.kg_co2 = Expression(
        expr=linear(np.flatnonzero(kg).tolist(), kg.tolist(), model.x, supply.committed_kg_co2)
    )
    penalty = dict(zip(names, supply.unmet_penalty.tolist(), strict=True))
    model.penalties = Expression(expr=linear(list(model.unmet), penalty, model.unmet))
    weights = supply.instance.minimise
    terms = (
        (weights.cost, model.paid),
        (weights.downtime, model.downtime),
        (weights.weeks, model.waiting_weeks),
        (weights.kg_co2, model.kg_co2),
        (1.0 if len(model.unmet) else 0.0, model.penalties),
    )
    model.objective = Objective(
        expr=sum(weight * term for weight, term in terms if weight), sense=minimize
    )
