r"""What an offer costs, and how long it takes, at any quantity: curves made from its quotes.

A curve consists of pieces. On a piece from quantity ``a`` up to, but without, quantity ``b``

.. math:: f(q) = f_0 + f_1 q + s q^e

and what holds between quotes :math:`(q_i, p_i, t_i)` is, for the total cost C and lead time T,

================ ================================================ ===============================
``between``      total cost                                       lead time
================ ================================================ ===============================
``linear``       linear between :math:`(q_i, q_i p_i)`            linear between :math:`(q_i,t_i)`
``all_units``    :math:`q p_i` from :math:`q_i` on                :math:`t_i` from :math:`q_i` on
``incremental``  :math:`C(q_i) + (q - q_i) p_i` from :math:`q_i`  :math:`t_i` from :math:`q_i` on
``power``        :math:`q \cdot a q^b`, price fitted in logs      :math:`a' q^{b'}`, fitted in logs
``line``         :math:`a + b q`, total fitted                    :math:`a' + b' q`, fitted
================ ================================================ ===============================

Outside the quotes nothing is extrapolated from their trend: below the smallest and above the
largest quote, the price per part and the lead time of that quote hold (the first and last tier; a
fitted curve goes on as fitted). An offer's smallest and largest quantity say how far.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, get_args

import numpy as np
from numpy.typing import NDArray

from amopt.sourcing.instance.entries import Between
from amopt.sourcing.instance.fits import Fit, fit_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amopt.sourcing.instance.entries import Offer

__all__ = ["KINDS", "Curves", "Quotes", "fits_of", "least_values", "quotes_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KINDS: tuple[str, ...] = get_args(Between)
"""The values of ``between``; arrays hold their positions."""

TOLERANCE = 1e-9
"""Relative difference below which two amounts are the same amount."""

ROUNDED = 1e-15
"""Relative error of a few operations on the terms that an amount is added up from."""


@dataclass(frozen=True, eq=False)
class Curves:
    """n curves of altogether m pieces.

    Attributes
    ----------
    start
        Curve i has the pieces ``start[i]:start[i + 1]``, ascending, shape (n + 1,).
    lower
        Quantity from which a piece holds, until the next one, shape (m,); a curve's first is 0.
    fixed, rate, scale, exponent
        Coefficients of the pieces, shape (m,) each.
    """

    start: Ints
    lower: Floats
    fixed: Floats
    rate: Floats
    scale: Floats
    exponent: Floats

    def __len__(self) -> int:
        return self.start.size - 1

    @property
    def curve(self) -> Ints:
        """The curve of each piece, shape (m,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))

    @property
    def upper(self) -> Floats:
        """The quantity at which each piece ends, shape (m,); infinite for the last of a curve."""
        ends = np.append(self.lower[1:], np.inf)
        ends[self.start[1:] - 1] = np.inf
        return ends

    def take(self, index: Ints) -> Curves:
        """Return the curves at ``index``, which may name one more than once."""
        size = np.diff(self.start)[index]
        start = np.concatenate([[0], np.cumsum(size)])
        piece = np.repeat(self.start[index] - start[:-1], size) + np.arange(start[-1])
        return Curves(
            start,
            self.lower[piece],
            self.fixed[piece],
            self.rate[piece],
            self.scale[piece],
            self.exponent[piece],
        )

    def joined(self, other: Curves) -> Curves:
        """Return these curves, and then the others."""
        own, more = ((c.lower, c.fixed, c.rate, c.scale, c.exponent) for c in (self, other))
        start = np.concatenate([self.start, self.start[-1] + other.start[1:]])
        return Curves(start, *(np.concatenate(pair) for pair in zip(own, more, strict=True)))

    @classmethod
    def lines(cls, fixed: Floats, rate: Floats) -> Curves:
        """Return the curves ``fixed + rate * q``, shape (n,) each."""
        zero = np.zeros_like(fixed)
        return cls(np.arange(fixed.size + 1), zero, fixed, rate, zero, zero)

    def plus(self, fixed: Floats, rate: Floats) -> Curves:
        """Return the curves with ``fixed + rate * q`` added, shape (n,) each."""
        curve = self.curve
        return replace(self, fixed=self.fixed + fixed[curve], rate=self.rate + rate[curve])

    def times(self, factor: Floats) -> Curves:
        """Return the curves, each multiplied by its factor, shape (n,)."""
        own = factor[self.curve]
        return replace(self, fixed=self.fixed * own, rate=self.rate * own, scale=self.scale * own)

    def piece_at(self, quantity: Floats) -> Ints:
        """Return the piece that holds for curve i at ``quantity[i]``, shape (n,)."""
        begun = self.lower <= np.repeat(quantity, np.diff(self.start)) * (1 + 1e-12)
        piece: Ints = self.start[:-1] + np.add.reduceat(begun, self.start[:-1], dtype=np.int64) - 1
        return piece

    def at(self, quantity: Floats) -> Floats:
        """Return curve i at ``quantity[i]``, shape (n,)."""
        if not len(self):
            return np.zeros(0)
        return self.on(self.piece_at(quantity), quantity)

    def on(self, piece: Ints, quantity: Floats) -> Floats:
        """Return what pieces give at quantities, shape of both."""
        value: Floats = self.fixed[piece] + self.rate[piece] * quantity
        curved = self.scale[piece] != 0
        if curved.any():
            power = piece[curved]
            value[curved] += self.scale[power] * quantity[curved] ** self.exponent[power]
        return value

    def first_not_below(
        self, fixed: Floats, rate: Floats, smallest: Floats, largest: Floats
    ) -> Floats:
        """Return the least whole q with ``f(q) >= fixed + rate * q``, shape (n,).

        Parameters
        ----------
        fixed, rate
            The line that each curve is compared with, shape (n,).
        smallest, largest
            The quantities that count, shape (n,); the answer is infinite where none of them does.
        """
        if not len(self):
            return np.zeros(0)
        curve = self.curve
        lo = np.ceil(np.maximum(self.lower, smallest[curve]) * (1 - 1e-12))
        hi = np.minimum(np.ceil(self.upper * (1 - 1e-12)) - 1, np.floor(largest[curve]))
        line_fixed, line_rate = fixed[curve], rate[curve]
        above, slope = self.fixed - line_fixed, self.rate - line_rate
        size = np.maximum(np.abs(self.fixed), np.abs(line_fixed))

        def near(q: Floats) -> Floats:
            # What two equal totals at q may differ by; terms that cancel are rounded, too.
            totals = np.abs(line_fixed + line_rate * q)
            terms = np.maximum(size, np.maximum(np.abs(self.rate * q), np.abs(line_rate * q)))
            return np.maximum(TOLERANCE * totals, ROUNDED * terms)

        # Each term of near(q) solved for q: where lines run side by side but for rounding, they
        # meet where what they may differ by has no bounds.
        steepest = np.maximum(np.abs(self.rate), np.abs(line_rate))
        left = np.stack([TOLERANCE * np.abs(line_fixed), ROUNDED * size, np.zeros_like(size)])
        pace = np.stack([TOLERANCE * np.abs(line_rate), np.zeros_like(size), ROUNDED * steepest])
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            root = np.ceil(((-above - left) / (slope + pace)).min(axis=0) * (1 - ROUNDED))
        at_lo = above + slope * lo
        found = np.where(at_lo >= -near(lo), lo, np.where(slope > 0, np.maximum(root, lo), np.inf))
        found[found > hi] = np.inf
        piece = np.flatnonzero(self.scale != 0)
        if piece.size:
            found[piece] = _first_on_power(
                above[piece],
                slope[piece],
                self.scale[piece],
                self.exponent[piece],
                lo=lo[piece],
                hi=np.minimum(hi[piece], 2.0**53),
            )
        found[lo > hi] = np.inf
        return np.minimum.reduceat(found, self.start[:-1])


