"""Why there is no plan: the clash in the instance's words, and the least changes that mend it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from amopt.errors import InfeasibleError, NoAnswerError, UsageError
from amopt.placement.words import BOOKKEEPING, SOFT, limit_words, remedy_words
from amopt.program.infeasible.conflict import Conflict, diagnose, least_change
from amopt.program.solver.outcome import Status, Stopped

if TYPE_CHECKING:
    from amopt.placement.decision import Found
    from amopt.placement.instance.fields import Instance
    from amopt.program.solver.options import Options

__all__ = ["no_plan"]


def no_plan(instance: Instance, found: Found, options: Options) -> InfeasibleError | NoAnswerError:
    """Return the error that says why there is no plan."""
    outcome = found.outcome
    if found.priced is not None and outcome.stopped is Stopped.TIME_LIMIT:
        return NoAnswerError("no plan was found in time: allow more time", outcome=outcome)
    if found.priced is not None:
        return NoAnswerError(
            "no plan was found: the machines may have too few hours for demand that nobody else "
            "supplies. Method 'milp' would prove it and say what clashes",
            outcome=outcome,
        )
    if outcome.status is not Status.INFEASIBLE or found.model is None:
        return NoAnswerError(
            f"no plan was found ({outcome.stopped}): allow more time",
            outcome=outcome,
        )
    program = found.model.program
    within = replace(options, time_limit=min(options.time_limit or 60.0, 60.0))
    remedies: list[str] = []
    try:
        conflict = _in_the_planner_s_hands(diagnose(program, within))
        clashing = {limit.family for limit in conflict.rows}
        # One family at a time: hours and money cannot be weighed against each other.
        for name in SOFT:
            change = least_change(program, {name: 1.0}, within) if name in clashing else None
            remedies += change.in_words(remedy_words(instance)) if change else ()
    except UsageError:  # the program itself can be met
        return InfeasibleError(
            "no plan meets every requirement together with the constraints that were added",
            outcome=outcome,
        )
    except NoAnswerError:
        return InfeasibleError(
            "no plan meets every requirement; which of them clash could not be found in time",
            outcome=outcome,
        )
    return InfeasibleError(
        "no plan meets every requirement: these cannot hold together",
        conflict=conflict.in_words(limit_words(instance)),
        remedies=remedies,
        outcome=outcome,
    )


def _in_the_planner_s_hands(conflict: Conflict) -> Conflict:
    """Leave out the limits that only say what words mean."""
    return replace(
        conflict,
        rows=tuple(limit for limit in conflict.rows if limit.family not in BOOKKEEPING),
        columns=tuple(limit for limit in conflict.columns if limit.family not in BOOKKEEPING),
    )
