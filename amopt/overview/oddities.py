"""What is odd in the data: values far from others of their unit, names alike, names unused.

A value is far off where it is ten times the median of its key or more, or a tenth or less, and lies
beyond 3.5 robust standard deviations of the logarithms (Iglewicz and Hoaglin, 1993, with the median
absolute deviation): prices that are spread over orders of magnitude are not odd.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from amopt.network.swapped import others_of, radians_of, swapped, typical_km

if TYPE_CHECKING:
    from amopt.instance.common import Network
    from amopt.instance.workbook.flattening import FilledSheet
    from amopt.instance.workbook.layout import Column

__all__ = ["far_off", "of_columns", "of_entries", "of_places"]

Floats = NDArray[np.float64]

FEWEST = 5
"""Values of which one can be told to be odd."""

FACTOR = 10.0
"""Times the median, or parts of it, from which a value is far off."""

DEVIATIONS = 3.5
"""Robust standard deviations from which a value is far off."""

TO_STANDARD = 1.4826
"""Standard deviation over the median absolute deviation of normal values."""

MOST_OF_A_KEY = 20
"""Odd values of a key that are listed: the farthest."""

_NOT_AMOUNTS = frozenset(("latitude", "longitude"))


def far_off(values: ArrayLike) -> tuple[NDArray[np.intp], float]:
    """Return which values are far off, the farthest first, and their median.

    Parameters
    ----------
    values
        Amounts of one unit, shape (n,); those that are not positive are left out.

    Returns
    -------
    odd
        Their numbers.
    median
        The median of the positive values; NaN where there are fewer than five.
    """
    amounts = np.asarray(values, dtype=float)
    positive = np.flatnonzero(amounts > 0)
    if positive.size < FEWEST:
        return np.empty(0, dtype=np.intp), float("nan")
    logs = np.log10(amounts[positive])
    middle = float(np.median(logs))
    distance = np.abs(logs - middle)
    spread = TO_STANDARD * float(np.median(distance))
    odd = distance >= max(np.log10(FACTOR) - 1e-12, DEVIATIONS * spread)
    order = np.argsort(-distance[odd], kind="stable")
    return positive[odd][order], float(10.0**middle)


def of_columns(
    collection: str, entries: Sequence[str], numbers: Mapping[str, ArrayLike]
) -> Iterator[dict[str, Any]]:
    """Yield a row an odd value of columns of numbers.

    Parameters
    ----------
    collection
        What the entries are.
    entries
        Their names, n of them.
    numbers
        The numbers by key, each of shape (n,), NaN where there is none.
    """
    for key, values in numbers.items():
        amounts = np.asarray(values, dtype=float)
        odd, median = far_off(amounts)
        listed, more = odd[:MOST_OF_A_KEY], len(odd) - MOST_OF_A_KEY
        for place, k in enumerate(listed, 1):
            times = amounts[k] / median
            said = f"{times:,.0f} times" if times > 1 else f"1/{1 / times:,.0f} of"
            rest = f"; {more:,} more are as odd" if more > 0 and place == len(listed) else ""
            yield {
                "collection": collection,
                "entry": entries[k],
                "key": key,
                "value": float(amounts[k]),
                "typical": median,
                "what": f"{said} the median{rest}",
            }


def of_entries(sheets: Sequence[FilledSheet]) -> Iterator[dict[str, Any]]:
    """Yield a row an odd value or name of the collections of an instance."""
    used = _names_used(sheets)
    for one in sheets:
        collection = one.sheet.name.replace("_", " ")
        entries = _labels(one)
        numbers = {
            column.heading: [_amount(row[k]) for row in one.rows]
            for k, column in enumerate(one.columns)
            if column.kind in ("number", "whole")
            and not column.several
            and column.path[-1] not in _NOT_AMOUNTS
            and k >= len(one.sheet.leading)  # by which rows are joined
            and not (one.sheet.numbered and column.path == one.sheet.own)
        }
        yield from of_columns(collection, entries, numbers)
        for k, column in enumerate(one.columns):
            own = k >= len(one.sheet.leading) and not column.refers
            if own and column.kind == "text" and not column.several:
                texts = [row[k] for row in one.rows]
                for text, other in _alike(texts):
                    what = f"differs from {other!r} by capitals, blanks or signs alone"
                    yield _named(collection, column, text, what)
            names = used.get((".".join(_path(one)), column.heading))
            if names is not None and own:
                for row in one.rows:
                    if row[k] is not None and str(row[k]) not in names:
                        yield _named(collection, column, str(row[k]), "nothing refers to it")


def of_places(network: Network) -> Iterator[dict[str, Any]]:
    """Yield a row a place whose coordinates are odd."""
    placed = [place for place in network.places if place.latitude is not None]
    for place in placed:
        if place.latitude == place.longitude == 0:
            yield _of_place(place, "0, 0 lies in the sea off Africa")
    told = dict(swapped(placed))
    yield from (_of_place(placed[k], what) for k, what in told.items())
    others = {placed[k].name for k in told}
    known = [place for place in placed if place.latitude or place.longitude]
    if len(known) <= FEWEST:
        return
    here = radians_of(known)
    distances = typical_km(here, here, others_of(len(known)))
    odd, median = far_off(distances)
    for k in odd:
        if distances[k] > median and known[k].name not in others:
            said = f"{distances[k]:,.0f} km from the others, which are {median:,.0f} km apart"
            yield _of_place(known[k], said)


def _of_place(place: Any, what: str) -> dict[str, Any]:
    value = f"{place.latitude:g}, {place.longitude:g}"
    return {
        "collection": "places",
        "entry": place.name,
        "key": "latitude, longitude",
        "value": value,
        "typical": None,
        "what": what,
    }


def _named(collection: str, column: Column, text: str, what: str) -> dict[str, Any]:
    return {
        "collection": collection,
        "entry": text,
        "key": column.heading,
        "value": text,
        "typical": None,
        "what": what,
    }


def _amount(cell: Any) -> float:
    """Return the number of a cell; NaN where it holds none."""
    whether = isinstance(cell, int | float) and not isinstance(cell, bool)
    return float(cell) if whether else float("nan")


def _labels(one: FilledSheet) -> list[str]:
    """Return what the entries of a sheet are called: their first texts that tell them apart."""
    chosen: list[int] = []
    for k, column in enumerate(one.columns):
        if column.kind in ("text", "whole") and (
            column.kind == "text" or k < len(one.sheet.leading)
        ):
            chosen.append(k)
            names = {tuple(row[j] for j in chosen) for row in one.rows}
            if len(names) == len(one.rows):
                break
    return [
        ", ".join(str(row[k]) for k in chosen if row[k] is not None) or f"number {number}"
        for number, row in enumerate(one.rows, 1)
    ]


def _alike(texts: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """Yield pairs of different names that are the same but for capitals, blanks and signs."""
    seen: dict[str, str] = {}
    for text in dict.fromkeys(text for text in texts if isinstance(text, str)):
        bare = "".join(letter for letter in text.casefold() if letter.isalnum())
        if bare and seen.setdefault(bare, text) != text:
            yield text, seen[bare]


def _path(one: FilledSheet) -> tuple[str, ...]:
    return tuple(key for sheet in (*one.sheet.ancestors, one.sheet) for key in sheet.path)


def _names_used(sheets: Sequence[FilledSheet]) -> dict[tuple[str, str], set[str]]:
    """Return the names to which other entries refer, by the collection and key that they are of."""
    used: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in sheets:
        for k, column in enumerate(one.columns):
            if column.refers is not None:
                names = used[column.refers.collection, column.refers.key]
                for row in one.rows:
                    names.update(str(row[k]).split("; ") if column.several else [str(row[k])])
    return used
