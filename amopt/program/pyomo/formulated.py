"""What decisions do alike with an instance's Pyomo model: solve it, read choices off it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from amopt.errors import NoAnswerError, UsageError
from amopt.program.family import Family
from amopt.program.time import Budget

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.outcome import Outcome
    from amopt.program.family import Extend
    from amopt.program.solver.highs import Progress
    from amopt.program.solver.options import Options

__all__ = ["added_rows", "chosen_keys", "model_of", "solve_formulation"]

WHOLE = 1e-4
"""How far from a whole number the values of another solver may be."""


def model_of(
    instance: Any,
    beginning: Sequence[Callable[[Any], None]],
    families: Sequence[Family],
    objective: Callable[[Any], None],
) -> ConcreteModel:
    """Return the model of an instance.

    Parameters
    ----------
    instance
        The instance; it becomes ``model.instance``.
    beginning
        Add sets, variables and what is said in them, in this order.
    families
        The families of constraints; those that the instance states are added.
    objective
        Adds the objective.
    """
    from pyomo.common.gc_manager import PauseGC
    from pyomo.environ import ConcreteModel

    with PauseGC():
        model = ConcreteModel(name=instance.name)
        model.instance = instance
        for add in beginning:
            add(model)
        for family in families:
            if family.is_present(instance):
                family.add(model)
        objective(model)
    return model


def solve_formulation(
    formulate: Callable[[Any], Any],
    families: Sequence[Family],
    instance: Any,
    *,
    options: Options,
    budget: Budget,
    extend: Extend | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> tuple[Any, Outcome]:
    """Return the solved model of an instance, its values loaded, and what the solver said.

    Parameters
    ----------
    formulate
        Returns the model of an instance.
    families
        The families of its constraints, which say why nothing satisfies it.
    instance
        The instance.
    options, budget
        The limits of the solve, and the time of all that is done for the answer.
    extend
        Adds constraints of a caller's own.
    progress
        Called now and then while the solver runs.

    Raises
    ------
    InfeasibleError
        When nothing satisfies the model, with the limits that clash and what would mend it.
    NoAnswerError
        When a limit was reached before any answer was found.
    """
    from amopt.outcome import Status
    from amopt.program.infeasible.explain import explain
    from amopt.program.pyomo import FIXED, compile_model, extended, load
    from amopt.program.solver.highs import solve

    with budget.phase("build"):
        model = formulate(instance)
        extended(model, extend)
        compiled = compile_model(model)
    with budget.phase("solve"):
        answer = solve(compiled.program, budget.options(options), progress=progress)
    outcome = answer.outcome
    if outcome.status is Status.INFEASIBLE:
        every = (*families, FIXED)
        raise explain(compiled.program, every, instance, options, outcome, budget=budget)
    if answer.values is None:
        message = f"no answer was found ({outcome.stopped}): allow more time"
        raise NoAnswerError(message, outcome=outcome)
    load(compiled, answer)
    return model, outcome


def chosen_keys(model: Any, variables: Any) -> list[Any]:
    """Return the keys of the variables that are 1.

    Raises
    ------
    NoAnswerError
        When the model has no values.
    UsageError
        When a value is neither 0 nor 1.
    """
    values = {key: variable.value for key, variable in variables.items()}
    if any(value is None for value in values.values()):
        raise NoAnswerError(f"the model {model.name!r} has no values: solve it first")
    for key, value in values.items():
        if min(abs(value), abs(value - 1)) > WHOLE:
            raise UsageError(f"{variables[key].name} is {value:.6g}, and must be 0 or 1")
    return [key for key, value in values.items() if value > 0.5]


def added_rows(model: Any, families: Sequence[Family]) -> tuple[str, ...]:
    """Return the names of the constraints of a model that no family of the decision adds."""
    own = {name for family in families for name in family.components}
    return tuple(
        row.name
        for component in model.component_objects(active=True)
        if component.ctype.__name__ == "Constraint" and component.name not in own
        for row in component.values()
        if row.active
    )
