r"""The best base-stock level where the order closes some days before the replenishment.

The order is decided with :math:`\ell` days to go, and brings what is on the shelf, less what lacks,
with what comes, up to :math:`S`; what fails in the :math:`\ell` nights after it is not covered. So
a system may still lack a regular part after a replenishment. Let :math:`J` be the regular parts on
the shelf less the systems that have no regular part. Without expediting nothing that is printed
changes it: of :math:`N - J^-` regular parts some fail each night, and that is all,

.. math::

    J_{t+1} = J_t - D_t, \qquad D_t \sim \mathrm{Binomial}(N - J_t^-, p_r), \qquad
    J' = S - \sum_{t \ge L - \ell} D_t \text{ where the replenishment comes.}

Printed parts are taken out at each replenishment, whether a regular part is there or not. So what
a system without a regular part costs until then is the same for each,

.. math::

    \delta_d = \min \{ b + \bar\delta_d, \; c_p + \pi_d \}, \qquad
    \pi_d = (1 - p_p) \bar\pi_d + p_p \bar\delta_d,

with a bar for the value of the next day, 0 where a replenishment comes; the days on which one
prints do not depend on the stock. A cost a day follows from the stationary distribution of
:math:`J`, for every level, until one more part must lie longer than it can save.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from amopt.errors import UsageError
from amopt.printing.convoys.calendar import Calendar
from amopt.printing.convoys.values import Best, most_stock
from amopt.printing.parameters import Parameters
from amopt.printing.policy import Action

__all__ = ["best_ordered_early", "without_a_part"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_STATES = 1000
"""Systems and levels together up to which the stock is followed exactly."""

MOST_SWEEPS, STILL = 20_000, 1e-13
"""Times that days which come again are gone through, until nothing changes any more."""

TIE = 1e-10
"""Relative difference of costs up to which the lower level is taken."""


def best_ordered_early(parameters: Parameters, calendar: Calendar, lead: int) -> Best:
    """Return the best base-stock level and printing days of one part, on average cost.

    Parameters
    ----------
    parameters
        Of one part that is not expedited, on average cost.
    calendar
        The days of a schedule, with the day of a replenishment that did not come.
    lead
        Days to go with which the order closes, less than those of a cycle.

    Raises
    ------
    UsageError
        When there are too many systems, or levels to be tried.
    """
    cost, action = without_a_part(parameters, calendar)
    systems, h = int(parameters.systems[0]), float(parameters.holding_cost[0])
    most = most_stock(parameters, calendar, lead)
    if systems + most > MOST_STATES:
        raise UsageError(
            f"{systems:,} systems and {most:,} levels of stock are too many to be followed with an "
            f"order lead time; the most is {MOST_STATES:,} together"
        )
    stock = _Stock.of(parameters, calendar, lead, most)
    found: list[float] = []
    for level in range(most + 1):
        value, short = stock.cost(level, cost)
        found.append(value)
        if cost.max() * short <= h * (1.0 - short):
            break
    costs = np.array(found)
    least = int(np.argmax(costs <= costs.min() + TIE * abs(costs).max()))
    return Best(least, action, float(costs[least]))


def without_a_part(parameters: Parameters, calendar: Calendar) -> tuple[Floats, Ints]:
    """Return what a system without a regular part costs until the next replenishment, by day.

    And the best action for one that waits. The day of a replenishment is like that of one that did
    not come.
    """
    b, c_p = float(parameters.backorder_cost[0]), float(parameters.print_cost[0])
    p_p = float(parameters.printed_failure[0])
    delta, pi = np.zeros(len(calendar)), np.zeros(len(calendar))
    action = np.zeros(len(calendar), dtype=np.int64)
    for _ in range(MOST_SWEEPS):
        before = delta.copy()
        for day in range(len(calendar) - 1, -1, -1):
            stays, then = 1.0 - calendar.arrives[day], calendar.following[day]
            pi[day] = stays * ((1 - p_p) * pi[then] + p_p * delta[then])
            costs = (b + stays * delta[then], c_p + pi[day])
            action[day] = Action.PRINT if costs[1] < costs[0] else Action.WAIT
            delta[day] = min(costs)
        if np.abs(delta - before).max() <= STILL * delta.max():
            break
    return delta, action


@dataclass(frozen=True)
class _Stock:
    """How J, from -N up, changes in one and more nights without a replenishment."""

    parameters: Parameters
    calendar: Calendar
    lead: int
    nights: list[Floats]

    @classmethod
    def of(cls, parameters: Parameters, calendar: Calendar, lead: int, most: int) -> _Stock:
        systems, failure = int(parameters.systems[0]), float(parameters.failure[0])
        J = np.arange(-systems, most + 1)
        lost = J[:, None] - J[None, :]
        running = np.minimum(systems + J, systems)[:, None]
        night = np.where(lost >= 0, binom.pmf(np.maximum(lost, 0), running, failure), 0.0)
        nights = [np.eye(len(J))]
        for _ in range(parameters.cycle_days):
            nights.append(nights[-1] @ night)
        return cls(parameters, calendar, lead, nights)

    def cost(self, level: int, cost: Floats) -> tuple[float, float]:
        """Return the cost a day of a level, and how likely one lacks a part in a schedule."""
        one, L = self.parameters, self.parameters.cycle_days
        N, q = int(one.systems[0]), float(self.calendar.arrives[L - 1])
        size = N + level + 1
        nights = [power[:size, :size] for power in self.nights]
        J = np.arange(-N, level + 1)
        lacking, shelf = np.maximum(-J, 0).astype(np.float64), np.maximum(J, 0)
        before, late = nights[L - self.lead], nights[self.lead]
        came = np.zeros_like(late)
        for row in range(size):
            came[row, size - 1 - row :] = late[row, : row + 1]
        there = before @ came
        moves = q * there + (1 - q) * nights[L]
        often = _stationary(moves)
        by_day = np.array([often @ power for power in nights])
        spent = float(one.order_cost[0]) * float(by_day[0] @ J - by_day[L] @ J)
        spent += float(one.holding_cost[0]) * float((by_day[:L] @ shelf).sum())
        new = np.diff(by_day @ lacking)
        spent += float(new[: L - 1] @ cost[1:L]) + (1 - q) * float(new[L - 1]) * cost[0]
        spent += q * float(often @ there @ lacking) * cost[0]
        short = 1.0 - float(by_day[L][N:].sum())
        return spent / L, max(short, q * float((often @ there)[:N].sum()))


def _stationary(moves: Floats) -> Floats:
    """Return the stationary distribution of a chain whose highest state is met again."""
    size = len(moves)
    system = moves.T - np.eye(size)
    system[-1] = 1.0
    right = np.zeros(size)
    right[-1] = 1.0
    return np.asarray(np.linalg.solve(system, right))
