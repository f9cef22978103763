"""Orders placed before: of several entries together, and with tooling that is under way."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import amopt
from amopt.sourcing import check, solve
from amopt.sourcing.offers.supply_options import SupplyOptions
from amopt.sourcing.rolling.replay import load_events
from tests.sourcing.program.test_pooled import cost_of_file, covers, quotes, random_pooled


def placed(supplier: str, *lines: str, quantity: int = 100, **more: Any) -> list[dict[str, Any]]:
    return [{"line": line, "supplier": supplier, "quantity": quantity, **more} for line in lines]


def test_entries_of_one_order_have_its_price_break(tmp_path: Any) -> None:
    """300 covers are 12 each together, and 20 each by themselves."""
    apart = covers(committed=placed("alpha", *"abc"))
    assert cost_of_file(tmp_path, apart) == pytest.approx(300 * 20)
    together = covers(committed=placed("alpha", *"abc", order="PO-7"))
    assert cost_of_file(tmp_path, together) == pytest.approx(300 * 12)
    rows = solve(amopt.load(together)).rows["orders"]
    assert [(row["cost"], row["committed"]) for row in rows] == [(1200, True)] * 3
    assert not check(amopt.load(apart), solve(amopt.load(together))).accepted


def test_entries_of_one_order_have_its_lead_time() -> None:
    """A week and a hundredth of one for each of 200 covers; what was agreed comes first."""
    data = covers(committed=placed("alpha", *"ab", order="PO-7"))
    data["offers"][0] |= {"between": "linear", "quotes": quotes((1, 20, 1.01), (300, 20, 4))}
    data["committed"][1]["weeks"] = 0.5
    rows = {row["line"]: row for row in solve(amopt.load(data)).rows["orders"]}
    assert rows["a"]["weeks"] == pytest.approx(3)
    assert rows["b"]["weeks"] == 0.5


def test_the_first_order_pays_the_tooling_by_parts() -> None:
    """4,000 over two entries of one order, and nothing of it with the third."""
    data = covers(
        committed=[
            *placed("conventional", *"ab", order="PO-7"),
            *placed("conventional", "c"),
        ]
    )
    rows = solve(amopt.load(data)).rows["orders"]
    assert [row["cost"] for row in rows] == pytest.approx([2500, 2500, 500])


def test_tooling_under_way_is_waited_for_as_long_as_is_left(tmp_path: Any) -> None:
    """Six weeks of tooling, of which one and a half are left, and two of making."""
    data = covers(committed=placed("conventional", "a", cost=4500, weeks=3))
    data["conventional"][0] |= {"lead_time_weeks": 2, "tooling_lead_time_weeks": 6}
    for line in data["lines"]:
        line["need_by_weeks"] = 4
    found = cost_of_file(tmp_path, data)
    assert found == pytest.approx(4500 + 200 * 20)  # eight weeks are too late for b and c
    data["committed"][0]["tooling_weeks_left"] = 1.5
    assert cost_of_file(tmp_path, data) == pytest.approx(4500 + 200 * 5)
    rows = solve(amopt.load(data)).rows["orders"]
    assert [row["weeks"] for row in rows] == [3.5, 3.5, 3]
    later = {**data, "committed": [{**data["committed"][0], "tooling_weeks_left": 1.75}]}
    assert not check(amopt.load(later), solve(amopt.load(data))).accepted
    del data["committed"][0]["weeks"]  # the committed order itself waits for it, too
    assert solve(amopt.load(data)).rows["orders"][0]["weeks"] == 3.5


def test_no_more_is_left_than_all_of_it() -> None:
    data = covers(committed=placed("conventional", "a", tooling_weeks_left=9))
    data["conventional"][0]["tooling_lead_time_weeks"] = 1
    assert solve(amopt.load(data)).rows["orders"][0]["weeks"] == 7


@pytest.mark.parametrize(
    ("happens", "told"),
    [
        ({"placed": {"order": "PO-8"}}, "leave order out"),
        ({"placed": {"tooling_weeks_left": 1}}, "leave tooling_weeks_left out"),
        ({"new_line": {"unmet_penalty_per_part": 9}}, "leave unmet_penalty_per_part out"),
    ],
)
def test_a_replay_says_what_it_has_no_meaning_for(happens: dict[str, Any], told: str) -> None:
    """And shares out an order that was placed before it."""
    entries = placed("alpha", *"ab", quantity=60, order="PO-7")
    breaks = quotes((1, 20, 1), (100, 12, 1))
    instance: Any = amopt.load(covers(committed=entries, offers__0__quotes=breaks))
    file = {"amopt": 1, "kind": "sourcing-events", "name": "later"}
    down = {"weeks": 1, "down": {"supplier": "alpha"}}
    events = load_events({**file, "events": [down]}, instance)
    rows = amopt.sourcing.replay(instance, events).rows["decisions"]
    assert [row["cost"] for row in rows if row["state"] == "given"] == [60 * 12] * 2
    ((what, more),) = happens.items()
    entry = {
        "placed": {"line": "c", "supplier": "conventional", "quantity": 1},
        "new_line": {"line": "d", "part": "cover", "quantity": 1},
    }[what]
    events = load_events({**file, "events": [{"weeks": 1, what: {**entry, **more}}]}, instance)
    with pytest.raises(amopt.UsageError, match=told):
        amopt.sourcing.replay(instance, events)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(6))
def test_an_order_of_all_lines_costs_what_a_new_one_does(seed: int) -> None:
    """Whatever its curve: each line's share of what the offer asks for all parts."""
    rng, data = random.Random(seed), random_pooled(seed)
    data = {**data, "orders": "together", "approvals": [], "preparations": []}
    for line in data["lines"]:
        line.pop("need_by_weeks", None)
    part = data["lines"][0]["part"]
    own = [line for line in data["lines"] if line["part"] == part]
    offer = rng.choice([entry for entry in data["offers"] if entry["part"] == part])
    data["committed"] = [
        {
            "line": line["line"],
            "supplier": offer["supplier"],
            "quantity": line["quantity"],
            "order": "all of it",
        }
        for line in own
    ]
    supply = SupplyOptions.of(amopt.load(data))  # type: ignore[arg-type]
    whole = sum(line["quantity"] for line in own)
    for order, paid, weeks, _, _ in supply.commitments:
        names = [line.line for line in supply.instance.lines]
        (option,) = (
            o
            for o in range(len(supply))
            if names[supply.line[o]] == order.line and supply.supplier[o] == offer["supplier"]
        )
        one, parts = np.array([option]), np.array([float(whole)])
        total = float(supply.total.take(one).at(parts)[0])
        assert paid == pytest.approx(total * order.quantity / whole)
        assert weeks == pytest.approx(float(supply.lead_time.take(one).at(parts)[0]))
    assert solve(supply.instance).verdict.accepted
