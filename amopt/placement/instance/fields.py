"""What a placement file says: demand, candidate sites, machines, conventional supply, limits.

The question is that of Khajavi, Partanen and Holmström (2014), "Additive manufacturing in the spare
parts supply chain", Computers in Industry 65: machines at one central place, at the places of
demand, in between, or nowhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from itertools import chain
from typing import Literal

from pydantic import Field

from amopt.instance import common
from amopt.instance.common import (
    Network,
    PositiveFactor,
    PositiveHours,
)
from amopt.instance.findings import Code, Problem
from amopt.network import SupplyNetwork, unreachable_place
from amopt.placement.instance.entries import (
    ONE_YEAR,
    Commitment,
    Contract,
    Conventional,
    Demand,
    FillRate,
    Limits,
    Machine,
    Minimise,
    Order,
    Owned,
    Part,
    Period,
    Print,
    Site,
    Storage,
)

__all__ = [
    "CODES",
    "Commitment",
    "Contract",
    "Conventional",
    "Demand",
    "FillRate",
    "Instance",
    "Limits",
    "Machine",
    "Minimise",
    "Order",
    "Owned",
    "Part",
    "Period",
    "Print",
    "Site",
    "Storage",
]

CODES: tuple[Code, ...] = (
    Code(
        "no-source",
        "A part is demanded that no machine of any site can print and nobody else supplies.",
        "Add a machine to the part's print, a site that may hold it, or a conventional supply.",
    ),
    Code(
        "free-stock",
        "A part with emergency shipments costs nothing to hold, so that no stock level is best.",
        "Give the part a unit_value and a holding_cost_per_year_per_value.",
    ),
    Code(
        "no-queue-allowance",
        "A machine that may be busy all the time makes orders wait for ever.",
        "Lower utilisation_limit below 1, or state queue_allowance_weeks.",
    ),
    Code(
        "forecast-length",
        "A forecast does not have one number for each period.",
        "Give by_period one entry a period.",
    ),
    Code(
        "no-demand",
        "Nothing is demanded: there is neither demand nor an order.",
        "Add entries to demand, or orders with their dates.",
    ),
    Code(
        "own-and-contracted",
        "A site owns machines of a type whose hours it also sells by contract.",
        "Keep the contract or the machines, or write them as two places.",
    ),
    Code(
        "too-many-machines",
        "A site owns more machines than it may hold, or owns some and is closed.",
        "Raise most_machines, open the site, or lower the count.",
    ),
    Code(
        "nothing-to-minimise",
        "All weights of minimise are zero.",
        "Give cost or kg_co2 a positive weight.",
    ),
    Code(
        "reserved-name",
        "A supplier is called as a site or 'emergency', or a period is called 'before'.",
        "Give the supplier another name.",
    ),
    Code(
        "before-release",
        "An order is due before it is released.",
        "Mend release_week or due_week.",
    ),
)
"""The codes of placement's own findings."""


BEFORE = "before"
"""What tables call the time before the first period."""


