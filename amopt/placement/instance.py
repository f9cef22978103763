"""What a placement file says: demand, candidate sites, machines, conventional supply, limits.

The question is that of Khajavi, Partanen and Holmström (2014), "Additive manufacturing in the spare
parts supply chain", Computers in Industry 65: machines at one central place, at the places of
demand, in between, or nowhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from amopt.instance import common
from amopt.instance.common import (
    Amount,
    Count,
    InstanceModel,
    Name,
    Network,
    Positive,
    Probability,
    RefersTo,
)
from amopt.instance.findings import Code, Problem
from amopt.network import SupplyNetwork, unreachable_place

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
        "A conventional supplier has the name of a site, or that of emergency shipments.",
        "Give the supplier another name.",
    ),
    Code(
        "before-release",
        "An order is due before it is released.",
        "Mend release_week or due_week.",
    ),
)
"""The codes of placement's own findings."""

MachineName = Annotated[Name, RefersTo("machines")]
PartName = Annotated[Name, RefersTo("parts")]
PlaceName = Annotated[Name, RefersTo("network.places")]
SiteName = Annotated[Name, RefersTo("sites", key="place")]


class Print(InstanceModel):
    """How a part is printed on a type of machine."""

    unique_by = ("machine",)

    machine: MachineName = Field(description="Type of machine.")
    hours: Amount = Field(description="Machine-hours a part.")
    material_cost: Amount = Field(
        default=0.0, description="Material and finishing a part, in money."
    )


class Part(InstanceModel):
    """A part that is demanded."""

    name: Name = Field(description="Name of the part.")
    kg: Amount = Field(default=0.0, description="Weight of a part, in kg.")
    print: tuple[Print, ...] = Field(
        default=(), description="The types of machine that can print it; empty: none can."
    )
    unit_value: Amount = Field(default=0.0, description="Value of a part in stock, in money.")
    holding_cost_per_year_per_value: Amount = Field(
        default=0.0, description="Cost of holding stock a year, as a share of its value."
    )
    emergency_cost: Amount | None = Field(
        default=None,
        description="All-in cost of a part by emergency shipment, in money. Given: places keep the "
        "part in stock, and call for an emergency shipment when they are out. Left out: each "
        "demand is ordered and waits for its lead time.",
    )
    emergency_weeks: Amount = Field(
        default=0.0, description="Time that an emergency shipment takes, in weeks."
    )
    emergency_kg_co2: Amount = Field(
        default=0.0, description="Emissions of an emergency shipment a part, in kg of CO2."
    )
    may_wait: bool = Field(
        default=False,
        description="Whether a place may also keep no stock of a part that has an emergency "
        "shipment, and let each demand wait for its lead time.",
    )
    downtime_cost_per_hour: Amount = Field(
        default=0.0, description="Cost of an hour that a demand waits, in money."
    )
    space: Amount = Field(
        default=1.0, description="Room a part takes in store, in the unit of the storage limits."
    )


class Demand(InstanceModel):
    """The demand of a place for a part."""

    unique_by = ("place", "part")

    place: PlaceName = Field(description="Place that needs the part.")
    part: PartName = Field(description="Part that it needs.")
    per_year: Amount = Field(description="Parts a year.")
    by_period: tuple[Amount, ...] = Field(
        default=(), description="Parts a year in each period, in place of per_year."
    )


class Contract(InstanceModel):
    """Machine-hours that a site sells."""

    unique_by = ("machine",)

    machine: MachineName = Field(description="Type of machine whose hours are sold.")
    hours_per_year: Amount | None = Field(
        default=None, description="Most hours a year; left out: no limit."
    )
    cost_per_hour: Amount = Field(default=0.0, description="Price of an hour, in money.")


class Owned(InstanceModel):
    """Machines that a site has before the first period."""

    unique_by = ("machine",)

    machine: MachineName = Field(description="Type of machine.")
    count: Count = Field(description="How many; they are paid for.")


