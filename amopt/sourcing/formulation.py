r"""Sourcing as a mixed-integer program.

Sets: lines :math:`l`; options :math:`o` of a line (an offer, or conventional supply); segments
:math:`s` of an option, on which what is paid, :math:`f_s + r_s q`, and the lead time,
:math:`\tau_s + \rho_s q`, are linear in the quantity :math:`q \in [a_s, b_s]`. A segment is
ordered on or not (:math:`y_s`), and if it is, then :math:`x_s` parts (the multiple-choice form of a
piecewise linear function, which is as tight as its convex hull: Croxton, Gendron and Magnanti,
2003). No constant of the program is larger than the data make it.

Committed orders are constants: they lower what a line still needs and what is left of capacities,
licences, budget and emissions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.sourcing.instance.fields import Instance
from amopt.sourcing.offers.segments import Segments, cut, open_quantity
from amopt.sourcing.offers.supply_options import SupplyOptions
from amopt.sourcing.shared_limits import (
    add_budget,
    add_emission_limit,
    add_machine_hours,
    add_parts,
    add_prints,
    weighted_sum,
)

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["FAMILIES", "build", "formulate"]

Floats = NDArray[np.float64]


def formulate(instance: Instance, *, knots: Mapping[int, Floats] | None = None) -> ConcreteModel:
    """Return the program of an instance as a Pyomo model.

    Variables ``quantity[s]`` and ``ordered[s]`` are indexed by segment, ``delivery_weeks[n]`` by
    line. ``model.supply`` and ``model.segments`` say what each index stands for; ``model.options``,
    ``model.of_line`` and ``model.of_supplier`` list the segments of an option, a line (by name) and
    a supplier, for constraints of your own. ``model.paid``, ``model.downtime`` and
    ``model.emissions`` are expressions.

    Parameters
    ----------
    instance
        The instance.
    knots
        For offers with a fitted power: more quantities, by supply option, at which the
        program's pieces touch it. Between its knots such a piece lies below the power, so that the
        program bounds the cost from below.

    Raises
    ------
    InfeasibleError
        When nothing that can be ordered for a line would fill it, or what is committed breaks the
        budget or the limit of emissions already.
    """
    supply = SupplyOptions.of(instance)
    return build(supply, cut(supply, knots))


def build(supply: SupplyOptions, segments: Segments) -> ConcreteModel:
    """Return the program over given segments of the supply options; see :func:`formulate`."""
    from pyomo.common.gc_manager import PauseGC
    from pyomo.environ import ConcreteModel

    with PauseGC():
        model = ConcreteModel(name=supply.instance.name)
        model.supply, model.segments = supply, segments
        _group(model)
        for add in (add_variables, add_expressions, *FAMILIES, add_objective):
            add(model)
    return model


def _group(model: ConcreteModel) -> None:
    """List the segments of each option, line and supplier, and what committed orders take."""
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
    model.options, model.of_line, model.of_supplier = dict(options), of_line, dict(of_supplier)
    model.needed = open_quantity(supply)
    arrived: dict[str, float] = defaultdict(float)
    model.committed_cost = model.committed_kg_co2 = 0.0
    for order, cost, weeks, kg_co2, _ in supply.commitments:
        arrived[order.line] = max(arrived[order.line], weeks)
        model.committed_cost += cost
        model.committed_kg_co2 += kg_co2
    model.committed_weeks = dict(arrived)
    _keep_committed(model)


def _keep_committed(model: ConcreteModel) -> None:
    """Raise where committed orders alone break a limit, which no constraint could say."""
    limits = model.supply.instance.limits
    for what, taken, limit in (
        ("cost", model.committed_cost, limits.budget),
        ("kg of CO2", model.committed_kg_co2, limits.kg_co2),
    ):
        if limit is not None and taken > limit * (1 + 1e-9):
            from amopt.errors import InfeasibleError

            raise InfeasibleError(
                f"the committed orders take {taken:,.10g} {what}, and the limit is {limit:,.10g}"
            )


def add_variables(model: ConcreteModel) -> None:
    r"""Add parts, choice and delivery.

    .. math:: x_s \in \{0, \dots, b_s\} \text{ (or real)}, \quad y_s \in \{0, 1\},
        \quad T_l \ge \text{weeks of what is committed}
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
    weights, limit = supply.instance.minimise, supply.instance.limits.weeks
    matters = (
        (supply.downtime_per_week * weights.downtime > 0)
        | (weights.weeks > 0)
        | np.isfinite(supply.need_by)
        | (limit is not None)
    )
    names = [line.line for line in supply.instance.lines]
    model.timed = [n for n, wanted in enumerate(matters) if wanted]
    model.delivery_weeks = Var([names[n] for n in model.timed], domain=NonNegativeReals)
    for name, weeks in model.committed_weeks.items():
        if name in model.delivery_weeks:
            model.delivery_weeks[name].setlb(weeks)


