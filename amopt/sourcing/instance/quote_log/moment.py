"""Times to the second, with their zone; held in UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer
from pydantic_core import PydanticCustomError

from amopt.instance.suggest import shown

__all__ = ["OR_A_DATE", "AsOf", "Moment", "as_of_moment", "moment", "moment_text"]

_ADVICE = "Write a time with its zone, 2026-03-09T09:30:00Z"
_LENGTH_OF_DATE = len("2026-03-09")
_LAST_SECOND = time(23, 59, 59)
OR_A_DATE = f"{_ADVICE}, or a date, 2026-03-09, which is the end of that day (UTC)."
"""What to write as the time of quotes."""


def moment(text: str) -> datetime:
    """Return the time that an ISO text with a zone names, in UTC.

    Raises
    ------
    ValueError
        When it names none, or no zone; the message says what is wrong.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{shown(text)} is not a time") from None
    if found.tzinfo is None or "T" not in text.upper().replace(" ", "T"):
        raise ValueError(f"{shown(text)} names no time of a zone")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{shown(text)} is not a time") from None


def as_of_moment(text: str) -> datetime:
    """Return the time up to which what is known counts: a time, or the end of a day in UTC.

    Raises
    ------
    ValueError
        As :func:`moment`.
    """
    try:
        day = date.fromisoformat(text) if len(text) == _LENGTH_OF_DATE else None
    except ValueError:
        day = None
    return moment(text) if day is None else datetime.combine(day, _LAST_SECOND, UTC)


def moment_text(at: datetime) -> str:
    """Return a time as ISO text in UTC, such as ``2026-03-09T09:30:00Z``."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _read(value: Any, read: Callable[[str], datetime], advice: str) -> datetime:
    try:
        return read(value.isoformat() if isinstance(value, date) else str(value))
    except ValueError as error:
        raise PydanticCustomError(
            "as-of-without-zone", "{what}.", {"what": str(error), "advice": advice}
        ) from None


def _read_moment(value: Any) -> datetime:
    return _read(value, moment, f"{_ADVICE}.")


def _read_as_of(value: Any) -> datetime:
    return _read(value, as_of_moment, OR_A_DATE)


_WRITTEN = PlainSerializer(moment_text, return_type=str, when_used="json")

Moment = Annotated[datetime, BeforeValidator(_read_moment), _WRITTEN]
"""A time with a zone, read from ISO text."""

AsOf = Annotated[datetime, BeforeValidator(_read_as_of), _WRITTEN]
"""A time with a zone, or the end of a day in UTC, read from ISO text."""
