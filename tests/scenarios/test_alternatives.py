"""Plans that cost little more than the best one: those that enumeration finds, and no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyomo.environ import Constraint

import amopt
from amopt import decisions
from amopt.errors import NoAnswerError, UsageError
from amopt.instance.common import Instance
from amopt.licensing.costs import Buyers
from amopt.maintenance.methods import windows
from amopt.maintenance.methods.program import by_arrays
from amopt.maintenance.policy import chosen as policy_of
from amopt.maintenance.process import ACTIONS, build
from amopt.outcome import Status
from amopt.program.solver.options import Options
from amopt.program.time import Budget
from amopt.report.studies import alternatives as report
from amopt.scenarios.alternatives import Alternatives, alternatives
from tests.conftest import Run
from tests.maintenance.cases import small

TRANSPORT = {(True, False): 480.0, (False, True): 680.0, (True, True): 80.0}
"""The textbook instance: what 200 parts cost on their way, by where a machine stands."""


def textbook_plans() -> list[float]:
    """Return the cost of every choice of open sites and machines in use, by hand.

    A second machine at a site is never needed, nor is a site without one.
    """
    costs = []
    for a, b in product([(0, 0), (1, 1)], repeat=2):
        supply = 8000.0
        if a[1] or b[1]:
            supply = 2000.0 + TRANSPORT[a[1] > 0, b[1] > 0]
        costs.append(200.0 * a[0] + 500.0 * b[0] + 300.0 * (a[1] + b[1]) + supply)
    return sorted(costs)


def test_placement_lists_what_enumeration_finds() -> None:
    wanted = [cost for cost in textbook_plans() if cost <= 1.18 * 2980]
    found = alternatives(amopt.load("placement/textbook"), within=0.18, most=20)
    assert [row["objective"] for row in found.rows] == pytest.approx(wanted)
    assert found.complete
    assert found.others_cost == pytest.approx(min(c for c in textbook_plans() if c > 1.18 * 2980))
    assert all(row["at_most"] <= 18 + 1e-6 for row in found.rows)
    names = [
        (
            frozenset(row["place"] for row in answer.rows["sites"] if row["open"]),
            frozenset((row["place"], row["count"]) for row in answer.rows["fleet"]),
        )
        for answer in found.answers
    ]
    assert len(set(names)) == len(names)
    assert all(answer.verdict.findings == () for answer in found.answers)
    money = [r["change"] for r in found.changes if (r["plan"], r["table"]) == (2, "bill")]
    assert sum(money) == pytest.approx(2 * 400)  # all that differs, and the total
    assert {row["status"] for row in found.rows} == {"optimal"}
    assert [row["bound"] for row in found.rows] == pytest.approx(wanted)


def test_screening_lists_what_enumeration_finds() -> None:
    """Of the mission's 14 parts four may be examined; a set of fewer or other parts saves less."""
    data = amopt.load("screening/mission").to_dict()
    data["examination"]["most_parts"] = 4
    entry = amopt.load(data)
    saving = {row["part"]: row["expected_saving"] for row in amopt.solve(entry).rows["parts"]}
    sets = [set(one) for size in range(5) for one in combinations(saving, size)]
    worth = sorted((sum(map(saving.__getitem__, one)) for one in sets), reverse=True)
    within = [value for value in worth if value >= 0.88 * worth[0]]
    assert 3 < len(within) < 30
    found = alternatives(entry, within=0.12, most=30)
    assert [row["objective"] for row in found.rows] == pytest.approx(within)
    assert found.complete
    assert found.others_cost == pytest.approx(worth[len(within)])
    far = alternatives(entry, within=1.0, most=1, apart=4)
    best = max(sets, key=lambda one: sum(map(saving.__getitem__, one)))
    wanted = max(sum(map(saving.__getitem__, one)) for one in sets if len(one ^ best) >= 4)
    assert far.rows[1]["objective"] == pytest.approx(wanted)


