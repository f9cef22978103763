r"""The best policy of a part when replenishments may not come, by its values.

While the shelf is empty every system is on its own, so that the value of a state is linear as in
the base model: with :math:`a_d` the probability that the replenishment comes after day :math:`d`,
:math:`d'` the day that follows else, and a bar for the expectation over both,

.. math::

    \bar m_d &= a_d c_r + (1 - a_d) m_{d'}, \qquad \bar k_d = a_d c_r + (1 - a_d) k_{d'} \\
    k_d &= \alpha \bigl( (1 - p_p) \bar k_d + (p_p - p_r) \bar m_d \bigr) \\
    m_d &= \min \{ b + \alpha (1 - p_r) \bar m_d, \; c_p + k_d, \; c_e \} \\
    \rho_d &= \alpha \bigl( (1 - a_d) \rho_{d'} + p_r \bar m_d \bigr)

(:math:`m` a missing part less a regular one, :math:`k` a printed part less a regular one). With
stock on the shelf :math:`V_d(I) = h I + \alpha \mathbb{E} \bar V_d(I - D)`. Days that come again
are gone through until nothing changes: each missed replenishment takes the values nearer by its
probability. That is exact to rounding, and needs no program.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from amopt.errors import UsageError
from amopt.printing.convoys.calendar import Calendar
from amopt.printing.parameters import Parameters
from amopt.printing.policy import Action

__all__ = ["HONOURS", "Best", "best", "most_stock"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HONOURS = frozenset(
    {"constant", "regular", "printed", "wait", "print_one", "expedite", "shelf", "order"}
)
"""The families of the program that these values honour."""

STILL = 1e-13
"""Relative change of a sweep from which the values stand still."""

RARE = 1e-9
"""Levels are tried up to that which runs out before a replenishment with this probability."""

MOST_LEVELS = 5000

MOST_SWEEPS = 20_000

TIE = 1e-10
"""Relative difference of costs up to which the lower level is taken."""


@dataclass(frozen=True)
class Best:
    """The best policy of one part.

    Attributes
    ----------
    base_stock
        The level to order up to.
    action
        The :class:`Action` for a system that waits, by day of the calendar, shape (days,).
    value
        :math:`V(0, 0, 0)`, or on average cost the cost a day, in money.
    """

    base_stock: int
    action: Ints
    value: float


def best(parameters: Parameters, calendar: Calendar) -> Best:
    """Return the best policy of one part.

    Raises
    ------
    UsageError
        When so many levels would have to be tried that it takes too long.
    """
    m, action = _alone(parameters, calendar)
    rho, constant = _linear(parameters, calendar, m)
    levels = most_stock(parameters, calendar)
    cost = _of_levels(parameters, calendar, (m, rho), levels)
    # V(0,0,0) = cost(S) + constant V(0,0,0); on average cost, cost(S) less the gain times days.
    value = cost / constant if parameters.is_average else cost / (1.0 - constant)
    least = int(np.argmax(value <= value.min() + TIE * abs(value).max()))
    return Best(least, action, float(value[least]))


def _alone(parameters: Parameters, calendar: Calendar) -> tuple[Floats, Ints]:
    """Return m and the best action for a system that waits, by day."""
    alpha, c_r = parameters.discount, float(parameters.order_cost[0])
    p_r, p_p = float(parameters.failure[0]), float(parameters.printed_failure[0])
    b = float(parameters.backorder_cost[0])
    c_p, c_e = float(parameters.print_cost[0]), float(parameters.expedite_cost[0])
    m, k = np.zeros(len(calendar)), np.zeros(len(calendar))
    action = np.zeros(len(calendar), dtype=np.int64)
    for _ in range(MOST_SWEEPS):
        before = np.concatenate([m, k])
        for day in range(len(calendar) - 1, -1, -1):
            arrives, then = calendar.arrives[day], calendar.following[day]
            later_m = arrives * c_r + (1 - arrives) * m[then]
            later_k = arrives * c_r + (1 - arrives) * k[then]
            k[day] = alpha * ((1 - p_p) * later_k + (p_p - p_r) * later_m)
            costs = (b + alpha * (1 - p_r) * later_m, c_p + k[day], c_e)
            action[day] = int(np.argmin(costs))  # waiting first where two are alike
            m[day] = costs[action[day]]
        if np.abs(np.concatenate([m, k]) - before).max() <= STILL * (c_r + b):
            break
    action[0] = Action.WAIT
    return m, action


def _linear(parameters: Parameters, calendar: Calendar, m: Floats) -> tuple[Floats, float]:
    """Return rho by day, and the expectation of alpha^T (on average cost of T) of a cycle."""
    alpha, size = parameters.discount, len(calendar)
    stays = np.zeros((size, size))
    stays[np.arange(size), calendar.following] = 1.0 - calendar.arrives
    later = calendar.arrives * parameters.order_cost[0] + stays @ m
    rho = np.linalg.solve(np.eye(size) - alpha * stays, alpha * parameters.failure[0] * later)
    one = np.ones(size) if parameters.is_average else alpha * calendar.arrives
    lasts = np.linalg.solve(np.eye(size) - alpha * stays, one)
    return rho, float(lasts[0])


def most_stock(parameters: Parameters, calendar: Calendar, lead: int = 0) -> int:
    """Return the highest level that is tried: it runs out with a probability of 1e-9 at most.

    It has to last ``lead`` days more, those after the order for it.

    Raises
    ------
    UsageError
        When it is too high.
    """
    if not parameters.failure[0]:
        return 0
    days, day, left = lead, 0, 1.0
    while left > RARE / 10 and days < 100_000:
        days, left = days + 1, left * (1.0 - calendar.arrives[day])
        day = int(calendar.following[day])
    systems = int(parameters.systems[0])
    most = int(binom.isf(RARE, systems * days, float(parameters.failure[0]))) + 1
    if most > MOST_LEVELS:
        raise UsageError(
            f"{most:,} levels of stock would have to be tried, more than {MOST_LEVELS:,}: so many "
            "failures may fall between two replenishments"
        )
    return most


def _of_levels(
    parameters: Parameters, calendar: Calendar, alone: tuple[Floats, Floats], most: int
) -> Floats:
    """Return what a cycle costs by base-stock level 0..most, where stock left is worth c_r."""
    m, rho = alone
    alpha, c_r = parameters.discount, float(parameters.order_cost[0])
    systems, h = int(parameters.systems[0]), float(parameters.holding_cost[0])
    level, size = np.arange(most + 1), len(calendar)
    chance = binom.pmf(np.arange(systems + 1), systems, float(parameters.failure[0]))
    chance = chance[: int(np.flatnonzero(chance > 1e-18)[-1]) + 1]
    # short[I, k]: from I on the shelf, to k systems that wait, for I - D = -k <= 0
    lost = level[:, None] + np.arange(len(chance))[None, :]
    short = np.where(lost < len(chance), chance[np.minimum(lost, len(chance) - 1)], 0.0)
    waits = np.arange(len(chance), dtype=np.float64)
    empty, missing = short.sum(axis=1), short @ waits

    def after(shelf: Floats) -> Floats:
        """Return the expectation of a function of the stock that is left, for each stock."""
        return np.asarray(np.convolve(shelf, chance)[: most + 1])

    ends = after(np.where(level > 0, -c_r * level, 0.0)) + c_r * missing
    ends[0] = 0.0
    value = np.zeros((size, most + 1))
    for _ in range(MOST_SWEEPS):
        before = value.copy()
        for day in range(size - 1, -1, -1):
            arrives, then = calendar.arrives[day], calendar.following[day]
            on = after(np.where(level > 0, value[then], 0.0))
            on = on + empty * systems * rho[then] + missing * m[then]
            value[day] = h * level + alpha * (arrives * ends + (1 - arrives) * on)
        if np.abs(value - before).max() <= STILL * (np.abs(value).max() + c_r):
            break
    cost = c_r * level + value[0]
    cost[0] = systems * rho[0]
    return np.asarray(cost)
