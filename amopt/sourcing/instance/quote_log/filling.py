"""Fills ``quotes: log`` of an instance's offers with what the log says as of a time.

This happens to the raw data, before fields are validated: an instance holds the quotes themselves,
and where they come from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from amopt.instance.findings import Problem
from amopt.instance.findings.wording import field_problems
from amopt.instance.loadable import Filled
from amopt.instance.suggest import closest, did_you_mean, shown
from amopt.phrases import rounded_up
from amopt.sourcing.instance.quote_log.as_of import Standing, by_offer, quote_of, standing
from amopt.sourcing.instance.quote_log.moment import as_of_moment, moment_text
from amopt.sourcing.instance.quote_log.provenance import QuotesOnRecord
from amopt.sourcing.instance.quote_log.reading import Log, UnreadableLogError, read_log
from amopt.sourcing.instance.quote_log.record import OfferKey

__all__ = ["LOG", "filled", "held_offer", "held_open", "log_of"]

LOG = "log"
"""What stands for an offer's quotes where they are on record."""

_MANY = 1e6
_MOST_ROWS = 20
"""Wrong rows of a log that are named."""


def filled(data: Mapping[str, Any], folder: Path | None) -> Filled:
    """Return the data with the quotes of the log in the place of ``quotes: log``.

    Parameters
    ----------
    data
        The raw data of a sourcing instance.
    folder
        The folder of the instance file, from which the log's name counts.
    """
    offers = data.get("offers")
    if not isinstance(offers, (list, tuple)) or not any(map(_on_record, offers)):
        return Filled(data)
    record, problems = _record_of(data)
    said = data.get("quotes")
    name = record.log if record else said.get("log") if isinstance(said, Mapping) else None
    log = Log()
    if isinstance(name, str):
        try:
            log = log_of(name, folder)
        except UnreadableLogError as error:
            advice = error.advice or "Name a quote log; amopt sourcing quotes makes one."
            problems.append(Problem("quote-log", ("quotes", "log"), f"{error}.", advice))
        problems += _of_rows(log, name)
    if record is None or problems:
        return held_open(data, problems, record)
    if record.sha256 not in (None, log.sha256(record.as_of)):
        message = (
            f"the rows of {shown(record.log)} up to that time are not those of the fingerprint."
        )
        advice = "Find the log that the file was made with, or take sha256 out."
        problem = Problem("quote-log", ("quotes", "sha256"), message, advice)
        return held_open(data, [problem], record)
    return _Filling(data, record, log, list(offers)).result()


def held_open(
    data: Mapping[str, Any],
    problems: Sequence[Problem] = (),
    record: QuotesOnRecord | None = None,
) -> Filled:
    """Return the data with quotes of no meaning where those on record would stand.

    The rest of the file can be checked so, before anything is on record.

    Parameters
    ----------
    data
        The raw data of a sourcing instance.
    problems
        Why quotes on record cannot be read.
    record
        The log and the time, where the data say them.
    """
    offers = [held_offer(offer) if _on_record(offer) else offer for offer in data["offers"]]
    dated = {} if data.get("order_date") else {"order_date": _day(data, record)}
    return Filled({**data, **dated, "offers": offers}, problems=problems, held_open=True)


def _day(data: Mapping[str, Any], record: QuotesOnRecord | None) -> str:
    """Return the day of the time whose quotes count; today where no time is said."""
    if record is None:
        quotes = data.get("quotes")
        said = quotes.get("as_of") if isinstance(quotes, Mapping) else None
        try:
            time = as_of_moment(said.isoformat() if isinstance(said, date) else str(said))
        except ValueError:
            time = datetime.now(UTC)
        return time.date().isoformat()
    return record.as_of.date().isoformat()


def held_offer(offer: Mapping[str, Any]) -> dict[str, Any]:
    """Return an offer with quotes at the ends of what it may be asked for."""
    ends = [offer.get("smallest_quantity"), offer.get("largest_quantity")]
    least, most = (
        end if isinstance(end, (int, float)) else other
        for end, other in zip(ends, (1.0, _MANY), strict=True)
    )
    return {
        **offer,
        "quotes": [
            {"quantity": q, "cost_per_part": 1.0, "lead_time_weeks": 1.0}
            for q in sorted({least, most, most + 1})
        ],
    }


