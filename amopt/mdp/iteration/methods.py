r"""Value iteration, modified policy iteration and policy iteration.

All three work on the sweep of :mod:`amopt.mdp.iteration.layers`, which covers one whole period,
and end with its bounds on the optimum:

- *value iteration*: sweep until the bounds meet (Puterman 1994, sections 6.3, 6.6 and 8.5);
- *modified policy iteration*: between two sweeps over all pairs, cheap sweeps over the pairs of the
  policy alone (Puterman and Shin 1978);
- *policy iteration*: solve for the policy's value exactly (through the cut where that is small, by
  sparse LU otherwise), improve it in every state, stop when
  nothing improves (Howard 1960). On average cost it asks that every state can reach the best
  recurrent class, so that the average does not depend on the first state.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from amopt.mdp.decomposition.end_components import end_components
from amopt.mdp.iteration.cut import evaluate_on_cut, is_worthwhile
from amopt.mdp.iteration.result import LEAST_VALUE, IterationBudget, bounded, certified
from amopt.mdp.policy import DependsOnStartError, PolicyChain, toward
from amopt.mdp.process import Process
from amopt.mdp.solution import MarkovSolution
from amopt.outcome import Stopped
from amopt.program.time import PHASES

__all__ = [
    "ITERATIONS",
    "improve_until_stable",
    "modified_policy_iteration",
    "policy_iteration",
    "value_iteration",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

_DAMPING = 0.75
"""Share of a change that is taken where the chain of the cut is periodic: any below 1 ends that."""

_STALLED = 0.98
"""Share of the last differences from which on they are taken not to shrink by themselves."""

_EVALUATION_SWEEPS = 200
"""Most sweeps over the pairs of one policy between two over all pairs."""

_NEARER = 0.1
"""Share of the last differences up to which a policy is evaluated before it is improved again."""

_IDLE = 3
"""Improvements in a row without a better gain, from which on policies are taken to come back."""

_SECOND_START = 12
"""Improvements after which another first policy is tried: some processes change an age in each."""

_ROUNDING = 1e-14
"""Rounding of a sweep, relative to the largest value: bounds on the gain come no nearer."""

_AT_ONCE = (Stopped.TIME_LIMIT, Stopped.INTERRUPTED)
"""What ends the evaluation of a policy."""

_NOISE = 1e-12
"""Improvement of a pair, relative to the largest value and cost, that is rounding."""


def value_iteration(
    process: Process,
    initial: Floats,
    *,
    tolerance: float = 1e-9,
    iteration_limit: int = 100_000,
    time_limit: float | None = None,
) -> MarkovSolution:
    """Solve by value iteration; parameters as of :meth:`MarkovDecisionProcess.solve`."""
    budget = IterationBudget(iteration_limit, time_limit)
    with budget.hearing():
        return _iterate(process, initial, tolerance, budget, modify=False)


def modified_policy_iteration(
    process: Process,
    initial: Floats,
    *,
    tolerance: float = 1e-9,
    iteration_limit: int = 100_000,
    time_limit: float | None = None,
) -> MarkovSolution:
    """Solve by modified policy iteration; parameters as of :meth:`MarkovDecisionProcess.solve`."""
    budget = IterationBudget(iteration_limit, time_limit)
    with budget.hearing():
        return _iterate(process, initial, tolerance, budget, modify=True)


def _iterate(
    process: Process,
    initial: Floats,
    tolerance: float,
    budget: IterationBudget,
    *,
    modify: bool,
) -> MarkovSolution:
    """Sweep until the bounds are within ``tolerance`` of each other or a limit is reached."""
    name = "modified policy iteration" if modify else "value iteration"
    PHASES.info("%s", name)
    layers = process.layers
    policy = np.zeros(process.states, dtype=np.intp)
    before = np.zeros(process.states)
    step, last_span, evaluate = 1.0, math.inf, modify
    while True:
        budget.iterations += 1
        after = layers.sweep(before, policy if modify else None)
        least, largest = layers.differences(before, after)
        stopped = (
            Stopped.FINISHED if _close(process, before, after, tolerance) else budget.stopped()
        )
        if stopped is not None:
            break
        if largest - least > _STALLED * last_span:
            evaluate = evaluate and step == 1.0  # policies of several classes drift apart
            if process.average and step == 1.0:
                _require_one_component(process)
            step = _DAMPING  # the chain of the cut is itself periodic: make it aperiodic
        last_span = largest - least
        if evaluate:
            after = _evaluate_by_sweeps(process, policy, after, _NEARER * last_span, budget)
        before = before + step * (after - before) if step < 1 else after
        if process.average:
            before = before - before[layers.cut[0]]
    if not modify:
        layers.sweep(before, policy)
    return bounded(
        process, initial, policy, (before, after), stopped=stopped, method=name, budget=budget
    )


def _require_one_component(process: Process) -> None:
    """Refuse a process that may stay in several places, whose average may depend on the first."""
    if end_components(process).max() > 0:
        raise DependsOnStartError("the process has several end components")


def _close(process: Process, before: Floats, after: Floats, tolerance: float) -> bool:
    """Return whether the bounds are within ``tolerance`` relative to the largest value or gain."""
    if process.average:
        low, high = process.layers.gain_bounds(before, after)
        scale = max(abs(low), abs(high), LEAST_VALUE * float(np.abs(process.cost).max()))
        rounding = _ROUNDING * max(float(np.abs(after).max()), float(np.abs(process.cost).max()))
        return high - low <= max(tolerance * scale, rounding)
    lower, upper = process.layers.value_bounds(before, after)
    scale = max(float(np.abs(lower).max()), float(np.abs(upper).max()))
    return float((upper - lower).max()) <= tolerance * scale


def _evaluate_by_sweeps(
    process: Process, policy: Ints, value: Floats, span: float, budget: IterationBudget
) -> Floats:
    """Return the values after sweeps of the policy alone, until its changes differ by ``span``."""
    layers = process.layers.restricted(policy)
    for _ in range(_EVALUATION_SWEEPS):
        after = layers.sweep(value)
        least, largest = layers.differences(value, after)
        value = after
        if largest - least <= span or budget.stopped() in _AT_ONCE:
            break
    return value


def policy_iteration(
    process: Process,
    initial: Floats,
    *,
    tolerance: float = 1e-9,
    iteration_limit: int = 100_000,
    time_limit: float | None = None,
) -> MarkovSolution:
    """Solve by policy iteration; parameters as of :meth:`MarkovDecisionProcess.solve`.

    Ctrl-C ends it with the policy at hand, whose outcome says so.

    Raises
    ------
    DependsOnStartError
        On average cost, when it depends on the first state.
    """
    budget = IterationBudget(iteration_limit, time_limit)
    with budget.hearing():
        return _by_policies(process, initial, tolerance, budget)


def _by_policies(
    process: Process, initial: Floats, tolerance: float, budget: IterationBudget
) -> MarkovSolution:
    PHASES.info("policy iteration")
    policy = np.zeros(process.states, dtype=np.intp)
    process.layers.sweep(process.layers.sweep(np.zeros(process.states)), policy)
    policy, value, gain, stopped = improve_until_stable(process, policy, budget)
    if stopped is Stopped.FAILED:  # classes of equal gain, whose relative values are open
        return _iterate(process, initial, tolerance, budget, modify=False)
    return certified(
        process,
        initial,
        policy,
        (value, gain),
        stopped=stopped,
        method="policy iteration",
        budget=budget,
    )


def improve_until_stable(
    process: Process,
    policy: Ints,
    budget: IterationBudget | None = None,
    free: NDArray[np.bool_] | None = None,
) -> tuple[Ints, Floats, float, Stopped]:
    r"""Evaluate and improve a policy until nothing improves or a limit is reached.

    Where that takes long on a discounted process, the policy of every state's first action is
    improved as many times, too. A policy that is greedy for the lesser values of both,
    :math:`w = \min(v_\pi, v_\sigma)`, is as good as both, because
    :math:`T w \le \min(T v_\pi, T v_\sigma) \le w` for the monotone operator :math:`T` of a
    sweep (Puterman 1994, section 6.4).

    Parameters
    ----------
    process
        The process.
    policy
        The first policy, one pair a state, shape (states,).
    budget
        Limits; left out, none but 1,000 improvements.
    free
        The states whose pair may change, shape (states,); left out, all.

    Returns
    -------
    tuple
        Policy, its values (bias), its gain, and why it ended; ``failed`` where policies of several
        recurrent classes came back without a better gain.

    Raises
    ------
    DependsOnStartError
        On average cost, when it depends on the first state.
    """
    budget = IterationBudget(1000, None) if budget is None else budget
    if process.criterion != "discounted" or free is not None:
        return _improve(process, policy, budget, free)
    first = process.starts if process.order is None else process.order[process.starts]
    tried = []
    for start in (policy, first):
        tried.append(_improve(process, start, budget, most=_SECOND_START))
        if tried[-1][3] is Stopped.FINISHED:
            return tried[-1]
        if (stopped := budget.stopped()) is not None:
            best, value, gain, _ = min(tried, key=lambda one: float(one[1].sum()))
            return best, value, gain, stopped
    _, greedy = process.minimum(process.quality(np.minimum(tried[0][1], tried[1][1])))
    return _improve(process, greedy, budget)


def _improve(
    process: Process,
    policy: Ints,
    budget: IterationBudget,
    free: NDArray[np.bool_] | None = None,
    most: float = math.inf,
) -> tuple[Ints, Floats, float, Stopped]:
    """Evaluate and improve a policy, at most so many times; see :func:`improve_until_stable`."""
    best_gain, idle, improved = math.inf, 0, 0
    while True:
        budget.iterations += 1
        improved += 1
        policy, value, gain, led = _evaluate(process, policy)
        idle = idle + 1 if led and gain >= best_gain else 0
        best_gain = min(best_gain, gain)
        quality = process.quality(value, gain)
        least, best = process.minimum(quality)
        noise = _NOISE * max(float(np.abs(value).max()), float(np.abs(process.cost).max()))
        better = least < quality[policy] - noise
        if free is not None:
            better &= free
        if not better.any():
            return policy, value, gain, Stopped.FINISHED
        stopped = Stopped.FAILED if idle > _IDLE else budget.stopped()
        if stopped is None and improved >= most:
            stopped = Stopped.ITERATION_LIMIT
        if stopped is not None:
            return policy, value, gain, stopped
        policy = np.where(better, best, policy)


def _evaluate(process: Process, policy: Ints) -> tuple[Ints, Floats, float, bool]:
    """Return the policy, its values and gain, and whether it had to be led to its best class."""
    chain = PolicyChain.of(process, policy)
    led = process.average and len(chain.recurrent_classes) > 1
    if led:
        policy = _lead_to_best_class(process, policy, chain)
        chain = PolicyChain.of(process, policy)
    if is_worthwhile(process):
        reference = None
        if process.average:
            members = chain.recurrent_classes[0]
            reference = int(members[np.isin(members, process.layers.cut)][0])
        value, gain = evaluate_on_cut(process, policy, reference)
    else:
        value, gain = chain.evaluate()
    return policy, value, gain, led


def _lead_to_best_class(process: Process, policy: Ints, chain: PolicyChain) -> Ints:
    """Return the policy that leads every state to the recurrent class of the least gain."""
    gains = [
        PolicyChain(
            chain.transition[members][:, members],
            chain.cost[members],
            chain.duration[members],
            True,
        ).evaluate()[1]
        for members in chain.recurrent_classes
    ]
    best = chain.recurrent_classes[int(np.argmin(gains))]
    led, rest = toward(process, best, policy)
    if rest.size:
        raise DependsOnStartError(
            "the average cost depends on the first state (a multichain process): no policy leads "
            f"from {process.state_label(int(rest[0]))} to {process.state_label(int(best[0]))}; "
            "solve each closed part by itself, or with a discount"
        )
    return led


ITERATIONS = {
    "policy_iteration": policy_iteration,
    "modified_policy_iteration": modified_policy_iteration,
    "value_iteration": value_iteration,
}
"""The iterations by name."""
