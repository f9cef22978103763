r"""Up to which price an offer stays chosen: its prices moved by one amount a part, solved again.

With prices of an offer changed by θ a part, :math:`V(\theta) = \min_p c_p + \theta u_p` over
plans p, whose :math:`u_p` are the parts ordered there, and the duty on them: concave and rising.
The offer stays chosen until V reaches what the best plan without it costs; it keeps its quantity as
long as V lies on the line of today's plan.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from amopt.errors import NoAnswerError, UsageError
from amopt.outcome import Outcome, Status, Stopped, versions
from amopt.phrases import counted, listed, money, plural
from amopt.program.solver.options import Options
from amopt.program.time import Budget
from amopt.solution import Column, Solution
from amopt.sourcing.instance.curves import quotes_of
from amopt.sourcing.offers.supply_options import SupplyOptions
from amopt.sourcing.worth.search import Search
from amopt.sourcing.worth.values import NEAR, Value, value_of
from amopt.sourcing.worth.without import without
from amopt.sourcing.worth.worth import ENDED
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.sourcing.instance.fields import Instance, Offer

__all__ = ["Ranges", "price_ranges"]

MOST_SOLVES = 60
"""Solves for one offer; each step reaches a plan with fewer parts, so that few are needed."""

NOT_IN_TIME = "not known in time"
"""Why a price is empty, where solves were not ended in time."""

CENT = 0.01
"""How near a price is found by bisection, where a budget makes the steps inexact."""


@dataclass(frozen=True)
class Ranges(Solution):
    """Up to which price each chosen offer stays chosen."""

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {
        "ranges": (
            Column("part", "", "Part."),
            Column("supplier", "", "Supplier of a chosen offer."),
            Column("quantity", "parts", "Parts that the plan orders there."),
            Column("price", "money", "Price a part at that quantity, without fees and transport."),
            Column("keeps_quantity_up_to", "money", "Price up to which it keeps all of them."),
            Column("chosen_up_to", "money", "Price up to which it gets anything; empty: at any."),
            Column("without", "money", "What the best plan without the offer costs; empty: none."),
            Column("why", "", "Why a price is empty, where it is not at any price."),
            Column("route", "", "Route of the offer.", shown=False),
            Column("material", "", "Material of the offer.", shown=False),
        ),
    }

    def headline(self) -> tuple[str, ...]:
        """Return the ranges in a few plain sentences."""
        rows, every = self.rows["ranges"], self.outcome.stopped is Stopped.FINISHED
        looked = "chosen" if every else "looked at"
        said = [f"{counted(len(rows), 'chosen offer' if not every else 'offer')} {looked}."]
        said += [
            f"{row['supplier']} stays chosen for {row['part']} up to "
            f"{money(row['chosen_up_to'], self.currency)} a part, and asks "
            f"{money(row['price'], self.currency)}."
            for row in rows[:3]
            if row["chosen_up_to"] is not None
        ]
        return tuple(said)


def price_ranges(
    instance: Instance,
    supplier: str | None = None,
    *,
    options: Options | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Ranges:
    """Return up to which price each chosen offer stays chosen.

    Ctrl-C ends the search: the offers that have been looked at are returned, and said not to be
    all.

    Parameters
    ----------
    instance
        The instance.
    supplier
        The supplier to look at; left out, all that get an order.
    options
        As for :func:`amopt.sourcing.solve`; the time limit is that of the whole.
    progress
        Told how many offers have been looked at, and how many are chosen.

    Raises
    ------
    UsageError
        When the supplier offers nothing, or spend discounts make the question ill posed.
    InfeasibleError, NoAnswerError
        When the instance has no plan, or none was found.
    KeyboardInterrupt
        At Ctrl-C before the plan is there, and at a second one.
    """
    if supplier is not None and supplier not in {offer.supplier for offer in instance.offers}:
        raise UsageError(f"{supplier!r} offers nothing", "range-of-unknown-offer")
    if any(entry.spend_discounts is not None for entry in instance.suppliers):
        raise UsageError(
            "a dearer part can reach a discount on what is spent there, so that there is no one "
            "price up to which an offer stays chosen; leave spend_discounts out",
            "range-with-discount",
        )
    if any(entry.minimum_order_value is not None for entry in instance.suppliers):
        raise UsageError(
            "a dearer part can reach the minimum order value of its supplier, so that there is no "
            "one price up to which an offer stays chosen; leave minimum_order_value out",
            "range-with-discount",
        )
    if instance.counts_committed:
        raise UsageError(
            "committed parts count for new ones, so that a price is that of both; leave "
            "committed_counts out"
        )
    from amopt.sourcing.decision import solve

    options = options or Options()
    budget = Budget(options.time_limit)
    with budget.phase("plan"):
        today = value_of(solve(instance, options=budget.options(options)))
    search = Search(options, budget, today, progress=progress)
    chosen = [
        index
        for index, offer in enumerate(instance.offers)
        if _ordered(today, offer) and supplier in (None, offer.supplier)
    ]
    with budget.phase("offers"):
        rows = search.rows(
            chosen, lambda index: _Line(instance, index, search).row(), 0, len(chosen)
        )
    exact = search.exact and search.stopped is Stopped.FINISHED
    return Ranges(
        kind="sourcing",
        name=instance.name,
        outcome=Outcome(
            stopped=search.stopped,
            status=Status.OPTIMAL if exact else Status.FEASIBLE,
            objective=today.high,
            bound=min(today.low, today.high) if math.isfinite(today.low) else None,
            method="solved again at other prices",
            seconds=dict(budget.seconds),
            versions=versions("amopt", "highspy", "pyomo"),
        ),
        verdict=Verdict(checks=search.checks),
        rows={"ranges": rows},
        notes=_notes(instance, search, [instance.offers[index] for index in chosen[len(rows) :]]),
        fingerprint=instance.fingerprint(),
        currency=instance.currency,
        objective_meaning=instance.objective_meaning,
    )


def _notes(instance: Instance, search: Search, left: Sequence[Offer]) -> tuple[str, ...]:
    """Return what is not proven, and which chosen offers were not looked at."""
    said = []
    if instance.limits.budget is not None:
        said.append("The budget binds dearer plans too: prices are found to the cent by bisection.")
    if not search.exact:
        said.append("Not every plan is proven to be the best: prices are those of plans found.")
    if left:
        names = listed([f"{offer.supplier!r} for {offer.part!r}" for offer in left], most=3)
        were = plural(len(left), "was", "were")
        said.append(
            f"{ENDED[search.stopped]} ended the search before {counted(len(left), 'chosen offer')} "
            f"({names}) {were} looked at."
        )
    return tuple(said)


def _orders(value: Value, offer: Offer) -> Iterator[tuple[str, float]]:
    """Yield the lines for which a plan newly orders parts at an offer, and how many."""
    for row in value.solution.rows["orders"] if value.solution is not None else ():
        key = row["supplier"], row["part"], row["route"], row["material"]
        if not row["committed"] and key == offer.key:
            yield row["line"], float(row["quantity"])


def _ordered(value: Value, offer: Offer) -> float:
    """Return the parts that a plan newly orders at an offer."""
    return sum(parts for _, parts in _orders(value, offer))


@dataclass
class _Line:
    """The search along the prices of one offer.

    Attributes
    ----------
    instance, index
        The instance, and which of its offers it is.
    search
        The solves so far, that of today's prices among them.
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

    @cached_property
    def _duty(self) -> dict[str, float]:
        """The duty on the offer's parts by line, as a share of their price."""
        supply = SupplyOptions.of(self.instance)
        own = np.flatnonzero(supply.source == self.index).tolist()
        return {self.instance.lines[supply.line[o]].line: float(supply.duty[o]) for o in own}

    def _slope(self, value: Value) -> float:
        """Return what a unit of money a part more costs in a plan's objective."""
        own = _orders(value, self.offer)
        return self.weight * sum(parts * (1 + self._duty[line]) for line, parts in own)

    def row(self) -> dict[str, Any]:
        """Return the row of the offer."""
        offer, parts = self.offer, _ordered(self.today, self.offer)
        row: dict[str, Any] = {
            "part": offer.part,
            "supplier": offer.supplier,
            "quantity": parts,
            "price": self._price(),
            **dict.fromkeys(("keeps_quantity_up_to", "chosen_up_to", "without")),
            "why": "",
            "route": offer.route,
            "material": offer.material,
        }
        if offer.between == "power" or self.weight <= 0:
            fitted = "a fitted power does not move by one amount a part"
            return {**row, "why": fitted if self.weight > 0 else "cost is not minimised"}
        try:
            self._fill(row)
        except NoAnswerError:
            row["why"] = NOT_IN_TIME
        return row

    def _fill(self, row: dict[str, Any]) -> None:
        """Write the prices into the row, one after the other, as they are known."""
        without = self._solved(self._without())
        if without.exists:
            row["without"] = without.high
        elif self.instance.limits.budget is not None:
            row["why"] = "chosen as long as the budget allows any plan"
        chosen = self._chosen_up_to(without)
        if chosen is not None:
            row["chosen_up_to"] = row["price"] + chosen
        kept = self._keeps_up_to(without, chosen)
        if kept is not None and chosen is not None:
            kept = min(kept, chosen)  # a budget leaves both to be found by steps
        row["keeps_quantity_up_to"] = None if kept is None else row["price"] + kept

    def _price(self) -> float:
        """Return the price a part that the quotes ask for what is ordered."""
        total, _ = quotes_of([self.offer]).curves()
        amounts = [parts for _, parts in _orders(self.today, self.offer)]
        if getattr(self.instance, "orders", "by_line") == "together":
            amounts = [sum(amounts)]
        paid = sum(float(total.at(np.array([amount]))[0]) for amount in amounts)
        return paid / sum(amounts)

    def _without(self) -> Instance:
        return without(self.instance, lambda offer: offer is self.offer)

    def _solved(self, instance: Instance) -> Value:
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

    def _at(self, theta: float) -> Value:
        """Return what the instance costs with the offer's prices changed by theta a part."""
        if theta not in self.known:
            offer = self.offer
            quotes = tuple(
                quote.model_copy(update={"cost_per_part": quote.cost_per_part + theta})
                for quote in offer.quotes
            )
            offers = list(self.instance.offers)
            offers[self.index] = offer.model_copy(update={"quotes": quotes})
            self.known[theta] = self._solved(self.instance.unchecked_copy(offers=tuple(offers)))
        return self.known[theta]

    def _chosen_up_to(self, without: Value) -> float | None:
        """Return by how much a part may be dearer until the offer gets nothing; None: any."""
        if not without.exists:
            return None
        if self.instance.limits.budget is not None:
            return self._bisected(without)
        value, theta = self.today, 0.0
        for _ in range(MOST_SOLVES):
            slope = self._slope(value)
            cheaper = without.high - value.high
            if slope <= 0 or cheaper <= NEAR * abs(without.high):
                break
            theta += cheaper / slope
            value = self._at(theta)
        return theta

    def _bisected(self, without: Value) -> float:
        low, high = 0.0, max(CENT, (without.high - self.today.high) / self.weight)
        while high - low > CENT:
            middle = (low + high) / 2
            if self._at(middle).below(without):
                low = middle
            else:
                high = middle
        return low

    def _keeps_up_to(self, without: Value, chosen: float | None) -> float | None:
        """Return up to which change V lies on the line of today's plan; None: at any."""
        slope = self._slope(self.today)
        if chosen is None:
            other, theta = self._far(), 0.0
            if other is None:
                return None
            value, theta = other
            own = self._slope(value)
            line = value.high - own * theta
        else:
            line, own = without.high, 0.0
        theta = 0.0
        for _ in range(MOST_SOLVES):
            if own >= slope * (1 - NEAR):
                return theta
            theta = (line - self.today.high) / (slope - own)
            value = self._at(theta)
            mine = self.today.high + slope * theta
            if value.high >= mine - NEAR * abs(mine):
                return theta
            own = self._slope(value)
            line = value.high - own * theta
        return theta

    def _far(self) -> tuple[Value, float] | None:
        """Return the plan at a price beyond all others; None where it keeps its quantity."""
        theta = 1e3 * max(1.0, self.today.high)
        value = self._at(theta)
        parts = _ordered(value, self.offer)
        if not value.exists or parts >= _ordered(self.today, self.offer) * (1 - NEAR):
            return None
        return value, theta
