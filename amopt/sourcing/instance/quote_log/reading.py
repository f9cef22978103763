"""Reads a quote log, whatever it is kept in: csv, parquet or SQLite, with the same columns."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from amopt.instance.findings import Problem
from amopt.instance.suggest import shown
from amopt.sourcing.instance.quote_log.csv_text import (
    NUMBERS,
    Row,
    UnreadableLogError,
    csv_rows,
)
from amopt.sourcing.instance.quote_log.record import COLUMNS, QuoteRecord, read_record

__all__ = ["SUFFIXES", "Log", "UnreadableLogError", "read_log"]

SUFFIXES = {
    ".csv": "csv",
    ".parquet": "parquet",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
    ".db": "sqlite",
}
"""What a log is kept in, by its file's suffix."""

_MOST_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class Log:
    """The rows of a log.

    Attributes
    ----------
    records
        The rows, in the order of the log.
    problems
        What is wrong with rows; the key begins with the row's number, counted from 1 (in csv text,
        the headings are row 1).
    """

    records: tuple[QuoteRecord, ...] = ()
    problems: tuple[Problem, ...] = ()

    def until(self, time: datetime) -> tuple[QuoteRecord, ...]:
        """Return the rows that were fetched at a time or before."""
        return tuple(record for record in self.records if record.fetched_at <= time)

    def sha256(self, time: datetime) -> str:
        """Return the fingerprint of the rows up to a time, whatever the log is kept in."""
        rows = [record.model_dump(mode="json") for record in self.until(time)]
        text = json.dumps(rows, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def read_log(path: Path) -> Log:
    """Read a log.

    Raises
    ------
    UnreadableLogError
        When it is no log, or cannot be read.
    """
    kind, name = SUFFIXES.get(path.suffix.lower()), shown(path.name)[1:-1]
    if kind is None:
        raise UnreadableLogError(f"{name} ends in none of {', '.join(SUFFIXES)}")
    try:
        if not path.is_file():
            raise UnreadableLogError(f"there is no file {name}")
        if path.stat().st_size > _MOST_BYTES:
            raise UnreadableLogError(f"{name} has more than {_MOST_BYTES / 1e6:,.0f} MB")
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise UnreadableLogError(f"{name} cannot be read: {said}") from error
    try:
        rows = list(_READERS[kind](path))
    except UnreadableLogError as error:
        there = f", row {error.row}" if error.row else ""
        message = f"{name}{there}: {error}"
        raise UnreadableLogError(message, error.advice, error.row) from error
    except (OSError, sqlite3.Error) as error:
        raise UnreadableLogError(f"{name} cannot be read: {error}") from error
    return _log(rows)


def _log(rows: Iterable[Row]) -> Log:
    records: list[QuoteRecord] = []
    problems: list[Problem] = []
    prices: set[tuple[Any, ...]] = set()
    for row in rows:
        number = row.number
        record, wrong = (None, []) if row.shifted else read_record(row.values, number)
        known = {problem.key[0] for problem in row.problems}
        problems += [replace(one, key=(number, *one.key)) for one in row.problems]
        problems += [one for one in wrong if one.key[-1] not in known]
        if record is None:
            continue
        if records and record.fetched_at < records[-1].fetched_at:
            problems.append(
                Problem(
                    "log-not-in-order",
                    (number, "fetched_at"),
                    "the row was fetched before the one above it.",
                    "A log is only ever added to; bring its rows into the order of time.",
                )
            )
        one = (record.source, record.request, *record.key, record.quantity)
        if record.status != "quoted":
            records.append(record)
            continue
        if one in prices:
            problems.append(
                Problem(
                    "two-prices",
                    (number, "quantity"),
                    f"the request {record.request!r} holds {record.quantity:g} parts twice.",
                    "Keep one of the two, or give the later one a request of its own.",
                )
            )
        prices.add(one)
        records.append(record)
    return Log(tuple(records), tuple(problems))


def _csv(path: Path) -> Iterator[Row]:
    """Yield the rows of a csv file; what is empty is left out, numbers are read as numbers."""
    yield from csv_rows(path.read_bytes(), COLUMNS)


def _sqlite(path: Path) -> Iterator[Row]:
    uri = path.resolve().as_uri() + "?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        connection.execute("PRAGMA trusted_schema = OFF")
        cursor = connection.execute("SELECT * FROM quotes ORDER BY rowid")
        names = [column[0] for column in cursor.description]
        for number, row in enumerate(cursor, start=1):
            said = {n: _float(n, v) for n, v in zip(names, row, strict=True) if v is not None}
            yield Row(number, said)


def _float(name: str, value: Any) -> Any:
    return float(value) if name in NUMBERS and isinstance(value, int) else value


def _parquet(path: Path) -> Iterator[Row]:
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except ImportError:
        raise UnreadableLogError(
            "it is parquet, which needs pyarrow: python -m pip install pyarrow"
        ) from None
    except Exception as error:  # pyarrow raises errors of its own
        raise UnreadableLogError(f"it cannot be read: {error}") from error
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    for number, row in enumerate(rows, start=1):
        said = {str(name): _cell(str(name), v) for name, v in row.items() if v is not None}
        yield Row(number, said)


def _cell(name: str, value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else _float(name, value)


_READERS = {"csv": _csv, "sqlite": _sqlite, "parquet": _parquet}
