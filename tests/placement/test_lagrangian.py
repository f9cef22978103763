"""Bounds that hold, plans near them, and a proof that does not trust the route."""

from dataclasses import replace

import numpy as np
import pytest

import amopt
from amopt.errors import NoAnswerError
from amopt.placement import Instance, solve
from amopt.placement.methods.pricing import Market, Prices, relax
from amopt.placement.methods.programs import ProgramSearch, array_programs
from amopt.placement.methods.transport import fill
from amopt.placement.referee.certificate import proven_bound
from amopt.placement.supply.supply import Supply
from amopt.program.solver import highs
from amopt.program.time import Budget
from tests.placement import brute_force
from tests.placement.cases import random_data


def prices_of(instance, prices):
    return dict(zip(Supply(instance).pairs, prices.tolist(), strict=True))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("stocked", [True, False])
def test_bound_and_plan_enclose_the_optimum(seed, stocked):
    data = random_data(seed, sites=3, places=4, stocked=stocked)
    best = brute_force.best_single(data)
    answer = solve(Instance.from_dict(data), method="lagrangian", forms=False)
    assert answer.outcome.bound <= best * (1 + 1e-9)
    assert answer.outcome.objective >= best * (1 - 1e-9)
    assert answer.verdict.measures["proven_bound"] >= answer.outcome.bound * (1 - 1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_any_prices_prove_a_bound(seed):
    instance = Instance.from_dict(random_data(seed, single=False))
    best = solve(instance, forms=False).outcome.objective
    market = Market(Supply(instance))
    rng = np.random.default_rng(seed)
    for scale in (0.0, 0.5, 1.0, 3.0):
        prices = market.free * rng.uniform(0, 1, market.pairs) * scale
        proven = proven_bound(instance, prices_of(instance, prices))
        assert proven <= best * (1 + 1e-9)
        if scale <= 1:
            assert relax(market, prices).bound == pytest.approx(proven, rel=1e-6, abs=1e-6)


def test_prices_beat_the_linear_relaxation():
    instance = amopt.load("placement/synthetic")
    search = ProgramSearch(array_programs(Supply(instance)), highs.Options(gap=0.5), Budget())
    search.begin()
    relaxed = search.relaxation
    prices = Prices(Market(Supply(instance)))
    for _ in range(300):
        prices.climb(1.05 * relaxed)
    assert prices.bound >= relaxed * (1 - 1e-4)
    bounds = proven_bound(instance, prices_of(instance, prices.best))
    assert bounds == pytest.approx(prices.bound, rel=1e-6)


def test_a_wrong_bound_is_refused(monkeypatch):
    from amopt.placement.methods import lagrangian

    instance = amopt.load("placement/textbook")
    honest = lagrangian.LagrangianSearch.finish

    def boast(*arguments):
        found = honest(*arguments)
        outcome = replace(found.outcome, bound=found.outcome.objective)
        return replace(found, outcome=outcome, prices=found.prices * 0.5)

    monkeypatch.setattr(lagrangian.LagrangianSearch, "finish", boast)
    with pytest.raises(amopt.RefusedError, match="the prices prove"):
        solve(instance, method="lagrangian", forms=False)


def test_the_forms_agree_with_the_program():
    for name in ("placement/textbook", "placement/aircraft-future", "placement/aircraft-today"):
        instance = amopt.load(name)
        by_program = solve(instance, method="milp").rows["bill"][-1]
        by_prices = solve(instance, method="lagrangian").rows["bill"][-1]
        for form in ("central", "distributed", "conventional"):
            assert by_prices[form] == pytest.approx(by_program[form], rel=1e-3)


@pytest.mark.parametrize("seed", range(10))
def test_filling_keeps_every_unit_within_its_hours(seed):
    instance = Instance.from_dict(random_data(seed, sites=3, places=12, stocked=False))
    market = Market(Supply(instance))
    rng = np.random.default_rng(seed)
    count = rng.integers(0, market.most + 1)
    filled = fill(market, count)
    used = np.zeros(market.units)
    own = np.flatnonzero(filled.unit >= 0)
    np.add.at(used, filled.unit[own], market.hours[filled.unit[own], own])
    assert (used <= market.capacity * count + 1e-6).all()
    assert (filled.count <= count).all()


def test_a_time_limit_gives_what_was_found():
    answer = solve(
        amopt.load("placement/synthetic"),
        method="lagrangian",
        options=highs.Options(time_limit=0.5),
    )
    assert answer.outcome.status in ("feasible", "optimal")
    assert answer.outcome.bound <= answer.outcome.objective


def test_a_gap_that_is_left_is_told():
    instance = Instance.from_dict(random_data(3, sites=3, places=4))
    answer = solve(instance, method="lagrangian", options=highs.Options(gap=0.0), forms=False)
    told = any("No plan can be more than" in note for note in answer.notes)
    assert told == (answer.outcome.status == "feasible")


def test_no_plan_in_time_is_told_as_such():
    data = random_data(0, stocked=False)
    data["conventional"] = []
    for entry in data["demand"]:
        entry["per_year"] = 500.0
    instance = Instance.from_dict(data)
    with pytest.raises(NoAnswerError, match="Method 'milp'"):
        solve(instance, method="lagrangian")
    with pytest.raises(NoAnswerError, match="allow more time"):
        solve(instance, method="lagrangian", options=highs.Options(time_limit=1e-6))
