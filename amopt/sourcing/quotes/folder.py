"""A folder of files with quotes, such as price lists that suppliers have mailed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from amopt.instance.findings import Finding, Problem, Where
from amopt.instance.suggest import closest, did_you_mean
from amopt.phrases import counted, listed
from amopt.sourcing.instance.quote_log.csv_text import NUMBERS, UnreadableLogError, csv_rows
from amopt.sourcing.instance.quote_log.record import COLUMNS, QuoteRecord
from amopt.sourcing.quotes.source import QuoteRequest, as_float, failed, records_of, warned

__all__ = ["FolderSource"]

_MOST_BYTES = 16 * 1024 * 1024
_COMPARISONS = 20_000
_NAMES = ("supplier", "part", "route", "material")


@dataclass(frozen=True)
class _Row:
    """A row of a file: where it stands, what it says, and what is wrong with its cells."""

    where: Where
    values: Mapping[str, Any]
    problems: tuple[Problem, ...] = ()
    shifted: bool = False

    def finding(self, problem: Problem, column: str = "") -> Finding:
        """Return what is wrong with the row, or with a cell of it, where it stands."""
        key = (*self.where.key, *([column] if column else []))
        where = Where(self.where.file, key, row=self.where.row)
        return warned(problem.code, where, problem.message, problem.advice)


@dataclass
class _Read:
    """What the files of a folder hold."""

    rows: list[_Row] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class FolderSource:
    """A folder of csv and json files; each row names supplier and part, and what is quoted.

    A csv file has headings; a json file holds a list of rows, or ``{"quotes": [...]}``. All files
    are read anew at each fetch, in the order of their names. A row counts for a request if it is of
    the same supplier and part, and of the same route and material where it names them. What is
    wrong with a file or a row is told of that file and row alone: other requests are answered.
    """

    name: str
    path: Path

    def fetch(self, requests: Sequence[QuoteRequest], *, at: datetime) -> Iterator[QuoteRecord]:
        """Yield the rows that answer requests, one of status ``failed`` where no file does."""
        yield from self.answered(requests, at=at)[0]

    def answered(
        self, requests: Sequence[QuoteRequest], *, at: datetime
    ) -> tuple[list[QuoteRecord], list[Finding]]:
        """Return the rows that answer requests, and all that is wrong with the files.

        Each finding names the file, and the row and the column where it is of one.
        """
        read = self._read()
        found, findings = list[QuoteRecord](), list(read.findings)
        unanswered: list[QuoteRequest] = []
        by_offer: dict[tuple[Any, Any], list[_Row]] = defaultdict(list)
        for row in read.rows:
            by_offer[_plain(row.values.get("supplier")), _plain(row.values.get("part"))].append(row)
        for request in requests:
            own = [row for row in by_offer[request.key[:2]] if _is_of(row.values, request)]
            if not own:
                unanswered.append(request)
                found.append(failed(self.name, request, at, _unquoted(read)))
                continue
            made, wrong = _answer(self.name, request, at, own)
            findings += wrong
            if wrong:
                made = [failed(self.name, request, at, _blamed(wrong))]
            found += made
        findings += self._unanswered(unanswered, requests, read)
        return found, list(dict.fromkeys(findings))

    def _read(self) -> _Read:
        """Return all rows, and what is wrong with files."""
        read = _Read()
        try:
            files = sorted(p for p in self.path.iterdir() if p.suffix.lower() in _READERS)
        except OSError as error:
            read.unread.append(self.path.name)
            message = f"the folder cannot be read: {(error.strerror or str(error)).lower()}."
            read.findings.append(warned("quote-file", Where(str(self.path)), message))
            return read
        if not files:
            message = f"the folder holds no file that ends in {' or '.join(_READERS)}."
            read.findings.append(warned("quote-file", Where(str(self.path)), message))
        for file in files:
            try:
                if file.stat().st_size > _MOST_BYTES:
                    raise UnreadableLogError("it is too large")
                rows = list(_READERS[file.suffix.lower()](file))
            except (OSError, UnreadableLogError) as error:
                read.unread.append(file.name)
                read.findings.append(_unreadable(file, error))
                continue
            read.rows += rows
            read.findings += [one for row in rows for one in _nobodys(row)]
        return read

    def _unanswered(
        self, unanswered: Sequence[QuoteRequest], asked: Sequence[QuoteRequest], read: _Read
    ) -> Iterator[Finding]:
        """Yield what no file quotes, with rows that may be meant."""
        strange: dict[tuple[str | None, ...], _Row] = {}
        known = {request.key[:2] for request in asked}
        for row in read.rows:
            names = tuple(_plain(row.values.get(name)) for name in _NAMES)
            if names[:2] not in known or not any(_is_of(row.values, one) for one in asked):
                strange.setdefault(names, row)
        pools = {name: sorted({getattr(one, name) for one in asked} - {""}) for name in _NAMES}
        close = len(strange) * len(unanswered) <= _COMPARISONS
        plain: list[str] = []
        for request in unanswered if close else ():
            near = next(
                (row for row in strange.values() if _is_like(row.values, request, pools)), None
            )
            what = f"{request.part!r} at {request.supplier!r}"
            if near is None:
                plain.append(what)
                continue
            name = next(
                name
                for name, wanted in zip(_NAMES, request.key, strict=True)
                if near.values.get(name) not in (None, wanted)
            )
            message = f"{near.values[name]!r} stands here, and no row quotes {what}."
            advice = did_you_mean(getattr(request, name))
            yield near.finding(Problem("quote-row", (), message, advice), name)
        plain = plain if close else [f"{one.part!r} at {one.supplier!r}" for one in unanswered]
        if plain:
            message = f"no file quotes {listed(plain, most=10)}."
            yield warned("quote-failed", Where(str(self.path)), message, "Ask for a price list.")


def _plain(name: Any) -> str | None:
    """Return a name; None where something else stands in its place."""
    return name if isinstance(name, str) else None


def _unquoted(read: _Read) -> str:
    """Return why no row answers a request."""
    if not read.unread:
        return "no file of the folder quotes it"
    return f"no file that can be read quotes it; {listed(read.unread, most=5)} cannot"


def _unreadable(file: Path, error: Exception) -> Finding:
    row = error.row if isinstance(error, UnreadableLogError) else None
    advice = error.advice if isinstance(error, UnreadableLogError) else ""
    said = (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
    return warned("quote-file", Where(str(file), row=row), f"not read: {said}.", advice)


def _nobodys(row: _Row) -> Iterator[Finding]:
    """Yield that a row does not say whose quote it is, which nobody can miss but its writer."""
    for name in ("supplier", "part"):
        if not row.shifted and not isinstance(row.values.get(name), str):
            message = f"the row names no {name}, and is not read."
            yield row.finding(Problem("quote-row", (), message), name)


def _answer(
    source: str, request: QuoteRequest, at: datetime, own: Sequence[_Row]
) -> tuple[list[QuoteRecord], list[Finding]]:
    """Return the records of rows that are of a request, and what is wrong with these rows."""
    findings = [row.finding(one, str(one.key[0])) for row in own for one in row.problems]
    known = {(id(row), one.key[0]) for row in own for one in row.problems}
    sound = [row for row in own if not row.shifted]
    made, faults = records_of(source, request, at, [row.values for row in sound])
    for fault in faults:
        row = sound[int(fault.key[0]) - 1]
        column = str(fault.key[1]) if len(fault.key) > 1 else ""
        if (id(row), column) not in known:
            findings.append(row.finding(fault, column))
    return made, findings


def _blamed(wrong: Sequence[Finding]) -> str:
    """Return the first thing that is wrong with an answer, and how much more there is."""
    first = wrong[0]
    where = Where(Path(first.where.file).name, first.where.key, row=first.where.row)
    more = f"; and {counted(len(wrong) - 1, 'more fault')}" if len(wrong) > 1 else ""
    return f"{where}: {first.message.rstrip('.')}{more}"


def _is_of(row: Mapping[str, Any], request: QuoteRequest) -> bool:
    return all(
        row.get(name) in ((asked,) if name in ("supplier", "part") else (None, asked))
        for name, asked in zip(_NAMES, request.key, strict=True)
    )


def _is_like(
    row: Mapping[str, Any], request: QuoteRequest, pools: Mapping[str, Collection[str]]
) -> bool:
    """Tell whether a row may be meant for a request: its names are its, or closest to its."""
    for name, asked in zip(_NAMES, request.key, strict=True):
        said = row.get(name)
        if said == asked or (said is None and name in ("route", "material")):
            continue
        if not isinstance(said, str) or not asked or closest(said, pools[name]) != asked:
            return False
    return True


def _csv(file: Path) -> Iterator[_Row]:
    for row in csv_rows(file.read_bytes(), COLUMNS):
        yield _Row(Where(str(file), row=row.number), row.values, row.problems, row.shifted)


def _json(file: Path) -> Iterator[_Row]:
    advice = 'Write a list of rows, or {"quotes": [...]}.'
    try:
        held = json.loads(file.read_bytes())
    except json.JSONDecodeError as error:
        there = f"it is no JSON from line {error.lineno}, column {error.colno} on"
        raise UnreadableLogError(there, advice) from None
    except (ValueError, RecursionError):
        raise UnreadableLogError("it is no JSON", advice) from None
    within = isinstance(held, dict)
    rows = held.get("quotes") if isinstance(held, dict) else held
    if not isinstance(rows, list):
        raise UnreadableLogError("it holds no list of quotes", advice)
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise UnreadableLogError(
                f"its entry {number + 1} is no row of names and values", advice
            )
        key = ("quotes", number) if within else (number,)
        said = {n: as_float(v) if n in NUMBERS and type(v) is int else v for n, v in row.items()}
        yield _Row(Where(str(file), key), said)


_READERS = {".csv": _csv, ".json": _json}
