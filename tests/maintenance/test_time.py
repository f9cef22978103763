"""A time limit holds for what is done before and beside the solver, too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import amopt
from amopt.errors import NoAnswerError
from amopt.maintenance import best_ages, formulation, study
from amopt.maintenance.instance.lifetimes import Life
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


def many_points(points: int, scale: float, shape: float) -> dict[str, Any]:
    """Return a life of so many points."""
    ages = np.linspace(scale / 100, scale * 1.5, points).tolist()
    survival = np.exp(-((np.array(ages) / scale) ** shape)).tolist()
    told = [{"age_days": a, "survival": s} for a, s in zip(ages, survival, strict=True)]
    return {"distribution": "tabulated", "points": told}


def test_a_life_of_very_many_points_is_no_deep_recursion() -> None:
    """With 1,200 points the referee's integrals went too deep; with 5,000 ages took 46 s."""
    regular, printed = (small().to_dict()[part] for part in ("regular", "printed"))
    regular["life"], printed["life"] = many_points(3000, 40.0, 3.0), many_points(1500, 10.0, 2.0)
    answer = amopt.solve(small(regular=regular, printed=printed), time_limit=60)
    smooth = {"distribution": "weibull", "scale_days": 40.0, "shape": 3.0}
    regular["life"], printed["life"] = smooth, {**smooth, "scale_days": 10.0, "shape": 2.0}
    plain = amopt.solve(small(regular=regular, printed=printed))
    assert answer.verdict.accepted
    assert answer.outcome.objective == pytest.approx(plain.outcome.objective, rel=1e-3)


def test_a_life_is_that_of_its_own_points() -> None:
    life = Life(**many_points(3, 40.0, 3.0))
    other = Life(**many_points(4, 20.0, 2.0))
    assert life.survival(10.0) != other.survival(10.0)
    copy = life.model_copy(update={"points": other.points})
    assert copy.survival(10.0) == other.survival(10.0)


def test_the_policies_of_the_source_keep_a_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables of an answer looked for the ages of its policies without a limit."""
    budgets: list[Budget] = []

    def spending(whole: Callable[..., Any]) -> Callable[..., Any]:
        def called(one: Any, *rest: Any) -> Any:
            budgets.append(rest[-1])
            return whole(one, *rest)

        return called

    for name in ("best_thresholds", "refined"):
        monkeypatch.setattr(best_ages, name, spending(getattr(best_ages, name)))
    amopt.solve(small(), time_limit=600)
    assert {budget.limit for budget in budgets} == {600}
    assert len(budgets) == 4
    found = best_ages.best_thresholds([small()], Budget(600))
    with pytest.raises(NoAnswerError, match="allow more time"):
        best_ages.refined(small(), found["DA"][0], Budget(1e-9))
