"""Rows of the comparison that are right, found all at once; the others are looked at one by one.

The same arithmetic as row by row, on arrays: for offers whose total and lead time are straight
lines between whole quantities, of suppliers that do not close, beside conventional supply that
reaches. What is not found right here may still be right; what is found right is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from amopt.sourcing.instance.entries import Line, Offer
    from amopt.sourcing.referee.rows import Row
    from amopt.sourcing.referee.terms import OrderTerms

__all__ = ["COLUMNS", "right_rows"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Words = NDArray[np.object_]

COLUMNS = frozenset(
    (
        *("part", "supplier", "cost_saving", "weeks_saved", "scenario", "scenario_with_downtime"),
        *("reduced_cost_quantity", "reduced_time_quantity", "on_frontier", "total_saving"),
        *("break_even_cost_per_hour", "break_even_says", "source_frontier"),
        *("below_source_frontier", "line", "quantity", "route", "material", "excluded"),
    )
)
"""The columns of the table."""

MOST_QUOTES = 50
"""Quotes up to which an offer is looked at beside others: each has room for as many."""


def right_rows(
    terms: OrderTerms,
    table: Sequence[Row],
    pairs: Sequence[tuple[Line, Offer]],
    excluded: Sequence[str],
    *,
    near: float,
    tolerance: float,
) -> tuple[Flags, int]:
    """Return which rows are right, and how many checks they took.

    Parameters
    ----------
    terms
        The instance.
    table
        The rows as they are stated.
    pairs
        The line and the offer of each.
    excluded
        Why each offer cannot be used.
    near
        Relative difference within which an offer is neither below nor above conventional supply.
    tolerance
        Relative difference of amounts that are the same.
    """
    right, checks = np.zeros(len(table), dtype=bool), 0
    plain = {id(offer): _is_plain(terms, offer) for _, offer in pairs}
    usual = {id(line): terms.conventional_rates(line) for line, _ in pairs}
    known = [
        number
        for number, (row, (line, offer)) in enumerate(zip(table, pairs, strict=True))
        if plain[id(offer)]
        and usual[id(line)] is not None
        and row.keys() == COLUMNS
        and row["excluded"] == excluded[number]
    ]
    if not known:
        return right, checks
    rows, own = [table[n] for n in known], [pairs[n] for n in known]
    stated = _Stated(rows)
    beside = _Beside.of(terms, own)
    found = beside.quotes.whole & (stated.numbers("quantity") == beside.quantity)
    found &= _savings(stated, beside, near, tolerance)
    every = np.full(len(known), 2 + len(COLUMNS))
    for name, difference in beside.differences():
        agrees, looked_at = difference.reaches(stated.numbers(name), near)
        found &= agrees
        every += looked_at
    right[np.array(known)[found]] = True
    return right, int(every[found].sum())


def _is_plain(terms: OrderTerms, offer: Offer) -> bool:
    """Return whether what an offer asks is straight between its quotes."""
    return (
        offer.between == "linear"
        and offer.committed_counts is None
        and len(offer.quotes) <= MOST_QUOTES
        and not terms.closed.get(offer.supplier)
    )


class _Stated:
    """The columns of rows, as they are stated."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    def words(self, name: str) -> Words:
        """Return a column as it is, shape (rows,)."""
        found = np.empty(len(self._rows), dtype=object)
        found[:] = [row[name] for row in self._rows]
        return found

    def numbers(self, name: str) -> Floats:
        """Return a column of numbers, shape (rows,); NaN, which is never right, for all else."""
        column = [row[name] for row in self._rows]
        return np.array([x if type(x) in (float, int) else np.nan for x in column], dtype=float)


