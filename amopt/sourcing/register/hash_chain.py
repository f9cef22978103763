"""The hash chain of a licence register: its records, verified each time they are read.

A record's hash is taken over its content and the hash of the record before it (Haber and
Stornetta, 1991), from the register's birth to the head: a changed, added or lost record breaks
the chain at its number.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from amopt.errors import AmoptError
from amopt.sourcing.register.licence_use import (
    SPARE,
    Grant,
    LicenceTerms,
    LicenceUse,
    Print,
    digest,
)

__all__ = ["AlteredRegisterError", "Balance", "HashChain", "RegisterError", "write_new"]

APPLICATION = 0x616D6F70
"""The mark in the header of the file, "amop", by which it is known as a register."""

VERSION = 1
"""The version of the register's format."""

RECORDS = """CREATE TABLE records (
    number INTEGER PRIMARY KEY,
    plan TEXT NOT NULL,
    name TEXT NOT NULL,
    reference TEXT NOT NULL,
    line TEXT NOT NULL,
    part TEXT NOT NULL,
    supplier TEXT NOT NULL,
    prints REAL NOT NULL,
    committed_at TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
)"""

HEAD = """CREATE TABLE head (
    register TEXT NOT NULL,
    created_at TEXT NOT NULL,
    records INTEGER NOT NULL,
    hash TEXT NOT NULL
)"""


class RegisterError(AmoptError):
    """The register cannot be used: missing, not a register, locked, read-only or damaged."""

    exit_code = 2


class AlteredRegisterError(RegisterError):
    """The chain of the register does not hold; ``record`` is the number of the first bad record."""

    exit_code = 3

    def __init__(self, message: str, *, record: int | None = None) -> None:
        self.record = record
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Balance:
    """What is left of one licence.

    Attributes
    ----------
    part, supplier
        What the licence covers; supplier None for all suppliers together.
    granted
        Prints that the instance grants.
    used
        Prints that the register records.
    """

    part: str
    supplier: str | None
    granted: float
    used: float

    @property
    def left(self) -> float:
        """Prints that are left, never below zero."""
        return max(0.0, self.granted - self.used)

    @property
    def overdrawn(self) -> float:
        """Prints recorded beyond the grant: the grant was lowered after they were committed."""
        excess = self.used - self.granted
        return excess if excess > SPARE else 0.0

    def __str__(self) -> str:
        where = "all suppliers together" if self.supplier is None else self.supplier
        return (
            f"{self.part} at {where}: {self.granted:g} granted, {self.used:g} used, "
            f"{self.left:g} left"
        )


