"""Values, shadow prices and reduced costs: into a Pyomo model, and out of one.

Signs: duals go into the model's ``dual`` suffix as changes of the objective a unit of the
constraint's right-hand side, for minimisation and maximisation alike, as Pyomo's own interface to
HiGHS writes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import NoAnswerError, UsageError
from amopt.outcome import Outcome, Status, Stopped
from amopt.phrases import listed
from amopt.program.pyomo.compiled import Compiled, compile_model, free_variables
from amopt.program.pyomo.reading.domains import is_plain, nearest_to_zero
from amopt.program.solver.answer import Answer
from amopt.program.solver.digits.polishing import rounded
from amopt.program.solver.digits.residuals import check_primal, excess

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = [
    "forget",
    "load",
    "read_answer",
    "read_values",
    "require_suffixes",
    "rows_of",
]

Floats = NDArray[np.float64]

_NOISE = 1e-3
"""Noise that values of any solver may have, as of :func:`check_primal`."""


def load(compiled: Compiled, answer: Answer, *, duals: bool = True) -> None:
    """Put an answer into the model: values, and duals where there are any.

    Variables that stand nowhere in the program get the value of their domain nearest to zero; where
    the domain is neither continuous nor all integers of an interval, they keep what they have.

    The duals of a linear program go into the suffix ``dual``, its reduced costs into the suffix
    ``rc`` where the model declares one; constraints without a free variable and fixed variables get
    0, as from Pyomo's own interfaces. A suffix ``dual`` that the model does not declare is declared
    as a local one, which no solver of Pyomo's asks for; a mixed-integer program has no duals, and
    nothing is declared.

    Parameters
    ----------
    compiled
        What :func:`~amopt.program.pyomo.compiled.compile_model` returned.
    answer
        What the solver answered.
    duals
        Whether to fill the suffixes; they are emptied where the answer has no duals.

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
    plain = [variable for variable in compiled.unused if is_plain(variable)]
    for variable, number in zip(plain, nearest_to_zero(plain).tolist(), strict=True):
        variable.set_value(number, skip_validation=True)
    if not duals:
        return
    model = compiled.model
    if answer.duals is not None and model.component("dual") is None:
        model.dual = Suffix(direction=Suffix.LOCAL)
    if answer.duals is not None:
        require_suffixes(model)
    _fill(model, "dual", compiled.constraints, answer.duals, compiled.constant)
    if isinstance(model.component("rc"), Suffix):
        _fill(model, "rc", compiled.variables, answer.reduced_costs, _fixed(model))


def require_suffixes(model: ConcreteModel) -> None:
    """Refuse a component ``dual`` that duals cannot be written to.

    Raises
    ------
    UsageError
        When it is not a suffix.
    """
    from pyomo.environ import Suffix

    component = model.component("dual")
    if component is not None and not isinstance(component, Suffix):
        raise UsageError(
            f"the model {model.name!r} has a component named 'dual' that is not a suffix: "
            "rename it, or load the answer without duals"
        )


def _fixed(model: ConcreteModel) -> list[Any]:
    from pyomo.environ import Var

    return [x for x in model.component_data_objects(Var, active=True) if x.fixed]


def _fill(
    model: ConcreteModel,
    name: str,
    members: Sequence[Any],
    numbers: Floats | None,
    zero: Sequence[Any],
) -> None:
    """Write numbers to a suffix, 0 for what has none of its own; empty it without numbers."""
    from pyomo.environ import Suffix

    suffix = model.component(name)
    if not isinstance(suffix, Suffix):
        return
    suffix.clear()
    if numbers is not None:
        suffix.update(zip(members, numbers.tolist(), strict=True))
        suffix.update((member, 0.0) for member in zero)


def forget(model: ConcreteModel) -> None:
    """Take out of a model what an earlier solve put in: values, duals and reduced costs."""
    from pyomo.environ import Suffix

    for variable in free_variables(model):
        variable.set_value(None, skip_validation=True)
        variable.stale = True
    for name in ("dual", "rc"):
        if isinstance(model.component(name), Suffix):
            model.component(name).clear()


def read_values(compiled: Compiled) -> Floats:
    """Return the values that a model's variables have now, in the order of its columns.

    Parameters
    ----------
    compiled
        The model, solved by whatever solver.

    Returns
    -------
    ndarray
        Shape (n,); NaN where a variable has no value.
    """
    values = [variable.value for variable in compiled.variables]
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def read_answer(model: ConcreteModel) -> tuple[Compiled, Answer]:
    """Return the answer that stands in a model, whoever solved it.

    Its values are checked against every constraint, and its objective is recomputed. What a solver
    elsewhere proved is not known here: the status is ``feasible`` and there is no bound.

    Parameters
    ----------
    model
        A solved linear model.

    Raises
    ------
    UsageError
        When variables have no values, or values that break a constraint.
    InfeasibleError
        As :func:`~amopt.program.pyomo.compiled.compile_model` does.
    """
    compiled = compile_model(model)
    program, values = compiled.program, read_values(compiled)
    empty = np.flatnonzero(np.isnan(values)).tolist()
    if empty:
        names = listed([program.column_name(column) for column in empty], most=3)
        raise UsageError(f"the model {model.name!r} is not solved: {names} without a value")
    near = rounded(program, values)
    if near is not None and np.allclose(near, values, rtol=1e-6, atol=1e-6):
        values = near
    check = check_primal(program, values, noise=_NOISE)
    if not check.accepted:
        raise UsageError(
            f"the values in the model {model.name!r} are no plan: {_worst(compiled, values)}"
        )
    outcome = Outcome(
        stopped=Stopped.FINISHED,
        status=Status.FEASIBLE,
        objective=check.objective,
        method="solved elsewhere",
        residuals={"primal": check.primal, "integrality": check.integrality},
    )
    return compiled, Answer(outcome, values)


def _worst(compiled: Compiled, values: Floats) -> str:
    """Return in words what values break most, relative to what it adds up."""
    program = compiled.program
    rows, size = program.matrix @ values, np.abs(values)
    whole = np.where(program.integer, np.abs(values - np.round(values)), 0.0)
    added = abs(program.matrix) @ size
    sides = [
        ("the constraint", program.row_name, rows, added, program.row_lower, program.row_upper),
        ("the variable", program.column_name, values, size, program.lower, program.upper),
    ]
    told = [(float(whole.max(initial=0.0)), "", "")]
    if whole.any():
        column = int(np.argmax(whole))
        name = program.column_name(column)
        told = [(float(whole[column]), f"the variable {name} is {values[column]:g}", "not whole")]
    for kind, name_of, at, of, lower, upper in sides:
        missed = excess(at, lower, upper)
        side = np.abs(np.where(at < lower, lower, upper))
        broken = missed / np.where(missed > 0, np.maximum(of, side), 1.0)
        if broken.any():
            k = int(np.argmax(broken))
            between = f"not between {lower[k]:g} and {upper[k]:g}"
            told.append((float(broken[k]), f"{kind} {name_of(k)} is {at[k]:g}", between))
    _, what, why = max(told)
    return f"{what}, {why}"


def rows_of(model: ConcreteModel, name: str) -> dict[Any, Any]:
    """Return the active constraints of a component by key; none where the model has no such one.

    Parameters
    ----------
    model
        A Pyomo model.
    name
        The component's name. The key of a constraint that is not indexed is None.
    """
    component = model.find_component(name)
    if component is None:
        return {}
    return {key: constraint for key, constraint in component.items() if constraint.active}
