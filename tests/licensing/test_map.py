"""Maps of forms, in Python and as a planner types them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import amopt
from amopt.errors import UsageError
from amopt.licensing import axis, map_forms


def test_each_point_of_a_map_is_the_answer_of_its_own_instance() -> None:
    own = amopt.load("licensing/two-buyers")
    found = map_forms(own, x=axis("price_ratio=1,1.25,1.6"), y=axis("size_ratio=2,4"))
    assert [(row["x"], row["y"]) for row in found.rows["map"]] == [
        (x, y) for y in (2, 4) for x in (1, 1.25, 1.6)
    ]
    for row in found.rows["map"]:
        data = own.to_dict()
        data["printing"]["price"] = row["x"] * 162.5
        small = 12 / (1 + row["y"])
        for buyer, demand in zip(data["buyers"], (small, 12 - small), strict=True):
            buyer["demand_per_year"] = demand
        (total,) = amopt.solve(amopt.load(data)).rows["totals"]
        assert row["form"] == total["form"]
        assert row["profit"] == pytest.approx(total["supremum"], rel=1e-9)
        assert row["theorem_profit"] <= row["profit"] * (1 + 1e-9)
    point = next(row for row in found.rows["map"] if (row["x"], row["y"]) == (1.25, 4))
    assert (point["form"], point["theorem_form"]) == (
        "hybrid small",
        "decentralised by fee and royalty",
    )


def test_what_cannot_be_mapped_is_refused_in_words() -> None:
    own = amopt.load("licensing/two-buyers")
    one = own.model_copy(update={"buyers": own.buyers[:1]})
    price, size = ("price_ratio", (1.0,)), ("size_ratio", (2.0,))
    for refused, x, y, words in (
        (own, price, price, "two different parameters"),
        (one, price, size, "two at least"),
        (own, ("price_ratio", (1.0,) * 200), ("size_ratio", (2.0,) * 200), "fewer values"),
    ):
        with pytest.raises(UsageError, match=words):
            map_forms(refused, x=x, y=y)
    for text in ("price_ration=1", "price_ratio=", "price_ratio=a", "price_ratio=-1"):
        with pytest.raises(UsageError, match="price_ratio"):
            axis(text)


def test_the_theorem_that_is_right_at_a_loss_is_not_counted_as_wrong() -> None:
    data = amopt.load("licensing/two-buyers").to_dict()
    data["traditional"]["production_cost"] = 1000  # every part that is sold loses money
    own = amopt.load(data)
    found = map_forms(own, x=axis("price_ratio=1,1.25"), y=axis("setup_ratio=0.1,0.5"))
    losses = [row for row in found.rows["map"] if row["profit"] < 0]
    assert [row["theorem_profit"] for row in losses] == [pytest.approx(losses[0]["profit"])]
    assert found.headline()[1] == "The published theorem earns less than the best at 0 of them."


def test_a_parameter_that_changes_nothing_is_refused() -> None:
    data = amopt.load("licensing/two-buyers").to_dict()
    data["traditional"] |= {"setup_cost": 0, "lead_time_years": 0}
    own, price = amopt.load(data), axis("price_ratio=1,1.25")
    for parameter, field in (("setup_ratio", "setup_cost"), ("lead_time_ratio", "lead_time_years")):
        for x, y in (((parameter, (0.5, 2.0)), price), (price, (parameter, (0.5, 2.0)))):
            with pytest.raises(UsageError, match=f"{parameter} changes nothing here.*{field}"):
                map_forms(own, x=x, y=y)
    with pytest.raises(UsageError, match=r"over that of the smallest.*: 0\.5 is below 1"):
        map_forms(own, x=price, y=axis("size_ratio=0.5,2"))


def test_a_map_from_the_command_line(amopt_command: Callable[..., Any], tmp_path: Path) -> None:
    axes = ("--x", "price_ratio=1,1.25", "--y", "setup_ratio=0.1,0.5")
    run = amopt_command(
        "licensing", "map", "licensing/two-buyers", *axes, "--json", "--html", "map.html"
    )
    assert run.code == 0, run.err
    assert len(run.json["tables"]["map"]) == 4
    assert (tmp_path / "map.html").read_text().count('<div class="drawn"') == 1
    assert "points" in amopt_command("licensing", "map", "licensing/ten-buyers", *axes).out
