r"""The choice of versions as a program: a knapsack of versions and base-stock levels.

For component :math:`c`, version :math:`v`, number of systems :math:`w` with probability
:math:`p_w` and base-stock level :math:`S`:

- :math:`y_{cv} \in \{0, 1\}`: the version is designed;
- :math:`x_{cvwS} \in \{0, 1\}`: of it :math:`S` spares are kept if :math:`w` systems are in
  service. The level is chosen when the number of systems is known, so that it may differ with it;
- :math:`d`: the largest share of time that a system is down, whatever the number of systems, in
  units of what is allowed.

:math:`C_{cvwS}` is the life-cycle cost (:mod:`amopt.design.life_cycle`), :math:`I_{cv}` the design
cost, :math:`b_{cv}` the benefit a system and month, and :math:`d_{cvwS}` the share of time for
which a system is down for the component: with :math:`n_c` pieces, each failing every
:math:`\tau_{cv}` months, and :math:`m` days a month,

.. math:: d_{cvwS} = \frac{n_c}{m \, \tau_{cv}}
          \bigl( d^{stock}_c + B(S, a_{cvw}) (d^{emergency}_c - d^{stock}_c) \bigr) .

Levels end where no more than the share :data:`~amopt.design.life_cycle.NEGLIGIBLE` of all failures
would find the shelf empty.

The formulation is the definition: :data:`FAMILIES` lists every family of constraints, and whatever
solves faster than the formulation names those that it honours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.design.instance import DAYS_A_MONTH, Component, DesignInstance, Version
from amopt.design.life_cycle import costs_of, life_cycle_of
from amopt.phrases import money, rounded_down, rounded_up
from amopt.program.family import Family
from amopt.program.pyomo import linear
from amopt.program.pyomo.formulated import model_of
from amopt.stock import erlang_loss

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["FAMILIES", "formulate"]

Floats = NDArray[np.float64]


def formulate(instance: DesignInstance) -> ConcreteModel:
    r"""Return the program of an instance.

    Components and versions are indexed by name, the installed base by its number of systems.
    Variables are ``choose[component, version]`` and ``level[component, version, systems, S]``;
    expressions to put limits on are ``design_cost`` in money, ``base_stock[component, systems]`` in
    parts and ``down_share[systems]``, the share of time that a system is down. The objective is
    the expected cost over the life of the systems, in money.

    Parameters
    ----------
    instance
        The instance.
    """
    return model_of(instance, (add_sets, add_variables, add_expectations), FAMILIES, add_cost)


def add_sets(model: Any) -> None:
    """Add the versions, the numbers of systems, and the levels of each."""
    from pyomo.environ import Set

    instance: DesignInstance = model.instance
    model.entry = {
        (component.name, version.name): (component, version)
        for component in instance.components
        for version in component.versions
    }
    model.components = Set(initialize=[component.name for component in instance.components])
    model.versions = Set(initialize=list(model.entry))
    model.probability = {base.systems: base.probability for base in instance.installed_base}
    model.bases = Set(initialize=list(model.probability))
    model.highest = {
        (*key, systems): int(highest)
        for key, entry in model.entry.items()
        for systems, highest in zip(
            model.probability,
            life_cycle_of(instance, *entry).highest_base_stock(),
            strict=True,
        )
    }
    model.levels = Set(
        initialize=[(*key, S) for key, top in model.highest.items() for S in range(top + 1)]
    )


def add_variables(model: Any) -> None:
    """Add what is chosen."""
    from pyomo.environ import Binary, NonNegativeReals, Var

    model.choose = Var(model.versions, domain=Binary)
    model.level = Var(model.levels, domain=Binary)
    if model.instance.limits.availability is not None:
        model.worst_down = Var(domain=NonNegativeReals)


def add_expectations(model: Any) -> None:
    r"""Add what a choice comes to.

    .. math::

        \sum_{c, v} I_{cv} y_{cv}, \qquad S_{cw} = \sum_{v, S} S x_{cvwS}, \qquad
        d_w = \sum_{c, v, S} d_{cvwS} x_{cvwS}
    """
    from pyomo.environ import Expression

    model.design_cost = Expression(
        expr=linear(
            [version.design_cost for _, version in model.entry.values()],
            list(model.choose.values()),
        )
    )
    own: dict[tuple[str, int], list[tuple[str, str, int, int]]] = {}
    down: dict[int, list[Floats]] = {systems: [] for systems in model.bases}
    keys: dict[int, list[tuple[str, str, int, int]]] = {systems: [] for systems in model.bases}
    for (c, v, w), top in model.highest.items():
        several = [(c, v, w, S) for S in range(top + 1)]
        own.setdefault((c, w), []).extend(several)
        keys[w] += several
        component, version = model.entry[c, v]
        down[w].append(down_share(component, version, w, np.arange(top + 1)))

    def stock(_: Any, c: str, w: int) -> Any:
        return linear([float(key[3]) for key in own[c, w]], [model.level[key] for key in own[c, w]])

    def down_of(_: Any, w: int) -> Any:
        return linear(np.concatenate(down[w]), [model.level[key] for key in keys[w]])

    model.base_stock = Expression(model.components, model.bases, rule=stock)
    model.down_share = Expression(model.bases, rule=down_of)


def down_share(
    component: Component, version: Version, systems: int, level: NDArray[np.int64]
) -> Floats:
    """Return the share of time for which a system is down for a component, by level."""
    parts = systems * component.pieces_per_system
    load = parts * version.lead_time_months / version.mean_months_between_failures
    stock, emergency = component.down_days_per_replacement, component.down_days_per_emergency
    days = stock + erlang_loss(level, load) * (emergency - stock)
    a_month = component.pieces_per_system / version.mean_months_between_failures
    share: Floats = a_month * days / DAYS_A_MONTH
    return share


def add_one_version(model: Any) -> None:
    r"""Design one version: :math:`\sum_v y_{cv} = 1 \quad \forall c`."""
    from pyomo.environ import Constraint

    def one(_: Any, c: str) -> Any:
        own = [model.choose[key] for key in model.versions if key[0] == c]
        return linear(1.0, own) == 1

    model.one_version = Constraint(model.components, rule=one)


def add_one_level(model: Any) -> None:
    r"""Keep one level of it: :math:`\sum_S x_{cvwS} = y_{cv} \quad \forall c, v, w`."""
    from pyomo.environ import Constraint

    def one(_: Any, c: str, v: str, w: int) -> Any:
        levels = [model.level[c, v, w, S] for S in range(model.highest[c, v, w] + 1)]
        coefficients = [1.0] * len(levels)
        return linear([*coefficients, -1.0], [*levels, model.choose[c, v]]) == 0

    model.one_level = Constraint(list(model.highest), rule=one)


def add_design_budget(model: Any) -> None:
    r"""Keep to the design budget: :math:`\sum_{c, v} I_{cv} y_{cv} \le \beta`."""
    from pyomo.environ import Constraint

    model.design_budget = Constraint(expr=model.design_cost <= model.instance.limits.design_budget)


def add_worst_down_share(model: Any) -> None:
    r"""Take the worst case of the installed base: :math:`d_w \le u d \quad \forall w`.

    The unit :math:`u` is the share of time down that is allowed, so that what a solver tolerates is
    small beside it; where none is allowed, the least that there is.
    """
    from pyomo.environ import Constraint

    unit = _unit_of_time_down(model.instance)
    model.worst_down_share = Constraint(
        model.bases, rule=lambda m, w: m.down_share[w] / unit <= m.worst_down
    )


def add_availability(model: Any) -> None:
    r"""Be up for the share of time that is asked for: :math:`d \le (1 - A) / u`.

    A system that is down for several components at once is counted for each, so that a choice that
    keeps this limit is available for that share of time at least.
    """
    from pyomo.environ import Constraint

    allowed = 1 - model.instance.limits.availability
    model.availability = Constraint(
        expr=model.worst_down <= allowed / _unit_of_time_down(model.instance)
    )


def _unit_of_time_down(instance: DesignInstance) -> float:
    """Return the unit in which the share of time down is counted."""
    allowed = 1 - (instance.limits.availability or 0.0)
    if allowed > 0:
        return allowed
    least = 1.0
    for component in instance.components:
        for version in component.versions:
            highest = life_cycle_of(instance, component, version).highest_base_stock()
            for base, top in zip(instance.installed_base, highest, strict=True):
                shares = down_share(component, version, base.systems, np.arange(top + 1))
                least = min(least, float(np.min(shares, where=shares > 0, initial=1.0)))
    return least


def add_cost(model: Any) -> None:
    r"""Minimise the expected cost over the life of the systems.

    .. math::

        \sum_{c, v} \bigl( I_{cv} - b_{cv} \, \mathbb{E}[N] \, T \bigr) y_{cv}
        + \sum_w p_w \sum_{c, v, S} C_{cvwS} \, x_{cvwS}
    """
    from pyomo.environ import Objective

    instance: DesignInstance = model.instance
    uses = instance.months * sum(w * chance for w, chance in model.probability.items())
    versions = [
        version.design_cost - version.benefit_per_system_month * uses
        for _, version in model.entry.values()
    ]
    costs: list[float] = []
    for key, entry in model.entry.items():
        life = life_cycle_of(instance, *entry)
        for position, (w, chance) in enumerate(model.probability.items()):
            one = life.but(parts=life.parts[position])
            costs += (chance * sum(costs_of(one, np.arange(model.highest[*key, w] + 1)))).tolist()
    variables = [*model.choose.values(), *(model.level[key] for key in model.levels)]
    model.objective = Objective(expr=linear([*versions, *costs], variables))


def _says_budget(instance: DesignInstance, _: Any) -> str:
    return f"the design budget of {money(instance.limits.design_budget or 0.0, instance.currency)}"


def _raise_budget(instance: DesignInstance, _: Any, change: float) -> str:
    wanted = rounded_up((instance.limits.design_budget or 0.0) + change)
    return f"raise the design budget to {wanted} {instance.currency}"


def _says_availability(instance: DesignInstance, _: Any) -> str:
    return f"an availability of {100 * (instance.limits.availability or 0.0):.10g} %"


def _lower_availability(instance: DesignInstance, _: Any, change: float) -> str:
    asked = instance.limits.availability or 0.0
    least = max(0.0, asked - change * _unit_of_time_down(instance))
    return f"lower the availability to {rounded_down(least, 9)}"


FAMILIES: tuple[Family, ...] = (
    Family("one_version", add_one_version),
    Family("one_level", add_one_level),
    Family(
        "design_budget",
        add_design_budget,
        scope=("limits.design_budget",),
        says=_says_budget,
        remedy=_raise_budget,
    ),
    Family("worst_down_share", add_worst_down_share, scope=("limits.availability",)),
    Family(
        "availability",
        add_availability,
        scope=("limits.availability",),
        says=_says_availability,
        remedy=_lower_availability,
    ),
)
"""The families of constraints, in the order of their rows."""
