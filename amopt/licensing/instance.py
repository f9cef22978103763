"""What a licensing instance says: a spare part, two ways to get it, and who buys it.

A maker sells a spare part, or licences and the design file for printing it. A licence costs a fee a
year and a royalty a print; the buyer then has the part printed near by. One contract is offered to
all, and each buyer takes what is cheaper for him.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from statistics import NormalDist
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from amopt.instance.common import Instance, InstanceModel, Money, Name, Network, RefersTo
from amopt.instance.findings import Code, Problem, Severity

if TYPE_CHECKING:
    from amopt.network import SupplyNetwork

__all__ = [
    "CODES",
    "Buyer",
    "LicensingInstance",
    "Limits",
    "Printer",
    "Printing",
    "Traditional",
]

LIKELY_HOLDING = 5.0
"""Holding cost a year, as a share of the price, above which its unit is in doubt."""

LIKELY_LEAD_TIME = 5.0
"""Years of lead time above which the unit is in doubt."""

LIKELY_PROBABILITY = 0.9
"""Safety factor from which, below 1, it is likely a probability."""

Price = Annotated[float, Field(ge=1e-6, le=1e9)]
"""Money a part that is not nothing."""

Years = Annotated[float, Field(ge=0, le=100)]
"""A lead time in years."""

CODES: tuple[Code, ...] = (
    Code(
        "implausible-holding-cost-a-year",
        "Holding a part for a year costs more than five times what the part costs.",
        "Give a share, not percent: 0.1 for 10 % a year.",
        Severity.WARNING,
    ),
    Code(
        "implausible-lead-time",
        "A lead time of more than five years is likely one in weeks or days.",
        "Give years: divide weeks by 52, days by 365.",
        Severity.WARNING,
    ),
    Code(
        "implausible-safety-factor",
        "A safety factor just below 1 is likely the probability that it should cover.",
        "Give standard deviations: 1.645 covers 95 % of the lead times.",
        Severity.WARNING,
    ),
    Code(
        "royalties-not-needed",
        "Royalties are listed, but one contract takes the best royalty of all.",
        "Leave royalties out, or ask for two contracts.",
        Severity.WARNING,
    ),
    Code(
        "epsilon-not-needed",
        "An epsilon is given, but a menu of two contracts is the best of a list of royalties.",
        "Leave epsilon out, or ask for one contract.",
        Severity.WARNING,
    ),
    Code(
        "sold-at-a-loss",
        "The part is sold below what it costs to make.",
        "Check price and production_cost: both are money a part.",
        Severity.WARNING,
    ),
    Code(
        "unused-printer",
        "A printer has a capacity, but no buyer uses it.",
        "Name the printer at the buyers that use it, or leave it out.",
        Severity.WARNING,
    ),
)


class Traditional(InstanceModel):
    """The part as the maker sells it."""

    price: Price = Field(description="What a buyer pays for a part, in money.")
    production_cost: Money = Field(description="What a part costs the maker, in money.")
    setup_cost: Money = Field(description="What an order costs a buyer beside the parts, in money.")
    lead_time_years: Years = Field(description="Time from order to delivery, in years.")


class Printing(InstanceModel):
    """The part as it is printed near a buyer, with a licence."""

    price: Price = Field(description="What a print costs a buyer without the royalty, in money.")
    setup_cost: Money = Field(description="What an order of prints costs beside them, in money.")
    lead_time_years: Years = Field(description="Time from order to delivery, in years.")


class Printer(InstanceModel):
    """A printer whose capacity several buyers may share."""

    name: Name = Field(description="Name of the printer, unique in the instance.")
    prints_per_year: Annotated[float, Field(ge=0, le=1e9)] = Field(
        description="Most prints a year."
    )


class Buyer(InstanceModel):
    """Who buys the part."""

    name: Name = Field(description="Name of the buyer, unique in the instance.")
    demand_per_year: Annotated[float, Field(ge=1e-6, le=1e6)] = Field(
        description="Mean demand in parts a year; it is Poisson."
    )
    least_surplus: Annotated[float, Field(ge=1e-6, le=1e9)] | None = Field(
        default=None,
        description="What he must save a year at least beside buying the part, in money; so he "
        "must take a licence. Left out: nothing.",
    )
    printer: Annotated[Name, RefersTo("printers")] | None = Field(
        default=None, description="The printer that he would use; left out, one without a limit."
    )


class Limits(InstanceModel):
    """What the contracts must keep to."""

    most_licensees: Annotated[int, Field(ge=0, le=10**6)] | None = Field(
        default=None, description="Most buyers that hold a licence."
    )


class LicensingInstance(Instance):
    """Which licence to offer for printing a spare part, and who will take it."""

    kind: Literal["licensing"] = Field(description="The decision that the file asks for.")
    holding_cost_per_year_per_value: Annotated[float, Field(ge=0, le=100)] = Field(
        description="Holding cost of a part, as a share of what it costs the buyer, a year."
    )
    safety_factor: Annotated[float, Field(ge=0, le=10)] = Field(
        description="Standard deviations of the demand in a lead time that are kept in stock."
    )
    traditional: Traditional = Field(description="The part as the maker sells it.")
    printing: Printing = Field(description="The part as it is printed with a licence.")
    buyers: Annotated[tuple[Buyer, ...], Field(min_length=1)] = Field(description="The buyers.")
    printers: tuple[Printer, ...] = Field(
        default=(), description="Printers with a limited capacity."
    )
    limits: Limits = Field(
        default_factory=Limits, description="What the contracts must keep to; left out, nothing."
    )
    contracts: Annotated[int, Field(ge=1, le=2)] = Field(
        default=1, description="How many contracts are offered: one to all, or a menu of two."
    )
    royalties: tuple[Annotated[float, Field(ge=0, le=1e9)], ...] = Field(
        default=(),
        description="Royalties that a menu of two may have, in money a print; left out, 25 from 0 "
        "to the highest that a buyer would pay.",
    )
    epsilon: Annotated[float, Field(ge=1e-9, le=1e9)] | None = Field(
        default=None,
        description="How much less a year a contract may earn than the supremum where none attains "
        "it, in money; left out, a few ten-millionths of it.",
    )

    @cached_property
    def supply_network(self) -> SupplyNetwork:
        """The network, without places: this decision has none."""
        from amopt.network import SupplyNetwork

        return SupplyNetwork.from_instance(Network())

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong across fields."""
        if self.holding_cost_per_year_per_value > LIKELY_HOLDING:
            yield Problem(
                "implausible-holding-cost-a-year",
                ("holding_cost_per_year_per_value",),
                f"holding a part for a year costs {self.holding_cost_per_year_per_value:g} times "
                "the part.",
                "Is it percent? Then divide it by 100; else leave it.",
            )
        if LIKELY_PROBABILITY <= self.safety_factor < 1:
            factor, normal = self.safety_factor, NormalDist()
            yield Problem(
                "implausible-safety-factor",
                ("safety_factor",),
                f"{factor:g} standard deviations cover {100 * normal.cdf(factor):.1f} % of the "
                "lead times.",
                f"Is it the probability to cover? Then write {normal.inv_cdf(factor):.3f}; else "
                "leave it.",
            )
        for channel in ("traditional", "printing"):
            years = getattr(self, channel).lead_time_years
            if years > LIKELY_LEAD_TIME:
                yield Problem(
                    "implausible-lead-time",
                    (channel, "lead_time_years"),
                    f"a lead time of {years:g} years is a long one.",
                    "Is it weeks or days? Then divide it by 52 or 365; else leave it.",
                )
        if self.traditional.price < self.traditional.production_cost:
            yield Problem(
                "sold-at-a-loss",
                ("traditional", "price"),
                f"the price of {self.traditional.price:g} is below the production cost of "
                f"{self.traditional.production_cost:g}.",
                "Check both; leave them if the maker does sell at a loss.",
            )
        if self.royalties and self.contracts == 1:
            yield Problem(
                "royalties-not-needed",
                ("royalties",),
                "one contract is offered, and its royalty is the best of all.",
                "Leave them out, or offer two contracts: contracts: 2.",
            )
        if self.epsilon is not None and self.contracts > 1:
            yield Problem(
                "epsilon-not-needed",
                ("epsilon",),
                "the best menu of a list of royalties attains what it earns.",
                "Leave it out, or offer one contract: contracts: 1.",
            )
        used = {buyer.printer for buyer in self.buyers}
        for index, printer in enumerate(self.printers):
            if printer.name not in used:
                yield Problem(
                    "unused-printer",
                    ("printers", index),
                    f"no buyer uses printer {printer.name!r}.",
                    "Name it at a buyer, or leave it out.",
                )
