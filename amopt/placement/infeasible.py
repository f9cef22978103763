"""Why there is no plan: the limits that clash in the instance's words, and what would mend it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from amopt.errors import InfeasibleError, NoAnswerError
from amopt.outcome import Outcome, Status, Stopped
from amopt.program.infeasible.explain import explain
from amopt.program.infeasible.search import Reasons
from amopt.program.infeasible.sentences import no_plan as told

if TYPE_CHECKING:
    from amopt.program.family import Family
    from amopt.program.linear import LinearProgram
    from amopt.program.solver.options import Options
    from amopt.program.time import Budget

__all__ = ["in_words", "no_plan"]

NUMBERS = ("machines", "bought", "sold", "moved_in", "moved_out")
"""Variables whose upper bounds repeat what a family of constraints says."""


def no_plan(
    program: LinearProgram | None,
    families: Sequence[Family],
    instance: Any,
    options: Options,
    outcome: Outcome,
    *,
    budget: Budget,
) -> InfeasibleError | NoAnswerError:
    """Return the error that says why there is no plan.

    Parameters
    ----------
    program
        The program; None where it was never written down as a whole.
    families
        The families of its constraints.
    instance
        The instance.
    options
        Limits of the solver.
    outcome
        What the method said.
    budget
        The time of the solve.
    """
    if program is None and outcome.stopped is not Stopped.TIME_LIMIT:
        return NoAnswerError(
            "no plan was found: the machines may have too few hours for demand that nobody else "
            "supplies. Method 'milp' would prove it and say what clashes",
            outcome=outcome,
        )
    if program is None or outcome.status is not Status.INFEASIBLE:
        return NoAnswerError(
            f"no plan was found in time ({outcome.stopped}): allow more time", outcome=outcome
        )
    easy_first = sorted(families, key=lambda family: not _is_of_the_plan(family))
    return explain(_without_repeats(program), easy_first, instance, options, outcome, budget=budget)


def _is_of_the_plan(family: Family) -> bool:
    """Return whether a family is a limit on the whole plan, which is the easiest to change."""
    return any(path.startswith("limits.") for path in family.scope)


def _without_repeats(program: LinearProgram) -> LinearProgram:
    """Return the program without bounds that constraints say again, so that these may give."""
    upper = program.upper.copy()
    for family in program.columns.families:
        if family.name in NUMBERS:
            block = program.columns.block(family.name)
            upper[block] = np.where(upper[block] > 0, np.inf, upper[block])
    return replace(program, upper=upper)


def in_words(error: InfeasibleError, families: Sequence[Family], instance: Any) -> InfeasibleError:
    """Return an error about constraints without variables in the instance's words."""
    says = {name: family.says for family in families for name in family.components if family.says}
    conflicts = tuple(
        replace(
            conflict,
            limits=tuple(
                replace(limit, words=says[limit.family](instance, limit.key))
                if limit.family in says
                else limit
                for limit in conflict.limits
            ),
        )
        for conflict in error.conflicts
    )
    found = told(Reasons(conflicts=conflicts, complete=True), error.outcome)
    return found if conflicts and isinstance(found, InfeasibleError) else error
