"""The process with replenishments that may not come, as a linear program in Pyomo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import binom

from amopt.printing.convoys.calendar import Calendar, calendar_of
from amopt.printing.convoys.values import most_stock

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.printing.instance import PrintingInstance

__all__ = ["formulate"]

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
    and ``model.V`` are the values by day of ``model.calendar``.
    """
    from pyomo.environ import ConcreteModel, Constraint, Objective, Reals, Var, maximize

    index = [entry.name for entry in instance.parts].index(part)
    one = instance.parameters.take([index])
    days = calendar_of(instance, instance.convoys) if calendar is None else calendar
    model = ConcreteModel(name=f"{instance.name}, {part}, convoys")
    model.part, model.calendar, model.parameters = part, days, one
    most, systems = most_stock(one, days), int(one.systems[0])
    D, levels = range(len(days)), range(1, most + 1)
    model.rho, model.pi, model.delta = (Var(D, domain=Reals) for _ in range(3))
    model.W, model.start = Var(D, domain=Reals), Var(domain=Reals)
    model.V = Var(D, levels, domain=Reals)
    model.objective = Objective(expr=model.start, sense=maximize)
    alpha, c_r = one.discount, float(one.order_cost[0])
    p_r, p_p, h = float(one.failure[0]), float(one.printed_failure[0]), float(one.holding_cost[0])
    a, then = days.arrives.tolist(), days.following.tolist()
    # On average cost a day costs the gain, and a replenishment begins anew at 0.
    gain, anew = (model.start, 0.0) if one.is_average else (0.0, model.start)

    def later(value: Any, d: int, at_arrival: float) -> Any:
        return a[d] * at_arrival + (1 - a[d]) * value[then[d]]

    def constant(m: Any, d: int) -> Any:
        r""":math:`W_d \le \alpha (a_d V(0,0,0) + (1 - a_d) W_{d'})`, less the gain of a day."""
        return m.W[d] <= alpha * (a[d] * anew + (1 - a[d]) * m.W[then[d]]) - gain

    def regular(m: Any, d: int) -> Any:
        r""":math:`\rho_d \le \alpha ((1 - p_r) \bar\rho_d + p_r \bar\delta_d)`."""
        return m.rho[d] <= alpha * ((1 - p_r) * later(m.rho, d, 0.0) + p_r * later(m.delta, d, c_r))

    def printed(m: Any, d: int) -> Any:
        r""":math:`\pi_d \le \alpha ((1 - p_p) \bar\pi_d + p_p \bar\delta_d)`."""
        return m.pi[d] <= alpha * ((1 - p_p) * later(m.pi, d, c_r) + p_p * later(m.delta, d, c_r))

    def wait(m: Any, d: int) -> Any:
        r""":math:`\delta_d \le b + \alpha \bar\delta_d`."""
        return m.delta[d] <= float(one.backorder_cost[0]) + alpha * later(m.delta, d, c_r)

    def print_one(m: Any, d: int) -> Any:
        r""":math:`\delta_d \le c_p + \pi_d`."""
        return m.delta[d] <= float(one.print_cost[0]) + m.pi[d]

    def expedite(m: Any, d: int) -> Any:
        r""":math:`\delta_d \le c_e + \rho_d`."""
        return m.delta[d] <= float(one.expedite_cost[0]) + m.rho[d]

    chance = _chances(systems, p_r)

    def shelf(m: Any, d: int, I: int) -> Any:  # noqa: E741 - as in the source
        r""":math:`V_d(I) \le h I + \alpha \mathbb{E} \bar V_d(I - D)`."""
        at_arrival = sum(p * (anew - c_r * (I - lost)) for lost, p in enumerate(chance))
        on = sum(p * _stays(m, then[d], I - lost, systems) for lost, p in enumerate(chance))
        return m.V[d, I] <= h * I + alpha * (a[d] * at_arrival + (1 - a[d]) * on) - gain

    def order(m: Any, S: int) -> Any:
        r""":math:`V(0,0,0) \le c_r S + V_0(S)`; on average cost its left side is 0."""
        filled = m.V[0, S] if S else m.W[0] + systems * m.rho[0]
        return anew <= c_r * S + filled

    model.constant = Constraint(D, rule=constant)
    model.regular, model.printed = Constraint(D, rule=regular), Constraint(D, rule=printed)
    model.wait = Constraint(D, rule=wait)
    if np.isfinite(one.print_cost[0]):
        model.print_one = Constraint(D, rule=print_one)
    if np.isfinite(one.expedite_cost[0]):
        model.expedite = Constraint(D, rule=expedite)
    model.shelf = Constraint(D, levels, rule=shelf)
    model.order = Constraint(range(most + 1), rule=order)
    return model


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
