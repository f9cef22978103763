"""What a sourcing file says: order lines, conventional supply, offers, and limits.

The problem is the one of Akmal, Salmi, Björkstrand, Partanen and Holmström (2022), "Switchover to
industrial additive manufacturing: dynamic decision-making for problematic spare parts",
International Journal of Operations & Production Management 42: from which suppliers to order, and
how many of each, at the moment of need.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from amopt.instance.common import (
    Date,
    Emissions,
    Hours,
    InstanceModel,
    Kilograms,
    Millimetres,
    Money,
    Name,
    PositiveCount,
    PositiveQuantity,
    Quantity,
    RefersTo,
    Weeks,
    Weight,
)
from amopt.instance.schema import also
from amopt.sourcing.instance.quote_log.provenance import Quoted

__all__ = [
    "CONVENTIONAL",
    "Between",
    "Box",
    "Capacity",
    "Committed",
    "Conventional",
    "Licence",
    "Limits",
    "Line",
    "Minimise",
    "Offer",
    "OfferTerms",
    "Part",
    "Quote",
    "Route",
    "Unquoted",
]

CONVENTIONAL = "conventional"
"""How tables and committed orders name the conventional supply of a part."""

Between = Literal["linear", "all_units", "incremental", "power", "line"]
"""What an offer costs between its quotes; see :mod:`amopt.sourcing.instance.curves`."""

Route = Literal["direct", "indirect", "rapid tooling"]
"""How AM makes the part: prints it, prints its pattern, or prints the tool."""


class Part(InstanceModel):
    """A part that is needed."""

    name: Name = Field(description="Name of the part, unique.")
    length_mm: Millimetres | None = Field(default=None, description="Length in mm.")
    width_mm: Millimetres | None = Field(default=None, description="Width in mm.")
    height_mm: Millimetres | None = Field(default=None, description="Height in mm.")
    weight_kg: Kilograms = Field(
        default=0.0, description="Weight in kg, for lanes whose cost is stated a kg."
    )
    materials: tuple[Name, ...] = Field(
        default=(), description="Materials that will do; left out, any will."
    )
    certificates: tuple[Name, ...] = Field(
        default=(), description="Certificates that an AM supplier's offer must hold."
    )


class Line(InstanceModel):
    """An order line: a quantity of a part that is needed at a place."""

    line: Name = Field(description="Name of the line, unique.")
    part: Annotated[Name, RefersTo("parts")] = Field(description="Part that is needed.")
    place: Name | None = Field(
        default=None,
        description="Place that needs it; left out, nothing is transported for the line.",
    )
    quantity: PositiveQuantity = Field(description="Parts that are needed; whole unless divisible.")
    divisible: bool = Field(default=False, description="Whether fractions may be ordered.")
    surplus: Quantity = Field(
        default=0.0,
        description="Parts that may be ordered beyond the quantity, to reach a minimum order or a "
        "price break.",
    )
    downtime_cost_per_hour: Money = Field(
        default=0.0, description="Cost an hour that the line waits, in money."
    )
    hours_per_week: Annotated[float, Field(ge=1e-6, le=168)] | None = Field(
        default=None,
        description="Hours of a week that count as downtime; left out, those of the instance.",
    )
    need_by_weeks: Weeks | None = Field(
        default=None, description="Latest delivery of the whole line, in weeks from now."
    )
    need_by: Date | None = Field(
        default=None,
        description="Last day on which the whole line may be received, instead of need_by_weeks.",
    )
    certificates: tuple[Name, ...] = Field(
        default=(), description="Certificates that this line asks for beyond those of the part."
    )
    unmet_penalty_per_part: Annotated[Money, Field(gt=0)] | None = Field(
        default=None,
        description="Penalty of each part that is not supplied, in money; left out, all must be.",
    )


class Conventional(InstanceModel):
    """Conventional supply of a part; its asset cost is paid once for all lines of the part."""

    part: Annotated[Name, RefersTo("parts")] = Field(description="Part that is supplied.")
    supplier: Name | None = Field(
        default=None, description="Who makes it, to be named on purchase orders; it limits nothing."
    )
    place: Name | None = Field(
        default=None,
        description="Place it is shipped from; left out, the price and lead time are as delivered.",
    )
    cost_per_part: Money = Field(description="Price a part, in money.")
    asset_cost: Money = Field(
        default=0.0,
        description="Asset-specific cost (tooling, mould), in money, once for all lines.",
    )
    setup_cost: Money = Field(
        default=0.0, description="Setup of each order, in money, also where the asset exists."
    )
    asset_exists: bool = Field(
        default=False,
        description="Whether the asset exists: its cost and its lead time are then left out.",
    )
    lead_time_weeks: Weeks = Field(description="Lead time in weeks, for any quantity.")
    tooling_lead_time_weeks: Weeks = Field(
        default=0.0, description="Lead time of the tooling in weeks, on top of the lead time."
    )
    minimum_order: Quantity = Field(
        default=1.0, description="Smallest order, in parts; 0 where any is taken."
    )
    kg_co2_per_part: Emissions = Field(
        default=0.0, description="Emissions of making, in kg of CO2."
    )

    @property
    def smallest(self) -> float:
        """The smallest order that is one, in parts."""
        return max(self.minimum_order, 1e-6)


class Quote(InstanceModel):
    """What an offer asks for one quantity."""

    quantity: PositiveQuantity = Field(description="Quantity that is quoted, in parts.")
    cost_per_part: Money = Field(description="Price a part at this quantity, in money.")
    lead_time_weeks: Weeks = Field(description="Lead time of this quantity, in weeks.")


class Box(InstanceModel):
    """The largest part that a machine builds; the part may be turned."""

    length_mm: Millimetres = Field(description="Length in mm.")
    width_mm: Millimetres = Field(description="Width in mm.")
    height_mm: Millimetres = Field(description="Height in mm.")


class OfferTerms(InstanceModel):
    """The terms of an AM supplier for a part, whatever its quotes are."""

    supplier: Name = Field(description="Supplier, a place of the network where there is one.")
    part: Annotated[Name, RefersTo("parts")] = Field(description="Part that is offered.")
    route: Route = Field(
        default="direct", description="Prints the part, its pattern (indirect), or its tool."
    )
    process: str = Field(default="", description="AM process, such as powder bed fusion.")
    material: str = Field(default="", description="Material, such as PA12.")
    between: Between = Field(
        default="linear",
        description="What holds between quotes: the total is linear (linear), a tier's price "
        "holds for all units (all_units) or for the units beyond it (incremental), the price is a "
        "fitted power of the quantity (power), or the total is a fitted line (line).",
    )
    smallest_quantity: PositiveQuantity | None = Field(
        default=None, description="Smallest order in parts; left out, the smallest quoted."
    )
    largest_quantity: PositiveQuantity | None = Field(
        default=None,
        description="Largest order in parts; left out, the largest quoted (tiers: no end).",
    )
    fee_per_order: Money = Field(default=0.0, description="Fee of each order, in money.")
    committed_counts: Literal["new_parts", "all_parts"] | None = Field(
        default=None,
        description="Whether parts committed at the offer count for a new order (framework "
        "contract): the new parts have the price of the tier of all (new_parts), or what all cost, "
        "less what the committed ones do (all_parts); left out, they do not count.",
    )
    machine_hours_per_part: Hours = Field(default=0.0, description="Machine hours a part.")
    kg_co2_per_part: Emissions = Field(
        default=0.0, description="Emissions of making, in kg of CO2."
    )
    valid_from: Date | None = Field(default=None, description="First day the offer holds.")
    valid_to: Date | None = Field(default=None, description="Last day the offer holds.")
    build_envelope: Box | None = Field(
        default=None, description="Largest part that can be built; left out, any part fits."
    )
    certificates: tuple[Name, ...] = Field(
        default=(), description="Certificates that the supplier holds for this offer."
    )

    quoted: Quoted | None = Field(
        default=None,
        description="The set of a quote log that the quotes come from; amopt writes it.",
    )

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells the offer from others: supplier, part, route and material."""
        return self.supplier, self.part, self.route, self.material


