"""A maintenance instance: one critical part, bought or printed, and what its replacement costs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from amopt.errors import UsageError
from amopt.instance.common import Factor, Instance, InstanceModel, Money, Network
from amopt.instance.findings import Code, Problem, Severity
from amopt.maintenance.instance.factorial import MOST_VARIANTS, Factorial
from amopt.maintenance.instance.lifetimes import Life

if TYPE_CHECKING:
    from amopt.network import SupplyNetwork

__all__ = [
    "CODES",
    "DAYS_A_YEAR",
    "Limits",
    "MaintenanceInstance",
    "Part",
]

Floats = NDArray[np.float64]

DAYS_A_YEAR = 365.0
"""Days of the year over which a holding cost a year is spread."""

MOST_STATES = 400_000
"""The largest decision process that is built: installed parts by age, times statuses of an order"""

LIKELY_HOLDING = 5.0
"""Holding cost a year, as a share of the part's cost, above which its unit is in doubt."""

ROUNDING = 1e-12
"""Share of what a failure and a day down cost that is rounding."""

CODES: tuple[Code, ...] = (
    Code(
        "exactly-one-holding",
        "The holding cost is a share of the part's cost a year or money a day, not both.",
        "Keep one of them and leave out the other.",
    ),
    Code(
        "factorial-varies-nothing",
        "A factorial has no values, or varies what the instance does not have.",
        "Leave out what is not there, and give what varies at least one value.",
    ),
    Code(
        "falling-failure-rate",
        "A part whose failure rate falls with age is never replaced before it fails.",
        "Give a life that wears out: a shape of 1 or more.",
    ),
    Code(
        "free-of-charge",
        "Neither failures nor downtime cost anything, so that nothing is worth preventing.",
        "Give a failure_cost or a downtime_cost_per_day above 0.",
    ),
    Code(
        "implausible-spare-holding-cost",
        "Holding a spare for a year costs more than five times what the part costs.",
        "Give a share, not percent: 0.2 for 20 % a year.",
        Severity.WARNING,
    ),
    Code(
        "incomplete-life",
        "A life lacks the numbers of its distribution, or has those of another.",
        "Give scale_days and shape, or points for a tabulated life.",
    ),
    Code(
        "printed-outlives-regular",
        "The printed part is the better one: it lives longer, costs less and comes sooner.",
        "Exchange the two parts where they were mixed up; else only print.",
        Severity.WARNING,
    ),
    Code(
        "slow-printing",
        "Printing bridges the lead time of the regular part, so that it must be quicker.",
        "Give the printed part a shorter lead time than the regular one.",
    ),
    Code(
        "too-many-states",
        "The decision process on a grid of days would be too large.",
        "Count in longer periods, or raise oldest_survival.",
    ),
    Code(
        "too-many-variants",
        f"A factorial makes more than {MOST_VARIANTS:,} variants.",
        "Give fewer values, or make several files of them.",
    ),
)


class Part(InstanceModel):
    """A part that can be installed: regular or printed."""

    cost: Money = Field(description="Cost of one part, in money.")
    lead_time_days: Annotated[int, Field(ge=1, le=1000)] = Field(
        description="Whole days from the decision until the part is there."
    )
    life: Life = Field(description="How long it lives in operation.")


class Limits(InstanceModel):
    """Limits on the plan, in the long run."""

    stock: Annotated[float, Field(ge=0, le=1)] | None = Field(
        default=None, description="Largest share of the days on which a regular spare lies there."
    )
    downtime_days_per_year: Annotated[float, Field(ge=0, le=365)] | None = Field(
        default=None, description="Most days a year on which the system is down."
    )


