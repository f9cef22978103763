"""Reads a quote log, whatever it is kept in: csv, parquet or SQLite, with the same columns."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from amopt.instance.findings import Problem
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

_NUMBERS = ("quantity", "cost_per_part", "lead_time_weeks")
_MOST_BYTES = 256 * 1024 * 1024


class UnreadableLogError(Exception):
    """A log that cannot be read at all; the message says why."""


@dataclass(frozen=True)
class Log:
    """The rows of a log.

    Attributes
    ----------
    records
        The rows, in the order of the log.
    problems
        What is wrong with rows; the key begins with the row's number, counted from 1.
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
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise UnreadableLogError(f"{path.name} ends in none of {', '.join(SUFFIXES)}")
    if not path.is_file():
        raise UnreadableLogError(f"there is no file {path.name}")
    if path.stat().st_size > _MOST_BYTES:
        raise UnreadableLogError(f"{path.name} has more than {_MOST_BYTES / 1e6:,.0f} MB")
    try:
        rows = list(_READERS[kind](path))
    except (OSError, UnicodeDecodeError, sqlite3.Error, csv.Error) as error:
        raise UnreadableLogError(f"{path.name} cannot be read: {error}") from error
    return _log(rows)


def _log(rows: Iterable[dict[str, Any]]) -> Log:
    records: list[QuoteRecord] = []
    problems: list[Problem] = []
    prices: set[tuple[Any, ...]] = set()
    for number, row in enumerate(rows, start=1):
        record, wrong = read_record(row, number)
        problems += wrong
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
        one = (record.request, *record.key, record.quantity)
        if record.status == "quoted" and one in prices:
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


def _csv(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a csv file; what is empty is left out, numbers are read as numbers."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv_rows(file)


def csv_rows(file: io.TextIOBase) -> Iterator[dict[str, Any]]:
    """Yield the rows of comma-separated text with a header.

    Raises
    ------
    UnreadableLogError
        When the header is none.
    """
    reader = csv.DictReader(file, restkey="", strict=True)
    if not reader.fieldnames or not {"supplier", "part"} <= set(reader.fieldnames):
        raise UnreadableLogError(f"its first row must name columns, such as {', '.join(COLUMNS)}")
    for row in reader:
        yield {
            name: _value(name, value.removeprefix("'") if isinstance(value, str) else value)
            for name, value in row.items()
            if value
        }


def _value(name: str, text: Any) -> Any:
    if name not in _NUMBERS:
        return text
    try:
        return float(text)
    except ValueError:
        return text


def _sqlite(path: Path) -> Iterator[dict[str, Any]]:
    uri = path.resolve().as_uri() + "?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        connection.execute("PRAGMA trusted_schema = OFF")
        cursor = connection.execute("SELECT * FROM quotes ORDER BY rowid")
        names = [column[0] for column in cursor.description]
        for row in cursor:
            yield {n: _float(n, v) for n, v in zip(names, row, strict=True) if v is not None}


def _float(name: str, value: Any) -> Any:
    return float(value) if name in _NUMBERS and isinstance(value, int) else value


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except ImportError:
        raise UnreadableLogError(
            f"{path.name} is parquet, which needs pyarrow: python -m pip install pyarrow"
        ) from None
    except Exception as error:  # pyarrow raises errors of its own
        raise UnreadableLogError(f"{path.name} cannot be read: {error}") from error
    for row in frame.astype(object).where(frame.notna(), None).to_dict("records"):
        yield {str(name): _cell(str(name), v) for name, v in row.items() if v is not None}


def _cell(name: str, value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else _float(name, value)


_READERS = {"csv": _csv, "sqlite": _sqlite, "parquet": _parquet}
