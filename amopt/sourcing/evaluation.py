"""What a plan costs, when it is delivered and what it emits, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amopt.sourcing.offers.charges import charges_of
from amopt.sourcing.offers.discounts import discounts

if TYPE_CHECKING:
    from amopt.sourcing.offers.charges import Charges
    from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = ["Evaluation", "evaluate", "goods_of", "whole_conventional"]

Floats = NDArray[np.float64]

WHOLE = 1e-9
"""What is not supplied but for rounding, relative."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a plan comes to; committed orders are part of it.

    Attributes
    ----------
    supply
        The supply options.
    quantity
        Parts ordered from each option, beside what is committed, shape (n,).
    order_cost, order_weeks
        What is paid in money for the parts of each option, with its share of an order of several
        lines and of what is paid once, and their delivery in weeks, shape (n,); zero without parts.
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
            + self.penalty.sum()
        )

    @cached_property
    def unmet(self) -> Floats:
        """Parts that each line asks for and does not get, shape (lines,)."""
        supply = self.supply
        supplied = np.bincount(supply.line, self.quantity, minlength=supply.needed.size)
        short: Floats = np.maximum(0.0, supply.needed - supplied)
        short[short <= WHOLE * supply.quantity] = 0.0
        return short

    @cached_property
    def penalty(self) -> Floats:
        """Penalty for what each line does not get, in money, shape (lines,)."""
        found: Floats = np.nan_to_num(self.supply.unmet_penalty) * self.unmet
        return found


def evaluate(supply: SupplyOptions, quantity: Floats) -> Evaluation:
    """Evaluate a plan.

    An order of several lines is priced, and takes as long, as all its parts together. Each line
    bears what is paid for it by its share of the parts, and so with what is paid once: tooling,
    fees, approvals. Discounts on what is spent at a supplier are shared out by prices.

    Parameters
    ----------
    supply
        The supply options.
    quantity
        Parts ordered from each option, shape (n,).
    """
    lines = len(supply.instance.lines)
    order_cost, order_weeks = _orders(supply, quantity, supply.charges)
    used = np.flatnonzero(quantity > 0)
    line = supply.line[used]
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


def _orders(supply: SupplyOptions, quantity: Floats, charges: Charges) -> tuple[Floats, Floats]:
    """Return what is paid for the parts of each option, and their delivery, shape (n,) each."""
    cost, weeks = np.zeros(len(supply)), np.zeros(len(supply))
    used = np.flatnonzero(quantity > 0)
    pools, pool = np.unique(supply.pool[used], return_inverse=True)
    parts = quantity[used]
    ordered = np.bincount(pool, parts, minlength=pools.size).astype(np.float64)
    paid = supply.pool_total.take(pools).at(ordered)
    made = supply.pool_lead.take(pools).at(ordered)
    cost[used] = paid[pool] * (parts / ordered[pool]) + supply.moved_cost[used] * parts
    weeks[used] = made[pool] + supply.moved_weeks[used]
    goods = goods_of(supply, quantity)
    cost += supply.duty * goods
    return cost + charges.shares(quantity) - discounts(supply, goods), weeks


def goods_of(supply: SupplyOptions, quantity: Floats) -> Floats:
    """Return the prices of the parts of each option, in money: no fees, nothing that is moved.

    Parameters
    ----------
    supply
        The supply options.
    quantity
        Parts ordered from each option, shape (n,).
    """
    goods = np.zeros(len(supply))
    used = np.flatnonzero(quantity > 0)
    pools, pool = np.unique(supply.pool[used], return_inverse=True)
    ordered = supply.by_pool(quantity)[pools]
    paid = supply.pool_total.take(pools).at(ordered) - supply.fee_of_pool[pools]
    goods[used] = paid[pool] * (quantity[used] / ordered[pool])
    return goods


def whole_conventional(supply: SupplyOptions) -> Evaluation:
    """Evaluate every line supplied conventionally; NaN for lines without conventional supply.

    What is committed is left out: this is what the lines would cost without AM, with the tooling of
    a part once. A minimum order above the quantity of an order is paid for in full.
    """
    option = supply.conventional_of_line
    known = np.flatnonzero(option >= 0)
    index = option[known]
    asked = np.bincount(supply.pool[index], supply.quantity[known], minlength=len(supply)) + 0.0
    asked = asked[supply.pool[index]]
    quantity = np.zeros(len(supply))
    quantity[index] = supply.quantity[known] * (np.maximum(asked, supply.smallest[index]) / asked)
    order_cost, order_weeks = _orders(supply, quantity, charges_of(supply, anew=True))
    cost, weeks, kg_co2 = (np.full(option.size, np.nan) for _ in range(3))
    cost[known], weeks[known] = order_cost[index], order_weeks[index]
    kg_co2[known] = supply.kg_co2[index] * quantity[index]
    downtime = supply.downtime_per_week * weeks
    return Evaluation(supply, quantity, order_cost, order_weeks, cost, weeks, kg_co2, downtime)