class Unquoted(OfferTerms):
    """An offer without quotes that hold as of the time of the instance: it is left out."""

    why: str = Field(min_length=1, description="Why there are no quotes that hold.")


class Offer(OfferTerms):
    """What an AM supplier asks for a part; told apart by supplier, part, route and material."""

    quotes: Annotated[tuple[Quote, ...], Field(min_length=1)] = Field(
        description="Quotes, at different quantities; log: those on record in a quote log.",
        json_schema_extra=also({"const": "log"}),
    )

    @property
    def tiered(self) -> bool:
        """Whether the quotes are price tiers, the last of which has no end of its own."""
        return self.between in ("all_units", "incremental")

    @property
    def smallest(self) -> float:
        """The smallest order, in parts."""
        if self.smallest_quantity is not None:
            return self.smallest_quantity
        return min(quote.quantity for quote in self.quotes)

    @property
    def largest(self) -> float:
        """The largest order, in parts; infinite where price tiers go on."""
        if self.largest_quantity is not None:
            return self.largest_quantity
        return float("inf") if self.tiered else max(quote.quantity for quote in self.quotes)


class Capacity(InstanceModel):
    """What a supplier can make for all lines together."""

    supplier: Name = Field(description="Supplier.")
    machine_hours: Hours | None = Field(default=None, description="Machine hours in all.")
    parts: Quantity | None = Field(default=None, description="Parts in all.")


