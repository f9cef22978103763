"""What the referee says of savings and switchover quantities."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from amopt.sourcing.instance.fields import Line
from amopt.sourcing.referee.reading import saving, scenario
from amopt.sourcing.referee.record import RELATIVE, Record

if TYPE_CHECKING:
    from amopt.sourcing.instance.fields import Offer
    from amopt.sourcing.referee.reading import Reading

__all__ = ["check_switchover"]

Compare = Callable[[float], tuple[float, float]]
"""What q parts cost, or how long they take: from the offer, and conventionally."""


def check_switchover(reading: Reading, record: Record, row: Mapping[str, Any]) -> None:
    """Recompute the savings of a row, and look on both sides of its switchover quantities."""
    where = f"switchover of {row['part']!r} at {row['supplier']!r}"
    offer = reading.offers[row["supplier"], row["part"], row["route"], row["material"]]
    entry = reading.usual.get(row["part"])
    line = reading.lines.get(row["line"]) or Line(line="?", part=row["part"], quantity=1)
    q = line.quantity
    record.same(where, "quantity", row["quantity"], q)
    if entry is None:
        record.told(where, "cost_saving", row["cost_saving"], None)
        return
    own, usual = reading.asked(offer, line, q), reading.asked_usually(entry, line, q)
    if not math.isfinite(usual[0]):
        record.told(where, "cost_saving", row["cost_saving"], None)
        return
    if not math.isfinite(own[0]):
        return
    cost, weeks = saving(usual[0], own[0]), saving(usual[1], own[1])
    total = cost + reading.downtime_per_week.get(line.line, 0.0) * weeks
    for key, found, size in (
        ("cost_saving", cost, max(usual[0], own[0])),
        ("weeks_saved", weeks, max(usual[1], own[1])),
        ("total_saving", total, max(usual[0], own[0], abs(total))),
    ):
        record.checks += 1
        if not abs(row[key] - found) <= RELATIVE * max(1e-9, size):
            record.refuse(f"{where}: {key} is {row[key]}, recomputed {found:.10g}")
    plain = scenario(cost, weeks)
    record.told(where, "scenario", row["scenario"], plain)
    if abs(total) > RELATIVE * usual[0]:
        better = "I" if plain == "IV" and total > 0 else plain
        record.told(where, "scenario_with_downtime", row["scenario_with_downtime"], better)
    for measure, key in enumerate(("reduced_cost_quantity", "reduced_time_quantity")):

        def compare(amount: float, measure: int = measure) -> tuple[float, float]:
            mine, other = (
                reading.asked(offer, line, amount),
                reading.asked_usually(entry, line, amount),
            )
            return mine[measure], other[measure]

        _check_reduced(record, f"{where}: {key}", row[key], offer, compare)


def _check_reduced(
    record: Record, where: str, reduced: float | None, offer: Offer, compare: Compare
) -> None:
    """Check that so many parts are below conventional supply, and the next is not.

    A quantity of none says that the least order is not below it.
    """
    if reduced is None:
        if math.isfinite(offer.largest):
            record.refuse(f"{where} is missing; the offer ends at {offer.largest:g}")
        return
    if reduced > offer.largest:
        record.refuse(f"{where} is {reduced}, of {offer.largest:g} at most")
    least = math.ceil(max(offer.smallest, 1.0) * (1 - RELATIVE**2))
    for amount, lower in ((reduced, True), (max(reduced + 1, least), False)):
        if not least <= amount <= offer.largest:
            continue
        mine, other = compare(amount)
        record.checks += 1
        slack = RELATIVE * max(1e-9, mine, other)
        if (mine >= other + slack) if lower else (mine < other - slack):
            record.refuse(f"{where} is {reduced}, and at {amount:g} it is not so")
