"""What is paid once, however many orders or lines it serves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from amopt.program.family import Family
from amopt.sourcing.formulation.variables import linear
from amopt.sourcing.offers.charges import KINDS

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = [
    "FAMILIES",
    "add_approvals",
    "add_deliveries",
    "add_preparations",
    "add_supplier_fees",
    "add_tooling",
]


def add_tooling(model: ConcreteModel) -> None:
    r"""Pay the tooling of a part with the first of its conventional orders.

    .. math:: m_c \ge \sum_{s \in g} y_s \qquad (g \text{ conventional, of part } c)

    Where a part has one conventional order at most, its tooling is in :math:`f_s`.
    """
    _add_charges(model, "tooling")


def add_supplier_fees(model: ConcreteModel) -> None:
    r"""Pay the fee of a supplier with the first of its orders.

    .. math:: m_c \ge \sum_{s \in g} y_s \qquad (g \text{ at supplier } c)
    """
    _add_charges(model, "supplier_fees")


def add_approvals(model: ConcreteModel) -> None:
    r"""Pay for the approval of a part at a supplier with the first of these orders.

    .. math:: m_c \ge \sum_{s \in g} y_s \qquad (c = (k, p), \; g \text{ of } p \text{ at } k)
    """
    _add_charges(model, "approvals")


def add_preparations(model: ConcreteModel) -> None:
    r"""Pay for the preparation of a part's model with the first of its orders at AM suppliers.

    .. math:: m_c \ge \sum_{s \in g} y_s \qquad (g \text{ of part } c)
    """
    _add_charges(model, "preparations")


def add_deliveries(model: ConcreteModel) -> None:
    r"""Pay for the delivery of an order to a place, if any of its lines is there.

    .. math:: m_{gd} \ge \sum_{s \in g} z_{ls} \qquad (l \text{ at } d)
    """
    _add_charges(model, "deliveries")


def _add_charges(model: ConcreteModel, kind: str) -> None:
    """Add what says when charges of a kind are due: by option where it is a place's, else by pool.

    A place's charge is due when a line joins the order; any other, when the order is placed.
    """
    from pyomo.environ import Constraint

    charges, supply = model.charges, model.supply
    ones = [1.0] * max(len(model.z), len(model.y))
    due: dict[tuple[int, int], Any] = {}
    for c in [n for n, own in enumerate(charges.kind) if own == kind]:
        options = charges.option[charges.charge == c]
        if kind == "deliveries":
            own = {o: (model.options.get(o, ()), model.z) for o in options.tolist()}
        else:
            pools = np.unique(supply.pool[options]).tolist()
            own = {g: (model.pools.get(g, ()), model.y) for g in pools}
        due |= {(c, key): terms for key, terms in own.items() if terms[0]}

    def pays(_: Any, c: int, key: int) -> Any:
        terms, variables = due[c, key]
        return linear(terms, ones, variables) <= model.paid_once[c]

    model.add_component(kind, Constraint(list(due), rule=pays))


_SCOPES = {
    "tooling": "tooling_shared",
    "deliveries": "deliveries[].cost_per_delivery",
    "supplier_fees": "suppliers[].fee_per_supplier",
    "approvals": "approvals[].cost",
    "preparations": "preparations[].cost",
}

_ADD: dict[str, Callable[[Any], None]] = {
    "tooling": add_tooling,
    "deliveries": add_deliveries,
    "supplier_fees": add_supplier_fees,
    "approvals": add_approvals,
    "preparations": add_preparations,
}

FAMILIES = tuple(Family(kind, _ADD[kind], scope=(_SCOPES[kind],)) for kind in KINDS)
"""What is paid once, a family a kind."""
