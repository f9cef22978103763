"""A supplier who takes no order below a value, over parts of all sorts."""

from __future__ import annotations

import random
from typing import Any

import pytest

import amopt
from amopt.sourcing import check, pareto, solve
from tests.sourcing.program.test_pooled import (
    covers_and_brackets,
    random_pooled,
    require_equal_to_trying_every_plan,
)


def of_alpha(least: float) -> dict[str, Any]:
    """Return covers and brackets: 3,600 of covers at alpha; brackets 10 there, 9.20 at beta."""
    data = covers_and_brackets()
    data["suppliers"] = [{"supplier": "alpha", "minimum_order_value": least}]
    return data


@pytest.mark.parametrize(
    ("least", "paid"),
    [
        (3600, 4060),  # the covers alone are enough, met exactly
        (3700, 3600 + 10 * 10 + 40 * 9.2),  # ten brackets more there
        (4100, 3600 + 500),  # all of them there
        (4101, 5500 + 460),  # more than can be spent there: the mould, and beta
    ],
)
def test_by_hand(least: float, paid: float) -> None:
    answer = solve(amopt.load(of_alpha(least)))
    assert answer.outcome.objective == pytest.approx(paid)
    spent = sum(r["goods"] for r in answer.rows["purchase_orders"] if r["supplier"] == "alpha")
    assert spent == 0 or spent >= least - 1e-6


def with_least_values(seed: int) -> dict[str, Any]:
    data, rng = random_pooled(seed), random.Random(seed)
    known = {entry["supplier"]: entry for entry in data.get("suppliers", ())}
    for supplier in sorted({entry["supplier"] for entry in data["offers"]}):
        price = min(
            own["cost_per_part"]
            for entry in data["offers"]
            if entry["supplier"] == supplier
            for own in entry["quotes"]
        )
        least = round(price * rng.choice([2, 4, 6]), 2)
        known.setdefault(supplier, {"supplier": supplier})["minimum_order_value"] = least
    data["suppliers"] = list(known.values())
    return data


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_least_values_equal_trying_every_plan() -> None:
    compared, without = require_equal_to_trying_every_plan(range(7000, 7040), with_least_values)
    assert compared >= 16
    assert without <= compared * 3 // 4


def test_the_referee_refuses_too_small_an_order() -> None:
    plan = solve(amopt.load(of_alpha(3600)))
    verdict = check(amopt.load(of_alpha(3601)), plan)
    assert any("minimum order value" in finding for finding in verdict.findings)


@pytest.mark.parametrize("method", ["prices", "frontier", "corrected-frontier"])
def test_methods_that_do_not_honour_it_say_so(method: str) -> None:
    with pytest.raises(amopt.UsageError, match="least_spend"):
        solve(amopt.load(of_alpha(3700)), method=method)


def test_what_forbids_every_plan_is_named_and_mended() -> None:
    data = of_alpha(9000)
    data["conventional"] = []
    with pytest.raises(amopt.InfeasibleError) as refused:
        solve(amopt.load(data))
    assert refused.value.conflict == ("the minimum order value of 'alpha', 9,000.00 EUR",)
    assert "lower the minimum order value of 'alpha' to 4,100 EUR" in refused.value.remedies
    data["suppliers"][0]["minimum_order_value"] = 4100
    assert solve(amopt.load(data)).outcome.objective == pytest.approx(4100)


def test_what_it_is_worth() -> None:
    (row,) = amopt.sourcing.worth_of_limits(amopt.load(of_alpha(3700))).rows["worth"]
    assert row["costs"] == pytest.approx(8)  # ten brackets at 0.80 more
    assert row["used"] == pytest.approx(3700)
    assert row["worth_of_one_more"] == pytest.approx(2.4)  # 3,663: three fewer of these
    with pytest.raises(amopt.UsageError, match="minimum_order_value"):
        amopt.sourcing.price_ranges(amopt.load(of_alpha(3700)))


def test_answers_side_by_side_keep_it() -> None:
    rows = pareto(amopt.load(of_alpha(3700)), ("cost", "weeks")).rows["answers"]
    assert min(row["cost"] for row in rows) == pytest.approx(4068)


@pytest.mark.parametrize(
    ("terms", "least", "both"),
    [
        # 40 for b alone is too little, and with 60 for a enough: 100, or 1 + 101 conventionally.
        ({"minimum_order_value": 60}, 100, True),
        # Half of 100 is 50, and 40 + 1 is less; an order of nothing would spend 30 towards it.
        ({"spend_discounts": {"kind": "all_units", "tiers": [{"from": 60, "percent": 50}]}}, 41,
         False),
    ],
)  # fmt: skip
def test_an_order_without_parts_spends_nothing(
    terms: dict[str, Any], least: float, both: bool
) -> None:
    """Between quotes of 60 for one and 120 for three, 30 is what an order of a begins with."""
    data = {
        "amopt": 1,
        "kind": "sourcing",
        "name": "Nothing spent",
        "parts": [{"name": name} for name in "ab"],
        "lines": [{"line": name, "part": name, "quantity": 1} for name in "ab"],
        "conventional": [
            {"part": "a", "cost_per_part": 1, "lead_time_weeks": 1},
            {"part": "b", "cost_per_part": 101, "lead_time_weeks": 1},
        ],
        "offers": [
            {
                "supplier": "alpha",
                "part": part,
                "quotes": [
                    {"quantity": q, "cost_per_part": price, "lead_time_weeks": 1}
                    for q, price in quotes
                ],
            }
            for part, quotes in (("a", [(1, 60), (3, 40)]), ("b", [(1, 40)]))
        ],
        "suppliers": [{"supplier": "alpha", **terms}],
    }
    answer = amopt.solve(amopt.load(data))
    assert answer.outcome.objective == pytest.approx(least)
    assert answer.outcome.status == "optimal"
    assert len([row for row in answer.rows["orders"] if row["supplier"] == "alpha"]) == 1 + both
