"""Parts that are not supplied at a stated penalty: by hand, and against trying every plan."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import amopt
from amopt.instance import catalogue
from amopt.sourcing import check, pareto, solve
from amopt.sourcing.rolling.replay import load_events
from tests.sourcing.program.test_pooled import (
    cost_of_file,
    covers,
    random_pooled,
    require_equal_to_trying_every_plan,
)

LICENCE = [{"part": "cover", "prints": 250}]


def penalised(*penalties: float | None, **changes: Any) -> dict[str, Any]:
    """Return three plants that need 100 covers each, with a penalty each."""
    data = covers(**changes)
    for line, each in zip(data["lines"], penalties, strict=True):
        if each is not None:
            line["unmet_penalty_per_part"] = each
    return data


HAND: dict[str, tuple[dict[str, Any], float, list[int]]] = {
    "dearer than the break": (penalised(12.1, 12.1, 12.1), 300 * 12, [0, 0, 0]),
    "cheaper than the break": (penalised(11.9, 11.9, 11.9), 300 * 11.9, [100, 100, 100]),
    "one line, and the others need its parts for the break": (
        penalised(None, None, 1),
        300 * 12,
        [0, 0, 0],
    ),
    "one line, under a licence of 250": (
        penalised(None, None, 14, licences=LICENCE),
        200 * 20 + 100 * 14,
        [0, 0, 100],
    ),
    "the same, dearer than a mould": (penalised(None, None, 15.5, licences=LICENCE), 5500, [0] * 3),
    "no parts beyond a budget": (
        penalised(None, 100, 90, limits={"budget": 2100}),
        105 * 20 + 95 * 100 + 100 * 90,
        [0, 95, 100],
    ),
}
"""Covers at 20, at 12 from 300; the mould costs 4,000, and each of its covers 5."""


@pytest.mark.parametrize("name", HAND)
def test_parts_that_are_not_supplied_by_hand(name: str, tmp_path: Path) -> None:
    data, least, unmet = HAND[name]
    assert cost_of_file(tmp_path, data) == pytest.approx(least)
    answer = solve(amopt.load(data))
    assert [row["unmet"] for row in answer.rows["lines"]] == unmet
    (total,) = answer.rows["totals"]
    assert total["unmet"] == sum(unmet)
    assert total["cost"] + total["penalty"] == pytest.approx(least)


def test_the_answer_says_how_many_are_not_supplied_and_where() -> None:
    answer = solve(amopt.load(HAND["no parts beyond a budget"][0]))
    said = " ".join(answer.headline())
    assert "195 parts of 2 lines are not supplied, at a penalty of 18,500.00 EUR." in said
    assert "Line 'b': 95 of 100 parts of 'cover' are not supplied." in answer.notes
    assert answer.objective_meaning == "cost and waiting, with penalties"


def test_the_picture_of_lines_has_their_penalties() -> None:
    pytest.importorskip("plotly")
    from amopt.sourcing.answer.figures import lines

    def bars(penalties: tuple[float | None, ...], **more: Any) -> dict[str, list[float]]:
        answer = solve(amopt.load(penalised(*penalties, **more)))
        return {bar.name: list(bar.x) for bar in lines(answer).data if bar.type == "bar"}

    short = bars((None, 100, 90), limits={"budget": 2100})
    assert short["penalty for parts not supplied"] == [0, 9000, 9500]
    assert short["paid"] == [2000, 0, 100]
    assert "penalty for parts not supplied" not in bars((None, None, None))


def test_fractions_are_not_supplied_of_what_is_divisible() -> None:
    data = penalised(None, 100, 90, limits={"budget": 2110})
    for line in data["lines"]:
        line["divisible"] = True
    rows = solve(amopt.load(data)).rows["lines"]
    assert [row["unmet"] for row in rows] == pytest.approx([0, 94.5, 100])


def test_a_line_that_nothing_reaches_is_not_supplied() -> None:
    """Without a penalty there is no plan; with one, the line waits for nothing."""
    data = penalised(None, None, 7)
    data["lines"][2] |= {"need_by_weeks": 0.5, "downtime_cost_per_hour": 1000}
    answer = solve(amopt.load(data))
    assert answer.outcome.objective == pytest.approx(200 * 20 + 700)
    assert answer.rows["lines"][2]["downtime_cost"] == 0
    del data["lines"][2]["unmet_penalty_per_part"]
    with pytest.raises(amopt.InfeasibleError, match="need-by of line 'c'"):
        solve(amopt.load(data))


def test_rules_supply_all() -> None:
    data = penalised(11.9, 11.9, 11.9)
    answer = solve(amopt.load(data), method="corrected-frontier")
    assert answer.rows["totals"][0]["unmet"] == 0


def test_what_does_not_know_of_penalties_says_so() -> None:
    loaded = amopt.load(penalised(9, None, None))
    with pytest.raises(amopt.UsageError, match="does not honour unmet"):
        solve(loaded, method="prices")
    with pytest.raises(amopt.UsageError, match="leave unmet_penalty_per_part out"):
        pareto(loaded, ("cost", "weeks"))
    dynamic: Any = amopt.load("sourcing/dynamic")
    events = load_events(catalogue.path("sourcing/dynamic-events"), dynamic)
    lines = tuple(x.model_copy(update={"unmet_penalty_per_part": 9.0}) for x in dynamic.lines)
    with pytest.raises(amopt.UsageError, match="leave unmet_penalty_per_part out"):
        amopt.sourcing.replay(dynamic.model_copy(update={"lines": lines}), events)


def test_a_budget_is_worth_what_penalties_it_spares() -> None:
    loaded = amopt.load(HAND["no parts beyond a budget"][0])
    (row,) = amopt.sourcing.worth_of_limits(loaded).rows["worth"]
    assert row["step"] == 21
    assert row["worth_of_one_more"] == pytest.approx(100 - 20)  # one cover more, at line b


def test_the_referee_refuses_a_line_that_is_short_without_a_penalty() -> None:
    data, _, _ = HAND["no parts beyond a budget"]
    answer = solve(amopt.load(data))
    assert check(amopt.load(data), answer).accepted
    for line in (1, 2):
        other = penalised(None, 100, 90, limits={"budget": 2100})
        del other["lines"][line]["unmet_penalty_per_part"]
        assert not check(amopt.load(other), answer).accepted
    for table, column in (("lines", "unmet"), ("lines", "penalty"), ("totals", "penalty")):
        rows = {name: [dict(row) for row in own] for name, own in answer.rows.items()}
        rows[table][-1][column] += 1
        assert not check(amopt.load(data), replace(answer, rows=rows)).accepted


def short(seed: int) -> dict[str, Any]:
    """Return lines that share orders, some of which need not get all of their parts."""
    rng, data = random.Random(seed), random_pooled(seed)
    price = min(own["cost_per_part"] for entry in data["offers"] for own in entry["quotes"])
    for line in data["lines"]:
        if rng.random() < 0.6:
            line["unmet_penalty_per_part"] = round(price * rng.uniform(0.3, 3), 2)
    if rng.random() < 0.5:
        total = sum(line["quantity"] for line in data["lines"])
        data["limits"] = {"budget": round(price * total * rng.uniform(0.2, 1.2), 2)}
    return data


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("seeds", "least"),
    [
        (range(2000, 2010), 6),
        pytest.param(range(2010, 2050), 22, marks=pytest.mark.slow),
    ],
)
def test_penalties_equal_trying_every_plan(seeds: range, least: int) -> None:
    compared, without = require_equal_to_trying_every_plan(seeds, short)
    assert compared >= least
    assert without <= compared // 2


def test_what_is_not_supplied_has_no_day_of_delivery() -> None:
    """It is not received on the day of the order either; the referee says so, too."""
    data = penalised(1, 1, None) | {"order_date": "2026-03-02"}
    instance = amopt.load(data)
    answer = solve(instance)
    lines = answer.rows["lines"]
    assert [row["unmet"] for row in lines] == [100, 100, 0]
    assert [row["delivery_date"] is None for row in lines] == [True, True, False]
    for day in ("2026-03-02", lines[2]["delivery_date"]):
        rows = [{**lines[0], "delivery_date": day}, *lines[1:]]
        found = check(instance, replace(answer, rows={**answer.rows, "lines": rows}))
        assert "delivery_date" in " ".join(found.findings)
    assert f"after 1 week, on {lines[2]['delivery_date']}." in answer.headline()[0]


def test_where_nothing_is_ordered_nothing_is_delivered() -> None:
    answer = solve(amopt.load(penalised(1, 1, 1) | {"order_date": "2026-03-02"}))
    assert answer.headline()[0] == "Nothing is ordered for 3 lines."
    assert {row["delivery_date"] for row in answer.rows["lines"]} == {None}
