"""Nondominated answers against trying every plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations, pairwise, product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import amopt
from amopt.errors import NoAnswerError
from amopt.outcome import Status
from amopt.program.solver.options import Options
from amopt.program.time import Budget
from amopt.sourcing import pareto
from amopt.sourcing.pareto_front import CRITERIA, SAME, _Search
from tests.conftest import Run
from tests.oracles.one_line import orders_of
from tests.sourcing.random_instances import instance

Values = dict[str, float]


def every_plan(data: dict[str, Any]) -> list[Values]:
    """Return what every way of filling the line comes to in each criterion."""
    (line,) = data["lines"]
    need, rate = line["quantity"], line.get("downtime_cost_per_hour", 0.0) * 40
    choices = [{0: (0.0, 0.0), **orders_of(offer, need)} for offer in data["offers"]]
    emitted = [offer.get("kg_co2_per_part", 0.0) for offer in data["offers"]]
    for entry in data["conventional"]:
        quantities = range(int(entry["minimum_order"]), need + 1)
        asset, price, weeks = (
            entry[key] for key in ("asset_cost", "cost_per_part", "lead_time_weeks")
        )
        choices.append({0: (0.0, 0.0)} | {q: (asset + price * q, weeks) for q in quantities})
        emitted.append(entry.get("kg_co2_per_part", 0.0))
    found = []
    for amounts in product(*choices):
        if sum(amounts) == need:
            orders = [own[q] for own, q in zip(choices, amounts, strict=True) if q]
            weeks = max(weeks for _, weeks in orders)
            found.append(
                {
                    "cost": sum(cost for cost, _ in orders),
                    "weeks": weeks,
                    "downtime": rate * weeks,
                    "kg_co2": sum(kg * q for kg, q in zip(emitted, amounts, strict=True)),
                }
            )
    return found


def front(plans: list[Values], by: tuple[str, str]) -> list[tuple[float, float]]:
    """Return the plans that no plan beats, of those that are the same the better one."""
    first, second = by
    best: list[tuple[float, float]] = []
    for a, b in sorted((plan[first], plan[second]) for plan in plans):
        if not best or b < best[-1][1] * (1 - SAME):
            if best and a <= best[-1][0] * (1 + SAME):
                best.pop()
            best.append((a, b))
    return best


def small(seed: int, quantity: int = 12) -> dict[str, Any]:
    data = instance(seed)
    data.pop("limits", None)
    data["offers"] = data["offers"][:2]
    data["lines"][0]["quantity"] = quantity
    return data


@pytest.mark.parametrize("seed", [4, 21, 33])
def test_all_nondominated_answers_are_found(seed: int) -> None:
    data = small(seed)
    by = ("cost", "weeks")
    best = front(every_plan(data), by)
    found = pareto(amopt.load(data), by)
    assert found.outcome.status == "optimal"
    assert [(row["cost"], row["weeks"]) for row in found.rows["answers"]] == [
        (pytest.approx(a, rel=1e-6), pytest.approx(b, rel=1e-6)) for a, b in best
    ]


def power_offers(*quotes: tuple[tuple[int, float, float], ...], need: int) -> dict[str, Any]:
    """Return one line and offers whose price and lead time are fitted powers."""
    return {
        "amopt": 1,
        "kind": "sourcing",
        "name": "powers",
        "parts": [{"name": "a"}],
        "lines": [{"line": "1", "part": "a", "quantity": need, "downtime_cost_per_hour": 2}],
        "offers": [
            {
                "supplier": f"s{number}",
                "part": "a",
                "between": "power",
                "smallest_quantity": 1,
                "largest_quantity": 2 * need,
                "quotes": [
                    {"quantity": q, "cost_per_part": price, "lead_time_weeks": weeks}
                    for q, price, weeks in own
                ],
            }
            for number, own in enumerate(quotes)
        ],
        "conventional": [],
    }


TWO_POWERS = power_offers(
    ((1, 100, 1.0), (10, 60, 2.0), (50, 40, 3.5)),
    ((1, 90, 1.5), (10, 62, 2.1), (50, 45, 3.0)),
    need=20,
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "by",
    [
        ("downtime", "cost"),
        *(
            pytest.param(by, marks=pytest.mark.long)
            for by in (("cost", "downtime"), ("weeks", "cost"))
        ),
    ],
)
def test_two_fitted_powers_have_few_answers_and_none_twice(by: tuple[str, str]) -> None:
    best = front(every_plan(TWO_POWERS), by)
    found = pareto(amopt.load(TWO_POWERS), by)
    assert found.outcome.status == "optimal"
    assert found.notes == ()
    assert [(row[by[0]], row[by[1]]) for row in found.rows["answers"]] == [
        (pytest.approx(a, rel=1e-6), pytest.approx(b, rel=1e-6)) for a, b in best
    ]
    cheapest = min(plan["cost"] for plan in every_plan(TWO_POWERS))
    costs = [row["cost"] for row in found.rows["answers"]]
    assert min(costs) == pytest.approx(cheapest)


QUOTE = st.tuples(st.floats(5, 99), st.floats(0.2, 5))


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(QUOTE, QUOTE, st.sampled_from(["power", "line", "all_units"])),
        min_size=2,
        max_size=2,
    ),
    st.integers(2, 12),
    st.sampled_from([by for pair in combinations(CRITERIA, 2) for by in (pair, pair[::-1])]),
)
def test_the_answers_are_those_of_trying_every_plan(
    offers: list[Any], need: int, by: tuple[str, str]
) -> None:
    quotes = [((1, *low), (10, low[0] * high[0] / 99, high[1])) for low, high, _ in offers]
    data = power_offers(*quotes, need=need)
    for entry, (*_, between), kg in zip(data["offers"], offers, (1.0, 0.3), strict=True):
        entry |= {"between": between, "kg_co2_per_part": kg}
    try:
        loaded = amopt.load(data)
    except amopt.InvalidInstanceError:
        return  # a fitted line that falls below nothing
    best = front(every_plan(data), by)
    found = pareto(loaded, by)
    assert found.outcome.status == "optimal"
    answers = [(row[by[0]], row[by[1]]) for row in found.rows["answers"]]
    assert answers == [(pytest.approx(a, rel=2e-6), pytest.approx(b, rel=2e-6)) for a, b in best]
    for (a, b), (c, d) in pairwise(answers):
        assert a < c
        assert b > d


@pytest.mark.slow
def test_fewer_answers_than_there_are_say_so_and_keep_both_ends() -> None:
    by = ("cost", "weeks")
    whole = pareto(amopt.load(TWO_POWERS), by).rows["answers"]
    assert len(whole) > 3
    found = pareto(amopt.load(TWO_POWERS), by, most=3)
    rows = found.rows["answers"]
    assert [row["cost"] for row in rows] == pytest.approx(
        [whole[0]["cost"], whole[1]["cost"], whole[-1]["cost"]]
    )
    assert found.outcome.status == "feasible"
    assert found.notes == (
        "There may be more answers than the 3 shown: no more than 3 were asked for.",
    )
    (only,) = pareto(amopt.load(TWO_POWERS), by, most=1).rows["answers"]
    assert only["cost"] == pytest.approx(whole[0]["cost"])
    assert pareto(amopt.load(TWO_POWERS), by, most=len(whole)).outcome.status == "optimal"


def test_divisible_parts_give_evenly_spaced_answers_and_say_so() -> None:
    data = small(4)
    data["lines"][0] |= {"divisible": True}
    for entry in data["offers"]:
        entry["between"] = "linear"
    found = pareto(amopt.load(data), ("cost", "weeks"), most=6)
    weeks = [row["weeks"] for row in found.rows["answers"]]
    assert len(weeks) <= 6
    assert weeks == sorted(weeks, reverse=True)
    assert found.outcome.status == "feasible"
    assert "evenly spaced" in found.notes[0]


@pytest.mark.slow
def test_a_time_limit_is_that_of_the_whole_search() -> None:
    found = pareto(
        amopt.load("sourcing/portfolio-36x7"), ("cost", "weeks"), options=Options(time_limit=3)
    )
    assert found.outcome.total_seconds < 20
    assert found.outcome.status == "feasible"
    assert "time limit" in found.notes[0]


def test_why_there_is_no_plan_is_said_in_the_time_of_the_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    budgets: list[Budget] = []
    explained = Budget.to_explain

    def to_explain(budget: Budget) -> Budget:
        budgets.append(budget)
        return explained(budget)

    monkeypatch.setattr(Budget, "to_explain", to_explain)
    data = instance(4) | {"limits": {"budget": 1e-6}}
    with pytest.raises(amopt.InfeasibleError, match="budget"):
        pareto(amopt.load(data), ("cost", "weeks"), options=Options(time_limit=30))
    (budget,) = budgets
    assert budget.seconds  # the phases of the search were counted in it


def test_criteria_are_checked() -> None:
    with pytest.raises(amopt.UsageError, match="name two of"):
        pareto(amopt.load(instance(4)), ("cost", "speed"))


def test_the_command_takes_how_many_and_writes_a_page(
    amopt_command: Callable[..., Run], tmp_path: Path
) -> None:
    pytest.importorskip("plotly")
    page = tmp_path / "front.html"
    run = amopt_command(
        *("sourcing", "pareto", "sourcing/hangbar", "--by", "weeks,cost"),
        *("--most", "3", "--html", page, "--json"),
    )
    assert run.code == 0, run.err
    assert len(run.json["tables"]["answers"]) == 3
    assert "Answers that no other beats: weeks against cost" in page.read_text()
    assert amopt_command("sourcing", "pareto", "sourcing/hangbar", "--most", "0").code == 2


def test_a_single_answer_is_the_best_in_both_only_where_that_is_proven() -> None:
    by = ("cost", "weeks")
    (said,) = pareto(amopt.load(TWO_POWERS), by, most=1).headline()
    assert said.startswith("1 answer, and there may be others: ")


def test_the_command_ends_within_some_minutes(
    amopt_command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[float | None] = []

    def searched(instance: Any, by: Any, *, options: Options, **_: Any) -> None:
        limits.append(options.time_limit)
        raise NoAnswerError("enough")

    monkeypatch.setattr(amopt.sourcing, "pareto", searched)
    for words in ([], ["--time-limit", "7"]):
        assert amopt_command("sourcing", "pareto", "sourcing/bush", *words).code == 5
    assert limits == [300, 7]


@pytest.mark.parametrize(("short", "gap"), [("cost", 0.3), ("weeks", 0.0)])
def test_what_is_not_proven_of_the_last_answer_is_told(
    short: str, gap: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its weeks are the least, its cost the least of these weeks: each has a proof of its own."""
    right = _Search._best

    def unproven(search: _Search, criterion: str, limits: dict[str, float]) -> Any:
        plan, outcome = right(search, criterion, limits)
        if criterion != short or (criterion == "cost") != ("weeks" in limits):
            return plan, outcome
        assert outcome.objective is not None
        bound = 0.7 * outcome.objective
        return plan, replace(outcome, status=Status.FEASIBLE, bound=bound)

    data = small(4)
    everything = pareto(amopt.load(data), ("cost", "weeks"))
    assert len(everything.rows["answers"]) > 1
    assert everything.outcome.status == "optimal"
    monkeypatch.setattr(_Search, "_best", unproven)
    found = pareto(amopt.load(data), ("cost", "weeks"))
    assert found.outcome.status == "feasible"
    assert found.rows["answers"][-1]["gap"] == pytest.approx(gap, abs=1e-6)
    told = "see gap" if short == "cost" else "that weeks can be no less is not proven"
    assert any(told in note for note in found.notes)
    few = pareto(amopt.load(data), ("cost", "weeks"), most=2)
    assert few.rows["answers"][-1]["gap"] == pytest.approx(gap, abs=1e-6)
