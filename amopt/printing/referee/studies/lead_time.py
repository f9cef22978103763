"""The referee where an order closes some days before its replenishment.

From the day of a replenishment it follows forward how likely each stock is, weighed by the
probability that no replenishment has come yet; the stocks with which the next cycle begins come
from those, until they stay. In such a cycle it follows the expected printed and missing parts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from amopt.printing.referee.plan import Terms
from amopt.printing.referee.probabilities import binomial

__all__ = ["rate_ordered_early"]

Floats = NDArray[np.float64]

GONE, STILL = 1e-14, 1e-13
"""Probability that no replenishment has come yet, and change of the stocks, left out."""


def rate_ordered_early(
    terms: Terms, actions: Sequence[str], stock: int, *, chance: float, lead: int
) -> float:
    """Return what a plan costs a day on average.

    Parameters
    ----------
    terms
        The part.
    actions
        What is done with 0, 1, ..., L days to go; that of 0 is not used.
    stock
        The level up to which the order brings what is there, less what lacks.
    chance
        Probability of each scheduled replenishment.
    lead
        Days to go with which the order closes.
    """
    N, L = terms.N, terms.L
    size = N + stock + 1  # state i: J = i - N regular parts more than systems that lack one
    night = np.zeros((size, size))
    for i in range(size):
        fails = binomial(min(i, N), terms.p_r)
        night[i, i - len(fails) + 1 : i + 1] = fails[::-1]
    early, late = np.eye(size), np.eye(size)
    for _ in range(L - lead):
        early = early @ night
    for _ in range(lead):
        late = late @ night
    # From the day of an order to what is there after it came: the stock less what fails meanwhile.
    filled = np.array(
        [np.concatenate([np.zeros(size - 1 - i), late[i, : i + 1]]) for i in range(size)]
    )
    start = np.zeros(size)
    start[-1] = 1.0
    while True:
        once = _arrived(start, early, late, chance) @ filled
        if np.abs(once - start).sum() <= STILL:
            break
        start = once / once.sum()
    return _spent(terms, actions, start, night, chance)


def _arrived(start: Floats, early: Floats, late: Floats, chance: float) -> Floats:
    """Return how likely each stock is on the day of the order for the next one that comes."""
    there, found = start, np.zeros_like(start)
    left = 1.0
    while left > GONE:
        ordered = there @ early
        found += chance * ordered
        there, left = (1 - chance) * (ordered @ late), left * (1 - chance)
    return found


def _spent(
    terms: Terms, actions: Sequence[str], start: Floats, night: Floats, chance: float
) -> float:
    """Return the cost a day of cycles that begin with these stocks."""
    J = np.arange(len(start)) - terms.N
    shelf, lacking = np.maximum(J, 0), np.maximum(-J, 0)
    there, weight, length, spent = start, 1.0, 0.0, 0.0
    missing, printed, n = float(start @ lacking), 0.0, terms.L
    while weight > GONE:
        if actions[n] == "print" and missing > 0:
            spent += terms.c_p * missing
            printed, missing = printed + missing, 0.0
        spent += terms.h * float(there @ shelf) + terms.b * missing
        length += weight
        after = there @ night
        worn = terms.p_p * printed
        missing += worn + float(after @ lacking) - float(there @ lacking)
        printed -= worn
        spent += terms.c_r * (float(there @ J) - float(after @ J))
        there, n = after, n - 1
        if n == 0:
            weight, there = weight * (1 - chance), there * (1 - chance)
            missing, printed = missing * (1 - chance), printed * (1 - chance)
            n = terms.L
    return spent / length
