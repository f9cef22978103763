"""What Python code hands over -> plain data, as a file would hold it.

Numbers and arrays of numpy become Python's own, and the rows of a pandas frame become mappings, of
which cells without a value (NaN, NaT, NA) are left out.
"""

from __future__ import annotations

import datetime
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel

from amopt.instance.findings import Key, Problem
from amopt.instance.formats.positions import MAX_DEPTH
from amopt.instance.suggest import shown

__all__ = ["foreign", "not_plain", "plain", "too_deep", "value_problems"]

_TEXT: Final = frozenset({str})
_LARGEST: Final = 2**53
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_PYTHON: Final = frozenset({int, float, str, bool, type(None)})
_LEAVES: Final = _PYTHON | {datetime.date, datetime.datetime}
_HOLDERS: Final = frozenset({dict, list, tuple})
_HELD: Final = (str, int, float, type(None), datetime.date, BaseModel)


def too_deep(data: Mapping[str, Any]) -> bool:
    """Tell whether plain data is nested deeper than any instance, or holds itself."""
    level: list[Any] = [data]
    for _ in range(MAX_DEPTH):
        held: dict[int, Any] = {}
        for holder in level:
            for value in holder.values() if _is_mapping(holder) else holder:
                if type(value) not in _PYTHON and isinstance(value, (dict, list, tuple)):
                    held[id(value)] = value
        if not held:
            return False
        level = list(held.values())
    return True


def _is_mapping(data: Any) -> bool:
    """Tell whether data is a mapping; most are dicts, and quicker to know."""
    return type(data) is dict or isinstance(data, Mapping)


def plain(data: Any) -> Any:
    """Return data with Python's own numbers, lists and mappings; as it is where it holds no other.

    What is nested deeper than an instance may be is left alone: it is refused for that.
    """
    return _plain(data, _Libraries(), MAX_DEPTH + 1)


class _Libraries:
    """The types of numpy and pandas, where somebody has loaded them: nobody else makes them."""

    def __init__(self) -> None:
        numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
        self.numbers: tuple[Any, ...] = (numpy.generic, numpy.ndarray) if numpy else ()
        self.frame: tuple[Any, ...] = (pandas.DataFrame,) if pandas else ()
        self.time: tuple[Any, ...] = (pandas.Timestamp,) if pandas else ()


def _plain(data: Any, libraries: _Libraries, depth: int) -> Any:
    if type(data) in _HOLDERS:
        return data if depth == 0 else _plain_entries(data, libraries, depth)
    if isinstance(data, libraries.numbers):
        return data.tolist()
    if isinstance(data, libraries.frame):
        return [_plain(row, libraries, depth - 1) for row in _rows(data)]
    if isinstance(data, libraries.time) and data == data.normalize():
        return data.date()
    if depth == 0 or not isinstance(data, (dict, list, tuple, Mapping)):
        return data
    return _plain_entries(data, libraries, depth)


def _plain_entries(data: Any, libraries: _Libraries, depth: int) -> Any:
    entries = data.items() if _is_mapping(data) else enumerate(data)
    changed = {}
    for key, value in entries:
        if type(value) not in _PYTHON:
            new = _plain(value, libraries, depth - 1)
            if new is not value:
                changed[key] = new
    if not changed:
        return data if isinstance(data, (dict, list, tuple)) else dict(data)
    if isinstance(data, Mapping):
        return {**data, **changed}
    return [changed.get(place, value) for place, value in enumerate(data)]


def _rows(frame: Any) -> Iterator[dict[Any, Any]]:
    """Yield the rows of a frame as mappings, without the cells that have no value.

    What has a name in its index is a column, as in the sums that ``groupby`` makes.
    """
    named = [name for name in frame.index.names if name is not None]
    if named:
        frame = frame.reset_index(level=named)
    given = frame.notna().to_numpy().tolist()
    columns = [_cells(column) for _, column in frame.items()]
    for row, has in zip(zip(*columns, strict=True), given, strict=True):
        told = zip(frame.columns, row, has, strict=True)
        yield {name: value for name, value, there in told if there}


