"""Optimum, forms and tables against brute force and numbers worked by hand."""

from tests.placement import brute_force
import pytest
from tests.placement.cases import random_data

from amopt.placement import Instance, solve


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("stocked", [True, False])
def test_single_sourcing_is_what_brute_force_finds(seed, stocked):
    data = random_data(seed, stocked=stocked, single=True)
    answer = solve(Instance.from_dict(data))
    assert answer.outcome.objective == pytest.approx(brute_force.best_single(data), rel=1e-6)
    assert answer.verdict.accepted


@pytest.mark.parametrize("seed", range(12))
def test_split_supply_is_what_brute_force_finds(seed):
    data = random_data(seed, places=4, single=False)
    answer = solve(Instance.from_dict(data), forms=False)
    assert answer.outcome.objective == pytest.approx(brute_force.best_split(data), rel=1e-6)
