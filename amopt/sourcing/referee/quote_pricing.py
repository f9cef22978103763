"""The referee's own reading of an offer's quotes: one quantity at a time, from the quotes alone."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from statistics import linear_regression
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from amopt.sourcing.instance.entries import Committed, Offer

__all__ = [
    "ConventionalRates",
    "Curve",
    "QuotePricing",
    "Rates",
    "Terms",
    "counted",
    "quote_pricing",
    "saving",
    "scenario",
]

Curve = Callable[[float], float]

Quote = tuple[float, float, float]
"""Quantity, price a part, lead time in weeks."""

Ends = tuple[tuple[int, ...], tuple[float, ...], tuple[float, ...]]
"""Whole quantities, the money that each costs, and the weeks that each takes."""

LAST_DIGITS = 1e-8
"""The part of a quote's total of which a referee's tolerance, a millionth, is its last digits."""


class QuotePricing(ABC):
    """What an offer's quotes ask, as functions of the quantity.

    It holds tuples of numbers and nothing else: there is one for each of very many offers.

    Attributes
    ----------
    least, last
        The least and the largest whole order; None where orders have no end.
    ends
        Whole quantities, rising, and what they cost and take, from each to the next of which both
        are straight lines, or a tier ends.
    curved
        Whether money and weeks are powers.
    """

    __slots__ = ("at", "ends", "last", "least", "prices", "waits")

    curved = False

    def __init__(self, offer: Offer, quotes: list[Quote]) -> None:
        columns: Iterator[tuple[float, ...]] = zip(*quotes, strict=True)
        self.at, self.prices, self.waits = columns
        low, high = offer.smallest_quantity, offer.largest_quantity
        if high is None:
            high = math.inf if offer.tiered else self.at[-1]
        self.least = max(1, math.ceil((self.at[0] if low is None else low) * (1 - 1e-12)))
        self.last = math.floor(high) if math.isfinite(high) else None
        self.ends: Ends = (), (), ()

    @abstractmethod
    def total(self, q: float) -> float:
        """Return what a quantity costs, in money."""

    @abstractmethod
    def lead_time(self, q: float) -> float:
        """Return how long a quantity takes, in weeks."""

    def total_terms(self, _: float) -> float:
        """Return the sum of the absolute values that the total is the sum of, if terms cancel.

        A straight line from one quote to a dearer one is known to the last digits of the dearer.
        """
        return LAST_DIGITS * max(q * p for q, p in zip(self.at, self.prices, strict=True))

    def lead_time_terms(self, _: float) -> float:
        """Return the same of the lead time."""
        return 0.0

    def _both_sides(self) -> Ends:
        """Return the ends of what bends or jumps at its quotes: whole quantities on both sides."""
        first = {math.ceil(q * (1 - 1e-12)) for q in self.at}
        whole = tuple(sorted(q for q in first | {q - 1 for q in first} if q > 0))
        return whole, tuple(map(self.total, whole)), tuple(map(self.lead_time, whole))


def quote_pricing(offer: Offer, before: float = 0.0) -> QuotePricing:
    """Return what an offer's quotes ask for any quantity, beside parts committed that count."""
    quotes = [(q.quantity, q.cost_per_part, q.lead_time_weeks) for q in offer.quotes]
    quotes.sort()
    alone = _KINDS[offer.between](offer, quotes)
    return _Beside(offer, quotes, alone, before) if before else alone


def counted(offer: Offer, held: Iterable[tuple[Committed, str]]) -> float:
    """Return the parts of committed orders, each with its part, that count for new orders."""
    if offer.committed_counts is None:
        return 0.0
    return sum(order.quantity for order, part in held if order.matches(offer, part))


