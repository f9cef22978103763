"""The kinds of values in instance files: names, dates, and numbers with the range that is safe."""

from __future__ import annotations

import datetime
import re
import unicodedata
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from amopt.instance.suggest import shown

__all__ = [
    "Count",
    "Date",
    "Days",
    "Emissions",
    "Factor",
    "Hours",
    "Kilograms",
    "Kilometres",
    "Millimetres",
    "Money",
    "Name",
    "PositiveCount",
    "PositiveFactor",
    "PositiveHours",
    "PositiveQuantity",
    "Probability",
    "Quantity",
    "Rate",
    "RefersTo",
    "Weeks",
    "Weight",
    "Years",
]

Money = Annotated[float, Field(ge=0, le=1e12)]
"""An amount of money, in all or a part, an hour, a kg, a km."""

Quantity = Annotated[float, Field(ge=0, le=1e9)]
"""Parts, parts a year, or room in store."""

PositiveQuantity = Annotated[float, Field(ge=1e-6, le=1e9)]
"""Parts that are not none."""

Weeks = Annotated[float, Field(ge=0, le=1e4)]
"""A time in weeks, up to two centuries."""

Days = Annotated[float, Field(ge=0, le=1e5)]
"""A time in days."""

Years = Annotated[float, Field(ge=1e-3, le=1e3)]
"""A time in years that is not none."""

Hours = Annotated[float, Field(ge=0, le=1e9)]
"""Machine-hours."""

PositiveHours = Annotated[float, Field(ge=1e-6, le=1e9)]
"""Hours that are not none."""

Kilograms = Annotated[float, Field(ge=0, le=1e9)]
"""A mass in kg."""

Emissions = Annotated[float, Field(ge=0, le=1e12)]
"""Kg of CO2, in all or a part, an hour, a kg, a km."""

Millimetres = Annotated[float, Field(ge=1e-6, le=1e9)]
"""A length in mm."""

Kilometres = Annotated[float, Field(ge=1e-3, le=1e6)]
"""A length in km, or one a day."""

Rate = Annotated[float, Field(ge=0, le=1e6)]
"""Events a day."""

Factor = Annotated[float, Field(ge=0, le=1e6)]
"""A factor or a share, of which there may be several to one."""

PositiveFactor = Annotated[float, Field(ge=1e-6, le=1e6)]
"""A factor by which may be divided."""

Weight = Annotated[float, Field(ge=0, le=1e9)]
"""The weight of a measure in what is minimised."""

Probability = Annotated[float, Field(ge=0, le=1)]
"""A probability, or a share of a whole."""

Count = Annotated[int, Field(ge=0, le=10**6)]
"""How many, of what is counted one by one."""

PositiveCount = Annotated[int, Field(ge=1, le=10**6)]
"""How many, and not none."""

_JOINERS = "\u200c\u200d"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _printable(name: str) -> str:
    """Refuse a name that does not look like what it is."""
    if name.isprintable() and name == name.strip():
        return name
    if name != name.strip():
        raise PydanticCustomError(
            "malformed-text",
            "the name {shown} begins or ends with a blank.",
            {"shown": shown(name), "advice": f"Write {shown(name.strip())}."},
        )
    for character in name:
        if not character.isprintable() and character not in _JOINERS:
            title = unicodedata.name(character, f"character U+{ord(character):04X}").lower()
            raise PydanticCustomError(
                "malformed-text",
                "the name {shown} holds a {title}.",
                {
                    "shown": shown(name),
                    "title": "line break" if character in "\r\n" else title,
                    "advice": "Write names with visible characters only.",
                },
            )
    return name


def _date(value: Any) -> Any:
    """Read an ISO date; what is a date already stays one."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            pass
    if type(value) is datetime.date:
        return value
    raise PydanticCustomError("wrong-date", "{shown} is not a date.", {"shown": shown(value)})


Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
Date = Annotated[datetime.date, BeforeValidator(_date)]


@dataclass(frozen=True, slots=True)
class RefersTo:
    """Marks a field whose value must be a name defined elsewhere in the instance.

    ``Annotated[str, RefersTo("parts")]`` refers to ``name`` of the entries of ``parts``;
    ``RefersTo("network.places")`` to those of a nested collection;
    ``RefersTo("lines", key="line")`` to another key of the entries; the words in ``also`` are
    allowed besides.
    """

    collection: str
    key: str = "name"
    also: tuple[str, ...] = ()
