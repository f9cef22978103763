r"""What can be kept of a program's limits, and by how little others have to give way.

Limits that may give are made elastic, each with one slack for all of its rows:

.. math::

    \min \sum_{l \in E} \frac{s_l}{b_l} \quad \text{subject to} \quad
    b^-_i - s_l \le (Ax)_i \le b^+_i + s_l \; (i \in l \in E), \quad s \ge 0,

the limits that are kept as they are, all others left out. :math:`b_l` is what the limit states, so
that limits of several units share a change evenly, and none gives less than the others would have
to pay dearly for. No slack can be less while the others stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.errors import LeastChange, Limit, NoAnswerError
from amopt.outcome import Status
from amopt.phrases import rounded_up
from amopt.program.infeasible.limits import ProgramLimits
from amopt.program.infeasible.search import Limits
from amopt.program.linear import LinearProgram, Names
from amopt.program.solver.digits.dual_bound import infeasibility_proof
from amopt.program.solver.highs import Answer, Options, Solver, solve
from amopt.program.time import Budget

__all__ = ["Oracle"]

Rows = NDArray[np.int64]
Floats = NDArray[np.float64]

SHARE = 0.25
"""Share of the time that is left that one question may take."""

GAP = 1e-6
"""Relative gap of least changes, whatever gap the plan itself may have."""

UNIT = 2.0**16
"""What a change by as much as a limit states costs, so that the solver's absolute tolerances are
small beside it."""

NOTICED = 1e-9
"""Change of a limit, relative to what it states or adds up, up to which it counts as kept."""


class Oracle:
    """Answers what can be kept of a program's limits, and what the least changes are.

    Parameters
    ----------
    program
        The program; its objective plays no part.
    limits
        Its limits.
    options, budget
        Limits of the solves.
    """

    def __init__(
        self, program: LinearProgram, limits: ProgramLimits, options: Options, budget: Budget
    ) -> None:
        self.options = replace(options, method="choose", gap=min(options.gap, GAP))
        self.budget = budget
        self.look_at(program, limits)

    def look_at(self, program: LinearProgram, limits: ProgramLimits) -> None:
        """Ask about a program from now on."""
        nothing = np.zeros_like(program.cost)
        self.program = replace(program, cost=nothing, offset=0.0, maximise=False)
        self.limits = limits

    def keeping(self, kept: Limits) -> LinearProgram:
        """Return the program with these limits only, and what variables mean."""
        free = np.zeros(self.program.shape[0], dtype=bool)
        free[self.limits.aside] = True
        for rows in self.limits.rows.values():
            free[rows] = True
        for limit in kept:
            free[self.limits.rows[limit]] = False
        return replace(
            self.program,
            row_lower=np.where(free, -np.inf, self.program.row_lower),
            row_upper=np.where(free, np.inf, self.program.row_upper),
        )

    def feasible(self, kept: Limits) -> bool:
        """Return whether these limits can be kept: by a plan, or by a proof that there is none."""
        return self.point(self.keeping(kept)) is not None

    def point(self, program: LinearProgram) -> Floats | None:
        """Return values that satisfy a program; None where there are none."""
        found = self._solved(program.relaxed())
        if program.is_mixed_integer and found.values is not None:
            found = self._solved(program)
        return found.values

    def least_changes(self, limits: Limits, kept: Limits) -> tuple[LeastChange, ...] | None:
        """Return by how much limits have to give way, together; None where that is no help."""
        found = self.amounts(limits, kept)
        if found is None:
            return None
        values, amounts = found
        return tuple(
            LeastChange(limit, amount, self._words(limit, amount, values))
            for limit, amount in zip(limits, amounts, strict=True)
        )

    def amounts(self, limits: Limits, kept: Limits) -> tuple[Floats, list[float]] | None:
        """Return a plan and by how much each limit gives way in it; None where there is none."""
        program = self.keeping((*limits, *kept))
        groups = [self.limits.rows[limit] for limit in limits]
        stated = np.array([_stated(program, rows) for rows in groups])
        unit = UNIT * float(np.exp(np.log(stated).mean()))
        answer = self._solved(_elastic(program, groups, unit / stated))
        if answer.values is None:
            return None
        if answer.outcome.status is not Status.OPTIMAL:
            raise NoAnswerError("the least change of a limit was not known in time")
        values, slack = np.split(answer.values, [program.shape[1]])
        added = abs(program.matrix) @ np.abs(values)
        sizes = [
            max(float(size), float(added[rows].max()))
            for size, rows in zip(stated, groups, strict=True)
        ]
        slack = np.where(slack > NOTICED * np.array(sizes), slack, 0.0)
        return values, [float(f"{s:.12g}") for s in slack.tolist()]

    def _words(self, limit: Limit, amount: float, values: Floats) -> str:
        family = self.limits.families.get(limit.family)
        if family is not None and family.remedy is not None:
            return family.remedy(self.limits.instance, limit.key, amount)
        row = int(self.limits.rows[limit][0])
        below = float((self.program.matrix[[row]] @ values)[0]) < self.program.row_lower[row]
        verb = "lower" if below else "raise"
        name = self.program.row_name(row)
        return f"{verb} the right-hand side of {name} by {rounded_up(amount)}"

    def narrowed(self, limits: Limits) -> Limits:
        """Return those limits on which a proof rests that the relaxation is infeasible."""
        proof = self.proof(self.keeping(limits))
        if proof is None:
            return limits
        kept = tuple(limit for limit in limits if proof[self.limits.rows[limit]].any())
        return kept if kept and not self.feasible(kept) else limits

    def proof(self, program: LinearProgram) -> Floats | None:
        """Return row duals that prove that the relaxation is infeasible; None where it is not."""
        if 0 in program.shape:
            return None
        with Solver(program.relaxed(), replace(self._within(), presolve=False)) as solver:
            if solver.solve().outcome.status is not Status.INFEASIBLE:
                return None
            ray = solver.ray()
        return None if ray is None else infeasibility_proof(program.relaxed(), ray)

    def _within(self) -> Options:
        self.budget.require("it was known which limits clash")
        return self.budget.options(self.options, SHARE)

    def _solved(self, program: LinearProgram) -> Answer:
        """Return the answer of a solve that told whether there is one.

        Raises
        ------
        NoAnswerError
            When it stopped before that was known.
        """
        answer = solve(program, self._within())
        if answer.outcome.status is Status.INFEASIBLE or answer.values is not None:
            return answer
        raise NoAnswerError(
            "the solver stopped before it was known which limits clash", outcome=answer.outcome
        )


def _stated(program: LinearProgram, rows: Rows) -> float:
    """Return what a limit states, in size; of one that states nothing, what it counts in."""
    sides = np.abs(np.concatenate([program.row_lower[rows], program.row_upper[rows]]))
    stated = float(sides[np.isfinite(sides)].max(initial=0.0))
    return stated or float(np.abs(program.matrix[rows].data).max(initial=0.0)) or 1.0


def _elastic(program: LinearProgram, groups: Sequence[Rows], weights: Floats) -> LinearProgram:
    """Return a program that minimises what groups of rows give; a column more for each group.

    A row with two sides becomes two rows, of which the slack moves one each.
    """
    m, n = program.shape
    rows = np.concatenate(groups)
    group = np.repeat(np.arange(len(groups)), [own.size for own in groups])
    low, high = np.isfinite(program.row_lower[rows]), np.isfinite(program.row_upper[rows])
    twice = rows[low & high]
    upper = program.row_upper.copy()
    upper[twice] = np.inf
    sign = np.concatenate([np.where(low, 1.0, -1.0), np.full(twice.size, -1.0)])
    where = np.concatenate([rows, m + np.arange(twice.size)])
    column = np.concatenate([group, group[low & high]])
    matrix = sp.vstack([program.matrix, program.matrix[twice]])
    slack = sp.csr_array((sign, (where, column)), shape=(m + twice.size, len(groups)))
    return replace(
        program,
        cost=np.concatenate([np.zeros(n), weights]),
        matrix=sp.csr_array(sp.hstack([matrix, slack], format="csr")),
        row_lower=np.concatenate([program.row_lower, np.full(twice.size, -np.inf)]),
        row_upper=np.concatenate([upper, program.row_upper[twice]]),
        lower=np.concatenate([program.lower, np.zeros(len(groups))]),
        upper=np.concatenate([program.upper, np.full(len(groups), np.inf)]),
        integer=np.concatenate([program.integer, np.zeros(len(groups), dtype=bool)]),
        rows=Names(),
        columns=Names(),
    )
