"""Solve a printing instance, by the form of the problem that the caller chooses."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches

import numpy as np

from amopt.errors import NoAnswerError, RefusedError, UsageError
from amopt.printing import cycle
from amopt.printing.check import check
from amopt.printing.instance import Numbers, PrintingInstance
from amopt.printing.policy import Found
from amopt.printing.solution import PrintingSolution, tables
from amopt.program.highs import Options, Progress
from amopt.program.outcome import Outcome, Status, Stopped, versions
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
    numbers: Numbers,
    form: str,
    *,
    options: Options,
    progress: Callable[[Progress], None] | None = None,
) -> Found:
    """Find the best policy of every part by one form of the problem."""
    if form == "closed":
        policy = cycle.best_policy(numbers)
        return Found(policy, cycle.cycle_cost(numbers, policy))
    if form == "collapsed":
        from amopt.printing import formulation

        return formulation.best_policy(numbers, options=options, progress=progress)
    from amopt.printing import process

    return process.best_policy(numbers, form, options=options, progress=progress)


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
        When a limit was reached first.
    RefusedError
        When the referee does not accept the answer.
    UsageError
        When there is no such method.
    """
    if method not in METHODS:
        close = get_close_matches(method, METHODS, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise UsageError(f"printing has no method {method!r}, only {', '.join(METHODS)}.{hint}")
    form = "closed" if method == "auto" else method
    options = options or Options()
    began = time.perf_counter()
    numbers = instance.numbers
    deadline = None if options.time_limit is None else began + options.time_limit
    with_printer = find(numbers, form, options=options, progress=progress)
    if deadline is not None:
        left = deadline - time.perf_counter()
        if left <= 0:
            raise NoAnswerError("The time limit was reached before both policies were found.")
        options = replace(options, time_limit=left)
    single = find(numbers.without_printer(), form, options=options, progress=progress)
    solved = time.perf_counter()
    answer = PrintingSolution(
        kind=instance.kind,
        name=instance.name,
        outcome=_outcome(numbers, form, with_printer),
        verdict=Verdict(),
        rows=tables(instance, with_printer.policy, single.policy),
        notes=_notes(instance),
        currency=instance.currency,
    )
    tabulated = time.perf_counter()
    verdict = check(instance, answer)
    if not verdict.accepted:
        raise RefusedError(verdict, outcome=answer.outcome)
    outcome = replace(
        answer.outcome,
        bound=_proven(answer.outcome.objective, verdict),
        seconds={
            "solve": solved - began,
            "tables": tabulated - solved,
            "check": time.perf_counter() - tabulated,
        },
        residuals={
            **answer.outcome.residuals,
            "bellman": verdict.measures["bellman_residual"],
        },
    )
    return replace(answer, outcome=outcome, verdict=verdict)


def _outcome(numbers: Numbers, form: str, found: Found) -> Outcome:
    """Return the outcome before the referee has spoken."""
    cost = cycle.cycle_cost(numbers, found.policy)
    days, discount = numbers.cycle_days, numbers.discount
    horizon = days if numbers.is_average else -np.expm1(days * np.log(discount))
    return Outcome(
        stopped=Stopped.FINISHED,
        status=Status.OPTIMAL,
        objective=float(cost.sum() / horizon),
        method=f"{FORMS[form]} ({found.solver})" if found.solver else FORMS[form],
        versions=versions("amopt", "numpy", "scipy", *(["highspy"] if found.solver else [])),
        residuals={"objective": float(np.abs(found.cycle_cost - cost).max(initial=0.0))},
        iterations=found.iterations or None,
    )


def _proven(objective: float | None, verdict: Verdict) -> float | None:
    """Return the bound that the referee has proven."""
    return None if objective is None else objective - verdict.measures["proven_error"]


def _notes(instance: PrintingInstance) -> tuple[str, ...]:
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
    return tuple(notes)
