"""The formulation handed to the solver, and its answer read as a choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from amopt.decision import Extend
from amopt.design import formulation
from amopt.design.choice import Choice
from amopt.design.instance import DesignInstance
from amopt.errors import NoAnswerError, UsageError
from amopt.program.time import Budget

if TYPE_CHECKING:
    from amopt.program.solver.highs import Progress
    from amopt.program.solver.options import Options
    from amopt.program.solver.outcome import Outcome

__all__ = ["added", "best_choice", "read"]

OWN = frozenset(name for family in formulation.FAMILIES for name in family.components)
"""The constraints of the families that the referee knows."""

WHOLE = 1e-4
"""How far from a whole number the values of another solver may be."""


def best_choice(
    instance: DesignInstance,
    *,
    options: Options,
    budget: Budget,
    extend: Extend | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> tuple[Choice, Outcome, Any]:
    """Return the best choice by the program, with what the solver said and the model.

    Raises
    ------
    InfeasibleError
        When no choice keeps every limit.
    NoAnswerError
        When a limit was reached before any choice was found.
    """
    from amopt.program.infeasible.explain import explain
    from amopt.program.pyomo import FIXED, compile_model, extended, load
    from amopt.program.solver.highs import solve
    from amopt.program.solver.outcome import Status

    with budget.phase("build"):
        model = formulation.formulate(instance)
        extended(model, extend)
        compiled = compile_model(model)
    with budget.phase("solve"):
        answer = solve(compiled.program, budget.options(options), progress=progress)
    outcome = answer.outcome
    if outcome.status is Status.INFEASIBLE:
        raise explain(
            compiled.program,
            (*formulation.FAMILIES, FIXED),
            instance,
            budget.options(options),
            outcome,
        )
    if answer.values is None:
        raise NoAnswerError(
            f"no choice was found ({outcome.stopped}): allow more time", outcome=outcome
        )
    load(compiled, answer)
    return read(model), outcome, model


def read(model: Any) -> Choice:
    """Return the choice that the values of a model say.

    Raises
    ------
    NoAnswerError
        When the model has no values.
    UsageError
        When the model is not one of design, or its values choose no one version and level.
    """
    instance = getattr(model, "instance", None)
    if not isinstance(instance, DesignInstance) or not hasattr(model, "choose"):
        raise UsageError(f"the model {model.name!r} is not one that amopt.design formulated")
    versions: dict[str, str] = dict(_taken(model, model.choose))
    levels = {
        component.name: np.zeros(len(instance.installed_base), dtype=np.int64)
        for component in instance.components
    }
    position = {systems: index for index, systems in enumerate(model.probability)}
    kept = 0
    for c, v, w, level in _taken(model, model.level):
        kept += versions.get(c) == v
        levels[c][position[w]] = level
    if len(versions) != len(levels) or kept != len(levels) * len(position):
        raise UsageError(f"the values of {model.name!r} do not choose one version and one level")
    return Choice(versions, levels)


def _taken(model: Any, variables: Any) -> list[Any]:
    """Return the keys of the variables that are 1."""
    values = {key: variable.value for key, variable in variables.items()}
    if any(value is None for value in values.values()):
        raise NoAnswerError(f"the model {model.name!r} has no values: solve it first")
    for key, value in values.items():
        if min(abs(value), abs(value - 1)) > WHOLE:
            raise UsageError(f"{variables[key].name} is {value:.6g}, and must be 0 or 1")
    return [key for key, value in values.items() if value > 0.5]


def added(model: Any) -> tuple[str, ...]:
    """Return the names of the constraints that the instance does not state."""
    return tuple(
        row.name
        for component in model.component_objects(active=True)
        if component.ctype.__name__ == "Constraint" and component.name not in OWN
        for row in component.values()
        if row.active
    )
