"""What a plan costs, when it is delivered and what it emits, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = ["Evaluation", "evaluate", "whole_conventional"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a plan comes to; committed orders are part of it.

    Attributes
    ----------
    quantity
        Parts ordered from each option, beside what is committed, shape (n,).
    order_cost, order_weeks
        Cost in money and delivery in weeks of each option's order, shape (n,); zero without one.
    cost, weeks, kg_co2
        What is paid for each line, when it is delivered, what it emits, shape (lines,).
    downtime_cost
        Cost of each line's waiting, in money, shape (lines,).
    """

    supply: SupplyOptions
    quantity: Floats
    order_cost: Floats
    order_weeks: Floats
    cost: Floats
    weeks: Floats
    kg_co2: Floats
    downtime_cost: Floats

    @property
    def objective(self) -> float:
        """The weighted sum that the instance minimises."""
        weights = self.supply.instance.minimise
        return float(
            weights.cost * self.cost.sum()
            + weights.downtime * self.downtime_cost.sum()
            + weights.weeks * self.weeks.sum()
            + weights.kg_co2 * self.kg_co2.sum()
        )


def evaluate(supply: SupplyOptions, quantity: Floats) -> Evaluation:
    """Evaluate a plan.

    Parameters
    ----------
    supply
        The supply options.
    quantity
        Parts ordered from each option, shape (n,).
    """
    lines = len(supply.instance.lines)
    used = np.flatnonzero(quantity > 0)
    line = supply.line[used]
    order_cost, order_weeks = np.zeros(len(supply)), np.zeros(len(supply))
    order_cost[used] = supply.total.take(used).at(quantity[used])
    order_weeks[used] = supply.lead_time.take(used).at(quantity[used])
    cost = np.bincount(line, order_cost[used], minlength=lines).astype(np.float64)
    kg_co2 = np.zeros(lines)
    np.add.at(kg_co2, line, supply.kg_co2[used] * quantity[used])
    weeks = np.zeros(lines)
    np.maximum.at(weeks, line, order_weeks[used])
    number = {entry.line: index for index, entry in enumerate(supply.instance.lines)}
    for order, paid, arrives, emitted, _ in supply.commitments:
        index = number[order.line]
        cost[index] += paid
        kg_co2[index] += emitted
        weeks[index] = max(weeks[index], arrives)
    downtime = supply.downtime_per_week * weeks
    return Evaluation(supply, quantity, order_cost, order_weeks, cost, weeks, kg_co2, downtime)


def whole_conventional(supply: SupplyOptions) -> Evaluation:
    """Evaluate every line supplied conventionally; NaN for lines without conventional supply.

    What is committed is left out: this is what the lines would cost without AM. A minimum order
    above the quantity is paid for in full.
    """
    option = supply.conventional_of_line
    known = option >= 0
    quantity = np.zeros(len(supply))
    quantity[option[known]] = np.maximum(supply.quantity[known], supply.smallest[option[known]])
    order_cost, order_weeks = np.zeros(len(supply)), np.zeros(len(supply))
    index = option[known]
    order_cost[index] = supply.total.take(index).at(quantity[index])
    order_weeks[index] = supply.lead_time.take(index).at(quantity[index])
    cost, weeks, kg_co2 = (np.full(option.size, np.nan) for _ in range(3))
    cost[known], weeks[known] = order_cost[index], order_weeks[index]
    kg_co2[known] = supply.kg_co2[index] * quantity[index]
    downtime = supply.downtime_per_week * weeks
    return Evaluation(supply, quantity, order_cost, order_weeks, cost, weeks, kg_co2, downtime)