def _first_on_power(
    fixed: Floats, rate: Floats, scale: Floats, exponent: Floats, *, lo: Floats, hi: Floats
) -> Floats:
    """Return the least whole q of [lo, hi] where ``fixed + rate q + scale q^exponent >= 0``.

    The function is convex or concave, so that it is first negative on an interval, and the end of
    that interval is bisected; a concave one ends where it is largest.
    """
    concave = scale * exponent * (exponent - 1) < 0
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        peak = (-rate / (scale * exponent)) ** (1 / (exponent - 1))

    def reached(q: Floats) -> NDArray[np.bool_]:
        power = scale * q**exponent
        size = np.maximum(np.abs(fixed), np.maximum(np.abs(rate * q), np.abs(power)))
        return fixed + rate * q + power >= -TOLERANCE * size

    summit = np.clip(np.where(np.isfinite(peak), np.floor(peak), hi), lo, hi)
    summit = np.where(reached(summit), summit, np.minimum(summit + 1, hi))
    below, end = lo - 1, np.where(concave, summit, hi)
    possible = reached(end)
    end = np.where(reached(lo), lo, end)
    while (wide := end - below > 1).any():
        middle = np.floor((below + end) / 2)
        hit = reached(np.maximum(middle, lo))
        end = np.where(wide & hit, middle, end)
        below = np.where(wide & ~hit, middle, below)
    return np.where(possible | reached(lo), end, np.inf)


