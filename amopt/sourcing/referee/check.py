"""The referee: recomputes every order from the file alone, and never sees the program.

It reads the quotes, fits, routes, capacities and licences anew with scalar arithmetic of its own,
and compares the answer's tables with what it finds.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from amopt.sourcing.instance.fields import CONVENTIONAL, Line
from amopt.sourcing.referee.reading import Reading, Terms
from amopt.sourcing.referee.record import RELATIVE, Record, is_number, same
from amopt.sourcing.referee.switchover import check_switchover
from amopt.sourcing.referee.use import Totals, Use, check_limits, check_tables
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.solution import Solution
    from amopt.sourcing.instance.fields import Committed, Instance

__all__ = ["check"]

Row = Mapping[str, Any]


def check(instance: Instance, solution: Solution) -> Verdict:
    """Recompute a plan's prices, lead times, transport, limits and totals.

    Parameters
    ----------
    instance
        The instance; with what a register left of the licences, where one was used.
    solution
        An answer of sourcing: its tables ``orders``, ``lines``, ``totals`` and ``switchover``, and
        its objective.
    """
    referee = _Referee(Reading(instance))
    try:
        referee.judge(solution)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        referee.record.refuse(f"the answer's tables are damaged: {type(error).__name__} {error}")
    record = referee.record
    return Verdict(tuple(record.findings), record.checks, dict(referee.measures))


@dataclass
class _Referee:
    """What the referee knows, and what it has added up and found."""

    reading: Reading
    record: Record = field(default_factory=Record)
    held: Use = field(default_factory=Use)
    new: Use = field(default_factory=Use)
    used: Use = field(default_factory=Use)
    measures: dict[str, float] = field(default_factory=dict)

    def judge(self, solution: Solution) -> None:
        """Judge an answer."""
        by_line: dict[str, Totals] = {line: Totals() for line in self.reading.lines}
        seen: set[tuple[object, ...]] = set()
        open_orders = list(self.reading.instance.committed)
        for row in solution.rows["orders"]:
            if row["committed"]:
                self._committed(row, open_orders, by_line)
            else:
                self._order(row, seen, by_line)
        for order in open_orders:
            self.record.refuse(
                f"line {order.line!r}: the committed order of {order.quantity:g} at "
                f"{order.supplier!r} is missing"
            )
        self._lines(solution.rows["lines"], by_line)
        check_limits(self.reading, self.record, by_line, self.held, self.new)
        check_tables(self.reading, self.record, solution.rows, self.used)
        self._totals(solution, by_line)
        for row in solution.rows.get("switchover", ()):
            check_switchover(self.reading, self.record, row)

    def _order(self, row: Row, seen: set[tuple[object, ...]], by_line: dict[str, Totals]) -> None:
        where = f"order of line {row['line']!r} at {row['supplier']!r}"
        line = self.reading.lines.get(row["line"])
        if line is None:
            return self.record.refuse(f"{where}: the instance has no such line")
        identity = (row["line"], row["supplier"], row["route"], row["material"])
        if identity in seen:
            self.record.refuse(f"{where}: ordered twice; two orders are not priced as one")
        seen.add(identity)
        q = row["quantity"]
        if not is_number(q) or q <= 0:
            return self.record.refuse(f"{where}: the quantity is {q!r}")
        if not line.divisible and q != int(q):
            self.record.refuse(f"{where}: {q} is not a whole number of parts")
        if row["part"] != line.part:
            self.record.refuse(f"{where}: the line asks for {line.part!r}, not {row['part']!r}")
        if row["supplier"] == CONVENTIONAL:
            found = self._conventional(where, line, q)
        else:
            found = self._offered(where, row, line, q)
        if found is None:
            return None
        for key, amount in zip(("cost", "weeks", "kg_co2"), found, strict=True):
            self.record.same(where, key, row[key], amount)
        printed = row["supplier"] != CONVENTIONAL
        expected = self.reading.scenario(line, q, found) if printed else ""
        self.record.told(where, "scenario", row["scenario"], expected)
        by_line[line.line].add(row["supplier"], q, *found)
        return None

    def _conventional(self, where: str, line: Line, q: float) -> Terms | None:
        entry = self.reading.usual.get(line.part)
        if entry is None:
            self.record.refuse(f"{where}: {line.part!r} has no conventional supply")
            return None
        if q < entry.minimum_order * (1 - RELATIVE):
            self.record.refuse(
                f"{where}: {q:g} is below the minimum order, {entry.minimum_order:g}"
            )
        found = self.reading.asked_usually(entry, line, q)
        if not math.isfinite(found[0]):
            self.record.refuse(f"{where}: no route leads there")
        return found

    def _offered(self, where: str, row: Row, line: Line, q: float) -> Terms | None:
        offer = self.reading.offers.get((row["supplier"], line.part, row["route"], row["material"]))
        if offer is None:
            self.record.refuse(f"{where}: there is no such offer")
            return None
        for reason in self.reading.unusable(offer, line):
            self.record.refuse(f"{where}: {reason}")
        low, high = offer.smallest * (1 - RELATIVE), offer.largest * (1 + RELATIVE)
        if not low <= q <= high:
            self.record.refuse(
                f"{where}: {q:g} is outside of {offer.smallest:g} to {offer.largest:g} parts"
            )
        found = self.reading.asked(offer, line, q)
        if not math.isfinite(found[0]):
            self.record.refuse(f"{where}: no route leads there")
            return None
        for use in (self.new, self.used):
            use.add(offer.part, offer.supplier, q, offer.machine_hours_per_part * q)
        return found

    def _committed(self, row: Row, waiting: list[Committed], by_line: dict[str, Totals]) -> None:
        where = f"committed order of line {row['line']!r} at {row['supplier']!r}"
        for order in waiting:
            told = (order.line, order.supplier, order.route, order.material)
            shown = (row["line"], row["supplier"], row["route"], row["material"])
            if told == shown and same(row["quantity"], order.quantity):
                found = self.reading.agreed(order)
                if same(row["cost"], found[0]) and same(row["weeks"], found[1]):
                    break
        else:
            return self.record.refuse(
                f"{where}: no such order was committed, or not on these terms"
            )
        waiting.remove(order)
        cost, weeks, kg, hours = found
        self.record.same(where, "kg_co2", row["kg_co2"], kg)
        for use in (self.held, self.used):
            part = self.reading.lines[order.line].part
            use.add(part, order.supplier, order.quantity, hours)
        by_line[order.line].add(order.supplier, order.quantity, cost, weeks, kg)
        return None

    def _lines(self, table: Sequence[Row], by_line: dict[str, Totals]) -> None:
        rows = {row["line"]: row for row in table}
        for name in Counter(row["line"] for row in table) - Counter(list(self.reading.lines)):
            self.record.refuse(f"line {name!r}: the table of lines has a row too many of it")
        for name, line in self.reading.lines.items():
            where, total = f"line {name!r}", by_line[name]
            self.record.checks += 1
            slack = RELATIVE * line.quantity if line.divisible else 0.0
            if not line.quantity - slack <= total.quantity <= line.quantity + line.surplus + slack:
                self.record.refuse(
                    f"{where}: {total.quantity:.10g} parts for {line.quantity:g} asked for"
                )
            row = rows.get(name)
            if row is None:
                self.record.refuse(f"{where}: it is missing from the table of lines")
                continue
            downtime = self.reading.downtime_per_week[name]
            for key, found in (
                ("quantity", line.quantity),
                ("cost", total.cost),
                ("weeks", total.weeks),
                ("kg_co2", total.kg_co2),
                ("downtime_cost", downtime * total.weeks),
            ):
                self.record.same(where, key, row[key], found)
            usual = self._usual_cost(line)
            if usual is None:
                self.record.told(where, "cost_of_conventional", row["cost_of_conventional"], None)
            else:
                self.record.same(where, "cost_of_conventional", row["cost_of_conventional"], usual)

    def _usual_cost(self, line: Line) -> float | None:
        """Return what conventional supply of a whole line costs; None where there is none."""
        entry = self.reading.usual.get(line.part)
        if entry is None:
            return None
        cost = self.reading.asked_usually(entry, line, max(line.quantity, entry.minimum_order))[0]
        return cost if math.isfinite(cost) else None

    def _totals(self, solution: Solution, by_line: dict[str, Totals]) -> None:
        cost = sum(total.cost for total in by_line.values())
        weeks = sum(total.weeks for total in by_line.values())
        kg = sum(total.kg_co2 for total in by_line.values())
        rates = self.reading.downtime_per_week
        downtime = sum(rates[name] * total.weeks for name, total in by_line.items())
        latest = max((total.weeks for total in by_line.values()), default=0.0)
        (row,) = solution.rows["totals"]
        for key, found in (
            ("cost", cost),
            ("downtime_cost", downtime),
            ("weeks", latest),
            ("kg_co2", kg),
        ):
            self.record.same("totals", key, row[key], found)
        weights = self.reading.instance.minimise
        objective = (
            weights.cost * cost
            + weights.downtime * downtime
            + weights.weeks * weeks
            + weights.kg_co2 * kg
        )
        self.measures["objective"] = objective
        outcome = solution.outcome
        if outcome.objective is not None:
            self.record.same("outcome", "objective", outcome.objective, objective)
        if outcome.bound is not None:
            self.record.within("outcome: bound above the objective", outcome.bound, objective)
