"""The entries of a placement file: parts, demand, sites, machines, supply, limits, orders."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from amopt.instance.common import (
    Count,
    Emissions,
    Factor,
    Hours,
    InstanceModel,
    Kilograms,
    Money,
    Name,
    PositiveCount,
    PositiveFactor,
    PositiveHours,
    Probability,
    Quantity,
    RefersTo,
    Weeks,
    Weight,
    Years,
)

__all__ = [
    "ONE_YEAR",
    "Commitment",
    "Contract",
    "Conventional",
    "Demand",
    "FillRate",
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

MachineName = Annotated[Name, RefersTo("machines")]
PartName = Annotated[Name, RefersTo("parts")]
PlaceName = Annotated[Name, RefersTo("network.places")]
SiteName = Annotated[Name, RefersTo("sites", key="place")]


class Print(InstanceModel):
    """How a part is printed on a type of machine."""

    unique_by = ("machine",)

    machine: MachineName = Field(description="Type of machine.")
    hours: Hours = Field(description="Machine-hours a part.")
    material_cost: Money = Field(
        default=0.0, description="Material and finishing a part, in money."
    )


class Part(InstanceModel):
    """A part that is demanded."""

    name: Name = Field(description="Name of the part.")
    kg: Kilograms = Field(default=0.0, description="Weight of a part, in kg.")
    print: tuple[Print, ...] = Field(
        default=(), description="The types of machine that can print it; empty: none can."
    )
    unit_value: Money = Field(default=0.0, description="Value of a part in stock, in money.")
    holding_cost_per_year_per_value: Factor = Field(
        default=0.0, description="Cost of holding stock a year, as a share of its value."
    )
    emergency_cost: Money | None = Field(
        default=None,
        description="All-in cost of a part by emergency shipment, in money. Given: places keep the "
        "part in stock, and call for an emergency shipment when they are out. Left out: each "
        "demand is ordered and waits for its lead time.",
    )
    emergency_weeks: Weeks = Field(
        default=0.0, description="Time that an emergency shipment takes, in weeks."
    )
    emergency_kg_co2: Emissions = Field(
        default=0.0, description="Emissions of an emergency shipment a part, in kg of CO2."
    )
    may_wait: bool = Field(
        default=False,
        description="Whether a place may also keep no stock of a part that has an emergency "
        "shipment, and let each demand wait for its lead time.",
    )
    downtime_cost_per_hour: Money = Field(
        default=0.0, description="Cost of an hour that a demand waits, in money."
    )
    space: Quantity = Field(
        default=1.0, description="Room a part takes in store, in the unit of the storage limits."
    )


class Demand(InstanceModel):
    """The demand of a place for a part."""

    unique_by = ("place", "part")

    place: PlaceName = Field(description="Place that needs the part.")
    part: PartName = Field(description="Part that it needs.")
    per_year: Quantity = Field(description="Parts a year.")
    by_period: tuple[Quantity, ...] = Field(
        default=(), description="Parts a year in each period, in place of per_year."
    )


class Contract(InstanceModel):
    """Machine-hours that a site sells."""

    unique_by = ("machine",)

    machine: MachineName = Field(description="Type of machine whose hours are sold.")
    hours_per_year: Hours | None = Field(
        default=None, description="Most hours a year; left out: no limit."
    )
    cost_per_hour: Money = Field(default=0.0, description="Price of an hour, in money.")


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
    opening_cost: Money = Field(default=0.0, description="Cost of opening it once, in money.")
    yearly_cost: Money = Field(default=0.0, description="Cost of keeping it open, in money a year.")
    most_machines: Count = Field(
        default=0, description="Most machines of its own, of all types together."
    )
    owned: tuple[Owned, ...] = Field(default=(), description="Machines that stand there already.")
    contracts: tuple[Contract, ...] = Field(
        default=(), description="Hours that the site sells; it then needs no machine of yours."
    )
    fee_per_part: Money = Field(
        default=0.0, description="Fee a part printed there, such as a franchise's, in money."
    )


class Machine(InstanceModel):
    """A type of machine."""

    name: Name = Field(description="Name of the type.")
    price: Money = Field(
        default=0.0, description="Price of a machine with its installation, in money."
    )
    life_years: Years = Field(
        default=1.0,
        description="Life in years, over which the price is written off in equal parts.",
    )
    yearly_cost: Money = Field(
        default=0.0, description="Operators and upkeep a machine, in money a year."
    )
    cost_per_hour: Money = Field(
        default=0.0, description="Operators and energy an hour of printing, in money."
    )
    kg_co2_per_hour: Emissions = Field(
        default=0.0, description="Emissions an hour of printing, in kg of CO2."
    )
    hours_per_year: PositiveHours = Field(
        default=8760.0, description="Hours a year that a machine is manned or runs unmanned."
    )
    utilisation_limit: Annotated[float, Field(ge=1e-6, le=1)] = Field(
        default=0.8, description="Share of its hours that a machine may be planned to print."
    )
    queue_allowance_weeks: Weeks | None = Field(
        default=None,
        description="Time that an order waits for a machine, in weeks. Left out: print time times "
        "u / (1 - u) at the utilisation limit u, the mean wait of an M/M/1 queue.",
    )
    moving_cost: Money | None = Field(
        default=None,
        description="Cost of moving a machine to another site, in money. Left out: it stays.",
    )
    moving_weeks: Weeks = Field(
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
    cost_per_part: Money = Field(description="Price a part, in money.")
    lead_time_weeks: Weeks = Field(
        default=0.0, description="Lead time before it is sent, in weeks."
    )
    kg_co2_per_part: Emissions = Field(
        default=0.0, description="Emissions of making a part, in kg of CO2."
    )


class Period(InstanceModel):
    """A stretch of time in which demand and technology stay the same."""

    name: Name = Field(description="Name of the period.")
    years: Years = Field(default=1.0, description="How long it lasts, in years.")
    demand_factor: Factor = Field(
        default=1.0, description="Factor on every demand that has no forecast by period."
    )
    machine_price_factor: Factor = Field(
        default=1.0, description="Factor on the price of machines bought in this period."
    )
    print_speed_factor: PositiveFactor = Field(
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
    at_most: Quantity = Field(description="Room for all base-stock levels together.")


class Limits(InstanceModel):
    """Limits on the whole plan."""

    budget: Money | None = Field(
        default=None, description="Most that the plan may cost over all periods, in money."
    )
    kg_co2: Emissions | None = Field(
        default=None, description="Most emissions over all periods, in kg of CO2."
    )
    open_sites: Count | None = Field(
        default=None, description="Most sites that are open at a time."
    )
    fill_rate: tuple[FillRate, ...] = Field(default=(), description="Least fill rates.")
    storage: tuple[Storage, ...] = Field(default=(), description="Room at places.")


class Minimise(InstanceModel):
    """What the plan minimises: a weighted sum."""

    cost: Weight = Field(default=1.0, description="Weight of the cost over all periods.")
    kg_co2: Weight = Field(default=0.0, description="Weight of a kg of CO2.")


class Order(InstanceModel):
    """A dated order, to be printed by a unit that has free capacity."""

    unique_by = ("order",)

    order: Name = Field(description="Name of the order.")
    place: PlaceName = Field(description="Place that needs it.")
    part: PartName = Field(description="Part ordered.")
    quantity: PositiveCount = Field(default=1, description="Parts ordered.")
    release_week: Weeks = Field(
        default=0.0,
        description="When it is released, in weeks from now: conventional supply starts then, and "
        "printing in the first week that begins then or later, since a week's hours are planned as "
        "a whole.",
    )
    due_week: Weeks = Field(description="Week at whose start it should have arrived.")
    late_cost_per_week: Money | None = Field(
        default=None,
        description="Penalty a week late, in money. Left out: it may not be late.",
    )


class Commitment(InstanceModel):
    """Hours of a unit that are taken."""

    unique_by = ("place", "machine", "week")

    place: SiteName = Field(description="Site of the unit.")
    machine: MachineName = Field(description="Type of machine.")
    week: Count = Field(description="Week, counted from 0.")
    hours: Hours = Field(description="Hours taken in that week.")