def add_expressions(model: ConcreteModel) -> None:
    r"""Say what is paid, what waiting costs, and what is emitted.

    .. math:: \sum_s f_s y_s + r_s x_s, \qquad \sum_l h_l T_l, \qquad \sum_s g_s x_s
    """
    from pyomo.core.expr.numeric_expr import LinearExpression
    from pyomo.environ import Expression

    supply, segments = model.supply, model.segments
    every = np.flatnonzero(segments.fixed).tolist()
    model.paid = Expression(
        expr=LinearExpression(
            constant=model.committed_cost,
            linear_coefs=segments.fixed[every].tolist() + segments.rate.tolist(),
            linear_vars=[model.y[s] for s in every] + model.x,
        )
    )
    rate = supply.downtime_per_week
    waiting = [n for n in model.timed if rate[n] > 0]
    names = [supply.instance.lines[n].line for n in waiting]
    model.downtime = Expression(
        expr=weighted_sum(
            names, dict(zip(names, rate[waiting].tolist(), strict=True)), model.delivery_weeks
        )
    )
    kg = supply.kg_co2[segments.option]
    model.emissions = Expression(
        expr=weighted_sum(np.flatnonzero(kg).tolist(), kg.tolist(), model.x, model.committed_kg_co2)
    )


def add_demand(model: ConcreteModel) -> None:
    r"""Fill every line.

    .. math:: Q_l \le \sum_{s \in l} x_s \le Q_l + \text{surplus}_l
    """
    from pyomo.environ import Constraint

    supply = model.supply
    names = [line.line for line in supply.instance.lines]
    needed, surplus = model.needed.tolist(), supply.surplus.tolist()
    open_lines = [n for n in range(len(names)) if needed[n] > 0]
    missing = [names[n] for n in open_lines if not model.of_line[names[n]]]
    if missing:
        from amopt.sourcing.infeasible import nothing_to_order

        raise nothing_to_order(supply, missing)
    ones = [1.0] * len(model.segments)
    position = {names[n]: n for n in open_lines}

    def demand(_: Any, name: str) -> Any:
        n = position[name]
        return needed[n], weighted_sum(model.of_line[name], ones, model.x), needed[n] + surplus[n]

    model.demand = Constraint(list(position), rule=demand)


def add_range(model: ConcreteModel) -> None:
    r"""Keep what is ordered on a segment on it.

    .. math:: a_s y_s \le x_s \le b_s y_s

    The left side is left out where it can never matter: one part at least is what any order has.
    """
    from pyomo.core.expr.numeric_expr import LinearExpression
    from pyomo.environ import Constraint

    segments, x, y = model.segments, model.x, model.y
    lower, upper = segments.lower.tolist(), segments.upper.tolist()

    def most(_: Any, s: int) -> Any:
        return None, LinearExpression(linear_coefs=[1.0, -upper[s]], linear_vars=[x[s], y[s]]), 0.0

    def least(_: Any, s: int) -> Any:
        return 0.0, LinearExpression(linear_coefs=[1.0, -lower[s]], linear_vars=[x[s], y[s]]), None

    whole = ~model.supply.divisible[segments.line]
    slack = whole & (segments.lower <= 1) & (segments.fixed >= 0)
    model.most = Constraint(model.SEGMENTS, rule=most)
    model.least = Constraint(np.flatnonzero(~slack).tolist(), rule=least)


def add_one_segment(model: ConcreteModel) -> None:
    r"""Order an option on one segment at most.

    .. math:: \sum_{s \in o} y_s \le 1
    """
    from pyomo.environ import Constraint

    ones = [1.0] * len(model.segments)
    several = {o: own for o, own in model.options.items() if len(own) > 1}
    model.one_segment = Constraint(
        list(several), rule=lambda _, o: (None, weighted_sum(several[o], ones, model.y), 1.0)
    )


