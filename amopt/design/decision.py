"""Solve a design instance: by the fastest method that honours every family of constraints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from amopt.decision import (
    Method,
    answered,
    choose,
    ended,
    judged,
    method_names,
    unseen_limits,
)
from amopt.design import formulation
from amopt.design.answer.solution import DesignSolution
from amopt.design.answer.tables import tables
from amopt.design.choice import Choice
from amopt.design.instance import DesignInstance
from amopt.design.methods import by_program, each_alone
from amopt.design.referee.check import check
from amopt.outcome import Outcome, Status, Stopped, rounded_bound
from amopt.program.family import Extend
from amopt.program.solver.options import Options
from amopt.program.time import Budget

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.program.solver.highs import Progress

__all__ = ["METHODS", "WAYS", "read_back", "solve"]

WAYS = (
    Method("each-alone", "each component by itself, in closed form", honours=each_alone.HONOURS),
    Method("program", "the formulation, by HiGHS"),
)
"""The methods, fastest first; ``program`` is the formulation itself."""

METHODS = method_names(WAYS)
"""What ``solve`` takes as its method; ``auto`` is the first that can answer."""


def solve(
    instance: DesignInstance,
    *,
    method: str = "auto",
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
    extend: Extend | None = None,
) -> DesignSolution:
    """Choose a version of each component and its stock, and have it checked by the referee.

    Parameters
    ----------
    instance
        The instance.
    method
        One of :data:`METHODS`. Both are exact; ``"each-alone"`` answers where no limit ties the
        components together.
    options
        Time limit, gap, threads and seed of the solver.
    progress
        Called now and then while the solver runs.
    extend
        Adds variables and constraints to the Pyomo model, as :func:`amopt.design.formulate`
        returns it, before it is solved.

    Returns
    -------
    DesignSolution
        Its objective is the expected cost over the life of the systems, in money.

    Raises
    ------
    InfeasibleError
        When no choice keeps every limit, with the limits that clash and what would mend it.
    NoAnswerError
        When a limit was reached before any choice was found.
    RefusedError
        When the referee does not accept the answer.
    UsageError
        When there is no such method, it cannot answer this instance, or ``extend`` changes the
        objective.
    """
    way = choose(
        "design", method, WAYS, formulation.FAMILIES, instance, extended=extend is not None
    )
    options = options or Options()
    budget = Budget(options.time_limit)
    if way.name == "each-alone":
        with budget.phase("solve"):
            choice = each_alone.best_choice(instance)
        return _answer(instance, choice, None, (), (budget, way.meaning))
    choice, outcome, model = by_program.best_choice(
        instance, options=options, budget=budget, extend=extend, progress=progress
    )
    return _answer(instance, choice, outcome, by_program.added(model), (budget, way.meaning))


def read_back(model: ConcreteModel, *, bound: float | None = None) -> DesignSolution:
    """Return the solution that a solved model holds, by whatever solver, judged by the referee.

    Parameters
    ----------
    model
        A model of :func:`amopt.design.formulate`, extended or not, with values.
    bound
        The bound that the solver proved, in the model's objective; without one the answer is
        called feasible.

    Raises
    ------
    NoAnswerError
        When the model has no values.
    RefusedError
        When the referee does not accept what the values say.
    UsageError
        When the model is not one of design, or its values are not those of a choice.
    """
    choice = by_program.read(model)
    outcome = Outcome(stopped=Stopped.FINISHED, status=Status.FEASIBLE, bound=bound)
    way = (Budget(), "read back from the model")
    return _answer(model.instance, choice, outcome, by_program.added(model), way)


def _answer(
    instance: DesignInstance,
    choice: Choice,
    found: Outcome | None,
    limits: Sequence[str],
    way: tuple[Budget, str],
) -> DesignSolution:
    """Return the answer that follows from a choice, judged; ``found`` is what the solver said."""
    with way[0].phase("tables"):
        rows = tables(instance, choice, limits)
    objective = float(rows["totals"][0]["total_cost"])
    bound = objective if found is None else found.bound
    size = sum(abs(row["total_cost"]) for row in rows["components"])
    bound = rounded_bound(bound, objective, size)
    outcome = ended(
        found, way, ("amopt", "numpy", "scipy"), objective=objective, bound=bound, scale=size
    )
    notes, meaning = _notes(instance, limits), "expected cost over the life of the systems"
    answer = answered(DesignSolution, instance, outcome, rows, notes=notes, meaning=meaning)
    return judged(instance, answer, partial(check, limits=tuple(limits)))


def _notes(instance: DesignInstance, limits: Sequence[str]) -> tuple[str, ...]:
    """Return what the planner should know."""
    notes = []
    left = [
        words
        for counted, words in (
            (instance.accounting.initial_spares_bought, "the first spares"),
            (instance.accounting.replacements_charged, "the parts of replacements"),
        )
        if not counted
    ]
    if left:
        notes.append(f"The bill leaves out {' and '.join(left)}: see accounting.")
    if limits:
        notes.append(unseen_limits("choice"))
    return tuple(notes)
