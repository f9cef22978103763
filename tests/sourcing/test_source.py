"""What the source prints: its frontier of three points, break-even rates, counts of its table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import amopt
from amopt.sourcing import frontier
from amopt.sourcing.offers.source_frontier import CORNERS, SAYS, break_even, source_frontier


def corners(points: dict[str, tuple[float, float]]) -> dict[str, tuple[str, float | None]]:
    cost, time = np.array(list(points.values()), dtype=float).T
    corner, below = source_frontier(np.zeros(len(points), dtype=np.int64), cost, time, list(points))
    told = [None if np.isnan(value) else value for value in below.tolist()]
    return {n: (CORNERS[c], b) for n, c, b in zip(points, corner, told, strict=True)}


def test_the_hangbar_has_three_corners_and_one_supplier_below() -> None:
    rows = {r["supplier"]: r for r in frontier(amopt.load("sourcing/hangbar")).rows["switchover"]}
    told = {name: row["source_frontier"] for name, row in rows.items()}
    assert told == {
        "supplier-1": "combination",
        "supplier-2": "cost",
        "supplier-3": "time",
        "supplier-4": "",
    }
    assert rows["supplier-4"]["below_source_frontier"] == pytest.approx(58.66, abs=0.005)
    assert {rows[name]["below_source_frontier"] for name in told if told[name]} == {0}
    assert {name for name, row in rows.items() if row["on_frontier"]} == set(told) - {"supplier-4"}


def test_the_three_points_are_not_the_frontier() -> None:
    """(80, 40) is nondominated, and lies 5 above the line of the source."""
    found = corners({"a": (100, 10), "b": (80, 40), "c": (60, 60), "d": (10, 100)})
    assert {name: label for name, (label, _) in found.items()} == {
        "a": "cost",
        "b": "",
        "c": "combination",
        "d": "time",
    }
    assert found["b"][1] == pytest.approx(-5)


def test_ties_and_ends_of_the_source_frontier() -> None:
    assert corners({"b": (10, 10), "a": (10, 10)}) == {"a": ("cost", 0), "b": ("", 0)}
    assert corners({"a": (10, 5), "b": (10, 8)}) == {"a": ("", 3), "b": ("cost", 0)}
    endless = corners({"a": (np.inf, 10), "b": (10, 20), "c": (50, 12)})
    assert endless["a"][0] == "cost"
    assert endless["c"][1] is None  # between 10 and no end there is no line
    apart = source_frontier(
        np.array([0, 0, 1, -1]),
        np.array([1.0, 2, 3, 9]),
        np.array([2.0, 1, 3, 9]),
        ["a", "b", "a", "b"],
    )
    assert [CORNERS[code] for code in apart[0]] == ["time", "cost", "cost", ""]


POINTS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=7)


@given(POINTS)
def test_the_source_frontier_against_a_plain_reading(points: list[tuple[int, int]]) -> None:
    names = {f"s{n}": (float(x), float(y)) for n, (x, y) in enumerate(points)}
    found = corners(names)
    best = {
        "cost": max(names.values()),
        "time": max(names.values(), key=lambda p: (p[1], p[0])),
        "combination": max(names.values(), key=lambda p: (p[0] * p[1], min(p))),
    }
    for label, point in best.items():
        at = [name for name, (own, _) in found.items() if own == label]
        assert all(
            (label != "combination" and names[n] == point)
            or names[n][0] * names[n][1] == point[0] * point[1]
            for n in at
        )
    assert {names[n] for n, (label, _) in found.items() if label} <= set(best.values())
    line = sorted(set(best.values()), key=lambda p: (p[0], -p[1]))
    for name, (_, below) in found.items():
        x, y = names[name]
        inside = line[0][0] <= x <= line[-1][0]
        assert (below is not None) == inside
        if inside:
            heights = dict(reversed(line))  # the higher of two at the same cost quantity
            height = np.interp(x, sorted(heights), [heights[at] for at in sorted(heights)])
            assert below == pytest.approx(height - y, abs=1e-9)


def test_the_steel_bush_is_worth_it_from_a_rate_of_a_euro_an_hour() -> None:
    """70.21 / (1.6 x 40) for steel; polymer saves both."""
    rows = {r["material"]: r for r in frontier(amopt.load("sourcing/bush")).rows["switchover"]}
    steel, polymer = rows["steel S355"], rows["polymer"]
    assert steel["break_even_cost_per_hour"] == pytest.approx(70.21 / 64)
    assert (steel["break_even_says"], polymer["break_even_says"]) == ("from", "always")
    assert polymer["break_even_cost_per_hour"] == 0


@pytest.mark.parametrize(
    ("cost", "weeks", "rate", "says"),
    [
        (-64.0, 1.6, 1.0, "from"),
        (64.0, -1.6, 1.0, "up to"),
        (5.0, 2.0, 0.0, "always"),
        (5.0, 0.0, None, "always"),
        (-5.0, 0.0, None, "never"),
        (-5.0, -1.0, None, "never"),
        (0.0, 0.0, None, "never"),
        (0.0, 1.0, 0.0, "from"),
        (np.nan, 1.0, None, ""),
    ],
)
def test_break_even(cost: float, weeks: float, rate: float | None, says: str) -> None:
    found, code = break_even(np.array([cost]), np.array([weeks]), np.array([40.0]))
    assert (None if np.isnan(found[0]) else found[0]) == rate
    assert SAYS[code[0]] == says


def file(rate: float, *offers: tuple[str, float, float]) -> Any:
    return amopt.load(
        {
            "amopt": 1,
            "kind": "sourcing",
            "name": "one part",
            "parts": [{"name": "shank"}],
            "lines": [
                {"line": "1", "part": "shank", "quantity": 1, "downtime_cost_per_hour": rate}
            ],
            "conventional": [{"part": "shank", "cost_per_part": 100, "lead_time_weeks": 4}],
            "offers": [
                {
                    "supplier": name,
                    "part": "shank",
                    "quotes": [{"quantity": 1, "cost_per_part": price, "lead_time_weeks": weeks}],
                }
                for name, price, weeks in offers
            ],
        }
    )


def test_an_identical_lead_time_at_reduced_cost_is_scenario_one_with_downtime() -> None:
    """Upper Shank, No. 11: rapid tooling, and its only entry with downtime."""
    rows = frontier(file(100, ("same", 80, 4), ("dear", 120, 4), ("late", 80, 5))).rows[
        "switchover"
    ]
    plain = [(row["scenario"], row["scenario_with_downtime"]) for row in rows]
    assert plain == [("II", "I"), ("III", "III"), ("II", "II")]


@given(st.floats(50, 150), st.floats(0.5, 8), st.floats(0, 50))
def test_beyond_the_break_even_rate_an_offer_pays(price: float, weeks: float, rate: float) -> None:
    (row,) = frontier(file(rate, ("one", price, weeks))).rows["switchover"]
    even, says = row["break_even_cost_per_hour"], row["break_even_says"]
    worth = row["total_saving"] > 0
    if says == "from" and abs(rate - even) > 1e-6 * max(1, even):
        assert worth == (rate > even)
    elif says == "up to" and abs(rate - even) > 1e-6 * max(1, even):
        assert worth == (rate < even)
    elif says in ("always", "never"):
        assert worth == (says == "always")
