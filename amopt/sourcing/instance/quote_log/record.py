"""One row of a quote log: what one supplier asked for one quantity, and when it was asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationError

from amopt.instance.common import Date, InstanceModel, Money, Name, PositiveQuantity, Weeks
from amopt.instance.findings import Problem
from amopt.instance.findings.wording import field_problems
from amopt.sourcing.instance.entries import Route
from amopt.sourcing.instance.quote_log.moment import Moment

__all__ = ["COLUMNS", "OfferKey", "QuoteRecord", "read_record"]

OfferKey = tuple[str, str, str, str]
"""Supplier, part, route and material: what tells an offer from others."""


class QuoteRecord(InstanceModel):
    """A row of a quote log; the rows of one request and offer are a set."""

    unique_by: ClassVar[tuple[str, ...]] = ()

    fetched_at: Moment = Field(description="When it was fetched; ISO with a zone, kept in UTC.")
    request: Name = Field(description="The request that it answers.")
    supplier: Name = Field(description="Supplier.")
    part: Name = Field(description="Part.")
    route: Route = Field(default="direct", description="Route.")
    material: str = Field(default="", description="Material.")
    quantity: PositiveQuantity | None = Field(default=None, description="Quantity, in parts.")
    cost_per_part: Money | None = Field(default=None, description="Price a part, in money.")
    currency: Name | None = Field(default=None, description="Unit of money of the price.")
    lead_time_weeks: Weeks | None = Field(default=None, description="Lead time in weeks.")
    valid_from: Date | None = Field(default=None, description="First day the quote holds.")
    valid_to: Date | None = Field(default=None, description="Last day the quote holds.")
    source: Name = Field(description="The source that was asked.")
    reference: str = Field(
        default="", description="The supplier's reference, or why there is no quote."
    )
    design_sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")] | None = Field(
        default=None, description="SHA-256 of the design that was quoted."
    )
    status: Literal["quoted", "declined", "failed"] = Field(
        default="quoted", description="Whether there is a quote."
    )

    @property
    def key(self) -> OfferKey:
        """What tells the offer from others."""
        return self.supplier, self.part, self.route, self.material


COLUMNS: tuple[str, ...] = tuple(QuoteRecord.model_fields)
"""The columns of a log, in this order."""

_OF_A_QUOTE = ("quantity", "cost_per_part", "currency", "lead_time_weeks")


def read_record(row: Mapping[str, Any], number: int) -> tuple[QuoteRecord | None, list[Problem]]:
    """Return the record of a row, or what is wrong with the row, keyed by its number."""
    data = {name: value for name, value in row.items() if value is not None}
    record = QuoteRecord.__new__(QuoteRecord)
    try:
        QuoteRecord.__pydantic_validator__.validate_python(data, self_instance=record)
    except ValidationError as error:
        found = [*field_problems(QuoteRecord, data, error), *_missing(data)]
        return None, [_numbered(problem, number) for problem in found]
    wrong = [_numbered(problem, number) for problem in _incomplete(record)]
    return (None if wrong else record), wrong


def _missing(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what a quote lacks."""
    missing = [name for name in _OF_A_QUOTE if data.get(name) is None]
    if data.get("status", "quoted") == "quoted" and missing:
        yield Problem(
            "quote-incomplete",
            (missing[0],),
            f"the quote lacks {', '.join(missing)}.",
            "Write them, or status: declined.",
        )


def _incomplete(record: QuoteRecord) -> Iterator[Problem]:
    """Yield what a quote lacks, and dates that are reversed."""
    yield from _missing({name: getattr(record, name) for name in (*_OF_A_QUOTE, "status")})
    if record.valid_from and record.valid_to and record.valid_to < record.valid_from:
        yield Problem(
            "quote-incomplete",
            ("valid_to",),
            f"the quote holds from {record.valid_from} to {record.valid_to}, which is before.",
            "Swap the two.",
        )


def _numbered(problem: Problem, number: int) -> Problem:
    return Problem(problem.code, (number, *problem.key), problem.message, problem.advice)
