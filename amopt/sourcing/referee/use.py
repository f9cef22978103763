"""What the referee adds up: capacities, licences and the limits of the plan as a whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from amopt.sourcing.instance.fields import CONVENTIONAL
from amopt.sourcing.referee.record import Record, same

if TYPE_CHECKING:
    from amopt.sourcing.instance.fields import Licence
    from amopt.sourcing.referee.reading import Reading

__all__ = ["Totals", "Use", "check_limits", "check_tables"]


def _amounts() -> dict[str, float]:
    return defaultdict(float)


@dataclass
class Totals:
    """What orders add up to."""

    quantity: float = 0.0
    cost: float = 0.0
    weeks: float = 0.0
    kg_co2: float = 0.0
    suppliers: set[str] = field(default_factory=set)

    def add(self, supplier: str, quantity: float, cost: float, weeks: float, kg: float) -> None:
        """Add an order."""
        self.quantity += quantity
        self.cost += cost
        self.weeks = max(self.weeks, weeks)
        self.kg_co2 += kg
        self.suppliers.add(supplier)


@dataclass
class Use:
    """What orders use: machine hours and parts by supplier, prints by part and supplier."""

    hours: dict[str, float] = field(default_factory=_amounts)
    parts: dict[str, float] = field(default_factory=_amounts)
    prints: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))

    def add(self, part: str, supplier: str, quantity: float, hours: float) -> None:
        """Add an order."""
        self.hours[supplier] += hours
        self.parts[supplier] += quantity
        if supplier != CONVENTIONAL:
            self.prints[part, supplier] += quantity

    def under(self, licence: Licence) -> float:
        """Return the prints that come under a licence."""
        return sum(
            amount
            for (part, supplier), amount in self.prints.items()
            if part == licence.part and licence.supplier in (None, supplier)
        )


def check_limits(
    reading: Reading, record: Record, by_line: Mapping[str, Totals], held: Use, new: Use
) -> None:
    """Compare what orders add up to with every limit of the file.

    What is committed is held, whatever is left of a capacity or licence: these bind new orders.
    """
    _check_lines(reading, record, by_line)
    limits = reading.instance.limits
    if limits.budget is not None:
        record.within("budget", sum(t.cost for t in by_line.values()), limits.budget)
    if limits.kg_co2 is not None:
        record.within("kg of CO2", sum(t.kg_co2 for t in by_line.values()), limits.kg_co2)
    for capacity in reading.instance.capacities:
        name = capacity.supplier
        for what, old, more, limit in (
            ("machine hours", held.hours[name], new.hours[name], capacity.machine_hours),
            ("parts", held.parts[name], new.parts[name], capacity.parts),
        ):
            if limit is not None and more > 0:
                record.within(f"{what} of {name!r}", old + more, limit)
    for licence in reading.instance.licences:
        if (more := new.under(licence)) > 0:
            who = licence.supplier or "all suppliers"
            where = f"licensed prints of {licence.part!r} at {who}"
            record.within(where, held.under(licence) + more, licence.prints)


def _check_lines(reading: Reading, record: Record, by_line: Mapping[str, Totals]) -> None:
    limits = reading.instance.limits
    held: dict[str, set[str]] = defaultdict(set)
    for order in reading.instance.committed:
        held[order.line].add(order.supplier)
    for name, line in reading.lines.items():
        total = by_line[name]
        if line.need_by_weeks is not None:
            record.within(f"line {name!r}, weeks to need-by", total.weeks, line.need_by_weeks)
        if limits.weeks is not None:
            record.within(f"line {name!r}, weeks", total.weeks, limits.weeks)
        if limits.suppliers_per_line is not None:
            most = max(limits.suppliers_per_line, len(held[name]))
            record.within(f"line {name!r}, suppliers", len(total.suppliers), most)


def check_tables(
    reading: Reading, record: Record, rows: Mapping[str, Sequence[Mapping[str, Any]]], used: Use
) -> None:
    """Compare the tables of capacities and licences with what all orders use."""
    capacities = {entry.supplier: entry for entry in reading.instance.capacities}
    for row in rows.get("capacities", ()):
        name = row["supplier"]
        where, entry = f"capacity of {name!r}", capacities[name]
        record.same(where, "machine_hours", row["machine_hours"], used.hours[name])
        record.same(where, "parts", row["parts"], used.parts[name])
        record.told(where, "machine_hours_limit", row["machine_hours_limit"], entry.machine_hours)
        record.told(where, "parts_limit", row["parts_limit"], entry.parts)
    licences = {(x.part, x.supplier or "any"): x for x in reading.instance.licences}
    for row in rows.get("licences", ()):
        licence = licences[row["part"], row["supplier"]]
        where = f"licence of {row['part']!r} at {row['supplier']}"
        planned, allowed = used.under(licence), row["granted"] - row["recorded"]
        record.same(where, "planned", row["planned"], planned)
        record.same(where, "left", row["left"], allowed - planned)
        # With a register the instance may say what the owner granted, or what was left of it.
        record.checks += 1
        if not (same(allowed, licence.prints) or same(row["granted"], licence.prints)):
            record.refuse(f"{where}: granted is {row['granted']}, of {licence.prints:.10g}")
