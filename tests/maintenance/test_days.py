"""The best plan and the policies of the source against days and events that are told in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import amopt
from amopt.errors import NoAnswerError
from amopt.maintenance import study
from amopt.maintenance.best_ages import best_thresholds
from tests.maintenance.cases import small
from tests.oracles.upkeep import Upkeep, policy_cost
from tests.seeds import seeds


def at_random(seed: int) -> dict[str, Any]:
    """Return plain data of one part, and mostly of a printed one, with lives of every kind."""
    draw = np.random.default_rng(seed)

    def life(low: float, high: float) -> dict[str, Any]:
        kind, days = int(draw.integers(3)), float(draw.uniform(low, high))
        if kind == 0:
            shape = float(draw.uniform(1, 5))
            return {"distribution": "weibull", "scale_days": days, "shape": shape}
        if kind == 1:
            shape = float(draw.uniform(1.2, 6))
            return {"distribution": "gamma", "scale_days": days / shape, "shape": shape}
        young, old = float(draw.uniform(0.75, 0.95)), float(draw.uniform(0.2, 0.4))
        points = [(days / 2, young), (days, old)]
        told = [{"age_days": age, "survival": share} for age, share in points]
        return {"distribution": "tabulated", "points": told}

    lead = int(draw.integers(1, 7))
    data: dict[str, Any] = {
        "amopt": 1,
        "kind": "maintenance",
        "name": "At random",
        "regular": {
            "cost": float(draw.uniform(20, 200)),
            "lead_time_days": lead,
            "life": life(8, 30),
        },
        "replacement_cost": float(draw.uniform(0, 30)),
        "failure_cost": float(draw.uniform(0, 80)),
        "downtime_cost_per_day": float(draw.uniform(1, 60)),
        "holding_cost_per_day": float(draw.uniform(0, 3)),
        "oldest_survival": 0.02,
    }
    if lead > 1 and draw.random() < 0.85:
        cost, quick = float(draw.uniform(5, 100)), int(draw.integers(1, lead))
        data["printed"] = {"cost": cost, "lead_time_days": quick, "life": life(3, 15)}
    return data


@pytest.mark.parametrize("seed", seeds(120, always=2))
def test_value_iteration_and_events_agree(seed: int) -> None:
    data = at_random(seed)
    instance = amopt.load(data)
    low, high = Upkeep(data).least_cost()
    try:
        answer = amopt.solve(instance, method="arrays" if seed % 4 == 3 else "auto")
    except NoAnswerError as error:  # nothing at all is best: it says at what cost
        told = float(str(error).split(" a day")[0].rsplit(" ", 1)[1])
        assert told == pytest.approx(low, rel=1e-5)
    else:
        assert low - 1e-6 * high <= answer.outcome.objective <= high * (1 + 1e-6)
    for policy, (found,) in best_thresholds([instance]).items():
        if found is not None:
            told = (found.replace_at, found.bridge_before or 0, found.replace_printed_at or 0)
            ages = [min(age, 1e6) for age in told]  # its events know no never
            assert policy_cost(data, policy, *ages) == pytest.approx(found.cost_per_day, rel=3e-3)


@pytest.mark.parametrize("method", ["policy_iteration", "arrays", "program"])
def test_a_system_that_is_best_left_down_is_refused_in_words(method: str) -> None:
    with pytest.raises(NoAnswerError, match=r"nothing should ever be .* costs 2 a day"):
        amopt.solve(small(downtime_cost_per_day=2.0), method=method)


def test_a_variant_that_is_best_left_down_costs_its_downtime() -> None:
    instance = small(factorial={"downtime_cost_per_day": [2.0, 50.0]})
    for method in study.METHODS:
        first, second = study.variants(instance, method=method, workers=1)
        assert (first["best"], first["bound"]) == pytest.approx((2.0, 2.0))
        assert second["best"] > 2


def test_a_life_whose_failure_rate_jumps_is_accepted() -> None:
    """The referee integrates up to the jumps: it refused policies that were right."""
    points = [{"age_days": 11.3, "survival": 0.9}, {"age_days": 23.7, "survival": 0.25}]
    regular = small().regular.model_dump()
    life = {"distribution": "tabulated", "points": points}
    assert amopt.solve(small(regular={**regular, "life": life})).verdict.accepted
