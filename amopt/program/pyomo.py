"""A Pyomo model as the arrays of a linear program, and values and shadow prices back into it.

The road is Pyomo's own standard-form compiler with the garbage collector paused; the solver never
sees a file. Pyomo is imported when a function runs.

Signs: duals go into the model's ``dual`` suffix as changes of the objective a unit of the
constraint's right-hand side, for minimisation and maximisation alike, as Pyomo's own interface to
HiGHS writes them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.errors import InfeasibleError, NoAnswerError, UsageError
from amopt.program.highs import Answer, Options, Progress, solve
from amopt.program.identifiers import component_blocks
from amopt.program.linear import Family, LinearProgram, Names

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["Compiled", "compile_model", "load", "solve_model", "to_pyomo"]

Floats = NDArray[np.float64]


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
    """

    program: LinearProgram
    model: ConcreteModel
    variables: list[Any]
    constraints: list[Any]
    unused: list[Any]


def compile_model(model: ConcreteModel) -> Compiled:
    """Turn a linear Pyomo model into arrays.

    Fixed variables become constants. A constraint with two sides becomes one row. A model without
    an active objective gets the objective zero.

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
        When a constraint without variables, or the two bounds of a variable, cannot hold.
    """
    from pyomo.common.gc_manager import PauseGC

    with PauseGC():
        form = _standard_form(model)
        if len(form.objectives) > 1:
            names = ", ".join(objective.name for objective in form.objectives)
            raise UsageError(
                f"the model {model.name!r} has {len(form.objectives)} active objectives ({names}): "
                "deactivate all but one"
            )
        columns = form.columns
        lower, upper, integer = _domains(columns)
        kept, constraints, row_lower, row_upper = _rows(form)
        matrix = sp.csr_array(form.A)
        if len(kept) != matrix.shape[0]:
            matrix = matrix[kept]
        matrix.sort_indices()
        _refuse_unreal(matrix, row_lower, row_upper, constraints)
        objective = form.objectives[0] if form.objectives else None
        cost = form.c.toarray()[0] if objective is not None else np.zeros(len(columns))
        offset = float(form.c_offset[0]) if objective is not None else 0.0
        if not np.isfinite(cost).all() or not np.isfinite(offset):
            raise UsageError(
                f"the objective of {model.name!r} has a coefficient that is not finite"
            )
        program = LinearProgram(
            cost=cost,
            matrix=matrix,
            row_lower=row_lower,
            row_upper=row_upper,
            lower=lower,
            upper=upper,
            integer=integer,
            rows=_families(constraints),
            columns=_families(columns),
            offset=offset,
            maximise=objective is not None and objective.sense == -1,
            name=model.name,
        )
        return Compiled(program, model, columns, constraints, _unused(model, columns))


def _standard_form(model: ConcreteModel) -> Any:
    """Run Pyomo's compiler, and say in plain words what it refuses."""
    from pyomo.common.errors import InfeasibleConstraintException, PyomoException
    from pyomo.environ import Var
    from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

    try:
        # without column_order: with it, Pyomo 6.10 mistakes fixed variables for others
        return LinearStandardFormCompiler().write(model, mixed_form=True, set_sense=None)
    except InfeasibleConstraintException as error:
        name = str(error).rpartition("constraint, ")[2].strip("'")
        raise InfeasibleError(
            f"the constraint {name} holds no variable and cannot hold", conflict=(name,)
        ) from error
    except (PyomoException, ValueError, TypeError) as error:
        empty = [x.name for x in model.component_data_objects(Var) if x.fixed and x.value is None]
        why = f"{', '.join(empty)} fixed without a value" if empty else str(error)
        raise UsageError(f"the model {model.name!r} is not a linear program: {why}") from error


