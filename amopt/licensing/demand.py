"""What the buyers of a licensing instance need, and what the printers make."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amopt.licensing.instance import LicensingInstance

__all__ = ["needs"]


def needs(instance: LicensingInstance) -> Iterator[tuple[str, float, float | None, str]]:
    """Yield what, how much of it is needed, how much there is, and the unit."""
    total = sum(buyer.demand_per_year for buyer in instance.buyers)
    yield "all buyers", total, None, "parts a year"
    for printer in instance.printers:
        asked = sum(
            buyer.demand_per_year for buyer in instance.buyers if buyer.printer == printer.name
        )
        yield f"all buyers of {printer.name}", asked, printer.prints_per_year, "prints a year"
