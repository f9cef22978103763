"""Bounds and integrality of the variables of a Pyomo model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import UsageError
from amopt.program.pyomo.alone import of_variables

__all__ = ["domains", "is_plain", "nearest_to_zero"]

Floats = NDArray[np.float64]


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
    bounds = _bounds(columns)
    lower = np.fromiter((-np.inf if low is None else low for low, _ in bounds), float, n)
    upper = np.fromiter((np.inf if high is None else high for _, high in bounds), float, n)
    kinds = {id(x.domain): x for x in columns}
    whole = {identity: not x.is_continuous() for identity, x in kinds.items()}
    integer = np.fromiter((whole[id(x.domain)] for x in columns), np.bool_, n)
    for index in np.flatnonzero(integer).tolist():
        if not columns[index].is_integer():
            raise UsageError(
                f"the variable {columns[index].name} has the domain {columns[index].domain}, "
                "which is neither continuous nor all integers of an interval"
            )
    first, last = np.where(integer, [np.ceil(lower), np.floor(upper)], [lower, upper])
    wrong = np.flatnonzero(~(first <= last)).tolist()
    if wrong:
        raise of_variables([columns[k] for k in wrong], lower[wrong], upper[wrong])
    return lower, upper, integer


def _bounds(columns: Sequence[Any]) -> list[tuple[float | None, float | None]]:
    """Return the bounds of the variables, None where open."""
    try:
        return [variable.bounds for variable in columns]
    except ValueError as error:  # Pyomo's own, which names the variable and the bound
        raise UsageError(f"{error} Write a finite number, or None where it is open") from error


def is_plain(variable: Any) -> bool:
    """Return whether a variable's domain is continuous or all integers of an interval."""
    return bool(variable.is_continuous() or variable.is_integer())


def nearest_to_zero(variables: Sequence[Any]) -> Floats:
    """Return the value nearest to zero that each variable may take, shape (n,)."""
    lower, upper, integer = domains(variables)
    lower, upper = np.where(integer, [np.ceil(lower), np.floor(upper)], [lower, upper])
    return np.clip(np.zeros(len(variables)), lower, upper)
