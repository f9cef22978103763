"""What a design instance says: how a system may be built, of which versions of its components.

A maker designs a system of which so many are in service for so many months. Each component has
versions: made conventionally, or for additive manufacturing. Versions differ in what they cost to
design and to make, in how long a spare takes to come, in how long they last, and in what they do
for the system.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from amopt.instance.common import (
    Instance,
    InstanceModel,
    Money,
    Name,
    Network,
    PositiveCount,
)
from amopt.instance.findings import Code, Problem, Severity

if TYPE_CHECKING:
    from amopt.network import SupplyNetwork

__all__ = [
    "CODES",
    "CONVENTIONAL",
    "DAYS_A_MONTH",
    "PRINTED",
    "Accounting",
    "Component",
    "DesignInstance",
    "InstalledBase",
    "Limits",
    "Version",
]

CONVENTIONAL, PRINTED = "conventional", "printed"
"""How a version may be made."""

DAYS_A_MONTH = 365 / 12
"""Days of a month: days that a system is down, over those of a month, are a share of time."""

MOST_ON_ORDER = 10_000
"""The most spares of a version that may be on order at once, in expectation."""

LIKELY_HOLDING = 0.5
"""Holding cost a month, as a share of the part cost, above which its unit is in doubt."""

ROUNDING = 1e-9
"""How far probabilities may be from a sum of 1."""

PositiveMoney = Annotated[float, Field(ge=1e-6, le=1e12)]
"""An amount of money that is not nothing."""

Months = Annotated[float, Field(ge=1e-3, le=1e6)]
"""A time in months that is not none."""

DaysDown = Annotated[float, Field(ge=0, le=1e4)]
"""Days that a system is down at a time."""

DOWN_DAYS = frozenset({"down_days_per_replacement", "down_days_per_emergency"})
"""What says how long a system is down for a component."""

CODES: tuple[Code, ...] = (
    Code(
        "availability-for-free",
        "An availability is asked for, but no component says how long a failure takes.",
        "Give down_days_per_replacement and down_days_per_emergency, or leave the target out.",
        Severity.WARNING,
    ),
    Code(
        "emergency-too-cheap",
        "A replacement by an emergency shipment must cost at least as much as one from stock.",
        "Give what the replacement costs in all with the emergency shipment, not the surcharge.",
    ),
    Code(
        "implausible-holding-rate",
        "Holding a part for a month costs more than half of what the part costs.",
        "Give a share a month, not percent and not a share a year: 0.02 for 2 % a month.",
        Severity.WARNING,
    ),
    Code(
        "never-down",
        "An availability is asked for, and of one component no down days are said: it counts as "
        "never down.",
        "Give down_days_per_replacement and down_days_per_emergency, 0 where it is so.",
        Severity.WARNING,
    ),
    Code(
        "probabilities-not-whole",
        "The probabilities of the installed base do not sum to 1.",
        "Give each number of systems its probability, so that they sum to 1.",
    ),
    Code(
        "too-many-on-order",
        "So many spares are on order at once that their base-stock levels cannot be listed.",
        "Check the lead time, the months between failures and the number of systems.",
    ),
)


class InstalledBase(InstanceModel):
    """A number of systems that may be in service."""

    unique_by = ("systems",)

    systems: PositiveCount = Field(description="Number of systems in service.")
    probability: Annotated[float, Field(gt=0, le=1)] = Field(
        default=1.0, description="Probability that it will be so many; they sum to 1."
    )


class Accounting(InstanceModel):
    """What the bill holds. The published bills differ in it; both on is the full one."""

    initial_spares_bought: bool = Field(
        default=True, description="Whether the first spares of the base-stock level are paid for."
    )
    replacements_charged: bool = Field(
        default=True, description="Whether the part of each replacement is paid for."
    )


class Version(InstanceModel):
    """One way to make a component."""

    name: Name = Field(description="Name of the version, unique in its component.")
    made: Literal["conventional", "printed"] = Field(description="How it is made.")
    part_cost: PositiveMoney = Field(description="Cost of making one part, in money.")
    design_cost: Money = Field(
        default=0.0, description="Cost of designing the version, once, in money."
    )
    benefit_per_system_month: Money = Field(
        default=0.0,
        description="What the version saves a system in use, such as fuel, in money a month.",
    )
    lead_time_months: Annotated[float, Field(ge=0, le=1e4)] = Field(
        description="Time until a spare that was ordered is in stock, in months."
    )
    mean_months_between_failures: Months = Field(
        description="Mean time between failures of a part in use, in months."
    )


class Component(InstanceModel):
    """A component of the system, of which one version is chosen."""

    name: Name = Field(description="Name of the component, unique in the instance.")
    pieces_per_system: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=1, description="Pieces of the component in each system."
    )
    replacement_cost: Money = Field(
        description="Cost of replacing a failed part with one from stock, without the part."
    )
    emergency_cost: Money = Field(
        description="The same where the shelf is empty and a part is sent in an emergency, in all."
    )
    down_days_per_replacement: DaysDown = Field(
        default=0.0, description="Days that the system is down where a part comes from stock."
    )
    down_days_per_emergency: DaysDown = Field(
        default=0.0, description="Days that the system is down where a part is sent in emergency."
    )
    versions: Annotated[tuple[Version, ...], Field(min_length=1)] = Field(
        description="The versions; the others are compared with the first one."
    )


class Limits(InstanceModel):
    """What the choice as a whole must keep to."""

    design_budget: Money | None = Field(
        default=None, description="Most money for designing all chosen versions."
    )
    availability: Annotated[float, Field(ge=0, le=1)] | None = Field(
        default=None,
        description="Least share of time that a system is up, for every number of systems.",
    )


class DesignInstance(Instance):
    """Which version of each component to design, and how many spares to stock of it."""

    kind: Literal["design"] = Field(description="The decision that the file asks for.")
    months: Months = Field(
        description="Months for which the systems are in service; of an uncertain time, its mean."
    )
    holding_cost_per_month_per_value: Annotated[float, Field(ge=1e-9, le=100)] = Field(
        description="Holding cost of a spare, as a share of its part cost a month."
    )
    installed_base: Annotated[tuple[InstalledBase, ...], Field(min_length=1)] = Field(
        description="Systems in service: one number, or several with their probabilities."
    )
    accounting: Accounting = Field(
        default_factory=Accounting, description="What the bill holds; left out, everything."
    )
    components: Annotated[tuple[Component, ...], Field(min_length=1)] = Field(
        description="The components of the system."
    )
    limits: Limits = Field(
        default_factory=Limits, description="What the choice must keep to; left out, nothing."
    )

    @cached_property
    def supply_network(self) -> SupplyNetwork:
        """The network, without places: this decision has none."""
        from amopt.network import SupplyNetwork

        return SupplyNetwork.from_instance(Network())

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong across fields."""
        whole = math.fsum(entry.probability for entry in self.installed_base)
        if abs(whole - 1) > ROUNDING:
            yield Problem(
                "probabilities-not-whole",
                ("installed_base",),
                f"the probabilities of {len(self.installed_base)} numbers of systems sum to "
                f"{whole:.9g}.",
                "Make them sum to 1; one number needs no probability.",
            )
        if self.holding_cost_per_month_per_value > LIKELY_HOLDING:
            yield Problem(
                "implausible-holding-rate",
                ("holding_cost_per_month_per_value",),
                f"holding a part for a month costs {self.holding_cost_per_month_per_value:g} times "
                "the part.",
                "Is it percent, or a share a year? Then divide it by 100, or by 12; else leave it.",
            )
        for index, component in enumerate(self.components):
            yield from self._of_component(index, component)
        yield from self._availability()

    def _of_component(self, index: int, component: Component) -> Iterator[Problem]:
        """Yield what is wrong with one component."""
        key = ("components", index)
        if component.emergency_cost < component.replacement_cost:
            yield Problem(
                "emergency-too-cheap",
                (*key, "emergency_cost"),
                f"{component.emergency_cost:g} is below the {component.replacement_cost:g} of a "
                "replacement from stock.",
                "Give what such a replacement costs in all, or lower replacement_cost.",
            )
        most = max(entry.systems for entry in self.installed_base) * component.pieces_per_system
        for position, version in enumerate(component.versions):
            ordered = most * version.lead_time_months / version.mean_months_between_failures
            if ordered > MOST_ON_ORDER:
                yield Problem(
                    "too-many-on-order",
                    (*key, "versions", position, "lead_time_months"),
                    f"{ordered:,.0f} spares of version {version.name!r} are on order at once; the "
                    f"most is {MOST_ON_ORDER:,}.",
                    "Check lead time, months between failures, systems and pieces a system.",
                )

    def _availability(self) -> Iterator[Problem]:
        """Yield a target that nothing can miss, or that a component is not held to."""
        down = (
            component.down_days_per_replacement + component.down_days_per_emergency
            for component in self.components
        )
        if self.limits.availability is not None and not any(down):
            yield Problem(
                "availability-for-free",
                ("limits", "availability"),
                "no component has down days, so that every choice is always available.",
                "Give the down days of a replacement and of an emergency, or leave it out.",
            )
        elif self.limits.availability is not None:
            for index, component in enumerate(self.components):
                if not component.model_fields_set & DOWN_DAYS:
                    yield Problem(
                        "never-down",
                        ("components", index),
                        f"component {component.name!r} has no down days: for the availability it "
                        "counts as never down.",
                        "Give them, or write 0 where its failures leave the system up.",
                    )
