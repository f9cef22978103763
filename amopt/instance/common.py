"""What the instances of all decisions share: the passport, and how names refer to each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from amopt.instance.findings import Problem

__all__ = [
    "Amount",
    "Count",
    "Instance",
    "InstanceModel",
    "Lane",
    "Mode",
    "Name",
    "Network",
    "Place",
    "Positive",
    "Probability",
    "RefersTo",
]

Name = Annotated[str, Field(min_length=1, max_length=200)]
Amount = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Probability = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


@dataclass(frozen=True, slots=True)
class RefersTo:
    """Marks a field whose value must be a name defined elsewhere in the instance.

    ``Annotated[str, RefersTo("parts")]`` refers to ``name`` of the entries of ``parts``;
    ``RefersTo("network.places")`` to those of a nested collection.
    """

    collection: str
    key: str = "name"
    also: tuple[str, ...] = ()


class InstanceModel(BaseModel):
    """The base of everything in an instance file: frozen, strict, no unknown keys, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)


class Place(InstanceModel):
    """A place of the supply network."""

    name: Name = Field(description="Name of the place, unique in the network.")
    role: Name = Field(
        default="place", description="What the place is: supplier, depot, customer, site, ..."
    )
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = Field(
        default=None, description="Latitude in degrees north."
    )
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = Field(
        default=None, description="Longitude in degrees east."
    )


class Lane(InstanceModel):
    """A directed lane between two places by one mode of transport."""

    from_: Annotated[Name, RefersTo("network.places")] = Field(
        alias="from", description="Place where the lane starts."
    )
    to: Annotated[Name, RefersTo("network.places")] = Field(
        description="Place where the lane ends."
    )
    mode: Name = Field(default="road", description="Mode of transport.")
    weeks: Amount = Field(default=0.0, description="Transport time in weeks.")
    cost_per_part: Amount = Field(default=0.0, description="Transport cost a part, in money.")
    cost_per_kg: Amount = Field(
        default=0.0, description="Transport cost a kg, in money, on top of the cost a part."
    )
    kg_co2_per_part: Amount = Field(default=0.0, description="Emissions a part, in kg of CO2.")
    kg_co2_per_kg: Amount = Field(
        default=0.0, description="Emissions a kg, in kg of CO2, on top of those a part."
    )


class Mode(InstanceModel):
    """A mode of transport that joins places by distance, where no lane of the mode is given."""

    name: Name = Field(description="Name of the mode, such as road.")
    km_per_day: Positive = Field(description="Distance made good in a day, in km.")
    detour_factor: Annotated[float, Field(ge=1)] = Field(
        default=1.0, description="Length of the way over the great-circle distance."
    )
    handling_days: Amount = Field(default=0.0, description="Handling time a shipment, in days.")
    cost_per_part: Amount = Field(default=0.0, description="Handling cost a part, in money.")
    cost_per_kg_km: Amount = Field(default=0.0, description="Transport cost a kg and km, in money.")
    kg_co2_per_kg_km: Amount = Field(
        default=0.0, description="Emissions a kg and km, in kg of CO2."
    )
    longest_km: Positive | None = Field(
        default=None, description="Longest way in km; left out, the mode reaches everywhere."
    )


class Network(InstanceModel):
    """Places, lanes, and the modes that join places by distance."""

    places: tuple[Place, ...] = Field(default=(), description="The places.")
    lanes: tuple[Lane, ...] = Field(default=(), description="The lanes between them.")
    modes: tuple[Mode, ...] = Field(
        default=(),
        description="Modes that join places with coordinates directly, without a lane being given.",
    )


class Instance(InstanceModel):
    """What every instance file says of itself: its passport.

    Decisions derive from it, fix ``kind`` with a ``Literal``, and yield what no single field can
    know from :meth:`problems`.
    """

    amopt: Literal[1] = Field(description="Version of the file format.")
    kind: str = Field(description="The decision that the file asks for.")
    name: Name = Field(description="Name of the instance.")
    source: str = Field(default="", description="Where the numbers come from.")
    currency: Name = Field(default="EUR", description="Unit of money of all amounts.")

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong across fields, once every field is right by itself."""
        yield from ()

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Instance:
        """Build an instance from plain data, with all findings at once."""
        raise NotImplementedError
