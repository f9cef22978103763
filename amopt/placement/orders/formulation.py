r"""The assignment of orders as a mixed-integer program.

Sets: orders :math:`o`; units :math:`u`, a site and a type of machine; weeks :math:`w`; options
:math:`k` of an order: a unit with the last week of its printing, or a conventional supplier, and
the route. Variables: :math:`x_k`, whether an option is taken; :math:`g_{ouw}`, the hours of
printing order o on unit u in week w; :math:`r_{ouw}`, whether order o is ready at unit u in week w
or later. What r adds up could be written out in every row that has it, with as many entries as
there are pairs of weeks: tens of times as long to solve for hundreds of weeks.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from amopt.phrases import rounded_up
from amopt.placement.orders.options import IN_TIME, AssignmentOptions, units, weeks_late
from amopt.program.family import Family
from amopt.program.pyomo.expressions import linear
from amopt.program.time import Budget

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.placement.instance.fields import Instance
    from amopt.placement.plan import Plan

__all__ = ["FAMILIES", "formulate"]


def formulate(
    instance: Instance,
    *,
    plan: Plan | None = None,
    late: bool = False,
    budget: Budget | None = None,
) -> ConcreteModel:
    """Return the assignment of an instance's orders as a Pyomo model.

    Variables ``filled[order, source, machine, week, route]``, ``printed[order, site, machine,
    week]`` and ``ready_from[order, site, machine, week]``; ``model.assignment`` lists the options,
    ``model.order_cost`` and ``model.penalty`` are expressions.

    Parameters
    ----------
    instance
        An instance with orders.
    plan
        The plan whose first period says which machines stand where; without one they are the
        machines that sites own and the hours that they sell.
    late
        Whether options are there by which an order is late that may not be, so that it can be asked
        by how little it would have to be.
    budget
        The time that may be spent; left out, all that it takes.

    Raises
    ------
    NoAnswerError
        When the program would be too large, or the time is over.
    """
    from pyomo.common.gc_manager import PauseGC
    from pyomo.environ import ConcreteModel

    with PauseGC():
        model = ConcreteModel(name=f"orders: {instance.name}")
        model.instance = instance
        model.assignment = AssignmentOptions(
            instance, units(instance, plan), late=late, budget=budget
        )
        add_variables(model)
        for family in FAMILIES:
            model.assignment.budget.require(IN_TIME)
            family.add(model)
        add_objective(model)
    return model


def add_variables(model: ConcreteModel) -> None:
    r"""Add what is chosen, the hours of printing, and whether that is ready in a week or later.

    .. math:: x_k \in \{0, 1\}, \quad g_{ouw} \ge 0, \quad 0 \le r_{ouw} \le 1
    """
    from pyomo.environ import Binary, NonNegativeReals, Set, Var

    options = model.assignment
    model.OPTIONS = Set(initialize=[options.label(k) for k in options.options], dimen=5)
    model.PRINTING = Set(
        initialize=[(options.names[o], *unit, week) for o, unit, week in options.printing], dimen=4
    )
    model.filled = Var(model.OPTIONS, domain=Binary)
    model.printed = Var(model.PRINTING, domain=NonNegativeReals)
    model.ready_from = Var(model.PRINTING, domain=NonNegativeReals, bounds=(0, 1))


def add_objective(model: ConcreteModel) -> None:
    r"""Minimise what all orders cost, with the penalties for those that are late.

    .. math:: \min \sum_k c_k x_k + \sum_k p_k x_k
    """
    from pyomo.environ import Expression, Objective, minimize

    options, x = model.assignment.options, list(model.filled.values())
    model.order_cost = Expression(expr=linear([option.cost for option in options], x))
    model.penalty = Expression(expr=linear([option.penalty for option in options], x))
    model.objective = Objective(expr=model.order_cost + model.penalty, sense=minimize)


def order(model: ConcreteModel) -> None:
    r"""Fill every order once.

    .. math:: \sum_{k \in K_o} x_k = 1
    """
    from pyomo.environ import Constraint

    sets = model.assignment
    of: dict[int, list[Any]] = {}
    for option in sets.options:
        of.setdefault(option.order, []).append(model.filled[sets.label(option)])
    model.order = Constraint(
        sets.names, rule=lambda _, name: linear(1.0, of.get(sets.number[name], [])) == 1
    )


def due(model: ConcreteModel) -> None:
    r"""Deliver an order by when it is due, where it may not be late.

    .. math:: \sum_{k \in K_o} (a_k - d_o)^+ x_k \le 0

    for an option k that arrives in week :math:`a_k`. Options that are late for such an order are
    left out from the first, and with them the row.
    """
    from pyomo.environ import Constraint

    sets = model.assignment
    late: dict[str, dict[Any, float]] = {}
    for option in sets.options:
        entry = sets.instance.orders[option.order]
        weeks = weeks_late(entry, option.arrival)
        if weeks and entry.late_cost_per_week is None:
            late.setdefault(entry.order, {})[sets.label(option)] = weeks

    def rule(_: ConcreteModel, name: str) -> Any:
        weeks = late[name]
        return linear(list(weeks.values()), [model.filled[key] for key in weeks]) <= 0

    model.due = Constraint(list(late), rule=rule)


def ready_from(model: ConcreteModel) -> None:
    r"""Add up from the last week on whether an order is ready in a week or later.

    .. math:: r_{ouw} = r_{ou,w+1} + \sum_{k \in K_{ou}: w_k = w} x_k

    without :math:`r_{ou,w+1}` in the last week.
    """
    from pyomo.environ import Constraint

    sets = model.assignment
    ends = sets.ready_in

    def rule(_: ConcreteModel, name: str, site: str, machine: str, week: int) -> Any:
        key = (sets.number[name], (site, machine), week)
        later = (*key[:2], week + 1)
        variables = [model.ready_from[name, site, machine, week]]
        if later in sets.slot:
            variables.append(model.ready_from[name, site, machine, week + 1])
        variables += [model.filled[sets.label(sets.options[k])] for k in ends.get(key, ())]
        return linear([1.0] + [-1.0] * (len(variables) - 1), variables) == 0

    model.ready_in_a_week_or_later = Constraint(list(model.PRINTING), rule=rule)


def printing_time(model: ConcreteModel) -> None:
    r"""Print an order for as long as it needs, where it is assigned.

    .. math:: \sum_w g_{ouw} = h_{ou} r_{ou1}

    with 1 for the first week in which it may be printed.
    """
    from pyomo.environ import Constraint

    sets = model.assignment
    weeks: dict[Any, list[int]] = {}
    for o, unit, week in sets.printing:
        weeks.setdefault((o, unit), []).append(week)

    def rule(_: ConcreteModel, name: str, site: str, machine: str) -> Any:
        key = (sets.number[name], (site, machine))
        own = [(name, site, machine, week) for week in weeks[key]]
        hours = [model.printed[slot] for slot in own]
        return (
            linear([1.0] * len(hours) + [-sets.hours[key]], [*hours, model.ready_from[min(own)]])
            == 0
        )

    model.printing_time = Constraint(
        [(sets.names[o], *unit) for o, unit in sets.of_unit], rule=rule
    )


def printed_before_ready(model: ConcreteModel) -> None:
    r"""Print nothing of an order after the week in which it is to be ready.

    .. math:: g_{ouw} \le h_{ou} r_{ouw}
    """
    from pyomo.environ import Constraint

    sets = model.assignment

    def rule(_: ConcreteModel, name: str, site: str, machine: str, week: int) -> Any:
        slot = (name, site, machine, week)
        hours = sets.hours[sets.number[name], (site, machine)]
        return linear([1.0, -hours], [model.printed[slot], model.ready_from[slot]]) <= 0

    model.printed_before_ready = Constraint(list(model.PRINTING), rule=rule)


def free_hours(model: ConcreteModel) -> None:
    r"""Print no longer than a unit has free hours in a week.

    .. math:: \sum_o g_{ouw} \le C_{uw}
    """
    from pyomo.environ import Constraint

    sets = model.assignment
    printed: dict[Any, list[Any]] = {}
    for o, unit, week in sets.printing:
        printed.setdefault((unit, week), []).append(model.printed[sets.names[o], *unit, week])
    limited = [(*unit, week) for (unit, week), hours in sets.free.items() if math.isfinite(hours)]
    model.free_hours = Constraint(
        limited,
        rule=lambda _, site, machine, week: (
            linear(1.0, printed[(site, machine), week]) <= sets.free[(site, machine), week]
        ),
    )


def _due_week(instance: Instance, key: Any) -> float:
    return next(entry.due_week for entry in instance.orders if entry.order == key)


def _due(instance: Instance, key: Any) -> str:
    return f"order {key!r} by week {_due_week(instance, key):g}"


def _later(instance: Instance, key: Any, amount: float) -> str:
    return f"raise the due week of order {key!r} to {rounded_up(_due_week(instance, key) + amount)}"


def _free_hours(_: Instance, key: Any) -> str:
    site, machine, week = key
    return f"the free hours of {machine!r} at {site!r} in week {week}"


def _more_hours(_: Instance, key: Any, amount: float) -> str:
    site, machine, week = key
    return f"find {rounded_up(amount)} more hours of {machine!r} at {site!r} in week {week}"


FAMILIES: tuple[Family, ...] = (
    Family("order", order),
    Family("due", due, ("orders[].due_week",), _due, _later),
    Family("ready_from", ready_from, rows=("ready_in_a_week_or_later",)),
    Family("printing_time", printing_time),
    Family("printed_before_ready", printed_before_ready),
    Family("free_hours", free_hours, says=_free_hours, remedy=_more_hours),
)
"""The families of constraints, in the order in which they are added."""
