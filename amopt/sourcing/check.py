"""The referee: recomputes every order from the file alone, and never sees the program.

It reads the quotes, fits, routes, capacities and licences anew with scalar arithmetic of its own,
and compares the answer's tables with what it finds.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from amopt.network import SupplyNetwork
from amopt.sourcing.instance import CONVENTIONAL, Conventional, Line, Offer
from amopt.sourcing.tariff import Curve, tariff
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.network import RouteTable
    from amopt.solution import Solution
    from amopt.sourcing.instance import Committed, Instance, Part

__all__ = ["check"]

RELATIVE = 1e-6
"""Relative difference from which two amounts differ."""

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
    referee = _Referee(instance)
    try:
        referee.judge(solution)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        referee.findings.append(f"the answer's tables are damaged: {type(error).__name__} {error}")
    return Verdict(tuple(referee.findings), referee.checks, dict(referee.measures))


@dataclass
class _Totals:
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
class _Referee:
    """What the referee knows and has found."""

    instance: Instance
    findings: list[str] = field(default_factory=list)
    checks: int = 0
    measures: dict[str, float] = field(default_factory=dict)
    hours: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    parts: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    prints: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    new_hours: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    new_parts: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    curves: dict[int, tuple[Curve, Curve]] = field(default_factory=dict)
    tables: dict[float, RouteTable] = field(default_factory=dict)

    # -- what the file says -----------------------------------------------------------------------

    @cached_property
    def lines(self) -> dict[str, Line]:
        """The lines by name."""
        return {line.line: line for line in self.instance.lines}

    @cached_property
    def offers(self) -> dict[tuple[str, str, str, str], Offer]:
        """The offers by what tells them apart."""
        return {offer.key: offer for offer in self.instance.offers}

    @cached_property
    def offers_of(self) -> dict[tuple[str, str], list[Offer]]:
        """The offers by supplier and part."""
        found: dict[tuple[str, str], list[Offer]] = defaultdict(list)
        for offer in self.instance.offers:
            found[offer.supplier, offer.part].append(offer)
        return found

    @cached_property
    def usual(self) -> dict[str, Conventional]:
        """Conventional supply by part."""
        return {entry.part: entry for entry in self.instance.conventional}

    @cached_property
    def part(self) -> dict[str, Part]:
        """The parts by name."""
        return {part.name: part for part in self.instance.parts}

    @cached_property
    def royalty(self) -> dict[tuple[str, str | None], float]:
        """The royalty a print of each licence, by part and supplier."""
        return {(x.part, x.supplier): x.royalty_per_print for x in self.instance.licences}

    def transport(self, start: str | None, line: Line) -> tuple[float, float, float]:
        """Return cost, weeks and kg of CO2 a part on the line's route; infinite without one."""
        if start is None or line.place is None or not self.instance.network.places:
            return 0.0, 0.0, 0.0
        kg = self.part[line.part].weight_kg
        if kg not in self.tables:
            starts = {offer.supplier for offer in self.instance.offers}
            starts |= {e.place for e in self.instance.conventional if e.place is not None}
            ends = {entry.place for entry in self.instance.lines if entry.place is not None}
            self.tables[kg] = SupplyNetwork.from_instance(self.instance.network).routes(
                sorted(starts),
                sorted(ends),
                by="weeks" if self.instance.transport == "fastest" else "cost",
                kg_per_part=kg,
            )
        table = self.tables[kg]
        i, j = table.sources.index(start), table.targets.index(line.place)
        return float(table.cost[i, j]), float(table.weeks[i, j]), float(table.kg_co2[i, j])

    def curves_of(self, offer: Offer) -> tuple[Curve, Curve]:
        """Return total and lead time of an offer at any quantity."""
        if id(offer) not in self.curves:
            self.curves[id(offer)] = tariff(offer)
        return self.curves[id(offer)]

    def asked(self, offer: Offer, line: Line, q: float) -> tuple[float, float, float]:
        """Return cost, weeks and kg of CO2 of q parts of an offer for a line."""
        total, lead_time = self.curves_of(offer)
        cost, weeks, kg = self.transport(offer.supplier, line)
        royalty = sum(self.royalty.get((offer.part, who), 0.0) for who in (None, offer.supplier))
        return (
            total(q) + offer.fee_per_order + (cost + royalty) * q,
            lead_time(q) + weeks,
            (offer.kg_co2_per_part + kg) * q,
        )

    def asked_usually(
        self, entry: Conventional, line: Line, q: float
    ) -> tuple[float, float, float]:
        """Return cost, weeks and kg of CO2 of q parts of conventional supply for a line."""
        cost, weeks, kg = self.transport(entry.place, line)
        asset = 0.0 if entry.asset_exists else entry.asset_cost
        tooling = 0.0 if entry.asset_exists else entry.tooling_lead_time_weeks
        return (
            asset + (entry.cost_per_part + cost) * q,
            entry.lead_time_weeks + tooling + weeks,
            (entry.kg_co2_per_part + kg) * q,
        )

    # -- judging ----------------------------------------------------------------------------------

    def refuse(self, what: str) -> None:
        """Note something wrong."""
        self.findings.append(what)

    def same(self, where: str, key: str, told: Any, found: float) -> None:
        """Compare an amount of the answer with what was recomputed."""
        self.checks += 1
        if not _same(told, found):
            self.refuse(f"{where}: {key} is {told}, recomputed {found:.10g}")

    def within(self, where: str, used: float, limit: float) -> None:
        """Compare what is used with what there is."""
        self.checks += 1
        if used > limit + RELATIVE * max(1.0, abs(limit)):
            self.refuse(f"{where}: {used:.10g} of {limit:.10g}")

    def judge(self, solution: Solution) -> None:
        """Judge an answer."""
        by_line: dict[str, _Totals] = {line: _Totals() for line in self.lines}
        seen: set[tuple[object, ...]] = set()
        open_orders = list(self.instance.committed)
        for row in solution.rows["orders"]:
            if row["committed"]:
                self._committed(row, open_orders, by_line)
            else:
                self._order(row, seen, by_line)
        for order in open_orders:
            self.refuse(
                f"line {order.line!r}: the committed order of {order.quantity:g} at "
                f"{order.supplier!r} is missing"
            )
        self._lines(solution, by_line)
        self._limits(by_line)
        self._totals(solution, by_line)
        for row in solution.rows.get("switchover", ()):
            self._switchover(row)

    def _order(self, row: Row, seen: set[tuple[object, ...]], by_line: dict[str, _Totals]) -> None:
        where = f"order of line {row['line']!r} at {row['supplier']!r}"
        line = self.lines.get(row["line"])
        if line is None:
            return self.refuse(f"{where}: the instance has no such line")
        identity = (row["line"], row["supplier"], row["route"], row["material"])
        if identity in seen:
            self.refuse(f"{where}: ordered twice; two orders are not priced as one")
        seen.add(identity)
        q = float(row["quantity"])
        if not math.isfinite(q) or q <= 0:
            return self.refuse(f"{where}: the quantity is {row['quantity']}")
        if not line.divisible and q != int(q):
            self.refuse(f"{where}: {q} is not a whole number of parts")
        if row["part"] != line.part:
            self.refuse(f"{where}: the line asks for {line.part!r}, not {row['part']!r}")
        if row["supplier"] == CONVENTIONAL:
            found = self._conventional(where, line, q)
        else:
            found = self._offered(where, row, line, q)
        if found is None:
            return None
        for key, amount in zip(("cost", "weeks", "kg_co2"), found, strict=True):
            self.same(where, key, row[key], amount)
        self._scenario(where, row, line, q, found)
        by_line[line.line].add(row["supplier"], q, *found)
        return None

    def _conventional(self, where: str, line: Line, q: float) -> tuple[float, float, float] | None:
        entry = self.usual.get(line.part)
        if entry is None:
            self.refuse(f"{where}: {line.part!r} has no conventional supply")
            return None
        if q < entry.minimum_order * (1 - RELATIVE):
            self.refuse(f"{where}: {q:g} is below the minimum order, {entry.minimum_order:g}")
        found = self.asked_usually(entry, line, q)
        if not math.isfinite(found[0]):
            self.refuse(f"{where}: no route leads there")
        return found

    def _offered(
        self, where: str, row: Row, line: Line, q: float
    ) -> tuple[float, float, float] | None:
        offer = self.offers.get((row["supplier"], line.part, row["route"], row["material"]))
        if offer is None:
            self.refuse(f"{where}: there is no such offer")
            return None
        for reason in self._unusable(offer, line):
            self.refuse(f"{where}: {reason}")
        low, high = offer.smallest * (1 - RELATIVE), offer.largest * (1 + RELATIVE)
        if not low <= q <= high:
            self.refuse(
                f"{where}: {q:g} is outside of {offer.smallest:g} to {offer.largest:g} parts"
            )
        found = self.asked(offer, line, q)
        if not math.isfinite(found[0]):
            self.refuse(f"{where}: no route leads there")
            return None
        self.hours[offer.supplier] += offer.machine_hours_per_part * q
        self.parts[offer.supplier] += q
        self.prints[offer.part, offer.supplier] += q
        self.new_hours[offer.supplier] += offer.machine_hours_per_part * q
        self.new_parts[offer.supplier] += q
        return found

    def _unusable(self, offer: Offer, line: Line) -> Iterator[str]:
        self.checks += 1
        today = self.instance.order_date
        if today and offer.valid_from and today < offer.valid_from:
            yield f"the offer holds from {offer.valid_from} on"
        if today and offer.valid_to and today > offer.valid_to:
            yield f"the offer held until {offer.valid_to}"
        part = self.part[offer.part]
        if part.materials and offer.material not in part.materials:
            yield f"{offer.material!r} is none of the part's materials"
        for certificate in {*part.certificates, *line.certificates} - {*offer.certificates}:
            yield f"the certificate {certificate!r} is missing"
        if offer.build_envelope is not None:
            box = offer.build_envelope
            space = sorted([box.length_mm, box.width_mm, box.height_mm])
            size = sorted(x or 0.0 for x in (part.length_mm, part.width_mm, part.height_mm))
            if any(x > s for x, s in zip(size, space, strict=True)):
                yield "the part does not fit the build envelope"

    def _scenario(
        self, where: str, row: Row, line: Line, q: float, found: tuple[float, float, float]
    ) -> None:
        entry = self.usual.get(line.part)
        expected = ""
        if entry is not None and row["supplier"] != CONVENTIONAL:
            usual = self.asked_usually(entry, line, q)
            if math.isfinite(usual[0]):
                expected = _scenario(_saving(usual[0], found[0]), _saving(usual[1], found[1]))
        self.checks += 1
        if row["scenario"] != expected:
            self.refuse(f"{where}: scenario is {row['scenario']!r}, recomputed {expected!r}")

    def _committed(self, row: Row, waiting: list[Committed], by_line: dict[str, _Totals]) -> None:
        where = f"committed order of line {row['line']!r} at {row['supplier']!r}"
        for order in waiting:
            told = (order.line, order.supplier, order.route, order.material)
            shown = (row["line"], row["supplier"], row["route"], row["material"])
            if told == shown and _same(row["quantity"], order.quantity):
                found = self._terms(order)
                if _same(row["cost"], found[0]) and _same(row["weeks"], found[1]):
                    break
        else:
            return self.refuse(f"{where}: no such order was committed, or not on these terms")
        waiting.remove(order)
        cost, weeks, kg, hours = found
        self.same(where, "kg_co2", row["kg_co2"], kg)
        self.hours[order.supplier] += hours
        self.parts[order.supplier] += order.quantity
        if order.supplier != CONVENTIONAL:
            self.prints[self.lines[order.line].part, order.supplier] += order.quantity
        by_line[order.line].add(order.supplier, order.quantity, cost, weeks, kg)
        return None

    def _terms(self, order: Committed) -> tuple[float, float, float, float]:
        """Return cost, weeks, kg of CO2 and machine hours of a committed order."""
        line, q = self.lines[order.line], order.quantity
        asked, hours = (0.0, 0.0, 0.0), 0.0
        if order.supplier == CONVENTIONAL:
            if line.part in self.usual:
                asked = self.asked_usually(self.usual[line.part], line, q)
        else:
            for offer in self.offers_of[order.supplier, line.part]:
                if order.matches(offer, line.part):
                    asked = self.asked(offer, line, q)
                    hours = offer.machine_hours_per_part * q
                    break
        agreed = (order.cost, order.weeks, order.kg_co2, order.machine_hours)
        cost, weeks, kg, used = (
            b if a is None else a for a, b in zip(agreed, (*asked, hours), strict=True)
        )
        return cost, weeks, kg, used

    def _lines(self, solution: Solution, by_line: dict[str, _Totals]) -> None:
        rows = {row["line"]: row for row in solution.rows["lines"]}
        for name, line in self.lines.items():
            where, total = f"line {name!r}", by_line[name]
            self.checks += 1
            slack = RELATIVE * line.quantity if line.divisible else 0.0
            if not line.quantity - slack <= total.quantity <= line.quantity + line.surplus + slack:
                self.refuse(f"{where}: {total.quantity:.10g} parts for {line.quantity:g} asked for")
            row = rows.get(name)
            if row is None:
                self.refuse(f"{where}: it is missing from the table of lines")
                continue
            hours = line.hours_per_week or self.instance.hours_per_week
            self.same(where, "quantity", row["quantity"], line.quantity)
            self.same(where, "cost", row["cost"], total.cost)
            self.same(where, "weeks", row["weeks"], total.weeks)
            self.same(where, "kg_co2", row["kg_co2"], total.kg_co2)
            self.same(
                where,
                "downtime_cost",
                row["downtime_cost"],
                line.downtime_cost_per_hour * hours * total.weeks,
            )
            entry = self.usual.get(line.part)
            if entry is not None and row["cost_of_conventional"] is not None:
                q = max(line.quantity, entry.minimum_order)
                found = self.asked_usually(entry, line, q)[0]
                self.same(where, "cost_of_conventional", row["cost_of_conventional"], found)

    def _limits(self, by_line: dict[str, _Totals]) -> None:
        limits = self.instance.limits
        held: dict[str, set[str]] = defaultdict(set)
        for order in self.instance.committed:
            held[order.line].add(order.supplier)
        for name, line in self.lines.items():
            total = by_line[name]
            if line.need_by_weeks is not None:
                self.within(f"line {name!r}, weeks to need-by", total.weeks, line.need_by_weeks)
            if limits.weeks is not None:
                self.within(f"line {name!r}, weeks", total.weeks, limits.weeks)
            if limits.suppliers_per_line is not None:
                most = max(limits.suppliers_per_line, len(held[name]))
                self.within(f"line {name!r}, suppliers", len(total.suppliers), most)
        if limits.budget is not None:
            self.within("budget", sum(t.cost for t in by_line.values()), limits.budget)
        if limits.kg_co2 is not None:
            self.within("kg of CO2", sum(t.kg_co2 for t in by_line.values()), limits.kg_co2)
        for capacity in self.instance.capacities:
            name = capacity.supplier
            # What is committed is held, whatever is left of the capacity.
            if capacity.machine_hours is not None and self.new_hours[name] > 0:
                self.within(f"machine hours of {name!r}", self.hours[name], capacity.machine_hours)
            if capacity.parts is not None and self.new_parts[name] > 0:
                self.within(f"parts of {name!r}", self.parts[name], capacity.parts)
        for licence in self.instance.licences:
            who = licence.supplier or "all suppliers"
            used = sum(
                amount
                for (part, supplier), amount in self.prints.items()
                if part == licence.part and licence.supplier in (None, supplier)
            )
            taken = sum(
                order.quantity
                for order in self.instance.committed
                if self.lines[order.line].part == licence.part
                and order.supplier != CONVENTIONAL
                and licence.supplier in (None, order.supplier)
            )
            if used > taken:
                self.within(f"licensed prints of {licence.part!r} at {who}", used, licence.prints)

    def _totals(self, solution: Solution, by_line: dict[str, _Totals]) -> None:
        cost = sum(total.cost for total in by_line.values())
        weeks = sum(total.weeks for total in by_line.values())
        kg = sum(total.kg_co2 for total in by_line.values())
        downtime = sum(
            line.downtime_cost_per_hour
            * (line.hours_per_week or self.instance.hours_per_week)
            * by_line[name].weeks
            for name, line in self.lines.items()
        )
        for row in solution.rows.get("totals", ()):
            self.same("totals", "cost", row["cost"], cost)
            self.same("totals", "downtime_cost", row["downtime_cost"], downtime)
            self.same("totals", "kg_co2", row["kg_co2"], kg)
            latest = max((total.weeks for total in by_line.values()), default=0.0)
            self.same("totals", "weeks", row["weeks"], latest)
        weights = self.instance.minimise
        objective = (
            weights.cost * cost
            + weights.downtime * downtime
            + weights.weeks * weeks
            + weights.kg_co2 * kg
        )
        self.measures["objective"] = objective
        outcome = solution.outcome
        if outcome.objective is not None:
            self.same("outcome", "objective", outcome.objective, objective)
        if outcome.bound is not None:
            self.within("outcome: bound above the objective", outcome.bound, objective)

    def _switchover(self, row: Row) -> None:
        """Recompute the savings, and look on both sides of the switchover quantities."""
        where = f"switchover of {row['part']!r} at {row['supplier']!r}"
        offer = self.offers[row["supplier"], row["part"], row["route"], row["material"]]
        entry = self.usual.get(row["part"])
        line = self.lines.get(row["line"]) or Line(line="?", part=row["part"], quantity=1)
        if entry is None or row["cost_saving"] is None:
            return
        q = float(row["quantity"])
        own, usual = self.asked(offer, line, q), self.asked_usually(entry, line, q)
        if not (math.isfinite(own[0]) and math.isfinite(usual[0])):
            return
        cost, weeks = _saving(usual[0], own[0]), _saving(usual[1], own[1])
        size = max(abs(usual[0]), abs(own[0]))
        self.checks += 2
        if abs(row["cost_saving"] - cost) > RELATIVE * max(1e-9, size):
            self.refuse(f"{where}: cost_saving is {row['cost_saving']}, recomputed {cost:.10g}")
        if abs(row["weeks_saved"] - weeks) > RELATIVE * max(1e-9, usual[1], own[1]):
            self.refuse(f"{where}: weeks_saved is {row['weeks_saved']}, recomputed {weeks:.10g}")
        if row["scenario"] != _scenario(cost, weeks):
            self.refuse(f"{where}: scenario is {row['scenario']!r}")
        for column, measure in (("reduced_cost_quantity", 0), ("reduced_time_quantity", 1)):
            reduced = row[column]
            if not reduced:
                continue
            if reduced > offer.largest:
                self.refuse(f"{where}: {column} is {reduced}, of {offer.largest:g} at most")
            for amount, lower in ((reduced, True), (reduced + 1, False)):
                if amount > offer.largest or amount < offer.smallest:
                    continue
                mine = self.asked(offer, line, amount)[measure]
                other = self.asked_usually(entry, line, amount)[measure]
                self.checks += 1
                slack = RELATIVE * max(1e-9, mine, other)
                if (mine >= other + slack) if lower else (mine < other - slack):
                    self.refuse(f"{where}: {column} is {reduced}, and at {amount:g} it is not so")


def _same(told: Any, found: float) -> bool:
    if isinstance(told, bool) or not isinstance(told, (int, float)) or not math.isfinite(told):
        return False
    return abs(told - found) <= RELATIVE * max(1.0, abs(found))


def _saving(usual: float, own: float) -> float:
    """Return what is saved; nothing where the two differ by rounding only."""
    return 0.0 if math.isclose(usual, own, rel_tol=1e-9) else usual - own


def _scenario(cost: float, weeks: float) -> str:
    if cost > 0:
        return "I" if weeks > 0 else "II"
    return "IV" if weeks > 0 else "III"
