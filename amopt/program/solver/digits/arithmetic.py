"""Sums whose rounding is known: what an answer claims is computed with these.

Sources: T. J. Dekker (1971), A floating-point technique for extending the available precision,
Numerische Mathematik 18; T. Ogita, S. M. Rump and S. Oishi (2005), Accurate sum and dot product,
SIAM Journal on Scientific Computing 26.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

__all__ = [
    "UNIT",
    "by_entry",
    "by_row",
    "exact_dot",
    "exact_sum",
    "two_product",
    "weighted_columns",
]

Floats = NDArray[np.float64]

UNIT = 2.0**-53
"""Largest relative error of one rounding."""

FEW, ROUNDS, HUGE = 1000, 8, 2.0**900
"""From how many entries sums are taken in rounds, how many of these, and of which entries."""

_SPLITTER = 2.0**27 + 1.0


def two_product(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return ``a * b`` rounded and what rounding left out: their sum is the product exactly.

    That holds below about 1e300 and where the product is not below about 1e-290.
    """
    product = a * b
    a_high, b_high = _high(a), _high(b)
    a_low, b_low = a - a_high, b - b_high
    rest = a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)
    return product, rest


def _high(a: Floats) -> Floats:
    """Return the leading half of the digits."""
    turned = _SPLITTER * a
    return np.asarray(turned - (turned - a), dtype=np.float64)


def by_entry(matrix: sp.csr_array, numbers: NDArray[Any]) -> NDArray[Any]:
    """Return for each entry of a matrix the number of its row."""
    ends = matrix.indptr
    return np.repeat(numbers, ends[1:] - ends[:-1])


def by_row(join: np.ufunc, matrix: sp.csr_array, entries: NDArray[Any]) -> Floats:
    """Return what the entries of each row of a matrix of this pattern come to, 0 without any.

    Parameters
    ----------
    join
        How two are joined: ``np.add``, ``np.maximum``.
    matrix, entries
        The pattern, and a number each entry of it.
    """
    starts, ends = matrix.indptr[:-1], matrix.indptr[1:]
    joined = np.zeros(starts.size)
    some = starts < ends
    if some.any():
        joined[some] = join.reduceat(entries, starts[some], dtype=np.float64)
    return joined


def weighted_columns(matrix: sp.csr_array, entries: Floats, y: Floats) -> Floats:
    """Return ``sum_i a_ij y_i`` for each column of a matrix of this pattern with these entries."""
    weights = entries * by_entry(matrix, y)
    summed = np.bincount(matrix.indices, weights, minlength=matrix.shape[1])
    return np.asarray(summed, dtype=np.float64)


def exact_sum(*terms: Floats) -> float:
    """Return the sum of all entries, rounded once.

    The leading digits of all entries add up exactly, then those that follow, until none is left
    (Rump, Ogita and Oishi 2008, Accurate floating-point summation I, SIAM Journal on Scientific
    Computing 31, ExtractVector).
    """
    rest = np.concatenate(terms)
    if rest.size < FEW:
        return math.fsum(rest.tolist())
    places = math.ceil(math.log2(rest.size + 2))
    sums: list[float] = []
    for _ in range(ROUNDS):
        largest = float(np.abs(rest).max())
        if largest == 0.0:
            return math.fsum(sums)
        if not largest < HUGE:
            break
        sigma = math.ldexp(1.0, places + math.frexp(largest)[1])
        leading = (sigma + rest) - sigma
        sums.append(float(leading.sum()))
        rest = rest - leading
    return math.fsum([*sums, *rest.tolist()])


def exact_dot(a: Floats, b: Floats, *more: float) -> float:
    """Return ``a @ b`` plus further numbers, rounded once."""
    some = (a != 0) & (b != 0)
    product, rest = two_product(a[some], b[some])
    return exact_sum(product, rest, np.asarray(more))
