r"""Total cost without discount: until the process comes to where it can stay at no cost.

Reaching a goal with the greatest probability, with the fewest steps, at the least cost: stochastic
shortest paths (Bertsekas and Tsitsiklis 1991; Puterman 1994, chapter 7). End components of pairs
that cost nothing are one node of the quotient each (:mod:`amopt.mdp.decomposition.quotient`); in
every other end component going on for ever must cost without limit, or else there is no answer, and
that is said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.errors import NoAnswerError, UsageError
from amopt.mdp.decomposition.end_components import (
    alone,
    end_components,
    inner_pairs,
    resting_states,
)
from amopt.mdp.decomposition.quotient import Quotient
from amopt.mdp.iteration.methods import policy_iteration
from amopt.mdp.iteration.result import LEAST_VALUE, PROVEN, IterationBudget
from amopt.mdp.linear_program import dual_program, primal_program
from amopt.mdp.policy import REACHED, PolicyChain
from amopt.mdp.process import Process
from amopt.mdp.solution import MarkovSolution
from amopt.outcome import Status, Stopped, rounded_bound
from amopt.program.solver import highs

if TYPE_CHECKING:
    from amopt.program.solver.options import Options
    from amopt.program.solver.run import Progress

__all__ = ["solve"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

_NOTHING = 1e-9
"""Average cost of going on for ever, relative to the largest cost, that is none."""

METHODS = ("lp", "policy_iteration")
"""The methods that bound a total cost."""


def solve(
    process: Process,
    initial: Floats,
    method: str,
    *,
    form: str = "dual",
    iteration_limit: int = 100_000,
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> MarkovSolution:
    """Solve for the total cost; parameters as of :meth:`MarkovDecisionProcess.solve`.

    Raises
    ------
    NoAnswerError
        When the total cost is not finite: from some state no policy comes to where the process
        can stay at no cost, or one can go on for ever and earn, or gain and lose alternately.
    UsageError
        When the method bounds nothing on this criterion.
    """
    if method not in METHODS:
        raise UsageError(
            f"the method {method!r} has no bound on total cost without discount; take "
            f"{' or '.join(METHODS)}"
        )
    options = highs.Options() if options is None else options
    budget = IterationBudget(iteration_limit, options.time_limit)
    free = process.cost == 0
    component = end_components(process, free)
    count = int(component.max()) + 1
    quotient = Quotient.of(process, component, free, cost=process.cost, stop=np.zeros(count))
    _refuse_endless(process, quotient)
    path = quotient.policy_iteration(budget)
    inside = inner_pairs(process, component) & free
    staying = process.minimum(np.where(inside, 0.0, 1.0))[1]
    policy = quotient.lift(path.choice, staying)
    known = _certified(
        process,
        initial,
        policy,
        path.lower[quotient.node],
        stopped=path.stopped,
        method="policy iteration on the quotient",
        budget=budget,
    )
    if method == "policy_iteration":
        return known
    options = replace(options, time_limit=budget.left)
    return _by_program(process, initial, known, form=form, options=options, progress=progress)


def _refuse_endless(process: Process, quotient: Quotient) -> None:
    """Refuse a process whose total cost is not finite, or not defined."""
    nodes = quotient.nodes
    first = np.zeros(nodes, dtype=np.intp)
    first[quotient.node[::-1]] = np.arange(process.states)[::-1]
    goes_on = quotient.pair >= 0
    whole = sp.csr_array(
        sp.hstack([quotient.transition, sp.csr_array((~goes_on).astype(float)[:, None])])
    )
    end = sp.csr_array(([1.0], ([0], [nodes])), shape=(1, nodes + 1))
    closed = Process(
        sp.vstack([whole, end]),
        np.append(quotient.cost, 0.0),
        np.append(quotient.owner, nodes),
        None,
    )
    component = end_components(closed, np.append(goes_on, False))
    inner = inner_pairs(closed, component) & np.append(goes_on, False)
    size = float(np.abs(process.cost).max())
    for number in range(int(component.max()) + 1):
        members = np.flatnonzero(component == number)
        pairs = np.flatnonzero(inner & (component[closed.state_of_pair] == number))
        state = process.state_label(int(first[members[0]]))
        part = alone(closed, members, pairs)
        outcome = policy_iteration(part, part.initial_distribution(None)).outcome
        outcome.require_ended()
        gain = outcome.objective
        assert gain is not None
        if gain < -_NOTHING * size:
            raise NoAnswerError(
                f"the total cost has no least value: from state {state} the process can go on for "
                "ever and earn without limit; take a discount, or the average cost"
            )
        if gain <= _NOTHING * size:
            raise NoAnswerError(
                f"the total cost is not defined: from state {state} the process can go on for ever "
                "with costs that cancel; take a discount, or the average cost"
            )
    if quotient.endless.size:
        state = process.state_label(int(first[quotient.endless[0]]))
        raise NoAnswerError(
            f"the total cost from state {state} is infinite: no policy comes with certainty to "
            "where the process can stay at no cost"
        )


def _by_program(
    process: Process,
    initial: Floats,
    known: MarkovSolution,
    *,
    form: str,
    options: Options,
    progress: Callable[[Progress], None] | None,
) -> MarkovSolution:
    """Solve the linear program, and prove its policy by the bounds that are known."""
    build = dual_program if form == "dual" else primal_program
    answer = highs.solve(build(process, initial), options, progress=progress)
    flows = answer.values if form == "dual" else answer.duals
    if flows is None:
        return replace(known, outcome=replace(known.outcome, stopped=answer.outcome.stopped))
    flow, rest = np.abs(flows[: process.pairs]), np.abs(flows[process.pairs :])
    visits = process.by_state(flow)
    reached = visits > REACHED / process.states
    reached[resting_states(process)[rest > REACHED / process.states]] = False  # there it stays
    policy = np.where(reached, process.minimum(-flow)[1], known.policy)
    found = _certified(
        process,
        initial,
        policy,
        known.value - known.error_bound,
        stopped=answer.outcome.stopped,
        method=answer.outcome.method,
        budget=IterationBudget(1, None),
    )
    if found.outcome.status is not Status.OPTIMAL:
        method = f"{answer.outcome.method}, refined by policy iteration"
        found = replace(known, outcome=replace(known.outcome, method=method))
    return replace(
        found,
        outcome=replace(
            found.outcome,
            seconds={**answer.outcome.seconds, "policy": known.outcome.seconds["solve"]},
            versions={**found.outcome.versions, **answer.outcome.versions},
            residuals={**answer.outcome.residuals, **found.outcome.residuals},
            iterations=answer.outcome.iterations,
        ),
    )


def _certified(
    process: Process,
    initial: Floats,
    policy: Ints,
    lower: Floats,
    *,
    stopped: Stopped,
    method: str,
    budget: IterationBudget,
) -> MarkovSolution:
    """Return the solution of a policy, evaluated exactly, with lower bounds on the values."""
    chain = PolicyChain.of(process, policy)
    value = chain.evaluate_total()
    for members in chain.recurrent_classes:
        if (chain.cost[members] != 0).any():  # a policy that never comes to rest
            value[:] = np.inf
    finite = bool(np.isfinite(value).all())
    error = float(np.abs(value - lower).max()) if finite else np.inf
    resting = np.zeros(process.states, dtype=bool)
    resting[resting_states(process)] = True
    best = process.minimum(process.quality(value))[0]
    best[resting] = np.minimum(best[resting], 0.0)
    residual = float(np.abs(best - value).max()) if finite else np.inf
    scale = max(float(np.abs(value).max()), LEAST_VALUE * float(np.abs(process.cost).max()))
    probabilities, measure = np.zeros(process.pairs), np.zeros(process.pairs)
    probabilities[policy] = 1.0
    measure[policy] = chain.visits_total(initial)
    return MarkovSolution(
        process=process,
        initial=initial,
        value=value,
        policy=policy,
        gain=None,
        bias=None,
        residual=residual,
        error_bound=error,
        probabilities=probabilities,
        measure=measure,
        outcome=budget.outcome(
            stopped,
            method,
            proven=finite and error <= PROVEN * scale,
            objective=float(initial @ value),
            bound=rounded_bound(float(initial @ lower), float(initial @ value), scale),
            residual=residual,
        ),
    )
