"""The supply columns: their costs by hand, by the exact chain, and by a simulation."""

import heapq
import random

import numpy as np
import pytest

from amopt.placement import Instance
from amopt.placement.supply.columns import CONVENTIONAL, EMERGENCY, KINDS
from amopt.placement.supply.supply import Supply
from tests.placement.cases import random_data


def one_place(**part):
    return Instance.from_dict(
        {
            "amopt": 1,
            "kind": "placement",
            "name": "one place",
            "hours_per_week": 100.0,
            "network": {
                "places": [{"name": "shop"}, {"name": "base"}],
                "lanes": [
                    {
                        "from": "shop",
                        "to": "base",
                        "weeks": 1.5,
                        "cost_per_part": 3.0,
                        "kg_co2_per_part": 2.0,
                    }
                ],
            },
            "machines": [
                {"name": "SLS", "hours_per_year": 5200.0, "cost_per_hour": 2.0,
                 "kg_co2_per_hour": 0.5}
            ],
            "sites": [{"place": "shop", "most_machines": 1, "fee_per_part": 1.0}],
            "parts": [
                {
                    "name": "jig",
                    "print": [{"machine": "SLS", "hours": 10.0, "material_cost": 6.0}],
                    **part,
                }
            ],
            "demand": [{"place": "base", "part": "jig", "per_year": 26.0}],
        }
    )  # fmt: skip


STOCKED = {
    "unit_value": 100.0,
    "holding_cost_per_year_per_value": 0.25,
    "emergency_cost": 200.0,
    "emergency_weeks": 0.5,
    "downtime_cost_per_hour": 4.0,
}


def test_an_ordered_part_by_hand():
    columns = Supply(one_place(downtime_cost_per_hour=0.01)).columns()
    assert len(columns) == 1
    # 10 hours of 100 a week, five times over with the queue; and the lane.
    weeks = 0.1 / 0.2 + 1.5
    assert columns.weeks[0] == pytest.approx(weeks)
    split = dict(zip(KINDS, columns.split[:, 0], strict=True))
    assert split["printing"] == pytest.approx(26 * (6 + 10 * 2 + 1))
    assert split["transport"] == pytest.approx(26 * 3)
    assert split["downtime"] == pytest.approx(26 * weeks * 100 * 0.01)
    assert columns.hours[0] == pytest.approx(260)
    assert columns.kg_co2[0] == pytest.approx(26 * (2 + 5))


def stationary(level, load):
    """Return how long 0, ..., S parts are on order, by the chain's balance equations."""
    generator = np.zeros((level + 1, level + 1))
    for busy in range(level):
        generator[busy, busy + 1], generator[busy + 1, busy] = load, busy + 1
    np.fill_diagonal(generator, -generator.sum(axis=1))
    system = np.vstack([generator.T, np.ones(level + 1)])
    return np.linalg.lstsq(system, np.r_[np.zeros(level + 1), 1.0], rcond=None)[0]


def yearly_cost(level, lost):
    emergency = 200 + 0.5 * 100 * 4
    return 25 * level + 26 * ((1 - lost) * 30 + lost * emergency)


def test_stocked_columns_are_those_of_the_exact_chain():
    columns = Supply(one_place(**STOCKED)).columns(prune=False)
    printed = np.flatnonzero(columns.site >= 0)
    assert columns.level[printed].tolist() == list(range(1, printed.size + 1))
    load = 26 / 52 * 2.0
    for k in printed:
        level = int(columns.level[k])
        lost = stationary(level, load)[-1]
        assert columns.fill[k] == pytest.approx(1 - lost, abs=1e-9)
        assert columns.cost[k] == pytest.approx(yearly_cost(level, lost), rel=1e-8)
    # Up to the level that is out of stock for a demand in a million million.
    assert 1 - columns.fill[printed[-1]] <= 1e-12 < 1 - columns.fill[printed[-2]]
    (emergency,) = np.flatnonzero(columns.site == EMERGENCY)
    assert columns.cost[emergency] == pytest.approx(yearly_cost(0, 1.0))


def test_routes_go_to_places_in_the_order_of_the_file():
    data = random_data(0, places=12)
    table = Supply(Instance.from_dict(data)).routes("cost", 1.0)
    assert list(table.targets) == [f"place {j}" for j in range(12)]


def test_only_the_cheapest_level_is_offered_where_nothing_else_counts():
    columns = Supply(one_place(**STOCKED)).columns()
    (k,) = np.flatnonzero(columns.site >= 0)
    costs = [yearly_cost(level, stationary(level, 1.0)[-1]) for level in range(12)]
    assert columns.level[k] == int(np.argmin(costs))
    assert columns.cost[k] == pytest.approx(min(costs))


def test_a_stocked_column_is_what_a_simulation_shows():
    columns = Supply(one_place(**STOCKED)).columns()
    (k,) = np.flatnonzero(columns.site >= 0)
    level, rng = int(columns.level[k]), random.Random(5)
    now, due, lost, demands = 0.0, [], 0, 60_000
    for _ in range(demands):
        now += rng.expovariate(0.5)
        while due and due[0] <= now:
            heapq.heappop(due)
        if len(due) < level:
            heapq.heappush(due, now + float(columns.weeks[k]))
        else:
            lost += 1
    assert yearly_cost(level, lost / demands) == pytest.approx(columns.cost[k], rel=0.02)


def test_fill_rates_raise_the_level():
    limits = {"fill_rate": [{"part": "jig", "at_least": 0.9999}]}
    instance = one_place(**STOCKED)
    columns = Supply(
        instance.model_copy(update={"limits": instance.limits.model_validate(limits)})
    ).columns()
    assert (columns.fill >= 0.9999).all()
    (k,) = np.flatnonzero(columns.site >= 0)
    assert 1 - stationary(int(columns.level[k]) - 1, 1.0)[-1] < 0.9999


def test_pruning_leaves_what_could_be_better():
    supply = Supply(Instance.from_dict(random_data(2, sites=4, places=6, parts=2)))
    every, kept = supply.columns(prune=False), supply.columns()
    best = {}
    for k in range(len(every)):
        source = int(every.pair[k]), int(every.site[k])
        best[source] = min(best.get(source, np.inf), every.cost[k])
    free = {
        pair: min(cost for (j, site), cost in best.items() if j == pair and site < 0)
        for pair in range(12)
    }
    better = {
        (pair, site): cost for (pair, site), cost in best.items() if site >= 0 and cost < free[pair]
    }
    printed = kept.take(kept.site >= 0)
    found = zip(printed.pair.tolist(), printed.site.tolist(), printed.cost.tolist(), strict=True)
    assert {(pair, site): cost for pair, site, cost in found} == pytest.approx(better)
    assert sorted(kept.pair[kept.site < 0].tolist()) == list(range(12))
    assert set(every.site[every.site < 0]) <= {CONVENTIONAL, EMERGENCY}