def _domains(columns: Sequence[Any]) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return bounds and integrality of the variables."""
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
    wrong = np.flatnonzero(~(lower <= upper)).tolist()
    if wrong:
        variable = columns[wrong[0]]
        raise InfeasibleError(
            f"the variable {variable.name} cannot lie between {lower[wrong[0]]:g} "
            f"and {upper[wrong[0]]:g}",
            conflict=tuple(columns[index].name for index in wrong),
        )
    return lower, upper, integer


def _rows(form: Any) -> tuple[NDArray[np.int64], list[Any], Floats, Floats]:
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


def _families(members: Iterable[Any]) -> Names:
    """Return the names of variables or constraints, by component and index."""
    families = []
    for _, run in groupby(members, key=lambda member: id(member.parent_component())):
        together = list(run)
        component = together[0].parent_component()
        keys = [member.index() for member in together]
        families.append(Family(component.name, keys if component.is_indexed() else None))
    return Names(families)


def _refuse_unreal(
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


def _unused(model: ConcreteModel, columns: Sequence[Any]) -> list[Any]:
    from pyomo.environ import Var

    used = {id(variable) for variable in columns}
    return [
        variable
        for variable in model.component_data_objects(Var, active=True)
        if id(variable) not in used and not variable.fixed
    ]


def load(compiled: Compiled, answer: Answer, *, duals: bool = True) -> None:
    """Put an answer into the model: values, and duals where there are any.

    Variables that stand nowhere in the program get the value of their interval nearest to zero.

    Parameters
    ----------
    compiled
        What :func:`compile_model` returned.
    answer
        What the solver answered.
    duals
        Whether to fill the model's ``dual`` suffix (declared when it is missing; emptied when the
        answer has no duals). A declared suffix ``rc`` gets the reduced costs.

    Raises
    ------
    NoAnswerError
        When there is nothing to load.
    UsageError
        When the model has a component ``dual`` that is not a suffix.
    """
    from pyomo.core.staleflag import StaleFlagManager
    from pyomo.environ import Suffix

    if answer.values is None:
        raise NoAnswerError(
            f"the solver gave no answer to load ({answer.outcome.status})", outcome=answer.outcome
        )
    StaleFlagManager.mark_all_as_stale(delayed=True)
    for variable, number in zip(compiled.variables, answer.values.tolist(), strict=True):
        variable.set_value(number, skip_validation=True)
    for variable in compiled.unused:
        low, high = variable.bounds
        nearest = max(0.0 if low is None else low, min(0.0, 0.0 if high is None else high))
        variable.set_value(nearest, skip_validation=True)
    if not duals:
        return
    model = compiled.model
    if model.component("dual") is None:
        model.dual = Suffix(direction=Suffix.IMPORT)
    if not isinstance(model.dual, Suffix):
        raise UsageError(
            f"the model {model.name!r} has a component named 'dual' that is not a suffix: "
            "rename it, or load the answer without duals"
        )
    _fill(model.dual, compiled.constraints, answer.duals)
    if isinstance(model.component("rc"), Suffix):
        _fill(model.rc, compiled.variables, answer.reduced_costs)


def _fill(suffix: Any, members: Sequence[Any], numbers: Floats | None) -> None:
    suffix.clear()
    if numbers is not None:
        suffix.update(zip(members, numbers.tolist(), strict=True))


def solve_model(
    model: ConcreteModel,
    options: Options | None = None,
    *,
    start: bool = False,
    duals: bool = True,
    progress: Callable[[Progress], None] | None = None,
) -> Answer:
    """Compile a Pyomo model, solve it, and load the answer where there is one.

    Parameters
    ----------
    model
        A linear model.
    options
        Limits and methods.
    start
        Whether a mixed-integer solve starts from the values that the variables have now.
    duals
        As for :func:`load`.
    progress
        As for :func:`amopt.program.highs.solve`.

    Returns
    -------
    Answer
        ``outcome.seconds`` tells compiling, solving and loading apart.
    """
    begun = time.perf_counter()
    compiled = compile_model(model)
    point = None
    if start:
        point = np.array(
            [np.nan if x.value is None else x.value for x in compiled.variables], dtype=np.float64
        )
    handed = time.perf_counter()
    answer = solve(compiled.program, options, start=point, progress=progress)
    solved = time.perf_counter()
    if answer.values is not None:
        load(compiled, answer, duals=duals)
    seconds = {
        "compile": handed - begun,
        "solve": solved - handed,
        "load": time.perf_counter() - solved,
    }
    return replace(answer, outcome=replace(answer.outcome, seconds=seconds))


def to_pyomo(program: LinearProgram) -> ConcreteModel:
    """Return a program as a Pyomo model, one indexed variable or constraint a family.

    Parameters
    ----------
    program
        The program. Characters of its families' names that Pyomo gives a meaning are replaced.
    """
    from pyomo.common.gc_manager import PauseGC
    from pyomo.core.expr.numeric_expr import LinearExpression
    from pyomo.environ import (
        ConcreteModel,
        Constraint,
        Integers,
        Objective,
        Reals,
        Var,
        maximize,
        minimize,
    )

    with PauseGC():
        model = ConcreteModel(name=program.name)
        taken = {"objective", "dual", "rc"}
        x: list[Any] = []
        for name, keys, _ in component_blocks(program.columns, program.shape[1], "x", taken):
            component = Var(keys) if keys is not None else Var()
            model.add_component(name, component)
            x.extend(component[key] for key in (keys if keys is not None else [None]))
        for variable, low, high, whole in zip(
            x, _sides(program.lower), _sides(program.upper), program.integer, strict=True
        ):
            variable.domain = Integers if whole else Reals
            variable.bounds = (low, high)
        matrix = program.matrix
        data, indices, starts = matrix.data.tolist(), matrix.indices.tolist(), matrix.indptr
        low_side, high_side = _sides(program.row_lower), _sides(program.row_upper)
        for name, keys, block in component_blocks(program.rows, program.shape[0], "row", taken):
            component = Constraint(keys) if keys is not None else Constraint()
            model.add_component(name, component)
            for key, row in zip(keys if keys is not None else [None], block, strict=True):
                part = slice(starts[row], starts[row + 1])
                body = LinearExpression(
                    linear_coefs=data[part], linear_vars=[x[j] for j in indices[part]]
                )
                component.add(key, (low_side[row], body, high_side[row]))
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


def _sides(bounds: Floats) -> list[float | None]:
    return [None if np.isinf(bound) else bound for bound in bounds.tolist()]
