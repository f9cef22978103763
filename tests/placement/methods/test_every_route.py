"""Every route against the optimum of a program that is written from the file alone."""

from types import SimpleNamespace

import numpy as np
import pytest

from amopt.errors import InfeasibleError, InvalidInstanceError, NoAnswerError, UsageError
from amopt.placement import Instance, solve
from amopt.placement.methods.decomposition import Decomposition
from amopt.placement.methods.periods.climbing import Dual
from amopt.placement.methods.prices.climbing import Prices
from amopt.placement.methods.pricing import DenseSupply
from amopt.placement.methods.transport import fill
from amopt.placement.supply.supply import Supply
from amopt.program.solver import highs
from tests.placement.cases import (
    hours,
    kilograms,
    money,
    parts_in,
    random_data,
    random_everything,
    random_one_period,
)
from tests.placement.oracles.whole_program import optimum
from tests.seeds import seeds

LEAST = 0.1
"""From here on a difference is looked at: emissions alone may come to next to nothing."""


def answered(data, method):
    """Return status, objective and bound; None where the method does not answer such instances."""
    limit = highs.Options(time_limit=60)
    try:
        answer = solve(Instance.from_dict(data), method=method, forms=False, options=limit)
    except InfeasibleError:
        return "infeasible", None, None
    except NoAnswerError:
        return "unknown", None, None
    except UsageError:
        return None
    return answer.outcome.status, answer.outcome.objective, answer.outcome.bound


def agrees(found, best, method):
    """Check what a method found against the optimum."""
    if best is None:
        assert found[0] == "infeasible" or (method == "lagrangian" and found[0] == "unknown")
        return
    status, objective, bound = found
    size = max(abs(best), LEAST)
    assert status == "optimal" or abs(best) < LEAST
    assert objective == pytest.approx(best, abs=2e-6 * size)
    assert bound <= best + 1e-6 * size


@pytest.mark.sampled(6)
@pytest.mark.parametrize("seed", seeds(320, always=16))
def test_whatever_the_file_says(seed):
    data = random_everything(seed)
    try:
        Instance.from_dict(data)
    except InvalidInstanceError:
        return  # nothing is demanded
    best = optimum(data)
    for method in ("auto", "milp", "decomposition", *(("formulation",) if seed % 5 == 0 else ())):
        agrees(answered(data, method), best, method)


@pytest.mark.sampled(10)
@pytest.mark.parametrize("seed", seeds(400, always=25))
def test_one_period_and_machine_hours(seed):
    data = random_one_period(seed)
    try:
        Instance.from_dict(data)
    except InvalidInstanceError:
        return  # nobody supplies something
    best = optimum(data)
    for method in ("auto", "lagrangian", "decomposition"):
        agrees(answered(data, method), best, method)


@pytest.mark.parametrize("seed", seeds(200, always=12))
def test_forms_by_prices_are_plans_with_bounds(seed):
    """As the program has them: no cheaper plan, and no bound above its own."""
    data = random_one_period(seed)
    try:
        by_program = solve(Instance.from_dict(data), method="milp")
        by_prices = solve(Instance.from_dict(data), method="lagrangian")
    except (InvalidInstanceError, InfeasibleError):
        return
    exact = {row["form"]: row for row in by_program.rows["forms"]}
    for row in by_prices.rows["forms"]:
        best = exact[row["form"]]["cost"]
        assert row["cost"] >= best * (1 - 1e-6)
        assert row["bound"] is None or row["bound"] <= best * (1 + 1e-6)


UNITS = {
    "cents": lambda data: money(data, 100.0),
    "a thousandth": lambda data: money(data, 1e-3),
    "much money": lambda data: money(data, 10**5.3),
    "next to no money": lambda data: money(data, 1e-11),
    "few parts": lambda data: parts_in(data, 1e-6),
    "many parts": lambda data: parts_in(data, 10**5.7),
    "seconds": lambda data: hours(data, 3600.0),
    "much time": lambda data: hours(data, 10**-7.3),
    "grams": lambda data: kilograms(data, 1e3),
    "megatonnes": lambda data: kilograms(data, 1e-9),
    "all of them": lambda data: kilograms(hours(parts_in(money(data, 17.0), 0.02), 30.0), 0.3),
}  # fmt: skip
FACTORS = {"cents": 100.0, "a thousandth": 1e-3, "much money": 10**5.3, "next to no money": 1e-11,
           "all of them": 17.0}  # fmt: skip


@pytest.mark.sampled(12)
@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("seed", seeds(40, always=2))
@pytest.mark.parametrize("draw", [random_everything, random_one_period])
def test_no_unit_changes_an_answer(draw, seed, unit):
    data = draw(seed)
    try:
        Instance.from_dict(other := UNITS[unit](data))
    except InvalidInstanceError:
        pytest.skip("a number is out of range")
    factor = FACTORS.get(unit, 1.0)
    for method in ("auto", "milp", "lagrangian", "decomposition"):
        before, after = answered(data, method), answered(other, method)
        if before is None:
            assert after is None
            continue
        assert before[0] == after[0]
        if before[1] is not None:
            size = max(abs(before[1]), LEAST)
            assert after[1] / factor == pytest.approx(before[1], abs=2e-6 * size)
            assert after[2] / factor <= before[1] + 2e-6 * size


