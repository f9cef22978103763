"""Names of states and pairs, as formats write them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import UsageError

__all__ = ["in_words", "numbers", "told_apart"]


def in_words(name: Any) -> str:
    """Return a name as text, one of several numbers as ``(6, -1, 0)``."""
    plain = name.tolist() if isinstance(name, (np.ndarray, np.generic)) else name
    return str(tuple(plain) if isinstance(plain, list) else plain)


def numbers(
    names: Any, variables: tuple[str, ...]
) -> tuple[NDArray[np.int64], tuple[str, ...]] | None:
    """Return names that are tuples of whole numbers as an array, and what its columns are called.

    Parameters
    ----------
    names
        The names.
    variables
        What the columns are called; left out, ``v1``, ``v2``, ...

    Raises
    ------
    UsageError
        When there are not as many columns as are named.
    """
    if names is None:
        return None
    try:
        array = np.asarray(names)
    except ValueError:  # tuples of several lengths
        return None
    if array.dtype.kind not in "iu" or array.ndim not in (1, 2):
        return None
    array = array.reshape(len(array), -1).astype(np.int64)
    called = variables or tuple(f"v{column + 1}" for column in range(array.shape[1]))
    if len(called) != array.shape[1]:
        raise UsageError(
            f"states have names of {array.shape[1]} numbers, for which {len(called)} are named"
        )
    return array, called


def told_apart(labels: Sequence[str], owners: Sequence[int]) -> list[str]:
    """Return labels of which none comes twice in one state: the second is called ``... #2``."""
    counts: dict[Hashable, int] = {}
    found = []
    for label, owner in zip(labels, owners, strict=True):
        count = counts[owner, label] = counts.get((owner, label), 0) + 1
        found.append(label if count == 1 else f"{label} #{count}")
    return found
