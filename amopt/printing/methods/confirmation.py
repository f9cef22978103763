"""The collapsed program asked whether it finds what a faster method found."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from amopt.errors import NoAnswerError, RefusedError, UsageError
from amopt.printing import formulation
from amopt.printing.instance import PrintingInstance
from amopt.printing.methods import collapsed
from amopt.printing.policy import Optimum
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.program.solver.highs import Options, Progress

__all__ = ["confirmed"]

AGREES = 1e-7
"""Relative difference up to which two optima are the same."""

MOST_COLUMNS = 1_000_000
"""Levels of the shelf, over all days and parts, up to which the program fits into memory."""


def confirmed(
    instance: PrintingInstance,
    found: Optimum,
    *,
    options: Options,
    progress: Callable[[Progress], None] | None = None,
) -> tuple[float, float]:
    """Return the optimum of the collapsed program and the bound that its duals prove.

    Both in money a cycle, discounted to its start. The program has every base-stock level that may
    be used up within a cycle: nothing of what was found goes into it.

    Parameters
    ----------
    instance
        The instance.
    found
        What another method found.
    options, progress
        Of the solve.

    Raises
    ------
    NoAnswerError
        When the program was not solved within the limits.
    RefusedError
        When it comes to another cost.
    UsageError
        When it would not fit into memory.
    """
    from amopt.outcome import Status
    from amopt.program.pyomo import compile_model
    from amopt.program.solver.highs import solve

    levels = formulation.useful_levels(instance.parameters)
    columns = int((levels + 1).sum()) * instance.cycle_days
    if columns > MOST_COLUMNS:
        raise UsageError(
            f"the collapsed program would have about {columns:,} columns, and {MOST_COLUMNS:,} fit "
            "into memory: it cannot confirm this answer"
        )
    program = compile_model(formulation.formulate(instance)).program
    first = collapsed.waiting_basis(program)
    outcome = solve(program, options, basis=first, progress=progress).outcome
    if outcome.status is not Status.OPTIMAL or outcome.objective is None or outcome.bound is None:
        raise NoAnswerError(
            f"The collapsed program, which was to confirm the answer, was not solved: "
            f"{outcome.status} ({outcome.stopped}).",
            outcome=outcome,
        )
    cost = float(found.cycle_cost.sum())
    scale = float(np.abs(found.cycle_cost).sum())
    if abs(outcome.objective - cost) > AGREES * scale:
        difference = (
            f"a cycle costs {outcome.objective:.9g} in the collapsed program, and {cost:.9g} in "
            "the answer"
        )
        raise RefusedError(Verdict(findings=(difference,)), outcome=outcome)
    return outcome.objective, outcome.bound