def test_prices_climb_from_a_bound_of_nothing():
    """One site prints for nothing and has room for one place of three; the other asks 9 of each."""
    data = random_data(0, sites=2, places=3, stocked=False, single=False)
    for lane in data["network"]["lanes"]:
        lane["cost_per_part"] = 0.0
    data["parts"][0] = {"name": "part 0", "print": [{"machine": "SLS", "hours": 1.0}]}
    data["machines"][0]["cost_per_hour"] = 0.0
    data["conventional"] = []
    for entry in data["demand"]:
        entry["per_year"] = 1.0
    for site, room, price in zip(data["sites"], (1.0, 5.0), (0.0, 9.0), strict=True):
        sold = {"machine": "SLS", "hours_per_year": room, "cost_per_hour": price}
        site |= {"contracts": [sold], "opening_cost": 0.0, "yearly_cost": 0.0, "most_machines": 0}
    supply = Supply(Instance.from_dict(data))
    for prices in (Prices(DenseSupply(supply)), Dual(Decomposition(supply, supply.columns()))):
        assert prices.bound == 0.0
        for _ in range(400):
            prices.climb(18.0)
        assert prices.bound <= 18.0 * (1 + 1e-9)
        assert prices.bound == pytest.approx(18.0, rel=1e-2)


def units(cost, hours, free, capacity):
    """Return a dense supply of units with one machine each, as far as filling asks."""
    cost, capacity = np.array(cost), np.array(capacity)
    count = np.zeros(capacity.size, dtype=np.int64)
    return SimpleNamespace(
        cost=cost, hours=np.array(hours), capacity=capacity, free=np.array(free),
        pairs=cost.shape[1], units=capacity.size, single_source=False, least=count,
        most=count + 1, site=np.arange(capacity.size), own=count == 0, room=count + 1,
        site_cost=np.zeros(capacity.size), fixed_cost=lambda _: 0.0,
    )  # fmt: skip


def test_what_a_unit_cannot_hold_leaves_it_room_for_the_rest():
    """Found among random ones: hours of pairs that were taken away were not given back."""
    ruled_out = np.inf
    rng = np.random.default_rng(0)
    lost = 0
    for _ in range(800):
        cost = rng.uniform(1, 9, (3, 5)).round(1)
        cost[rng.random((3, 5)) < 0.3] = ruled_out
        hours = np.ones((3, 1)) * rng.integers(1, 5, 5)
        free = np.where(rng.random(5) < 0.3, 20.0, ruled_out)
        capacity = rng.integers(3, 8, 3).astype(float)
        dense = units(cost, hours, free, capacity)
        with np.errstate(all="raise"):
            filled = fill(dense, dense.most)
        used = np.zeros(3)
        own = np.flatnonzero(filled.unit >= 0)
        np.add.at(used, filled.unit[own], hours[filled.unit[own], own])
        assert (used <= capacity).all()
        # Nobody is left without supply while a unit has room.
        for pair in np.flatnonzero((filled.unit < 0) & ~np.isfinite(free)):
            can = np.isfinite(cost[:, pair]) & (capacity - used >= hours[:, pair])
            lost += bool(can.any())
    assert lost == 0


def test_a_site_holds_no_more_than_its_room_whatever_the_types():
    """Each of two parts is printed on a type of its own."""
    data = random_data(0, sites=1, places=3, parts=2, single=False)
    data["machines"].append(data["machines"][0] | {"name": "MJF"})
    data["parts"][1]["print"][0]["machine"] = "MJF"
    for entry in data["conventional"]:
        entry["cost_per_part"] = 1e3
    data["sites"][0]["most_machines"] = 3
    dense = DenseSupply(Supply(Instance.from_dict(data)))
    for most in ([3, 3], [2, 2], [1, 2], [3, 1], [0, 3]):
        filled = fill(dense, np.array(most))
        assert filled.count.sum() <= 3
        assert (filled.count <= most).all()
        assert (filled.count > 0).sum() == np.count_nonzero(most)


@pytest.mark.parametrize("seed", range(4))
def test_little_money_is_not_counted_in_whole_coins(seed):
    """Costs that all round to nothing are no whole numbers: plans differ by less than 1."""
    data = random_data(seed, sites=4, places=8, stocked=False)
    data["parts"][0]["downtime_cost_per_hour"] = 0.0
    data["conventional"][0]["cost_per_part"] *= 3
    rng = np.random.default_rng(seed)
    for site in data["sites"]:
        sold = {"machine": "SLS", "hours_per_year": float(rng.uniform(30, 150))}
        site |= {"contracts": [sold], "most_machines": 0}
    plain = solve(Instance.from_dict(data), method="lagrangian", forms=False).outcome
    little = solve(Instance.from_dict(money(data, 1e-11)), method="lagrangian", forms=False).outcome
    assert little.objective == pytest.approx(1e-11 * plain.objective, rel=2e-6, abs=0)


def test_demand_that_never_comes_is_no_demand():
    data = random_data(1)
    for entry in data["demand"]:
        entry["by_period"] = [0.0]
    with pytest.raises(InvalidInstanceError, match="no-demand"):
        Instance.from_dict(data)
    data = random_data(1, periods=[{"name": "t", "demand_factor": 0.0}])
    with pytest.raises(InvalidInstanceError, match="no-demand"):
        Instance.from_dict(data)


def test_what_is_proven_infeasible_says_why():
    data = random_everything(41)
    for method in ("milp", "decomposition"):
        with pytest.raises(InfeasibleError, match="the budget of"):
            solve(Instance.from_dict(data), method=method, forms=False)
    data = random_one_period(6)
    assert optimum(data) is None
    with pytest.raises(InfeasibleError, match="the demand of"):
        solve(Instance.from_dict(data), method="lagrangian", forms=False)