@dataclass(frozen=True, slots=True)
class HashChain:
    """A verified chain.

    Attributes
    ----------
    used
        Prints used, by part and supplier.
    orders
        Prints used, by instance name, line, part and supplier.
    plans
        The number of the first record of each plan, by the plan's fingerprint.
    hashes
        The hash of the register's birth, then of each record in turn.
    """

    used: dict[tuple[str, str], float]
    orders: dict[tuple[str, str, str, str], float]
    plans: dict[str, int]
    hashes: tuple[str, ...]

    @property
    def head(self) -> str:
        """The hash of the last record."""
        return self.hashes[-1]

    @property
    def records(self) -> int:
        """How many records there are."""
        return len(self.hashes) - 1

    def balance(self, licence: LicenceTerms) -> Balance:
        """Return what is left of a licence."""
        grant = Grant.of(licence)
        return Balance(grant.part, grant.supplier, grant.prints, grant.total(self.used))

    def recorded(self, name: str, p: Print) -> float:
        """Return how many of the prints of an order of instance ``name`` are recorded."""
        return min(p.prints, self.orders.get((name, p.line, p.part, p.supplier), 0.0))

    @classmethod
    def read(cls, connection: sqlite3.Connection, path: Path) -> HashChain:
        """Read and verify the chain, inside the caller's transaction.

        Raises
        ------
        AlteredRegisterError
            When a record was changed, added or lost, with its number.
        RegisterError
            When the file is not a register of this version.
        """
        _require_register(connection, path)
        heads = connection.execute("SELECT * FROM head").fetchall()
        if len(heads) != 1:
            raise _altered(path, f"its head has {len(heads)} entries instead of one")
        register, created_at, count, last = heads[0]
        hashes = [_birth(register, created_at)]
        used: dict[tuple[str, str], float] = {}
        orders: dict[tuple[str, str, str, str], float] = {}
        plans: dict[str, int] = {}
        for row in connection.execute("SELECT * FROM records ORDER BY number"):
            *content, stored = row
            number = len(hashes)
            if row[0] != number:
                raise _altered(path, f"record {number} is missing", number)
            if row[9] != hashes[-1] or stored != digest(content):
                raise _altered(path, f"record {number} was changed", number)
            _, plan, name, _, line, part, supplier, prints, *_ = row
            plans.setdefault(plan, number)
            _add(used, (part, supplier), prints)
            _add(orders, (name, line, part, supplier), prints)
            hashes.append(stored)
        _require_head(path, count, last, hashes)
        return cls(used, orders, plans, tuple(hashes))

    def append(
        self,
        connection: sqlite3.Connection,
        use: LicenceUse,
        prints: Iterable[Print],
        reference: str,
    ) -> HashChain:
        """Write a plan's prints after the last record, and return the chain as it then is."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        fingerprint = use.fingerprint(reference)
        used, orders = dict(self.used), dict(self.orders)
        hashes, rows = list(self.hashes), []
        for number, p in enumerate(prints, start=self.records + 1):
            origin = (number, fingerprint, use.name, reference)
            content = (*origin, p.line, p.part, p.supplier, float(p.prints), now, hashes[-1])
            hashes.append(digest(content))
            rows.append((*content, hashes[-1]))
            _add(used, (p.part, p.supplier), p.prints)
            _add(orders, (use.name, p.line, p.part, p.supplier), p.prints)
        connection.executemany("INSERT INTO records VALUES (?,?,?,?,?,?,?,?,?,?,?)", rows)
        connection.execute("UPDATE head SET records = ?, hash = ?", (len(hashes) - 1, hashes[-1]))
        plans = {fingerprint: self.records + 1, **self.plans} if rows else self.plans
        return HashChain(used, orders, plans, tuple(hashes))


def _add(totals: dict[Any, float], key: tuple[str, ...], prints: float) -> None:
    """Add prints to a total."""
    totals[key] = totals.get(key, 0.0) + prints


def write_new(path: Path) -> None:
    """Write an empty register to a path where nothing is.

    Raises
    ------
    sqlite3.Error
        When SQLite cannot write there.
    """
    register = secrets.token_hex(16)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise sqlite3.OperationalError("its folder does not allow a write-ahead log")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute(RECORDS)
        connection.execute(HEAD)
        connection.execute(
            "INSERT INTO head VALUES (?, ?, 0, ?)", (register, now, _birth(register, now))
        )
        connection.execute("COMMIT")
    finally:
        connection.close()


def _require_register(connection: sqlite3.Connection, path: Path) -> None:
    """Raise unless the open file is a register of this version, with the tables of its birth."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION:
        raise RegisterError(f"{path} is not a licence register but another SQLite file")
    if version != VERSION:
        raise RegisterError(
            f"{path} is a licence register of version {version}; this amopt reads version {VERSION}"
        )
    tables = {sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master")}
    if tables != {RECORDS, HEAD}:
        raise _altered(path, "its tables are not those of a register")


def _require_head(path: Path, count: object, last: object, hashes: list[str]) -> None:
    """Raise unless the head agrees with the chain that ends in ``hashes``."""
    found = len(hashes) - 1
    if isinstance(count, int) and found < count:
        raise _altered(path, f"record {found + 1} is missing; the last was {count}", found + 1)
    if isinstance(count, int) and found > count:
        raise _altered(path, f"record {count + 1} was added", count + 1)
    if found != count or last != hashes[-1]:
        raise _altered(path, f"its head does not agree with record {found}", found)


def _altered(path: Path, what: str, record: int | None = None) -> AlteredRegisterError:
    """Return the error for a chain that does not hold."""
    return AlteredRegisterError(
        f"{path} was altered outside amopt: {what}. Nothing was read or written; restore the "
        "register from a copy",
        record=record,
    )


def _birth(register: object, created_at: object) -> str:
    """Return the hash from which a register's chain starts."""
    return digest(["amopt licence register", VERSION, register, created_at])
