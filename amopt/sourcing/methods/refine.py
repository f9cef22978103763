"""Refinement: pieces of fitted powers are added until the bound is near what the plan costs.

The straight pieces of a power lie below it, so that the bound of every program is one of the
instance. A plan is evaluated on the curves themselves; where it costs more than the program said,
or breaks a limit that the program thought it keeps, the next program has pieces that touch the
curves at its quantities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import UsageError
from amopt.outcome import Outcome, Status, Stopped, rounded_bound, versions
from amopt.program.time import Budget
from amopt.sourcing.evaluation import Evaluation, evaluate
from amopt.sourcing.formulation import build
from amopt.sourcing.formulation.preconditions import require_possible
from amopt.sourcing.offers.segments import Segments, cut
from amopt.sourcing.offers.supply_options import SupplyOptions

if TYPE_CHECKING:
    from amopt.program.family import Extend
    from amopt.program.solver.highs import Answer, Options, Progress

__all__ = ["Goal", "NoPlanError", "by_program", "exact", "keeps_limits", "refine"]

Floats = NDArray[np.float64]

Solve = Callable[[Segments, "Options"], tuple["Answer", Floats]]
"""Solves the program over given segments: the answer, and parts by share where there is one."""

ROUNDS = 25
"""Most refinements of fitted powers; each halves the gap or better."""

CLOSE = 1e-6
"""Relative difference of two objectives that the solver's tolerances explain."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a plan is for, where it is not the instance's own objective.

    Attributes
    ----------
    shape
        Changes the Pyomo model: its objective, and more constraints.
    value
        The objective of a plan.
    keeps
        Whether a plan keeps the constraints that ``shape`` adds.
    """

    shape: Callable[[Any], None]
    value: Callable[[Evaluation], float]
    keeps: Callable[[Evaluation], bool] = lambda plan: True


OWN = Goal(lambda model: None, lambda plan: plan.objective)
"""The instance's own objective."""


