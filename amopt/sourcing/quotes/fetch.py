"""Asks sources for the quotes that an instance lacks, and adds what they answer to a log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from amopt.errors import InvalidInstanceError, UsageError
from amopt.instance.loadable import Filled
from amopt.sourcing.instance.fields import Instance, Offer
from amopt.sourcing.instance.quote_log.filling import LOG
from amopt.sourcing.instance.quote_log.moment import moment_text
from amopt.sourcing.instance.quote_log.reading import Log
from amopt.sourcing.instance.quote_log.record import QuoteRecord
from amopt.sourcing.quotes.log import append, opened
from amopt.sourcing.quotes.source import QuoteRequest
from amopt.sourcing.quotes.sources_file import Source, Sources

__all__ = ["Fetched", "fetch", "requests_of"]

_TO_ASK = "to be asked"
_MANY = 1e6


@dataclass(frozen=True)
class Fetched:
    """What a fetch came to.

    Attributes
    ----------
    records
        The rows that were added to the log.
    reused
        Requests that were not made, since an identical one was answered a short time ago.
    """

    records: tuple[QuoteRecord, ...]
    reused: tuple[tuple[str, QuoteRequest], ...]

    def rows(self) -> list[dict[str, Any]]:
        """Return one row for each request: who was asked for what, and what came of it."""
        by_request: dict[tuple[str, ...], list[QuoteRecord]] = defaultdict(list)
        for record in self.records:
            by_request[(record.source, record.request)].append(record)
        rows = [_told(own) for own in by_request.values()]
        for source, request in self.reused:
            rows.append({**_offer(request), "source": source, "status": "reused", "quotes": 0})
        return rows


def _offer(row: QuoteRecord | QuoteRequest) -> dict[str, Any]:
    supplier, part, route, material = row.key
    return {"supplier": supplier, "part": part, "route": route, "material": material}


def _told(own: Sequence[QuoteRecord]) -> dict[str, Any]:
    first = own[0]
    return {
        **_offer(first),
        "source": first.source,
        "status": first.status,
        "quotes": sum(record.status == "quoted" for record in own),
        "fetched_at": moment_text(first.fetched_at),
        "reference": first.reference,
    }


class _Inquiry(Instance):
    """An instance whose offers are to be asked for: quotes on record are held open."""

    asked: ClassVar[str] = _TO_ASK

    @classmethod
    def filled(cls, data: Mapping[str, Any], folder: Path | None) -> Filled:
        """Return the data with quotes of no meaning where those on record would stand."""
        offers = data.get("offers")
        if not isinstance(offers, (list, tuple)):
            return Filled(data)
        asked: dict[str, Any] = {"offers": [_held_open(offer) for offer in offers]}
        quotes = data.get("quotes")
        if isinstance(quotes, Mapping) or quotes is None:
            # Asking is done now, whatever log and time a later solve reads.
            asked["quotes"] = {"log": _TO_ASK, "as_of": _now(), **(quotes or {})}
        return Filled({**data, **asked})


def _now() -> str:
    return moment_text(datetime.now(UTC).replace(microsecond=0))


def _held_open(offer: Any) -> Any:
    if not isinstance(offer, Mapping) or offer.get("quotes") != LOG:
        return offer
    ends = [offer.get("smallest_quantity"), offer.get("largest_quantity")]
    least, most = (
        end if isinstance(end, (int, float)) else other
        for end, other in zip(ends, (1.0, _MANY), strict=True)
    )
    quantities = sorted({least, most, most + 1})
    return {
        **offer,
        "quotes": [
            {"quantity": q, "cost_per_part": 1.0, "lead_time_weeks": 1.0} for q in quantities
        ],
        "quoted": {
            "source": _TO_ASK,
            "request": _TO_ASK,
            "fetched_at": "2000-01-01T00:00:00Z",
        },
    }


def requests_of(
    source: str | Path | Mapping[str, Any], quantities: Sequence[float] = ()
) -> list[QuoteRequest]:
    """Return what an instance file asks for: each offer with ``quotes: log``.

    The quantities are those of the part's lines, that of all of them together, and the given ones;
    those that the offer does not take are left out.

    Raises
    ------
    InvalidInstanceError
        With everything that is wrong with the file, at once.
    UsageError
        When no offer has its quotes on record.
    """
    from amopt.instance.loader import examine

    examination = examine(source, lambda _: _Inquiry, ("sourcing",))
    if not isinstance(examination.instance, _Inquiry):
        raise InvalidInstanceError(examination.findings)
    instance = examination.instance
    offers = [o for o in instance.offers if o.quoted and o.quoted.source == _TO_ASK]
    if not offers:
        raise UsageError(f"{instance.name!r} has no offer to ask for: write quotes: log on offers")
    return [_request(instance, offer, quantities) for offer in offers]


def _request(instance: Instance, offer: Offer, quantities: Sequence[float]) -> QuoteRequest:
    needed = [line.quantity for line in instance.lines if line.part == offer.part]
    asked = sorted({*needed, *([sum(needed)] if needed else []), *quantities})
    least, most = offer.smallest_quantity or 0.0, offer.largest_quantity or float("inf")
    part = next(part for part in instance.parts if part.name == offer.part)
    designs = {
        licence.sha256
        for licence in instance.licences
        if licence.part == offer.part and licence.supplier in (None, offer.supplier)
    } - {None}
    return QuoteRequest(
        *(offer.supplier, offer.part, offer.route, offer.material),
        quantities=tuple(q for q in asked if least <= q <= most) or (max(1.0, least),),
        design_sha256=min(designs) if designs else None,  # type: ignore[type-var]
        dimensions_mm=(part.length_mm, part.width_mm, part.height_mm),
    )


def fetch(
    source: str | Path | Mapping[str, Any],
    sources: Sources,
    log: str | Path,
    *,
    at: datetime | None = None,
) -> Fetched:
    """Ask the sources for what an instance file asks for, and add all answers to a log, or none.

    Parameters
    ----------
    source
        The instance: a file, or plain data.
    sources
        Where quotes come from.
    log
        The log (csv, parquet or SQLite); made where there is none.
    at
        The time that the rows are fetched at; left out, now.

    Raises
    ------
    InvalidInstanceError
        When the instance file is wrong.
    UsageError
        When the log cannot be read or written, or nothing is to be asked.
    """
    path = Path(log)
    known = opened(path)
    at = (at or datetime.now(UTC)).replace(microsecond=0)
    requests = requests_of(source, sources.quantities)
    records: list[QuoteRecord] = []
    reused: list[tuple[str, QuoteRequest]] = []
    for entry in sources.sources:
        own = [r for r in requests if not entry.suppliers or r.supplier in entry.suppliers]
        held = [r for r in own if _is_held(entry, r, known, at)]
        reused += [(entry.name, request) for request in held]
        wanted = [request for request in own if request not in held]
        records += entry.opened(sources._folder).fetch(wanted, at=at)
    append(path, records)
    return Fetched(tuple(records), tuple(reused))


def _is_held(entry: Source, request: QuoteRequest, log: Log, at: datetime) -> bool:
    """Return whether an identical request was answered within the minutes of the cache."""
    since = at - timedelta(minutes=entry.cache_minutes)
    return entry.cache_minutes > 0 and any(
        record.source == entry.name
        and record.status != "failed"
        and record.request.startswith(f"{request.fingerprint}-")
        and since <= record.fetched_at <= at
        for record in log.records
    )
