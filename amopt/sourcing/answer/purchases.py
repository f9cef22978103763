"""The new orders of a plan, one row each, and what they bring to which place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from amopt.sourcing.evaluation import Evaluation
from amopt.sourcing.instance.fields import CONVENTIONAL, Offer
from amopt.sourcing.offers.reach import Source, fees

__all__ = ["ONCE", "OWN", "TO_SUPPLIER", "order_numbers", "purchases"]

TO_SUPPLIER = ("goods", "fee", "asset_cost", "supplier_fee")
"""What a supplier is paid for an order, less the discount on what is spent there."""

OWN = ("transport", "duty", "royalty", "post_processing", "approval", "preparation", "deliveries")
"""What an order costs us that its supplier is not paid."""

_OF_ROWS = ("discount", "duty", "transport", "royalty")
"""What the parts of an order say of it."""

ONCE = {
    "tooling": "asset_cost",
    "supplier_fees": "supplier_fee",
    "approvals": "approval",
    "preparations": "preparation",
    "deliveries": "deliveries",
}
"""What is paid once, and the column of an order's share of it."""


def order_numbers(plan: Evaluation) -> dict[int, int]:
    """Return the number of the order that each used option is part of, counted as they come."""
    supply = plan.supply
    used = np.flatnonzero(plan.quantity > 0)
    number: dict[int, int] = {}
    pools = supply.pool[used].tolist()
    return {
        o: number.setdefault(g, len(number) + 1) for o, g in zip(used.tolist(), pools, strict=True)
    }


def purchases(
    plan: Evaluation, orders: Sequence[dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """Return the tables of purchase orders, and of what each brings to a place.

    Parameters
    ----------
    plan
        The plan.
    orders
        The rows of its parts of orders.
    """
    supply = plan.supply
    used = np.flatnonzero(plan.quantity > 0)
    number = order_numbers(plan)
    order = np.array([number[o] for o in used.tolist()], dtype=np.int64) - 1
    first = np.unique(order, return_index=True)[1]
    lead = used[first]
    parts = np.bincount(order, plan.quantity[used]).astype(np.float64)
    source = [supply.sources[n] for n in supply.source[lead].tolist()]
    fee = fees(tuple(source))
    paid = supply.pool_total.take(supply.pool[lead]).at(parts) if lead.size else np.zeros(0)
    after: dict[tuple[str, str], float] = {
        (e.part, e.route): e.cost_per_part for e in supply.instance.post_processing
    }
    once = {column: _shares(plan, kind)[used] for kind, column in ONCE.items()}
    of_order = {column: np.bincount(order, shares) for column, shares in once.items()}
    new = [row for row in orders if not row["committed"]]
    by_order: dict[int, list[dict[str, Any]]] = {n: [] for n in range(1, lead.size + 1)}
    for row in new:
        by_order[row["order"]].append(row)
    rows = []
    for n, own in by_order.items():
        k = n - 1
        days = [row["delivery_date"] for row in own if row["delivery_date"] is not None]
        goods = float(paid[k] - fee[k])
        spent = {
            "goods": goods,
            "fee": float(fee[k]),
            **{name: sum(row[name] for row in own) for name in _OF_ROWS},
            **{column: float(shares[k]) for column, shares in of_order.items()},
            "post_processing": _of_route(after, source[k]) * float(parts[k]),
        }
        rows.append(
            {
                "order": n,
                "supplier": own[0]["supplier"],
                "part": own[0]["part"],
                "quantity": sum(row["quantity"] for row in own),
                "price_per_part": goods / float(parts[k]),
                "goods": goods,
                "to_supplier": sum(spent[name] for name in TO_SUPPLIER) - spent["discount"],
                "own_cost": sum(spent[name] for name in OWN),
                "cost": sum(row["cost"] for row in own),
                "weeks": max(row["weeks"] for row in own),
                "delivery_date": max(days, default=None),
                "order_date": own[0]["order_date"],
                "lines": len(own),
                "seller": _seller(source[k]),
                **{name: spent[name] for name in (*TO_SUPPLIER[1:], "discount", *OWN)},
                "route": own[0]["route"],
                "material": own[0]["material"],
            }
        )
    return {"purchase_orders": rows, "deliveries": _deliveries(by_order, once, used, plan)}


def _seller(source: Source) -> str:
    """Return who is paid: of conventional supply who makes it, or else where it is shipped from."""
    if isinstance(source, Offer):
        return source.supplier
    return source.supplier or source.place or CONVENTIONAL


def _of_route(after: dict[tuple[str, str], float], source: Source) -> float:
    """Return what post-processing of a part costs; conventional supply has none."""
    return after.get((source.part, source.route), 0.0) if isinstance(source, Offer) else 0.0


def _shares(plan: Evaluation, kind: str) -> Any:
    """Return what each option bears of what is paid once of a kind."""
    charges = plan.supply.charges
    wanted = np.array([own == kind for own in charges.kind], dtype=bool)
    return charges.keep(wanted).shares(plan.quantity)


def _deliveries(
    by_order: dict[int, list[dict[str, Any]]], once: dict[str, Any], used: Any, plan: Evaluation
) -> list[dict[str, Any]]:
    """Return what each order brings to each place, in the order of the rows."""
    supply = plan.supply
    paid: dict[tuple[int, str | None], float] = {}
    number = order_numbers(plan)
    for o, amount in zip(used.tolist(), once["deliveries"].tolist(), strict=True):
        key = number[o], supply.instance.lines[supply.line[o]].place
        paid[key] = paid.get(key, 0.0) + amount
    rows = []
    for n, own in by_order.items():
        at: dict[str | None, list[dict[str, Any]]] = {}
        for row in own:
            at.setdefault(row["place"], []).append(row)
        for place, there in at.items():
            days = [row["delivery_date"] for row in there if row["delivery_date"] is not None]
            rows.append(
                {
                    "order": n,
                    "place": place,
                    "supplier": there[0]["supplier"],
                    "part": there[0]["part"],
                    "quantity": sum(row["quantity"] for row in there),
                    "weeks": max(row["weeks"] for row in there),
                    "delivery_date": max(days, default=None),
                    "cost_of_delivery": paid[n, place],
                    "lines": len(there),
                }
            )
    return rows
