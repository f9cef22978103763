"""What a log of quotes says, as events of a replay: offers made, changed and withdrawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from amopt.errors import UsageError
from amopt.sourcing.events import Event, Events, Quoted, Withdrawn
from amopt.sourcing.instance.entries import Offer, OfferTerms, Quote
from amopt.sourcing.instance.fields import Instance
from amopt.sourcing.instance.quote_log.as_of import Standing, by_offer, quote_of, standing
from amopt.sourcing.instance.quote_log.provenance import Quoted as Provenance
from amopt.sourcing.instance.quote_log.record import QuoteRecord
from amopt.sourcing.quotes.log import opened

__all__ = ["with_quotes_on_record"]

_WEEK = timedelta(weeks=1)


def with_quotes_on_record(instance: Instance, events: Events, log: str | Path) -> Events:
    """Return events with what a log says between the start and the last of them.

    Week 0 begins at midnight (UTC) of ``start``, or of the instance's order date. Offers of the
    instance that came from a log, and those left out for lack of a quote, are made, changed and
    withdrawn as the log says; events of the file come after those of the log at the same time.
    Where the instance has its quotes as of an earlier time, week 0 begins with what has changed
    since, as it stands by then.

    Raises
    ------
    UsageError
        When the log cannot be read, or no file says when week 0 begins.
    """
    first = events.start or instance.order_date
    if first is None or instance.quotes is None:
        lacking = "start: YYYY-MM-DD in the events" if first is None else "quotes in the instance"
        raise UsageError(f"a replay with quotes on record needs {lacking}")
    if events.start and instance.order_date and events.start != instance.order_date:
        raise UsageError(
            f"week 0 begins on {events.start} in the events, and the order date of the instance is "
            f"{instance.order_date}: write the same day in both, or as_of on that day"
        )
    if not Path(log).is_file():
        raise UsageError(f"there is no quote log {log}")
    begin = datetime.combine(first, time(), UTC)
    last = events.weeks_of(events.events[-1]) + events.place_after_weeks
    told = _Told(instance, by_offer(opened(Path(log)).records))
    moments = told.moments(instance.quotes.as_of, begin + last * _WEEK)
    made = [
        ((at - begin) / _WEEK, 0, event)
        for at in sorted({max(at, begin) for at in moments})
        for event in told.at(at, (at - begin) / _WEEK)
    ]
    own = [(events.weeks_of(event), 1, event) for event in events.events]
    merged = sorted([*made, *own], key=lambda entry: entry[:2])
    return events.model_copy(update={"events": tuple(event for _, _, event in merged)})


class _Told:
    """What the log says of an instance's offers, moment by moment.

    Attributes
    ----------
    terms
        The offers, by supplier, part, route and material, whatever is quoted.
    now
        What holds of each; None where nothing does.
    """

    def __init__(self, instance: Instance, records: Any) -> None:
        self.instance, self.records = instance, records
        offers = [offer for offer in instance.offers if offer.quoted is not None]
        self.terms: dict[Any, OfferTerms] = {o.key: o for o in (*offers, *instance.unquoted)}
        self.now: dict[Any, Offer | None] = dict.fromkeys(self.terms)
        self.now.update({offer.key: offer for offer in offers})

    def moments(self, begin: datetime, end: datetime) -> Sequence[datetime]:
        """Return the times after ``begin`` at which what holds may change."""
        assert self.instance.quotes is not None
        age = self.instance.quotes.max_age_days
        found: set[datetime] = set()
        for key in self.terms:
            for record in self.records.get(key, ()):
                found.add(record.fetched_at)
                if age is not None:
                    found.add(record.fetched_at + timedelta(days=age, seconds=1))
                if record.valid_from is not None:
                    found.add(datetime.combine(record.valid_from, time(), UTC))
                if record.valid_to is not None:
                    found.add(datetime.combine(record.valid_to + timedelta(1), time(), UTC))
        return sorted(at for at in found if begin < at <= end)

    def at(self, at: datetime, weeks: float) -> Iterator[Event]:
        """Yield what changes at a time."""
        quotes = self.instance.quotes
        assert quotes is not None
        for key, terms in self.terms.items():
            found = standing(
                self.records,
                key,
                at,
                currency=self.instance.currency,
                max_age_days=None if quotes.when_old == "warn" else quotes.max_age_days,
            )
            new = None if found.code else _offer(terms, found, self.records.get(key, ()))
            old, self.now[key] = self.now[key], new
            if new == old:
                continue
            if new is not None:
                fields = {name: getattr(new, name) for name in new.model_fields_set}
                yield Event(weeks=weeks, quoted=Quoted(**fields))
            else:
                supplier, part, route, material = key
                gone = Withdrawn(supplier=supplier, part=part, route=route, material=material)
                yield Event(weeks=weeks, withdrawn=gone)


def _own_day(terms: OfferTerms, name: str, records: Iterable[QuoteRecord]) -> date | None:
    """Return a date of the offer itself; None where it has none, or those of its quotes."""
    day: date | None = getattr(terms, name)
    of_quotes = {
        getattr(record, name)
        for record in records
        if terms.quoted is not None
        and (record.request, record.source) == (terms.quoted.request, terms.quoted.source)
    }
    return None if day in of_quotes else day


def _offer(terms: OfferTerms, found: Standing, records: Sequence[QuoteRecord]) -> Offer:
    """Return an offer with the quotes of a set that holds; its own dates hold as well."""
    assert found.latest is not None
    left = {"quotes", "quoted", "why", "valid_from", "valid_to"}
    fields = {name: getattr(terms, name) for name in terms.model_fields_set - left}
    for name, binding in (("valid_from", max), ("valid_to", min)):
        days = [getattr(row, name) for row in found.quotes]
        known = [day for day in (*days, _own_day(terms, name, records)) if day is not None]
        if known:
            fields[name] = binding(known)
    return Offer(
        **fields,
        quotes=tuple(Quote.model_validate(quote_of(row)) for row in found.quotes),
        quoted=Provenance(
            source=found.latest.source,
            request=found.latest.request,
            fetched_at=found.latest.fetched_at,
            reference=found.latest.reference,
        ),
    )
