"""What a plan costs and emits, kind by kind, and what is minimised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amopt.placement.formulation.sets import total
from amopt.placement.supply.columns import KINDS

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["COSTS", "add_costs", "add_objective"]

COSTS = (
    "opening_cost",
    "site_cost",
    "machine_cost",
    "operator_cost",
    "moving_cost",
    *(f"{kind}_cost" for kind in KINDS),
)
"""The named expressions of which the cost is the sum, in the order of the bill."""


def add_costs(model: ConcreteModel) -> None:
    r"""Name what a plan costs over all periods, kind by kind, and what it emits.

    .. math::

        \sum_{it} f_i a_{it}, \quad \sum_{it} Y_t F_i y_{it}, \quad
        \sum_{gut} p_{gut} z_{gut}, \quad \sum_{imt} Y_t e_m n_{imt}, \quad
        \sum_{imt} c_m v_{imt}, \quad \sum_k Y_{t(k)} c^\kappa_k x_k \; (\kappa \in \text{kinds}),
        \qquad \sum_k Y_{t(k)} g_k x_k

    opening, sites, machines, operators, moving, and for each kind :math:`\kappa` (printing,
    conventional, transport, holding, emergency, downtime) what supply costs; and emissions. Where
    fleets do not change, machines cost :math:`\sum_{imt} Y_t \pi_t P_m / L_m \, n_{imt}`, price
    over life.
    """
    from pyomo.environ import Expression

    sets = model.sets
    years, site, machine = sets.years, sets.site, sets.machine
    sites, stands = list(model.open), list(model.machines)
    model.opening_cost = Expression(
        expr=total(model.opening, {(i, t): site[i].opening_cost for i, t in sites})
    )
    model.site_cost = Expression(
        expr=total(model.open, {(i, t): years[t] * site[i].yearly_cost for i, t in sites})
    )
    model.machine_cost = Expression(expr=_machines(model))
    model.operator_cost = Expression(
        expr=total(
            model.machines, {(i, m, t): years[t] * machine[m].yearly_cost for i, m, t in stands}
        )
    )
    model.moving_cost = Expression(
        expr=total(model.moved_in, {(i, m, t): machine[m].moving_cost or 0.0 for i, m, t in stands})
    )
    for index, kind in enumerate(KINDS):
        amounts = sets.over_time(sets.yearly_cost(index))
        model.add_component(f"{kind}_cost", Expression(expr=total(model.supply, amounts)))
    model.cost = Expression(expr=sum(model.component(name) for name in COSTS))
    model.kg_co2 = Expression(expr=total(model.supply, sets.over_time(sets.kg_co2)))


def _machines(model: ConcreteModel) -> object:
    """Return what machines cost: those held, or those that stand there."""
    sets, fleet = model.sets, model.sets.fleet
    if fleet.changes:
        return total(model.held, dict(zip(fleet.held_keys, fleet.held_cost.tolist(), strict=True)))
    factor = {period.name: period.machine_price_factor for period in model.instance.horizon}
    a_year = dict(zip(sets.stands, fleet.price_per_year.tolist(), strict=True))
    return total(
        model.machines,
        {(i, m, t): a_year[i, m] * sets.years[t] * factor[t] for i, m, t in model.machines},
    )


def add_objective(model: ConcreteModel) -> None:
    r"""Minimise what the instance weighs.

    .. math::

        \min \; w_c \cdot (\text{opening} + \text{sites} + \text{machines} + \text{operators}
        + \text{moving} + \text{printing} + \text{conventional} + \text{transport}
        + \text{holding} + \text{emergency} + \text{downtime}) + w_e \cdot \text{kg of CO2}
    """
    from pyomo.environ import Objective, minimize

    weight = model.instance.minimise
    model.objective = Objective(
        expr=weight.cost * model.cost + weight.kg_co2 * model.kg_co2, sense=minimize
    )