class _Beside(QuotePricing):
    """What new parts cost beside those that are committed and count."""

    __slots__ = ("alone", "before", "by_tier")

    def __init__(
        self, offer: Offer, quotes: list[Quote], alone: QuotePricing, before: float
    ) -> None:
        super().__init__(offer, quotes)
        self.alone, self.before = alone, before
        self.by_tier = offer.committed_counts == "new_parts" and offer.between == "all_units"
        bends = {math.ceil(x * (1 - 1e-12)) for q in self.at for x in (q, q - before)}
        whole = tuple(sorted(q for q in bends | {q - 1 for q in bends} if q > 0))
        self.ends = whole, tuple(map(self.total, whole)), tuple(map(self.lead_time, whole))

    def total(self, q: float) -> float:
        every = self.alone.total(self.before + q)
        if self.by_tier:
            return every * (q / (self.before + q))
        return every - self.alone.total(self.before)

    def lead_time(self, q: float) -> float:
        return self.alone.lead_time(q)

    def total_terms(self, q: float) -> float:
        if self.by_tier:
            return 0.0
        parts = self.before, self.before + q
        return sum(self.alone.total(x) + self.alone.total_terms(x) for x in parts)

    def lead_time_terms(self, q: float) -> float:
        return self.alone.lead_time_terms(q)


class Rates(NamedTuple):
    """What comes to the quotes of an offer for a line: a fee, money, weeks and emissions.

    Attributes
    ----------
    fee
        Money an order.
    cost, kg_co2
        Money and emissions a part: of transport and the duty on it, royalties, post-processing and
        making.
    moved
        Weeks of transport.
    before, before_per_part
        Weeks of an order beside what is quoted: preparation, approval, post-processing.
    closed
        Closures of the supplier: first morning, in days from the order, and days.
    duty
        Duty, as a share of what the quotes ask.
    """

    fee: float
    cost: float
    moved: float
    kg_co2: float
    before: float = 0.0
    before_per_part: float = 0.0
    closed: tuple[tuple[int, int], ...] = ()
    duty: float = 0.0

    def made(self, pricing: QuotePricing, q: float) -> float:
        """Return the weeks until q parts leave the supplier, whatever days it is closed on."""
        days = 7 * (pricing.lead_time(q) + self.before_per_part * q + self.before)
        for first, length in self.closed:
            if days > first + 1e-8 * abs(first) + 7e-8:
                days += length
        return days / 7

    @property
    def weeks(self) -> float:
        """All weeks that do not depend on the quantity."""
        return self.before + self.moved

    def of(self, pricing: QuotePricing, q: float) -> Terms:
        """Return what q parts come to at what the quotes ask."""
        return Terms(
            pricing.total(q) * (1 + self.duty) + self.fee + self.cost * q,
            self.made(pricing, q) + self.moved,
            self.kg_co2 * q,
            pricing.total_terms(q) * (1 + self.duty),
            pricing.lead_time_terms(q),
        )


class Terms(NamedTuple):
    """What an order comes to.

    Attributes
    ----------
    cost, weeks, kg_co2
        Money, weeks until delivery, emissions.
    cost_terms, weeks_terms
        The sums of the absolute values that cost and weeks are the sum of, where terms may cancel.
    """

    cost: float
    weeks: float
    kg_co2: float
    cost_terms: float = 0.0
    weeks_terms: float = 0.0


class ConventionalRates(NamedTuple):
    """What conventional supply asks: asset cost, setup, money a part and for moving it, weeks."""

    asset: float
    setup: float
    price: float
    moved: float
    weeks: float
    kg_co2: float

    @property
    def fixed(self) -> float:
        """What an order alone pays, whatever it is of."""
        return self.asset + self.setup

    @property
    def rate(self) -> float:
        """What is paid a part."""
        return self.price + self.moved


