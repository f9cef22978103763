"""Names in the raw data of an instance: each given once, each reference to one that is there.

The checks run on the raw data, so that they are reported together with wrong fields. What to check
is read once from the annotations of an instance class.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from amopt.instance.amounts import RefersTo
from amopt.instance.findings import Key, Problem, path_text
from amopt.instance.suggest import Suggestions, shown

__all__ = ["lost_collections", "name_problems"]

Line = Callable[[Key], int | None]

_LISTED = 8
_MEANT = re.compile(r"Did you mean '(\w+)'")


class _Scan:
    """One pass over the data of one instance."""

    def __init__(self, data: Any, line: Line, lost: Collection[Key]) -> None:
        self.data = data
        self.line = line
        self.lost = {".".join(map(str, key)) for key in lost}
        self.problems: list[Problem] = []
        self.suggestions = Suggestions()
        self._pools: dict[tuple[str, str], dict[str, None] | None] = {}

    def pool(self, reference: RefersTo) -> dict[str, None] | None:
        """Return the names that a reference may use; None when one cannot be read."""
        asked = (reference.collection, reference.key)
        if asked not in self._pools:
            self._pools[asked] = _pool(self.data, reference)
        return self._pools[asked]

    def is_lost(self, collection: str) -> bool:
        """Return whether it is told already that a collection, or what holds it, is not there."""
        return any(collection == one or collection.startswith(f"{one}.") for one in self.lost)


Visit = Callable[[Any, Key, _Scan], None]


def name_problems(
    instance_type: type[BaseModel], data: Any, line: Line, lost: Collection[Key] = ()
) -> list[Problem]:
    """Return the names that are given twice and the references that lead nowhere.

    Parameters
    ----------
    instance_type
        The class whose annotations say what is a name and what refers to one.
    data
        The raw data of an instance, in whatever shape the file left it.
    line
        The line of a key path, where there is one.
    lost
        Collections that are told to be missing: what refers to one of them says no more.
    """
    scan = _Scan(data, line, lost)
    _visit_model(instance_type)(data, (), scan)
    return scan.problems


def lost_collections(problems: Iterable[Problem]) -> Iterator[Key]:
    """Yield what is told to be missing: keys that are, and those that others may be meant for."""
    for problem in problems:
        if problem.code == "missing-key":
            yield problem.key
        elif problem.code == "unknown-key" and (meant := _MEANT.match(problem.advice)):
            yield (*problem.key[:-1], meant[1])


def _get(holder: Any, alias: str, name: str) -> Any:
    """Return a field's raw value from a mapping or a model, by its alias or its name."""
    if type(holder) is dict or isinstance(holder, Mapping):
        return holder[alias] if alias in holder else holder.get(name)
    return getattr(holder, name, None)


def _pool(data: Any, reference: RefersTo) -> dict[str, None] | None:
    """Collect the names of a collection; those of wrong type too, so that one fault is one."""
    level = [data]
    for part in reference.collection.split("."):
        found: list[Any] = []
        for holder in level:
            value = _get(holder, part, part)
            if isinstance(value, (list, tuple)):
                found.extend(value)
            elif isinstance(value, (Mapping, BaseModel)):
                found.append(value)
            elif value is not None:
                return None
        level = found
    names = [_get(entry, reference.key, reference.key) for entry in level]
    if not all(isinstance(name, (str, int, float)) for name in names):
        return None  # an entry whose name cannot be read may be the one that is meant
    return {str(name): None for name in names}


@cache
def _visit_model(model: type[BaseModel]) -> Visit:
    """Return what visits the fields of a model that hold names, references or such models."""
    steps: list[tuple[str, str, Visit]] = []
    prepared = False

    def visit(holder: Any, key: Key, scan: _Scan) -> None:
        nonlocal prepared
        if not prepared:  # only now, since models may hold each other
            steps.extend(_steps(model))
            prepared = True
        if type(holder) is dict or isinstance(holder, (Mapping, BaseModel)):
            for alias, name, step in steps:
                value = _get(holder, alias, name)
                if value is not None:
                    step(value, (*key, alias), scan)

    return visit


def _steps(model: type[BaseModel]) -> Iterator[tuple[str, str, Visit]]:
    """Yield the fields of a model that are worth a visit."""
    for name, field in model.model_fields.items():
        visit = _visit(field.annotation, tuple(field.metadata))
        if visit is not None:
            yield field.alias or name, name, visit


def _visit(annotation: Any, metadata: tuple[Any, ...] = ()) -> Visit | None:
    """Return what visits the values of an annotation; None when there is nothing to see."""
    for mark in metadata:
        if isinstance(mark, RefersTo):
            return _visit_values(annotation, _visit_reference(mark))
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin in _GENERICS and parts:
        return _GENERICS[origin](annotation, parts)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _visit_model(annotation)
    return None