def log_of(name: str, folder: Path | None) -> Log:
    """Read a log whose name counts from a folder.

    Raises
    ------
    UnreadableLogError
        When it cannot be read.
    """
    return read_log(Path(name) if folder is None else folder / name)


def _on_record(offer: Any) -> bool:
    return isinstance(offer, Mapping) and offer.get("quotes") == LOG


def _record_of(data: Mapping[str, Any]) -> tuple[QuotesOnRecord | None, list[Problem]]:
    """Return which log is meant, or what is wrong with how it is named."""
    said = data.get("quotes")
    if said is not None and not isinstance(said, Mapping):
        return None, []  # the field itself is refused
    if said is None:
        return None, [
            Problem(
                "no-quote-log",
                ("offers",),
                "offers say quotes: log, and the file does not say which log, and as of when.",
                "Write quotes: {log: quotes.sqlite, as_of: 2026-03-09T09:30:00Z}.",
            )
        ]
    record = QuotesOnRecord.__new__(QuotesOnRecord)
    try:
        QuotesOnRecord.__pydantic_validator__.validate_python(dict(said), self_instance=record)
    except ValidationError as error:
        found = field_problems(QuotesOnRecord, said, error)
        return None, [Problem(p.code, ("quotes", *p.key), p.message, p.advice) for p in found]
    return record, []


def _of_rows(log: Log, name: str) -> Iterator[Problem]:
    """Yield what is wrong with the rows of a log, each row named."""
    for problem in log.problems[:_MOST_ROWS]:
        row, *column = problem.key
        message = f"row {row} of {shown(name)}, {column[0] if column else 'row'}: "
        key = ("quotes", "log", row, *map(str, column))
        yield Problem(problem.code, key, message + problem.message, problem.advice)
    more = len(log.problems) - _MOST_ROWS
    if more > 0:
        message = f"{shown(name)} has {more} more faults of this kind."
        yield Problem("quote-log", ("quotes", "log"), message, "Mend its rows.")


