"""Times to the second, with their zone; held in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer
from pydantic_core import PydanticCustomError

from amopt.instance.suggest import shown

__all__ = ["Moment", "moment", "moment_text"]


def moment(text: str) -> datetime:
    """Return the time that an ISO text with a zone names, in UTC.

    Raises
    ------
    ValueError
        When it names none, or no zone; the message says what is wrong.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{shown(text)} is not a time") from None
    if time.tzinfo is None or "T" not in text.upper().replace(" ", "T"):
        raise ValueError(f"{shown(text)} names no time of a zone")
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{shown(text)} is not a time") from None


def moment_text(time: datetime) -> str:
    """Return a time as ISO text in UTC, such as ``2026-03-09T09:30:00Z``."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _read(value: Any) -> Any:
    try:
        if isinstance(value, datetime):
            return moment(value.isoformat())
        return moment(value if isinstance(value, str) else str(value))
    except ValueError as error:
        raise PydanticCustomError(
            "as-of-without-zone",
            "{what}.",
            {"what": str(error), "advice": "Write a time with its zone: 2026-03-09T09:30:00Z."},
        ) from None


Moment = Annotated[
    datetime,
    BeforeValidator(_read),
    PlainSerializer(moment_text, return_type=str, when_used="json"),
]
"""A time with a zone, read from ISO text."""
