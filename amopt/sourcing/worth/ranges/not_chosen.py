"""From which price an offer that is not chosen would be.

While the offer is not chosen V is today's cost, whatever it asks; it is chosen from the price at
which V leaves it. From the lowest price that there can be, the line of the plan found is followed
up to today's cost, and the instance solved again there, until no plan with the offer is cheaper.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from amopt.errors import NoAnswerError
from amopt.sourcing.instance.curves import quotes_of
from amopt.sourcing.offers.supply_options import SupplyOptions
from amopt.sourcing.worth.ranges.line import CENT, MOST_SOLVES, NOT_IN_TIME, PriceLine, ordered

if TYPE_CHECKING:
    from amopt.sourcing.worth.values import Value

__all__ = ["NotChosen"]

NEVER = "not chosen even where its lowest price is nothing"
"""Why no price is told of an offer that prices do not keep from being chosen."""


class NotChosen(PriceLine):
    """The search along falling prices of an offer that is not chosen."""

    def row(self) -> dict[str, Any]:
        """Return the row of the offer."""
        row: dict[str, Any] = {
            "part": self.offer.part,
            "supplier": self.offer.supplier,
            **dict.fromkeys(("quantity", "price", "chosen_from", "lower_by")),
            "why": self.why(),
            **self.named(),
        }
        if row["why"]:
            return row
        if unfit := self._unfit():
            return {**row, "why": unfit}
        try:
            found = self._chosen_from()
        except NoAnswerError:
            return {**row, "why": NOT_IN_TIME}
        if found is None:
            return {**row, "why": NEVER}
        theta, plan = found
        asked = self.price(plan)
        return {
            **row,
            "quantity": ordered(plan, self.offer),
            "price": asked,
            "chosen_from": asked + theta,
            "lower_by": 0.0 - theta,  # not -0.0
        }

    def _unfit(self) -> str:
        """Return why no line can take the offer; nothing where one can."""
        supply = SupplyOptions.of(self.instance)
        own = np.flatnonzero(supply.source == self.index).tolist()
        reasons = [supply.excluded[o] for o in own]
        return "" if "" in reasons else f"no line can take it: {reasons[0]}"

    def _lowest(self) -> float:
        """Return the change at which the least price a part of what lines can have is nothing.

        The price a part is monotone between quotes, so that it is least at one, or at an end.
        """
        offer = self.offer
        most = sum(
            line.quantity + line.surplus for line in self.instance.lines if line.part == offer.part
        )
        low, high = offer.smallest, max(offer.smallest, min(offer.largest, most))
        ends = [low, high, *(q.quantity for q in offer.quotes if low < q.quantity < high)]
        total, _ = quotes_of([offer]).curves()
        return -max(0.0, min(float(total.at(np.array([end]))[0]) / end for end in ends))

    def _chosen_from(self) -> tuple[float, Value] | None:
        """Return the change from which the offer gets anything, and its plan; None: none."""
        theta = self._lowest()
        plan = self.at(theta)
        if not plan.below(self.today):
            return None
        if self.has_budget:
            return self._bisected(theta)
        for _ in range(MOST_SOLVES):
            theta = min(0.0, theta + (self.today.high - plan.high) / self.slope(plan))
            value = self.at(theta)
            if not value.below(self.today) or not ordered(value, self.offer):
                break
            plan = value
        return theta, plan

    def _bisected(self, low: float) -> tuple[float, Value]:
        high = 0.0
        while high - low > CENT:
            middle = (low + high) / 2
            if self.at(middle).below(self.today):
                low = middle
            else:
                high = middle
        return low, self.at(low)
