"""What a model of others has no column for, from a second file: merged into the data by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from amopt.errors import InvalidInstanceError, UsageError
from amopt.instance.document import load_document

__all__ = ["add", "read_more"]

NAMES: Final = (
    "name", "place", "part", "from", "to", "mode", "supplier", "machine", "line", "order",
    "route", "material",
)  # fmt: skip
"""The keys by which entries of a list are told apart."""


def read_more(source: str | Path | Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the data of a second file.

    Raises
    ------
    InvalidInstanceError
        When it is no file of keys and values.
    """
    document = load_document(source)
    if document.findings:
        raise InvalidInstanceError(document.findings)
    return document.data


def add(data: dict[str, Any], more: Mapping[str, Any], *, way: str = "") -> dict[str, Any]:
    """Return data with what a second file says, which goes before.

    Of a list each entry is added to those that have all the names that it states, and stands as an
    entry of its own where there are none.

    Parameters
    ----------
    data
        The data; left as it is.
    more
        What is added.
    way
        The keys above, for messages.

    Raises
    ------
    UsageError
        When the second file is of another decision, or has one value where the first has several.
    """
    found = dict(data)
    for key, value in more.items():
        here = f"{way}.{key}".lstrip(".")
        held = found.get(key)
        if not way and key in ("amopt", "kind") and value != held:
            raise UsageError(f"the second file says {key} {value!r}, the model {held!r}")
        if isinstance(held, dict) and isinstance(value, Mapping):
            found[key] = add(held, value, way=here)
        elif _entries(held) and _entries(value):
            found[key] = _with_entries(held, value, here)
        elif isinstance(held, (dict, list)) and type(value) is not type(held):
            raise UsageError(f"the second file has one value for {here}, the model has several")
        else:
            found[key] = value
    return found


def _entries(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, Mapping) for one in value)


def _with_entries(held: Any, more: Any, way: str) -> list[Any]:
    """Return the entries of a list with those of another."""
    found = list(held)
    for one in more:
        names = {name: one[name] for name in NAMES if name in one}
        matches = [
            k
            for k, other in enumerate(found)
            if names and all(other.get(name) == value for name, value in names.items())
        ]
        for k in matches:
            found[k] = add(found[k], one, way=f"{way}[{k}]")
        if not matches:
            found.append(dict(one))
    return found
