r"""The expected cost of one order cycle in closed form, for all parts at once.

Let :math:`n` be the days to the replenishment. While the shelf is empty every system is on its own,
so the value of a state is linear (Westerweel 2019, chapter 3): :math:`\rho_n` for a regular part in
operation, :math:`\pi_n` for a printed one, :math:`\delta_n` for a missing one. Numerically only
differences matter: :math:`m_n = \delta_n - \rho_n` (what a missing part costs) and
:math:`k_n = \pi_n - \rho_n` (what it costs that a part is printed). With :math:`m_0 = k_0 = c_r`:

.. math::

    k_n &= \alpha \bigl( (1 - p_p) k_{n-1} + (p_p - p_r) m_{n-1} \bigr) \\
    m_n &= \min \{ b + \alpha (1 - p_r) m_{n-1}, \; c_p + k_n, \; c_e \} \\
    \rho_n &= \alpha (\rho_{n-1} + p_r m_{n-1}), \qquad \rho_0 = 0

Let :math:`B_k \sim \mathrm{Binomial}(kN, p_r)` be the failures within :math:`k` days while stock
lasts. One more part on the shelf postpones the day on which it is empty. Summing over the days on
which it may be (by parts) gives the cost of a cycle that starts with :math:`S` on the shelf, where
what is left at its end is worth its order cost:

.. math::

    g(S) = N \rho_L + S \, \kappa
           - \sum_{k=1}^{L-1} \alpha^k q_{L-k} \, \mathbb{E} \min(S, B_k)

with :math:`\kappa = c_r (1 - \alpha^L) + h \sum_{k=0}^{L-1} \alpha^k`, what a part costs that is
never used, and :math:`q_n = h + m_n - \alpha m_{n-1}`, what it saves a day to be short no longer.
:math:`V(0,0,0) = \min_S g(S) / (1 - \alpha^L)`; at :math:`\alpha = 1` the gain a day is
:math:`\min_S g(S) / L`.

**Why the S that is found is the best.** The difference is
:math:`g(S+1) - g(S) = \kappa - \sum_k \alpha^k q_{L-k} P(B_k > S)`. Where all :math:`q_n \ge 0` it
never falls as :math:`S` grows: :math:`g` is convex, and the first :math:`S` with a difference that
is not negative is optimal. With :math:`q_n^+` for :math:`q_n` the difference becomes a lower bound
that never falls, so that no :math:`S` beyond the first :math:`\bar S` where it is not negative is
better: where some :math:`q_n < 0` (waiting is so cheap that a system that is down, and so cannot
fail, saves money) the minimum is taken over all of :math:`0, \ldots, \bar S`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from amopt.printing.cost_line import TIE, Costs, Line, cost_line, use, value_at
from amopt.printing.parameters import Parameters
from amopt.printing.policy import Policy
from amopt.printing.shelf_use import exceeds

__all__ = [
    "HONOURS",
    "Amounts",
    "amounts",
    "best_policy",
    "completed",
    "cycle_cost",
    "flows",
    "highest_base_stock",
    "highest_levels",
    "levels_to_try",
    "use",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HONOURS = frozenset({"one_level", "shelf_balance", "printed_balance", "shortage_balance"})
"""The families of constraints that it honours: those that say what happens to a part by itself."""

FEW = 200
"""Stock levels of a part up to which many parts are looked at in one go."""

CHUNK = 100_000
"""Stock levels that are looked at in one go where the cost of a cycle is not convex; and days times
parts up to which all kinds of events are counted in one go."""


@dataclass(frozen=True)
class Amounts:
    """What happens in a cycle in expectation, shape (parts,) each.

    Attributes
    ----------
    orders
        Regular parts ordered.
    prints
        Parts printed.
    expedites
        Regular parts expedited.
    stock_days
        Days that parts lie on the shelf, over all parts and days.
    down_days
        Days that systems are down, over all systems and days.
    """

    orders: Floats
    prints: Floats
    expedites: Floats
    stock_days: Floats
    down_days: Floats


def best_policy(parameters: Parameters, room: Floats | float = 0.0) -> Policy:
    """Return the policy of least expected cost, for every part; see the top of this file.

    Parameters
    ----------
    parameters
        The parameters of the process.
    room
        What a part of the base-stock level costs a cycle beside its holding cost, in money, shape
        (parts,).
    """
    line = cost_line(parameters, Costs.of(parameters), discount=parameters.discount)
    line = replace(line, slope=line.slope + room)
    highest = highest_levels(parameters, line)
    base_stock = highest.copy()
    bent = np.flatnonzero((line.price[1:] < 0).any(axis=0))
    few = highest[bent] < FEW
    base_stock[bent[few]] = _least_of_few(parameters, line, bent[few], highest[bent[few]])
    for part in bent[~few]:
        base_stock[part] = _least_of(parameters, line, int(part), int(highest[part]))
    return Policy(base_stock, line.action)


def highest_base_stock(parameters: Parameters) -> Ints:
    r"""Return :math:`\bar S`, above which no base-stock level is better, shape (parts,)."""
    line = cost_line(parameters, Costs.of(parameters), discount=parameters.discount)
    return highest_levels(parameters, line)


def highest_levels(parameters: Parameters, line: Line) -> Ints:
    """Return the levels above which none is better with given actions, shape (parts,).

    Where all prices of the line are at least 0, these are the best levels.
    """
    return _first_without_gain(parameters, line, np.maximum(line.price, 0.0))


def levels_to_try(parameters: Parameters) -> Ints:
    r"""Return the highest level that a program should offer, shape (parts,).

    One above :math:`\bar S`, so that no level is chosen only for want of a higher one; but no more
    than can fail before the replenishment is decided.
    """
    most = parameters.systems * (parameters.cycle_days - 1) * (parameters.failure > 0)
    return np.minimum(highest_base_stock(parameters) + 1, most)


def completed(parameters: Parameters, policy: Policy) -> Policy:
    """Return a policy with the best action on days for which it has none (-1)."""
    costs = Costs.of(parameters)
    line = cost_line(parameters, costs, discount=parameters.discount, action=policy.action)
    return Policy(policy.base_stock, line.action, policy.mixes)


def flows(parameters: Parameters, policy: Policy) -> Floats:
    r"""Return the expected systems that wait, get a printed, an expedited part, by days to go.

    Parameters
    ----------
    parameters
        The parameters of the process.
    policy
        A policy that does not mix.

    Returns
    -------
    array
        Shape (3, L, parts), by :class:`~amopt.printing.policy.Action`; row 0 of the days is 0.
    """
    days, parts = parameters.cycle_days, len(parameters)
    used = np.concatenate([np.zeros((1, parts)), use(parameters, policy.base_stock)])
    found = np.zeros((3, days, parts))
    waits, printed = np.zeros(parts), np.zeros(parts)
    for n in range(days - 1, 0, -1):
        running = parameters.systems - waits - printed
        waits += parameters.failure * running + parameters.printed_failure * printed
        waits -= used[days - n] - used[days - n - 1]
        printed *= 1 - parameters.printed_failure
        np.put_along_axis(found[:, n], policy.action[None, n], np.maximum(waits, 0.0)[None], axis=0)
        printed += found[1, n]
        waits = found[0, n].copy()
    return found


def cycle_cost(parameters: Parameters, policy: Policy, used: Floats | None = None) -> Floats:
    """Return :math:`g(S)` of a policy in money a cycle, discounted to its start, shape (parts,).

    Where a policy mixes, it is the expectation: the cost is linear in the probabilities of levels,
    and :math:`m_n` in those of actions. ``used`` is what :func:`use` returns for its levels.
    """
    return _expected(parameters, policy, Costs.of(parameters), parameters.discount, used)


def _expected(
    parameters: Parameters,
    policy: Policy,
    costs: Costs,
    discount: float,
    used: Floats | None = None,
) -> Floats:
    """Return what a cycle of a policy costs at these costs, shape (parts,) or (sets, parts).

    ``used`` is what :func:`use` returns for its base-stock levels.
    """
    line = cost_line(parameters, costs, discount=discount, action=policy.action)
    total = value_at(parameters, line, policy.base_stock, discount, used)
    for part, mix in policy.mixes.items():
        one, alone = parameters.take([part]), costs.take(part)
        line = cost_line(one, alone, discount=discount, share=mix.share)
        levels = np.fromiter(mix.levels, dtype=np.int64)
        chances = np.fromiter(mix.levels.values(), dtype=np.float64)
        total[..., part] = value_at(one, line, levels, discount) @ chances
    return total


def amounts(
    parameters: Parameters,
    policy: Policy,
    *,
    discounted: bool = False,
    used: Floats | None = None,
) -> Amounts:
    """Return what a policy does in a cycle in expectation.

    The cost of a cycle is linear in the costs, so that counting one kind of event is the cost of a
    cycle where one event of that kind costs 1 and all else nothing.

    Parameters
    ----------
    parameters
        The parameters of the process.
    policy
        The policy.
    discounted
        Whether each event counts by its discount factor to the start of the cycle, with parts left
        over at the end credited; these amounts times their costs sum to :func:`cycle_cost`.
    used
        What :func:`use` returns for the base-stock levels, where it is known.
    """
    discount = parameters.discount if discounted else 1.0
    kinds = ("order", "printing", "expediting", "holding", "backorder")
    used = use(parameters, policy.base_stock) if used is None else used
    together = len(kinds) if used.size <= CHUNK else 1
    counts: list[Floats] = []
    for first in range(0, len(kinds), together):
        costs = Costs.counting(kinds[first : first + together], len(parameters))
        counts += [*np.maximum(_expected(parameters, policy, costs, discount, used), 0.0)]
    return Amounts(*counts)


def _difference(
    parameters: Parameters, parts: Ints, slope: Floats, price: Floats, base_stock: Ints
) -> Floats:
    """Return :math:`g(S+1) - g(S)` of some parts at their levels, in their order.

    ``slope`` (parts,) and ``price`` (L, parts) are those of all parts.
    """
    days = np.arange(1, parameters.cycle_days)[:, None]
    runs_out = exceeds(base_stock, days * parameters.systems[parts], parameters.failure[parts])
    saved = parameters.discount**days * price[:0:-1, parts] * runs_out
    difference: Floats = slope[parts] - saved.sum(axis=0)
    return difference


def _at_stake(parameters: Parameters, price: Floats) -> Floats:
    """Return the prices of all days of a cycle, discounted to its start, shape (parts,)."""
    days = np.arange(1, parameters.cycle_days)[:, None]
    total: Floats = (parameters.discount**days * np.abs(price[:0:-1])).sum(axis=0)
    return total


def _first_without_gain(parameters: Parameters, line: Line, price: Floats) -> Ints:
    """Return the first S at which one more part does not pay, by bisection; prices at least 0."""
    tolerance = TIE * (line.slope + _at_stake(parameters, price))
    low = np.full(len(parameters), -1, dtype=np.int64)
    high = parameters.systems * (parameters.cycle_days - 1)  # the shelf cannot be emptied in time
    step = 1  # doubled: most parts need few
    while (left := np.flatnonzero(high - low > 1)).size:
        middle = np.minimum((low[left] + high[left]) // 2, low[left] + step)
        gain = _difference(parameters, left, line.slope, price, middle)
        enough = gain >= -tolerance[left]
        high[left] = np.where(enough, middle, high[left])
        low[left] = np.where(enough, low[left], middle)
        step *= 2
    return high


def _least_of_few(parameters: Parameters, line: Line, parts: Ints, highest: Ints) -> Ints:
    """Return the least minimisers of g over 0..highest of some parts."""
    found = np.zeros(parts.size, dtype=np.int64)
    for start in range(0, parts.size, CHUNK // FEW):
        some, most = parts[start : start + CHUNK // FEW], highest[start : start + CHUNK // FEW]
        owner = np.repeat(np.arange(some.size), most + 1)
        first = np.cumsum(most + 1) - most - 1
        levels = np.arange(owner.size) - first[owner]
        costs = value_at(
            parameters.take(some[owner]), line.take(some[owner]), levels, parameters.discount
        )
        at_stake = _at_stake(parameters, line.price[:, some])
        tolerance = TIE * (line.slope[some] + at_stake)
        least = np.minimum.reduceat(costs, first) + tolerance
        near = np.flatnonzero(costs <= least[owner])
        found[start : start + some.size] = levels[
            near[np.unique(owner[near], return_index=True)[1]]
        ]
    return found


def _least_of(parameters: Parameters, line: Line, part: int, highest: int) -> int:
    """Return the least minimiser of g over 0..highest, where g is not convex."""
    one = parameters.take([part])
    alone = line.take(np.array([part]))
    best, least = 0, np.inf
    tolerance = TIE * float(alone.slope[0] + _at_stake(parameters, alone.price)[0])
    for start in range(0, highest + 1, CHUNK):
        levels = np.arange(start, min(start + CHUNK, highest + 1))
        costs = value_at(one, alone, levels, parameters.discount)
        if costs.min() < least - tolerance:
            best, least = int(levels[np.argmax(costs <= costs.min() + tolerance)]), costs.min()
    return best
