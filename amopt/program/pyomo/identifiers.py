"""Names and keys of a program as identifiers and index keys that a modelling language takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from amopt.program.linear import NamedBlock, Names

__all__ = ["component_blocks"]


def component_blocks(
    names: Names, size: int, default: str, taken: set[str]
) -> Iterator[tuple[str, list[Any] | None, range]]:
    """Yield each family's Pyomo name, its index keys (None for a scalar) and its positions."""
    start = 0
    for family in names.families if len(names) else (NamedBlock(default, range(size)),):
        name = _identifier(family.name, taken)
        keys: list[Any] | None = None
        if family.keys is not None:
            keys = [_index(key) for key in family.keys]
            if len(set(keys)) != len(keys):
                keys = list(range(len(keys)))
        yield name, keys, range(start, start + len(family))
        start += len(family)


def _index(key: Any) -> Any:
    """Return a key as Pyomo takes it: a plain value or a flat tuple of plain values."""
    if isinstance(key, np.ndarray):
        key = key.tolist()
    if isinstance(key, (tuple, list)):
        parts = tuple(_index(part) for part in key)
        flat = all(not isinstance(part, tuple) for part in parts)
        return (parts if len(parts) > 1 else parts[0]) if flat and parts else str(parts)
    if isinstance(key, np.generic):
        return key.item()
    return key if isinstance(key, (str, int, float)) else str(key)


def _identifier(name: str, taken: set[str]) -> str:
    """Return a name that Python and Pyomo take and that is not taken yet."""
    plain = "".join(letter if letter.isalnum() else "_" for letter in name) or "_"
    plain = plain if plain[0].isalpha() else f"_{plain}"
    unique, number = plain, 1
    while unique in taken:
        number += 1
        unique = f"{plain}_{number}"
    taken.add(unique)
    return unique
