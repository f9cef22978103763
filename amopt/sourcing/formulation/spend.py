"""What is spent at a supplier: the discount that is taken off it, and the least it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.phrases import money, rounded_down
from amopt.program.family import Family

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.sourcing.instance.fields import Instance

__all__ = ["FAMILIES", "add_least_spend", "add_ordered_at", "add_spend"]


def add_spend(model: ConcreteModel) -> None:
    r"""Have what is spent on parts at a supplier on one tier of its discounts.

    .. math:: \sum_t v_{kt} = \sum_{s \in k} \Big(f^*_s y_s + r_s \sum_l q_{ls}\Big), \qquad
        B_t w_{kt} \le v_{kt} \le B_{t+1} w_{kt}, \qquad \sum_t w_{kt} = 1

    :math:`f^*_s` is what of :math:`f_s` is price. The first tier has no discount; the last ends at
    the most that can be spent. What is taken off is in the objective, and in the budget.
    """
    from pyomo.core.expr.numeric_expr import LinearExpression
    from pyomo.environ import Constraint

    own = model.spendings

    def spent(_: Any, supplier: str) -> Any:
        coefs, variables = _goods(model, own[supplier])
        tiers = [model.spent[supplier, t] for t in range(len(own[supplier].begins))]
        body = LinearExpression(
            linear_coefs=coefs + [-1.0] * len(tiers), linear_vars=variables + tiers
        )
        return body == 0

    def above(_: Any, supplier: str, t: int) -> Any:
        begin = own[supplier].begins[t]
        return begin * model.tier[supplier, t] <= model.spent[supplier, t]

    def below(_: Any, supplier: str, t: int) -> Any:
        end = own[supplier].ends[t]
        return model.spent[supplier, t] <= end * model.tier[supplier, t]

    def one(_: Any, supplier: str) -> Any:
        return sum(model.tier[supplier, t] for t in range(len(own[supplier].begins))) == 1

    pairs = list(model.spent)
    model.spend = Constraint(list(own), rule=spent)
    model.spend_from = Constraint([key for key in pairs if own[key[0]].begins[key[1]]], rule=above)
    model.spend_to = Constraint(pairs, rule=below)
    model.spend_tier = Constraint(list(own), rule=one)


def add_ordered_at(model: ConcreteModel) -> None:
    r"""Say whether anything is ordered at a supplier with a least order value.

    .. math:: b_k \ge \sum_{s \in g} y_s \qquad (g \text{ at } k)
    """
    from pyomo.core.expr.numeric_expr import LinearExpression
    from pyomo.environ import Constraint

    pool = model.segments.pool.tolist()
    pools: dict[tuple[str, int], list[int]] = {}
    for supplier, least in model.least_orders.items():
        for s in least.segments:
            pools.setdefault((supplier, pool[s]), []).append(s)

    def bought(_: Any, supplier: str, g: int) -> Any:
        chosen = [model.y[s] for s in pools[supplier, g]]
        body = LinearExpression(
            linear_coefs=[1.0] * len(chosen) + [-1.0],
            linear_vars=[*chosen, model.bought_from[supplier]],
        )
        return body <= 0

    model.ordered_at = Constraint(list(pools), rule=bought)


def add_least_spend(model: ConcreteModel) -> None:
    r"""Spend the least order value at a supplier, if anything is ordered there.

    .. math:: \sum_{s \in k} \Big(f^*_s y_s + r_s \sum_l q_{ls}\Big) \ge B_k b_k

    :math:`f^*_s` is what of :math:`f_s` is price. What is committed does not count.
    """
    from pyomo.core.expr.numeric_expr import LinearExpression
    from pyomo.environ import Constraint

    own = model.least_orders

    def enough(_: Any, supplier: str) -> Any:
        coefs, variables = _goods(model, own[supplier])
        body = LinearExpression(
            linear_coefs=[*coefs, -own[supplier].amount],
            linear_vars=[*variables, model.bought_from[supplier]],
        )
        return body >= 0

    model.least_spend = Constraint(list(own), rule=enough)


def _goods(model: ConcreteModel, own: Any) -> tuple[list[float], list[Any]]:
    """Return coefficients and variables of what is spent on parts at a supplier."""
    rate = model.segments.rate.tolist()
    coefs: list[float] = []
    variables: list[Any] = []
    for s, fixed in zip(own.segments, own.fixed, strict=True):
        parts = [model.x[i] for i in model.of_segment[s]]
        coefs += [fixed, *[rate[s]] * len(parts)] if fixed else [rate[s]] * len(parts)
        variables += [model.y[s], *parts] if fixed else parts
    return coefs, variables


def _least(instance: Instance, supplier: str) -> float:
    """Return the least order value that a supplier asks for."""
    terms = next(own for own in instance.suppliers if own.supplier == supplier)
    return terms.minimum_order_value or 0.0


def least_spend_says(instance: Instance, supplier: str) -> str:
    """Return a supplier's least order value in words."""
    amount = _least(instance, supplier)
    return f"the minimum order value of {supplier!r}, {money(amount, instance.currency)}"


def least_spend_remedy(instance: Instance, supplier: str, change: float) -> str:
    """Return what a supplier's least order value must be."""
    amount = max(0.0, _least(instance, supplier) - change)
    shown = rounded_down(amount) if amount > 0 else "nothing"
    unit = f" {instance.currency}".rstrip() if amount > 0 else ""
    return f"lower the minimum order value of {supplier!r} to {shown}{unit}"


FAMILIES = (
    Family(
        "spend",
        add_spend,
        scope=("suppliers[].spend_discounts",),
        rows=("spend", "spend_from", "spend_to", "spend_tier"),
    ),
    Family("ordered_at", add_ordered_at, scope=("suppliers[].minimum_order_value",)),
    Family(
        "least_spend",
        add_least_spend,
        scope=("suppliers[].minimum_order_value",),
        says=least_spend_says,
        remedy=least_spend_remedy,
    ),
)
"""What is spent at suppliers."""