def test_two_little_orders_of_a_supplier_make_one_choice() -> None:
    """Each is below the share from which a supplier counts; the plan comes once all the same."""
    offers = [
        {
            "supplier": supplier,
            "part": "p",
            "material": material,
            "smallest_quantity": 0.1,
            "largest_quantity": most,
            "quotes": [{"quantity": 0.1, "cost_per_part": cost, "lead_time_weeks": 1}],
        }
        for supplier, material, most, cost in (
            ("alpha", "a", 0.6, 1),
            ("alpha", "b", 0.6, 1),
            ("beta", "a", 1000, 10),
        )
    ]
    entry = amopt.load(
        {
            "amopt": 1,
            "kind": "sourcing",
            "name": "two halves",
            "parts": [{"name": "p", "materials": ["a", "b"]}],
            "lines": [{"line": "1", "part": "p", "quantity": 100, "divisible": True}],
            "offers": offers,
            "conventional": [],
        }
    )
    found = alternatives(entry, within=0.5, most=9)
    assert [row["objective"] for row in found.rows] == pytest.approx([98.8 * 10 + 1.2, 1000])
    assert found.complete


def test_plans_far_apart_and_plans_that_are_left() -> None:
    found = alternatives(amopt.load("placement/textbook"), within=0.2, most=1, apart=2)
    assert [row["objective"] for row in found.rows] == pytest.approx([2980.0, 3380.0])
    assert not found.complete
    assert found.others_cost == pytest.approx(3380.0)
    assert "may be more" in found.headline()


def test_what_stands_idle_is_no_other_plan() -> None:
    """Over three periods, with machines that move: each plan uses all that it adds."""
    found = alternatives(amopt.load("placement/mobile-factory"), within=0.05)
    assert found.complete
    assert [row["choices"] for row in found.rows[1:]] == [2, 4]
    for answer in found.answers[1:]:
        assert answer.verdict.accepted
        used = {(r["source"], r["period"]) for r in answer.rows["supply"] if r["share"]}
        for row in answer.rows["fleet"]:
            assert not row["count"] or (row["place"], row["period"]) in used


PRICES = {"a": (10.0, 4.0), "b": (11.0, 3.0), "c": (14.0, 0.0)}


def shop(quantity: int) -> Instance:
    """Return a line that three suppliers may share, each with a price and a fee an order."""
    offers = [
        {"supplier": name, "part": "p", "between": "all_units", "fee_per_order": fee,
         "quotes": [{"quantity": 1, "cost_per_part": price, "lead_time_weeks": 1}]}
        for name, (price, fee) in PRICES.items()
    ]  # fmt: skip
    return amopt.load({
        "amopt": 1, "kind": "sourcing", "name": "shop", "parts": [{"name": "p"}], "offers": offers,
        "lines": [{"line": "1", "part": "p", "quantity": quantity}], "minimise": {"cost": 1},
    })  # fmt: skip


def test_sourcing_lists_what_enumeration_finds() -> None:
    best: dict[frozenset[str], float] = {}
    for split in product(range(4), repeat=3):
        if sum(split) == 3:
            used = {name: q for name, q in zip(PRICES, split, strict=True) if q}
            cost = sum(PRICES[name][0] * q + PRICES[name][1] for name, q in used.items())
            key = frozenset(used)
            best[key] = min(cost, best.get(key, cost))
    found = alternatives(shop(3), within=1.0, most=20)
    assert [row["objective"] for row in found.rows] == pytest.approx(sorted(best.values()))
    suppliers = {frozenset(r["supplier"] for r in a.rows["orders"]) for a in found.answers}
    assert suppliers == set(best)
    assert found.complete
    assert found.others_cost is None
    assert "No other plan" in report._said(found)[-1]


def test_design_lists_what_enumeration_finds() -> None:
    """Without limits a choice of versions costs what each costs at its best stock."""
    data = amopt.load("design/pump-unit").to_dict()
    data["limits"] = {}
    instance = amopt.load(data)
    costs: dict[str, list[float]] = {}
    for row in amopt.solve(instance).rows["versions"]:
        costs.setdefault(row["component"], []).append(row["total_cost"])
    every = sorted(sum(one) for one in product(*costs.values()))
    wanted = [cost for cost in every if cost <= 1.004 * every[0]]
    assert 3 < len(wanted) < 8
    found = alternatives(instance, within=0.004, most=len(every))
    assert [row["objective"] for row in found.rows] == pytest.approx(wanted, rel=1e-6)
    assert found.complete
    assert [row["choices"] for row in found.rows[1:2]] == [1]
    assert all("version" in row["what"] for row in found.rows[1:])
    apart = alternatives(instance, within=1.0, most=1, apart=len(costs))
    assert apart.rows[1]["choices"] == len(costs)


