"""What a limit is worth and up to which price an offer stays chosen: against brute re-solves."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import amopt
from amopt.errors import InfeasibleError, UsageError
from amopt.program.solver.options import Options
from amopt.sourcing import price_ranges, worth_of_limits
from amopt.sourcing.worth.limits import limits_of
from tests.conftest import Run
from tests.sourcing.program.test_pooled import covers_and_brackets
from tests.sourcing.random_instances import crowded, instance


def offer(supplier: str, *quotes: tuple[float, float], **more: Any) -> dict[str, Any]:
    return {
        "supplier": supplier,
        "part": "cover",
        "between": "all_units",
        "quotes": [
            {"quantity": q, "cost_per_part": price, "lead_time_weeks": 1} for q, price in quotes
        ],
        **more,
    }


def file(*offers: dict[str, Any], quantity: int = 100, **more: Any) -> Any:
    return amopt.load(
        {
            "amopt": 1,
            "kind": "sourcing",
            "name": "Covers",
            "parts": [{"name": "cover"}],
            "lines": [{"line": "1", "part": "cover", "quantity": quantity}],
            "offers": list(offers),
            **more,
        }
    )


TOOLED = {
    "conventional": [
        {"part": "cover", "cost_per_part": 5, "asset_cost": 4000, "lead_time_weeks": 6}
    ]
}
COVERS = file(offer("alpha", (1, 20), (300, 12)), quantity=300, **TOOLED)
HOURS = file(
    offer("alpha", (1, 10), machine_hours_per_part=0.5),
    offer("beta", (1, 14), (50, 12)),
    capacities=[{"supplier": "alpha", "machine_hours": 30}],
)


def only(answer: Any, table: str = "worth") -> dict[str, Any]:
    (row,) = answer.rows[table]
    return row


def test_a_licence_sold_in_packs_is_worth_nothing_by_the_print() -> None:
    """5,500 conventionally against 3,600 with 300 prints: one more of 250 is worth nothing."""
    licensed = COVERS.model_copy(update={"licences": ({"part": "cover", "prints": 250},)})
    answer = worth_of_limits(licensed)
    row = only(answer)
    assert answer.outcome.objective == pytest.approx(5500)
    assert (row["family"], row["stated"], row["used"]) == ("prints", 250, 0)
    assert (row["worth_of_one_more"], row["cost_of_one_less"]) == (0, 0)
    assert (row["next_useful"], row["gain"]) == (300, pytest.approx(1900))
    assert row["costs"] == pytest.approx(1900)
    assert row["one_less_possible"]
    said = " ".join(answer.headline())
    assert "1,900" in said
    assert "One more is worth nothing" in said


def test_three_plants_that_share_an_order() -> None:
    """100 covers each: 5,500 with 250 prints, 3,600 with 300; the hint is 19/3 a print."""
    lines = [{"line": name, "part": "cover", "quantity": 100} for name in "123"]
    pooled = file(offer("alpha", (1, 20), (300, 12)), lines=lines, **TOOLED)
    licensed = pooled.model_copy(update={"licences": ({"part": "cover", "prints": 250},)})
    row = only(worth_of_limits(licensed))
    assert (row["worth_of_one_more"], row["next_useful"]) == (0, 300)
    assert row["gain"] == pytest.approx(1900)
    assert row["hint"] == pytest.approx(19 / 3)
    row = only(price_ranges(pooled), "ranges")
    assert (row["quantity"], row["price"]) == (300, 12)
    assert row["chosen_up_to"] == pytest.approx(12 + 19 / 3)


def test_hours_whose_price_in_the_relaxation_is_wrong_both_ways() -> None:
    row = only(worth_of_limits(HOURS))
    assert (row["stated"], row["used"]) == (30, 25)
    assert row["worth_of_one_more"] == 0
    assert (row["next_useful"], row["gain"]) == (38, pytest.approx(4))
    assert row["hint"] == pytest.approx(4)
    assert row["cost_of_one_less"] == 0
    at_25 = HOURS.model_copy(update={"capacities": ({"supplier": "alpha", "machine_hours": 25.0},)})
    assert only(worth_of_limits(at_25))["cost_of_one_less"] == pytest.approx(4)


def test_without_a_plan_one_step_less_costs_nothing_that_has_a_number() -> None:
    due = file(
        offer("alpha", (1, 10)),
        lines=[{"line": "1", "part": "cover", "quantity": 1, "need_by_weeks": 1}],
    )
    row = only(worth_of_limits(due))
    assert (row["one_less_possible"], row["cost_of_one_less"]) == (False, None)
    assert (row["next_useful"], row["costs"]) == (None, 0)
    assert "No limit costs anything" in worth_of_limits(due).headline()[0]
    assert worth_of_limits(COVERS).headline()[0] == "The file states no limit that is asked for."
    with pytest.raises(UsageError, match="there is no limit 'hours'"):
        worth_of_limits(due, ["hours"])
    assert worth_of_limits(due, ["budget"]).rows["worth"] == []


def value(entry: Any) -> float | None:
    try:
        found = amopt.solve(entry).outcome
    except InfeasibleError:
        return None
    assert found.status == "optimal"
    return found.objective


SEEDS = [("crowded", n) for n in (1, 3, 12)] + [("random", n) for n in (4, 9, 21)]


@pytest.mark.sampled(2)
@pytest.mark.parametrize(("kind", "seed"), SEEDS)
def test_every_number_against_a_scan_of_the_limit(kind: str, seed: int) -> None:
    """Every step between what is stated and what is of use, solved one by one."""
    entry = (crowded if kind == "crowded" else instance)(seed)
    entry = entry if not isinstance(entry, dict) else amopt.load(entry)
    plain = value(entry)
    if plain is None:
        pytest.skip("infeasible")
    rows = {row["limit"]: row for row in worth_of_limits(entry).rows["worth"]}
    limits = list(limits_of(entry))
    assert len(rows) == len(limits)
    for limit in limits:
        row = rows[limit.words]
        more, free = value(limit.at(limit.stated + limit.step)), value(limit.at(None))
        assert more is not None
        assert free is not None
        near = 3e-6 * abs(plain)
        assert row["worth_of_one_more"] == pytest.approx(plain - more, abs=near)
        assert row["costs"] == pytest.approx(plain - free, abs=near)
        if limit.stated >= limit.step and row["one_less_possible"]:
            less = value(limit.at(limit.stated - limit.step))
            assert less is not None
            assert row["cost_of_one_less"] == pytest.approx(less - plain, abs=near)
        if row["next_useful"] is None:
            assert plain - free <= near
            continue
        steps = round((row["next_useful"] - limit.stated) / limit.step)
        scan = range(1, steps) if steps < 12 else [1, steps // 3, steps // 2, steps - 1]
        assert all(
            plain - (value(limit.at(limit.stated + n * limit.step)) or 0) <= near for n in scan
        )
        useful = value(limit.at(row["next_useful"]))
        assert useful is not None
        assert plain - useful > near / 3
        assert row["gain"] == pytest.approx(plain - useful, abs=near)


def test_alpha_stays_chosen_up_to_what_the_mould_costs() -> None:
    """5,500 without it, 3,600 with 300 parts: 19/3 a part more, 18.33 where it asks 12."""
    row = only(price_ranges(COVERS), "ranges")
    assert (row["supplier"], row["quantity"], row["price"]) == ("alpha", 300, 12)
    assert row["without"] == pytest.approx(5500)
    assert row["chosen_up_to"] == pytest.approx(12 + 19 / 3)
    assert row["keeps_quantity_up_to"] == pytest.approx(12 + 19 / 3)


def test_an_offer_loses_parts_before_it_loses_all() -> None:
    """Beta takes 60 of alpha's 100 from 11 on, gamma the rest from 15 on."""
    three = file(
        offer("alpha", (1, 10)),
        offer("beta", (1, 11), largest_quantity=60),
        offer("gamma", (1, 15)),
    )
    row = only(price_ranges(three), "ranges")
    assert (row["quantity"], row["price"], row["without"]) == (100, 10, pytest.approx(1260))
    assert row["chosen_up_to"] == pytest.approx(15)
    assert row["keeps_quantity_up_to"] == pytest.approx(11)
    two = file(offer("alpha", (1, 10)), offer("beta", (1, 11), largest_quantity=60))
    row = only(price_ranges(two), "ranges")
    assert (row["chosen_up_to"], row["without"]) == (None, None)
    assert row["keeps_quantity_up_to"] == pytest.approx(11)
    alone = only(price_ranges(file(offer("alpha", (1, 10)))), "ranges")
    assert (alone["chosen_up_to"], alone["keeps_quantity_up_to"]) == (None, None)


