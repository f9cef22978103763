r"""Who supplies whom from given facilities, at least cost: a transportation problem, exactly.

.. math::

    \min \Big\{\sum_{ij} c_{ij} x_{ij} : \sum_i x_{ij} = 1, \; \sum_j h_{ij} x_{ij} \le C_i\Big\}

Prices of hours come first: for any of them the cheapest supply of each pair makes a bound (its
dual), and where that already costs too much, the set of facilities is left. Else a linear program
is solved over the few supplies that are near the cheapest at these prices, and grows by those that
its own prices find cheaper, until there are none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.outcome import Status, Stopped
from amopt.placement.methods.facilities import Facilities
from amopt.placement.methods.pricing import an_hour
from amopt.program.linear import LinearProgram
from amopt.program.solver import highs
from amopt.program.time import Budget

__all__ = ["Shipment", "Transportation", "UndecidedError"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SWEEPS = 6
"""Sweeps over the facilities in which the prices of hours climb."""

PER_PAIR = 3
"""Supplies that the program has for each pair at first, on average."""

TOLERANCE = 1e-9
"""Relative amount by which a supply that is left out must be cheaper to be taken in."""


class UndecidedError(Exception):
    """The time is over, or the solver did not answer."""


@dataclass(frozen=True)
class Shipment:
    """Who supplies whom.

    Attributes
    ----------
    opened
        The facilities that supply something, as positions among all.
    source, pair, share
        Facility (-1 for supply without one), pair and share of each supply, shape (n,).
    cost
        What it costs in all, the open facilities included.
    hour_price
        Price of an hour of each facility that might have been used, shape (facilities,).
    pair_price
        What each pair pays, shape (pairs,).
    """

    opened: Ints
    source: Ints
    pair: Ints
    share: Floats
    cost: float
    hour_price: Floats
    pair_price: Floats


class Transportation:
    """The transportation problems of sets of facilities.

    Parameters
    ----------
    facilities
        All facilities.
    options, budget
        Options of the solver, and the time for everything.

    Attributes
    ----------
    solved
        How many were solved to the end.
    pays
        What each pair pays in the last answer, which proves it, shape (pairs,); None where that is
        not known.
    """

    def __init__(self, facilities: Facilities, options: highs.Options, budget: Budget) -> None:
        self.facilities, self.options, self._budget = facilities, options, budget
        self._hour_price = np.zeros(facilities.sites)
        self.solved = 0
        self.pays: Floats | None = None

    def best(self, chosen: Ints, limit: float) -> Shipment | None:
        """Return the cheapest supply from some facilities; None where it costs ``limit`` or more.

        Parameters
        ----------
        chosen
            Positions of the facilities.
        limit
            What all may cost, the facilities included; infinite for anything.

        Raises
        ------
        UndecidedError
            When the time is over, or the solver does not answer.
        """
        if self._budget.is_over:
            raise UndecidedError
        all_of_them = self.facilities
        problem = all_of_them.take(chosen)
        cheapest = np.minimum(problem.cost.min(axis=0, initial=np.inf), problem.free)
        self.pays = None
        if not np.isfinite(cheapest).all():
            without = max(abs(limit), 1.0) if np.isfinite(limit) else 1e30
            self.pays = np.where(np.isfinite(cheapest), 0.0, without)
            return None
        fixed = all_of_them.constant + float(problem.fixed.sum())
        price = self._hour_price[chosen].copy()
        bound = _climb(problem, price, limit - fixed)
        if fixed + bound >= limit:
            self.pays = _paid(problem, price)
            return None
        found = self._solve(problem, price)
        if found is None:
            return None
        source, pair, share, hour_price = found
        self.pays = _paid(problem, hour_price)
        self._hour_price[chosen] = hour_price
        return self.shipment(chosen, source, pair, share, hour_price)

    def shipment(
        self,
        chosen: Ints,
        source: Ints,
        pair: Ints,
        share: Floats,
        hour_price: Floats | None = None,
    ) -> Shipment:
        """Return who supplies whom, with its cost.

        Parameters
        ----------
        chosen
            Positions of the facilities.
        source, pair, share
            Facility as a position among those, -1 for supply without one, pair and share, (n,).
        hour_price
            Price of an hour of each of those facilities.
        """
        problem = self.facilities.take(chosen)
        each = np.vstack([problem.cost, problem.free])[source, pair]  # the last row is source -1
        used = np.unique(source[source >= 0])
        prices, pays = np.zeros(self.facilities.sites), problem.free
        if hour_price is not None:
            full = problem.cost + hour_price[:, None] * problem.hours
            pays = np.minimum(full.min(axis=0, initial=np.inf), problem.free)
            prices[chosen] = hour_price
        return Shipment(
            opened=chosen[used],
            source=np.append(chosen, -1)[source],
            pair=pair,
            share=share,
            cost=self.facilities.constant + float(problem.fixed[used].sum()) + float(each @ share),
            hour_price=prices,
            pair_price=pays,
        )

    def _solve(
        self, problem: Facilities, price: Floats
    ) -> tuple[Ints, Ints, Floats, Floats] | None:
        """Solve the program over more and more supplies; return None where nothing is enough."""
        full = problem.cost + price[:, None] * problem.hours
        cheapest = np.minimum(full.min(axis=0, initial=np.inf), problem.free)
        possible = np.isfinite(problem.cost)
        above = (full - cheapest).ravel()
        count = min(PER_PAIR * problem.pairs, above.size)
        near = np.partition(above, count - 1)[count - 1] if count else 0.0
        kept = possible & (full - cheapest <= near)
        size = float(np.abs(cheapest).max(initial=0.0)) + TOLERANCE
        while True:
            source, pair = np.nonzero(kept)
            answer = self._over(problem, source, pair)
            if answer is None:
                if kept.sum() == possible.sum():
                    return None
                kept = possible
                continue
            values, pair_price, hour_price = answer
            reduced = problem.cost + hour_price[:, None] * problem.hours - pair_price
            if not ((reduced < -TOLERANCE * size) & ~kept).any():
                return self._read(problem, source, pair, values, hour_price)
            kept |= (reduced < TOLERANCE * size) & possible

    def _over(
        self, problem: Facilities, source: Ints, pair: Ints
    ) -> tuple[Floats, Floats, Floats] | None:
        """Solve over some supplies; return shares, those without a facility last, and prices."""
        program = _program(problem, source, pair)
        answer = highs.solve(program, self._budget.options(self.options))
        outcome = answer.outcome
        if outcome.stopped is Stopped.INTERRUPTED:
            raise KeyboardInterrupt
        if outcome.status is Status.INFEASIBLE:
            return None
        if answer.values is None or answer.duals is None or outcome.status is not Status.OPTIMAL:
            raise UndecidedError
        self.solved += 1
        pairs = problem.pairs
        return answer.values, answer.duals[:pairs], np.maximum(-answer.duals[pairs:], 0.0)

    @staticmethod
    def _read(
        problem: Facilities, source: Ints, pair: Ints, values: Floats, hour_price: Floats
    ) -> tuple[Ints, Ints, Floats, Floats]:
        without = np.flatnonzero(np.isfinite(problem.free))
        source = np.append(source, np.full(without.size, -1))
        pair = np.append(pair, without)
        used = np.flatnonzero(values > 1e-9)
        share = values[used]
        total = np.bincount(pair[used], share, minlength=problem.pairs)
        return source[used], pair[used], share / total[pair[used]], hour_price


def _paid(problem: Facilities, hour_price: Floats) -> Floats:
    """Return what each pair pays at prices of hours, shape (pairs,)."""
    full = problem.cost + hour_price[:, None] * problem.hours
    pays: Floats = np.minimum(full.min(axis=0, initial=np.inf), problem.free)
    return pays


def _program(problem: Facilities, source: Ints, pair: Ints) -> LinearProgram:
    without = np.flatnonzero(np.isfinite(problem.free))
    every = np.arange(source.size)
    rows = np.concatenate([pair, problem.pairs + source, without])
    columns = np.concatenate([every, every, source.size + np.arange(without.size)])
    entries = np.concatenate(
        [np.ones(pair.size), problem.hours[source, pair], np.ones(without.size)]
    )
    size = source.size + without.size
    matrix = sp.csr_array((entries, (rows, columns)), shape=(problem.pairs + problem.sites, size))
    return LinearProgram(
        cost=np.concatenate([problem.cost[source, pair], problem.free[without]]),
        matrix=matrix,
        row_lower=np.concatenate([np.ones(problem.pairs), np.full(problem.sites, -np.inf)]),
        row_upper=np.concatenate([np.ones(problem.pairs), problem.capacity]),
        lower=np.zeros(size),
        upper=np.full(size, np.inf),
        integer=np.zeros(size, dtype=bool),
    )


def _climb(problem: Facilities, price: Floats, limit: float) -> float:
    """Let the prices of hours climb in place, one facility after the other; return the bound.

    With the other prices fixed, the best price of one is the gain an hour of the last pair for
    which it has room: coordinate ascent on the dual.
    """
    full = problem.cost + price[:, None] * problem.hours
    possible = np.isfinite(problem.cost)
    bound = -np.inf
    for _ in range(SWEEPS):
        before = bound
        for i in range(problem.sites):
            full[i] = np.inf
            others = np.minimum(full.min(axis=0), problem.free)
            gain = np.subtract(
                others, problem.cost[i], out=np.zeros(problem.pairs), where=possible[i]
            )
            price[i] = _price_of_room(gain, problem.hours[i], float(problem.capacity[i]))
            full[i] = problem.cost[i] + price[i] * problem.hours[i]
        cheapest = np.minimum(full.min(axis=0, initial=np.inf), problem.free)
        bound = float(cheapest.sum()) - float(price @ problem.capacity)
        if bound >= limit or bound - before <= 1e-4 * min(limit - bound, abs(bound)):
            break
    return bound


def _price_of_room(gain: Floats, hours: Floats, room: float) -> float:
    """Return the gain an hour of the last pair that fits; nothing where all fit."""
    wanted = np.flatnonzero(gain > 0)
    used = hours[wanted]
    if used.sum() <= room:
        return 0.0
    rate = an_hour(gain[wanted], used)
    order = np.argsort(-rate)
    last = int(np.searchsorted(np.cumsum(used[order]), room, side="right"))
    found = float(rate[order[min(last, order.size - 1)]])
    return found if np.isfinite(found) else 0.0
