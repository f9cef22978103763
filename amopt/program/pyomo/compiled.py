"""A Pyomo model as the arrays of a linear program.

Everything is read with the garbage collector paused, and as much as possible of it at once; the
solver never sees a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.errors import UsageError
from amopt.phrases import listed
from amopt.program.linear import LinearProgram
from amopt.program.pyomo.alone import of_constraints
from amopt.program.pyomo.reading.columns import Variables
from amopt.program.pyomo.reading.domains import domains, is_plain
from amopt.program.pyomo.reading.kinds import Kinds
from amopt.program.pyomo.reading.rows import Rows
from amopt.program.pyomo.reading.terms import Bodies, Terms, read

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["Compiled", "compile_model", "free_variables"]

Floats = NDArray[np.float64]

_ROUNDING = 1e-6
"""By how much of what was added up a constraint without variables may be broken."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A Pyomo model as arrays, with the way back.

    Attributes
    ----------
    program
        The arrays, with the model's names.
    model
        The model that was compiled.
    variables
        The variable of each column.
    constraints
        The constraint of each row.
    unused
        Free variables of the model that stand in no constraint and no objective.
    constant
        Active constraints without a free variable; they hold, and have no row.
    """

    program: LinearProgram
    model: ConcreteModel
    variables: list[Any]
    constraints: list[Any]
    unused: list[Any]
    constant: list[Any]


def compile_model(model: ConcreteModel) -> Compiled:
    """Turn a linear Pyomo model into arrays.

    Fixed variables become numbers, and constraints without any other variable have no row. A
    constraint with two sides becomes one row. A model without an active objective gets the
    objective zero.

    Parameters
    ----------
    model
        A constructed model with linear constraints and at most one active objective.

    Raises
    ------
    UsageError
        When the model is not linear, has several active objectives, or holds something that a
        linear program cannot express.
    InfeasibleError
        When a constraint without variables cannot hold, or a variable has no value.
    """
    from pyomo.common.gc_manager import PauseGC

    with PauseGC():
        goal = _objective(model)
        kinds, variables = Kinds(), Variables(model)
        cost = _read(
            model, Bodies.each([] if goal is None else [goal.expr], kinds), variables, [goal], kinds
        )
        rows = Rows.of(model, kinds)
        _refuse_sides(rows)
        read = _read(model, rows.bodies, variables, rows.constraints, kinds)
        _refuse_unreal(model, read, rows.constraints)
        _refuse_unreal(model, cost, [goal])
        return _laid_out(model, goal, variables, (cost, rows, read))


def _laid_out(
    model: ConcreteModel, goal: Any, variables: Variables, told: tuple[Terms, Rows, Terms]
) -> Compiled:
    """Return what was read as rows and columns."""
    cost, rows, read = told
    n = len(variables.members)
    matrix = sp.coo_array((read.numbers, (read.rows, read.places)), shape=(read.height, n)).tocsr()
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    holds = np.diff(matrix.indptr) > 0
    _require_constants(rows, read, ~holds)
    matrix = matrix if holds.all() else matrix[np.flatnonzero(holds)]
    costs = np.zeros(n)
    np.add.at(costs, cost.places, cost.numbers)
    used = costs != 0
    used[matrix.indices] = True
    order = variables.order(used)
    column = np.zeros(n, matrix.indices.dtype)
    column[order] = np.arange(order.size)
    matrix = sp.csr_array(
        (matrix.data, column[matrix.indices], matrix.indptr), shape=(matrix.shape[0], order.size)
    )
    matrix.sort_indices()
    columns = list(map(variables.members.__getitem__, order.tolist()))
    lower, upper, integer = domains(columns)
    unused = variables.unused(used)
    domains([variable for variable in unused if is_plain(variable)])
    return Compiled(
        program=LinearProgram(
            cost=costs[order],
            matrix=matrix,
            row_lower=(rows.lower - read.constant)[holds],
            row_upper=(rows.upper - read.constant)[holds],
            lower=lower,
            upper=upper,
            integer=integer,
            rows=rows.names(holds),
            columns=variables.names(order),
            offset=float(cost.constant.sum()),
            maximise=goal is not None and goal.sense == -1,
            name=model.name,
        ),
        model=model,
        variables=columns,
        constraints=list(compress(rows.constraints, holds.tolist())),
        unused=unused,
        constant=list(compress(rows.constraints, (~holds).tolist())),
    )


def _objective(model: ConcreteModel) -> Any:
    """Return the model's active objective; None where it has none.

    Raises
    ------
    UsageError
        When there are several, or the model holds what no linear program can express.
    """
    from pyomo.environ import (
        Block,
        Constraint,
        Expression,
        ExternalFunction,
        Objective,
        Param,
        RangeSet,
        Set,
        Suffix,
        Var,
    )
    from pyomo.network import Port

    known = {
        Block, Constraint, Var, Param, Expression, ExternalFunction, Set, RangeSet, Port, Suffix,
        Objective,
    }  # fmt: skip
    foreign = [
        component.name
        for block in model.block_data_objects(active=True)
        for component in block.component_objects(active=True, descend_into=False)
        if component.ctype not in known
    ]
    if foreign:
        raise UsageError(
            f"the model {model.name!r} is not a linear program: it holds {listed(foreign, most=5)}"
        )
    goals = list(model.component_data_objects(Objective, active=True))
    if len(goals) > 1:
        raise UsageError(
            f"the model {model.name!r} has {len(goals)} active objectives "
            f"({', '.join(goal.name for goal in goals)}): deactivate all but one"
        )
    return goals[0] if goals else None


def _read(
    model: ConcreteModel,
    bodies: Bodies,
    variables: Variables,
    names: Sequence[Any],
    kinds: Kinds,
) -> Terms:
    """Read expressions, and say in plain words what cannot be read."""
    from pyomo.common.errors import PyomoException

    try:
        return read(bodies, variables, names, kinds)
    except (PyomoException, ValueError, TypeError, UsageError) as error:
        why = _without_value(model) or str(error)
        raise UsageError(f"the model {model.name!r} is not a linear program: {why}") from error


def _without_value(model: ConcreteModel) -> str:
    from pyomo.environ import Var

    every = model.component_data_objects(Var, active=True)
    empty = [x.name for x in every if x.fixed and x.value is None]
    return f"{listed(empty, most=5)} fixed without a value" if empty else ""


def _refuse_unreal(model: ConcreteModel, read: Terms, names: Sequence[Any]) -> None:
    """Name the first constraint, or the objective, that holds NaN or an infinite coefficient."""
    wrong = ~np.isfinite(read.constant)
    wrong[read.rows[~np.isfinite(read.numbers)]] = True
    if wrong.any():
        empty = _without_value(model)
        if empty:
            raise UsageError(f"the model {model.name!r} is not a linear program: {empty}")
        name = names[int(np.argmax(wrong))].name
        raise UsageError(f"{name} has a number that is not finite")


def _refuse_sides(rows: Rows) -> None:
    """Name the first constraint with a side that is NaN, or infinite where no number keeps it."""
    wrong = np.isnan(rows.lower) | np.isnan(rows.upper)
    wrong |= np.isposinf(rows.lower) | np.isneginf(rows.upper)
    if wrong.any():
        k = int(np.argmax(wrong))
        sides = (("at least", rows.lower[k], np.inf), ("at most", rows.upper[k], -np.inf))
        said = [f"{how} {side:g}" for how, side, none in sides if np.isnan(side) or side == none]
        raise UsageError(
            f"{rows.constraints[k].name} asks for {listed(said)}, which no number is: write a "
            "finite number, or leave the constraint out"
        )


def _require_constants(rows: Rows, read: Terms, constant: NDArray[np.bool_]) -> None:
    """Raise where constraints without a free variable cannot hold."""
    allowed = [
        _ROUNDING * (read.size + np.where(np.isfinite(side), np.abs(side), 0.0))
        for side in (rows.lower, rows.upper)
    ]
    low, high = rows.lower - allowed[0], rows.upper + allowed[1]
    broken = constant & ((read.constant < low) | (read.constant > high))
    if broken.any():
        raise of_constraints(
            [rows.constraints[k] for k in np.flatnonzero(broken).tolist()],
            rows.lower[broken] - read.constant[broken],
            read.constant[broken] - rows.upper[broken],
        )


def free_variables(model: ConcreteModel) -> list[Any]:
    """Return the variables that are not fixed."""
    from pyomo.environ import Var

    every = model.component_data_objects(Var, active=True)
    return [variable for variable in every if not variable.fixed]
