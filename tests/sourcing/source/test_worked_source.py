"""Worked numbers of the source and of the covers, each by the command on a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Run
from tests.sourcing.program.test_pooled import covers, covers_and_brackets, quotes
from tests.sourcing.source.test_source import hangbar, two_suppliers
from tests.sourcing.worth.test_worth import HOURS, file, offer

Told = Callable[..., Any]


@pytest.fixture
def told(tmp_path: Path, amopt_command: Callable[..., Run]) -> Told:
    """Return what a command tells of an instance that is written to a file."""

    def tell(data: Any, *command: str) -> Any:
        if not isinstance(data, dict):
            data = data.model_dump(mode="json", exclude_unset=True)
        path = tmp_path / "question.yaml"
        path.write_text(yaml.safe_dump(data), encoding="utf-8")
        first, *more = command or ("solve",)
        at = (first, more.pop(0)) if first == "sourcing" else (first,)
        run = amopt_command(*at, path, *more, "--json")
        assert run.code == 0, run.err
        assert run.json["referee"]["accepted"]
        return run.json

    return tell


@pytest.mark.parametrize(
    ("asset", "reach"), [("--no-asset", (76, 635)), ("--asset-exists", (0, 46))]
)
def test_the_cone_with_and_without_mould(told: Told, asset: str, reach: tuple[int, int]) -> None:
    """60 + 48 q in 1.042 + 0.0204 q weeks; without a mould one costs 108 either way."""
    cone = file(
        {
            "supplier": "supplier-1",
            "part": "cover",
            "quotes": quotes((1, 108, 1.0624), (100, 48.6, 3.082), (1000, 48.06, 21.442)),
        },
        quantity=1,
        conventional=[
            {
                "part": "cover",
                "cost_per_part": 8,
                "asset_cost": 3020,
                "setup_cost": 100,
                "lead_time_weeks": 2,
                "tooling_lead_time_weeks": 12,
            }
        ],
    )
    (row,) = told(cone, "sourcing", "frontier", asset)["tables"]["switchover"]
    assert (row["reduced_cost_quantity"], row["reduced_time_quantity"]) == reach
    if asset == "--asset-exists":
        assert row["cost_saving"] == 0
        assert row["scenario"] == "IV"


@pytest.mark.parametrize(
    ("quantity", "rule", "usual"),
    [(125, 5654.49, 5600), (200, 9947.96, 5840), (357, 3.43 * 6342.4, 6342.4)],
)
def test_the_trap_of_the_rule(told: Told, quantity: int, rule: float, usual: float) -> None:
    """The tooling is credited to every supplier; from 125 to 357 the rule costs more than it."""
    (total,) = told(hangbar(quantity), "solve", "--method", "frontier")["tables"]["totals"]
    assert total["cost"] == pytest.approx(rule, rel=2e-3 if quantity == 357 else 1e-6)
    assert total["cost_of_conventional"] == pytest.approx(usual)


def test_the_corrected_rule_of_two_suppliers(told: Told) -> None:
    """5,124 of 159 + 81, where the rule has 5,596 of 199 + 41 and conventional supply 5,200."""
    found = told(two_suppliers(240), "solve", "--method", "corrected-frontier")["tables"]
    (total,) = found["totals"]
    assert (total["cost"], total["cost_of_frontier_rule"]) == (5124, 5596)
    assert total["cost_of_conventional"] == 5200


def test_what_a_plant_bears(told: Told) -> None:
    """1,200 each of the shared order; conventionally a third of 5,500 each."""
    rows = told(covers())["tables"]["lines"]
    assert [row["cost"] for row in rows] == pytest.approx([1200] * 3)
    assert [row["cost_of_conventional"] for row in rows] == pytest.approx([5500 / 3] * 3)


def test_all_brackets_at_alpha(told: Told) -> None:
    """3,895 where beta makes no brackets: 4,100 less 5 %."""
    data = covers_and_brackets((4000, 5))
    data["offers"] = [entry for entry in data["offers"] if entry["supplier"] == "alpha"]
    assert told(data)["outcome"]["objective"] == pytest.approx(3895)


@pytest.mark.parametrize(("hours", "least"), [(38, 1096), (25, 1100), (24.5, 1102), (24, 1104)])
def test_hours_by_the_half(told: Told, hours: float, least: float) -> None:
    data = HOURS.model_dump(mode="json", exclude_unset=True)
    data["capacities"][0]["machine_hours"] = hours
    assert told(data)["outcome"]["objective"] == pytest.approx(least)


def test_prices_a_little_below_and_at_their_end(told: Told) -> None:
    """Alpha's 300 covers at 18.33: 5,500, as without it; 5,497 at a cent less."""
    for price, least in ((12 + 19 / 3, 5500), (12 + 19 / 3 - 0.01, 5497)):
        data = covers(offers__0__quotes=quotes((1, 30, 1), (300, price, 1)))
        assert told(data)["outcome"]["objective"] == pytest.approx(least)


@pytest.mark.parametrize(
    ("dearer", "least", "parts"), [(0, 1000, 100), (2.6, 1164, 40), (5, 1260, None)]
)
def test_three_suppliers_as_one_gets_dearer(
    told: Told, dearer: float, least: float, parts: float | None
) -> None:
    """Beta takes 60 at 11, and what alpha would ask 15 for is gamma's as well."""
    data = file(
        offer("alpha", (1, 10 + dearer)),
        offer("beta", (1, 11), largest_quantity=60),
        offer("gamma", (1, 15)),
    )
    found = told(data)
    assert found["outcome"]["objective"] == pytest.approx(least)
    made = {row["supplier"]: row["quantity"] for row in found["tables"]["orders"]}
    assert parts is None or made["alpha"] == parts


@pytest.mark.parametrize(("quantity", "day"), [(5, "2026-04-03"), (6, "2026-04-08")])
def test_a_closure_where_lead_times_rise(told: Told, quantity: int, day: str) -> None:
    """0.3 + 0.05 q weeks from 30 March: five parts are ready before Easter, six after it."""
    data = covers(
        orders="by_line",
        lines=[{"line": "1", "part": "cover", "quantity": quantity}],
        order_date="2026-03-30",
        suppliers=[{"supplier": "alpha", "closed": [{"from": "2026-04-03", "to": "2026-04-06"}]}],
    )
    data["offers"][0] |= {"between": "linear", "quotes": quotes((1, 20, 0.35), (100, 20, 5.3))}
    (row,) = told(data)["tables"]["orders"]
    assert row["delivery_date"] == day
