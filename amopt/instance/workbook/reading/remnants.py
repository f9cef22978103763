"""What is left of the template's example in an instance that somebody has begun to fill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from amopt.instance.findings import Key

__all__ = ["remnants"]

FEWEST_KEYS: Final = 3
"""Keys that an entry must have to be known as one of the example: a name alone may be anybody's."""


def remnants(
    data: Mapping[str, Any], example: Mapping[str, Any]
) -> Iterator[tuple[Key, list[int]]]:
    """Yield the collections that hold entries of the example, and the numbers of these entries.

    Nothing where no entry has other names than the example: then somebody plays with it.

    Parameters
    ----------
    data
        The raw data of an instance.
    example
        Those of the template.
    """
    found: list[tuple[Key, list[int]]] = []
    own = False
    for key, entries in _collections(data):
        theirs = list(_entries(example, key))
        known = [_names(entry) for entry in theirs]
        own = own or any(_names(entry) not in known for entry in entries)
        left = [
            number
            for number, entry in enumerate(entries)
            if len(entry) >= FEWEST_KEYS and entry in theirs
        ]
        if left:
            found.append((key, left))
    if own:
        yield from found


def _collections(data: Mapping[str, Any]) -> Iterator[tuple[Key, list[dict[str, Any]]]]:
    """Yield the collections at the top, and those of the network."""
    for key, value in data.items():
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            yield (key,), value
        elif key == "network" and isinstance(value, dict):
            yield from (((key, *rest), entries) for rest, entries in _collections(value))


def _entries(data: Any, key: Key) -> Iterator[Any]:
    for part in key:
        data = data.get(part) if isinstance(data, Mapping) else None
    yield from data if isinstance(data, list) else ()


def _names(entry: Any) -> list[str]:
    """Return what tells an entry apart: its texts."""
    return (
        [one for one in entry.values() if isinstance(one, str)] if isinstance(entry, dict) else []
    )
