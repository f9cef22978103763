"""Solve a printing instance: by the fastest method that honours every family of constraints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from amopt.decision import Method, choose, judged, method_names
from amopt.instance.suggest import shown
from amopt.outcome import Outcome, Status, Stopped, rounded_bound, versions
from amopt.phrases import money
from amopt.printing import closed_form, formulation
from amopt.printing.answer.policies import Compared, compared_policies
from amopt.printing.answer.solution import PrintingSolution
from amopt.printing.answer.tables import tables
from amopt.printing.instance import REPORTED_DAYS, PrintingInstance
from amopt.printing.methods import by_process, collapsed, prices
from amopt.printing.methods.confirmation import confirmed
from amopt.printing.parameters import Parameters
from amopt.printing.policy import Optimum, Policy
from amopt.printing.referee.check import check
from amopt.program.family import Extend
from amopt.program.solver.options import Options
from amopt.program.time import Budget
from amopt.solution import Table
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.program.solver.highs import Progress

__all__ = [
    "METHODS",
    "WAYS",
    "best_policy",
    "optimum",
    "program_options",
    "read_back",
    "solve",
    "unlooked_at",
]


WAYS = (
    Method("closed", "the cost of a cycle in closed form", honours=closed_form.HONOURS),
    Method(
        "prices",
        "prices on what parts share, each part in closed form",
        honours=prices.HONOURS,
        obstacle=prices.obstacle,
    ),
    Method("collapsed", "linear program of the collapsed process", obstacle=collapsed.obstacle),
    *(
        Method(
            name,
            meaning,
            honours=by_process.HONOURS,
            obstacle=partial(by_process.obstacle, name),
            automatic=False,
        )
        for name, meaning in (
            ("factored", "linear program of the full process, one print at a time"),
            ("full", "linear program of the full process"),
            ("policy_iteration", "policy iteration, one print at a time"),
            ("modified_policy_iteration", "modified policy iteration, one print at a time"),
            ("value_iteration", "value iteration, one print at a time"),
        )
    ),
)
"""The methods, fastest first; ``collapsed`` is the formulation itself."""

METHODS = method_names(WAYS)
"""What ``solve`` takes as its method; ``auto`` is the first that can answer."""

READ_BACK = "read back from the model"

CLOSE = 1e-6
"""Relative gap up to which an answer is optimal."""


def program_options(method: str) -> dict[str, str]:
    """Return the options of :func:`~amopt.printing.formulate` for the program of a method.

    What is no linear program solves the same problem as the collapsed one.
    """
    return {"form": method if method in formulation.FORMS else "collapsed"}


def optimum(
    instance: PrintingInstance,
    method: str,
    *,
    printer: bool = True,
    expediting: bool = True,
    options: Options,
    extend: Extend | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Optimum:
    """Find the best policy of every part by one method, from all sources or from some."""
    sources = {"printer": printer, "expediting": expediting}
    if method == "prices":
        return prices.best_policy(instance, **sources, options=options, progress=progress)
    if method == "collapsed":
        return collapsed.best_policy(
            instance, **sources, options=options, extend=extend, progress=progress
        )
    parameters = instance.parameters.with_sources(**sources)
    if method == "closed":
        policy = closed_form.best_policy(parameters)
        return Optimum(policy, closed_form.cycle_cost(parameters, policy))
    return by_process.best_policy(parameters, method, options=options, progress=progress)


def solve(
    instance: PrintingInstance,
    *,
    method: str = "auto",
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
    extend: Extend | None = None,
    certify: bool = False,
) -> PrintingSolution:
    """Find what to stock and what to print, and have it checked by the referee.

    Parameters
    ----------
    instance
        The instance.
    method
        One of :data:`METHODS`. All are exact and give the same answer; they differ in what they can
        be extended by, and in speed.
    options
        Time limit, threads and seed of the solver.
    progress
        Called now and then by solvers that report.
    extend
        Adds variables and constraints to the Pyomo model, as :func:`amopt.printing.formulate`
        returns it, before it is solved: once with the printer, and once without, for comparison.
    certify
        Whether the collapsed linear program is solved, too, where another method answers: it has to
        come to the same cost, and a note says so.

    Returns
    -------
    PrintingSolution
        Its objective is the expected discounted cost of all parts from empty shelves right at a
        replenishment, or their average cost a day. Its bound is proven by the referee; with limits
        that were added, by the solver.

    Raises
    ------
    InfeasibleError
        When no plan meets what was added.
    NoAnswerError
        When a limit was reached before the optimum; no other plan is given away as one.
    RefusedError
        When the referee does not accept the answer.
    UsageError
        When there is no such method, or it cannot answer this instance.
    """
    way = choose(
        "printing", method, WAYS, formulation.FAMILIES, instance, extended=extend is not None
    )
    options = options or Options()
    budget = Budget(options.time_limit)
    find = partial(optimum, instance, way.name, extend=extend, progress=progress)
    with budget.phase("solve"):
        found = find(options=options)
        budget.require("the policy without a printer was found")
        quick = choose("printing", "auto", WAYS, formulation.FAMILIES, instance).name
        other = partial(optimum, instance, quick, progress=progress)
        ways = (find,) if extend is not None else (find, other)
        compared = compared_policies(instance, ways, lambda: budget.options(options))
    says: tuple[str, ...] = ()
    if certify:
        with budget.phase("certify"):
            says = (_certified(instance, way, found, budget.options(options), progress),)
    return _answer(instance, found, compared, budget, way.meaning, says=says)


def _certified(
    instance: PrintingInstance,
    way: Method,
    found: Optimum,
    options: Options,
    progress: Callable[[Progress], None] | None,
) -> str:
    """Return what the collapsed program says of an answer, in words."""
    if way.name == "collapsed":
        return "The collapsed linear program answered itself: nothing else is asked to confirm it."
    cost, bound = confirmed(instance, found, options=options, progress=progress)
    return (
        f"The collapsed linear program confirms this answer of {way.name!r} ({way.meaning}): its "
        f"optimum is {cost:.9g} {instance.currency} a cycle, and its duals prove that no plan "
        f"costs less than {bound:.9g}."
    )


def best_policy(instance: PrintingInstance, *, options: Options | None = None) -> Policy:
    """Return the best policy of every part, as ``solve`` finds it, without its tables.

    Raises
    ------
    InfeasibleError, NoAnswerError
        As for :func:`solve`.
    """
    way = choose("printing", "auto", WAYS, formulation.FAMILIES, instance)
    return optimum(instance, way.name, options=options or Options()).policy


def read_back(model: ConcreteModel, *, bound: float | None = None) -> PrintingSolution:
    """Return the solution that a solved model holds, by whatever solver, judged by the referee.

    The policy is read from the model and evaluated exactly. What it is compared with, the policy
    without a printer, is the best one without limits of your own.

    Parameters
    ----------
    model
        A model of :func:`amopt.printing.formulate` in its form ``"collapsed"``, extended or not,
        with values; its suffix ``dual`` is read where there is one.
    bound
        What the solver proved that a cycle of all parts costs at least, in money; left out, what
        the referee proves without what was added.

    Raises
    ------
    NoAnswerError
        When the model has no values.
    RefusedError
        When the referee does not accept what the values say.
    UsageError
        When the model is not one of printing.
    """
    collapsed.require_printing(model)
    budget = Budget()
    found = collapsed.read(model, bound=bound)
    instance: PrintingInstance = model.instance
    way = choose("printing", "auto", WAYS, formulation.FAMILIES, instance)
    find = partial(optimum, instance, way.name)
    return _answer(
        instance, found, compared_policies(instance, (find,), Options), budget, READ_BACK
    )


def _answer(
    instance: PrintingInstance,
    found: Optimum,
    compared: Compared,
    budget: Budget,
    meaning: str,
    *,
    says: tuple[str, ...] = (),
) -> PrintingSolution:
    """Return the answer that follows from the policies, judged; ``says`` are notes of its own."""
    with budget.phase("tables"):
        rows = tables(instance, found, compared)
    answer = PrintingSolution(
        kind=instance.kind,
        name=instance.name,
        outcome=replace(_outcome(instance.parameters, found, meaning), seconds=budget.seconds),
        verdict=Verdict(),
        rows=rows,
        notes=(*says, *_notes(instance, rows, found)),
        currency=instance.currency,
        instance=instance,
        objective_meaning=(
            "average cost a day" if instance.parameters.is_average else "discounted cost"
        ),
    )
    answer = judged(instance, answer, partial(check, limits=tuple(found.limits)))
    outcome, proven = answer.outcome, answer.verdict.measures
    assert outcome.objective is not None
    bound = outcome.objective - proven["proven_error"]
    if (found.limits or found.duals) and outcome.bound is not None:
        bound = max(bound, outcome.bound)
    residuals = {**outcome.residuals, "bellman": proven["bellman_residual"]}
    near = outcome.objective - bound <= CLOSE * abs(outcome.objective)
    status = Status.OPTIMAL if near else outcome.status
    outcome = replace(outcome, bound=bound, residuals=residuals, status=status)
    return replace(answer, outcome=outcome)


def _outcome(parameters: Parameters, found: Optimum, meaning: str) -> Outcome:
    """Return the outcome before the referee has spoken.

    Without limits of a caller's own it claims the optimum, which the referee has to prove.
    """
    cost = closed_form.cycle_cost(parameters, found.policy)
    days, discount = parameters.cycle_days, parameters.discount
    horizon = days if parameters.is_average else -np.expm1(days * np.log(discount))
    objective = float(cost.sum() / horizon)
    bound: float | None = objective
    scale = float(np.abs(cost).sum() / horizon)
    if found.limits or found.duals:
        bound = None if found.bound is None else float(found.bound / horizon)
        bound = rounded_bound(bound, objective, scale)
    proven = bound is not None and abs(objective - bound) <= CLOSE * scale
    return Outcome(
        stopped=Stopped.FINISHED,
        status=Status.OPTIMAL if proven else Status.FEASIBLE,
        objective=objective,
        bound=bound,
        method=f"{meaning} ({found.solver})" if found.solver else meaning,
        versions=versions("amopt", "numpy", "scipy", *(["highspy"] if found.solver else [])),
        residuals={"objective": float(np.abs(found.cycle_cost - cost).max(initial=0.0))},
        iterations=found.iterations or None,
    )


def unlooked_at(instance: PrintingInstance) -> Iterator[str]:
    """Yield what the file states of which an answer of the base model knows nothing."""
    if instance.convoys is not None:
        yield (
            "This answer takes every replenishment to come; what convoys states is looked at by: "
            "amopt printing convoys."
        )
    if instance.most_prints_per_day is not None:
        yield (
            "This answer takes the printer to be free; what most_prints_per_day states is looked "
            "at by: amopt printing busy."
        )


def _notes(instance: PrintingInstance, rows: dict[str, Table], found: Optimum) -> tuple[str, ...]:
    """Return what the planner should know."""
    notes = list(unlooked_at(instance))
    if instance.uncertain_rates:
        notes.append(
            "The plan takes the failure rates as the file states them; what it costs that some are "
            "uncertain: amopt printing uncertainty FILE."
        )
    if instance.network is not None:
        cheapest, dearest = instance.transport_cost.min(), instance.transport_cost.max()
        span = f"{cheapest:g}" if cheapest == dearest else f"{cheapest:g} to {dearest:g}"
        notes.append(
            f"Transport from {instance.supplied_from} to {instance.place} adds {span} "
            f"{instance.currency} to the order cost of a part; orders are decided when the "
            "replenishment arrives, whatever its transport takes."
        )
    if found.limits:
        notes.append(
            "The program had limits that the instance does not state (table limits). The referee "
            "has not seen them: it checked what the plan does and costs, and that it costs no less "
            "than the best plan without them."
        )
    if found.pure is not None:
        cycles = REPORTED_DAYS / instance.cycle_days
        least = cycles * found.pure.bound - rows["totals"][0]["yearly_unavoidable_cost"]
        kind = "with one level and two thresholds a part" if found.pure.is_proven else "at all"
        notes.append(
            f"No plan that does not mix, {kind}, costs less than "
            f"{money(least, instance.currency)} a year (table deterministic)."
            + (
                " One that looks at how many systems wait may, but not less than the mix."
                if found.pure.is_proven
                else ""
            )
        )
    if not rows["single_source"]:
        notes.append("Without a printer no plan meets these limits.")
    below = [
        row["part"]
        for row in rows["parts"]
        if min(row["yearly_cost"], row["single_source_yearly_cost"] or 0.0)
        < -1e-9 * row["yearly_unavoidable_cost"]
    ]
    if below:
        why = (
            "that of a fleet that is always up, and so fails more often"
            if instance.parameters.is_average
            else "undiscounted, while costs later in a cycle are discounted"
        )
        notes.append(
            f"The yearly cost of {shown(below[0])}"
            f"{f' and of {len(below) - 1:,} others' if below[1:] else ''} is below 0: from what is "
            f"spent the unavoidable cost is subtracted, {why}."
        )
    return tuple(notes)
