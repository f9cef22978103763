"""What happens in a replay, and what is known, placed and open at each time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from amopt.referee import Amount
from amopt.sourcing.instance.entries import CONVENTIONAL, Committed, Line
from amopt.sourcing.referee.quote_pricing import Terms
from amopt.sourcing.referee.terms import OrderTerms

if TYPE_CHECKING:
    from amopt.sourcing.events import Down, Event, Events, Finished
    from amopt.sourcing.instance.fields import Instance

__all__ = ["Happenings", "PlacedOrder"]

LATE = 1e-9
"""Weeks by which two times may differ by rounding."""

SPARE = 1e-9
"""Parts, relative, below which nothing is open."""


@dataclass(eq=False)
class PlacedOrder:
    """An order as the files and its row say, with what it comes to."""

    line: str
    supplier: str
    route: str | None
    material: str | None
    quantity: float
    terms: Terms
    placed: float
    delivered: Amount
    given: bool = False
    finished: bool = False
    state: str = "planned"
    order: int | None = None
    day: str | None = None


@dataclass
class Happenings:
    """What is known, at each time of a replay."""

    instance: Instance
    events: Events
    now: float = 0.0
    since: dict[str, float] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    down: set[str] = field(default_factory=set)
    orders: list[PlacedOrder] = field(default_factory=list)
    planned: list[PlacedOrder] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.offers = {offer.key: offer for offer in self.instance.offers}
        for line in self.instance.lines:
            self._comes_in(line)
        for order in self.instance.committed:
            self._given(order, OrderTerms(self.instance))

    @cached_property
    def terms(self) -> OrderTerms:
        """What every line that ever comes in, and every offer that is ever made, asks."""
        happened = self.events.events
        lines = [event.new_line for event in happened if event.new_line is not None]
        offers = [event.quoted for event in happened if event.quoted is not None]
        return OrderTerms(
            self.instance.unchecked_copy(
                lines=(*self.instance.lines, *lines),
                offers=(*self.instance.offers, *offers),
                order_date=self.instance.order_date or self.events.start,
            )
        )

    def place_until(self, now: float) -> None:
        """Place the planned orders whose time has come."""
        for order in [order for order in self.planned if order.placed <= now]:
            order.state = "placed"
            self.orders.append(order)
            self.planned.remove(order)

    def open_parts(self) -> dict[str, float]:
        """Return the parts that each line still needs."""
        ordered = dict.fromkeys(self.lines, 0.0)
        for order in self.orders:
            ordered[order.line] += order.quantity
        return {
            name: line.quantity - ordered[name]
            for name, line in self.lines.items()
            if name not in self.cancelled and line.quantity - ordered[name] > SPARE * line.quantity
        }

    def happens(self, event: Event) -> None:
        """Let an event happen, in the order in which its parts take effect."""
        if event.new_line is not None:
            self._comes_in(event.new_line)
        if event.cancelled is not None:
            self.cancelled.add(event.cancelled.line)
        if event.quoted is not None:
            self.offers[event.quoted.key] = event.quoted
        if event.withdrawn is not None:
            gone = event.withdrawn
            self.offers = {key: o for key, o in self.offers.items() if not gone.matches(o)}
        if event.down is not None:
            self._goes_down(event.down)
        if event.up is not None:
            self.down.discard(event.up.supplier)
        if event.placed is not None:
            self._given(event.placed, self._alone(event.placed))
        if event.finished is not None:
            self._is_finished(event.finished)

    def _goes_down(self, down: Down) -> None:
        """Let a supplier go down, and lose what is not finished there where that is said."""
        self.down.add(down.supplier)
        for order in [*self.orders] if down.reopen else []:
            under_way = not order.finished and order.delivered.value > self.now + LATE
            if order.supplier == down.supplier and under_way:
                order.state = "lost"
                self.orders.remove(order)

    def _is_finished(self, done: Finished) -> None:
        """Finish the prints of a line at a supplier, sooner than promised where that is said."""
        for order in self.orders:
            same = (order.line, order.supplier) == (done.line, done.supplier)
            if same and not order.finished:
                order.finished = True
                if done.weeks is not None:
                    order.delivered, order.day = Amount(self.now + done.weeks), None

    def _comes_in(self, line: Line) -> None:
        self.lines[line.line], self.since[line.line] = line, self.now

    def _alone(self, order: Committed) -> OrderTerms:
        """Return what is offered now for the line of an order."""
        line = self.lines[order.line]
        offers = tuple(offer for offer in self.offers.values() if offer.part == line.part)
        now = self._once_left().unchecked_copy(lines=(line,), offers=offers, committed=(order,))
        return OrderTerms(now)

    def _once_left(self) -> Instance:
        """Return the instance with what is left of preparations and approvals that have begun.

        A model is prepared after the first order of its part, and a part is approved at a supplier
        after its first order there, and after the model.
        """
        preparations, approvals, ready = [], [], {}
        for entry in self.instance.preparations:
            begun = self._first_order(entry.part, None)
            if begun is not None:
                ready[entry.part] = begun + (0.0 if entry.done else entry.weeks)
            left = entry.weeks if begun is None else max(0.0, ready[entry.part] - self.now)
            preparations.append(entry.model_copy(update={"weeks": left}))
        for asked in self.instance.approvals:
            begun, left = self._first_order(asked.part, asked.supplier), asked.weeks
            if begun is not None:
                model = ready.get(asked.part, begun)
                left = max(0.0, max(begun, model) + asked.weeks - max(self.now, model))
            approvals.append(asked.model_copy(update={"weeks": left}))
        return self.instance.unchecked_copy(
            preparations=tuple(preparations), approvals=tuple(approvals)
        )

    def _first_order(self, part: str, supplier: str | None) -> float | None:
        """Return when parts were first ordered at an AM supplier, or at any; None if never."""
        placed = [
            order.placed
            for order in self.orders
            if self.lines[order.line].part == part
            and order.supplier != CONVENTIONAL
            and supplier in (None, order.supplier)
        ]
        return min(placed, default=None)

    def _given(self, order: Committed, offered: OrderTerms) -> None:
        """Place an order that the files give; a day of delivery counts from the start."""
        terms, _ = offered.of_committed(order)
        day, first = order.delivery, self.instance.order_date or self.events.start
        if day is not None and first is not None:
            terms = terms._replace(weeks=max(0.0, (day - first).days / 7 - self.now))
        self.orders.append(
            PlacedOrder(
                order.line, order.supplier, order.route, order.material, order.quantity, terms,
                self.now, Amount(self.now + terms.weeks, terms.weeks_terms), given=True,
                state="given", day=None if day is None else day.isoformat(),
            )
        )  # fmt: skip

    def terms_now(self) -> OrderTerms:
        """Return what can be ordered now, with what placed orders have paid already."""
        first, known = self.instance.order_date or self.events.start, self.terms
        day = None if first is None else first + timedelta(days=int(self.now * 7 + LATE))
        now = self._once_left().unchecked_copy(
            lines=tuple(self.lines.values()),
            offers=tuple(o for o in self.offers.values() if o.supplier not in self.down),
            committed=tuple(
                Committed.model_construct(
                    line=order.line, supplier=order.supplier, quantity=order.quantity
                )
                for order in self.orders
            ),
            order_date=day,
        )
        return OrderTerms(
            now, pricing=known.pricing, tables=known.tables, routes=known.routes, usual=known.usual
        )
