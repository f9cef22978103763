"""Where the quotes of an instance come from: the log, the time, and the set of each offer."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from amopt.instance.common import InstanceModel, Name
from amopt.sourcing.instance.quote_log.moment import AsOf, Moment

__all__ = ["Quoted", "QuotesOnRecord"]

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class QuotesOnRecord(InstanceModel):
    """The quote log that offers with ``quotes: log`` are read from, and as of when."""

    unique_by: ClassVar[tuple[str, ...]] = ()

    log: str = Field(
        min_length=1,
        description="The quote log (csv, parquet or SQLite), beside the instance or anywhere.",
    )
    as_of: AsOf = Field(
        description="The time whose quotes count, with its zone, such as 2026-03-09T09:30:00Z; of "
        "a date, the end of that day (UTC)."
    )
    max_age_days: Annotated[float, Field(ge=0, le=1e5)] | None = Field(
        default=None,
        description="Age in days from which a quote is too old; left out, any will do.",
    )
    when_old: Literal["leave_out", "warn"] = Field(
        default="leave_out",
        description="Whether a quote that is too old is left out, or warned of.",
    )
    sha256: Sha256 | None = Field(
        default=None,
        description="Fingerprint of the log up to that time; amopt writes it.",
    )


class Quoted(InstanceModel):
    """The set of quotes that an offer was read from."""

    unique_by: ClassVar[tuple[str, ...]] = ()

    source: Name = Field(description="The source that was asked.")
    request: Name = Field(description="The request that the supplier answered.")
    fetched_at: Moment = Field(description="When the quotes were fetched, in UTC.")
    reference: str = Field(default="", description="The supplier's reference.")
