r"""Placement as a mixed-integer program: capacitated facility location with modular capacity.

Sets: sites :math:`i`, types of machine :math:`m`, periods :math:`t` of :math:`Y_t` years, demanded
pairs :math:`p` of a place and a part, and supply options :math:`k` of a pair, a source, a stock
level and a period (:mod:`amopt.placement.supply.columns`).

Variables: :math:`x_k`, the share of its period in which option k supplies its pair (binary under
single sourcing); :math:`y_{it}`, whether a site is open; :math:`n_{imt}`, its machines, of which
:math:`b_{imt}` are bought, :math:`s_{imt}` sold, :math:`v_{imt}` moved in and :math:`w_{imt}` moved
out; :math:`a_{it}`, whether the site is opened; :math:`z_{gut}`, the machines of a pool g that were
bought in period u and are still held in t. A pool is a stand (site and type), or all the sites of a
type that can be moved: within a pool it does not matter which machine stands where.

The links :math:`x \le y` and :math:`x \le n` are disaggregated, one for each pair and site, so that
the linear relaxation is that of the strong formulation (Cornuejols, Nemhauser and Wolsey, 1990).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amopt.placement.forms import Form
from amopt.placement.formulation.capacity import (
    EXACTLY_ONE_SITE,
    HOURS,
    MACHINES_AT_OPEN_SITES,
    NEWLY_OPEN,
    ROOM_FOR_MACHINES,
)
from amopt.placement.formulation.fleet import BALANCE, MOVES, VINTAGES
from amopt.placement.formulation.limits import BUDGET, EMISSION_LIMIT, MOST_OPEN_SITES, STORAGE
from amopt.placement.formulation.objective import add_costs, add_objective
from amopt.placement.formulation.service import (
    FILL_RATE,
    ONLY_BY_MACHINES,
    ONLY_FROM_OPEN_SITES,
    SERVE,
)
from amopt.placement.formulation.sets import Sets
from amopt.placement.formulation.variables import add_variables
from amopt.program.family import Family

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.placement.instance.fields import Instance
    from amopt.program.time import Budget

__all__ = ["FAMILIES", "formulate"]

FAMILIES: tuple[Family, ...] = (
    SERVE,
    HOURS,
    ONLY_FROM_OPEN_SITES,
    ONLY_BY_MACHINES,
    ROOM_FOR_MACHINES,
    EXACTLY_ONE_SITE,
    MACHINES_AT_OPEN_SITES,
    NEWLY_OPEN,
    BALANCE,
    MOVES,
    VINTAGES,
    BUDGET,
    EMISSION_LIMIT,
    MOST_OPEN_SITES,
    STORAGE,
    FILL_RATE,
)
"""The families of constraints, in the order in which they are added."""


def formulate(
    instance: Instance, *, form: Form = "optimum", budget: Budget | None = None
) -> ConcreteModel:
    """Return the program of an instance as a Pyomo model.

    Variables and constraints carry the names of the instance: ``supply[period, place, part,
    source, machine, level, route]``, ``open[site, period]``, ``machines[site, machine, period]``.
    ``model.sets`` has the sets and parameters; ``model.cost`` and its parts (``site_cost``,
    ``printing_cost``, ...) and ``model.kg_co2`` are expressions over all periods. Every option is
    there, also those that no plan without further constraints would take.

    Parameters
    ----------
    instance
        The instance.
    form
        The form that the plan must have.
    budget
        The time for listing what may be supplied, and for writing the program; left out, unlimited.

    Raises
    ------
    NoAnswerError
        When the time is over.
    """
    from pyomo.common.gc_manager import PauseGC
    from pyomo.environ import ConcreteModel

    with PauseGC():
        model = ConcreteModel(name=f"placement: {instance.name}")
        model.instance, model.sets = instance, Sets(instance, form, budget)
        add_variables(model)
        add_costs(model)
        for family in FAMILIES:
            if budget is not None:
                budget.require("the formulation was written")
            family.add(model)
        add_objective(model)
    return model
