"""From which price an offer that is not chosen would be: by hand, and against solves beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import amopt
from amopt.errors import InfeasibleError
from amopt.sourcing import price_ranges
from tests.conftest import Run
from tests.sourcing.random_instances import crowded, instance
from tests.sourcing.worth.test_worth import COVERS, TOOLED, file, offer, only

THREE = file(
    offer("alpha", (1, 10)),
    offer("beta", (1, 11), (60, 10.5)),
    offer("gamma", (1, 15), largest_quantity=40),
)


def others(answer: Any) -> dict[str, dict[str, Any]]:
    return {row["supplier"]: row for row in answer.rows["not_chosen"]}


def test_by_hand() -> None:
    """Alpha makes 100 at 10. Beta must meet it with all of them, gamma with any part."""
    answer = price_ranges(THREE)
    assert only(answer, "ranges")["supplier"] == "alpha"
    rows = others(answer)
    assert rows["beta"]["price"] == 10.5
    assert rows["beta"]["chosen_from"] == pytest.approx(10)
    assert rows["beta"]["lower_by"] == pytest.approx(0.5)
    assert rows["beta"]["quantity"] >= 60
    assert rows["gamma"]["chosen_from"] == pytest.approx(10)
    assert rows["gamma"]["quantity"] <= 40
    said = " ".join(answer.headline())
    assert "beta would be chosen for cover from 10.00 EUR a part down, and asks 10.50 EUR" in said
    assert said.index("beta would") < said.index("gamma would")  # the nearest first


def test_an_offer_at_the_plan_s_own_price_is_as_good() -> None:
    said = " ".join(price_ranges(file(offer("alpha", (1, 10)), offer("beta", (1, 10)))).headline())
    assert "beta is as good as the plan for cover at 10.00 EUR a part" in said
    assert "beta would be" not in said


def test_a_fee_is_earned_by_all_parts() -> None:
    """A fee of 200 is two a part for 100: beta is chosen below 8, and not below 10."""
    two = file(offer("alpha", (1, 10)), offer("beta", (1, 9), fee_per_order=200))
    row = others(price_ranges(two))["beta"]
    assert (row["chosen_from"], row["quantity"]) == (pytest.approx(8), 100)


def test_a_mould_is_level_with_all_parts_or_with_none() -> None:
    """5,500 conventionally: 300 of beta at 25 are chosen from 18.33 on."""
    own = file(offer("beta", (1, 25)), quantity=300, **TOOLED)
    row = others(price_ranges(own))["beta"]
    assert row["chosen_from"] == pytest.approx(5500 / 300)


def test_offers_that_no_price_brings_in_say_why() -> None:
    entry = file(
        offer("alpha", (1, 10)),
        {**offer("late", (1, 1)), "quotes": [
            {"quantity": 1, "cost_per_part": 11, "lead_time_weeks": 9}]},
        offer("unfit", (1, 9), material="steel"),
        lines=[{"line": "1", "part": "cover", "quantity": 100, "need_by_weeks": 2}],
        parts=[{"name": "cover", "materials": ["PA12"]}],
    )  # fmt: skip
    entry = entry.unchecked_copy(
        offers=tuple(
            o if o.supplier == "unfit" else o.model_copy(update={"material": "PA12"})
            for o in entry.offers
        )
    )
    rows = others(price_ranges(entry))
    assert {name: row["chosen_from"] for name, row in rows.items()} == dict.fromkeys(
        ("late", "unfit")
    )
    assert rows["late"]["why"] == "not chosen even where its lowest price is nothing"
    assert "no line can take it" in rows["unfit"]["why"]
    assert "material" in rows["unfit"]["why"]


def test_only_the_chosen_and_only_one_supplier() -> None:
    assert price_ranges(THREE, others=False).rows["not_chosen"] == []
    answer = price_ranges(THREE, "gamma")
    assert answer.rows["ranges"] == []
    assert list(others(answer)) == ["gamma"]


def moved(entry: Any, row: dict[str, Any], shift: float) -> tuple[float | None, float]:
    """Return the cost, and the parts of an offer, where its prices change by so much a part."""
    key = (row["supplier"], row["part"], row["route"], row["material"])
    offers = tuple(
        o
        if o.key != key
        else o.model_copy(
            update={
                "quotes": tuple(
                    q.model_copy(update={"cost_per_part": q.cost_per_part + shift})
                    for q in o.quotes
                )
            }
        )
        for o in entry.offers
    )
    try:
        found = amopt.solve(entry.unchecked_copy(offers=offers))
    except InfeasibleError:
        return None, 0.0
    parts = sum(
        r["quantity"]
        for r in found.rows["orders"]
        if (r["supplier"], r["part"], r["route"], r["material"]) == key and not r["committed"]
    )
    return found.outcome.objective, parts


def lowest(entry: Any, row: dict[str, Any]) -> float:
    """Return the least price that the offer quotes."""
    key = (row["supplier"], row["part"], row["route"], row["material"])
    return min(q.cost_per_part for o in entry.offers if o.key == key for q in o.quotes)


@pytest.mark.long
@pytest.mark.parametrize("make", [crowded, lambda seed: instance(seed, lines=2, shared=True)])
def test_the_choice_changes_at_the_price_that_is_told(make: Callable[[int], Any]) -> None:
    """A little below it is chosen and the plan cheaper; a little above nothing is saved by it."""
    looked = refused = 0
    for seed in range(17, 30):
        entry = amopt.load(make(seed))
        try:
            answer = price_ranges(entry)
        except InfeasibleError:
            continue
        today = answer.outcome.objective
        assert today is not None
        near = 1e-5 * abs(today)
        for row in answer.rows["not_chosen"]:
            if row["chosen_from"] is None:
                if row["why"].startswith("not chosen even"):
                    assert moved(entry, row, -lowest(entry, row))[0] == pytest.approx(today)
                    refused += 1
                continue
            slack = 0.011 if entry.limits.budget is not None else 0.0
            little = slack + near / row["quantity"] / entry.minimise.cost
            below, parts = moved(entry, row, -row["lower_by"] - 2 * little)
            assert parts > 0
            assert below is not None
            assert below < today
            if row["lower_by"] > 2 * little:
                above, _ = moved(entry, row, -row["lower_by"] + 2 * little)
                assert above == pytest.approx(today, abs=near)
            looked += 1
    assert looked >= 4
    assert looked + refused >= 15


def test_a_budget_is_bisected() -> None:
    tight = THREE.model_copy(update={"limits": {"budget": 1100}})
    row = others(price_ranges(tight))["beta"]
    assert row["chosen_from"] == pytest.approx(10, abs=0.011)


def test_the_command(tmp_path: Path, amopt_command: Callable[..., Run]) -> None:
    path, page = tmp_path / "three.yaml", tmp_path / "page.html"
    path.write_text(yaml.safe_dump(THREE.model_dump(mode="json", exclude_unset=True)))
    run = amopt_command("sourcing", "ranges", path, "--html", page, "--out", tmp_path / "out")
    assert run.code == 0, run.err
    assert "chosen from" in run.out
    assert "chosen from" in page.read_text(encoding="utf-8")
    assert (tmp_path / "out" / "not_chosen.csv").exists()
    run = amopt_command("sourcing", "ranges", path, "--json")
    rows = run.json["tables"]["not_chosen"]
    assert {row["supplier"] for row in rows} == {"beta", "gamma"}
    assert json.dumps(rows)
    run = amopt_command("sourcing", "ranges", path, "--chosen", "--json")
    assert run.json["tables"].get("not_chosen", []) == []


def test_covers_have_no_other_offer() -> None:
    assert price_ranges(COVERS).rows["not_chosen"] == []
