"""What is changed in an instance: keys by their path, values set or scaled."""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amopt.errors import InvalidInstanceError, UsageError
from amopt.instance.loader import changed

if TYPE_CHECKING:
    from amopt.instance.common import Instance

__all__ = [
    "NO_CHANGE",
    "Change",
    "Point",
    "apply",
    "from_list",
    "grid",
    "require_paths",
    "variation",
]

_FACTOR = re.compile(r"[-+]?\d+(\.\d*)?([eE][-+]?\d+)?x|[-+]?\.\d+x", re.ASCII)
_NUMBER = re.compile(r"[-+]?(0|[1-9]\d*)(?P<broken>(\.\d+)?([eE][-+]?\d+)?)", re.ASCII)
_FORM = "write a path and its values: parts.*.print_cost=0.5x,1x,2x"
MOST_POINTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Change:
    """One key with one value.

    Attributes
    ----------
    path
        Keys that lead to the value, joined by points: ``parts.*.print_cost`` is that of every part,
        ``parts.2.print_cost`` that of the part named 2, or else of the third one.
    value
        A number or a word that is set, or a factor such as ``0.5x`` by which numbers are scaled.
    """

    path: str
    value: str


@dataclass(frozen=True, slots=True)
class Point:
    """The changes of one solve.

    Attributes
    ----------
    changes
        In the order in which they are made.
    """

    changes: tuple[Change, ...]

    @property
    def key(self) -> str:
        """What tells it from other points: a fingerprint of its changes."""
        text = json.dumps([[one.path, one.value] for one in self.changes])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def row(self) -> dict[str, str | float]:
        """Return the changes as columns of a table."""
        return {one.path: _shown(one.value) for one in self.changes}


NO_CHANGE = Point(())
"""The instance as it is."""


def _shown(value: str) -> str | float:
    """Return a number as the number that it is set to, all else as it was written."""
    number = _NUMBER.fullmatch(value)
    if number is None:
        return value
    return float(value) if number["broken"] else int(value)


def variation(text: str) -> tuple[Change, ...]:
    """Return the changes of one path: ``PATH=VALUE,VALUE``.

    Raises
    ------
    UsageError
        When the text is not of that form.
    """
    path, sign, values = text.partition("=")
    several = [one.strip() for one in values.split(",")]
    if not (path.strip() and sign and all(several)):
        raise UsageError(f"{text!r}: {_FORM}")
    return tuple(Change(path.strip(), value) for value in several)


def grid(variations: Sequence[Sequence[Change]]) -> tuple[Point, ...]:
    """Return the points of every combination; the last variation changes fastest.

    Raises
    ------
    UsageError
        When a path is varied twice, or there are too many points.
    """
    paths = [one[0].path for one in variations if one]
    for path in paths:
        if paths.count(path) > 1:
            raise UsageError(f"{path} is varied twice: give all its values at once")
    count = 1
    for one in variations:
        count *= len(one)
    if count > MOST_POINTS:
        raise UsageError(f"{count:,} combinations: vary less, at most {MOST_POINTS:,} are solved")
    return tuple(Point(tuple(one)) for one in itertools.product(*variations))


