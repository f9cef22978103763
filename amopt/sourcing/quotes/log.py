"""Adds rows to a quote log: all of them or none, and nothing that is there is changed."""

from __future__ import annotations

import csv
import io
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from amopt.errors import UsageError
from amopt.files import new_file, require_writable_file
from amopt.instance.suggest import shown
from amopt.sourcing.instance.quote_log.csv_text import GUARD, is_guarded
from amopt.sourcing.instance.quote_log.moment import moment_text
from amopt.sourcing.instance.quote_log.reading import SUFFIXES, Log, UnreadableLogError, read_log
from amopt.sourcing.instance.quote_log.record import COLUMNS, QuoteRecord

__all__ = ["OutOfOrderError", "append", "opened"]

_MOST_TOLD = 20


class OutOfOrderError(UsageError):
    """A log holds rows that were fetched later than new ones, or the same request already.

    Attributes
    ----------
    last
        When its last row was fetched.
    """

    def __init__(self, path: Path, last: datetime) -> None:
        super().__init__(f"{path} holds rows that were fetched later; a log is in order of time")
        self.last = last


def opened(path: Path) -> Log:
    """Return a log, an empty one where there is no file yet.

    Raises
    ------
    UsageError
        When it cannot be read, or rows of it are wrong.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path} ends in none of {', '.join(SUFFIXES)}")
    try:
        if not path.exists():
            return Log()
        log = read_log(path)
    except OSError as error:
        raise UsageError(f"{shown(str(path))} cannot be read: {error.strerror}") from error
    except UnreadableLogError as error:
        raise UsageError(f"{error}. {error.advice}".strip()) from error
    if log.problems:
        told = [f"row {p.key[0]}, {p.key[-1]}: {p.message}" for p in log.problems[:_MOST_TOLD]]
        more = len(log.problems) - len(told)
        told += [f"... and {more:,} more."] if more else []
        raise UsageError(f"{path} holds rows that are wrong.\n  " + "\n  ".join(told))
    return log


def append(path: Path, records: Sequence[QuoteRecord]) -> None:
    """Add rows to a log, made where there is none.

    Raises
    ------
    UsageError
        When the log cannot be written, or its last row was fetched later than the new ones.
    """
    require_writable_file(path)
    if not records:
        opened(path)
    elif SUFFIXES.get(path.suffix.lower()) == "sqlite":
        _append_to_database(path, records)
    else:
        held = opened(path)
        _require_order(path, held.records, records)
        _rewrite(path, [*held.records, *records])


def _require_order(path: Path, held: Sequence[QuoteRecord], records: Sequence[QuoteRecord]) -> None:
    """Require that rows come after those of a log, of which the last ones are given."""
    times = [record.fetched_at for record in records]
    if times != sorted(times):
        raise UsageError("the rows are not in the order of time")
    if held and held[-1].fetched_at > times[0]:
        raise OutOfOrderError(path, held[-1].fetched_at)
    known = {(record.request, *record.key, record.source) for record in held}
    if any((record.request, *record.key, record.source) in known for record in records):
        raise OutOfOrderError(path, held[-1].fetched_at)


def _row(record: QuoteRecord) -> list[Any]:
    plain = record.model_dump(mode="json")
    return [plain[name] for name in COLUMNS]


def _append_to_database(path: Path, records: Sequence[QuoteRecord]) -> None:
    marks = ", ".join("?" * len(COLUMNS))
    try:
        with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(f"CREATE TABLE IF NOT EXISTS quotes ({', '.join(COLUMNS)})")
            held = opened_rows(connection, records[0])
            _require_order(path, held, records)
            connection.executemany(
                f"INSERT INTO quotes ({', '.join(COLUMNS)}) VALUES ({marks})",  # noqa: S608
                [_row(record) for record in records],
            )
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise UsageError(f"{path} cannot be written: {error}; nothing was added") from error


def opened_rows(connection: sqlite3.Connection, first: QuoteRecord) -> list[QuoteRecord]:
    """Return the rows of a database that new ones may clash with, the last row at the end."""
    from amopt.sourcing.instance.quote_log.record import read_record

    cursor = connection.execute(
        "SELECT * FROM quotes WHERE request IN (SELECT request FROM quotes WHERE fetched_at = ?)"
        " OR rowid = (SELECT max(rowid) FROM quotes) ORDER BY rowid",
        (moment_text(first.fetched_at),),
    )
    names = [column[0] for column in cursor.description]
    found = []
    for row in cursor:
        said = {name: value for name, value in zip(names, row, strict=True) if value is not None}
        record, problems = read_record(said, 1)
        if record is None:
            raise sqlite3.DatabaseError(f"its last rows are wrong: {problems[0].message}")
        found.append(record)
    return found


def _rewrite(path: Path, records: Sequence[QuoteRecord]) -> None:
    """Write a csv or parquet log anew, whole or not at all."""
    with new_file(path) as temporary:
        if path.suffix.lower() == ".parquet":
            _write_parquet(temporary, records)
            return
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([_cell(value) for value in _row(record)] for record in records)
        with temporary.open("w", encoding="utf-8", newline="") as file:
            file.write(text.getvalue())
            file.flush()
            os.fsync(file.fileno())


def _write_parquet(path: Path, records: Sequence[QuoteRecord]) -> None:
    import pandas as pd

    frame = pd.DataFrame([_row(record) for record in records], columns=list(COLUMNS))
    try:
        frame.to_parquet(path, index=False)
    except ImportError:
        raise UsageError("a parquet log needs pyarrow: python -m pip install pyarrow") from None


def _cell(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula, and that is read back as it was."""
    if isinstance(value, str) and value and (is_guarded(value) or value[0] == "'"):
        return GUARD + value
    return value
