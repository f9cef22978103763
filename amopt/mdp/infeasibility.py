r"""Why no policy meets the side constraints: which clash, and the least change that mends it.

What a single constraint can reach is a decision process of its own, with the constraint's
coefficients as costs; policy iteration answers it at once. Constraints that only clash together are
found by programs. The elastic program lets each side constraint be broken at a price and minimises
what is broken,

.. math::

    \min_{x, u, v \ge 0} \sum_i \frac{u_i + v_i}{\max_k |a_{ik}|} \quad\text{s.t.}\quad
    b^-_i \le \sum_k a_{ik} x_k + u_i - v_i \le b^+_i,

over the occupation measures of all policies (Chinneck 2008, chapter 6). It always has an answer; a
positive optimum proves the clash, and :math:`u, v` are the changes.

The engine of :mod:`amopt.program.infeasible` is for programs whose rows are a planner's limits.
Here all but a few rows are the balance of a process's states, which cannot clash: the program is
the one that was solved, with two columns more for each constraint, and what one constraint alone
can reach is known without a program.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.errors import InfeasibleError
from amopt.mdp.iteration.methods import policy_iteration
from amopt.mdp.linear_program import SideConstraint, dual_program
from amopt.mdp.policy import DependsOnStartError
from amopt.mdp.process import Process
from amopt.outcome import Outcome, Status, Stopped
from amopt.phrases import rounded_down, rounded_up
from amopt.program.linear import LinearProgram
from amopt.program.solver import highs
from amopt.program.time import Budget

__all__ = ["explain", "explain_alone"]

Floats = NDArray[np.float64]

_BROKEN = 1e-7
"""Part of what counts in a limit by which it may be missed: what the solver may leave."""


def explain_alone(
    process: Process, initial: Floats, side_constraints: Sequence[SideConstraint], budget: Budget
) -> InfeasibleError | None:
    """Return the error that names constraints which no policy meets; None where there are none.

    Parameters
    ----------
    process, initial, side_constraints
        What is to be solved.
    budget
        The time for it.
    """
    changes = {
        side.name: _change_alone(process, initial, side, budget) for side in side_constraints
    }
    remedies = [_remedy(side, changes[side.name]) for side in side_constraints]
    for side in side_constraints:
        if changes[side.name]:
            return InfeasibleError(
                f"no policy meets the side constraint {side.name!r}",
                conflict=[side.name],
                remedies=[text for text in remedies if text],
                outcome=Outcome(
                    stopped=Stopped.FINISHED, status=Status.INFEASIBLE, method="policy iteration"
                ),
            )
    return None


def _change_alone(process: Process, initial: Floats, side: SideConstraint, budget: Budget) -> float:
    """Return by how much a constraint's limit must move before any policy meets it.

    0 where that depends on the first state, even if the cost does not: the program tells.
    """
    for sign, limit in ((1.0, side.upper), (-1.0, side.lower)):
        if math.isinf(limit):
            continue
        other = process.with_cost(sign * side.coefficients)
        try:
            best = policy_iteration(other, initial, time_limit=budget.left).outcome
            best.require_ended()
        except DependsOnStartError:
            continue
        assert best.bound is not None
        missing = best.bound - sign * limit
        if missing > _BROKEN * max(abs(best.bound), abs(limit)):
            return sign * missing
    return 0.0


def explain(
    process: Process,
    initial: Floats,
    side_constraints: Sequence[SideConstraint],
    options: highs.Options,
    budget: Budget,
) -> InfeasibleError | None:
    """Return the error that names an irreducible set of clashing constraints; None without a clash.

    Parameters
    ----------
    process, initial, side_constraints
        What was to be solved.
    options
        Options for the solver.
    budget
        The time for all solves.
    """

    def least_violations(sides: Sequence[SideConstraint]) -> Floats | None:
        within = replace(options, presolve=True, time_limit=budget.left)
        return _least_violations(process, initial, sides, within)

    broken = least_violations(side_constraints)
    if broken is None or not broken.any():
        return None
    remedies = [
        _remedy(side, change) for side, change in zip(side_constraints, broken, strict=True)
    ]
    needed = list(side_constraints)
    for side in side_constraints:
        fewer = [other for other in needed if other is not side]
        still = least_violations(fewer) if fewer else None
        if still is not None and still.any():
            needed = fewer
    names = [side.name for side in needed]
    listed = ", ".join(repr(name) for name in names)
    message = (
        f"no policy meets the side constraint {listed}"
        if len(names) == 1
        else f"no policy meets these side constraints together: {listed}"
    )
    return InfeasibleError(message, conflict=names, remedies=[text for text in remedies if text])


def _least_violations(
    process: Process,
    initial: Floats,
    side_constraints: Sequence[SideConstraint],
    options: highs.Options,
) -> Floats | None:
    """Return by how much each constraint must give way, positive upwards, shape (constraints,)."""
    count = len(side_constraints)
    total = 1.0 if process.discount is None else 1.0 / (1.0 - process.discount)
    size = process.states / math.sqrt(total)
    program = dual_program(process, initial, side_constraints)
    rows = sp.csr_array(
        (np.ones(count), (process.states + process.average + np.arange(count), np.arange(count))),
        shape=(program.shape[0], count),
    )
    scale = np.array([np.abs(side.coefficients).max() or 1.0 for side in side_constraints])
    elastic = LinearProgram.from_arrays(
        np.concatenate([np.zeros(process.pairs), 1 / scale, 1 / scale]),
        sp.hstack([program.matrix, rows, -rows]),
        program.row_lower * size,
        program.row_upper * size,
        rows=program.rows,
        name="elastic occupation measure",
    )
    answer = highs.solve(elastic, options)
    if answer.values is None:
        return None
    short, excess = answer.values[process.pairs :].reshape(2, count) / size
    change: Floats = excess - short
    change[np.abs(change) <= _BROKEN * scale * total] = 0.0
    return change


def _remedy(side: SideConstraint, change: float) -> str:
    """Return in words what would mend a constraint; empty when it need not change."""
    if change > 0:
        enough = rounded_up(side.upper + change)
        return f"raise the upper limit of {side.name!r} from {side.upper:.6g} to {enough}"
    if change < 0:
        enough = rounded_down(side.lower + change)
        return f"lower the lower limit of {side.name!r} from {side.lower:.6g} to {enough}"
    return ""