class Site(InstanceModel):
    """A place where machines may stand."""

    unique_by = ("place",)

    place: PlaceName = Field(description="Place of the site.")
    ownership: Literal["own", "contracted", "franchised"] = Field(
        default="own", description="Whose site it is; it decides nothing, the costs do."
    )
    state: Literal["candidate", "open", "closed"] = Field(
        default="candidate",
        description="candidate: the answer decides; open or closed: it is decided.",
    )
    already_open: bool = Field(
        default=False, description="Whether it is open before the first period."
    )
    opening_cost: Amount = Field(default=0.0, description="Cost of opening it once, in money.")
    yearly_cost: Amount = Field(
        default=0.0, description="Cost of keeping it open, in money a year."
    )
    most_machines: Count = Field(
        default=0, description="Most machines of its own, of all types together."
    )
    owned: tuple[Owned, ...] = Field(default=(), description="Machines that stand there already.")
    contracts: tuple[Contract, ...] = Field(
        default=(), description="Hours that the site sells; it then needs no machine of yours."
    )
    fee_per_part: Amount = Field(
        default=0.0, description="Fee a part printed there, such as a franchise's, in money."
    )


class Machine(InstanceModel):
    """A type of machine."""

    name: Name = Field(description="Name of the type.")
    price: Amount = Field(
        default=0.0, description="Price of a machine with its installation, in money."
    )
    life_years: Positive = Field(
        default=1.0,
        description="Life in years, over which the price is written off in equal parts.",
    )
    yearly_cost: Amount = Field(
        default=0.0, description="Operators and upkeep a machine, in money a year."
    )
    cost_per_hour: Amount = Field(
        default=0.0, description="Operators and energy an hour of printing, in money."
    )
    kg_co2_per_hour: Amount = Field(
        default=0.0, description="Emissions an hour of printing, in kg of CO2."
    )
    hours_per_year: Positive = Field(
        default=8760.0, description="Hours a year that a machine is manned or runs unmanned."
    )
    utilisation_limit: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.8, description="Share of its hours that a machine may be planned to print."
    )
    queue_allowance_weeks: Amount | None = Field(
        default=None,
        description="Time that an order waits for a machine, in weeks. Left out: print time times "
        "u / (1 - u) at the utilisation limit u, the mean wait of an M/M/1 queue.",
    )
    moving_cost: Amount | None = Field(
        default=None,
        description="Cost of moving a machine to another site, in money. Left out: it stays.",
    )
    moving_weeks: Amount = Field(
        default=0.0, description="Time without printing when a machine is moved, in weeks."
    )
    resale_loss: Probability = Field(
        default=0.0, description="Share of its book value lost when a machine is sold."
    )


class Conventional(InstanceModel):
    """Supply of a part from stock or by another process."""

    unique_by = ("part", "supplier")

    part: PartName = Field(description="Part supplied.")
    supplier: Name = Field(default="conventional", description="What tables call this source.")
    from_: PlaceName | None = Field(
        default=None,
        alias="from",
        description="Place from which it is sent; left out: price and lead time hold everywhere.",
    )
    cost_per_part: Amount = Field(description="Price a part, in money.")
    lead_time_weeks: Amount = Field(
        default=0.0, description="Lead time before it is sent, in weeks."
    )
    kg_co2_per_part: Amount = Field(
        default=0.0, description="Emissions of making a part, in kg of CO2."
    )


class Period(InstanceModel):
    """A stretch of time in which demand and technology stay the same."""

    name: Name = Field(description="Name of the period.")
    years: Positive = Field(default=1.0, description="How long it lasts, in years.")
    demand_factor: Amount = Field(
        default=1.0, description="Factor on every demand that has no forecast by period."
    )
    machine_price_factor: Amount = Field(
        default=1.0, description="Factor on the price of machines bought in this period."
    )
    print_speed_factor: Positive = Field(
        default=1.0, description="Factor on the speed of all machines in this period."
    )


ONE_YEAR = (Period(name="year"),)
"""The periods of an instance that states none."""


