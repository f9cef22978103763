"""What a planner does today, as a policy, and beside the optimum."""

from __future__ import annotations

from typing import Any

import numpy as np

from amopt.errors import UsageError
from amopt.printing import closed_form
from amopt.printing.behaviour.distributions import ALL_PARTS
from amopt.printing.instance import REPORTED_DAYS, PrintingInstance
from amopt.printing.policy import Action, Policy

__all__ = ["comparison_rows", "todays_policy"]


def todays_policy(instance: PrintingInstance) -> Policy:
    """Return the policy that the file states.

    Raises
    ------
    UsageError
        When it states none.
    """
    if not instance.policy:
        raise UsageError("the instance has no policy: give each part a base_stock and thresholds")
    stated = {entry.part: entry for entry in instance.policy}
    days = np.arange(instance.cycle_days)
    stock = np.zeros(len(instance.parts), dtype=np.int64)
    action = np.full((instance.cycle_days, len(instance.parts)), int(Action.WAIT), dtype=np.int64)
    for index, part in enumerate(instance.parts):
        entry = stated[part.name]
        stock[index] = entry.base_stock
        for threshold, taken in (
            (entry.print_threshold, Action.PRINT),
            (entry.expedite_threshold, Action.EXPEDITE),
        ):
            if threshold is not None:
                action[days >= threshold, index] = taken
    action[0] = Action.WAIT
    return Policy(stock, action)


def comparison_rows(
    instance: PrintingInstance, today: Policy, best: Policy
) -> list[dict[str, Any]]:
    """Return what is done today beside the optimum, part by part and in all.

    Returns
    -------
    list
        Rows with ``part``, ``what``, ``today``, ``optimum`` and ``difference`` (today less
        optimum): base_stock; yearly_cost with what cannot be avoided subtracted, as in the table of
        parts; and average_stock, prints, expedites, orders and down_days of a cycle, in
        expectation.
    """
    done = [_account(instance, policy) for policy in (today, best)]
    rows = []
    for index, part in enumerate(instance.parts):
        rows += [_row(part.name, what, *(one[what][index] for one in done)) for what in done[0]]
    rows += [_row(ALL_PARTS, what, *(one[what].sum() for one in done)) for what in done[0]]
    return rows


def _account(instance: PrintingInstance, policy: Policy) -> dict[str, Any]:
    """Return what a policy costs and does, shape (parts,) each."""
    parameters, days = instance.parameters, instance.cycle_days
    happening = closed_form.amounts(parameters, policy)
    stock = [policy.stock(part) for part in range(len(parameters))]
    unavoidable = parameters.order_cost * parameters.systems * parameters.failures_per_day
    cost = closed_form.cycle_cost(parameters, policy) / days - unavoidable
    return {
        "base_stock": np.array(stock, dtype=np.float64),
        "yearly_cost": REPORTED_DAYS * cost,
        "average_stock": happening.stock_days / days,
        "prints": happening.prints,
        "expedites": happening.expedites,
        "orders": happening.orders,
        "down_days": happening.down_days,
    }


def _row(part: str, what: str, today: float, best: float) -> dict[str, Any]:
    return {
        "part": part,
        "what": what,
        "today": float(today),
        "optimum": float(best),
        "difference": float(today - best),
    }
