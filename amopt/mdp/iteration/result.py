"""What an iteration ends with: a policy with its proven bounds, and the limits that it kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.mdp.process import Process
from amopt.mdp.solution import MarkovSolution
from amopt.outcome import Outcome, Status, Stopped, rounded_bound, versions
from amopt.program.ctrl_c import Heard, hearing
from amopt.program.time import Budget

__all__ = ["LEAST_VALUE", "PROVEN", "IterationBudget", "bounded", "certified"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

PROVEN = 1e-6
"""Error, relative to the largest value or gain, up to which a policy is called optimal."""

LEAST_VALUE = 1e-6
"""Part of the largest cost below which values are judged by the costs that cancel in them."""


class IterationBudget(Budget):
    """The time and the iterations that one solve may take.

    Parameters
    ----------
    iteration_limit
        Most iterations.
    time_limit
        Seconds of wall clock from now; None for no limit.
    """

    def __init__(self, iteration_limit: int, time_limit: float | None) -> None:
        super().__init__(time_limit)
        self.iteration_limit, self.iterations = iteration_limit, 0
        self._heard = Heard()

    @contextmanager
    def hearing(self) -> Iterator[None]:
        """Hear of Ctrl-C as of a limit as long as a block runs; a second one is raised."""
        with hearing(raises=False) as self._heard:
            yield

    def stopped(self) -> Stopped | None:
        """Return which limit is reached, if any; Ctrl-C is one."""
        if self._heard.pressed:
            return Stopped.INTERRUPTED
        if self.is_over:
            return Stopped.TIME_LIMIT
        if self.iterations >= self.iteration_limit:
            return Stopped.ITERATION_LIMIT
        return None

    def outcome(
        self,
        stopped: Stopped,
        method: str,
        *,
        proven: bool,
        objective: float,
        bound: float | None,
        residual: float,
    ) -> Outcome:
        """Return how the solve ended, now."""
        return Outcome(
            stopped=stopped,
            status=Status.OPTIMAL if proven else Status.FEASIBLE,
            objective=objective,
            bound=bound,
            method=method,
            seconds={"solve": self.spent},
            versions=versions("amopt", "numpy", "scipy"),
            residuals={"bellman": residual},
            iterations=self.iterations,
        )


def certified(
    process: Process,
    initial: Floats,
    policy: Ints,
    exact: tuple[Floats, float],
    *,
    stopped: Stopped,
    method: str,
    budget: IterationBudget,
) -> MarkovSolution:
    """Return the solution of a policy whose values and gain are known, with a sweep's bound."""
    value, gain = exact
    after = process.layers.sweep(value)
    if process.average:
        low, objective = process.layers.gain_bounds(value, after)[0], gain
        error, bound = abs(gain - low), rounded_bound(low, gain)
    else:
        lower, _ = process.layers.value_bounds(value, after)
        error = float(np.abs(value - lower).max())
        objective = float(initial @ value)
        bound = rounded_bound(float(initial @ lower), objective, float(np.abs(value).max()))
    return _solution(
        process,
        initial,
        policy,
        (value, gain),
        error=error,
        ending=_Ending(stopped, method, objective, bound, budget),
    )


def bounded(
    process: Process,
    initial: Floats,
    policy: Ints,
    swept: tuple[Floats, Floats],
    *,
    stopped: Stopped,
    method: str,
    budget: IterationBudget,
) -> MarkovSolution:
    """Return the solution that a sweep, given by the values before and after it, proves."""
    layers = process.layers
    if process.average:
        low, gain = layers.gain_bounds(*swept)
        value = layers.bias(swept[1], 0.5 * (low + gain))
        value -= value[layers.cut[0]]
        error, objective, bound = gain - low, gain, low
    else:
        lower, value = layers.value_bounds(*swept)
        gain, error = 0.0, float((value - lower).max())
        objective, bound = float(initial @ value), float(initial @ lower)
    return _solution(
        process,
        initial,
        policy,
        (value, gain),
        error=error,
        ending=_Ending(stopped, method, objective, bound, budget),
    )


@dataclass(frozen=True, slots=True)
class _Ending:
    """How a solve ended."""

    stopped: Stopped
    method: str
    objective: float
    bound: float | None
    budget: IterationBudget


def _solution(
    process: Process,
    initial: Floats,
    policy: Ints,
    answer: tuple[Floats, float],
    *,
    error: float,
    ending: _Ending,
) -> MarkovSolution:
    """Return the solution with its residual recomputed and its statuses."""
    value, gain = answer
    residual = float(np.abs(process.minimum(process.quality(value, gain))[0] - value).max())
    scale = abs(gain) if process.average else float(np.abs(value).max())
    proven = error <= PROVEN * max(scale, LEAST_VALUE * float(np.abs(process.cost).max()))
    probabilities = np.zeros(process.pairs)
    probabilities[policy] = 1.0
    return MarkovSolution(
        process=process,
        initial=initial,
        value=value,
        policy=policy,
        gain=gain if process.average else None,
        gains=np.full(process.states, gain) if process.average else None,
        bias=value if process.average else None,
        residual=residual,
        error_bound=error,
        probabilities=probabilities,
        outcome=ending.budget.outcome(
            ending.stopped,
            ending.method,
            proven=proven,
            objective=ending.objective,
            bound=ending.bound,
            residual=residual,
        ),
    )
