"""Whether two things that rows of a model say are the same but for rounding."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["same"]

ROUNDING: Final = 1e-9
"""Relative difference up to which two numbers are one, as of the same hours in two units."""


def same(one: Any, other: Any) -> bool:
    """Return whether two numbers, texts, or entries of an instance are the same but for rounding.

    Parameters
    ----------
    one, other
        What two rows say; of entries all keys must be the same.
    """
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, float | int) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=ROUNDING)
    return bool(one == other)
