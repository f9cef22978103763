"""What a placement instance needs, and the hours there are or may be to print it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Instance

__all__ = ["ends", "needs"]


def ends(instance: Instance) -> tuple[set[str], set[str]]:
    """Return the places that could supply, and those that need something."""
    sites = {site.place for site in instance.sites if site.state != "closed"}
    conventional = {entry.from_ for entry in instance.conventional if entry.from_ is not None}
    targets = {demand.place for demand in instance.demand}
    return sites | conventional, targets | {order.place for order in instance.orders}


def needs(instance: Instance) -> Iterator[tuple[str, float, float | None, str]]:
    """Yield what, how much of it is needed, how much there may be, and the unit.

    Hours are those of the quickest machine of each part, at the speed of the period; there may be
    as many as the sites hold machines, each as long as it may be planned to print.
    """
    quickest = {
        part.name: min((option.hours for option in part.print), default=None)
        for part in instance.parts
    }
    unprinted = {part.name for part in instance.parts if not part.print}
    only = {
        part.name
        for part in instance.parts
        if not any(entry.part == part.name for entry in instance.conventional)
    }
    for number, period in enumerate(instance.horizon):
        if not instance.demand:
            break
        rate: dict[str, float] = {}
        for demand in instance.demand:
            rate[demand.part] = rate.get(demand.part, 0.0) + instance.rate(demand, number)
        hours = {
            part: per_year * (quickest[part] or 0.0) / period.print_speed_factor
            for part, per_year in rate.items()
            if part not in unprinted
        }
        there, endless = _hours_a_year(instance)
        if hours:
            yield (
                f"printing of all that can be printed, {period.name}",
                sum(hours.values()),
                None if endless else there,
                "hours a year",
            )
        if only & hours.keys():
            yield (
                f"printing of what nobody else supplies, {period.name}",
                sum(hours[part] for part in sorted(only & hours.keys())),
                None if endless else there,
                "hours a year",
            )
    if instance.orders:
        last = max(order.due_week for order in instance.orders)
        there, _ = _hours_a_year(instance)
        taken = sum(entry.hours for entry in instance.commitments if entry.week < last)
        yield (
            "printing of all dated orders, until the last is due",
            sum((quickest[order.part] or 0.0) * order.quantity for order in instance.orders),
            max(0.0, there * last / instance.weeks_per_year - taken),
            "hours",
        )


def _hours_a_year(instance: Instance) -> tuple[float, bool]:
    """Return the most machine-hours a year of all sites, and whether a contract has no end."""
    printing = {option.machine for part in instance.parts for option in part.print}
    hours = {
        machine.name: machine.hours_per_year * machine.utilisation_limit
        for machine in instance.machines
        if machine.name in printing
    }
    total, endless = 0.0, False
    for site in instance.sites:
        if site.state == "closed":
            continue
        total += site.most_machines * max(hours.values(), default=0.0)
        for contract in site.contracts:
            if contract.machine in hours:
                endless = endless or contract.hours_per_year is None
                total += contract.hours_per_year or 0.0
    return total, endless
