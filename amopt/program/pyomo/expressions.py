"""Linear expressions of Pyomo: written quickly, and read into coefficients quickly.

A sum of variables, each by itself or with a number before it, is read as it stands; so are the
sums that Python's ``sum`` and :func:`weighted_sum` make. Whatever else an expression is made of
(parameters, named expressions, nested sums), Pyomo's own walker of linear expressions reads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from amopt.errors import UsageError

if TYPE_CHECKING:
    import scipy.sparse as sp

__all__ = ["LinearBodies", "Recorder", "linear", "numbers", "read_bodies", "weighted_sum"]

Floats = NDArray[np.float64]

_MONOMIAL, _VARIABLE, _NUMBER, _OTHER = range(4)


def linear(coefficients: ArrayLike, variables: Sequence[Any], constant: float = 0.0) -> Any:
    """Return ``constant + sum_k coefficients[k] * variables[k]`` as one linear expression.

    Parameters
    ----------
    coefficients
        A number for all, or one a variable.
    variables
        Variables of a Pyomo model.
    constant
        A number.
    """
    from pyomo.core.expr.numeric_expr import LinearExpression

    variables = list(variables)
    if isinstance(coefficients, np.ndarray) and coefficients.ndim:
        numbers = coefficients.tolist()
    elif isinstance(coefficients, Sequence):
        numbers = list(coefficients)
    else:
        numbers = [float(coefficients)] * len(variables)  # type: ignore[arg-type]
    return LinearExpression(constant=constant, linear_coefs=numbers, linear_vars=variables)


def weighted_sum(
    terms: Iterable[Any],
    coefficients: Mapping[Any, float] | Sequence[float] | Floats,
    variables: Any,
    constant: float = 0.0,
) -> Any:
    """Return ``constant + sum_s coefficients[s] * variables[s]`` as one linear expression.

    Parameters
    ----------
    terms
        The indices ``s`` that are summed over.
    coefficients, variables
        Numbers and variables by index.
    constant
        A number.
    """
    terms = list(terms)
    return linear([coefficients[s] for s in terms], [variables[s] for s in terms], constant)


class Recorder:
    """The variables that expressions speak of, all members of a component at once.

    Attributes
    ----------
    var_map
        The variables by identity, in the order of their columns. Pyomo's walker asks for it by this
        name, and takes whatever is fixed and not in it for a number.
    fixed
        The fixed variables by identity.
    """

    def __init__(self) -> None:
        self.var_map: dict[int, Any] = {}
        self.fixed: dict[int, Any] = {}

    def add(self, variable: Any) -> None:
        """Record all members of the variable's component, in the order of its index."""
        from pyomo.core.base.enums import SortComponents

        for member in variable.parent_component().values(SortComponents.ORDERED_INDICES):
            (self.fixed if member.fixed else self.var_map)[id(member)] = member

    def add_all(self, variables: Mapping[int, Any]) -> None:
        """Record variables, by identity, that are not recorded yet."""
        for identity, variable in variables.items():
            if identity not in self.var_map and identity not in self.fixed:
                self.add(variable)


@dataclass(frozen=True)
class LinearBodies:
    """The bodies of constraints as coefficients.

    Attributes
    ----------
    matrix
        One row a body, one column a recorded variable that is not fixed.
    constant
        The constant of each body, fixed variables at their values, shape (bodies,).
    size
        What was added up to the constant, shape (bodies,): the sum of absolute values.
    """

    matrix: sp.csr_array
    constant: Floats
    size: Floats


@dataclass
class _Terms:
    """Coefficients and constants that are being collected."""

    height: int
    rows: list[NDArray[np.int64]] = field(default_factory=list)
    identities: list[list[int]] = field(default_factory=list)
    numbers: list[Floats] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.constant, self.size = np.zeros(self.height), np.zeros(self.height)

    def add(self, rows: NDArray[np.int64], identities: list[int], numbers: Floats) -> None:
        self.rows.append(rows)
        self.identities.append(identities)
        self.numbers.append(numbers)

    def add_constants(self, rows: NDArray[np.int64], numbers: Floats) -> None:
        np.add.at(self.constant, rows, numbers)
        np.add.at(self.size, rows, np.abs(numbers))

    def bodies(self, recorder: Recorder) -> LinearBodies:
        """Return the bodies; what stands before fixed variables goes into the constants."""
        import scipy.sparse as sp

        free = len(recorder.var_map)
        column = {
            identity: index
            for index, identity in enumerate(chain(recorder.var_map, recorder.fixed))
        }
        size = sum(map(len, self.identities))
        columns = np.fromiter(
            map(column.__getitem__, chain.from_iterable(self.identities)), np.int64, size
        )
        rows = np.concatenate([np.zeros(0, np.int64), *self.rows])
        numbers = np.concatenate([np.zeros(0), *self.numbers])
        if recorder.fixed:
            values = [variable.value for variable in recorder.fixed.values()]
            held = np.flatnonzero((columns >= free) & (numbers != 0))
            at = np.array([np.nan if value is None else value for value in values])
            self.add_constants(rows[held], numbers[held] * at[columns[held] - free])
            kept = columns < free
            rows, columns, numbers = rows[kept], columns[kept], numbers[kept]
        matrix = sp.coo_array((numbers, (rows, columns)), shape=(self.height, free)).tocsr()
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        return LinearBodies(matrix, self.constant, self.size)


