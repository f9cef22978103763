"""Collects what can be done in the states of a part, block by block, into a decision process."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from amopt.mdp import MarkovDecisionProcess, MarkovSolution
from amopt.outcome import Status
from amopt.printing.parameters import Parameters
from amopt.printing.policy import Action, Policy
from amopt.program.solver.highs import Options, Progress

__all__ = ["PrintingProcess", "Steps"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PRECISION = 1e-8
"""Proven error that the value of the start may have, as a share of it."""

COARSE = 1e-9
"""Proven error at which iterations stop at first, as a share of the largest value."""

ROUNDING = 1e-14
"""Share of the largest value of a period that is rounding."""


@dataclass(frozen=True)
class PrintingProcess:
    """The decision process of one part, with what its pairs do.

    Attributes
    ----------
    process
        The process.
    start
        The state (0, 0, 0): a replenishment has come, nobody waits, the shelf is empty.
    waiting
        The states (n, -1, 0) for n = 1, ..., L - 1, shape (L - 1,): one system waits.
    ordered
        Parts that a pair orders, shape (pairs,).
    action
        The :class:`Action` of a pair for a system that waits, shape (pairs,).
    one_by_one
        Whether an order leads to the next state, in which one may order again.
    """

    process: MarkovDecisionProcess
    start: int
    waiting: Ints
    ordered: Ints
    action: Ints
    one_by_one: bool

    def solve(
        self,
        method: str,
        *,
        options: Options | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> MarkovSolution:
        """Solve the process; parameters as of :meth:`MarkovDecisionProcess.solve`.

        Iterations stop by the largest value of all states, beside which that of the start may be
        next to nothing. Where its error could show they go on until it is below
        :data:`PRECISION`, or as far as rounding lets them.
        """
        began = time.perf_counter()
        found = self.process.solve(method, options=options, progress=progress)
        value, discount = abs(float(found.value[self.start])), self.process.discount
        if discount is None or method == "lp" or found.error_bound <= PRECISION * value:
            return found
        horizon = -np.expm1(self.cycle_days * np.log(discount))
        share = PRECISION * value / float(np.abs(found.value).max(initial=0.0) or 1.0)
        tolerance = max(share, ROUNDING / horizon)
        if options is not None and options.time_limit is not None:
            left = options.time_limit - (time.perf_counter() - began)
            options = replace(options, time_limit=max(left, 0.0))
        if tolerance >= COARSE or (options is not None and options.time_limit == 0):
            return found
        finer = self.process.solve(method, tolerance=tolerance, options=options, progress=progress)
        return finer if finer.outcome.status is Status.OPTIMAL else found

    @property
    def cycle_days(self) -> int:
        """Days of a cycle."""
        return len(self.waiting) + 1

    def policy(self, solution: MarkovSolution) -> Policy:
        """Return base-stock level and actions of a solution's policy."""
        ordered = self.ordered[solution.policy]
        stock = int(ordered[self.start])
        if self.one_by_one:
            stock = int(np.argmin(ordered[self.start :]))  # the first level at which it stops
        action = np.append(Action.WAIT, self.action[solution.policy[self.waiting]])
        return Policy(np.array([stock]), action[:, None].astype(np.int64))

    def cycle_cost(self, solution: MarkovSolution, parameters: Parameters) -> float:
        """Return the cost of a cycle from the gain, or from the value of the start, in money."""
        if solution.gain is not None:
            return solution.gain * parameters.cycle_days
        horizon = -np.expm1(parameters.cycle_days * np.log(parameters.discount))
        return float(solution.value[self.start] * horizon)


@dataclass
class Steps:
    """Blocks of state-action pairs of a process with a given number of states."""

    states: int
    _blocks: list[sp.csr_array] = field(default_factory=list)
    _columns: dict[str, list[NDArray[np.float64]]] = field(default_factory=dict)

    def add(
        self,
        owner: Ints,
        following: sp.csr_array | Ints,
        *,
        first: int = 0,
        cost: ArrayLike = 0.0,
        duration: int = 1,
        ordered: ArrayLike = 0,
        action: ArrayLike = Action.WAIT,
    ) -> None:
        """Add pairs.

        Parameters
        ----------
        owner
            The state in which each pair can be taken, shape (pairs,).
        following
            Probabilities of the states that follow, shape (pairs, some), or the one state that
            follows each pair, shape (pairs,).
        first
            The state that ``following`` counts from.
        cost, ordered, action
            Cost, parts ordered and action of the pairs, scalar or shape (pairs,).
        duration
            Days that the pairs take.
        """
        pairs = len(owner)
        if isinstance(following, np.ndarray):
            one_each = (np.ones(pairs), following, np.arange(pairs + 1))
            following = sp.csr_array(one_each, shape=(pairs, self.states))
        self._blocks.append(
            sp.csr_array(
                (following.data, following.indices + first, following.indptr),
                shape=(pairs, self.states),
            )
        )
        given = {
            "owner": owner,
            "cost": cost,
            "duration": duration,
            "ordered": ordered,
            "action": action,
        }
        for name, values in given.items():
            column = np.broadcast_to(np.asarray(values, dtype=np.float64), pairs)
            self._columns.setdefault(name, []).append(column)

    def process(
        self, parameters: Parameters, names: Ints, *, start: int, waiting: Ints, one_by_one: bool
    ) -> PrintingProcess:
        """Return the process of all pairs that were added, its states named (n, I, P, ...)."""
        column = {name: np.concatenate(values) for name, values in self._columns.items()}
        return PrintingProcess(
            MarkovDecisionProcess(
                sp.csr_array(sp.vstack(self._blocks, format="csr")),
                column["cost"],
                column["owner"].astype(np.int64),
                None if parameters.is_average else parameters.discount,
                duration=column["duration"].astype(np.int64),
                state_names=names,
            ),
            start=start,
            waiting=waiting,
            ordered=column["ordered"].astype(np.int64),
            action=column["action"].astype(np.int64),
            one_by_one=one_by_one,
        )
