"""Whether events fit the instance they happen to: names that are there, when they are there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from amopt.instance.document import Document
from amopt.instance.findings import Finding, Key, Problem, Severity
from amopt.instance.suggest import closest
from amopt.sourcing.events import CODES, Events
from amopt.sourcing.instance.calendars import DAYS
from amopt.sourcing.instance.fields import CONVENTIONAL
from amopt.sourcing.instance.validation import problems
from amopt.sourcing.rolling.orders import LATE

if TYPE_CHECKING:
    from amopt.sourcing.instance.fields import Instance, Line, Offer

__all__ = ["event_problems", "findings_against"]

_SEVERITY = {code.code: code.severity for code in CODES}


def findings_against(
    events: Events, instance: Instance, document: Document | None = None
) -> tuple[Finding, ...]:
    """Return every error of events on an instance.

    Parameters
    ----------
    events, instance
        Each valid by itself.
    document
        The events file, for the places of the findings.
    """
    where = (document or Document()).where
    return tuple(
        Finding(problem.code, where(problem.key), problem.message, problem.advice)
        for problem in event_problems(events, instance)
        if _SEVERITY.get(problem.code, Severity.ERROR) is Severity.ERROR
    )


def event_problems(events: Events, instance: Instance) -> Iterator[Problem]:
    """Yield what does not fit the instance, event by event."""
    if events.currency != instance.currency:
        yield Problem(
            "other-currency",
            ("currency",),
            f"the events are in {events.currency!r}, and the instance is in {instance.currency!r}.",
            f"Write currency: {instance.currency}, and all amounts in it.",
        )
    known = _Known(
        instance=instance,
        dated=(instance.order_date or events.start) is not None,
        lines={line.line: line for line in instance.lines},
        offers={offer.key: offer for offer in instance.offers},
        suppliers={
            *(offer.supplier for offer in instance.offers),
            *(capacity.supplier for capacity in instance.capacities),
            *(event.quoted.supplier for event in events.events if event.quoted),
        },
        to_come=[event.quoted for event in events.events if event.quoted],
    )
    first = instance.order_date or events.start
    for index, event in enumerate(events.events):
        if first is not None:
            known.today = first + timedelta(days=int(events.weeks_of(event) * DAYS + LATE))
        for name in event.happens:
            yield from getattr(known, f"see_{name}")(("events", index, name), getattr(event, name))


@dataclass
class _Known:
    """What is known before an event; each method yields what is wrong, and then knows more."""

    instance: Instance
    dated: bool
    lines: dict[str, Line]
    offers: dict[tuple[str, str, str, str], Offer]
    suppliers: set[str]
    to_come: list[Any]
    down: set[str] = field(default_factory=set)
    today: date | None = None

    def see_new_line(self, key: Key, line: Line) -> Iterator[Problem]:
        if line.line in self.lines:
            yield Problem(
                "duplicate-name",
                (*key, "line"),
                f"there is a line {line.line!r} already.",
                "Give the new line a name of its own.",
            )
        unknown = list(self._part(key, line.part))
        offers = [o for o in (*self.offers.values(), *self.to_come) if o.part == line.part]
        yield from unknown or self._alone(
            key, "lines", lines=(line,), offers=tuple(offers), order_date=self.today
        )
        self.lines[line.line] = line

    def see_cancelled(self, key: Key, cancelled: Any) -> Iterator[Problem]:
        yield from _unknown((*key, "line"), "line", cancelled.line, self.lines)

    def see_quoted(self, key: Key, offer: Offer) -> Iterator[Problem]:
        yield from self._part(key, offer.part)
        yield from self._alone(key, "offers", offers=(offer,))
        if (offer.valid_from or offer.valid_to) and not self.dated:
            yield Problem(
                "no-order-date",
                key,
                "the offer holds for certain dates, and no file says on which day week 0 begins.",
                "Write start: YYYY-MM-DD.",
            )
        self.offers[offer.key] = offer

    def see_withdrawn(self, key: Key, withdrawn: Any) -> Iterator[Problem]:
        hit = [own for own, offer in self.offers.items() if withdrawn.matches(offer)]
        if not hit:
            yield Problem(
                "nothing-withdrawn",
                key,
                f"{withdrawn.supplier!r} has made no such offer, or it was withdrawn before.",
                "Mend the supplier, part, route or material.",
            )
        for own in hit:
            del self.offers[own]

    def see_down(self, key: Key, down: Any) -> Iterator[Problem]:
        yield from _unknown((*key, "supplier"), "supplier", down.supplier, self.suppliers)
        if down.supplier in self.down:
            yield Problem(
                "supplier-is-down",
                (*key, "supplier"),
                f"{down.supplier!r} is down already.",
                "Write up before it, or take one of the two out.",
            )
        self.down.add(down.supplier)

    def see_up(self, key: Key, up: Any) -> Iterator[Problem]:
        if up.supplier not in self.down:
            yield Problem(
                "supplier-is-up",
                (*key, "supplier"),
                f"{up.supplier!r} is not down.",
                "Write down before it, or take it out.",
            )
        self.down.discard(up.supplier)

    def see_placed(self, key: Key, order: Any) -> Iterator[Problem]:
        if order.line not in self.lines:
            yield from _unknown((*key, "line"), "line", order.line, self.lines)
            return
        line = self.lines[order.line]
        offers = tuple(offer for offer in self.offers.values() if offer.part == line.part)
        room = line.model_copy(update={"surplus": max(line.surplus, order.quantity)})
        yield from self._alone(key, "committed", lines=(room,), offers=offers, committed=(order,))

    def see_finished(self, key: Key, finished: Any) -> Iterator[Problem]:
        yield from _unknown((*key, "line"), "line", finished.line, self.lines)
        suppliers = {*self.suppliers, CONVENTIONAL}
        yield from _unknown((*key, "supplier"), "supplier", finished.supplier, suppliers)

    def see_capacity(self, key: Key, capacity: Any) -> Iterator[Problem]:
        yield from _unknown((*key, "supplier"), "supplier", capacity.supplier, self.suppliers)
        yield from self._alone(key, "capacities", capacities=(capacity,))

    def see_licence(self, key: Key, granted: Any) -> Iterator[Problem]:
        licences = {(licence.part, licence.supplier) for licence in self.instance.licences}
        if (granted.part, granted.supplier) not in licences:
            where = granted.supplier or "all suppliers together"
            yield Problem(
                "unknown-name",
                key,
                f"the instance has no licence of {granted.part!r} for {where}.",
                "Add it to the instance's licences; its prints may be 0 at the start.",
            )

    def _part(self, key: Key, part: str) -> Iterator[Problem]:
        parts = [entry.name for entry in self.instance.parts]
        yield from _unknown((*key, "part"), "part", part, parts)

    def _alone(self, key: Key, collection: str, **what: Any) -> Iterator[Problem]:
        """Yield what an instance with nothing but this would have wrong, at the event's key."""
        empty = dict.fromkeys(("lines", "offers", "capacities", "licences", "committed"), ())
        alone = self.instance.unchecked_copy(**{**empty, **what})
        for problem in problems(alone):
            if problem.key[:2] == (collection, 0):
                yield Problem(
                    problem.code, (*key, *problem.key[2:]), problem.message, problem.advice
                )


def _unknown(key: Key, kind: str, name: str, known: Collection[str]) -> Iterator[Problem]:
    """Yield that a name is not known, with the one that was probably meant."""
    if name not in known:
        match = closest(name, list(known))
        yield Problem(
            "unknown-name",
            key,
            f"there is no {kind} {name!r} at this time.",
            f"Did you mean {match!r}?" if match else f"Write the name of a {kind} that is known.",
        )
