"""The straight pieces that the program is made of: the curves of orders, cut to what can happen.

Totals and lead times are linear on a segment. A fitted power is not: it is replaced by straight
pieces that nowhere lie above it and touch it at given quantities, the knots (chords of a concave
power, tangents of a convex one), so that the program's bound holds whatever the knots are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from amopt.sourcing.offers.duties import FIRST_KNOTS, least_duty, pieces_between, uneven

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amopt.sourcing.instance.curves import Curves
    from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = ["Segments", "Shares", "cut"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

OPEN_END = 1e-6
"""How far below a price break a divisible quantity stays on the tier before it, relative."""


@dataclass(frozen=True, eq=False)
class Shares:
    """n shares: what the line of an option may take of an order on a segment.

    Attributes
    ----------
    segment, option, line
        Segment, supply option and line of each share, shape (n,); segments ascend.
    most
        The most parts that the line takes on the segment, shape (n,).
    others
        The most parts that the other lines take on the segment, shape (n,).
    rate
        What is paid a part: the segment's rate, transport, duty, royalties, shape (n,).
    weeks
        Weeks until no parts would be delivered at the segment's lead time: its ``weeks_fixed`` and
        the weeks of transport, shape (n,).
    earliest
        The least weeks until a delivery on the segment, shape (n,).
    """

    segment: Ints
    option: Ints
    line: Ints
    most: Floats
    others: Floats
    rate: Floats
    weeks: Floats
    earliest: Floats

    def __len__(self) -> int:
        return self.option.size


@dataclass(frozen=True, eq=False)
class Segments:
    """m segments: between ``lower`` and ``upper`` parts of an order, everything is linear.

    Attributes
    ----------
    pool
        Pool of each segment, shape (m,), ascending.
    lower, upper
        Quantities, shape (m,).
    fixed
        What is paid for an order whatever its quantity is: of its price, fee and charges, and the
        least duty on that price, in money, shape (m,).
    goods_fixed, rate
        The price of q parts of an order: ``goods_fixed + rate * q``, in money, shape (m,).
    weeks_fixed, weeks_rate
        Weeks until q parts are made: ``weeks_fixed + weeks_rate * q``, shape (m,).
    exact
        Whether all is exact, or a power, or the duty on a share of an order, is bounded from
        below, shape (m,).
    shares
        What lines take on the segments.
    """

    pool: Ints
    lower: Floats
    upper: Floats
    fixed: Floats
    rate: Floats
    weeks_fixed: Floats
    weeks_rate: Floats
    exact: NDArray[np.bool_]
    goods_fixed: Floats
    shares: Shares

    def __len__(self) -> int:
        return self.pool.size

    def bounded_below(self, supply: SupplyOptions) -> NDArray[np.bool_]:
        """Return where ``lower`` says something, shape (m,): one part is what any order has.

        An order without parts is of no use, unless what is spent at its supplier counts: what it
        pays whatever its quantity would count too.
        """
        divisible = divisible_pools(supply)[self.pool]
        free: NDArray[np.bool_] = ~divisible & (self.lower <= 1) & (self.fixed >= 0)
        if counting := supply.instance.counting_spend:
            counts = np.array([name in counting for name in supply.supplier], dtype=bool)
            free &= ~(np.isin(self.pool, supply.pool[counts]) & (self.goods_fixed > 0))
        return ~free

    def by_option(self, parts: Floats, options: int) -> Floats:
        """Return the parts of each of so many options, from those of each share, shape (n,)."""
        return np.bincount(self.shares.option, parts, minlength=options).astype(np.float64)


def divisible_pools(supply: SupplyOptions) -> NDArray[np.bool_]:
    """Return whether fractions may be ordered of each pool, shape (pools,)."""
    options, _ = supply.members
    found = np.zeros(len(supply.pool_total), dtype=bool)
    found[supply.pool[options[supply.divisible[supply.line[options]]]]] = True
    return found


class _Pieces(NamedTuple):
    """Segments without shares, and the piece of the curves that each is cut from."""

    pool: Ints
    lower: Floats
    upper: Floats
    fixed: Floats
    rate: Floats
    weeks_fixed: Floats
    weeks_rate: Floats
    exact: NDArray[np.bool_]
    goods_fixed: Floats

    def keep(self, wanted: NDArray[np.bool_] | Ints) -> _Pieces:
        return _Pieces(*(values[wanted] for values in self))  # type: ignore[arg-type]


def cut(
    supply: SupplyOptions,
    knots: Mapping[int, Floats] | None = None,
    *,
    limited: bool = True,
) -> Segments:
    """Cut the curves of all pools to the quantities and weeks that can happen.

    Parameters
    ----------
    supply
        The supply options.
    knots
        More quantities, by pool, at which the pieces of a power touch it.
    limited
        Whether to cut off what the smallest and largest orders and the need-by dates forbid. The
        program loses nothing by it; without, the constraints of these limits say it.
    """
    options, start = supply.members
    pool = np.flatnonzero(np.diff(start))
    first, line = options[start[pool]], supply.line[options]
    most = np.bincount(
        supply.pool[options], (supply.needed + supply.surplus)[line], minlength=start.size - 1
    )[pool]
    fractions = divisible_pools(supply)[pool]
    least = supply.smallest[first]
    if limited:
        most = np.minimum(supply.largest[first], most)
    else:
        any_part = np.where(supply.divisible, 1e-6 * supply.quantity, 1.0)[line]
        any_order = np.full(start.size - 1, np.inf)
        np.minimum.at(any_order, supply.pool[options], any_part)
        least = np.minimum(least, any_order[pool])
    charged = supply.charges.with_order(supply.pool, supply.members)
    total = supply.pool_total.take(pool).plus(charged[pool], np.zeros(pool.size))
    lead = supply.pool_lead.take(pool)
    own = total.curve
    divisible = fractions[own]
    lower = np.maximum(total.lower, least[own])
    upper = np.minimum(_last_quantity(total, lead, divisible), most[own])
    whole = ~divisible
    lower[whole] = np.ceil(lower[whole] * (1 - 1e-12))
    upper[whole] = np.floor(upper[whole] * (1 + 1e-12))
    exact = (total.scale == 0) & (lead.scale == 0)
    none = np.zeros(own.size)
    made = _Pieces(own, lower, upper, total.fixed, total.rate, lead.fixed, lead.rate, exact, none)
    wanted = lower <= upper
    pieces = [made.keep(wanted & exact)]
    curved = np.flatnonzero(wanted & ~exact)
    if curved.size:
        touched = knots or {}
        extra = {n: touched[g] for n, g in enumerate(pool.tolist()) if g in touched}
        pieces.append(
            _below_powers(total, lead, made, curved=curved, whole=whole[curved], extra=extra)
        )
    joined = _Pieces(*(np.concatenate(values) for values in zip(*pieces, strict=True)))
    joined = joined._replace(pool=pool[joined.pool])
    beside = (supply.fee_of_pool + charged)[joined.pool]
    goods_fixed = joined.fixed - beside
    goods_fixed[np.abs(goods_fixed) <= 1e-12 * np.abs(beside)] = 0.0
    joined = _cut_for_duties(supply, joined._replace(goods_fixed=goods_fixed), knots or {})
    joined = joined.keep(np.lexsort((joined.lower, joined.pool)))
    return _shared_out(supply, joined, limited=limited)


def _cut_for_duties(supply: SupplyOptions, made: _Pieces, knots: Mapping[int, Floats]) -> _Pieces:
    """Return the pieces, cut where the duty on a share of an order is bounded from below."""
    cut_up = uneven(supply)[made.pool] & (made.goods_fixed != 0) & (made.lower < made.upper)
    if not cut_up.any():
        return made
    whole = ~divisible_pools(supply)[made.pool]
    rows, falls = np.flatnonzero(cut_up), made.goods_fixed > 0
    found = []
    for n in rows.tolist():
        kind = {"whole": bool(whole[n]), "falls": bool(falls[n])}
        at = knots.get(int(made.pool[n]), ())
        found.append(pieces_between(made.lower[n], made.upper[n], at, **kind))
    lower, upper = np.concatenate(found, axis=1)
    pieces = made.keep(np.repeat(rows, [own.shape[1] for own in found]))
    pieces = pieces._replace(lower=lower, upper=upper, exact=np.zeros(lower.size, dtype=bool))
    both = (made.keep(~cut_up), pieces)
    return _Pieces(*(np.concatenate(values) for values in zip(*both, strict=True)))


def _shared_out(supply: SupplyOptions, made: _Pieces, *, limited: bool) -> Segments:
    """Return segments with the shares of all lines that may take part of an order on them."""
    options, start = supply.members
    number = np.diff(start)[made.pool]
    segment = np.repeat(np.arange(made.pool.size), number)
    within = np.arange(segment.size) - np.repeat(np.cumsum(number) - number, number)
    option = options[start[made.pool][segment] + within]
    if limited:
        made, wanted = _in_time(supply, made, segment, option)
        segment, option = segment[wanted], option[wanted]
    room = (supply.needed + supply.surplus)[supply.line[option]]
    upper = np.minimum(made.upper, np.bincount(segment, room, minlength=made.pool.size))
    kept = (made.lower <= upper) & (np.bincount(segment, minlength=upper.size) > 0)
    rows = kept[segment]
    segment, option = (np.cumsum(kept) - 1)[segment[rows]], option[rows]
    made = made._replace(upper=upper).keep(kept)
    every = np.bincount(segment, room[rows], minlength=made.pool.size)
    weeks = made.weeks_fixed[segment] + supply.moved_weeks[option]
    least = np.minimum(made.weeks_rate * made.lower, made.weeks_rate * made.upper)
    every_duty = least_duty(supply)[made.pool]
    prices = [made.goods_fixed / end + made.rate for end in (made.lower, made.upper)]
    duty = (every_duty * made.rate)[segment]
    duty += (supply.duty[option] - every_duty[segment]) * np.minimum(*prices)[segment]
    made = made._replace(fixed=made.fixed + every_duty * made.goods_fixed)
    shares = Shares(
        segment,
        option,
        supply.line[option],
        np.minimum(made.upper[segment], room[rows]),
        np.minimum(made.upper[segment], every[segment] - room[rows]),
        made.rate[segment] + supply.moved_cost[option] + duty,
        weeks,
        weeks + least[segment],
    )
    return Segments(*made, shares)


def _last_quantity(total: Curves, lead: Curves, divisible: NDArray[np.bool_]) -> Floats:
    """Return the last quantity of each piece: its end, or just before it where a curve jumps."""
    upper = total.upper
    last: Floats = np.where(divisible, upper, np.ceil(upper * (1 - 1e-12)) - 1)
    inner = np.flatnonzero(np.isfinite(upper) & divisible)
    for curve in (total, lead):
        here, there = curve.on(inner, upper[inner]), curve.on(inner + 1, upper[inner])
        jumps = np.abs(here - there) > 1e-9 * np.maximum(np.abs(here), np.abs(there))
        last[inner[jumps]] = upper[inner[jumps]] * (1 - OPEN_END)
    return last


def _in_time(
    supply: SupplyOptions, made: _Pieces, segment: Ints, option: Ints
) -> tuple[_Pieces, NDArray[np.bool_]]:
    """Cut off what would arrive after it is needed: the program loses nothing by it.

    A segment ends where its last line could not wait for more; and a line takes no part where it
    could wait for no order on the segment.

    Returns
    -------
    pieces, wanted
        The segments, and whether each share is kept.
    """
    line = supply.line[option]
    latest = supply.latest[line] * (1 + 1e-9) + 1e-12
    weeks, slope = made.weeks_fixed[segment] + supply.moved_weeks[option], made.weeks_rate[segment]
    with np.errstate(divide="ignore", invalid="ignore"):
        at = (latest - weeks) / slope
    rising, falling = slope > 0, slope < 0
    last, first = np.full(made.pool.size, -np.inf), np.full(made.pool.size, np.inf)
    np.maximum.at(last, segment, np.where(rising, at, np.inf))
    np.minimum.at(first, segment, np.where(falling, at, -np.inf))
    upper, lower = np.minimum(made.upper, last), np.maximum(made.lower, first)
    whole = ~divisible_pools(supply)[made.pool]
    upper[whole] = np.floor(upper[whole] * (1 + 1e-9))
    lower[whole] = np.ceil(lower[whole] * (1 - 1e-9))
    can = np.where(
        slope == 0,
        weeks <= latest,
        np.where(rising, at * (1 + 1e-9) >= lower[segment], at * (1 - 1e-9) <= upper[segment]),
    )
    return made._replace(lower=lower, upper=upper), can


def _below_powers(
    total: Curves,
    lead: Curves,
    made: _Pieces,
    *,
    curved: Ints,
    whole: NDArray[np.bool_],
    extra: Mapping[int, Floats],
) -> _Pieces:
    """Return straight pieces below each power piece of ``curved`` that touch it at the knots."""
    share = np.linspace(0.0, 1.0, FIRST_KNOTS)
    low, high = made.lower[curved], made.upper[curved]
    spread = low[:, None] * (high / low)[:, None] ** share
    spread[whole] = np.round(spread[whole])
    spread[:, -1] = high
    piece = np.repeat(curved, FIRST_KNOTS)
    more = [
        (p, q)
        for p in curved
        for q in extra.get(int(made.pool[p]), ())
        if made.lower[p] <= q <= made.upper[p]
    ]
    piece = np.concatenate([piece, np.array([p for p, _ in more], dtype=np.int64)])
    knot = np.concatenate([spread.ravel(), np.array([q for _, q in more], dtype=float)])
    piece, knot = np.unique(np.stack([piece.astype(float), knot]), axis=1)
    piece = piece.astype(np.int64)
    pairs = np.flatnonzero(piece[1:] == piece[:-1])
    single = ~np.isin(piece, piece[pairs])
    start, end = np.append(knot[pairs], knot[single]), np.append(knot[pairs + 1], knot[single])
    owner = np.append(piece[pairs], piece[single])
    middle = _tangents_meet(total, owner, start, end)
    middle = np.where(np.isnan(middle), _tangents_meet(lead, owner, start, end), middle)
    two = ~np.isnan(middle)
    # Where a tangent is needed, the left half touches at the start, the right half at the end.
    begin = np.concatenate([start[~two], start[two], middle[two]])
    finish = np.concatenate([end[~two], middle[two], end[two]])
    touch = np.concatenate([start[~two], start[two], end[two]])
    owner = np.concatenate([owner[~two], owner[two], owner[two]])
    money, weeks = (_straight(curve, owner, begin, finish, touch) for curve in (total, lead))
    return _Pieces(
        made.pool[owner],
        begin,
        finish,
        *money,
        *weeks,
        np.zeros(owner.size, dtype=bool),
        np.zeros(owner.size),
    )


def _convex(curve: Curves, piece: Ints) -> NDArray[np.bool_]:
    bend: NDArray[np.bool_] = (
        curve.scale[piece] * curve.exponent[piece] * (curve.exponent[piece] - 1) > 0
    )
    return bend


def _slope(curve: Curves, piece: Ints, q: Floats) -> Floats:
    power = curve.exponent[piece]
    slope: Floats = curve.rate[piece] + curve.scale[piece] * power * q ** (power - 1)
    return slope


def _tangents_meet(curve: Curves, piece: Ints, start: Floats, end: Floats) -> Floats:
    """Return where the tangents at both ends meet, where the curve is convex; else NaN."""
    a, b = _slope(curve, piece, start), _slope(curve, piece, end)
    f, g = curve.on(piece, start), curve.on(piece, end)
    with np.errstate(divide="ignore", invalid="ignore"):
        meet = (f - g - a * start + b * end) / (b - a)
    inside = _convex(curve, piece) & (end > start) & (meet > start) & (meet < end)
    return np.where(inside, meet, np.nan)


def _straight(
    curve: Curves, piece: Ints, begin: Floats, finish: Floats, touch: Floats
) -> tuple[Floats, Floats]:
    """Return ``fixed`` and ``rate`` of a line below the curve: its chord, or a tangent."""
    f, g = curve.on(piece, begin), curve.on(piece, finish)
    width = finish - begin
    with np.errstate(divide="ignore", invalid="ignore"):
        chord = np.where(width > 0, (g - f) / width, 0.0)
    convex = _convex(curve, piece)
    rate = np.where(convex, _slope(curve, piece, touch), chord)
    at = np.where(convex, touch, begin)
    fixed: Floats = curve.on(piece, at) - rate * at
    return fixed, rate
