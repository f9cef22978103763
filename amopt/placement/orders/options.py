"""The units that can print dated orders, and everything that could be done with each order."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from amopt.errors import NoAnswerError
from amopt.program.time import Budget

if TYPE_CHECKING:
    from amopt.network.routes import RouteCriterion
    from amopt.placement.instance.fields import Instance, Order
    from amopt.placement.plan import Plan

__all__ = ["AssignmentOption", "AssignmentOptions", "Unit", "units", "weeks_late"]

Unit = tuple[str, str]
"""A site and a type of machine."""

MOST_WEEKS = 200_000
"""The largest program that is built: weeks in which an order may be printed by a unit, in all."""

ENDLESS = 1e12
"""Weeks that are no longer counted."""

IN_TIME = "the orders' options were listed"


@dataclass(frozen=True)
class AssignmentOption:
    """One way to fill an order.

    Attributes
    ----------
    order
        Index of the order.
    unit
        Unit that prints it; None for a conventional supplier.
    supplier
        What the source is called.
    week
        Last week of printing; -1 for a conventional supplier.
    arrival
        When it arrives, in weeks.
    hours
        Hours of printing.
    cost, penalty
        Printing or price with transport, and penalty for being late, in money.
    route
        What the route is chosen by.
    """

    order: int
    unit: Unit | None
    supplier: str
    week: int
    arrival: float
    hours: float
    cost: float
    penalty: float
    route: RouteCriterion


def units(instance: Instance, plan: Plan | None) -> dict[Unit, float]:
    """Return the hours a week of each unit."""
    weekly: dict[Unit, float] = {}
    if plan is not None:
        fleet = plan.fleet
        for u, stand in enumerate(fleet.stand):
            site = instance.sites[fleet.unit_site[u]]
            machine = instance.machines[fleet.unit_machine[u]].name
            if stand >= 0:
                yearly = float(fleet.capacity[stand] * plan.count[stand, 0])
            else:
                yearly = float(fleet.contract_hours[u]) if plan.open[fleet.unit_site[u], 0] else 0.0
            weekly[site.place, machine] = yearly / instance.weeks_per_year
        return weekly
    machines = {machine.name: machine for machine in instance.machines}
    for site in instance.sites:
        if site.state == "closed":
            continue
        for owned in site.owned:
            kind = machines[owned.machine]
            yearly = owned.count * kind.utilisation_limit * kind.hours_per_year
            weekly[site.place, kind.name] = yearly / instance.weeks_per_year
        for contract in site.contracts:
            yearly = math.inf if contract.hours_per_year is None else contract.hours_per_year
            weekly[site.place, contract.machine] = yearly / instance.weeks_per_year
    return weekly


def _horizons(instance: Instance, weekly_hours: dict[Unit, float]) -> dict[Unit, int]:
    """Return for each unit the number of weeks after which it needs to print nothing.

    From the last release on it could have printed every order that it can print in the hours that
    are free until then: what is printed later moves forward, week by week, and no order arrives the
    later for it.
    """
    latest = max(map(first_week, instance.orders), default=0)
    taken: dict[Unit, list[tuple[int, float]]] = {}
    for entry in sorted(instance.commitments, key=lambda entry: entry.week):
        if entry.week >= latest:
            taken.setdefault((entry.place, entry.machine), []).append((entry.week, entry.hours))
    hours = {
        (part.name, option.machine): option.hours
        for part in instance.parts
        for option in part.print
    }
    found: dict[Unit, int] = {}
    for unit, weekly in weekly_hours.items():
        left = sum(
            order.quantity * hours.get((order.part, unit[1]), 0.0) for order in instance.orders
        )
        week = latest
        for busy, committed in taken.get(unit, ()) if weekly > 0 else ():
            if left <= (busy - week) * weekly:
                break
            left -= (busy - week) * weekly + max(weekly - committed, 0.0)
            week = busy + 1
        more = math.ceil(min(max(left, 0.0) / weekly, ENDLESS)) if weekly > 0 else 0
        found[unit] = week + more + 1
    return found


class AssignmentOptions:
    """Everything that could be done with each order.

    Parameters
    ----------
    instance
        The instance.
    weekly_hours
        Hours a week of each unit.
    late
        Whether options are there by which an order is late that may not be.
    budget
        The time that may be spent; left out, all that it takes.

    Raises
    ------
    NoAnswerError
        When there would be more than :data:`MOST_WEEKS`, or the time is over.

    Attributes
    ----------
    options
        The options of all orders.
    of_unit
        The options, by their positions, of each order and unit.
    hours
        Hours that an order takes on a unit.
    ready_in
        The options by which an order is ready at a unit at the end of a week.
    printing, slot
        (order, unit, week) in which something of an order might be printed, and their positions.
    number
        The position of each order, by name.
    free
        Hours that a unit has free in a week.
    """

    def __init__(
        self,
        instance: Instance,
        weekly_hours: dict[Unit, float],
        *,
        late: bool = False,
        budget: Budget | None = None,
    ) -> None:
        self.instance, self.weekly_hours, self.late = instance, weekly_hours, late
        self.budget = budget or Budget()
        self.network = instance.supply_network
        self.weeks = _horizons(instance, weekly_hours)
        self.parts = {part.name: part for part in instance.parts}
        self.sites = {site.place: site for site in instance.sites}
        self.machines = {machine.name: machine for machine in instance.machines}
        self.names = [order.order for order in instance.orders]
        self.number = {name: o for o, name in enumerate(self.names)}
        self._require_few()
        self.options = list(self._options())
        self.of_unit: dict[tuple[int, Unit], list[int]] = {}
        self.ready_in: dict[tuple[int, Unit, int], list[int]] = {}
        self.hours: dict[tuple[int, Unit], float] = {}
        for k, option in enumerate(self.options):
            if option.unit is not None:
                pair = option.order, option.unit
                self.of_unit.setdefault(pair, []).append(k)
                self.ready_in.setdefault((*pair, option.week), []).append(k)
                self.hours[pair] = option.hours
        self.budget.require(IN_TIME)
        self.printing = [
            (o, unit, week)
            for (o, unit), chosen in self.of_unit.items()
            for week in range(
                first_week(instance.orders[o]),
                max(self.options[k].week for k in chosen) + 1,
            )
        ]
        self.slot = {key: number for number, key in enumerate(self.printing)}
        taken = {(e.place, e.machine, e.week): e.hours for e in instance.commitments}
        self.free = {
            (unit, week): max(weekly_hours[unit] - taken.get((*unit, week), 0.0), 0.0)
            for unit, week in sorted({(unit, week) for _, unit, week in self.printing})
        }

    def label(self, option: AssignmentOption) -> tuple[str, str, str, int, str]:
        """Return the key of an option: (order, source, machine, week, route)."""
        machine = option.unit[1] if option.unit else ""
        return (self.names[option.order], option.supplier, machine, option.week, option.route)

    def _options(self) -> Iterator[AssignmentOption]:
        for o, order in enumerate(self.instance.orders):
            self.budget.require(IN_TIME)
            for by in self.instance.routes:
                for option in (*self._printed(o, order, by), *self._bought(o, order, by)):
                    if math.isfinite(option.penalty):
                        yield option
                    elif self.late:
                        yield replace(option, penalty=0.0)

    def _weeks(self, order: Order, unit: Unit, lane: float) -> range:
        """Return the weeks in which an order may be ready at a unit, so far on its way."""
        first, end = first_week(order), self.weeks[unit]
        if order.late_cost_per_week is None and not self.late:
            end = min(end, max(math.floor(order.due_week - lane) + 1, first))
        return range(first, end)

    def _require_few(self) -> None:
        """Refuse, in words and before it is listed, what would have too many weeks."""
        every, most = 0, (0, "", 0.0, "")
        for order in self.instance.orders:
            for option in self.parts[order.part].print:
                for unit, weekly in self.weekly_hours.items():
                    if unit[1] == option.machine and weekly > 0:
                        weeks = len(self._weeks(order, unit, 0.0))
                        every += weeks
                        most = max(most, (weeks, f"{unit[1]} at {unit[0]}", weekly, order.order))
        if every > MOST_WEEKS:
            weeks, unit_name, weekly, name = most
            raise NoAnswerError(
                f"the program of the orders would have {every:,} weeks of orders on machines, the "
                f"most is {MOST_WEEKS:,}: order {name!r} could be printed in any of {weeks:,} "
                f"weeks by {unit_name}, which has {weekly:.3g} hours a week for all orders. Are "
                "weeks_per_year, the hours of the machines and the quantities right? A due_week "
                "without a late_cost_per_week leaves later weeks out."
            )

    def _lane(self, origin: str, order: Order, by: RouteCriterion) -> tuple[float, float]:
        """Return cost and weeks of the way to an order's place; infinite where there is none."""
        kg = self.parts[order.part].kg
        table = self.network.routes([origin], [order.place], by=by, kg_per_part=kg)
        return float(table.cost[0, 0]), float(table.weeks[0, 0])

    def _printed(self, o: int, order: Order, by: RouteCriterion) -> Iterator[AssignmentOption]:
        part = self.parts[order.part]
        for option in part.print:
            kind = self.machines[option.machine]
            for unit, weekly in self.weekly_hours.items():
                if unit[1] != option.machine or weekly <= 0:
                    continue
                lane, weeks = self._lane(unit[0], order, by)
                if not math.isfinite(weeks):
                    continue
                site = self.sites[unit[0]]
                per_hour = kind.cost_per_hour + sum(
                    c.cost_per_hour for c in site.contracts if c.machine == kind.name
                )
                cost = option.material_cost + option.hours * per_hour + site.fee_per_part + lane
                for week in self._weeks(order, unit, weeks):
                    yield AssignmentOption(
                        order=o,
                        unit=unit,
                        supplier=unit[0],
                        week=week,
                        arrival=week + 1 + weeks,
                        hours=order.quantity * option.hours,
                        cost=order.quantity * cost,
                        penalty=_penalty(order, week + 1 + weeks),
                        route=by,
                    )

    def _bought(self, o: int, order: Order, by: RouteCriterion) -> Iterator[AssignmentOption]:
        for entry in self.instance.conventional:
            if entry.part != order.part:
                continue
            lane, weeks = (0.0, 0.0) if not entry.from_ else self._lane(entry.from_, order, by)
            arrival = order.release_week + entry.lead_time_weeks + weeks
            if math.isfinite(arrival):
                yield AssignmentOption(
                    order=o,
                    unit=None,
                    supplier=entry.supplier,
                    week=-1,
                    arrival=arrival,
                    hours=0.0,
                    cost=order.quantity * (entry.cost_per_part + lane),
                    penalty=_penalty(order, arrival),
                    route=by,
                )


def first_week(order: Order) -> int:
    """Return the first week in which an order may be printed: one that begins after its release."""
    return math.ceil(order.release_week)


def weeks_late(order: Order, arrival: float) -> float:
    """Return by how many weeks an order is late that arrives then; rounding counts for nothing."""
    late = arrival - order.due_week
    return late if late > 1e-9 else 0.0


def _penalty(order: Order, arrival: float) -> float:
    late = weeks_late(order, arrival)
    if not late:
        return 0.0
    return math.inf if order.late_cost_per_week is None else order.late_cost_per_week * late
