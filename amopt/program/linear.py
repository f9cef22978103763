r"""A linear (or mixed-integer linear) program as named sparse arrays.

.. math::

    \min_x \; c^T x + c_0 \quad \text{subject to} \quad
    b^- \le A x \le b^+, \quad l \le x \le u, \quad x_j \in \mathbb{Z} \; (j \in J)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

__all__ = ["LinearProgram", "NamedBlock", "Names", "spread"]

Floats = NDArray[np.float64]


def spread(value: ArrayLike, size: int) -> Floats:
    """Return one number a member, shape (size,); a scalar is given to all."""
    given = np.asarray(value, dtype=np.float64)
    if given.ndim == 0:
        return np.full(size, given)
    return np.broadcast_to(given, (size,)).copy()


@dataclass(frozen=True, slots=True)
class NamedBlock:
    """Rows or columns that belong together, such as the flow balance of every state.

    Attributes
    ----------
    name
        The family's name, such as ``"flow_balance"``.
    keys
        One key a member, shape (members,) or (members, key length); None for a single member.
    """

    name: str
    keys: Sequence[Any] | NDArray[Any] | None = None

    def __len__(self) -> int:
        """Return the number of members."""
        return 1 if self.keys is None else len(self.keys)

    def key(self, index: int) -> Any:
        """Return the key of one member: a plain value or a tuple; None for a single member."""
        if self.keys is None:
            return None
        key = self.keys[index]
        if isinstance(key, (np.ndarray, np.generic)):
            key = key.tolist()
        return tuple(key) if isinstance(key, list) else key

    def label(self, index: int) -> str:
        """Return the name of one member, such as ``flow_balance[3,0]``."""
        if self.keys is None:
            return self.name
        key = self.key(index)
        parts = key if isinstance(key, tuple) else (key,)
        return f"{self.name}[{','.join(str(part) for part in parts)}]"


class Names(Sequence[str]):
    """The names of all rows or columns, written out only when somebody asks.

    Parameters
    ----------
    families
        The families in the order in which their members stand.
    """

    def __init__(self, families: Sequence[NamedBlock] = ()) -> None:
        self.families = tuple(families)
        self._starts = np.cumsum([0, *(len(family) for family in self.families)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, index: int) -> str:  # type: ignore[override]
        family, member = self._find(index)
        return family.label(member)

    def family_and_key(self, index: int) -> tuple[str, Any]:
        """Return the family's name and the key of the member at ``index``.

        The key is a plain value, a tuple of them, or None for the only member of its family.
        """
        family, member = self._find(index)
        return family.name, family.key(member)

    def _find(self, index: int) -> tuple[NamedBlock, int]:
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        index %= len(self)
        block = int(np.searchsorted(self._starts, index, side="right")) - 1
        return self.families[block], index - int(self._starts[block])

    def __iter__(self) -> Iterator[str]:
        for family in self.families:
            for member in range(len(family)):
                yield family.label(member)

    def __add__(self, other: Names) -> Names:
        return Names((*self.families, *other.families))

    def block(self, name: str) -> slice:
        """Return where the family ``name`` stands.

        Raises
        ------
        KeyError
            When there is no such family.
        """
        for family, start in zip(self.families, self._starts[:-1], strict=True):
            if family.name == name:
                return slice(int(start), int(start) + len(family))
        raise KeyError(name)


@dataclass(frozen=True)
class LinearProgram:
    """A linear or mixed-integer program: minimise ``cost @ x + offset``.

    Attributes
    ----------
    cost
        Objective coefficients, shape (n,).
    matrix
        Constraint coefficients, shape (m, n), CSR with sorted indices; zeros are not kept.
    row_lower, row_upper
        Bounds of the rows, shape (m,); equal for an equation, infinite where open.
    lower, upper
        Bounds of the columns, shape (n,).
    integer
        Which columns are integer, shape (n,), bool.
    rows, columns
        Names of the rows and columns, by family.
    offset
        Constant of the objective.
    maximise
        Whether the objective is to be maximised instead.
    name
        Name of the program.

    Raises
    ------
    ValueError
        When shapes disagree, a number is NaN, a bound is infinite on the wrong side, or a lower
        bound of a column exceeds its upper one.
    """

    cost: Floats
    matrix: sp.csr_array
    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats
    integer: NDArray[np.bool_]
    rows: Names = field(default_factory=Names)
    columns: Names = field(default_factory=Names)
    offset: float = 0.0
    maximise: bool = False
    name: str = "program"

    def __post_init__(self) -> None:
        if not self.matrix.data.all():  # a stored zero would count as a coefficient
            matrix = self.matrix.copy()  # the caller's stays as it was
            matrix.eliminate_zeros()
            object.__setattr__(self, "matrix", matrix)
        m, n = self.matrix.shape
        shapes = {
            "cost": (self.cost, n),
            "lower": (self.lower, n),
            "upper": (self.upper, n),
            "integer": (self.integer, n),
            "row_lower": (self.row_lower, m),
            "row_upper": (self.row_upper, m),
        }
        for key, (array, size) in shapes.items():
            if array.shape != (size,):
                raise ValueError(f"{key} has shape {array.shape}, the matrix asks for ({size},)")
            if array.dtype != np.bool_ and np.isnan(array).any():
                raise ValueError(f"{key} holds NaN")
        if not np.isfinite(self.cost).all() or not np.isfinite(self.matrix.data).all():
            raise ValueError("objective and matrix coefficients must be finite")
        for key, lower, upper in (
            ("column", self.lower, self.upper),
            ("row", self.row_lower, self.row_upper),
        ):
            wrong = np.flatnonzero((lower == np.inf) | (upper == -np.inf))
            if wrong.size:
                raise ValueError(f"{key} {wrong[0]} has a bound that is infinite on the wrong side")
        if (self.lower > self.upper).any():
            worst = int(np.argmax(self.lower - self.upper))
            raise ValueError(f"column {worst} has a lower bound above its upper bound")
        for key, names, size in (("rows", self.rows, m), ("columns", self.columns, n)):
            if len(names) not in (0, size):
                raise ValueError(f"{len(names)} names for {size} {key}")

    @classmethod
    def from_arrays(
        cls,
        cost: ArrayLike,
        matrix: Any,
        row_lower: ArrayLike,
        row_upper: ArrayLike,
        *,
        lower: ArrayLike = 0.0,
        upper: ArrayLike = np.inf,
        integer: ArrayLike = False,
        rows: Sequence[NamedBlock] | Names = (),
        columns: Sequence[NamedBlock] | Names = (),
        offset: float = 0.0,
        maximise: bool = False,
        name: str = "program",
    ) -> LinearProgram:
        """Build a program; scalars are broadcast over rows or columns.

        Parameters
        ----------
        cost, lower, upper, integer
            Scalars or shape (n,).
        matrix
            Shape (m, n), anything that :class:`scipy.sparse.csr_array` takes.
        row_lower, row_upper
            Scalars or shape (m,).
        rows, columns
            Families of names; left out, rows are ``r0, r1, ...`` and columns ``c0, c1, ...``.
        offset, maximise, name
            As the attributes.
        """
        compressed = sp.csr_array(matrix, dtype=np.float64)
        if not compressed.has_canonical_format:
            compressed = compressed.copy()  # the caller's matrix stays as it was
            compressed.sum_duplicates()
        m, n = compressed.shape
        return cls(
            cost=spread(cost, n),
            matrix=compressed,
            row_lower=spread(row_lower, m),
            row_upper=spread(row_upper, m),
            lower=spread(lower, n),
            upper=spread(upper, n),
            integer=spread(integer, n).astype(np.bool_),
            rows=rows if isinstance(rows, Names) else Names(rows),
            columns=columns if isinstance(columns, Names) else Names(columns),
            offset=offset,
            maximise=maximise,
            name=name,
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.matrix.shape

    @cached_property
    def is_mixed_integer(self) -> bool:
        """Whether any column must be integer."""
        return bool(self.integer.any())

    def row_name(self, index: int) -> str:
        """Return the name of row ``index``."""
        return self.rows[index] if len(self.rows) else f"r{index}"

    def column_name(self, index: int) -> str:
        """Return the name of column ``index``."""
        return self.columns[index] if len(self.columns) else f"c{index}"

    def objective(self, x: Floats) -> float:
        """Return ``cost @ x + offset``."""
        return float(self.cost @ x + self.offset)

    def relaxed(self) -> LinearProgram:
        """Return the program without integrality."""
        return replace(self, integer=np.zeros_like(self.integer))

    def with_rows(
        self, coefficients: Any, lower: ArrayLike, upper: ArrayLike, *, family: NamedBlock
    ) -> LinearProgram:
        """Return this program with more constraints ``lower <= coefficients @ x <= upper``.

        Parameters
        ----------
        coefficients
            Shape (k, n) or (n,), dense or sparse.
        lower, upper
            Scalars or shape (k,).
        family
            The name of the new rows, with k keys (none for a single row).
        """
        if not sp.issparse(coefficients):
            coefficients = np.atleast_2d(np.asarray(coefficients, dtype=np.float64))
        added = sp.csr_array(coefficients)
        k = added.shape[0]
        if len(family) != k:
            raise ValueError(f"the family {family.name!r} names {len(family)} rows, {k} were given")
        stacked = sp.csr_array(sp.vstack([self.matrix, added], format="csr"))
        stacked.sum_duplicates()
        names = self.rows if len(self.rows) else Names([NamedBlock("r", range(self.shape[0]))])
        return replace(
            self,
            matrix=stacked,
            row_lower=np.concatenate(
                [self.row_lower, np.broadcast_to(np.asarray(lower, float), k)]
            ),
            row_upper=np.concatenate(
                [self.row_upper, np.broadcast_to(np.asarray(upper, float), k)]
            ),
            rows=names + Names([family]),
        )
