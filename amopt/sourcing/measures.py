"""What each limit bounds: as the objective of a model, and of a plan.

Minimised with the limit itself left out, it is how far the limit must be moved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from amopt.sourcing.instance.fields import CONVENTIONAL

if TYPE_CHECKING:
    from amopt.sourcing.evaluation import Evaluation
    from amopt.sourcing.instance.fields import Instance
    from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = ["MEASURES", "Measure", "any_plan"]


def any_plan(model: Any) -> None:
    """Ask a model for any plan: leave its objective out."""
    from pyomo.environ import Objective

    model.objective.deactivate()
    model.any_plan = Objective(expr=0.0)


@dataclass(frozen=True, slots=True)
class Measure:
    """What a limit bounds: as the objective of a model, and of a plan."""

    terms: Callable[[Any, Instance, int], Any]
    value: Callable[[Evaluation, int], float]
    most: bool = False

    def shape(self, model: Any, instance: Instance, index: int) -> None:
        """Make it the model's objective."""
        from pyomo.environ import Objective, maximize, minimize

        expression = self.terms(model, instance, index)
        model.objective.deactivate()
        model.least_change = Objective(
            expr=expression + 0.0, sense=maximize if self.most else minimize
        )


def _by_supplier(instance: Instance, index: int) -> str:
    return instance.capacities[index].supplier


def _options_where(supply: SupplyOptions, wanted: Callable[[int], bool]) -> list[int]:
    return [o for o in range(len(supply)) if wanted(o)]


def _weighted(model: Any, options: Sequence[int], weight: Callable[[int], float]) -> Any:
    return sum(weight(o) * model.quantity[s] for o in options for s in model.options.get(o, ()))


def _amount(plan: Evaluation, options: Sequence[int], weight: Callable[[int], float]) -> float:
    return float(sum(weight(o) * plan.quantity[o] for o in options))


def _held(supply: SupplyOptions, wanted: Callable[[Any], bool], *, hours: bool = False) -> float:
    """Return what committed orders take of a limit."""
    return sum(
        (used if hours else order.quantity)
        for order, _, _, _, used in supply.commitments
        if wanted(order)
    )


def _supplier_options(supply: SupplyOptions, index: int) -> list[int]:
    name = _by_supplier(supply.instance, index)
    return _options_where(supply, lambda o: supply.supplier[o] == name)


def _licence_options(supply: SupplyOptions, index: int) -> list[int]:
    licence = supply.instance.licences[index]
    return _options_where(
        supply,
        lambda o: (
            not supply.conventional[o]
            and supply.sources[supply.source[o]].part == licence.part
            and licence.supplier in (None, supply.supplier[o])
        ),
    )


def _hours(supply: SupplyOptions) -> Callable[[int], float]:
    return lambda o: float(supply.hours[o])


def _one(_: int) -> float:
    return 1.0


def _licensed(supply: SupplyOptions, index: int) -> float:
    licence = supply.instance.licences[index]
    part = {line.line: line.part for line in supply.instance.lines}
    return _held(
        supply,
        lambda order: (
            part[order.line] == licence.part
            and order.supplier != CONVENTIONAL
            and licence.supplier in (None, order.supplier)
        ),
    )


def _latest(model: Any, *_: Any) -> Any:
    from pyomo.environ import Constraint, NonNegativeReals, Var

    model.latest = Var(domain=NonNegativeReals)
    model.none_later = Constraint(
        list(model.delivery_weeks), rule=lambda m, name: m.delivery_weeks[name] <= m.latest
    )
    return model.latest


def _most_suppliers(model: Any, instance: Instance, _: int) -> Any:
    from pyomo.environ import Constraint, NonNegativeIntegers, Var

    model.most_suppliers = Var(domain=NonNegativeIntegers)
    model.no_more_suppliers = Constraint(
        list(model.of_line),
        rule=lambda m, name: (
            sum(m.ordered[s] for s in m.of_line[name]) <= m.most_suppliers
            if m.of_line[name]
            else Constraint.Skip
        ),
    )
    return model.most_suppliers


