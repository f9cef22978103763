"""Raw data into which what files beside an instance say was put, before it is validated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from amopt.instance.findings import Key, Problem

__all__ = ["Filled"]


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
    """

    data: Mapping[str, Any]
    kept: Mapping[str, Sequence[int]] = field(default_factory=dict)
    problems: Sequence[Problem] = ()

    def key(self, key: Key) -> Key:
        """Return the key in the file of a key in the data."""
        numbers = self.kept.get(str(key[0]), ()) if key else ()
        if len(key) > 1 and isinstance(key[1], int) and key[1] < len(numbers):
            return (key[0], numbers[key[1]], *key[2:])
        return key
