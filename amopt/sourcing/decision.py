"""Solve a sourcing instance: by the program, or by the frontier rule as its baseline."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import InfeasibleError, NoAnswerError, RefusedError, UsageError
from amopt.program.solver.outcome import Outcome, Status, Stopped, versions
from amopt.sourcing.answer.solution import SourcingSolution
from amopt.sourcing.answer.tables import notes, switchover_rows, tables
from amopt.sourcing.evaluation import Evaluation, evaluate
from amopt.sourcing.methods.frontier_rule import frontier_plan
from amopt.sourcing.methods.refine import NoPlanError, by_program
from amopt.sourcing.offers.analysis import Analysis, analysis_of
from amopt.sourcing.offers.supply_options import SupplyOptions
from amopt.sourcing.referee.check import check
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.program.solver.highs import Options, Progress
    from amopt.sourcing.instance.fields import Instance

__all__ = ["METHODS", "answer_of", "rule_outcome", "solve", "switchover"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

METHODS = ("auto", "program", "frontier")
"""What ``solve`` takes as its method; ``auto`` is the program."""


def solve(
    instance: Instance,
    *,
    method: str = "auto",
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
    register: str | Path | None = None,
) -> SourcingSolution:
    """Decide what to order from whom, and have it checked by the referee.

    Parameters
    ----------
    instance
        The instance.
    method
        ``"program"`` (``"auto"``): the mixed-integer program, to a proven bound. ``"frontier"``:
        the frontier rule, without a bound.
    options
        Time limit, gap, threads and seed of the solver.
    progress
        Called now and then while the solver runs.
    register
        A licence register: only what is left of each licence counts.

    Raises
    ------
    InfeasibleError
        When no plan keeps every limit, with the limits that clash and the least changes.
    NoAnswerError
        When a limit was reached before any plan was found, or the frontier rule finds none.
    RefusedError
        When the referee does not accept the answer.
    UsageError
        When there is no such method.
    """
    if method not in METHODS:
        close = get_close_matches(str(method), METHODS, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise UsageError(f"sourcing has no method {method!r}; it has {', '.join(METHODS)}.{hint}")
    from amopt.program.solver.highs import Options as Chosen

    begun = time.perf_counter()
    head, granted = "", {(x.part, x.supplier): x.prints for x in instance.licences}
    if register is not None:
        instance, head = _registered(instance, register)
    supply = SupplyOptions.of(instance)
    compared = analysis_of(supply)
    quantity, unfilled = frontier_plan(supply, compared)
    rule = evaluate(supply, quantity), unfilled
    prepared = time.perf_counter() - begun
    if method == "frontier":
        plan, outcome = rule[0], rule_outcome(*rule)
    else:
        plan, outcome = _plan(supply, options or Chosen(), progress)
    outcome = replace(outcome, seconds={"prepare": prepared, **outcome.seconds})
    rows = tables(plan, rule, switchover(supply, compared), granted)
    if register is not None:
        rows["register"] = [{"file": str(register), "head": head}]
    return _checked(supply, plan, rows, outcome)


def _registered(instance: Instance, register: str | Path) -> tuple[Instance, str]:
    """Return the instance with what the register leaves, and the register's head."""
    from amopt.sourcing.register.register import Register, with_register

    opened = Register.open(register)
    return with_register(instance, opened), opened.ledger().head


def rule_outcome(rule: Evaluation, unfilled: tuple[str, ...]) -> Outcome:
    """Return what the frontier rule's plan is worth; raise where it leaves lines unfilled."""
    if unfilled:
        raise NoAnswerError(
            f"the frontier rule cannot fill the lines {', '.join(unfilled)}: no supplier makes "
            "them at reduced cost and in reduced time, and conventional supply cannot either; "
            "the method 'program' may find a plan"
        )
    return Outcome(
        stopped=Stopped.FINISHED,
        status=Status.FEASIBLE,
        objective=rule.objective,
        method="frontier rule",
        versions=versions("amopt"),
    )


def _plan(
    supply: SupplyOptions, options: Options, progress: Callable[[Progress], None] | None
) -> tuple[Evaluation, Outcome]:
    """Return the program's plan; where there is none, say why."""
    try:
        return by_program(supply, options, progress)
    except InfeasibleError as error:
        outcome = error.outcome
    except NoPlanError as error:
        outcome = error.outcome
        if outcome.status is not Status.INFEASIBLE:
            raise NoAnswerError(
                f"no plan was found ({outcome.stopped}); allow more time, or a larger gap",
                outcome=outcome,
            ) from None
    from amopt.sourcing.infeasible import explain

    raise explain(supply.instance, options, outcome)


def switchover(supply: SupplyOptions, compared: tuple[Ints, Analysis]) -> list[dict[str, Any]]:
    """Return the comparisons as rows, those of a part without a line at a quantity of one."""
    from amopt.sourcing.instance.fields import Line

    rows = switchover_rows(supply, *compared)
    asked = {line.part for line in supply.instance.lines}
    idle = sorted({offer.part for offer in supply.instance.offers} - asked)
    if idle:
        lines = tuple(Line(line=part, part=part, quantity=1) for part in idle)
        update = {"lines": lines, "committed": ()}
        other = SupplyOptions.of(supply.instance.supposing(**update))
        rows += [{**row, "line": ""} for row in switchover_rows(other, *analysis_of(other))]
    return rows


def answer_of(
    supply: SupplyOptions, plan: Evaluation, rows: dict[str, list[dict[str, Any]]], outcome: Outcome
) -> SourcingSolution:
    """Return an answer that the referee has not seen yet."""
    instance = supply.instance
    return SourcingSolution(
        kind="sourcing",
        name=instance.name,
        outcome=outcome,
        verdict=Verdict(),
        rows=rows,
        notes=notes(plan),
        currency=instance.currency,
        objective_meaning=instance.minimise.meaning,
    )


def _checked(
    supply: SupplyOptions, plan: Evaluation, rows: dict[str, list[dict[str, Any]]], outcome: Outcome
) -> SourcingSolution:
    """Return the answer with the referee's verdict; raise when it is refused."""
    begun = time.perf_counter()
    answer = answer_of(supply, plan, rows, outcome)
    verdict = check(supply.instance, answer)
    seconds = {**outcome.seconds, "check": time.perf_counter() - begun}
    outcome = replace(outcome, seconds=seconds)
    if not verdict.accepted:
        raise RefusedError(verdict, outcome=outcome)
    return replace(answer, verdict=verdict, outcome=outcome)
