"""What ``amopt sourcing quotes`` does: ask, log, freeze, and tell what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from amopt.errors import UsageError
from amopt.files import require_writable_file
from amopt.instance.findings import Finding
from amopt.outcome import Stopped
from amopt.phrases import counted
from amopt.program.pieces import Pieces
from amopt.solution import Column
from amopt.sourcing.answer.quotes import quote_tables
from amopt.sourcing.instance.quote_log.moment import moment_text
from amopt.sourcing.quotes.fetch import fetch
from amopt.sourcing.quotes.freeze import freeze as freeze_into
from amopt.sourcing.quotes.freeze import stated, with_quotes
from amopt.sourcing.quotes.log import opened
from amopt.sourcing.quotes.sources_file import load_sources

__all__ = ["COLUMNS", "Told", "desk"]

COLUMNS = (
    Column("part", "", "Part."),
    Column("supplier", "", "Supplier."),
    Column("source", "", "The source that was asked."),
    Column("status", "", "Quoted, declined, failed, reused or left out."),
    Column("fetched_at", "", "When the quotes were fetched, in UTC."),
    Column("age_days", "days", "Age of the quotes."),
    Column("why", "", "Why the offer is left out."),
    Column("reference", "", "The supplier's reference, or why there is no quote."),
)
"""What is shown of requests and quotes."""


@dataclass(frozen=True)
class Told:
    """What came of asking.

    Attributes
    ----------
    rows
        One row a request that was made, or the quotes that hold where nobody was asked.
    said
        What was done, in words.
    findings
        What is wrong with files of quotes, and why requests failed.
    pieces
        How many requests were made, where Ctrl-C ended them.
    """

    rows: list[dict[str, Any]]
    said: str
    findings: tuple[Finding, ...] = ()
    pieces: Pieces | None = None


def desk(
    file: str | Path | Mapping[str, Any],
    *,
    log: Path | None = None,
    sources: Path | None = None,
    freeze: Path | None = None,
    as_of: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Told:
    """Ask sources and log what they answer; freeze what holds as of a time into an instance.

    Parameters
    ----------
    file
        The instance.
    log
        The quote log; left out, the one that the file names.
    sources
        The file of sources to ask; left out, nobody is asked.
    freeze
        The new file to write the instance with its quotes to.
    as_of
        The time whose quotes count, or a day, whose end it is then; left out, the one that the
        file names where nobody is asked now, and that of the last answer otherwise.
    progress
        Told how many requests have been answered, or failed, and how many are made.

    Raises
    ------
    InvalidInstanceError
        When a file is wrong.
    UsageError
        When the log cannot be read or written, or the frozen file exists.
    KeyboardInterrupt
        At Ctrl-C before anything was answered, and at a second one. Later one logs what was; then
        nothing is frozen.
    """
    if freeze is not None:
        require_writable_file(freeze)
        if freeze.exists():
            raise UsageError(f"{freeze} exists already; name another file, or remove it first")
    own = stated(file)
    if log is None:
        if not isinstance(own.get("log"), str):
            raise UsageError("name a quote log: --log, or quotes: {log: quotes.sqlite} in the file")
        log = Path(own["log"])
    rows: list[dict[str, Any]] = []
    said: list[str] = []
    findings: tuple[Finding, ...] = ()
    if sources is not None:
        fetched = fetch(file, load_sources(sources), log, progress=progress)
        rows, findings = fetched.rows(), fetched.findings
        counts = [sum(row["status"] == status for row in rows) for status in _STATUSES]
        told = ", ".join(f"{n} {status}" for n, status in zip(counts, _STATUSES, strict=True) if n)
        said += filter(None, [fetched.pieces.in_words("request")])
        said.append(f"{counted(len(rows), 'request')}: {told}. {log} has the answers.")
        if fetched.pieces.stopped is Stopped.INTERRUPTED:
            said += [] if freeze is None else [f"{freeze} was not written."]
            return Told(rows, " ".join(said), findings, fetched.pieces)
    if sources is None or freeze is not None:
        records = opened(log).records
        when, whose = as_of, ""
        if as_of is None and sources is None and own.get("as_of") is not None:
            whose = ", as the file says"
        elif as_of is None:
            whose = ", the last answer"
            when = moment_text(max((r.fetched_at for r in records), default=datetime.now(UTC)))
        instance = with_quotes(file, log=log, as_of=when)
        held = quote_tables(instance, ()).get("quotes", [])
        rows = rows or [{**row, "status": "left out" if row["why"] else "quoted"} for row in held]
        left = len(instance.unquoted)
        said.append(f"{counted(len(held) - left, 'offer')} with quotes, {left} left out")
        if instance.quotes is not None:
            said[-1] += f", as of {moment_text(instance.quotes.as_of)}{whose}"
        said[-1] += "."
        if freeze is not None:
            freeze_into(instance, freeze)
            said.append(f"{freeze} written; solve it with: amopt solve {freeze}")
    return Told(rows, " ".join(said), findings)


_STATUSES = ("quoted", "declined", "failed", "reused")