def test_a_price_just_below_and_just_above_what_is_told() -> None:
    """On random instances: chosen a little below, and never cheaper by it above."""
    looked = 0
    for seed in (2, 4, 9, 21):
        entry = instance(seed)
        entry = entry if not isinstance(entry, dict) else amopt.load(entry)
        if entry.limits.budget is not None or value(entry) is None:
            continue
        for row in price_ranges(entry).rows["ranges"]:
            key = (row["supplier"], row["part"], row["route"], row["material"])
            if row["chosen_up_to"] is None or row["why"]:
                continue
            theta = row["chosen_up_to"] - row["price"]
            for shift, chosen in ((0.999 * theta, True), (1.001 * theta + 1e-3, False)):
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
                found = value(entry.unchecked_copy(offers=offers))
                assert found is not None
                if chosen:
                    assert found <= row["without"] * (1 + 1e-6)
                else:
                    assert found == pytest.approx(row["without"], rel=3e-6)
            looked += 1
    assert looked >= 2


def test_a_budget_is_bisected_and_a_fitted_power_is_told() -> None:
    limited = COVERS.model_copy(update={"limits": {"budget": 5200}})
    answer = price_ranges(limited)
    row = answer.rows["ranges"][0]
    assert row["without"] is None
    assert row["why"] == "chosen as long as the budget allows any plan"
    roomy = COVERS.model_copy(update={"limits": {"budget": 9000}})
    answer = price_ranges(roomy)
    row = only(answer, "ranges")
    assert row["chosen_up_to"] == pytest.approx(12 + 19 / 3, abs=0.011)
    assert row["keeps_quantity_up_to"] <= row["chosen_up_to"]
    assert "bisection" in answer.notes[0]
    power = copy.deepcopy(COVERS.model_dump(mode="json", exclude_unset=True))
    power["offers"][0]["between"] = "power"
    row = only(price_ranges(amopt.load(power)), "ranges")
    assert "fitted power" in row["why"]
    with pytest.raises(UsageError, match="offers nothing"):
        price_ranges(COVERS, "nobody")


