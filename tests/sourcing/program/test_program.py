"""The program against an exact dynamic program, the frontier rule, and a published optimum."""

from __future__ import annotations

import json
import math
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

import amopt
from amopt.sourcing import formulate, solve
from tests.conftest import ROOT
from tests.oracles.one_line import least
from tests.seeds import seeds
from tests.sourcing import bid
from tests.sourcing.random_instances import instance


def load(data: dict[str, Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return amopt.load(data)


def objective(data: dict[str, Any], **options: Any) -> float:
    try:
        found = solve(load(data), **options).outcome.objective
    except (amopt.InfeasibleError, amopt.NoAnswerError):
        return math.inf
    assert found is not None
    return found


@pytest.mark.parametrize("block", seeds(10, always=4))
def test_one_line_equals_the_dynamic_program(block: int) -> None:
    """On 200 random instances, and the frontier rule is never better."""
    feasible = 0
    for seed in range(20 * block, 20 * block + 20):
        data = instance(seed)
        found = objective(data)
        assert found == pytest.approx(least(data), rel=1e-6), seed
        assert objective(data, method="frontier") >= found * (1 - 1e-9), seed
        feasible += math.isfinite(found)
    assert feasible >= 15


def test_without_shared_limits_the_program_is_the_sum_of_its_lines() -> None:
    data = instance(7, lines=6)
    data.pop("limits", None)
    whole = solve(load(data))
    alone = 0.0
    for line in data["lines"]:
        alone += objective({**data, "lines": [line]})
    assert whole.outcome.objective == pytest.approx(alone, rel=1e-9)


def test_shared_capacities_only_add_to_the_cost_and_are_kept() -> None:
    data = instance(11, lines=5, shared=True)
    free = {key: value for key, value in data.items() if key != "capacities"}
    tight = solve(load(data))
    assert tight.outcome.objective > objective(free)
    assert tight.verdict.accepted
    for row in tight.rows["capacities"]:
        assert row["machine_hours"] <= row["machine_hours_limit"] + 1e-6
    assert objective(data, method="frontier") >= tight.outcome.objective * (1 - 1e-9)


def test_bid_in_our_words() -> None:
    solution = amopt.solve(load(bid.in_our_words()))
    assert solution.outcome.status == "optimal"
    assert solution.outcome.objective == pytest.approx(bid.OPTIMUM, abs=5e-4)
    found = {row["supplier"]: row["quantity"] for row in solution.rows["orders"]}
    assert found == pytest.approx(bid.QUANTITIES)


def test_bid_as_published(data: Path) -> None:
    segments = json.loads((data / "bid" / "bid.json").read_text())
    solution = amopt.solve(load(bid.from_segments(segments)))
    assert solution.outcome.objective == pytest.approx(bid.OPTIMUM, abs=5e-4)


def test_all_the_limits_at_once() -> None:
    data = instance(3, lines=3, shared=True)
    data["limits"] = {"suppliers_per_line": 2, "budget": 1e5, "weeks": 20, "kg_co2": 1e5}
    data["licences"] = [{"part": "p0", "prints": 5, "royalty_per_print": 1.5}]
    data["minimise"] = {"cost": 1, "downtime": 1, "weeks": 0.5, "kg_co2": 0.1}
    for offer in data["offers"]:
        offer["kg_co2_per_part"] = 0.7
    solution = solve(load(data))
    assert solution.outcome.status == "optimal"
    prints = sum(
        row["quantity"]
        for row in solution.rows["orders"]
        if row["part"] == "p0" and row["supplier"] != "conventional"
    )
    assert prints <= 5


def test_a_pipeline_adds_its_own_constraint() -> None:
    from pyomo.environ import Constraint

    data = instance(5, lines=2)
    model = formulate(load(data))
    before = amopt.solve(model).outcome.objective
    favourite = max(
        model.of_supplier, key=lambda k: sum(model.quantity[s].value for s in model.of_supplier[k])
    )
    model.boycott = Constraint(
        expr=sum(model.quantity[s] for s in model.of_supplier[favourite]) == 0
    )
    assert amopt.solve(model).outcome.objective > before


def test_what_is_committed_is_held() -> None:
    data = instance(2, lines=1, shared=True)
    data["lines"][0]["quantity"] = 10
    data["committed"] = [
        {"line": "l0", "supplier": "elsewhere", "quantity": 4, "cost": 99.5, "weeks": 3.25}
    ]
    solution = solve(load(data))
    first = solution.rows["orders"][-1]  # new orders stand first
    assert (first["supplier"], first["quantity"], first["cost"]) == ("elsewhere", 4, 99.5)
    assert sum(row["quantity"] for row in solution.rows["orders"]) == 10
    assert solution.rows["lines"][0]["weeks"] >= 3.25


def test_surplus_reaches_a_price_break() -> None:
    data: dict[str, Any] = {
        "amopt": 1,
        "kind": "sourcing",
        "name": "break",
        "parts": [{"name": "p"}],
        "lines": [{"line": "1", "part": "p", "quantity": 9, "surplus": 1}],
        "offers": [
            {
                "supplier": "s",
                "part": "p",
                "between": "all_units",
                "quotes": [
                    {"quantity": 1, "cost_per_part": 10, "lead_time_weeks": 1},
                    {"quantity": 10, "cost_per_part": 8, "lead_time_weeks": 1},
                ],
            }
        ],
    }
    assert objective(data) == 80.0
    data["lines"][0]["surplus"] = 0
    assert objective(data) == 90.0


def test_the_headline_does_not_count_tooling_twice() -> None:
    """Two lines of one part need its tooling once."""
    data = instance(2, lines=1, shared=True)
    assert any("supply of all lines" in said for said in solve(load(data)).headline())
    asset = data["conventional"][0]["asset_cost"]
    alone = solve(load(data)).rows["totals"][0]["cost_of_conventional"]
    data["lines"].append({**data["lines"][0], "line": "again"})
    answer = solve(load(data))
    both = answer.rows["totals"][0]["cost_of_conventional"]
    assert both == pytest.approx(2 * alone - asset)
    assert any("supply of all lines" in said for said in answer.headline())


def test_unknown_method_is_named() -> None:
    with pytest.raises(amopt.UsageError, match="Did you mean 'frontier'"):
        solve(load(instance(1)), method="frontie")


def test_every_column_of_every_table_has_a_meaning() -> None:
    solution = solve(load(instance(3, lines=2, shared=True)))
    for name, rows in solution.rows.items():
        for row in rows:
            assert list(row) == [column.name for column in solution.columns[name]], name


def test_the_shipped_portfolio_is_what_its_script_writes() -> None:
    """Proven optimal, below the frontier rule, and the same as its stated seed gives."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        from _sourcing_portfolio import portfolio
    finally:
        sys.path.pop(0)
    shipped = amopt.load("sourcing/portfolio-36x7")
    assert shipped.model_dump(mode="json") == load(portfolio(36, 7)).model_dump(mode="json")
    solution = solve(shipped)
    assert solution.outcome.status == "optimal"
    total = solution.rows["totals"][0]
    assert (
        total["cost"] + total["downtime_cost"]
        < total["cost_of_frontier_rule"] + total["downtime_cost_of_frontier_rule"]
    )
