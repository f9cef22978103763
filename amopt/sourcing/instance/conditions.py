"""What changes the prices of parts, once a supplier, an order and place, a part; and shares."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from amopt.instance.common import Date, InstanceModel, Money, Name, RefersTo, Weeks
from amopt.sourcing.instance.entries import Route

__all__ = [
    "Approval",
    "Closure",
    "Delivery",
    "PostProcessing",
    "Preparation",
    "Share",
    "SpendDiscounts",
    "SpendTier",
    "Supplier",
    "open_days",
]


class SpendTier(InstanceModel):
    """A discount from an amount on."""

    from_: Money = Field(
        alias="from", description="Amount spent on parts from which it holds, in money."
    )
    percent: Annotated[float, Field(ge=-100, le=1000)] = Field(description="Discount, in percent.")


class SpendDiscounts(InstanceModel):
    """Discounts on what is spent on all parts that are ordered at a supplier."""

    kind: Literal["all_units", "incremental"] = Field(
        default="all_units",
        description="Whether a tier's discount holds for all that is spent (all_units), or for "
        "what is spent beyond its amount (incremental).",
    )
    tiers: Annotated[tuple[SpendTier, ...], Field(min_length=1)] = Field(
        description="Tiers, amounts and discounts rising; below the first there is no discount."
    )

    def discount(self, spent: float) -> float:
        """Return what is taken off an amount, in money; a tier met but for rounding counts."""
        taken, before = 0.0, 0.0
        for tier in self.tiers:
            if spent < tier.from_ * (1 - MET):
                break
            if self.kind == "all_units":
                taken = spent * tier.percent / 100
            else:
                taken += (spent - tier.from_) * (tier.percent - before) / 100
            before = tier.percent
        return taken


class Closure(InstanceModel):
    """Days on which a supplier makes nothing."""

    from_: Date = Field(alias="from", description="First day.")
    to: Date = Field(description="Last day.")


def open_days(closed: Iterable[Closure], order_date: date | None) -> list[tuple[int, int]]:
    """Return first morning, in days from the order, and length of closures that are not over."""
    found: list[tuple[int, int]] = []
    if order_date is None:
        return found
    for closure in sorted(closed, key=lambda own: own.from_):
        first, end = ((day - order_date).days for day in (closure.from_, closure.to))
        first = max(0, first, *(begin + days for begin, days in found[-1:]))
        if end >= first:
            found.append((first, end - first + 1))
    return found


MET = 1e-9
"""How far below a tier's amount it is met, relative: sums of money are rounded."""


class Supplier(InstanceModel):
    """Terms of an AM supplier for all that is ordered there."""

    supplier: Name = Field(description="Supplier.")
    fee_per_supplier: Money = Field(
        default=0.0, description="Paid once if anything is ordered there, in money."
    )
    spend_discounts: SpendDiscounts | None = Field(
        default=None,
        description="Discounts on what is spent there on parts of all sorts: prices, no fees.",
    )
    minimum_order_value: Annotated[Money, Field(gt=0)] | None = Field(
        default=None,
        description="Least that is spent there on parts of all sorts, if anything is: prices, no "
        "fees; left out, any amount is taken.",
    )
    closed: tuple[Closure, ...] = Field(
        default=(),
        description="Days on which it makes nothing; what would leave it after they begin leaves "
        "so many days later. Needs order_date.",
    )


class Delivery(InstanceModel):
    """What comes to each order that a supplier, or conventional supply, delivers to a place."""

    supplier: Name = Field(description="Supplier, or conventional.")
    place: Name = Field(description="Place of order lines.")
    cost_per_delivery: Money = Field(
        default=0.0, description="Paid once for each order that delivers there, in money."
    )


class Approval(InstanceModel):
    """Qualification of a part at an AM supplier, before it may be made there."""

    supplier: Name = Field(description="Supplier.")
    part: Annotated[Name, RefersTo("parts")] = Field(description="Part.")
    cost: Money = Field(default=0.0, description="Paid once, in money.")
    weeks: Weeks = Field(default=0.0, description="Weeks it takes, before making begins.")
    done: bool = Field(default=False, description="Whether it is done: it is then free.")


class Preparation(InstanceModel):
    """Preparation of a part's 3D model, once for all AM suppliers."""

    part: Annotated[Name, RefersTo("parts")] = Field(description="Part.")
    cost: Money = Field(default=0.0, description="Paid once, in money.")
    weeks: Weeks = Field(default=0.0, description="Weeks it takes, before anything else begins.")
    done: bool = Field(default=False, description="Whether it is done: it is then free.")


class PostProcessing(InstanceModel):
    """Post-processing of a part that was made on a route of AM."""

    part: Annotated[Name, RefersTo("parts")] = Field(description="Part.")
    route: Route = Field(default="direct", description="Route of the offers that need it.")
    cost_per_part: Money = Field(default=0.0, description="Cost a part, in money.")
    weeks: Weeks = Field(default=0.0, description="Weeks for any quantity, after making.")
    weeks_per_part: Weeks = Field(default=0.0, description="Weeks a part of the order, on top.")


Percent = Annotated[float, Field(ge=0, le=100)]
"""A share of a whole, in percent."""


class Share(InstanceModel):
    """How the parts that all lines of a part ask for are shared between its suppliers."""

    part: Annotated[Name, RefersTo("parts")] = Field(description="Part.")
    least_suppliers: Annotated[int, Field(ge=1, le=100)] = Field(
        default=1, description="Suppliers that must each make the least share, at least."
    )
    least_percent: Percent = Field(
        default=0.0,
        description="Share from which a supplier counts as one of these, in percent of the parts "
        "that the lines ask for; in any case it makes one part.",
    )
    conventional_counts: bool = Field(
        default=True, description="Whether conventional supply counts as one of these suppliers."
    )
    largest_percent: Annotated[float, Field(gt=0, le=100)] = Field(
        default=100.0,
        description="Largest share of any supplier, conventional supply too, in percent of the "
        "parts that the lines ask for; 100 for no limit.",
    )

    @property
    def counts_suppliers(self) -> bool:
        """Whether it asks for more than some supplier, whoever that is."""
        return self.least_suppliers > 1 or self.least_percent > 0 or not self.conventional_counts
