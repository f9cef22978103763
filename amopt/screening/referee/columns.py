"""One column of many rows, compared at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.referee import Notebook

__all__ = ["column"]

MOST = 3
"""Cells of a column that are told."""


def column(
    notebook: Notebook,
    where: str,
    cells: tuple[Sequence[Any], NDArray[Any]],
    scale: float,
    names: Sequence[str],
) -> None:
    """Note the cells of a column that are not what they should be.

    Parameters
    ----------
    notebook
        Where it is noted.
    where
        What the column is.
    cells
        What is stated, and what is right: numbers, NaN where None is, or objects.
    scale
        Size below which numbers are compared as if they were of it.
    names
        What the first rows are called.
    """
    stated, expected = cells
    if expected.dtype == object:
        pairs = zip(stated, expected.tolist(), strict=True)
        wrong = [
            index
            for index, (one, right) in enumerate(pairs)
            if one is not right and not (type(one) is type(right) and one == right)
        ]
    else:
        room = notebook.tolerance * np.maximum(np.abs(expected), scale)
        wrong = _wrong_numbers(stated, expected, room)
    notebook.checks += len(stated) - min(len(wrong), MOST)
    for index in wrong[:MOST]:
        who = names[index] if index < len(names) else f"row {index + 1}"
        right = expected.tolist()[index]
        notebook.require(False, f"{where}, {who}: {stated[index]!r} is stated, {right!r} is right")


def _wrong_numbers(
    stated: Sequence[Any], expected: NDArray[np.float64], room: NDArray[np.float64]
) -> list[int]:
    """Return which numbers differ."""
    if not set(map(type, stated)) <= {float, type(None)}:
        return [index for index, one in enumerate(stated) if type(one) not in (float, type(None))]
    values = np.array(stated, dtype=np.float64)  # None becomes NaN
    nothing = np.isnan(expected)
    said_nothing = np.array([one is None for one in stated])
    with np.errstate(invalid="ignore"):
        right = np.where(nothing, said_nothing, np.abs(values - expected) <= room)
    return [int(index) for index in np.flatnonzero(~right)]
