"""What a sourcing instance needs, and what suppliers and licences allow."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amopt.sourcing.instance.fields import Instance

__all__ = ["ends", "needs"]


def ends(instance: Instance) -> tuple[set[str], set[str]]:
    """Return the places that could supply, and those that need something."""
    sources = {offer.supplier for offer in instance.offers}
    sources |= {entry.place for entry in instance.conventional if entry.place is not None}
    return sources, {line.place for line in instance.lines if line.place is not None}


def needs(instance: Instance) -> Iterator[tuple[str, float, float | None, str]]:
    """Yield what, how much of it is needed, how much there is, and the unit.

    A supplier's capacity is held against all lines of the parts that he offers. The largest order
    of an offer is one of all lines where they are placed together, and else one of each.
    """
    wanted: dict[str, float] = {}
    for line in instance.lines:
        wanted[line.part] = wanted.get(line.part, 0.0) + line.quantity
    conventional = {entry.part for entry in instance.conventional}
    for part, quantity in wanted.items():
        most = math.inf if part in conventional else 0.0
        for offer in instance.offers:
            if offer.part == part:
                lines = sum(line.part == part for line in instance.lines)
                most += offer.largest * (1 if instance.orders == "together" else lines)
        yield (
            f"{part}, from all suppliers",
            quantity,
            most if math.isfinite(most) else None,
            "parts",
        )
    for capacity in instance.capacities:
        hours: dict[str, float] = {}
        for offer in instance.offers:
            if offer.supplier == capacity.supplier and offer.part in wanted:
                least = hours.get(offer.part, math.inf)
                hours[offer.part] = min(least, offer.machine_hours_per_part)
        if capacity.machine_hours is not None:
            asked = sum(wanted[part] * each for part, each in hours.items())
            yield f"all that {capacity.supplier} offers", asked, capacity.machine_hours, "hours"
        if capacity.parts is not None:
            asked = sum(wanted[part] for part in hours)
            yield f"all that {capacity.supplier} offers", asked, capacity.parts, "parts"
    for licence in instance.licences:
        by = "" if licence.supplier is None else f" by {licence.supplier}"
        asked = wanted.get(licence.part, 0.0)
        yield f"{licence.part}, all printed{by}", asked, licence.prints, "prints"
