"""Plans that are bettered: hours that are scarce everywhere, and other sets of sites."""

import itertools

import numpy as np
import pytest
from scipy.optimize import linprog

from amopt.placement import Instance
from amopt.placement.methods.prices.exchanges import exchanges
from amopt.placement.methods.prices.local_search import improve
from amopt.placement.methods.pricing import DenseSupply
from amopt.placement.methods.transport import fill
from amopt.placement.supply.supply import Supply
from amopt.program.time import Budget
from tests.placement.cases import random_data


def with_many_machines(seed, **sizes):
    data = random_data(seed, stocked=False, single=False, **sizes)
    for site in data["sites"]:
        site["most_machines"] = 6
    for entry in data["conventional"]:
        entry["cost_per_part"] = 400.0
    return DenseSupply(Supply(Instance.from_dict(data)))


def transport_cost(dense, count):
    """Return what supply costs at least with so many machines, by a linear program."""
    cost = np.append(np.where(np.isfinite(dense.cost), dense.cost, 1e7), dense.free[None], axis=0)
    units, pairs = cost.shape
    hours = np.zeros((units - 1, units, pairs))
    for u in range(units - 1):
        hours[u, u] = dense.hours[u]
    each = np.zeros((pairs, units, pairs))
    each[np.arange(pairs), :, np.arange(pairs)] = 1.0
    return linprog(
        cost.ravel(),
        A_ub=hours.reshape(units - 1, -1), b_ub=dense.capacity * count,
        A_eq=each.reshape(pairs, -1), b_eq=np.ones(pairs),
    ).fun  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("warm", [True, False])
def test_where_hours_are_scarce_everywhere_their_prices_say_so(seed, warm):
    dense = with_many_machines(seed, sites=5, places=150)
    count = np.full(dense.units, 3)
    dense.capacity = np.full(dense.units, 0.5 * dense.hours.max(axis=0).sum() / count.sum())
    plenty = np.full(dense.units, 1e-3) if warm else None
    found = fill(dense, count, plenty)
    least = transport_cost(dense, count)
    supply = found.cost - dense.fixed_cost(found.count)
    proven = found.pair_price.sum() - found.hour_price @ (dense.capacity * count)
    assert proven <= least * (1 + 1e-9)
    assert proven >= least * (1 - 1e-3)
    assert supply <= least * 1.01


@pytest.mark.parametrize("seed", range(6))
def test_the_first_exchange_is_the_best_of_all_in_the_long_run(seed):
    dense = with_many_machines(seed, sites=6, places=12, parts=2)
    dense.forced[seed % 3] = seed % 2 == 0
    full = dense.cost + (dense.machine_cost / dense.capacity)[:, None] * dense.hours

    def cost(opened):
        best = full[list(opened)].min(axis=0, initial=np.inf)
        return np.minimum(best, dense.free).sum() + dense.site_cost[list(opened)].sum()

    forced = set(np.flatnonzero(dense.forced))
    now = {0, 1, 2} | forced
    ways = {
        frozenset(now - ({close} - forced) | {other})
        for close, other in itertools.product([*now, -1], [*(set(range(6)) - now), -1])
    }
    ways = {way - {-1} for way in ways} - {frozenset(now)}
    count = np.zeros(dense.units, dtype=np.int64)
    count[list(now)] = 1
    wanted = min(ways, key=cost)
    first = next(exchanges(dense, count))
    sites = np.array(sorted(wanted))
    asked = sites[full[sites].argmin(axis=0)][full[sites].min(axis=0) < dense.free]
    assert set(np.flatnonzero(first)) == set(asked)
    assert (first <= dense.most).all()


def test_a_site_with_all_its_machines_gives_way_to_another():
    """Three machines at one site or three at the other; none in between is any better."""
    dense = with_many_machines(0, sites=2, places=30)
    dense.site_cost = np.array([900.0, 500.0])
    dense.machine_cost = np.full(2, 1000.0)
    dense.cost, dense.hours = np.full((2, 30), 100.0), np.full((2, 30), 10.0)
    dense.capacity, dense.free = np.full(2, 100.0), np.full(30, 1e4)
    start = fill(dense, np.array([3, 0]))
    assert start.cost == pytest.approx(900 + 3000 + 3000)
    found = improve(dense, start, Budget(), goal=0.0)
    assert found.count.tolist() == [0, 3]
    assert found.cost == pytest.approx(500 + 3000 + 3000)
