"""What a row of supply is supplied from: its cost a part, lead time, hours and emissions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amopt.network.routes import RouteCriterion, RouteTable
    from amopt.placement.instance.fields import Instance, Part

__all__ = ["Source", "Sources"]

Row = Mapping[str, Any]

NEAR = 1e-9
"""Relative difference of times up to which two sites are as near as each other."""


@dataclass(frozen=True)
class Source:
    """A source of supply, for a part at a place.

    Attributes
    ----------
    kind
        ``"printing"``, ``"conventional"`` or ``"emergency"``.
    unit, transport
        Money a part, for making or buying it and for sending it.
    weeks
        Lead time.
    hours
        Machine-hours a part.
    kg_co2
        Emissions a part.
    shipped
        Whether it takes a route.
    """

    kind: str
    unit: float
    transport: float
    weeks: float
    hours: float
    kg_co2: float
    shipped: bool


class Sources:
    """The sources of an instance, as its file has them."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.sites = {site.place: site for site in instance.sites}
        self.machines = {machine.name: machine for machine in instance.machines}
        self._tables: dict[tuple[RouteCriterion, float], RouteTable] = {}
        self._printers: dict[str, list[str]] = {}

    def of(self, row: Row, part: Part, t: int) -> Source | None:
        """Return the source of a row of supply in period t; None where there is none such."""
        if row["machine"]:
            return self._printed(row, part, t)
        if row["source"] == "emergency":
            if part.emergency_cost is None or row["stock_level"]:
                return None
            return Source("emergency", 0.0, 0.0, part.emergency_weeks, 0.0, 0.0, False)
        for entry in self.instance.conventional:
            if entry.part == part.name and entry.supplier == row["source"]:
                cost, weeks, kg = self._lane(row["route"], entry.from_, row["place"], part.kg)
                return Source(
                    "conventional",
                    entry.cost_per_part,
                    cost,
                    entry.lead_time_weeks + weeks,
                    0.0,
                    entry.kg_co2_per_part + kg,
                    entry.from_ is not None,
                )
        return None

    def _printed(self, row: Row, part: Part, t: int) -> Source | None:
        site, machine = self.sites.get(row["source"]), self.machines.get(row["machine"])
        option = next((o for o in part.print if o.machine == row["machine"]), None)
        if site is None or machine is None or option is None:
            return None
        hours = option.hours / self.instance.horizon[t].print_speed_factor
        per_hour = machine.cost_per_hour + sum(
            contract.cost_per_hour
            for contract in site.contracts
            if contract.machine == machine.name
        )
        cost, weeks, kg = self._lane(row["route"], site.place, row["place"], part.kg)
        printing = hours * self.instance.weeks_per_year / machine.hours_per_year
        queue = machine.queue_allowance_weeks
        if queue is None:
            queue = printing * machine.utilisation_limit / (1 - machine.utilisation_limit)
        return Source(
            "printing",
            option.material_cost + hours * per_hour + site.fee_per_part,
            cost,
            printing + queue + weeks,
            hours,
            hours * machine.kg_co2_per_hour + kg,
            True,
        )

    @cached_property
    def _origins(self) -> dict[str, int]:
        senders = [entry.from_ for entry in self.instance.conventional if entry.from_]
        return {name: k for k, name in enumerate(dict.fromkeys([*self.sites, *senders]))}

    @cached_property
    def _targets(self) -> dict[str, int]:
        names = dict.fromkeys(demand.place for demand in self.instance.demand)
        return {name: k for k, name in enumerate(names)}

    def _table(self, by: RouteCriterion, kg: float) -> RouteTable:
        if (by, kg) not in self._tables:
            self._tables[by, kg] = self.instance.supply_network.routes(
                list(self._origins), list(self._targets), by=by, kg_per_part=kg
            )
        return self._tables[by, kg]

    def _lane(
        self, by: RouteCriterion, origin: str | None, place: str, kg: float
    ) -> tuple[float, float, float]:
        """Return cost, weeks and emissions of the way to a place."""
        if origin is None:
            return 0.0, 0.0, 0.0
        table, spot = self._table(by, kg), (self._origins[origin], self._targets[place])
        return float(table.cost[spot]), float(table.weeks[spot]), float(table.kg_co2[spot])

    def reaches(self, site: str, place: str, part: Part) -> bool:
        """Return whether parts can be sent from a site to a place."""
        return math.isfinite(self._lane(self.instance.routes[0], site, place, part.kg)[1])

    def own_sites(self, place: str, part: Part) -> set[str]:
        """Return the sites that may be called a place's own: at the place, or the quickest.

        Empty where none could print the part, or send it there.
        """
        if part.name not in self._printers:
            self._printers[part.name] = self.instance.sources(part)[0]
        sites = self._printers[part.name]
        if place in sites or not sites:
            return {place} & set(sites)
        rows = [self._origins[site] for site in sites]
        weeks = self._table("weeks", part.kg).weeks[rows, self._targets[place]]
        least = weeks.min(initial=math.inf)
        if math.isinf(least):
            return set()
        return {site for site, time in zip(sites, weeks, strict=True) if time <= least * (1 + NEAR)}
