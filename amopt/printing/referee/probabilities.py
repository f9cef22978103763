"""Probabilities of failures, computed by the referee itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["binomial", "delayed", "emptied", "overshoots", "survivors", "taken"]

Floats = NDArray[np.float64]

NEGLIGIBLE = 1e-40
"""Probabilities below are far below rounding, whatever they multiply."""

LONG = 10_000_000
"""Products beyond which sequences are convolved by Fourier transforms."""


def binomial(trials: int, probability: float, most: int | None = None) -> Floats:
    """Return P(B = 0), ..., P(B = most) of B ~ Binomial(trials, probability)."""
    highest = trials if most is None else min(trials, most)
    chances: Floats = _binomials(np.array([trials]), probability, highest)[0]
    return chances


def _binomials(trials: NDArray[np.int64], probability: float, most: int) -> Floats:
    """Return P(B = k) for k = 0..most in columns and some numbers of trials in rows.

    By the ratios of successive probabilities, whose logarithms lose nothing at many trials.
    """
    trials = trials[:, None]
    if probability in (0.0, 1.0):
        sure = np.arange(most + 1) == trials * int(probability)
        return np.asarray(sure, dtype=np.float64)
    k = np.arange(most)
    left = trials - k
    odds = np.log(probability) - np.log1p(-probability)
    ratios = np.where(left > 0, np.log(np.maximum(left, 1) / (k + 1.0)) + odds, -np.inf)
    logarithms = np.concatenate([trials * np.log1p(-probability), ratios], axis=1)
    return np.asarray(np.exp(np.cumsum(logarithms, axis=1)))


def survivors(systems: int, probability: float) -> Floats:
    """Return T with T[R, R'] the probability that R' of R parts survive a day."""
    R, left = np.indices((systems + 1, systems + 1))
    chances = _binomials(np.arange(systems + 1), probability, systems)
    return np.where(left <= R, chances[R, np.maximum(R - left, 0)], 0.0)


def overshoots(chance: Floats, highest: int) -> tuple[Floats, Floats]:
    """Return E(D - I)^+ and P(D >= I) for I = 0..highest, sums without a difference."""
    at_least, beyond = np.zeros(highest + 1), np.zeros(highest + 1)
    tails = np.cumsum(chance[::-1])[::-1]
    excess = np.cumsum(tails[:0:-1])[::-1]
    known = min(len(tails), highest + 1)
    at_least[:known] = tails[:known]
    known = min(len(excess), highest + 1)
    beyond[:known] = excess[:known]
    return beyond, at_least


def emptied(chance: Floats, entry: Floats, highest: int) -> Floats:
    """Return E[entry(D - I); D >= I] for I = 0..highest."""
    found = np.zeros(highest + 1)
    known = np.convolve(chance, entry[::-1])[len(entry) - 1 :][: highest + 1]
    found[: len(known)] = known
    return found


def delayed(values: Floats, chance: Floats) -> Floats:
    """Return sum over d of chance[d] values[I - d] for every index I of ``values``."""
    found = np.zeros(len(values))
    support = np.flatnonzero(chance > NEGLIGIBLE)
    if support.size and support[0] < len(values):
        first, last = int(support[0]), int(support[-1])
        found[first:] = _product(chance[first : last + 1], values)[: len(values) - first]
    return found


def _product(one: Floats, other: Floats) -> Floats:
    """Return the convolution of two sequences, by Fourier transforms where they are long."""
    if len(one) * len(other) < LONG:
        return np.convolve(one, other)
    from scipy.signal import oaconvolve  # late: few need it

    return np.asarray(oaconvolve(one, other))


def taken(shelf: Floats, chance: Floats) -> Floats:
    """Return the distribution of the stock after failures; what is 0 or below is not counted."""
    after = delayed(shelf[::-1], chance)[::-1]
    after[0] = 0.0
    return after
