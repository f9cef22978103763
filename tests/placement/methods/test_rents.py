"""Rents of machines: what a pool does with them, and bounds over periods in which machines lose."""

import itertools

import numpy as np
import pytest

from amopt.placement import Instance, solve
from amopt.placement.methods.decomposition import Decomposition
from amopt.placement.methods.periods.climbing import Dual
from amopt.placement.methods.periods.rents import Rents
from amopt.placement.supply.fleet import Fleet
from amopt.placement.supply.supply import Supply
from tests.placement.cases import random_data


def over_periods(seed, *, sites=3, places=5, owned=0, moving=None):
    rng = np.random.default_rng(seed)
    periods = [
        {
            "name": f"t{t}",
            "years": float(rng.choice([1.0, 2.0])),
            "demand_factor": float(rng.uniform(0.4, 2.0)),
            "machine_price_factor": float(rng.uniform(0.6, 1.3)),
        }
        for t in range(3)
    ]
    data = random_data(seed, sites=sites, places=places, periods=periods, single=False)
    data["machines"][0] |= {"resale_loss": 0.5, "moving_cost": moving}
    data["sites"][0] |= {"most_machines": 3, "owned": [{"machine": "SLS", "count": owned}]}
    for entry in data["conventional"]:
        entry["cost_per_part"] *= 2
    return data


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("moving", [None, 10.0])
def test_a_pool_does_the_best_it_can_at_rents(seed, moving):
    """Of all ways to hold new machines of a pool; those of before are held all the time."""
    instance = Instance.from_dict(over_periods(seed, owned=seed % 2, moving=moving))
    fleet, rng = Fleet(instance), np.random.default_rng(seed)
    rents = Rents(fleet, np.array([period.years for period in instance.horizon]))
    paid = rents.first(fleet.held_cost) * rng.uniform(0.3, 2.5, (rents.pools, rents.periods))
    found = rents.at(fleet.held_cost, paid)
    least = 0.0
    for pool in range(rents.pools):
        most = fleet.most[fleet.pool == pool].sum()
        new = (fleet.held_pool == pool) & (fleet.held_bought >= 0)
        ways = []
        for sold in itertools.product(range(4), repeat=3):
            kept = [(u, t) for u in range(3) for t in range(u, max(u, sold[u]))]
            each = np.bincount([t for _, t in kept], minlength=3)
            if each.max() <= 1:
                members = [
                    np.flatnonzero(new & (fleet.held_bought == u) & (fleet.held_now == t))[0]
                    for u, t in kept
                ]
                ways.append(fleet.held_cost[members].sum() - each @ paid[pool])
        least += most * min(ways)
        if moving is not None:
            least -= fleet.owned[fleet.pool == pool].sum() * paid[pool].sum()
    assert found.value == pytest.approx(least, abs=1e-9)
    held = np.zeros_like(found.held)
    np.add.at(held, (fleet.held_pool, fleet.held_now), found.members)
    assert held == pytest.approx(found.held)


def test_what_machines_lose_when_they_are_sold_is_in_the_bound():
    gaps = []
    for seed in (0, 4):
        instance = Instance.from_dict(over_periods(seed))
        best = solve(instance, method="milp", forms=False).outcome.objective
        supply = Supply(instance)
        dual = Dual(Decomposition(supply, supply.columns(prune=True)))
        first = dual.bound
        while dual.pace > 1e-3 and dual.rounds < 400:
            dual.climb(best)
        assert first <= dual.bound <= best * (1 + 1e-9)
        gaps.append(1 - dual.bound / best)
    assert max(gaps) < 0.05
