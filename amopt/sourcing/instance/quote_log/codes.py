"""The codes of what can be wrong with quotes on record."""

from __future__ import annotations

from amopt.instance.findings import Code, Severity

__all__ = ["CODES"]

CODES: tuple[Code, ...] = (
    Code(
        "no-quote-log",
        "Offers have their quotes on record, and the file does not name the log.",
        "Write quotes: {log: quotes.sqlite, as_of: 2026-03-09T09:30:00Z}.",
    ),
    Code(
        "quote-log",
        "The quote log cannot be read.",
        "Name a csv, parquet or SQLite file with the columns of a quote log.",
    ),
    Code(
        "quote-incomplete",
        "A row of a quote log lacks what a quote must say, or its dates are reversed.",
        "Write quantity, cost_per_part, currency and lead_time_weeks, or status: declined.",
    ),
    Code(
        "log-not-in-order",
        "A row of a quote log was fetched before the one above it.",
        "A log is only ever added to; bring its rows into the order of time.",
    ),
    Code(
        "two-prices",
        "A set of quotes holds one quantity twice.",
        "Keep one of the two.",
    ),
    Code(
        "as-of-without-zone",
        "A time is none, or does not say its zone.",
        "Write a time with its zone, 2026-03-09T09:30:00Z; as_of may be a date, too.",
    ),
    Code(
        "no-quote",
        "Nothing is on record of an offer as of the time, or the supplier declined.",
        "Fetch quotes anew: amopt sourcing quotes.",
        Severity.WARNING,
    ),
    Code(
        "quote-expired",
        "The quotes of an offer do not hold on the day that counts.",
        "Ask for new quotes (amopt sourcing quotes), or mend the dates.",
        Severity.WARNING,
    ),
    Code(
        "quote-too-old",
        "The quotes of an offer are older than max_age_days.",
        "Raise max_age_days, or fetch quotes anew.",
        Severity.WARNING,
    ),
    Code(
        "quote-currency",
        "An offer is quoted in another currency than the instance's.",
        "Ask for a quote in the instance's currency; amopt does not convert.",
        Severity.WARNING,
    ),
    Code(
        "quote-not-asked",
        "The log has quotes of a part of the file that no offer of the file asks for.",
        "Add an offer with quotes: log, if it is wanted.",
        Severity.WARNING,
    ),
)
"""The codes of findings on quotes on record."""