@dataclass
class _Filling:
    """The work on one instance's data."""

    data: Mapping[str, Any]
    record: QuotesOnRecord
    log: Log
    offers: list[Any]
    problems: list[Problem] = field(default_factory=list)
    unquoted: list[dict[str, Any]] = field(default_factory=list)

    def result(self) -> Filled:
        """Return the filled data."""
        known = by_offer(self.log.until(self.record.as_of))
        kept: list[int] = []
        made: list[Any] = []
        for number, offer in enumerate(self.offers):
            found = self._offer(number, offer, known) if _on_record(offer) else offer
            if found is not None:
                kept.append(number)
                made.append(found)
        self.problems += self._unasked(known)
        return Filled(self._data(made), {"offers": kept}, self.problems, held_open=True)

    def _data(self, offers: list[Any]) -> dict[str, Any]:
        said = {**self.data["quotes"], "sha256": self.log.sha256(self.record.as_of)}
        new = {**self.data, "offers": offers, "quotes": said}
        said_of = self.data.get("unquoted", ())
        if self.unquoted and isinstance(said_of, (list, tuple)):  # else the field is refused
            new["unquoted"] = [*said_of, *self.unquoted]
        if new.get("order_date") is None:
            new["order_date"] = self.record.as_of.date().isoformat()
        return new

    def _offer(self, number: int, offer: Mapping[str, Any], known: Any) -> dict[str, Any] | None:
        """Return an offer with its quotes; None, and why, where none hold."""
        key = _key(offer)
        found = standing(
            known,
            key,
            self.record.as_of,
            currency=str(self.data.get("currency", "EUR")),
            max_age_days=self.record.max_age_days,
        )
        if wrong := self._other_design(number, key, found):
            self.problems.append(wrong)
            return held_offer(offer)
        if found.code:
            kept = found.code == "quote-too-old" and self.record.when_old == "warn"
            self._note(number, key, found, known, kept=kept)
            if not kept:
                terms = {name: value for name, value in offer.items() if name != "quotes"}
                self.unquoted.append({**terms, "why": found.why})
                return None
        elif found.ended:
            message = f"{key[0]!r} quoted {found.ended} for {key[1]!r} that hold on another day."
            self.problems.append(Problem("quote-expired", ("offers", number, "quotes"), message))
        return _with_quotes(offer, found)

    def _note(
        self,
        number: int,
        key: OfferKey,
        found: Standing,
        known: Mapping[OfferKey, Any],
        *,
        kept: bool,
    ) -> None:
        what = f"the offer of {key[1]!r} at {key[0]!r}"
        advice = "Fetch quotes anew: amopt sourcing quotes."
        if found.latest is None:
            asked = {_key(offer)[0] for offer in _entries(self.data, "offers")}
            meant = closest(key[0], [one[0] for one in known if one[0] not in asked])
            advice = did_you_mean(meant) if meant else advice
        elif found.latest.status == "failed":
            advice = "Mend that, then fetch quotes anew: amopt sourcing quotes."
        if found.code == "quote-too-old":
            enough = rounded_up(found.age_days).replace(",", "")
            advice = f"Raise max_age_days to {enough}, or fetch quotes anew."
        ends = "is used all the same" if kept else "is left out"
        message = f"{what} {ends}: {found.why}."
        self.problems.append(Problem(found.code, ("offers", number, "quotes"), message, advice))

    def _other_design(self, number: int, key: OfferKey, found: Standing) -> Problem | None:
        """Return that another design was quoted than the one that is licensed."""
        licensed = {
            str(entry.get("sha256")).lower()
            for entry in _entries(self.data, "licences")
            if entry.get("part") == key[1]
            and entry.get("supplier") in (None, key[0])
            and entry.get("sha256")
        }
        quoted = {r.design_sha256.lower() for r in found.quotes if r.design_sha256}
        if not licensed or quoted <= licensed:
            return None
        return Problem(
            "design-mismatch",
            ("offers", number, "quotes"),
            f"{key[0]!r} quoted another design of {key[1]!r} than the licensed one.",
            "Ask for a quote of the licensed design, or mend the licence's sha256.",
        )

    def _unasked(self, known: Mapping[OfferKey, Any]) -> Iterator[Problem]:
        """Yield the offers that the log holds of the file's parts and the file does not name."""
        parts = {str(part.get("name")) for part in _entries(self.data, "parts")}
        named = {_key(offer) for offer in _entries(self.data, "offers")}
        for supplier, part, route, material in known:
            if part in parts and (supplier, part, route, material) not in named:
                kind = f"{route}, {material}" if material else route
                yield Problem(
                    "quote-not-asked",
                    ("quotes", "log", supplier, part, route, material),
                    f"the log has quotes of {part!r} at {supplier!r} ({kind}), and the file no "
                    "such offer: they are left out.",
                    "Add an offer with quotes: log, if it is wanted.",
                )


def _entries(data: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    """Yield the entries of a collection that have keys; what has none is refused as a field."""
    found = data.get(name)
    if isinstance(found, (list, tuple)):
        yield from (entry for entry in found if isinstance(entry, Mapping))


def _key(offer: Mapping[str, Any]) -> OfferKey:
    return (
        str(offer.get("supplier")),
        str(offer.get("part")),
        str(offer.get("route", "direct")),
        str(offer.get("material", "")),
    )


def _date_of(value: Any) -> date | None:
    """Return a date of an offer; None where it is none."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return value if type(value) is date else None


def _with_quotes(offer: Mapping[str, Any], found: Standing) -> dict[str, Any]:
    """Return an offer's data with its quotes, until when they hold, and where they come from.

    Dates of the offer itself hold as well: it holds as long as both do.
    """
    assert found.latest is not None
    new = dict(offer)
    new["quotes"] = [quote_of(row) for row in found.quotes]
    ends = [row.valid_to for row in found.quotes if row.valid_to is not None]
    begins = [row.valid_from for row in found.quotes if row.valid_from is not None]
    for name, days, binding in (("valid_to", ends, min), ("valid_from", begins, max)):
        own = _date_of(offer.get(name))
        if days and (own is not None or offer.get(name) is None):  # else the field is refused
            new[name] = binding([*days, *([own] if own else [])]).isoformat()
    new["quoted"] = {
        "source": found.latest.source,
        "request": found.latest.request,
        "fetched_at": moment_text(found.latest.fetched_at),
        "reference": found.latest.reference,
    }
    return new
