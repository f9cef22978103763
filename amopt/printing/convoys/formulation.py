"""The process with replenishments that may not come, as a linear program in Pyomo."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import binom

from amopt.errors import UsageError
from amopt.printing.convoys.calendar import Calendar, calendar_of
from amopt.printing.convoys.values import most_stock
from amopt.program.family import Family

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.printing.instance import PrintingInstance

__all__ = ["FAMILIES", "formulate"]

SMALLEST = 1e-9
"""Probabilities that a solver leaves out anyway; they go to the most failures that stay."""


def formulate(
    instance: PrintingInstance, part: str, *, calendar: Calendar | None = None
) -> ConcreteModel:
    r"""Return the linear program of one part: the largest values that no decision beats.

    With net stock :math:`I \le 0` a state is worth :math:`W_d + R \rho_d + P \pi_d + |I| \delta_d`,
    R, P and |I| the systems with a regular, a printed and no part; with stock :math:`V_d(I)`.
    ``model.objective`` maximises ``model.start``: :math:`V(0, 0, 0)`, or the cost a day on average
    cost. ``model.part`` names the part, ``model.rho``, ``model.pi``, ``model.delta``, ``model.W``
    and ``model.V`` are the values by day of ``model.calendar``. Of a value :math:`v`,
    :math:`\bar v_d` is what it comes to the next day, whether a replenishment comes or not.

    Raises
    ------
    UsageError
        When the file has an order lead time, which the program does not know.
    """
    from pyomo.environ import ConcreteModel, Objective, maximize

    if instance.convoys is not None and instance.convoys.order_lead_days:
        raise UsageError(
            "this program orders when the replenishment arrives: leave out order_lead_days"
        )
    index = [entry.name for entry in instance.parts].index(part)
    model = ConcreteModel(name=f"{instance.name}, {part}, convoys")
    model.part, model.parameters = part, instance.parameters.take([index])
    model.calendar = calendar_of(instance, instance.convoys) if calendar is None else calendar
    add_values(model)
    for family in FAMILIES:
        family.add(model)
    model.objective = Objective(expr=model.start, sense=maximize)
    return model


def add_values(model: ConcreteModel) -> None:
    r"""Add the values of the states, of any sign.

    .. math:: \rho_d, \pi_d, \delta_d, W_d, V_d(I) \in \mathbb{R}
    """
    from pyomo.environ import RangeSet, Reals, Var

    model.days = RangeSet(0, len(model.calendar) - 1)
    model.levels = RangeSet(1, most_stock(model.parameters, model.calendar))
    for name in ("rho", "pi", "delta", "W"):
        model.add_component(name, Var(model.days, domain=Reals))
    model.V = Var(model.days, model.levels, domain=Reals)
    model.start = Var(domain=Reals)


def add_constant(model: ConcreteModel) -> None:
    r"""Bound what a day is worth whatever is in operation, g the gain of a day on average cost.

    .. math:: W_d \le \alpha (a_d V(0, 0, 0) + (1 - a_d) W_{d'}) - g
    """
    one, gain = model.parameters, _gain(model)
    _by_day(
        model, "constant", lambda m, d: m.W[d] <= one.discount * _next(m, m.W, d, _anew(m)) - gain
    )


def add_regular(model: ConcreteModel) -> None:
    r"""Bound what a system with a regular part is worth.

    .. math:: \rho_d \le \alpha ((1 - p_r) \bar\rho_d + p_r \bar\delta_d)
    """
    one, order = model.parameters, float(model.parameters.order_cost[0])
    fails = float(one.failure[0])

    def rule(m: Any, d: int) -> Any:
        lasts, fallen = _next(m, m.rho, d, 0.0), _next(m, m.delta, d, order)
        return m.rho[d] <= one.discount * ((1 - fails) * lasts + fails * fallen)

    _by_day(model, "regular", rule)


def add_printed(model: ConcreteModel) -> None:
    r"""Bound what a system with a printed part is worth.

    .. math:: \pi_d \le \alpha ((1 - p_p) \bar\pi_d + p_p \bar\delta_d)
    """
    one, order = model.parameters, float(model.parameters.order_cost[0])
    fails = float(one.printed_failure[0])

    def rule(m: Any, d: int) -> Any:
        lasts, fallen = _next(m, m.pi, d, order), _next(m, m.delta, d, order)
        return m.pi[d] <= one.discount * ((1 - fails) * lasts + fails * fallen)

    _by_day(model, "printed", rule)


def add_wait(model: ConcreteModel) -> None:
    r"""Let a system that is down wait: :math:`\delta_d \le b + \alpha \bar\delta_d`."""
    one, order = model.parameters, float(model.parameters.order_cost[0])
    down = float(one.backorder_cost[0])
    _by_day(
        model,
        "wait",
        lambda m, d: m.delta[d] <= down + one.discount * _next(m, m.delta, d, order),
    )


def add_print_one(model: ConcreteModel) -> None:
    r"""Let a part be printed for it, where it can be: :math:`\delta_d \le c_p + \pi_d`."""
    cost = float(model.parameters.print_cost[0])
    if np.isfinite(cost):
        _by_day(model, "print_one", lambda m, d: m.delta[d] <= cost + m.pi[d])


def add_expedite(model: ConcreteModel) -> None:
    r"""Let a part be expedited for it, where it can be: :math:`\delta_d \le c_e + \rho_d`."""
    cost = float(model.parameters.expedite_cost[0])
    if np.isfinite(cost):
        _by_day(model, "expedite", lambda m, d: m.delta[d] <= cost + m.rho[d])


def add_shelf(model: ConcreteModel) -> None:
    r"""Bound what stock is worth, D the failures of a day.

    .. math:: V_d(I) \le h I + \alpha \mathbb{E} \bar V_d(I - D) - g
    """
    from pyomo.environ import Constraint

    one, gain = model.parameters, _gain(model)
    order, held = float(one.order_cost[0]), float(one.holding_cost[0])
    systems = int(one.systems[0])
    chance = list(enumerate(_chances(systems, float(one.failure[0]))))
    arrives, then = model.calendar.arrives.tolist(), model.calendar.following.tolist()

    def rule(m: Any, d: int, I: int) -> Any:  # noqa: E741 - as in the source
        at_arrival = sum(p * (_anew(m) - order * (I - lost)) for lost, p in chance)
        on = sum(p * _stays(m, then[d], I - lost, systems) for lost, p in chance)
        later = arrives[d] * at_arrival + (1 - arrives[d]) * on
        return m.V[d, I] <= held * I + one.discount * later - gain

    model.shelf = Constraint(model.days, model.levels, rule=rule)


def add_order(model: ConcreteModel) -> None:
    r"""Let any level be ordered up to; on average cost the left side is 0.

    .. math:: V(0, 0, 0) \le c_r S + V_0(S)
    """
    from pyomo.environ import Constraint

    order, systems = float(model.parameters.order_cost[0]), int(model.parameters.systems[0])

    def rule(m: Any, S: int) -> Any:
        return _anew(m) <= order * S + (m.V[0, S] if S else m.W[0] + systems * m.rho[0])

    model.order = Constraint([0, *model.levels], rule=rule)


FAMILIES: tuple[Family, ...] = (
    Family("constant", add_constant),
    Family("regular", add_regular),
    Family("printed", add_printed),
    Family("wait", add_wait),
    Family("print_one", add_print_one),
    Family("expedite", add_expedite),
    Family("shelf", add_shelf),
    Family("order", add_order),
)
"""The families of constraints, in the order of their rows."""


def _by_day(model: Any, name: str, rule: Callable[[Any, int], Any]) -> None:
    """Add a constraint for each day."""
    from pyomo.environ import Constraint

    model.add_component(name, Constraint(model.days, rule=rule))


def _gain(model: Any) -> Any:
    """Return what a day costs on average cost; nothing otherwise."""
    return model.start if model.parameters.is_average else 0.0


def _anew(model: Any) -> Any:
    """Return what a replenishment begins with: :math:`V(0, 0, 0)`, which is 0 on average cost."""
    return 0.0 if model.parameters.is_average else model.start


def _next(model: Any, value: Any, day: int, at_arrival: Any) -> Any:
    """Return what a value comes to the next day: ``at_arrival`` where a replenishment comes."""
    arrives = float(model.calendar.arrives[day])
    return arrives * at_arrival + (1 - arrives) * value[int(model.calendar.following[day])]


def _stays(model: Any, day: int, net: int, systems: int) -> Any:
    """Return the value of a net stock with no printed parts in operation."""
    if net > 0:
        return model.V[day, net]
    return model.W[day] + (systems + net) * model.rho[day] - net * model.delta[day]


def _chances(systems: int, failure: float) -> list[float]:
    """Return P(D = 0), ... of the failures of a day, without a tail that a solver drops."""
    chance = binom.pmf(np.arange(systems + 1), systems, failure)
    kept = int(np.flatnonzero(chance >= SMALLEST)[-1])
    chance[kept] = chance[kept:].sum()
    return [float(one) for one in chance[: kept + 1]]
