"""A policy: how many to stock, and what to do for a system that waits, by days to go."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

__all__ = ["Action", "Interval", "Optimum", "Policy"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Action(IntEnum):
    """What is done for a system that is down while the shelf is empty."""

    WAIT = 0
    PRINT = 1
    EXPEDITE = 2

    @property
    def word(self) -> str:
        """The action as tables write it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Interval:
    """A run of days with one action, in the order of time: from many days to go down to few."""

    action: Action
    from_days_to_go: int
    to_days_to_go: int


@dataclass(frozen=True)
class Policy:
    """A base-stock level and an action a day to go, for each part.

    Attributes
    ----------
    base_stock
        :math:`S`, stock after a replenishment, shape (parts,), int.
    action
        The :class:`Action` with :math:`n` days to the replenishment, shape (cycle_days, parts),
        int; row 0, where parts are ordered, is :attr:`Action.WAIT`.
    """

    base_stock: Ints
    action: Ints

    def take(self, part: int) -> Policy:
        """Return the policy of one part."""
        return Policy(self.base_stock[[part]], self.action[:, [part]])

    def threshold(self, part: int, action: Action) -> int | None:
        """Return the fewest days to go with which the action is taken; None where it never is.

        For printing this is :math:`n^*` of theorem 3.1 of the source.
        """
        taken = np.flatnonzero(self.action[1:, part] == action)
        return int(taken[0]) + 1 if taken.size else None

    def intervals(self, part: int) -> tuple[Interval, ...]:
        """Return the runs of days with one action, from the start of the cycle to its end."""
        days = range(len(self.action) - 1, 0, -1)
        runs = []
        for action, run in groupby(days, key=lambda n: int(self.action[n, part])):
            members = list(run)
            runs.append(Interval(Action(action), members[0], members[-1]))
        return tuple(runs)


@dataclass(frozen=True)
class Optimum:
    """What one form of the problem found: the optimum, or else it raises.

    Attributes
    ----------
    policy
        The policy of each part.
    cycle_cost
        What the form says a cycle costs, discounted to its start, in money, shape (parts,).
    solver
        How the solver calls what it did; empty where there was none.
    iterations
        Its iterations over all parts.
    """

    policy: Policy
    cycle_cost: Floats
    solver: str = ""
    iterations: int = 0
