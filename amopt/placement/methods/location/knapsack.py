r"""What a facility gains at most at given prices: one knapsack for each of them, all at once.

.. math::

    G_i(v) = \max \Big\{\sum_j (v_j - c_{ij}) x_{ij} : \sum_j h_{ij} x_{ij} \le C_i\Big\}

With :math:`0 \le x_{ij} \le 1` the pairs that gain most an hour are taken until the hours are used
up; only as many pairs as fit are sorted.

With whole pairs, those that gain so much more or less an hour than the first one that does not fit
that the bound in fractions settles them are in or out (Balas and Zemel, 1980); the others, a few of
each facility, are chosen by dynamic programming over the hours. Hours count in steps: exact where
they are multiples of one, else rounded down, so that what comes out is never less than the truth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Fractional", "Packed", "Whole", "step_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

FIRST = 64
"""Pairs of each facility that are sorted at first."""

STEPS = 2_000
"""Steps of the largest capacity where hours are not multiples of one number."""

MOST = 100
"""Most pairs of a facility among which dynamic programming chooses; with more of them the bound in
fractions stands, which is never less."""

ROUNDING = 1e-9
"""Relative size of gains below which they make no difference."""

TINY = 1e-290
"""Hours that count as none, so that gains an hour are finite."""


@dataclass(frozen=True)
class Packed:
    """Optimal knapsacks.

    Attributes
    ----------
    gain
        What each gains, shape (facilities,).
    pair, share
        Pairs in each of them, and how much of them, shape (facilities, k).
    """

    gain: Floats
    pair: Ints
    share: Floats

    def supplied(self, opened: Floats, pairs: int) -> Floats:
        """Return how much of each pair is supplied in all, shape (pairs,)."""
        share = self.share * opened[:, None]
        total = np.bincount(self.pair.ravel(), share.ravel(), minlength=pairs)
        return total.astype(np.float64, copy=False)


@dataclass(frozen=True)
class _Sorted:
    """The pairs of each facility that gain most an hour, in that order, shape (facilities, k).

    Attributes
    ----------
    pair, gain, hours, rate
        Pairs, what they gain, their hours and what they gain an hour; nothing where that is not
        positive.
    used
        Hours of all pairs up to each.
    """

    pair: Ints
    gain: Floats
    hours: Floats
    rate: Floats
    used: Floats


class Fractional:
    """Knapsacks in fractions.

    Parameters
    ----------
    cost, hours
        Of each facility and pair, shape (facilities, pairs).
    capacity
        Hours of each facility, shape (facilities,).
    """

    def __init__(self, cost: Floats, hours: Floats, capacity: Floats) -> None:
        self.cost, self.hours, self.capacity = cost, hours, capacity
        self._an_hour = np.where(hours > 0, 1.0 / np.maximum(hours, TINY), 1.0 / TINY)
        self._first = FIRST

    def pack(self, prices: Floats) -> Packed:
        """Return the best knapsacks at given prices of the pairs."""
        best, share = self._in_fractions(prices)
        return Packed((best.gain * share).sum(axis=1), best.pair, share)

    def forced(self, prices: Floats) -> Floats:
        """Return bounds on the gain with each pair inside, shape (facilities, pairs).

        What gains less an hour than the first pair that does not fit takes the room of such.
        """
        best, share = self._in_fractions(prices)
        broken = (share < 1.0) & (best.rate > 0)
        critical = np.where(broken, best.rate, 0.0).max(axis=1, initial=0.0)
        lost = critical[:, None] * self.hours - (prices - self.cost)
        most: Floats = (best.gain * share).sum(axis=1)[:, None] - np.maximum(lost, 0.0)
        most[self.hours > self.capacity[:, None] * (1 + ROUNDING)] = -np.inf
        return most

    def _in_fractions(self, prices: Floats) -> tuple[_Sorted, Floats]:
        """Return the pairs that gain most an hour, and how much of them fits."""
        while True:
            best = self._sort(prices)
            whole = best.pair.shape[1] == self.cost.shape[1]
            if whole or ((best.rate[:, -1] <= 0) | (best.used[:, -1] >= self.capacity)).all():
                break
            self._first *= 2
        room = self.capacity[:, None] - (best.used - best.hours)
        with np.errstate(over="ignore"):
            share = np.clip(room / np.maximum(best.hours, TINY), 0.0, 1.0)
        return best, np.where(best.rate > 0, np.where(best.hours > 0, share, 1.0), 0.0)

    def _sort(self, prices: Floats) -> _Sorted:
        gain = prices - self.cost
        with np.errstate(over="ignore"):
            pair, rate = _largest(gain * self._an_hour, self._first)
        positive = rate > 0
        hours = np.where(positive, np.take_along_axis(self.hours, pair, axis=1), 0.0)
        gained = np.where(positive, np.take_along_axis(gain, pair, axis=1), 0.0)
        return _Sorted(pair, gained, hours, np.where(positive, rate, 0.0), hours.cumsum(axis=1))


class Whole(Fractional):
    """Knapsacks of whole pairs.

    Parameters
    ----------
    cost, hours
        Of each facility and pair, shape (facilities, pairs).
    capacity
        Hours of each facility, shape (facilities,).
    """

    def __init__(self, cost: Floats, hours: Floats, capacity: Floats) -> None:
        super().__init__(cost, hours, capacity)
        self._step = step_of(hours[np.isfinite(cost)], capacity)

    def pack(self, prices: Floats) -> Packed:
        """Return the best knapsacks at given prices of the pairs."""
        self._first = int((prices > self.cost).sum(axis=1).max(initial=0)) + 1
        best, share = self._in_fractions(prices)
        bound = (best.gain * share).sum(axis=1)
        weight = np.floor(best.hours / self._step + ROUNDING).astype(np.int64)
        room = np.floor(self.capacity / self._step + ROUNDING).astype(np.int64)
        chosen = (share >= 1.0) & (best.rate > 0)
        broken = (share < 1.0) & (best.rate > 0)
        found = np.where(chosen, best.gain, 0.0).sum(axis=1)
        left = room - np.where(chosen, weight, 0).sum(axis=1)
        # One more pair that fits makes a knapsack that is good already.
        every = np.arange(room.size)
        fitting = np.where(broken & (weight <= left[:, None]), best.gain, 0.0)
        one = fitting.argmax(axis=1)
        extra = fitting[every, one]
        chosen[every[extra > 0], one[extra > 0]] = True
        found = found + extra
        critical = np.where(broken, best.rate, 0.0).max(axis=1, initial=0.0)
        missing = bound - found
        score = best.gain - critical[:, None] * best.hours
        core = (np.abs(score) <= missing[:, None]) & (best.rate > 0)
        closed = missing <= ROUNDING * (1.0 + bound)
        beyond = ~closed & (core.sum(axis=1) > MOST)
        found[closed | beyond] = bound[closed | beyond]
        taken = np.where(beyond[:, None], share, chosen.astype(np.float64))
        left_open = np.flatnonzero(~closed & ~beyond)
        if left_open.size:
            inside = (score > 0) & ~core & (best.rate > 0)
            gained, inner = _by_hours(
                best.gain[left_open], weight[left_open], room[left_open], core[left_open],
                inside[left_open],
            )  # fmt: skip
            better = gained > found[left_open]
            found[left_open] = np.where(better, gained, found[left_open])
            taken[left_open[better]] = inner[better]
        return Packed(np.minimum(found, bound), best.pair, taken)


def _by_hours(
    gain: Floats, weight: Ints, room: Ints, core: Flags, inside: Flags
) -> tuple[Floats, Flags]:
    """Choose among the pairs of the core by dynamic programming, beside those that are inside."""
    count = int(core.sum(axis=1).max())
    order = np.argsort(~core, axis=1, kind="stable")[:, :count]
    real = np.take_along_axis(core, order, axis=1)
    weights = np.where(real, np.take_along_axis(weight, order, axis=1), 0)
    gains = np.where(real, np.take_along_axis(gain, order, axis=1), 0.0)
    left = room - np.where(inside, weight, 0).sum(axis=1)
    left = np.minimum(left, weights.sum(axis=1))
    every, margin = np.arange(room.size), int(weights.max(initial=0))
    width = margin + int(left.max(initial=0)) + 1
    best = np.full((room.size, width), -np.inf)
    best[:, margin:] = 0.0
    flat, positions = best.reshape(-1), np.arange(margin, width)
    start = (every * width)[:, None] + positions
    taken = np.zeros((count, room.size, positions.size), dtype=bool)
    for k in range(count):
        other = np.take(flat, start - weights[:, k, None], mode="clip")  # quicker than raise
        other += gains[:, k, None]
        now = best[:, margin:]
        np.greater(other, now, out=taken[k])
        np.maximum(now, other, out=now)
    possible = left >= 0
    left = np.maximum(left, 0)
    gained = best[every, margin + left] + np.where(inside, gain, 0.0).sum(axis=1)
    chosen = inside.copy()
    for k in range(count - 1, -1, -1):
        took = taken[k, every, left]
        chosen[every[took], order[took, k]] = True
        left = left - np.where(took, weights[:, k], 0)
    return np.where(possible, gained, -np.inf), chosen


def step_of(hours: Floats, capacity: Floats) -> float:
    """Return the step in which hours are counted."""
    largest = float(capacity.max(initial=0.0))
    for step in (1.0, 0.5, 0.1):
        counted = hours / step
        whole = np.abs(counted - np.round(counted)) <= ROUNDING * np.minimum(counted, 1.0)
        if largest / step <= STEPS and whole.all():
            return step
    return (largest or 1.0) / STEPS


def _largest(rate: Floats, first: int) -> tuple[Ints, Floats]:
    """Return positions and values of the ``first`` largest of each row, the largest first."""
    if first < rate.shape[1]:
        some = np.argpartition(rate, rate.shape[1] - first, axis=1)[:, -first:]
        rates = np.take_along_axis(rate, some, axis=1)
        order = np.argsort(-rates, axis=1)
        return np.take_along_axis(some, order, axis=1), np.take_along_axis(rates, order, axis=1)
    order = np.argsort(-rate, axis=1)
    return order, np.take_along_axis(rate, order, axis=1)
