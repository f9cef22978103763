r"""Stock arithmetic: the Erlang loss system, base-stock with emergency shipments, newsvendor.

A place holds a part under a base-stock policy (S - 1, S): each demand takes a part and orders one,
which arrives after the lead time L. Demand is Poisson with rate d; a demand that finds nothing on
the shelf is met by an emergency shipment and orders nothing. The parts on order are then the busy
servers of an M/G/S/S queue with offered load a = d L, so that the probability of being out of
stock depends on the mean lead time alone (Sevastyanov, 1957):

.. math::  B(S, a) = \frac{a^S / S!}{\sum_{i=0}^{S} a^i / i!}

The yearly cost of level S, with holding cost h a part and year, c a regular and e an emergency
part (Westerweel, 2019, chapter 2), is

.. math::  C(S) = h S + d \, [(1 - B(S, a)) \, c + B(S, a) \, e] .

B is convex and decreasing in S (Messerli, 1972), hence so is C up to a linear term, and the
least S with :math:`d (e - c) [B(S, a) - B(S + 1, a)] \le h` is optimal.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "base_stock_cost",
    "best_base_stock",
    "erlang_loss",
    "erlang_loss_table",
    "least_base_stock",
    "least_for_shortage",
    "newsvendor_cost",
    "newsvendor_quantity",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_TERMS = 500
"""Terms of the continued fraction after which it has long settled."""

FEW_LEVELS = 32
"""Base-stock levels that are tried one by one before bisection."""

MOST_LEVEL = 2**53
"""The largest base-stock level: beyond, not every whole number is a float."""


def erlang_loss(level: ArrayLike, load: ArrayLike) -> Floats:
    r"""Return B(S, a): the probability that a base-stock system is out of stock.

    Parameters
    ----------
    level
        Base-stock levels S (servers), integers of at least 0; broadcast against ``load``.
    load
        Offered loads a = demand rate x lead time, at least 0.

    Returns
    -------
    array
        Probabilities, to about 12 digits for loads up to 1e7 and 9 digits for loads up to 1e12, in
        a time that does not grow with them.

    Raises
    ------
    ValueError
        When a level is negative or no whole number, or a load is negative or not finite.

    Notes
    -----
    B is the ratio of the Poisson probability to the cumulative one at S; far below a, where both
    underflow, a continued fraction.
    """
    levels, loads = _levels(level), _amounts("loads", load)
    s, a = np.broadcast_arrays(levels.astype(float), loads)
    loss = np.where(s == 0, 1.0, 0.0)
    held = (s > 0) & (a > 0)
    scarce = held & (s < a - 4 * np.sqrt(a))
    loss[scarce] = _loss_by_fraction(s[scarce], a[scarce])
    loss[held & ~scarce] = _loss_by_poisson(s[held & ~scarce], a[held & ~scarce])
    return loss


def _levels(level: ArrayLike) -> NDArray[Any]:
    """Return base-stock levels, refusing what is none."""
    levels = np.asarray(level)
    if not ((levels >= 0) & (levels == np.floor(levels))).all():
        raise ValueError("base-stock levels must be whole numbers of at least 0")
    return levels


def _amounts(what: str, value: ArrayLike) -> Floats:
    """Return numbers of at least 0, refusing others."""
    amounts = np.asarray(value, dtype=float)
    if not (np.isfinite(amounts) & (amounts >= 0)).all():
        raise ValueError(f"{what} must be finite and at least 0")
    return amounts


def _loss_by_fraction(s: Floats, a: Floats) -> Floats:
    """Return B where S is at least four standard deviations below a, by a continued fraction.

    That of the incomplete gamma function (Legendre), all of whose terms are positive; some forty of
    them are enough however large S and a are.
    """
    value, before, ahead = a - s, a - s, np.zeros_like(s)
    for k in range(1, MOST_TERMS):
        term, add = np.maximum(k * (s + 1 - k), 0.0), a - s + 2 * k
        ahead = 1 / (add + term * ahead)
        before = add + term / before
        change = before * ahead
        value = value * change
        if (np.abs(change - 1) < 1e-16).all():
            break
    loss: Floats = value / a
    return loss


def _loss_by_poisson(s: Floats, a: Floats) -> Floats:
    r"""Return B as Poisson probability over cumulative probability.

    The probability is written as its saddle-point form (Loader, 2000), which keeps its digits
    where S and a are large: :math:`\exp(-D - \delta(S)) / \sqrt{2 \pi S}` with the deviance
    :math:`D = S \ln(S/a) + a - S` and the remainder :math:`\delta` of Stirling's formula.
    """
    from scipy.special import gammaln, pdtr

    few = s < 16
    low = np.maximum(np.arange(16.0), 1.0)
    table = gammaln(low + 1) - (low + 0.5) * np.log(low) + low - 0.5 * np.log(2 * np.pi)
    direct = table[np.where(few, s, 1).astype(np.int64)]
    series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * s**2)) / s**2) / s**2) / s
    exponent = _deviance(s, a) + np.where(few, direct, series)
    loss: Floats = np.exp(-exponent) / np.sqrt(2 * np.pi * s) / pdtr(s, a)
    return loss


def _deviance(s: Floats, a: Floats) -> Floats:
    """Return S ln(S/a) + a - S, by a series in v = (S - a)/(S + a) where they are near."""
    v = (s - a) / (s + a)
    near = np.abs(v) < 0.1
    total, power = (s - a) * v, 2 * s * v
    for j in range(1, 9):
        power = power * v**2
        total = total + power / (2 * j + 1)
    far = ~near
    total[far] = s[far] * (np.log(s[far]) - np.log(a[far])) + a[far] - s[far]
    return total


def erlang_loss_table(largest: int, load: ArrayLike) -> Floats:
    """Return B(S, a) for S = 0, ..., ``largest`` by the recursion B <- a B / (S + a B).

    Parameters
    ----------
    largest
        The largest level.
    load
        Offered loads, shape (n,).

    Returns
    -------
    array
        Shape (n, largest + 1).

    Raises
    ------
    ValueError
        When the level is negative or no whole number, or a load is negative or not finite.
    """
    most, loads = int(_levels(largest)), _amounts("loads", load)
    table = np.ones((loads.size, most + 1))
    for s in range(1, most + 1):
        lost = loads * table[:, s - 1]
        table[:, s] = lost / (s + lost)
    return table


def base_stock_cost(
    level: ArrayLike,
    load: ArrayLike,
    *,
    rate: ArrayLike,
    holding_cost: ArrayLike,
    regular_cost: ArrayLike,
    emergency_cost: ArrayLike,
) -> Floats:
    """Return C(S), the yearly cost of a base-stock level.

    Parameters
    ----------
    level, load
        As in :func:`erlang_loss`.
    rate
        Demand a year.
    holding_cost
        Money a year for each part of the base-stock level.
    regular_cost, emergency_cost
        Money a part that is met from the shelf, and one met by an emergency shipment.
    """
    lost = erlang_loss(level, load)
    regular, emergency = np.asarray(regular_cost), np.asarray(emergency_cost)
    cost: Floats = np.asarray(holding_cost) * np.asarray(level) + np.asarray(rate) * (
        regular + lost * (emergency - regular)
    )
    return cost


def best_base_stock(
    load: ArrayLike, *, rate: ArrayLike, holding_cost: ArrayLike, shortage_cost: ArrayLike
) -> Ints:
    """Return the least base-stock level of lowest yearly cost.

    Parameters
    ----------
    load, rate, holding_cost
        As in :func:`base_stock_cost`.
    shortage_cost
        What an emergency part costs more than a regular one.

    Raises
    ------
    ValueError
        When stock is free to hold and shortages are not: no finite level is best. When a load, rate
        or holding cost is negative, or a number is not finite.
    """
    a, d, h, p = np.broadcast_arrays(
        _amounts("loads", load),
        _amounts("demand rates", rate),
        _amounts("holding costs", holding_cost),
        np.asarray(shortage_cost, dtype=float),
    )
    with np.errstate(over="ignore"):
        worth = d * p
    if not np.isfinite(worth).all():
        raise ValueError("shortage costs, and what shortages cost a year, must be finite")
    if ((h <= 0) & (worth > 0) & (a > 0)).any():
        raise ValueError("where holding costs nothing, no finite base-stock level is best")

    flat = [np.ravel(np.asarray(each, dtype=float)) for each in (a, worth, h)]
    return _least_worth_it(*flat).reshape(a.shape)


def _least_worth_it(load: Floats, worth: Floats, holding: Floats) -> Ints:
    """Return the least level at which one more saves less of what shortages cost than it costs.

    Low levels are tried one by one, by the recursion, which is quick; the others by bisection.
    """

    def worth_more(level: Ints | int, lost: Floats) -> NDArray[np.bool_]:
        more = level + 1 + load * lost
        # By the recursion, B(S, a) - B(S + 1, a) without its cancellation.
        saved = lost * (more - load) / more
        result: NDArray[np.bool_] = worth * saved > holding
        return result

    best = np.zeros(load.size, dtype=np.int64)
    left, lost = np.arange(load.size), np.ones(load.size)
    for level in range(FEW_LEVELS):
        more = worth_more(level, lost)
        left, lost = left[more], lost[more]
        load, worth, holding = load[more], worth[more], holding[more]
        best[left] = level + 1
        lost = load * lost / (level + 1 + load * lost)
        if not left.size:
            return best
    best[left] = _least(lambda level: ~worth_more(level, erlang_loss(level, load)), left.shape)
    return best


def least_base_stock(load: ArrayLike, fill_rate: ArrayLike) -> Ints:
    """Return the least level whose fill rate 1 - B(S, a) is at least ``fill_rate``.

    Raises
    ------
    ValueError
        When a fill rate of 1 is asked for under a positive load: no finite level meets it. When a
        load is negative or not finite, or a fill rate is above 1.
    """
    a, wanted = np.broadcast_arrays(_amounts("loads", load), np.asarray(fill_rate, float))
    if not (wanted <= 1).all():
        raise ValueError("fill rates must be at most 1")
    if ((wanted >= 1) & (a > 0)).any():
        raise ValueError("no finite base-stock level has a fill rate of 1")
    # The comparison is written so that fill rates close to one keep their digits.
    return _least(lambda level: erlang_loss(level, a) <= 1.0 - wanted, a.shape)


def least_for_shortage(load: ArrayLike, shortage: ArrayLike) -> Ints:
    """Return the least level S with B(S, a) at most ``shortage``, however small that is.

    Raises
    ------
    ValueError
        When no shortage at all is asked for under a positive load: no finite level meets it. When a
        load or shortage is negative or not finite.
    """
    a, most = np.broadcast_arrays(_amounts("loads", load), _amounts("shortages", shortage))
    if ((most == 0) & (a > 0)).any():
        raise ValueError("no finite base-stock level has no shortage at all")
    return _least(lambda level: erlang_loss(level, a) <= most, a.shape)


class _Enough(Protocol):
    def __call__(self, level: Ints, /) -> NDArray[np.bool_]: ...


def _least(enough: _Enough, shape: tuple[int, ...]) -> Ints:
    """Return the least level, entry by entry, from which on ``enough`` holds, by bisection."""
    low = np.full(shape, -1, dtype=np.int64)
    high = np.zeros(shape, dtype=np.int64)
    while not (reached := enough(high)).all():
        if (high[~reached] > MOST_LEVEL).any():
            raise ValueError(f"the base-stock level that is wanted is beyond {MOST_LEVEL:.1g}")
        low = np.where(reached, low, high)
        high = np.where(reached, high, 2 * high + 1)
    while (high - low > 1).any():
        middle = np.maximum((low + high) // 2, 0)
        reached = enough(middle)
        high = np.where(reached, np.minimum(high, middle), high)
        low = np.where(reached, low, np.maximum(low, middle))
    return high


class Distribution(Protocol):
    """A demand distribution, such as a frozen one of :mod:`scipy.stats`."""

    def ppf(self, q: float) -> float:
        """Return the q-quantile."""

    def mean(self) -> float:
        """Return the mean."""

    def expect(self, func: object, *, lb: float, ub: float) -> float:
        """Return the expectation of a function between two bounds."""


def newsvendor_quantity(
    demand: Distribution, *, underage_cost: float, overage_cost: float
) -> float:
    """Return the quantity that minimises the expected cost of having too few or too many.

    The least quantity whose probability of covering demand is at least the critical ratio
    underage / (underage + overage) (Arrow, Harris and Marschak, 1951).

    Parameters
    ----------
    demand
        Distribution of the demand, such as ``scipy.stats.poisson(3)``.
    underage_cost, overage_cost
        Money a part short, and a part left over; both positive.
    """
    if not (underage_cost > 0 and overage_cost > 0):
        raise ValueError("the costs of a part short and of a part left over must be positive")
    return float(demand.ppf(underage_cost / (underage_cost + overage_cost)))


def newsvendor_cost(
    quantity: float, demand: Distribution, *, underage_cost: float, overage_cost: float
) -> float:
    """Return the expected cost u E[(D - q)+] + o E[(q - D)+] of a quantity."""
    left = demand.expect(lambda d: quantity - d, lb=-np.inf, ub=quantity)
    short = left + demand.mean() - quantity
    return float(underage_cost * short + overage_cost * left)
