"""The straight pieces that the program is made of: each option's curves, cut to what can happen.

Totals and lead times are linear on a segment. A fitted power is not: it is replaced by straight
pieces that nowhere lie above it and touch it at given quantities, the knots (chords of a concave
power, tangents of a convex one), so that the program's bound holds whatever the knots are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amopt.sourcing.instance.curves import Curves
    from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = ["Segments", "cut"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIRST_KNOTS = 6
"""Knots of a power to begin with, evenly spaced in logs."""

OPEN_END = 1e-6
"""How far below a price break a divisible quantity stays on the tier before it, relative."""


@dataclass(frozen=True, eq=False)
class Segments:
    """m segments: between ``lower`` and ``upper`` parts of an option, everything is linear.

    Attributes
    ----------
    option, line
        Supply option and line of each segment, shape (m,), ascending.
    lower, upper
        Quantities, shape (m,).
    fixed, rate
        What is paid for q parts: ``fixed + rate * q``, in money, shape (m,).
    weeks_fixed, weeks_rate
        Weeks until q parts are delivered: ``weeks_fixed + weeks_rate * q``, shape (m,).
    exact
        Whether both are exact, or lie below a power, shape (m,).
    """

    option: Ints
    line: Ints
    lower: Floats
    upper: Floats
    fixed: Floats
    rate: Floats
    weeks_fixed: Floats
    weeks_rate: Floats
    exact: NDArray[np.bool_]

    def __len__(self) -> int:
        return self.option.size

    @property
    def earliest(self) -> Floats:
        """The least lead time of each segment in weeks, shape (m,)."""
        ends = self.weeks_rate * self.lower, self.weeks_rate * self.upper
        least: Floats = self.weeks_fixed + np.minimum(*ends)
        return least

    def bounded_below(self, divisible: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return where ``lower`` says something, shape (m,): one part is what any order has.

        Parameters
        ----------
        divisible
            Whether fractions may be ordered, by line.
        """
        free: NDArray[np.bool_] = ~divisible[self.line] & (self.lower <= 1) & (self.fixed >= 0)
        return ~free

    def by_option(self, parts: Floats, options: int) -> Floats:
        """Return the parts of each of so many options, from those of each segment, shape (m,)."""
        return np.bincount(self.option, parts, minlength=options).astype(np.float64)

    def keep(self, wanted: NDArray[np.bool_] | Ints) -> Segments:
        """Return some of the segments."""
        return Segments(*(getattr(self, name)[wanted] for name in self.__dataclass_fields__))


def cut(
    supply: SupplyOptions,
    knots: Mapping[int, Floats] | None = None,
    *,
    limited: bool = True,
) -> Segments:
    """Cut the curves of all usable options to the quantities and weeks that can happen.

    Parameters
    ----------
    supply
        The supply options.
    knots
        More quantities, by option, at which the pieces of a power touch it.
    limited
        Whether to cut off what the smallest and largest orders and the need-by dates forbid. The
        program loses nothing by it; without, the constraints of these limits say it.
    """
    option = np.flatnonzero(supply.usable)
    line = supply.line[option]
    needed = supply.needed
    most, least = (needed + supply.surplus)[line], supply.smallest[option]
    if limited:
        most = np.minimum(supply.largest[option], most)
    else:
        any_order = np.where(supply.divisible, 1e-6 * supply.quantity, 1.0)[line]
        least = np.minimum(least, any_order)
    total, lead = supply.total.take(option), supply.lead_time.take(option)
    own = total.curve
    divisible = supply.divisible[line][own]
    lower = np.maximum(total.lower, least[own])
    upper = np.minimum(_last_quantity(total, lead, divisible), most[own])
    whole = ~divisible
    lower[whole] = np.ceil(lower[whole] * (1 - 1e-12))
    upper[whole] = np.floor(upper[whole] * (1 + 1e-12))
    exact = (total.scale == 0) & (lead.scale == 0)
    made = Segments(
        own, line[own], lower, upper, total.fixed, total.rate, lead.fixed, lead.rate, exact
    )
    wanted = (lower <= upper) & (needed[line][own] > 0)
    straight = made.keep(wanted & exact)
    curved = np.flatnonzero(wanted & ~exact)
    pieces = [straight]
    if curved.size:
        touched = knots or {}
        extra = {n: touched[o] for n, o in enumerate(option.tolist()) if o in touched}
        pieces.append(
            _below_powers(total, lead, made, curved=curved, whole=whole[curved], extra=extra)
        )
    joined = Segments(
        *(np.concatenate([getattr(p, name) for p in pieces]) for name in made.__dataclass_fields__)
    )
    order = np.lexsort((joined.lower, joined.option))
    joined = joined.keep(order)
    if limited:
        joined = _in_time(supply, joined)
    return replace(joined, option=option[joined.option])


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


def _in_time(supply: SupplyOptions, segments: Segments) -> Segments:
    """Cut off what would arrive after it is needed: the program loses nothing by it."""
    latest = supply.latest[segments.line] * (1 + 1e-9) + 1e-12
    slope, lower, upper = segments.weeks_rate, segments.lower.copy(), segments.upper.copy()
    with np.errstate(divide="ignore", invalid="ignore"):
        at = (latest - segments.weeks_fixed) / slope
    rising, falling = slope > 0, slope < 0
    upper[rising] = np.minimum(upper, at)[rising]
    lower[falling] = np.maximum(lower, at)[falling]
    whole = ~supply.divisible[segments.line]
    upper[whole] = np.floor(upper[whole] * (1 + 1e-9))
    lower[whole] = np.ceil(lower[whole] * (1 - 1e-9))
    wanted = (lower <= upper) & ((slope != 0) | (segments.weeks_fixed <= latest))
    return replace(segments, lower=lower, upper=upper).keep(wanted)


def _below_powers(
    total: Curves,
    lead: Curves,
    made: Segments,
    *,
    curved: Ints,
    whole: NDArray[np.bool_],
    extra: Mapping[int, Floats],
) -> Segments:
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
        for q in extra.get(int(made.option[p]), ())
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
    return Segments(
        made.option[owner],
        made.line[owner],
        begin,
        finish,
        *money,
        *weeks,
        np.zeros(owner.size, dtype=bool),
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