@dataclass(frozen=True)
class _Quotes:
    """The quotes of each row's offer, rising, shape (rows, most quotes); the last is repeated.

    Attributes
    ----------
    at, money, weeks
        Quantities, and what they cost and take.
    price
        Money a part.
    least, last
        The least and the largest whole order, shape (rows,).
    whole
        Whether all quantities are whole, shape (rows,).
    """

    at: Floats
    money: Floats
    weeks: Floats
    price: Floats
    least: Floats
    last: Floats
    whole: Flags

    @classmethod
    def of(cls, offers: Sequence[Offer]) -> _Quotes:
        place = {key: k for k, key in enumerate(dict.fromkeys(map(id, offers)))}
        each = list({id(offer): offer for offer in offers}.values())
        quotes = list(chain.from_iterable(offer.quotes for offer in each))
        counts = np.array([len(offer.quotes) for offer in each])
        at, price, weeks = (
            np.fromiter(map(attrgetter(name), quotes), dtype=float, count=len(quotes))
            for name in ("quantity", "cost_per_part", "lead_time_weeks")
        )
        owner = np.repeat(np.arange(counts.size), counts)
        rising = np.arange(at.size)
        if ((at[1:] <= at[:-1]) & (owner[1:] == owner[:-1])).any():
            rising = np.lexsort((weeks, price, at, owner))
        within = np.minimum(np.arange(counts.max()), counts[:, None] - 1)
        filled = rising[np.cumsum(counts)[:, None] - counts[:, None] + within]
        at, price, weeks = at[filled], price[filled], weeks[filled]
        stated = [(x.smallest_quantity, x.largest_quantity) for x in each]  # None becomes NaN
        low, high = np.array(stated, dtype=float).T
        least = np.ceil(np.where(np.isnan(low), at[:, 0], low) * (1 - 1e-12)).clip(min=1)
        last = np.floor(np.where(np.isnan(high), at[:, -1], high))
        rows = np.array([place[id(offer)] for offer in offers])
        arrays = (at, at * price, weeks, price, least, last, (at == np.floor(at)).all(axis=1))
        return cls(*(values[rows] for values in arrays))

    def both(self, q: Floats) -> tuple[Floats, Floats]:
        """Return money and weeks of quantities, shape (rows,) each."""
        last = self.at.shape[1] - 1
        high = (self.at <= q[:, None]).sum(axis=1).clip(1, max(last, 1))
        rows = np.arange(q.size)
        low, high = high - 1, np.minimum(high, last)
        width = self.at[rows, high] - self.at[rows, low]
        share = (q - self.at[rows, low]) / np.where(width > 0, width, 1.0)
        before, after = q <= self.at[:, 0], q >= self.at[:, -1]
        outside = before | after
        end = np.where(before, 0, last)
        money = self.money[rows, low] * (1 - share) + self.money[rows, high] * share
        weeks = self.weeks[rows, low] * (1 - share) + self.weeks[rows, high] * share
        return (
            np.where(outside, q * self.price[rows, end], money),
            np.where(outside, self.weeks[rows, end], weeks),
        )


@dataclass(frozen=True)
class _Difference:
    """The cost or the weeks of offers beside those of conventional supply, shape (rows,) each.

    Attributes
    ----------
    quotes, measure
        The quotes, and which of the two they are asked for: 0 for money, 1 for weeks.
    fixed, rate, usual_fixed, usual_rate
        What comes to that once, and a part; the same of conventional supply.
    """

    quotes: _Quotes
    measure: int
    fixed: Floats
    rate: Floats
    usual_fixed: Floats
    usual_rate: Floats

    def reaches(self, stated: Floats, near: float) -> tuple[Flags, NDArray[np.int64]]:
        """Return where all whole orders up to a quantity are below, the next not; and checks.

        Between ends the two differ by a straight line, so that ends decide.
        """
        least, last = self.quotes.least, self.quotes.last
        whole = np.isfinite(stated) & (stated >= 0) & (stated == np.floor(stated))
        reached = np.where(whole, stated, 0.0)
        some = reached > 0
        above = self._off(least) > near
        above |= self._off(reached) > near
        for k, end in enumerate(self.quotes.at.T):
            values = (self.quotes.money, self.quotes.weeks)[self.measure][:, k]
            inside = (end > least) & (end < reached)
            above |= inside & (self._beside(end, values) > near)
        within = (reached >= least) & (reached <= last) & ~above
        after = np.maximum(reached + 1, least)
        ends = (after > last) | (self._off(after) >= -near)
        return whole & (~some | within) & ends, 1 + 2 * some + (after <= last)

    def _off(self, q: Floats) -> Floats:
        """Return how far offers are above at quantities, relative to the larger."""
        return self._beside(q, self.quotes.both(q)[self.measure])

    def _beside(self, q: Floats, quoted: Floats) -> Floats:
        mine = quoted + self.fixed + self.rate * q
        other = self.usual_fixed + self.usual_rate * q
        size = np.maximum(np.abs(mine), other)
        return (mine - other) / np.where(size > 0, size, 1.0)


