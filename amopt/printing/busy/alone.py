r"""One part whose printer makes at most m parts a day, exactly.

Systems are no longer on their own: who waits depends on who else does. But every cycle begins
alike, right after an order, and :math:`V(0, I) = V(0, 0) - c_r I` up to the base-stock level still
holds. So a cycle is a finite horizon, solved backward over regular and printed parts in operation,
:math:`U_n(R, P)` with :math:`N - R - P` systems that wait:

.. math::

    U_n(R, P) &= \min_{e + p \le N - R - P, \; p \le m} c_p p + c_e e + b (N - R - P - e - p)
                 + \alpha \, \bar U_{n-1}(R + e, P + p) \\
    \bar U_n(R, P) &= \sum_{R', P'} T^r_{R R'} T^p_{P P'} U_n(R', P'), \qquad
    U_0(R, P) = c_r (N - R)

with :math:`T` the binomial probabilities of parts that last the night: two products of matrices a
day. With stock on the shelf :math:`V_n(I) = h I + \alpha \mathbb{E} V_{n-1}(I - D)`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from amopt.errors import UsageError
from amopt.printing import closed_form
from amopt.printing.parameters import Parameters

__all__ = ["MOST_SYSTEMS", "Alone", "alone", "cost_by_level", "empty_shelf"]

Floats = NDArray[np.float64]

MOST_SYSTEMS = 200
"""Systems of one part up to which its states are gone through."""

MOST_DECISIONS = 4000
"""Ways to print and expedite of one day that are gone through."""


@dataclass(frozen=True)
class Alone:
    """One part that has the printer for itself.

    Attributes
    ----------
    base_stock
        The best level to order up to.
    cycle_cost
        What a cycle then costs, discounted to its start, in money.
    """

    base_stock: int
    cycle_cost: float


def alone(parameters: Parameters, most_prints: int | None) -> Alone:
    """Return the best that can be done for one part with at most so many prints a day.

    Parameters
    ----------
    parameters
        The parameters of one part.
    most_prints
        :math:`m`; None: as many as wait.

    Raises
    ------
    UsageError
        When there are too many systems to go through the states.
    """
    systems = int(parameters.systems[0])
    if systems > MOST_SYSTEMS:
        raise UsageError(
            f"{systems:,} systems are too many to go through the states of a busy printer; the "
            f"most is {MOST_SYSTEMS}"
        )
    empty = empty_shelf(parameters, most_prints)
    most = int(
        max(closed_form.levels_to_try(one)[0] for one in (parameters, parameters.without_printer()))
    )
    while True:
        cost = cost_by_level(parameters, empty, most)
        least = int(np.argmax(cost <= cost.min() + 1e-12 * np.abs(cost).max()))
        if least < most or most >= systems * (parameters.cycle_days - 1):
            return Alone(least, float(cost[least]))
        most = 2 * most + 2


def empty_shelf(
    parameters: Parameters,
    most_prints: int | None,
    rule: tuple[NDArray[np.bool_], NDArray[np.bool_]] | None = None,
) -> list[Floats]:
    """Return, by days to go, the value before the decision by regular and printed parts.

    Of the best decisions, or of a ``rule``: by days to go whether as much as can be is printed for
    the systems that wait, and whether parts are expedited for the rest of them.
    """
    N, alpha = int(parameters.systems[0]), parameters.discount
    b, c_r = float(parameters.backorder_cost[0]), float(parameters.order_cost[0])
    lasts = _lasting(N, float(parameters.failure[0]))
    printed_lasts = _lasting(N, float(parameters.printed_failure[0]))
    R, P = np.indices((N + 1, N + 1))
    waiting = N - R - P
    there = waiting >= 0
    decisions = _decisions(parameters, most_prints) if rule is None else []
    value = np.where(there, c_r * (N - R), 0.0)
    found = [value]
    for n in range(1, parameters.cycle_days + 1):
        # A printed part leaves a system that waits; so does a regular one: both rows shrink.
        night = alpha * (lasts @ np.where(there, value, 0.0) @ printed_lasts.T)
        if n == parameters.cycle_days:
            found.append(night)
            break
        after = np.where(there, b * waiting + night, np.inf)
        if rule is not None:
            value = _by_rule(parameters, after, most_prints, bool(rule[0][n]), bool(rule[1][n]))
        else:
            value = np.full_like(after, np.inf)
        for expedited, printed, cost in decisions:
            shifted = np.full_like(after, np.inf)
            shifted[: N + 1 - expedited, : N + 1 - printed] = after[expedited:, printed:]
            value = np.minimum(value, cost + shifted)
        found.append(value)
    return found


def _by_rule(
    parameters: Parameters, after: Floats, most_prints: int | None, prints: bool, expedites: bool
) -> Floats:
    """Return the value before a day's decision that a rule takes, by that after it."""
    N = int(parameters.systems[0])
    R, P = np.indices(after.shape)
    waits = np.maximum(N - R - P, 0)
    made = np.minimum(waits, N if most_prints is None else most_prints) if prints else 0 * waits
    flown = waits - made if expedites else 0 * waits
    cost = np.zeros_like(after)
    cost += float(parameters.print_cost[0]) * made if prints else 0.0
    cost += float(parameters.expedite_cost[0]) * flown if expedites else 0.0
    return np.asarray(cost + after[R + flown, P + made])


def _decisions(parameters: Parameters, most_prints: int | None) -> list[tuple[int, int, float]]:
    """Return what can be expedited and printed in a day, with its cost."""
    N = int(parameters.systems[0])
    c_p, c_e = float(parameters.print_cost[0]), float(parameters.expedite_cost[0])
    most = N if most_prints is None else min(N, most_prints)
    found = [
        (e, p, (c_e * e if e else 0.0) + (c_p * p if p else 0.0))
        for e in range(N + 1 if math.isfinite(c_e) else 1)
        for p in range(min(most, N - e) + 1 if math.isfinite(c_p) else 1)
    ]
    if len(found) > MOST_DECISIONS:
        raise UsageError(
            f"{len(found):,} ways to print and expedite a day are too many to go through"
        )
    return found


def _lasting(systems: int, failure: float) -> Floats:
    """Return the probability that of R parts R' last the night, shape (systems + 1,) twice."""
    before, after = np.indices((systems + 1, systems + 1))
    chance = binom.pmf(np.maximum(before - after, 0), before, failure)
    return np.where(after <= before, chance, 0.0)


def cost_by_level(parameters: Parameters, empty: list[Floats], most: int) -> Floats:
    """Return the cost of a cycle by base-stock level 0..most; stock left is worth its cost."""
    N, alpha, L = int(parameters.systems[0]), parameters.discount, parameters.cycle_days
    h, c_r = float(parameters.holding_cost[0]), float(parameters.order_cost[0])
    level = np.arange(most + 1)
    chance = binom.pmf(np.arange(N + 1), N, float(parameters.failure[0]))
    lost = level[:, None] + np.arange(N + 1)[None, :]
    short = np.where(lost <= N, chance[np.minimum(lost, N)], 0.0)
    shelf = -c_r * level.astype(np.float64)
    for n in range(1, L + 1):
        shelf[0] = 0.0
        waits = empty[n - 1][N - np.arange(N + 1), 0]  # k systems wait, the others run
        shelf = h * level + alpha * (np.convolve(shelf, chance)[: most + 1] + short @ waits)
    cost = c_r * level + shelf
    cost[0] = empty[L][N, 0]
    return np.asarray(cost)