class NoPlanError(Exception):
    """The program gave no plan; ``outcome`` says why."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(str(outcome.status))


def refine(
    supply: SupplyOptions,
    solve: Solve,
    options: Options,
    budget: Budget,
    goal: Goal = OWN,
    *,
    knots: Mapping[int, Floats] | None = None,
) -> tuple[Evaluation, Outcome]:
    """Solve, with more pieces for fitted powers until the bound is as near as asked.

    Parameters
    ----------
    supply
        The supply options.
    solve
        Solves the program over given segments.
    options
        Limits; ``gap`` is how near the bound is to be.
    budget
        The time that is left; its phases are told in the outcome.
    goal
        What the plan is for.
    knots
        Quantities, by pool, at which the pieces of a power touch it from the start.

    Raises
    ------
    NoPlanError
        When there is no plan, or none was found within the limits.
    InfeasibleError
        When a line has nothing to be ordered, or committed orders alone break a limit.
    """
    knots, value = dict(knots or {}), goal.value
    best: Evaluation | None = None
    bound, outcome = -np.inf, Outcome(stopped=Stopped.TIME_LIMIT, status=Status.UNKNOWN)
    for _ in range(ROUNDS):
        segments = cut(supply, knots)
        require_possible(supply, segments)
        answer, parts = solve(segments, budget.options(options))
        outcome = answer.outcome
        if answer.values is None:
            break
        bound = max(bound, -np.inf if outcome.bound is None else outcome.bound)
        quantity = exact(supply, segments.by_option(parts, len(supply)))
        plan = evaluate(supply, quantity)
        if keeps_limits(plan) and goal.keeps(plan) and (best is None or value(plan) < value(best)):
            best = plan
        ordered = supply.by_pool(quantity)
        used = np.flatnonzero(ordered)
        curved = used[np.isin(used, segments.pool[~segments.exact])].tolist()
        new = [g for g in curved if ordered[g] not in knots.get(g, ())]
        near = best is not None and value(best) - bound <= max(options.gap, 1e-9) * abs(value(best))
        if outcome.stopped is not Stopped.FINISHED or not new or near:
            break
        for g in new:
            knots[g] = np.append(knots.get(g, np.zeros(0)), ordered[g])
    if best is None:
        unknown = outcome.has_answer
        raise NoPlanError(replace(outcome, status=Status.UNKNOWN) if unknown else outcome)
    return best, proven(value(best), bound, outcome, budget)


def keeps_limits(plan: Evaluation) -> bool:
    """Return whether a plan keeps what its pieces may only seem to keep: budget and delivery."""
    supply = plan.supply
    budget = supply.instance.limits.budget
    if budget is not None and plan.cost.sum() > budget + CLOSE * abs(budget):
        return False
    late = plan.weeks > supply.latest * (1 + CLOSE)
    return not bool((late & (plan.weeks > supply.committed_weeks)).any())


def by_program(
    supply: SupplyOptions,
    options: Options,
    progress: Callable[[Progress], None] | None = None,
    goal: Goal = OWN,
    *,
    extend: Extend | None = None,
    budget: Budget | None = None,
    knots: Mapping[int, Floats] | None = None,
) -> tuple[Evaluation, Outcome]:
    """Solve the formulation itself.

    Parameters
    ----------
    supply
        The supply options.
    options, progress
        As for :func:`amopt.sourcing.solve`.
    goal
        What the plan is for.
    extend
        Adds constraints of a caller's own.
    budget
        The time that is left; left out, that of the options.
    knots
        As for :func:`refine`.

    Raises
    ------
    NoPlanError, InfeasibleError
        As :func:`refine` does.
    UsageError
        When what was added changes what the objective means.
    """
    from amopt.program.blocks import solve_blocks
    from amopt.program.pyomo import compile_model, extended, load

    spent = budget or Budget(options.time_limit)

    def solve(segments: Segments, left: Options) -> tuple[Answer, Floats]:
        with spent.phase("build"):
            model = extended(build(supply, segments), extend)
            goal.shape(model)
        with spent.phase("compile"):
            compiled = compile_model(model)
        with spent.phase("solve"):
            answer = solve_blocks(compiled.program, left, progress=progress)
        parts = np.zeros(len(segments.shares))
        if answer.values is not None:
            load(compiled, answer, duals=False)
            parts = np.fromiter((x.value for x in model.x), float, len(segments.shares))
            if extend is not None and segments.exact.all():
                _require_same_objective(supply, segments, parts, answer.outcome.objective, goal)
        return answer, parts

    return refine(supply, solve, options, spent, goal, knots=knots)


def _require_same_objective(
    supply: SupplyOptions, segments: Segments, parts: Floats, objective: float | None, goal: Goal
) -> None:
    """Raise where what was added makes a plan cost more in the model than it does."""
    plan = evaluate(supply, exact(supply, segments.by_option(parts, len(supply))))
    own = goal.value(plan)
    if objective is not None and objective - own > 10 * CLOSE * max(abs(objective), abs(own)):
        raise UsageError(
            f"with what was added the model's objective is {objective:,.10g}, and the plan's is "
            f"{own:,.10g}: constraints may not hold delivery_weeks above the last delivery"
        )


def exact(supply: SupplyOptions, quantity: Floats) -> Floats:
    """Return the parts without the solver's tolerance: whole, or adding up to what is asked for."""
    whole = ~supply.divisible[supply.line]
    rounded = np.where(whole, np.round(quantity), quantity)
    rounded[rounded <= 1e-9 * supply.quantity[supply.line]] = 0.0
    filled = np.bincount(supply.line, rounded, minlength=supply.quantity.size)
    short = supply.needed - filled
    for line in np.flatnonzero(supply.divisible & (short > 0)):
        options = supply.options_of_line[line]
        ordered = supply.by_pool(rounded)[supply.pool]
        room = np.minimum(ordered - supply.smallest, supply.largest - ordered)[options]
        used = rounded[options] > 0
        if short[line] <= 1e-5 * supply.quantity[line] and used.any():
            rounded[options[np.argmax(np.where(used, room, -np.inf))]] += short[line]
    return rounded


def proven(objective: float, bound: float, outcome: Outcome, budget: Budget) -> Outcome:
    """Return the outcome with the objective as evaluated, and the best bound so far."""
    # Nothing costs less than nothing, whatever the solver's rounding says; but a credit does.
    known = max(min(0.0, objective), bound) if np.isfinite(bound) else None
    known = rounded_bound(known, objective)
    near = known is not None and abs(objective - known) <= CLOSE * abs(objective)
    optimal = outcome.stopped is Stopped.FINISHED and near
    return replace(
        outcome,
        objective=objective,
        bound=known,
        status=Status.OPTIMAL if optimal else Status.FEASIBLE,
        seconds=dict(budget.seconds),
        versions=versions("amopt", "highspy", "pyomo"),
    )
