"""The formulation handed to the solver, and its answer read as a choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from amopt.design import formulation
from amopt.design.choice import Choice
from amopt.design.instance import DesignInstance
from amopt.errors import UsageError
from amopt.program.family import Extend
from amopt.program.pyomo.formulated import added_rows, chosen_keys, solve_formulation
from amopt.program.time import Budget

if TYPE_CHECKING:
    from amopt.outcome import Outcome
    from amopt.program.solver.highs import Progress
    from amopt.program.solver.options import Options

__all__ = ["added", "best_choice", "read"]

KNOWN = formulation.FAMILIES
"""The families that the referee knows: those that the decision came with."""


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
    model, outcome = solve_formulation(
        formulation.formulate,
        formulation.FAMILIES,
        instance,
        options=options,
        budget=budget,
        extend=extend,
        progress=progress,
    )
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
    versions: dict[str, str] = dict(chosen_keys(model, model.choose))
    levels = {
        component.name: np.zeros(len(instance.installed_base), dtype=np.int64)
        for component in instance.components
    }
    position = {systems: index for index, systems in enumerate(model.probability)}
    kept = 0
    for c, v, w, level in chosen_keys(model, model.level):
        kept += versions.get(c) == v
        levels[c][position[w]] = level
    if len(versions) != len(levels) or kept != len(levels) * len(position):
        raise UsageError(f"the values of {model.name!r} do not choose one version and one level")
    return Choice(versions, levels)


def added(model: Any) -> tuple[str, ...]:
    """Return the names of the constraints that the instance does not state."""
    return added_rows(model, KNOWN)
