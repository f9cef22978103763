"""The referee of dated orders: recomputes hours, dates, costs and penalties from the file."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Instance, Order
    from amopt.solution import Solution

__all__ = ["check_orders"]

TOLERANCE = 1e-6


def check_orders(instance: Instance, solution: Solution) -> Verdict:
    """Return the referee's verdict on an assignment.

    Parameters
    ----------
    instance
        The instance with its orders.
    solution
        The answer; its tables ``orders`` and ``work`` are read, and ``fleet`` where it is there.
    """
    if not {"orders", "work"} <= solution.rows.keys():
        return Verdict(("the tables of orders and of work on them are not both there",), 1)
    referee = _Orders(instance, _capacity(instance, solution))
    rows = {row["order"]: row for row in solution.rows["orders"]}
    referee.require(
        set(rows) == {order.order for order in instance.orders}
        and len(rows) == len(solution.rows["orders"]),
        "not every order is filled once",
    )
    for order in instance.orders:
        if order.order in rows:
            referee.order(order, rows[order.order], solution.rows["work"])
    referee.hours(solution.rows["work"])
    total = sum(row["cost"] + row["penalty"] for row in rows.values())
    if solution.outcome.objective is not None and "sites" not in solution.rows:
        referee.same("the objective", solution.outcome.objective, total)
    return Verdict(tuple(referee.findings), referee.checks, {"order_cost": total})


def _capacity(instance: Instance, solution: Solution) -> dict[tuple[str, str], float]:
    """Return the hours a week of each unit, in the plan's first period or in the file."""
    kinds = {machine.name: machine for machine in instance.machines}
    sites = [site for site in instance.sites if site.state != "closed"]
    counts = {(s.place, o.machine): o.count for s in sites for o in s.owned}
    opened = {site.place for site in sites}
    if "fleet" in solution.rows:
        first = instance.horizon[0].name
        counts = {
            (row["place"], row["machine"]): row["count"]
            for row in solution.rows["fleet"]
            if row["period"] == first
        }
        opened = {
            row["place"] for row in solution.rows["sites"] if row["open"] and row["period"] == first
        }
    weekly = {
        (place, name): count * kinds[name].utilisation_limit * kinds[name].hours_per_year
        / instance.weeks_per_year
        for (place, name), count in counts.items()
    }  # fmt: skip
    for site in sites:
        for contract in site.contracts if site.place in opened else ():
            hours = math.inf if contract.hours_per_year is None else contract.hours_per_year
            weekly[site.place, contract.machine] = hours / instance.weeks_per_year
    return weekly


