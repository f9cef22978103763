"""The arrays solved by prices on what lines share, and what is left of the gap by HiGHS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amopt.outcome import Stopped
from amopt.program.blocks import solve_blocks
from amopt.program.solver.highs import Answer, solve
from amopt.program.time import Budget
from amopt.sourcing.methods.arrays import HONOURS as OF_ARRAYS
from amopt.sourcing.methods.arrays import Arrays, arrays_of
from amopt.sourcing.methods.decomposition.column_generation import solve_by_prices
from amopt.sourcing.methods.refine import NoPlanError, proven, refine
from amopt.sourcing.methods.split_fees import FEES, by_split_fees

if TYPE_CHECKING:
    from amopt.outcome import Outcome
    from amopt.program.solver.highs import Progress
    from amopt.program.solver.options import Options
    from amopt.sourcing.evaluation import Evaluation
    from amopt.sourcing.offers.segments import Segments
    from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = ["HONOURS", "by_prices"]

Floats = NDArray[np.float64]

HONOURS = OF_ARRAYS
"""The families that prices honour."""


def by_prices(
    supply: SupplyOptions,
    options: Options,
    progress: Callable[[Progress], None] | None = None,
    budget: Budget | None = None,
) -> tuple[Evaluation, Outcome]:
    """Solve the arrays: by prices where there are many lines, and then what is left by HiGHS.

    Parameters
    ----------
    supply
        The supply options.
    options, progress
        As for :func:`amopt.sourcing.solve`.
    budget
        The time that is left; left out, that of the options.

    Raises
    ------
    NoPlanError, InfeasibleError
        As :func:`amopt.sourcing.methods.refine.refine` does.
    """
    spent = budget or Budget(options.time_limit)
    if _fees_tie_parts(supply):
        return _with_fees(supply, options, progress, spent)
    return _solved(supply, options, progress, spent)


def _fees_tie_parts(supply: SupplyOptions) -> bool:
    """Return whether the fee of a supplier is for several parts."""
    charges, lines = supply.charges, supply.instance.lines
    of: dict[int, set[str]] = {c: set() for c, kind in enumerate(charges.kind) if kind == FEES}
    for c, o in zip(charges.charge.tolist(), charges.option.tolist(), strict=True):
        if c in of:
            of[c].add(lines[supply.line[o]].part)
    return any(len(parts) > 1 for parts in of.values())


def _with_fees(
    supply: SupplyOptions,
    options: Options,
    progress: Callable[[Progress], None] | None,
    budget: Budget,
) -> tuple[Evaluation, Outcome]:
    """Solve with fees shared out by part, and what is left of the gap by HiGHS as they are.

    A budget counts the fees that are paid, of which shares are a part only: HiGHS has it alone.
    """
    best: Evaluation | None = None
    bound, method = -np.inf, ""
    if supply.instance.limits.budget is None:
        best, bound, said = by_split_fees(
            supply,
            lambda split: _solved(split, options, progress, budget, finish=False),
            options.gap,
        )
        method = f"{said.method}, fees shared out"
        near = best.objective - bound <= options.gap * abs(best.objective)
        if near or said.stopped is not Stopped.FINISHED:
            return best, proven(best.objective, bound, replace(said, method=method), budget)
        method += ", then "

    def once(segments: Segments, left: Options) -> tuple[Answer, Floats]:
        arrays = arrays_of(supply, segments)
        with budget.phase("solve"):
            answer = solve_blocks(arrays.program, left, progress=progress)
        none = np.zeros(len(segments.shares))
        return answer, none if answer.values is None else answer.values[arrays.x]

    try:
        plan, said = refine(supply, once, options, budget)
    except NoPlanError as error:
        if best is None:
            raise
        plan, said = best, error.outcome
    bound = max(bound, -np.inf if said.bound is None else said.bound)
    if best is None or plan.objective < best.objective:
        best = plan
    return best, proven(best.objective, bound, replace(said, method=method + said.method), budget)


def _solved(
    supply: SupplyOptions,
    options: Options,
    progress: Callable[[Progress], None] | None,
    spent: Budget,
    *,
    finish: bool = True,
) -> tuple[Evaluation, Outcome]:
    """Solve supply options whose parts share limits alone; ``finish`` leaves the rest to HiGHS."""

    def once(segments: Segments, left: Options) -> tuple[Answer, Floats]:
        with spent.phase("build"):
            arrays = arrays_of(supply, segments)
        with spent.phase("solve"):
            answer = _prices_then_highs(arrays, left, progress, finish=finish)
        none = np.zeros(len(segments.shares))
        return answer, none if answer.values is None else answer.values[arrays.x]

    return refine(supply, once, options, spent)


def _prices_then_highs(
    arrays: Arrays,
    options: Options,
    progress: Callable[[Progress], None] | None,
    *,
    finish: bool = True,
) -> Answer:
    """Solve by prices, and what is left of the gap by HiGHS on the whole program."""
    budget = Budget(options.time_limit)
    first = solve_by_prices(arrays, options, progress)
    if first is None:
        return solve_blocks(arrays.program, budget.options(options), progress=progress)
    gap = first.outcome.gap
    near = gap is not None and gap <= options.gap
    if first.outcome.stopped is not Stopped.FINISHED or near or not finish:
        return first
    second = solve(arrays.program, budget.options(options), start=first.values, progress=progress)
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
