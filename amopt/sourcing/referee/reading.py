"""What the referee knows: the file, read anew with scalar arithmetic of its own."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from amopt.network import SupplyNetwork
from amopt.sourcing.instance.fields import CONVENTIONAL, Conventional, Line, Offer
from amopt.sourcing.referee.quote_pricing import Curve, tariff

if TYPE_CHECKING:
    from amopt.network import RouteTable
    from amopt.sourcing.instance.fields import Committed, Instance, Part

__all__ = ["Reading", "Terms", "saving", "scenario"]

Terms = tuple[float, float, float]
"""Cost in money, weeks until delivery, and kg of CO2 of an order."""


@dataclass
class Reading:
    """An instance as the referee reads it."""

    instance: Instance
    curves: dict[int, tuple[Curve, Curve]] = field(default_factory=dict)
    tables: dict[float, RouteTable] = field(default_factory=dict)

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

    @cached_property
    def downtime_per_week(self) -> dict[str, float]:
        """The cost of a week that a line waits, in money, by line."""
        return {
            name: line.downtime_cost_per_hour
            * (line.hours_per_week or self.instance.hours_per_week)
            for name, line in self.lines.items()
        }

    def transport(self, start: str | None, line: Line) -> Terms:
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

    def asked(self, offer: Offer, line: Line, q: float) -> Terms:
        """Return cost, weeks and kg of CO2 of q parts of an offer for a line."""
        total, lead_time = self.curves_of(offer)
        cost, weeks, kg = self.transport(offer.supplier, line)
        royalty = sum(self.royalty.get((offer.part, who), 0.0) for who in (None, offer.supplier))
        return (
            total(q) + offer.fee_per_order + (cost + royalty) * q,
            lead_time(q) + weeks,
            (offer.kg_co2_per_part + kg) * q,
        )

    def asked_usually(self, entry: Conventional, line: Line, q: float) -> Terms:
        """Return cost, weeks and kg of CO2 of q parts of conventional supply for a line."""
        cost, weeks, kg = self.transport(entry.place, line)
        asset = 0.0 if entry.asset_exists else entry.asset_cost
        tooling = 0.0 if entry.asset_exists else entry.tooling_lead_time_weeks
        return (
            asset + (entry.cost_per_part + cost) * q,
            entry.lead_time_weeks + tooling + weeks,
            (entry.kg_co2_per_part + kg) * q,
        )

    def agreed(self, order: Committed) -> tuple[float, float, float, float]:
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

    def unusable(self, offer: Offer, line: Line) -> Iterator[str]:
        """Yield why an offer cannot be used for a line."""
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

    def scenario(self, line: Line, q: float, found: Terms) -> str:
        """Return the scenario of q parts on these terms; empty without anything to compare."""
        entry = self.usual.get(line.part)
        usual = (math.inf, 0.0, 0.0) if entry is None else self.asked_usually(entry, line, q)
        if not math.isfinite(usual[0]):
            return ""
        return scenario(saving(usual[0], found[0]), saving(usual[1], found[1]))


def saving(usual: float, own: float) -> float:
    """Return what is saved; nothing where the two differ by rounding only."""
    return 0.0 if math.isclose(usual, own, rel_tol=1e-9) else usual - own


def scenario(cost: float, weeks: float) -> str:
    """Return the scenario of savings of cost and time."""
    if cost > 0:
        return "I" if weeks > 0 else "II"
    return "IV" if weeks > 0 else "III"
