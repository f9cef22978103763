"""Failure rates that are not known well, against all plans at many rates."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.integrate import simpson
from scipy.stats import gamma
from typer.testing import CliRunner

import amopt
from amopt.cli import app
from amopt.errors import RefusedError, UsageError
from amopt.printing import closed_form
from amopt.printing.instance import UncertainRate
from amopt.printing.referee.evaluation import Evaluation
from amopt.printing.referee.plan import StatedPlan, terms_of
from amopt.printing.referee.studies import uncertainty as referee
from amopt.printing.uncertainty import plans, study
from amopt.printing.uncertainty.belief import Belief
from tests.printing.cases import one_part

RANGE = {"lowest_rate_per_day": 0.002, "highest_rate_per_day": 0.06}
OBSERVED = {"failures_observed": 2, "days_observed": 80}
CYCLE = 3


def instance(belief: dict[str, Any], *, of: str = "regular", **part: Any) -> Any:
    return amopt.load(
        {
            "amopt": 1,
            "kind": "printing",
            "name": "two pumps",
            "cycle_days": CYCLE,
            "criterion": {"discount_per_day": 0.999},
            "systems": [{"name": "pump", "count": 2, "backorder_cost_per_day": 30}],
            "parts": [
                {
                    "name": "seal",
                    "system": "pump",
                    "order_cost": 20,
                    "print_cost": 28,
                    "failure_rate_per_day": 0.01,
                    "printed_failure_rate_per_day": 0.1,
                    "holding_cost_per_day": 0.4,
                    **part,
                }
            ],
            "uncertain_rates": [{"part": "seal", "of": of, **belief}],
        }
    )


def brute_force(
    case: Any, rates: np.ndarray, density: np.ndarray, *, of: str, levels: int = 4
) -> dict[str, float]:
    """Evaluate all plans at all rates by the referee's evaluation, which sees no closed form."""
    terms, field = terms_of(case, 0, printer=True), "p_r" if of == "regular" else "p_p"
    actions = ["wait", "print"] + (["expedite"] if np.isfinite(terms.c_e) else [])
    cost = {}
    for level in range(levels):
        for chosen in itertools.product(actions, repeat=CYCLE - 1):
            plan = StatedPlan.pure(level, ("wait", *chosen))
            fails = -np.expm1(-rates)
            every = [dataclasses.replace(terms, **{field: p}) for p in fails.tolist()]
            cost[level, chosen] = np.array(
                [364 / CYCLE * Evaluation(one, plan, by_states=False).cost for one in every]
            )
    table = np.array(list(cost.values()))
    least = table.min(axis=0)
    weight = simpson(density, x=rates)
    expected = simpson(table * density, x=rates, axis=1) / weight
    return {
        "expected": expected.min(),
        "known": simpson(least * density, x=rates) / weight,
        "worst": table.max(axis=1).min(),
        "regret": (table - least).max(axis=1).min(),
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("of", "more"),
    [("regular", {}), ("printed", {}), ("regular", {"expedite_cost": 45})],
    ids=["regular", "printed", "expedited"],
)
def test_the_plans_are_the_best_of_all(of: str, more: dict[str, Any]) -> None:
    case = instance(RANGE, of=of, **more)
    answer = study(case)
    rates = np.linspace(0.002, 0.06, 129)
    best = brute_force(case, rates, np.ones(129), of=of)
    row = answer.rows["uncertainty"][0]
    plans = {plan["best_in"]: plan for plan in answer.rows["plans"]}
    assert plans["expected"]["expected_spending"] == pytest.approx(best["expected"], rel=1e-8)
    assert plans["worst rate"]["worst_spending"] == pytest.approx(best["worst"], rel=1e-9)
    regret = plans["least regret"]["largest_regret"]
    assert regret == pytest.approx(best["regret"], abs=2e-4 * best["expected"])
    knowing = best["expected"] - best["known"]
    assert row["worth_knowing"] == pytest.approx(knowing, abs=1e-5 * best["expected"])
    if of == "regular":
        assert row["worth_knowing"] > 1e-3 * best["expected"]
        assert row["largest_regret"] > regret
    assert answer.verdict.accepted


@pytest.mark.slow
def test_observed_failures_are_a_gamma_posterior() -> None:
    case = instance(OBSERVED)
    answer = study(case)
    posterior = gamma(2.5, scale=1 / 80)
    rates = np.linspace(1e-4, np.sqrt(posterior.isf(1e-10)), 201) ** 2  # denser where it is likely
    best = brute_force(case, rates, posterior.pdf(rates), of="regular")
    row, plans = answer.rows["uncertainty"][0], answer.rows["plans"]
    assert row["expected_rate"] == pytest.approx(2.5 / 80)
    assert [row["lowest_rate"], row["highest_rate"]] == pytest.approx(posterior.interval(0.95))
    scale = best["expected"]
    assert plans[1]["expected_spending"] == pytest.approx(scale, rel=1e-6)
    assert row["worth_knowing"] == pytest.approx(scale - best["known"], abs=1e-5 * scale)


