"""A small instance class for the tests of the instance floor, with every kind of field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator

from amopt.instance.common import (
    Count,
    Date,
    Instance,
    InstanceModel,
    Money,
    Name,
    Network,
    PositiveQuantity,
    Probability,
    RefersTo,
)
from amopt.instance.findings import Code, Problem, Severity

CODES = (
    Code("too-few-vehicles", "There are fewer vehicles than parts.", "Add vehicles."),
    Code("idle-vehicle", "A vehicle has no part.", "Add one.", Severity.WARNING),
)


class Discounted(InstanceModel):
    rate: Annotated[float, Field(gt=0, lt=1)]


class Step(InstanceModel):
    quantity: Count
    cost: Money


class Vehicle(InstanceModel):
    name: Name
    count: Count = 1


class Part(InstanceModel):
    name: Name
    vehicle: Annotated[Name, RefersTo("vehicles")]
    cost: PositiveQuantity = Field(description="Cost of a part, in money.")
    chance: Probability = 0.5
    steps: tuple[Step, ...] = ()
    fits: tuple[Annotated[Name, RefersTo("vehicles", also=("all",))], ...] = ()
    code: str = Field(default="A", max_length=5)
    spare: bool = False

    @field_validator("code")
    @classmethod
    def capitals(cls, code: str) -> str:
        if not code.isupper():
            raise ValueError("the code must be in capitals")
        return code


class Line(InstanceModel):
    unique_by: ClassVar[tuple[str, ...]] = ("line",)

    line: Name
    place: Annotated[Name, RefersTo("network.places")] | None = None


class Price(InstanceModel):
    unique_by: ClassVar[tuple[str, ...]] = ("part", "year")

    part: Annotated[Name, RefersTo("parts")]
    year: Count = 2026
    after: Annotated[Name, RefersTo("lines", key="line")] | None = None


class Fleet(Instance):
    kind: Literal["fleet"]
    vehicles: Annotated[tuple[Vehicle, ...], Field(min_length=1, max_length=50)]
    parts: tuple[Part, ...] = ()
    lines: tuple[Line, ...] = ()
    prices: tuple[Price, ...] = ()
    criterion: Literal["average", "total"] | Discounted = "average"
    network: Network = Network()
    day: Date | None = None
    weights: dict[Annotated[Name, RefersTo("parts")], Money] = Field(default={})

    def problems(self) -> Iterator[Problem]:
        if len(self.vehicles) < len(self.parts):
            yield Problem("too-few-vehicles", ("vehicles",), "more parts than vehicles.", "Add.")
        used = {part.vehicle for part in self.parts}
        for place, vehicle in enumerate(self.vehicles):
            if vehicle.name not in used:
                yield Problem("idle-vehicle", ("vehicles", place), "the vehicle has no part.")


def type_of_kind(kind: str) -> type[Instance]:
    if kind != "fleet":
        from amopt.decisions import instance_type

        return instance_type(kind)
    return Fleet


KINDS = ("fleet", "printing")


def fleet(**changes: Any) -> dict[str, Any]:
    """Return a valid fleet as plain data, with changes."""
    data: dict[str, Any] = {
        "amopt": 1,
        "kind": "fleet",
        "name": "two vans",
        "vehicles": [{"name": "van", "count": 2}, {"name": "lorry"}],
        "parts": [
            {"name": "hinge", "vehicle": "van", "cost": 3},
            {"name": "lock", "vehicle": "lorry", "cost": 4.5, "fits": ["all", "van"]},
        ],
    }
    return {**data, **changes}
