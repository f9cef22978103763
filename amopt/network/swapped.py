"""Places whose latitude and longitude are likely to be exchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amopt.instance.findings import CATALOGUE, Finding, Key, Where
from amopt.instance.suggest import shown
from amopt.network.supply import great_circle_km

if TYPE_CHECKING:
    from amopt.instance.common import Network, Place

__all__ = ["others_of", "radians_of", "swapped", "swapped_places", "typical_km"]

Floats = NDArray[np.float64]

FEWEST_PLACES = 3
"""Places of which one can be told to have latitude and longitude exchanged."""

MOST_OTHERS = 300
"""Places, spread evenly over the list, from which each place's distance is measured."""

AT_ONCE = 1000
"""Places whose distances are held at once."""

FAR_KM, SWAPPED = 500.0, 5.0
"""Kilometres from the others, and times as far as with the two exchanged, that make it likely."""

AT_SEA = 0.2
"""Share of places on land up to which all are likely to be exchanged."""


def swapped(places: Sequence[Place]) -> Iterator[tuple[int, str]]:
    """Yield what latitude and longitude exchanged would bring home: a place, or the first for all.

    Parameters
    ----------
    places
        Places, of which those without coordinates, and those at 0, 0, are left out.

    Returns
    -------
    Iterator[tuple[int, str]]
        The number of a place, and why its two are likely to be exchanged.
    """
    from amopt.drawing.land import on_land

    numbers = [n for n, place in enumerate(places) if place.latitude or place.longitude]
    if len(numbers) < FEWEST_PLACES:
        return
    known = [places[n] for n in numbers]
    here, others = radians_of(known), others_of(len(known))
    may = np.abs(here[:, 1]) <= np.pi / 2
    apart, home = (typical_km(one, here, others) for one in (here, here[:, ::-1]))
    alone = np.flatnonzero(may & (apart > np.maximum(FAR_KM, SWAPPED * home)))
    for k in alone:
        said = f"{apart[k]:,.0f} km from the others; {home[k]:,.0f} km with the two exchanged"
        yield numbers[k], said
    if alone.size or not may.all():
        return
    exchanged = [(known[k].latitude, known[k].longitude) for k in others]
    points = [(east, north) for north, east in exchanged]
    ashore, then = (sum(map(on_land, one)) / len(others) for one in (points, exchanged))
    if ashore <= AT_SEA and then >= 1 - AT_SEA:
        yield numbers[0], "most places lie in the sea, and on land with the two exchanged"


def swapped_places(network: Network, where: Callable[[Key], Where]) -> Iterator[Finding]:
    """Yield a warning of each place whose latitude and longitude are likely to be exchanged."""
    code = CATALOGUE["swapped-coordinates"]
    for number, why in swapped(network.places):
        at = where(("network", "places", number, "latitude"))
        message = f"{shown(network.places[number].name)}: {why}."
        yield Finding(code.code, at, message, code.advice, code.severity)


def radians_of(places: Sequence[Place]) -> Floats:
    """Return latitudes and longitudes in radians, shape (n, 2)."""
    degrees = np.array([[place.latitude, place.longitude] for place in places], dtype=float)
    radians: Floats = np.radians(degrees)
    return radians


def others_of(number: int) -> NDArray[np.intp]:
    """Return the places from which distances are measured: all, or as many, spread evenly."""
    spread = np.linspace(0, number - 1, min(number, MOST_OTHERS)).round()
    return np.unique(spread.astype(np.intp))


def typical_km(points: Floats, places: Floats, others: NDArray[np.intp]) -> Floats:
    """Return the median distance in km of each point, one a place, from other places than its own.

    Parameters
    ----------
    points, places
        Latitudes and longitudes in radians, shape (n, 2).
    others
        The places from which it is measured, by number.
    """
    found: Floats = np.empty(len(points))
    for first in range(0, len(points), AT_ONCE):
        here = points[first : first + AT_ONCE]
        km = great_circle_km(here[:, None], places[None, others])
        own = np.arange(first, first + len(here))[:, None] == others[None]
        found[first : first + AT_ONCE] = np.nanmedian(np.where(own, np.nan, km), axis=1)
    return found
