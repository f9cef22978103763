"""Solve a program that is no instance: arrays, or a Pyomo model that a pipeline has extended."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from amopt.errors import UsageError
from amopt.outcome import Status
from amopt.program.infeasible.explain import explain
from amopt.program.linear import LinearProgram
from amopt.program.solver.highs import Answer, Options, Progress, solve
from amopt.program.time import Budget

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from pyomo.environ import ConcreteModel

__all__ = ["solve_program"]


def solve_program(
    program: LinearProgram | ConcreteModel,
    options: Options,
    *,
    start: bool | ArrayLike | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Answer:
    """Solve a program; that nothing satisfies it is an error, whatever kind of program it is.

    Parameters
    ----------
    program
        A program, or a linear Pyomo model, into which the answer is put.
    options
        Limits and methods.
    start
        Where a mixed-integer solve starts. For a Pyomo model True: from the values that its
        variables have now. For arrays the columns' values, shape (n,); NaN where unknown.
    progress
        As for :func:`amopt.program.solver.highs.solve`.

    Raises
    ------
    InfeasibleError
        When nothing satisfies the program, with the rows that clash and what would mend it.
    UsageError
        When it is no program, or the start does not fit it.
    """
    if isinstance(program, LinearProgram):
        return _solve_arrays(program, options, start, progress)
    if not hasattr(program, "component_objects"):  # a Pyomo model, without importing Pyomo to ask
        raise UsageError(
            f"amopt.solve takes an instance or a program, not {type(program).__name__}; "
            "amopt.load reads a file or a shipped name"
        )
    if not isinstance(start, bool | None):
        raise UsageError("a Pyomo model starts from the values that its variables have: start=True")
    from amopt.program.pyomo import solve_model

    return solve_model(program, options, start=bool(start), progress=progress)


def _solve_arrays(
    program: LinearProgram,
    options: Options,
    start: Any,
    progress: Callable[[Progress], None] | None,
) -> Answer:
    import numpy as np

    if start is not None and (isinstance(start, bool) or np.shape(start) != program.shape[1:]):
        raise UsageError(
            f"the start of {program.name!r} must be {program.shape[1]:,} values, one a column"
        )
    budget = Budget(options.time_limit)
    answer = solve(program, options, start=start, progress=progress)
    if answer.outcome.status is Status.INFEASIBLE:
        raise explain(program, (), None, options, answer.outcome, budget=budget)
    return answer
