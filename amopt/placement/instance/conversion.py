"""Files of other formats become instance files."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from amopt.errors import UsageError
from amopt.instance.workbook.rewriting import rewrite
from amopt.placement.instance.fields import Instance
from amopt.placement.instance.orlib import read_orlib_cap

__all__ = ["convert"]


def convert(source: str | Path, target: str | Path, source_format: str, **options: Any) -> None:
    """Write the instance that a file of another format holds to a new file or folder.

    Parameters
    ----------
    source
        The file of the other format.
    target
        The file to write; its ending says in which format. Without one a folder of csv files.
    source_format
        ``"orlib-cap"``: OR-Library's capacitated warehouse location.
    **options
        Options of the format's reader.

    Raises
    ------
    UsageError
        For another format or ending, a target that exists, or an option that does not fit the file.
    InvalidInstanceError
        When the file is not what it says, or holds what no instance may.
    """
    _require(source_format == "orlib-cap", f"unknown format {source_format!r}; known: orlib-cap")
    data = read_orlib_cap(source, **_capacities(source, **options))
    Instance.from_dict(data)
    rewrite(Instance, data, target)


def _capacities(
    source: str | Path, *, capacity: float | None = None, capacitated: bool = True
) -> dict[str, Any]:
    """Return the options on capacities; refuse those that do not fit each other or the file."""
    if capacity is not None:
        _require(capacitated, "give a capacity, or leave the capacities out, not both")
        _require(0 < capacity <= 1e9, f"a capacity is above 0 and up to 1e9, not {capacity:g}")
    words: list[str] = []
    with suppress(OSError, ValueError):  # what cannot be read is told by the reader
        words = Path(source).read_text(encoding="utf-8").split()
    asked = "capacity" in words
    _require(
        not asked or capacity is not None or not capacitated,
        f"{source} says 'capacity' in place of numbers: give --capacity, or --uncapacitated",
    )
    _require(
        asked or capacity is None or not words,
        f"{source} states the capacity of each warehouse: leave --capacity out",
    )
    if asked and not capacitated:
        return {"capacity": 1.0, "capacitated": False}  # read, and then left out
    return {"capacity": capacity, "capacitated": capacitated}


def _require(condition: bool, message: str) -> None:
    """Raise a usage error unless the condition holds."""
    if not condition:
        raise UsageError(message)
