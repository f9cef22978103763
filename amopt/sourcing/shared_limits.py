"""What lines share: capacities, licences, the budget and the emissions, as constraints."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from amopt.sourcing.instance.fields import CONVENTIONAL

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.sourcing.instance.fields import Licence

__all__ = [
    "add_budget",
    "add_emission_limit",
    "add_machine_hours",
    "add_parts",
    "add_prints",
    "weighted_sum",
]


def weighted_sum(
    terms: Iterable[int], coefficients: Any, variables: Any, constant: float = 0.0
) -> Any:
    """Return ``constant + sum_s coefficients[s] * variables[s]`` as one linear expression."""
    from pyomo.core.expr.numeric_expr import LinearExpression

    terms = list(terms)
    return LinearExpression(
        constant=constant,
        linear_coefs=[coefficients[s] for s in terms],
        linear_vars=[variables[s] for s in terms],
    )


def add_machine_hours(model: ConcreteModel) -> None:
    r"""Fit a supplier's orders to its machine hours.

    .. math:: \sum_{s \in k} h_s x_s \le H_k - \text{committed}
    """
    supply = model.supply
    hours = supply.hours[model.segments.option].tolist()
    taken: dict[str, float] = defaultdict(float)
    for order, _, _, _, used in supply.commitments:
        taken[order.supplier] += used
    limit = {
        entry.supplier: entry.machine_hours - taken[entry.supplier]
        for entry in supply.instance.capacities
        if entry.machine_hours is not None
    }
    own = {
        supplier: [s for s in model.of_supplier.get(supplier, ()) if hours[s] > 0]
        for supplier in limit
    }
    _add_limit(model, "machine_hours", own, hours, limit)


def add_parts(model: ConcreteModel) -> None:
    r"""Fit a supplier's orders to the number of parts that it can make.

    .. math:: \sum_{s \in k} x_s \le M_k - \text{committed}
    """
    supply = model.supply
    limit = {
        entry.supplier: entry.parts
        - sum(o.quantity for o in supply.instance.committed if o.supplier == entry.supplier)
        for entry in supply.instance.capacities
        if entry.parts is not None
    }
    own = {supplier: list(model.of_supplier.get(supplier, ())) for supplier in limit}
    _add_limit(model, "parts", own, [1.0] * len(model.segments), limit)


def add_prints(model: ConcreteModel) -> None:
    r"""Keep the prints under each licence to what it allows.

    .. math:: \sum_{s \in p} x_s \le P_p - \text{committed}, \qquad
        \sum_{s \in p, k} x_s \le P_{pk} - \text{committed}
    """
    supply = model.supply
    own, limit = {}, {}
    printed: dict[tuple[str, str], list[int]] = defaultdict(list)
    names = supply.supplier
    for o, segments in model.options.items():
        if not supply.conventional[o]:
            printed[supply.sources[supply.source[o]].part, names[o]] += segments
    done: dict[tuple[str, str], float] = defaultdict(float)
    part = {line.line: line.part for line in supply.instance.lines}
    for order in supply.instance.committed:
        done[part[order.line], order.supplier] += order.quantity
    for licence in supply.instance.licences:
        key = (licence.part, licence.supplier or "any supplier")
        covers = [k for k in printed if _covers(licence, *k)]
        own[key] = sorted(s for k in covers for s in printed[k])
        limit[key] = licence.prints - sum(n for k, n in done.items() if _covers(licence, *k))
    _add_limit(model, "prints", own, [1.0] * len(model.segments), limit)


def _covers(licence: Licence, part: str, supplier: str) -> bool:
    return (
        licence.part == part and supplier != CONVENTIONAL and licence.supplier in (None, supplier)
    )


def _add_limit(
    model: ConcreteModel,
    name: str,
    own: Mapping[Any, list[int]],
    coefficients: list[float],
    limit: Mapping[Any, float],
) -> None:
    from pyomo.environ import Constraint

    held = [key for key, segments in own.items() if segments]
    model.add_component(
        name,
        Constraint(
            held,
            rule=lambda _, *key: (
                None,
                weighted_sum(own[key if len(key) > 1 else key[0]], coefficients, model.x),
                max(0.0, limit[key if len(key) > 1 else key[0]]),
            ),
        ),
    )


def add_budget(model: ConcreteModel) -> None:
    r"""Keep what is paid within the budget.

    .. math:: \sum_s f_s y_s + r_s x_s + \text{committed} \le B
    """
    from pyomo.environ import Constraint

    limit = model.supply.instance.limits.budget
    if limit is not None and len(model.segments):
        model.budget = Constraint(expr=model.paid.expr <= limit)


def add_emission_limit(model: ConcreteModel) -> None:
    r"""Keep emissions within their limit.

    .. math:: \sum_s g_s x_s + \text{committed} \le G
    """
    from pyomo.environ import Constraint

    limit = model.supply.instance.limits.kg_co2
    if limit is not None and np.any(model.supply.kg_co2[model.segments.option]):
        model.emission_limit = Constraint(expr=model.emissions.expr <= limit)