@pytest.mark.slow
def test_more_observations_make_knowing_worth_less() -> None:
    worth = [
        study(instance({"failures_observed": k, "days_observed": 40.0 * k})).rows["uncertainty"][0]
        for k in (1, 10, 400)
    ]
    assert worth[0]["worth_knowing"] > worth[1]["worth_knowing"] > worth[2]["worth_knowing"]
    assert worth[2]["worth_knowing"] < 0.05 * worth[0]["worth_knowing"]


@pytest.mark.parametrize("failures", [0, 3, 2000, 10**6])
def test_the_quadrature_has_the_moments_of_the_posterior(failures: int) -> None:
    entry = instance({"failures_observed": failures, "days_observed": 5000.0}).uncertain_rates[0]
    belief, shape = Belief.of(entry), failures + 0.5
    assert belief.weights.sum() == pytest.approx(1.0, rel=1e-12)
    assert belief.weights @ belief.nodes == pytest.approx(shape / 5000, rel=1e-9)
    second = belief.weights @ belief.nodes**2
    assert second == pytest.approx(shape * (shape + 1) / 5000**2, rel=1e-8)


def test_a_rate_that_is_almost_known_costs_nothing() -> None:
    near = {"lowest_rate_per_day": 0.00999, "highest_rate_per_day": 0.01001}
    answer = study(instance(near))
    plain = amopt.solve(instance(near))
    row = answer.rows["uncertainty"][0]
    assert row["worth_knowing"] == row["worth_replanning"] == row["largest_regret"] == 0.0
    nominal = answer.rows["plans"][0]
    assert nominal["base_stock"] == plain.rows["parts"][0]["base_stock"]
    assert nominal["plan"] == plain.rows["parts"][0]["plan"]
    spent = plain.rows["totals"][0]
    total = spent["yearly_cost"] + spent["yearly_unavoidable_cost"]
    assert nominal["expected_spending"] == pytest.approx(total, rel=1e-6)
    assert any("uncertain" in note for note in plain.notes)


@pytest.mark.long
def test_every_edit_is_caught() -> None:
    case = instance({"lowest_rate_per_day": 0.009, "highest_rate_per_day": 0.011})
    answer = study(case)
    for name, table in answer.rows.items():
        row = table[-1]
        for column, value in row.items():
            wrong = f"{value}x" if isinstance(value, str) else value * 1.01 + 1e-3
            edited = {**answer.rows, name: [*table[:-1], {**row, column: wrong}]}
            verdict = referee.check(case, dataclasses.replace(answer, rows=edited))
            assert not verdict.accepted, (name, column)
        short = {**answer.rows, name: table[:-1]}
        assert not referee.check(case, dataclasses.replace(answer, rows=short)).accepted, name
    for field in ("objective", "bound"):
        outcome = dataclasses.replace(answer.outcome, **{field: 1.0})
        assert not referee.check(case, dataclasses.replace(answer, outcome=outcome)).accepted


def test_a_plan_that_is_not_the_best_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    from amopt.printing.uncertainty import analysis as room

    real = room.best_plans

    def worse(rates: Any) -> Any:
        plans, known = real(rates)
        return {**plans, "expected": dataclasses.replace(plans["expected"], base_stock=9)}, known

    monkeypatch.setattr(room, "best_plans", worse)
    with pytest.raises(RefusedError, match="expected is not the least expected_spending"):
        study(instance(RANGE))


def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(instance(OBSERVED).to_dict()))
    done = CliRunner().invoke(app, ["printing", "uncertainty", str(tmp_path / "mine.json")])
    assert done.exit_code == 0, done.output
    assert "knowing the rate would be worth" in done.output
    done = CliRunner().invoke(app, ["printing", "uncertainty", "printing/table-3-1", "--json"])
    assert done.exit_code == 2
    assert "no uncertain_rates" in done.output


def test_the_picture(tmp_path: Path) -> None:
    pytest.importorskip("plotly", reason="the report extra is not installed")
    from amopt.printing.answer.rate_figures import regret
    from amopt.report.page import render

    case = instance(RANGE)
    answer = study(case)
    least, spent = regret(answer).data
    assert list(spent.x) == [row["rate"] for row in answer.rows["rates"]]
    gap = np.array(spent.y) - np.array(least.y)
    assert gap.min() >= -1e-9 * max(spent.y)
    assert gap.max() == pytest.approx(answer.rows["uncertainty"][0]["largest_regret"], rel=0.02)
    assert "What not knowing a rate costs" in render(case, answer)


