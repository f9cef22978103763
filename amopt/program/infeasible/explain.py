"""Why a formulation has no solution, in the words of its families of constraints.

A limit is a member of a family: the rows of its components that say the same. What a family's
``says`` leaves unsaid is what the variables mean: it is kept always, and never named. Valid
inequalities are left aside, for they hold only as long as the limits that they were derived from. A
row that belongs to no family was added by a caller, and is called by its own name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amopt.errors import InfeasibleError, NoAnswerError
from amopt.outcome import Outcome
from amopt.program.family import Family
from amopt.program.infeasible.limits import ProgramLimits
from amopt.program.infeasible.oracle import Oracle
from amopt.program.infeasible.search import MOST, Search
from amopt.program.infeasible.sentences import no_plan
from amopt.program.linear import LinearProgram
from amopt.program.solver.options import Options
from amopt.program.time import Budget

__all__ = ["explain", "reasons_of"]


def explain(
    program: LinearProgram,
    families: Sequence[Family],
    instance: Any,
    options: Options | None = None,
    outcome: Outcome | None = None,
    *,
    budget: Budget | None = None,
    most: int = MOST,
) -> InfeasibleError | NoAnswerError:
    """Return the error that says which limits of a formulation clash, and what would mend it.

    Parameters
    ----------
    program
        The compiled formulation; the rows of a family carry the names of its components.
    families
        The families of the formulation, those whose limits are easiest to change first.
    instance
        The instance, for the words.
    options
        Limits of the solves.
    outcome
        What the solver said of the program.
    budget
        The time for the solve; the explanation has what is left of it, but see
        :meth:`~amopt.program.time.Budget.to_explain`. Left out, that of the options.
    most
        Most conflicts, and most combinations of changes, that are looked for.

    Returns
    -------
    InfeasibleError or NoAnswerError
        To be raised, with ``conflicts`` and ``combinations`` as data; limits that are easy to
        change come first. The latter where a plan turned up after all.
    """
    options = options or Options()
    limits = ProgramLimits.of(program, families, instance)
    within = (budget or Budget(options.time_limit)).to_explain()
    return reasons_of(Oracle(program, limits, options, within), outcome, most)


def reasons_of(
    oracle: Oracle, outcome: Outcome | None, most: int = MOST
) -> InfeasibleError | NoAnswerError:
    """Return the error that says what an oracle tells; see :func:`explain`."""
    search = Search(
        tuple(oracle.limits.rows),
        oracle.feasible,
        oracle.least_changes,
        most,
        may_give=oracle.limits.may_give,
        narrowed=oracle.narrowed,
    )
    reasons = search.reasons()
    if reasons.hopeless and oracle.proof(oracle.keeping(())) is not None:
        return InfeasibleError(
            "no plan exists, even where every limit of the instance gives way", outcome=outcome
        )
    return no_plan(reasons, outcome)
