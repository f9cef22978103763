"""Purchase orders: what one supplier is to deliver where and when, as a table to be mailed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amopt.errors import UsageError
from amopt.files import write_folder
from amopt.solution import Column, comma_separated
from amopt.sourcing.answer.purchases import OWN
from amopt.sourcing.instance.fields import CONVENTIONAL

if TYPE_CHECKING:
    from amopt.solution import Solution

__all__ = ["COLUMNS", "OWN", "purchase_orders", "reckoning", "write_purchase_orders"]

COLUMNS: tuple[Column, ...] = (
    Column("supplier", "", "Who is paid; of conventional supply who makes it."),
    Column("position", "", "Number of the row."),
    Column(
        "item", "", "goods, fee of the order, setup, tooling, fee of the supplier, discount; total."
    ),
    Column("order", "", "Number of the order: its rows share price and lead time."),
    Column("part", "", "Part."),
    Column("route", "", "Route."),
    Column("material", "", "Material."),
    Column("quantity", "parts", "Parts ordered."),
    Column("price_per_part", "money", "Price a part."),
    Column("amount", "money", "What is paid for the row, to the cent; of the total, for all."),
    Column("currency", "", "Unit of money."),
    Column("deliver_to", "", "Place."),
    Column("line", "", "Order line, to be named on the delivery note."),
    Column("order_date", "", "Day of the order."),
    Column("delivery_date", "", "Day by which it is to be received."),
    Column("weeks", "weeks", "Weeks until then, rounded."),
    Column("quote_reference", "", "The supplier's reference of its quote."),
    Column("quoted_at", "", "When it was quoted, in UTC."),
)
"""The columns of a purchase order."""

ONCE_A_SUPPLIER = (("supplier_fee", "fee of the supplier", 1), ("discount", "discount", -1))
"""What is paid, or taken off, for all that is ordered at a supplier."""


def purchase_orders(solution: Solution) -> dict[str, list[dict[str, Any]]]:
    """Return the new orders of an answer by who is paid; those placed before are left out.

    A row is what is delivered to a line; fees, tooling and the discount on what is spent have rows
    of their own, and the last row is the total: what the supplier is paid for all of it. What an
    order costs beside that (transport, duty and the like) is no business of the supplier's, and
    stands in the answer's own ``purchase_orders``.

    Parameters
    ----------
    solution
        An answer of sourcing, also one that was read from a file.

    Raises
    ------
    UsageError
        When the answer holds no orders, or the referee did not accept it.
    """
    table = _orders_of(solution)
    quoted = {_key(row): row for row in solution.rows.get("quotes", ())}
    rows_of: dict[Any, list[Any]] = {}
    for row in solution.rows["orders"]:
        if not row["committed"]:
            rows_of.setdefault(row["order"], []).append(row)
    found: dict[str, list[dict[str, Any]]] = {}
    for order in table:
        own = found.setdefault(order["seller"], [])
        own += _goods(order, rows_of[order["order"]], quoted.get(_key(order), {}))
        fee = "setup" if order["supplier"] == CONVENTIONAL else "fee of the order"
        for column, item in (("fee", fee), ("asset_cost", "tooling")):
            if order[column]:
                own.append(_charge(item, order[column], order))
    for seller, own in found.items():
        for column, item, sign in ONCE_A_SUPPLIER:
            paid = sum(order[column] for order in table if order["seller"] == seller)
            if round(paid, 2):
                own.append(_charge(item, sign * paid))
        own.append(_charge("total", sum(row["amount"] for row in own)))
        for position, row in enumerate(own, start=1):
            row |= {"supplier": seller, "position": position, "currency": solution.currency}
    return found


def reckoning(solution: Solution) -> list[tuple[str, float]]:
    """Return what orders add up to, in words and money: the last is the cost of the plan.

    What suppliers are paid comes first, then our own costs that are not nothing, then what was
    placed before.
    """
    table = _orders_of(solution)
    own = [(name.replace("_", " "), sum(row[name] for row in table)) for name in OWN]
    held = sum(row["cost"] for row in solution.rows["orders"] if row["committed"])
    paid = ("paid to suppliers", sum(row["to_supplier"] for row in table))
    told = [paid, *(entry for entry in (*own, ("orders placed before", held)) if entry[1])]
    return [*told, ("cost of the plan", sum(amount for _, amount in told))]


def in_words(solution: Solution) -> str:
    """Return what orders add up to, as one sentence."""
    *told, (last, total) = reckoning(solution)
    money = f" {solution.currency}".rstrip()
    parts = [f"{amount:,.2f} {words}" for words, amount in told]
    return (
        f"The {last} is {total:,.2f}{money}: {', '.join(parts)}. Purchase orders say the first "
        "alone."
    )


def _orders_of(solution: Solution) -> Sequence[Mapping[str, Any]]:
    """Return the orders of an answer as wholes, where they can be mailed."""
    if solution.kind != "sourcing" or not {"orders", "lines"} <= solution.rows.keys():
        raise UsageError(f"the answer {solution.name!r} holds no orders of a sourcing plan")
    if not solution.verdict.accepted:
        raise UsageError(f"the referee did not accept the answer {solution.name!r}")
    table = solution.rows.get("purchase_orders")
    if table is None or any("to_supplier" not in row for row in table):
        raise UsageError(
            f"the answer {solution.name!r} was written by an earlier version, and does not say "
            "what each supplier is paid; solve it again"
        )
    return table


def _goods(
    order: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], quote: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield what an order brings to each line; in cents, so that they add up to its goods."""
    before = 0
    for row in rows:
        before += row["quantity"]
        after, until = (
            round(order["goods"] * (parts / order["quantity"]), 2)
            for parts in (before - row["quantity"], before)
        )
        yield {
            "item": "goods",
            **{name: row[name] for name in ("order", "part", "route", "material", "quantity")},
            "price_per_part": round(order["price_per_part"], 6),
            "amount": round(until - after, 2),
            "deliver_to": row["place"],
            "line": row["line"],
            "order_date": row["order_date"],
            "delivery_date": row["delivery_date"],
            "weeks": round(row["weeks"], 2),
            "quote_reference": quote.get("reference"),
            "quoted_at": quote.get("fetched_at"),
        }


def _charge(item: str, amount: float, order: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a row that is no goods: of an order, or of all that is ordered at a supplier."""
    of_order = {} if order is None else {name: order[name] for name in ("order", "part")}
    return {
        **dict.fromkeys(column.name for column in COLUMNS),
        "item": item,
        **of_order,
        "amount": round(amount, 2),
    }


def write_purchase_orders(solution: Solution, folder: str | Path) -> list[Path]:
    """Write the purchase order of each supplier to a new folder, all of them or none.

    Raises
    ------
    UsageError
        When there is nothing to order, or the folder holds files already.
    """
    orders = purchase_orders(solution)
    if not orders:
        raise UsageError(f"the answer {solution.name!r} orders nothing")
    names = _file_names(list(orders))
    files = {names[supplier]: comma_separated(rows, COLUMNS) for supplier, rows in orders.items()}
    write_folder(folder, files)
    return [Path(folder) / name for name in files]


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["supplier"], row["part"], row["route"], row["material"]


def _file_names(suppliers: list[str]) -> dict[str, str]:
    """Return a name for the file of each supplier, which any system takes, each once."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for supplier in suppliers:
        base = re.sub(r"[^A-Za-z0-9]+", "-", supplier).strip("-").lower()[:60] or "supplier"
        name, number = base, 1
        while name in taken:
            number += 1
            name = f"{base}-{number}"
        taken.add(name)
        found[supplier] = f"purchase-order-{name}.csv"
    return found
