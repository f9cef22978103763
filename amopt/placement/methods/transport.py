"""Who supplies whom once sites and machines are chosen, by pricing.

With machines fixed, a price for an hour of each unit decides for every pair by itself; the prices
climb where a unit is asked for more than it has (the transport problem's dual). What is still too
much is moved where it costs least, and room that is left is filled where it saves most.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.bounded_plan import plan_of
from amopt.placement.methods.moves import rearranged
from amopt.placement.methods.pricing import DenseSupply, an_hour
from amopt.placement.plan import Plan

__all__ = ["FREE", "Filled", "fill", "rounded", "within"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FREE = -1
"""The ``unit`` of a pair that needs no machine."""

ROUNDING = 1e-9
"""By how much of its hours a unit may be asked for more than it has."""

IMPOSSIBLE = 1e3
"""What it counts as to do without a machine that is needed, in multiples of the dearest supply."""

BALANCED = 1e-3
"""Share of all hours by which what is asked for may differ from what there is."""

NEGLIGIBLE = 1e-3
"""Change of prices that is none, in shares of them."""

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
        return plan_of(dense, self.columns(dense), np.ones(dense.pairs), self.count)

    def columns(self, dense: DenseSupply) -> Ints:
        """Return the column that supplies each pair, -1 where there is none, shape (pairs,)."""
        own = np.flatnonzero(self.unit != FREE)
        column: Ints = dense.free_column.copy()
        column[own] = dense.column[self.unit[own], own]
        return column


def fill(dense: DenseSupply, count: Ints, hour_price: Floats | None = None) -> Filled:
    """Decide who supplies whom from units with ``count`` machines, or what sites may hold."""
    count = within(dense, count)
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
        for which it has room: coordinate ascent on the transport problem's dual. Where hours are
        scarce everywhere no price climbs far by itself: first all of them are changed alike.
        """
        cost, hours, every = self.cost, self.hours, np.arange(self.free.size)
        if not self.capacity.size:
            return np.full(every.size, FREE), price
        price = self._shifted(price)
        full = cost + price[:, None] * hours
        for _ in range(sweeps):
            before = price.copy()
            for u in range(self.capacity.size):
                full[u] = np.inf
                gain = np.minimum(full.min(axis=0), self.free) - cost[u]
                wanted = np.flatnonzero(gain > 0)
                price[u] = _price_of_room(gain[wanted], hours[u, wanted], float(self.capacity[u]))
                full[u] = cost[u] + price[u] * hours[u]
            if np.abs(price - before).max() <= NEGLIGIBLE * float(price.max()):
                break
        choice = full.argmin(axis=0)
        choice[full[choice, every] >= self.free] = FREE
        used = np.where(choice >= 0, hours[choice, every], 0.0)
        self.room = self.capacity - np.bincount(choice + 1, used, self.capacity.size + 1)[1:]
        return choice, price

    def _shifted(self, price: Floats) -> Floats:
        """Return the prices, all changed alike until as many hours are asked for as there are."""
        every, room = np.arange(self.free.size), float(self.capacity.sum())

        def beyond(shift: float) -> float:
            full = self.cost + np.maximum(price + shift, 0.0)[:, None] * self.hours
            choice = full.argmin(axis=0)
            paid = full[choice, every] < self.free
            return float(self.hours[choice, every][paid].sum()) / room - 1.0

        now = beyond(0.0) if room > 0 else 0.0
        if abs(now) <= BALANCED or (now < 0 and not price.any()):
            return price
        low, high = -float(price.max()), 0.0
        if now > 0:
            low, high = 0.0, float(price.max()) or float(self.free.sum()) / room
            while beyond(high) > 0 and np.isfinite(high):
                low, high = high, 2 * high
        while high - low > NEGLIGIBLE * max(abs(low), abs(high)):
            middle = (low + high) / 2
            now = beyond(middle)
            low, high = (middle, high) if now > 0 else (low, middle)
            if abs(now) <= BALANCED:
                break
        shifted: Floats = np.maximum(price + high, 0.0)
        return shifted

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
        yield within(dense, np.minimum(np.floor(count + 1 - threshold), most).astype(np.int64))


def within(dense: DenseSupply, count: Ints) -> Ints:
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
