"""What a printing instance needs, and what its limits allow, were every failure met by a print."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amopt.printing.instance.printing_instance import PrintingInstance

__all__ = ["ends", "needs"]

CYCLE_DAYS_A_YEAR = 364.0
"""Days of a year over which limits a year are counted: 52 weeks."""

A_FAILURE: dict[str, str | None] = {
    "prints": None,
    "printer_hours": "print_hours",
    "material_cm3": "print_material_cm3",
    "orders": None,
}
"""The field of a part that says what one failure takes of a measure; None for one of it."""


def ends(instance: PrintingInstance) -> tuple[set[str], set[str]]:
    """Return the place that supplies, and the one that needs something."""
    sources = {instance.supplied_from} - {None}
    return {str(one) for one in sources}, {str(one) for one in {instance.place} - {None}}


def needs(instance: PrintingInstance) -> Iterator[tuple[str, float, float | None, str]]:
    """Yield what, how much of it is needed, how much there is, and the unit."""
    parameters = instance.parameters
    failures = parameters.systems * parameters.failures_per_day
    if instance.most_prints_per_day is not None:
        printed = [math.isfinite(cost) for cost in parameters.print_cost]
        yield (
            "a print for every failure",
            float(failures[printed].sum()),
            float(instance.most_prints_per_day),
            "parts a day",
        )
    for limit in instance.limits:
        if limit.measure not in A_FAILURE or limit.at_most is None:
            continue
        field = A_FAILURE[limit.measure]
        days = CYCLE_DAYS_A_YEAR if limit.per == "year" else float(instance.cycle_days)
        how = "order" if limit.measure == "orders" else "print"
        needed = sum(
            days * rate * (1.0 if field is None else getattr(part, field) or 0.0)
            for part, rate in zip(instance.parts, failures.tolist(), strict=True)
            if limit.holds(part) and (how == "order" or part.print_cost is not None)
        )
        yield f"{limit.name}: a {how} for every failure", needed, limit.at_most, limit.unit