@dataclass(frozen=True)
class _Beside:
    """Offers beside conventional supply, shape (rows,) each.

    Attributes
    ----------
    quotes
        What the offers ask.
    quantity, hours, downtime
        Parts that each line needs, hours a week, and money that a week of waiting costs.
    fee, cost, moved, before, before_per_part, duty
        What comes to the quotes.
    usual_fixed, usual_rate, usual_weeks
        What conventional supply asks.
    """

    quotes: _Quotes
    quantity: Floats
    hours: Floats
    downtime: Floats
    fee: Floats
    cost: Floats
    moved: Floats
    before: Floats
    before_per_part: Floats
    duty: Floats
    usual_fixed: Floats
    usual_rate: Floats
    usual_weeks: Floats

    @classmethod
    def of(cls, terms: OrderTerms, pairs: Sequence[tuple[Line, Offer]]) -> _Beside:
        lines = list({id(line): line for line, _ in pairs}.values())
        place = {id(line): k for k, line in enumerate(lines)}
        rows = np.array([place[id(line)] for line, _ in pairs])
        default, weekly = terms.instance.hours_per_week, terms.downtime_per_week
        usual = [(x.fixed, x.rate, x.weeks) for x in map(terms.conventional_rates, lines) if x]
        of_line = np.array(
            [
                (line.quantity, line.hours_per_week or default, weekly.get(line.line, 0.0), *asked)
                for line, asked in zip(lines, usual, strict=True)
            ],
            dtype=float,
        )[rows]
        rates = (terms.offer_rates(offer, line) for line, offer in pairs)
        own = np.array(
            [(r.fee, r.cost, r.moved, r.before, r.before_per_part, r.duty) for r in rates],
            dtype=float,
        )
        quotes = _Quotes.of([offer for _, offer in pairs])
        return cls(quotes, *of_line.T[:3], *own.T, *of_line.T[3:])

    def savings(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Return what is saved, in money and weeks, and what each is the sum of."""
        q = self.quantity
        money, lead = self.quotes.both(q)
        cost = money * (1 + self.duty) + self.fee + self.cost * q
        weeks = lead + self.before_per_part * q + self.before + self.moved
        usual = self.usual_fixed + self.usual_rate * q
        return (
            _saving(usual, cost),
            _saving(self.usual_weeks, weeks),
            usual + np.abs(cost),
            self.usual_weeks + np.abs(weeks),
        )

    def differences(self) -> tuple[tuple[str, _Difference], ...]:
        """Return cost and weeks beside conventional supply, each by its column.

        With duty on what is quoted, all beside it is measured in what is quoted.
        """
        share = 1 + self.duty
        own, usual = (self.fee, self.cost), (self.usual_fixed, self.usual_rate)
        money = _Difference(self.quotes, 0, *(x / share for x in (*own, *usual)))
        weeks = self.before + self.moved
        nothing = np.zeros_like(weeks)
        time = _Difference(self.quotes, 1, weeks, self.before_per_part, self.usual_weeks, nothing)
        return ("reduced_cost_quantity", money), ("reduced_time_quantity", time)


def _saving(usual: Floats, own: Floats) -> Floats:
    """Return what is saved; nothing where the two differ by rounding only."""
    same = np.abs(usual - own) <= 1e-9 * np.maximum(np.abs(usual), np.abs(own))
    return np.where(same, 0.0, usual - own)


def _savings(stated: _Stated, beside: _Beside, near: float, tolerance: float) -> Flags:
    """Return where savings, scenarios and break-even rates are right."""
    cost, weeks, money, time = beside.savings()
    total, size = cost + beside.downtime * weeks, money + beside.downtime * time

    def same(name: str, value: Floats, scale: Any) -> Flags:
        room = tolerance * np.maximum(scale, np.abs(value))
        agrees: Flags = np.abs(stated.numbers(name) - value) <= room
        return agrees

    right = same("cost_saving", cost, money) & same("weeks_saved", weeks, time)
    right &= same("total_saving", total, size)
    slow = np.where(weeks > 0, "IV", "III")
    plain = np.where(cost > 0, np.where(weeks > 0, "I", "II"), slow)
    right &= stated.words("scenario") == plain
    told = stated.words("scenario_with_downtime")
    either = (np.abs(total) <= near * size) & (weeks >= 0) & ((told == plain) | (told == "I"))
    right &= either | (told == np.where((weeks >= 0) & (total > 0), "I", plain))
    late = np.where(weeks > 0, "from", "never")
    says = np.where(cost > 0, np.where(weeks < 0, "up to", "always"), late)
    right &= stated.words("break_even_says") == says
    at_rate = (says == "from") | (says == "up to")
    per_hour = np.where(at_rate, weeks * beside.hours, 1.0)
    spread = money / np.abs(per_hour) * (1 + time / np.where(at_rate, np.abs(weeks), 1.0))
    rate = np.where(at_rate, -cost / per_hour, 0.0)
    given = at_rate | ((says == "always") & (weeks > 0))
    none = np.array([x is None for x in stated.words("break_even_cost_per_hour")])
    agrees = same("break_even_cost_per_hour", rate, np.where(at_rate, spread, 0.0))
    return right & np.where(given, agrees, none)
