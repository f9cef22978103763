"""An exact dynamic program for one order line, from plain quotes: no arrays, no solver.

For each latest delivery that an order can have, the least cost of filling the line with orders
that arrive by then is a min-plus convolution over suppliers; the best of these with its downtime
is the optimum.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any


def least(data: dict[str, Any]) -> float:
    """Return the least cost plus downtime of an instance with one line and no shared limits."""
    (line,) = data["lines"]
    need, rate = line["quantity"], line.get("downtime_cost_per_hour", 0.0) * 40
    most = data.get("limits", {}).get("suppliers_per_line", 99)
    orders = [orders_of(offer, need) for offer in data["offers"]]
    for entry in data.get("conventional", ()):
        asset, price = entry.get("asset_cost", 0.0), entry["cost_per_part"]
        weeks = entry["lead_time_weeks"]
        low = math.ceil(entry.get("minimum_order", 1))
        orders.append({q: (asset + price * q, weeks) for q in range(max(1, low), need + 1)})
    latest = sorted({weeks for own in orders for _, weeks in own.values()})
    if not rate:
        latest = latest[-1:]
    costs = (_least_by(orders, need, most, weeks) + rate * weeks for weeks in latest)
    return min(costs, default=math.inf)


def _least_by(
    orders: list[dict[int, tuple[float, float]]], need: int, most: int, by: float
) -> float:
    """Return the least cost of orders that arrive by a week, at most so many of them."""
    best = {(0, 0): 0.0}
    for own in orders:
        further = dict(best)
        for (filled, used), cost in best.items():
            if used == most:
                continue
            for q, (price, weeks) in own.items():
                if weeks <= by and filled + q <= need:
                    key = (filled + q, used + 1)
                    further[key] = min(further.get(key, math.inf), cost + price)
        best = further
    return min((cost for (filled, _), cost in best.items() if filled == need), default=math.inf)


def orders_of(offer: dict[str, Any], need: int) -> dict[int, tuple[float, float]]:
    """Return cost and weeks of every quantity that an offer takes."""
    quotes = sorted(
        (q["quantity"], q["cost_per_part"], q["lead_time_weeks"]) for q in offer["quotes"]
    )
    tiered = offer["between"] in ("all_units", "incremental")
    low = offer.get("smallest_quantity", quotes[0][0])
    high = offer.get("largest_quantity", need if tiered else quotes[-1][0])
    price = _PRICES[offer["between"]]
    return {
        q: (price(quotes, q)[0] + offer.get("fee_per_order", 0.0), price(quotes, q)[1])
        for q in range(math.ceil(low), min(math.floor(high), need) + 1)
    }


Quotes = list[tuple[float, float, float]]


def _linear(quotes: Quotes, q: int) -> tuple[float, float]:
    if q <= quotes[0][0]:
        return q * quotes[0][1], quotes[0][2]
    for (q0, p0, t0), (q1, p1, t1) in pairwise(quotes):
        if q <= q1:
            part = (q - q0) / (q1 - q0)
            return q0 * p0 + part * (q1 * p1 - q0 * p0), t0 + part * (t1 - t0)
    return q * quotes[-1][1], quotes[-1][2]


def _all_units(quotes: Quotes, q: int) -> tuple[float, float]:
    _, price, weeks = max((quote for quote in quotes if quote[0] <= q), default=quotes[0])
    return q * price, weeks


def _incremental(quotes: Quotes, q: int) -> tuple[float, float]:
    total = 0.0
    for unit in range(1, q + 1):
        # the unit-th part is on the last tier that begins before it
        total += max((quote for quote in quotes if quote[0] < unit), default=quotes[0])[1]
    return total, _all_units(quotes, q)[1]


def _fit(points: list[tuple[float, float]]) -> tuple[float, float]:
    n = len(points)
    mx, my = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    slope = sum((x - mx) * (y - my) for x, y in points) / sum((x - mx) ** 2 for x, _ in points)
    return my - slope * mx, slope


def _power(quotes: Quotes, q: int) -> tuple[float, float]:
    a, b = _fit([(math.log(x), math.log(p)) for x, p, _ in quotes])
    c, d = _fit([(math.log(x), math.log(t)) for x, _, t in quotes])
    return math.exp(a) * q ** (b + 1), math.exp(c) * q**d


def _line(quotes: Quotes, q: int) -> tuple[float, float]:
    a, b = _fit([(x, x * p) for x, p, _ in quotes])
    c, d = _fit([(x, t) for x, _, t in quotes])
    return a + b * q, c + d * q


_PRICES = {
    "linear": _linear,
    "all_units": _all_units,
    "incremental": _incremental,
    "power": _power,
    "line": _line,
}
