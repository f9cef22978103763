"""When a line is delivered, and by when it must be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from amopt.phrases import in_weeks, plural, rounded_up
from amopt.program.family import Family
from amopt.sourcing.formulation.variables import order_parts

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.sourcing.instance.entries import Line
    from amopt.sourcing.instance.fields import Instance

__all__ = [
    "FAMILIES",
    "add_delivery",
    "add_delivery_mean",
    "add_latest_delivery",
    "add_need_by",
    "add_seen",
]


def add_seen(model: ConcreteModel) -> None:
    r"""Let a line wait for all parts of an order that it joins.

    .. math:: u_{ls} \ge \sum_{l'} q_{l's} - \min\Big(b_s, \sum_{l' \ne l} Q_{l'} +
        \text{surplus}_{l'}\Big) (y_s - z_{ls}), \qquad u_{ls} \ge a_s z_{ls} \qquad (\rho_s > 0)

    .. math:: u_{ls} \le \sum_{l'} q_{l's}, \qquad u_{ls} \le b_s z_{ls} \qquad (\rho_s < 0)
    """
    from pyomo.core.expr.numeric_expr import LinearExpression
    from pyomo.environ import Constraint

    segments = model.segments
    segment, slope = segments.shares.segment.tolist(), segments.weeks_rate.tolist()
    lower, upper = segments.lower.tolist(), segments.upper.tolist()
    others = segments.shares.others.tolist()

    def seen(_: Any, i: int) -> Any:
        s = segment[i]
        ones, parts = order_parts(model, s)
        coefs, variables = [1.0, *(-one for one in ones)], [model.waits[i], *parts]
        if slope[s] < 0:
            return None, LinearExpression(linear_coefs=coefs, linear_vars=variables), 0.0
        body = LinearExpression(
            linear_coefs=[*coefs, others[i], -others[i]],
            linear_vars=[*variables, model.y[s], model.z[i]],
        )
        return 0.0, body, None

    def seen_alone(_: Any, i: int) -> Any:
        s = segment[i]
        end = lower[s] if slope[s] > 0 else upper[s]
        body = LinearExpression(linear_coefs=[1.0, -end], linear_vars=[model.waits[i], model.z[i]])
        return (0.0, body, None) if slope[s] > 0 else (None, body, 0.0)

    model.seen = Constraint(list(model.waits), rule=seen)
    model.seen_alone = Constraint(list(model.waits), rule=seen_alone)


def add_delivery(model: ConcreteModel) -> None:
    r"""Deliver a line when its last order is.

    .. math:: T_l \ge \sum_{s \in o} (\tau_s + \tau_{lo}) z_{ls} + \rho_s u_{ls}

    :math:`\tau_{lo}` are the weeks of transport; of an order that one line alone may be part of,
    :math:`u_{ls}` is :math:`q_{ls}`.
    """
    from pyomo.core.expr.numeric_expr import LinearExpression
    from pyomo.environ import Constraint

    shares, supply = model.segments.shares, model.supply
    fixed, rate = shares.weeks.tolist(), model.segments.weeks_rate[shares.segment].tolist()
    weeks = {n: model.delivery_weeks[supply.instance.lines[n].line] for n in model.timed}
    line = supply.line.tolist()

    def delivery(_: Any, o: int) -> Any:
        own = model.options[o]
        sloped = [i for i in own if rate[i]]
        return (
            None,
            LinearExpression(
                linear_coefs=[fixed[i] for i in own] + [rate[i] for i in sloped] + [-1.0],
                linear_vars=[model.z[i] for i in own]
                + [model.waits[i] if i in model.waits else model.x[i] for i in sloped]
                + [weeks[line[o]]],
            ),
            0.0,
        )

    model.delivery = Constraint([o for o in model.options if line[o] in weeks], rule=delivery)


def add_delivery_mean(model: ConcreteModel) -> None:
    r"""Deliver no line before its parts are on average: a valid inequality that tightens.

    .. math:: (Q_l + \text{surplus}_l) \, T_l \ge
        \sum_s \min_{a_s \le q \le b_s}(\tau_s + \tau_{lo} + \rho_s q) \, q_{ls}
    """
    from pyomo.core.expr.numeric_expr import LinearExpression
    from pyomo.environ import Constraint

    supply = model.supply
    earliest = model.segments.shares.earliest.tolist()
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
    due = {
        supply.instance.lines[n].line: float(supply.need_by[n])
        for n in np.flatnonzero(np.isfinite(supply.need_by)).tolist()
    }
    model.need_by = Constraint(
        list(due), rule=lambda _, name: model.delivery_weeks[name] <= due[name]
    )


def add_latest_delivery(model: ConcreteModel) -> None:
    r"""Deliver every line by the latest delivery of the plan.

    .. math:: T_l \le D
    """
    from pyomo.environ import Constraint

    latest = model.instance.limits.weeks
    if latest is not None:
        model.latest_delivery = Constraint(
            list(model.delivery_weeks), rule=lambda _, name: model.delivery_weeks[name] <= latest
        )


def _due(instance: Instance, name: str) -> float:
    return instance.need_by_weeks(_line(instance, name)) or 0.0


def _line(instance: Instance, name: str) -> Line:
    return next(line for line in instance.lines if line.line == name)


def need_by_says(instance: Instance, name: str) -> str:
    """Return the need-by of a line in words."""
    if (day := _line(instance, name).need_by) is not None:
        return f"the need-by of line {name!r}, {day}"
    due = _due(instance, name)
    return f"the need-by of line {name!r}, {due:g} {plural(due, 'week')}"


def need_by_remedy(instance: Instance, name: str, change: float) -> str:
    """Return by how little the need-by of a line must be later."""
    line, enough = _line(instance, name), _due(instance, name) + change
    if line.need_by is not None and (day := instance.delivery_date(line, enough)):
        return f"move the need-by of line {name!r} to {day}"
    return f"raise the need-by of line {name!r} to {in_weeks(rounded_up(enough))}"


def latest_delivery_says(instance: Instance, _: object) -> str:
    """Return the latest delivery of the plan in words."""
    latest = instance.limits.weeks or 0
    return f"the latest delivery, {latest:g} {plural(latest, 'week')}"


def latest_delivery_remedy(instance: Instance, _: object, change: float) -> str:
    """Return by how little the latest delivery must be later."""
    later = rounded_up((instance.limits.weeks or 0.0) + change)
    return f"raise the latest delivery to {in_weeks(later)}"


FAMILIES = (
    Family("seen", add_seen, scope=("pooled",), rows=("seen", "seen_alone")),
    Family("delivery", add_delivery),
    Family("delivery_mean", add_delivery_mean, tightens=True),
    Family(
        "need_by",
        add_need_by,
        scope=("lines[].need_by_weeks", "lines[].need_by"),
        says=need_by_says,
        remedy=need_by_remedy,
    ),
    Family(
        "latest_delivery",
        add_latest_delivery,
        scope=("limits.weeks",),
        says=latest_delivery_says,
        remedy=latest_delivery_remedy,
    ),
)
"""When lines are delivered."""