def test_limits_are_refused() -> None:
    data = instance(RANGE).to_dict()
    data["limits"] = [{"name": "printer", "measure": "prints", "at_most": 1}]
    with pytest.raises(UsageError, match="does not honour"):
        study(amopt.load(data))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lowest", "highest", "more"),
    [
        (0.1, 1.1, {"order_cost": 5, "print_cost": 2, "holding_cost_per_day": 0.01}),
        (0.3, 2.3, {"order_cost": 5, "print_cost": 5, "holding_cost_per_day": 0.1}),
        (0.05, 2.05, {"order_cost": 5, "print_cost": 20, "holding_cost_per_day": 0.01}),
    ],
)
def test_levels_are_the_best_where_printed_parts_last_longer(
    lowest: float, highest: float, more: dict[str, Any]
) -> None:
    """What a level costs is then not convex: with none at all, or with many, it is least."""
    belief = {"lowest_rate_per_day": lowest, "highest_rate_per_day": highest}
    case = instance(belief, printed_failure_rate_per_day=0.01, **more)
    answer = study(case)
    assert answer.verdict.accepted
    rates = np.linspace(lowest, highest, 257)
    best = brute_force(case, rates, np.ones(257), of="regular", levels=6)
    plans = {plan["best_in"]: plan for plan in answer.rows["plans"]}
    assert plans["expected"]["expected_spending"] == pytest.approx(best["expected"], rel=1e-5)
    assert plans["worst rate"]["worst_spending"] == pytest.approx(best["worst"], rel=1e-9)
    regret = plans["least regret"]["largest_regret"]
    assert regret == pytest.approx(best["regret"], rel=1e-9)
    knowing = best["expected"] - best["known"]
    row = answer.rows["uncertainty"][0]
    assert row["worth_knowing"] == pytest.approx(knowing, abs=1e-4 * best["expected"])


def test_very_many_levels_are_tried_some_of_them_and_all_beside_the_best() -> None:
    action = np.zeros(3, dtype=np.int64)
    asked: list[int] = []

    def two_valleys(level: int) -> float:
        asked.append(level)
        return min(abs(level - 700.0) + 3, abs(level - 91_234.0) / 1000)

    value, plan = plans.least(two_valleys, action, 100_000)
    assert (value, plan.base_stock) == (0.0, 91_234)
    assert len(asked) < 1400
    for highest in (0, 1, 2, 999, 1000, 1001):
        assert plans.least(lambda level: -float(level), action, highest)[1].base_stock == highest
        assert plans.least(lambda level: 0.0, action, highest)[1].base_stock == 0


@pytest.mark.parametrize(
    ("costs", "highest"),
    [
        ((41.835, 68.373, 105.364, 243.08), 4.1),
        ((6.108, 11.4234, 14.4607, 272.257), 2.1),
        ((20.0, 28.0, 45.0, 30.0), 0.5),
    ],
)
def test_the_order_of_actions_may_break(
    costs: tuple[float, float, float, float], highest: float
) -> None:
    """One system over four days: every action on every day, at every level, is looked at."""
    c_r, c_p, c_e, b = costs
    case = one_part(
        count=1, cycle_days=4, discount=0.6, order_cost=c_r, print_cost=c_p, expedite_cost=c_e,
        backorder_cost_per_day=b, failure_probability_per_day=0.1, holding_cost_per_day=c_r / 50,
    )  # fmt: skip
    belief = {"part": "part", "lowest_rate_per_day": 0.1, "highest_rate_per_day": highest}
    entry = UncertainRate.model_validate({**belief, "of": "printed"})
    rates = plans.Rates.of(case.parameters, Belief.of(entry), printed=True)
    found, known = plans.best_plans(rates)
    least = closed_form.cycle_cost(rates.parameters, known)
    judges = {
        "expected": rates.expected,
        "worst rate": lambda cost: rates.worst(cost)[0],
        "least regret": lambda cost: rates.worst(cost - least)[0],
    }
    every = [
        rates.cost(plans.FixedPlan(level, np.array([0, *actions])))
        for level in range(4)
        for actions in itertools.product(range(3), repeat=3)
    ]
    for name, judge in judges.items():
        best = min(map(judge, every))
        assert judge(rates.cost(found[name])) == pytest.approx(best, rel=1e-7, abs=1e-9 * c_r)
