"""What is spent at a supplier, and the discount that is taken off it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.program.family import Family

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["FAMILIES", "add_spend"]


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
    rate = model.segments.rate.tolist()

    def spent(_: Any, supplier: str) -> Any:
        spending = own[supplier]
        coefs, variables = [], []
        for s, fixed in zip(spending.segments, spending.fixed, strict=True):
            parts = [model.x[i] for i in model.of_segment[s]]
            coefs += [fixed, *[rate[s]] * len(parts)] if fixed else [rate[s]] * len(parts)
            variables += [model.y[s], *parts] if fixed else parts
        tiers = [model.spent[supplier, t] for t in range(len(spending.begins))]
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


FAMILIES = (
    Family(
        "spend",
        add_spend,
        scope=("suppliers[].spend_discounts",),
        rows=("spend", "spend_from", "spend_to", "spend_tier"),
    ),
)
"""What is spent at suppliers."""
