"""What the source prints: its frontier of three points, break-even rates, counts of its table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import amopt
from amopt.sourcing import frontier
from amopt.sourcing.offers.source_frontier import CORNERS, SAYS, break_even, source_frontier
from tests.conftest import Run


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


def hangbar(quantity: int) -> Any:
    """The hangbar without downtime: the rules mind cost alone."""
    whole = amopt.load("sourcing/hangbar")
    lines = ({"line": "1", "part": "hangbar", "quantity": quantity},)
    return whole.model_copy(update={"lines": lines})


def cost(instance: Any, method: str = "auto") -> float:
    found = amopt.solve(instance, method=method).rows["totals"][0]["cost"]
    return float(found)


@pytest.mark.parametrize(
    ("quantity", "rule", "conventional"),
    [(124, 5565.12, 5596.8), (125, 5654.49, 5600), (200, 9947.96, 5840)],
)
def test_the_rule_counts_the_tooling_twice(quantity: int, rule: float, conventional: float) -> None:
    instance = hangbar(quantity)
    answer = amopt.solve(instance, method="frontier")
    total = answer.rows["totals"][0]
    assert total["cost"] == pytest.approx(rule, abs=0.005)
    assert total["cost_of_conventional"] == pytest.approx(conventional)
    told = [note for note in answer.notes if "counts the tooling" in note]
    assert bool(told) == (total["cost"] > conventional)


@pytest.mark.parametrize(("approval", "tooling"), [(5000, 0), (5000, 4000), (0, 0)])
def test_what_is_blamed_on_the_tooling_is_tooling(approval: float, tooling: float) -> None:
    """One supplier, a part that must be approved there: nothing is counted twice."""
    data = {
        "amopt": 1,
        "kind": "sourcing",
        "name": "Approved",
        "parts": [{"name": "p"}],
        "lines": [{"line": "1", "part": "p", "quantity": 10}],
        "conventional": [
            {"part": "p", "cost_per_part": 60, "asset_cost": tooling, "lead_time_weeks": 4}
        ],
        "approvals": [{"supplier": "alpha", "part": "p", "cost": approval}] if approval else [],
        "offers": [
            {
                "supplier": "alpha",
                "part": "p",
                "quotes": [
                    {"quantity": q, "cost_per_part": 50, "lead_time_weeks": 1} for q in (1, 100)
                ],
            }
        ],
    }
    answer = amopt.solve(amopt.load(data), method="frontier")
    total = answer.rows["totals"][0]
    told = [note for note in answer.notes if "frontier rule" in note]
    assert bool(told) == (total["cost_of_frontier_rule"] > total["cost_of_conventional"])
    assert not [note for note in told if "tooling" in note]
    assert all("paid once (approvals)" in note for note in told)


@pytest.mark.parametrize("quantity", [1, 2, 50, 56, 57, 97, 98, 124, 125, 126, 150, 158, 159, 199])
def test_the_corrected_rule_of_the_hangbar_is_the_optimum(quantity: int) -> None:
    """The source's numbers: over cost it is exact for 1 to 199."""
    instance = hangbar(quantity)
    assert cost(instance, "corrected-frontier") == pytest.approx(cost(instance), rel=1e-6)


def two_suppliers(quantity: int) -> Any:
    """4,000 of tooling and 5 a part in 8 weeks; alpha 20, 159 in time; beta 24, 199 in time."""
    return amopt.load(
        {
            "amopt": 1,
            "kind": "sourcing",
            "name": "Two suppliers",
            "parts": [{"name": "p"}],
            "lines": [{"line": "1", "part": "p", "quantity": quantity}],
            "conventional": [
                {"part": "p", "cost_per_part": 5, "asset_cost": 4000, "lead_time_weeks": 8}
            ],
            "offers": [
                {
                    "supplier": name,
                    "part": "p",
                    "quotes": [
                        {"quantity": q, "cost_per_part": price, "lead_time_weeks": q * 8 / end}
                        for q in (1, 500)
                    ],
                }
                for name, price, end in (("alpha", 20, 160), ("beta", 24, 200))
            ],
        }
    )


def test_the_corrected_rule_splits_under_one_credit() -> None:
    instance = two_suppliers(240)
    answer = amopt.solve(instance, method="corrected-frontier")
    orders = {row["supplier"]: row["quantity"] for row in answer.rows["orders"]}
    assert orders == {"alpha": 159, "beta": 81}
    total = answer.rows["totals"][0]
    assert total["cost"] == 5124
    assert total["cost_of_frontier_rule"] == 5596
    assert total["cost_of_conventional"] == 5200
    assert answer.outcome.status == "feasible"
    assert answer.outcome.bound is None
    assert answer.outcome.method == "corrected frontier rule"


