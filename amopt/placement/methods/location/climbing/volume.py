"""Prices that climb by the volume algorithm (Barahona and Anbil, 2000).

A step goes from the best prices along what the running average of the relaxation's answers leaves
unsupplied. Each new answer is mixed into the average so that as little as possible is left; the
average comes near the optimum of the relaxation, and says which facilities a good plan has.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.location.relaxation import Relaxation, Relaxed

__all__ = ["Volume"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FARTHEST, NEAREST = 0.03, 1e-5
"""How far above the bound steps aim at most, and at least, relative to it."""

PATIENCE = 10
"""Rounds without a better bound after which steps shrink."""

SHRINK, GROW, LONGEST = 0.66, 1.1, 2.0
"""Factors by which the pace shrinks and grows, and the largest pace."""

LEAST_SHARE, MOST_SHARE = 0.01, 0.1
"""Shares with which a new answer is mixed into the average."""


class Volume:
    """Prices of demand, and the average of what the relaxation answers to them.

    Parameters
    ----------
    relaxation
        The relaxation.
    prices
        First prices, shape (pairs,).
    pace
        First pace of the steps.

    Attributes
    ----------
    prices, best
        The best prices so far, and the relaxation's answer to them.
    opened, supplied
        Running averages of how far facilities are open, and pairs are supplied.
    rounds, pace
        Rounds so far; pace of the steps.
    """

    def __init__(self, relaxation: Relaxation, prices: Floats, pace: float = 1.0) -> None:
        self.relaxation, self.prices, self.pace = relaxation, prices, pace
        self.best = relaxation.at(prices)
        self.opened, self.supplied = self.best.opened, self.best.supplied
        self.rounds, self._stuck, self._share = 1, 0, MOST_SHARE

    @property
    def bound(self) -> float:
        """The best bound so far."""
        return self.best.bound

    def climb(self, target: float) -> None:
        """Take one step towards a known upper bound."""
        free = self.relaxation.facilities.free
        slack = self._slack(self.supplied, free)
        length = float(slack @ slack)
        if length <= 1e-12 or not np.isfinite(self.bound):
            return
        near = abs(self.bound)
        if near == 0.0 and np.isfinite(target):
            near = abs(target)  # a share of nothing would be no step at all
        distance = min(max(target - self.bound, NEAREST * near), FARTHEST * near)
        step = self.pace * distance / length
        prices = np.clip(self.prices + step * slack, 0.0, free)
        found = self.relaxation.at(prices)
        self.rounds += 1
        better = found.bound > self.bound
        new = self._slack(found.supplied, free)
        self._average(found, slack, new)
        if better:
            self.pace = min(self.pace * (GROW if float(new @ slack) > 0 else 1.0), LONGEST)
            self.best, self.prices, self._stuck = found, prices, 0
            return
        self._stuck += 1
        if self._stuck >= PATIENCE:
            self.pace, self._stuck = max(self.pace * SHRINK, 1e-4), 0
            self._share = max(self._share * SHRINK, LEAST_SHARE)

    def narrow(self, relaxation: Relaxation, kept: Flags) -> None:
        """Go on with some of the facilities."""
        self.relaxation = relaxation
        self.opened = np.where(relaxation.cover.must, 1.0, self.opened[kept])
        self.best = relaxation.at(self.prices)

    def refine(self, relaxation: Relaxation, pace: float) -> None:
        """Go on with a relaxation of the same facilities that is stronger."""
        self.relaxation, self.pace = relaxation, pace
        self.best = relaxation.at(self.prices)
        self._stuck, self._share = 0, MOST_SHARE

    def reach(self, prices: Floats, found: Relaxed, opened: Floats) -> None:
        """Go on from prices that were found elsewhere, with how far facilities are open there."""
        self.prices, self.best, self.opened, self._stuck = prices, found, opened, 0

    def _slack(self, supplied: Floats, free: Floats) -> Floats:
        """Return how much of each pair is missing; nothing where free supply fills it."""
        missing = 1.0 - supplied
        missing[(missing > 0) & (self.prices >= free)] = 0.0
        return missing

    def _average(self, found: Relaxed, old: Floats, new: Floats) -> None:
        """Mix the new answer into the averages so that what is missing becomes least."""
        change = new - old
        size = float(change @ change)
        best = -float(old @ change) / size if size > 0 else self._share
        share = min(max(best, self._share / 10), self._share)
        self.supplied = (1 - share) * self.supplied + share * found.supplied
        self.opened = (1 - share) * self.opened + share * found.opened
