"""Limits beside discounted cost: what limits count is not discounted, and neither are prices."""

from __future__ import annotations

from dataclasses import replace

import pytest

import amopt
from amopt.printing import check
from tests.printing.limits.test_limits import (
    cheapest_choice,
    cheapest_mix,
    limit_of,
    place,
    policies,
    thresholds,
    used_freely,
)


@pytest.mark.parametrize("measure", ["prints", "availability", "orders"])
def test_discounted_cost_takes_limits_that_are_not_discounted(measure: str) -> None:
    """Against every mix, and the best plan that does not mix against every choice of policies."""
    data = place({"print_cost": 80.0}, {"print_cost": 12.0, "expedite_cost": 130.0})
    data["criterion"] = {"discount_per_day": 0.9}
    limit = limit_of(measure, 0.98 if measure == "orders" else 0.6, used_freely(data, measure))
    limited = {**data, "limits": [limit]}
    instance, horizon = amopt.load(limited), 1 - 0.9**3
    answer = amopt.solve(instance)
    assert answer.outcome.method.startswith("prices")
    best = cheapest_mix(limited)
    assert answer.outcome.objective * horizon == pytest.approx(best, rel=1e-7)
    assert answer.outcome.bound * horizon == pytest.approx(best, rel=1e-7)
    least, of_thresholds = (
        cheapest_choice(limited, [kind(instance, index) for index in range(2)])
        for kind in (policies, thresholds)
    )
    total = answer.rows["totals"][0]
    cost = total["deterministic_yearly_cost"] or total["yearly_cost"]  # where it does not mix
    cost += total["yearly_unavoidable_cost"]
    assert least * (1 - 1e-6) <= cost * 3 / 364 <= of_thresholds * (1 + 1e-6)
    rows = [{**answer.rows["limits"][0], "dual": 0.9 * answer.rows["limits"][0]["dual"]}]
    rows[0]["yearly_worth"] = -rows[0]["dual"] * 364 / 3
    verdict = check(instance, replace(answer, rows={**answer.rows, "limits": rows}))
    assert "called optimal" in " ".join(verdict.findings)  # by its Bellman residual at that price
