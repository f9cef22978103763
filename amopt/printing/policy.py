"""A policy: how many to stock, and what to do for a system that waits, by days to go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Action", "Interval", "Mix", "Optimum", "Policy", "Pure"]

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
    """A run of days with one action, in the order of time: from many days to go down to few.

    Where the policy mixes there is an interval for each action, with its share of the systems that
    wait on these days.
    """

    action: Action
    from_days_to_go: int
    to_days_to_go: int
    share: float = 1.0


@dataclass(frozen=True)
class Mix:
    """How the policy of one part draws at random, where a limit is met exactly by mixing.

    Attributes
    ----------
    levels
        The probability of ordering up to each base-stock level, by level.
    share
        The probability of each :class:`Action` for a system that waits, with :math:`n` days to the
        replenishment, shape (cycle_days, 3); row 0 is not used.
    """

    levels: Mapping[int, float]
    share: Floats

    @property
    def mean_stock(self) -> float:
        """The base-stock level in expectation."""
        return sum(level * chance for level, chance in self.levels.items())


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
    mixes
        The parts whose policy draws at random, by position; their entries above are the likeliest.
    """

    base_stock: Ints
    action: Ints
    mixes: Mapping[int, Mix] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the policy as plain data that JSON can hold."""
        return {
            "base_stock": self.base_stock.tolist(),
            "action": self.action.tolist(),
            "mixes": [
                {
                    "part": part,
                    "levels": [[level, chance] for level, chance in mix.levels.items()],
                    "share": mix.share.tolist(),
                }
                for part, mix in self.mixes.items()
            ],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Policy:
        """Return the policy that :meth:`to_dict` wrote down.

        Raises
        ------
        KeyError, TypeError, ValueError
            When ``data`` is not such a policy.
        """
        return cls(
            np.array(data["base_stock"], dtype=np.int64),
            np.array(data["action"], dtype=np.int64),
            {
                one["part"]: Mix(
                    {int(level): float(chance) for level, chance in one["levels"]},
                    np.array(one["share"], dtype=float),
                )
                for one in data["mixes"]
            },
        )

    def take(self, part: int) -> Policy:
        """Return the policy of one part."""
        mixes = {0: self.mixes[part]} if part in self.mixes else {}
        return Policy(self.base_stock[[part]], self.action[:, [part]], mixes)

    def stock(self, part: int) -> int | float:
        """Return the base-stock level of a part, in expectation where it mixes levels."""
        mix = self.mixes.get(part)
        if mix is None or len(mix.levels) == 1:
            return int(self.base_stock[part])
        return mix.mean_stock

    def shares(self, part: int) -> Floats:
        """Return the probability of each action by days to go, shape (cycle_days, 3)."""
        if part in self.mixes:
            return self.mixes[part].share
        return np.eye(len(Action))[self.action[:, part]]

    def threshold(self, part: int, action: Action) -> int | None:
        """Return the fewest days to go with which the action is taken; None where it never is.

        For printing this is :math:`n^*` of theorem 3.1 of the source.
        """
        taken = np.flatnonzero(self.shares(part)[1:, action] > 0)
        return int(taken[0]) + 1 if taken.size else None

    def intervals(self, part: int) -> tuple[Interval, ...]:
        """Return the runs of days with the same actions, from the start of the cycle to its end."""
        share = self.shares(part)
        runs = []
        for taken, run in groupby(range(len(share) - 1, 0, -1), key=lambda n: tuple(share[n])):
            days = list(run)
            runs += [
                Interval(action, days[0], days[-1], float(taken[action]))
                for action in Action
                if taken[action] > 0
            ]
        return tuple(runs)


@dataclass(frozen=True)
class Pure:
    """The best plan that is known of one policy a part, where the best plan mixes.

    Attributes
    ----------
    policy
        The policies.
    cost
        What a cycle costs, in money, shape (parts,).
    bound
        What a cycle of every such plan costs at least, in money.
    is_proven
        Whether all such plans were looked at.
    """

    policy: Policy
    cost: Floats
    bound: float
    is_proven: bool


@dataclass(frozen=True)
class Optimum:
    """What a method found: the optimum, or else it raises.

    Attributes
    ----------
    policy
        The policy of each part.
    cycle_cost
        What the method says a cycle costs, discounted to its start, in money, shape (parts,).
    solver
        How the solver calls what it did; empty where there was none.
    iterations
        Its iterations over all parts.
    bound
        What the solver proves that a cycle of all parts costs at least, in money, where the program
        has limits that parts share, those of the file or others; else None.
    limits
        These limits by name, with the change of the cost of a cycle a unit of each; None where that
        is not known.
    duals
        The same of the limits that the instance states.
    pure
        The best plan of one policy a part, where the policy mixes and such a plan is known.
    """

    policy: Policy
    cycle_cost: Floats
    solver: str = ""
    iterations: int = 0
    bound: float | None = None
    limits: Mapping[str, float | None] = field(default_factory=dict)
    duals: Mapping[str, float | None] = field(default_factory=dict)
    pure: Pure | None = None
