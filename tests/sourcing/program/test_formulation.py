"""The program of small instances, written out: one golden file for each family of constraints.

A golden file is written anew by deleting it and running the test, which then fails once.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from pyomo.environ import ConcreteModel, Constraint

import amopt
from amopt.program.export import write_program
from amopt.program.family import Family
from amopt.program.pyomo import compile_model
from amopt.program.solver.highs import solve
from amopt.sourcing import formulation
from amopt.sourcing.offers.segments import cut
from amopt.sourcing.offers.supply_options import SupplyOptions

GOLDEN = Path(__file__).parents[1] / "golden"

BASE: dict[str, Any] = {
    "amopt": 1,
    "kind": "sourcing",
    "name": "written out",
    "parts": [{"name": "a"}],
    "lines": [{"line": "1", "part": "a", "quantity": 12}],
    "conventional": [{"part": "a", "cost_per_part": 5, "asset_cost": 40, "lead_time_weeks": 4}],
    "offers": [
        {
            "supplier": "s",
            "part": "a",
            "quotes": [{"quantity": 1, "cost_per_part": 9, "lead_time_weeks": 1}],
            "largest_quantity": 8,
            "fee_per_order": 3,
            "machine_hours_per_part": 2,
            "kg_co2_per_part": 0.5,
        }
    ],
}
TIERS = [
    {"quantity": 1, "cost_per_part": 9, "lead_time_weeks": 1},
    {"quantity": 4, "cost_per_part": 7, "lead_time_weeks": 2},
]

TWO_LINES = {"lines.0.quantity": 7, "lines.1": {"line": "2", "part": "a", "quantity": 5}}

CHANGES: dict[str, dict[str, Any]] = {
    "demand": {"lines.0.surplus": 2},
    "unmet": {"lines.0.unmet_penalty_per_part": 6, "lines.0.surplus": 2},
    "range": {"offers.0.smallest_quantity": 3},
    "one_segment": {"offers.0.between": "all_units", "offers.0.quotes": TIERS},
    "joins": TWO_LINES,
    "own_or_shared": {**TWO_LINES, "orders": "either"},
    "tooling": {**TWO_LINES, "orders": "by_line"},
    "deliveries": {
        **TWO_LINES,
        "network": {"places": [{"name": "s"}, {"name": "d"}], "lanes": [{"from": "s", "to": "d"}]},
        "lines.1.place": "d",
        "deliveries": [{"supplier": "conventional", "place": "d", "cost_per_delivery": 4}],
    },
    "supplier_fees": {
        "suppliers": [{"supplier": "s", "fee_per_supplier": 6}],
        "offers.1": {**BASE["offers"][0], "material": "PA12"},
    },
    "approvals": {
        "approvals": [{"supplier": "s", "part": "a", "cost": 6, "weeks": 1}],
        "offers.1": {**BASE["offers"][0], "material": "PA12"},
    },
    "preparations": {
        "preparations": [{"part": "a", "cost": 6, "weeks": 1}],
        "offers.1": {**BASE["offers"][0], "material": "PA12"},
    },
    "counts": {"shares": [{"part": "a", "least_suppliers": 2}]},
    "least_part_share": {"shares": [{"part": "a", "least_percent": 40}]},
    "least_suppliers": {
        "shares": [{"part": "a", "least_suppliers": 1, "least_percent": 30}],
        "committed": [{"line": "1", "supplier": "s", "quantity": 1, "cost": 9, "weeks": 1}],
    },
    "largest_part_share": {"shares": [{"part": "a", "largest_percent": 75}]},
    "spend": {
        "suppliers": [
            {
                "supplier": "s",
                "spend_discounts": {
                    "kind": "incremental",
                    "tiers": [{"from": 20, "percent": 10}, {"from": 50, "percent": 60}],
                },
            }
        ]
    },
    "ordered_at": {"suppliers": [{"supplier": "s", "minimum_order_value": 50}]},
    "least_spend": {"suppliers": [{"supplier": "s", "minimum_order_value": 50}]},
    "smallest_order": {"offers.0.smallest_quantity": 3},
    "largest_order": {"offers.0.largest_quantity": 5},
    "supplier_used": {
        "limits": {"suppliers_per_line": 1},
        "offers.1": {**BASE["offers"][0], "material": "PA12"},
    },
    "suppliers_per_line": {"limits": {"suppliers_per_line": 1}},
    "seen": {
        **TWO_LINES,
        "lines.1.need_by_weeks": 4,
        "offers.0.quotes": [
            {"quantity": 1, "cost_per_part": 9, "lead_time_weeks": 1},
            {"quantity": 8, "cost_per_part": 9, "lead_time_weeks": 2},
        ],
    },
    "delivery": {"lines.0.downtime_cost_per_hour": 2.5},
    "delivery_mean": {
        "offers.0.quotes": [TIERS[0], {**TIERS[1], "quantity": 8}],
        "minimise": {"cost": 1, "weeks": 10},
    },
    "need_by": {"lines.0.need_by_weeks": 5},
    "latest_delivery": {"lines.0.need_by_weeks": 5, "limits": {"weeks": 6}},
    "machine_hours": {"capacities": [{"supplier": "s", "machine_hours": 9}]},
    "parts": {
        "capacities": [{"supplier": "s", "parts": 6}],
        "committed": [{"line": "1", "supplier": "s", "quantity": 1, "cost": 9, "weeks": 1}],
    },
    "prints": {
        "licences": [
            {"part": "a", "prints": 7, "royalty_per_print": 0.25},
            {"part": "a", "supplier": "s", "prints": 5},
        ]
    },
    "budget": {"limits": {"budget": 110}},
    "emission_limit": {"limits": {"kg_co2": 3}, "minimise": {"cost": 1, "kg_co2": 2}},
}
"""What makes each family appear."""

UNCUT = {"smallest_order", "largest_order"}
"""Families whose rows are there only where the segments are not cut at what they say."""


OPTIMA = dict.fromkeys(CHANGES, 12 * 5 + 40.0) | {
    "unmet": 12 * 6.0,
    "delivery": 12 * 5 + 40 + 4 * 2.5 * 40,
    "delivery_mean": 12 * 5 + 40 + 4 * 10.0,
    "parts": 11 * 5 + 40 + 9.0,
    "deliveries": 12 * 5 + 40 + 4.0,
    "counts": 11 * 5 + 40 + 9 + 3.0,
    "least_suppliers": 11 * 5 + 40 + 9.0,
    "largest_part_share": 9 * 5 + 40 + 3 * 9 + 3.0,
}
"""By hand: conventional supply of all parts, with waiting or what is committed where it counts."""


def program_of(family: str) -> ConcreteModel:
    data = copy.deepcopy(BASE)
    for key, value in copy.deepcopy(CHANGES[family]).items():
        *way, last = key.split(".")
        at: Any = data
        for step in way:
            at = at[int(step)] if step.isdigit() else at[step]
        if last.isdigit():
            at.append(value)
        else:
            at[last] = value
    supply = SupplyOptions.of(amopt.load(data))
    return formulation.build(supply, cut(supply, limited=family not in UNCUT))


def rows(model: ConcreteModel) -> set[str]:
    return {own.local_name for own in model.component_objects(Constraint) if len(own)}


def test_every_family_has_a_golden_file() -> None:
    families = {family.name for family in formulation.FAMILIES}
    assert families == CHANGES.keys() == {file.stem for file in GOLDEN.glob("*.lp")}


def leaving_out(name: str) -> tuple[Family, ...]:
    return tuple(family for family in formulation.FAMILIES if family.name != name)


def test_a_family_adds_the_rows_that_it_names() -> None:
    """And its equation stands where it is added."""
    for family in formulation.FAMILIES:
        assert family.equation
        assert ".. math::" in family.equation
        model = program_of(family.name)
        assert set(family.components) & rows(model), family.name
        assert (family.says is None) == (family.remedy is None)


@pytest.mark.parametrize("family", CHANGES)
def test_the_program_is_what_was_written_out(
    family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, golden = program_of(family), GOLDEN / f"{family}.lp"
    program, path = compile_model(model).program, tmp_path / golden.name
    write_program(program, path)
    if not golden.exists():
        golden.write_bytes(path.read_bytes())
        pytest.fail(f"{golden.name} was written anew: read it, and run the test again")
    assert path.read_text() == golden.read_text()
    monkeypatch.setattr(formulation, "FAMILIES", leaving_out(family))
    own = rows(model) - rows(program_of(family))
    assert own
    assert all(name in golden.read_text() for name in own)
    assert solve(program).outcome.objective == pytest.approx(OPTIMA[family])