@pytest.mark.long
@given(st.integers(1, 420))
def test_the_corrected_rule_never_costs_more_than_conventional_supply(quantity: int) -> None:
    for instance in (hangbar(quantity), two_suppliers(quantity)):
        total = amopt.solve(instance, method="corrected-frontier").rows["totals"][0]
        assert total["cost"] <= total["cost_of_conventional"] * (1 + 1e-9)
        weeks = [row["weeks"] for row in frontier(instance).rows["lines"]]
        assert len(weeks) == 1


def test_the_counts_of_table_4() -> None:
    """15 at reduced lead time, 8 in scenario I, 8 that stop equipment, 14 in all but No. 5."""
    instance: Any = amopt.load("sourcing/table-4")
    assert "CALIBRATED" in instance.source
    rows = frontier(instance).rows["switchover"]

    def lines(wanted: Any) -> set[int]:
        return {int(row["line"]) for row in rows if wanted(row)}

    sooner = lines(lambda row: row["weeks_saved"] > 0)
    first = lines(lambda row: row["scenario"] == "I")
    with_downtime = lines(lambda row: row["scenario_with_downtime"] == "I")
    stopping = {int(line.line) for line in instance.lines if line.downtime_cost_per_hour == 100}
    assert len(sooner) == 15
    assert first == {1, 2, 4, 6, 7, 10, 14, 15}
    assert stopping == {1, 3, 6, 8, 9, 11, 12, 13}
    assert with_downtime == set(range(1, 16)) - {5}
    upper_shank = {row["route"]: row for row in rows if row["line"] == "11"}
    assert upper_shank["rapid tooling"]["scenario_with_downtime"] == "I"
    assert upper_shank["direct"]["scenario_with_downtime"] == "IV"
    assert upper_shank["rapid tooling"]["weeks_saved"] == 0


def test_the_picture_of_scenarios_has_the_border_of_the_source() -> None:
    """Figure 3: 100 x 8 x 5 = 4,000 EUR a week through the origin; steel lies above it."""
    pytest.importorskip("plotly")
    from amopt.sourcing.answer.figures import figures, scenarios

    instance: Any = amopt.load("sourcing/bush")
    answer = frontier(instance)
    picture = scenarios(answer, "bush")
    border, points = picture.data
    (x0, x1), (y0, y1) = border.x, border.y
    assert (y1 - y0) / (x1 - x0) == pytest.approx(-4000)
    assert (x0 + x1, y0 + y1) == (0, 0)
    assert dict(zip(points.text, zip(points.x, points.y, strict=True), strict=True)) == {
        "supplier-1, polymer": (pytest.approx(2.6), pytest.approx(32)),
        "supplier-1, steel S355": (pytest.approx(1.6), pytest.approx(-70.21)),
    }
    assert {note.text[:3].strip(" :s") for note in picture.layout.annotations} >= {"I", "II", "IV"}
    assert any("which downtime pays" in title for title in figures(instance, answer))
    assert len(scenarios(frontier(file(0, ("one", 80, 4))), "shank").data) == 1


def reach(instance: Any, *, asset_exists: bool) -> dict[str, tuple[int, int]]:
    rows = frontier(instance, asset_exists=asset_exists).rows["switchover"]
    return {
        row["supplier"]: (row["reduced_cost_quantity"], row["reduced_time_quantity"])
        for row in rows
    }


def test_the_hangbar_with_and_without_mould_from_one_instance(
    amopt_command: Callable[..., Run],
) -> None:
    instance = amopt.load("sourcing/hangbar")
    assert reach(instance, asset_exists=False) == {
        "supplier-1": (97, 240),
        "supplier-2": (124, 158),
        "supplier-3": (56, 285),
        "supplier-4": (80, 200),
    }
    assert reach(instance, asset_exists=True) == {
        "supplier-1": (1, 31),
        "supplier-2": (1, 9),
        "supplier-3": (0, 46),
        "supplier-4": (1, 18),
    }
    assert amopt.solve(instance).outcome.objective == pytest.approx(4522.96)
    run = amopt_command("sourcing", "frontier", "sourcing/hangbar", "--asset-exists", "--json")
    assert run.code == 0, run.err
    assert run.json["tables"]["switchover"][2]["reduced_time_quantity"] == 46
