"""The policies side by side, and whether the printer is worth its price."""

from __future__ import annotations

from typing import Any

import pytest

import amopt
from amopt.printing.instance import Printer


def mission(name: str = "mission", **more: Any) -> Any:
    data = amopt.load(f"printing/{name}").model_dump(by_alias=True, exclude_unset=True)
    return amopt.load({**data, **more})


def policies(answer: Any) -> dict[str, Any]:
    return {row["policy"]: row for row in answer.rows["policies"]}


def test_the_table_of_the_source() -> None:
    """Westerweel (2019), table 3.3: expediting at 500 beside the order cost."""
    rows = policies(amopt.solve(mission("mission-fitted", expedite_surcharge=500.0)))
    single, flown = rows["supplier alone"], rows["expediting"]
    assert flown["saving"] == pytest.approx(162.76, abs=0.005)
    assert flown["base_stock"] - single["base_stock"] == -2
    down = flown["down_days_per_cycle"] / single["down_days_per_cycle"]
    assert 100 * (down - 1) == pytest.approx(-66.06, abs=0.005)
    both = rows["printing and expediting"]
    assert both["saving"] == pytest.approx(rows["printing"]["saving"], rel=1e-9)
    assert both["expedites_per_cycle"] == pytest.approx(0, abs=1e-12)


def test_more_sources_never_cost_more_and_each_is_what_it_is_alone() -> None:
    rows = policies(amopt.solve(mission(expedite_surcharge=60.0)))
    cost = {name: row["yearly_cost"] for name, row in rows.items()}
    assert cost["printing and expediting"] <= min(cost["printing"], cost["expediting"]) + 1e-9
    assert max(cost["printing"], cost["expediting"]) <= cost["supplier alone"] + 1e-9
    alone = amopt.solve(mission()).rows["totals"][0]
    assert cost["printing"] == pytest.approx(alone["yearly_cost"], rel=1e-12)
    assert cost["supplier alone"] == pytest.approx(alone["single_source_yearly_cost"], rel=1e-12)


def test_a_word_has_one_meaning() -> None:
    """The single source of the totals may fly parts in where the file lets it."""
    answer = amopt.solve(mission(expedite_surcharge=60.0))
    (total,) = answer.rows["totals"]
    rows = policies(answer)
    assert "single source" not in rows
    flown = rows["expediting"]["yearly_cost"]
    assert total["single_source_yearly_cost"] == pytest.approx(flown, rel=1e-12)
    assert rows["supplier alone"]["saving"] == 0


def test_a_price_a_year() -> None:
    (row,) = amopt.solve(mission(printer={"price_per_year": 1000.0})).rows["printer"]
    assert row["saving"] == pytest.approx(1060.59, abs=0.005)
    assert row["net_saving"] == pytest.approx(60.59, abs=0.005)
    assert (row["worth_buying"], row["break_even_price"]) == ("yes", row["saving"])
    (row,) = amopt.solve(mission(printer={"price_per_year": 1100.0})).rows["printer"]
    assert row["worth_buying"] == "no"
    assert not amopt.solve(mission()).rows["printer"]


def test_a_purchase_is_an_annuity() -> None:
    printer = Printer(purchase_cost=1000.0, life_years=2.0, interest_per_year=0.1)
    # 1000 = x / 1.1 + x / 1.21
    assert printer.yearly_price == pytest.approx(1000 * 1.21 / 2.1)
    free = Printer(purchase_cost=1000.0, life_years=4.0, interest_per_year=0.0)
    assert free.yearly_price == 250
    purchase = {"purchase_cost": 4000.0, "life_years": 4.0, "interest_per_year": 0.0}
    (row,) = amopt.solve(mission(printer={**purchase, "upkeep_per_year": 60.59})).rows["printer"]
    assert row["yearly_price"] == pytest.approx(1060.59)
    assert row["break_even_purchase_cost"] == pytest.approx(4 * (row["saving"] - 60.59))


def test_the_headline_or_the_table_says_it(amopt_command: Any) -> None:
    run = amopt_command("solve", "printing/mission", "--json")
    assert [row["policy"] for row in run.json["tables"]["policies"]] == [
        "supplier alone",
        "printing",
    ]
