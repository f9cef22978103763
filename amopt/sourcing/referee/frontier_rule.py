"""The frontier rule, filled anew: the baseline that stands beside a plan.

Akmal et al. (2022): the supplier who can do the most at reduced cost and in reduced time is filled
up to that, then the next; if all of them cannot fill the line, conventional supply does.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from amopt.sourcing.instance.entries import CONVENTIONAL
from amopt.sourcing.referee.use import Placed, Totals, bills

if TYPE_CHECKING:
    from amopt.sourcing.instance.entries import Line, Offer
    from amopt.sourcing.referee.switchover import Reach
    from amopt.sourcing.referee.terms import OrderTerms

__all__ = ["frontier_rule"]

WHOLE = 1e-9
"""What is left of a quantity that is filled but for rounding, relative."""


def frontier_rule(
    terms: OrderTerms, reach: Reach, prints: Mapping[tuple[str, str | None], float]
) -> dict[str, Totals | None]:
    """Return what the rule's orders come to by line, committed ones among them; None if unfilled.

    Parameters
    ----------
    terms
        The instance.
    reach
        What each offer makes of each line at reduced cost and in reduced time.
    prints
        Prints left of each licence, by part and supplier.
    """
    rule = _Rule(terms, reach, _Left.of(terms, prints))
    found: dict[str, Totals | None] = {}
    placed: list[Placed] = []
    for name, line in terms.lines.items():
        total = Totals()
        for order in terms.committed_to.get(name, ()):
            total.add(order.supplier, order.quantity, terms.of_committed(order)[0])
        need = line.quantity - total.quantity
        found[name] = total
        if need > WHOLE * line.quantity:
            chosen = rule.orders(line, need, set(total.suppliers))
            placed += chosen
            found[name] = total if chosen else None
    for own, bill in zip(placed, bills(terms, placed), strict=True):
        filled = found[own.line.line]
        assert filled is not None
        filled.add(own.supplier, own.quantity, bill)
    return found


@dataclass
class _Rule:
    """The rule at work, line by line."""

    terms: OrderTerms
    reach: Reach
    left: _Left

    def orders(self, line: Line, need: float, suppliers: set[str]) -> list[Placed]:
        """Return the rule's orders of a line beside what is committed; none if they cannot fill."""
        terms = self.terms
        chosen = self._printed(line, need, set(suppliers))
        for offer, q in chosen:
            self.left.take(offer, q)
        if chosen:
            return [Placed(line, offer, q, (offer.key, line.line)) for offer, q in chosen]
        entry = terms.conventional.get(line.part)
        limit = terms.instance.limits.suppliers_per_line
        crowded = limit is not None and len({*suppliers, CONVENTIONAL}) > limit
        if entry is None or crowded:
            return []
        q = max(need, entry.minimum_order)
        q = q if line.divisible else float(math.ceil(q * (1 - WHOLE)))
        usual = terms.of_conventional(line, q)
        if usual is None or q > need + line.surplus or usual.weeks > self._latest(line):
            return []
        return [Placed(line, None, q, (CONVENTIONAL, line.line))]

    def _latest(self, line: Line) -> float:
        """Return by when a line's orders must be there, in weeks."""
        asked = (self.terms.need_by(line), self.terms.instance.limits.weeks)
        limits = [limit for limit in asked if limit is not None]
        return min(limits, default=math.inf) * (1 + WHOLE)

    def _printed(self, line: Line, need: float, suppliers: set[str]) -> list[tuple[Offer, float]]:
        """Return what AM suppliers take of a line, most effective first; nothing if they cannot."""
        limit = self.terms.instance.limits.suppliers_per_line
        chosen: list[tuple[Offer, float]] = []
        for offer, most in self._by_effect(line):
            new = offer.supplier not in suppliers
            if limit is not None and new and len(suppliers) >= limit:
                continue
            q = min(need, most, self.left.room(offer, chosen))
            if not line.divisible:
                q = float(math.floor(q * (1 + WHOLE)))
            if q < offer.smallest:
                continue
            chosen.append((offer, q))
            suppliers.add(offer.supplier)
            need -= q
            if need <= WHOLE * line.quantity:
                weeks = [self.terms.of_offer(offer, line, q).weeks for offer, q in chosen]
                return [] if max(weeks) > self._latest(line) else chosen
        return []

    def _by_effect(self, line: Line) -> list[tuple[Offer, float]]:
        """Return the offers that do anything for a line, most effective first, then cheapest."""
        if line.line not in self.reach:
            return []
        known = zip(self.terms.offers_of_part[line.part], self.reach[line.line], strict=True)
        offers = [(offer, most) for offer, most in known if most > 0]
        if len(offers) < 2:
            return offers
        whole = line.quantity + line.surplus
        alike = Counter(most for _, most in offers)

        def effect(entry: tuple[Offer, float]) -> tuple[float, float]:
            offer, most = entry
            if alike[most] == 1:  # where none does as much, the cost decides nothing
                return -most, 0.0
            q = max(min(most, whole), offer.smallest)
            return -most, float(f"{self.terms.of_offer(offer, line, q).cost:.9e}")

        return sorted(offers, key=effect)


@dataclass
class _Left:
    """What is left of capacities and licences while lines are filled."""

    hours: dict[str, float]
    parts: dict[str, float]
    prints: dict[tuple[str, str | None], float]

    @classmethod
    def of(cls, terms: OrderTerms, prints: Mapping[tuple[str, str | None], float]) -> _Left:
        """Return what committed orders leave."""
        capacities = terms.instance.capacities
        left = cls(
            {c.supplier: c.machine_hours for c in capacities if c.machine_hours is not None},
            {c.supplier: c.parts for c in capacities if c.parts is not None},
            dict(prints),
        )
        for order in terms.instance.committed:
            if order.supplier != CONVENTIONAL:
                part = terms.lines[order.line].part
                left._use(part, order.supplier, order.quantity, terms.of_committed(order)[1])
        return left

    def _use(self, part: str, supplier: str, q: float, hours: float) -> None:
        if supplier in self.hours:
            self.hours[supplier] -= hours
        if supplier in self.parts:
            self.parts[supplier] -= q
        for key in ((part, None), (part, supplier)):
            if key in self.prints:
                self.prints[key] -= q

    def take(self, offer: Offer, q: float) -> None:
        """Take an order from what is left."""
        self._use(offer.part, offer.supplier, q, q * offer.machine_hours_per_part)

    def room(self, offer: Offer, chosen: list[tuple[Offer, float]]) -> float:
        """Return how many parts an offer can take beside what is chosen for the same line."""
        own = [(other, q) for other, q in chosen if other.supplier == offer.supplier]
        hours = self.hours.get(offer.supplier, math.inf)
        hours -= sum(q * other.machine_hours_per_part for other, q in own)
        taken = sum(q for _, q in own)
        per_part = offer.machine_hours_per_part
        return max(
            0.0,
            min(
                hours / per_part if per_part > 0 else math.inf,
                self.parts.get(offer.supplier, math.inf) - taken,
                self.prints.get((offer.part, offer.supplier), math.inf) - taken,
                self.prints.get((offer.part, None), math.inf) - sum(q for _, q in chosen),
            ),
        )
