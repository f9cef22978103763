"""The referee's own reading of an offer's quotes: one quantity at a time, from the quotes alone."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import linear_regression
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amopt.sourcing.instance.entries import Offer

__all__ = ["Curve", "QuotePricing", "quote_pricing"]

Curve = Callable[[float], float]

Quote = tuple[float, float, float]
"""Quantity, price a part, lead time in weeks."""


def _nothing(_: float) -> float:
    return 0.0


@dataclass(frozen=True, slots=True)
class QuotePricing:
    """What an offer's quotes ask, as functions of the quantity.

    Attributes
    ----------
    total, lead_time
        Money and weeks that a quantity costs and takes.
    ends
        Whole quantities, and what they cost and take, from each to the next of which both are
        straight lines, or a tier ends.
    curved
        Whether they are powers.
    total_terms, lead_time_terms
        The sum of the absolute values that each is the sum of, where terms may cancel.
    """

    total: Curve
    lead_time: Curve
    ends: tuple[tuple[int, float, float], ...] = ()
    curved: bool = False
    total_terms: Curve = _nothing
    lead_time_terms: Curve = _nothing


def quote_pricing(offer: Offer) -> QuotePricing:
    """Return what an offer's quotes ask for any quantity."""
    quotes = sorted((q.quantity, q.cost_per_part, q.lead_time_weeks) for q in offer.quotes)
    if offer.between == "power":
        price = _power((q, p) for q, p, _ in quotes)
        lead_time = _power((q, t) for q, _, t in quotes)
        return QuotePricing(lambda q: q * price(q), lead_time, curved=True)
    if offer.between == "line":
        money = _line((q, q * p) for q, p, _ in quotes)
        weeks = _line((q, t) for q, _, t in quotes)
        return QuotePricing(money[0], weeks[0], total_terms=money[1], lead_time_terms=weeks[1])
    at = [q for q, _, _ in quotes]

    def tier(q: float) -> Quote:
        return quotes[max(0, bisect_right(at, q * (1 + 1e-12)) - 1)]

    if offer.between == "all_units":
        return _with_ends(lambda q: q * tier(q)[1], lambda q: tier(q)[2], at)
    if offer.between == "incremental":
        return _with_ends(lambda q: _incremental(quotes, q), lambda q: tier(q)[2], at)
    total, lead_time = _linear(quotes)
    if all(float(q).is_integer() for q in at):
        ends = tuple((int(q), q * price, weeks) for q, price, weeks in quotes)
        return QuotePricing(total, lead_time, ends)
    return _with_ends(total, lead_time, at)


def _with_ends(total: Curve, lead_time: Curve, at: Iterable[float]) -> QuotePricing:
    """Return pricing that bends or jumps at quantities, with the whole ones on both sides."""
    first = {math.ceil(q * (1 - 1e-12)) for q in at}
    whole = sorted(q for q in first | {q - 1 for q in first} if q > 0)
    return QuotePricing(total, lead_time, tuple((q, total(q), lead_time(q)) for q in whole))


def _linear(quotes: list[Quote]) -> tuple[Curve, Curve]:
    """Return total and lead time between quotes; outside, price and lead time of the last."""
    first, last = quotes[0], quotes[-1]

    at = [quote[0] for quote in quotes]

    def between(q: float) -> tuple[Quote, Quote, float]:
        high = bisect_right(at, q)
        low, high_quote = quotes[high - 1], quotes[high]
        return low, high_quote, (q - low[0]) / (high_quote[0] - low[0])

    def total(q: float) -> float:
        if q <= first[0] or q >= last[0]:
            return q * (first if q <= first[0] else last)[1]
        low, high, share = between(q)
        return low[0] * low[1] * (1 - share) + high[0] * high[1] * share

    def lead_time(q: float) -> float:
        if q <= first[0] or q >= last[0]:
            return (first if q <= first[0] else last)[2]
        low, high, share = between(q)
        return low[2] * (1 - share) + high[2] * share

    return total, lead_time


def _incremental(quotes: list[Quote], q: float) -> float:
    """Return the sum over tiers of the units on each times its price."""
    begins = [0.0, *(quote[0] for quote in quotes[1:])]
    ends = [*begins[1:], math.inf]
    return sum(
        max(0.0, min(q, end) - begin) * quote[1]
        for begin, end, quote in zip(begins, ends, quotes, strict=True)
    )


def _line(points: Iterable[tuple[float, float]]) -> tuple[Curve, Curve]:
    """Return the least-squares line, and the sum of the absolute values of its terms."""
    slope, intercept = linear_regression(*zip(*points, strict=True))
    return lambda q: intercept + slope * q, lambda q: abs(intercept) + abs(slope * q)


def _power(points: Iterable[tuple[float, float]]) -> Curve:
    logs = [(math.log(x), math.log(y)) for x, y in points]
    slope, intercept = linear_regression(*zip(*logs, strict=True))
    return lambda q: math.exp(intercept + slope * math.log(q))
