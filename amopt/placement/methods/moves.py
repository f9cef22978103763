"""Single sources bettered by moves: one pair to another unit, or two pairs exchanged.

Hours beyond a unit's are allowed on the way, at a price that no saving is worth, so that tight
units can be rearranged; the best move of all is made until none betters.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["rearranged"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_TO_EXCHANGE, MOST_EXCHANGES = 600, 60
"""Pairs up to which exchanges are tried, all with all; and most exchanges."""

STRICT = 1e9
"""By how much hours beyond a unit's get dearer in the end, so that there are none."""

IMPOSSIBLE = 1e3
"""What an impossible supply counts as, in multiples of the dearest possible one."""


def rearranged(cost: Floats, hours: Floats, capacity: Floats, free: Floats, choice: Ints) -> Ints:
    """Return which unit supplies each pair, -1 for supply without machines, shape (pairs,).

    Parameters
    ----------
    cost, hours
        Of each unit and pair, shape (units, pairs); costs infinite where it cannot.
    capacity
        Hours of each unit, shape (units,).
    free
        Cost of supply without machines, shape (pairs,); infinite where there is none.
    choice
        Which unit supplies each pair to begin with, -1 for supply without machines.
    """
    state = _State(cost, hours, capacity, free, choice)
    state.better()
    state.keep_within_hours()
    state.price *= STRICT
    state.better()
    return state.choice


class _State:
    """Who supplies whom; the last row stands for supply without machines."""

    def __init__(
        self, cost: Floats, hours: Floats, capacity: Floats, free: Floats, choice: Ints
    ) -> None:
        whole = np.vstack([cost, free])
        possible = np.isfinite(whole)
        dear = float(np.abs(whole[possible]).max(initial=1.0))
        self.cost = np.where(possible, whole, IMPOSSIBLE * dear)
        self.hours = np.vstack([np.where(possible[:-1], hours, 0.0), np.zeros(free.size)])
        self.capacity = np.append(capacity, np.inf)
        some = self.hours[self.hours > 0]
        self.price = 3.0 * dear / (float(some.min()) if some.size else 1.0)
        self.small = 1e-9 * dear
        self.every = np.arange(choice.size)
        self.unit = np.where(choice < 0, cost.shape[0], choice)
        self._count()

    def _count(self) -> None:
        self.load = np.bincount(self.unit, self._hours_now(), self.capacity.size)
        self.over = np.maximum(self.load - self.capacity, 0.0)

    def _hours_now(self) -> Floats:
        return self.hours[self.unit, self.every]

    def better(self) -> None:
        """Make moves until none betters, or there have been many."""
        exchanges = 0
        for _ in range(4 * self.every.size):
            if self.shift():
                continue
            if exchanges == MOST_EXCHANGES or not self.exchange():
                break
            exchanges += 1

    def shift(self) -> bool:
        """Move the pair for which it saves most to another unit; return whether any was."""
        now, spent = self.cost[self.unit, self.every], self._hours_now()
        left = np.maximum((self.load - self.capacity)[self.unit] - spent, 0.0)
        relief = self.price * (self.over[self.unit] - left)
        beyond = np.maximum((self.load - self.capacity)[:, None] + self.hours, 0.0)
        change = self.cost - now - relief + self.price * (beyond - self.over[:, None])
        change[self.unit, self.every] = 0.0
        unit, pair = np.unravel_index(int(change.argmin()), change.shape)
        if change[unit, pair] >= -self.small:
            return False
        self.unit[pair] = unit
        self._count()
        return True

    def exchange(self) -> bool:
        """Exchange the two pairs for which it saves most; return whether any were."""
        if self.every.size > MOST_TO_EXCHANGE:
            return False
        now, spent = self.cost[self.unit, self.every], self._hours_now()
        other = self.cost[self.unit].T - now[:, None]
        room = (self.capacity - self.load)[self.unit] + spent
        beyond = np.maximum(self.hours[self.unit] - room[:, None], 0.0)
        each = other + self.price * (beyond - self.over[self.unit][:, None])
        change = each + each.T
        change[self.unit[:, None] == self.unit[None, :]] = 0.0
        first, second = np.unravel_index(int(change.argmin()), change.shape)
        if change[first, second] >= -self.small:
            return False
        self.unit[[first, second]] = self.unit[[second, first]]
        self._count()
        return True

    def keep_within_hours(self) -> None:
        """Leave what a unit cannot hold to supply without machines."""
        free = self.capacity.size - 1
        for unit in np.flatnonzero(self.over > 1e-9 * self.capacity):
            mine = np.flatnonzero(self.unit == unit)
            spent = self.hours[unit, mine]
            order = np.argsort(spent)
            fits = np.cumsum(spent[order]) <= self.capacity[unit]
            self.unit[mine[order[~fits]]] = free
        self._count()

    @property
    def choice(self) -> Ints:
        """Which unit supplies each pair, -1 for supply without machines."""
        chosen: Ints = np.where(self.unit == self.capacity.size - 1, -1, self.unit)
        return chosen
