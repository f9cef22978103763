"""A plan: which sites are open, which machines stand where, who supplies whom; and its bill."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.placement.labels import source_name
from amopt.placement.supply.columns import KINDS, Columns
from amopt.placement.supply.fleet import Fleet
from amopt.placement.supply.supply import Supply

__all__ = ["BILL", "Plan", "tables"]

Floats = NDArray[np.float64]

BILL = ("opening", "sites", "machines", "operators", "moving", *KINDS)
"""The kinds of cost on the bill, in the order of its rows."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """A plan for all periods.

    Attributes
    ----------
    supply, fleet
        What could be supplied, and where machines could stand.
    columns, share
        Supply columns in use and the share of its period in which each supplies its pair, (n,).
    open
        Which sites are open, shape (sites, periods).
    count, bought, sold, moved_in, moved_out
        Machines of each stand, shape (stands, periods).
    held
        Machines still held, as :class:`~amopt.placement.supply.fleet.Fleet` lists them; empty where
        fleets do not change.
    """

    supply: Supply
    fleet: Fleet
    columns: Columns
    share: Floats
    open: NDArray[np.bool_]
    count: Floats
    bought: Floats
    sold: Floats
    moved_in: Floats
    moved_out: Floats
    held: Floats

    @cached_property
    def years(self) -> Floats:
        """Years of each period."""
        return np.array([period.years for period in self.supply.instance.horizon])

    @cached_property
    def bill(self) -> dict[str, float]:
        """Cost in money over all periods, by kind."""
        sites, fleet, years = self.supply.instance.sites, self.fleet, self.years
        before = np.array([site.already_open for site in sites], dtype=bool).reshape(-1, 1)
        opened = self.open & ~np.concatenate([before, self.open[:, :-1]], axis=1)
        opening = np.array([site.opening_cost for site in sites])
        yearly = np.array([site.yearly_cost for site in sites])
        if fleet.changes:
            machines = float(fleet.held_cost @ self.held)
        else:
            factor = [period.machine_price_factor for period in self.supply.instance.horizon]
            machines = float(fleet.price_per_year @ self.count @ (years * factor))
        split = self.columns.split @ (self.share * years[self.columns.period])
        return {
            "opening": float(opening @ opened.sum(axis=1)),
            "sites": float(yearly @ self.open @ years),
            "machines": machines,
            "operators": float(fleet.yearly_cost @ self.count @ years),
            "moving": float(fleet.moving_cost @ self.moved_in.sum(axis=1)),
            **{kind: float(cost) for kind, cost in zip(KINDS, split, strict=True)},
        }

    @property
    def cost(self) -> float:
        """Cost in money over all periods."""
        return sum(self.bill.values())

    @cached_property
    def kg_co2(self) -> float:
        """Emissions in kg of CO2 over all periods."""
        return float(self.columns.kg_co2 @ (self.share * self.years[self.columns.period]))

    @property
    def objective(self) -> float:
        """What the instance minimises."""
        weight = self.supply.instance.minimise
        return weight.cost * self.cost + weight.kg_co2 * self.kg_co2

    @property
    def terms(self) -> float:
        """What the objective adds up, in size: what machines are sold for may cancel costs."""
        weight = self.supply.instance.minimise
        paid = sum(abs(amount) for amount in self.bill.values())
        return weight.cost * paid + weight.kg_co2 * self.kg_co2

    @cached_property
    def unit_hours(self) -> Floats:
        """Hours a year set aside at each unit, shape (units, periods)."""
        columns, printed = self.columns, self.columns.site >= 0
        hours = np.zeros((self.fleet.unit_site.size, self.years.size))
        unit = self.fleet.unit[columns.site[printed], columns.machine[printed]]
        used = self.share[printed] * columns.hours[printed]
        np.add.at(hours, (unit, columns.period[printed]), used)
        return hours

    @cached_property
    def unit_available(self) -> Floats:
        """Hours a year that each unit has, planned or not, shape (units, periods)."""
        fleet, periods = self.fleet, self.years.size
        offered = np.repeat(fleet.contract_hours[:, None], periods, axis=1)
        available = np.where(self.open[fleet.unit_site], offered, 0.0)
        own = np.flatnonzero(fleet.stand >= 0)
        stand = fleet.stand[own]
        hours = np.array([machine.hours_per_year for machine in self.supply.instance.machines])
        missed = np.minimum(
            fleet.moving_weeks[stand][:, None] / (self.years * fleet.weeks_per_year), 1.0
        )
        available[own] = hours[fleet.machine[stand]][:, None] * (
            self.count[stand] - missed * self.moved_in[stand]
        )
        return available


def tables(plan: Plan) -> dict[str, list[Row]]:
    """Return the tables of a plan: sites, fleet, supply and, where fleets change, holdings."""
    return {
        "sites": _sites(plan),
        "fleet": _fleet(plan),
        "supply": _supply(plan),
        **({"holdings": _holdings(plan)} if plan.fleet.changes else {}),
    }


def _each(plan: Plan, count: int, row: Callable[[int, int], Row]) -> list[Row]:
    return [row(index, t) for index in range(count) for t in range(plan.years.size)]


def _utilisation(hours: float, available: float) -> float:
    return 0.0 if hours == 0 or np.isinf(available) else hours / available


def _sites(plan: Plan) -> list[Row]:
    instance, fleet = plan.supply.instance, plan.fleet
    shape = (len(instance.sites), plan.years.size)
    machines, hours, available = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    np.add.at(machines, fleet.site, plan.count)
    np.add.at(hours, fleet.unit_site, plan.unit_hours)
    np.add.at(available, fleet.unit_site, plan.unit_available)

    def row(i: int, t: int) -> Row:
        return {
            "place": instance.sites[i].place,
            "period": instance.horizon[t].name,
            "open": bool(plan.open[i, t]),
            "machines": int(machines[i, t]),
            "hours": float(hours[i, t]),
            "utilisation": _utilisation(float(hours[i, t]), float(available[i, t])),
        }

    return _each(plan, len(instance.sites), row)


def _fleet(plan: Plan) -> list[Row]:
    instance, fleet = plan.supply.instance, plan.fleet
    available, hours = plan.unit_available, plan.unit_hours

    def row(u: int, t: int) -> Row:
        stand = int(fleet.stand[u])
        sold_hours = stand < 0

        def number(values: Floats) -> int:
            return 0 if sold_hours else int(values[stand, t])

        count = number(plan.count)
        return {
            "place": instance.sites[fleet.unit_site[u]].place,
            "period": instance.horizon[t].name,
            "machine": instance.machines[fleet.unit_machine[u]].name,
            "ownership": "contract" if sold_hours else "machines",
            "count": count,
            "bought": number(plan.bought) if fleet.changes else count,
            "sold": number(plan.sold),
            "moved_in": number(plan.moved_in),
            "moved_out": number(plan.moved_out),
            "hours": float(hours[u, t]),
            "utilisation": _utilisation(float(hours[u, t]), float(available[u, t])),
        }

    rows = _each(plan, fleet.unit_site.size, row)
    changes = ("count", "bought", "sold", "moved_in", "moved_out", "hours")
    return [row for row in rows if any(row[key] for key in changes)]


def _supply(plan: Plan) -> list[Row]:
    instance, columns = plan.supply.instance, plan.columns
    rows = []
    for k in range(len(columns)):
        place, part = plan.supply.pairs[columns.pair[k]]
        printed = columns.site[k] >= 0
        rows.append(
            {
                "place": place,
                "part": part,
                "period": instance.horizon[columns.period[k]].name,
                "source": source_name(instance, columns, k),
                "machine": instance.machines[columns.machine[k]].name if printed else "",
                "share": float(plan.share[k]),
                "stock_level": int(columns.level[k]),
                "lead_time_weeks": float(columns.weeks[k]),
                "fill_rate": float(columns.fill[k]),
                "route": instance.routes[columns.route[k]],
                "hours": float(plan.share[k] * columns.hours[k]),
                "kg_co2": float(plan.share[k] * columns.kg_co2[k]),
                "yearly_cost": float(plan.share[k] * columns.cost[k]),
            }
        )
    return rows


def _holdings(plan: Plan) -> list[Row]:
    return [
        {
            "machine": machine,
            "place": place,
            "bought": bought,
            "period": period,
            "machines": int(held),
        }
        for (machine, place, bought, period), held in zip(
            plan.fleet.held_keys, plan.held, strict=True
        )
        if held
    ]