def test_licensing_lists_who_may_take_a_licence_and_what_that_earns_less() -> None:
    """Of two unlike buyers: the small one, both, none, or the large one, for a high fee."""
    instance = amopt.load("licensing/two-buyers")
    buyers = Buyers.of(instance)
    small, large = np.argsort(buyers.demand)
    royalties = np.linspace(0.0, buyers.royalties()[-1], 4001)
    worth = buyers.highest_fee(royalties)
    paid = worth[:, large] + royalties * buyers.demand[large]
    alone = buyers.margin * buyers.demand[small] + paid[worth[:, large] > worth[:, small]].max()
    answer = amopt.solve(instance)
    earned = {row["alternative"]: row["profit"] for row in answer.rows["alternatives"]}
    best = answer.rows["totals"][0]["profit"]
    wanted = sorted([best, earned["theorem"], earned["no licence"], alone], reverse=True)

    found = alternatives(instance, within=0.5, most=9)
    assert [row["objective"] for row in found.rows] == pytest.approx(wanted, rel=1e-4)
    assert [row["more"] for row in found.rows] == pytest.approx(
        [best - one for one in wanted], rel=1e-3, abs=1e-2
    )
    assert found.complete
    assert found.others_cost is None
    assert found.rows[1]["what"].endswith("takes a licence")
    assert found.headline().endswith("% less.")
    near = alternatives(instance, within=0.2)
    assert len(near.rows) == 2
    assert near.complete
    assert "comes to 450.00 EUR or less" in report._said(near)[-1]


def test_licensing_lists_whoever_takes_a_licence_where_two_would_pay_the_same() -> None:
    """What the two differ by there is rounding: as a coefficient it cut off a better contract."""
    instance = amopt.load(
        {
            "amopt": 1,
            "kind": "licensing",
            "name": "Three unlike buyers",
            "holding_cost_per_year_per_value": 0.05,
            "safety_factor": 0.0,
            "traditional": {
                "price": 187.84775286828042,
                "production_cost": 144.78653606090631,
                "setup_cost": 5000,
                "lead_time_years": 0.1773525103202545,
            },
            "printing": {
                "price": 156.62754961526412,
                "setup_cost": 1074.5217708583607,
                "lead_time_years": 0.025456355010797127,
            },
            "buyers": [
                {"name": name, "demand_per_year": demand}
                for name, demand in (("a", 0.52), ("b", 6.92), ("c", 39.11))
            ],
        }
    )
    buyers = Buyers.of(instance)
    royalties = np.linspace(0.0, 100.0, 20_001)
    worth = buyers.highest_fee(royalties)
    alone = worth[:, 1] > np.maximum(worth[:, [0, 2]].max(axis=1), 0.0)
    earned = worth[:, 1] + royalties * 6.92 + buyers.margin * (0.52 + 39.11)

    found = alternatives(instance, within=0.3, most=9)
    of_b = [
        row["objective"]
        for row, answer in zip(found.rows, found.answers, strict=True)
        if [one["contract"] is not None for one in answer.rows["buyers"]] == [False, True, False]
    ]
    assert of_b == [pytest.approx(earned[alone].max(), rel=1e-4)]


def test_printing_lists_other_base_stock_levels() -> None:
    """Parts are on their own, so that the plans are the sums of what each level costs."""
    data = amopt.load("printing/mission").to_dict()
    data["parts"] = [part for part in data["parts"] if part["name"] in ("9", "14")]
    instance = amopt.load(data)
    costs = []
    for part in data["parts"]:
        levels = []
        for level in range(9):

            def keep(model: Any, name: str = part["name"], level: int = level) -> None:
                model.keep = Constraint(expr=model.order_up_to[name, level] == 1)

            alone = amopt.load({**data, "parts": [part]})
            levels.append(amopt.solve(alone, extend=keep).outcome.objective)
        costs.append(levels)
    every = sorted(map(sum, product(*costs)))
    within = 0.0015
    wanted = [cost for cost in every if cost <= every[0] * (1 + within)]
    assert 3 < len(wanted) < 15
    assert min(one[-1] - min(one) for one in costs) > within * every[0]  # no higher level is near
    found = alternatives(instance, within=within, most=30)
    assert [row["objective"] for row in found.rows] == pytest.approx(wanted, rel=1e-7)
    assert found.complete
    assert "stock of 14 0 -> 1 parts" in found.rows[1]["what"]
    assert all(answer.verdict.accepted for answer in found.answers)


def test_plans_of_printing_under_limits_are_those_that_keep_one_level() -> None:
    found = alternatives(amopt.load("printing/mission-availability"), within=0.001, most=2)
    for answer in found.answers:
        assert all(row["base_stock"] % 1 == 0 for row in answer.rows["parts"])
    assert [row["objective"] for row in found.rows] == sorted(r["objective"] for r in found.rows)