class FillRate(InstanceModel):
    """A least share of demand that is met from the shelf."""

    unique_by = ()

    part: PartName | None = Field(default=None, description="Part; left out: each part.")
    place: PlaceName | None = Field(default=None, description="Place; left out: each place.")
    at_least: Probability = Field(description="The least fill rate.")
    on_average: bool = Field(
        default=False,
        description="false: every part at every place meets it; true: all of them together do, "
        "weighted by demand.",
    )


class Storage(InstanceModel):
    """A limit on the stock of a place."""

    unique_by = ("place",)

    place: PlaceName = Field(description="Place.")
    at_most: Amount = Field(description="Room for all base-stock levels together.")


class Limits(InstanceModel):
    """Limits on the whole plan."""

    budget: Amount | None = Field(
        default=None, description="Most that the plan may cost over all periods, in money."
    )
    kg_co2: Amount | None = Field(
        default=None, description="Most emissions over all periods, in kg of CO2."
    )
    open_sites: Count | None = Field(
        default=None, description="Most sites that are open at a time."
    )
    fill_rate: tuple[FillRate, ...] = Field(default=(), description="Least fill rates.")
    storage: tuple[Storage, ...] = Field(default=(), description="Room at places.")


class Minimise(InstanceModel):
    """What the plan minimises: a weighted sum."""

    cost: Amount = Field(default=1.0, description="Weight of the cost over all periods.")
    kg_co2: Amount = Field(default=0.0, description="Weight of a kg of CO2.")


class Order(InstanceModel):
    """A dated order, to be printed by a unit that has free capacity."""

    unique_by = ("order",)

    order: Name = Field(description="Name of the order.")
    place: PlaceName = Field(description="Place that needs it.")
    part: PartName = Field(description="Part ordered.")
    quantity: Annotated[int, Field(ge=1)] = Field(default=1, description="Parts ordered.")
    release_week: Amount = Field(
        default=0.0, description="Week from which it may be printed; 0 is now."
    )
    due_week: Amount = Field(description="Week at whose start it should have arrived.")
    late_cost_per_week: Amount | None = Field(
        default=None,
        description="Penalty a week late, in money. Left out: it may not be late.",
    )


class Commitment(InstanceModel):
    """Hours of a unit that are taken."""

    unique_by = ("place", "machine", "week")

    place: SiteName = Field(description="Site of the unit.")
    machine: MachineName = Field(description="Type of machine.")
    week: Count = Field(description="Week, counted from 0.")
    hours: Amount = Field(description="Hours taken in that week.")


class Instance(common.Instance):
    """A placement instance: where AM capacity goes, and who supplies whom with what.

    All supply is planned at a yearly pace within a period. Costs are added over the periods
    without discounting.
    """

    kind: Literal["placement"] = Field(
        default="placement", description="The decision that the file asks for."
    )
    hours_per_week: Positive = Field(
        default=168.0, description="Hours a week in which waiting costs money."
    )
    weeks_per_year: Positive = Field(default=52.0, description="Weeks of a year.")
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

    def rate(self, demand: Demand, period: int) -> float:
        """Return the demand a year in a period."""
        if demand.by_period:
            return demand.by_period[period]
        return demand.per_year * self.horizon[period].demand_factor

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong across fields."""
        if not any(d.per_year or any(d.by_period) for d in self.demand) and not self.orders:
            yield Problem("no-demand", ("demand",), "there is neither demand nor an order.")
        if self.minimise.cost == 0 and self.minimise.kg_co2 == 0:
            yield Problem("nothing-to-minimise", ("minimise",), "both weights are zero.")
        yield from self._problems_of_names()
        yield from self._problems_of_parts()
        yield from self._problems_of_sites()
        yield from self._problems_of_supply()
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
                    f"site {site.place!r} owns {count} machines and may hold "
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
        network = SupplyNetwork.from_instance(self.network)
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
                table = network.routes(origins, tuple(places), by="weeks")
                reached[origins] = set(places) - set(table.unreachable())
            if place not in reached[origins]:
                yield unreachable_place(key, place, origins)
