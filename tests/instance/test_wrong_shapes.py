"""Whatever shape a value of a file has, the file is an instance or its findings say what is wrong.

Each value of a valid file is replaced, one at a time: a scalar by a collection, a collection by
null, a text by a number.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from amopt.errors import InvalidInstanceError, UsageError
from amopt.instance import catalogue
from amopt.kinds import check
from amopt.sourcing.quotes.fetch import requests_of

WRONG: tuple[Any, ...] = (5, None, "", [], {}, [1], [[]], True, float("nan"), "x" * 300)

SHIPPED = (
    "printing/mission-limited",
    "sourcing/dynamic",
    "sourcing/dynamic-events",
    "placement/textbook",
    "design/pump-unit",
    "screening/norwind",
    "licensing/two-buyers",
    "maintenance/factorial",
)
"""A file of each decision, with many of its keys."""

ON_RECORD = """
amopt: 1
kind: sourcing
name: Quotes on record
currency: EUR
parts: [{name: bush, materials: [AlSi10Mg]}, {name: pin}]
lines: [{line: "1", part: bush, quantity: 10, surplus: 5}, {line: "2", part: pin, quantity: 3}]
conventional:
  - {part: bush, cost_per_part: 60, lead_time_weeks: 4}
  - {part: pin, cost_per_part: 60, lead_time_weeks: 4}
offers:
  - {supplier: alpha, part: bush, quotes: log, route: direct, material: AlSi10Mg,
     smallest_quantity: 1, largest_quantity: 20, certificates: [EN-9100],
     valid_from: 2026-01-01, valid_to: 2026-12-01}
  - {supplier: beta, part: bush, quotes: log}
  - {supplier: gamma, part: pin, quotes: [{quantity: 1, cost_per_part: 3, lead_time_weeks: 1}]}
unquoted: [{supplier: delta, part: bush, why: declined}]
licences: [{part: bush, prints: 40, supplier: alpha}]
quotes: {log: log.csv, as_of: 2026-03-05T00:00:00Z, max_age_days: 7, when_old: warn}
order_date: 2026-03-05
"""

LOG = """
fetched_at,request,supplier,part,material,quantity,cost_per_part,currency,lead_time_weeks,source
2026-03-01T08:00:00Z,r1,alpha,bush,AlSi10Mg,1,50,EUR,1,mail
2026-03-01T08:00:00Z,r1,alpha,bush,AlSi10Mg,10,40,EUR,1,mail
2026-03-02T10:00:00Z,b1,beta,pin,,10,42,EUR,1,mail
""".lstrip()

SOURCES = """
amopt: 1
kind: sourcing-quote-sources
name: Where we ask
sources:
  - {name: lists, kind: folder, path: lists}
  - {name: web, kind: http, url: "https://quotes.example/v1", suppliers: [alpha],
     token_env: ALPHA_TOKEN, timeout_seconds: 10, retries: 3, backoff_seconds: 0.5}
quantities: [1, 10]
"""


def places(data: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where values are; of entries with the same keys the first counts for all."""
    if at:
        yield at
    if isinstance(data, dict):
        for key, value in data.items():
            yield from places(value, (*at, key))
    elif isinstance(data, list):
        known = set()
        for index, value in enumerate(data):
            keys = tuple(value) if isinstance(value, dict) else type(value)
            if keys not in known:
                known.add(keys)
                yield from places(value, (*at, index))


def put(data: Any, at: tuple[Any, ...], value: Any) -> Any:
    """Return data with one value replaced."""
    if not at:
        return value
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[at[0]] = put(data[at[0]], at[1:], value)
    return copy


def value_at(data: Any, at: tuple[Any, ...]) -> Any:
    for key in at:
        data = data[key]
    return data


def longer_names(value: Any) -> list[str]:
    """Return a name longer than any file may have, in the place of a file's name."""
    suffix = Path(value).suffix if isinstance(value, str) else ""
    return ["x" * 300 + suffix] if suffix else []


def wrong_files(text: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield files with one value replaced each, and which."""
    data = yaml.load(text, Loader=yaml.CSafeLoader)
    for at in places(data):
        for value in (*WRONG, *longer_names(value_at(data, at))):
            file = folder / "wrong.json"
            file.write_text(json.dumps(put(data, at, value), default=str))
            yield f"{at}: {value!r}"[:80], file


def all_told(text: str, folder: Path) -> None:
    whole = folder / "whole.yaml"
    whole.write_text(text)
    assert not [f for f in check(whole) if f.severity == "error"]
    for what, file in wrong_files(text, folder):
        for finding in check(file):
            assert finding.where.file == str(file), what
            assert str(finding).isprintable(), what


@pytest.mark.sampled(3)
@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_files(name: str, tmp_path: Path) -> None:
    source = catalogue.path(name)
    for beside in source.parent.iterdir():
        if beside.suffix in (".csv", ".stl"):
            shutil.copy(beside, tmp_path)
    all_told(source.read_text(), tmp_path)


@pytest.mark.parametrize("text", [ON_RECORD, SOURCES], ids=["quotes-on-record", "sources"])
def test_files_with_quotes(text: str, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG)
    all_told(text, tmp_path)


def test_files_to_ask_for(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG)
    for _, file in wrong_files(ON_RECORD, tmp_path):
        with suppress(InvalidInstanceError, UsageError):
            requests_of(file)


@pytest.mark.parametrize("key", ["parts", "licences", "unquoted"])
@pytest.mark.parametrize("value", [5, None, {}, "text"])
def test_a_collection_that_is_none_is_told_by_its_key(
    key: str, value: object, tmp_path: Path
) -> None:
    (tmp_path / "log.csv").write_text(LOG)
    file = tmp_path / "file.json"
    file.write_text(json.dumps({**yaml.safe_load(ON_RECORD), key: value}, default=str))
    assert any(f.where.key[0] == key and f.code == "wrong-type" for f in check(file))