def _visit_reference(reference: RefersTo) -> Visit:
    """Return what checks that a name is in its collection."""

    def visit(value: Any, key: Key, scan: _Scan) -> None:
        pool = scan.pool(reference)
        if type(value) is not str or pool is None or value in pool or value in reference.also:
            return
        if not pool and scan.is_lost(reference.collection):
            return
        if pool:
            few = len(pool) <= _LISTED
            short = f"Write one of {', '.join(map(shown, pool))}." if few else ""
            advice = scan.suggestions.advice(value, pool, short)
        else:
            advice = f"Add {reference.collection} with an entry of this name."
        message = f"there is no {shown(value)} in {reference.collection}."
        scan.problems.append(Problem("unknown-name", key, message, advice))

    return visit


def _visit_values(annotation: Any, visit: Visit) -> Visit:
    """Return what visits the texts of a marked annotation: itself, or the entries of its list."""

    def values(value: Any, key: Key, scan: _Scan) -> None:
        if isinstance(value, (list, tuple)):
            for place, entry in enumerate(value):
                visit(entry, (*key, place), scan)
        elif isinstance(value, Mapping):
            for name in value:
                visit(name, (*key, str(name)), scan)
        else:
            visit(value, key, scan)

    origins = {get_origin(part) for part in (annotation, *get_args(annotation))}
    return values if origins & {tuple, list, dict} else visit


def _visit_all(visits: list[Visit | None]) -> Visit | None:
    """Return what does several visits."""
    several = [visit for visit in visits if visit is not None]
    if len(several) <= 1:
        return several[0] if several else None

    def visit_all(value: Any, key: Key, scan: _Scan) -> None:
        before = len(scan.problems)
        for visit in several:
            visit(value, key, scan)
        scan.problems[before:] = dict.fromkeys(scan.problems[before:])

    return visit_all


def _visit_mapping(of_key: Visit | None, of_value: Visit | None) -> Visit | None:
    """Return what visits the keys and values of a mapping."""
    if of_key is None and of_value is None:
        return None

    def visit(value: Any, key: Key, scan: _Scan) -> None:
        if isinstance(value, Mapping):
            for name, held in value.items():
                if of_key is not None:
                    of_key(name, (*key, str(name)), scan)
                if of_value is not None:
                    of_value(held, (*key, str(name)), scan)

    return visit


def _unique(entry: Any) -> tuple[tuple[str, str, Any], ...]:
    """Return alias, name and default of the fields that tell the entries of a list apart."""
    if not (isinstance(entry, type) and issubclass(entry, BaseModel)):
        return ()
    fields, names = entry.model_fields, getattr(entry, "unique_by", ())
    if not names or not all(name in fields for name in names):
        return ()
    return tuple((fields[name].alias or name, name, fields[name].default) for name in names)


def _visit_entries(entry: Any) -> Visit | None:
    """Return what visits the entries of a list and compares their names."""
    visit = _visit(entry)
    unique = _unique(entry)
    if visit is None and not unique:
        return None

    def visit_entries(value: Any, key: Key, scan: _Scan) -> None:
        if not isinstance(value, (list, tuple)):
            return
        if visit is not None:
            for place, held in enumerate(value):
                visit(held, (*key, place), scan)
        if unique:
            _compare(value, unique, key, scan)

    return visit_entries


def _compare(entries: Any, unique: tuple[tuple[str, str, Any], ...], key: Key, scan: _Scan) -> None:
    """Find the entries that cannot be told apart."""
    first: dict[tuple[Any, ...], int] = {}
    for place, entry in enumerate(entries):
        if type(entry) is not dict and not isinstance(entry, (Mapping, BaseModel)):
            continue
        values = [_get(entry, alias, name) for alias, name, _ in unique]
        if all(value is None for value in values):
            continue
        told = tuple(
            default if value is None else value
            for value, (_, _, default) in zip(values, unique, strict=True)
        )
        if not all(isinstance(value, (str, int, float, type(None))) for value in told):
            continue
        if told not in first:
            first[told] = place
            continue
        earlier = (*key, first[told])
        line = scan.line(earlier)
        at = f" (line {line})" if line is not None else ""
        words = " and ".join(
            f"{alias} {shown(value)}" for (alias, _, _), value in zip(unique, told, strict=True)
        )
        message = f"{words} is already that of {path_text(earlier)}{at}."
        where = (*key, place, unique[0][0]) if len(unique) == 1 else (*key, place)
        advice = "Rename or remove one of the two."
        if len(unique) > 1:
            advice = "Keep one of the two, with the sum where both count, or make them differ."
        scan.problems.append(Problem("duplicate-name", where, message, advice))


_GENERICS: dict[Any, Callable[[Any, tuple[Any, ...]], Visit | None]] = {
    Annotated: lambda annotation, parts: _visit(parts[0], tuple(annotation.__metadata__)),
    Union: lambda _, parts: _visit_all([_visit(part) for part in parts]),
    UnionType: lambda _, parts: _visit_all([_visit(part) for part in parts]),
    tuple: lambda _, parts: _visit_entries(parts[0]),
    list: lambda _, parts: _visit_entries(parts[0]),
    dict: lambda _, parts: _visit_mapping(_visit(parts[0]), _visit(parts[1])),
}
