"""What holds of each offer as of a time: the latest set of quotes, if it is valid and young."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from amopt.phrases import counted
from amopt.sourcing.instance.quote_log.record import OfferKey, QuoteRecord

__all__ = ["Standing", "by_offer", "quote_of", "standing"]


@dataclass(frozen=True)
class Standing:
    """What is on record of an offer at a time.

    Attributes
    ----------
    quotes
        The rows of the latest set that hold on that day; empty where none does.
    latest
        A row of the latest set; None where nobody was asked.
    age_days
        How old that set is, in days.
    code, why
        The code of what is wrong with it, and what, in words; empty where nothing is.
    ended
        How many quantities of the set hold on other days only, in words; empty where all hold.
    """

    quotes: tuple[QuoteRecord, ...] = ()
    latest: QuoteRecord | None = None
    age_days: float = 0.0
    code: str = ""
    why: str = ""
    ended: str = ""


def by_offer(records: Iterable[QuoteRecord]) -> dict[OfferKey, list[QuoteRecord]]:
    """Return the rows of each offer, in the order of the log."""
    found: dict[OfferKey, list[QuoteRecord]] = defaultdict(list)
    for record in records:
        found[record.key].append(record)
    return found


def standing(
    records: Mapping[OfferKey, Sequence[QuoteRecord]],
    key: OfferKey,
    at: datetime,
    *,
    currency: str,
    max_age_days: float | None,
) -> Standing:
    """Return what holds of an offer as of a time.

    The set with the latest ``fetched_at`` counts. It hides older ones even where it has expired or
    says that the supplier declines; a request that failed hides nothing. A set is what one source
    answered to one request; of two that answered at the same time, the later in the log counts.
    """
    known = [record for record in records.get(key, ()) if record.fetched_at <= at]
    answered = [record for record in known if record.status != "failed"]
    if not answered:
        failed = known[-1] if known else None
        why = f"the source failed: {failed.reference}" if failed else "nobody was asked"
        return Standing((), failed, code="no-quote", why=why.rstrip(": "))
    last = max(answered, key=lambda record: record.fetched_at)
    newest = [record for record in answered if record.fetched_at == last.fetched_at][-1]
    asked = newest.request, newest.source
    own = [record for record in answered if (record.request, record.source) == asked]
    age = (at - newest.fetched_at) / timedelta(days=1)
    if all(record.status == "declined" for record in own):
        why = f"the supplier declined on {newest.fetched_at.date()}"
        return Standing((), newest, age, "no-quote", why)
    own = [record for record in own if record.status == "quoted"]
    foreign = sorted({record.currency or "" for record in own} - {currency})
    if foreign:
        why = f"it is quoted in {', '.join(foreign)}, and the instance is in {currency}"
        return Standing((), newest, age, "quote-currency", why)
    valid = tuple(record for record in own if _holds(record, at))
    if not valid:
        return Standing((), newest, age, "quote-expired", _until(own, at))
    if max_age_days is not None and age > max_age_days:
        why = f"the quote is {age:.2f} days old, and {max_age_days:g} are allowed"
        return Standing(valid, newest, age, "quote-too-old", why)
    ended = len(own) - len(valid)
    return Standing(
        valid, newest, age, ended=counted(ended, "quantity", "quantities") if ended else ""
    )


def quote_of(record: QuoteRecord) -> dict[str, float | None]:
    """Return what a row says, as an instance file says it."""
    return {
        "quantity": record.quantity,
        "cost_per_part": record.cost_per_part,
        "lead_time_weeks": record.lead_time_weeks,
    }


def _holds(record: QuoteRecord, at: datetime) -> bool:
    today = at.date()
    return (record.valid_from or today) <= today <= (record.valid_to or today)


def _until(own: Sequence[QuoteRecord], at: datetime) -> str:
    ended = [r.valid_to for r in own if r.valid_to is not None and r.valid_to < at.date()]
    if ended:
        return f"the quote held until {max(ended)}"
    return f"the quote holds from {min(r.valid_from for r in own if r.valid_from is not None)} on"
