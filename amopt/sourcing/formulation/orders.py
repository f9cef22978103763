"""What may be ordered for a line: enough of it, on pieces of curves, from so many suppliers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from amopt.phrases import counted, rounded_down, rounded_up, stated
from amopt.program.family import Family
from amopt.sourcing.formulation.variables import linear, order_parts
from amopt.sourcing.instance.entries import Conventional

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.sourcing.instance.fields import Instance, Offer
    from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = [
    "FAMILIES",
    "add_demand",
    "add_joins",
    "add_largest_order",
    "add_one_segment",
    "add_own_or_shared",
    "add_range",
    "add_smallest_order",
    "add_supplier_used",
    "add_suppliers_per_line",
]


def add_demand(model: ConcreteModel) -> None:
    r"""Fill every line.

    .. math:: Q_l \le \sum_s q_{ls} \le Q_l + \text{surplus}_l

    :math:`Q_l` is what committed orders leave to be ordered. Lines that state a penalty for what
    they do not get are filled by ``unmet``.
    """
    from pyomo.environ import Constraint

    supply = model.supply
    names = [line.line for line in supply.instance.lines]
    needed, surplus = model.needed.tolist(), supply.surplus.tolist()
    ones = [1.0] * len(model.x)
    filled = (supply.needed > 0) & np.isnan(supply.unmet_penalty)
    position = {names[n]: n for n in np.flatnonzero(filled).tolist()}

    def demand(_: Any, name: str) -> Any:
        n = position[name]
        return needed[n], linear(model.of_line[name], ones, model.x), needed[n] + surplus[n]

    model.demand = Constraint(list(position), rule=demand)


def add_range(model: ConcreteModel) -> None:
    r"""Keep what is ordered on a segment on it.

    .. math:: a_s y_s \le \sum_l q_{ls} \le b_s y_s

    The left side is left out where it can never matter: one part at least is what any order has.
    """
    from pyomo.core.expr.numeric_expr import LinearExpression
    from pyomo.environ import Constraint

    segments, y = model.segments, model.y
    lower, upper = segments.lower.tolist(), segments.upper.tolist()

    def beside(s: int, bound: float) -> Any:
        ones, parts = order_parts(model, s)
        return LinearExpression(linear_coefs=[*ones, -bound], linear_vars=[*parts, y[s]])

    bounded = np.flatnonzero(segments.bounded_below(model.supply))
    model.most = Constraint(model.SEGMENTS, rule=lambda _, s: (None, beside(s, upper[s]), 0.0))
    model.least = Constraint(bounded.tolist(), rule=lambda _, s: (0.0, beside(s, lower[s]), None))


def add_one_segment(model: ConcreteModel) -> None:
    r"""Place an order on one segment at most.

    .. math:: \sum_{s \in g} y_s \le 1
    """
    from pyomo.environ import Constraint

    ones = [1.0] * len(model.segments)
    several = {g: own for g, own in model.pools.items() if len(own) > 1}
    model.one_segment = Constraint(
        list(several), rule=lambda _, g: (None, linear(several[g], ones, model.y), 1.0)
    )


def add_joins(model: ConcreteModel) -> None:
    r"""Let a line take parts only of an order that it joins, and that is placed.

    .. math:: q_{ls} \le \min(b_s, Q_l + \text{surplus}_l) \, z_{ls}, \qquad z_{ls} \le y_s

    Where nothing asks whether a line joins an order, :math:`q_{ls} \le \min(b_s, Q_l +
    \text{surplus}_l) \, y_s`, which only tightens. Shares are split by segment, so that each is
    bounded by its own segment's choice.
    """
    from pyomo.core.expr.numeric_expr import LinearExpression
    from pyomo.environ import Constraint

    shares, supply = model.segments.shares, model.supply
    several = np.flatnonzero(~supply.single[model.segments.pool[shares.segment]])
    most, segment = shares.most.tolist(), shares.segment.tolist()

    def share(_: Any, i: int) -> Any:
        body = LinearExpression(linear_coefs=[1.0, -most[i]], linear_vars=[model.x[i], model.z[i]])
        return None, body, 0.0

    def joined(_: Any, i: int) -> Any:
        own = [model.joins[i], model.y[segment[i]]]
        return None, LinearExpression(linear_coefs=[1.0, -1.0], linear_vars=own), 0.0

    model.share = Constraint(several.tolist(), rule=share)
    model.joined = Constraint(list(model.joins), rule=joined)


def add_own_or_shared(model: ConcreteModel) -> None:
    r"""Let a line join the shared order of an offer, or have its own there, not both.

    .. math:: \sum_{g \text{ of } o} \sum_{s \in g} z_{ls} \le 1
    """
    from pyomo.environ import Constraint

    supply = model.supply
    if not supply.instance.order_chosen:
        return
    names = [line.line for line in supply.instance.lines]
    own: dict[tuple[str, int], list[int]] = {}
    for o, shares in model.options.items():
        own.setdefault((names[supply.line[o]], int(supply.source[o])), []).extend(shares)
    twice = {
        key: shares
        for key, shares in own.items()
        if len({int(model.segments.shares.option[i]) for i in shares}) > 1
    }
    ones = [1.0] * len(model.z)
    model.own_or_shared = Constraint(
        list(twice), rule=lambda _, *key: (None, linear(twice[key], ones, model.z), 1.0)
    )


def add_smallest_order(model: ConcreteModel) -> None:
    r"""Order no less than the smallest order of a source, :math:`a_g`.

    .. math:: \sum_{s \in g} \sum_l q_{ls} \ge a_g \sum_{s \in g} y_s

    Where the segments are cut at it, they say it already and no row is needed.
    """
    size = _of_pools(model.supply, model.supply.smallest)
    beyond = model.segments.lower < size[model.segments.pool] * (1 - 1e-9)
    _add_order_size(model, "smallest_order", size, beyond, least=True)


def add_largest_order(model: ConcreteModel) -> None:
    r"""Order no more than the largest order of a source, :math:`b_g`.

    .. math:: \sum_{s \in g} \sum_l q_{ls} \le b_g \sum_{s \in g} y_s

    Where the segments are cut at it, they say it already and no row is needed.
    """
    size = _of_pools(model.supply, model.supply.largest)
    beyond = model.segments.upper > size[model.segments.pool] * (1 + 1e-9)
    _add_order_size(model, "largest_order", size, beyond, least=False)


def _of_pools(supply: SupplyOptions, values: Any) -> Any:
    """Return what the options of each pool have in common, shape (pools,)."""
    found = np.zeros(len(supply.pool_total))
    found[supply.pool] = values
    return found


def _add_order_size(
    model: ConcreteModel, name: str, size: Any, beyond: Any, *, least: bool
) -> None:
    from pyomo.core.expr.numeric_expr import LinearExpression
    from pyomo.environ import Constraint

    supply = model.supply
    lines, (options, start) = supply.instance.lines, supply.members
    pools = {}
    for g in np.unique(model.segments.pool[beyond]).tolist():
        o = options[start[g]]
        whose = lines[supply.line[o]].line if supply.single[g] else ""
        pools[whose, int(supply.source[o])] = g

    def order_size(_: Any, line: str, source: int) -> Any:
        g = pools[line, source]
        own = model.pools[g]
        parts = [model.x[i] for s in own for i in model.of_segment[s]]
        body = LinearExpression(
            linear_coefs=[1.0] * len(parts) + [-float(size[g])] * len(own),
            linear_vars=parts + [model.y[s] for s in own],
        )
        return (0.0, body, None) if least else (None, body, 0.0)

    model.add_component(name, Constraint(list(pools), rule=order_size))


def add_supplier_used(model: ConcreteModel) -> None:
    r"""Say whether a supplier with several options of a line is one of its suppliers.

    .. math:: \sum_{s \in o} z_{ls} \le n_{lk} \quad (o \text{ of supplier } k \text{ for line } l)
    """
    from pyomo.environ import Constraint

    ones = [1.0] * len(model.z)
    uses = [
        (name, supplier, o)
        for name, supplier in model.supplies
        for o in model.suppliers[name][supplier]
    ]

    def used(_: Any, name: str, supplier: str, o: int) -> Any:
        return linear(model.options[o], ones, model.z) <= model.supplies[name, supplier]

    model.supplier_used = Constraint(uses, rule=used)


def add_suppliers_per_line(model: ConcreteModel) -> None:
    r"""Allow a line K suppliers at most.

    .. math:: \sum_k n_{lk} \le K

    Where a supplier has one option for the line, :math:`\sum_{s \in o} z_{ls}` is its
    :math:`n_{lk}`.
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
                used += [model.z[i] for i in model.options[options[0]]]
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
    alike = [o for o in instance.offers if (o.supplier, o.part) == (source.supplier, source.part)]
    which = ", ".join(filter(None, source.key[2:])) if len(alike) > 1 else ""
    own = f"the {word} quantity of {source.supplier!r} for {source.part!r}"
    return f"{own} ({which})" if which else own


def smallest_order_says(instance: Instance, key: tuple[str, int]) -> str:
    """Return a smallest order in words."""
    source = _source(instance, key)
    least = source.minimum_order if isinstance(source, Conventional) else source.smallest
    return f"{_order_size_says(instance, key, 'smallest')}, {stated(least)} parts"


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
    return f"{_order_size_says(instance, key, 'largest')}, {stated(most)} parts"


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
    Family("joins", add_joins, scope=("pooled",), rows=("share", "joined")),
    Family("own_or_shared", add_own_or_shared, scope=("order_chosen",)),
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