def test_where_it_does_not_apply_it_says_so() -> None:
    with pytest.raises(UsageError, match="week by week"):
        alternatives(amopt.load("placement/orders"))
    for options in ({"within": 2.0}, {"most": 0}, {"apart": 0}):
        with pytest.raises(UsageError):
            alternatives(shop(2), **options)


def test_on_the_command_line_and_as_a_page(
    amopt_command: Callable[..., Run], tmp_path: Path
) -> None:
    words = ("alternatives", "placement/textbook", "--within", "14%")
    run = amopt_command(*words, "--json", "--html-light", "plans.html")
    assert [row["objective"] for row in run.json["plans"]] == pytest.approx([2980, 3380])
    text = (tmp_path / "plans.html").read_text()
    assert "What plan 2 changes" in text
    plans = run.json["plans"]
    assert [row["status"] for row in plans] == ["optimal"] * 2
    assert [row["gap"] for row in plans] == pytest.approx([0, 0], abs=1e-9)
    assert "Breda open" in text
    run = amopt_command(*words, "--most", "1")
    assert "1 other plan is within 14 %" in run.out
    assert "The best: optimal by" in run.out
    assert amopt_command("alternatives", "placement/textbook", "--within", "much").code == 2


def weakened(monkeypatch: pytest.MonkeyPatch, bounds: list[float]) -> None:
    """Let the solves have these bounds, one after the other, as under a time limit."""
    told, solve = iter(bounds), decisions.solve

    def solved(*words: Any, **options: Any) -> Any:
        answer = solve(*words, **options)
        bound = next(told)
        outcome = replace(answer.outcome, status=Status.FEASIBLE, bound=bound)
        return replace(answer, outcome=outcome)

    monkeypatch.setattr(decisions, "solve", solved)


@pytest.mark.parametrize(
    ("share", "bounds", "listed", "complete"),
    [
        (0.15, [2980, 3380, 3480], 2, True),
        (0.15, [2980, 3380, 3400], 2, False),  # a third may be within 15 %: it is not known
        (0.15, [2750, 3380], 1, False),  # 3,380 may be beyond 15 % of the optimum, and is not
        ((400 - 1e-10) / 2980, [2980, 3380, 3480], 2, True),  # 3,380 is beyond it by rounding alone
        (0.10, [2750, 3380], 1, True),  # no other is within 10 % of 2,980, nor of the optimum
    ],
)
def test_a_list_is_complete_by_what_the_optimum_may_be_at_most(
    monkeypatch: pytest.MonkeyPatch,
    share: float,
    bounds: list[float],
    listed: int,
    complete: bool,
) -> None:
    """The textbook's three best plans cost 2,980, 3,380 and 3,480."""
    assert textbook_plans()[:3] == [2980.0, 3380.0, 3480.0]
    weakened(monkeypatch, bounds)
    found = alternatives(amopt.load("placement/textbook"), within=share, most=3)
    assert len(found.rows) == listed
    assert found.complete is complete
    assert ("there may be" in found.headline()) is not complete


def test_where_no_other_plan_was_looked_for_it_is_not_said_that_there_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weakened(monkeypatch, [2980.0])
    solve = decisions.solve
    calls: list[int] = []

    def once(*words: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) > 1:
            raise NoAnswerError("the time was over")
        return solve(*words, **options)

    monkeypatch.setattr(decisions, "solve", once)
    found = alternatives(amopt.load("placement/textbook"), within=0.2)
    assert not found.complete
    assert found.headline() == (
        "No other plan was found within 20 % of the optimum, and there may be some."
    )


