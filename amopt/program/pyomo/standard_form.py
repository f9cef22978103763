"""The arrays of a program, read from what Pyomo's standard-form compiler leaves behind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.errors import InfeasibleError, UsageError
from amopt.program.linear import Family, Names

__all__ = ["domains", "families", "objective", "refuse_unreal", "rows"]

Floats = NDArray[np.float64]


def domains(columns: Sequence[Any]) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return bounds and integrality of the variables, shape (n,) each.

    Raises
    ------
    UsageError
        When a domain is neither continuous nor all integers of an interval.
    InfeasibleError
        When a variable has no value.
    """
    n = len(columns)
    bounds = [variable.bounds for variable in columns]
    lower = np.fromiter((-np.inf if low is None else low for low, _ in bounds), float, n)
    upper = np.fromiter((np.inf if high is None else high for _, high in bounds), float, n)
    integer = np.fromiter((not variable.is_continuous() for variable in columns), np.bool_, n)
    for index in np.flatnonzero(integer).tolist():
        if not columns[index].is_integer():
            raise UsageError(
                f"the variable {columns[index].name} has the domain {columns[index].domain}, "
                "which is neither continuous nor all integers of an interval"
            )
    first, last = np.where(integer, [np.ceil(lower), np.floor(upper)], [lower, upper])
    wrong = np.flatnonzero(~(first <= last)).tolist()
    if wrong:
        name, low, high = columns[wrong[0]].name, lower[wrong[0]], upper[wrong[0]]
        why = "cannot be whole and" if low <= high else "cannot"
        raise InfeasibleError(
            f"the variable {name} {why} lie between {low:g} and {high:g}",
            conflict=tuple(columns[index].name for index in wrong),
        )
    return lower, upper, integer


def rows(form: Any) -> tuple[NDArray[np.int64], list[Any], Floats, Floats]:
    """Join the two halves of two-sided constraints; return kept rows, constraints and bounds."""
    m = len(form.rows)
    sides = np.fromiter((row.bound_type for row in form.rows), np.int8, m)
    constraints = [row.constraint for row in form.rows]
    rhs = np.asarray(form.rhs, dtype=np.float64).reshape(m)
    lower = np.where(sides == 1, -np.inf, rhs)
    upper = np.where(sides == -1, np.inf, rhs)
    second = np.fromiter(
        (k > 0 and constraints[k] is constraints[k - 1] for k in range(m)), np.bool_, m
    )
    first = np.flatnonzero(second) - 1
    lower[first] = rhs[first + 1]
    kept = np.flatnonzero(~second)
    return kept, [constraints[k] for k in kept], lower[kept], upper[kept]


def families(members: Iterable[Any]) -> Names:
    """Return the names of variables or constraints, by component and index."""
    found = []
    for _, run in groupby(members, key=lambda member: id(member.parent_component())):
        together = list(run)
        component = together[0].parent_component()
        keys = [member.index() for member in together]
        found.append(Family(component.name, keys if component.is_indexed() else None))
    return Names(found)


def refuse_unreal(
    matrix: sp.csr_array, lower: Floats, upper: Floats, constraints: Sequence[Any]
) -> None:
    """Name the first constraint that holds NaN or an infinite coefficient."""
    unreal = np.flatnonzero(~np.isfinite(matrix.data))
    if unreal.size:
        row = int(np.searchsorted(matrix.indptr, unreal[0], side="right")) - 1
    else:
        broken = np.flatnonzero(np.isnan(lower) | np.isnan(upper))
        if not broken.size:
            return
        row = int(broken[0])
    raise UsageError(f"the constraint {constraints[row].name} has a number that is not finite")


def objective(form: Any, size: int) -> tuple[Floats, float, bool]:
    """Return the costs of ``size`` columns, the constant, and whether to maximise.

    Raises
    ------
    UsageError
        When a coefficient is not finite.
    """
    if not form.objectives:
        return np.zeros(size), 0.0, False
    cost, offset = form.c.toarray()[0], float(form.c_offset[0])
    if not np.isfinite(cost).all() or not np.isfinite(offset):
        raise UsageError(
            f"the objective {form.objectives[0].name} has a coefficient that is not finite"
        )
    return cost, offset, form.objectives[0].sense == -1