def _suppliers(plan: Evaluation, _: int) -> float:
    supply = plan.supply
    own: dict[int, set[str]] = {}
    for o in np.flatnonzero(plan.quantity > 0).tolist():
        own.setdefault(int(supply.line[o]), set()).add(supply.supplier[o])
    return float(max((len(names) for names in own.values()), default=0))


def _of_offer(supply: SupplyOptions, index: int) -> list[int]:
    return np.flatnonzero(supply.source == index).tolist()


def _of_conventional(supply: SupplyOptions, index: int) -> list[int]:
    return np.flatnonzero(supply.source == len(supply.instance.offers) + index).tolist()


def _largest_order(options_of: Callable[[SupplyOptions, int], list[int]]) -> Measure:
    """Return the largest order on a source, over lines."""

    def terms(model: Any, _: Instance, index: int) -> Any:
        from pyomo.environ import Constraint, NonNegativeReals, Var

        options = options_of(model.supply, index)
        model.largest_order = Var(domain=NonNegativeReals)
        model.none_larger = Constraint(
            range(len(options)),
            rule=lambda m, i: (
                _weighted(m, [options[i]], _one) <= m.largest_order
                if m.options.get(options[i])
                else Constraint.Skip
            ),
        )
        return model.largest_order

    def value(plan: Evaluation, index: int) -> float:
        return float(plan.quantity[options_of(plan.supply, index)].max(initial=0.0))

    return Measure(terms, value)


def _least_order(options_of: Callable[[SupplyOptions, int], list[int]]) -> Measure:
    """Return the total of a source's orders, to be as large as can be."""

    def value(plan: Evaluation, index: int) -> float:
        own = plan.quantity[options_of(plan.supply, index)]
        return float(own[own > 0].min(initial=np.inf))

    return Measure(
        lambda model, _, index: _weighted(model, options_of(model.supply, index), _one),
        value,
        most=True,
    )


MEASURES: dict[str, Measure] = {
    "machine_hours": Measure(
        lambda m, _, i: _weighted(m, _supplier_options(m.supply, i), _hours(m.supply)),
        lambda plan, i: (
            _amount(plan, _supplier_options(plan.supply, i), _hours(plan.supply))
            + _held(
                plan.supply,
                lambda order: order.supplier == _by_supplier(plan.supply.instance, i),
                hours=True,
            )
        ),
    ),
    "parts": Measure(
        lambda m, _, i: _weighted(m, _supplier_options(m.supply, i), _one),
        lambda plan, i: (
            _amount(plan, _supplier_options(plan.supply, i), _one)
            + _held(
                plan.supply, lambda order: order.supplier == _by_supplier(plan.supply.instance, i)
            )
        ),
    ),
    "prints": Measure(
        lambda m, _, i: _weighted(m, _licence_options(m.supply, i), _one),
        lambda plan, i: (
            _amount(plan, _licence_options(plan.supply, i), _one) + _licensed(plan.supply, i)
        ),
    ),
    "need_by": Measure(
        lambda m, instance, i: m.delivery_weeks[instance.lines[i].line],
        lambda plan, i: float(plan.weeks[i]),
    ),
    "weeks": Measure(_latest, lambda plan, _: float(plan.weeks.max(initial=0.0))),
    "budget": Measure(lambda m, *_: m.paid, lambda plan, _: float(plan.cost.sum())),
    "kg_co2": Measure(lambda m, *_: m.emissions, lambda plan, _: float(plan.kg_co2.sum())),
    "suppliers": Measure(_most_suppliers, _suppliers),
    "largest": _largest_order(_of_offer),
    "smallest": _least_order(_of_offer),
    "minimum_order": _least_order(_of_conventional),
}
"""What each kind of limit bounds."""
