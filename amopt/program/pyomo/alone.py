"""What in a Pyomo model cannot hold by itself, whatever the variables are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import Conflict, InfeasibleError, LeastChange, Limit
from amopt.phrases import rounded_up
from amopt.program.infeasible.search import MOST, Reasons
from amopt.program.infeasible.sentences import no_plan

__all__ = ["of_constraints", "of_variables"]

Floats = NDArray[np.float64]


def of_constraints(constraints: Sequence[Any], short: Floats, over: Floats) -> InfeasibleError:
    """Return the error for constraints without a free variable that cannot hold.

    Parameters
    ----------
    constraints
        The constraints.
    short, over
        By how much each falls short of its lower side and exceeds its upper one.
    """
    conflicts = []
    for constraint, low, high in zip(constraints, short.tolist(), over.tolist(), strict=True):
        limit = _limit(constraint, f"the constraint {constraint.name}, which has no free variable")
        verb, by = ("lower", low) if low > high else ("raise", high)
        words = f"{verb} the right-hand side of {constraint.name} by {rounded_up(by)}"
        conflicts.append(Conflict((limit,), (LeastChange(limit, by, words),)))
    return _error(conflicts)


def of_variables(variables: Sequence[Any], lower: Floats, upper: Floats) -> InfeasibleError:
    """Return the error for variables that have no value between their bounds, shape (n,) each."""
    conflicts = []
    for variable, low, high in zip(variables, lower.tolist(), upper.tolist(), strict=True):
        whole = "a whole number " if low <= high else ""
        words = f"the variable {variable.name}, {whole}between {low:g} and {high:g}"
        conflicts.append(Conflict((_limit(variable, words),)))
    return _error(conflicts)


def _limit(member: Any, words: str) -> Limit:
    component = member.parent_component()
    return Limit(component.name, member.index() if component.is_indexed() else None, words)


def _error(conflicts: Sequence[Conflict]) -> InfeasibleError:
    error = no_plan(Reasons(tuple(conflicts[:MOST])))
    assert isinstance(error, InfeasibleError)
    return error
