"""Sums whose rounding is known: what an answer claims is computed with these.

Sources: T. J. Dekker (1971), A floating-point technique for extending the available precision,
Numerische Mathematik 18; T. Ogita, S. M. Rump and S. Oishi (2005), Accurate sum and dot product,
SIAM Journal on Scientific Computing 26.
"""

from __future__ import annotations

import math

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

__all__ = ["UNIT", "exact_dot", "exact_sum", "two_product", "weighted_columns"]

Floats = NDArray[np.float64]

UNIT = 2.0**-53
"""Largest relative error of one rounding."""

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


def weighted_columns(matrix: sp.csr_array, entries: Floats, y: Floats) -> Floats:
    """Return ``sum_i a_ij y_i`` for each column of a matrix of this pattern with these entries."""
    weights = entries * np.repeat(y, np.diff(matrix.indptr))
    return np.bincount(matrix.indices, weights, minlength=matrix.shape[1]).astype(np.float64)


def exact_sum(*terms: Floats) -> float:
    """Return the sum of all entries, rounded once."""
    return math.fsum(np.concatenate(terms).tolist())


def exact_dot(a: Floats, b: Floats, *more: float) -> float:
    """Return ``a @ b`` plus further numbers, rounded once."""
    some = (a != 0) & (b != 0)
    product, rest = two_product(a[some], b[some])
    return exact_sum(product, rest, np.asarray(more))
