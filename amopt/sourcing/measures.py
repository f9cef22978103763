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
    from amopt.sourcing.evaluation import Reckoning
    from amopt.sourcing.instance.fields import Instance
    from amopt.sourcing.offers.market import Market

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
    value: Callable[[Reckoning, int], float]
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


def _options_where(market: Market, wanted: Callable[[int], bool]) -> list[int]:
    return [o for o in range(len(market)) if wanted(o)]


def _weighted(model: Any, options: Sequence[int], weight: Callable[[int], float]) -> Any:
    return sum(weight(o) * model.quantity[s] for o in options for s in model.options.get(o, ()))


def _amount(plan: Reckoning, options: Sequence[int], weight: Callable[[int], float]) -> float:
    return float(sum(weight(o) * plan.quantity[o] for o in options))


def _held(market: Market, wanted: Callable[[Any], bool], *, hours: bool = False) -> float:
    """Return what committed orders take of a limit."""
    return sum(
        (used if hours else order.quantity)
        for order, _, _, _, used in market.commitments
        if wanted(order)
    )


def _supplier_options(market: Market, index: int) -> list[int]:
    name = _by_supplier(market.instance, index)
    return _options_where(market, lambda o: market.supplier[o] == name)


def _licence_options(market: Market, index: int) -> list[int]:
    licence = market.instance.licences[index]
    return _options_where(
        market,
        lambda o: (
            not market.conventional[o]
            and market.sources[market.source[o]].part == licence.part
            and licence.supplier in (None, market.supplier[o])
        ),
    )


def _hours(market: Market) -> Callable[[int], float]:
    return lambda o: float(market.hours[o])


def _one(_: int) -> float:
    return 1.0


def _licensed(market: Market, index: int) -> float:
    licence = market.instance.licences[index]
    part = {line.line: line.part for line in market.instance.lines}
    return _held(
        market,
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


def _suppliers(plan: Reckoning, _: int) -> float:
    market = plan.market
    own: dict[int, set[str]] = {}
    for o in np.flatnonzero(plan.quantity > 0).tolist():
        own.setdefault(int(market.line[o]), set()).add(market.supplier[o])
    return float(max((len(names) for names in own.values()), default=0))


def _of_offer(market: Market, index: int) -> list[int]:
    return np.flatnonzero(market.source == index).tolist()


def _of_conventional(market: Market, index: int) -> list[int]:
    return np.flatnonzero(market.source == len(market.instance.offers) + index).tolist()


def _largest_order(options_of: Callable[[Market, int], list[int]]) -> Measure:
    """Return the largest order on a source, over lines."""

    def terms(model: Any, _: Instance, index: int) -> Any:
        from pyomo.environ import Constraint, NonNegativeReals, Var

        options = options_of(model.market, index)
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

    def value(plan: Reckoning, index: int) -> float:
        return float(plan.quantity[options_of(plan.market, index)].max(initial=0.0))

    return Measure(terms, value)


def _least_order(options_of: Callable[[Market, int], list[int]]) -> Measure:
    """Return the total of a source's orders, to be as large as can be."""

    def value(plan: Reckoning, index: int) -> float:
        own = plan.quantity[options_of(plan.market, index)]
        return float(own[own > 0].min(initial=np.inf))

    return Measure(
        lambda model, _, index: _weighted(model, options_of(model.market, index), _one),
        value,
        most=True,
    )


MEASURES: dict[str, Measure] = {
    "machine_hours": Measure(
        lambda m, _, i: _weighted(m, _supplier_options(m.market, i), _hours(m.market)),
        lambda plan, i: (
            _amount(plan, _supplier_options(plan.market, i), _hours(plan.market))
            + _held(
                plan.market,
                lambda order: order.supplier == _by_supplier(plan.market.instance, i),
                hours=True,
            )
        ),
    ),
    "parts": Measure(
        lambda m, _, i: _weighted(m, _supplier_options(m.market, i), _one),
        lambda plan, i: (
            _amount(plan, _supplier_options(plan.market, i), _one)
            + _held(
                plan.market, lambda order: order.supplier == _by_supplier(plan.market.instance, i)
            )
        ),
    ),
    "prints": Measure(
        lambda m, _, i: _weighted(m, _licence_options(m.market, i), _one),
        lambda plan, i: (
            _amount(plan, _licence_options(plan.market, i), _one) + _licensed(plan.market, i)
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
