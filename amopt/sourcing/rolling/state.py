"""The state at a time: what is known, what is ordered, and the instance to decide then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from amopt.sourcing.instance.calendars import arrival, weeks_until
from amopt.sourcing.instance.fields import (
    CONVENTIONAL,
    Capacity,
    Committed,
    Licence,
    Line,
    Offer,
)
from amopt.sourcing.rolling.orders import LATE, KnownLine, Order, under_way

if TYPE_CHECKING:
    from amopt.sourcing.events import Event, Events
    from amopt.sourcing.instance.fields import Instance
    from amopt.sourcing.instance.quote_log.provenance import QuotesOnRecord

__all__ = ["ReplayState"]

SPARE = 1e-9
"""Parts, relative, below which nothing is open."""


@dataclass(frozen=True)
class ReplayState:
    """What is known at a time of a replay.

    Attributes
    ----------
    instance, events
        The files.
    now
        The time, in weeks from the start.
    lines
        The lines that came in so far, by name.
    offers
        The offers that hold, by supplier, part, route and material.
    down
        The suppliers that are down.
    capacities, licences
        As they are now.
    orders
        The orders placed so far.
    notes
        What the planner should know.
    """

    instance: Instance
    events: Events
    now: float
    lines: dict[str, KnownLine]
    offers: dict[tuple[str, str, str, str], Offer]
    capacities: dict[str, Capacity]
    licences: dict[tuple[str, str | None], Licence]
    orders: tuple[Order, ...] = ()
    down: frozenset[str] = frozenset()
    notes: tuple[str, ...] = field(default=())

    @classmethod
    def at_start(cls, instance: Instance, events: Events) -> ReplayState:
        """Return the state that the instance describes."""
        from amopt.sourcing.offers.supply_options import SupplyOptions

        parts = {line.line: line.part for line in instance.lines}
        orders = tuple(
            Order(
                decided=(0.0, -1 - number),
                line=order.line,
                part=parts[order.line],
                supplier=order.supplier,
                route=order.route,
                material=order.material,
                quantity=order.quantity,
                cost=cost,
                placed_weeks=0.0,
                delivered_weeks=weeks,
                kg_co2=kg_co2,
                machine_hours=hours,
                given=True,
                day=instance.agreed_day(order),
            )
            for number, (order, cost, weeks, kg_co2, hours) in enumerate(
                SupplyOptions.of(instance).commitments
            )
        )
        return cls(
            instance=instance,
            events=events,
            now=0.0,
            lines={
                line.line: KnownLine(_in_weeks(line, instance, events, 0.0))
                for line in instance.lines
            },
            offers={offer.key: offer for offer in instance.offers},
            capacities={entry.supplier: entry for entry in instance.capacities},
            licences={(entry.part, entry.supplier): entry for entry in instance.licences},
            orders=orders,
        )

    def origin(self, line: str) -> float:
        """Return when the orders of a line that are decided now are placed, in weeks."""
        return max(self.now, self.lines[line].since_weeks + self.events.place_after_weeks)

    def day_of(self, order: Order) -> str | None:
        """Return the day on which an order is received; None without one."""
        return order.day or self.received(order.line, order.delivered_weeks)

    def received(self, line: str, weeks: float) -> str | None:
        """Return the day on which a line receives what is delivered at a time; None without one."""
        first, place = self.instance.order_date or self.events.start, self.lines[line].line.place
        day = None if first is None else arrival(first, weeks, self.instance.calendar(place))
        return None if day is None else day.isoformat()

    def ordered(self, line: str) -> float:
        """Return how many parts of a line are ordered."""
        return sum(order.quantity for order in self.orders if order.line == line)

    def cost_per_week(self, line: str) -> float:
        """Return the downtime cost of a week that a line waits, in money."""
        entry = self.lines[line].line
        default = self.instance.hours_per_week
        hours = default if entry.hours_per_week is None else entry.hours_per_week
        return entry.downtime_cost_per_hour * hours

    def open(self) -> dict[str, float]:
        """Return the parts that each line still needs, by line; lines that need none left out."""
        needs = {
            name: known.line.quantity - self.ordered(name)
            for name, known in self.lines.items()
            if not known.cancelled
        }
        return {
            name: parts
            for name, parts in needs.items()
            if parts > SPARE * self.lines[name].line.quantity
        }

    def moved_to(self, now: float) -> ReplayState:
        """Return the state at a later time, before anything happens then."""
        return replace(self, now=now)

    def placing(self, orders: Iterable[Order]) -> ReplayState:
        """Return the state once orders are placed."""
        return replace(self, orders=(*self.orders, *orders))

    def after(self, event: Event) -> ReplayState:
        """Return the state once what happens at an event has happened."""
        state = self
        for name in event.happens:
            state = getattr(state, f"_{name}")(getattr(event, name))
        return state

    def noting(self, note: str) -> ReplayState:
        """Return the state with a note on what happened at its time."""
        day = self.day_at(self.now)
        when = f"Week {self.now:.4g}" + (f", {day}" if day else "")
        return replace(self, notes=(*self.notes, f"{when}: {note}"))

    def _new_line(self, line: Any) -> ReplayState:
        known = KnownLine(_in_weeks(line, self.instance, self.events, self.now), self.now)
        return replace(self, lines={**self.lines, line.line: known})

    def _cancelled(self, cancelled: Any) -> ReplayState:
        known = replace(self.lines[cancelled.line], cancelled=True)
        return replace(self, lines={**self.lines, cancelled.line: known})

    def _quoted(self, offer: Any) -> ReplayState:
        return replace(self, offers={**self.offers, offer.key: offer})

    def _withdrawn(self, withdrawn: Any) -> ReplayState:
        kept = {key: offer for key, offer in self.offers.items() if not withdrawn.matches(offer)}
        return replace(self, offers=kept)

    def _down(self, down: Any) -> ReplayState:
        lost = [
            order
            for order in self.orders
            if down.reopen and order.supplier == down.supplier and order.holds_capacity(self.now)
        ]
        kept = tuple(order for order in self.orders if order not in lost)
        state = replace(self, down=self.down | {down.supplier}, orders=kept)
        for order in lost:
            state = state.noting(
                f"the order of {order.quantity:g} for line {order.line!r} at {down.supplier!r} is "
                "lost; its line is open again."
            )
        return state

    def _up(self, up: Any) -> ReplayState:
        return replace(self, down=self.down - {up.supplier})

    def _placed(self, order: Any) -> ReplayState:
        line = self.lines[order.line].line
        priced = self._priced(self._in_weeks(order))
        placed = Order(
            decided=(self.now, -1 - len(self.orders)),
            line=order.line,
            part=line.part,
            supplier=order.supplier,
            route=order.route,
            material=order.material,
            quantity=order.quantity,
            cost=priced[0],
            placed_weeks=self.now,
            delivered_weeks=self.now + priced[1],
            kg_co2=priced[2],
            machine_hours=priced[3],
            given=True,
            day=self.instance.agreed_day(order),
        )
        return self._twice(order).placing([placed])

    def _in_weeks(self, order: Committed) -> Committed:
        """Return an order whose day of delivery, if any, is in weeks from now."""
        first = self.instance.order_date or self.events.start
        if order.delivery is None or first is None:
            return order
        weeks = max(0.0, (order.delivery - first).days / 7 - self.now)
        return order.model_copy(update={"delivery": None, "weeks": weeks})

    def _twice(self, order: Committed) -> ReplayState:
        """Return the state with a note where parts are placed that are ordered already."""
        known = self.lines[order.line]
        line, ordered = known.line, self.ordered(order.line)
        most = line.quantity + line.surplus
        if not ordered or ordered + order.quantity <= most * (1 + SPARE):
            return self
        return self.noting(
            f"{ordered:g} of the {line.quantity:g} parts of line {order.line!r} are ordered "
            f"already, and {order.quantity:g} more are placed at {order.supplier!r}: what is "
            f"beyond the line is bought twice. Take the event out if it is the order that the plan "
            "made; if the plan is to wait for orders that are placed by hand, write "
            f"place_after_weeks above {self.now - known.since_weeks:.4g}; or raise the line's "
            "surplus."
        )

    def _priced(self, order: Committed) -> tuple[float, float, float, float]:
        """Return cost, weeks, kg of CO2 and machine hours of an order, as offered now."""
        from amopt.sourcing.offers.supply_options import SupplyOptions

        line = self.lines[order.line].line
        alone = self.instance.unchecked_copy(
            lines=(line,),
            offers=tuple(o for o in self.offers.values() if o.part == line.part),
            licences=tuple(self.licences.values()),
            **under_way(self.instance, self.orders, self.now),
            committed=(order,),
        )
        ((_, *terms),) = SupplyOptions.of(alone).commitments
        cost, weeks, kg_co2, hours = terms
        return cost, weeks, kg_co2, hours

    def _finished(self, finished: Any) -> ReplayState:
        def hit(order: Order) -> bool:
            return (order.line, order.supplier) == (finished.line, finished.supplier)

        if not any(hit(order) and not order.finished for order in self.orders):
            return self.noting(
                f"no prints of line {finished.line!r} are under way at {finished.supplier!r}; "
                "that they are finished changes nothing."
            )
        return replace(
            self,
            orders=tuple(
                self._done(order, finished.weeks) if hit(order) and not order.finished else order
                for order in self.orders
            ),
        )

    def _done(self, order: Order, weeks: float | None) -> Order:
        delivered = order.delivered_weeks if weeks is None else self.now + weeks
        early = order.early_weeks + max(0.0, order.delivered_weeks - delivered)
        day = order.day if weeks is None else None
        return replace(order, finished=True, delivered_weeks=delivered, early_weeks=early, day=day)

    def _capacity(self, capacity: Any) -> ReplayState:
        return replace(self, capacities={**self.capacities, capacity.supplier: capacity})

    def _licence(self, granted: Any) -> ReplayState:
        key = (granted.part, granted.supplier)
        licence = self.licences[key].model_copy(update={"prints": granted.prints})
        return replace(self, licences={**self.licences, key: licence})

    def to_decide(self) -> Instance:
        """Return the instance to solve now: open lines, with what is ordered held fixed.

        Each line counts its time from when its orders would be placed.
        """
        lines = tuple(
            line for known in self.lines.values() if (line := self._line_now(known)) is not None
        )
        names = {line.line for line in lines}
        return self.instance.unchecked_copy(
            order_date=self._order_date(),
            lines=lines,
            offers=tuple(o for o in self.offers.values() if o.supplier not in self.down),
            unquoted=tuple(o for o in self.instance.unquoted if o.key not in self.offers),
            quotes=self._quotes_now(),
            capacities=tuple(self._capacity_now(c) for c in self.capacities.values()),
            licences=tuple(self.licences.values()),
            **under_way(self.instance, self.orders, self.now),
            committed=tuple(
                order.committed(self.now, self.origin(order.line))
                for order in self.orders
                if order.line in names
            ),
            limits=self.instance.limits.model_copy(update={"weeks": None}),
        )

    def _quotes_now(self) -> QuotesOnRecord | None:
        """Return the quote log of the instance as of now, so that quotes are as old as they are."""
        quotes, first = self.instance.quotes, self.events.start or self.instance.order_date
        if quotes is None or first is None:
            return quotes
        now = datetime.combine(first, time(), UTC) + self.now * timedelta(weeks=1)
        return quotes.model_copy(update={"as_of": now, "sha256": None})

    def _line_now(self, known: KnownLine) -> Line | None:
        """Return a line as it is now; None when nothing of it is needed or ordered."""
        line = known.line
        ordered = self.ordered(line.line)
        changes: dict[str, object] = {}
        if known.cancelled:
            if ordered <= 0:
                return None
            changes = {"quantity": ordered, "surplus": 0.0, "need_by_weeks": None}
        elif line.line not in self.open():
            changes = {"need_by_weeks": None, "surplus": max(0.0, ordered - line.quantity)}
        else:
            latest = [x for x in (line.need_by_weeks, self.instance.limits.weeks) if x is not None]
            if latest:
                left = known.since_weeks + min(latest) - self.origin(line.line)
                changes = {"need_by_weeks": max(0.0, left)}
        return line.model_copy(update=changes)

    def _capacity_now(self, capacity: Capacity) -> Capacity:
        """Return a capacity, with what finished prints held free again."""
        if capacity.parts is None:
            return capacity
        freed = sum(
            order.quantity
            for order in self.orders
            if order.supplier == capacity.supplier and not order.holds_capacity(self.now)
        )
        return capacity.model_copy(update={"parts": capacity.parts + freed})

    def _order_date(self) -> date | None:
        """Return the day of the decision, for offers that hold for certain dates."""
        first = self.instance.order_date or self.events.start
        return None if first is None else first + timedelta(days=int(self.now * 7 + LATE))

    def day_at(self, weeks: float) -> str | None:
        """Return the day of a time, as ISO text; None where the files have no dates."""
        day = replace(self, now=weeks)._order_date()
        return None if day is None else day.isoformat()

    def planned(self, rows: Iterable[dict[str, Any]]) -> tuple[Order, ...]:
        """Return the new orders of an answer's table of orders, each with its times."""
        new = (row for row in rows if not row.get("committed"))
        return tuple(self._planned(number, row) for number, row in enumerate(new))

    def _planned(self, number: int, row: dict[str, Any]) -> Order:
        line, quantity = row["line"], float(row["quantity"])
        part, origin = self.lines[line].line.part, self.origin(line)
        printed = row["supplier"] != CONVENTIONAL
        key = (row["supplier"], part, row.get("route"), row.get("material"))
        hours = self.offers[key].machine_hours_per_part if printed else 0.0  # type: ignore[index]
        return Order(
            decided=(self.now, number),
            line=line,
            part=part,
            supplier=row["supplier"],
            route=row.get("route") if printed else None,
            material=row.get("material") if printed else None,
            quantity=quantity,
            cost=float(row["cost"]),
            placed_weeks=origin,
            delivered_weeks=origin + float(row["weeks"]),
            kg_co2=float(row.get("kg_co2") or 0.0),
            machine_hours=hours * quantity,
            order=row["order"],
        )


def _in_weeks(line: Line, instance: Instance, events: Events, since: float) -> Line:
    """Return a line whose need-by counts in weeks from when it came in, where it is a date."""
    first = instance.order_date or events.start
    if line.need_by is None or first is None:
        return line
    weeks = weeks_until(first, line.need_by, instance.calendar(line.place)) - since
    return line.model_copy(update={"need_by": None, "need_by_weeks": max(0.0, weeks)})
