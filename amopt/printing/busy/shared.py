"""One printer for all parts: who gets it first, and what that costs, by simulation.

A system that waits is worth a print by what it saves beside the cheaper of waiting and expediting,
as if nobody else wanted the printer. Each day the prints go to the parts that save most a print.
With as many prints as anybody wants that is the optimum; with fewer it is a plan that can be kept,
whose cost stands beside a bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.printing.parameters import Parameters

__all__ = ["Priorities", "priorities", "simulated_costs"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Priorities:
    """What a print saves, by days to go.

    Attributes
    ----------
    saving
        What printing for a system that waits saves, in money, shape (cycle_days, parts); -inf where
        nothing can be printed, row 0 is not used.
    expedites
        Whether one expedites, rather than waits, where nothing is printed, same shape.
    missing, printed
        What a missing and a printed part cost more than a regular one, in money, same shape.
    """

    saving: Floats
    expedites: NDArray[np.bool_]
    missing: Floats
    printed: Floats


def priorities(parameters: Parameters) -> Priorities:
    """Return what a print saves where nobody else wants the printer; see the closed form."""
    alpha, shape = parameters.discount, (parameters.cycle_days, len(parameters))
    p_r, p_p = parameters.failure, parameters.printed_failure
    saving, expedites = np.full(shape, -np.inf), np.zeros(shape, dtype=bool)
    m, k = parameters.order_cost.copy(), parameters.order_cost.copy()
    missing, printed = np.tile(m, (shape[0], 1)), np.tile(k, (shape[0], 1))
    for n in range(1, parameters.cycle_days):
        k = alpha * ((1 - p_p) * k + (p_p - p_r) * m)
        wait = parameters.backorder_cost + alpha * (1 - p_r) * m
        expedites[n] = parameters.expedite_cost < wait
        other = np.minimum(wait, parameters.expedite_cost)
        saving[n] = other - (parameters.print_cost + k)
        m = np.minimum(other, parameters.print_cost + k)
        missing[n], printed[n] = m, k
    return Priorities(saving, expedites, missing, printed)


def simulated_costs(
    parameters: Parameters,
    base_stock: Ints,
    order: Priorities,
    most_prints: int,
    *,
    cycles: int,
    seed: int,
) -> Floats:
    """Return what simulated cycles of all parts cost, discounted to their start, shape (cycles,).

    Stock that is left at the end is worth its order cost. What more or fewer parts fail in a night
    than expected is taken off at about what it costs: that leaves the mean as it is, whatever the
    amount, and much less variance.
    """
    random = np.random.default_rng(seed)
    parts, L, alpha = len(parameters), parameters.cycle_days, parameters.discount
    shelf = np.repeat(base_stock[:, None], cycles, axis=1)
    waiting, printed = np.zeros_like(shelf), np.zeros_like(shelf)
    first = (parameters.order_cost + parameters.holding_cost) @ base_stock
    cost = np.full(cycles, first, dtype=np.float64)
    for n in range(L - 1, -1, -1):
        weight = alpha ** (L - n)
        for part in range(parts):
            running = parameters.systems[part] - waiting[part] - printed[part]
            lost = random.binomial(running, parameters.failure[part])
            worn = random.binomial(printed[part], parameters.printed_failure[part])
            mended = np.minimum(shelf[part], lost + worn)
            dear = np.where(shelf[part] > 0, parameters.order_cost[part], order.missing[n, part])
            cost -= weight * dear * (lost - running * parameters.failure[part])
            dear = order.missing[n, part] - order.printed[n, part]
            cost -= weight * dear * (worn - printed[part] * parameters.printed_failure[part])
            shelf[part] -= mended
            waiting[part] += lost + worn - mended
            printed[part] -= worn
        if n == 0:
            cost += weight * (parameters.order_cost @ (waiting + printed - shelf))
            break
        left = np.full(cycles, most_prints)
        for part in np.argsort(-order.saving[n], kind="stable"):
            if order.saving[n, part] > 0:
                prints = np.minimum(waiting[part], left)
                left = left - prints
                waiting[part] -= prints
                printed[part] += prints
                cost += weight * parameters.print_cost[part] * prints
            if order.expedites[n, part]:
                cost += weight * parameters.expedite_cost[part] * waiting[part]
                waiting[part] = 0
        cost += weight * (parameters.holding_cost @ shelf + parameters.backorder_cost @ waiting)
    return cost