def read_bodies(bodies: Sequence[Any], recorder: Recorder, names: Sequence[Any]) -> LinearBodies:
    """Read linear expressions into coefficients.

    Parameters
    ----------
    bodies
        The expressions.
    recorder
        Is told of their variables.
    names
        The constraint, or objective, that each belongs to, for messages.

    Raises
    ------
    UsageError
        When one is not linear.
    """
    from pyomo.core.base.var import ScalarVar, VarData
    from pyomo.core.expr.numeric_expr import (
        LinearExpression,
        MonomialTermExpression,
        SumExpression,
    )

    kinds = _Kinds(
        {
            MonomialTermExpression: _MONOMIAL,
            VarData: _VARIABLE,
            ScalarVar: _VARIABLE,
            float: _NUMBER,
            int: _NUMBER,
        }
    )
    sums = (LinearExpression, SumExpression)
    parts: list[Sequence[Any]] = [
        body.args if body.__class__ in sums else _flat(body, sums) for body in bodies
    ]
    for k in _holding_other(parts, kinds):
        parts[k] = [term for part in parts[k] for term in _flat(part, sums)]
    row = np.repeat(np.arange(len(parts)), np.fromiter(map(len, parts), np.int64, len(parts)))
    terms = list(chain.from_iterable(parts))
    kind = np.fromiter(map(kinds.__getitem__, map(type, terms)), np.int8, len(terms))
    odd = np.zeros(len(parts), dtype=bool)
    odd[row[kind == _OTHER]] = True
    kind[odd[row]] = _OTHER

    collected = _Terms(len(parts))
    linear_term = kind <= _VARIABLE
    pairs = [
        term.args if of == _MONOMIAL else (1.0, term)
        for term, of in zip(terms, kind.tolist(), strict=True)
        if of <= _VARIABLE
    ]
    variables = [variable for _, variable in pairs]
    identities = list(map(id, variables))
    recorder.add_all(dict(zip(identities, variables, strict=True)))
    coefficients = numbers([coefficient for coefficient, _ in pairs])
    collected.add(row[linear_term], identities, coefficients)
    constants = [terms[k] for k in np.flatnonzero(kind == _NUMBER).tolist()]
    collected.add_constants(row[kind == _NUMBER], np.array(constants, dtype=np.float64))
    _walk(np.flatnonzero(odd), bodies, recorder, names, collected)
    return collected.bodies(recorder)


def _holding_other(parts: Sequence[Sequence[Any]], kinds: _Kinds) -> list[int]:
    """Return which sums hold terms of other kinds."""
    return [k for k, part in enumerate(parts) if _OTHER in map(kinds.__getitem__, map(type, part))]


def _flat(term: Any, sums: Collection[Any]) -> list[Any]:
    """Return the terms of nested sums and named expressions."""
    found: list[Any] = []
    stack: list[Any] = [term]
    while stack:
        part = stack.pop()
        if part.__class__ in sums:
            stack.extend(reversed(part.args))
        elif hasattr(part, "is_named_expression_type") and part.is_named_expression_type():
            stack.append(part.expr)
        else:
            found.append(part)
    return found


class _Kinds(dict[type, int]):
    """What a term is, by its class."""

    def __missing__(self, _: type) -> int:
        return _OTHER


def numbers(given: list[Any]) -> Floats:
    """Return coefficients or sides as numbers; parameters among them are evaluated."""
    try:
        return np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        from pyomo.environ import value

        return np.array([value(number) for number in given], dtype=np.float64)


def _walk(
    rows: NDArray[np.int64],
    bodies: Sequence[Any],
    recorder: Recorder,
    names: Sequence[Any],
    collected: _Terms,
) -> None:
    """Have Pyomo's walker read the bodies of some rows."""
    from pyomo.repn.linear import LinearRepnVisitor

    walker = LinearRepnVisitor({}, var_recorder=recorder)
    for row in rows.tolist():
        read = walker.walk_expression(bodies[row])
        if read.nonlinear is not None:
            raise UsageError(f"{names[row].name} is not linear")
        where = np.full(len(read.linear), row)
        collected.add(where, list(read.linear), _real([*read.linear.values()]))
        collected.add_constants(np.array([row]), _real([read.constant]))


def _real(numbers: list[Any]) -> Floats:
    """Return numbers; NaN for what Pyomo's walker marks as none."""
    real = [number if isinstance(number, (int, float)) else np.nan for number in numbers]
    return np.array(real, dtype=np.float64)
