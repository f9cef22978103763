"""Purchase orders that are mailed: what a supplier is paid, and what is nobody's but our own."""

from __future__ import annotations

import copy
import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import amopt
from amopt.errors import AmoptError, UsageError
from amopt.instance import catalogue
from amopt.sourcing.answer.purchase_orders import OWN, purchase_orders, reckoning
from tests.conftest import Run
from tests.sourcing.program.test_pooled import closed, covers, discounted, dutiable, random_pooled

TERMS: dict[str, Any] = {
    "network": {
        "places": [{"name": name} for name in ("alpha", *"abc")],
        "lanes": [
            {"from": "alpha", "to": place, "cost_per_part": 0.5, "duty_percent": 10}
            for place in "abc"
        ],
    },
    "suppliers": [{"supplier": "alpha", "fee_per_supplier": 100}],
    "deliveries": [{"supplier": "alpha", "place": "a", "cost_per_delivery": 60}],
    "approvals": [{"supplier": "alpha", "part": "cover", "cost": 500, "weeks": 1}],
    "preparations": [{"part": "cover", "cost": 800, "weeks": 1}],
    "post_processing": [{"part": "cover", "route": "direct", "cost_per_part": 1}],
    "licences": [{"part": "cover", "prints": 1000, "royalty_per_print": 2}],
}


def alpha_alone(**changes: Any) -> dict[str, Any]:
    """Return 300 covers for three plants from alpha at 12 each, with every cost beside it."""
    data = covers(**{**copy.deepcopy(TERMS), **changes})
    data["conventional"] = []
    data["offers"][0]["fee_per_order"] = 25
    return data


