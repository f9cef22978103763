"""Answers that no other answer beats in two criteria at once, by the epsilon-constraint method.

One criterion is minimised while the other must stay below a limit; the limit is then lowered to
just below what was found, until nothing keeps it (Haimes, Lasdon and Wismer, 1971). Delivery times
come from a finite set, so that "just below" is the next of them and no answer is missed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from amopt.errors import InfeasibleError, NoAnswerError, RefusedError, UsageError
from amopt.program.solver.highs import Options
from amopt.program.solver.outcome import Outcome, Status, Stopped, versions
from amopt.solution import Column, Solution
from amopt.sourcing.answer.assembly import answer_of
from amopt.sourcing.answer.tables import tables
from amopt.sourcing.evaluation import Evaluation
from amopt.sourcing.instance.fields import Minimise
from amopt.sourcing.methods.refine import Goal, NoPlanError, by_program
from amopt.sourcing.offers.supply_options import SupplyOptions
from amopt.sourcing.referee.check import check
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.program.solver.highs import Progress
    from amopt.sourcing.instance.fields import Instance

__all__ = ["CRITERIA", "Pareto", "pareto"]

CRITERIA = ("cost", "downtime", "weeks", "kg_co2")
"""What may be traded: what is paid, downtime cost, latest delivery in weeks, kg of CO2."""

Floats = NDArray[np.float64]
_Point = tuple[Evaluation, Outcome]

MOST_TIMES = 2_000_000
"""Delivery times up to which all are listed."""

STEP = 1e-6
"""How far below an amount of money or emissions the next answer must be, relative."""


@dataclass(frozen=True)
class Pareto(Solution):
    """Nondominated answers, the best in the first criterion first."""

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {
        "answers": (
            Column("answer", "", "Number of the answer."),
            Column("cost", "money", "What is paid for all orders."),
            Column("downtime", "money", "Cost of all waiting."),
            Column("weeks", "weeks", "Latest delivery of any line."),
            Column("kg_co2", "kg CO2", "Emissions of making and transport."),
            Column("suppliers", "", "Suppliers with an order, conventional supply among them."),
            Column("gap", "", "Proven relative gap of the first criterion."),
        ),
        "orders": (
            Column("answer", "", "Number of the answer.", shown=False),
            Column("line", "", "Order line.", shown=False),
            Column("supplier", "", "Supplier, or conventional.", shown=False),
            Column("quantity", "parts", "Parts to order.", shown=False),
            Column("cost", "money", "What is paid for them.", shown=False),
            Column("weeks", "weeks", "From the order to its delivery.", shown=False),
        ),
    }

    def headline(self) -> tuple[str, ...]:
        """Return the answers in a few plain sentences."""
        rows = self.rows["answers"]
        if not rows:
            return ("No answer was found.",)
        first, last = rows[0], rows[-1]
        money = f" {self.currency}".rstrip()
        return (
            f"{len(rows)} answers, from {first['cost']:,.2f}{money} and {first['weeks']:g} weeks "
            f"to {last['cost']:,.2f}{money} and {last['weeks']:g} weeks.",
        )


def pareto(
    instance: Instance,
    by: tuple[str, ...] = ("cost", "weeks"),
    *,
    most: int = 100,
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Pareto:
    """Return the answers that no other answer beats in both criteria.

    Parameters
    ----------
    instance
        The instance; its limits hold, its ``minimise`` does not count.
    by
        Two of :data:`CRITERIA`. ``"weeks"`` is the latest delivery of any line.
    most
        Most answers. Where there are more, the best of them in the first criterion come first, and
        a note says so.
    options, progress
        As for :func:`amopt.sourcing.solve`, for each answer.

    Raises
    ------
    UsageError
        When ``by`` does not name two criteria.
    InfeasibleError
        When no plan keeps every limit.
    """
    if len(by) != 2 or len(set(by)) != 2 or not set(by) <= set(CRITERIA):
        raise UsageError(f"name two of {', '.join(CRITERIA)}, not {', '.join(by) or 'none'}")
    if most < 1:
        raise UsageError("the most answers must be at least one")
    begun = time.perf_counter()
    found: list[_Point] = []
    complete = True
    for point in _points(instance, by, options or Options(), progress):
        if len(found) == most:
            complete = False
            break
        found.append(point)
    return _answer(instance, by, found, complete=complete, seconds=time.perf_counter() - begun)


def _points(
    instance: Instance,
    by: tuple[str, ...],
    options: Options,
    progress: Callable[[Progress], None] | None,
) -> Iterator[_Point]:
    """Yield the nondominated plans, the best in the first criterion first."""
    first, second = by
    times = _times(instance) if second == "weeks" else np.zeros(0)
    limit: float | None = None
    while True:
        try:
            plan, outcome = _best(instance, first, {second: limit}, options, progress)
        except (InfeasibleError, NoPlanError) as error:
            if limit is not None:
                return
            raise _nothing(instance, options, error) from None
        # Among the plans that are best in the first criterion, one that is best in the second.
        value = measures(plan)[first]
        held = {first: value + 1e-9 * max(1.0, abs(value)), second: measures(plan)[second]}
        with suppress(InfeasibleError, NoPlanError):
            plan, _ = _best(instance, second, held, options, progress)
        yield plan, outcome
        limit = _just_below(measures(plan)[second], times)
        if limit is None:
            return


def _just_below(reached: float, times: Floats) -> float | None:
    """Return the next limit on the second criterion; None where nothing can be below."""
    if times.size:
        earlier = times[times < reached - 1e-9 * max(1.0, reached)]
        return float(earlier[-1]) if earlier.size else None
    below = reached - STEP * max(1.0, abs(reached))
    return below if below >= 0 else None


def _nothing(instance: Instance, options: Options, error: Exception) -> Exception:
    """Return why there is no plan at all."""
    from amopt.sourcing.infeasible import explain

    outcome = getattr(error, "outcome", None)
    if outcome is not None and outcome.status is not Status.INFEASIBLE:
        return NoAnswerError(f"no plan was found ({outcome.stopped})", outcome=outcome)
    return explain(instance, options, outcome)


def _best(
    instance: Instance,
    criterion: str,
    bounds: Mapping[str, float | None],
    options: Options,
    progress: Callable[[Progress], None] | None,
) -> tuple[Evaluation, Outcome]:
    """Return a plan that is best in one criterion and keeps bounds on others."""
    own = instance.limits
    limits = own.model_copy(
        update={
            key: min(x for x in (getattr(own, key), bounds.get(name)) if x is not None)
            for key, name in (("budget", "cost"), ("weeks", "weeks"), ("kg_co2", "kg_co2"))
            if bounds.get(name) is not None
        }
    )
    # Positive weights give every line its delivery time; the goal replaces the objective.
    weights = Minimise(cost=1.0, downtime=1.0, weeks=1.0, kg_co2=1.0)
    supply = SupplyOptions.of(instance.supposing(limits=limits, minimise=weights))
    goal = Goal(
        lambda model: _shape(model, criterion, bounds.get("downtime")),
        lambda plan: measures(plan)[criterion],
    )
    return by_program(supply, options, progress, goal)


def _shape(model: Any, criterion: str, downtime: float | None) -> None:
    """Replace the model's objective, and bound what is no limit of an instance."""
    from pyomo.environ import Constraint, NonNegativeReals, Objective, Var

    model.objective.deactivate()
    if criterion == "weeks":
        model.latest = Var(domain=NonNegativeReals)
        model.none_later = Constraint(
            list(model.delivery_weeks),
            rule=lambda m, name: m.delivery_weeks[name] <= m.latest,
        )
        goal = model.latest
    else:
        goal = {"cost": model.paid, "downtime": model.downtime, "kg_co2": model.emissions}[
            criterion
        ]
    model.criterion = Objective(expr=1.0 * goal)
    if downtime is not None and any(model.supply.downtime_per_week > 0):
        model.downtime_limit = Constraint(expr=model.downtime.expr <= downtime)


