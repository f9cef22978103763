r"""The referee's proof of a bound, from the instance and the prices of demand alone.

For any price :math:`v_j` of each demand and any price :math:`\pi \ge 0` of an hour, the plan cannot
cost less than

.. math::

    \sum_j v_j + \sum_j \min\{0, f_j - v_j\} + \sum_i \min\{0, F_i + \sum_u \min_n
    [p_u n - \pi C_u n - \sum_j (v_j - c_{ju} - \pi h_{ju})^+]\} ,

by weak duality, with f the cheapest supply that needs no machine. Of the route that found the
prices nothing is used here: stock costs come from Erlang's recursion, level by level (beyond
:data:`MOST_STEPS` levels from :mod:`amopt.stock`, which that route uses too), and hours are priced
by bisection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amopt.stock import base_stock_cost, best_base_stock, least_base_stock

if TYPE_CHECKING:
    from amopt.network.routes import RouteTable
    from amopt.placement.instance.fields import Instance, Part, Print, Site

__all__ = ["proven_bound", "supply_costs"]

Floats = NDArray[np.float64]
Pair = tuple[str, str]

MOST_STEPS = 1_000
"""Levels that are tried one by one; beyond, the best one is found by bisection."""


def proven_bound(instance: Instance, prices: Mapping[Pair, float]) -> float:
    """Return the bound that prices prove.

    Parameters
    ----------
    instance
        An instance of one period; its limits on room, budget, emissions, open sites and average
        fill rates are left out, which can only lower the bound.
    prices
        The price of each demanded (place, part) over the period.

    Raises
    ------
    ValueError
        When the instance has several periods or machines already.
    """
    owned = any(entry.count for site in instance.sites for entry in site.owned)
    if len(instance.horizon) > 1 or owned:
        raise ValueError("the proof is for one period without machines of before")
    total = 0.0
    worth: dict[tuple[int, str], list[tuple[Floats, Floats]]] = {}
    for pairs, free, printed in supply_costs(instance):
        price = np.array([prices[pair] for pair in pairs])
        total += float(price.sum() + np.minimum(free - price, 0.0).sum())
        for (site, machine), (cost, hours) in printed.items():
            kept = cost < price
            entry = (price[kept] - cost[kept], hours[kept])
            worth.setdefault((site, machine), []).append(entry)
    return total + sum(
        _site_alone(instance, index, site, worth) for index, site in enumerate(instance.sites)
    )


def supply_costs(
    instance: Instance,
) -> Iterator[tuple[list[Pair], Floats, dict[tuple[int, str], tuple[Floats, Floats]]]]:
    """Yield for each part its pairs, their least cost without machines, and cost and hours by unit.

    A unit is a site and a type of machine.
    """
    costs = _Costs(instance)
    for part in instance.parts:
        demands = [d for d in instance.demand if d.part == part.name and instance.rate(d, 0) > 0]
        if demands:
            rate = np.array([instance.rate(d, 0) for d in demands])
            free, printed = costs.of(part, [d.place for d in demands], rate)
            yield [(d.place, part.name) for d in demands], free, printed


def _site_alone(
    instance: Instance,
    index: int,
    site: Site,
    worth: Mapping[tuple[int, str], list[tuple[Floats, Floats]]],
) -> float:
    """Return the least that a site can add to the cost."""
    if site.state == "closed":
        return 0.0
    scale, years = instance.minimise.cost, instance.horizon[0].years
    fixed = site.yearly_cost * years + (0.0 if site.already_open else site.opening_cost)
    least = scale * fixed
    sold = {contract.machine: contract for contract in site.contracts}
    for machine in instance.machines:
        entries = worth.get((index, machine.name))
        if not entries:
            continue
        gain = np.concatenate([entry[0] for entry in entries])
        hours = np.concatenate([entry[1] for entry in entries])
        if machine.name in sold:
            limit = sold[machine.name].hours_per_year
            least += -gain.sum() if limit is None else -_most(gain, hours, limit)
            continue
        price = machine.price * instance.horizon[0].machine_price_factor / machine.life_years
        each = scale * years * (price + machine.yearly_cost)
        capacity = machine.utilisation_limit * machine.hours_per_year
        least += min(
            each * n - _most(gain, hours, capacity * n) for n in range(site.most_machines + 1)
        )
    return least if site.state == "open" else min(0.0, least)


def _most(gain: Floats, hours: Floats, room: float) -> float:
    """Return an upper bound on the gain of what fits: the least over prices of an hour."""
    if room <= 0:
        return float(gain[hours == 0].sum())
    if hours.sum() <= room:
        return float(gain.sum())

    def dual(price: float) -> float:
        return price * room + float(np.maximum(gain - price * hours, 0.0).sum())

    low, high = 0.0, float((gain[hours > 0] / hours[hours > 0]).max())
    for _ in range(60):
        middle = (low + high) / 2
        if hours[gain > middle * hours].sum() > room:
            low = middle
        else:
            high = middle
    return min(dual(low), dual(high))


class _Costs:
    """Least costs of supply, part by part, worked out from the file."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.network = instance.supply_network

    def of(
        self, part: Part, places: list[str], rate: Floats
    ) -> tuple[Floats, dict[tuple[int, str], tuple[Floats, Floats]]]:
        """Return the cost without machines, and cost and hours from each site and machine."""
        instance = self.instance
        asked = np.array([self._asked(place, part) for place in places])
        free = np.full(len(places), np.inf)
        if part.emergency_cost is not None:
            urgent = part.emergency_cost + part.emergency_weeks * self._downtime(part)
            free = np.where(asked > 0, np.inf, rate * urgent)
        origins = [site.place for site in instance.sites]
        origins += [entry.from_ for entry in instance.conventional if entry.from_]
        origins = list(dict.fromkeys(origins))
        printed: dict[tuple[int, str], tuple[Floats, Floats]] = {}
        for by in instance.routes:
            table = self.network.routes(origins, places, by=by, kg_per_part=part.kg)
            row = {name: k for k, name in enumerate(origins)}
            for entry in instance.conventional:
                if entry.part != part.name:
                    continue
                lane = table.cost[row[entry.from_]] if entry.from_ else np.zeros(len(places))
                weeks = table.weeks[row[entry.from_]] if entry.from_ else np.zeros(len(places))
                unit, lead = entry.cost_per_part + lane, entry.lead_time_weeks + weeks
                free = np.minimum(free, self._least(part, rate, unit, lead, asked))
            for option in part.print:
                found = self._print(part, option, rate, asked, table)
                for key, cost, hours in found:
                    before = printed.get(key, (cost, hours))
                    printed[key] = np.minimum(before[0], cost), hours
        scale = instance.minimise.cost * instance.horizon[0].years
        return free * scale, {key: (cost * scale, h) for key, (cost, h) in printed.items()}

    def _print(
        self, part: Part, option: Print, rate: Floats, asked: Floats, table: RouteTable
    ) -> Iterator[tuple[tuple[int, str], Floats, Floats]]:
        """Yield site and machine, cost and hours of printing on a type of machine at every site."""
        instance = self.instance
        kind = next(m for m in instance.machines if m.name == option.machine)
        hours = option.hours / instance.horizon[0].print_speed_factor
        weeks = hours * instance.weeks_per_year / kind.hours_per_year
        wait = kind.queue_allowance_weeks
        if wait is None:
            wait = weeks * kind.utilisation_limit / (1 - kind.utilisation_limit)
        for index, site in enumerate(instance.sites):
            contract = next((c for c in site.contracts if c.machine == kind.name), None)
            if site.state == "closed" or not (contract or site.most_machines):
                continue
            per_hour = kind.cost_per_hour + (contract.cost_per_hour if contract else 0.0)
            unit = option.material_cost + hours * per_hour + site.fee_per_part + table.cost[index]
            cost = self._least(part, rate, unit, weeks + wait + table.weeks[index], asked)
            yield (index, kind.name), cost, rate * hours

    def _downtime(self, part: Part) -> float:
        return part.downtime_cost_per_hour * self.instance.hours_per_week

    def _asked(self, place: str, part: Part) -> float:
        """Return the fill rate that a place must have for a part by itself."""
        return max(
            (
                limit.at_least
                for limit in self.instance.limits.fill_rate
                if not limit.on_average
                and limit.place in (None, place)
                and limit.part in (None, part.name)
            ),
            default=0.0,
        )

    def _least(self, part: Part, rate: Floats, unit: Floats, lead: Floats, asked: Floats) -> Floats:
        """Return the least yearly cost over all stock levels, and over waiting where it may be."""
        cost = np.full(rate.size, np.inf)
        there = np.isfinite(lead)
        unit, lead = np.where(there, unit, 0.0), np.where(there, lead, 0.0)
        if part.emergency_cost is None or part.may_wait:
            waiting = rate * (unit + lead * self._downtime(part))
            cost = np.where(asked > 0, np.inf, waiting)
        if part.emergency_cost is not None:
            urgent = part.emergency_cost + part.emergency_weeks * self._downtime(part)
            holding = part.unit_value * part.holding_cost_per_year_per_value
            load = rate * lead / self.instance.weeks_per_year
            floor = rate * np.minimum(unit, urgent)
            lost, level = np.ones(rate.size), 0
            # A level can only be best while its holding alone leaves room below the best so far.
            while level < MOST_STEPS and (
                level == 0 or (there & (holding * level + floor < cost)).any()
            ):
                level += 1
                lost = load * lost / (level + load * lost)
                at = holding * level + rate * ((1 - lost) * unit + lost * urgent)
                met = 1 - lost >= asked - 1e-12
                cost = np.where(met, np.minimum(cost, at), cost)
            open_ = np.flatnonzero(there & (holding * level + floor < cost) & (asked < 1))
            cost[open_] = np.minimum(
                cost[open_],
                _at_best_level(
                    rate[open_], load[open_], asked[open_],
                    holding_cost=holding, regular_cost=unit[open_], emergency_cost=urgent,
                ),
            )  # fmt: skip
        return np.where(there, cost, np.inf)


def _at_best_level(
    rate: Floats,
    load: Floats,
    asked: Floats,
    *,
    holding_cost: float,
    regular_cost: Floats,
    emergency_cost: float,
) -> Floats:
    """Return the cost of the best of all levels, which is a convex function of the level."""
    best = best_base_stock(
        load, rate=rate, holding_cost=holding_cost, shortage_cost=emergency_cost - regular_cost
    )
    return base_stock_cost(
        np.maximum(best, least_base_stock(load, asked)),
        load,
        rate=rate,
        holding_cost=holding_cost,
        regular_cost=regular_cost,
        emergency_cost=emergency_cost,
    )
