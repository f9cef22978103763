"""Plans of single sources bettered part by part.

A few open facilities that lie near each other, some closed ones beside them, and the pairs that
they supply make a small program of the same kind; its optimum replaces what the plan does there
(large neighbourhood search; Shaw, 1998). Every open facility is the middle of such a part in turn,
until a round betters nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from amopt.outcome import Stopped
from amopt.placement.methods.facilities import Facilities
from amopt.placement.methods.location.covering import Cover
from amopt.placement.methods.location.programs.program import SingleSourceProgram
from amopt.program.solver import highs

__all__ = ["Parts", "bettered"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PAIRS, SHARE, CLOSED = 60, 0.5, 4
"""Pairs of a part, from which no more open facilities are taken in, and share of all that they are
at most; closed ones beside them."""

NEAREST = 4
"""Facilities of a part that may supply a pair: those where it costs least, and the one of now."""


@dataclass(frozen=True)
class Parts:
    """How large parts are: pairs, closed facilities, and facilities that may supply a pair."""

    pairs: int
    closed: int
    nearest: int

    @classmethod
    def usual(cls) -> Parts:
        """Return parts of a plan that is not yet near the bound."""
        return cls(PAIRS, CLOSED, NEAREST)


def bettered(
    facilities: Facilities,
    plan: Ints,
    options: highs.Options,
    left: Callable[[], float],
    parts: Parts | None = None,
) -> Ints:
    """Return which facility supplies each pair, -1 for none, at no more cost than in a plan.

    Parameters
    ----------
    facilities
        All facilities.
    plan
        Facility of each pair, shape (pairs,).
    options
        Options of the solver; the time limit is for one part.
    left
        Returns the seconds that are left.
    parts
        How large parts are; None for the usual ones.
    """
    parts = parts or Parts.usual()
    plan, waiting = plan.copy(), list(np.unique(plan[plan >= 0]))
    tried: set[bytes] = set()
    while waiting and left() > 0:
        middle = waiting.pop(0)
        if not (plan == middle).any():
            continue
        sites, pairs = _part(facilities, plan, int(middle), parts)
        key = np.concatenate([pairs, sites, plan[pairs]]).tobytes()
        if key in tried:
            continue
        tried.add(key)
        limit = left() if options.time_limit is None else min(options.time_limit, left())
        part = replace(
            facilities.take(sites),
            cost=facilities.cost[np.ix_(sites, pairs)],
            hours=facilities.hours[np.ix_(sites, pairs)],
            free=facilities.free[pairs],
            constant=0.0,
        )
        now, within = np.searchsorted(sites, plan[pairs]), replace(options, time_limit=limit)
        found = _solved(part, now, within, parts.nearest) if limit > 0 else None
        if found is not None:
            found = np.append(sites, -1)[found]
            changed = np.union1d(plan[pairs], found)
            plan[pairs] = found
            waiting += [site for site in changed if site >= 0 and site not in waiting]
    return plan


def _part(facilities: Facilities, plan: Ints, middle: int, parts: Parts) -> tuple[Ints, Ints]:
    """Return facilities around one of them, and the pairs that those supply."""
    its = plan == middle
    an_hour = facilities.fixed_an_hour
    cost = np.where(np.isfinite(facilities.cost[:, its]), facilities.cost[:, its], 1e12)
    distance = cost.sum(axis=1)
    opened = np.unique(plan[plan >= 0])
    near = opened[np.argsort(distance[opened], kind="stable")]
    near = np.append(middle, near[near != middle])
    served = np.cumsum([int((plan == site).sum()) for site in near])
    enough = min(parts.pairs, SHARE * plan.size)
    near = near[: max(int(np.searchsorted(served, enough)) + 1, 2)]
    pairs = np.flatnonzero(np.isin(plan, near))
    closed = np.setdiff1d(np.arange(facilities.sites), opened)
    loaded = facilities.cost[np.ix_(closed, pairs)] + (
        an_hour[closed, None] * facilities.hours[np.ix_(closed, pairs)]
    )
    gain = np.minimum(loaded, facilities.cost[plan[pairs], pairs]).sum(axis=1)
    beside = closed[np.argsort(gain, kind="stable")[: parts.closed]]
    return np.sort(np.append(near, beside)), pairs


def _solved(part: Facilities, now: Ints, options: highs.Options, nearest: int) -> Ints | None:
    """Return better facilities for the pairs of a part; None where there are none."""
    every = np.arange(part.pairs)
    order = np.argsort(part.cost, axis=0)[:nearest]
    supplies = np.zeros(part.cost.shape, dtype=bool)
    supplies[order, every[None, :]] = True
    supplies[now, every] = True
    cover = Cover(np.ones(part.sites), 0.0, np.inf, np.zeros(part.sites, dtype=bool))
    written = SingleSourceProgram.of(part, cover, supplies, np.isfinite(part.free), np.inf)
    answer = highs.solve(written.program, options, start=written.start(now))
    if answer.outcome.stopped is Stopped.INTERRUPTED:
        raise KeyboardInterrupt
    if answer.values is None:
        return None
    found = written.chosen(answer.values)
    assert found is not None
    before = part.cost[now, every].sum() + part.fixed[np.unique(now)].sum()
    own = found >= 0
    after = np.where(own, part.cost[found, every], part.free).sum()
    after += part.fixed[np.unique(found[own])].sum()
    if not after < before - 1e-9 * abs(before):
        return None
    return found
