"""Whether the dates of a file can be what they say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from amopt.instance.findings import Code, Problem, Severity
from amopt.sourcing.instance.calendars import receives_between

if TYPE_CHECKING:
    from amopt.instance.findings import Key
    from amopt.sourcing.instance.contents import Contents

__all__ = ["CODES", "date_problems", "past_problems"]

HORIZON = timedelta(days=5 * 366)
"""How far ahead a date may lie that nobody mistyped."""

A_DAY = timedelta(days=1)

CODES: tuple[Code, ...] = (
    Code(
        "need-by-twice",
        "A line says by when it is needed as a date and in weeks, or an order so of its delivery.",
        "Keep one of the two.",
    ),
    Code(
        "need-by-past",
        "A line is needed before the day on which orders are placed, or before its place receives "
        "anything.",
        "Mend need_by or order_date, or the days on which the place receives.",
    ),
    Code(
        "closure-reversed",
        "A supplier's closure ends before it begins.",
        "Swap from and to, or mend one of them.",
    ),
    Code(
        "closure-with-power",
        "A supplier is closed on some days, and lead times of its are fitted powers.",
        "Write another between, such as linear, which passes through the quotes.",
    ),
    Code(
        "no-working-day",
        "A calendar has no working day.",
        "Write working_days: [mon, tue, wed, thu, fri].",
    ),
    Code(
        "order-date-before-quotes",
        "Orders are placed before the day as of which their quotes are taken.",
        "Bring order_date up to date: deliveries are counted from it.",
        Severity.WARNING,
    ),
    Code(
        "date-beyond-horizon",
        "A date is more than five years after the order date.",
        "Check the year.",
        Severity.WARNING,
    ),
)
"""The codes of findings on dates."""


def date_problems(instance: Contents) -> Iterator[Problem]:
    """Yield what is wrong with need-by dates, dates of delivery, and calendars."""
    for index, calendar in enumerate(instance.calendars):
        if not calendar.working_days:
            yield Problem(
                "no-working-day",
                ("calendars", index, "working_days"),
                f"the calendar {calendar.name!r} has no working day.",
            )
    for index, line in enumerate(instance.lines):
        key, what = ("lines", index, "need_by"), f"line {line.line!r} is needed"
        if line.need_by is not None:
            yield from _date(
                instance, key, what, line.need_by, twice=line.need_by_weeks is not None
            )
    for index, order in enumerate(instance.committed):
        if order.delivery is not None:
            key, what = (
                ("committed", index, "delivery"),
                f"the order of line {order.line!r} arrives",
            )
            yield from _date(instance, key, what, order.delivery, twice=order.weeks is not None)
    yield from _closures(instance)
    yield from _stale(instance)


def _stale(instance: Contents) -> Iterator[Problem]:
    """Yield that the order date is older than the quotes, by more than time zones explain."""
    begin = instance.order_date
    fetched = [offer.quoted.fetched_at for offer in instance.offers if offer.quoted is not None]
    moments = [instance.quotes.as_of] if instance.quotes is not None else fetched
    if begin is not None and moments and (day := max(moments).date()) > begin + A_DAY:
        yield Problem(
            "order-date-before-quotes",
            ("order_date",),
            f"orders are placed on {begin}, and quotes are taken as of {day}.",
        )


def past_problems(instance: Contents) -> Iterator[Problem]:
    """Yield lines that are needed when nothing that is ordered now could have been received."""
    begin = instance.order_date
    for index, line in enumerate(instance.lines):
        day = line.need_by
        if begin is None or day is None:
            continue
        calendar = instance.calendar(line.place) if day >= begin else None
        if calendar is not None and not calendar.working_days:
            continue  # a finding of its own
        if not receives_between(begin, day, calendar):
            closed = f"; {line.place!r} receives nothing on any day until then" if calendar else ""
            yield Problem(
                "need-by-past",
                ("lines", index, "need_by"),
                f"line {line.line!r} is needed by {day}, and orders are placed on {begin}{closed}.",
            )


def _closures(instance: Contents) -> Iterator[Problem]:
    """Yield what is wrong with the days on which suppliers are closed."""
    for index, terms in enumerate(instance.suppliers):
        for number, closure in enumerate(terms.closed):
            key: Key = ("suppliers", index, "closed", number)
            what = f"the closure of {terms.supplier!r} ends"
            yield from _date(instance, (*key, "to"), what, closure.to, twice=False)
            if closure.to < closure.from_:
                yield Problem(
                    "closure-reversed",
                    key,
                    f"{what} on {closure.to}, and begins on {closure.from_}.",
                )
    fitted = {offer.supplier for offer in instance.offers if offer.between == "power"}
    for index, terms in enumerate(instance.suppliers):
        if terms.closed and terms.supplier in fitted:
            yield Problem(
                "closure-with-power",
                ("suppliers", index, "closed"),
                f"lead times of {terms.supplier!r} are fitted powers.",
                "Write between: linear on these offers, or leave the closures out.",
            )


def _date(instance: Contents, key: Key, what: str, day: date, *, twice: bool) -> Iterator[Problem]:
    if twice:
        message = f"{what} by {day}, and weeks are stated as well."
        yield Problem("need-by-twice", key, message)
    if instance.order_date is None:
        yield Problem(
            "no-order-date",
            key,
            f"{what} by {day}, and the file does not say when orders are placed.",
            "Write order_date: YYYY-MM-DD.",
        )
    elif day - instance.order_date > HORIZON:
        message = f"{what} by {day}, which is more than five years from {instance.order_date}."
        yield Problem("date-beyond-horizon", key, message)
