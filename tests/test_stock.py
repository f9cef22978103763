"""Stock arithmetic against exact chains, high precision, simulation and brute force."""

import heapq
import random
import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from amopt.stock import (
    base_stock_cost,
    best_base_stock,
    erlang_loss,
    erlang_loss_table,
    least_base_stock,
    least_for_shortage,
    newsvendor_cost,
    newsvendor_quantity,
)


def exact_loss(level, load):
    """B(S, a) in rational arithmetic."""
    loss = Fraction(1)
    for s in range(1, level + 1):
        loss = load * loss / (s + load * loss)
    return loss


def birth_death_loss(level, rate, lead_time):
    """The share of time that a chain of parts on order spends with the shelf empty."""
    generator = np.zeros((level + 1, level + 1))
    for on_order in range(level):
        generator[on_order, on_order + 1] = rate
        generator[on_order + 1, on_order] = (on_order + 1) / lead_time
    generator -= np.diag(generator.sum(axis=1))
    system = np.vstack([generator.T, np.ones(level + 1)])
    return np.linalg.lstsq(system, np.eye(level + 2)[-1], rcond=None)[0][-1]


@pytest.mark.parametrize("level", [0, 1, 2, 5, 17, 60])
@pytest.mark.parametrize("load", [Fraction(1, 1000), Fraction(1, 2), Fraction(7), Fraction(55)])
def test_loss_is_the_fraction_it_should_be(level, load):
    expected = float(exact_loss(level, load))
    assert erlang_loss(level, float(load)) == pytest.approx(expected, rel=1e-12, abs=1e-300)
    assert erlang_loss_table(level, [float(load)])[0, level] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("level", [0, 1, 3, 8])
@pytest.mark.parametrize(("rate", "lead_time"), [(0.3, 1.0), (4.0, 0.5), (2.0, 6.0)])
def test_loss_is_that_of_the_birth_death_chain(level, rate, lead_time):
    expected = birth_death_loss(level, rate, lead_time)
    assert erlang_loss(level, rate * lead_time) == pytest.approx(expected, rel=1e-9)


