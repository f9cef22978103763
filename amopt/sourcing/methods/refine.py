"""The program: built, solved, read back, and refined until its bound is near."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.program.solver.outcome import Outcome, Status, Stopped, versions
from amopt.sourcing.evaluation import Evaluation, evaluate
from amopt.sourcing.offers.segments import Segments, cut, open_quantity
from amopt.sourcing.offers.supply_options import SupplyOptions

if TYPE_CHECKING:
    from amopt.program.pyomo import Compiled
    from amopt.program.solver.highs import Answer, Options, Progress

__all__ = ["Goal", "NoPlanError", "by_program"]

Floats = NDArray[np.float64]

MANY = 2
"""Lines from which prices on shared limits are tried first."""

ROUNDS = 25
"""Most refinements of fitted powers; each halves the gap or better."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a plan is for, where it is not the instance's own objective.

    Attributes
    ----------
    shape
        Changes the Pyomo model: its objective, and more constraints.
    value
        The objective of a plan.
    """

    shape: Callable[[Any], None]
    value: Callable[[Evaluation], float]


OWN = Goal(lambda model: None, lambda plan: plan.objective)
"""The instance's own objective."""


class NoPlanError(Exception):
    """The program gave no plan; ``outcome`` says why."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(str(outcome.status))


def by_program(
    supply: SupplyOptions,
    options: Options,
    progress: Callable[[Progress], None] | None = None,
    goal: Goal = OWN,
) -> tuple[Evaluation, Outcome]:
    """Solve the program, with more pieces for fitted powers until the bound is as near as asked.

    Raises
    ------
    NoPlanError
        When there is no plan, or none was found within the limits.
    """
    knots: dict[int, Floats] = {}
    spent: dict[str, float] = {}
    begun = time.perf_counter()
    best: tuple[Evaluation, Outcome] | None = None
    for _ in range(ROUNDS):
        segments = cut(supply, knots)
        left = options
        if options.time_limit is not None:
            elapsed = time.perf_counter() - begun
            left = replace(options, time_limit=max(1e-3, options.time_limit - elapsed))
        answer, quantity = _solve_once(supply, segments, left, progress, spent=spent, goal=goal)
        if answer.values is None:
            if best is not None:
                break
            raise NoPlanError(answer.outcome)
        plan = evaluate(supply, quantity)
        outcome = _proven(goal.value(plan), answer.outcome, best, spent)
        if best is None or goal.value(plan) < goal.value(best[0]):
            best = plan, outcome
        else:
            best = best[0], _proven(goal.value(best[0]), outcome, best, spent)
        used = np.flatnonzero(quantity)
        curved = used[np.isin(used, segments.option[~segments.exact])].tolist()
        new = [o for o in curved if quantity[o] not in knots.get(o, ())]
        late = answer.outcome.stopped is not Stopped.FINISHED
        gap = best[1].gap
        if late or not new or (gap is not None and gap <= max(options.gap, 1e-9)):
            break
        for o in new:
            knots[o] = np.append(knots.get(o, np.zeros(0)), quantity[o])
    assert best is not None
    return best


@dataclass
class _Watch:
    """Adds the time of a phase to what was spent."""

    spent: dict[str, float]
    phase: str

    def __enter__(self) -> None:
        self.begun = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        elapsed = time.perf_counter() - self.begun
        self.spent[self.phase] = self.spent.get(self.phase, 0.0) + elapsed


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the garbage collector, which would search a large model again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _solve_once(
    supply: SupplyOptions,
    segments: Segments,
    options: Options,
    progress: Callable[[Progress], None] | None,
    *,
    spent: dict[str, float],
    goal: Goal,
) -> tuple[Answer, Floats]:
    """Solve the program over given segments; return the answer and parts by option."""
    with _collector_paused():
        return _built_and_solved(supply, segments, options, progress, spent=spent, goal=goal)


def _built_and_solved(
    supply: SupplyOptions,
    segments: Segments,
    options: Options,
    progress: Callable[[Progress], None] | None,
    *,
    spent: dict[str, float],
    goal: Goal,
) -> tuple[Answer, Floats]:
    from amopt.program.pyomo import compile_model, load
    from amopt.sourcing.formulation import build

    quantity = np.zeros(len(supply))
    with _Watch(spent, "build"):
        model = build(supply, segments)
        goal.shape(model)
    with _Watch(spent, "compile"):
        compiled = compile_model(model)
    with _Watch(spent, "solve"):
        answer = _answer_of(model, compiled, options, progress, plain=goal is OWN)
    if answer.values is not None:
        with _Watch(spent, "load"):
            load(compiled, answer, duals=False)
            found = np.fromiter((x.value for x in model.x), float, len(segments))
            np.add.at(quantity, segments.option, found)
            quantity = _exact(supply, quantity)
    return answer, quantity


def _answer_of(
    model: Any,
    compiled: Compiled,
    options: Options,
    progress: Callable[[Progress], None] | None,
    *,
    plain: bool,
) -> Answer:
    """Solve the arrays: by prices where there are many lines, and then what is left by HiGHS."""
    from amopt.program.blocks import solve_blocks
    from amopt.program.solver.highs import solve as solve_program
    from amopt.sourcing.methods.column_generation import solve_by_prices
    from amopt.sourcing.methods.layout import Layout

    program = compiled.program
    if not plain or len(model.of_line) < MANY:
        return solve_blocks(program, options, progress=progress)
    begun = time.perf_counter()
    first = solve_by_prices(program, Layout.of(model, compiled), options, progress)
    if first is None:
        return solve_blocks(program, options, progress=progress)
    gap = first.outcome.gap
    if first.outcome.stopped is not Stopped.FINISHED or (gap is not None and gap <= options.gap):
        return first
    if options.time_limit is not None:
        left = max(0.01, options.time_limit - (time.perf_counter() - begun))
        options = replace(options, time_limit=left)
    second = solve_program(program, options, start=first.values, progress=progress)
    return _better(first, second)


def _better(first: Answer, second: Answer) -> Answer:
    """Return the better plan of two solves of one program, with the better bound."""
    bounds = [a.outcome.bound for a in (first, second) if a.outcome.bound is not None]
    known = [a for a in (first, second) if a.values is not None and a.outcome.objective is not None]
    best = min(known, key=lambda answer: answer.outcome.objective or 0.0)
    outcome = replace(
        best.outcome,
        bound=max(bounds, default=None),
        stopped=second.outcome.stopped,
        method=f"{first.outcome.method}, then {second.outcome.method}",
    )
    return replace(best, outcome=outcome)


def _exact(supply: SupplyOptions, quantity: Floats) -> Floats:
    """Return the parts without the solver's tolerance: whole, or adding up to what is asked for."""
    whole = ~supply.divisible[supply.line]
    exact = np.where(whole, np.round(quantity), quantity)
    exact[exact <= 1e-9 * supply.quantity[supply.line]] = 0.0
    short = open_quantity(supply) - np.bincount(supply.line, exact, minlength=supply.quantity.size)
    for line in np.flatnonzero(supply.divisible & (short > 0)):
        options = supply.options_of_line[line]
        room = np.minimum(exact - supply.smallest, supply.largest - exact)[options]
        used = exact[options] > 0
        if short[line] <= 1e-5 * supply.quantity[line] and used.any():
            exact[options[np.argmax(np.where(used, room, -np.inf))]] += short[line]
    return exact


def _proven(
    objective: float,
    outcome: Outcome,
    best: tuple[Evaluation, Outcome] | None,
    spent: dict[str, float],
) -> Outcome:
    """Return the outcome with the objective as evaluated, and the best bound so far."""
    bounds = [b for b in (outcome.bound, best[1].bound if best else None) if b is not None]
    bound = min(max(bounds), objective) if bounds else None
    near = bound is not None and objective - bound <= 1e-6 * max(1.0, abs(objective))
    proven = outcome.stopped is Stopped.FINISHED and near
    return replace(
        outcome,
        objective=objective,
        bound=bound,
        status=Status.OPTIMAL if proven else Status.FEASIBLE,
        seconds=dict(spent),
        versions=versions("amopt", "highspy", "pyomo"),
    )
