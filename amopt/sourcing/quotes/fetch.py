"""Asks sources for the quotes that an instance lacks, and adds what they answer to a log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from amopt.errors import InvalidInstanceError, UsageError
from amopt.files import require_writable_file
from amopt.instance.findings import Finding, Where
from amopt.instance.loadable import Filled
from amopt.outcome import Stopped
from amopt.program.pieces import CutShortError, Pieces
from amopt.program.solver.run import TwiceInterruptedError
from amopt.sourcing.instance.fields import Instance, Offer
from amopt.sourcing.instance.quote_log.filling import held_open
from amopt.sourcing.instance.quote_log.moment import moment_text
from amopt.sourcing.instance.quote_log.reading import Log
from amopt.sourcing.instance.quote_log.record import QuoteRecord
from amopt.sourcing.quotes.folder import FolderSource
from amopt.sourcing.quotes.log import OutOfOrderError, append, opened
from amopt.sourcing.quotes.source import QuoteRequest, QuoteSource, failed, warned
from amopt.sourcing.quotes.sources_file import Source, Sources

__all__ = ["Fetched", "asked_of", "fetch", "requests_of"]

_TO_ASK = "to be asked"
_QUOTED = {"source": _TO_ASK, "request": _TO_ASK, "fetched_at": "2000-01-01T00:00:00Z"}
_TRIES = 5


@dataclass(frozen=True)
class Fetched:
    """What a fetch came to.

    Attributes
    ----------
    records
        The rows that were added to the log.
    reused
        Requests that were not made, since an identical one was answered a short time ago.
    findings
        What is wrong with files of quotes, and why requests failed.
    pieces
        How many of the requests were made, where Ctrl-C ended them.
    """

    records: tuple[QuoteRecord, ...]
    reused: tuple[tuple[str, QuoteRequest], ...]
    findings: tuple[Finding, ...] = ()
    pieces: Pieces = field(default_factory=lambda: Pieces(0))

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
        "status": "quoted" if any(r.status == "quoted" for r in own) else first.status,
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
        if not isinstance(data.get("offers"), (list, tuple)):
            return Filled(data)
        opened = held_open(data)
        marked = [
            {**held, "quoted": _QUOTED} if held is not offer else offer
            for held, offer in zip(opened.data["offers"], data["offers"], strict=True)
        ]
        asked: dict[str, Any] = {"offers": marked}
        quotes = data.get("quotes")
        if isinstance(quotes, Mapping) or quotes is None:
            # Asking is done now, whatever log and time a later solve reads.
            asked["quotes"] = {"log": _TO_ASK, "as_of": _now(), **(quotes or {})}
        return Filled({**opened.data, **asked})


def _now() -> str:
    return moment_text(datetime.now(UTC).replace(microsecond=0))


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
    return _requests_in(_inquiry(source), quantities)


def _inquiry(source: str | Path | Mapping[str, Any]) -> _Inquiry:
    """Return an instance whose offers are to be asked for."""
    from amopt.instance.loader import examine

    examination = examine(source, lambda _: _Inquiry, ("sourcing",))
    if not isinstance(examination.instance, _Inquiry):
        raise InvalidInstanceError(examination.findings)
    return examination.instance


def _requests_in(instance: Instance, quantities: Sequence[float]) -> list[QuoteRequest]:
    """Return what an instance asks for."""
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
    progress: Callable[[int, int], None] | None = None,
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
        The time that the rows are fetched at; left out, now. Where others have added to the log
        meanwhile, the rows are dated after theirs: a log is in the order of time.
    progress
        Told how many requests have been answered, or failed, and how many are made.

    Raises
    ------
    InvalidInstanceError
        When the instance file is wrong.
    UsageError
        When the log cannot be read or written, or nothing is to be asked.
    KeyboardInterrupt
        At Ctrl-C before anything was answered, and at a second one; later one logs what was.
    """
    path = Path(log)
    require_writable_file(path)
    known = opened(path)
    at = (at or datetime.now(UTC)).replace(microsecond=0)
    inquiry = _inquiry(source)
    requests = _requests_in(inquiry, sources.quantities)
    records: list[QuoteRecord] = []
    reused: list[tuple[str, QuoteRequest]] = []
    findings: list[Finding] = []
    wanted: list[tuple[Source, list[QuoteRequest]]] = []
    for entry in sources.sources:
        own = [r for r in requests if not entry.suppliers or r.supplier in entry.suppliers]
        held = [r for r in own if _is_held(entry, r, known, at)]
        reused += [(entry.name, request) for request in held]
        wanted.append((entry, [request for request in own if request not in held]))
    pieces = Pieces(sum(len(own) for _, own in wanted), progress)
    for entry, own in wanted:
        try:
            with pieces.hearing():
                answered = _after(progress, pieces.ended, pieces.every)
                made, told = asked_of(entry.opened(sources._folder), own, at, answered)
        except TwiceInterruptedError:
            raise
        except KeyboardInterrupt as ended:
            pieces.stopped = Stopped.INTERRUPTED
            made, told = ended.best if isinstance(ended, CutShortError) else ([], [])
            pieces.ended += len({record.key for record in made})
        else:
            pieces.ended += len(own)
        records += made
        findings += [*told, *_foreign(entry.name, made, inquiry.currency)]
        if pieces.stopped is Stopped.INTERRUPTED:
            break
        _after(progress, pieces.ended, pieces.every)(0)
    pieces.require_any()
    logged = _logged(path, records)
    return Fetched(tuple(logged), tuple(reused), tuple(findings), pieces)


