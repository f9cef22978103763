"""What a printing instance says: systems in service, their parts, and how often supplies come.

One part at one place: :math:`N` systems hold one piece each. A scheduled replenishment arrives
every :math:`L` days. Between two of them a system whose part failed, with nothing on the shelf,
waits, gets a printed part until the replenishment, or an expedited one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from amopt.instance.common import (
    Factor,
    Instance,
    InstanceModel,
    Kilograms,
    Money,
    Name,
    Network,
    Probability,
    Rate,
    RefersTo,
)
from amopt.instance.findings import Code, Problem, Severity
from amopt.printing.parameters import Parameters, read_only

if TYPE_CHECKING:
    from amopt.network import SupplyNetwork

__all__ = [
    "CODES",
    "DAYS_A_YEAR",
    "REPORTED_DAYS",
    "Discounted",
    "Part",
    "PrintingInstance",
    "System",
]

Floats = NDArray[np.float64]

DAYS_A_YEAR = 365.0
"""Days of the year over which a holding cost a year is spread."""

REPORTED_DAYS = 364.0
"""Days of the year for which costs are reported: 52 weeks, as the published tables do."""

MOST_CYCLE_DAYS = 366
"""The longest order cycle that a file may hold: a year."""

MOST_FAILURES = 200_000
"""The most failures of a part that may be expected in a cycle."""

LIKELY_FAILURE = 0.5
"""Failures of a part a day above which the unit of the rate is in doubt."""

LIKELY_HOLDING = 5.0
"""Holding cost a year, as a share of the order cost, above which its unit is in doubt."""

LIKELY_DISCOUNT = 0.9
"""Discount factor a day below which its unit is in doubt."""

MOST_SYSTEMS = 100_000
"""The largest fleet that a file may hold: up to it every answer is proven."""

CODES: tuple[Code, ...] = (
    Code(
        "exactly-one",
        "Of fields that say the same in different units, exactly one must be given.",
        "Keep one of them and leave out the others.",
    ),
    Code(
        "expedite-too-cheap",
        "An expedited part must cost more than one that comes with the replenishment.",
        "Raise expedite_cost above the order cost with its transport, or leave it out.",
    ),
    Code(
        "implausible-discount",
        "A discount factor a day so low that money is worth next to nothing after a month.",
        "Give the factor of a day: one of 0.9 a year is 0.9 ** (1 / 365) = 0.99971 a day.",
        Severity.WARNING,
    ),
    Code(
        "implausible-failure",
        "A part fails so often that it lasts less than two days on average.",
        "Give failures a day: divide a rate a year by 365.",
        Severity.WARNING,
    ),
    Code(
        "implausible-holding-cost",
        "Holding a part for a year costs more than five times what the part costs.",
        "Give a share, not percent: 0.25 for 25 % a year.",
        Severity.WARNING,
    ),
    Code(
        "incomplete-supply",
        "The route of the replenishment needs a network, the place and where it is supplied from.",
        "Give network, place and supplied_from together, or none of them.",
    ),
    Code(
        "too-many-failures",
        "So many failures are expected in a cycle that no answer could be proven in short time.",
        "Check the failure rate, the number of systems and the length of the cycle.",
    ),
    Code(
        "unused-printed-failure",
        "Failure data of the printed part are given, but no print cost: the part has no printer.",
        "Add print_cost, or leave out the failure data of the printed part.",
        Severity.WARNING,
    ),
)


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


class PrintingInstance(Instance):
    """When to print, when to wait, and how many to stock, for all parts of one place."""

    kind: Literal["printing"] = Field(description="The decision that the file asks for.")
    cycle_days: Annotated[int, Field(ge=2, le=MOST_CYCLE_DAYS)] = Field(
        description="Days between two scheduled replenishments."
    )
    criterion: Literal["average"] | Discounted = Field(
        description="average: cost in the long run; or {discount_per_day: factor}."
    )
    systems: Annotated[tuple[System, ...], Field(min_length=1)] = Field(
        description="The types of systems in service."
    )
    parts: Annotated[tuple[Part, ...], Field(min_length=1)] = Field(description="The parts.")
    network: Network | None = Field(
        default=None, description="Places and lanes over which the replenishment travels."
    )
    place: Annotated[Name, RefersTo("network.places")] | None = Field(
        default=None, description="The place of the network where the systems are."
    )
    supplied_from: Annotated[Name, RefersTo("network.places")] | None = Field(
        default=None,
        description="The place that replenishes it, by the cheapest route, whose cost a part is "
        "added to the order cost.",
    )

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong across fields."""
        if isinstance(self.criterion, Discounted):
            yield from self.criterion.problems(("criterion",))
        for index, part in enumerate(self.parts):
            yield from part.problems(("parts", index))
            yield from self._too_many_failures(index)
        supply = {key: getattr(self, key) for key in ("network", "place", "supplied_from")}
        missing = [key for key, value in supply.items() if value is None]
        if missing and len(missing) < len(supply):
            yield Problem(
                "incomplete-supply",
                (next(key for key in supply if key not in missing),),
                f"the route of the replenishment is not complete without {' and '.join(missing)}.",
                "Give network, place and supplied_from together, or none of them.",
            )
            return
        transport = self.transport_cost
        if np.isinf(transport).any():
            from amopt.network import unreachable_place

            yield unreachable_place(("place",), str(self.place), [str(self.supplied_from)])
            return
        for index, (part, extra) in enumerate(zip(self.parts, transport, strict=True)):
            landed = part.order_cost + extra
            if part.expedite_cost is not None and part.expedite_cost <= landed:
                yield Problem(
                    "expedite-too-cheap",
                    ("parts", index, "expedite_cost"),
                    f"{part.expedite_cost:g} does not exceed the order cost of {landed:g}.",
                    "Raise it, or leave it out.",
                )

    def _too_many_failures(self, index: int) -> Iterator[Problem]:
        part = self.parts[index]
        count = sum(system.count for system in self.systems if system.name == part.system)
        within_a_day, _ = _failures(part.failure_rate_per_day, part.failure_probability_per_day)
        expected = within_a_day * count * self.cycle_days
        if expected > MOST_FAILURES:
            by_rate = part.failure_rate_per_day is not None
            yield Problem(
                "too-many-failures",
                (
                    "parts",
                    index,
                    "failure_rate_per_day" if by_rate else "failure_probability_per_day",
                ),
                f"{expected:,.0f} failures of part {part.name!r} are expected in a cycle; the most "
                f"is {MOST_FAILURES:,}.",
                "Check the rate, the number of systems and the length of the cycle.",
            )

    @cached_property
    def supply_network(self) -> SupplyNetwork:
        """The network as a graph with routes; without places where the file has none."""
        from amopt.network import SupplyNetwork

        return SupplyNetwork.from_instance(self.network or Network())

    @cached_property
    def transport_cost(self) -> Floats:
        """Cost of the replenishment's cheapest route a part, in money, shape (parts,).

        Zero without a network, infinite where no route leads to the place.
        """
        cost = np.zeros(len(self.parts))
        if self.network is None or self.place is None or self.supplied_from is None:
            return read_only(cost)
        network = self.supply_network
        for mass in {part.mass_kg for part in self.parts}:
            table = network.routes([self.supplied_from], [self.place], kg_per_part=mass)
            cost[[part.mass_kg == mass for part in self.parts]] = table.cost[0, 0]
        return read_only(cost)

    @cached_property
    def parameters(self) -> Parameters:
        """The parameters of the decision process of all parts, as arrays."""
        system = {entry.name: entry for entry in self.systems}
        holders = [system[part.system] for part in self.parts]
        failures = [
            _failures(part.failure_rate_per_day, part.failure_probability_per_day)
            for part in self.parts
        ]
        printed = [
            _failures(part.printed_failure_rate_per_day, part.printed_failure_probability_per_day)
            for part in self.parts
        ]
        criterion = self.criterion
        return Parameters(
            cycle_days=self.cycle_days,
            discount=1.0 if criterion == "average" else criterion.discount_per_day,
            systems=np.array([holder.count for holder in holders], dtype=np.int64),
            order_cost=np.array([part.order_cost for part in self.parts]) + self.transport_cost,
            print_cost=_or_infinite([part.print_cost for part in self.parts]),
            expedite_cost=_or_infinite([part.expedite_cost for part in self.parts]),
            backorder_cost=np.array([holder.backorder_cost_per_day for holder in holders]),
            holding_cost=np.array([_holding_cost_per_day(part) for part in self.parts]),
            failure=np.array([probability for probability, _ in failures]),
            printed_failure=np.array([probability for probability, _ in printed]),
            failures_per_day=np.array([rate for _, rate in failures]),
        )


def _failures(rate: float | None, probability: float | None) -> tuple[float, float]:
    """Return the probability of failure within a day, ``1 - exp(-rate)``, and failures a day."""
    if rate is not None:
        return -math.expm1(-rate), rate
    return probability or 0.0, probability or 0.0


def _holding_cost_per_day(part: Part) -> float:
    """Return the holding cost of a part in stock, in money a day."""
    if part.holding_cost_per_day is not None:
        return part.holding_cost_per_day
    return (part.holding_cost_per_year_per_value or 0.0) * part.order_cost / DAYS_A_YEAR


def _or_infinite(costs: list[float | None]) -> Floats:
    """Return costs as an array, infinite where there is none."""
    return np.array([np.inf if cost is None else cost for cost in costs])
