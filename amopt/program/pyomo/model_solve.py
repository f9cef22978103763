"""Compile a Pyomo model, solve it, and put the answer into it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from amopt.errors import InfeasibleError
from amopt.outcome import Status
from amopt.program.family import Family
from amopt.program.infeasible.explain import explain
from amopt.program.pyomo.compiled import compile_model
from amopt.program.pyomo.loading import forget, load, read_values, require_suffixes
from amopt.program.solver.highs import Answer, Options, Progress, solve
from amopt.program.time import Budget

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["solve_model"]


def solve_model(
    model: ConcreteModel,
    options: Options | None = None,
    *,
    start: bool = False,
    duals: bool = True,
    families: Sequence[Family] = (),
    progress: Callable[[Progress], None] | None = None,
) -> Answer:
    """Compile a Pyomo model, solve it, and load the answer where there is one.

    Without an answer the variables that are not fixed lose their values, and the suffixes ``dual``
    and ``rc`` theirs: what an earlier solve left there would be mistaken for an answer.

    Parameters
    ----------
    model
        A linear model.
    options
        Limits and methods; the time limit holds for compiling and solving together, and
        an explanation has what is left of it (:meth:`~amopt.program.time.Budget.to_explain`).
    start
        Whether a mixed-integer solve starts from the values that the variables have now.
    duals
        As for :func:`~amopt.program.pyomo.loading.load`.
    families
        Families of the model's constraints, for the words of a model that nothing satisfies: those
        that only say what variables mean are never named, and what is in none goes by its name.
    progress
        As for :func:`amopt.program.solver.highs.solve`.

    Returns
    -------
    Answer
        ``outcome.seconds`` tells compiling, solving and loading apart.

    Raises
    ------
    InfeasibleError
        When nothing satisfies the model, with the constraints that clash, by name, and what would
        mend it.
    UsageError
        As :func:`~amopt.program.pyomo.compiled.compile_model` and
        :func:`~amopt.program.pyomo.loading.load` do.
    """
    options = options or Options()
    budget = Budget(options.time_limit)
    with budget.phase("compile"):
        try:
            compiled = compile_model(model)
        except InfeasibleError:
            forget(model)
            raise
        if duals and not compiled.program.is_mixed_integer:
            require_suffixes(model)
        point = read_values(compiled) if start else None
    with budget.phase("solve"):
        answer = solve(compiled.program, budget.options(options), start=point, progress=progress)
    with budget.phase("load"):
        if answer.values is None:
            forget(model)
        else:
            load(compiled, answer, duals=duals)
    answer = replace(answer, outcome=replace(answer.outcome, seconds=budget.seconds))
    if answer.outcome.status is Status.INFEASIBLE:
        raise explain(compiled.program, families, None, options, answer.outcome, budget=budget)
    return answer
