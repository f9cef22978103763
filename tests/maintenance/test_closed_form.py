"""The policies of the source: its numbers, a simulator that shares no code, continuous time."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import amopt
from amopt.errors import UsageError
from amopt.maintenance import study
from amopt.maintenance.best_ages import best_thresholds, refined
from amopt.maintenance.closed_form import POLICIES, Thresholds, age_replacement, cost_rate
from amopt.maintenance.instance.lifetimes import Life
from amopt.maintenance.referee.quadrature import policy_cost
from amopt.report.studies.varied import document_of
from tests.maintenance.cases import small

KNOWN = {
    "B": (3.785155, 591, None, None),
    "TR": (3.738369, 478, 461, None),
    "DA": (3.639141, 494, 482, 112),
}


@pytest.mark.slow
@pytest.mark.parametrize("policy", POLICIES)
def test_the_example_of_the_source(policy: str) -> None:
    (found,) = best_thresholds([amopt.load("maintenance/example")])[policy]
    ages = (found.replace_at, found.bridge_before, found.replace_printed_at)
    assert (round(found.cost_per_day, 6), *ages) == KNOWN[policy]


def test_the_factorial_of_the_source() -> None:
    rows = study.variants(amopt.load("maintenance/factorial"))
    cost = {name: np.array([row[name] for row in rows]) for name in (*POLICIES, "best", "bound")}
    assert len(rows) == 243
    assert (cost["DA"] < cost["B"]).sum() == 195
    for better, worse, percent in (("TR", "B", 1.45), ("DA", "B", 3.95), ("DA", "TR", 2.53)):
        assert round(100 * (1 - cost[better] / cost[worse]).mean(), 2) == percent
    assert (cost["best"] < np.min([cost[name] for name in POLICIES], axis=0)).all()
    assert (cost["best"] - cost["bound"] < 1e-7).all()


def test_a_factorial_has_a_page_with_a_picture(amopt_command: Any, tmp_path: Path) -> None:
    varied = {"downtime_cost_per_day": [2.0, 5.0], "print_cost": [3.0, 30.0]}
    instance = small(factorial=varied)
    (tmp_path / "f.json").write_text(json.dumps(instance.to_dict()), encoding="utf-8")
    words = ("maintenance", "factorial", "f.json")
    run = amopt_command(*words, "--html-light", "f.html", "--json")
    assert run.code == 0, run.err
    text = (tmp_path / "f.html").read_text(encoding="utf-8")
    assert "policy DA" in text
    assert "4 variants." in text
    rows = run.json["variants"]
    (section, table) = document_of("x", "EUR", rows, []).sections
    assert table.table.rows == rows
    worst = section.figure.data[2].y[-1]
    assert worst == max(100 * (row["DA"] / row["best"] - 1) for row in rows)
    assert min(section.figure.data[0].y) >= 0


def test_the_linear_programs_of_a_factorial_agree_with_policy_iteration() -> None:
    """Two groups of lives and three costs each, by two solvers at a time."""
    varied = {"printed_scale_days": [2.0, 3.0], "print_cost": [5.0, 60.0, 400.0]}
    instance = small(factorial=varied)
    quick = study.variants(instance)
    programs = study.variants(instance, method="arrays", workers=2)
    for one, other in zip(quick, programs, strict=True):
        assert other["best"] == pytest.approx(one["best"], rel=1e-9)
        assert other["bound"] == pytest.approx(other["best"], rel=1e-9)
        assert {**one, "best": 0, "bound": 0} == {**other, "best": 0, "bound": 0}
    with pytest.raises(UsageError, match="choose one of policy_iteration, arrays"):
        study.variants(instance, method="simplex")


def test_classical_age_replacement() -> None:
    life = Life(distribution="weibull", scale_days=1000.0, shape=2.5)
    age, rate = age_replacement(life, 1.0, 5.0)
    assert age == pytest.approx(493.0470, abs=2e-3)
    assert round(rate, 8) == 0.00346204


LIVES = {
    "weibull": Life(distribution="weibull", scale_days=40.0, shape=3.0),
    "gamma": Life(distribution="gamma", scale_days=2.0, shape=6.0),
    "tabulated": Life(
        distribution="tabulated",
        points=({"age_days": 10.0, "survival": 0.9}, {"age_days": 30.0, "survival": 0.4}),
    ),
}


@pytest.mark.parametrize("name", LIVES)
def test_expected_life_is_the_integral_of_survival(name: str) -> None:
    life = LIVES[name]
    grid = np.linspace(0, 55, 200_001)
    alive = life.survival(grid)
    assert alive[0] == 1
    area = np.concatenate([[0], np.cumsum((alive[1:] + alive[:-1]) / 2 * np.diff(grid))])
    np.testing.assert_allclose(life.expected_life(grid), area, atol=1e-7)
    assert float(life.survival(life.age_of_survival(0.2))) == pytest.approx(0.2)


@pytest.mark.parametrize("policy", POLICIES)
def test_integration_by_parts_is_the_integrals_of_the_source(policy: str) -> None:
    instance = small()
    for t_r, t_b, t_p in ((20.0, 17.3, 6.5), (31.5, 28.0, 4.0), (12.0, 0.0, None)):
        ages = {
            "B": Thresholds("B", 0, t_r),
            "TR": Thresholds("TR", 0, t_r, t_b),
            "DA": Thresholds("DA", 0, t_r, t_b, t_p),
        }[policy]
        direct = policy_cost(
            instance, policy, ages.replace_at, ages.bridge_before, ages.replace_printed_at
        )
        assert cost_rate(instance, ages) == pytest.approx(direct, rel=1e-8)


@pytest.mark.parametrize("policy", POLICIES)
def test_whole_days_are_the_best_of_all(policy: str) -> None:
    instance = small()
    (found,) = best_thresholds([instance])[policy]
    grid = [
        Thresholds(policy, 0, t_r, t_b, t_p)
        for t_r in map(float, range(4, instance.oldest_regular + 1))
        for t_b in ([None] if policy == "B" else [0.0, *(t_r - d for d in (2, 3, 4) if t_r > d)])
        for t_p in (
            map(float, range(4, instance.oldest_printed + 1)) if policy == "DA" and t_b else [None]
        )
    ]
    assert found.cost_per_day == pytest.approx(min(cost_rate(instance, one) for one in grid))
    exact = refined(instance, found)
    assert exact.cost_per_day <= found.cost_per_day
    assert exact.cost_per_day == pytest.approx(
        cost_rate(instance, dataclasses.replace(exact, cost_per_day=0))
    )


def with_shape(shape: float, **changes: Any) -> Any:
    """Return the small instance with a life of the regular part that hardly wears out."""
    life = {"distribution": "weibull", "scale_days": 40.0, "shape": shape}
    return small(regular={"cost": 120.0, "lead_time_days": 4, "life": life}, **changes)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("shape", [1.0, 1.2])
def test_a_part_that_hardly_wears_out_is_never_replaced(policy: str, shape: float) -> None:
    """The policy looked no further than the grid, and gave its end as the best age."""
    instance = with_shape(shape)
    (found,) = best_thresholds([instance])[policy]
    assert math.isinf(found.replace_at)
    for t_r in (20.0, 60.0, 120.0, 240.0, 480.0):
        t_b = None if policy == "B" else t_r - 2
        t_p = found.replace_printed_at
        assert cost_rate(instance, Thresholds(policy, 0, t_r, t_b, t_p)) > found.cost_per_day
    assert cost_rate(instance, found) == pytest.approx(found.cost_per_day, rel=1e-12)
    late = Thresholds(policy, 0, 3000.0, None if policy == "B" else 2998.0, t_p)
    assert cost_rate(instance, late) == pytest.approx(found.cost_per_day, rel=1e-9)
    answer = amopt.solve(instance)
    row = next(one for one in answer.rows["policies"] if one["policy"] == policy)
    assert row["replace_at"] is None
    assert any(f"{policy} never replace" in note or policy in note for note in answer.notes)
    planted = [
        {**one, "replace_at": 40.0} if one is row else one for one in answer.rows["policies"]
    ]
    rows = {**answer.rows, "policies": planted}
    assert not amopt.maintenance.check(instance, dataclasses.replace(answer, rows=rows)).accepted


def test_an_age_beyond_the_grid_is_found() -> None:
    """The grid ends at 86 days, the best age for policy B lies at 102."""
    instance = with_shape(2.0, holding_cost_per_day=0.0)
    assert instance.oldest_regular == 86
    (found,) = best_thresholds([instance])["B"]
    every = [cost_rate(instance, Thresholds("B", 0, float(t))) for t in range(4, 400)]
    assert found.replace_at == 4 + int(np.argmin(every)) == 102
    assert found.cost_per_day == min(every)


def test_a_gamma_life_is_known_to_its_end() -> None:
    for life in LIVES.values():
        late = life.expected_life([1e5, np.inf])
        assert late[0] == pytest.approx(late[1], rel=1e-12)


def simulated(policy: str, t_r: float, t_b: float, t_p: float, cycles: int) -> tuple[float, float]:
    """Simulate the example by event times, and return mean cost a day with its standard error."""
    rng = np.random.default_rng(20_26)
    x = 600 * rng.weibull(5, cycles)
    y = 160 * rng.weibull(5, cycles)
    h = 0.2 * 1200 / 365
    cost = 1400 + 400 * (x < t_r)
    if policy == "B":  # the next spare arrives 30 days after the last was installed
        length = np.minimum(x, t_r)
        cost = cost + h * np.maximum(length - 30, 0)
    else:
        early = x < t_b
        cost = cost + np.where(early, 600 + 200 + 50, 50 * np.clip(t_r - x, 0, t_r - t_b))
        cost = cost.astype(float)
        due = np.maximum(x + 30, t_r) if policy == "TR" else None
        if policy == "TR":
            length = 30 + np.minimum(x, t_r - 30)
            del due
        else:
            used = np.minimum(y, t_p)
            cost += np.where(early, 400 * (y < t_p), 0.0)
            # ordered at the failure, or at t_r - 30; held from its arrival to its installation
            arrival = np.where(x < t_r - 30, x + 30, t_r)
            held = np.where(used < 30, 0.0, x + 1 + used - arrival)
            cost += np.where(early, h * held, 0.0)
            length = np.where(early, x + 1 + used, t_r)
    rate = cost.sum() / length.sum()
    error = (cost - rate * length).std() / np.sqrt(cycles) / length.mean()
    return float(rate), float(error)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_simulation_of_each_policy_agrees(policy: str) -> None:
    cost, t_r, t_b, t_p = KNOWN[policy]
    rate, error = simulated(policy, t_r, t_b or 0, t_p or 0, 1_000_000)
    assert error < 0.002
    assert abs(rate - cost) < 4 * error
