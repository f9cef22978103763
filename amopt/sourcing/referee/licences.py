"""What the referee says of the tables of capacities and licences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from amopt.referee import Amount, is_number
from amopt.sourcing.referee.rows import Row, compare_rows

if TYPE_CHECKING:
    from amopt.referee import Notebook
    from amopt.sourcing.instance.fields import Instance
    from amopt.sourcing.referee.orders import Orders

__all__ = ["Prints", "check_capacities", "check_licences", "check_licensed", "prints_left"]

Prints = dict[tuple[str, str | None], float]
"""Prints that are left of each licence before this plan, by part and supplier."""


def prints_left(
    instance: Instance,
    notebook: Notebook,
    table: Sequence[Row],
    orders: Orders,
    *,
    registered: bool,
) -> Prints:
    """Return what is left of each licence before the plan.

    What a register has recorded is stated, and copied from the register. The instance may say what
    the owner granted, or what the register left of it: nothing, where less is granted by now than
    is recorded, beside room for orders that were placed before.
    """
    left: Prints = {}
    rows = {(row["part"], row["supplier"]): row for row in table}
    for licence in instance.licences:
        left[licence.part, licence.supplier] = licence.prints
        row = rows.get((licence.part, licence.supplier or "any"))
        if row is None or not registered:
            continue
        where = f"licence of {licence.part!r} at {licence.supplier or 'any'}"
        granted, recorded = row["granted"], row["recorded"]
        numbers = is_number(granted) and is_number(recorded)
        if notebook.require(numbers, f"{where}: {granted!r} and {recorded!r} are no prints"):
            size = notebook.tolerance * max(abs(granted), abs(recorded))
            least = max(granted - recorded, 0.0)
            most = max(least, orders.held.under(licence))
            stated = licence.prints
            if abs(granted - licence.prints) <= size:
                rest = row["left"]
                stated = rest + orders.used.under(licence) if is_number(rest) else least
            else:
                notebook.require(
                    least - size <= stated <= most + size,
                    f"{where}: granted is {granted}, of {licence.prints:.10g}",
                )
            left[licence.part, licence.supplier] = min(max(stated, least), most)
    return left


def check_licences(
    instance: Instance,
    notebook: Notebook,
    table: Sequence[Row],
    orders: Orders,
    left: Prints,
    *,
    registered: bool,
) -> None:
    """Compare the table of licences, and what is left of them, with the prints of all orders."""
    stated = {(row["part"], row["supplier"]): row for row in table}
    expected = []
    for licence in instance.licences:
        who = licence.supplier or "any"
        before, planned = left[licence.part, licence.supplier], orders.used.under(licence)
        row = stated.get((licence.part, who), {}) if registered else {}
        expected.append(
            {
                "part": licence.part,
                "supplier": who,
                "granted": float(row.get("granted", licence.prints)),
                "recorded": float(row.get("recorded", 0.0)),
                "planned": float(planned),
                "placed_before": float(orders.held.under(licence)),
                "left": Amount(before - planned, before + planned),
            }
        )
    compare_rows(notebook, "licences", table, expected, ("part", "supplier"))
    check_licensed(instance, notebook, orders, left)


def check_licensed(
    instance: Instance, notebook: Notebook, orders: Orders, left: Prints | None = None
) -> None:
    """Compare the prints of all orders with what each licence allows, or what is left of it.

    What is committed is held, whatever is left: a licence binds new orders.
    """
    for licence in instance.licences:
        before = (left or {}).get((licence.part, licence.supplier), licence.prints)
        if (more := orders.new.under(licence)) > 0:
            where = f"licensed prints of {licence.part!r} at {licence.supplier or 'all suppliers'}"
            notebook.within(where, orders.held.under(licence) + more, before)


def check_capacities(
    instance: Instance, notebook: Notebook, table: Sequence[Row], orders: Orders
) -> None:
    """Compare the table of capacities with what all orders use."""

    def limit(value: float | None) -> Any:
        return None if value is None else float(value)

    expected = [
        {
            "supplier": entry.supplier,
            "machine_hours": orders.used.hours[entry.supplier],
            "machine_hours_before": orders.held.hours[entry.supplier],
            "machine_hours_limit": limit(entry.machine_hours),
            "parts": orders.used.parts[entry.supplier],
            "parts_before": orders.held.parts[entry.supplier],
            "parts_limit": limit(entry.parts),
        }
        for entry in instance.capacities
    ]
    compare_rows(notebook, "capacities", table, expected, ("supplier",))
