"""What a plan would cost if a supplier dropped out."""

from __future__ import annotations

from collections.abc import Callable, Collection
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from amopt.errors import UsageError
from amopt.phrases import listed
from amopt.sourcing.instance.fields import CONVENTIONAL

if TYPE_CHECKING:
    from amopt.sourcing.instance.fields import Instance, Offer
    from amopt.sourcing.worth.values import Value

__all__ = ["suppliers_of", "without", "without_row", "without_suppliers"]


def without_suppliers(instance: Instance, names: Collection[str]) -> Instance:
    """Return an instance as if some suppliers took no orders.

    Orders that are committed there stay as they were agreed, and so does the name: a register
    knows by it what was placed.

    Parameters
    ----------
    instance
        The instance.
    names
        The suppliers, or ``"conventional"``.

    Raises
    ------
    UsageError
        When one of them supplies nothing.
    """
    known = sorted({offer.supplier for offer in instance.offers})
    known += [CONVENTIONAL] if instance.conventional else []
    if unknown := [name for name in names if name not in known]:
        close = get_close_matches(unknown[0], known, n=1)
        meant = f"did you mean {close[0]!r}?" if close else f"there are {listed(known, most=12)}"
        raise UsageError(f"{unknown[0]!r} supplies nothing; {meant}", "without-unknown-supplier")
    return without(instance, lambda offer: offer.supplier in names, usual=CONVENTIONAL not in names)


def suppliers_of(value: Value) -> list[str]:
    """Return the suppliers that a plan newly orders from, those that are paid most first."""
    paid: dict[str, float] = {}
    for row in value.solution.rows["purchase_orders"] if value.solution is not None else ():
        paid[row["supplier"]] = paid.get(row["supplier"], 0.0) + row["to_supplier"]
    return sorted(paid, key=lambda supplier: (-paid[supplier], supplier))


def without(instance: Instance, gone: Callable[[Offer], bool], *, usual: bool = True) -> Instance:
    """Return an instance without some offers, and without conventional supply where it is gone.

    What is committed stays as it was agreed, or as those offers say.

    Parameters
    ----------
    instance
        The instance.
    gone
        Whether an offer is gone.
    usual
        Whether conventional supply stays.
    """
    from amopt.sourcing.offers.supply_options import SupplyOptions

    committed = tuple(
        order.model_copy(
            update={
                "cost": cost,
                "weeks": None if order.delivery is not None else weeks,
                "kg_co2": kg_co2,
                "machine_hours": hours,
            }
        )
        for order, cost, weeks, kg_co2, hours in SupplyOptions.of(instance).commitments
    )
    return instance.unchecked_copy(
        offers=tuple(offer for offer in instance.offers if not gone(offer)),
        conventional=instance.conventional if usual else (),
        committed=committed,
    )


def without_row(
    instance: Instance, supplier: str, stated: Value, least: Callable[[Instance], Value]
) -> dict[str, Any]:
    """Return what the plan would come to without a supplier.

    Parameters
    ----------
    instance, stated
        The instance, and what it costs as it is.
    supplier
        The supplier, or conventional.
    least
        Returns what an instance costs.
    """
    assert stated.solution is not None
    own = [r for r in stated.solution.rows["purchase_orders"] if r["supplier"] == supplier]
    left = without(
        instance, lambda offer: offer.supplier == supplier, usual=supplier != CONVENTIONAL
    )
    found = least(left)
    low, high = found.gain(stated) if found.exists else (None, None)
    total = None if found.solution is None else found.solution.rows["totals"][0]
    return {
        "supplier": supplier,
        "orders": len(own),
        "quantity": sum(row["quantity"] for row in own),
        "to_supplier": sum(row["to_supplier"] for row in own),
        "possible": found.possible,
        "costs_more": low if low == high else None,
        "cost": None if total is None else total["cost"],
        "downtime_cost": None if total is None else total["downtime_cost"],
        "weeks": None if total is None else total["weeks"],
    }
