"""The program against trying every plan, with limits of all sorts and orders committed before."""

from __future__ import annotations

import math
from typing import Any

import pytest

import amopt
from amopt.sourcing import formulate, solve
from tests.oracles.whole_plan import best
from tests.sourcing.random_instances import crowded


def objective(data: dict[str, Any]) -> float:
    """Return the program's answer; one that the referee refuses is an error."""
    try:
        found = solve(amopt.load(data)).outcome.objective
    except amopt.InfeasibleError:
        return math.inf
    assert found is not None
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "block", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, 3))]
)
def test_crowded_instances_equal_trying_every_plan(block: int) -> None:
    feasible = 0
    for seed in range(15 * block, 15 * block + 15):
        data = crowded(seed)
        expected = best(data)
        assert objective(data) == pytest.approx(expected, rel=1e-6), seed
        feasible += math.isfinite(expected)
    assert 4 <= feasible <= 14


def two_lines() -> dict[str, Any]:
    """Return two lines, one of which has no conventional supply."""
    offer = {
        "supplier": "s",
        "quotes": [
            {"quantity": 1, "cost_per_part": 9, "lead_time_weeks": 1},
            {"quantity": 5, "cost_per_part": 7, "lead_time_weeks": 2},
        ],
    }
    return {
        "amopt": 1,
        "kind": "sourcing",
        "name": "two",
        "parts": [{"name": "a"}, {"name": "b"}],
        "lines": [
            {"line": "1", "part": "a", "quantity": 2},
            {"line": "2", "part": "b", "quantity": 2},
        ],
        "conventional": [{"part": "b", "cost_per_part": 50, "lead_time_weeks": 3}],
        "offers": [{**offer, "part": "a"}, {**offer, "part": "b"}],
    }


def test_lines_with_and_without_conventional_supply_are_compared_together() -> None:
    rows = {row["part"]: row for row in solve(amopt.load(two_lines())).rows["switchover"]}
    assert rows["a"]["cost_saving"] is None
    assert rows["b"]["cost_saving"] == pytest.approx(2 * 50 - (9 + (35 - 9) / 4))


@pytest.mark.parametrize(
    ("limit", "word"), [({"budget": 99.0}, "budget"), ({"kg_co2": 5.0}, "CO2")]
)
def test_a_limit_that_committed_orders_break_is_named(limit: dict[str, float], word: str) -> None:
    """Also where nothing is left to order, so that no constraint could say it."""
    data = two_lines()
    data["committed"] = [
        {"line": str(n), "supplier": "s", "quantity": 2, "cost": 50, "weeks": 1, "kg_co2": 3}
        for n in (1, 2)
    ]
    assert solve(amopt.load(data)).outcome.objective == 100
    data["limits"] = limit
    with pytest.raises(amopt.InfeasibleError) as refused:
        solve(amopt.load(data))
    assert any(word in limit for limit in refused.value.conflict)
    assert refused.value.remedies
    with pytest.raises(amopt.InfeasibleError, match="committed orders"):
        formulate(amopt.load(data))


def test_committed_hours_beyond_a_capacity_stop_only_orders_that_take_hours() -> None:
    data = two_lines()
    data["lines"][0]["quantity"] = 4
    data["capacities"] = [{"supplier": "s", "machine_hours": 5}]
    data["committed"] = [
        {"line": "1", "supplier": "s", "quantity": 1, "cost": 9, "weeks": 1, "machine_hours": 20}
    ]
    assert solve(amopt.load(data)).verdict.accepted
    data["offers"][0]["machine_hours_per_part"] = 1
    with pytest.raises(amopt.InfeasibleError):
        solve(amopt.load(data))


def test_more_committed_suppliers_than_allowed_may_still_be_ordered_from() -> None:
    data = two_lines()
    data["lines"][0]["quantity"] = 5
    data["offers"].append({**data["offers"][0], "supplier": "t"})
    data["limits"] = {"suppliers_per_line": 1}
    data["committed"] = [
        {"line": "1", "supplier": name, "quantity": 1, "cost": 9, "weeks": 1} for name in ("s", "t")
    ]
    new = [row for row in solve(amopt.load(data)).rows["orders"] if not row["committed"]]
    assert {row["supplier"] for row in new if row["line"] == "1"} <= {"s", "t"}
