r"""Limits: that they are kept, and what one unit more of each is worth.

The price of a limit follows from a plan that mixes. Where it draws between actions, each of them
taken always gives a plan of its own, which at the right prices :math:`\pi` costs as little as the
mix: with :math:`c` the cost a day and :math:`u_j` what is used of limit :math:`j`,

.. math:: c' - \sum_j \pi_j u'_j = c - \sum_j \pi_j u_j.

So one mix proves the price of one limit, two prove those of two. A plan that keeps a limit exactly
without mixing has no single price: then only its sign can be told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from amopt.maintenance.instance import MaintenanceInstance
from amopt.maintenance.referee.account import followed
from amopt.referee import Amount, Notebook, is_number

__all__ = ["check_limits"]

Rules = Sequence[Mapping[str, Any]]

UNITS = {"stock": "of the days", "downtime": "days a year"}

PART = 0.01
"""What a plan of its own changes is compared relative to the change, and to this part of the cost.
"""

WHOLE = 1.0
"""What a limit is compared relative to where it is less: one spare, or one day in a year."""

PRICE = 1e-7
"""What is no price: times a spare or a day in a year it is at most this part of the cost."""


def check_limits(
    book: Notebook,
    instance: MaintenanceInstance,
    stated: Rules,
    rules: Rules,
    account: Mapping[str, Any],
    *,
    added: set[str],
) -> None:
    """Note limits that are not kept or not named, and prices that are not theirs.

    Parameters
    ----------
    book
        Where to note it.
    instance
        The instance.
    stated
        The table of limits.
    rules
        The rules of the plan that keeps them.
    account
        What that plan spends and uses.
    added
        Limits that a caller added, of which nothing is known; with them prices cannot be told.
    """
    most = _most(instance, account)
    due = {name for name, (limit, _) in most.items() if limit is not None} | added
    names = [row.get("limit") for row in stated]
    book.require(sorted(map(str, names)) == sorted(due), f"the limits are not {sorted(due)}")
    prices: dict[str, float] = {}
    for row in stated:
        if set(row) != {"limit", "used", "most", "unit", "dual"}:
            book.require(False, f"limits: {dict(row)} is not a row of it")
            continue
        limit, used = most.get(str(row["limit"]), (None, 0.0))
        expected = {
            **row,
            "used": None if limit is None else Amount(used, WHOLE),
            "most": limit,
            "unit": "" if limit is None else UNITS[str(row["limit"])],
        }
        book.compare(f"limit {row['limit']}", row, expected)
        if limit is None:
            continue
        book.within(f"limit {row['limit']}", used, limit, WHOLE)
        dual = row["dual"]
        if dual is not None:
            nothing = PRICE * _size(account["cost_per_day"]) / WHOLE
            fits = is_number(dual) and dual <= nothing
            slack = limit - used > book.tolerance * max(limit, WHOLE)
            fits = fits and (not slack or abs(dual) <= nothing)
            if book.require(fits, f"limit {row['limit']}: {dual!r} cannot be its price"):
                prices[str(row["limit"])] = dual
    if not added and due and prices.keys() == due and not book.findings:
        _check_prices(book, instance, rules, account, prices)


def _most(
    instance: MaintenanceInstance, account: Mapping[str, Any]
) -> dict[str, tuple[float | None, float]]:
    """Return each limit of the instance, and what is used of it."""
    most = {
        "stock": (instance.limits.stock, account["stock"]),
        "downtime": (instance.limits.downtime_days_per_year, account["downtime_days_per_year"]),
    }
    return {name: (limit, used.value) for name, (limit, used) in most.items()}


def _size(amount: Amount) -> float:
    """Return the size to which an amount is compared."""
    return max(abs(amount.value), amount.scale)


def _check_prices(
    book: Notebook,
    instance: MaintenanceInstance,
    rules: Rules,
    account: Mapping[str, Any],
    prices: Mapping[str, float],
) -> None:
    """Note prices at which a plan that always takes one of two mixed actions costs other money."""
    own = any(rule["sourcing"] == "printing" for rule in rules)
    known = instance if own else instance.unchecked_copy(printed=None)
    used, cost = _most(instance, account), account["cost_per_day"].value
    size = _size(account["cost_per_day"])
    for action, without in _unmixed(rules):
        alone = followed(known, without)
        if alone is None:
            continue
        use = _most(instance, alone)
        gained = sum(price * (use[name][1] - used[name][1]) for name, price in prices.items())
        change = Amount(alone["cost_per_day"].value - cost, PART * size)
        book.same(f"limits: at their prices, to {action} without a mix changes", gained, change)


def _unmixed(rules: Rules) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """Yield, for each action of each mix, its name and the rules with it alone in place."""
    mixes = defaultdict(list)
    for rule in rules:
        where = (rule["installed"], rule["order"], rule["from_day"], rule["to_day"])
        mixes[where].append(rule)
    for mix in mixes.values():
        for taken in mix if len(mix) > 1 else ():
            others = [rule for rule in rules if not any(rule is one for one in mix)]
            yield taken["action"], [*others, {**taken, "share": 1.0}]
