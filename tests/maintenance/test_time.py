"""A time limit holds for what is done before and beside the solver, too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

import amopt
from amopt.errors import NoAnswerError
from amopt.maintenance import best_ages, formulation, study
from amopt.maintenance.methods import batch, program, renewal
from amopt.program.solver.options import Options
from amopt.program.time import Budget
from tests.maintenance.cases import small

STEPS: tuple[Callable[[Any, Budget], Any], ...] = (
    lambda one, spent: program.by_arrays(one, Options(), spent),
    lambda one, spent: program.by_pyomo(one, Options(), spent),
    lambda one, spent: program.by_renewal(one, spent),
    lambda one, spent: formulation.formulate(one, budget=spent),
    lambda one, spent: batch.by_iteration([one], spent),
    lambda one, spent: batch.by_programs([one], workers=1, budget=spent),
    lambda one, spent: best_ages.best_thresholds([one], spent),
)


@pytest.mark.parametrize("step", STEPS)
def test_no_step_begins_when_the_time_is_spent(step: Callable[[Any, Budget], Any]) -> None:
    spent = Budget(1e-9)
    with pytest.raises(NoAnswerError, match="allow more time"):
        step(small(), spent)


@pytest.mark.parametrize("method", study.METHODS)
def test_a_factorial_keeps_a_time_limit(method: str) -> None:
    instance = small(factorial={"failure_cost": [10.0, 40.0]})
    with pytest.raises(NoAnswerError, match="1e-09 s was reached"):
        study.variants(instance, method=method, time_limit=1e-9)


def test_a_factorial_is_solved_in_parts_that_fit_into_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    members = [small().variant(failure_cost=cost) for cost in (10.0, 40.0, 90.0)]
    whole = batch.by_iteration(members)
    held: list[int] = []
    solve = renewal.solve

    def counting(some: Sequence[Any], budget: Budget | None) -> renewal.Renewal:
        held.append(len(some))
        return solve(some, budget)

    monkeypatch.setattr(batch, "AT_ONCE", members[0].states)
    monkeypatch.setattr(renewal, "solve", counting)
    parts = batch.by_iteration(members)
    assert held == [1, 1, 1]
    assert parts.gain == pytest.approx(whole.gain, rel=1e-12)


def test_a_variant_with_too_many_states_is_a_finding() -> None:
    with pytest.raises(amopt.InvalidInstanceError, match="with a scale of 100,000 days"):
        small(factorial={"printed_scale_days": [2.0, 1e5]})
