"""A bound above a plan is wrong: it is not made a proof, and the referee refuses it."""

from dataclasses import replace

import pytest

from amopt.errors import RefusedError
from amopt.placement import Instance, solve
from amopt.placement.methods import decomposed_plan, lagrangian
from amopt.placement.methods.decomposition import Decomposition
from tests.placement.cases import random_data

PERIODS = [{"name": f"t{t}", "years": 1.0, "demand_factor": 1.0 + t} for t in range(3)]


def refused(instance, method):
    with pytest.raises(RefusedError) as told:
        solve(instance, method=method, forms=False)
    assert told.value.outcome.status == "refused"
    assert "outcome: bound above the objective" in str(told.value)


def test_one_of_the_decomposition_is_refused(monkeypatch):
    honest = Decomposition.at
    monkeypatch.setattr(decomposed_plan, "SMALL", 0)
    monkeypatch.setattr(
        Decomposition,
        "at",
        lambda *prices: replace(found := honest(*prices), bound=5 * found.bound),
    )
    instance = Instance.from_dict(random_data(3, periods=PERIODS))
    refused(instance, "decomposition")


@pytest.mark.parametrize("single", [True, False])
def test_one_of_the_prices_is_refused(single, monkeypatch):
    honest = lagrangian.LagrangianSearch._outcome
    monkeypatch.setattr(
        lagrangian.LagrangianSearch,
        "_outcome",
        lambda self, stopped, bound, rounds, *, found: honest(
            self, stopped, 5 * bound, rounds, found=found
        ),
    )
    instance = Instance.from_dict(random_data(3, single=single))
    refused(instance, "lagrangian")
