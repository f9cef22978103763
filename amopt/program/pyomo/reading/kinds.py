"""What an object in an expression of Pyomo is, and what it holds."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ARGUMENTS",
    "MONOMIAL",
    "NAMED",
    "NEGATION",
    "NUMBER",
    "OTHER",
    "PRODUCT",
    "SUM",
    "VARIABLE",
    "Kinds",
    "numbers",
    "terms_of_sums",
]

Floats = NDArray[np.float64]

MONOMIAL, VARIABLE, NUMBER, SUM, NEGATION, PRODUCT, NAMED, OTHER = range(8)
"""A number before a variable, a variable, a number; what holds other terms; what is none of it."""

ARGUMENTS = attrgetter("_args_")
"""What an expression is made of. Its property ``args`` makes a copy, in Python."""

_LENGTH = attrgetter("_nargs")


class Kinds(dict[type, int]):
    """What objects are, by their class; what is not known is looked up once."""

    def __init__(self) -> None:
        from pyomo.core.base.var import ScalarVar, VarData
        from pyomo.core.expr import numeric_expr as of

        super().__init__(
            {
                of.MonomialTermExpression: MONOMIAL,
                VarData: VARIABLE,
                ScalarVar: VARIABLE,
                of.LinearExpression: SUM,
                of.SumExpression: SUM,
                of.NegationExpression: NEGATION,
                of.ProductExpression: PRODUCT,
            }
        )

    def __missing__(self, kind: type) -> int:
        from pyomo.common.numeric_types import native_numeric_types
        from pyomo.core.base.expression import NamedExpressionData

        if kind in native_numeric_types:
            self[kind] = NUMBER
        elif issubclass(kind, NamedExpressionData):
            self[kind] = NAMED
        else:
            return OTHER
        return self[kind]

    def of(self, objects: Sequence[Any]) -> NDArray[np.int8]:
        """Return what each of some objects is, shape (objects,)."""
        present = set(map(type, objects))
        if len(present) == 1:
            return np.full(len(objects), self[present.pop()], np.int8)
        return np.fromiter(map(self.__getitem__, map(type, objects)), np.int8, len(objects))


def terms_of_sums(sums: Sequence[Any]) -> list[Sequence[Any]]:
    """Return the terms of each sum.

    A sum that Python's ``sum`` has made shares its list with those that it grew to, and speaks of
    the first terms of it alone.
    """
    held: list[Sequence[Any]] = list(map(ARGUMENTS, sums))
    there = np.fromiter(map(len, held), np.int64, len(held))
    own = np.fromiter(map(_LENGTH, sums), np.int64, len(held))
    for k in np.flatnonzero(own < there).tolist():
        held[k] = held[k][: own[k]]
    return held


def numbers(given: Sequence[Any]) -> Floats:
    """Return coefficients or sides as numbers; parameters among them are evaluated."""
    try:
        return np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        from pyomo.environ import value

        return np.array([value(number) for number in given], dtype=np.float64)