@dataclass(frozen=True, eq=False)
class Quotes:
    """The quotes of n offers as arrays, in ascending quantity within an offer.

    Attributes
    ----------
    start
        Offer i has the quotes ``start[i]:start[i + 1]``, shape (n + 1,).
    quantity, cost_per_part, lead_time_weeks
        The quotes, shape (quotes,).
    between
        Position in :data:`KINDS` of what holds between an offer's quotes, shape (n,).
    """

    start: Ints
    quantity: Floats
    cost_per_part: Floats
    lead_time_weeks: Floats
    between: Ints

    def of(self, *kinds: str) -> Ints:
        """Return the offers between whose quotes one of these kinds holds."""
        return np.flatnonzero(np.isin(self.between, [KINDS.index(kind) for kind in kinds]))

    def take(self, offers: Ints) -> Quotes:
        """Return the quotes of some offers."""
        size = np.diff(self.start)[offers]
        start = np.concatenate([[0], np.cumsum(size)])
        quote = np.repeat(self.start[offers] - start[:-1], size) + np.arange(start[-1])
        return Quotes(
            start,
            self.quantity[quote],
            self.cost_per_part[quote],
            self.lead_time_weeks[quote],
            self.between[offers],
        )

    def curves(self) -> tuple[Curves, Curves]:
        """Return total cost in money and lead time in weeks, with pieces in common."""
        makers = (_linear, _all_units, _incremental, _power, _line)
        made: list[tuple[Ints, Floats]] = []
        size: Ints = np.zeros(self.between.size, dtype=np.int64)
        for kind, maker in zip(KINDS, makers, strict=True):
            index = self.of(kind)
            if index.size:
                own, pieces = maker(self.take(index))
                made.append((index[own], pieces))
                size[index] = np.bincount(own, minlength=index.size)
        start = np.concatenate([[0], np.cumsum(size)])
        table = np.empty((9, start[-1]))
        for owner, pieces in made:
            begins = np.flatnonzero(np.diff(owner, prepend=-1))
            place = np.arange(owner.size) + np.repeat(
                start[owner[begins]] - begins, size[owner[begins]]
            )
            for row, values in zip(table, pieces, strict=True):
                row[place] = values
        lower, *rest = table
        return Curves(start, lower, *rest[:4]), Curves(start, lower, *rest[4:])


def _first(quotes: Quotes) -> NDArray[np.bool_]:
    first = np.zeros(quotes.quantity.size, dtype=bool)
    first[quotes.start[:-1]] = True
    return first


def _owner(quotes: Quotes) -> Ints:
    return np.repeat(np.arange(quotes.start.size - 1), np.diff(quotes.start))


def _next(values: Floats) -> Floats:
    return np.append(values[1:], values[-1:])


def _linear(quotes: Quotes) -> tuple[Ints, Floats]:
    """Return a piece from zero, one between each two quotes, and one beyond the last."""
    q, price, weeks = quotes.quantity, quotes.cost_per_part, quotes.lead_time_weeks
    owner, first, zero = _owner(quotes), _first(quotes), np.zeros_like(q)
    last = np.roll(first, -1)
    step = np.where(last, 1.0, _next(q) - q)
    rate = np.where(last, price, (_next(q * price) - q * price) / step)
    per_week = np.where(last, 0.0, (_next(weeks) - weeks) / step)
    from_quotes = (
        *(q, np.where(last, 0.0, q * price - rate * q), rate, zero, zero),
        *(weeks - per_week * q, per_week, zero, zero),
    )
    below = (zero, zero, price, zero, zero, weeks, zero, zero, zero)
    place = np.arange(q.size) + owner + 1
    table = np.empty((9, q.size + quotes.between.size))
    for row, values, before in zip(table, from_quotes, below, strict=True):
        row[place] = values
        row[place[first] - 1] = before[first]
    return np.insert(owner, quotes.start[:-1], np.arange(quotes.between.size)), table


