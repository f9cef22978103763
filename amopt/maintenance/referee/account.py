"""What a policy spends and uses, once its rules are found to be ones that can be followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from amopt.maintenance.instance import MaintenanceInstance
from amopt.maintenance.referee.renewal import StatedPolicy, averages
from amopt.referee import TOLERANCE, Amount, Notebook, is_number

__all__ = ["account_of", "followed"]

RULE = ("sourcing", "installed", "order", "action", "from_day", "to_day", "share")
ACTIONS = {
    ("regular", "no order"): ("keep", "order"),
    ("printed", "no order"): ("keep", "order"),
    ("regular", "in stock"): ("keep", "install", "install and order"),
    ("printed", "in stock"): ("keep", "install", "install and order"),
    ("none", "no order"): ("wait", "order", "print", "print and order"),
    ("none", "on order"): ("wait", "print"),
    ("none", "in stock"): ("wait", "print", "install", "install and order"),
}
YEAR = 365.0


def account_of(
    book: Notebook,
    instance: MaintenanceInstance,
    sourcing: str,
    rules: Sequence[Mapping[str, Any]],
) -> dict[str, Any] | None:
    """Return what a policy spends and uses; None where its rules cannot be followed."""
    own = [rule for rule in rules if rule.get("sourcing") == sourcing]
    known = instance if sourcing == "printing" else instance.unchecked_copy(printed=None)
    if not _rules_hold(book, known, sourcing, own):
        return None
    gaps = StatedPolicy.of(known, own).gaps()
    book.require(not gaps, f"{sourcing}: the shares of the actions do not sum to 1 in {gaps}")
    account = None if gaps else followed(known, own)
    if not book.require(account is not None, f"{sourcing}: no regular part is ever installed"):
        return None
    assert account is not None
    return {"sourcing": sourcing, **account}


def followed(
    known: MaintenanceInstance, rules: Sequence[Mapping[str, Any]]
) -> dict[str, Amount] | None:
    """Return what rules that can be followed spend and use; None where a cycle does not end."""
    day = averages(known, StatedPolicy.of(known, rules))
    if day is None:
        return None
    printed = 0.0 if known.printed is None else known.printed.cost
    costs = {
        "order_cost_per_day": known.regular.cost * day["orders"],
        "print_cost_per_day": printed * day["prints"],
        "replacement_cost_per_day": known.replacement_cost * (day["installs"] + day["prints"]),
        "failure_cost_per_day": known.failure_cost * day["failures"],
        "downtime_cost_per_day": known.downtime_cost_per_day * day["down"],
        "holding_cost_per_day": known.holding_cost * day["held"],
    }
    total, least = sum(costs.values()), known.rounding / TOLERANCE
    # What is next to nothing beside the whole cannot be compared to its own size.
    return {
        "cost_per_day": Amount(total, least),
        **{name: Amount(value, max(1e-3 * total, least)) for name, value in costs.items()},
        "orders_per_year": Amount(YEAR * day["orders"], 1e-3),
        "prints_per_year": Amount(YEAR * day["prints"], 1e-3),
        "failures_per_year": Amount(YEAR * day["failures"], 1e-3),
        "downtime_days_per_year": Amount(YEAR * day["down"], 1e-3),
        "stock": Amount(day["held"], 1e-3),
    }


def _rules_hold(
    book: Notebook,
    instance: MaintenanceInstance,
    sourcing: str,
    rules: Sequence[Mapping[str, Any]],
) -> bool:
    """Note rules that cannot be followed."""
    sizes = {"regular": instance.oldest_regular, "printed": instance.oldest_printed, "none": 1}
    before = len(book.findings)
    for rule in rules:
        where = (str(rule.get("installed")), str(rule.get("order")))
        what = f"{sourcing}, rule {dict(rule)}"
        if not book.require(tuple(rule) == RULE and where in ACTIONS, f"{what} is not known"):
            continue
        prints = rule["action"].startswith("print") if isinstance(rule["action"], str) else False
        may = rule["action"] in ACTIONS[where] and not (prints and instance.printed is None)
        book.require(may, f"{what}: this cannot be done")
        size = sizes[where[0]] + (where[1] == "on order") * instance.regular.lead_time_days
        days = (rule["from_day"], rule["to_day"])
        whole = all(type(day) is int for day in days)
        low = int(where[1] == "on order")
        book.require(
            whole and low <= days[0] <= days[1] < size, f"{what}: the days are not of the grid"
        )
        share = rule["share"]
        book.require(is_number(share) and 0 < share <= 1 + 1e-9, f"{what}: not a share")
    wanted = {key for key in ACTIONS if instance.printed is not None or key[0] != "printed"}
    missing = wanted - {(rule.get("installed"), rule.get("order")) for rule in rules}
    book.require(not missing, f"{sourcing}: no rule for {sorted(missing)}")
    return len(book.findings) == before
