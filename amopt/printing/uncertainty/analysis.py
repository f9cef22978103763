"""The study of failure rates that are not known well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.decision import require_honoured
from amopt.errors import RefusedError, UsageError
from amopt.outcome import Outcome, Status, versions
from amopt.printing import closed_form, formulation
from amopt.printing.answer.tables import plan_in_words
from amopt.printing.instance import REPORTED_DAYS, PrintingInstance, UncertainRate
from amopt.printing.policy import Policy
from amopt.printing.referee.studies.uncertainty import check
from amopt.printing.uncertainty.answer import UncertaintySolution
from amopt.printing.uncertainty.belief import RATES, Belief
from amopt.printing.uncertainty.plans import FixedPlan, Rates, best_plans
from amopt.program.ctrl_c import completing
from amopt.program.pieces import Pieces
from amopt.program.time import Budget
from amopt.verdict import Verdict

__all__ = ["study"]

ROUNDING = 1e-9
"""Share of what is spent below which the value of knowing a rate is rounding."""

Row = dict[str, Any]
Floats = NDArray[np.float64]

SHOWN = 16
"""Of the rates of the range every so many are in the answer's table."""


def study(
    instance: PrintingInstance, *, progress: Callable[[int, int], None] | None = None
) -> UncertaintySolution:
    """Return what the uncertain rates of an instance cost, and which plans withstand them.

    Parameters
    ----------
    instance
        The instance; its parts without an uncertain rate are left aside.
    progress
        Told how many of the rates are done, and how many there are; Ctrl-C leaves those that are,
        and objective and bound are those of their parts.

    Raises
    ------
    UsageError
        When no rate is uncertain, or the instance has limits that tie its parts together.
    RefusedError
        When the referee does not accept the answer.
    KeyboardInterrupt
        At Ctrl-C before the first is done, and at a second one.
    """
    if not instance.uncertain_rates:
        raise UsageError("the file has no uncertain_rates: every failure rate is taken as known")
    require_honoured("uncertainty", closed_form.HONOURS, formulation.FAMILIES, instance)
    budget, every = Budget(), instance.uncertain_rates
    pieces = Pieces(len(every), progress)
    with budget.phase("solve"):
        done = pieces.done(every, lambda entry: _part(instance, entry))
    pieces.require_any()
    parts = list(done.values())
    summaries, plans, over = zip(*parts, strict=True)
    rows: dict[str, list[Row]] = {
        "uncertainty": list(summaries),
        "plans": [row for table in plans for row in table],
        "rates": [row for table in over for row in table],
    }
    spending = sum(row["yearly_spending"] - row["worth_replanning"] for row in rows["uncertainty"])
    answer = UncertaintySolution(
        kind="printing",
        name=instance.name,
        outcome=Outcome(
            stopped=pieces.stopped,
            status=Status.FEASIBLE,
            objective=spending,
            bound=spending - sum(row["worth_knowing"] for row in rows["uncertainty"]),
            method="closed form at many rates",
            versions=versions("amopt", "numpy", "scipy"),
            seconds=budget.seconds,
        ),
        verdict=Verdict(),
        rows=rows,
        notes=(
            *filter(None, [pieces.in_words("uncertain rate")]),
            "The bound is what would be spent if each rate were known: a plan that learns the rate "
            "on the way lies between the two.",
        ),
        currency=instance.currency,
        objective_meaning="expected yearly spending by the best fixed plans",
    )
    looked_at = instance.model_copy(update={"uncertain_rates": [every[place] for place in done]})
    with completing(pieces.stopped):
        verdict = check(looked_at, answer)
    if not verdict.accepted:
        raise RefusedError(verdict, outcome=answer.outcome)
    return UncertaintySolution(**{**vars(answer), "verdict": verdict})


def _part(instance: PrintingInstance, entry: UncertainRate) -> tuple[Row, list[Row], list[Row]]:
    """Return the rows of one part: its summary, its plans, and those of the rates."""
    index = [part.name for part in instance.parts].index(entry.part)
    part = instance.parameters.take([index])
    printed = entry.of == "printed"
    belief = Belief.of(entry)
    rates = Rates.of(part, belief, printed=printed)
    nominal = closed_form.best_policy(part)
    found, known = best_plans(rates)
    plans = {"nominal": FixedPlan(int(nominal.base_stock[0]), nominal.action[:, 0]), **found}
    least = closed_form.cycle_cost(rates.parameters, known)
    cycles = REPORTED_DAYS / instance.cycle_days
    told = [
        {"part": entry.part, "best_in": name, **_judged(plan, rates, least, cycles)}
        for name, plan in plans.items()
    ]
    spending = told[1]["expected_spending"]
    knowing = spending - cycles * rates.expected(least)
    fails = part.printed_failure[0] if printed else part.failure[0]
    summary = {
        "part": entry.part,
        "of": entry.of,
        "nominal_rate": float(-np.log1p(-fails)) if fails < 1 else None,
        "lowest_rate": belief.lowest,
        "highest_rate": belief.highest,
        "expected_rate": belief.mean,
        "yearly_spending": told[0]["expected_spending"],
        "worth_replanning": told[0]["expected_spending"] - spending,
        "worth_knowing": 0.0 if abs(knowing) <= ROUNDING * spending else knowing,
        "largest_regret": told[0]["largest_regret"],
        "regret_rate": told[0]["regret_rate"],
    }
    spent = cycles * rates.cost(plans["nominal"])
    over = [
        {
            "part": entry.part,
            "rate": float(belief.range[place]),
            "yearly_spending": float(spent[at]),
            "least_spending": float(cycles * least[at]),
            "base_stock": int(known.base_stock[at]),
            "plan": plan_in_words(known, at),
        }
        for place in range(0, RATES, SHOWN)
        for at in [len(belief.nodes) + place]
    ]
    return summary, told, over


def _judged(plan: FixedPlan, rates: Rates, least: Floats, cycles: float) -> Row:
    """Return a plan, what it costs in expectation and at the worst, and its regret."""
    cost = rates.cost(plan)
    worst, worst_rate = rates.worst(cost)
    regret, regret_rate = rates.worst(cost - least)
    policy = Policy(np.array([plan.base_stock]), plan.action[:, None])
    return {
        "base_stock": plan.base_stock,
        "plan": plan_in_words(policy, 0),
        "expected_spending": cycles * rates.expected(cost),
        "worst_spending": cycles * worst,
        "worst_rate": worst_rate,
        "largest_regret": cycles * max(regret, 0.0),
        "regret_rate": regret_rate,
    }