class Instance(common.Instance):
    """A placement instance: where AM capacity goes, and who supplies whom with what.

    All supply is planned at a yearly pace within a period. Costs are added over the periods
    without discounting.
    """

    kind: Literal["placement"] = Field(
        default="placement", description="The decision that the file asks for."
    )
    hours_per_week: PositiveHours = Field(
        default=168.0, description="Hours a week in which waiting costs money."
    )
    weeks_per_year: PositiveFactor = Field(default=52.0, description="Weeks of a year.")
    network: Network = Field(description="Places, lanes and modes.")
    parts: tuple[Part, ...] = Field(description="The parts.")
    demand: tuple[Demand, ...] = Field(default=(), description="Who needs what.")
    sites: tuple[Site, ...] = Field(default=(), description="Where machines may stand.")
    machines: tuple[Machine, ...] = Field(default=(), description="Types of machine.")
    conventional: tuple[Conventional, ...] = Field(
        default=(), description="Supply that is not printed."
    )
    periods: tuple[Period, ...] = Field(
        default=(), description="The periods in order; left out: one year."
    )
    limits: Limits = Field(default_factory=Limits, description="Limits on the plan.")
    minimise: Minimise = Field(default_factory=Minimise, description="What is minimised.")
    single_source: bool = Field(
        default=False,
        description="true: one source for each part at a place and period; false: a place may "
        "share the time of a period out among sources.",
    )
    routes: tuple[Literal["cost", "weeks", "kg_co2"], ...] = Field(
        default=("cost",),
        min_length=1,
        description="Routes that shipments may take: the cheapest, the fastest, the cleanest.",
    )
    orders: tuple[Order, ...] = Field(
        default=(), description="Dated orders to assign to units with free capacity."
    )
    commitments: tuple[Commitment, ...] = Field(
        default=(), description="Hours of units that are taken already."
    )

    @property
    def horizon(self) -> tuple[Period, ...]:
        """The periods, of which there is always one."""
        return self.periods or ONE_YEAR

    @property
    def has_demand(self) -> bool:
        """Whether any part is demanded in any period, orders aside."""
        grows = any(period.demand_factor for period in self.horizon)
        return any(
            any(demand.by_period) if demand.by_period else demand.per_year and grows
            for demand in self.demand
        )

    @cached_property
    def supply_network(self) -> SupplyNetwork:
        """The network as a graph with routes."""
        return SupplyNetwork.from_instance(self.network)

    def rate(self, demand: Demand, period: int) -> float:
        """Return the demand a year in a period."""
        if demand.by_period:
            return demand.by_period[period]
        return demand.per_year * self.horizon[period].demand_factor

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong across fields, each with what to write instead."""
        return chain.from_iterable(self.checks())

    def checks(self) -> Iterator[Iterator[Problem]]:
        """Yield the checks across fields, each to be made by itself."""
        advice = {code.code: code.advice for code in CODES}
        for check in (
            self._problems_of_demand(),
            self._problems_of_weights(),
            self._problems_of_names(),
            self._problems_of_parts(),
            self._problems_of_sites(),
            self._problems_of_supply(),
            self._problems_of_orders(),
        ):
            yield (replace(one, advice=one.advice or advice.get(one.code, "")) for one in check)

    def _problems_of_demand(self) -> Iterator[Problem]:
        if not self.has_demand and not self.orders:
            yield Problem("no-demand", ("demand",), "there is neither demand nor an order.")

    def _problems_of_weights(self) -> Iterator[Problem]:
        if self.minimise.cost == 0 and self.minimise.kg_co2 == 0:
            yield Problem("nothing-to-minimise", ("minimise",), "both weights are zero.")

    def _problems_of_orders(self) -> Iterator[Problem]:
        for index, order in enumerate(self.orders):
            if order.due_week < order.release_week:
                yield Problem(
                    "before-release",
                    ("orders", index, "due_week"),
                    f"order {order.order!r} is due in week {order.due_week:g} and released in "
                    f"week {order.release_week:g}.",
                )

    def _problems_of_names(self) -> Iterator[Problem]:
        taken = {"emergency", *(site.place for site in self.sites)}
        for index, period in enumerate(self.periods):
            if period.name == BEFORE:
                yield Problem(
                    "reserved-name",
                    ("periods", index, "name"),
                    f"a period is called {BEFORE!r}, as the time before the first one is.",
                    "Give the period another name.",
                )
        for index, entry in enumerate(self.conventional):
            if entry.supplier in taken:
                yield Problem(
                    "reserved-name",
                    ("conventional", index, "supplier"),
                    f"the supplier is called {entry.supplier!r}, as another source is.",
                )

    def _problems_of_parts(self) -> Iterator[Problem]:
        for index, part in enumerate(self.parts):
            free = part.unit_value * part.holding_cost_per_year_per_value == 0
            if part.emergency_cost is not None and free:
                yield Problem(
                    "free-stock",
                    ("parts", index),
                    f"part {part.name!r} has an emergency_cost and costs nothing to hold.",
                )
        for index, machine in enumerate(self.machines):
            if machine.utilisation_limit == 1 and machine.queue_allowance_weeks is None:
                yield Problem(
                    "no-queue-allowance",
                    ("machines", index, "utilisation_limit"),
                    f"machine {machine.name!r} has a utilisation limit of 1 and no allowance for "
                    "the queue.",
                )
        for index, demand in enumerate(self.demand):
            given, wanted = len(demand.by_period), len(self.horizon)
            if given not in (0, wanted):
                yield Problem(
                    "forecast-length",
                    ("demand", index, "by_period"),
                    f"{given} numbers for {wanted} periods.",
                )

    def _problems_of_sites(self) -> Iterator[Problem]:
        for index, site in enumerate(self.sites):
            sold = {contract.machine for contract in site.contracts}
            for position, owned in enumerate(site.owned):
                if owned.machine in sold and owned.count:
                    yield Problem(
                        "own-and-contracted",
                        ("sites", index, "owned", position),
                        f"site {site.place!r} owns {owned.machine!r} and sells its hours.",
                    )
            count = sum(owned.count for owned in site.owned)
            if count > (0 if site.state == "closed" else site.most_machines):
                yield Problem(
                    "too-many-machines",
                    ("sites", index, "owned"),
                    f"site {site.place!r} owns machines: {count}, and may hold "
                    f"{0 if site.state == 'closed' else site.most_machines}.",
                )

    def sources(self, part: Part) -> tuple[list[str], list[Conventional]]:
        """Return the sites that could print a part, and its conventional supplies."""
        machines = {option.machine for option in part.print}
        sites = [
            site.place
            for site in self.sites
            if site.state != "closed"
            and (
                (site.most_machines and machines - {c.machine for c in site.contracts})
                or any(contract.machine in machines for contract in site.contracts)
            )
        ]
        return sites, [entry for entry in self.conventional if entry.part == part.name]

    def _problems_of_supply(self) -> Iterator[Problem]:
        """Yield demands and orders that nobody could supply."""
        wanted = [
            *((("demand", i, "place"), d.place, d.part) for i, d in enumerate(self.demand)),
            *((("orders", i, "place"), o.place, o.part) for i, o in enumerate(self.orders)),
        ]
        places = Counter(place for _, place, _ in wanted)
        reached: dict[tuple[str, ...], set[str]] = {}
        supply = {part.name: self.sources(part) for part in self.parts}
        for key, place, part in wanted:
            sites, conventional = supply[part]
            if any(entry.from_ is None for entry in conventional):
                continue
            origins = tuple(sorted({*sites, *(e.from_ for e in conventional if e.from_)}))
            if not origins:
                yield Problem("no-source", (*key[:2], "part"), f"nobody supplies {part!r}.")
                continue
            if origins not in reached:
                table = self.supply_network.routes(origins, tuple(places), by="weeks")
                reached[origins] = set(places) - set(table.unreachable())
            if place not in reached[origins]:
                yield unreachable_place(key, place, origins)
