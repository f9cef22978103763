r"""A bound for several periods and limits on the whole plan: sites and pairs decide by themselves.

Prices :math:`v_{jt}` of supplying each pair in each period take the place of the demand rows, and
prices :math:`\lambda_r \ge 0` that of the rows of limits: open sites, room for stock, fill rates on
average, the budget, emissions. With :math:`c' = c + A^T \lambda`,

.. math::

    L(v, \lambda, \mu) &= \sum_{jt} [v_{jt} + \min\{0, f'_{jt} - v_{jt}\}]
        - \sum_r \lambda_r b_r + \sum_g H_g(\mu)
        + \sum_i \min_{y_i} \sum_t [(F'_{it} + S_{it}) y_{it} + O'_{it} (y_{it} - y_{i,t-1})^+],

    S_{it} &= \sum_{u \in i} \min_{0 \le n \le N_u} [p'_{ut}(n) - G_{ut}(n)],

with :math:`f'` the cheapest supply that needs no machine, :math:`F'` and :math:`O'` the costs of a
site that is open and that is opened, and :math:`G_{ut}(n)` the knapsack of
:mod:`amopt.placement.methods.pricing`. A site's own choice over the periods is a shortest path
through open and closed. Machines, :math:`p'_{ut}(n)`, cost their upkeep and a rent, against which
pools buy, hold and sell them (:mod:`amopt.placement.methods.periods.rents`). What it costs to move
them, and that types share the room of a site, is left out of the bound, which stays one without it,
and is part of every plan. All prices climb together
(:mod:`amopt.placement.methods.periods.climbing`).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.arrays.limits import (
    budget,
    emission_limit,
    fill_rate,
    most_open_sites,
    sizes,
    storage,
)
from amopt.placement.methods.arrays.model import ArrayModel
from amopt.placement.methods.periods.paths import shortest
from amopt.placement.methods.periods.rents import Rents
from amopt.placement.methods.pricing import DenseSupply, most_gain, spread
from amopt.placement.supply.columns import Columns
from amopt.placement.supply.fleet import Fleet
from amopt.placement.supply.supply import Supply

__all__ = ["LIMITS", "Decomposition", "Divided"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

LIMITS = (most_open_sites, storage, fill_rate, budget, emission_limit)
"""What writes the rows that are priced."""

TIE = 1e-6
"""Share of the most that is taken of limits, by which the dearest supply stands behind others."""


@dataclass(frozen=True)
class Offers:
    """The cheapest supply of each period, pair and unit at given prices of limits.

    Attributes
    ----------
    cost, hours, column
        Cost over the period, machine-hours a year and column, shape (periods, units + 1, pairs);
        the last unit stands for supply without machines. Infinite, 0 and -1 where there is none.
    """

    cost: Floats
    hours: Floats
    column: Ints


@dataclass(frozen=True)
class Divided:
    """An optimum of the relaxation.

    Attributes
    ----------
    bound
        L(v, lambda, mu).
    opened, count
        Which sites are open, shape (sites, periods), and machines of each unit, (units, periods).
    supplied
        How much of each pair is supplied in all, shape (periods, pairs).
    used
        What is taken of each limit, shape (limits,).
    short
        Machines that sites use and pools do not hold, shape (pools, periods).
    """

    bound: float
    opened: Flags
    count: Floats
    supplied: Floats
    used: Floats
    short: Floats


class Decomposition:
    """The relaxation of an instance.

    Parameters
    ----------
    supply, columns
        The ways of supply.

    Attributes
    ----------
    limit
        What each limit allows, shape (limits,).
    active
        Which pairs are demanded in each period, shape (periods, pairs).
    most, capacity
        Most machines of each unit (1 where hours are sold), and hours a year of one, (units,).
    """

    def __init__(self, supply: Supply, columns: Columns) -> None:
        self.supply, self.columns, self.fleet = supply, columns, Fleet(supply.instance)
        self.model = ArrayModel(supply, columns, self.fleet, "optimum")
        for write in LIMITS:
            write(self.model)
        self.program = self.model.builder.build("limits")
        self.limit = self.program.row_upper
        self.active = supply.rates.T > 0
        fleet = self.fleet
        self.rents = Rents(fleet, self.model.years)
        self.units, self.periods = fleet.unit_site.size, self.model.periods
        self._stand = np.flatnonzero(fleet.stand >= 0)
        self.most = np.ones(self.units, dtype=np.int64)
        self.most[self._stand] = fleet.most[fleet.stand[self._stand]].astype(np.int64)
        self.capacity = fleet.contract_hours.copy()
        self.capacity[self._stand] = fleet.capacity[fleet.stand[self._stand]]
        self._group()

    def _group(self) -> None:
        """Put columns of the same period, pair and unit next to each other."""
        columns, pairs = self.columns, self.active.shape[1]
        unit = np.full(len(columns), self.units, dtype=np.int64)
        printed = self.model.printed
        unit[printed] = self.fleet.unit[columns.site[printed], columns.machine[printed]]
        key = (columns.period * (self.units + 1) + unit) * pairs + columns.pair
        self._order = np.argsort(key, kind="stable")
        self._key, self._start = np.unique(key[self._order], return_index=True)

    def offers(self, cost: Floats) -> Offers:
        """Return the cheapest supply at given costs of the columns, shape (columns,)."""
        shape = (self.periods, self.units + 1, self.active.shape[1])
        found = Offers(np.full(shape, np.inf), np.zeros(shape), np.full(shape, -1, dtype=np.int64))
        if not self._key.size:
            return found
        sorted_cost = cost[self._order]
        least = np.minimum.reduceat(sorted_cost, self._start)
        size = np.diff(np.append(self._start, sorted_cost.size))
        same = np.flatnonzero(sorted_cost == np.repeat(least, size))
        first = np.unique(np.repeat(np.arange(size.size), size)[same], return_index=True)[1]
        column = self._order[same[first]]
        found.cost.flat[self._key] = least
        found.hours.flat[self._key] = self.columns.hours[column]
        found.column.flat[self._key] = column
        return found

    def levels_of(self, period: int, unit: Ints, pair: Ints, most: int) -> Ints:
        """Return the columns of some sources that have at most so many.

        Parameters
        ----------
        period
            The period.
        unit, pair
            Units and pairs, shape (n,).
        most
            Columns of a source up to which all of them are returned.
        """
        key = (period * (self.units + 1) + unit) * self.active.shape[1] + pair
        at = np.searchsorted(self._key, key)
        at = at[(at < self._key.size) & (self._key[np.minimum(at, self._key.size - 1)] == key)]
        size = np.diff(np.append(self._start, self._order.size))[at]
        at, size = at[size <= most], size[size <= most]
        ahead = np.cumsum(size) - size
        spot = np.repeat(self._start[at] - ahead, size) + np.arange(int(size.sum()))
        found: Ints = self._order[spot]
        return found

    def priced(self, limits: Floats) -> Floats:
        """Return the costs of all variables at prices of the limits, shape (n,)."""
        cost: Floats = self.program.cost + self.program.matrix.T @ limits
        return cost

    def least_of_limits(self) -> Floats:
        """Return the shares of all limits that the variables take, shape (n,).

        What costs more of two that take as much comes second.
        """
        taken: Floats = self.program.matrix.T @ (1.0 / sizes(self.program))
        most = float(self.program.cost.max(initial=0.0))
        return taken + self.program.cost * (
            TIE * taken.max(initial=0.0) / most if most > 0 else 0.0
        )

    def first(self) -> tuple[Floats, Floats]:
        """Return first prices, (periods, pairs), and rents, (pools, periods).

        A pair pays for its cheapest supply, with machines and sites at full load.
        """
        cost, model = self.program.cost, self.model
        offers = self.offers(cost[model.x.block])
        rents = self.rents.first(cost[model.held.block])
        machine = np.maximum(self._machines(cost, rents), 0.0)
        site = cost[model.y.block].reshape(-1, self.periods)[self.fleet.unit_site].T
        number = np.arange(self.units), self.most
        each = spread(machine[*number].T + site, self.capacity * self.most)
        loaded = offers.cost.copy()
        loaded[:, :-1] += each[:, :, None] * offers.hours[:, :-1]
        prices: Floats = loaded.min(axis=1)
        return np.where(np.isfinite(prices) & self.active, prices, 0.0), rents

    def of_stands(self, count: Floats | Ints) -> Floats:
        """Return machines of units, shape (units, periods), by stand, shape (stands, periods)."""
        machines = np.zeros((self.fleet.most.size, self.periods))
        machines[self.fleet.stand[self._stand]] = count[self._stand]
        return machines

    def charges(self, limits: Floats, rents: Floats) -> tuple[Floats, Floats]:
        """Return what an open site costs, (sites, periods), and a machine, (units, periods)."""
        cost = self.priced(limits)
        machine = self._machines(cost, rents)[:, -1] / max(int(self.most.max(initial=1)), 1)
        return cost[self.model.y.block].reshape(-1, self.periods), machine

    def paid(self, limits: Floats, rents: Floats, count: Ints) -> Floats:
        """Return what each pair's cheapest supply costs at a plan's machines, (periods, pairs).

        With hours at what machines and sites cost when the plan's are at full load.
        """
        fixed, machine = self.charges(limits, rents)
        offers = self.offers(self.priced(limits)[self.model.x.block])
        found = offers.cost[:, -1].copy()
        for t in range(self.periods):
            held = np.zeros(fixed.shape[0])
            room = np.minimum(self.capacity, offers.hours[t, :-1].sum(axis=1)) * count[:, t]
            np.add.at(held, self.fleet.unit_site, room)
            used = np.flatnonzero(count[:, t])
            each = (
                spread(machine[:, t], self.capacity)
                + spread(fixed[:, t], held)[self.fleet.unit_site]
            )
            full = offers.cost[t, used] + each[used, None] * offers.hours[t, used]
            found[t] = np.minimum(found[t], full.min(axis=0, initial=np.inf))
        return np.where(self.active, found, 0.0)

    def dense(self, period: int, offers: Offers) -> DenseSupply:
        """Return one period as the relaxation of a single one sees it, for the pairs in it."""
        return PeriodSupply(self, period, offers)

    def at(self, prices: Floats, limits: Floats, rents: Floats) -> Divided:
        """Solve it.

        Parameters
        ----------
        prices
            Prices of pairs, shape (periods, pairs).
        limits
            Prices of limits, none negative, shape (limits,).
        rents
            Rents of machines, none negative, shape (pools, periods).
        """
        cost = self.priced(limits)
        offers = self.offers(cost[self.model.x.block])
        free = np.where(self.active, offers.cost[:, -1], 0.0)
        machine = self._machines(cost, rents)
        holding = self.rents.at(cost[self.model.held.block], rents)
        net = np.zeros((self.units, self.periods))
        count = np.zeros((self.units, self.periods))
        picks = {}
        fixed = cost[self.model.y.block].reshape(-1, self.periods)
        promising = self._promising(prices, offers, machine, fixed)
        for u, t in itertools.product(np.flatnonzero(promising), range(self.periods)):
            net[u, t], count[u, t], pairs, amounts = most_gain(
                prices[t] - offers.cost[t, u], offers.hours[t, u],
                float(self.capacity[u]), machine[u, : self.most[u] + 1, t],
            )  # fmt: skip
            picks[u, t] = pairs, amounts
        value = fixed.copy()
        np.add.at(value, self.fleet.unit_site, -net)
        opened, opening, sites = self._paths(value, cost)
        count *= opened[self.fleet.unit_site]
        without = (free < prices) & self.active
        supplied = np.where(without, 1.0, 0.0)
        solution = np.zeros(cost.size)
        for (u, t), (pairs, amounts) in picks.items():
            if opened[self.fleet.unit_site[u], t]:
                supplied[t, pairs] += amounts
                solution[offers.column[t, u, pairs]] += amounts
        machines = self.of_stands(count)
        used: Floats = np.zeros(0)
        if self.limit.size:
            period, pair = np.nonzero(without)
            solution[offers.column[period, -1, pair]] += 1.0
            solution[self.model.y.block] = opened.ravel()
            solution[self.model.opening.block] = opening.ravel()
            solution[self.model.machines.block] = machines.ravel()
            solution[self.model.held.block] = holding.members
            used = self.program.matrix @ solution
        bound = float(prices.sum() + np.minimum(free - prices, 0.0)[self.active].sum())
        return Divided(
            bound=bound + sites + holding.value - float(limits @ self.limit) + self.program.offset,
            opened=opened,
            count=count,
            supplied=supplied,
            used=used,
            short=self.rents.asked(machines) - holding.held,
        )

    def _promising(self, prices: Floats, offers: Offers, machine: Floats, fixed: Floats) -> Flags:
        """Return the units of sites that may gain more than they cost in some period, (units,).

        An hour costs no less than the cheapest machine's.
        """
        number = np.maximum(np.arange(machine.shape[1]), 1)
        each = (machine / number[None, :, None])[:, 1:].min(axis=1, initial=np.inf)
        hour = spread(np.where(np.isfinite(each), each, 0.0), self.capacity[:, None])
        gain = np.zeros(fixed.shape)
        for t in range(self.periods):
            full = offers.cost[t, :-1] + hour[:, t, None] * offers.hours[t, :-1]
            most = np.maximum(prices[t] - full, 0.0).sum(axis=1)
            np.add.at(gain[:, t], self.fleet.unit_site, most)
        forced = self.program.lower[self.model.y.block].reshape(-1, self.periods) > 0
        sites = np.flatnonzero(((gain > fixed) | forced).any(axis=1))
        return np.isin(self.fleet.unit_site, sites)

    def _paths(self, value: Floats, cost: Floats) -> tuple[Flags, Flags, float]:
        """Return when sites are open and are opened, and what that costs at least."""
        y, program = self.model.y.block, self.program
        opening = cost[self.model.opening.block].reshape(-1, self.periods)
        lower, upper = (
            each[y].reshape(-1, self.periods) for each in (program.lower, program.upper)
        )
        already = np.array([site.already_open for site in self.supply.instance.sites], dtype=bool)
        return shortest(value, opening, lower > 0.5, upper < 0.5, already)

    def _machines(self, cost: Floats, rents: Floats) -> Floats:
        """Return what n machines cost with their rent, shape (units, most + 1, periods)."""
        fleet, model = self.fleet, self.model
        stand = fleet.stand[self._stand]
        number = np.arange(int(self.most.max(initial=1)) + 1)
        found = np.zeros((self.units, number.size, self.periods))
        each = cost[model.machines.block].reshape(-1, self.periods)[stand]
        found[self._stand] = number[:, None] * each[:, None, :]
        if fleet.changes:
            paid = np.maximum(number[None, :] - self.rents.free[stand][:, None], 0.0)
            found[self._stand] += paid[:, :, None] * rents[fleet.pool[stand]][:, None, :]
        return found


class PeriodSupply(DenseSupply):
    """One period by itself, with the sites' and machines' costs left out: they are chosen already.

    Parameters
    ----------
    problem, period, offers
        The relaxation, a period, and the cheapest supply in it.
    """

    def __init__(self, problem: Decomposition, period: int, offers: Offers) -> None:
        kept, sites = problem.active[period], len(problem.supply.instance.sites)
        self.supply, self.fleet, self.columns = problem.supply, problem.fleet, problem.columns
        self.cost = offers.cost[period, :-1][:, kept]
        self.hours = offers.hours[period, :-1][:, kept]
        self.column = offers.column[period, :-1][:, kept]
        self.free, self.free_column = offers.cost[period, -1, kept], offers.column[period, -1, kept]
        self.capacity = np.minimum(problem.capacity, self.hours.sum(axis=1) + 1.0)
        self.most, self.least = problem.most, np.zeros_like(problem.most)
        self.machine_cost = np.zeros(problem.units)
        self.site, self.site_cost = problem.fleet.unit_site, np.zeros(sites)
        self.forced = np.zeros(sites, dtype=bool)
        self.own = problem.fleet.stand >= 0
        self.room = np.bincount(self.site, np.where(self.own, self.most, 0), sites)
