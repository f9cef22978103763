r"""A lower bound by pricing: the Lagrangian relaxation of the demand constraints.

With a price :math:`v_j` for supplying each pair, and :math:`v_j \le f_j`, its cheapest supply that
needs no machine, every site decides for itself:

.. math::

    L(v) &= \sum_j v_j + \sum_i \min\{0, F_i + \sum_{u \in i}
           \min_{0 \le n \le N_u} [p_u n - G_u(n)]\},

    G_u(n) &= \max_{0 \le x \le 1}
           \Big\{\sum_j (v_j - c_{ju}) x_j : \sum_j h_{ju} x_j \le C_u n\Big\}.

:math:`G_u` is a knapsack in fractions: sort by gain an hour, and fill. Machines stay whole in the
relaxation, so that its best bound is at least that of the strong linear relaxation (Geoffrion,
1974).
Prices climb by the volume algorithm (Barahona and Anbil, 2000), whose running averages also say
which machines a good plan has.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.placement.forms import FormRules
from amopt.placement.supply.columns import Columns
from amopt.placement.supply.fleet import Fleet
from amopt.placement.supply.supply import Supply

__all__ = [
    "DenseSupply",
    "Relaxed",
    "an_hour",
    "least_step",
    "most_gain",
    "relax",
    "spread",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


LEAST_STEP = 0.01
"""Share of all prices, and of the target, that steps are measured by where the bound is less."""


def least_step(bound: float, prices: Floats, target: float) -> float:
    """Return what steps are measured by: the bound, since a share of nothing would be no step."""
    others = max(float(prices.sum()), target if np.isfinite(target) else 0.0)
    return max(abs(bound), LEAST_STEP * others)


NO_HOURS = 1e-280
"""Hours that are none: gains an hour are then larger than any other, and finite."""


def an_hour(gain: Floats, hours: Floats) -> Floats:
    """Return gains an hour, in any unit of either."""
    rate: Floats = gain / np.maximum(hours, NO_HOURS)
    return rate


def spread(cost: Floats, hours: Floats) -> Floats:
    """Return costs an hour; nothing where there are no hours."""
    each: Floats = np.zeros(np.broadcast_shapes(cost.shape, hours.shape))
    np.divide(cost, hours, out=each, where=hours > 0)
    return each


class DenseSupply:
    """The instance as the relaxation sees it, dense: units x pairs.

    Parameters
    ----------
    supply
        An instance of one period without other shared limits.

    Attributes
    ----------
    cost, hours
        Cost over the period of supplying each pair from each unit, and machine-hours a year, shape
        (units, pairs); the cost is infinite where it cannot.
    free, free_column
        Cost of the cheapest supply without machines, and its column, shape (pairs,).
    column
        Column of each unit and pair, shape (units, pairs); -1 for none.
    capacity, machine_cost, most, least
        Of each unit: hours a year of one machine (of all hours sold), cost of a machine, and most
        and least machines (1 and 0 where hours are sold), shape (units,).
    site, site_cost, forced
        Site of each unit; fixed cost of each site, and whether it must be open, shape (sites,).
    """

    def __init__(self, supply: Supply) -> None:
        instance = supply.instance
        self.supply, self.fleet = supply, Fleet(instance)
        self.columns: Columns = supply.columns(prune=True)
        fleet, columns, years = self.fleet, self.columns, instance.horizon[0].years
        units, pairs = fleet.unit_site.size, len(supply.pairs)
        cost = columns.cost * years * instance.minimise.cost
        self.cost = np.full((units, pairs), np.inf)
        self.hours = np.zeros((units, pairs))
        self.column = np.full((units, pairs), -1, dtype=np.int64)
        printed = np.flatnonzero(columns.site >= 0)
        spot = fleet.unit[columns.site[printed], columns.machine[printed]], columns.pair[printed]
        self.cost[spot], self.hours[spot] = cost[printed], columns.hours[printed]
        self.column[spot] = printed
        self.free = np.full(pairs, np.inf)
        self.free_column = np.full(pairs, -1, dtype=np.int64)
        free = np.flatnonzero(columns.site < 0)
        self.free[columns.pair[free]], self.free_column[columns.pair[free]] = cost[free], free
        self._price_units(years)

    def _price_units(self, years: float) -> None:
        fleet, instance = self.fleet, self.supply.instance
        weight = instance.minimise.cost
        own = fleet.stand >= 0
        stand = np.where(own, fleet.stand, 0)
        all_hours = float(self.hours.max(axis=0, initial=0.0).sum()) + 1.0

        def of_stand(values: Floats) -> Floats:
            spread: Floats = np.zeros(own.size)
            spread[own] = values[stand[own]]
            return spread

        sold = np.minimum(fleet.contract_hours, all_hours)
        self.capacity = np.where(own, of_stand(fleet.capacity), sold)
        yearly = of_stand(fleet.yearly_cost) + (
            of_stand(fleet.price_per_year) * instance.horizon[0].machine_price_factor
        )
        self.machine_cost = weight * years * yearly
        self.most = np.where(own, of_stand(fleet.most), 1.0).astype(np.int64)
        self.site = fleet.unit_site
        self.site_cost = weight * np.array(
            [
                site.yearly_cost * years + (0.0 if site.already_open else site.opening_cost)
                for site in instance.sites
            ]
        )
        self.forced = np.array([site.state == "open" for site in instance.sites], dtype=bool)
        self.room = np.array([site.most_machines for site in instance.sites], dtype=np.int64)
        self.own = own
        self.least = np.zeros(own.size, dtype=np.int64)

    @property
    def single_source(self) -> bool:
        """Whether each pair must have one source."""
        return self.supply.instance.single_source

    @property
    def units(self) -> int:
        """Number of units."""
        return int(self.site.size)

    @property
    def pairs(self) -> int:
        """Number of pairs."""
        return int(self.free.size)

    def fixed_cost(self, count: Ints) -> float:
        """Return the cost of sites and machines, where units have ``count`` machines."""
        opened = self.forced.copy()
        opened[self.site[count > 0]] = True
        return float(self.site_cost @ opened + self.machine_cost @ count)

    def narrowed(self, cost: Floats, forced: NDArray[np.bool_], rules: FormRules) -> DenseSupply:
        """Return the dense supply of a form: with other costs, and other sites that must be open.

        A site that has to be able to print has a machine, where only one type would do.
        """
        narrow = copy(self)
        narrow.cost, narrow.forced = cost, forced
        able = rules.prints & np.isin(self.site, rules.printing) & forced[self.site]
        alone = np.bincount(self.site[able], minlength=forced.size)[self.site] == 1
        narrow.least = np.where(able & alone, 1, 0)
        return narrow

    def start(self) -> Floats:
        """Return first prices: the cheapest supply, with machines and sites at full load."""
        each = spread(self.machine_cost, self.capacity)
        each = each + spread(
            self.site_cost[self.site], self.capacity * self.most.astype(np.float64)
        )
        if not self.units:
            return self.free.copy()
        loaded = (self.cost + each[:, None] * self.hours).min(axis=0)
        prices: Floats = np.minimum(loaded, self.free)
        return prices


@dataclass(frozen=True)
class Relaxed:
    """An optimum of the relaxation.

    Attributes
    ----------
    bound
        L(v).
    count
        Machines of each unit, shape (units,).
    supplied
        How much of each pair is supplied in all, shape (pairs,).
    opened
        Which sites are open, shape (sites,).
    """

    bound: float
    count: Floats
    supplied: Floats
    opened: NDArray[np.bool_]


def relax(dense: DenseSupply, prices: Floats) -> Relaxed:
    """Solve the relaxation at given prices."""
    gains, counts, picks = _units_alone(dense, prices)
    sites = dense.site_cost.copy()
    np.add.at(sites, dense.site, -gains)
    opened = (sites < 0) | dense.forced
    count = np.where(opened[dense.site], counts, 0.0)
    supplied = np.zeros(dense.pairs)
    for u in np.flatnonzero(opened[dense.site]):
        pairs, amounts = picks[u]
        supplied[pairs] += amounts
    return Relaxed(float(prices.sum() + sites[opened].sum()), count, supplied, opened)


def _units_alone(
    dense: DenseSupply, prices: Floats
) -> tuple[Floats, Floats, list[tuple[Ints, Floats]]]:
    """Return for each unit its net gain, machines, and what it supplies."""
    gains, counts = np.zeros(dense.units), np.zeros(dense.units)
    picks: list[tuple[Ints, Floats]] = []
    for u in range(dense.units):
        machines = dense.machine_cost[u] * np.arange(dense.most[u] + 1)
        machines[: dense.least[u]] = np.inf
        gains[u], counts[u], pairs, amounts = most_gain(
            prices - dense.cost[u], dense.hours[u], float(dense.capacity[u]), machines
        )
        picks.append((pairs, amounts))
    return gains, counts, picks


def most_gain(
    gain: Floats, hours: Floats, capacity: float, machines: Floats
) -> tuple[float, int, Ints, Floats]:
    """Return what a unit gains at most, its machines, and the pairs and shares that it supplies.

    Parameters
    ----------
    gain, hours
        Of supplying each pair, shape (pairs,).
    capacity
        Hours of one machine.
    machines
        Cost of 0, 1, ... machines; infinite where there may not be so many.
    """
    pairs = np.flatnonzero(gain > 0)
    gain, hours = gain[pairs], hours[pairs]
    order = np.argsort(-an_hour(gain, hours))
    pairs, used = pairs[order], np.concatenate([[0.0], np.cumsum(hours[order])])
    won = np.concatenate([[0.0], np.cumsum(gain[order])])
    room = np.minimum(capacity, used[-1] + 1.0) * np.arange(machines.size)
    net = np.interp(room, used, won) - machines
    best = int(net.argmax())
    last = int(np.searchsorted(used, room[best], side="right")) - 1
    amounts = np.ones(min(last + 1, pairs.size))
    if last < pairs.size:
        width = used[last + 1] - used[last]
        amounts[-1] = (room[best] - used[last]) / width if width > 0 else 1.0
    return float(net[best]), best, pairs[: amounts.size], amounts
