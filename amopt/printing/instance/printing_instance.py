"""What a printing instance says: systems in service, their parts, and how often supplies come.

One part at one place: :math:`N` systems hold one piece each. A scheduled replenishment arrives
every :math:`L` days. Between two of them a system whose part failed, with nothing on the shelf,
waits, gets a printed part until the replenishment, or an expedited one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from amopt.instance.common import Instance, Name, Network, PositiveQuantity, RefersTo
from amopt.instance.findings import Problem
from amopt.instance.loadable import Filled
from amopt.instance.schema import also, beside
from amopt.printing.instance.codes import CODES
from amopt.printing.instance.convoys import Convoys
from amopt.printing.instance.entries import Discounted, Part, System
from amopt.printing.instance.limits import Limit
from amopt.printing.instance.parts_table import with_table
from amopt.printing.instance.practice import (
    Material,
    PartPolicy,
    problems_of_material,
    problems_of_policy,
)
from amopt.printing.instance.printer import Printer
from amopt.printing.instance.uncertainty import UncertainRate, uncertainty_problems
from amopt.printing.parameters import Parameters, read_only

if TYPE_CHECKING:
    from amopt.network import SupplyNetwork

__all__ = ["CODES", "DAYS_A_YEAR", "REPORTED_DAYS", "PrintingInstance"]

Floats = NDArray[np.float64]

DAYS_A_YEAR = 365.0
"""Days of the year over which a holding cost a year is spread."""

REPORTED_DAYS = 364.0
"""Days of the year for which costs are reported: 52 weeks, as the published tables do."""

MOST_CYCLE_DAYS = 366
"""The longest order cycle that a file may hold: a year."""

MOST_FAILURES = 200_000
"""The most failures of a part that may be expected in a cycle."""


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
    parts: Annotated[tuple[Part, ...], Field(min_length=1)] = Field(
        description="The parts.",
        json_schema_extra=also(beside("table", "A .csv or .parquet file of parts")),
    )
    limits: tuple[Limit, ...] = Field(
        default=(), description="Limits on what the parts do together, in expectation."
    )
    uncertain_rates: tuple[UncertainRate, ...] = Field(
        default=(), description="Failure rates that are known as a range, or from observed ones."
    )
    most_prints_per_day: Annotated[int, Field(ge=0, le=10**6)] | None = Field(
        default=None, description="Most parts that the printer makes in a day, of all parts."
    )
    convoys: Convoys | None = Field(default=None, description="Replenishments that may not come.")
    policy: tuple[PartPolicy, ...] = Field(
        default=(), description="What is done today, part by part, to compare it with the best."
    )
    material: Material | None = Field(
        default=None, description="The raw material of the printer, as stock."
    )
    expedite_surcharge: PositiveQuantity | None = Field(
        default=None,
        description="What flying in a part costs beside its order cost, in money, for parts that "
        "give no expedite_cost; left out, these cannot be expedited.",
    )
    printer: Printer | None = Field(
        default=None, description="What having the printer costs; left out, that is not asked."
    )
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

    @classmethod
    def filled(cls, data: Mapping[str, Any], folder: Path | None) -> Filled:
        """Return the data with the parts of a table that stands beside the instance."""
        return with_table(data, folder)

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong across fields."""
        return chain.from_iterable(self.checks())

    def checks(self) -> Iterator[Iterator[Problem]]:
        """Yield the checks across fields, each to be made by itself."""
        yield self._problems_of_criterion()
        for index in range(len(self.parts)):
            yield self._problems_of_part(index)
            yield self._too_many_failures(index)
        yield self._problems_of_limits()
        yield uncertainty_problems(self.uncertain_rates, self.parts)
        yield iter(()) if self.convoys is None else self.convoys.problems(self.cycle_days)
        yield self._problems_of_policy()
        yield problems_of_material(self.parts if self.material else ())
        yield self._problems_of_printer()
        yield self._problems_of_supply()

    def _problems_of_criterion(self) -> Iterator[Problem]:
        if isinstance(self.criterion, Discounted):
            yield from self.criterion.problems(("criterion",))

    def _problems_of_part(self, index: int) -> Iterator[Problem]:
        yield from self.parts[index].problems(("parts", index))

    def _problems_of_limits(self) -> Iterator[Problem]:
        for index, limit in enumerate(self.limits):
            yield from limit.problems(
                ("limits", index), self.parts, all_expedited=self._all_expedited
            )

    def _problems_of_policy(self) -> Iterator[Problem]:
        yield from problems_of_policy(self.policy, self.parts, all_expedited=self._all_expedited)

    @property
    def _all_expedited(self) -> bool:
        """Whether parts that give no cost of their own can be expedited too."""
        return self.expedite_surcharge is not None

    def _problems_of_printer(self) -> Iterator[Problem]:
        if self.printer is not None:
            yield from self.printer.problems(("printer",))

    def _problems_of_supply(self) -> Iterator[Problem]:
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
        order_cost = np.array([part.order_cost for part in self.parts]) + self.transport_cost
        expedite_cost = _or_infinite([part.expedite_cost for part in self.parts])
        if self.expedite_surcharge is not None:
            flown_in = order_cost + self.expedite_surcharge
            expedite_cost = np.where(np.isfinite(expedite_cost), expedite_cost, flown_in)
        return Parameters(
            cycle_days=self.cycle_days,
            discount=1.0 if criterion == "average" else criterion.discount_per_day,
            systems=np.array([holder.count for holder in holders], dtype=np.int64),
            order_cost=order_cost,
            print_cost=_or_infinite([part.print_cost for part in self.parts]),
            expedite_cost=expedite_cost,
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
