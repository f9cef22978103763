"""Every plan of a small sourcing instance, one after the other, with all its limits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from tests.oracles.one_line import orders_of

TINY = 1e-9


@dataclass(frozen=True)
class Order:
    """An order of one line."""

    supplier: str
    part: str
    quantity: int
    cost: float
    weeks: float
    kg_co2: float
    hours: float
    committed: bool = False


Plan = tuple[Order, ...]


def best(data: dict[str, Any], also: Callable[[Plan], bool] = lambda orders: True) -> float:
    """Return the least weighted sum that any plan of whole parts has; infinite without a plan.

    Parameters
    ----------
    data
        The instance.
    also
        Whether the orders of all lines keep what else is asked of them.
    """
    lines = [list(_plans(data, line)) for line in data["lines"]]
    return min(
        (
            _objective(data, plan)
            for plan in product(*lines)
            if _keeps(data, plan) and also(tuple(order for own in plan for order in own))
        ),
        default=math.inf,
    )


def _committed(data: dict[str, Any], line: dict[str, Any]) -> list[Order]:
    return [
        Order(
            *(order["supplier"], line["part"], order["quantity"], order["cost"], order["weeks"]),
            *(order.get("kg_co2", 0.0), order.get("machine_hours", 0.0), True),
        )
        for order in data.get("committed", ())
        if order["line"] == line["line"]
    ]


def _plans(data: dict[str, Any], line: dict[str, Any]) -> Iterator[Plan]:
    """Yield every way of filling a line that keeps the line's own limits."""
    held = _committed(data, line)
    need = line["quantity"] - sum(order.quantity for order in held)
    most = need + line.get("surplus", 0)
    choices: list[list[Order | None]] = []
    for offer in data["offers"]:
        if offer["part"] == line["part"]:
            due = _royalty(data, offer)
            choices.append(
                [None]
                + [
                    Order(
                        *(offer["supplier"], line["part"], q, cost + due * q, weeks),
                        offer.get("kg_co2_per_part", 0.0) * q,
                        offer.get("machine_hours_per_part", 0.0) * q,
                    )
                    for q, (cost, weeks) in orders_of(offer, most).items()
                ]
            )
    for entry in data.get("conventional", ()):
        if entry["part"] == line["part"]:
            least = max(1, math.ceil(entry.get("minimum_order", 1)))
            choices.append(
                [None]
                + [
                    Order(
                        *("conventional", line["part"], q),
                        entry.get("asset_cost", 0.0) + entry["cost_per_part"] * q,
                        entry["lead_time_weeks"],
                        entry.get("kg_co2_per_part", 0.0) * q,
                        0.0,
                    )
                    for q in range(least, most + 1)
                ]
            )
    limits = data.get("limits", {})
    latest = min(line.get("need_by_weeks", math.inf), limits.get("weeks", math.inf))
    for chosen in product(*choices):
        new = [order for order in chosen if order is not None]
        plan = (*held, *new)
        bought = sum(order.quantity for order in new)
        if (need > 0 and not need <= bought <= most) or (need <= 0 and new):
            continue
        late = max((order.weeks for order in plan), default=0.0) > latest + TINY
        others = {order.supplier for order in new} - {order.supplier for order in held}
        room = limits.get("suppliers_per_line", 99) - len({order.supplier for order in held})
        if not late and (not others or len(others) <= room):
            yield plan


def _royalty(data: dict[str, Any], offer: dict[str, Any]) -> float:
    return sum(
        licence.get("royalty_per_print", 0.0)
        for licence in data.get("licences", ())
        if licence["part"] == offer["part"] and licence.get("supplier") in (None, offer["supplier"])
    )


def _keeps(data: dict[str, Any], plan: tuple[Plan, ...]) -> bool:
    """Return whether a plan keeps what lines share; committed orders alone break nothing shared
    but the budget and the emissions."""
    orders = [order for own in plan for order in own]
    limits = data.get("limits", {})
    if sum(order.cost for order in orders) > limits.get("budget", math.inf) + 1e-7:
        return False
    if sum(order.kg_co2 for order in orders) > limits.get("kg_co2", math.inf) + 1e-7:
        return False
    for capacity in data.get("capacities", ()):
        own = [order for order in orders if order.supplier == capacity["supplier"]]
        for used, limit in (
            ([(o.hours, o.committed) for o in own], capacity.get("machine_hours")),
            ([(o.quantity, o.committed) for o in own], capacity.get("parts")),
        ):
            if limit is not None and _beyond(used, limit):
                return False
    return not any(
        _beyond(
            [
                (o.quantity, o.committed)
                for o in orders
                if o.part == licence["part"]
                and o.supplier != "conventional"
                and licence.get("supplier") in (None, o.supplier)
            ],
            licence["prints"],
        )
        for licence in data.get("licences", ())
    )


def _beyond(used: list[tuple[float, bool]], limit: float) -> bool:
    """Return whether new use goes beyond a limit."""
    new = sum(amount for amount, committed in used if not committed)
    return new > 0 and sum(amount for amount, _ in used) > limit + 1e-7


def _objective(data: dict[str, Any], plan: tuple[Plan, ...]) -> float:
    weights = data.get("minimise", {"cost": 1, "downtime": 1})
    total = 0.0
    for line, orders in zip(data["lines"], plan, strict=True):
        weeks = max((order.weeks for order in orders), default=0.0)
        total += weights.get("cost", 0) * sum(order.cost for order in orders)
        total += weights.get("downtime", 0) * 40 * line["downtime_cost_per_hour"] * weeks
        total += weights.get("weeks", 0) * weeks
        total += weights.get("kg_co2", 0) * sum(order.kg_co2 for order in orders)
    return total