def _all_units(quotes: Quotes) -> tuple[Ints, Floats]:
    zero = np.zeros_like(quotes.quantity)
    lower = np.where(_first(quotes), 0.0, quotes.quantity)
    table = [lower, zero, quotes.cost_per_part, zero, zero]
    return _owner(quotes), np.stack([*table, quotes.lead_time_weeks, zero, zero, zero])


def _incremental(quotes: Quotes) -> tuple[Ints, Floats]:
    owner, table = _all_units(quotes)
    lower, price = table[0], table[2]
    # What the tiers before save or add: C(q) = p_i q + sum_j q_j (p_{j-1} - p_j), j = 2..i.
    before = np.where(_first(quotes), price, np.roll(price, 1))
    added, size = lower * (before - price), np.diff(quotes.start)
    for tier in range(1, int(size.max(initial=0))):  # each offer by itself, with all its digits
        place = quotes.start[:-1][size > tier] + tier
        added[place] += added[place - 1]
    table[1] = added
    return owner, table


def _power(quotes: Quotes) -> tuple[Ints, Floats]:
    price, weeks = _fits(quotes, power=True)
    zero = np.zeros_like(price.slope)
    table = [zero, zero, zero, np.exp(price.intercept), price.slope + 1]
    return np.arange(zero.size), np.stack(
        [*table, zero, zero, np.exp(weeks.intercept), weeks.slope]
    )


def _line(quotes: Quotes) -> tuple[Ints, Floats]:
    total, weeks = _fits(quotes, power=False)
    zero = np.zeros_like(total.slope)
    table = [zero, total.intercept, total.slope, zero, zero]
    return np.arange(zero.size), np.stack([*table, weeks.intercept, weeks.slope, zero, zero])


def _fits(quotes: Quotes, *, power: bool) -> tuple[Fit, Fit]:
    """Fit price a part and lead time in logs, or total and lead time as they are."""
    q, price, weeks = quotes.quantity, quotes.cost_per_part, quotes.lead_time_weeks
    if power:
        x = np.log(q)
        return fit_lines(quotes.start, x, np.log(price)), fit_lines(quotes.start, x, np.log(weeks))
    return fit_lines(quotes.start, q, q * price), fit_lines(quotes.start, q, weeks)


def fits_of(offers: Sequence[Offer]) -> tuple[Fit, Fit]:
    """Return how well cost and lead time of offers are fitted, which are all power or all line.

    A power is fitted to the price a part and to the lead time, both in logs, a line to the total
    and to the lead time.
    """
    return _fits(quotes_of(offers), power=offers[0].between == "power")


def least_values(offers: Sequence[Offer]) -> Floats:
    """Return the least total or lead time at the ends of what each offer takes, shape (n,)."""
    ends = np.array([[offer.smallest, offer.largest] for offer in offers]).reshape(-1, 2).T
    values = [curves.at(end) for curves in quotes_of(offers).curves() for end in ends]
    least: Floats = np.min(values, axis=0)
    return least


def quotes_of(offers: Sequence[Offer]) -> Quotes:
    """Return the quotes of offers as arrays."""
    size = np.array([len(offer.quotes) for offer in offers], dtype=np.int64)
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    flat = [
        (quote.quantity, quote.cost_per_part, quote.lead_time_weeks)
        for offer in offers
        for quote in offer.quotes
    ]
    table = np.asarray(flat, dtype=np.float64).reshape(-1, 3)
    order = np.lexsort((table[:, 0], np.repeat(np.arange(size.size), size)))
    quantity, cost, weeks = table[order].T
    kind = np.array([KINDS.index(offer.between) for offer in offers], dtype=np.int64)
    return Quotes(start, quantity, cost, weeks, kind)
