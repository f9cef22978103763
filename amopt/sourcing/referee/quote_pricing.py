"""The referee's own reading of an offer's quotes: one quantity at a time, from the quotes alone."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable
from itertools import pairwise
from statistics import linear_regression
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amopt.sourcing.instance.fields import Offer

__all__ = ["Curve", "tariff"]

Curve = Callable[[float], float]


def tariff(offer: Offer) -> tuple[Curve, Curve]:
    """Return total and lead time of an offer's quotes as functions of the quantity."""
    quotes = sorted((q.quantity, q.cost_per_part, q.lead_time_weeks) for q in offer.quotes)
    if offer.between == "power":
        price = _power((q, p) for q, p, _ in quotes)
        return lambda q: q * price(q), _power((q, t) for q, _, t in quotes)
    if offer.between == "line":
        return _line((q, q * p) for q, p, _ in quotes), _line((q, t) for q, _, t in quotes)
    at = [q for q, _, _ in quotes]

    def tier(q: float) -> int:
        return max(0, bisect_right(at, q * (1 + 1e-12)) - 1)

    if offer.between == "all_units":
        return lambda q: q * quotes[tier(q)][1], lambda q: quotes[tier(q)][2]
    if offer.between == "incremental":
        return lambda q: _incremental(quotes, q), lambda q: quotes[tier(q)][2]

    def linear(q: float, value: Callable[[tuple[float, float, float]], float]) -> float:
        for low, high in pairwise(quotes):
            if low[0] <= q <= high[0]:
                share = (q - low[0]) / (high[0] - low[0])
                return value(low) * (1 - share) + value(high) * share
        raise ValueError(q)

    def total(q: float) -> float:
        if q <= at[0] or q >= at[-1]:
            return q * (quotes[0] if q <= at[0] else quotes[-1])[1]
        return linear(q, lambda quote: quote[0] * quote[1])

    def lead_time(q: float) -> float:
        if q <= at[0] or q >= at[-1]:
            return (quotes[0] if q <= at[0] else quotes[-1])[2]
        return linear(q, lambda quote: quote[2])

    return total, lead_time


def _incremental(quotes: list[tuple[float, float, float]], q: float) -> float:
    """Return the sum over tiers of the units on each times its price."""
    begins = [0.0, *(quote[0] for quote in quotes[1:])]
    ends = [*begins[1:], math.inf]
    return sum(
        max(0.0, min(q, end) - begin) * quote[1]
        for begin, end, quote in zip(begins, ends, quotes, strict=True)
    )


def _line(points: Iterable[tuple[float, float]]) -> Curve:
    slope, intercept = linear_regression(*zip(*points, strict=True))
    return lambda q: intercept + slope * q


def _power(points: Iterable[tuple[float, float]]) -> Curve:
    logs = [(math.log(x), math.log(y)) for x, y in points]
    slope, intercept = linear_regression(*zip(*logs, strict=True))
    return lambda q: math.exp(intercept + slope * math.log(q))