class Licence(InstanceModel):
    """How many prints of a part the owner of its design allows."""

    part: Annotated[Name, RefersTo("parts")] = Field(description="Part that is licensed.")
    supplier: Name | None = Field(
        default=None, description="Supplier who may print; left out, all suppliers together."
    )
    prints: Quantity = Field(description="Prints that are allowed in all.")
    royalty_per_print: Money = Field(
        default=0.0,
        description="Royalty a print, in money; a print under two licences pays both.",
    )
    file: str | None = Field(
        default=None, description="Design file, beside the instance; needs sha256."
    )
    sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")] | None = Field(
        default=None, description="SHA-256 fingerprint that the design file must have."
    )


class Committed(InstanceModel):
    """An order that is placed already: held fixed, with what it uses of capacities and licences."""

    line: Annotated[Name, RefersTo("lines", key="line")] = Field(
        description="Line that it fills in part."
    )
    supplier: Name = Field(description="Supplier, or conventional.")
    route: Route | None = Field(
        default=None, description="Route of the offer; left out, the supplier's only one."
    )
    material: str | None = Field(
        default=None, description="Material of the offer; left out, the supplier's only one."
    )
    quantity: PositiveQuantity = Field(description="Parts that were ordered.")
    cost: Money | None = Field(
        default=None,
        description="What was agreed to be paid in all, in money; left out, what the offer asks.",
    )
    weeks: Weeks | None = Field(
        default=None, description="Weeks from now until delivery; left out, what the offer asks."
    )
    delivery: Date | None = Field(
        default=None, description="Day of delivery that was agreed, instead of weeks."
    )
    kg_co2: Emissions | None = Field(
        default=None, description="Emissions in kg of CO2; left out, those of the offer."
    )
    machine_hours: Hours | None = Field(
        default=None, description="Machine hours it uses yet; left out, those of the offer."
    )
    order: Name | None = Field(
        default=None,
        description="Order that it is part of: entries of one order share its price breaks and "
        "lead time, where cost and weeks are left out.",
    )
    tooling_weeks_left: Weeks | None = Field(
        default=None,
        description="Of a conventional order, weeks until the tooling that it has paid is there; "
        "left out, all of the tooling's lead time.",
    )

    def matches(self, offer: Offer, part: str) -> bool:
        """Return whether this order of ``part`` may have been placed on the offer."""
        return (
            (offer.supplier, offer.part) == (self.supplier, part)
            and self.route in (None, offer.route)
            and self.material in (None, offer.material)
        )


class Minimise(InstanceModel):
    """Weights of what is minimised."""

    cost: Weight = Field(default=0.0, description="Weight of all that is paid, a unit of money.")
    downtime: Weight = Field(default=0.0, description="Weight of downtime cost, a unit of money.")
    weeks: Weight = Field(
        default=0.0, description="Weight of each line's delivery time, money a week."
    )
    kg_co2: Weight = Field(default=0.0, description="Weight of emissions, money a kg of CO2.")

    @property
    def meaning(self) -> str:
        """What the weighted sum measures, in a few words, such as ``"cost and waiting"``."""
        words = {
            "cost": "cost",
            "downtime": "waiting",
            "weeks": "weeks of delivery",
            "kg_co2": "emissions",
        }
        weights = [(name, getattr(self, name)) for name in words]
        *most, last = [words[name] for name, weight in weights if weight] or [""]
        listed = f"{', '.join(most)} and {last}" if most else last
        plain = all(weight in (0, 1) for _, weight in weights) and not (self.weeks or self.kg_co2)
        return listed if plain else f"weighted {listed}"


class Limits(InstanceModel):
    """What the plan as a whole must keep to."""

    suppliers_per_line: PositiveCount | None = Field(
        default=None, description="Most suppliers of a line; conventional supply counts as one."
    )
    budget: Money | None = Field(default=None, description="Most that is paid in all, in money.")
    weeks: Weeks | None = Field(default=None, description="Latest delivery of any line, in weeks.")
    kg_co2: Emissions | None = Field(
        default=None, description="Most emissions in all, in kg of CO2."
    )
