"""A whole file as planners write it, the columns that machines read, and what is said first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import amopt
from amopt.sourcing import frontier, solve
from tests.conftest import Run

BUSH = """\
amopt: 1
kind: sourcing
name: Bush, lug press
currency: EUR
hours_per_week: 40
network:
  places: [{name: plant, role: customer}, {name: supplier-1, role: supplier}]
  lanes: [{from: supplier-1, to: plant, mode: road, weeks: 0, cost_per_part: 0, kg_co2_per_part: 0}]
parts: [{name: bush, length_mm: 90, width_mm: 90, height_mm: 25}]
lines: [{line: "1", part: bush, place: plant, quantity: 1, downtime_cost_per_hour: 100}]
conventional: [{part: bush, cost_per_part: 150, asset_cost: 0, lead_time_weeks: 4, minimum_order: 1}]
offers:
  - {supplier: supplier-1, part: bush, route: direct, material: PA12, between: linear,
     quotes: [{quantity: 1, cost_per_part: 118, lead_time_weeks: 1.4}],
     smallest_quantity: 1, largest_quantity: 500, fee_per_order: 0, machine_hours_per_part: 0}
capacities: [{supplier: supplier-1, machine_hours: 100}]
licences: [{part: bush, supplier: supplier-1, prints: 50, royalty_per_print: 2}]
minimise: {cost: 1, downtime: 1}          # also: weeks, kg_co2; weights
limits: {suppliers_per_line: 2}           # also: budget, weeks, kg_co2
"""  # noqa: E501

COLUMNS = {
    "orders": ("line", "place", "supplier", "quantity", "cost", "weeks", "scenario"),
    "lines": (
        *("line", "place", "quantity", "cost", "downtime_cost", "weeks"),
        *("cost_of_conventional", "cost_of_frontier_rule"),
    ),
    "switchover": (
        *("part", "supplier", "cost_saving", "weeks_saved", "scenario", "scenario_with_downtime"),
        *("reduced_cost_quantity", "reduced_time_quantity", "on_frontier"),
    ),
}


def test_the_file_solves_and_its_json_has_the_promised_columns(
    amopt_command: Callable[..., Run], tmp_path: Path
) -> None:
    file = tmp_path / "bush.yaml"
    file.write_text(BUSH)
    run = amopt_command("solve", file, "--json")
    assert run.code == 0, run.err
    tables = run.json["tables"]
    for name, columns in COLUMNS.items():
        assert tuple(tables[name][0])[: len(columns)] == columns
    (order,) = tables["orders"]
    assert (order["supplier"], order["quantity"], order["scenario"]) == ("supplier-1", 1, "I")
    assert order["cost"] == 118 + 2
    (line,) = tables["lines"]
    assert (line["downtime_cost"], line["cost_of_conventional"]) == (100 * 40 * 1.4, 150)
    (offer,) = tables["switchover"]
    assert (offer["cost_saving"], offer["weeks_saved"]) == (150 - 120, pytest.approx(2.6))
    assert run.json["objective_meaning"] == "cost and waiting"
    summary = " ".join(amopt_command("solve", file).out.split())
    assert "optimal by bounds of each line: cost and waiting 5,720 EUR, gap 0" in summary


@pytest.mark.parametrize("kind", ["linear", "all_units", "incremental", "power", "line"])
def test_every_collection_but_parts_may_be_left_out(kind: str) -> None:
    data: dict[str, Any] = {
        "amopt": 1,
        "kind": "sourcing",
        "name": "small",
        "parts": [{"name": "p"}],
        "offers": [
            {
                "supplier": "s",
                "part": "p",
                "between": kind,
                "quotes": [
                    {"quantity": 1, "cost_per_part": 9, "lead_time_weeks": 1},
                    {"quantity": 9, "cost_per_part": 7, "lead_time_weeks": 2},
                ],
            }
        ],
    }
    assert solve(amopt.load(data)).verdict.accepted
    data["lines"] = [{"line": "1", "part": "p", "quantity": 5}]
    assert solve(amopt.load(data)).rows["orders"][0]["quantity"] == 5


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ({"cost": 1, "downtime": 1}, "cost and waiting"),
        ({"cost": 1}, "cost"),
        ({"cost": 1, "downtime": 2}, "weighted cost and waiting"),
        ({"weeks": 1}, "weighted weeks of delivery"),
        ({"cost": 1, "weeks": 5, "kg_co2": 1}, "weighted cost, weeks of delivery and emissions"),
    ],
)
def test_what_the_objective_measures_is_said(weights: dict[str, float], words: str) -> None:
    bush = amopt.load("sourcing/bush")
    minimise = bush.minimise.__class__(**weights)
    assert solve(bush.model_copy(update={"minimise": minimise})).objective_meaning == words


def test_the_headline_says_what_else_would_cost() -> None:
    said = solve(amopt.load("sourcing/bush")).headline()
    assert said == (
        "1 order at 1 AM supplier for 1 line: 118.00 EUR; the last delivery is after 1.4 weeks.",
        "Waiting costs 5,600.00 EUR.",
        "Conventional supply of all lines would cost 10,432.00 EUR more with waiting.",
        "The frontier rule would cost the same with waiting.",
    )
    ruled = frontier(amopt.load("sourcing/bush")).headline()
    assert not any("rule would" in sentence for sentence in ruled)


def test_the_headline_counts_conventional_orders_apart() -> None:
    said = solve(amopt.load("sourcing/portfolio-36x7")).headline()[0]
    assert said.startswith("30 orders at 7 AM suppliers and 6 orders of conventional supply for 36")
