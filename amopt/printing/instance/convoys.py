"""Replenishments that may not come, as a file states them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from amopt.instance.common import InstanceModel
from amopt.instance.findings import Code, Problem

__all__ = ["CODES", "Convoys", "CycleLength"]

CODES: tuple[Code, ...] = (
    Code(
        "convoys-incomplete",
        "It is not clear when replenishments come: one probability, or a whole distribution.",
        "Give arrival_probability alone, or cycle_lengths whose probabilities add up to 1.",
    ),
    Code(
        "lead-time-too-long",
        "An order has to close within the cycle before a replenishment of a schedule.",
        "Give fewer order_lead_days than cycle_days, with arrival_probability.",
    ),
)

LEAST_PROBABILITY = 0.02


class CycleLength(InstanceModel):
    """One of the lengths that a cycle may have."""

    days: Annotated[int, Field(ge=2, le=366)] = Field(description="Days between replenishments.")
    probability: Annotated[float, Field(gt=0, le=1)] = Field(description="Its probability.")


class Convoys(InstanceModel):
    """When replenishments come: exactly one of the first two fields."""

    arrival_probability: Annotated[float, Field(ge=LEAST_PROBABILITY, le=1)] | None = Field(
        default=None,
        description="Each scheduled replenishment, every cycle_days, comes with this probability; "
        "whether it does is known on its day.",
    )
    cycle_lengths: tuple[CycleLength, ...] = Field(
        default=(),
        description="Lengths of a cycle with their probabilities; which one it is nobody knows "
        "before the replenishment is there.",
    )
    order_lead_days: Annotated[int, Field(ge=0, le=365)] = Field(
        default=0,
        description="Days before each scheduled replenishment on which what it brings is decided.",
    )

    def problems(self, cycle_days: int) -> Iterator[Problem]:
        """Yield what no single field can know."""
        if self.order_lead_days and (self.cycle_lengths or self.order_lead_days >= cycle_days):
            yield Problem(
                "lead-time-too-long",
                ("convoys", "order_lead_days"),
                f"an order that closes {self.order_lead_days} days before a replenishment needs a "
                f"schedule of more days than that; cycle_days is {cycle_days}, and cycle_lengths "
                "is no schedule.",
                "Give fewer days than cycle_days, and arrival_probability.",
            )
        if (self.arrival_probability is None) is not bool(self.cycle_lengths):
            yield Problem(
                "convoys-incomplete",
                ("convoys",),
                "convoys has both or neither of arrival_probability and cycle_lengths.",
                "Give exactly one of them.",
            )
        days = [entry.days for entry in self.cycle_lengths]
        whole = math.fsum(entry.probability for entry in self.cycle_lengths)
        if days and (abs(whole - 1.0) > 1e-9 or len(set(days)) < len(days)):
            yield Problem(
                "convoys-incomplete",
                ("convoys", "cycle_lengths"),
                f"the probabilities of the cycle lengths add up to {whole:.9g}, or a length comes "
                "twice.",
                "Give each length once, with probabilities that add up to 1.",
            )
