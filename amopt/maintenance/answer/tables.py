"""The tables of an answer, from the policies that were found."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.maintenance import best_ages
from amopt.maintenance.answer.solution import PRINTING, REGULAR_ONLY
from amopt.maintenance.instance import MaintenanceInstance
from amopt.maintenance.policy import Optimum, rules
from amopt.mdp.policy import PolicyChain
from amopt.program.time import Budget
from amopt.solution import Table

__all__ = ["tables"]

YEAR = 365.0

Floats = NDArray[np.float64]


def tables(
    instance: MaintenanceInstance,
    best: Optimum,
    regular_only: Optimum | None,
    budget: Budget | None = None,
) -> dict[str, Table]:
    """Return the tables of an answer.

    Parameters
    ----------
    instance
        The instance.
    best
        The best plan.
    regular_only
        The best one without a printer; None where there is none to compare with.
    budget
        The time that may be spent; left out, all that it takes.

    Raises
    ------
    NoAnswerError
        When the time is over.
    """
    plans = {PRINTING if instance.printed is not None else REGULAR_ONLY: best}
    if instance.printed is not None and regular_only is not None:
        plans[REGULAR_ONLY] = regular_only
    found = [
        {"sourcing": sourcing, **rule}
        for sourcing, plan in plans.items()
        for rule in rules(plan.grid, plan.share)
    ]
    account: list[dict[str, Any]] = [
        {"sourcing": sourcing, **_account(instance, plan)} for sourcing, plan in plans.items()
    ]
    policies = _policies(instance, account[0]["cost_per_day"], budget)
    return {
        "totals": [_totals(instance, account, policies)],
        "thresholds": [{"sourcing": s, **thresholds(found, s)} for s in plans],
        "rules": found,
        "account": account,
        "policies": policies,
        "limits": _limits(instance, account[0], best.limits),
    }


def _limits(
    instance: MaintenanceInstance, used: Mapping[str, Any], duals: Mapping[str, float | None]
) -> list[dict[str, Any]]:
    """Return each limit with what is used of it; nothing is known of those that a caller added."""
    stated = instance.limits
    known = {
        "stock": (used["stock"], stated.stock, "of the days"),
        "downtime": (
            used["downtime_days_per_year"],
            stated.downtime_days_per_year,
            "days a year",
        ),
    }
    found = []
    for name, dual in duals.items():
        amount, most, unit = known.get(name, (None, None, ""))
        found.append({"limit": name, "used": amount, "most": most, "unit": unit, "dual": dual})
    return found


def _account(instance: MaintenanceInstance, plan: Optimum) -> dict[str, float]:
    """Return what is spent and used, by the stationary distribution of the policy."""
    grid = plan.grid
    chain = PolicyChain.randomised(grid.process, plan.share)
    visits = chain.visits(np.full(grid.process.states, 1 / grid.process.states))
    taken = visits[grid.process.state_of_pair] * plan.share
    orders, prints, installs = (
        float(taken @ used) for used in (grid.orders, grid.prints, grid.installs)
    )
    failures, down, held = (float(taken @ used) for used in (grid.failures, grid.down, grid.held))
    printed = 0.0 if instance.printed is None else instance.printed.cost
    costs = {
        "order_cost_per_day": instance.regular.cost * orders,
        "print_cost_per_day": printed * prints,
        "replacement_cost_per_day": instance.replacement_cost * (installs + prints),
        "failure_cost_per_day": instance.failure_cost * failures,
        "downtime_cost_per_day": instance.downtime_cost_per_day * down,
        "holding_cost_per_day": instance.holding_cost * held,
    }
    return {
        "cost_per_day": sum(costs.values()),
        **costs,
        "orders_per_year": YEAR * orders,
        "prints_per_year": YEAR * prints,
        "failures_per_year": YEAR * failures,
        "downtime_days_per_year": YEAR * down,
        "stock": held,
    }


def thresholds(found: list[dict[str, Any]], sourcing: str) -> dict[str, int | None]:
    """Return the first day of each decision, as the rules have it; None where it is not taken."""

    def first(installed: str, order: str, *actions: str) -> int | None:
        days = [
            rule["from_day"]
            for rule in found
            if rule["sourcing"] == sourcing
            and (rule["installed"], rule["order"]) == (installed, order)
            and rule["action"] in actions
        ]
        return min(days, default=None)

    return {
        "order_at": first("regular", "no order", "order"),
        "replace_at": first("regular", "in stock", "install", "install and order"),
        "print_from": first("none", "on order", "print"),
        "printed_order_at": first("printed", "no order", "order"),
        "printed_replace_at": first("printed", "in stock", "install", "install and order"),
    }


def _policies(
    instance: MaintenanceInstance, best: float, budget: Budget | None
) -> list[dict[str, Any]]:
    """Return the policies of the source, with ages in whole days and in continuous time."""
    found = []
    for (whole,) in best_ages.best_thresholds([instance], budget).values():
        if whole is None:
            continue
        exact = best_ages.refined(instance, whole, budget)
        found.append(
            {
                "policy": whole.policy,
                "cost_per_day": whole.cost_per_day,
                "replace_at": _age(whole.replace_at),
                "bridge_before": _age(whole.bridge_before),
                "replace_printed_at": _age(whole.replace_printed_at),
                "above_best_percent": _percent(instance, whole.cost_per_day - best, best),
                "exact_cost_per_day": exact.cost_per_day,
                "exact_replace_at": _age(exact.replace_at),
                "exact_bridge_before": _age(exact.bridge_before),
                "exact_replace_printed_at": _age(exact.replace_printed_at),
            }
        )
    return found


def _age(days: float | None) -> float | None:
    """Return an age; None where it is never reached."""
    return None if days is None or math.isinf(days) else days


def _percent(instance: MaintenanceInstance, change: float | None, of: float | None) -> float | None:
    """Return a change in percent; None where there is nothing that it could be a part of."""
    if change is None or of is None or of <= instance.rounding:
        return None
    return 100 * change / of


def _totals(
    instance: MaintenanceInstance, account: list[dict[str, Any]], policies: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the row of totals."""
    cost = account[0]["cost_per_day"]
    without = account[1]["cost_per_day"] if len(account) > 1 else None
    simple = min(policies, key=lambda row: row["cost_per_day"])
    saves = None if without is None else without - cost
    return {
        "cost_per_day": cost,
        "regular_only_cost_per_day": without,
        "printing_saves_per_day": saves,
        "printing_saves_percent": _percent(instance, saves, without),
        "best_policy": simple["policy"],
        "best_policy_cost_per_day": simple["cost_per_day"],
        "thresholds_cost_percent": simple["above_best_percent"],
    }
