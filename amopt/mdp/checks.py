"""What the arrays of a Markov decision process must be: each check raises a ValueError."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "SUM_TOLERANCE",
    "criterion",
    "discount",
    "names",
    "per_pair",
    "stochastic",
    "unlike",
    "whole",
]

Ints = NDArray[np.intp]

SUM_TOLERANCE = 1e-9
"""By how much probabilities may miss a sum of 1."""

_ROUNDING = 1e-15
"""By how much a sum of 1 may be missed for each entry and is left as it is: rounding alone."""


def stochastic(transition: Any) -> sp.csr_array:
    """Return the transition matrix as CSR with sorted indices and rows that sum to 1."""
    shape = np.shape(transition)
    if len(shape) == 3:
        raise ValueError(
            f"transition has shape {shape}, expected (pairs, states): a row for each state and "
            "action; arrays of shape (actions, states, states) are for amopt.mdp.from_action_arrays"
        )
    matrix = sp.csr_array(transition, dtype=np.float64)
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise ValueError(f"transition has shape {matrix.shape}, expected (pairs, states)")
    if not matrix.has_canonical_format or not matrix.data.all():
        matrix = matrix.copy()
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
    if not np.isfinite(matrix.data).all():
        raise ValueError(
            f"transition holds NaN or infinity in row {_row(matrix, ~np.isfinite(matrix.data))}"
        )
    if matrix.nnz and matrix.data.min() < 0:
        raise ValueError(
            f"transition holds a negative probability in row {_row(matrix, matrix.data < 0)}"
        )
    sums = np.asarray(matrix.sum(axis=1)).ravel()
    error = np.abs(sums - 1.0)
    if error.max() > SUM_TOLERANCE:
        row = int(np.argmax(error))
        raise ValueError(f"transition rows must sum to 1; row {row} sums to {sums[row]:.12g}")
    if error.max() > _ROUNDING * matrix.shape[1]:
        scale = np.repeat(1.0 / sums, np.diff(matrix.indptr))
        matrix = sp.csr_array(
            (matrix.data * scale, matrix.indices, matrix.indptr), shape=matrix.shape
        )
    return matrix


def _row(matrix: sp.csr_array, wrong: NDArray[np.bool_]) -> int:
    """Return the row of the first wrong entry."""
    return int(np.searchsorted(matrix.indptr, int(np.argmax(wrong)), side="right")) - 1


def discount(factor: float | None) -> float | None:
    """Return the discount factor; None where there is none, also when it is given as 1."""
    if factor is None or factor == 1:
        return None
    if not 0 <= factor < 1:
        raise ValueError(f"discount must lie in [0, 1), or be None without discount; got {factor}")
    return float(factor)


def criterion(given: str | None, factor: float | None) -> str:
    """Return the criterion: what is given, or discounted cost with a discount and else average."""
    if given is None:
        return "average" if factor is None else "discounted"
    if given not in ("discounted", "average", "total"):
        raise ValueError(
            f"criterion must be 'discounted', 'average' or 'total' (cost); got {given!r}"
        )
    if (given == "discounted") != (factor is not None):
        needs = "needs a discount below 1" if factor is None else "takes no discount"
        raise ValueError(f"criterion {given!r} {needs}")
    return given


def per_pair(key: str, values: ArrayLike, pairs: int) -> NDArray[Any]:
    """Return one number a pair (a scalar is spread), refusing what is not finite."""
    array = np.asarray(values)
    if array.shape not in ((), (pairs,)):
        raise ValueError(f"{key} has shape {array.shape}, expected ({pairs},): one number a pair")
    if not np.issubdtype(array.dtype, np.number):
        raise ValueError(f"{key} must hold numbers, not {array.dtype}")
    if not np.isfinite(array).all():
        pair = int(np.argmin(np.isfinite(np.broadcast_to(array, pairs))))
        raise ValueError(f"{key}[{pair}] is {np.broadcast_to(array, pairs)[pair]}")
    return np.broadcast_to(array, pairs).copy()


def whole(key: str, values: ArrayLike, pairs: int) -> Ints:
    """Return whole numbers, one a pair."""
    array = per_pair(key, values, pairs)
    whole = array.astype(np.intp)
    if (whole != array).any():
        pair = int(np.argmax(whole != array))
        raise ValueError(f"{key}[{pair}] is {array[pair]}, expected a whole number")
    return whole


def names(key: str, given: Any, size: int) -> Any:
    """Return the names, refusing another number of them than there are members."""
    if given is not None and len(given) != size:
        raise ValueError(f"{key} has {len(given)} names, expected {size}")
    return given


def unlike(state_of_pair: Ints, pair_names: Any) -> None:
    """Refuse two pairs of one state that have one name."""
    if pair_names is None:
        return
    seen: dict[Any, int] = {}
    plain = pair_names.tolist() if isinstance(pair_names, np.ndarray) else pair_names
    for pair, (state, name) in enumerate(zip(state_of_pair.tolist(), plain, strict=True)):
        key = (state, tuple(name) if isinstance(name, list) else name)
        if seen.setdefault(key, pair) != pair:
            raise ValueError(
                f"pairs {seen[key]} and {pair} are both called {name!r} in state {state}: a "
                "state-action pair is given once"
            )
