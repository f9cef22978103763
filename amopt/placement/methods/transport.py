"""Plans by pricing: who supplies whom once sites and machines are chosen, and better choices.

With machines fixed, a price for an hour of each unit decides for every pair by itself; the prices
climb where a unit is asked for more than it has (the transport problem's dual). What is still too
much is moved where it costs least, and room that is left is filled where it saves most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.bounded_plan import plan_of
from amopt.placement.methods.moves import rearranged
from amopt.placement.methods.pricing import DenseSupply, an_hour
from amopt.placement.plan import Plan
from amopt.program.time import Budget

__all__ = ["Filled", "fill", "improve", "rounded", "settled"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEAR = 30
"""Units that are tried for one machine more, and for one less."""

FREE = -1
"""The ``unit`` of a pair that needs no machine."""

ROUNDING = 1e-9
"""By how much of its hours a unit may be asked for more than it has."""

IMPOSSIBLE = 1e3
"""What it counts as to do without a machine that is needed, in multiples of the dearest supply."""

SWEEPS = 12
"""Most sweeps over the units in which the prices of hours climb; a quarter of it where they are
near already."""


@dataclass(frozen=True)
class Filled:
    """Machines, and who supplies whom.

    Attributes
    ----------
    count
        Machines of each unit, shape (units,).
    unit
        Unit that supplies each pair, or :data:`FREE`, shape (pairs,).
    cost
        What it all costs; infinite where some pair is not supplied.
    hour_price
        Price of an hour of each unit, shape (units,).
    pair_price
        What each pair pays for its supply with the hours, shape (pairs,).
    """

    count: Ints
    unit: Ints
    cost: float
    hour_price: Floats
    pair_price: Floats

    def plan(self, dense: DenseSupply) -> Plan:
        """Return the plan in the terms of the dense supply."""
        own = np.flatnonzero(self.unit != FREE)
        column = dense.free_column.copy()
        column[own] = dense.column[self.unit[own], own]
        return plan_of(dense, column, np.ones(dense.pairs), self.count)


def fill(dense: DenseSupply, count: Ints, hour_price: Floats | None = None) -> Filled:
    """Decide who supplies whom from units with ``count`` machines, or what sites may hold."""
    count = _within(dense, count)
    units = np.flatnonzero(count > 0)
    cost, hours = dense.cost[units], dense.hours[units]
    capacity: Floats = dense.capacity[units] * count[units]
    price = np.zeros(units.size) if hour_price is None else hour_price[units].copy()
    sweeps = SWEEPS if hour_price is None else SWEEPS // 4
    filling = _Filling(dense, cost, hours, capacity)
    choice, price = filling.climb(price, sweeps)
    filling.relieve(choice)
    filling.use_room(choice)
    if dense.single_source and units.size:
        choice = rearranged(cost, hours, capacity, dense.free, choice)
    every = np.arange(dense.pairs)
    own = choice >= 0
    total = np.where(own, cost[choice, every] if units.size else np.inf, dense.free).sum()
    unit = np.full(dense.pairs, FREE, dtype=np.int64)
    unit[own] = units[choice[own]]
    kept = np.bincount(unit[own], minlength=dense.units) > 0
    count = np.where(kept, count, dense.least)
    whole = np.zeros(dense.units)
    whole[units] = price
    pays = filling.free
    if units.size:
        pays = np.minimum((cost + price[:, None] * hours).min(axis=0), pays)
    return Filled(count, unit, float(total) + dense.fixed_cost(count), whole, pays)


class _Filling:
    """Who supplies whom, before it is known what it costs.

    A pair that nothing but machines can supply counts as supplied without at a cost that no other
    comes near, so that prices stay finite where machines cannot hold all of them.
    """

    def __init__(self, dense: DenseSupply, cost: Floats, hours: Floats, capacity: Floats) -> None:
        self.cost, self.hours, self.capacity = cost, hours, capacity
        dear = max(
            float(np.abs(each[np.isfinite(each)]).max(initial=0.0)) for each in (cost, dense.free)
        )
        self.possible = np.isfinite(dense.free)
        self.free: Floats = np.where(self.possible, dense.free, IMPOSSIBLE * (dear or 1.0))
        self.room = capacity.copy()

    def climb(self, price: Floats, sweeps: int) -> tuple[Ints, Floats]:
        """Let the prices of hours climb, one unit after the other; return what pairs then choose.

        With the other prices fixed, the best price of a unit is the gain an hour of the last pair
        for which it has room: coordinate ascent on the transport problem's dual.
        """
        cost, hours, every = self.cost, self.hours, np.arange(self.free.size)
        if not self.capacity.size:
            return np.full(every.size, FREE), price
        full = cost + price[:, None] * hours
        for _ in range(sweeps):
            before = price.copy()
            for u in range(self.capacity.size):
                full[u] = np.inf
                gain = np.minimum(full.min(axis=0), self.free) - cost[u]
                wanted = np.flatnonzero(gain > 0)
                price[u] = _price_of_room(gain[wanted], hours[u, wanted], float(self.capacity[u]))
                full[u] = cost[u] + price[u] * hours[u]
            if np.abs(price - before).max() <= 1e-3 * float(price.max()):
                break
        choice = full.argmin(axis=0)
        choice[full[choice, every] >= self.free] = FREE
        used = np.where(choice >= 0, hours[choice, every], 0.0)
        self.room = self.capacity - np.bincount(choice + 1, used, self.capacity.size + 1)[1:]
        return choice, price

    def relieve(self, choice: Ints) -> None:
        """Move what a unit cannot hold to where the move costs least an hour."""
        cost, hours, room = self.cost, self.hours, self.room
        full = -ROUNDING * self.capacity
        for unit in np.argsort(room):
            if room[unit] >= full[unit]:
                continue
            mine = np.flatnonzero(choice == unit)
            others = np.where(room[:, None] > 0, cost[:, mine], np.inf)
            others[unit] = np.inf
            nearest = np.minimum(others.min(axis=0), self.free[mine])
            for k in np.argsort(an_hour(nearest - cost[unit, mine], hours[unit, mine])):
                if room[unit] >= full[unit]:
                    break
                pair = mine[k]
                fits = np.where(room >= hours[:, pair], cost[:, pair], np.inf)
                fits[unit] = np.inf
                target = int(fits.argmin())
                if fits[target] >= self.free[pair]:
                    target = FREE
                    if not self.possible[pair]:
                        continue
                room[unit] += hours[unit, pair]
                if target >= 0:
                    room[target] -= hours[target, pair]
                choice[pair] = target
            if room[unit] < full[unit]:
                # What is left has nowhere to go yet; what has room takes of it, this unit too.
                left = mine[choice[mine] == unit]
                room[unit] += hours[unit, left].sum()
                choice[left] = FREE

    def use_room(self, choice: Ints) -> None:
        """Fill the room that is left where it saves most an hour."""
        cost, hours, room = self.cost, self.hours, self.room
        every = np.arange(self.free.size)
        for unit in np.argsort(-room):
            if room[unit] < 0:
                break
            now = np.where(choice >= 0, cost[choice, every], self.free)
            saving = now - cost[unit]
            fits = (saving > 0) & (hours[unit] <= room[unit]) & (choice != unit)
            wanted = np.flatnonzero(fits)
            order = wanted[np.argsort(-an_hour(saving[wanted], hours[unit, wanted]))]
            taken = order[np.cumsum(hours[unit, order]) <= room[unit]]
            moved = taken[choice[taken] >= 0]
            np.add.at(room, choice[moved], hours[choice[moved], moved])
            room[unit] -= hours[unit, taken].sum()
            choice[taken] = unit


def _price_of_room(gain: Floats, hours: Floats, room: float) -> float:
    """Return the gain an hour of the last pair that fits; nothing where all fit."""
    if hours.sum() <= room:
        return 0.0
    rate = an_hour(gain, hours)
    order = np.argsort(-rate)
    last = int(np.searchsorted(np.cumsum(hours[order]), room, side="right"))
    return float(rate[order[min(last, order.size - 1)]])


def rounded(dense: DenseSupply, count: Floats) -> Iterator[Ints]:
    """Yield whole numbers of machines near fractional ones."""
    most = dense.most
    for threshold in (0.5, 0.3, 0.7, 0.1, 0.9):
        yield _within(dense, np.minimum(np.floor(count + 1 - threshold), most).astype(np.int64))


def _within(dense: DenseSupply, count: Ints) -> Ints:
    """Take machines away where a site has more than it may hold, of each type in proportion."""
    count = count.copy()
    held = np.bincount(dense.site, np.where(dense.own, count, 0), dense.site_cost.size)
    for site in np.flatnonzero(held > dense.room):
        units = np.flatnonzero(dense.own & (dense.site == site))
        least = np.minimum(dense.least[units], count[units])
        room = max(int(dense.room[site] - least.sum()), 0)
        share = (count[units] - least) * (room / (count[units] - least).sum())
        kept = np.floor(share).astype(np.int64)
        kept[np.argsort(kept - share, kind="stable")[: room - int(kept.sum())]] += 1
        count[units] = least + kept
    return count


def improve(
    dense: DenseSupply,
    start: Filled,
    budget: Budget,
    goal: float,
    keep: Callable[[Filled], None] | None = None,
) -> Filled:
    """Try other machines until the time is over, or a plan costs at most ``goal``.

    Parameters
    ----------
    dense
        The dense supply.
    start
        The plan to begin with.
    budget
        The time for everything.
    goal
        Cost that is low enough.
    keep
        Called with each better plan, for whoever interrupts.
    """
    best, tried = start, {start.count.tobytes()}
    progress = True
    while progress and best.cost > goal:
        progress = False
        for count in _neighbours(dense, best):
            if budget.is_over:
                return best
            if count.tobytes() in tried:
                continue
            tried.add(count.tobytes())
            found = fill(dense, count, best.hour_price)
            if found.cost < best.cost * (1 - 1e-9):
                best, progress = found, True
                if keep is not None:
                    keep(best)
                break
    return best


def settled(dense: DenseSupply, start: Filled, budget: Budget) -> Filled:
    """Add machines where they promise to save, one by one, and then take away, while it betters."""
    best = start
    for step, worth in ((1, _worth_of_more), (-1, _worth_of_less)):
        while np.isfinite(best.cost) and not budget.is_over:
            promise = worth(dense, best)
            u = int(promise.argmax()) if promise.size else -1
            if u < 0 or promise[u] <= 0:
                break
            count = best.count.copy()
            count[u] += step
            if not np.array_equal(count, _within(dense, count)):
                break
            found = fill(dense, count, best.hour_price)
            if found.cost >= best.cost:
                break
            best = found
    return best


def _neighbours(dense: DenseSupply, now: Filled) -> Iterator[Ints]:
    """Yield numbers of machines with one more, one less, or one elsewhere, by what prices promise.

    One more is worth the gain that the pairs' prices give it; one less saves its cost and gives up
    its hours at their price.
    """
    more, less = _worth_of_more(dense, now), _worth_of_less(dense, now)
    adds = [int(u) for u in np.argsort(-more)[:NEAR] if np.isfinite(more[u])]
    drops = [int(u) for u in np.argsort(-less)[:NEAR] if np.isfinite(less[u])]
    moves = [(more[u], u, -1) for u in adds] + [(less[u], -1, u) for u in drops]
    moves += [(more[u] + less[w], u, w) for u in adds for w in drops if u != w]
    for _, u, w in sorted(moves, reverse=True):
        count = now.count.copy()
        if u >= 0:
            count[u] += 1
        if w >= 0:
            count[w] -= 1
        if np.array_equal(count, _within(dense, count)):
            yield count


def _worth_of_more(dense: DenseSupply, now: Filled) -> Floats:
    """Return what one machine more of each unit promises to save, shape (units,)."""
    worth = np.full(dense.units, -np.inf)
    opened = dense.forced.copy()
    opened[dense.site[now.count > 0]] = True
    for u in np.flatnonzero(now.count < dense.most):
        gain = now.pair_price - dense.cost[u]
        pairs = np.flatnonzero(gain > 0)
        gain, hours = gain[pairs], dense.hours[u, pairs]
        order = np.argsort(-an_hour(gain, hours))
        used = np.concatenate([[0.0], np.cumsum(hours[order])])
        won = np.concatenate([[0.0], np.cumsum(gain[order])])
        room = dense.capacity[u] * np.array([now.count[u], now.count[u] + 1])
        before, after = np.interp(room, used, won)
        site = dense.site[u]
        opening = 0.0 if opened[site] else dense.site_cost[site]
        worth[u] = after - before - dense.machine_cost[u] - opening
    return worth


def _worth_of_less(dense: DenseSupply, now: Filled) -> Floats:
    """Return what one machine less of each unit promises to save, shape (units,)."""
    worth = dense.machine_cost - now.hour_price * dense.capacity
    alone = np.bincount(dense.site, now.count, dense.site_cost.size)[dense.site] == 1
    worth = worth + np.where(alone & ~dense.forced[dense.site], dense.site_cost[dense.site], 0)
    worth[now.count == 0] = -np.inf
    return worth
