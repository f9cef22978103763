"""The values that a factorial varies, and what is wrong with them for one instance."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from amopt.instance.common import InstanceModel, Money
from amopt.instance.findings import Problem
from amopt.maintenance.instance.lifetimes import Life

__all__ = ["MOST_VARIANTS", "Factorial"]

MOST_VARIANTS = 100_000
"""The most variants of an instance that are compared at a time."""


class Factorial(InstanceModel):
    """Values of which every combination is a variant of the instance, for a study."""

    printed_scale_days: tuple[Annotated[float, Field(ge=1e-3, le=1e5)], ...] | None = Field(
        default=None, description="Scales of the printed part's life, in days."
    )
    print_cost: tuple[Money, ...] | None = Field(
        default=None, description="Costs of the printed part, in money."
    )
    regular_cost: tuple[Money, ...] | None = Field(
        default=None, description="Costs of the regular part, in money."
    )
    failure_cost: tuple[Money, ...] | None = Field(
        default=None, description="Costs of a failure, in money."
    )
    downtime_cost_per_day: tuple[Money, ...] | None = Field(
        default=None, description="Costs of downtime, in money a day."
    )

    @property
    def varied(self) -> dict[str, tuple[float, ...]]:
        """The values of what is varied, by name."""
        stated = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: values for name, values in stated.items() if values is not None}

    def without_effect(self, printed: Life | None) -> dict[str, str]:
        """Return what is varied in vain, with why.

        Parameters
        ----------
        printed
            The life of the printed part; None where nothing can be printed.
        """
        found = {}
        if printed is None:
            names = ("printed_scale_days", "print_cost")
            found = dict.fromkeys(names, "the instance has no printed part")
        elif printed.distribution == "tabulated":
            found["printed_scale_days"] = "the life of the printed part is tabulated: no scale"
        return {name: why for name, why in found.items() if name in self.varied}

    def problems(
        self, printed: Life | None, failure_cost: float, downtime_cost: float
    ) -> Iterator[Problem]:
        """Yield what no single field can know.

        Parameters
        ----------
        printed
            The life of the printed part; None where nothing can be printed.
        failure_cost, downtime_cost
            What a failure and a day down cost where they are not varied, in money.
        """
        code, varied = "factorial-varies-nothing", self.varied
        for name, why in self.without_effect(printed).items():
            key = ("factorial", name)
            yield Problem(code, key, f"{name} would change nothing: {why}.", "Leave it out.")
        if not any(varied.values()) or not all(varied.values()):
            empty = [name for name, values in varied.items() if not values]
            what = f"{empty[0]} has no values" if empty else "the factorial has no values"
            where = ("factorial", *empty[:1])
            yield Problem(code, where, f"{what}.", "Give values, or leave it out.")
        free = [0.0 in varied.get("failure_cost", (failure_cost,))]
        free.append(0.0 in varied.get("downtime_cost_per_day", (downtime_cost,)))
        if all(free) and {"failure_cost", "downtime_cost_per_day"} & varied.keys():
            yield Problem(
                "free-of-charge",
                ("factorial",),
                "in a variant neither a failure nor downtime costs anything.",
                "Leave the 0 out of one of them.",
            )
        variants = math.prod(len(values) for values in varied.values())
        if variants > MOST_VARIANTS:
            yield Problem(
                "too-many-variants",
                ("factorial",),
                f"these values make {variants:,} variants; the most is {MOST_VARIANTS:,}.",
                "Give fewer values, or make several files of them.",
            )
