"""What Python code hands over becomes plain data, or a finding."""

from __future__ import annotations

import types
from collections import deque
from typing import Any

import numpy as np
import pandas as pd
import pytest

import amopt
from amopt.errors import InvalidInstanceError
from amopt.instance.common import Network

NAME = "placement/aircraft-today"


def data(**changes: Any) -> dict[Any, Any]:
    return {**amopt.load(NAME).to_dict(), **changes}


@pytest.mark.parametrize("key", [None, (1, 2), b"x", 3, 0.5, float("nan"), frozenset([1])])
def test_a_key_that_is_not_text_is_a_finding(key: Any) -> None:
    for held, path in (({**data(), key: 1}, 1), (data(limits={key: 1}), 2)):
        findings = amopt.check(held)
        assert [finding.code for finding in findings] == ["key-not-text"]
        assert len(findings[0].where.key) == path


@pytest.mark.parametrize(
    "value", [range(10**9), (n for n in range(3)), {1, 2}, deque([1]), b"x", 1j, object()]
)
def test_what_no_file_can_hold_is_a_finding_at_once(value: Any) -> None:
    for held in (data(sites=value), data(network={"places": value})):
        assert [finding.code for finding in amopt.check(held)] == ["wrong-type"]
    with pytest.raises(InvalidInstanceError, match="stands where plain data is wanted"):
        Network(places=value)


def test_frames_stand_where_rows_stand() -> None:
    whole = amopt.load(NAME)
    held = whole.to_dict()
    held["sites"] = pd.DataFrame(held["sites"])
    held["network"] = types.MappingProxyType(
        {**held["network"], "places": pd.DataFrame(held["network"]["places"])}
    )
    assert amopt.load(held) == whole


def test_cells_without_a_value_are_left_out_and_whole_numbers_stay_whole() -> None:
    rows = pd.DataFrame(
        {
            "name": ["a", "b"],
            "latitude": [np.nan, 1.5],
            "longitude": pd.array([None, 2], dtype="Int64"),
        }
    )
    first, second = Network(places=rows).places
    assert first == type(first)(name="a")
    assert (second.latitude, second.longitude) == (1.5, 2.0)
    sites = pd.DataFrame(
        {"place": ["a", "b"], "most_machines": [2, np.nan], "already_open": [True, False]}
    )
    held = amopt.check({**data(), "sites": sites})
    assert {finding.code for finding in held} <= {"unknown-name"}


def test_nan_outside_a_frame_is_no_empty_cell() -> None:
    held = data()
    held["network"]["places"][0]["latitude"] = float("nan")
    assert [finding.code for finding in amopt.check(held)] == ["not-finite"]


def test_an_array_is_a_list() -> None:
    assert Network(places=np.array([], dtype=object)).places == ()


def test_what_has_a_name_in_the_index_of_a_frame_is_a_column() -> None:
    """Sums that ``groupby`` makes have their names in the index."""
    whole = amopt.load(NAME)
    rows = pd.DataFrame(whole.to_dict()["demand"])
    halves = pd.concat([rows.assign(per_year=rows["per_year"] / 2)] * 2)
    demand = halves.groupby(["place", "part"], sort=False).sum()
    assert amopt.load({**whole.to_dict(), "demand": demand}) == whole
    by_place = demand.reset_index("part")
    assert amopt.load({**whole.to_dict(), "demand": by_place}) == whole