class _Orders:
    def __init__(self, instance: Instance, capacity: Mapping[tuple[str, str], float]) -> None:
        self.instance, self.capacity = instance, capacity
        self.network = instance.supply_network
        self.findings: list[str] = []
        self.checks = 0

    def require(self, held: bool, otherwise: str) -> None:
        """Note what does not hold."""
        self.checks += 1
        if not held:
            self.findings.append(otherwise)

    def same(self, what: str, given: float, expected: float) -> None:
        """Note a number that differs from what it should be."""
        close = abs(given - expected) <= TOLERANCE * max(abs(given), abs(expected), 1.0)
        self.require(close, f"{what} is given as {given:.8g} and comes to {expected:.8g}")

    def order(self, order: Order, row: Mapping[str, Any], work: Any) -> None:
        """Recompute one order's dates and costs."""
        what = f"order {order.order!r}"
        asked = (order.part, order.place, order.quantity, order.due_week)
        told = tuple(row[key] for key in ("part", "place", "quantity", "due_week"))
        self.require(told == asked, f"{what} is not told as the file has it")
        if row["machine"] and (row["source"], row["machine"]) not in self.capacity:
            self.findings.append(f"{what}: there is no {row['machine']!r} at {row['source']!r}")
            return
        part = next(p for p in self.instance.parts if p.name == order.part)
        ways = self._ways(order, row, part)
        mine = [entry for entry in work if entry["order"] == order.order]
        same_unit = all(
            (entry["source"], entry["machine"]) == (row["source"], row["machine"]) for entry in mine
        )
        self.require(same_unit, f"{what} is printed elsewhere than it is assigned to")
        if row["machine"]:
            option = next((o for o in part.print if o.machine == row["machine"]), None)
            if option is None:
                self.findings.append(f"{what}: {row['machine']!r} cannot print {part.name!r}")
                return
            hours = sum(entry["hours"] for entry in mine)
            self.same(f"{what}: the hours of printing", hours, order.quantity * option.hours)
            weeks = [entry["week"] for entry in mine]
            whole = all(
                entry["hours"] >= 0 and week == int(week)
                for week, entry in zip(weeks, mine, strict=True)
            )
            self.require(whole, f"{what} is printed for less than no time, or in parts of weeks")
            first = min(weeks, default=math.floor(order.release_week))
            self.same(f"{what}: the week in which printing starts", row["start_week"] or 0, first)
            self.require(
                all(week >= math.floor(order.release_week) for week in weeks),
                f"{what} is printed before it is released",
            )
            self.require(
                row["ready_week"] >= max(weeks, default=math.floor(order.release_week)) + 1,
                f"{what} is printed after it is ready",
            )
        self.require(
            any(
                abs(row["arrival_week"] - arrival) <= 1e-6 and abs(row["cost"] - cost) <= 1e-6
                * max(abs(cost), 1.0)
                for arrival, cost in ways
            ),
            f"{what}: there is no way that arrives in week {row['arrival_week']:g} at a cost of "
            f"{row['cost']:g}",
        )  # fmt: skip
        late = max(0.0, row["arrival_week"] - order.due_week)
        self.same(f"{what}: the weeks late", row["weeks_late"], late)
        allowed = order.late_cost_per_week
        if late > 1e-6:
            self.require(allowed is not None, f"{what} may not be late")
        self.same(f"{what}: the penalty", row["penalty"], late * (allowed or 0.0))

    def _ways(self, order: Order, row: Mapping[str, Any], part: Any) -> list[tuple[float, float]]:
        """Return when the order could arrive from its source, and at what cost, by each route."""
        found = []
        for by in self.instance.routes:
            if row["machine"]:
                site = next(s for s in self.instance.sites if s.place == row["source"])
                kind = next(m for m in self.instance.machines if m.name == row["machine"])
                option = next((o for o in part.print if o.machine == kind.name), None)
                if option is None:
                    continue
                fees = sum(c.cost_per_hour for c in site.contracts if c.machine == kind.name)
                unit = option.material_cost + option.hours * (kind.cost_per_hour + fees)
                unit += site.fee_per_part
                found.append(
                    self._arrival(
                        order, by, part, origin=site.place, leaves=row["ready_week"], unit=unit
                    )
                )
                continue
            for entry in self.instance.conventional:
                if (entry.part, entry.supplier) == (part.name, row["source"]):
                    leaves = order.release_week + entry.lead_time_weeks
                    unit = entry.cost_per_part
                    found.append(
                        self._arrival(order, by, part, origin=entry.from_, leaves=leaves, unit=unit)
                    )
        return found

    def _arrival(
        self, order: Order, by: Any, part: Any, *, origin: str | None, leaves: float, unit: float
    ) -> tuple[float, float]:
        if origin is None:
            return leaves, order.quantity * unit
        table = self.network.routes([origin], [order.place], by=by, kg_per_part=part.kg)
        return (
            leaves + float(table.weeks[0, 0]),
            order.quantity * (unit + float(table.cost[0, 0])),
        )

    def hours(self, work: Any) -> None:
        """Check that no unit prints longer than its free hours in any week."""
        used: dict[tuple[str, str, int], float] = defaultdict(float)
        names = {order.order for order in self.instance.orders}
        for entry in work:
            self.require(entry["order"] in names, f"there is no order {entry['order']!r}")
            used[entry["source"], entry["machine"], entry["week"]] += entry["hours"]
        for entry in self.instance.commitments:
            if used.get((entry.place, entry.machine, entry.week)):
                used[entry.place, entry.machine, entry.week] += entry.hours
        for (place, machine, week), hours in used.items():
            limit = self.capacity.get((place, machine), 0.0)
            self.require(
                hours <= limit + 1e-6 * max(limit, 1.0),
                f"{machine!r} at {place!r} works {hours:g} hours in week {week}, and has {limit:g}",
            )
