"""Collects what can be done in the states of a part, block by block, into a decision process."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from amopt.mdp import MarkovDecisionProcess, MarkovSolution
from amopt.printing.instance import Numbers
from amopt.printing.policy import Action, Policy

__all__ = ["PrintingProcess", "Steps"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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

    def policy(self, solution: MarkovSolution) -> Policy:
        """Return base-stock level and actions of a solution's policy."""
        ordered = self.ordered[solution.policy]
        stock = int(ordered[self.start])
        if self.one_by_one:
            stock = int(np.argmin(ordered[self.start :]))  # the first level at which it stops
        action = np.append(Action.WAIT, self.action[solution.policy[self.waiting]])
        return Policy(np.array([stock]), action[:, None].astype(np.int64))

    def cycle_cost(self, solution: MarkovSolution, numbers: Numbers) -> float:
        """Return the cost of a cycle from the gain, or from the value of the start, in money."""
        if solution.gain is not None:
            return solution.gain * numbers.cycle_days
        horizon = -np.expm1(numbers.cycle_days * np.log(numbers.discount))
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
        self, numbers: Numbers, names: Ints, *, start: int, waiting: Ints, one_by_one: bool
    ) -> PrintingProcess:
        """Return the process of all pairs that were added, its states named (n, I, P, ...)."""
        column = {name: np.concatenate(values) for name, values in self._columns.items()}
        return PrintingProcess(
            MarkovDecisionProcess(
                sp.csr_array(sp.vstack(self._blocks, format="csr")),
                column["cost"],
                column["owner"].astype(np.int64),
                None if numbers.is_average else numbers.discount,
                duration=column["duration"].astype(np.int64),
                state_names=names,
            ),
            start=start,
            waiting=waiting,
            ordered=column["ordered"].astype(np.int64),
            action=column["action"].astype(np.int64),
            one_by_one=one_by_one,
        )
