"""Build a linear program family by family: variables first, then rows that speak of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from amopt.program.linear import LinearProgram, NamedBlock, Names, spread

__all__ = ["Builder", "Term", "Variables"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Variables:
    """A family of variables that a builder has placed.

    Attributes
    ----------
    name
        The family's name.
    start
        Column of the first member.
    size
        Number of members.
    """

    name: str
    start: int
    size: int

    @property
    def block(self) -> slice:
        """The columns of the members."""
        return slice(self.start, self.start + self.size)

    def per_row(self, coefficients: ArrayLike = 1.0) -> Term:
        """Return the term in which member k stands in row k."""
        every = np.arange(self.size)
        return Term(self, every, every, coefficients)

    def grouped(self, rows: ArrayLike, coefficients: ArrayLike = 1.0) -> Term:
        """Return the term in which member k stands in row ``rows[k]``."""
        return Term(self, rows, np.arange(self.size), coefficients)

    def spread(self, members: ArrayLike, coefficients: ArrayLike = 1.0) -> Term:
        """Return the term in which row r holds member ``members[r]``."""
        chosen = np.asarray(members)
        return Term(self, np.arange(chosen.size), chosen, coefficients)


@dataclass(frozen=True)
class Term:
    """Coefficients of members of one family in rows of another.

    Attributes
    ----------
    variables
        The family.
    rows, members
        Row and member of each coefficient, shape (nonzeros,).
    coefficients
        Scalar or shape (nonzeros,).
    """

    variables: Variables
    rows: ArrayLike
    members: ArrayLike
    coefficients: ArrayLike = 1.0


class Builder:
    """Collects variables and rows, and returns the program."""

    def __init__(self) -> None:
        self._columns: list[tuple[NamedBlock, Floats, Floats, Floats, NDArray[np.bool_]]] = []
        self._rows: list[tuple[NamedBlock, Floats, Floats]] = []
        self._entries: list[tuple[Ints, Ints, Floats]] = []
        self._width = self._height = 0

    def variables(
        self,
        name: str,
        keys: Sequence[Any],
        *,
        cost: ArrayLike = 0.0,
        lower: ArrayLike = 0.0,
        upper: ArrayLike = np.inf,
        integer: bool = False,
    ) -> Variables:
        """Add a family of variables.

        Parameters
        ----------
        name, keys
            The family's name, and one key a member.
        cost, lower, upper
            Scalars or shape (members,).
        integer
            Whether the members are integer.
        """
        size = len(keys)
        given = [spread(value, size) for value in (cost, lower, upper)]
        whole = np.full(size, integer)
        self._columns.append((NamedBlock(name, keys), given[0], given[1], given[2], whole))
        placed = Variables(name, self._width, size)
        self._width += size
        return placed

    def rows(
        self,
        name: str,
        keys: Sequence[Any],
        *terms: Term,
        lower: ArrayLike = -np.inf,
        upper: ArrayLike = np.inf,
    ) -> None:
        """Add a family of rows ``lower <= sum of the terms <= upper``; none without keys."""
        size = len(keys)
        if not size:
            return
        self._rows.append((NamedBlock(name, keys), spread(lower, size), spread(upper, size)))
        for term in terms:
            rows = np.asarray(term.rows, dtype=np.int64)
            members = np.asarray(term.members, dtype=np.int64)
            self._entries.append(
                (
                    rows + self._height,
                    members + term.variables.start,
                    spread(term.coefficients, rows.size),
                )
            )
        self._height += size

    def build(self, name: str) -> LinearProgram:
        """Return the program."""
        rows, columns, values = (
            np.concatenate([entry[position] for entry in self._entries])
            if self._entries
            else np.empty(0)
            for position in range(3)
        )
        matrix = sp.coo_array((values, (rows, columns)), shape=(self._height, self._width)).tocsr()
        matrix.sum_duplicates()

        def whole(position: int) -> NDArray[Any]:
            return np.concatenate([np.empty(0), *(column[position] for column in self._columns)])

        return LinearProgram(
            cost=whole(1),
            matrix=matrix,
            row_lower=np.concatenate([np.empty(0), *(lower for _, lower, _ in self._rows)]),
            row_upper=np.concatenate([np.empty(0), *(upper for _, _, upper in self._rows)]),
            lower=whole(2),
            upper=whole(3),
            integer=whole(4).astype(bool),
            rows=Names([family for family, _, _ in self._rows]),
            columns=Names([column[0] for column in self._columns]),
            name=name,
        )
