"""What a buyer is told: dates that were agreed, orders made twice, how price lists are read."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import amopt
from amopt.sourcing import replay
from amopt.sourcing.rolling.replay import load_events
from tests.sourcing.program.test_pooled import covers, quotes
from tests.sourcing.test_dates import FILE


def dated(**committed: Any) -> dict[str, Any]:
    """Return the file of the tests of dates, with an order of 2026-03-02 for the plant."""
    data = copy.deepcopy(FILE)
    line = data["lines"][0]["line"]
    data["committed"] = [{"line": line, "supplier": "alpha", "quantity": 1, "material": "slow"}]
    data["committed"][0] |= committed
    return data


def test_the_day_of_delivery_that_was_agreed_stands() -> None:
    """2026-03-14 is a Saturday, on which the plant receives nothing."""
    answer = amopt.solve(amopt.load(dated(cost=9, delivery="2026-03-14")))
    held = next(row for row in answer.rows["orders"] if row["committed"])
    assert held["delivery_date"] == "2026-03-14"


def test_a_line_is_received_on_the_last_day_of_its_orders() -> None:
    data = dated(cost=9, delivery="2026-07-04")
    answer = amopt.solve(amopt.load(data))
    name = data["lines"][0]["line"]
    line = next(row for row in answer.rows["lines"] if row["line"] == name)
    assert line["delivery_date"] == "2026-07-04"
    assert "on 2026-07-04" in answer.headline()[0]


def test_a_placed_order_without_weeks_starts_anew_with_a_warning() -> None:
    found = {f.code for f in amopt.check(dated(cost=9))}
    assert "committed-anew" in found
    for agreed in ({"weeks": 1}, {"delivery": "2026-03-14"}):
        assert "committed-anew" not in {f.code for f in amopt.check(dated(cost=9, **agreed))}


def happening(*events: dict[str, Any], **more: Any) -> dict[str, Any]:
    head = {"amopt": 1, "kind": "sourcing-events", "name": "What happens"}
    return {**head, **more, "events": list(events)}


def test_a_date_of_delivery_counts_from_the_start_of_a_replay() -> None:
    data = dated()
    del data["committed"]
    name = data["lines"][0]["line"]
    data["lines"] = [data["lines"][0]]
    data["lines"][0].pop("need_by", None)
    instance = amopt.load(data)
    placed = {"line": name, "supplier": "alpha", "quantity": 1, "cost": 9, "material": "slow"}
    events = load_events(
        happening({"weeks": 1, "placed": {**placed, "delivery": "2026-03-28"}}), instance
    )
    answer = replay(instance, events)
    row = next(row for row in answer.rows["decisions"] if row["state"] == "given")
    assert row["delivered_weeks"] == pytest.approx(26 / 7)
    assert row["delivered_date"] == "2026-03-28"
    assert row["placed_date"] == "2026-03-09"
    assert [step["date"] for step in answer.rows["steps"]] == ["2026-03-02", "2026-03-09"]


def test_an_order_placed_for_a_line_that_is_ordered_is_told() -> None:
    data = covers()
    instance = amopt.load(data)
    twice = {"line": "a", "supplier": "alpha", "quantity": 100}
    answer = replay(instance, load_events(happening({"weeks": 1, "placed": twice}), instance))
    (note,) = answer.notes
    assert "100 of the 100 parts of line 'a' are ordered already" in note
    assert "place_after_weeks" in note
    later = happening({"weeks": 1, "placed": twice}, place_after_weeks=1.5)
    assert replay(instance, load_events(later, instance)).notes == ()


STEPS = quotes((1, 20, 1), (100, 10, 1), (1000, 8, 1))


def price_list(**more: Any) -> dict[str, Any]:
    """Return 150 covers, with a price list of which nothing says how it is read."""
    data = covers(lines=[{"line": "a", "part": "cover", "place": "a", "quantity": 150}])
    data["offers"] = [{"supplier": "alpha", "part": "cover", "quotes": STEPS, **more}]
    data["conventional"] = []
    return data


def test_it_is_said_how_a_price_list_is_read() -> None:
    """150 at 10 are 1,500; between 100 at 10 and 1,000 at 8 they are 1,000 + 50/900 of 7,000."""
    answer = amopt.solve(amopt.load(price_list()))
    told = [note for note in answer.notes if "between" in note]
    assert len(told) == 1
    assert "111.11" in told[0]
    assert "all_units" in told[0]
    for between in ("linear", "all_units"):
        answer = amopt.solve(amopt.load(price_list(between=between)))
        assert not [note for note in answer.notes if "between" in note]


def test_lines_that_nobody_supplies_conventionally_are_named() -> None:
    data = covers()
    data["parts"].append({"name": "cap"})
    data["lines"].append({"line": "d", "part": "cap", "place": "a", "quantity": 10})
    data["offers"].append({**data["offers"][0], "part": "cap"})
    answer = amopt.solve(amopt.load(data))
    said = " ".join(answer.headline())
    assert "Conventional supply of the other 3 lines would cost 1,900.00 EUR more" in said
    assert "line 'd' has none" in said


def test_shares_that_forbid_conventional_supply_alone_are_named() -> None:
    data = covers(shares=[{"part": "cover", "least_suppliers": 2, "least_percent": 10}])
    data["offers"].append({**copy.deepcopy(data["offers"][0]), "supplier": "beta"})
    data["conventional"][0]["asset_exists"] = True
    answer = amopt.solve(amopt.load(data))
    assert any("less" in sentence for sentence in answer.headline())
    (note,) = [note for note in answer.notes if "shares" in note]
    assert "'cover'" in note
    assert "2 suppliers" in note


def test_need_bys_that_forbid_conventional_supply_alone_are_named() -> None:
    data = covers()
    data["conventional"][0]["asset_exists"] = True
    data["lines"][1]["need_by_weeks"] = 5
    answer = amopt.solve(amopt.load(data))
    assert "less" in " ".join(answer.headline())
    (note,) = [note for note in answer.notes if "Conventional" in note]
    assert "line 'b' would come too late" in note
    del data["lines"][1]["need_by_weeks"]
    assert amopt.solve(amopt.load(data)).notes == ()


def test_need_bys_are_days_where_the_file_has_dates() -> None:
    data = copy.deepcopy(FILE)
    data["lines"][0]["need_by"] = "2026-03-22"
    rows = amopt.sourcing.worth_of_limits(amopt.load(data)).rows["worth"]
    dated = [row for row in rows if row["family"] == "need_by"]
    assert dated
    for row in dated:
        assert row["stated_day"] is not None
    assert dated[0]["stated_day"] == "2026-03-22"  # a Sunday, as the file says
    del data["order_date"], data["lines"][0]["need_by"]
    data["lines"][0]["need_by_weeks"] = 4
    rows = amopt.sourcing.worth_of_limits(amopt.load(data)).rows["worth"]
    assert {row["stated_day"] for row in rows} == {None}


def test_limits_that_change_nothing_are_folded_away() -> None:
    data = copy.deepcopy(FILE)
    data["capacities"] = [{"supplier": "alpha", "parts": 500}]
    data["licences"] = [{"part": "bush", "prints": 20}]
    answer = amopt.sourcing.worth_of_limits(amopt.load(data))
    assert len(answer.rows["worth"]) == 2
    rows, left_out = answer.worth_showing("worth")
    assert [row["family"] for row in rows] == ["prints"]
    assert "1 limit" in left_out
    assert "'alpha'" in left_out


def test_a_line_whose_tooling_another_has_paid_costs_less_than_its_bound() -> None:
    """100 covers pay the mould of 4,000 and 5 each; ten more, a week later, 50 in all."""
    data = covers(lines=[{"line": "a", "part": "cover", "place": "a", "quantity": 300}], offers=[])
    instance = amopt.load(data)
    late = {"line": "b", "part": "cover", "place": "b", "quantity": 10}
    answer = replay(instance, load_events(happening({"weeks": 1, "new_line": late}), instance))
    assert answer.verdict.accepted
    first, second = answer.rows["lines"]
    assert (first["cost"], second["cost"]) == (5500, 50)
    assert second["regret"] < 0
    assert first["regret"] + second["regret"] == pytest.approx(0, abs=1e-6)
