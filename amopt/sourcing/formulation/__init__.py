r"""Sourcing as a mixed-integer program.

Sets: lines :math:`l`; options :math:`o` of a line (an offer, or conventional supply); pools
:math:`g`, the orders that may be placed: the options of one source whose lines share an order, or
one of them; segments :math:`s` of a pool, on which what is paid, :math:`f_s + r_s q`, and the lead
time, :math:`\tau_s + \rho_s q`, are linear in the quantity :math:`q \in [a_s, b_s]` of the order.
An order is placed on a segment or not (:math:`y_s`), and if it is, then a line takes
:math:`q_{ls}` of its parts (the multiple-choice form of a piecewise linear function of the pooled
quantity, which is as tight as its convex hull: Croxton, Gendron and Magnanti, 2003). No constant of
the program is larger than the data make it.

Committed orders are constants: they lower what a line still needs and what is left of capacities,
licences, budget and emissions.

The formulation is the definition: :data:`FAMILIES` lists every family of constraints, and whatever
solves faster than the formulation names those that it honours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amopt.program.family import Family
from amopt.sourcing.formulation import charges, delivery, orders, shared, shares, spend, unmet
from amopt.sourcing.formulation.preconditions import require_possible
from amopt.sourcing.formulation.variables import add_objective, add_sets, add_variables
from amopt.sourcing.instance.fields import Instance
from amopt.sourcing.offers.segments import Segments, cut
from amopt.sourcing.offers.supply_options import SupplyOptions

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["FAMILIES", "build", "formulate"]

Floats = NDArray[np.float64]

FAMILIES: tuple[Family, ...] = (
    *orders.FAMILIES,
    *unmet.FAMILIES,
    *charges.FAMILIES,
    *shares.FAMILIES,
    *spend.FAMILIES,
    *shared.FAMILIES,
    *delivery.FAMILIES,
)
"""The families of constraints, in the order of their rows."""


def formulate(instance: Instance, *, knots: Mapping[int, Floats] | None = None) -> ConcreteModel:
    """Return the program of an instance as a Pyomo model.

    Variables are ``ordered[s]`` by segment, ``quantity[i]`` by share (what a line takes on a
    segment; shares and segments are the same where no line shares an order), and
    ``delivery_weeks[l]`` by line, for the lines whose delivery costs something or has a limit.
    ``model.supply``, ``model.segments`` and ``model.segments.shares`` say what each index stands
    for; ``model.pools`` lists the segments of a pool, ``model.of_segment``, ``model.options``,
    ``model.of_line`` and ``model.of_supplier`` the shares of a segment, an option, a line (by name)
    and a supplier, for constraints of your own. ``model.paid``, ``model.downtime``,
    ``model.waiting_weeks``, ``model.kg_co2`` and ``model.penalties`` are expressions;
    ``model.unmet[l]`` are the parts that a line with a penalty does not get; ``model.instance`` is
    the instance.

    Parameters
    ----------
    instance
        The instance.
    knots
        For offers with a fitted power: more quantities, by pool, at which the program's pieces
        touch it. Between its knots such a piece lies below the power, so that the program bounds
        the cost from below.

    Raises
    ------
    InfeasibleError
        When nothing that can be ordered for a line would fill it, or what is committed breaks the
        budget or the limit of emissions already.
    """
    supply = SupplyOptions.of(instance)
    segments = cut(supply, knots)
    require_possible(supply, segments)
    return build(supply, segments)


def build(supply: SupplyOptions, segments: Segments) -> ConcreteModel:
    """Return the program over given segments of the supply options; see :func:`formulate`."""
    from pyomo.common.gc_manager import PauseGC
    from pyomo.environ import ConcreteModel

    with PauseGC():
        model = ConcreteModel(name=supply.instance.name)
        model.instance, model.supply, model.segments = supply.instance, supply, segments
        add_sets(model)
        add_variables(model)
        add_objective(model)
        for family in FAMILIES:
            family.add(model)
    return model
