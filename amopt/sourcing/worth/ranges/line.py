r"""An offer whose prices move by one amount a part, and what the instance then costs.

With prices of an offer changed by θ a part, :math:`V(\theta) = \min_p c_p + \theta u_p` over
plans p, whose :math:`u_p` are the parts ordered there, and the duty on them: concave and rising.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from amopt.errors import NoAnswerError
from amopt.sourcing.instance.curves import quotes_of
from amopt.sourcing.offers.supply_options import SupplyOptions

if TYPE_CHECKING:
    from amopt.sourcing.instance.fields import Instance, Offer
    from amopt.sourcing.worth.search import Search
    from amopt.sourcing.worth.values import Value

__all__ = ["CENT", "MOST_SOLVES", "NOT_IN_TIME", "PriceLine", "ordered"]

MOST_SOLVES = 60
"""Solves for one offer; each step reaches a plan with fewer parts, so that few are needed."""

NOT_IN_TIME = "not known in time"
"""Why a price is empty, where solves were not ended in time."""

CENT = 0.01
"""How near a price is found by bisection, where a budget makes the steps inexact."""


def _orders(value: Value, offer: Offer) -> Iterator[tuple[str, float]]:
    """Yield the lines for which a plan newly orders parts at an offer, and how many."""
    for row in value.solution.rows["orders"] if value.solution is not None else ():
        key = row["supplier"], row["part"], row["route"], row["material"]
        if not row["committed"] and key == offer.key:
            yield row["line"], float(row["quantity"])


def ordered(value: Value, offer: Offer) -> float:
    """Return the parts that a plan newly orders at an offer."""
    return sum(parts for _, parts in _orders(value, offer))


@dataclass
class PriceLine:
    """The search along the prices of one offer.

    Attributes
    ----------
    instance, index
        The instance, and which of its offers it is.
    search
        The solves so far, that of today's prices among them.
    known
        What the instance costs with the offer's prices changed by so much a part.
    """

    instance: Instance
    index: int
    search: Search
    known: dict[float, Value] = field(default_factory=dict)

    @property
    def today(self) -> Value:
        """The plan at today's prices."""
        return self.search.stated

    @property
    def offer(self) -> Offer:
        """The offer as it stands."""
        return self.instance.offers[self.index]

    @property
    def weight(self) -> float:
        """What a unit of money paid counts in the objective."""
        return self.instance.minimise.cost

    @property
    def has_budget(self) -> bool:
        """Whether a budget makes V jump, so that it is no longer concave."""
        return self.instance.limits.budget is not None

    @cached_property
    def _duty(self) -> dict[str, float]:
        """The duty on the offer's parts by line, as a share of their price."""
        supply = SupplyOptions.of(self.instance)
        own = np.flatnonzero(supply.source == self.index).tolist()
        return {self.instance.lines[supply.line[o]].line: float(supply.duty[o]) for o in own}

    def slope(self, value: Value) -> float:
        """Return what a unit of money a part more costs in a plan's objective."""
        own = _orders(value, self.offer)
        return self.weight * sum(parts * (1 + self._duty[line]) for line, parts in own)

    def why(self) -> str:
        """Return why no price of the offer can be told; nothing where it can."""
        if self.weight <= 0:
            return "cost is not minimised"
        fitted = self.offer.between == "power"
        return "a fitted power does not move by one amount a part" if fitted else ""

    def named(self) -> dict[str, Any]:
        """Return the columns that tell the offer from others, those that are shown last."""
        return {"route": self.offer.route, "material": self.offer.material}

    def price(self, value: Value) -> float:
        """Return the price a part that the quotes ask for what a plan orders."""
        total, _ = quotes_of([self.offer]).curves()
        amounts = [parts for _, parts in _orders(value, self.offer)]
        if getattr(self.instance, "orders", "by_line") == "together":
            amounts = [sum(amounts)]
        paid = sum(float(total.at(np.array([amount]))[0]) for amount in amounts)
        return paid / sum(amounts)

    def solved(self, instance: Instance) -> Value:
        """Return what an instance costs.

        Raises
        ------
        NoAnswerError
            When it was not known in time.
        """
        self.search.budget.require("a price was known")
        value = self.search.least(instance)
        if value.possible is None:
            raise NoAnswerError("a price was not known in time")
        return value

    def at(self, theta: float) -> Value:
        """Return what the instance costs with the offer's prices changed by theta a part."""
        if theta not in self.known:
            offer = self.offer
            quotes = tuple(
                quote.model_copy(update={"cost_per_part": quote.cost_per_part + theta})
                for quote in offer.quotes
            )
            offers = list(self.instance.offers)
            offers[self.index] = offer.model_copy(update={"quotes": quotes})
            self.known[theta] = self.solved(self.instance.unchecked_copy(offers=tuple(offers)))
        return self.known[theta]
