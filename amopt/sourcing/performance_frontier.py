"""The performance frontier as an answer: every offer compared, the lines filled by the rule."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from amopt.outcome import Outcome, Status, Stopped, versions
from amopt.sourcing.referee.check import check
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.sourcing.answer.solution import SourcingSolution
    from amopt.sourcing.instance.fields import Instance

__all__ = ["frontier"]


def frontier(instance: Instance, *, asset_exists: bool | None = None) -> SourcingSolution:
    """Compare every offer with conventional supply, and fill the lines by the frontier rule.

    Lines that the rule cannot fill are left open. Where there are such lines, or the rule's plan
    breaks a limit, the answer's status is ``"unknown"`` and its verdict says which. The rule looks
    at one line at a time; its orders for lines of one part are placed together where the file says
    so.

    Parameters
    ----------
    instance
        The instance.
    asset_exists
        Whether to suppose that all tooling exists (its setup is paid all the same), or that none
        does; left out, as the file says.
    """
    if asset_exists is not None:
        made = tuple(
            entry.model_copy(update={"asset_exists": asset_exists})
            for entry in instance.conventional
        )
        instance = instance.unchecked_copy(conventional=made)
    from amopt.program.ctrl_c import completing
    from amopt.sourcing.answer.assembly import answer_of, switchover
    from amopt.sourcing.answer.tables import tables
    from amopt.sourcing.evaluation import evaluate
    from amopt.sourcing.methods.frontier_rule import as_ordered, frontier_plan, outcome_of
    from amopt.sourcing.offers.analysis import analysis_of
    from amopt.sourcing.offers.supply_options import SupplyOptions

    begun = time.perf_counter()
    supply = SupplyOptions.of(instance)
    alone = supply.alone
    compared = analysis_of(alone)
    quantity, unfilled = frontier_plan(alone, compared)
    rule = evaluate(supply, as_ordered(supply, quantity))
    beside = evaluate(alone, quantity)
    rows = tables(rule, (beside, unfilled), switchover(alone, compared), {})
    seconds = {"prepare": time.perf_counter() - begun}
    if not unfilled:
        outcome = replace(outcome_of(beside, unfilled), seconds=seconds)
        outcome = replace(outcome, objective=rule.objective)
        answer = answer_of(supply, rule, beside, rows, outcome)
        with completing(outcome.stopped):
            verdict = check(instance, answer)
        if verdict.accepted:
            return replace(answer, verdict=verdict)
        why = f"The frontier rule's plan breaks limits of the plan: {'; '.join(verdict.findings)}."
    else:
        verdict = Verdict(tuple(f"line {name!r}: the rule cannot fill it" for name in unfilled))
        why = f"The frontier rule cannot fill the lines {', '.join(unfilled)}."
    outcome = Outcome(
        stopped=Stopped.FINISHED,
        status=Status.UNKNOWN,
        method="frontier rule",
        seconds=seconds,
        versions=versions("amopt"),
    )
    answer = answer_of(supply, rule, beside, rows, outcome)
    return replace(answer, verdict=verdict, notes=(*answer.notes, why))
