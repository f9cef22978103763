"""Plans that cost nothing, or next to nothing beside what a day down costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import amopt
from amopt.maintenance.answer.solution import MaintenanceSolution
from tests.maintenance.cases import small


def free(shape: float = 12.0, **changes: Any) -> Any:
    """Return a part that costs nothing to replace and, if new, hardly ever fails."""
    life = {"distribution": "weibull", "scale_days": 40.0, "shape": shape}
    regular = {"cost": 0.0, "lead_time_days": 4, "life": life}
    costs = {"replacement_cost": 0.0, "failure_cost": 0.0, "holding_cost_per_day": 0.0}
    return small(regular=regular, **{**costs, **changes})


@pytest.mark.parametrize("method", ["auto", "arrays", "program"])
@pytest.mark.parametrize("printer", [True, False])
@pytest.mark.parametrize("money", [1e-3, 50.0, 1e9])
def test_a_plan_that_costs_nothing(method: str, printer: bool, money: float) -> None:
    instance = free(downtime_cost_per_day=money, **({} if printer else {"printed": None}))
    answer = amopt.solve(instance, method=method)
    assert answer.outcome.status == "optimal"
    assert answer.verdict.accepted
    assert 0 <= answer.outcome.objective < 1e-11 * money
    (total,) = answer.rows["totals"]
    assert total["thresholds_cost_percent"] is None
    assert total["printing_saves_percent"] is None
    assert all(row["above_best_percent"] is None for row in answer.rows["policies"])
    assert "%" not in " ".join(answer.headline())


def test_next_to_nothing_is_compared_as_closely_as_it_can_be() -> None:
    """Downtime of a part that mostly is replaced in time: 0.00076 a day, where a day costs 50."""
    answer = amopt.solve(free(3.0))
    assert answer.outcome.objective == pytest.approx(0.000759005826, rel=1e-8)
    (total,) = answer.rows["totals"]
    assert (total["best_policy"], total["thresholds_cost_percent"]) == ("B", -100.0)
    for table, column in (("account", "cost_per_day"), ("policies", "exact_cost_per_day")):
        *rest, last = answer.rows[table]
        wrong = {**answer.rows, table: [*rest, {**last, column: last[column] * 1.00001}]}
        edited: MaintenanceSolution = replace(answer, rows=wrong)
        assert not amopt.maintenance.check(free(3.0), edited).accepted
