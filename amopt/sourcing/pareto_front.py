"""Answers that no other answer beats in two criteria at once, by the epsilon-constraint method.

One criterion is minimised while the other must stay below a limit; the limit is then lowered to
just below what was found, until the least of the other is reached (Haimes, Lasdon and Wismer,
1971). Delivery times of whole parts come from a finite set, so that "just below" is the next of
them and no answer is missed; of amounts of money or emissions it is a millionth less.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import InfeasibleError, NoAnswerError, RefusedError, UsageError
from amopt.outcome import Outcome, Status, Stopped, versions
from amopt.program.ctrl_c import completing
from amopt.program.solver.options import Options
from amopt.program.solver.run import Progress, TwiceInterruptedError
from amopt.program.time import Budget
from amopt.sourcing.answer.nondominated import Pareto
from amopt.sourcing.answer.tables import order_rows
from amopt.sourcing.evaluation import Evaluation
from amopt.sourcing.instance.fields import Minimise
from amopt.sourcing.methods.refine import Goal, NoPlanError, by_program
from amopt.sourcing.methods.whole_orders import delivery_times, whole_knots
from amopt.sourcing.offers.supply_options import SupplyOptions
from amopt.sourcing.referee.nondominated import check_nondominated
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.sourcing.instance.fields import Instance

__all__ = ["CRITERIA", "SAME", "Pareto", "pareto"]

CRITERIA = ("cost", "downtime", "weeks", "kg_co2")
"""What may be traded: what is paid, downtime cost, latest delivery in weeks, kg of CO2."""

SAME = 1e-6
"""Relative difference that no planner acts on: answers this near in a criterion are the same."""

Floats = NDArray[np.float64]


def pareto(
    instance: Instance,
    by: tuple[str, ...] = ("cost", "weeks"),
    *,
    most: int = 100,
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Pareto:
    """Return the answers that no other answer beats in both criteria.

    No answer comes twice: of answers that differ by less than :data:`SAME` in a criterion, the one
    that is better in the other stays. The status is optimal when the answers are all there are, and
    each is proven.

    Parameters
    ----------
    instance
        The instance; its limits hold, its ``minimise`` does not count.
    by
        Two of :data:`CRITERIA`. ``"weeks"`` is the latest delivery of any line.
    most
        Most answers. Where there are more, a note says so: the best of them in the first criterion
        come first, and the last is the best in the second. Where parts are divisible there are
        infinitely many, and evenly spaced ones are returned.
    options
        As for :func:`amopt.sourcing.solve`; the time limit is that of the whole search.
    progress
        As for :func:`amopt.sourcing.solve`, for each answer; told too how many have been found.

    Ctrl-C ends the search: the answers that it has are returned, and said not to be all.

    Raises
    ------
    UsageError
        When ``by`` does not name two criteria, or a line need not get all of its parts.
    InfeasibleError
        When no plan keeps every limit.
    NoAnswerError
        When a limit was reached before any plan was found.
    KeyboardInterrupt
        At Ctrl-C before the first answer, and at a second one.
    """
    if len(by) != 2 or len(set(by)) != 2 or not set(by) <= set(CRITERIA):
        raise UsageError(f"name two of {', '.join(CRITERIA)}, not {', '.join(by) or 'none'}")
    if most < 1:
        raise UsageError("the most answers must be at least one")
    if any(line.unmet_penalty_per_part is not None for line in instance.lines):
        raise UsageError(
            "answers that supply less would beat others in both criteria: pareto compares plans "
            "that supply all; leave unmet_penalty_per_part out"
        )
    options = options or Options()
    search = _Search.of(instance, (by[0], by[1]), options, progress)
    try:
        search.run(most)
    except (InfeasibleError, NoPlanError) as error:
        raise _why_none(instance, search, error) from None
    return _answer(instance, search)


def _why_none(
    instance: Instance, search: _Search, error: InfeasibleError | NoPlanError
) -> InfeasibleError | NoAnswerError:
    """Return why there is no plan at all, in the time that the search has left."""
    from amopt.sourcing.infeasible import explain

    outcome = error.outcome
    if isinstance(error, NoPlanError) and error.outcome.status is not Status.INFEASIBLE:
        return NoAnswerError(f"no plan was found ({error.outcome.stopped})", outcome=outcome)
    return explain(instance, search.options, outcome, budget=search.budget)


@dataclass(frozen=True, eq=False)
class _Point:
    """A plan, what it comes to in each criterion, and what is proven of it in each of the two.

    What was not found in time, or has no proof for another reason, is not among the proofs.
    """

    plan: Evaluation
    proofs: Mapping[str, Outcome]
    at: Mapping[str, float]

    def is_proven(self, criterion: str) -> bool:
        """Return whether no plan is better in a criterion, under the limits of the point."""
        proof = self.proofs.get(criterion)
        return proof is not None and proof.status is Status.OPTIMAL


@dataclass(eq=False)
class _Search:
    """The search: what it looks at, and the answers so far.

    Attributes
    ----------
    supply
        The supply options.
    by
        The two criteria.
    options, progress, budget
        How the solver runs, and the time that is left.
    knots
        Whole quantities at which fitted powers are exact, by pool.
    times
        All weeks of delivery, ascending; empty where they are not finite.
    found
        The answers, the best in the first criterion first.
    last
        The answer that is the best in the second criterion; None until it is known.
    stopped
        Why the search ended.
    why_incomplete
        Why there may be more, in words; empty when these are all.
    """

    supply: SupplyOptions
    by: tuple[str, str]
    options: Options
    progress: Callable[[Progress], None] | None
    budget: Budget
    knots: dict[int, Floats]
    times: Floats
    found: list[_Point] = field(default_factory=list)
    last: _Point | None = None
    stopped: Stopped = Stopped.FINISHED
    why_incomplete: str = ""

    @classmethod
    def of(
        cls,
        instance: Instance,
        by: tuple[str, str],
        options: Options,
        progress: Callable[[Progress], None] | None,
    ) -> _Search:
        """Return a search that has not begun."""
        supply = SupplyOptions.of(instance)
        return cls(
            supply=supply,
            by=by,
            options=replace(options, gap=min(options.gap, SAME / 10)),
            progress=progress,
            budget=Budget(options.time_limit),
            knots=whole_knots(supply),
            times=delivery_times(supply) if by[1] == "weeks" else np.zeros(0),
        )

    def run(self, most: int) -> None:
        """Find the answers, at most so many; those that Ctrl-C leaves are kept.

        Raises
        ------
        InfeasibleError, NoPlanError
            When there is no plan at all, or none was found.
        KeyboardInterrupt
            At Ctrl-C before the first answer, and at a second one.
        """
        try:
            self._run(most)
        except TwiceInterruptedError:
            raise
        except KeyboardInterrupt:
            if self.last is None:
                raise
            self.stopped, self.why_incomplete = Stopped.INTERRUPTED, "Ctrl-C ended the search"
            self._add(self.last)
        if self.budget.is_over and self.stopped is Stopped.FINISHED:
            self.stopped = Stopped.TIME_LIMIT

    def _run(self, most: int) -> None:
        """Find the answers from the best in the first criterion to the best in the second."""
        first, second = self.by
        last = self.last = self._lexicographic(second, first, {})
        limit: float | None = None
        step = 0.0
        while True:
            try:
                point = self._lexicographic(first, second, {} if limit is None else {second: limit})
            except (InfeasibleError, NoPlanError):
                self.why_incomplete = (
                    "the time limit was reached"
                    if self.budget.is_over
                    else "the solver found no further one, and no proof that there is none"
                )
                break
            if limit is None and self.supply.divisible.any():
                step = (point.at[second] - last.at[second]) / max(1, most - 1)
                self.why_incomplete = "amounts are divisible, and these are evenly spaced"
            if point.at[second] <= last.at[second] * (1 + SAME):
                if not last.is_proven(second):
                    self.why_incomplete = f"that {second} can be no less is not proven"
                return self._add(point)
            if most == 1 or len(self.found) == most - 1:
                self.why_incomplete = f"no more than {most} were asked for"
                last = point if most == 1 else last
                break
            self._add(point)
            limit = max(self._below(point.at[second], step), last.at[second])
            if self.budget.is_over:
                self.why_incomplete = "the time limit was reached"
                break
        return self._add(last)

    def _add(self, point: _Point) -> None:
        """Add an answer, in the place of those that are no better in the first criterion."""
        first = self.by[0]
        value = point.at[first]
        while self.found and self.found[-1].at[first] >= value - SAME * abs(value):
            self.found.pop()
        self.found.append(point)
        if self.progress is not None:
            spent, found = self.budget.spent, len(self.found)
            self.progress(Progress(spent, None, None, None, 0, found=found))

    def _below(self, reached: float, step: float) -> float:
        """Return the next limit on the second criterion."""
        below = reached * (1 - SAME)
        if self.times.size:
            earlier = self.times[self.times < below]
            return float(earlier[-1]) if earlier.size else 0.0
        return min(below, reached - step)

    def _lexicographic(self, first: str, second: str, limits: Mapping[str, float]) -> _Point:
        """Return a plan that is best in one criterion and, among those that are, in another."""
        plan, outcome = self._best(first, limits)
        proofs = {first: outcome}
        held = {**limits, first: criteria(plan)[first] * (1 + SAME / 2)}
        try:
            other, proofs[second] = self._best(second, held)
        except (InfeasibleError, NoPlanError):
            other = plan
        plan = min(plan, other, key=lambda own: criteria(own)[second])
        return _Point(plan, proofs, criteria(plan))

    def _best(self, criterion: str, limits: Mapping[str, float]) -> tuple[Evaluation, Outcome]:
        """Return a plan that is best in one criterion and keeps limits on others."""
        instance = self.supply.instance
        own, weeks = instance.limits, limits.get("weeks")
        if weeks is not None:
            own = own.model_copy(update={"weeks": min(weeks, own.weeks or weeks)})
        # Positive weights give every line its delivery time; the goal replaces the objective.
        weights = Minimise(cost=1.0, downtime=1.0, weeks=1.0, kg_co2=1.0)
        supply = replace(
            self.supply, instance=instance.unchecked_copy(limits=own, minimise=weights)
        )
        goal = Goal(
            lambda model: _shape(model, criterion, limits),
            lambda plan: criteria(plan)[criterion],
            lambda plan: all(criteria(plan)[k] <= x * (1 + SAME / 4) for k, x in limits.items()),
        )
        try:
            plan, outcome = by_program(
                supply, self.options, self.progress, goal, budget=self.budget, knots=self.knots
            )
        except NoPlanError as error:
            error.outcome.require_ended()
            raise
        outcome.require_ended()
        return plan, outcome


def _shape(model: Any, criterion: str, limits: Mapping[str, float]) -> None:
    r"""Replace the model's objective, and limit the other criteria.

    .. math:: \min f_1(x) \quad \text{with} \quad f_2(x) \le \varepsilon
    """
    from pyomo.environ import Constraint, NonNegativeReals, Objective, Var

    amounts: dict[str, Any] = {
        "cost": model.paid,
        "downtime": model.downtime,
        "kg_co2": model.kg_co2,
    }
    model.objective.deactivate()
    if criterion == "weeks":
        model.latest = Var(domain=NonNegativeReals)
        model.none_later = Constraint(
            list(model.delivery_weeks),
            rule=lambda m, name: m.delivery_weeks[name] <= m.latest,
        )
        amounts["weeks"] = model.latest
    model.criterion = Objective(expr=1.0 * amounts[criterion])
    for name, limit in limits.items():
        if name == "weeks" or not amounts[name].expr.is_potentially_variable():
            continue
        # A row of size one, whatever the unit of money.
        size = limit or 1.0
        setattr(
            model, f"limit_of_{name}", Constraint(expr=amounts[name].expr / size <= limit / size)
        )


def criteria(plan: Evaluation) -> dict[str, float]:
    """Return what a plan comes to in each criterion."""
    return {
        "cost": float(plan.cost.sum()),
        "downtime": float(plan.downtime_cost.sum()),
        "weeks": float(plan.weeks.max(initial=0.0)),
        "kg_co2": float(plan.kg_co2.sum()),
    }


def _answer(instance: Instance, search: _Search) -> Pareto:
    """Return the tables of all answers, checked by the referee."""
    answers, orders = [], []
    for number, point in enumerate(search.found, start=1):
        own = order_rows(point.plan)
        suppliers = len({row["supplier"] for row in own})
        proof = point.proofs.get(search.by[0])
        gap = None if proof is None else proof.gap
        answers.append({"answer": number, **point.at, "suppliers": suppliers, "gap": gap})
        orders += [{"answer": number, **row} for row in own]
    proven = all(point.is_proven(search.by[0]) for point in search.found)
    notes = []
    if search.why_incomplete:
        notes.append(
            f"There may be more answers than the {len(answers)} shown: {search.why_incomplete}."
        )
    if not proven:
        notes.append("Not every answer is proven to be the best in the first criterion: see gap.")
    outcome = Outcome(
        stopped=search.stopped,
        status=Status.FEASIBLE if notes else Status.OPTIMAL,
        method=f"epsilon constraint on {search.by[1]}",
        seconds=dict(search.budget.seconds),
        versions=versions("amopt", "highspy", "pyomo"),
    )
    answer = Pareto(
        kind="sourcing",
        name=instance.name,
        outcome=outcome,
        verdict=Verdict(),
        rows={"answers": answers, "orders": orders},
        notes=tuple(notes),
        currency=instance.currency,
        objective_meaning=" against ".join(search.by),
    )
    with completing(outcome.stopped):
        verdict = check_nondominated(instance, answer, search.by, SAME)
    if not verdict.accepted:
        raise RefusedError(verdict, outcome=outcome)
    return replace(answer, verdict=verdict)
