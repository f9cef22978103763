"""What may be known of a part: the attributes that every portfolio may have, and a planner's own.

The attributes are those of Akmal et al. (2022, table 3), with those that a planner adds to say what
a part is worth: demand, years of service left, stock, suppliers, costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from amopt.instance.common import InstanceModel, Name

__all__ = ["ATTRIBUTES", "DIMENSIONS", "MACHINE", "Attribute", "Declared", "by_name"]

Kind = Literal["number", "text", "yes or no"]

LARGEST = 1e12
"""The largest number that a cell may hold."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """What is known of each part under one name.

    Attributes
    ----------
    name
        Its name: the heading of its column, and what rules and criteria call it.
    kind
        Number, text, or yes or no.
    meaning
        What it says.
    unit
        Unit of a number, which a heading may repeat in brackets; empty where it has none.
    lowest, highest
        Range of a number, from 0 up.
    words
        The words that a text may be; empty where any will do.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    lowest: float = 0.0
    highest: float = LARGEST
    words: tuple[str, ...] = ()


DIMENSIONS = ("length_mm", "width_mm", "height_mm")

MACHINE = "machine"
"""What parts may be grouped by besides attributes: the machine that would make them."""

ATTRIBUTES = (
    Attribute("year_designed", "number", "Year of the design.", "year", 1800, 2200),
    Attribute("format", "text", "What the design is kept as.", words=("drawing", "3D model")),
    Attribute("purpose", "text", "What the part is for."),
    Attribute("equipment", "text", "The equipment that the part belongs to."),
    Attribute("material", "text", "Material, as machines and rules name it."),
    Attribute("length_mm", "number", "Length.", "mm", highest=1e9),
    Attribute("width_mm", "number", "Width.", "mm", highest=1e9),
    Attribute("height_mm", "number", "Height.", "mm", highest=1e9),
    Attribute("mass_kg", "number", "Mass.", "kg", highest=1e9),
    Attribute("tightest_tolerance_mm", "number", "Tightest tolerance of any feature.", "mm"),
    Attribute("overall_tolerance_mm", "number", "Tolerance of all other features.", "mm"),
    Attribute("parallelism_mm", "number", "Tolerance of parallelism.", "mm"),
    Attribute("perpendicularity_mm", "number", "Tolerance of perpendicularity.", "mm"),
    Attribute("surface_roughness_um", "number", "Roughness of the finest surface, Ra.", "um"),
    Attribute("conventional_processes", "text", "How it is made today; several with ; between."),
    Attribute("causes_downtime", "yes or no", "Whether equipment stands still without it."),
    Attribute("loading", "text", "How it is loaded in use.", words=("static", "variable", "shock")),
    Attribute("lead_time_weeks", "number", "Time from order to delivery.", "weeks", highest=1e4),
    Attribute("cost_per_part", "number", "What one costs today.", "money"),
    Attribute("print_cost_per_part", "number", "What one is expected to cost printed.", "money"),
    Attribute("demand_per_year", "number", "Parts needed a year.", "parts", highest=1e9),
    Attribute("remaining_years", "number", "Years for which it will be needed.", "years", 0, 1e3),
    Attribute("stock", "number", "Parts in stock.", "parts", highest=1e9),
    Attribute("suppliers", "number", "How many supply it.", highest=1e6),
    Attribute("expected_saving", "number", "What printing it would save, in all.", "money"),
    Attribute("effort_hours", "number", "Hours that experts need to look at it.", "h", highest=1e6),
)
"""The attributes that amopt knows by name."""

_KNOWN = {attribute.name: attribute for attribute in ATTRIBUTES}


class Declared(InstanceModel):
    """An attribute of the planner's own."""

    name: Annotated[Name, Field(max_length=60)] = Field(
        description="Its name: the heading of its column."
    )
    kind: Kind = Field(description="number (from 0 up), text, or yes or no.")
    unit: Annotated[str, Field(max_length=20)] = Field(
        default="", description="Unit of a number, which a heading may repeat in brackets."
    )


def by_name(declared: Sequence[Declared]) -> dict[str, Attribute]:
    """Return all attributes that an instance may use, by name."""
    own = {one.name: Attribute(one.name, one.kind, "", one.unit) for one in declared}
    return {**own, **_KNOWN}
