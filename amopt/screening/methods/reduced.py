r"""Most parts are settled by reduced costs, and HiGHS chooses among the rest.

The relaxation, solved first, gives a bound z and for every column the reduced cost
:math:`\bar c_j`. A choice that differs from the relaxation in a column at its bound is worth at
most :math:`z - |\bar c_j|` (Balas and Zemel 1980, on knapsacks: the core). So the columns with
:math:`|\bar c_j| > \Delta` are held where they are, for a :math:`\Delta` that leaves a few
thousand, and the program of the rest is solved. Where its best choice is worth no less than
:math:`z - \Delta` it is the best of all; where not, :math:`\Delta` becomes what it lacks, and the
second program holds every choice that could be better.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.outcome import Outcome, Status, rounded_bound
from amopt.program.linear import LinearProgram, Names
from amopt.program.solver.highs import Progress, solve
from amopt.program.solver.options import Options
from amopt.program.time import Budget
from amopt.screening.methods import arrays

__all__ = ["HONOURS", "Reduced", "solve_reduced"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

HONOURS = arrays.HONOURS
"""The families of constraints that it honours: those of the arrays."""

CORE = 2_000
"""Columns that are left to the first program."""

OPTIMAL = 1e-6
"""Relative gap up to which an answer is optimal, whatever gap the caller allows."""

GROWTH = 8
"""By what the core grows where it holds no choice at all."""


@dataclass(frozen=True, eq=False)
class Reduced:
    """What was found.

    Attributes
    ----------
    outcome
        Statuses, objective and bound of the whole program.
    values
        One a column; None where nothing was found.
    """

    outcome: Outcome
    values: Floats | None


def solve_reduced(
    program: LinearProgram,
    options: Options,
    budget: Budget,
    progress: Callable[[Progress], None] | None = None,
) -> Reduced:
    """Solve a program that maximises a choice of columns between 0 and 1.

    Parameters
    ----------
    program
        The program.
    options
        Limits of the solver.
    budget
        The time that is left.
    progress
        Called now and then by the solver.
    """
    if program.shape[1] <= CORE:
        answer = solve(program, budget.options(options), progress=progress)
        return Reduced(answer.outcome, answer.values)
    quick = replace(budget.options(options), method="primal simplex", presolve=False)
    relaxed = solve(program.relaxed(), quick)  # few rows, many columns: presolve costs ten times
    if relaxed.values is None or relaxed.reduced_costs is None:
        return Reduced(relaxed.outcome, None)
    if relaxed.outcome.bound is None:
        answer = solve(program, budget.options(options), progress=progress)
        return Reduced(answer.outcome, answer.values)
    bound = relaxed.outcome.bound
    price = np.abs(relaxed.reduced_costs)
    price[~program.integer] = 0.0
    at_bound = np.isin(relaxed.values, (0.0, 1.0))
    price[~at_bound] = 0.0
    core = CORE
    while True:
        delta = float(np.partition(price, core)[core]) if core < price.size else np.inf
        kept = price <= delta
        inner, point = _core(program, relaxed.values, kept)
        answer = solve(inner, budget.options(options), progress=progress)
        if answer.values is not None:
            break
        if answer.outcome.status is not Status.INFEASIBLE or kept.all():
            return Reduced(answer.outcome, None)
        core *= GROWTH
    best, first = _whole(point, kept, answer.values), answer
    objective = program.objective(best)
    if objective < bound - max(delta, options.gap * abs(objective)):
        kept = price <= (bound - objective) * (1 + 1e-9)
        inner, point = _core(program, relaxed.values, kept)
        answer = solve(inner, budget.options(options), progress=progress)
        if answer.values is not None:
            delta = float(bound - objective)
            second = _whole(point, kept, answer.values)
            if program.objective(second) > objective:
                best, objective = second, program.objective(second)
        else:  # what lies between the two cores is not looked through
            answer = replace(first, outcome=replace(first.outcome, stopped=answer.outcome.stopped))
    return Reduced(_outcome(answer.outcome, objective, bound, delta), best)


def _core(program: LinearProgram, at: Floats, kept: Bools) -> tuple[LinearProgram, Floats]:
    """Return the program of some columns, the others held where the relaxation has them."""
    point = np.where(kept, 0.0, np.round(at))
    used = program.matrix @ point
    columns = np.flatnonzero(kept)
    inner = replace(
        program,
        cost=program.cost[columns],
        matrix=sp.csr_array(program.matrix[:, columns]),
        row_lower=program.row_lower - used,
        row_upper=program.row_upper - used,
        lower=program.lower[columns],
        upper=program.upper[columns],
        integer=program.integer[columns],
        rows=Names(),
        columns=Names(),
        offset=program.offset + float(program.cost @ point),
    )
    return inner, point


def _whole(point: Floats, kept: Bools, values: Floats) -> Floats:
    whole = point.copy()
    whole[kept] = values
    return whole


def _outcome(inner: Outcome, objective: float, bound: float, delta: float) -> Outcome:
    """Return the outcome of the whole program: outside the core nothing is worth more."""
    outside = bound - delta if np.isfinite(delta) else -np.inf
    inside = bound if inner.bound is None else inner.bound
    proven = rounded_bound(min(bound, max(inside, outside)), objective, maximise=True)
    near = proven is not None and abs(proven - objective) <= OPTIMAL * abs(objective)
    return replace(
        inner,
        objective=objective,
        bound=proven,
        status=Status.OPTIMAL if near else Status.FEASIBLE,
    )
