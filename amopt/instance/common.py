"""What the instances of all decisions share: the keys of the head, networks, frozen models."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar, Final, Literal, Self, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    ValidationError,
)
from pydantic_core import CoreSchema

from amopt.instance.amounts import (
    Count,
    Date,
    Days,
    Emissions,
    Factor,
    Hours,
    Kilograms,
    Kilometres,
    Millimetres,
    Money,
    Name,
    PositiveCount,
    PositiveFactor,
    PositiveHours,
    PositiveQuantity,
    Probability,
    Quantity,
    Rate,
    RefersTo,
    Weeks,
    Weight,
    Years,
)
from amopt.instance.collector_pause import collector_paused
from amopt.instance.loadable import Loadable
from amopt.instance.plain import foreign, not_plain, plain

__all__ = [
    "Count",
    "Date",
    "Days",
    "Emissions",
    "Factor",
    "Hours",
    "Instance",
    "InstanceModel",
    "Kilograms",
    "Kilometres",
    "Lane",
    "Millimetres",
    "Mode",
    "Money",
    "Name",
    "Network",
    "Place",
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

LONGEST_REPR = 400
"""Characters of an instance's ``repr``."""


def _take_lists_for_tuples(schema: Any) -> None:
    """Lift strictness from the tuples, and only the tuples, of a schema."""
    if isinstance(schema, dict):
        if schema.get("type") == "tuple":
            schema["strict"] = False
        for part in schema.values():
            _take_lists_for_tuples(part)
    elif isinstance(schema, list):
        for part in schema:
            _take_lists_for_tuples(part)


