"""The best policy on the decision process of each part: by linear programs, or by iteration."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from amopt.errors import NoAnswerError
from amopt.outcome import Outcome, Status
from amopt.printing.instance import PrintingInstance
from amopt.printing.parameters import Parameters
from amopt.printing.policy import Optimum, Policy
from amopt.program.time import Budget

if TYPE_CHECKING:
    from amopt.program.solver.highs import Options, Progress

__all__ = ["HONOURS", "best_policy", "obstacle"]

HONOURS = frozenset({"one_level", "shelf_balance", "printed_balance", "shortage_balance"})
"""Families of constraints that the process of a part says by its states and transitions."""

MOST_ENTRIES = 150_000_000
"""Probabilities of one part's process that fit into memory: they take some 12 bytes each, and the
solver makes copies."""


def obstacle(method: str, instance: PrintingInstance) -> str:
    """Return why a method cannot answer an instance: a process that would not fit into memory."""
    from amopt.printing.process.processes import entries  # late: it takes long to import

    expected = entries(instance.parameters, method)
    index = int(np.argmax(expected))
    if expected[index] <= MOST_ENTRIES:
        return ""
    return (
        f"the process of part {instance.parts[index].name!r} would have about "
        f"{expected[index]:,.0f} probabilities, and {MOST_ENTRIES:,} fit into memory; take the "
        "method 'closed' or 'collapsed'"
    )


def best_policy(
    parameters: Parameters,
    form: str,
    *,
    options: Options,
    progress: Callable[[Progress], None] | None = None,
) -> Optimum:
    """Find the best policy of every part on its decision process.

    Parameters
    ----------
    parameters
        The parameters of all parts.
    form
        ``"full"`` or ``"factored"`` for the linear program of that process; else a method of
        :meth:`~amopt.mdp.MarkovDecisionProcess.solve`, on the factored process.
    options
        Time limit over all parts, threads, seed.
    progress
        Called by solvers that report.

    Raises
    ------
    NoAnswerError
        When the optimum of some part was not reached within the limits.
    """
    from amopt.printing.process.processes import factored_process, full_process

    build = full_process if form == "full" else factored_process
    method = "lp" if form in ("full", "factored") else form
    budget = Budget(options.time_limit)
    policies, costs, iterations, solver = [], [], 0, ""
    for part in range(len(parameters)):
        budget.require(f"part {part + 1} of {len(parameters)} was solved")
        one = parameters.take([part])
        built = build(one)
        solution = built.solve(method, options=budget.options(options), progress=progress)
        _require_optimal(solution.outcome, part, len(parameters))
        policies.append(built.policy(solution))
        costs.append(built.cycle_cost(solution, one))
        iterations += solution.outcome.iterations or 0
        solver = solution.outcome.method
    policy = Policy(
        np.concatenate([entry.base_stock for entry in policies]),
        np.concatenate([entry.action for entry in policies], axis=1),
    )
    return Optimum(policy, np.array(costs), solver, iterations)


def _require_optimal(outcome: Outcome, part: int, parts: int) -> None:
    """Raise unless a part was solved to its optimum."""
    if outcome.status is not Status.OPTIMAL:
        raise NoAnswerError(
            f"{outcome.method} ended at part {part + 1} of {parts} before its optimum was proven "
            f"({outcome.stopped}); raise the time limit, or take the method 'closed'.",
            outcome=outcome,
        )
