"""How much of a stock the failures of some days use: sums of binomial probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincc

__all__ = ["exceeds", "expected_use"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def exceeds(value: Ints, trials: Ints, probability: Floats) -> Floats:
    """Return P(B > value) of B ~ Binomial(trials, probability), broadcast; value at least 0."""
    inside = value < trials
    tail = betainc(value + 1.0, np.where(inside, trials - value, 1), probability)
    return np.where(inside, tail, 0.0)


def expected_use(stock: Ints, trials: Ints, probability: Floats) -> Floats:
    """Return E min(stock, B) of B ~ Binomial(trials, probability), broadcast, without cancellation.

    E[B; B <= S] = trials p P(B' <= S - 1) with B' ~ Binomial(trials - 1, p).
    """
    inside = (stock > 0) & (stock < trials)
    below = betaincc(
        np.where(inside, stock, 1.0), np.where(inside, trials - stock, 1.0), probability
    )
    at_most = np.where(inside, below, stock > 0)
    return trials * probability * at_most + stock * exceeds(stock, trials, probability)