def _hashable(value: Any) -> Any:
    """Return what stands for a value in a hash."""
    if isinstance(value, Mapping):
        return frozenset((key, _hashable(held)) for key, held in value.items())
    return value


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields as plain data, or raise what stands in them that is none."""
    held: dict[str, Any] = plain(data)
    if strange := list(not_plain(held)):
        from amopt.instance.loader import refused

        raise refused(held, strange)
    return held


_AT_A_TIME: Final = 1000
"""Entries of a list that are written at a time where only their digest is wanted."""


class InstanceModel(BaseModel):
    """The base of everything in an instance file: frozen, strict, no unknown keys, no NaN.

    Lists are taken where tuples are declared. ``unique_by`` names the fields that together tell
    the entries of a collection apart; a model without these fields has entries that may repeat.
    Two of one class are equal when all their fields are.

    Raises
    ------
    InvalidInstanceError
        When Python code builds one with fields that are not valid.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        strict=True,
        populate_by_name=True,
        defer_build=True,  # entries are built with the instance that holds them, not alone as well
    )

    unique_by: ClassVar[tuple[str, ...]] = ("name",)

    def __init__(self, /, **data: Any) -> None:
        validator = self.__pydantic_validator__
        if any(map(foreign, data.values())):
            data = _plain(data)
        try:
            validator.validate_python(data, self_instance=self)
        except ValidationError as error:
            without_numpy = plain(data)
            if without_numpy is not data:
                type(self).__init__(self, **without_numpy)
                return
            from amopt.instance.loader import refusal

            raise refusal(type(self), data, error) from None

    # The validator builds the entries of files by itself, without a detour through Python.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    def __eq__(self, other: object) -> bool:
        """Compare the fields; what was worked out from them, such as arrays, does not count."""
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in type(self).model_fields)

    def __hash__(self) -> int:
        """Return a number that equal models share."""
        values = (_hashable(getattr(self, name)) for name in type(self).model_fields)
        return hash((type(self), *values))

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Take lists for tuples, in spite of strictness: instance files have no tuples."""
        schema = handler(source)
        _take_lists_for_tuples(schema)
        return schema


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
    weeks: Weeks = Field(default=0.0, description="Transport time in weeks.")
    cost_per_part: Money = Field(default=0.0, description="Transport cost a part, in money.")
    cost_per_kg: Money = Field(
        default=0.0, description="Transport cost a kg, in money, on top of the cost a part."
    )
    kg_co2_per_part: Emissions = Field(default=0.0, description="Emissions a part, in kg of CO2.")
    kg_co2_per_kg: Emissions = Field(
        default=0.0, description="Emissions a kg, in kg of CO2, on top of those a part."
    )


class Mode(InstanceModel):
    """A mode of transport that joins places by distance, where no lane of the mode is given."""

    name: Name = Field(description="Name of the mode, such as road.")
    km_per_day: Kilometres = Field(description="Distance made good in a day, in km.")
    detour_factor: Annotated[float, Field(ge=1, le=100)] = Field(
        default=1.0, description="Length of the way over the great-circle distance."
    )
    handling_days: Days = Field(default=0.0, description="Handling time a shipment, in days.")
    cost_per_part: Money = Field(default=0.0, description="Handling cost a part, in money.")
    cost_per_kg_km: Money = Field(default=0.0, description="Transport cost a kg and km, in money.")
    kg_co2_per_kg_km: Emissions = Field(
        default=0.0, description="Emissions a kg and km, in kg of CO2."
    )
    longest_km: Kilometres | None = Field(
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


class Instance(InstanceModel, Loadable):
    """What every instance file says of itself at its head.

    Decisions derive from it, fix ``kind`` with a ``Literal``, and yield what no single field can
    know from :meth:`problems`, with codes of their own in ``codes``. An instance is valid however
    it was built: built in Python, ``amopt`` and ``kind`` may be left out, and everything that is
    wrong is raised at once.

    Raises
    ------
    InvalidInstanceError
        When a field, a name, a reference or the whole is not valid.
    """

    amopt: Literal[1] = Field(description="Version of the file format.")
    kind: str = Field(description="The decision that the file asks for.")
    name: Name = Field(description="Name of the instance.")
    source: str = Field(default="", description="Where the numbers come from.")
    currency: Name = Field(default="EUR", description="Unit of money of all amounts.")

    def __init__(self, /, **data: Any) -> None:
        from amopt.instance.loader import complete

        complete(self, {"amopt": 1, **_kind(type(self)), **data})

    def __repr__(self) -> str:
        """Return kind, name and the sizes of the collections, on one line."""
        held = {name: getattr(self, name) for name in type(self).model_fields}
        sizes = [f"{name} {len(value)}" for name, value in held.items() if isinstance(value, tuple)]
        return f"<{self.kind} instance {self.name[:60]!r}: {', '.join(sizes)}>"[:LONGEST_REPR]

    def __str__(self) -> str:
        """Return what :func:`repr` returns."""
        return repr(self)

    def _repr_html_(self) -> str:
        """Return the instance as a notebook shows it: a row for each collection."""
        from html import escape

        rows = "".join(
            f"<tr><th>{name}</th><td>{len(value)}</td></tr>"
            for name in type(self).model_fields
            if isinstance(value := getattr(self, name), tuple)
        )
        return f"<p><code>{escape(repr(self))}</code></p><table>{rows}</table>"

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy, with some fields changed; nothing that was worked out goes with it.

        Parameters
        ----------
        update
            New values by field. The copy is checked as a new instance is.
        deep
            Whether the entries are copied too.

        Raises
        ------
        InvalidInstanceError
            With everything that is wrong with the changed copy, at once.
        """
        copy = super().model_copy(deep=deep)._without_what_was_worked_out()
        if not update:
            return copy
        from amopt.instance.loader import changed

        return changed(copy, update)

    def unchecked_copy(self, **fields: Any) -> Self:
        """Return the instance as if some fields were other: for steps of algorithms, not checked.

        A part of a valid instance, or one with a limit taken away, need not be what a file may say.
        What a user changes goes through :meth:`model_copy`.

        Parameters
        ----------
        fields
            New values by field, of the fields' own types.
        """
        return super().model_copy(update=fields)._without_what_was_worked_out()

    def _without_what_was_worked_out(self) -> Self:
        """Drop what is cached beside the fields, from a copy that nobody has seen yet."""
        for name in vars(self).keys() - type(self).model_fields.keys():
            del vars(self)[name]
        return self

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build an instance from plain data, as an instance file holds it.

        Raises
        ------
        InvalidInstanceError
            With everything that is wrong, at once.
        """
        from amopt.instance.loader import build

        return build(cls, data)

    def to_dict(self) -> dict[str, Any]:
        """Return the instance as plain data, with the keys of an instance file."""
        return self.model_dump(mode="json", by_alias=True)

    def fingerprint(self) -> str:
        """Return the SHA-256 of the instance's content, in hexadecimal digits.

        The order of keys and the way numbers are written do not change it; any value does.
        """
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        digest = hashlib.sha256()
        with collector_paused():
            for piece in self._content():
                digest.update(piece.encode())
        return digest.hexdigest()

    def _content(self) -> Iterator[str]:
        """Yield :meth:`to_dict` as JSON with sorted keys; of long lists some entries at a time."""
        encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode
        long = {
            name
            for name in type(self).model_fields
            if type(held := getattr(self, name)) is tuple and len(held) > _AT_A_TIME
            if all(isinstance(entry, InstanceModel) for entry in held)
        }
        data = self.model_dump(mode="json", by_alias=True, exclude=long)
        fields = type(self).model_fields
        names = {fields[name].alias or name: name for name in long}
        for number, key in enumerate(sorted([*data, *names])):
            yield f"{',' if number else '{'}{encode(key)}:"
            if key in data:
                yield encode(data[key])
                continue
            held = getattr(self, names[key])
            for begin in range(0, len(held), _AT_A_TIME):
                entries = held[begin : begin + _AT_A_TIME]
                text = encode([entry.model_dump(mode="json", by_alias=True) for entry in entries])
                yield f"{',' if begin else '['}{text[1:-1]}"
            yield "]"
        yield "}"


def _kind(instance_type: type[Instance]) -> dict[str, str]:
    """Return the kind that an instance class stands for, where it fixes one."""
    choices = get_args(instance_type.model_fields["kind"].annotation)
    return {"kind": choices[0]} if len(choices) == 1 else {}
