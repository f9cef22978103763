"""The dual program in Pyomo, extended by a caller, solved and read back as a solution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amopt.errors import NoAnswerError, UsageError
from amopt.mdp import methods
from amopt.mdp.formulation import FAMILIES, formulate
from amopt.mdp.iteration.result import PROVEN
from amopt.mdp.linear_program import labels
from amopt.mdp.policy import PolicyChain, policy_of_measure
from amopt.mdp.process import Process
from amopt.mdp.solution import MarkovSolution
from amopt.outcome import Outcome, Status, rounded_bound

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.program.family import Extend
    from amopt.program.solver.highs import Options, Progress

__all__ = ["read_back", "solve"]

Floats = NDArray[np.float64]

_SAME = 1e-6
"""Share of the largest visits by which a policy's may differ from those of the program."""


def solve(
    process: Process,
    initial: Floats,
    extend: Extend,
    *,
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> MarkovSolution:
    """Solve the dual that ``extend`` has extended; see :meth:`MarkovDecisionProcess.solve`.

    Raises
    ------
    InfeasibleError
        When no policy meets what was added, with the constraints that clash.
    NoAnswerError
        When the solver ended without a policy, or no stationary policy does what the program says.
    UsageError
        When ``extend`` changes the objective.
    """
    from amopt.program.pyomo import FIXED, extended, solve_model

    model = extended(formulate(process, initial), extend)
    families = (*FAMILIES, FIXED)
    return read_back(
        model, solve_model(model, options, families=families, progress=progress).outcome
    )


def read_back(model: ConcreteModel, outcome: Outcome | None = None) -> MarkovSolution:
    """Return what a solved dual says, whatever was added to it and whoever solved it.

    The policy draws each pair with its share of the occupation measure, and is evaluated exactly.
    Where the measure is zero it is the best policy of the process without what was added.

    Parameters
    ----------
    model
        A dual of :func:`amopt.mdp.formulation.formulate`, solved.
    outcome
        What the solver said, with its bound; left out, the bound is the optimum of the process
        without what was added.

    Raises
    ------
    NoAnswerError
        When the model holds no values, or no stationary policy has its occupation measure, as where
        a mixture of several recurrent classes is asked for.
    UsageError
        When it is not such a model.
    """
    process = getattr(model, "process", None)
    if not isinstance(process, Process) or not hasattr(model, "occupation"):
        raise UsageError("read_back reads the dual that amopt.mdp.formulation.formulate returns")
    values = [model.occupation[k].value for k in labels(process.pair_names, process.pairs)]
    if any(value is None for value in values):
        raise NoAnswerError("the model holds no values: solve it first", outcome=outcome)
    occupation = np.maximum(np.array(values, dtype=np.float64), 0.0)
    initial = np.array(list(model.symbols.w.values()))
    free = methods.solve(process, methods.Settings(initial, "policy_iteration"))
    probabilities = policy_of_measure(process, occupation, free.policy)
    chain = PolicyChain.randomised(process, probabilities)
    value, gain, visits = _evaluate(process, chain, initial)
    measure = visits[process.state_of_pair] * probabilities
    taken = occupation * (visits > 0)[process.state_of_pair] if process.total else occupation
    if np.abs(measure - taken).max() > _SAME * max(float(measure.max()), 1e-300):
        raise NoAnswerError(
            "no stationary policy takes the pairs as often as the program says: the process would "
            "have to mix several recurrent classes",
            outcome=outcome,
        )
    objective = gain if process.average else float(initial @ value)
    known = (free.outcome.bound, None if outcome is None else outcome.bound)
    scale = max(abs(objective), float(np.abs(process.cost) @ measure))
    bound = rounded_bound(max(one for one in known if one is not None), objective, scale)
    error = np.inf if bound is None else abs(objective - bound)
    return replace(
        free,
        value=value,
        policy=process.minimum(-probabilities)[1],
        gain=gain if process.average else None,
        gains=np.full(process.states, gain) if process.average else None,
        bias=value if process.average else None,
        probabilities=probabilities,
        measure=measure,
        error_bound=error,
        outcome=replace(
            free.outcome if outcome is None else outcome,
            status=Status.OPTIMAL if error <= PROVEN * scale else Status.FEASIBLE,
            objective=objective,
            bound=bound,
        ),
    )


def _evaluate(
    process: Process, chain: PolicyChain, initial: Floats
) -> tuple[Floats, float, Floats]:
    """Return values (bias), gain and visits of a chain."""
    if process.total:
        return chain.evaluate_total(), 0.0, chain.visits_total(initial)
    value, gain = chain.evaluate()
    return value, gain, chain.visits(initial)