def test_the_time_limit_is_that_of_the_whole() -> None:
    answer = worth_of_limits(HOURS, options=Options(time_limit=60))
    assert answer.outcome.stopped == "finished"
    assert set(answer.outcome.seconds) >= {"plan", "relaxation", "limits"}


def test_the_commands(tmp_path: Path, amopt_command: Callable[..., Run]) -> None:
    path = tmp_path / "hours.yaml"
    path.write_text(yaml.safe_dump(HOURS.model_dump(mode="json", exclude_unset=True)))
    run = amopt_command("sourcing", "worth", path, "--json")
    assert run.code == 0, run.err
    assert run.json["tables"]["worth"][0]["next_useful"] == 38
    run = amopt_command("sourcing", "ranges", path)
    assert run.code == 0, run.err
    assert "stays chosen for cover up to" in " ".join(run.out.split())


def of_two() -> dict[str, Any]:
    """Return covers and brackets: alpha makes all covers, beta the brackets, at 9.20."""
    return covers_and_brackets()


def test_what_a_plan_costs_if_a_supplier_drops_out() -> None:
    """Without alpha the mould is bought, 5,500; without beta the brackets cost 10 each."""
    answer = worth_of_limits(amopt.load(of_two()), ["suppliers"])
    rows = {row["supplier"]: row for row in answer.rows["without"]}
    assert list(rows) == ["alpha", "beta"]
    assert rows["alpha"]["costs_more"] == pytest.approx(5500 - 3600)
    assert rows["beta"]["costs_more"] == pytest.approx(50 * 0.8)
    assert answer.rows["worth"] == []
    assert "'alpha' (1,900" in " ".join(answer.headline())
    data = of_two()
    data["conventional"] = []
    rows = {r["supplier"]: r for r in worth_of_limits(amopt.load(data)).rows["without"]}
    assert rows["alpha"]["possible"] is False
    assert rows["alpha"]["costs_more"] is None


def test_orders_placed_at_a_supplier_that_drops_out_stay_as_they_were() -> None:
    data = of_two()
    data["committed"] = [{"line": "a", "supplier": "alpha", "quantity": 1, "weeks": 1}]
    data["lines"][0]["quantity"] = 101
    (row,) = [
        row
        for row in worth_of_limits(amopt.load(data), ["suppliers"]).rows["without"]
        if row["supplier"] == "alpha"
    ]
    assert row["cost"] == pytest.approx(20 + 4000 + 300 * 5 + 460)
