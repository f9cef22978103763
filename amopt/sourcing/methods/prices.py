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
from amopt.sourcing.methods.refine import refine

if TYPE_CHECKING:
    from amopt.outcome import Outcome
    from amopt.program.solver.highs import Progress
    from amopt.program.solver.options import Options
    from amopt.sourcing.evaluation import Evaluation
    from amopt.sourcing.offers.segments import Segments
    from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = ["HONOURS", "by_prices"]

Floats = NDArray[np.float64]

HONOURS = OF_ARRAYS - {"supplier_fees"}
"""The families that prices honour: what a supplier is paid once ties all parts together."""


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

    def once(segments: Segments, left: Options) -> tuple[Answer, Floats]:
        with spent.phase("build"):
            arrays = arrays_of(supply, segments)
        with spent.phase("solve"):
            answer = _prices_then_highs(arrays, left, progress)
        none = np.zeros(len(segments.shares))
        return answer, none if answer.values is None else answer.values[arrays.x]

    return refine(supply, once, options, spent)


def _prices_then_highs(
    arrays: Arrays, options: Options, progress: Callable[[Progress], None] | None
) -> Answer:
    """Solve by prices, and what is left of the gap by HiGHS on the whole program."""
    budget = Budget(options.time_limit)
    first = solve_by_prices(arrays, options, progress)
    if first is None:
        return solve_blocks(arrays.program, budget.options(options), progress=progress)
    gap = first.outcome.gap
    if first.outcome.stopped is not Stopped.FINISHED or (gap is not None and gap <= options.gap):
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
