"""Limits next to the least that any plan needs, and to what the best plan without limits does."""

from __future__ import annotations

from typing import Any

import pytest

import amopt
from amopt.errors import InfeasibleError
from tests.maintenance.test_days import at_random

SHORT = (1e-6, 1e-7, 1e-8)


def just_below(seed: int, short: float) -> tuple[Any, dict[str, Any]]:
    """Return the best plan without limits, and the data with a limit just below its downtime."""
    data = at_random(seed)
    free = amopt.solve(amopt.load(data))
    used = free.rows["account"][0]["downtime_days_per_year"]
    return free, {**data, "limits": {"downtime_days_per_year": used * (1 - short)}}


@pytest.mark.sampled(1)
@pytest.mark.parametrize("short", SHORT)
@pytest.mark.parametrize(
    "seed", [1027, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1020, 2005, 2008))]
)
def test_a_limit_just_below_what_is_best_is_kept_at_next_to_no_cost(
    seed: int, short: float
) -> None:
    """Without a printer nothing keeps it, by a hair: the solver called it neither yes nor no."""
    free, data = just_below(seed, short)
    answer = amopt.solve(amopt.load(data))
    assert str(answer.outcome.status) == "optimal"
    most = data["limits"]["downtime_days_per_year"]
    # years of two kinds are joined by changes on a ten-millionth of the days
    assert answer.rows["account"][0]["downtime_days_per_year"] <= most * (1 + 1e-7)
    rise = answer.outcome.objective / free.outcome.objective - 1
    assert -1e-9 <= rise <= 1e-5
    alone = [row for row in answer.rows["account"] if row["sourcing"] == "regular parts only"]
    assert bool(alone) != any("Without printing" in note for note in answer.notes)


@pytest.mark.parametrize("method", ["auto", "program"])
@pytest.mark.parametrize("short", SHORT)
def test_a_limit_just_below_the_least_that_any_plan_needs_is_named(
    short: float, method: str
) -> None:
    _, data = just_below(1026, short)
    with pytest.raises(InfeasibleError, match=r"This cannot hold: downtime") as told:
        amopt.solve(amopt.load(data), method=method)
    assert told.value.conflict
    assert told.value.remedies


@pytest.mark.parametrize("method", ["auto", "program"])
@pytest.mark.parametrize("short", [1e-9, 0.0])
def test_a_limit_that_is_missed_by_rounding_is_kept(short: float, method: str) -> None:
    free, data = just_below(1026, short)
    answer = amopt.solve(amopt.load(data), method=method)
    assert answer.outcome.objective == pytest.approx(free.outcome.objective, rel=1e-6)
