"""A program as a Pyomo model, one indexed variable or constraint a family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.program.linear import LinearProgram
from amopt.program.pyomo.identifiers import component_blocks

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["to_pyomo"]

Floats = NDArray[np.float64]


def to_pyomo(program: LinearProgram) -> ConcreteModel:
    """Return a program as a Pyomo model, one indexed variable or constraint a family.

    Parameters
    ----------
    program
        The program. Characters of its families' names that Pyomo gives a meaning are replaced.
    """
    from pyomo.common.gc_manager import PauseGC
    from pyomo.core.expr.numeric_expr import LinearExpression
    from pyomo.environ import ConcreteModel, Objective, maximize, minimize

    with PauseGC():
        model = ConcreteModel(name=program.name)
        taken = {"objective", "dual", "rc"}
        x = _add_columns(model, program, taken)
        _add_rows(model, program, taken, x)
        used = np.flatnonzero(program.cost)
        model.objective = Objective(
            expr=LinearExpression(
                constant=program.offset,
                linear_coefs=program.cost[used].tolist(),
                linear_vars=[x[j] for j in used],
            ),
            sense=maximize if program.maximise else minimize,
        )
        return model


def _add_columns(model: ConcreteModel, program: LinearProgram, taken: set[str]) -> list[Any]:
    """Add a variable a family; return the variable of each column."""
    from pyomo.environ import Integers, Reals, Var

    x: list[Any] = []
    for name, keys, _ in component_blocks(program.columns, program.shape[1], "x", taken):
        component = Var() if keys is None else Var(_index_set(keys))
        model.add_component(name, component)
        x.extend(component[key] for key in (keys if keys is not None else [None]))
    for variable, low, high, whole in zip(
        x, _sides(program.lower), _sides(program.upper), program.integer, strict=True
    ):
        variable.domain = Integers if whole else Reals
        variable.bounds = (low, high)
    return x


def _add_rows(
    model: ConcreteModel, program: LinearProgram, taken: set[str], x: Sequence[Any]
) -> None:
    """Add a constraint a family over the variables of the columns."""
    from pyomo.core.expr.numeric_expr import LinearExpression
    from pyomo.environ import Constraint

    matrix = program.matrix
    data, indices, starts = matrix.data.tolist(), matrix.indices.tolist(), matrix.indptr
    low_side, high_side = _sides(program.row_lower), _sides(program.row_upper)
    for name, keys, block in component_blocks(program.rows, program.shape[0], "row", taken):
        component = Constraint() if keys is None else Constraint(_index_set(keys))
        model.add_component(name, component)
        for key, row in zip(keys if keys is not None else [None], block, strict=True):
            part = slice(starts[row], starts[row + 1])
            body = LinearExpression(
                linear_coefs=data[part], linear_vars=[x[j] for j in indices[part]]
            )
            component.add(key, (low_side[row], body, high_side[row]))


def _index_set(keys: list[Any]) -> Any:
    """Return keys as an index of a component, also where some are longer than others."""
    from pyomo.environ import Set

    sizes = {len(key) if isinstance(key, tuple) else 1 for key in keys}
    return keys if len(sizes) <= 1 else Set(initialize=keys, dimen=None)


def _sides(bounds: Floats) -> list[float | None]:
    return [None if np.isinf(bound) else bound for bound in bounds.tolist()]
