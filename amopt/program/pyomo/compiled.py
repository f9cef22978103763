"""A Pyomo model as the arrays of a linear program.

Everything is read with the garbage collector paused, and as much as possible of it at once; the
solver never sees a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import UsageError
from amopt.phrases import listed
from amopt.program.linear import LinearProgram, NamedBlock, Names
from amopt.program.pyomo.alone import of_constraints
from amopt.program.pyomo.domains import domains, is_plain
from amopt.program.pyomo.expressions import LinearBodies, Recorder, numbers, read_bodies

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
        recorder = Recorder()
        cost = _read(model, [] if goal is None else [goal.expr], recorder, [goal])
        rows = _Rows.of(model)
        _refuse_sides(rows)
        read = _read(model, rows.bodies, recorder, rows.constraints)
        _refuse_unreal(model, read, rows.constraints)
        _refuse_unreal(model, cost, [goal])
        holds = np.diff(read.matrix.indptr) > 0
        _require_constants(rows, read, ~holds)
        matrix = read.matrix[np.flatnonzero(holds)]
        costs = np.zeros(len(recorder.var_map))
        costs[: cost.matrix.shape[1]] = cost.matrix.sum(axis=0)
        used = costs != 0
        used[matrix.indices] = True
        every = list(recorder.var_map.values())
        columns = [every[j] for j in np.flatnonzero(used).tolist()]
        lower, upper, integer = domains(columns)
        matrix = matrix[:, np.flatnonzero(used)]
        matrix.sort_indices()
        return Compiled(
            program=LinearProgram(
                cost=costs[used],
                matrix=matrix,
                row_lower=(rows.lower - read.constant)[holds],
                row_upper=(rows.upper - read.constant)[holds],
                lower=lower,
                upper=upper,
                integer=integer,
                rows=rows.names(holds),
                columns=_names(columns),
                offset=float(cost.constant.sum()),
                maximise=goal is not None and goal.sense == -1,
                name=model.name,
            ),
            model=model,
            variables=columns,
            constraints=[rows.constraints[k] for k in np.flatnonzero(holds).tolist()],
            unused=_unused(model, columns),
            constant=[rows.constraints[k] for k in np.flatnonzero(~holds).tolist()],
        )


@dataclass
class _Rows:
    """The active constraints of a model, component by component.

    Attributes
    ----------
    constraints, bodies
        The constraints that have a side, and what stands between their sides.
    lower, upper
        Their sides, infinite where open, shape (constraints,).
    blocks
        Each component's name, and the keys of its members; None where it is not indexed.
    """

    constraints: list[Any]
    bodies: list[Any]
    lower: Floats
    upper: Floats
    blocks: list[tuple[str, list[Any] | None]]

    @classmethod
    def of(cls, model: ConcreteModel) -> _Rows:
        constraints: list[Any] = []
        bodies: list[Any] = []
        sides: tuple[list[Any], list[Any]] = ([], [])
        blocks: list[tuple[str, list[Any] | None]] = []
        for component, members in _active_constraints(model):
            keys = []
            for key, constraint in members:
                low, body, high = _bounded(constraint)
                if low is None and high is None:
                    continue
                keys.append(key)
                constraints.append(constraint)
                bodies.append(body)
                sides[0].append(-np.inf if low is None else low)
                sides[1].append(np.inf if high is None else high)
            if keys:
                blocks.append((component.name, keys if component.is_indexed() else None))
        return cls(constraints, bodies, numbers(sides[0]), numbers(sides[1]), blocks)

    def names(self, kept: NDArray[np.bool_]) -> Names:
        """Return the names of the constraints that are kept."""
        families, start = [], 0
        for name, keys in self.blocks:
            size = 1 if keys is None else len(keys)
            here = np.flatnonzero(kept[start : start + size]).tolist()
            start += size
            if here:
                families.append(NamedBlock(name, None if keys is None else [keys[k] for k in here]))
        return Names(families)


def _bounded(constraint: Any) -> tuple[Any, Any, Any]:
    """Return the lower side, the body and the upper side of a constraint, None where open.

    Raises
    ------
    UsageError
        When a variable stands in a side of a constraint that has two.
    """
    from pyomo.common.errors import PyomoException

    if hasattr(constraint, "template_expr"):  # kept as a template of its rule by Pyomo
        constraint.expr  # noqa: B018 - gives it an expression of its own
    try:
        low, body, high = constraint.to_bounded_expression()
    except (PyomoException, ValueError) as error:  # the one or the other, by version
        raise UsageError(
            f"{constraint.name} has two sides and a variable in one of them: write two constraints"
        ) from error
    return low, body, high


def _active_constraints(model: ConcreteModel) -> Iterator[tuple[Any, list[tuple[Any, Any]]]]:
    """Yield each component of constraints with its active members by key."""
    from pyomo.core.base.enums import SortComponents
    from pyomo.environ import Constraint

    for component in model.component_objects(Constraint, active=True):
        members = component.items(SortComponents.ORDERED_INDICES)
        yield component, [(key, member) for key, member in members if member.active]


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
    model: ConcreteModel, bodies: Sequence[Any], recorder: Recorder, names: Sequence[Any]
) -> LinearBodies:
    """Read expressions, and say in plain words what cannot be read."""
    from pyomo.common.errors import PyomoException

    try:
        return read_bodies(bodies, recorder, names)
    except (PyomoException, ValueError, TypeError, UsageError) as error:
        why = _without_value(model) or str(error)
        raise UsageError(f"the model {model.name!r} is not a linear program: {why}") from error


def _without_value(model: ConcreteModel) -> str:
    from pyomo.environ import Var

    every = model.component_data_objects(Var, active=True)
    empty = [x.name for x in every if x.fixed and x.value is None]
    return f"{listed(empty, most=5)} fixed without a value" if empty else ""


def _refuse_unreal(model: ConcreteModel, read: LinearBodies, names: Sequence[Any]) -> None:
    """Name the first constraint, or the objective, that holds NaN or an infinite coefficient."""
    wrong = ~np.isfinite(read.constant)
    wrong[
        np.repeat(np.arange(len(wrong)), np.diff(read.matrix.indptr))[
            ~np.isfinite(read.matrix.data)
        ]
    ] = True
    if wrong.any():
        empty = _without_value(model)
        if empty:
            raise UsageError(f"the model {model.name!r} is not a linear program: {empty}")
        name = names[int(np.argmax(wrong))].name
        raise UsageError(f"{name} has a number that is not finite")


def _refuse_sides(rows: _Rows) -> None:
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


def _require_constants(rows: _Rows, read: LinearBodies, constant: NDArray[np.bool_]) -> None:
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


def _names(members: Sequence[Any]) -> Names:
    """Return the names of variables, by component and index."""
    found = []
    for _, run in groupby(members, key=lambda member: id(member.parent_component())):
        together = list(run)
        component = together[0].parent_component()
        keys = [member.index() for member in together]
        found.append(NamedBlock(component.name, keys if component.is_indexed() else None))
    return Names(found)


def free_variables(model: ConcreteModel) -> list[Any]:
    """Return the variables that are not fixed."""
    from pyomo.environ import Var

    every = model.component_data_objects(Var, active=True)
    return [variable for variable in every if not variable.fixed]


def _unused(model: ConcreteModel, columns: Sequence[Any]) -> list[Any]:
    """Return the free variables that have no column, their domains looked at like the others'."""
    used = set(map(id, columns))
    unused = [variable for variable in free_variables(model) if id(variable) not in used]
    domains([variable for variable in unused if is_plain(variable)])
    return unused
