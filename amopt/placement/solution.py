"""The answer to a placement instance: its tables, and what a planner reads first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from amopt.solution import Column, Solution

__all__ = ["PlacementSolution"]

_PLACE = Column("place", "", "Place of the site.")
_PERIOD = Column("period", "", "Period.")


@dataclass(frozen=True)
class PlacementSolution(Solution):
    """Where AM capacity goes, who supplies whom, and what it costs.

    The tables ``sites``, ``supply`` and ``bill`` are always there; ``fleet`` says which machines
    stand where, ``forms`` compares the forms, ``holdings`` says over several periods which machines
    are still held, and ``orders`` assigns dated orders to units.
    """

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {
        "sites": (
            _PLACE,
            _PERIOD,
            Column("open", "", "Whether the site is open."),
            Column("machines", "machines", "Machines of its own that stand there."),
            Column("hours", "hours a year", "Machine-hours set aside."),
            Column("utilisation", "share", "Hours set aside over hours that there are."),
        ),
        "fleet": (
            _PLACE,
            _PERIOD,
            Column("machine", "", "Type of machine."),
            Column("ownership", "", "machines: they stand there; contract: the site sells hours."),
            Column("count", "machines", "Machines that stand there."),
            Column("bought", "machines", "Machines bought for the period."),
            Column("sold", "machines", "Machines sold before the period."),
            Column("moved_in", "machines", "Machines moved here before the period."),
            Column("moved_out", "machines", "Machines moved away before the period."),
            Column("hours", "hours a year", "Machine-hours set aside."),
            Column("utilisation", "share", "Hours set aside over hours that there are."),
        ),
        "supply": (
            Column("place", "", "Place that is supplied."),
            Column("part", "", "Part."),
            _PERIOD,
            Column("source", "", "Site, conventional supplier, or emergency shipments alone."),
            Column("machine", "", "Type of machine that prints; empty where nothing is printed."),
            Column("share", "share", "Share of the period in which this source supplies."),
            Column("stock_level", "parts", "Base-stock level at the place."),
            Column("lead_time_weeks", "weeks", "Print, queue and transport."),
            Column("fill_rate", "share", "Share of demand met from the shelf."),
            Column("route", "", "What the route is chosen by.", shown=False),
            Column("hours", "hours a year", "Machine-hours set aside.", shown=False),
            Column("kg_co2", "kg a year", "Emissions.", shown=False),
            Column("yearly_cost", "money", "Cost a year, without sites and machines."),
        ),
        "bill": (
            Column("cost", "", "Kind of cost."),
            Column("optimum", "money", "The plan, over all periods."),
            Column("central", "money", "The best plan with one site."),
            Column("distributed", "money", "The best plan with each place's own site."),
            Column("conventional", "money", "The best plan without printing."),
        ),
        "forms": (
            Column("form", "", "Form of the plan."),
            Column("cost", "money", "Cost over all periods."),
            Column("kg_co2", "kg", "Emissions over all periods."),
            Column("open_sites", "sites", "Sites that are open in any period."),
            Column("machines", "machines", "Most machines at a time."),
            Column("printed", "share", "Share of demand that is printed."),
            Column("gap", "share", "Proven gap of the form."),
        ),
        "holdings": (
            Column("pool", "", "Machines that can stand in for each other."),
            Column("bought", "", "Period in which they were bought; before: owned already."),
            _PERIOD,
            Column("machines", "machines", "How many are held."),
        ),
        "orders": (
            Column("order", "", "Order."),
            Column("part", "", "Part."),
            Column("quantity", "parts", "Parts ordered."),
            Column("place", "", "Place that needs it."),
            Column("source", "", "Unit that prints it, or conventional supplier."),
            Column("machine", "", "Type of machine."),
            Column("start_week", "weeks", "Week in which printing starts."),
            Column("ready_week", "weeks", "Week at whose start it is printed."),
            Column("arrival_week", "weeks", "When it arrives."),
            Column("due_week", "weeks", "When it should."),
            Column("weeks_late", "weeks", "How late it is."),
            Column("cost", "money", "Printing or price, and transport."),
            Column("penalty", "money", "Penalty for being late."),
        ),
        "work": (
            Column("order", "", "Order.", shown=False),
            Column("source", "", "Site of the unit that prints it.", shown=False),
            Column("machine", "", "Type of machine.", shown=False),
            Column("week", "weeks", "Week of printing.", shown=False),
            Column("hours", "hours", "Machine-hours in that week.", shown=False),
        ),
    }

    def headline(self) -> tuple[str, ...]:
        """Return the answer in a few plain sentences."""
        said: list[str] = []
        if "sites" in self.rows:
            said += self._about_sites()
            said += self._about_forms()
        if "orders" in self.rows:
            said.append(self._about_orders())
        return tuple(said)

    def _about_sites(self) -> list[str]:
        opened = {row["place"] for row in self.rows["sites"] if row["open"]}
        printed = [row for row in self.rows["supply"] if row["machine"]]
        served = {row["place"] for row in printed}
        places = {row["place"] for row in self.rows["supply"]}
        names = ", ".join(sorted(opened)[:6]) + (", ..." if len(opened) > 6 else "")
        sites = f"Open {len(opened)} of {len({row['place'] for row in self.rows['sites']})} sites"
        first = f"{sites}: {names}." if opened else "Open no site: print nothing."
        if not printed:
            return [first]
        return [first, f"{len(served)} of {len(places)} places get printed parts."]

    def _about_forms(self) -> list[str]:
        totals = next((row for row in self.rows["bill"] if row["cost"] == "total"), None)
        if totals is None:
            return []
        said = [f"The plan costs {totals['optimum']:,.0f} {self.currency} in all."]
        others = {
            form: totals[form]
            for form in ("central", "distributed", "conventional")
            if totals.get(form) is not None
        }
        if others:
            parts = [f"{form} {cost:,.0f}" for form, cost in others.items()]
            said.append(f"Other forms cost: {', '.join(parts)}.")
        return said

    def _about_orders(self) -> str:
        orders = self.rows["orders"]
        late = [row for row in orders if row["weeks_late"] > 0]
        cost: Any = sum(row["cost"] + row["penalty"] for row in orders)
        timing = f"{len(late)} of them late" if late else "all on time"
        return f"{len(orders)} orders are assigned, {timing}, at {cost:,.0f} {self.currency}."
