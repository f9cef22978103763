"""What an order costs, when it arrives and what it emits: the file read anew, order by order."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from amopt.sourcing.instance.entries import CONVENTIONAL, Conventional, Line, Offer
from amopt.sourcing.referee.quote_pricing import (
    ConventionalRates,
    QuotePricing,
    Rates,
    Terms,
    counted,
    quote_pricing,
    saving,
    scenario,
)

if TYPE_CHECKING:
    from datetime import date

    from amopt.network.routes import RouteTable
    from amopt.referee import Amount
    from amopt.sourcing.instance.calendars import Calendar
    from amopt.sourcing.instance.entries import Committed, Part
    from amopt.sourcing.instance.fields import Instance

__all__ = ["OrderTerms", "saving", "scenario"]

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Transport = tuple[float, float, float]
"""Cost, weeks and kg of CO2 a part."""

Duty = tuple[float, float]
"""A share of what the parts are priced at, and money a part on their transport."""


@dataclass
class OrderTerms:
    """An instance as the referee reads it, with scalar arithmetic of its own."""

    instance: Instance
    pricing: dict[int, QuotePricing] = field(default_factory=dict)
    tables: dict[float, RouteTable] = field(default_factory=dict)
    routes: dict[tuple[float, str, str], Transport | None] = field(default_factory=dict)
    usual: dict[tuple[str, str | None], ConventionalRates | None] = field(default_factory=dict)
    on_ways: dict[tuple[float, str, str], Duty] = field(default_factory=dict)

    @cached_property
    def lines(self) -> dict[str, Line]:
        """The lines by name."""
        return {line.line: line for line in self.instance.lines}

    @cached_property
    def offers(self) -> dict[tuple[str, str, str, str], Offer]:
        """The offers by what tells them apart."""
        return {offer.key: offer for offer in self.instance.offers}

    @cached_property
    def offers_of_part(self) -> dict[str, list[Offer]]:
        """The offers of each part, in the order of the file."""
        found: dict[str, list[Offer]] = defaultdict(list)
        for offer in self.instance.offers:
            found[offer.part].append(offer)
        return found

    @cached_property
    def conventional(self) -> dict[str, Conventional]:
        """Conventional supply by part."""
        return {entry.part: entry for entry in self.instance.conventional}

    @cached_property
    def parts(self) -> dict[str, Part]:
        """The parts by name."""
        return {part.name: part for part in self.instance.parts}

    @cached_property
    def royalty(self) -> dict[tuple[str, str | None], float]:
        """The royalty a print of each licence, by part and supplier."""
        return {(x.part, x.supplier): x.royalty_per_print for x in self.instance.licences}

    @cached_property
    def committed_to(self) -> dict[str, list[Committed]]:
        """The committed orders of each line, in the order of the file."""
        found: dict[str, list[Committed]] = defaultdict(list)
        for order in self.instance.committed:
            found[order.line].append(order)
        return found

    @cached_property
    def downtime_per_week(self) -> dict[str, float]:
        """The cost of a week that a line waits, in money, by line."""
        return {
            name: line.downtime_cost_per_hour
            * (line.hours_per_week or self.instance.hours_per_week)
            for name, line in self.lines.items()
        }

    @cached_property
    def moves(self) -> bool:
        """Whether parts travel from place to place."""
        return bool(self.instance.network.places)

    def transport(self, start: str | None, line: Line) -> Transport | None:
        """Return what the line's route takes a part; None where no route leads."""
        if start is None or line.place is None or not self.moves:
            return 0.0, 0.0, 0.0
        way = self.parts[line.part].weight_kg, start, line.place
        if way not in self.routes:
            table = self._table(way[0])
            at = table.sources.index(start), table.targets.index(line.place)
            cost, weeks, kg = (float(m[at]) for m in (table.cost, table.weeks, table.kg_co2))
            self.routes[way] = (cost, weeks, kg) if math.isfinite(cost) else None
        return self.routes[way]

    def duty(self, start: str | None, line: Line) -> Duty:
        """Return the duty on what a supplier sends to a line, lane by lane of its route."""
        moved = self.transport(start, line) if self.dutiable else None
        if moved is None or start is None or line.place is None:
            return 0.0, 0.0
        way = self.parts[line.part].weight_kg, start, line.place
        if way not in self.on_ways:
            table = self._table(way[0])
            stops, modes = table.path(start, line.place), table.modes(start, line.place)
            taken = zip(stops[:-1], stops[1:], modes, strict=True)
            lanes = [self.dutiable[lane] for lane in taken if lane in self.dutiable]
            on_transport = sum(p for p, on in lanes if on == "goods_and_transport")
            self.on_ways[way] = sum(p for p, _ in lanes) / 100, on_transport / 100 * moved[0]
        return self.on_ways[way]

    @cached_property
    def dutiable(self) -> dict[tuple[str, str, str], tuple[float, str]]:
        """Percent of duty and what it is on, by start, end and mode of the lanes that have any."""
        return {
            (lane.from_, lane.to, lane.mode): (lane.duty_percent, lane.duty_on)
            for lane in self.instance.network.lanes
            if lane.duty_percent > 0
        }

    def _table(self, weight: float) -> RouteTable:
        """Return the routes of parts of a weight, from all who supply to all who need."""
        if weight not in self.tables:
            starts = {offer.supplier for offer in self.instance.offers}
            starts |= {e.place for e in self.instance.conventional if e.place is not None}
            ends = {entry.place for entry in self.instance.lines if entry.place is not None}
            self.tables[weight] = self.instance.supply_network.routes(
                sorted(starts),
                sorted(ends),
                by="weeks" if self.instance.transport == "fastest" else "cost",
                kg_per_part=weight,
            )
        return self.tables[weight]

    def pricing_of(self, offer: Offer) -> QuotePricing:
        """Return total and lead time of an offer's quotes at any quantity."""
        if id(offer) not in self.pricing:
            held = ((x, self.lines[x.line].part) for x in self.instance.committed)
            self.pricing[id(offer)] = quote_pricing(offer, counted(offer, held))
        return self.pricing[id(offer)]

    def of_offer(self, offer: Offer, line: Line, q: float) -> Terms:
        """Return what q parts of an offer come to for a line; as if at the door without a route."""
        return self.offer_rates(offer, line).of(self.pricing_of(offer), q)

    def offer_rates(self, offer: Offer, line: Line) -> Rates:
        """Return what comes to the quotes of an offer for a line."""
        cost, weeks, kg = self.transport(offer.supplier, line) or (0.0, 0.0, 0.0)
        cost += self.royalty_of(offer.part, offer.supplier)
        duty, on_transport = self.duty(offer.supplier, line)
        before, per_part, after = self.beside[offer.supplier, offer.part, offer.route]
        return Rates(
            offer.fee_per_order,
            cost + after + on_transport,
            weeks,
            offer.kg_co2_per_part + kg,
            before,
            per_part,
            self.closed.get(offer.supplier, ()),
            duty,
        )

    @cached_property
    def closed(self) -> dict[str, tuple[tuple[int, int], ...]]:
        """First morning and length of each supplier's closures, in days from the order date on.

        Days that are stated twice count once.
        """
        found: dict[str, tuple[tuple[int, int], ...]] = {}
        today = self.instance.order_date
        for entry in self.instance.suppliers:
            if today is None:
                break
            shut = {
                (closure.from_ - today).days + n
                for closure in entry.closed
                for n in range((closure.to - closure.from_).days + 1)
            }
            days = sorted(day for day in shut if day >= 0)
            starts = [day for day in days if day - 1 not in shut or day == 0]
            ends = [*starts[1:], math.inf][: len(starts)]
            found[entry.supplier] = tuple(
                (a, sum(a <= day < b for day in days)) for a, b in zip(starts, ends, strict=True)
            )
        return found

    def royalty_of(self, part: str, supplier: str) -> float:
        """Return what the owners of a design ask for a print at a supplier."""
        if not self.royalty:
            return 0.0
        return self.royalty.get((part, None), 0.0) + self.royalty.get((part, supplier), 0.0)

    @cached_property
    def beside(self) -> dict[tuple[str, str, str], tuple[float, float, float]]:
        """Weeks an order, weeks a part and money a part beside the quotes of each offer."""
        prepared = {e.part: e.weeks for e in self.instance.preparations if not e.done}
        approved = {(e.supplier, e.part): e.weeks for e in self.instance.approvals if not e.done}
        after: dict[tuple[str, str], tuple[float, float, float]] = {
            (e.part, e.route): (e.weeks, e.weeks_per_part, e.cost_per_part)
            for e in self.instance.post_processing
        }
        found = {}
        for supplier, part, route, _ in self.offers:
            weeks, each, cost = after.get((part, route), (0.0, 0.0, 0.0))
            weeks += prepared.get(part, 0.0) + approved.get((supplier, part), 0.0)
            found[supplier, part, route] = weeks, each, cost
        return found

    @cached_property
    def tooling_left(self) -> dict[str, list[float]]:
        """The weeks that committed tooling of each part still takes."""
        found: dict[str, list[float]] = defaultdict(list)
        for order in self.instance.committed:
            if order.tooling_weeks_left is not None:
                found[self.lines[order.line].part].append(order.tooling_weeks_left)
        return found

    def conventional_rates(self, line: Line) -> ConventionalRates | None:
        """Return what conventional supply of a line asks; None where none reaches."""
        of = line.part, line.place
        if of not in self.usual:
            self.usual[of] = self._conventional_rates(line)
        return self.usual[of]

    def _conventional_rates(self, line: Line) -> ConventionalRates | None:
        entry = self.conventional.get(line.part)
        moved = None if entry is None else self.transport(entry.place, line)
        if entry is None or moved is None:
            return None
        cost, weeks, kg = moved
        duty, on_transport = self.duty(entry.place, line)
        asset = 0.0 if entry.asset_exists else entry.asset_cost
        left = self.tooling_left.get(line.part, ())
        tooling = 0.0 if entry.asset_exists else min([entry.tooling_lead_time_weeks, *left])
        return ConventionalRates(
            asset,
            entry.setup_cost,
            entry.cost_per_part,
            cost + on_transport + duty * entry.cost_per_part,
            entry.lead_time_weeks + tooling + weeks,
            entry.kg_co2_per_part + kg,
        )

    def of_conventional(self, line: Line, q: float) -> Terms | None:
        """Return what q parts of conventional supply come to; None where it does not reach."""
        if (rates := self.conventional_rates(line)) is None:
            return None
        return Terms(rates.fixed + rates.rate * q, rates.weeks, rates.kg_co2 * q)

    @cached_property
    def whole_orders(self) -> dict[int, tuple[float, bool]]:
        """Parts of the whole order of each committed entry, and if others paid the tooling."""
        parts: dict[tuple[str, str | int], float] = defaultdict(float)
        first: dict[str, tuple[str, str | int]] = {}
        keys: dict[int, tuple[str, str | int]] = {}
        for order in self.instance.committed:
            part = self.lines[order.line].part
            key = keys[id(order)] = part, order.order or id(order)
            parts[key] += order.quantity
            if order.supplier == CONVENTIONAL:
                first.setdefault(part, key)
        return {n: (parts[key], first.get(key[0], key) != key) for n, key in keys.items()}

    def of_committed(self, order: Committed) -> tuple[Terms, float]:
        """Return what a committed order comes to, and the machine hours that it uses."""
        line, q = self.lines[order.line], order.quantity
        asked, hours = Terms(0.0, 0.0, 0.0), 0.0
        whole, tooled = self.whole_orders.get(id(order), (q, False))
        if order.supplier == CONVENTIONAL:
            asked = self.of_conventional(line, whole) or asked
            if tooled:
                rates = self.conventional_rates(line)
                asked = asked._replace(cost=asked.cost - (rates.asset if rates else 0.0))
        else:
            for offer in self.offers_of_part[line.part]:
                if order.matches(offer, line.part):
                    asked = self.offer_rates(offer, line).of(quote_pricing(offer), whole)
                    hours = offer.machine_hours_per_part * q
                    break
        share = q / whole
        shared = {n: getattr(asked, n) * share for n in ("cost", "kg_co2", "cost_terms")}
        asked = asked._replace(**shared)
        cost, weeks, kg, used = (
            b if a is None else a
            for a, b in (
                (order.cost, asked.cost),
                (self._promised(order), asked.weeks),
                (order.kg_co2, asked.kg_co2),
                (order.machine_hours, hours),
            )
        )
        return Terms(cost, weeks, kg, asked.cost_terms, asked.weeks_terms), used

    def _promised(self, order: Committed) -> float | None:
        """Return in how many weeks an order was agreed to arrive; None where it was not."""
        if order.delivery is None or self.instance.order_date is None:
            return order.weeks
        return max(0, (order.delivery - self.instance.order_date).days) / 7

    def need_by(self, line: Line) -> float | None:
        """Return within how many weeks a line must arrive: by its last working day, past or not."""
        begin, day = self.instance.order_date, line.need_by
        if day is None or begin is None:
            return line.need_by_weeks
        while not self._receives(line.place, day):
            day -= timedelta(days=1)
        return (day - begin).days / 7

    def delivery_date(self, line: Line, weeks: Amount, stated: Any) -> Any:
        """Return the day on which a line receives what takes so many weeks.

        Where the weeks are a whole number of days but for rounding, the stated day may be either.
        """
        begin = self.instance.order_date
        if begin is None:
            return None
        room = max(2e-6, 1e-6 * 7 * max(weeks.scale, abs(weeks.value)))
        days = [self._received(line, begin, 7 * weeks.value + r) for r in (-1e-6, -room, room)]
        return stated if stated in days else days[0]

    def _received(self, line: Line, begin: date, days: float) -> str:
        day = begin + timedelta(days=max(0, math.ceil(days)))
        while not self._receives(line.place, day):
            day += timedelta(days=1)
        return day.isoformat()

    def _receives(self, place: str | None, day: date) -> bool:
        """Return whether a place receives goods on a day."""
        if place not in self.calendars:
            return True
        calendar = self.calendars[place]
        return _DAYS[day.weekday()] in calendar.working_days and day not in calendar.holidays

    @cached_property
    def calendars(self) -> dict[str | None, Calendar]:
        """The calendars by which places receive goods; of places that have one."""
        named = {calendar.name: calendar for calendar in self.instance.calendars}
        return {p.name: named[p.receives] for p in self.instance.network.places if p.receives}

    def exclusion(self, offer: Offer, line: Line) -> str:
        """Return why an offer cannot be used for a line; empty where it can."""
        return next(self._exclusions(offer, line), "")

    def _exclusions(self, offer: Offer, line: Line) -> Iterator[str]:
        today, part = self.instance.order_date, self.parts[offer.part]
        if today and offer.valid_from and today < offer.valid_from:
            yield f"holds from {offer.valid_from} on"
        if today and offer.valid_to and today > offer.valid_to:
            yield f"held until {offer.valid_to}"
        if part.materials and offer.material not in part.materials:
            yield f"material {offer.material or 'not stated'} will not do"
        if offer.build_envelope is not None:
            box = offer.build_envelope
            space = sorted([box.length_mm, box.width_mm, box.height_mm])
            size = sorted(x or 0.0 for x in (part.length_mm, part.width_mm, part.height_mm))
            if any(x > s for x, s in zip(size, space, strict=True)):
                yield "the part does not fit the build envelope"
        if part.certificates and (missing := {*part.certificates} - {*offer.certificates}):
            yield f"lacks the certificate {', '.join(sorted(missing))}"
        if self.transport(offer.supplier, line) is None:
            yield f"no route leads to {line.place!r}"
        if line.certificates and (missing := {*line.certificates} - {*offer.certificates}):
            yield f"lacks the certificate {', '.join(sorted(missing))}"

    def scenario(self, line: Line, q: float, ordered: float, found: Terms) -> str:
        """Return the scenario of a line's q parts of an order; empty without anything to compare.

        Conventional supply is that of the whole order, and its cost the line's share of it.
        """
        usual = self.of_conventional(line, ordered)
        if usual is None:
            return ""
        cost = saving(usual.cost * (q / ordered), found.cost)
        return scenario(cost, saving(usual.weeks, found.weeks))
