"""A Pyomo model as the arrays of a linear program, and values and shadow prices back into it.

The road is Pyomo's own standard-form compiler with the garbage collector paused; the solver never
sees a file. Pyomo is imported when a function runs.

Signs: duals go into the model's ``dual`` suffix as changes of the objective a unit of the
constraint's right-hand side, for minimisation and maximisation alike, as Pyomo's own interface to
HiGHS writes them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.errors import InfeasibleError, NoAnswerError, UsageError
from amopt.program.linear import LinearProgram
from amopt.program.pyomo.identifiers import component_blocks
from amopt.program.pyomo.standard_form import domains, families, objective, refuse_unreal, rows
from amopt.program.solver.highs import Answer, Options, Progress, solve

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
        When a constraint without variables cannot hold, or a variable has no value.
    """
    from pyomo.common.gc_manager import PauseGC

    with PauseGC():
        form = _standard_form(model)
        columns = form.columns
        lower, upper, integer = domains(columns)
        kept, constraints, row_lower, row_upper = rows(form)
        matrix = sp.csr_array(form.A)
        if len(kept) != matrix.shape[0]:
            matrix = matrix[kept]
        matrix.sort_indices()
        refuse_unreal(matrix, row_lower, row_upper, constraints)
        cost, offset, maximise = objective(form, len(columns))
        program = LinearProgram(
            cost=cost,
            matrix=matrix,
            row_lower=row_lower,
            row_upper=row_upper,
            lower=lower,
            upper=upper,
            integer=integer,
            rows=families(constraints),
            columns=families(columns),
            offset=offset,
            maximise=maximise,
            name=model.name,
        )
        unused = _unused(model, columns)
        domains(_plain(unused))
        return Compiled(program, model, columns, constraints, unused)


def _standard_form(model: ConcreteModel) -> Any:
    """Run Pyomo's compiler, and say in plain words what it refuses."""
    from pyomo.common.errors import InfeasibleConstraintException, PyomoException
    from pyomo.environ import Var
    from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

    try:
        # without column_order: with it, Pyomo 6.10 mistakes fixed variables for others
        form = LinearStandardFormCompiler().write(model, mixed_form=True, set_sense=None)
    except InfeasibleConstraintException as error:
        name = str(error).rpartition("constraint, ")[2].strip("'")
        raise InfeasibleError(
            f"the constraint {name} holds no variable and cannot hold", conflict=(name,)
        ) from error
    except (PyomoException, ValueError, TypeError) as error:
        empty = [x.name for x in model.component_data_objects(Var) if x.fixed and x.value is None]
        why = f"{', '.join(empty)} fixed without a value" if empty else str(error)
        raise UsageError(f"the model {model.name!r} is not a linear program: {why}") from error
    if len(form.objectives) > 1:
        names = ", ".join(objective.name for objective in form.objectives)
        raise UsageError(
            f"the model {model.name!r} has {len(form.objectives)} active objectives ({names}): "
            "deactivate all but one"
        )
    return form


def _unused(model: ConcreteModel, columns: Sequence[Any]) -> list[Any]:
    used = {id(variable) for variable in columns}
    return [variable for variable in _free(model) if id(variable) not in used]


def _plain(variables: Sequence[Any]) -> list[Any]:
    """Return the variables whose domain is continuous or all integers of an interval."""
    return [x for x in variables if x.is_continuous() or x.is_integer()]


def _free(model: ConcreteModel) -> list[Any]:
    """Return the variables that are not fixed."""
    from pyomo.environ import Var

    every = model.component_data_objects(Var, active=True)
    return [variable for variable in every if not variable.fixed]


def load(compiled: Compiled, answer: Answer, *, duals: bool = True) -> None:
    """Put an answer into the model: values, and duals where there are any.

    Variables that stand nowhere in the program get the value of their domain nearest to zero; where
    the domain is neither continuous nor all integers of an interval, they keep what they have.

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
    plain = _plain(compiled.unused)
    for variable, number in zip(plain, _nearest_to_zero(plain).tolist(), strict=True):
        variable.set_value(number, skip_validation=True)
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


def _nearest_to_zero(variables: Sequence[Any]) -> Floats:
    lower, upper, integer = domains(variables)
    lower, upper = np.where(integer, [np.ceil(lower), np.floor(upper)], [lower, upper])
    return np.clip(np.zeros(len(variables)), lower, upper)


def _forget(model: ConcreteModel) -> None:
    """Take out of a model what an earlier solve put in: values, duals and reduced costs."""
    from pyomo.environ import Suffix

    for variable in _free(model):
        variable.set_value(None, skip_validation=True)
        variable.stale = True
    for name in ("dual", "rc"):
        if isinstance(model.component(name), Suffix):
            model.component(name).clear()


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

    Without an answer the variables that are not fixed lose their values, and the suffixes ``dual``
    and ``rc`` theirs: what an earlier solve left there would be mistaken for an answer.

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
        As for :func:`amopt.program.solver.highs.solve`.

    Returns
    -------
    Answer
        ``outcome.seconds`` tells compiling, solving and loading apart.

    Raises
    ------
    UsageError, InfeasibleError
        As :func:`compile_model` and :func:`load` do.
    """
    begun = time.perf_counter()
    try:
        compiled = compile_model(model)
    except InfeasibleError:
        _forget(model)
        raise
    point = None
    if start:
        point = np.array(
            [np.nan if x.value is None else x.value for x in compiled.variables], dtype=np.float64
        )
    handed = time.perf_counter()
    answer = solve(compiled.program, options, start=point, progress=progress)
    solved = time.perf_counter()
    if answer.values is None:
        _forget(model)
    else:
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
