"""What policies cost a year by kind, and what they do in a cycle."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.printing import closed_form
from amopt.printing.instance import REPORTED_DAYS
from amopt.printing.parameters import Parameters
from amopt.printing.policy import Policy

__all__ = ["Accounts", "account_of", "as_rows", "percent_of", "stock_of", "where_possible"]

Floats = NDArray[np.float64]

Accounts = tuple[Policy, dict[str, Floats]]
"""Policies, with what :func:`account_of` returns for them."""


def account_of(parameters: Parameters, policy: Policy) -> dict[str, Floats]:
    """Return yearly costs by kind, their total, and what happens in a cycle, by column."""
    cycles = REPORTED_DAYS / parameters.cycle_days
    used = closed_form.use(parameters, policy.base_stock)
    happening = charged = closed_form.amounts(parameters, policy, used=used)
    if not parameters.is_average:
        charged = closed_form.amounts(parameters, policy, discounted=True, used=used)
    costs = {
        "yearly_order_cost": cycles * parameters.order_cost * charged.orders,
        "yearly_print_cost": cycles * where_possible(parameters.print_cost) * charged.prints,
        "yearly_expedite_cost": cycles
        * where_possible(parameters.expedite_cost)
        * charged.expedites,
        "yearly_holding_cost": cycles * parameters.holding_cost * charged.stock_days,
        "yearly_backorder_cost": cycles * parameters.backorder_cost * charged.down_days,
    }
    unavoidable = (
        REPORTED_DAYS * parameters.order_cost * parameters.systems * parameters.failures_per_day
    )
    return {
        "yearly_cost": np.sum(list(costs.values()), axis=0) - unavoidable,
        **costs,
        "yearly_unavoidable_cost": unavoidable,
        "expected_stock": happening.stock_days / parameters.cycle_days,
        "down_days_per_cycle": happening.down_days,
        "orders_per_cycle": happening.orders,
        "prints_per_cycle": happening.prints,
        "expedites_per_cycle": happening.expedites,
    }


def where_possible(cost: Floats) -> Floats:
    """Return the costs, 0 where there is no such source: nothing comes from it."""
    return np.where(np.isfinite(cost), cost, 0.0)


def stock_of(parameters: Parameters, policy: Policy) -> tuple[int | float, float]:
    """Return the parts in stock and their value; a fraction where a part mixes levels."""
    stocks = [policy.stock(part) for part in range(len(parameters))]
    return sum(stocks), float(np.array(stocks, dtype=np.float64) @ parameters.order_cost)


def percent_of(saving: float, reference: float, stake: float) -> float | None:
    """Return the saving in percent; None where nothing but rounding could be saved."""
    if reference <= 1e-9 * (reference + stake):
        return None
    return float(100 * saving / reference)


def as_rows(**columns: list[Any]) -> list[dict[str, Any]]:
    """Return a table given by columns as rows."""
    return [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