def measures(plan: Evaluation) -> dict[str, float]:
    """Return what a plan comes to in each criterion."""
    return {
        "cost": float(plan.cost.sum()),
        "downtime": float(plan.downtime_cost.sum()),
        "weeks": float(plan.weeks.max(initial=0.0)),
        "kg_co2": float(plan.kg_co2.sum()),
    }


def _times(instance: Instance) -> Floats:
    """Return all weeks at which an order can be delivered, ascending; empty where not finite."""
    supply = SupplyOptions.of(instance)
    lead = supply.lead_time
    option = np.flatnonzero(supply.usable)
    most = np.minimum(supply.largest, (supply.quantity + supply.surplus)[supply.line])
    sloped = (lead.rate != 0) | (lead.scale != 0)
    if (sloped & supply.divisible[supply.line][lead.curve]).any():
        return np.zeros(0)
    low = np.ceil(supply.smallest[option])
    count = np.maximum(0, np.floor(most[option]) - low + 1).astype(np.int64)
    if count.sum() > MOST_TIMES:
        return np.zeros(0)
    owner = np.repeat(np.arange(option.size), count)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    weeks = lead.take(option[owner]).at(low[owner] + step)
    committed = [arrives for _, _, arrives, _, _ in supply.commitments]
    return np.unique(np.concatenate([weeks, committed]))


def _answer(
    instance: Instance, by: tuple[str, ...], found: list[_Point], *, complete: bool, seconds: float
) -> Pareto:
    """Return the tables of all answers, each checked by the referee."""
    answers, orders = [], []
    findings: list[str] = []
    checks = 0
    free = instance.supposing(minimise=Minimise(cost=1.0))
    for number, (plan, outcome) in enumerate(found, start=1):
        rows = tables(plan, (plan, ()), [], {})
        proof = replace(outcome, objective=None, bound=None)
        verdict = check(free, answer_of(plan.supply, plan, rows, proof))
        checks += verdict.checks
        findings += [f"answer {number}: {finding}" for finding in verdict.findings]
        suppliers = {row["supplier"] for row in rows["orders"]}
        answers.append(
            {"answer": number, **measures(plan), "suppliers": len(suppliers), "gap": outcome.gap}
        )
        kept = ("line", "supplier", "quantity", "cost", "weeks")
        orders += [{"answer": number, **{k: row[k] for k in kept}} for row in rows["orders"]]
    proven = complete and all(outcome.status is Status.OPTIMAL for _, outcome in found)
    verdict = Verdict(tuple(findings), checks)
    outcome = Outcome(
        stopped=Stopped.FINISHED,
        status=Status.OPTIMAL if proven else Status.FEASIBLE,
        method=f"epsilon constraint on {by[1]}",
        seconds={"solve": seconds},
        versions=versions("amopt", "highspy", "pyomo"),
    )
    if findings:
        raise RefusedError(verdict, outcome=outcome)
    said = () if complete else (f"There are more answers than the {len(found)} shown.",)
    return Pareto(
        kind="sourcing",
        name=instance.name,
        outcome=outcome,
        verdict=verdict,
        rows={"answers": answers, "orders": orders},
        notes=said,
        currency=instance.currency,
    )
