r"""The operational question: which unit prints which dated order.

Sites and machines are fixed. Time runs in weeks, up to the last one in which anything could still
be worth printing. Order :math:`o` may be printed by unit :math:`u` (a site and a type of machine),
to be ready at the end of week :math:`w`, or come from a conventional supplier. Variables:
:math:`x_{ouw}`, whether it is; :math:`g_{ouv}`, hours of printing it in week :math:`v`.

After Rauch and Seidenstricker et al. (2018), on collaborative cloud manufacturing: an order goes to
a unit near by with free capacity that meets the agreed date; here, at least cost for all orders.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import InfeasibleError, NoAnswerError, RefusedError
from amopt.network import SupplyNetwork
from amopt.placement.check_orders import check_orders
from amopt.placement.solution import PlacementSolution
from amopt.program import highs
from amopt.program.builder import Builder, Term, Variables
from amopt.program.diagnose import diagnose, least_change
from amopt.program.outcome import Status
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.placement.instance import Instance, Order
    from amopt.placement.plan import Plan
    from amopt.program.linear import LinearProgram

__all__ = ["assign"]

Floats = NDArray[np.float64]
Unit = tuple[str, str]
"""A site and a type of machine."""


@dataclass(frozen=True)
class Choice:
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
    """

    order: int
    unit: Unit | None
    supplier: str
    week: int
    arrival: float
    hours: float
    cost: float
    penalty: float


def assign(
    instance: Instance,
    *,
    plan: Plan | None = None,
    options: highs.Options | None = None,
    progress: Callable[[highs.Progress], None] | None = None,
) -> PlacementSolution:
    """Assign an instance's orders to units with free capacity, at least cost.

    Parameters
    ----------
    instance
        An instance with orders.
    plan
        The plan whose first period says which machines stand where; without one they are the
        machines that sites own and the hours that they sell.
    options
        Limits of the solver.
    progress
        Called now and then.

    Raises
    ------
    InfeasibleError
        When some orders cannot all be on time and may not be late.
    NoAnswerError
        When the limits were reached before any assignment was found.
    RefusedError
        When the referee does not accept the answer.
    """
    options = options or highs.Options()
    started = time.perf_counter()
    capacity = units(instance, plan)
    choices = _choices(instance, capacity)
    program, printed, hours = _program(instance, capacity, choices)
    built = time.perf_counter()
    answer = highs.solve(program, options, progress=progress)
    if answer.values is None:
        raise _no_assignment(instance, program, answer)
    rows = _tables(instance, choices, answer.values, printed, hours)
    solution = PlacementSolution(
        kind="placement",
        name=instance.name,
        outcome=replace(
            answer.outcome,
            seconds={"build": built - started, "solve": time.perf_counter() - built},
        ),
        verdict=Verdict(),
        rows=rows,
        currency=instance.currency,
    )
    verdict = check_orders(instance, solution, capacity)
    if not verdict.accepted:
        raise RefusedError(verdict, outcome=answer.outcome)
    return replace(solution, verdict=verdict)


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


def _horizon(instance: Instance, capacity: dict[Unit, float]) -> int:
    """Return the number of weeks after which nothing needs to be printed.

    One unit alone, after all that is taken and released, could then have printed every order.
    """
    latest = max((order.release_week for order in instance.orders), default=0.0)
    taken = max((entry.week + 1 for entry in instance.commitments), default=0)
    parts = {part.name: part for part in instance.parts}
    weeks = 0.0
    for order in instance.orders:
        each = [
            order.quantity * option.hours / hours
            for option in parts[order.part].print
            for (_, machine), hours in capacity.items()
            if machine == option.machine and hours > 0
        ]
        weeks += max(each, default=0.0)
    return math.ceil(max(latest, taken)) + math.ceil(weeks) + 1


def _choices(instance: Instance, capacity: dict[Unit, float]) -> list[Choice]:
    network = SupplyNetwork.from_instance(instance.network)
    weeks = _horizon(instance, capacity)
    parts = {part.name: part for part in instance.parts}
    sites = {site.place: site for site in instance.sites}
    machines = {machine.name: machine for machine in instance.machines}
    choices = []
    for o, order in enumerate(instance.orders):
        part = parts[order.part]
        ways = [
            (unit, option)
            for option in part.print
            for unit, hours in capacity.items()
            if unit[1] == option.machine and hours > 0
        ]
        entries = [entry for entry in instance.conventional if entry.part == part.name]
        origins = {unit[0] for unit, _ in ways} | {e.from_ for e in entries if e.from_}
        lanes = {
            by: network.routes(sorted(origins), [order.place], by=by, kg_per_part=part.kg)
            for by in instance.routes
        }
        for by in instance.routes:
            spot = {name: k for k, name in enumerate(lanes[by].sources)}
            for unit, option in ways:
                lane = spot[unit[0]]
                if not lanes[by].reached[lane, 0]:
                    continue
                site, kind = sites[unit[0]], machines[unit[1]]
                per_hour = kind.cost_per_hour + sum(
                    c.cost_per_hour for c in site.contracts if c.machine == kind.name
                )
                unit_cost = (
                    option.material_cost
                    + option.hours * per_hour
                    + site.fee_per_part
                    + float(lanes[by].cost[lane, 0])
                )
                for week in range(math.floor(order.release_week), weeks):
                    choices.append(
                        _choice(
                            order, o, unit, unit[0], week,
                            week + 1 + float(lanes[by].weeks[lane, 0]),
                            order.quantity * option.hours,
                            order.quantity * unit_cost,
                        )
                    )  # fmt: skip
            for entry in entries:
                cost = weeks_on_lane = 0.0
                if entry.from_:
                    lane = spot[entry.from_]
                    if not lanes[by].reached[lane, 0]:
                        continue
                    cost = float(lanes[by].cost[lane, 0])
                    weeks_on_lane = float(lanes[by].weeks[lane, 0])
                choices.append(
                    _choice(
                        order, o, None, entry.supplier, -1,
                        order.release_week + entry.lead_time_weeks + weeks_on_lane,
                        0.0,
                        order.quantity * (entry.cost_per_part + cost),
                    )
                )  # fmt: skip
    return [choice for choice in choices if math.isfinite(choice.penalty)]


def _choice(
    order: Order, o: int, unit: Unit | None, supplier: str, week: int, arrival: float,
    hours: float, cost: float,
) -> Choice:  # fmt: skip
    late = max(0.0, arrival - order.due_week)
    rate = math.inf if order.late_cost_per_week is None else order.late_cost_per_week
    penalty = 0.0 if late <= 1e-9 else rate * late
    return Choice(o, unit, supplier, week, arrival, hours, cost, penalty)
