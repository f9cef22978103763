"""Solve a screening instance: judge, rank, and choose which parts to examine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amopt.decision import Method, answered, choose, judged, method_names, proven
from amopt.errors import InfeasibleError, NoAnswerError, UsageError
from amopt.instance.suggest import shown
from amopt.outcome import Outcome, Status, Stopped, rounded_bound, versions
from amopt.phrases import counted, listed
from amopt.program.family import Extend
from amopt.program.infeasible.explain import explain
from amopt.program.pyomo import FIXED, compile_model, extended, load, read_answer
from amopt.program.solver.highs import Progress
from amopt.program.solver.highs import solve as solve_arrays
from amopt.program.solver.options import Options
from amopt.program.time import Budget
from amopt.screening import formulation
from amopt.screening.answer.solution import ScreeningSolution
from amopt.screening.answer.tables import tables
from amopt.screening.candidates import Candidates
from amopt.screening.instance import ScreeningInstance
from amopt.screening.instance.words import WRONG_MATERIAL
from amopt.screening.methods import reduced
from amopt.screening.methods.arrays import arrays_of
from amopt.screening.referee.check import check

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["METHODS", "WAYS", "read_back", "solve"]

Bools = NDArray[np.bool_]

WAYS = (
    Method(
        "reduced",
        "arrays, most columns settled by reduced costs, and HiGHS on the rest",
        honours=reduced.HONOURS,
    ),
    Method("program", "the formulation, by HiGHS"),
)
"""The methods, fastest first."""

METHODS = method_names(WAYS)
"""What ``solve`` takes as its method; ``auto`` is the first that can answer."""

MOST_MATERIALS = 4
"""Materials of no machine that a note names."""


def solve(
    instance: ScreeningInstance,
    *,
    method: str = "auto",
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
    extend: Extend | None = None,
) -> ScreeningSolution:
    """Judge and rank all parts, choose which to examine, and have it checked by the referee.

    Parameters
    ----------
    instance
        The instance.
    method
        One of :data:`METHODS`; all are exact.
    options
        Time limit, gap, threads and seed of the solver.
    progress
        Called now and then while the solver runs.
    extend
        Adds variables and constraints to the Pyomo model, as :func:`amopt.screening.formulate`
        returns it, before it is solved.

    Raises
    ------
    InfeasibleError
        When no choice keeps every limit, with the limits that clash and the least changes.
    NoAnswerError
        When a limit was reached before any choice was found.
    RefusedError
        When the referee does not accept the answer.
    UsageError
        When there is no such method, it cannot answer this instance, or ``extend`` changes the
        objective.
    """
    way = choose(
        "screening", method, WAYS, formulation.FAMILIES, instance, extended=extend is not None
    )
    options = options or Options()
    budget = Budget(options.time_limit)
    with budget.phase("judge and rank"):
        candidates = Candidates.of(instance)
    budget.require("the parts were judged")
    if way.name == "reduced":
        chosen, outcome = _by_arrays(candidates, options, budget, progress)
    else:
        chosen, outcome = _by_program(candidates, options, budget, progress, extend)
    return _answer(candidates, chosen, replace(outcome, method=_method(way, outcome)), budget)


def _method(way: Method, outcome: Outcome) -> str:
    return f"{way.meaning} ({outcome.method})" if outcome.method else way.meaning


def _by_arrays(
    candidates: Candidates,
    options: Options,
    budget: Budget,
    progress: Callable[[Progress], None] | None,
) -> tuple[Bools, Outcome]:
    """Choose by the reduced arrays."""
    with budget.phase("build"):
        program = arrays_of(candidates)
    with budget.phase("solve"):
        found = reduced.solve_reduced(program, options, budget, progress)
    if found.values is None:
        if found.outcome.status is Status.INFEASIBLE:
            raise explain(
                program,
                formulation.FAMILIES,
                candidates.instance,
                options,
                found.outcome,
                budget=budget,
            )
        raise _nothing(found.outcome)
    return found.values[: len(candidates)] > 0.5, found.outcome


def _by_program(
    candidates: Candidates,
    options: Options,
    budget: Budget,
    progress: Callable[[Progress], None] | None,
    extend: Extend | None,
) -> tuple[Bools, Outcome]:
    """Choose by the formulation."""
    with budget.phase("build"):
        model = extended(formulation.build(candidates), extend)
        families = (*formulation.FAMILIES, FIXED)
        try:
            compiled = compile_model(model)
        except InfeasibleError:
            if extend is not None:
                raise
            raise explain(
                arrays_of(candidates), families, candidates.instance, options, budget=budget
            ) from None
    with budget.phase("solve"):
        answer = solve_arrays(compiled.program, budget.options(options), progress=progress)
    if answer.outcome.status is Status.INFEASIBLE:
        raise explain(
            compiled.program,
            families,
            candidates.instance,
            options,
            answer.outcome,
            budget=budget,
        )
    if answer.values is None:
        raise _nothing(answer.outcome)
    load(compiled, answer, duals=False)
    return _chosen(model), answer.outcome


def _nothing(outcome: Outcome) -> NoAnswerError:
    message = f"no choice was found ({outcome.stopped}); allow more time, or a larger gap"
    return NoAnswerError(message, outcome=outcome)


def _chosen(model: ConcreteModel) -> Bools:
    """Return which candidates a solved model chooses; what stands nowhere is not chosen."""
    values = (variable.value for variable in model.examine.values())
    return np.array([value is not None and value > 0.5 for value in values], dtype=bool)


def read_back(model: ConcreteModel, *, bound: float | None = None) -> ScreeningSolution:
    """Return the solution that a solved model holds, by whatever solver, judged by the referee.

    Parameters
    ----------
    model
        A model of :func:`amopt.screening.formulate`, extended or not, with values.
    bound
        The bound that the solver proved: no choice is worth more.

    Raises
    ------
    NoAnswerError
        When the model has no values.
    RefusedError
        When the referee does not accept what the values say.
    UsageError
        When the model is not one of screening.
    """
    candidates = getattr(model, "candidates", None)
    if not isinstance(candidates, Candidates):
        raise UsageError(f"the model {model.name!r} is not one that amopt.screening formulated")
    if len(candidates):
        read_answer(model)
    chosen = _chosen(model)
    objective = float(candidates.value[chosen].sum())
    outcome = Outcome(
        stopped=Stopped.FINISHED,
        status=proven(objective, bound),
        objective=objective,
        bound=bound,
        method="read back from the model",
        versions=versions("amopt", "pyomo"),
    )
    return _answer(candidates, chosen, outcome, Budget())


def _answer(
    candidates: Candidates, chosen: Bools, outcome: Outcome, budget: Budget
) -> ScreeningSolution:
    """Return the answer that follows from a choice, judged."""
    instance = candidates.instance
    with budget.phase("tables"):
        rows = tables(candidates, chosen)
    objective = float(candidates.value[chosen].sum())
    bound = rounded_bound(outcome.bound, objective, maximise=True)
    outcome = replace(outcome, objective=objective, bound=bound, seconds=dict(budget.seconds))
    notes, meaning = _notes(candidates), instance.examination.maximise.replace("_", " ")
    answer = answered(
        ScreeningSolution, instance, outcome, rows, notes=notes, meaning=meaning, instance=instance
    )
    return judged(instance, answer, check)


def _notes(candidates: Candidates) -> tuple[str, ...]:
    """Return what the planner should know."""
    notes = []
    unknown = int(np.isnan(candidates.saving[candidates.place]).sum())
    if unknown and candidates.instance.examination.maximise == "expected_saving":
        notes.append(
            f"Of {counted(unknown, 'part')} that no rule rejects, what printing saves is not known "
            "(costs or demand are missing): they count as 0."
        )
    if refused := _materials_of_none(candidates):
        notes.append(f"No machine works {refused}: check the spelling where one should.")
    most = candidates.instance.ranking.largest_consistency_ratio
    off = [
        name for name, one in candidates.ranks.weights.judged.items() if one.consistency_ratio > 0.1
    ]
    if off:
        notes.append(
            f"The judgements of {listed(off)} are less consistent than a ratio of 0.1, which is "
            f"taken as good; the instance allows {most:g}."
        )
    return tuple(notes)


def _materials_of_none(candidates: Candidates) -> str:
    """Return the materials that no machine works, with how many parts are of each; those first."""
    judged, texts = candidates.eligibility, candidates.instance.parts.text("material")
    if WRONG_MATERIAL not in judged.reasons or not texts.words:
        return ""
    refused = judged.reason == judged.reasons.index(WRONG_MATERIAL)
    counts = np.bincount(texts.code[refused], minlength=len(texts.words))
    order = np.argsort(-counts, kind="stable")[: int((counts > 0).sum())]
    said = [f"{shown(texts.words[k])} ({counted(int(counts[k]), 'part')})" for k in order]
    return listed(said, most=MOST_MATERIALS)
