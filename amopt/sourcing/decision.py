"""Solve a sourcing instance: by the fastest method that honours every family of constraints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from amopt.decision import Method, choose, judged, method_names, proven
from amopt.errors import InfeasibleError, NoAnswerError, UsageError
from amopt.instance.collector_pause import collector_paused
from amopt.outcome import Outcome, Status, Stopped, rounded_bound, versions
from amopt.program.ctrl_c import completing
from amopt.program.family import Extend
from amopt.program.solver.options import Options
from amopt.program.time import Budget
from amopt.sourcing import formulation
from amopt.sourcing.answer.assembly import answer_of, switchover
from amopt.sourcing.answer.solution import SourcingSolution
from amopt.sourcing.answer.tables import tables
from amopt.sourcing.evaluation import Evaluation, evaluate
from amopt.sourcing.methods import corrected_rule, frontier_rule, prices
from amopt.sourcing.methods.refine import NoPlanError, by_program, exact
from amopt.sourcing.offers.analysis import Analysis, analysis_of
from amopt.sourcing.offers.segments import Segments
from amopt.sourcing.offers.supply_options import SupplyOptions
from amopt.sourcing.referee.check import check

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.program.solver.highs import Progress
    from amopt.sourcing.instance.fields import Instance

__all__ = ["METHODS", "WAYS", "read_back", "solve"]

WAYS = (
    Method(
        "prices",
        "prices on what lines share, each line by itself, and HiGHS on what is left",
        honours=prices.HONOURS,
    ),
    Method("program", "the formulation, by HiGHS"),
    Method(
        "frontier",
        "the frontier rule, without a bound",
        honours=frontier_rule.HONOURS,
        automatic=False,
    ),
    Method(
        "corrected-frontier",
        "the frontier rule with the tooling counted once, without a bound",
        honours=corrected_rule.HONOURS,
        automatic=False,
    ),
)
"""The methods, fastest first."""

SHORT = (
    "Or state what a part that is not supplied costs, unmet_penalty_per_part on the lines that may "
    "go short: the plan then covers what it can."
)
"""What is said of every file that has no plan, and would have one so."""

METHODS = method_names(WAYS)
"""What ``solve`` takes as its method; ``auto`` is the first that can answer."""

Granted = Mapping[tuple[str, str | None], tuple[float, float]]


def solve(
    instance: Instance,
    *,
    method: str = "auto",
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
    register: str | Path | None = None,
    extend: Extend | None = None,
    explain: bool = True,
) -> SourcingSolution:
    """Decide what to order from whom, and have it checked by the referee.

    Parameters
    ----------
    instance
        The instance.
    method
        ``"prices"``: by prices on what lines share, to a proven bound. ``"program"``: the
        formulation itself, to a proven bound. ``"frontier"``: the frontier rule, without a bound;
        ``"corrected-frontier"``: the same with the tooling counted once.
        ``"auto"``: the first of the former two that honours every family of constraints.
    options
        Time limit, gap, threads and seed of the solver.
    progress
        Called now and then while the solver runs.
    register
        A licence register: only what is left of each licence counts.
    extend
        Adds variables and constraints to the Pyomo model, as :func:`amopt.sourcing.formulate`
        returns it, before it is solved. Where powers are fitted it is called once for each
        refinement, with a new model.
    explain
        Whether to look for the limits that clash where there is no plan, which takes more solves.

    Raises
    ------
    InfeasibleError
        When no plan keeps every limit, with the limits that clash and the least changes.
    NoAnswerError
        When a limit was reached before any plan was found, or the frontier rule finds none.
    RefusedError
        When the referee does not accept the answer.
    UsageError
        When there is no such method, it cannot answer this instance, or ``extend`` changes the
        objective.
    """
    way = choose(
        "sourcing", method, WAYS, formulation.FAMILIES, instance, extended=extend is not None
    )
    options = options or Options()
    budget = Budget(options.time_limit)
    head, granted = "", _granted(instance)
    if register is not None:
        instance, head, granted = _registered(instance, register)
    with budget.phase("prepare"), collector_paused():
        supply = SupplyOptions.of(instance)
        rule, compared = _rule(supply)
    try:
        if way.name == "frontier":
            plan = evaluate(supply, frontier_rule.as_ordered(supply, rule[0].quantity))
            outcome = frontier_rule.outcome_of(plan, rule[1])
        elif way.name == "corrected-frontier":
            quantity, unfilled = corrected_rule.corrected_plan(supply.alone, compared)
            plan = evaluate(supply, frontier_rule.as_ordered(supply, quantity))
            outcome = frontier_rule.outcome_of(plan, unfilled, "corrected frontier rule")
        elif way.name == "prices":
            plan, outcome = prices.by_prices(supply, options, progress, budget)
        else:
            plan, outcome = by_program(supply, options, progress, extend=extend, budget=budget)
    except (InfeasibleError, NoPlanError) as error:
        if not explain:
            raise _unexplained(error) from None
        raise _why(instance, error, options, extend, budget) from None
    with completing(outcome.stopped), collector_paused():
        with budget.phase("tables"):
            rows = tables(plan, rule, switchover(supply.alone, compared), granted)
            if register is not None:
                rows["register"] = [{"file": str(register), "head": head}]
        outcome = replace(outcome, seconds=dict(budget.seconds))
        return judged(instance, answer_of(supply, plan, rule[0], rows, outcome), check)


def read_back(model: ConcreteModel, *, bound: float | None = None) -> SourcingSolution:
    """Return the solution that a solved model holds, by whatever solver, judged by the referee.

    Only what is ordered is read from the model: quantities are rounded to what can be ordered, and
    the plan is evaluated on the offers themselves. Where a power is fitted, the model's pieces lie
    below it: the plan then costs more than the model said, and a bound of the model holds for the
    instance too.

    Parameters
    ----------
    model
        A model of :func:`amopt.sourcing.formulate`, extended or not, with values.
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
        When the model is not one of sourcing, or its values do not belong to whole parts.
    """
    supply, segments = getattr(model, "supply", None), getattr(model, "segments", None)
    if not isinstance(supply, SupplyOptions) or not isinstance(segments, Segments):
        raise UsageError(f"the model {model.name!r} is not one that amopt.sourcing formulated")
    values = [variable.value for variable in model.quantity.values()]
    if any(value is None for value in values):
        raise NoAnswerError(f"the model {model.name!r} has no values: solve it first")
    parts = segments.by_option(np.array(values, dtype=float), len(supply))
    quantity = exact(supply, parts)
    moved = np.abs(quantity - parts) > 1e-4 * np.maximum(1.0, parts)
    if moved.any():
        o = int(np.flatnonzero(moved)[0])
        raise UsageError(
            f"the model orders {parts[o]:.10g} parts from {supply.supplier[o]!r} for the line "
            f"{supply.instance.lines[supply.line[o]].line!r}, which takes whole parts only"
        )
    plan = evaluate(supply, quantity)
    outcome = Outcome(
        stopped=Stopped.FINISHED,
        status=proven(plan.objective, bound),
        objective=plan.objective,
        bound=rounded_bound(bound, plan.objective),
        method="read back from the model",
        versions=versions("amopt", "pyomo"),
    )
    rule, compared = _rule(supply)
    rows = tables(plan, rule, switchover(supply.alone, compared), _granted(supply.instance))
    return judged(supply.instance, answer_of(supply, plan, rule[0], rows, outcome), check)


Rule = tuple[Evaluation, tuple[str, ...]]


def _rule(supply: SupplyOptions) -> tuple[Rule, tuple[np.ndarray, Analysis]]:
    """Return the frontier rule's plan with the lines it leaves open, and the comparisons.

    Both look at one line at a time, as the source does: each line's orders are its own.
    """
    alone = supply.alone
    compared = analysis_of(alone)
    quantity, unfilled = frontier_rule.frontier_plan(alone, compared)
    return (evaluate(alone, quantity), unfilled), compared


def _granted(instance: Instance) -> Granted:
    """Return the prints that each licence grants, and that none of them is recorded."""
    return {(entry.part, entry.supplier): (entry.prints, 0.0) for entry in instance.licences}


def _registered(instance: Instance, register: str | Path) -> tuple[Instance, str, Granted]:
    """Return the instance with what the register leaves, its head, and what it records."""
    from amopt.sourcing.register.register import Register, recorded_beside, with_register

    opened = Register.open(register)
    recorded = recorded_beside(instance, opened)
    granted = {key: (prints, recorded[key]) for key, (prints, _) in _granted(instance).items()}
    return with_register(instance, opened), opened.chain().head, granted


def _why(
    instance: Instance,
    error: InfeasibleError | NoPlanError,
    options: Options,
    extend: Extend | None,
    budget: Budget,
) -> InfeasibleError | NoAnswerError:
    """Return why there is no plan."""
    outcome = error.outcome
    if isinstance(error, NoPlanError) and error.outcome.status is not Status.INFEASIBLE:
        return _unexplained(error)
    from amopt.sourcing.infeasible import explain

    told = explain(instance, options, outcome, extend=extend, budget=budget)
    if isinstance(told, InfeasibleError) and extend is None and _may_go_short(instance):
        told.add_note(SHORT)
    return told


def _unexplained(error: InfeasibleError | NoPlanError) -> InfeasibleError | NoAnswerError:
    """Return that there is no plan, or that none was found."""
    if isinstance(error, InfeasibleError):
        return error
    outcome = error.outcome
    if outcome.status is Status.INFEASIBLE:
        return InfeasibleError("no plan keeps every limit", outcome=outcome)
    words = f"no plan was found ({outcome.stopped}); allow more time, or a larger gap"
    return NoAnswerError(words, outcome=outcome)


def _may_go_short(instance: Instance) -> bool:
    """Return whether a penalty on every line would make a plan possible: that of no new orders."""
    wholly = not instance.committed and not instance.shares
    return wholly and any(line.unmet_penalty_per_part is None for line in instance.lines)
