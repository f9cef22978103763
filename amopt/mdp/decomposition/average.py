r"""Average cost that depends on the first state: gain and bias of each state.

The process stays in one of its end components in the end. Within each the best gain does not depend
on the state and is found by the method asked for; the best component to end in, from each state, by
the same method on the quotient (Ross and Varadarajan 1991). The policy is then improved among the
pairs that keep the gain (Howard 1960; Puterman 1994, section 9.2), and evaluated exactly:

.. math::

    g(s) = \min_{k : s(k) = s} \sum_{s'} P_{ks'} g(s'), \qquad
    h(s) = \min_{k} c_k - \tau_k g(s) + \sum_{s'} P_{ks'} h(s')

where the second minimum is over the pairs that attain the first one (Puterman 1994, equations 9.1.1
and 9.1.2). Linear programming solves the program of Denardo and Fox, see
:mod:`amopt.mdp.linear_program`, and its policy is compared with that of the decomposition.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amopt.mdp.decomposition.end_components import alone, end_components, inner_pairs
from amopt.mdp.decomposition.quotient import Quotient
from amopt.mdp.iteration.methods import ITERATIONS
from amopt.mdp.iteration.result import PROVEN, IterationBudget
from amopt.mdp.linear_program import dual_program, primal_program
from amopt.mdp.policy import PolicyChain
from amopt.mdp.process import Process
from amopt.mdp.solution import MarkovSolution
from amopt.outcome import Status, Stopped, rounded_bound
from amopt.program.solver import highs

if TYPE_CHECKING:
    from amopt.program.solver.options import Options
    from amopt.program.solver.run import Progress

__all__ = ["solve", "solve_by_program"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

_NOISE = 1e-11
"""Improvement of a bias, relative to the largest bias, gain and cost, that is rounding."""

_CONSERVING = 1e-9
"""By how much a pair may worsen the gain, relative to the largest gain and cost, and keep it."""

_LEAST_GAIN = 1e-3
"""Part of the largest cost below which a gain is judged by the costs that cancel in it."""


def solve(
    process: Process,
    initial: Floats,
    method: str,
    *,
    tolerance: float = 1e-9,
    iteration_limit: int = 100_000,
    time_limit: float | None = None,
) -> MarkovSolution:
    """Solve by end components; parameters as of :meth:`MarkovDecisionProcess.solve`."""
    budget = IterationBudget(iteration_limit, time_limit)
    component = end_components(process)
    inner = inner_pairs(process, component)
    low, staying, stopped = _within(process, component, method, tolerance, budget)
    count = int(component.max()) + 1
    stop = low.gain[:count]
    quotient = Quotient.of(process, component, inner, cost=np.zeros(process.pairs), stop=stop)
    if method == "policy_iteration":
        path = quotient.policy_iteration(budget)
    else:
        path = quotient.value_iteration(tolerance, budget)
    policy = _polished(process, quotient.lift(path.choice, staying), budget)
    lower = path.lower[quotient.node] - float((stop - low.bound[:count]).max())
    ended = path.stopped if stopped is Stopped.FINISHED else stopped
    name = f"{method.replace('_', ' ')} by end components"
    return certified(process, initial, policy, lower, stopped=ended, method=name, budget=budget)


@dataclass(frozen=True)
class _Gains:
    """Best gain of each component by a policy, and a lower bound on it, shape (components,)."""

    gain: Floats
    bound: Floats


def _within(
    process: Process,
    component: Ints,
    method: str,
    tolerance: float,
    budget: IterationBudget,
) -> tuple[_Gains, Ints, Stopped]:
    """Solve each component by itself."""
    inner = inner_pairs(process, component)
    count = int(component.max()) + 1
    gain, bound = np.zeros(count), np.zeros(count)
    staying = process.minimum(process.cost)[1]
    stopped = Stopped.FINISHED
    by_component = np.argsort(component, kind="stable")
    first = np.searchsorted(component[by_component], np.arange(count + 1))
    pairs_of = component[process.state_of_pair]
    by_pair = np.flatnonzero(inner)[np.argsort(pairs_of[inner], kind="stable")]
    first_pair = np.searchsorted(pairs_of[by_pair], np.arange(count + 1))
    for number in range(count):
        members = by_component[first[number] : first[number + 1]]
        pairs = by_pair[first_pair[number] : first_pair[number + 1]]
        if len(members) == 1:
            ratio = process.cost[pairs] / process.duration[pairs]
            gain[number] = bound[number] = ratio.min()
            staying[members] = pairs[np.argmin(ratio)]
            continue
        part = alone(process, members, pairs)
        found = ITERATIONS[method](
            part,
            part.initial_distribution(None),
            tolerance=tolerance,
            iteration_limit=budget.iteration_limit,
            time_limit=budget.left,
        )
        assert found.gain is not None
        assert found.outcome.bound is not None
        gain[number], bound[number] = found.gain, found.outcome.bound
        staying[members] = pairs[found.policy]
        budget.iterations += found.outcome.iterations or 0
        if found.outcome.stopped is not Stopped.FINISHED:
            stopped = found.outcome.stopped
    return _Gains(gain, bound), staying, stopped


def _polished(process: Process, policy: Ints, budget: IterationBudget) -> Ints:
    """Return the policy improved among the pairs that keep its gain."""
    bias, gain = PolicyChain.of(process, policy).evaluate_by_class()
    scale = max(float(np.abs(gain).max()), float(np.abs(process.cost).max()))
    while budget.stopped() is None:
        quality = _conserving(process, bias, gain)
        least, best = process.minimum(quality)
        noise = _NOISE * max(float(np.abs(bias).max()), scale)
        better = least < quality[policy] - noise
        if not better.any():
            break
        budget.iterations += 1
        changed = np.where(better, best, policy)
        bias, after = PolicyChain.of(process, changed).evaluate_by_class()
        if (after > gain + _CONSERVING * scale).any() or (changed == policy).all():
            break
        policy, gain = changed, after
    return policy


def _conserving(process: Process, bias: Floats, gain: Floats) -> Floats:
    """Return the quality of pairs that keep the gain, infinite for others, shape (pairs,)."""
    own = gain[process.state_of_pair]
    quality = process.cost - process.duration * own + process.transition @ bias
    scale = max(float(np.abs(gain).max()), float(np.abs(process.cost).max()))
    worse = process.transition @ gain > own + _CONSERVING * scale
    return np.where(worse, np.inf, quality)


def certified(
    process: Process,
    initial: Floats,
    policy: Ints,
    lower: Floats,
    *,
    stopped: Stopped,
    method: str,
    budget: IterationBudget,
) -> MarkovSolution:
    """Return the solution of a policy, evaluated exactly, with lower bounds on the gains."""
    chain = PolicyChain.of(process, policy)
    bias, gain = chain.evaluate_by_class()
    scale = max(float(np.abs(gain).max()), _LEAST_GAIN * float(np.abs(process.cost).max()))
    error = float(np.abs(gain - lower).max())
    quality = _conserving(process, bias, gain)
    residual = max(
        float(np.abs(process.minimum(quality)[0] - bias).max()),
        float(np.abs(process.minimum(process.transition @ gain)[0] - gain).max()),
    )
    probabilities, measure = np.zeros(process.pairs), np.zeros(process.pairs)
    probabilities[policy] = 1.0
    measure[policy] = chain.visits_by_class(initial)
    return MarkovSolution(
        process=process,
        initial=initial,
        value=bias,
        policy=policy,
        gain=float(initial @ gain),
        gains=gain,
        bias=bias,
        residual=residual,
        error_bound=error,
        probabilities=probabilities,
        measure=measure,
        outcome=budget.outcome(
            stopped,
            method,
            proven=error <= PROVEN * scale,
            objective=float(initial @ gain),
            bound=rounded_bound(float(initial @ lower), float(initial @ gain), scale),
            residual=residual,
        ),
    )


def solve_by_program(
    process: Process,
    initial: Floats,
    *,
    form: str = "dual",
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> MarkovSolution:
    """Solve the program of Denardo and Fox, and prove its policy by end components."""
    options = highs.Options() if options is None else options
    budget = IterationBudget(100_000, options.time_limit)
    known = solve(process, initial, "policy_iteration", time_limit=options.time_limit)
    build = dual_program if form == "dual" else primal_program
    program = build(process, initial, multichain=True)
    answer = highs.solve(program, replace(options, time_limit=budget.left), progress=progress)
    flows = answer.values if form == "dual" else answer.duals
    if flows is None:
        return replace(known, outcome=replace(known.outcome, stopped=answer.outcome.stopped))
    stays, passes = np.abs(flows).reshape(2, process.pairs)
    policy = known.policy.copy()
    for flow in (passes, stays):
        visits = process.by_state(flow)
        reached = visits > _CONSERVING / process.states
        policy[reached] = process.minimum(-flow)[1][reached]
    policy = _polished(process, policy, budget)
    assert known.gains is not None
    found = certified(
        process,
        initial,
        policy,
        known.gains - known.error_bound,
        stopped=answer.outcome.stopped,
        method=answer.outcome.method,
        budget=budget,
    )
    if found.outcome.status is not Status.OPTIMAL:
        method = f"{answer.outcome.method}, refined by policy iteration"
        found = replace(known, outcome=replace(known.outcome, method=method))
    return replace(
        found,
        outcome=replace(
            found.outcome,
            versions={**found.outcome.versions, **answer.outcome.versions},
            residuals={**answer.outcome.residuals, **found.outcome.residuals},
            iterations=answer.outcome.iterations,
        ),
    )
