"""The referee where an order closes some days before its replenishment.

How likely each stock is on the day of the order for the next replenishment that comes follows from
that of the one before by a linear system; squared again and again, it gives the stocks with which
cycles begin, whatever was first. In such a cycle the referee follows the expected printed and
missing parts, weighed by the probability that no replenishment has come yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from amopt.printing.referee.plan import Terms
from amopt.printing.referee.probabilities import binomial

__all__ = ["rate_ordered_early"]

Floats = NDArray[np.float64]

GONE, STILL, MOST_SQUARES = 1e-14, 1e-13, 60
"""Probability that no replenishment has come yet, and change of the stocks, left out; and how often
the changes from cycle to cycle are squared until the first stock no longer matters."""


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
    start, night = _begun((terms.N, terms.p_r, terms.L), stock, chance, lead)
    return _spent(terms, actions, start, night, chance)


@lru_cache(maxsize=4)
def _begun(
    of_part: tuple[int, float, int], stock: int, chance: float, lead: int
) -> tuple[Floats, Floats]:
    """Return how likely each stock is as a cycle begins, and how stocks change in a night.

    The part is told by its systems, its failures a night and the days of a schedule.
    """
    N, p_r, L = of_part
    size = N + stock + 1  # state i: J = i - N regular parts more than systems that lack one
    night = np.zeros((size, size))
    for i in range(size):
        fails = binomial(min(i, N), p_r)
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
    # Ordered for: after as many schedules as it takes until one comes.
    missed = np.eye(size) - (1 - chance) * (early @ late)
    moves = chance * np.linalg.solve(missed, early) @ filled
    for _ in range(MOST_SQUARES):
        moves = moves / moves.sum(axis=1, keepdims=True)  # else rounding adds up with each square
        if np.abs(moves - moves[-1]).sum(axis=1).max() <= STILL:
            return moves[-1], night
        moves = moves @ moves
    return np.full(size, np.nan), night  # no stocks that stay: no cost either


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