def _cells(column: Any) -> list[Any]:
    """Return the cells of a column; whole numbers that missing cells made fractions are whole."""
    cells: list[Any] = column.tolist()
    if column.dtype.kind != "f":
        return cells
    numbers = [cell for cell in cells if cell == cell]  # noqa: PLR0124 - NaN is not itself
    if len(numbers) == len(cells) or not all(cell.is_integer() for cell in numbers):
        return cells
    return [int(cell) if cell == cell else cell for cell in cells]  # noqa: PLR0124


def foreign(value: Any) -> bool:
    """Tell whether a value is none of the types that plain data has; its entries are not asked."""
    return not isinstance(value, (dict, list, tuple, *_HELD))


def not_plain(data: Any, key: Key = ()) -> Iterator[Problem]:
    """Yield the keys that are not text and the values that no file could hold."""
    if not _all(data, _is_plain_level):
        yield from _not_plain(data, key)


def _not_plain(data: Any, key: Key) -> Iterator[Problem]:
    if isinstance(data, dict):
        for name in data:
            if not isinstance(name, str):
                message = f"the key {shown(_part(name))} is not text."
                yield Problem("key-not-text", (*key, _part(name)), message, "Write a name.")
    entries = data.items() if isinstance(data, dict) else enumerate(data)
    for name, value in entries:
        if type(value) in _PYTHON:
            continue
        part = _part(name) if isinstance(data, dict) else name
        if isinstance(value, (dict, list, tuple)):
            yield from _not_plain(value, (*key, part))
        elif foreign(value):
            message = f"a {type(value).__name__} stands where plain data is wanted."
            advice = "Write a number, a text, a date, a list, a mapping, or a pandas DataFrame."
            yield Problem("wrong-type", (*key, part), message, advice)


def _all(data: Any, sound: Callable[[Iterable[Any], dict[int, Any]], bool]) -> bool:
    """Tell whether all levels of data are sound, as most are; False where it holds itself.

    ``sound`` looks at the values of a holder, and notes the holders among them by their identity.
    """
    level: list[Any] = [data]
    for _ in range(MAX_DEPTH + 1):
        held: dict[int, Any] = {}
        for holder in level:
            if type(holder) is dict:
                if not _TEXT.issuperset(map(type, holder)) or not sound(holder.values(), held):
                    return False
            elif not sound(holder, held):
                return False
        if not held:
            return True
        level = list(held.values())
    return False


def _is_plain_level(values: Iterable[Any], held: dict[int, Any]) -> bool:
    for value in values:
        kind = type(value)
        if kind in _HOLDERS:
            held[id(value)] = value
        elif kind not in _LEAVES:
            return False
    return True


def _is_kept_level(values: Iterable[Any], held: dict[int, Any]) -> bool:
    for value in values:
        kind = type(value)
        if kind in _HOLDERS:
            held[id(value)] = value
        elif kind is str:
            if not value.isascii() and _SURROGATE.search(value):
                return False
        elif kind is int:
            if not -_LARGEST <= value <= _LARGEST:
                return False
        elif kind not in _LEAVES:
            return False
    return True


def value_problems(data: Any) -> Iterator[Problem]:
    """Yield the whole numbers and texts that no field can hold unchanged."""
    if not _all(data, _is_kept_level):
        yield from _value_problems(data, ())


def _value_problems(data: Any, key: Key) -> Iterator[Problem]:
    entries = data.items() if isinstance(data, dict) else enumerate(data)
    for name, value in entries:
        if type(value) is int:
            if not -_LARGEST <= value <= _LARGEST:
                message = "the whole number has too many digits (it is above 2^53)."
                advice = "Check its digits; put a name that is made of digits in quotes."
                yield Problem("number-too-large", (*key, _step(data, name)), message, advice)
        elif isinstance(value, str):
            if not value.isascii() and _SURROGATE.search(value):
                message = f"the text {shown(value)} holds half a character (a lone surrogate)."
                at = (*key, _step(data, name))
                yield Problem("malformed-text", at, message, "Write the text again.")
        elif isinstance(value, (dict, list, tuple)):
            yield from _value_problems(value, (*key, _step(data, name)))


def _step(data: Any, name: Any) -> Any:
    """Return how an entry of a holder is written in a path."""
    return str(name) if isinstance(data, dict) else name


def _part(name: Any) -> str:
    """Return how a key is written in a path."""
    return name if isinstance(name, str) else str(name)[:60]
