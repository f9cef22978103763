"""What a source of quotes is: asked for prices of parts, it answers with rows for a log."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol

from amopt.instance.findings import Code, Finding, Problem, Severity, Where
from amopt.phrases import counted
from amopt.sourcing.instance.entries import Route
from amopt.sourcing.instance.quote_log.moment import moment_text
from amopt.sourcing.instance.quote_log.record import OfferKey, QuoteRecord, read_record

__all__ = [
    "CODES",
    "QuoteRequest",
    "QuoteSource",
    "answers",
    "as_float",
    "failed",
    "records_of",
    "warned",
]

_LONGEST_REASON = 300

CODES: tuple[Code, ...] = (
    Code(
        "quote-file",
        "A file with quotes, or a folder of them, cannot be read.",
        "Mend the file, or take it out of the folder; then ask again.",
        Severity.WARNING,
    ),
    Code(
        "quote-row",
        "A row of a file with quotes is of nobody, or of something that was not asked for.",
        "Mend the row, and ask again.",
        Severity.WARNING,
    ),
    Code(
        "quote-failed",
        "A source has no quote of an offer that it was asked for.",
        "Ask again later, or mend the source.",
        Severity.WARNING,
    ),
)
"""The codes of findings on what sources answer."""


def warned(code: str, where: Where, message: str, advice: str = "") -> Finding:
    """Return a finding on what a source answered; what is sound of it is used all the same."""
    usual = next((one.advice for one in CODES if one.code == code), "")
    return Finding(code, where, message, advice or usual, Severity.WARNING)


@dataclass(frozen=True)
class QuoteRequest:
    """What one supplier is asked for one part.

    Attributes
    ----------
    supplier, part, route, material
        The offer that is asked for.
    quantities
        The quantities to quote, ascending, in parts.
    design_sha256
        SHA-256 of the licensed design; None where none is licensed.
    dimensions_mm
        Length, width and height in mm, where the file states them.
    """

    supplier: str
    part: str
    route: Route = "direct"
    material: str = ""
    quantities: tuple[float, ...] = (1.0,)
    design_sha256: str | None = None
    dimensions_mm: tuple[float | None, float | None, float | None] = (None, None, None)

    @property
    def key(self) -> OfferKey:
        """What tells the offer from others."""
        return self.supplier, self.part, self.route, self.material

    @property
    def fingerprint(self) -> str:
        """What identical requests share: twelve digits of a SHA-256."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def name(self, at: datetime) -> str:
        """Return the name of the request when it is made at a time."""
        return f"{self.fingerprint}-{moment_text(at)}"


class QuoteSource(Protocol):
    """Where quotes come from.

    A source never writes the log, its caller does. Where it fails, it answers with a row of status
    ``failed``, and raises nothing.
    """

    @property
    def name(self) -> str:
        """Name of the source."""
        ...

    def fetch(self, requests: Sequence[QuoteRequest], *, at: datetime) -> Iterable[QuoteRecord]:
        """Yield the rows that answer requests, at least one for each.

        Parameters
        ----------
        requests
            What is asked.
        at
            The time that the rows are fetched at.
        """
        ...


def failed(source: str, request: QuoteRequest, at: datetime, reason: str) -> QuoteRecord:
    """Return the row that says that a request failed, and why."""
    return QuoteRecord.model_validate(
        {**_head(source, request, at), "reference": _short(reason), "status": "failed"}
    )


def _short(text: str) -> str:
    """Return a text of others that any log and terminal takes: printable, and not too long."""
    shown = "".join(c if c.isprintable() else " " for c in text).strip()
    if len(shown) <= _LONGEST_REASON:
        return shown
    cut = shown[: _LONGEST_REASON - 4]
    return f"{cut.rsplit(' ', 1)[0] if ' ' in cut[-60:] else cut} ..."


def as_float(value: int) -> float:
    """Return a whole number of an answer as the number that columns hold; infinite beyond all."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def answers(
    source: str, request: QuoteRequest, at: datetime, rows: Sequence[Mapping[str, Any]]
) -> list[QuoteRecord]:
    """Return the rows of an answer, or one of status ``failed`` if any of them is wrong.

    Each row must be of the request's supplier, part, route and material, where it names them. An
    answer counts as a whole or not at all.
    """
    if not rows:
        return [failed(source, request, at, "the answer holds no quotes")]
    made, faults = records_of(source, request, at, rows)
    if not faults:
        return made
    first = faults[0]
    column = f"{first.key[1]}: " if len(first.key) > 1 else ""
    why = f"row {first.key[0]} of the answer: {column}{first.message.rstrip('.')}"
    more = f"; and {counted(len(faults) - 1, 'more fault')}" if len(faults) > 1 else ""
    return [failed(source, request, at, f"{why}{more}")]


def records_of(
    source: str, request: QuoteRequest, at: datetime, rows: Sequence[Mapping[str, Any]]
) -> tuple[list[QuoteRecord], list[Problem]]:
    """Return the records of rows that answer a request, and all that is wrong with rows.

    The key of a problem begins with the number of its row, counted from 1, then its column.
    """
    made: list[QuoteRecord] = []
    faults: list[Problem] = []
    seen: dict[float | None, int] = {}
    for number, row in enumerate(rows, start=1):
        wrong = _not_asked(request, row)
        stated = {
            n: _short(v) if n == "reference" and isinstance(v, str) else v
            for n, v in row.items()
            if n in _STATED
        }
        record, problems = read_record(
            {"design_sha256": request.design_sha256, **stated, **_head(source, request, at)}, number
        )
        faults += _wrong_row(number, wrong) + problems
        if record is None or record.status != "quoted":
            made += [] if record is None else [record]
            continue
        if record.quantity in seen:
            message = f"the quantity {record.quantity:g} is quoted twice."
            faults.append(
                Problem("two-prices", (number, "quantity"), message, "Keep one of the two.")
            )
        seen[record.quantity] = number
        made.append(record)
    return made, faults


def _wrong_row(number: int, wrong: str) -> list[Problem]:
    """Return what a whole row is blamed for, as a list of one or none."""
    return [Problem("quote-row", (number,), f"{wrong}.")] if wrong else []


_STATED = (
    *("quantity", "cost_per_part", "currency", "lead_time_weeks", "valid_from", "valid_to"),
    *("reference", "design_sha256", "status"),
)
"""What an answer says; the rest is what was asked."""


def _head(source: str, request: QuoteRequest, at: datetime) -> dict[str, Any]:
    supplier, part, route, material = request.key
    return {
        "fetched_at": moment_text(at),
        "request": request.name(at),
        "source": source,
        "supplier": supplier,
        "part": part,
        "route": route,
        "material": material,
    }


def _not_asked(request: QuoteRequest, row: Mapping[str, Any]) -> str:
    """Return what a row is of that was not asked for; empty where it is what was asked for."""
    for name in ("supplier", "part", "route", "material"):
        asked = getattr(request, name)
        if row.get(name) not in (None, asked):
            return f"it is of the {name} {row[name]!r}, and {asked!r} was asked for"
    design = row.get("design_sha256")
    if request.design_sha256 and design and str(design).lower() != request.design_sha256.lower():
        return "it is of another design than the licensed one"
    if row.get("status", "quoted") not in ("quoted", "declined"):
        return f"its status is {row['status']!r}"
    return ""