def test_large_loads_against_the_recursion():
    for load in (1e3, 1e4, 1e5):
        levels = np.array([0, 1, load // 2, load - 300, load, load + 1, load + 400, 1.05 * load])
        levels = np.floor(levels).astype(int)
        table = erlang_loss_table(int(levels.max()), [load])[0]
        assert erlang_loss(levels, load) == pytest.approx(table[levels], rel=1e-10, abs=1e-290)


def test_large_loads_against_scipy():
    levels = np.arange(9_700, 10_400, 50)
    poisson = stats.poisson(1e4)
    assert erlang_loss(levels, 1e4) == pytest.approx(poisson.pmf(levels) / poisson.cdf(levels))


def test_loss_at_the_edges():
    assert erlang_loss(0, 0.0) == 1
    assert erlang_loss(3, 0.0) == 0
    assert erlang_loss([[0], [1]], [1.0, 3.0]).tolist() == [[1, 1], [0.5, 0.75]]
    assert erlang_loss(10**6, 1.0) == 0
    for level, load in [(-1, 1.0), (1.5, 1.0), (1, -1.0), (1, np.nan), (1, np.inf)]:
        with pytest.raises(ValueError):
            erlang_loss(level, load)


@settings(max_examples=100, deadline=None)
@given(st.floats(1e-6, 500))
def test_loss_is_decreasing_and_convex(load):
    loss = erlang_loss(np.arange(60), load)
    assert (np.diff(loss) <= 0).all()
    assert (np.diff(loss, 2) > -1e-13).all()


def simulate(level, rate, lead_time, horizon, seed):
    """Simulate the shelf with deterministic lead times; return the share of demand lost."""
    rng = random.Random(seed)
    now, arrivals, shelf, lost, demands = 0.0, [], level, 0, 0
    while (now := now + rng.expovariate(rate)) < horizon:
        while arrivals and arrivals[0] <= now:
            heapq.heappop(arrivals)
            shelf += 1
        demands += 1
        if shelf:
            shelf -= 1
            heapq.heappush(arrivals, now + lead_time)
        else:
            lost += 1
    return lost / demands


@pytest.mark.parametrize(("level", "load"), [(1, 0.4), (3, 2.0)])
def test_loss_is_what_a_simulation_shows(level, load):
    shown = simulate(level, 1.0, load, 60_000, seed=7)
    assert erlang_loss(level, load) == pytest.approx(shown, abs=0.01)


COSTS = {"rate": 4.0, "holding_cost": 30.0, "regular_cost": 100.0, "emergency_cost": 400.0}


def test_cost_by_hand():
    # B(1, 1) = 1/2: one part held, half of four demands met at 100 and half at 400.
    assert base_stock_cost(1, 1.0, **COSTS) == pytest.approx(30 + 4 * 250)


@settings(max_examples=150, deadline=None)
@given(
    load=st.floats(0, 60),
    rate=st.floats(0, 200),
    holding=st.floats(0.01, 1000),
    shortage=st.floats(-50, 5000),
)
def test_best_level_is_that_of_brute_force(load, rate, holding, shortage):
    cost = base_stock_cost(
        np.arange(200),
        load,
        rate=rate,
        holding_cost=holding,
        regular_cost=0.0,
        emergency_cost=shortage,
    )
    best = int(best_base_stock(load, rate=rate, holding_cost=holding, shortage_cost=shortage))
    assert cost[best] <= cost.min() + 1e-9 * (1 + abs(cost.min()))


def test_best_levels_of_many_at_once():
    loads = np.array([0.0, 0.1, 5.0, 1e4])
    levels = best_base_stock(loads, rate=loads * 10, holding_cost=1.0, shortage_cost=50.0)
    for load, level in zip(loads, levels, strict=True):
        around = np.arange(max(level - 40, 0), level + 40)
        cost = base_stock_cost(
            around,
            load,
            rate=load * 10,
            holding_cost=1.0,
            regular_cost=0.0,
            emergency_cost=50.0,
        )
        assert around[cost.argmin()] == level


def test_free_stock_has_no_best_level():
    with pytest.raises(ValueError, match="no finite"):
        best_base_stock(1.0, rate=1.0, holding_cost=0.0, shortage_cost=1.0)
    assert best_base_stock(0.0, rate=0.0, holding_cost=0.0, shortage_cost=1.0) == 0


@settings(max_examples=100, deadline=None)
@given(st.floats(0, 100), st.floats(0, 0.99999))
def test_least_level_meets_the_fill_rate_and_the_one_below_does_not(load, fill_rate):
    level = int(least_base_stock(load, fill_rate))
    assert erlang_loss(level, load) <= 1 - fill_rate
    assert level == 0 or erlang_loss(level - 1, load) > 1 - fill_rate


def test_a_fill_rate_of_one_needs_no_demand():
    assert least_base_stock(0.0, 1.0) == 1
    with pytest.raises(ValueError, match="fill rate of 1"):
        least_base_stock(0.1, 1.0)


def test_newsvendor_by_hand_and_by_brute_force():
    demand = stats.poisson(10)
    quantity = newsvendor_quantity(demand, underage_cost=7, overage_cost=3)
    cost = [newsvendor_cost(q, demand, underage_cost=7, overage_cost=3) for q in range(30)]
    assert quantity == int(np.argmin(cost))
    support = np.arange(200)
    by_sum = 7 * np.maximum(support - 12, 0) + 3 * np.maximum(12 - support, 0)
    assert cost[12] == pytest.approx(float(by_sum @ demand.pmf(support)), rel=1e-9)
    normal = stats.norm(100, 20)
    assert newsvendor_quantity(normal, underage_cost=1, overage_cost=1) == pytest.approx(100)
    assert newsvendor_cost(100, normal, underage_cost=1, overage_cost=1) == pytest.approx(
        20 * np.sqrt(2 / np.pi), rel=1e-6
    )
    with pytest.raises(ValueError, match="positive"):
        newsvendor_quantity(normal, underage_cost=0, overage_cost=1)


@pytest.mark.parametrize("load", [-1.0, np.nan, np.inf])
def test_loads_that_are_none_are_refused(load):
    for call in (
        lambda: erlang_loss(3, load),
        lambda: erlang_loss_table(3, [1.0, load]),
        lambda: best_base_stock(load, rate=1, holding_cost=1, shortage_cost=1),
        lambda: least_base_stock(load, 0.9),
    ):
        with pytest.raises(ValueError, match="loads must be finite and at least 0"):
            call()


@pytest.mark.parametrize("largest", [-1, 2.5, np.nan])
def test_levels_that_are_none_are_refused(largest):
    for call in (erlang_loss, erlang_loss_table):
        with pytest.raises(ValueError, match="whole numbers"):
            call(largest, 1.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rate": np.nan}, "demand rates"),
        ({"rate": -1.0}, "demand rates"),
        ({"holding_cost": -2.0}, "holding costs"),
        ({"holding_cost": np.nan}, "holding costs"),
        ({"shortage_cost": np.inf}, "shortage costs"),
        ({"rate": 1e300, "shortage_cost": 1e300}, "shortages cost a year"),
    ],
)
def test_costs_that_are_none_are_refused_by_name(change, words):
    with pytest.raises(ValueError, match=words):
        best_base_stock(2.0, **{"rate": 1.0, "holding_cost": 1.0, "shortage_cost": 9.0, **change})


@pytest.mark.parametrize("rate", [1.5, np.nan])
def test_fill_rates_that_are_none_are_refused(rate):
    with pytest.raises(ValueError, match="fill rates"):
        least_base_stock(0.0, rate)


def loss_by_sum(level, load):
    """B(S, a) as 1 over the sum of the falling products, which adds up about 40 sqrt(a) terms."""
    terms = min(level, int(abs(level - load) + 40 * load**0.5) + 10)
    ratios = (level - np.arange(terms)) / load
    logs = np.concatenate([[0.0], np.cumsum(np.log(ratios))])
    top = logs.max()
    return float(np.exp(-top) / np.exp(logs - top).sum())


@pytest.mark.parametrize("load", [30.0, 1e3, 12345.6, 1e6, 1e7, 1e9])
def test_large_loads_near_and_far_against_the_sum(load):
    steps = np.array([-20, -6, -4.1, -3.9, -1, 0, 1, 3, 6])
    levels = np.unique(np.maximum(np.floor(load + steps * np.sqrt(load)), 1)).astype(int)
    expected = [loss_by_sum(level, load) for level in levels.tolist()]
    rel = 1e-10 if load <= 1e7 else 1e-8
    assert erlang_loss(levels, load) == pytest.approx(expected, rel=rel)


def test_the_work_does_not_grow_with_the_load():
    began = time.perf_counter()
    loads = np.array([1e6, 1e8, 1e10, 1e12])
    best = best_base_stock(loads, rate=loads, holding_cost=1.0, shortage_cost=10.0)
    enough = least_base_stock(loads, 0.99)
    assert time.perf_counter() - began < 2
    # The normal approximation: a few standard deviations around the load.
    assert (np.abs(best - loads) < 10 * np.sqrt(loads)).all()
    assert (np.abs(enough - loads) < 10 * np.sqrt(loads) + 0.02 * loads).all()
    with pytest.raises(ValueError, match="beyond"):
        least_base_stock(1e17, 0.5)


def test_levels_for_shortages_below_rounding():
    load = 3.0
    for shortage in (0.5, 1e-3, 1e-12, 1e-30):
        level = int(least_for_shortage(load, shortage))
        assert float(exact_loss(level, 3)) <= shortage < float(exact_loss(level - 1, 3))
    assert least_for_shortage(0.0, 0.0) == 1
    with pytest.raises(ValueError, match="no shortage at all"):
        least_for_shortage(1.0, 0.0)


@pytest.mark.parametrize("load", [200.5, 5000.0])
def test_the_best_level_of_a_large_load_by_force(load):
    levels = np.arange(int(load * 1.2))
    cost = base_stock_cost(
        levels, load, rate=load, holding_cost=2.0, regular_cost=0.0, emergency_cost=15.0
    )
    best = int(best_base_stock(load, rate=load, holding_cost=2.0, shortage_cost=15.0))
    assert cost[best] == pytest.approx(cost.min(), rel=1e-12)
