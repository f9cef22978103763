"""What the loader asks of the class of an instance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, PrivateAttr

from amopt.instance.findings import Code, Finding, Key, Problem
from amopt.instance.suggest import shown

__all__ = ["Filled", "Loadable", "checks_of"]


@dataclass(frozen=True)
class Filled:
    """Raw data into which what files beside an instance say was put.

    Attributes
    ----------
    data
        The data to validate.
    kept
        Of each collection at the top that lost entries, the numbers of those that stayed.
    problems
        What was found on the way, by the keys of the file.
    held_open
        Whether what could not be filled is held open by plausible values, so that the rest of the
        data can be checked although problems are errors.
    """

    data: Mapping[str, Any]
    kept: Mapping[str, Sequence[int]] = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    held_open: bool = False

    def key(self, key: Key) -> Key:
        """Return the key in the file of a key in the data."""
        numbers = self.kept.get(str(key[0]), ()) if key else ()
        if len(key) > 1 and isinstance(key[1], int) and key[1] < len(numbers):
            return (key[0], numbers[key[1]], *key[2:])
        return key


class Loadable(BaseModel):
    """What can be loaded: how raw data are filled, and what is checked once the fields are right.

    The loader (:mod:`amopt.instance.loader`) knows instances by this alone.
    """

    codes: ClassVar[tuple[Code, ...]] = ()
    """What can be wrong with one beside what can be with any."""

    provenance: ClassVar[Mapping[str, Any]] = {}
    """Fields that say where values come from, as pydantic excludes them: no data of their own."""

    _warnings: tuple[Finding, ...] = PrivateAttr(default=())
    _folder: Path | None = PrivateAttr(default=None)

    @classmethod
    def filled(cls, data: Mapping[str, Any], folder: Path | None) -> Filled:
        """Return the raw data with what files beside the instance say put into it.

        Parameters
        ----------
        data
            The raw data.
        folder
            The folder of the instance file; None for data that never was a file.
        """
        return Filled(data)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What was found that does not stop a solve; it travels with the answer."""
        return self._warnings

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong across fields, once every field is right by itself."""
        yield from ()

    def checks(self) -> Iterator[Iterator[Problem]]:
        """Yield the checks of :meth:`problems`, each to be made by itself."""
        yield self.problems()

    def problems_beside(self, folder: Path | None) -> Iterator[Problem]:
        """Yield what is wrong with files that the instance names, after :meth:`problems`.

        Parameters
        ----------
        folder
            The folder of the instance file; None for data that never was a file.
        """
        yield from ()


def checks_of(instance: Loadable) -> Iterator[Iterator[Problem]]:
    """Yield the checks of an instance across its fields, each to be made by itself."""
    yield _half_coordinates(instance)
    yield from instance.checks()
    yield instance.problems_beside(instance._folder)


def _half_coordinates(instance: Loadable) -> Iterator[Problem]:
    """Yield the places of a network that have one coordinate alone: no mode would reach them."""
    network = getattr(instance, "network", None)
    for index, place in enumerate(getattr(network, "places", ())):
        if (place.latitude is None) != (place.longitude is None):
            given, lacking = "latitude", "longitude"
            if place.latitude is None:
                given, lacking = lacking, given
            yield Problem(
                "half-coordinate",
                ("network", "places", index, given),
                f"{shown(place.name)} has a {given} and no {lacking}.",
            )