class _Linear(QuotePricing):
    """Total and lead time between quotes; outside, price and lead time of the last."""

    __slots__ = ("money",)

    def __init__(self, offer: Offer, quotes: list[Quote]) -> None:
        super().__init__(offer, quotes)
        self.money = tuple([q * price for q, price, _ in quotes])
        whole = tuple([int(q) for q in self.at])
        known = whole == self.at
        self.ends = (whole, self.money, self.waits) if known else self._both_sides()

    def total(self, q: float) -> float:
        at, money = self.at, self.money
        if q <= at[0] or q >= at[-1]:
            return q * self.prices[0 if q <= at[0] else -1]
        high = bisect_right(at, q)
        share = (q - at[high - 1]) / (at[high] - at[high - 1])
        return money[high - 1] * (1 - share) + money[high] * share

    def lead_time(self, q: float) -> float:
        at, waits = self.at, self.waits
        if q <= at[0] or q >= at[-1]:
            return waits[0 if q <= at[0] else -1]
        high = bisect_right(at, q)
        share = (q - at[high - 1]) / (at[high] - at[high - 1])
        return waits[high - 1] * (1 - share) + waits[high] * share


class _AllUnits(QuotePricing):
    """A tier's price and lead time hold for all units."""

    __slots__ = ()

    def __init__(self, offer: Offer, quotes: list[Quote]) -> None:
        super().__init__(offer, quotes)
        self.ends = self._both_sides()

    def _tier(self, q: float) -> int:
        return max(0, bisect_right(self.at, q * (1 + 1e-12)) - 1)

    def total(self, q: float) -> float:
        return q * self.prices[self._tier(q)]

    def lead_time(self, q: float) -> float:
        return self.waits[self._tier(q)]


class _Incremental(_AllUnits):
    """The sum over tiers of the units on each times its price."""

    __slots__ = ()

    def total(self, q: float) -> float:
        begins = (0.0, *self.at[1:])
        ends = (*begins[1:], math.inf)
        return sum(
            max(0.0, min(q, end) - begin) * price
            for begin, end, price in zip(begins, ends, self.prices, strict=True)
        )


class _Fitted(QuotePricing):
    """Least-squares lines: slope and intercept of the total, and of the lead time."""

    __slots__ = ("of_total", "of_weeks")

    def __init__(self, offer: Offer, quotes: list[Quote]) -> None:
        super().__init__(offer, quotes)
        self.of_total = _fit((q, q * price) for q, price, _ in quotes)
        self.of_weeks = _fit((q, weeks) for q, _, weeks in quotes)

    def total(self, q: float) -> float:
        slope, intercept = self.of_total
        return intercept + slope * q

    def lead_time(self, q: float) -> float:
        slope, intercept = self.of_weeks
        return intercept + slope * q

    def total_terms(self, q: float) -> float:
        slope, intercept = self.of_total
        return abs(intercept) + abs(slope * q)

    def lead_time_terms(self, q: float) -> float:
        slope, intercept = self.of_weeks
        return abs(intercept) + abs(slope * q)


class _Power(QuotePricing):
    """Powers of the quantity: slope and intercept of the logarithms of price and lead time."""

    __slots__ = ("of_price", "of_weeks")

    curved = True

    def __init__(self, offer: Offer, quotes: list[Quote]) -> None:
        super().__init__(offer, quotes)
        self.of_price = _fit((math.log(q), math.log(price)) for q, price, _ in quotes)
        self.of_weeks = _fit((math.log(q), math.log(weeks)) for q, _, weeks in quotes)

    def total(self, q: float) -> float:
        slope, intercept = self.of_price
        return q * math.exp(intercept + slope * math.log(q))

    def lead_time(self, q: float) -> float:
        slope, intercept = self.of_weeks
        return math.exp(intercept + slope * math.log(q))


def _fit(points: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Return slope and intercept of the least-squares line."""
    slope, intercept = linear_regression(*zip(*points, strict=True))
    return slope, intercept


_KINDS: dict[str, type[QuotePricing]] = {
    "linear": _Linear,
    "all_units": _AllUnits,
    "incremental": _Incremental,
    "line": _Fitted,
    "power": _Power,
}


def saving(usual: float, own: float) -> float:
    """Return what is saved; nothing where the two differ by rounding only."""
    return 0.0 if math.isclose(usual, own, rel_tol=1e-9) else usual - own


def scenario(cost: float, weeks: float) -> str:
    """Return the scenario of savings of cost and time."""
    if cost > 0:
        return "I" if weeks > 0 else "II"
    return "IV" if weeks > 0 else "III"