def mailed(answer: Any) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of the purchase orders, the totals apart."""
    return {
        who: [row for row in rows if row["item"] != "total"]
        for who, rows in purchase_orders(answer).items()
    }


def test_a_purchase_order_says_what_the_supplier_is_paid() -> None:
    answer = amopt.solve(amopt.load(alpha_alone()))
    (rows,) = purchase_orders(answer).values()
    assert [(row["item"], row["quantity"], row["amount"]) for row in rows] == [
        ("goods", 100, 1200),
        ("goods", 100, 1200),
        ("goods", 100, 1200),
        ("fee of the order", None, 25),
        ("fee of the supplier", None, 100),
        ("total", None, 3725),
    ]
    assert {row["price_per_part"] for row in rows[:3]} == {12}
    (order,) = answer.rows["purchase_orders"]
    own = {"transport": 150, "duty": 360, "royalty": 600, "post_processing": 300}
    own |= {"approval": 500, "preparation": 800, "deliveries": 60}
    assert {name: order[name] for name in OWN} == pytest.approx(own)
    assert order["to_supplier"] == 3725
    assert order["own_cost"] == pytest.approx(sum(own.values()))
    assert order["cost"] == pytest.approx(3725 + sum(own.values()))
    assert not set(OWN) & set(rows[0])


def test_tooling_is_a_row_and_a_conventional_order_names_who_makes_it() -> None:
    data = covers(offers=[])
    data["conventional"][0] |= {"asset_cost": 4000, "setup_cost": 50}
    (who,) = purchase_orders(amopt.solve(amopt.load(data)))
    assert who == "conventional"
    data["conventional"][0]["supplier"] = "Foundry Oy"
    answer = amopt.solve(amopt.load(data))
    ((who, rows),) = purchase_orders(answer).items()
    assert who == "Foundry Oy" == rows[0]["supplier"]
    told = [(row["item"], row["part"], row["amount"]) for row in rows[3:]]
    assert told == [("setup", "cover", 50), ("tooling", "cover", 4000), ("total", None, 5550)]
    assert answer.rows["orders"][0]["supplier"] == "conventional"
    assert answer.rows["purchase_orders"][0]["seller"] == "Foundry Oy"


def require_adding_up(answer: Any, budget_of_cents: float = 0.01) -> None:
    """Require that what all suppliers are paid, our own costs and what was placed is the cost."""
    total = answer.rows["totals"][0]["cost"]
    table = answer.rows["purchase_orders"]
    held = sum(row["cost"] for row in answer.rows["orders"] if row["committed"])
    paid = sum(row["to_supplier"] for row in table)
    own = sum(row[name] for row in table for name in OWN)
    assert paid + own + held == pytest.approx(total, rel=1e-9, abs=1e-9)
    rows = [row for each in mailed(answer).values() for row in each]
    assert sum(row["amount"] for row in rows) == pytest.approx(
        paid, abs=budget_of_cents * (1 + len(rows))
    )
    for each in purchase_orders(answer).values():
        *positions, last = each
        assert last["item"] == "total"
        assert last["amount"] == pytest.approx(sum(row["amount"] for row in positions), abs=1e-6)
        assert [row["position"] for row in each] == list(range(1, len(each) + 1))
    reckoned = dict(reckoning(answer))
    assert reckoned["paid to suppliers"] == pytest.approx(paid, abs=0.005)
    assert list(reckoned.values())[-1] == pytest.approx(total, abs=0.005)


@pytest.mark.parametrize(
    "name",
    [n for n in catalogue.names() if n.startswith("sourcing/") and n != "sourcing/dynamic-events"],
)
def test_shipped_instances_add_up(name: str) -> None:
    require_adding_up(amopt.solve(amopt.load(name)))


@pytest.mark.sampled(15)
@pytest.mark.parametrize("seed", range(40))
def test_random_instances_add_up(seed: int) -> None:
    data = random_pooled(seed)
    if seed % 3 == 0:
        data = discounted(data, seed)
    if seed % 2 == 0:
        data = dutiable(data, seed)
    if seed % 5 == 0:
        data = closed(data, seed)
    try:
        answer = amopt.solve(amopt.load(data))
    except AmoptError:
        pytest.skip("no plan")
    require_adding_up(answer)


def test_a_discount_is_a_row_of_its_own() -> None:
    data = alpha_alone()
    data["suppliers"][0]["spend_discounts"] = {"tiers": [{"from": 3600, "percent": 5}]}
    (rows,) = mailed(amopt.solve(amopt.load(data))).values()
    assert [row["amount"] for row in rows if row["item"] == "discount"] == [-180]


def test_the_command_says_what_is_mailed_and_what_is_not(
    tmp_path: Path, amopt_command: Callable[..., Run]
) -> None:
    data = alpha_alone()
    data["committed"] = [
        {"line": "a", "supplier": "alpha", "quantity": 10, "cost": 130, "weeks": 1}
    ]
    answer = amopt.solve(amopt.load(data))
    answer.save(tmp_path / "answer")
    run = amopt_command("sourcing", "orders", tmp_path / "answer", "--out", tmp_path / "mail")
    assert run.code == 0, run.err
    (file,) = (tmp_path / "mail").iterdir()
    heads = next(csv.reader(file.read_text(encoding="utf-8").splitlines()))
    assert not set(heads) & {"cost", *OWN, "own_cost"}
    cost = answer.rows["totals"][0]["cost"]
    told = ("paid to suppliers", "transport", "placed before", f"{cost:,.2f}")
    assert [words for words in told if words not in run.out] == []


def test_an_answer_of_before_is_refused_in_words() -> None:
    answer = amopt.solve(amopt.load(alpha_alone()))
    for row in answer.rows["purchase_orders"]:
        del row["to_supplier"]
    with pytest.raises(UsageError, match="solve it again"):
        purchase_orders(answer)


def test_entries_of_one_placed_order_are_counted_as_one() -> None:
    data = alpha_alone()
    data["committed"] = [
        {"line": line, "supplier": "alpha", "quantity": 10, "order": "PO-7"} for line in "abc"
    ]
    answer = amopt.solve(amopt.load(data))
    first = answer.headline()[0]
    assert first.startswith("1 order at 1 AM supplier for 3 lines: ")
    assert "1 order at 1 AM supplier placed before" in first
    held = [row for row in answer.rows["orders"] if row["committed"]]
    assert {row["placed_as"] for row in held} == {"PO-7"}


def test_orders_placed_before_stand_apart() -> None:
    data = alpha_alone()
    data["committed"] = [
        {"line": "a", "supplier": "alpha", "quantity": 10, "cost": 130, "weeks": 1},
        {"line": "c", "supplier": "alpha", "quantity": 100, "cost": 1300, "weeks": 1},
    ]
    data["capacities"] = [{"supplier": "alpha", "parts": 1000}]
    answer = amopt.solve(amopt.load(data))
    told = [(row["line"], row["committed"]) for row in answer.rows["orders"]]
    assert told == [("a", False), ("b", False), ("a", True), ("c", True)]
    assert [row["parts_before"] for row in answer.rows["lines"]] == [10, 0, 100]
    assert [row["cost_before"] for row in answer.rows["lines"]] == [130, 0, 1300]
    assert answer.rows["totals"][0]["cost_before"] == 1430
    assert answer.rows["capacities"][0]["parts_before"] == 110
    assert answer.rows["licences"][0]["placed_before"] == 110
