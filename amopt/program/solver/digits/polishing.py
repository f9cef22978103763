"""Whole numbers made whole: an answer of a mixed-integer program that holds by itself.

The solver's own point may miss a row by its tolerance, 1e-6, and be cheaper for that than anything
that satisfies the program: for ``min 2x + 3z, x + z >= 4.5`` with ``z`` integer it may say
8.999999. So the integer columns are rounded and held, and the linear program that is left sets the
others anew, as accurately as a linear program is answered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from amopt.program.linear import LinearProgram

__all__ = ["polished", "rounded"]

Floats = NDArray[np.float64]

_NEAR = 1e-5
"""Distance from an integer beyond which a value is no whole number."""


def polished(
    program: LinearProgram, x: Floats, solve_linear: Callable[[LinearProgram], Floats | None]
) -> Floats | None:
    """Return column values with exact integers, as good and as accurate as they allow.

    Parameters
    ----------
    program
        A mixed-integer program.
    x
        The solver's column values, shape (n,).
    solve_linear
        Returns the best column values of a linear program; None where it has none.

    Returns
    -------
    ndarray or None
        None where an integer column is far from every integer, or where no values of the other
        columns go with the integers.
    """
    whole = rounded(program, x)
    if whole is None or program.integer.all():
        return whole
    return solve_linear(_held(program, whole))


def rounded(program: LinearProgram, x: Floats) -> Floats | None:
    """Return column values within their bounds, integer columns exactly integer.

    None where an integer column is far from every integer.
    """
    inside = np.clip(np.where(program.integer, np.round(x), x), program.lower, program.upper)
    far = np.abs(inside - x) > _NEAR * np.maximum(1.0, np.abs(x))
    return None if far[program.integer].any() else np.asarray(inside, dtype=np.float64)


def _held(program: LinearProgram, x: Floats) -> LinearProgram:
    """Return the linear program that is left when the integer columns are held at their values."""
    return replace(
        program.relaxed(),
        lower=np.where(program.integer, x, program.lower),
        upper=np.where(program.integer, x, program.upper),
    )
