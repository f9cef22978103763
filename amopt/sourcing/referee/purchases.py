"""What the referee says of new orders as a whole, and of what they bring to each place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from amopt.referee import Amount
from amopt.sourcing.instance.entries import CONVENTIONAL
from amopt.sourcing.referee.rows import Row, require_rows
from amopt.sourcing.referee.use import Placed, paid_once

if TYPE_CHECKING:
    from amopt.referee import Notebook
    from amopt.sourcing.referee.quote_pricing import Terms
    from amopt.sourcing.referee.terms import OrderTerms

__all__ = ["check_purchases"]

_COLUMN = {
    "tooling": "asset_cost",
    "supplier": "supplier_fee",
    "approval": "approval",
    "preparation": "preparation",
    "delivery": "deliveries",
}

_PAID = ("goods", "fee", "asset_cost", "supplier_fee")
"""What goes to the supplier, less the discount."""

_OWN = ("transport", "duty", "royalty", "post_processing", "approval", "preparation", "deliveries")
"""What goes to others."""


def check_purchases(
    terms: OrderTerms,
    notebook: Notebook,
    tables: Mapping[str, Sequence[Row]],
    placed: Sequence[tuple[int, Placed, Terms]],
    beside: Sequence[tuple[Amount, Amount]],
) -> None:
    """Recompute each new order from its parts, and what it brings to each place.

    Parameters
    ----------
    terms
        The instance.
    notebook
        Where findings are noted.
    tables
        The tables of the answer.
    placed
        Number, part and terms of what is ordered, in the order of the rows.
    beside
        The duty and the discount of each of them.
    """
    shares: list[dict[str, float]] = [defaultdict(float) for _ in placed]
    for what, amount, served in paid_once(terms, [own for _, own, _ in placed]):
        parts = sum(placed[n][1].quantity for n in served)
        for n in served:
            shares[n][_COLUMN[what]] += amount * placed[n][1].quantity / parts
    of_order: dict[int, list[int]] = defaultdict(list)
    for n, (number, _, _) in enumerate(placed):
        of_order[number].append(n)
    table = tables["purchase_orders"]
    require_rows(notebook, "purchase_orders", [row["order"] for row in table], sorted(of_order))
    for row in table:
        if (members := of_order.get(row["order"])) is not None:
            expected = _order(terms, row, [placed[n] for n in members])
            expected |= {c: sum(shares[n][c] for n in members) for c in _COLUMN.values()}
            expected["duty"] = _sum(beside[n][0] for n in members)
            expected["discount"] = _sum(beside[n][1] for n in members)
            expected |= _whose(expected)
            notebook.compare(f"purchase order {row['order']}", row, expected)
    due: dict[tuple[int, str | None], list[int]] = defaultdict(list)
    for number in sorted(of_order):
        for n in of_order[number]:
            due[number, placed[n][1].line.place].append(n)
    table = tables["deliveries"]
    stated = [(row["order"], row["place"]) for row in table]
    require_rows(notebook, "deliveries", stated, list(due))
    for row, key in zip(table, stated, strict=True):
        if (members := due.get(key)) is not None:
            own = _sums(terms, row, [placed[n] for n in members])
            paid = sum(shares[n]["deliveries"] for n in members)
            expected = {"order": key[0], "place": key[1], **own, "cost_of_delivery": paid}
            notebook.compare(f"delivery of order {key[0]} to {key[1]!r}", row, expected)


def _whose(expected: Mapping[str, Any]) -> dict[str, Amount]:
    """Return what the supplier is paid, and what is paid to others."""
    paid = [expected[name] for name in _PAID]
    off = expected["discount"]
    return {
        "to_supplier": _sum([*map(_amount, paid), Amount(-off.value, off.scale)]),
        "own_cost": _sum(_amount(expected[name]) for name in _OWN),
    }


def _amount(value: Any) -> Amount:
    """Return a number as an amount."""
    return value if isinstance(value, Amount) else Amount(value, abs(value))


def _sum(amounts: Iterable[Amount]) -> Amount:
    """Return the sum of amounts."""
    own = list(amounts)
    return Amount(sum(a.value for a in own), sum(a.scale for a in own))


def _sums(
    terms: OrderTerms, row: Row, members: Sequence[tuple[int, Placed, Terms]]
) -> dict[str, Any]:
    """Return whose parts these are, how many, for how many lines, and when the last is there."""
    first = members[0][1]
    days = []
    for _, own, found in members:
        weeks = Amount(found.weeks, found.weeks_terms)
        days.append(terms.delivery_date(own.line, weeks, row["delivery_date"]))
    last = max((found for _, _, found in members), key=lambda found: found.weeks)
    return {
        "supplier": first.supplier,
        "part": first.line.part,
        "quantity": sum(own.quantity for _, own, _ in members),
        "weeks": Amount(last.weeks, last.weeks_terms),
        "delivery_date": max((day for day in days if day is not None), default=None),
        "lines": len(members),
    }


def _order(
    terms: OrderTerms, row: Row, members: Sequence[tuple[int, Placed, Terms]]
) -> dict[str, Any]:
    """Return the right row of an order, without its shares of what is paid once."""
    first, day = members[0][1], terms.instance.order_date
    ordered = sum(own.quantity for _, own, _ in members)
    after, who = 0.0, first.supplier
    if first.offer is None:
        entry = terms.conventional[first.line.part]
        goods, fee, terms_of_goods = entry.cost_per_part * ordered, entry.setup_cost, 0.0
        who, start = entry.supplier or entry.place or CONVENTIONAL, entry.place
    else:
        pricing, start = terms.pricing_of(first.offer), who
        after = sum(
            e.cost_per_part
            for e in terms.instance.post_processing
            if (e.part, e.route) == (first.offer.part, first.offer.route)
        )
        goods, fee = pricing.total(ordered), first.offer.fee_per_order
        terms_of_goods = pricing.total_terms(ordered)
    paid = sum(found.cost for _, _, found in members)
    scale = sum(max(abs(found.cost), found.cost_terms) for _, _, found in members)
    # What the answer states is the difference of the order's total and its fee.
    size = max(terms_of_goods, abs(goods) + fee)
    return {
        "order": members[0][0],
        **_sums(terms, row, members),
        "price_per_part": Amount(goods / ordered, size / ordered),
        "goods": Amount(goods, size),
        "fee": fee,
        "seller": who,
        "transport": sum(
            (terms.transport(start, own.line) or (0.0,))[0] * own.quantity for _, own, _ in members
        ),
        "royalty": terms.royalty_of(first.line.part, first.supplier) * ordered
        if first.offer
        else 0.0,
        "post_processing": float(after * ordered),
        "cost": Amount(paid, scale),
        "order_date": None if day is None else day.isoformat(),
        "route": first.offer.route if first.offer else None,
        "material": first.offer.material if first.offer else None,
    }
