"""The limits of an instance as numbers: what is stated, its steps, and what a plan uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from amopt.sourcing import formulation
from amopt.sourcing.offers.shared_use import ANY_SUPPLIER
from amopt.sourcing.worth.of_conditions import of_closures, of_shares
from amopt.sourcing.worth.of_need_bys import A_DAY, of_lines
from amopt.sourcing.worth.of_orders import of_order_sizes, of_surplus
from amopt.sourcing.worth.stated import StatedLimit

if TYPE_CHECKING:
    from amopt.solution import Solution
    from amopt.sourcing.instance.fields import Instance

__all__ = ["A_DAY", "FAMILIES", "limits_of"]

MANY = 1e9
"""Stands for a limit that is none, where the file must have one."""

FAMILIES = (
    "prints",
    "machine_hours",
    "parts",
    "budget",
    "need_by",
    "latest_delivery",
    "emission_limit",
    "suppliers_per_line",
    "least_suppliers",
    "least_part_share",
    "largest_part_share",
    "closures",
    "least_spend",
    "smallest_order",
    "largest_order",
    "surplus",
)
"""The families of constraints whose limits are numbers; closures, and surplus of lines."""


def limits_of(instance: Instance) -> Iterator[StatedLimit]:
    """Yield the limits that an instance states, in the order of :data:`FAMILIES`."""
    says = {family.name: family.says for family in formulation.FAMILIES}
    of_file = (
        *(_of_entries, of_lines, _of_the_plan, of_shares, of_closures, _of_suppliers),
        *(of_order_sizes, of_surplus),
    )
    for limit in (limit for own in of_file for limit in own(instance)):
        words = says.get(limit.family)
        if words is not None and not limit.words:
            yield replace(limit, words=words(instance, limit.key))
        else:
            yield limit


def _of_entries(instance: Instance) -> Iterator[StatedLimit]:
    """Yield licences and capacities."""
    for n, licence in enumerate(instance.licences):
        who = licence.supplier or "any"
        yield StatedLimit(
            *(
                "prints",
                (licence.part, licence.supplier or ANY_SUPPLIER),
                "",
                licence.prints,
                1.0,
                "prints",
            ),
            at=_entry(instance, "licences", n, "prints"),
            used=_column("licences", {"part": licence.part, "supplier": who}, "planned"),
        )
    for n, capacity in enumerate(instance.capacities):
        for family, unit in (("machine_hours", "hours"), ("parts", "parts")):
            stated = getattr(capacity, family)
            if stated is not None:
                yield StatedLimit(
                    *(family, capacity.supplier, "", stated, 1.0, unit),
                    at=_entry(instance, "capacities", n, family),
                    used=_column("capacities", {"supplier": capacity.supplier}, family),
                )


def _of_suppliers(instance: Instance) -> Iterator[StatedLimit]:
    """Yield the least that suppliers ask to be spent."""
    for n, terms in enumerate(instance.suppliers):
        least = terms.minimum_order_value
        offers = any(offer.supplier == terms.supplier for offer in instance.offers)
        if least is not None and offers:
            yield StatedLimit(
                *("least_spend", terms.supplier, "", least, -0.01 * least, "money"),
                at=_least_at(instance, n),
                used=_spent(terms.supplier),
            )


def _least_at(instance: Instance, index: int) -> Callable[[float | None], Instance]:
    def at(value: float | None) -> Instance:
        entries = list(instance.suppliers)
        changed = {"minimum_order_value": value or None}
        entries[index] = entries[index].model_copy(update=changed)
        return instance.unchecked_copy(suppliers=tuple(entries))

    return at


def _spent(supplier: str) -> Callable[[Solution], float | None]:
    """Return what tells what a plan spends on parts at a supplier; nothing is not too little."""

    def used(solution: Solution) -> float | None:
        own = [r["goods"] for r in solution.rows["purchase_orders"] if r["supplier"] == supplier]
        return sum(own) if own else None

    return used


def _of_the_plan(instance: Instance) -> Iterator[StatedLimit]:
    """Yield the limits of the plan as a whole."""
    limits = instance.limits
    for family, name, unit, column in (
        ("budget", "budget", "money", "cost"),
        ("latest_delivery", "weeks", "weeks", "weeks"),
        ("emission_limit", "kg_co2", "kg CO2", "kg_co2"),
    ):
        stated = getattr(limits, name)
        if stated is not None:
            step = {"budget": 0.01 * stated, "weeks": A_DAY}.get(name, 1.0) or 1.0
            yield StatedLimit(
                *(family, None, "", stated, step, unit),
                at=_of_limits(instance, name),
                used=_column("totals", {}, column),
                begin=instance.order_date if name == "weeks" else None,
            )
    if limits.suppliers_per_line is not None:
        yield StatedLimit(
            *("suppliers_per_line", None, "", float(limits.suppliers_per_line), 1.0, "suppliers"),
            at=_of_limits(instance, "suppliers_per_line"),
            used=_suppliers,
            low=1.0,
        )


def _entry(
    instance: Instance, collection: str, index: int, name: str
) -> Callable[[float | None], Instance]:
    def at(value: float | None) -> Instance:
        entries = list(getattr(instance, collection))
        changed = {name: MANY if value is None else value}
        entries[index] = entries[index].model_copy(update=changed)
        return instance.unchecked_copy(**{collection: tuple(entries)})

    return at


def _of_limits(instance: Instance, name: str) -> Callable[[float | None], Instance]:
    def at(value: float | None) -> Instance:
        whole = name == "suppliers_per_line" and value is not None
        new = round(value) if whole and value is not None else value
        return instance.unchecked_copy(limits=instance.limits.model_copy(update={name: new}))

    return at


def _column(table: str, where: dict[str, str], column: str) -> Callable[[Solution], float]:
    """Return what reads a column of the row of a table that is told by other columns."""

    def used(solution: Solution) -> float:
        rows = solution.rows[table]
        return float(next(r[column] for r in rows if all(r[k] == v for k, v in where.items())))

    return used


def _suppliers(solution: Solution) -> float:
    """Return the most suppliers that any line has."""
    own: dict[str, set[str]] = {}
    for row in solution.rows["orders"]:
        own.setdefault(row["line"], set()).add(row["supplier"])
    return float(max((len(names) for names in own.values()), default=0))
