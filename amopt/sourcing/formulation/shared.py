"""What lines share: capacities, licences, the budget and the emissions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amopt.phrases import CENTS, money, rounded_up, stated
from amopt.program.family import Family
from amopt.sourcing.formulation.variables import linear
from amopt.sourcing.offers.shared_use import ANY_SUPPLIER, shared_use
from amopt.sourcing.offers.supply_options import SupplyOptions

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.sourcing.instance.fields import Instance

__all__ = [
    "FAMILIES",
    "add_budget",
    "add_emission_limit",
    "add_machine_hours",
    "add_parts",
    "add_prints",
]


def add_machine_hours(model: ConcreteModel) -> None:
    r"""Fit a supplier's orders to its machine hours.

    .. math:: \sum_{ls \in k} h_{ls} q_{ls} \le H_k - \text{committed}
    """
    _add_limit(model, "machine_hours")


def add_parts(model: ConcreteModel) -> None:
    r"""Fit a supplier's orders to the number of parts that it can make.

    .. math:: \sum_{ls \in k} q_{ls} \le M_k - \text{committed}
    """
    _add_limit(model, "parts")


def add_prints(model: ConcreteModel) -> None:
    r"""Keep the prints under each licence to what it allows.

    .. math:: \sum_{ls \in p} q_{ls} \le P_p - \text{committed}, \qquad
        \sum_{ls \in p, k} q_{ls} \le P_{pk} - \text{committed}
    """
    _add_limit(model, "prints")


def _add_limit(model: ConcreteModel, kind: str) -> None:
    """Add the limits of one kind on what options use: at most what committed orders leave."""
    from pyomo.environ import Constraint

    use = shared_use(model.supply, kind)
    weight = use.per_part[model.segments.shares.option].tolist()
    rows = {}
    for key, options, left in zip(use.keys, use.options, use.left.tolist(), strict=True):
        own = [s for o in options.tolist() for s in model.options.get(o, ())]
        if own:
            rows[key] = (None, linear(own, weight, model.x), left)
    model.add_component(
        kind,
        Constraint(list(rows), rule=lambda _, *key: rows[key if len(key) > 1 else key[0]]),
    )


def add_budget(model: ConcreteModel) -> None:
    r"""Keep what is paid within the budget.

    .. math:: \sum_s f_s y_s + \sum_{ls} r_{ls} q_{ls} + \sum_c F_c m_c
        - \sum_{kt} (e_{kt} v_{kt} - E_{kt} w_{kt}) + \text{committed} \le B
    """
    from pyomo.environ import Constraint

    limit = model.instance.limits.budget
    if limit is not None:
        model.budget = Constraint(expr=model.paid.expr <= limit)


def add_emission_limit(model: ConcreteModel) -> None:
    r"""Keep emissions within their limit.

    .. math:: \sum_{ls} g_{ls} q_{ls} + \text{committed} \le G
    """
    from pyomo.environ import Constraint

    limit = model.instance.limits.kg_co2
    if limit is not None:
        model.emission_limit = Constraint(expr=model.kg_co2.expr <= limit)


def _new_limit(instance: Instance, kind: str, key: object, change: float) -> str:
    """Return the least limit that is enough, also where committed orders are beyond it."""
    use = shared_use(SupplyOptions.of(instance), kind)
    i = use.keys.index(key)
    return rounded_up(max(use.stated[i], use.committed[i]) + change)


def _stated(instance: Instance, kind: str, supplier: str) -> float:
    entry = next(entry for entry in instance.capacities if entry.supplier == supplier)
    return getattr(entry, kind) or 0.0


def machine_hours_says(instance: Instance, supplier: str) -> str:
    """Return a supplier's machine hours in words."""
    hours = _stated(instance, "machine_hours", supplier)
    return f"the capacity of {supplier!r}, {stated(hours)} machine hours"


def machine_hours_remedy(instance: Instance, supplier: str, change: float) -> str:
    """Return how many machine hours a supplier must have."""
    hours = _new_limit(instance, "machine_hours", supplier, change)
    return f"raise the capacity of {supplier!r} to {hours} machine hours"


def parts_says(instance: Instance, supplier: str) -> str:
    """Return how many parts a supplier makes in words."""
    return f"the capacity of {supplier!r}, {stated(_stated(instance, 'parts', supplier))} parts"


def parts_remedy(instance: Instance, supplier: str, change: float) -> str:
    """Return how many parts a supplier must make."""
    parts = _new_limit(instance, "parts", supplier, change)
    return f"raise the capacity of {supplier!r} to {parts} parts"


def _whose(key: tuple[str, str]) -> str:
    part, supplier = key
    return f"the licence of {part!r}" + ("" if supplier == ANY_SUPPLIER else f" at {supplier!r}")


def prints_says(instance: Instance, key: tuple[str, str]) -> str:
    """Return a licence in words."""
    part, supplier = key
    licence = next(
        entry
        for entry in instance.licences
        if entry.part == part and (entry.supplier or ANY_SUPPLIER) == supplier
    )
    return f"{_whose(key)}, {stated(licence.prints)} prints"


def prints_remedy(instance: Instance, key: tuple[str, str], change: float) -> str:
    """Return how many prints a licence must allow."""
    return f"raise {_whose(key)} to {_new_limit(instance, 'prints', key, change)} prints"


def budget_says(instance: Instance, _: object) -> str:
    """Return the budget in words."""
    return f"the budget, {money(instance.limits.budget or 0.0, instance.currency)}"


def budget_remedy(instance: Instance, _: object, change: float) -> str:
    """Return what the budget must be."""
    enough = rounded_up((instance.limits.budget or 0.0) + change, CENTS)
    return f"raise the budget to {enough} {instance.currency}"


def emission_limit_says(instance: Instance, _: object) -> str:
    """Return the limit of emissions in words."""
    return f"the emission limit, {stated(instance.limits.kg_co2 or 0.0)} kg of CO2"


def emission_limit_remedy(instance: Instance, _: object, change: float) -> str:
    """Return what the limit of emissions must be."""
    enough = rounded_up((instance.limits.kg_co2 or 0.0) + change)
    return f"raise the emission limit to {enough} kg of CO2"


FAMILIES = (
    Family(
        "machine_hours",
        add_machine_hours,
        scope=("capacities[].machine_hours",),
        says=machine_hours_says,
        remedy=machine_hours_remedy,
    ),
    Family(
        "parts",
        add_parts,
        scope=("capacities[].parts",),
        says=parts_says,
        remedy=parts_remedy,
    ),
    Family(
        "prints",
        add_prints,
        scope=("licences[].prints",),
        says=prints_says,
        remedy=prints_remedy,
    ),
    Family(
        "budget",
        add_budget,
        scope=("limits.budget",),
        says=budget_says,
        remedy=budget_remedy,
    ),
    Family(
        "emission_limit",
        add_emission_limit,
        scope=("limits.kg_co2",),
        says=emission_limit_says,
        remedy=emission_limit_remedy,
    ),
)
"""What all lines share."""
