"""Bounds and integrality of the variables of a Pyomo model."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from operator import attrgetter
from types import NoneType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import UsageError
from amopt.program.pyomo.alone import of_variables

__all__ = ["domains", "is_plain", "nearest_to_zero"]

Floats = NDArray[np.float64]

_LOWER, _UPPER, _DOMAIN = attrgetter("_lb"), attrgetter("_ub"), attrgetter("_domain")
"""What was given; the property ``bounds`` computes with it, a variable at a time."""


def domains(columns: Sequence[Any]) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return bounds and integrality of the variables, shape (n,) each.

    Raises
    ------
    UsageError
        When a domain is neither continuous nor all integers of an interval, or a bound is NaN or
        infinite where no number keeps it.
    InfeasibleError
        When a variable has no value.
    """
    n = len(columns)
    given = list(map(id, map(_DOMAIN, columns)))
    of = dict(zip(given, columns, strict=True))
    place = np.zeros(n, np.int64)
    if len(of) > 1:
        number = dict(zip(of, range(len(of)), strict=True))
        place = np.fromiter(map(number.__getitem__, given), np.int64, n)
    lower, upper = _bounds(columns, [x.domain for x in of.values()], place)
    integer = np.array([not x.is_continuous() for x in of.values()], dtype=np.bool_)[place]
    odd = {identity for identity, x in of.items() if not (x.is_continuous() or x.is_integer())}
    if odd:
        wrong = next(x for x, domain in zip(columns, given, strict=True) if domain in odd)
        raise UsageError(
            f"the variable {wrong.name} has the domain {wrong.domain}, "
            "which is neither continuous nor all integers of an interval"
        )
    first, last = np.where(integer, [np.ceil(lower), np.floor(upper)], [lower, upper])
    wrong = np.flatnonzero(~(first <= last)).tolist()
    if wrong:
        raise of_variables([columns[k] for k in wrong], lower[wrong], upper[wrong])
    return lower, upper, integer


def _bounds(
    columns: Sequence[Any], among: Sequence[Any], place: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Return the bounds of the variables, infinite where open.

    Parameters
    ----------
    columns
        The variables.
    among, place
        Their domains, and which of these each has, shape (columns,).
    """
    from pyomo.core.base.var import ScalarVar, VarData

    if not set(map(type, columns)) <= {ScalarVar, VarData}:
        return _asked(columns)
    own = [list(map(get, columns)) for get in (_LOWER, _UPPER)]
    if not set(map(type, chain(*own))) <= {NoneType, float, int, np.float64}:
        return _asked(columns)
    limits = [domain.bounds() for domain in among]
    sides = []
    for end, (numbers, none) in enumerate(zip(own, (-np.inf, np.inf), strict=True)):
        missing = numbers.count(None)
        if missing == len(numbers):
            side = np.full(missing, none)
        else:
            side = np.array(numbers, dtype=np.float64)  # NaN where there is none
            if np.isnan(side).sum() != missing or (side == -none).any():
                return _asked(columns)
            side[np.isnan(side)] = none
        of_domain = [none if pair[end] is None else pair[end] for pair in limits]
        tighter = np.minimum if end else np.maximum
        sides.append(tighter(side, np.array(of_domain, dtype=np.float64)[place]))
    return sides[0], sides[1]


def _asked(columns: Sequence[Any]) -> tuple[Floats, Floats]:
    """Return the bounds of the variables, each asked for its own."""
    try:
        bounds = [variable.bounds for variable in columns]
    except ValueError as error:  # Pyomo's own, which names the variable and the bound
        raise UsageError(f"{error} Write a finite number, or None where it is open") from error
    n = len(columns)
    return (
        np.fromiter((-np.inf if low is None else low for low, _ in bounds), float, n),
        np.fromiter((np.inf if high is None else high for _, high in bounds), float, n),
    )


def is_plain(variable: Any) -> bool:
    """Return whether a variable's domain is continuous or all integers of an interval."""
    return bool(variable.is_continuous() or variable.is_integer())


def nearest_to_zero(variables: Sequence[Any]) -> Floats:
    """Return the value nearest to zero that each variable may take, shape (n,)."""
    lower, upper, integer = domains(variables)
    lower, upper = np.where(integer, [np.ceil(lower), np.floor(upper)], [lower, upper])
    return np.clip(np.zeros(len(variables)), lower, upper)
