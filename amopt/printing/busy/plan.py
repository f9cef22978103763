"""The plan of a busy printer: levels and what they cost, as far as Ctrl-C leaves them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from amopt.errors import NoAnswerError
from amopt.printing.busy import groups
from amopt.printing.busy.alone import Alone, alone
from amopt.printing.busy.shared import Priorities, kept_alone, simulated_extras
from amopt.printing.parameters import Parameters
from amopt.program.pieces import CutShortError, Pieces
from amopt.program.solver.run import TwiceInterruptedError

__all__ = ["CONFIDENCE", "each_alone", "plan", "shared_by"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CONFIDENCE = 0.999
PILOT = 20_000
"""Cycles by which base-stock levels are chosen; others tell what they cost."""

MOST_SWEEPS, MOST_PARTS_TO_TRY = 4, 50
"""Times that each part's level is tried one up and one down, and up to how many parts."""


def each_alone(parameters: Parameters, most: int, pieces: Pieces) -> list[Alone]:
    """Return what is best for each part alone.

    Raises
    ------
    KeyboardInterrupt
        At Ctrl-C: without all of them there is neither bound nor plan.
    """
    found = pieces.done(range(len(parameters)), lambda part: alone(parameters.take([part]), most))
    if len(found) < len(parameters):
        raise KeyboardInterrupt
    return list(found.values())


def shared_by(
    parameters: Parameters, found: Sequence[Alone], most: int, pieces: Pieces
) -> tuple[groups.Counted, ...]:
    """Return the groups that add to the bound; none where Ctrl-C ended the search for them."""

    def of(_: int) -> tuple[groups.Counted, ...]:
        try:
            return groups.counted(parameters, found, most)
        except NoAnswerError as error:
            if error.outcome is not None:
                error.outcome.require_ended()
            raise

    return pieces.done([most], of, whole=True).get(0, ())


def plan(
    parameters: Parameters,
    first: tuple[Ints, Ints],
    order: Priorities,
    *,
    most: int,
    cycles: int,
    seed: int,
    pieces: Pieces,
) -> tuple[tuple[Ints, float, float], int]:
    """Return the levels of several parts, the cost of a cycle, and half the band around it.

    Beside them, how many cycles tell so: fewer where Ctrl-C ended the search or the simulation.
    """
    highest = max(int(levels.max()) for levels in first) + MOST_SWEEPS
    kept = _kept(parameters, order, most, highest, pieces)
    if not _wanted_at_once(parameters, most):
        pieces.every -= 2
        return (kept.argmin(axis=1), float(kept.min(axis=1).sum()), 0.0), cycles

    def levels(first: tuple[Ints, Ints]) -> Ints:
        return _levels(parameters, kept, first, order, most=most, seed=seed + 1)

    def drawn_for(stock: Ints, cycles: int) -> Floats:
        return simulated_extras(parameters, stock, order, most, cycles=cycles, seed=seed)

    stock = pieces.done([first], levels).get(0, first[1])
    told = pieces.done([stock], lambda stock: drawn_for(stock, cycles))
    drawn = told[0] if told else drawn_for(stock, min(cycles, PILOT))
    mean = float(kept[np.arange(len(stock)), stock].sum() + drawn.mean())
    return (stock, mean, _half_width(parameters, drawn)), len(drawn)


def _kept(
    parameters: Parameters, order: Priorities, most: int, highest: int, pieces: Pieces
) -> Floats:
    """Return what each part that keeps to the priorities costs alone, by its level.

    Without it no plan has a cost: where Ctrl-C ended it, it is worked out all the same.
    """

    def of(highest: int) -> Floats:
        return kept_alone(parameters, order, most, highest)

    found = pieces.done([highest], of)
    return found[0] if found else of(highest)


def _wanted_at_once(parameters: Parameters, most: int) -> bool:
    """Return whether two parts can want a print that only one of them gets."""
    can = np.isfinite(parameters.print_cost)
    return bool(can.sum() > 1 and 0 < most < parameters.systems[can].sum())


def _half_width(parameters: Parameters, extras: Floats) -> float:
    r"""Return half the band around a mean.

    Where chance has shown few cycles that cost more, or none, their spread says nothing: what no
    cycle has shown is, with that confidence, rarer than :math:`-\ln(1 - 0.999)` of so many cycles
    (Hanley and Lippman-Hand 1983), and is counted as a system that waits for a day.
    """
    spread = norm.ppf(0.5 + CONFIDENCE / 2) * extras.std(ddof=1) / math.sqrt(len(extras))
    unseen = -math.log(1 - CONFIDENCE) / len(extras) * parameters.backorder_cost.max()
    return float(max(spread, unseen))


def _levels(
    parameters: Parameters,
    kept: Floats,
    first: Sequence[Ints],
    order: Priorities,
    *,
    most: int,
    seed: int,
) -> Ints:
    """Return base-stock levels: the better of two sets, then one part at a time one up or down.

    All are tried on the same few cycles, in which chance may favour a change: the changed levels
    are taken where they are better on more cycles, and others. Still others tell what they cost.

    Raises
    ------
    CutShortError
        At Ctrl-C, with the best until then.
    """

    def cost(levels: Ints, cycles: int = PILOT, seed: int = seed) -> float:
        drawn = simulated_extras(parameters, levels, order, most, cycles=cycles, seed=seed)
        return float(kept[np.arange(len(levels)), levels].sum() + drawn.mean())

    best = first[1]
    try:
        start = min(first, key=cost)
        best, least = start.copy(), cost(start)
        for _ in range(MOST_SWEEPS if len(parameters) <= MOST_PARTS_TO_TRY else 0):
            before = least
            for part in range(len(parameters)):
                for step in (1, -1):
                    tried = best.copy()
                    tried[part] = max(0, best[part] + step)
                    if tried[part] != best[part] and (now := cost(tried)) < least:
                        best, least = tried, now
                        break
            if least == before:
                break
        return min((start, best), key=lambda levels: cost(levels, 5 * PILOT, seed + 1))
    except TwiceInterruptedError:
        raise
    except KeyboardInterrupt:
        raise CutShortError(best) from None
