"""The inputs of an instance, and the instance with one of them scaled."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from amopt.errors import InvalidInstanceError
from amopt.instance.loader import changed
from amopt.instance.workbook.layout import Column as Field
from amopt.instance.workbook.layout import Layout, Sheet, layout

if TYPE_CHECKING:
    from amopt.instance.common import Instance

__all__ = ["Input", "inputs", "with_scaled"]

_SKIPPED = frozenset(("amopt", "latitude", "longitude", "longest_km"))
"""Keys whose scaling says nothing."""

_UNIT_FACTOR = "portfolio_columns: factor"
"""From the unit of a column into that of its attribute: nobody is in doubt about it."""

_WEIGHT_OF_COST = ("minimise", "cost")
"""The unit in which the other weights are told: a plan costs no more for its being larger."""


@dataclass(frozen=True, slots=True)
class Input:
    """An input: one number of the instance, or a column of numbers that change together.

    Attributes
    ----------
    name
        The key, with the collection it is in: ``demand: per_year``.
    path
        The collections that lead to the entries, each by its keys.
    field
        The keys that lead from an entry to the number.
    whole
        Whether it is a whole number; the step is then the nearest whole one, and at least 1.
    values
        How many numbers it has.
    """

    name: str
    path: tuple[tuple[str, ...], ...]
    field: tuple[str, ...]
    whole: bool
    values: int

    @property
    def top(self) -> str:
        """The key at the top of the instance that leads to it."""
        return (*self.path, self.field)[0][0]


def inputs(instance: Instance) -> tuple[Input, ...]:
    """Return the inputs of an instance that are not zero and not left out."""
    data = instance.model_dump(by_alias=True, exclude_unset=True)
    found = layout(type(instance))
    return tuple(_inputs(found, data))


def _inputs(found: Layout, data: Mapping[str, Any]) -> Iterator[Input]:
    """Yield the inputs of the instance itself and of each sheet."""
    for column in found.rows:
        yield from _input("", (), column, [data])
    for sheet in found.sheets:
        if sheet.form == "entries":
            path = tuple(one.path for one in (*sheet.ancestors, sheet))
            entries = list(_entries(data, path))
            for column in sheet.columns:
                yield from _input(_title(sheet), path, column, entries)


def _title(sheet: Sheet) -> str:
    return f"{sheet.name}: "


def _input(
    title: str,
    path: tuple[tuple[str, ...], ...],
    column: Field,
    entries: Sequence[Mapping[str, Any]],
) -> Iterator[Input]:
    """Yield an input where a field holds numbers other than zero."""
    if column.kind not in ("number", "whole") or column.path[-1] in _SKIPPED:
        return
    if column.path == _WEIGHT_OF_COST:
        return
    values = [number for entry in entries for number in _numbers(entry, column.path)]
    if any(values) and title + column.heading != _UNIT_FACTOR:
        yield Input(title + column.heading, path, column.path, column.kind == "whole", len(values))


def _entries(
    holder: Mapping[str, Any], path: Sequence[tuple[str, ...]]
) -> Iterator[Mapping[str, Any]]:
    """Yield the entries to which the collections of a path lead."""
    if not path:
        yield holder
        return
    for entry in _at(holder, path[0]) or ():
        yield from _entries(entry, path[1:])


def _at(entry: Any, path: Sequence[str]) -> Any:
    for key in path:
        entry = entry.get(key) if isinstance(entry, Mapping) else None
    return entry


def _numbers(entry: Mapping[str, Any], path: Sequence[str]) -> list[float]:
    """Return the numbers of a field; several where it is a list of them."""
    value = _at(entry, path)
    several = value if isinstance(value, list | tuple) else [value]
    return [one for one in several if isinstance(one, int | float) and not isinstance(one, bool)]


def with_scaled(instance: Instance, scaled: Input, factor: float) -> tuple[Instance, float]:
    """Return the instance with an input scaled, and the largest step of a value in hundredths.

    Steps are whole where others are not valid, as of quantities that are not divisible.
    """
    data = instance.model_dump(by_alias=True, exclude_unset=True)
    numbers = {
        number
        for entry in _entries(data, scaled.path)
        for number in _numbers(entry, scaled.field)
        if number
    }
    whole = replace(scaled, whole=True)
    in_whole_steps = max(abs(_number(one, factor, whole=True) / one - 1.0) for one in numbers)
    if scaled.whole:
        return changed(instance, _scaled(data, whole, factor)), 100.0 * in_whole_steps
    try:
        return changed(instance, _scaled(data, scaled, factor)), 100.0 * abs(factor - 1.0)
    except InvalidInstanceError as error:
        if not all(float(one).is_integer() for one in numbers):
            raise
        with contextlib.suppress(InvalidInstanceError):
            return changed(instance, _scaled(data, whole, factor)), 100.0 * in_whole_steps
        raise error from None


def _scaled(data: Mapping[str, Any], scaled: Input, factor: float) -> dict[str, Any]:
    """Return the keys at the top that differ once an input is scaled."""
    steps = [*scaled.path, scaled.field]
    top = steps[0][0]
    return {top: _deep(data, steps, factor, whole=scaled.whole)[top]}


def _deep(entry: Any, steps: Sequence[tuple[str, ...]], factor: float, *, whole: bool) -> Any:
    """Return an entry in which what the steps lead to is scaled."""
    if not steps:
        return _number(entry, factor, whole=whole)
    if not isinstance(entry, Mapping):
        return entry
    (key, *rest), *more = steps
    if key not in entry:
        return entry
    value = entry[key]
    if rest:
        inner = _deep(value, [tuple(rest), *more], factor, whole=whole)
    elif isinstance(value, list | tuple):
        inner = [_deep(one, more, factor, whole=whole) for one in value]
    else:
        inner = _deep(value, more, factor, whole=whole)
    return {**entry, key: inner}


def _number(value: Any, factor: float, *, whole: bool) -> Any:
    """Return a number times a factor; a whole one moves by one at least."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value == 0:
        return value
    if not whole:
        return value * factor
    step = math.copysign(max(1, round(abs(value * (factor - 1.0)))), factor - 1.0)
    return int(value + step)