def from_list(path: str | Path) -> tuple[Point, ...]:
    """Return the points of a csv file: paths as headings, a row a point; no change where empty.

    Raises
    ------
    UsageError
        When the file cannot be read, or holds no row.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    rows = [row for row in csv.reader(text.splitlines()) if any(cell.strip() for cell in row)]
    if len(rows) < 2:
        raise UsageError(f"{path} holds no row below its heading")
    heading, *below = rows
    for number, row in enumerate(below, 2):
        if len(row) != len(heading):
            raise UsageError(
                f"{path}, row {number}: {len(row)} cells under {len(heading)} headings"
            )
    return tuple(
        Point(
            tuple(
                Change(name.strip(), cell.strip())
                for name, cell in zip(heading, row, strict=True)
                if cell.strip()
            )
        )
        for row in below
    )


def apply(instance: Instance, point: Point) -> Instance:
    """Return the instance with the changes of a point.

    Raises
    ------
    UsageError
        When a path leads nowhere, or to what cannot be scaled.
    InvalidInstanceError
        When the instance is not valid then.
    """
    data = instance.model_dump(by_alias=True, exclude_unset=True)
    top: dict[str, Any] = {}
    for one in point.changes:
        keys = one.path.split(".")
        data = _put(data, keys, one)
        top[keys[0]] = data[keys[0]]
    return changed(instance, top)


def require_paths(instance: Instance, points: Sequence[Point]) -> None:
    """Refuse paths that lead nowhere before anything is solved.

    Raises
    ------
    UsageError
        When one does, or ends in a key that the format does not know.
    """
    data = instance.model_dump(by_alias=True, exclude_unset=True)
    known = set[str]()
    for one in dict.fromkeys(one for point in points for one in point.changes):
        keys = one.path.split(".")
        _put(data, keys, one)
        if one.path not in known and _lacks(data, keys, one):
            _require_known(instance, one)
        known.add(one.path)


def _lacks(holder: Any, keys: Sequence[str], change: Change) -> bool:
    """Tell whether what holds the last key of a path does not have it yet."""
    if not keys:
        return False
    key, *rest = keys
    if isinstance(holder, list | tuple):
        return any(_lacks(holder[n], rest, change) for n in _positions(holder, key, change))
    return key not in holder or _lacks(holder[key], rest, change)


def _require_known(instance: Instance, change: Change) -> None:
    """Refuse a last key that is none of the format; what else is wrong is its rows' to tell."""
    try:
        apply(instance, Point((change,)))
    except InvalidInstanceError as error:
        last = change.path.rpartition(".")[2]
        for one in error.findings:
            if one.code == "unknown-key" and one.where.key[-1] == last:
                raise UsageError(f"{change.path}: {one.message} {one.advice}") from error


def _put(holder: Any, keys: Sequence[str], change: Change) -> Any:
    """Return what holds a value with that value changed."""
    if not keys:
        return _value(holder, change)
    key, *rest = keys
    if isinstance(holder, list | tuple):
        wanted = set(_positions(holder, key, change))
        return [
            _put(one, rest, change) if number in wanted else one
            for number, one in enumerate(holder)
        ]
    if not isinstance(holder, Mapping):
        raise UsageError(f"{change.path}: nothing is below {key!r}")
    if key not in holder and (rest or _FACTOR.fullmatch(change.value)):
        there = ", ".join(map(str, holder)) or "nothing"
        raise UsageError(f"{change.path}: no key {key!r}; there are {there}")
    return {**holder, key: _put(holder.get(key), rest, change)}


def _positions(entries: Sequence[Any], key: str, change: Change) -> Iterator[int]:
    """Yield where the entries are that a key names: all, by name, or by number from 0."""
    if key == "*":
        yield from range(len(entries))
        return
    named = [n for n, one in enumerate(entries) if isinstance(one, Mapping) and _name(one) == key]
    if named:
        yield from named
    elif key.isdecimal() and int(key) < len(entries):
        yield int(key)
    else:
        names = [_name(one) for one in entries if isinstance(one, Mapping)][:12]
        raise UsageError(f"{change.path}: no entry {key!r}; there are *, {', '.join(names)}")


def _name(entry: Mapping[str, Any]) -> str:
    """Return what an entry is called: its first text."""
    return next((value for value in entry.values() if isinstance(value, str)), "")


def _value(before: Any, change: Change) -> Any:
    """Return the value that a change gives in place of another."""
    if not _FACTOR.fullmatch(change.value):
        return _read(change)
    factor = float(change.value[:-1])
    if isinstance(before, list | tuple):
        return [_scaled(one, factor, change) for one in before]
    return _scaled(before, factor, change)


def _read(change: Change) -> Any:
    """Return a value as an instance file would have it."""
    data = _held(change.value)
    if not isinstance(data, Mapping) or set(data) != {"value"}:
        raise UsageError(f"{change.path}: {change.value!r} is no value of a file")
    if _held(f"{change.value}x") == data:  # what is written behind it is not read
        raise UsageError(
            f"{change.path}: {change.value!r} holds a comment; set a text with # in quotes"
        )
    return data["value"]


def _held(value: str) -> Any:
    """Return what a file with a value holds; None where it cannot be read."""
    from amopt.instance.formats import yaml_text
    from amopt.instance.formats.positions import Unusable

    try:
        return yaml_text.parse(f"value: {value}").data
    except Unusable:
        return None


def _scaled(before: Any, factor: float, change: Change) -> int | float:
    if isinstance(before, bool) or not isinstance(before, int | float):
        raise UsageError(f"{change.path}: {before!r} is no number that can be scaled")
    scaled = before * factor
    return round(scaled) if isinstance(before, int) else scaled
