"""Rows of a program, written down a family at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.program.linear import NamedBlock, spread

__all__ = ["Rows"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass
class Rows:
    """Families of rows, collected as triplets."""

    names: list[NamedBlock] = field(default_factory=list)
    row: list[Ints] = field(default_factory=list)
    column: list[Ints] = field(default_factory=list)
    value: list[Floats] = field(default_factory=list)
    lower: list[Floats] = field(default_factory=list)
    upper: list[Floats] = field(default_factory=list)
    size: int = 0

    def add(
        self,
        name: str,
        keys: Sequence[Any] | Ints | None,
        *terms: tuple[Ints, Ints, Floats | float],
        lower: Floats | float = -np.inf,
        upper: Floats | float = np.inf,
    ) -> slice:
        """Add a family: each term gives rows (from 0 in the family), columns and coefficients."""
        count = 1 if keys is None else len(keys)
        for row, column, value in terms:
            self.row.append(row + self.size)
            self.column.append(column)
            self.value.append(spread(value, row.size))
        self.lower.append(spread(lower, count))
        self.upper.append(spread(upper, count))
        if count:
            self.names.append(NamedBlock(name, keys))
        self.size += count
        return slice(self.size - count, self.size)

    def matrix(self, columns: int) -> sp.csr_array:
        """Return all rows, zeros left out."""
        triplets = (
            np.concatenate(self.value),
            (
                np.concatenate(self.row),
                np.concatenate(self.column),
            ),
        )
        matrix = sp.csr_array(triplets, shape=(self.size, columns))
        matrix.eliminate_zeros()
        matrix.sort_indices()
        return matrix
