"""The referee of dated orders: recomputes hours, dates, costs and penalties from the file."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from amopt.referee import Amount, Notebook, is_number
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Instance, Order, Part
    from amopt.solution import Solution

__all__ = ["check_assignment", "check_orders"]

Row = Mapping[str, Any]

COLUMNS = {
    "order", "part", "quantity", "place", "source", "machine", "start_week", "ready_week",
    "arrival_week", "due_week", "weeks_late", "cost", "penalty",
}  # fmt: skip

WORK = {"order", "source", "machine", "week", "hours"}


def check_orders(instance: Instance, solution: Solution) -> Verdict:
    """Return the referee's verdict on an assignment alone.

    Parameters
    ----------
    instance
        The instance with its orders.
    solution
        The answer; its tables ``orders`` and ``work`` are read, and its outcome.
    """
    notebook = Notebook()
    rows = {name: list(table) for name, table in solution.rows.items()}
    notebook.tables(rows, {"orders", "work"})
    if not notebook.findings:
        notebook.outcome(solution.outcome, check_assignment(instance, rows, notebook))
    return notebook.verdict()


def check_assignment(
    instance: Instance, rows: Mapping[str, Sequence[Row]], notebook: Notebook
) -> Amount:
    """Judge the tables of orders and of the work on them; return what the orders cost.

    Parameters
    ----------
    instance
        The instance with its orders.
    rows
        The tables ``orders`` and ``work``; and ``sites`` and ``fleet``, where a plan says which
        machines there are.
    notebook
        Where findings are noted.
    """
    for name, columns in (("orders", COLUMNS), ("work", WORK)):
        known = all(row.keys() == columns for row in rows[name])
        notebook.require(known, f"{name}: columns are missing or unknown")
    if notebook.findings:
        return Amount(0.0)
    told = [row["order"] for row in rows["orders"]]
    due = [order.order for order in instance.orders]
    if not notebook.require(told == due, "orders: not every order of the file once, in its order"):
        return Amount(0.0)
    referee = _Orders(instance, _capacity(instance, rows), notebook)
    referee.check_work(rows["work"])
    total = 0.0
    for order, row in zip(instance.orders, rows["orders"], strict=True):
        if notebook.findings:
            break
        work = [entry for entry in rows["work"] if entry["order"] == order.order]
        if referee.check_order(order, row, work):
            total += row["cost"] + row["penalty"]
    notebook.measures["order_cost"] = total
    return Amount(total)


def _capacity(
    instance: Instance, rows: Mapping[str, Sequence[Row]]
) -> dict[tuple[str, str], float]:
    """Return the hours a week of each unit, in the plan's first period or in the file."""
    kinds = {machine.name: machine for machine in instance.machines}
    sites = [site for site in instance.sites if site.state != "closed"]
    counts = {(s.place, o.machine): o.count for s in sites for o in s.owned}
    opened = {site.place for site in sites}
    if "fleet" in rows:
        first = instance.horizon[0].name
        counts = {
            (row["place"], row["machine"]): row["count"]
            for row in rows["fleet"]
            if row["period"] == first
        }
        opened = {row["place"] for row in rows["sites"] if row["open"] and row["period"] == first}
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
    """Judges orders one by one, and the work on all of them together."""

    def __init__(
        self, instance: Instance, capacity: Mapping[tuple[str, str], float], notebook: Notebook
    ) -> None:
        self.instance, self.capacity, self.notebook = instance, capacity, notebook
        self.network = instance.supply_network

    def check_work(self, work: Sequence[Row]) -> None:
        """Check that no unit prints longer than its free hours in any week."""
        used: dict[tuple[str, str, int], float] = defaultdict(float)
        names = {order.order for order in self.instance.orders}
        once = {(row["order"], row["source"], row["machine"], row["week"]) for row in work}
        self.notebook.require(len(once) == len(work), "work: the same row twice")
        for row in work:
            known = row["order"] in names
            self.notebook.require(known, f"work: there is no order {row['order']!r}")
            whole = type(row["week"]) is int
            self.notebook.require(whole, f"work: {row['week']!r} is no week")
            hours = row["hours"]
            some = is_number(hours) and hours > 0
            self.notebook.require(some, f"work: {hours!r} hours is less than no time")
            if whole and some:
                used[row["source"], row["machine"], row["week"]] += hours
        for entry in self.instance.commitments:
            if used.get((entry.place, entry.machine, entry.week)):
                used[entry.place, entry.machine, entry.week] += entry.hours
        for (place, machine, week), hours in used.items():
            limit = self.capacity.get((place, machine), 0.0)
            self.notebook.within(f"the hours of {machine!r} at {place!r} in {week}", hours, limit)

    def check_order(self, order: Order, row: Row, work: Sequence[Row]) -> bool:
        """Recompute one order's dates and costs; return whether they could be read."""
        note, what = self.notebook, f"order {order.order!r}"
        part = next(p for p in self.instance.parts if p.name == order.part)
        numbers = [row[key] for key in ("arrival_week", "weeks_late", "cost", "penalty")]
        if not note.require(all(map(is_number, numbers)), f"{what}: {numbers} are no numbers"):
            return False
        if row["machine"]:
            self._check_printing(order, row, part, work)
        else:
            note.require(not work, f"{what} is bought, and printed")
            none = row["start_week"] is None and row["ready_week"] is None
            note.require(none, f"{what} is bought, and has weeks of printing")
        arrivals = [] if note.findings else list(self._arrivals(order, row, part))
        possible = any(
            self._near(row["arrival_week"], arrival) and self._near(row["cost"], cost)
            for arrival, cost in arrivals
        )
        note.require(
            possible,
            f"{what}: nothing arrives in week {row['arrival_week']:g} at {row['cost']:g}",
        )
        late = max(0.0, row["arrival_week"] - order.due_week)
        allowed = order.late_cost_per_week
        scale = note.tolerance * max(row["arrival_week"], order.due_week)
        if late > scale:
            note.require(allowed is not None, f"{what} may not be late")
        size = max(row["arrival_week"], order.due_week) if late else 0.0
        expected = {
            **{key: row[key] for key in ("source", "machine", "start_week", "ready_week")},
            "order": order.order,
            "part": order.part,
            "quantity": order.quantity,
            "place": order.place,
            "due_week": order.due_week,
            "arrival_week": Amount(row["arrival_week"]),
            "weeks_late": Amount(late, size),
            "cost": Amount(row["cost"]),
            "penalty": Amount(late * (allowed or 0.0), size * (allowed or 0.0)),
        }
        note.compare(what, row, expected)
        return True

    def _near(self, stated: float, right: float) -> bool:
        return abs(stated - right) <= self.notebook.tolerance * abs(right)

    def _check_printing(self, order: Order, row: Row, part: Part, work: Sequence[Row]) -> None:
        """Check where and when an order is printed, and that it is printed whole."""
        note, what = self.notebook, f"order {order.order!r}"
        unit = row["source"], row["machine"]
        option = next((o for o in part.print if o.machine == row["machine"]), None)
        note.require(unit in self.capacity, f"{what}: there is no {unit[1]!r} at {unit[0]!r}")
        note.require(option is not None, f"{what}: {unit[1]!r} cannot print {part.name!r}")
        elsewhere = any((w["source"], w["machine"]) != unit for w in work)
        note.require(not elsewhere, f"{what} is printed elsewhere than it is assigned to")
        if note.findings or option is None:
            return
        hours = float(sum(w["hours"] for w in work))
        note.same(f"{what}: hours of printing", hours, float(order.quantity * option.hours))
        weeks = [w["week"] for w in work]
        # A week's hours are taken as a whole: released within a week, from the next one on.
        release = math.ceil(order.release_week)
        note.same(f"{what}: start_week", row["start_week"], min(weeks, default=None))
        early = min(weeks, default=release) < release
        note.require(not early, f"{what} is printed before it is released")
        ready = row["ready_week"]
        last = max(weeks, default=release)
        done = type(ready) is int and ready > last
        note.require(done, f"{what} is printed after it is ready")

    def _arrivals(self, order: Order, row: Row, part: Part) -> Iterator[tuple[float, float]]:
        """Yield when the order could arrive from its source, and at what cost, by each route."""
        for by in self.instance.routes:
            if row["machine"]:
                site = next(s for s in self.instance.sites if s.place == row["source"])
                kind = next(m for m in self.instance.machines if m.name == row["machine"])
                option = next(o for o in part.print if o.machine == kind.name)
                fees = sum(c.cost_per_hour for c in site.contracts if c.machine == kind.name)
                unit = option.material_cost + option.hours * (kind.cost_per_hour + fees)
                unit += site.fee_per_part
                leaves = float(row["ready_week"])
                yield self._arrival(order, by, part, origin=site.place, leaves=leaves, unit=unit)
                continue
            for entry in self.instance.conventional:
                if (entry.part, entry.supplier) == (part.name, row["source"]):
                    leaves, unit = order.release_week + entry.lead_time_weeks, entry.cost_per_part
                    yield self._arrival(
                        order, by, part, origin=entry.from_, leaves=leaves, unit=unit
                    )

    def _arrival(
        self, order: Order, by: Any, part: Part, *, origin: str | None, leaves: float, unit: float
    ) -> tuple[float, float]:
        if origin is None:
            return leaves, order.quantity * unit
        table = self.network.routes([origin], [order.place], by=by, kg_per_part=part.kg)
        return (
            leaves + float(table.weeks[0, 0]),
            order.quantity * (unit + float(table.cost[0, 0])),
        )