def add_suppliers(model: ConcreteModel) -> None:
    r"""Allow a line K suppliers at most, :math:`u_{lk}` saying whether supplier k is one of them.

    .. math:: \sum_{s \in o} y_s \le u_{lk} \; (o \text{ of supplier } k), \quad
        \sum_k u_{lk} \le K

    Where each supplier has one option for the line, :math:`y` says it already.
    """
    from pyomo.environ import Binary, Constraint, Var

    supply = model.supply
    limit = supply.instance.limits.suppliers_per_line
    if limit is None:
        return
    committed: dict[str, set[str]] = defaultdict(set)
    for order in supply.instance.committed:
        committed[order.line].add(order.supplier)
    own: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for o in model.options:
        name = supply.instance.lines[supply.line[o]].line
        if supply.supplier[o] not in committed[name]:
            own[name][supply.supplier[o]].append(o)
    pairs = [
        (name, supplier)
        for name, by in own.items()
        for supplier, options in by.items()
        if len(options) > 1
    ]
    model.supplies = Var(pairs, domain=Binary)
    ones = [1.0] * len(model.segments)
    uses = [(name, supplier, o) for name, supplier in pairs for o in own[name][supplier]]

    def used(_: Any, name: str, supplier: str, o: int) -> Any:
        return weighted_sum(model.options[o], ones, model.y) <= model.supplies[name, supplier]

    def most_suppliers(_: Any, name: str) -> Any:
        counted = [model.supplies[name, k] for k, options in own[name].items() if len(options) > 1]
        single = [o for options in own[name].values() if len(options) == 1 for o in options]
        counted += [model.y[s] for o in single for s in model.options[o]]
        return sum(counted) <= max(0, limit - len(committed[name]))

    crowded = [name for name, by in own.items() if len(by) > max(0, limit - len(committed[name]))]
    model.supplier_used = Constraint(uses, rule=used)
    model.suppliers_per_line = Constraint(crowded, rule=most_suppliers)


def add_delivery(model: ConcreteModel) -> None:
    r"""Deliver a line when its last order is.

    .. math:: T_l \ge \sum_{s \in o} \tau_s y_s + \rho_s x_s
    """
    from pyomo.core.expr.numeric_expr import LinearExpression
    from pyomo.environ import Constraint

    segments, supply = model.segments, model.supply
    fixed, rate = segments.weeks_fixed.tolist(), segments.weeks_rate.tolist()
    weeks = {n: model.delivery_weeks[supply.instance.lines[n].line] for n in model.timed}
    line = supply.line.tolist()

    def delivery(_: Any, o: int) -> Any:
        own = model.options[o]
        sloped = [s for s in own if rate[s]]
        return (
            None,
            LinearExpression(
                linear_coefs=[fixed[s] for s in own] + [rate[s] for s in sloped] + [-1.0],
                linear_vars=[model.y[s] for s in own]
                + [model.x[s] for s in sloped]
                + [weeks[line[o]]],
            ),
            0.0,
        )

    model.delivery = Constraint([o for o in model.options if line[o] in weeks], rule=delivery)


def add_delivery_mean(model: ConcreteModel) -> None:
    r"""Deliver no line before its parts are on average: a valid inequality that tightens.

    .. math:: (Q_l + \text{surplus}_l) \, T_l \ge
        \sum_{s \in l} \min_{q \in s}(\tau_s + \rho_s q) \, x_s
    """
    from pyomo.core.expr.numeric_expr import LinearExpression
    from pyomo.environ import Constraint

    supply = model.supply
    earliest = model.segments.earliest.tolist()
    most = (model.needed + supply.surplus).tolist()
    position = {supply.instance.lines[n].line: n for n in model.timed}

    def mean(_: Any, name: str) -> Any:
        own = model.of_line[name]
        return (
            None,
            LinearExpression(
                linear_coefs=[earliest[s] for s in own] + [-most[position[name]]],
                linear_vars=[model.x[s] for s in own] + [model.delivery_weeks[name]],
            ),
            0.0,
        )

    model.delivery_mean = Constraint(
        [name for name in position if len(model.of_line[name]) > 1], rule=mean
    )


def add_need_by(model: ConcreteModel) -> None:
    r"""Deliver a line by when it is needed.

    .. math:: T_l \le D_l
    """
    from pyomo.environ import Constraint

    supply = model.supply
    limit = supply.instance.limits.weeks
    latest = np.minimum(supply.need_by, np.inf if limit is None else limit)
    due = {supply.instance.lines[n].line: latest[n] for n in np.flatnonzero(np.isfinite(latest))}
    model.need_by = Constraint(
        list(due), rule=lambda _, name: model.delivery_weeks[name] <= float(due[name])
    )


def add_objective(model: ConcreteModel) -> None:
    """Minimise the weighted sum of what is paid, downtime, delivery weeks and emissions."""
    from pyomo.environ import Objective, minimize

    weights = model.supply.instance.minimise
    terms = [
        (weights.cost, model.paid),
        (weights.downtime, model.downtime),
        (weights.kg_co2, model.emissions),
    ]
    objective = sum(weight * term for weight, term in terms if weight)
    if weights.weeks:
        objective += weights.weeks * sum(model.delivery_weeks.values())
    model.objective = Objective(expr=objective, sense=minimize)


FAMILIES: tuple[Callable[[ConcreteModel], None], ...] = (
    add_demand,
    add_range,
    add_one_segment,
    add_suppliers,
    add_delivery,
    add_delivery_mean,
    add_need_by,
    add_machine_hours,
    add_parts,
    add_prints,
    add_budget,
    add_emission_limit,
)
"""The families of constraints, in the order of their rows."""
