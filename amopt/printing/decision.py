"""Solve a printing instance, by the form of the problem that the caller chooses."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from amopt.errors import NoAnswerError, RefusedError, UsageError
from amopt.instance.suggest import closest, did_you_mean, shown
from amopt.printing.answer.solution import PrintingSolution, tables
from amopt.printing.instance import PrintingInstance
from amopt.printing.methods import closed_form
from amopt.printing.parameters import Parameters
from amopt.printing.policy import Optimum
from amopt.printing.referee.check import check
from amopt.program.solver.highs import Options, Progress
from amopt.program.solver.outcome import Outcome, Status, Stopped, versions
from amopt.solution import Table
from amopt.verdict import Verdict

__all__ = ["FORMS", "METHODS", "find", "solve"]

FORMS = {
    "closed": "the cost of a cycle in closed form",
    "collapsed": "linear program of the collapsed process",
    "factored": "linear program of the full process, one print at a time",
    "full": "linear program of the full process",
    "policy_iteration": "policy iteration, one print at a time",
    "modified_policy_iteration": "modified policy iteration, one print at a time",
    "value_iteration": "value iteration, one print at a time",
}

METHODS = ("auto", *FORMS)
"""What ``solve`` takes as its method; ``auto`` is the closed form, the fastest that is exact."""


def find(
    parameters: Parameters,
    form: str,
    *,
    options: Options,
    progress: Callable[[Progress], None] | None = None,
) -> Optimum:
    """Find the best policy of every part by one form of the problem."""
    if form == "closed":
        policy = closed_form.best_policy(parameters)
        return Optimum(policy, closed_form.cycle_cost(parameters, policy))
    if form == "collapsed":
        from amopt.printing import formulation

        return formulation.best_policy(parameters, options=options, progress=progress)
    from amopt.printing.methods import by_process

    return by_process.best_policy(parameters, form, options=options, progress=progress)


def solve(
    instance: PrintingInstance,
    *,
    method: str = "auto",
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
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

    Returns
    -------
    PrintingSolution
        Its objective is the expected discounted cost of all parts from empty shelves right at a
        replenishment, or their average cost a day. Its bound is proven by the referee.

    Raises
    ------
    NoAnswerError
        When a limit was reached before the optimum; no other plan is given away as one.
    RefusedError
        When the referee does not accept the answer.
    UsageError
        When there is no such method.
    """
    if method not in METHODS:
        match = closest(method, METHODS)
        hint = f" {did_you_mean(match)}" if match else ""
        raise UsageError(
            f"printing has no method {shown(method)}, only {', '.join(METHODS)}.{hint}"
        )
    form = "closed" if method == "auto" else method
    began = time.perf_counter()
    with_printer, single = _find_both(instance.parameters, form, options or Options(), progress)
    solved = time.perf_counter()
    rows = tables(instance, with_printer.policy, single.policy)
    answer = PrintingSolution(
        kind=instance.kind,
        name=instance.name,
        outcome=_outcome(instance.parameters, form, with_printer),
        verdict=Verdict(),
        rows=rows,
        notes=_notes(instance, rows["parts"]),
        currency=instance.currency,
        objective_meaning=(
            "average cost a day" if instance.parameters.is_average else "discounted cost"
        ),
    )
    seconds = {"solve": solved - began, "tables": time.perf_counter() - solved}
    return _judged(instance, answer, seconds)


def _find_both(
    parameters: Parameters, form: str, options: Options, progress: Callable[[Progress], None] | None
) -> tuple[Optimum, Optimum]:
    """Find the best policies with the printer and without, within one time limit."""
    began = time.perf_counter()
    with_printer = find(parameters, form, options=options, progress=progress)
    if options.time_limit is not None:
        left = options.time_limit - (time.perf_counter() - began)
        if left <= 0:
            other = "" if form == "closed" else ", or take the method 'closed'"
            raise NoAnswerError(
                "The time limit was reached before the policy without a printer was found; raise "
                f"it{other}."
            )
        options = replace(options, time_limit=left)
    single = find(parameters.without_printer(), form, options=options, progress=progress)
    return with_printer, single


def _judged(
    instance: PrintingInstance, answer: PrintingSolution, seconds: dict[str, float]
) -> PrintingSolution:
    """Return the answer with the referee's verdict and the bound that it has proven."""
    began = time.perf_counter()
    verdict = check(instance, answer)
    if not verdict.accepted:
        raise RefusedError(verdict, outcome=answer.outcome)
    outcome, proven = answer.outcome, verdict.measures
    objective = outcome.objective
    return replace(
        answer,
        verdict=verdict,
        outcome=replace(
            outcome,
            bound=None if objective is None else objective - proven["proven_error"],
            seconds={**seconds, "check": time.perf_counter() - began},
            residuals={**outcome.residuals, "bellman": proven["bellman_residual"]},
        ),
    )


def _outcome(parameters: Parameters, form: str, found: Optimum) -> Outcome:
    """Return the outcome before the referee has spoken; every form finds the optimum or raises."""
    cost = closed_form.cycle_cost(parameters, found.policy)
    days, discount = parameters.cycle_days, parameters.discount
    horizon = days if parameters.is_average else -np.expm1(days * np.log(discount))
    return Outcome(
        stopped=Stopped.FINISHED,
        status=Status.OPTIMAL,
        objective=float(cost.sum() / horizon),
        method=f"{FORMS[form]} ({found.solver})" if found.solver else FORMS[form],
        versions=versions("amopt", "numpy", "scipy", *(["highspy"] if found.solver else [])),
        residuals={"objective": float(np.abs(found.cycle_cost - cost).max(initial=0.0))},
        iterations=found.iterations or None,
    )


def _notes(instance: PrintingInstance, parts: Table) -> tuple[str, ...]:
    """Return what the planner should know."""
    notes = []
    if instance.network is not None:
        cheapest, dearest = instance.transport_cost.min(), instance.transport_cost.max()
        span = f"{cheapest:g}" if cheapest == dearest else f"{cheapest:g} to {dearest:g}"
        notes.append(
            f"Transport from {instance.supplied_from} to {instance.place} adds {span} "
            f"{instance.currency} to the order cost of a part; orders are decided when the "
            "replenishment arrives, whatever its transport takes."
        )
    below = [
        row["part"]
        for row in parts
        if min(row["yearly_cost"], row["single_source_yearly_cost"])
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
