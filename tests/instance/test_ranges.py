"""Each number of a file has a range, stated in the schema, in which the arithmetic is safe."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

import amopt
from amopt.errors import InfeasibleError, InvalidInstanceError, NoAnswerError, UsageError
from amopt.instance.schema import schema

WIDEST = 1e12


def numbers(part: Any) -> Iterator[dict[str, Any]]:
    """Yield the parts of a JSON Schema that describe a number."""
    if isinstance(part, dict):
        if part.get("type") in ("number", "integer") and "const" not in part:
            yield part
        for value in part.values():
            yield from numbers(value)
    elif isinstance(part, list):
        for value in part:
            yield from numbers(value)


@pytest.mark.parametrize("kind", amopt.KINDS)
def test_every_number_of_a_file_has_both_ends_of_its_range_in_the_schema(kind: str) -> None:
    from amopt.decisions import instance_type

    found = list(numbers(schema(instance_type(kind))))
    assert len(found) > 10
    for number in found:
        low = number.get("minimum", number.get("exclusiveMinimum"))
        high = number.get("maximum", number.get("exclusiveMaximum"))
        assert low is not None, number
        assert high is not None, number
        assert low >= -180
        assert high <= WIDEST


def leaves(data: Any, key: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for name, value in data.items() if isinstance(data, dict) else enumerate(data):
        if isinstance(value, (dict, list)):
            yield from leaves(value, (*key, name))
        elif type(value) in (int, float):
            yield (*key, name)


def changed(data: dict[str, Any], key: tuple[Any, ...], value: Any) -> dict[str, Any]:
    result = holder = copy.deepcopy(data)
    for part in key[:-1]:
        holder = holder[part]
    holder[key[-1]] = value
    return result


@pytest.mark.slow
@pytest.mark.parametrize("name", ["printing/mission", "sourcing/hangbar"])
def test_a_number_as_large_as_may_be_is_answered_or_refused_in_words(name: str) -> None:
    data = amopt.load(name).to_dict()
    seen, solved = set(), 0
    for key in leaves(data):
        field = tuple(part for part in key if isinstance(part, str))
        if field in seen:
            continue
        seen.add(field)
        for value in (1e12, 1e9, 1e6, 1e-300):
            with suppress(InfeasibleError, InvalidInstanceError, NoAnswerError, UsageError):
                amopt.solve(amopt.load(changed(data, key, value)), time_limit=10)
                solved += 1
    assert solved >= len(seen)


def test_a_number_beyond_the_range_of_its_field_is_a_finding() -> None:
    data = amopt.load("placement/aircraft-today").to_dict()
    for key in leaves(data):
        if key == ("amopt",):
            continue
        for value in (1e308, -1.0 if key[-1] not in ("latitude", "longitude") else -1e308):
            findings = amopt.check(changed(data, key, value))
            assert findings, key
            assert {finding.code for finding in findings} <= {"out-of-range", "wrong-type"}, key


def test_the_kinds_of_amounts_are_declared_once() -> None:
    common = importlib.import_module("amopt.instance.common")
    assert {"Money", "Weeks", "Quantity", "Rate", "Emissions", "Kilograms"} <= set(common.__all__)
