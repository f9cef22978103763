"""One printer for all parts: who gets it first, and what that costs, by simulation.

A system that waits is worth a print by what it saves beside the cheaper of waiting and expediting,
as if nobody else wanted the printer. Each day the prints go to the parts that save most a print.
With as many prints as anybody wants, and with none, that is the optimum; between them it is a plan
that can be kept, whose cost stands beside a bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.printing.busy.alone import cost_by_level, empty_shelf
from amopt.printing.parameters import Parameters
from amopt.program.pieces import CutShortError
from amopt.program.solver.run import TwiceInterruptedError

__all__ = ["Priorities", "kept_alone", "priorities", "simulated_extras"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK = 400_000
"""Parts times cycles that are simulated at a time, for the sake of memory."""


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


def priorities(parameters: Parameters, most_prints: int) -> Priorities:
    """Return what a print saves where nobody else wants the printer; see the closed form.

    A printer that makes nothing saves nothing, on no later day either.
    """
    parameters = parameters if most_prints else parameters.without_printer()
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


def kept_alone(parameters: Parameters, order: Priorities, most_prints: int, most: int) -> Floats:
    """Return what a cycle costs of each part that keeps to the priorities alone, exactly.

    By the states of the part, which has the printer for itself; shape (parts, most + 1), by
    base-stock level.
    """
    found = []
    for part in range(len(parameters)):
        one = parameters.take([part])
        rule = order.saving[:, part] > 0, order.expedites[:, part]
        found.append(cost_by_level(one, empty_shelf(one, most_prints, rule), most))
    return np.array(found)


def simulated_extras(
    parameters: Parameters,
    base_stock: Ints,
    order: Priorities,
    most_prints: int,
    *,
    cycles: int,
    seed: int,
) -> Floats:
    """Return what cycles cost more, because the parts share the printer, shape (cycles,).

    Each part goes through a cycle twice, with the same failures as far as its two states allow:
    among the others, and with the printer for itself. What costs differs only where parts want the
    printer at once, which is rare and dear: a mean of the costs themselves would have to meet every
    other rare and dear event as often as it is due. Discounted to the start of the cycle. The same
    seed makes the same systems fail whatever the levels are, so that levels can be compared.

    Raises
    ------
    CutShortError
        At Ctrl-C, with the cycles until then.
    """
    block, found = max(1, BLOCK // len(parameters)), list[Floats]()
    try:
        for k in range(0, cycles, block):
            some = min(block, cycles - k)
            drawn = _extras(
                parameters, base_stock, order, most_prints=most_prints, cycles=some, seed=(seed, k)
            )
            found.append(drawn)
    except TwiceInterruptedError:
        raise
    except KeyboardInterrupt:
        if sum(map(len, found)) < 2:
            raise
        raise CutShortError(np.concatenate(found)) from None
    return np.concatenate(found)


def _extras(
    parameters: Parameters,
    base_stock: Ints,
    order: Priorities,
    *,
    most_prints: int,
    cycles: int,
    seed: tuple[int, int],
) -> Floats:
    random = np.random.default_rng(seed)
    parts, L, alpha = len(parameters), parameters.cycle_days, parameters.discount
    shelf = np.repeat(base_stock, 2 * cycles).reshape(parts, 2, cycles)
    waiting, printed = np.zeros_like(shelf), np.zeros_like(shelf)
    cost = np.zeros((2, cycles))
    drawn = (parameters.systems[:, None], parameters.failure[:, None], (parts, cycles))
    would_fail = [random.binomial(*drawn).astype(np.int32) for _ in range(L)]
    for n in range(L - 1, -1, -1):
        weight = alpha ** (L - n)
        for part in range(parts):
            idle = waiting[part] + printed[part]
            lost = _lost(random, would_fail[n][part], int(parameters.systems[part]), idle)
            worn = _worn(random, printed[part], float(parameters.printed_failure[part]))
            mended = np.minimum(shelf[part], lost + worn)
            shelf[part] -= mended
            waiting[part] += lost + worn - mended
            printed[part] -= worn
        if n == 0:
            cost += weight * np.tensordot(parameters.order_cost, waiting + printed - shelf, 1)
            break
        left = np.full((2, cycles), most_prints)
        for part in np.argsort(-order.saving[n], kind="stable"):
            if order.saving[n, part] > 0:
                left[1] = most_prints
                prints = np.minimum(waiting[part], left)
                left -= prints
                waiting[part] -= prints
                printed[part] += prints
                cost += weight * parameters.print_cost[part] * prints
            if order.expedites[n, part]:
                cost += weight * parameters.expedite_cost[part] * waiting[part]
                waiting[part] = 0
        cost += weight * np.tensordot(parameters.holding_cost, shelf, 1)
        cost += weight * np.tensordot(parameters.backorder_cost, waiting, 1)
    return np.asarray(cost[0] - cost[1])


def _lost(random: np.random.Generator, would_fail: Ints, systems: int, idle: Ints) -> Ints:
    """Return how many regular parts fail in two states, the same as far as both run.

    Of the parts that would fail if all systems ran on one, those fail whose systems do.
    """
    lost = np.tile(would_fail.astype(np.int64), (2, 1))
    at = np.flatnonzero((would_fail > 0) & (idle > 0).any(axis=0))
    if len(at):
        running, fail = systems - idle[:, at], would_fail[at].astype(np.int64)
        both = running.min(axis=0)
        shared = random.hypergeometric(both, systems - both, fail)
        more = running - both
        lost[:, at] = shared + random.hypergeometric(more, systems - both - more, fail - shared)
    return lost


def _worn(random: np.random.Generator, printed: Ints, failure: float) -> Ints:
    """Return how many printed parts fail in two states, the same as far as both have them."""
    worn = np.zeros_like(printed)
    at = np.flatnonzero(printed.any(axis=0))
    if len(at):
        both = printed[:, at].min(axis=0)
        more = random.binomial(printed[:, at] - both, failure)
        worn[:, at] = random.binomial(both, failure) + more
    return worn
