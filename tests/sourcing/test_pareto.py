"""Nondominated answers against trying every plan."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

import amopt
from amopt.sourcing import pareto
from tests.oracles.one_line import orders_of
from tests.sourcing.random_instances import instance


def every_plan(data: dict[str, Any]) -> list[tuple[float, float]]:
    """Return cost and weeks of every way of filling the line."""
    need = data["lines"][0]["quantity"]
    choices = [{0: (0.0, 0.0), **orders_of(offer, need)} for offer in data["offers"]]
    choices += [
        {0: (0.0, 0.0)}
        | {
            q: (entry["asset_cost"] + entry["cost_per_part"] * q, entry["lead_time_weeks"])
            for q in range(int(entry["minimum_order"]), need + 1)
        }
        for entry in data["conventional"]
    ]
    found = []
    for amounts in product(*choices):
        if sum(amounts) == need:
            orders = [own[q] for own, q in zip(choices, amounts, strict=True) if q]
            found.append((sum(c for c, _ in orders), max(w for _, w in orders)))
    return found


@pytest.mark.parametrize("seed", [4, 21, 33])
def test_all_nondominated_answers_are_found(seed: int) -> None:
    data = instance(seed)
    data.pop("limits", None)
    data["offers"] = data["offers"][:2]
    data["lines"][0]["quantity"] = 12
    plans = sorted(every_plan(data), key=lambda plan: (round(plan[0], 6), plan[1]))
    best: list[tuple[float, float]] = []
    for cost, weeks in plans:
        if not best or weeks < best[-1][1] - 1e-9:
            best.append((cost, weeks))
    found = pareto(amopt.load(data), ("cost", "weeks"))
    answers = [(row["cost"], row["weeks"]) for row in found.rows["answers"]]
    assert len(answers) == len(best)
    for mine, theirs in zip(answers, best, strict=True):
        assert mine == pytest.approx(theirs, rel=1e-6)


def test_criteria_are_checked() -> None:
    with pytest.raises(amopt.UsageError, match="name two of"):
        pareto(amopt.load(instance(4)), ("cost", "speed"))
