"""The entries of a printing instance: criterion, systems, parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from amopt.instance.common import (
    Emissions,
    Factor,
    Hours,
    InstanceModel,
    Kilograms,
    Money,
    Name,
    Probability,
    Quantity,
    Rate,
    RefersTo,
)
from amopt.instance.findings import Problem

__all__ = ["Discounted", "Part", "System"]

LIKELY_FAILURE = 0.5
"""Failures of a part a day above which the unit of the rate is in doubt."""

LIKELY_HOLDING = 5.0
"""Holding cost a year, as a share of the order cost, above which its unit is in doubt."""

LIKELY_DISCOUNT = 0.9
"""Discount factor a day below which its unit is in doubt."""

MOST_SYSTEMS = 100_000
"""The largest fleet that a file may hold: up to it every answer is proven."""


class Discounted(InstanceModel):
    """The criterion of expected discounted cost."""

    discount_per_day: Annotated[float, Field(gt=0, lt=1)] = Field(
        description="Discount factor a day, above 0 and below 1."
    )

    def problems(self, key: tuple[str | int, ...]) -> Iterator[Problem]:
        """Yield a factor that looks as if it were one of a longer time."""
        if self.discount_per_day < LIKELY_DISCOUNT:
            yield Problem(
                "implausible-discount",
                (*key, "discount_per_day"),
                f"with a factor of {self.discount_per_day:g} a day, 100 are worth "
                f"{100 * self.discount_per_day**30:.2g} after 30 days.",
                "Is it the factor of a year? Then take its 365th root; else leave it.",
            )


class System(InstanceModel):
    """Systems of one type, such as the vehicles of one model, each with one piece of every part."""

    name: Name = Field(description="Name of the type of system, unique in the instance.")
    count: Annotated[int, Field(ge=1, le=MOST_SYSTEMS)] = Field(
        description="Number of systems in service."
    )
    backorder_cost_per_day: Money = Field(
        description="Cost of a system that is down for want of a part, in money a day."
    )


class Part(InstanceModel):
    """A part of one type of system."""

    name: Name = Field(description="Name of the part, unique in the instance.")
    system: Annotated[Name, RefersTo("systems")] = Field(
        description="The type of system that holds the part."
    )
    order_cost: Money = Field(
        description="Cost of a regular part that comes with the replenishment, in money."
    )
    print_cost: Money | None = Field(
        default=None,
        description="Cost of printing one part at the place, in money; left out: no printer.",
    )
    expedite_cost: Money | None = Field(
        default=None,
        description="Cost of flying in a regular part at once, in money; left out: not possible.",
    )
    failure_rate_per_day: Rate | None = Field(
        default=None, description="Failure rate of a regular part in operation, a day."
    )
    failure_probability_per_day: Probability | None = Field(
        default=None,
        description="Probability that a regular part in operation fails within a day.",
    )
    printed_failure_rate_per_day: Rate | None = Field(
        default=None, description="Failure rate of a printed part in operation, a day."
    )
    printed_failure_probability_per_day: Probability | None = Field(
        default=None,
        description="Probability that a printed part in operation fails within a day.",
    )
    holding_cost_per_year_per_value: Factor | None = Field(
        default=None,
        description="Holding cost of a part in stock, as a share of its order cost a year.",
    )
    holding_cost_per_day: Money | None = Field(
        default=None, description="Holding cost of a part in stock, in money a day."
    )
    mass_kg: Kilograms = Field(
        default=0.0, description="Mass of a part in kg, for lanes that charge by the kg."
    )
    storage_cm3: Quantity | None = Field(
        default=None, description="Room that a part needs on the shelf, in cm3; for limits."
    )
    print_hours: Hours | None = Field(
        default=None, description="Hours that the printer takes for one part; for limits."
    )
    print_material_cm3: Quantity | None = Field(
        default=None, description="Raw material that one print takes, in cm3; for limits."
    )
    kg_co2_per_order: Emissions | None = Field(
        default=None, description="Kg of CO2 of a regular part with its transport; for limits."
    )
    kg_co2_per_print: Emissions | None = Field(
        default=None, description="Kg of CO2 of a printed part; for limits."
    )
    kg_co2_per_expedite: Emissions | None = Field(
        default=None, description="Kg of CO2 of an expedited part; for limits."
    )

    def problems(self, key: tuple[str | int, ...]) -> Iterator[Problem]:
        """Yield what no single field can know."""
        yield from self._implausible(key)
        pairs = [
            ("failure_rate_per_day", "failure_probability_per_day"),
            ("holding_cost_per_year_per_value", "holding_cost_per_day"),
        ]
        printed = ("printed_failure_rate_per_day", "printed_failure_probability_per_day")
        if self.print_cost is not None:
            pairs.append(printed)
        for pair in pairs:
            given = [field for field in pair if getattr(self, field) is not None]
            if len(given) != 1:
                yield Problem(
                    "exactly-one",
                    (*key, given[-1] if given else pair[0]),
                    f"part {self.name!r} gives {'both' if given else 'neither'} of "
                    f"{' and '.join(pair)}.",
                    "Give exactly one of them.",
                )
        if self.print_cost is None:
            for field in printed:
                if getattr(self, field) is not None:
                    yield Problem(
                        "unused-printed-failure",
                        (*key, field),
                        f"part {self.name!r} has no print_cost, so {field} is not used.",
                        "Add print_cost, or leave the field out.",
                    )

    def _implausible(self, key: tuple[str | int, ...]) -> Iterator[Problem]:
        """Yield numbers that look as if they were given in another unit."""
        for field in (
            "failure_rate_per_day",
            "failure_probability_per_day",
            "printed_failure_rate_per_day",
            "printed_failure_probability_per_day",
        ):
            value = getattr(self, field)
            if value is not None and value > LIKELY_FAILURE:
                yield Problem(
                    "implausible-failure",
                    (*key, field),
                    f"part {self.name!r} fails {value:g} times a day that it is in operation.",
                    "Is it a rate a year? Then divide it by 365; else leave it.",
                )
        share = self.holding_cost_per_year_per_value
        if share is not None and share > LIKELY_HOLDING:
            yield Problem(
                "implausible-holding-cost",
                (*key, "holding_cost_per_year_per_value"),
                f"holding part {self.name!r} for a year costs {share:g} times the part.",
                "Is it percent? Then divide it by 100; is it money a day? Then give it as "
                "holding_cost_per_day; else leave it.",
            )
