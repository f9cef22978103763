"""Up to which price a chosen offer stays chosen, and keeps its quantity.

The offer stays chosen until V reaches what the best plan without it costs; it keeps its quantity as
long as V lies on the line of today's plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.errors import NoAnswerError
from amopt.sourcing.worth.ranges.line import CENT, MOST_SOLVES, NOT_IN_TIME, PriceLine, ordered
from amopt.sourcing.worth.values import NEAR, Value
from amopt.sourcing.worth.without import without

if TYPE_CHECKING:
    from amopt.sourcing.instance.fields import Instance

__all__ = ["Chosen"]


class Chosen(PriceLine):
    """The search along rising prices of an offer that is chosen."""

    def row(self) -> dict[str, Any]:
        """Return the row of the offer."""
        offer, parts = self.offer, ordered(self.today, self.offer)
        row: dict[str, Any] = {
            "part": offer.part,
            "supplier": offer.supplier,
            "quantity": parts,
            "price": self.price(self.today),
            **dict.fromkeys(("keeps_quantity_up_to", "chosen_up_to", "without")),
            "why": self.why(),
            **self.named(),
        }
        if row["why"]:
            return row
        try:
            self._fill(row)
        except NoAnswerError:
            row["why"] = NOT_IN_TIME
        return row

    def _fill(self, row: dict[str, Any]) -> None:
        """Write the prices into the row, one after the other, as they are known."""
        without = self.solved(self._without())
        if without.exists:
            row["without"] = without.high
        elif self.has_budget:
            row["why"] = "chosen as long as the budget allows any plan"
        chosen = self._chosen_up_to(without)
        if chosen is not None:
            row["chosen_up_to"] = row["price"] + chosen
        kept = self._keeps_up_to(without, chosen)
        if kept is not None and chosen is not None:
            kept = min(kept, chosen)  # a budget leaves both to be found by steps
        row["keeps_quantity_up_to"] = None if kept is None else row["price"] + kept

    def _without(self) -> Instance:
        return without(self.instance, lambda offer: offer is self.offer)

    def _chosen_up_to(self, without: Value) -> float | None:
        """Return by how much a part may be dearer until the offer gets nothing; None: any."""
        if not without.exists:
            return None
        if self.has_budget:
            return self._bisected(without)
        value, theta = self.today, 0.0
        for _ in range(MOST_SOLVES):
            slope = self.slope(value)
            cheaper = without.high - value.high
            if slope <= 0 or cheaper <= NEAR * abs(without.high):
                break
            theta += cheaper / slope
            value = self.at(theta)
        return theta

    def _bisected(self, without: Value) -> float:
        low, high = 0.0, max(CENT, (without.high - self.today.high) / self.weight)
        while high - low > CENT:
            middle = (low + high) / 2
            if self.at(middle).below(without):
                low = middle
            else:
                high = middle
        return low

    def _keeps_up_to(self, without: Value, chosen: float | None) -> float | None:
        """Return up to which change V lies on the line of today's plan; None: at any."""
        slope = self.slope(self.today)
        if chosen is None:
            other, theta = self._far(), 0.0
            if other is None:
                return None
            value, theta = other
            own = self.slope(value)
            line = value.high - own * theta
        else:
            line, own = without.high, 0.0
        theta = 0.0
        for _ in range(MOST_SOLVES):
            if own >= slope * (1 - NEAR):
                return theta
            theta = (line - self.today.high) / (slope - own)
            value = self.at(theta)
            mine = self.today.high + slope * theta
            if value.high >= mine - NEAR * abs(mine):
                return theta
            own = self.slope(value)
            line = value.high - own * theta
        return theta

    def _far(self) -> tuple[Value, float] | None:
        """Return the plan at a price beyond all others; None where it keeps its quantity."""
        theta = 1e3 * max(1.0, self.today.high)
        value = self.at(theta)
        parts = ordered(value, self.offer)
        if not value.exists or parts >= ordered(self.today, self.offer) * (1 - NEAR):
            return None
        return value, theta