class MaintenanceInstance(Instance):
    """When to replace a part, when to order the next one, and when to print in between."""

    kind: Literal["maintenance"] = Field(description="The decision that the file asks for.")
    regular: Part = Field(description="The regular part, which is ordered.")
    printed: Part | None = Field(
        default=None, description="The printed part; left out, there is no printer."
    )
    replacement_cost: Money = Field(description="Cost of each replacement, in money.")
    failure_cost: Money = Field(description="Cost of each failure, in money.")
    downtime_cost_per_day: Money = Field(description="Cost of the system being down, money a day.")
    holding_cost_per_year_per_value: Factor | None = Field(
        default=None, description="Holding cost of a regular spare, a share of its cost a year."
    )
    holding_cost_per_day: Money | None = Field(
        default=None, description="Holding cost of a regular spare, in money a day."
    )
    oldest_survival: Annotated[float, Field(ge=1e-9, le=0.5)] = Field(
        default=1e-4,
        description="The grid of ages ends at the age that this share of the parts reaches; older "
        "parts fail as they do there.",
    )
    limits: Limits = Field(default=Limits(), description="Limits on the plan.")
    factorial: Factorial | None = Field(
        default=None, description="Variants for amopt maintenance factorial."
    )

    @cached_property
    def supply_network(self) -> SupplyNetwork:
        """The network, without places: this decision has none."""
        from amopt.network import SupplyNetwork

        return SupplyNetwork.from_instance(Network())

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong across fields."""
        for check in self.checks():
            yield from check

    def checks(self) -> Iterator[Iterator[Problem]]:
        """Yield the checks across fields, each to be made by itself."""
        yield self._lives(printed=False)
        yield self._lives(printed=True)
        yield self._holding_problems()
        yield self._cost_problems()
        yield self._printed_problems()
        yield self._size_problems()
        yield self._factorial_problems()

    def _lives(self, *, printed: bool) -> Iterator[Problem]:
        part, name = (self.printed, "printed") if printed else (self.regular, "regular")
        if part is not None:
            yield from part.life.problems((name, "life"))

    def _holding_problems(self) -> Iterator[Problem]:
        holding = (self.holding_cost_per_day, self.holding_cost_per_year_per_value)
        if sum(cost is not None and cost >= 0 for cost in holding) != 1:
            yield Problem(
                "exactly-one-holding",
                ("holding_cost_per_day",) if self.holding_cost_per_day is not None else (),
                "exactly one of holding_cost_per_day and holding_cost_per_year_per_value is "
                "needed.",
                "Give exactly one of them.",
            )
        share = self.holding_cost_per_year_per_value
        if share is not None and share > LIKELY_HOLDING:
            yield Problem(
                "implausible-spare-holding-cost",
                ("holding_cost_per_year_per_value",),
                f"holding a spare for a year costs {share:g} times the part.",
                "Is it percent? Then divide it by 100; is it money a day? Then give it as "
                "holding_cost_per_day; else leave it.",
            )

    def _cost_problems(self) -> Iterator[Problem]:
        if self.failure_cost == 0 and self.downtime_cost_per_day == 0:
            yield Problem(
                "free-of-charge",
                ("failure_cost",),
                "neither a failure nor downtime costs anything.",
                "Give what they cost.",
            )

    def _size_problems(self) -> Iterator[Problem]:
        if any(self._lives(printed=False)) or any(self._lives(printed=True)):
            return
        if self.states > MOST_STATES:
            yield Problem(
                "too-many-states",
                ("regular", "life"),
                f"the decision process on a grid of days would have {self.states:,} states; the "
                f"most is {MOST_STATES:,}.",
                "Count in longer periods, such as weeks, in all that is a time or a cost a time.",
            )
            return
        scales = (self.factorial and self.factorial.printed_scale_days) or ()
        scales = () if any(self._factorial_problems()) else scales
        states = self.variant(printed_scale_days=max(scales)).states if scales else 0
        if states > MOST_STATES:
            yield Problem(
                "too-many-states",
                ("factorial", "printed_scale_days"),
                f"with a scale of {max(scales):,g} days the decision process on a grid of days "
                f"would have {states:,} states; the most is {MOST_STATES:,}.",
                "Leave such scales out, or count in longer periods, such as weeks.",
            )

    def _factorial_problems(self) -> Iterator[Problem]:
        if self.factorial is not None:
            life = None if self.printed is None else self.printed.life
            down = self.downtime_cost_per_day
            yield from self.factorial.problems(life, self.failure_cost, down)

    def _printed_problems(self) -> Iterator[Problem]:
        printed, regular = self.printed, self.regular
        if printed is None:
            return
        if printed.lead_time_days >= regular.lead_time_days:
            yield Problem(
                "slow-printing",
                ("printed", "lead_time_days"),
                f"printing takes {printed.lead_time_days:,} days, the regular part only "
                f"{regular.lead_time_days:,}.",
                "Give a shorter lead time, or leave the printed part out.",
            )
            return
        if any(self._lives(printed=False)) or any(self._lives(printed=True)):
            return
        if printed.cost <= regular.cost:
            ages = np.arange(1.0, 1 + self.oldest_regular)
            if (printed.life.survival(ages) > regular.life.survival(ages)).all():
                yield Problem(
                    "printed-outlives-regular",
                    ("printed", "life"),
                    "the printed part lives longer, costs no more and comes sooner than the "
                    "regular one.",
                    "Were the two mixed up? Else leave it.",
                )

    @cached_property
    def holding_cost(self) -> float:
        """Holding cost of a regular spare, in money a day."""
        if self.holding_cost_per_day is not None:
            return self.holding_cost_per_day
        return (self.holding_cost_per_year_per_value or 0.0) * self.regular.cost / DAYS_A_YEAR

    @cached_property
    def rounding(self) -> float:
        """Money a day that is rounding beside what a failure and a day down cost."""
        return ROUNDING * (self.downtime_cost_per_day + self.failure_cost)

    @cached_property
    def oldest_regular(self) -> int:
        """How many ages of a regular part the grid has, in whole days from 0."""
        return self._ages(self.regular)

    @cached_property
    def oldest_printed(self) -> int:
        """How many ages of a printed part the grid has; 0 where nothing is printed."""
        return 0 if self.printed is None else self._ages(self.printed)

    def _ages(self, part: Part) -> int:
        return max(2, round(part.life.age_of_survival(self.oldest_survival)))

    @property
    def states(self) -> int:
        """How many states the decision process has."""
        printing = 0 if self.printed is None else self.printed.lead_time_days - 1
        installed = self.oldest_regular + self.oldest_printed + printing + 1
        return installed * (self.regular.lead_time_days + 2)

    @cached_property
    def failure_probabilities(self) -> tuple[Floats, Floats]:
        """Probability that a part fails on the day after each age, regular and printed."""
        parts = ((self.regular, self.oldest_regular), (self.printed, self.oldest_printed))
        found = []
        for part, ages in parts:
            if part is None:
                found.append(np.zeros(0))
                continue
            alive = part.life.survival(np.arange(ages + 1.0))
            with np.errstate(invalid="ignore", divide="ignore"):
                failing = np.where(alive[:-1] > 0, 1 - alive[1:] / alive[:-1], 1.0)
            found.append(np.clip(failing, 0.0, 1.0))
        return found[0], found[1]

    def variant(self, **changes: float) -> MaintenanceInstance:
        """Return the instance with some of the numbers of a factorial changed.

        Parameters
        ----------
        changes
            By the names of :class:`Factorial`: ``printed_scale_days``, ``print_cost``,
            ``regular_cost``, ``failure_cost``, ``downtime_cost_per_day``.

        Raises
        ------
        InvalidInstanceError
            When there is no such number, or it cannot have that value.
        UsageError
            When the instance does not have what would be changed.
        """
        stated = Factorial(**{name: (value,) for name, value in changes.items()})
        regular, printed = self.regular, self.printed
        life = None if printed is None else printed.life
        for name, why in stated.without_effect(life).items():
            raise UsageError(f"{name} would change nothing: {why}")
        fields: dict[str, object] = {}
        for name, (value,) in stated.varied.items():
            if name in ("failure_cost", "downtime_cost_per_day"):
                fields[name] = value
            elif name == "regular_cost":
                regular = regular.model_copy(update={"cost": value})
            elif printed is not None and name == "print_cost":
                printed = printed.model_copy(update={"cost": value})
            elif printed is not None:
                other = printed.life.model_copy(update={"scale_days": value})
                printed = printed.model_copy(update={"life": other})
        return self.unchecked_copy(**fields, regular=regular, printed=printed, factorial=None)
