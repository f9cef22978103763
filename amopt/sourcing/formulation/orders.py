"""What may be ordered for a line: enough of it, on pieces of curves, from so many suppliers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from amopt.phrases import counted, rounded_down, rounded_up
from amopt.program.family import Family
from amopt.sourcing.formulation.variables import linear
from amopt.sourcing.instance.entries import Conventional

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.sourcing.instance.fields import Instance, Offer

__all__ = [
    "FAMILIES",
    "add_demand",
    "add_largest_order",
    "add_one_segment",
    "add_range",
    "add_smallest_order",
    "add_supplier_used",
    "add_suppliers_per_line",
]


def add_demand(model: ConcreteModel) -> None:
    r"""Fill every line.

    .. math:: Q_l \le \sum_{s \in l} x_s \le Q_l + \text{surplus}_l

    :math:`Q_l` is what committed orders leave to be ordered.
    """
    from pyomo.environ import Constraint

    supply = model.supply
    names = [line.line for line in supply.instance.lines]
    needed, surplus = model.needed.tolist(), supply.surplus.tolist()
    ones = [1.0] * len(model.segments)
    position = {names[n]: n for n in range(len(names)) if needed[n] > 0}

    def demand(_: Any, name: str) -> Any:
        n = position[name]
        return needed[n], linear(model.of_line[name], ones, model.x), needed[n] + surplus[n]

    model.demand = Constraint(list(position), rule=demand)


def add_range(model: ConcreteModel) -> None:
    r"""Keep what is ordered on a segment on it.

    .. math:: a_s y_s \le x_s \le b_s y_s

    The left side is left out where it can never matter: one part at least is what any order has.
    """
    from pyomo.core.expr.numeric_expr import LinearExpression
    from pyomo.environ import Constraint

    segments, x, y = model.segments, model.x, model.y
    lower, upper = segments.lower.tolist(), segments.upper.tolist()

    def most(_: Any, s: int) -> Any:
        return None, LinearExpression(linear_coefs=[1.0, -upper[s]], linear_vars=[x[s], y[s]]), 0.0

    def least(_: Any, s: int) -> Any:
        return 0.0, LinearExpression(linear_coefs=[1.0, -lower[s]], linear_vars=[x[s], y[s]]), None

    bounded = np.flatnonzero(segments.bounded_below(model.supply.divisible))
    model.most = Constraint(model.SEGMENTS, rule=most)
    model.least = Constraint(bounded.tolist(), rule=least)


def add_one_segment(model: ConcreteModel) -> None:
    r"""Order an option on one segment at most.

    .. math:: \sum_{s \in o} y_s \le 1
    """
    from pyomo.environ import Constraint

    ones = [1.0] * len(model.segments)
    several = {o: own for o, own in model.options.items() if len(own) > 1}
    model.one_segment = Constraint(
        list(several), rule=lambda _, o: (None, linear(several[o], ones, model.y), 1.0)
    )


def add_smallest_order(model: ConcreteModel) -> None:
    r"""Order no less than the smallest order of an option, :math:`a_o`.

    .. math:: \sum_{s \in o} x_s \ge a_o \sum_{s \in o} y_s

    Where the segments are cut at it, they say it already and no row is needed.
    """
    supply = model.supply
    beyond = model.segments.lower < supply.smallest[model.segments.option] * (1 - 1e-9)
    _add_order_size(model, "smallest_order", supply.smallest, beyond, least=True)


def add_largest_order(model: ConcreteModel) -> None:
    r"""Order no more than the largest order of an option, :math:`b_o`.

    .. math:: \sum_{s \in o} x_s \le b_o \sum_{s \in o} y_s

    Where the segments are cut at it, they say it already and no row is needed.
    """
    supply = model.supply
    beyond = model.segments.upper > supply.largest[model.segments.option] * (1 + 1e-9)
    _add_order_size(model, "largest_order", supply.largest, beyond, least=False)


def _add_order_size(
    model: ConcreteModel, name: str, size: Any, beyond: Any, *, least: bool
) -> None:
    from pyomo.core.expr.numeric_expr import LinearExpression
    from pyomo.environ import Constraint

    supply = model.supply
    lines = supply.instance.lines
    options = {
        (lines[supply.line[o]].line, int(supply.source[o])): o
        for o in np.unique(model.segments.option[beyond]).tolist()
    }

    def order_size(_: Any, line: str, source: int) -> Any:
        o = options[line, source]
        own = model.options[o]
        body = LinearExpression(
            linear_coefs=[1.0] * len(own) + [-float(size[o])] * len(own),
            linear_vars=[model.x[s] for s in own] + [model.y[s] for s in own],
        )
        return (0.0, body, None) if least else (None, body, 0.0)

    model.add_component(name, Constraint(list(options), rule=order_size))


def add_supplier_used(model: ConcreteModel) -> None:
    r"""Say whether a supplier with several options of a line is one of its suppliers.

    .. math:: \sum_{s \in o} y_s \le u_{lk} \quad (o \text{ of supplier } k \text{ for line } l)
    """
    from pyomo.environ import Constraint

    ones = [1.0] * len(model.segments)
    uses = [
        (name, supplier, o)
        for name, supplier in model.supplies
        for o in model.suppliers[name][supplier]
    ]

    def used(_: Any, name: str, supplier: str, o: int) -> Any:
        return linear(model.options[o], ones, model.y) <= model.supplies[name, supplier]

    model.supplier_used = Constraint(uses, rule=used)


def add_suppliers_per_line(model: ConcreteModel) -> None:
    r"""Allow a line K suppliers at most.

    .. math:: \sum_k u_{lk} \le K

    Where a supplier has one option for the line, :math:`\sum_{s \in o} y_s` is its :math:`u_{lk}`.
    Suppliers with a committed order of the line count as used.
    """
    from pyomo.environ import Constraint

    if model.instance.limits.suppliers_per_line is None:
        return
    own, left = model.suppliers, model.supply.suppliers_left

    def most_suppliers(_: Any, name: str) -> Any:
        used = []
        for supplier, options in own[name].items():
            if len(options) > 1:
                used.append(model.supplies[name, supplier])
            else:
                used += [model.y[s] for s in model.options[options[0]]]
        return sum(used) <= left[name]

    crowded = [name for name, by in own.items() if len(by) > left[name]]
    model.suppliers_per_line = Constraint(crowded, rule=most_suppliers)


def _source(instance: Instance, key: tuple[str, int]) -> Offer | Conventional:
    offers = instance.offers
    number = key[1]
    return offers[number] if number < len(offers) else instance.conventional[number - len(offers)]


def _order_size_says(instance: Instance, key: tuple[str, int], word: str) -> str:
    source = _source(instance, key)
    if isinstance(source, Conventional):
        return f"the minimum order of conventional {source.part!r}"
    return f"the {word} quantity of {source.supplier!r} for {source.part!r}"


def smallest_order_says(instance: Instance, key: tuple[str, int]) -> str:
    """Return a smallest order in words."""
    source = _source(instance, key)
    least = source.minimum_order if isinstance(source, Conventional) else source.smallest
    return f"{_order_size_says(instance, key, 'smallest')}, {least:g} parts"


def smallest_order_remedy(instance: Instance, key: tuple[str, int], change: float) -> str:
    """Return by how little a smallest order must be lowered."""
    source = _source(instance, key)
    least = source.minimum_order if isinstance(source, Conventional) else source.smallest
    enough = rounded_down(least - change)
    return f"lower {_order_size_says(instance, key, 'smallest')} to {enough} parts"


def largest_order_says(instance: Instance, key: tuple[str, int]) -> str:
    """Return a largest order in words."""
    source = _source(instance, key)
    most = float("inf") if isinstance(source, Conventional) else source.largest
    return f"{_order_size_says(instance, key, 'largest')}, {most:g} parts"


def largest_order_remedy(instance: Instance, key: tuple[str, int], change: float) -> str:
    """Return by how little a largest order must be raised."""
    source = _source(instance, key)
    most = float("inf") if isinstance(source, Conventional) else source.largest
    return (
        f"raise {_order_size_says(instance, key, 'largest')} to {rounded_up(most + change)} parts"
    )


def suppliers_says(instance: Instance, _: object) -> str:
    """Return the most suppliers of a line in words."""
    return f"at most {counted(instance.limits.suppliers_per_line or 0, 'supplier')} a line"


def suppliers_remedy(instance: Instance, _: object, change: float) -> str:
    """Return how many suppliers a line must be allowed."""
    most = (instance.limits.suppliers_per_line or 0) + change
    return f"raise the most suppliers a line to {round(most)}"


FAMILIES = (
    Family("demand", add_demand),
    Family("range", add_range, rows=("most", "least")),
    Family("one_segment", add_one_segment),
    Family(
        "smallest_order",
        add_smallest_order,
        says=smallest_order_says,
        remedy=smallest_order_remedy,
    ),
    Family(
        "largest_order", add_largest_order, says=largest_order_says, remedy=largest_order_remedy
    ),
    Family("supplier_used", add_supplier_used, scope=("limits.suppliers_per_line",)),
    Family(
        "suppliers_per_line",
        add_suppliers_per_line,
        scope=("limits.suppliers_per_line",),
        says=suppliers_says,
        remedy=suppliers_remedy,
    ),
)
"""Demand, and what an order may be."""
