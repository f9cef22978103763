"""Purchase orders: what one supplier is to deliver where and when, as a table to be mailed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amopt.errors import UsageError
from amopt.files import write_folder
from amopt.solution import Column, comma_separated

if TYPE_CHECKING:
    from amopt.solution import Solution

__all__ = ["COLUMNS", "purchase_orders", "write_purchase_orders"]

COLUMNS: tuple[Column, ...] = (
    Column("supplier", "", "Supplier, or conventional."),
    Column("position", "", "Number of the row."),
    Column("order", "", "Number of the order: rows of one share its price and lead time."),
    Column("part", "", "Part."),
    Column("route", "", "Route."),
    Column("material", "", "Material."),
    Column("quantity", "parts", "Parts ordered."),
    Column("deliver_to", "", "Place."),
    Column("line", "", "Order line, to be named on the delivery note."),
    Column("order_date", "", "Day of the order."),
    Column("delivery_date", "", "Day by which it is to be received."),
    Column("weeks", "weeks", "Weeks until then, rounded."),
    Column("cost", "money", "What is paid for it in all, as planned, to the cent."),
    Column("currency", "", "Unit of money."),
    Column("quote_reference", "", "The supplier's reference of its quote."),
    Column("quoted_at", "", "When it was quoted, in UTC."),
)
"""The columns of a purchase order."""


def purchase_orders(solution: Solution) -> dict[str, list[dict[str, Any]]]:
    """Return the new orders of an answer by supplier; those placed before are left out.

    Parameters
    ----------
    solution
        An answer of sourcing, also one that was read from a file.

    Raises
    ------
    UsageError
        When the answer holds no orders, or the referee did not accept it.
    """
    if solution.kind != "sourcing" or not {"orders", "lines"} <= solution.rows.keys():
        raise UsageError(f"the answer {solution.name!r} holds no orders of a sourcing plan")
    if not solution.verdict.accepted:
        raise UsageError(f"the referee did not accept the answer {solution.name!r}")
    quoted = {_key(row): row for row in solution.rows.get("quotes", ())}
    found: dict[str, list[dict[str, Any]]] = {}
    paid: dict[Any, float] = {}
    for row in solution.rows["orders"]:
        if row["committed"]:
            continue
        own = found.setdefault(row["supplier"], [])
        quote = quoted.get(_key(row), {})
        # Amounts in cents, so that those of an order add up to it.
        before = paid.get(row.get("order"), 0.0)
        paid[row.get("order")] = before + row["cost"]
        own.append(
            {
                "supplier": row["supplier"],
                "position": len(own) + 1,
                "order": row.get("order"),
                **{name: row[name] for name in ("part", "route", "material", "quantity")},
                "deliver_to": row["place"],
                "line": row["line"],
                "order_date": row["order_date"],
                "delivery_date": row["delivery_date"],
                "weeks": round(row["weeks"], 2),
                "cost": round(round(before + row["cost"], 2) - round(before, 2), 2),
                "currency": solution.currency,
                "quote_reference": quote.get("reference"),
                "quoted_at": quote.get("fetched_at"),
            }
        )
    return found


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