def test_that_ctrl_c_ended_the_search_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    solve = decisions.solve
    calls: list[int] = []

    def once(*words: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return solve(*words, **options)

    monkeypatch.setattr(decisions, "solve", once)
    found = alternatives(amopt.load("placement/textbook"), within=0.2)
    assert found.interrupted
    assert found.headline() == (
        "Ctrl-C ended the search. No other plan was found within 20 % of the optimum, and there "
        "may be some."
    )
    assert '"stopped": "interrupted"' in report.as_json(found)


@pytest.mark.parametrize(
    ("others", "apart", "said"),
    [
        (0, 1, "No other plan is within 100 % of the optimum."),
        (0, 11, "No other plan that differs in 11 choices or more is within 100 % of the optimum."),
        (2, 3, "2 other plans that differ in 3 choices or more are within 100 % of the optimum;"),
    ],
)
def test_how_many_plans_there_are_is_told(others: int, apart: int, said: str) -> None:
    rows = [{"more_share": 1.0}] * (1 + others)
    found = Alternatives("name", "EUR", "cost", 1.0, apart, rows, (), None, True, ())
    assert found.headline().startswith(said)


def worn_out(**changes: Any) -> Instance:
    """Return a part that lasts a few days, without a printer."""
    life = {"distribution": "weibull", "scale_days": 9.0, "shape": 3.0}
    data = {**small().to_dict(), "regular": {"cost": 120.0, "lead_time_days": 2, "life": life}}
    return amopt.load({**{k: v for k, v in data.items() if k != "printed"}, **changes})


def cost_of_days(instance: Any, order: int, replace_at: int) -> float:
    """Return what a day costs where parts are ordered and replaced at such ages."""
    grid = build(instance)
    units, age = grid.none + 1, np.arange(grid.none + 1)
    down = np.full(grid.lead + 2, ACTIONS.index("wait"))
    down[0], down[-1] = ACTIONS.index("order"), ACTIONS.index("install")
    share = policy_of(grid, age >= order, age >= replace_at, down)
    assert len(share) == len(grid.unit)
    assert units * (grid.lead + 2) == grid.process.states
    own = np.flatnonzero(share)
    moves = np.asarray(grid.process.transition[own].todense())
    balance = np.vstack([moves.T - np.eye(len(moves)), np.ones(len(moves))])
    days, *_ = np.linalg.lstsq(balance, np.r_[np.zeros(len(moves)), 1.0], rcond=None)
    return float(days @ grid.process.cost[own])


@pytest.mark.parametrize(
    ("scale", "lead", "prices"),
    [
        (9.0, 2, {}),
        (
            7.0,
            2,
            {"holding_cost_per_day": 2.0, "downtime_cost_per_day": 50.0},
        ),  # order with the part
        (6.0, 3, {"holding_cost_per_day": 1.0, "downtime_cost_per_day": 80.0}),
        (8.0, 1, {"holding_cost_per_day": 9.0, "downtime_cost_per_day": 30.0}),
    ],
)
def test_maintenance_lists_what_enumeration_finds(
    scale: float, lead: int, prices: dict[str, float]
) -> None:
    """Every pair of days by hand; of those a lead time or more from all listed, the cheapest."""
    life = {"distribution": "weibull", "scale_days": scale, "shape": 3.0}
    instance: Any = worn_out(
        regular={"cost": 120.0, "lead_time_days": lead, "life": life}, **prices
    )
    ages = len(instance.failure_probabilities[0])
    costs = {  # a spare is there a lead time after its order, where parts grow so old
        (order, at): cost_of_days(instance, order, at)
        for order in range(ages + 1)
        for at in range(min(order + lead, ages - 1), ages + 1)
    }
    wanted: list[tuple[int, int]] = []
    for days in sorted(costs, key=lambda one: costs[one]):
        if all(max(abs(a - b) for a, b in zip(days, one, strict=True)) >= lead for one in wanted):
            wanted.append(days)
    found = alternatives(instance, within=1.0, most=4)
    assert [row["objective"] for row in found.rows] == pytest.approx(
        [costs[days] for days in wanted[:5]], rel=1e-8
    )
    assert all(answer.verdict.accepted for answer in found.answers)
    assert {row["status"] for row in found.rows} == {"optimal"}
    assert "order at" in found.rows[1]["what"] or "replace at" in found.rows[1]["what"]
    assert found.answers[1].fingerprint == instance.fingerprint()
    assert len(report.document_of(found).sections) == 5
    with pytest.raises(UsageError, match="draws between two"):
        alternatives(worn_out(limits={"stock": 0.1}))


@pytest.mark.parametrize(
    "within", [{"order": (0, 3)}, {"order": (30, 60), "print": (1, 2)}, {"replace": (1, 12)}]
)
def test_the_plan_within_windows_is_that_of_the_formulation(within: dict[str, Any]) -> None:
    instance = small()
    found = by_arrays(instance, Options(), Budget(), windows=within)
    held = amopt.solve(instance, extend=lambda model: windows.hold(model, within))
    free = amopt.solve(instance).outcome.objective
    assert found.gain == pytest.approx(held.outcome.objective, rel=1e-8)
    assert found.gain > free * (1 + 1e-6)