def _after(
    progress: Callable[[int, int], None] | None, before: int, every: int
) -> Callable[[int], None]:
    """Return what tells that so many more requests have ended than before."""

    def answered(count: int) -> None:
        if progress is not None and every:
            progress(before + count, every)

    return answered


def asked_of(
    source: QuoteSource,
    requests: Sequence[QuoteRequest],
    at: datetime,
    answered: Callable[[int], None] | None = None,
) -> tuple[list[QuoteRecord], list[Finding]]:
    """Return what a source answers, each request answered or failed, and why it failed.

    ``answered`` is told how many offers have an answer, as rows come in.

    A source that raises has failed; what it had answered until then counts.

    Raises
    ------
    CutShortError
        At Ctrl-C, with what was answered in full until then.
    """
    if isinstance(source, FolderSource):
        return source.answered(requests, at=at)
    made: list[QuoteRecord] = []
    why = "the source does not answer it"
    try:
        for record in source.fetch(requests, at=at):
            made.append(record)
            if answered is not None:
                answered(len({own.key for own in made}))
    except TwiceInterruptedError:
        raise
    except KeyboardInterrupt as error:
        whole = made if isinstance(error, CutShortError) else _without_last(made)
        raise CutShortError((whole, _failures(source, whole))) from None
    except Exception as error:  # a source of somebody else, which may raise anything
        why = f"the source broke off: {type(error).__name__}"
    known = {record.key for record in made}
    made += [failed(source.name, one, at, why) for one in requests if one.key not in known]
    return made, _failures(source, made)


def _without_last(made: Sequence[QuoteRecord]) -> list[QuoteRecord]:
    """Return the rows but those of the last request: nobody knows whether there are more of it."""
    return [record for record in made if record.key != made[-1].key]


def _failures(source: QuoteSource, made: Sequence[QuoteRecord]) -> list[Finding]:
    """Return why requests failed."""
    return [
        warned(
            "quote-failed",
            Where(f"source {source.name!r}"),
            f"no quote of {record.part!r} at {record.supplier!r}: {record.reference}.",
        )
        for record in made
        if record.status == "failed"
    ]


def _foreign(source: str, records: Sequence[QuoteRecord], currency: str) -> Iterator[Finding]:
    """Yield the offers that are quoted in another currency than that of the instance."""
    for key, other in dict.fromkeys((r.key, r.currency) for r in records if r.currency):
        if other != currency:
            message = f"{key[1]!r} at {key[0]!r} is quoted in {other}, and the file in {currency}."
            advice = "Ask for a quote in the file's currency; as it stands, it is left out."
            yield warned("quote-currency", Where(f"source {source!r}"), message, advice)


def _logged(path: Path, records: Sequence[QuoteRecord]) -> Sequence[QuoteRecord]:
    """Add rows to a log; where others were added meanwhile, with the time at which they are."""
    for _ in range(_TRIES):
        try:
            append(path, records)
        except OutOfOrderError as error:
            records = _dated(records, error.last + timedelta(seconds=1))
        else:
            return records
    raise UsageError(f"{path} is added to by others all the time; nothing was added")


def _dated(records: Sequence[QuoteRecord], at: datetime) -> list[QuoteRecord]:
    """Return rows as of a fetch at another time."""
    return [
        record.model_copy(
            update={
                "fetched_at": at,
                "request": f"{record.request.partition('-')[0]}-{moment_text(at)}",
            }
        )
        for record in records
    ]


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
