"""The kinds of numbers in instance files, each with the range in which the arithmetic is safe."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

__all__ = [
    "Count",
    "Days",
    "Emissions",
    "Factor",
    "Hours",
    "Kilograms",
    "Kilometres",
    "Millimetres",
    "Money",
    "PositiveCount",
    "PositiveFactor",
    "PositiveHours",
    "PositiveQuantity",
    "Probability",
    "Quantity",
    "Rate",
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
