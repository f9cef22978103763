"""The referee of the bound of a busy printer: what groups of parts cost each other, once more.

A group's states are those of its parts together; those in which more systems are idle than
happens but rarely, and those with more in stock than one above the best, are given away for
nothing, so that what is found is a bound.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.printing.referee.plan import Terms
from amopt.printing.referee.probabilities import binomial

__all__ = ["LEVELS", "Part", "idle_systems", "least_extra"]

Floats = NDArray[np.float64]
Days = list[tuple[Floats, Floats]]
"""By days to go from 1: the worth from after the decision on, without its day; and before it."""

LEVELS = 22
"""Levels from the best one of which the cost is wanted."""

RARE = 1e-3


def idle_systems(terms: Terms, *, pair: bool) -> int:
    """Return how many systems may be idle: all of few that belong to one of two parts."""
    if pair and (terms.N + 1) * (terms.N + 2) <= 500:
        return terms.N
    chance = np.asarray(binomial(terms.N * (terms.L - 1), terms.p_r))
    above = 1.0 - np.cumsum(chance)
    return min(terms.N, max(1, int(np.argmax(above <= RARE))))


@dataclass(frozen=True)
class Part:
    """One part of a group: its terms, its worths alone, its best level, what levels cost more."""

    terms: Terms
    days: Days
    stock: int
    more: Floats
    idle: int

    def states(self) -> list[tuple[int, int]]:
        """Return (stock, -1), or waiting and printed, at last that of ample stock."""
        down = [(w, q) for q in range(self.idle + 1) for w in range(self.idle - q + 1)]
        return [*down, *((k, -1) for k in range(1, self.stock + 2)), (0, -1)]

    def night(self) -> Floats:
        """Return the probabilities of a night, without states that are given away."""
        states, one = self.states(), self.terms
        number = {state: k for k, state in enumerate(states)}
        moves = np.zeros((len(states), len(states)))
        for k, (w, q) in enumerate(states):
            if (w, q) == (0, -1):
                moves[k, k] = 1.0
                continue
            stock = w if q < 0 else 0
            waits, printed = (0, 0) if q < 0 else (w, q)
            for d, lost in enumerate(binomial(one.N - waits - printed, one.p_r)):
                for e, worn in enumerate(binomial(printed, one.p_p)):
                    left = stock - d - e
                    state = (left, -1) if left > 0 else (waits - left, printed - e)
                    if state in number:
                        moves[k, number[state]] += lost * worn
        return moves

    def decided(self, n: int, prints: int, expedites: int) -> tuple[NDArray[np.int64], Floats]:
        """Return where a decision leads, and what it costs beside the best of the part alone."""
        states, one = self.states(), self.terms
        number = {state: k for k, state in enumerate(states)}
        after, before = self.days[n - 1]
        to, cost = np.zeros(len(states), dtype=np.int64), np.full(len(states), math.inf)
        for k, (w, q) in enumerate(states):
            if q < 0:
                if not prints and not expedites:
                    to[k], cost[k] = k, 0.0
            elif prints + expedites <= w:
                rest, made = w - prints - expedites, q + prints
                paid = one.b * rest + after[rest, made] - before[w, q]
                paid += (one.c_p * prints if prints else 0.0) + (
                    one.c_e * expedites if expedites else 0.0
                )
                to[k], cost[k] = number[rest, made], max(paid, 0.0)
        return to, cost


def least_extra(parts: Sequence[Part], shares: Sequence[float], most: int) -> float:
    """Return what the parts cost a cycle more than alone, at least, with shares of their costs."""
    one, axes = parts[0].terms, range(len(parts))
    nights = [part.night() for part in parts]
    worth = np.zeros([len(night) for night in nights])
    for n in range(1, one.L + 1):
        for k in axes:
            worth = np.swapaxes(np.swapaxes(worth, k, -1) @ nights[k].T, k, -1)
        worth = one.alpha * worth
        if n < one.L:
            worth = _day(parts, shares, worth, most, n)
    for k, (part, share) in enumerate(zip(parts, shares, strict=True)):
        states = part.states()
        levels = [states.index((0, 0)), *(states.index((s, -1)) for s in range(1, part.stock + 2))]
        levels.append(states.index((0, -1)))
        cost = np.append(part.more[: part.stock + 2], part.more[part.stock + 2 :].min())
        worth = np.take(worth, levels, axis=k) + _shaped(share * cost, k, len(parts))
    return float(worth.min())


def _day(
    parts: Sequence[Part], shares: Sequence[float], after: Floats, most: int, n: int
) -> Floats:
    """Return the worth before the decisions: the best way to share the prints out."""
    left = {most: after}  # by the prints that the parts so far leave to the others
    for k, (part, share) in enumerate(zip(parts, shares, strict=True)):
        one, then = part.terms, dict[int, Floats]()
        for room, worth in left.items():
            for p in range(min(room, part.idle) + 1 if math.isfinite(one.c_p) else 1):
                for e in range(part.idle - p + 1 if math.isfinite(one.c_e) else 1):
                    to, cost = part.decided(n, p, e)
                    can = np.isfinite(cost)
                    cost = np.where(can, share * np.where(can, cost, 0.0), math.inf)
                    tried = np.take(worth, to, axis=k) + _shaped(cost, k, len(parts))
                    then[room - p] = np.minimum(then.get(room - p, math.inf), tried)
        left = then
    return np.asarray(np.minimum.reduce(list(left.values())))


def _shaped(values: Floats, axis: int, dimensions: int) -> Floats:
    """Return numbers along one axis."""
    shape = [1] * dimensions
    shape[axis] = -1
    return np.asarray(values).reshape(shape)
