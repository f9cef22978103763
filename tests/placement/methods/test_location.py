"""Sites with one capacity each: bounds against linear programs, optima against HiGHS."""

import contextlib
import itertools
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog

from amopt.errors import InfeasibleError, NoAnswerError
from amopt.outcome import Status, Stopped
from amopt.placement import Instance, decision, read_orlib_cap, solve
from amopt.placement.methods.facilities import Facilities
from amopt.placement.methods.location import knapsack
from amopt.placement.methods.location import search as search_module
from amopt.placement.methods.location import tree as tree_module
from amopt.placement.methods.location.climbing import whole_sets
from amopt.placement.methods.location.climbing.columns import Columns
from amopt.placement.methods.location.climbing.diving import WAYS, dive
from amopt.placement.methods.location.climbing.volume import Volume
from amopt.placement.methods.location.covering import Cover
from amopt.placement.methods.location.incumbent import Incumbent
from amopt.placement.methods.location.knapsack import Fractional, Whole
from amopt.placement.methods.location.programs import cuts, neighbourhood
from amopt.placement.methods.location.programs.program import SingleSourceProgram
from amopt.placement.methods.location.programs.remainder import Remainder
from amopt.placement.methods.location.relaxation import Relaxation
from amopt.placement.methods.location.single_source import SingleSourceIncumbent
from amopt.placement.methods.location.transportation import Transportation
from amopt.placement.methods.location.tree import Tree
from amopt.placement.methods.price_route import facilities_suffice
from amopt.placement.methods.pricing import DenseSupply
from amopt.placement.referee.location import proven_by_tree
from amopt.placement.supply.fleet import Fleet
from amopt.placement.supply.supply import Supply
from amopt.program.solver import highs
from amopt.program.solver.digits.residuals import check_primal
from amopt.program.time import Budget
from tests.seeds import seeds


def located(seed, *, sites=6, places=10, equal=False, bought=False, single=False, tight=2.5):
    """Return sites on a square that sell hours, as plain data."""
    rng = np.random.default_rng(seed)
    rate, at = rng.integers(5, 36, places).astype(float), rng.random((sites, 2))
    far = np.hypot(*(at[:, None] - rng.random((places, 2))[None]).transpose(2, 0, 1))
    hours = rng.integers(10, 160, sites).astype(float)
    hours = np.ceil(hours * tight * rate.sum() / hours.sum())
    if equal:
        hours[:] = np.ceil(hours.mean())
    fixed = rng.uniform(0, 90, sites) + rng.uniform(100, 110, sites) * np.sqrt(hours)
    ends = [f"site {i}" for i in range(sites)], [f"place {j}" for j in range(places)]
    lanes = [
        {"from": ends[0][i], "to": ends[1][j], "cost_per_part": 10 * float(far[i, j])}
        for i, j in itertools.product(range(sites), range(places))
        if rng.random() < 0.95
    ]
    data = {
        "amopt": 1,
        "kind": "placement",
        "name": f"located {seed}",
        "single_source": single,
        "network": {"places": [{"name": n} for n in (*ends[0], *ends[1])], "lanes": lanes},
        "parts": [{"name": "unit", "print": [{"machine": "line", "hours": 1.0}]}],
        "machines": [{"name": "line", "utilisation_limit": 1.0, "queue_allowance_weeks": 0.0}],
        "sites": [
            {
                "place": name,
                "yearly_cost": float(fixed[i]),
                "contracts": [{"machine": "line", "hours_per_year": float(hours[i])}],
            }
            for i, name in enumerate(ends[0])
        ],
        "demand": [
            {"place": name, "part": "unit", "per_year": float(rate[j])}
            for j, name in enumerate(ends[1])
        ],
    }
    if bought:
        data["conventional"] = [{"part": "unit", "cost_per_part": 12.0, "lead_time_weeks": 1.0}]
    return data


@pytest.mark.parametrize("seed", range(60))
def test_what_is_open_costs_least_and_forced_bounds_hold(seed):
    rng, n = np.random.default_rng(seed), 6
    equal, limited = bool(seed % 2), seed % 3 == 0
    weight = np.ones(n) if equal else rng.integers(1, 9, n).astype(float)
    cost = rng.normal(rng.uniform(-0.5, 0.5), 1, n)
    least = float(rng.integers(0, 6 if equal else int(weight.sum())))
    most = least + float(rng.integers(0, 3)) if limited else np.inf
    must = rng.random(n) < 0.2
    choices = np.array(list(itertools.product((0.0, 1.0), repeat=n)))
    held = choices @ weight
    choices = choices[(held >= least) & (held <= most) & (choices >= must).all(axis=1)]

    def exact(lower, upper):
        if limited:  # in fractions
            answer = linprog(
                cost, A_ub=[-weight, weight], b_ub=[-least, most],
                bounds=list(zip(lower, upper, strict=True)),
            )  # fmt: skip
            return answer.fun if answer.status == 0 else np.inf
        inside = (choices >= lower).all(axis=1) & (choices <= upper).all(axis=1)
        return (choices[inside] @ cost).min(initial=np.inf)

    lower, upper = must.astype(float), np.ones(n)
    found = Cover(weight, least, most, must).choose(cost)
    assert found.value == pytest.approx(exact(lower, upper))
    if not np.isfinite(found.value):
        return
    assert cost @ found.opened == pytest.approx(found.value)
    for i in range(n):
        one = np.eye(n)[i]
        opened, closed = exact(np.maximum(lower, one), upper), exact(lower, upper - one)
        closed = np.inf if must[i] else closed
        if_open, if_closed = found.forced[0][i], found.forced[1][i]
        assert if_open <= opened + 1e-7
        assert if_closed <= closed + 1e-7
        if equal or not limited:
            assert if_open == pytest.approx(opened)
            assert if_closed == pytest.approx(closed)


@pytest.mark.parametrize("demand", [37.3, 1e6, 3e-4, 0.0])
@pytest.mark.parametrize("counted", [True, False])
def test_what_meets_the_demand_covers_it(demand, counted):
    """In steps too, and whether or not capacities are whole numbers."""
    rng = np.random.default_rng(int(demand))
    capacity = rng.uniform(0, demand / 2, 8)
    capacity[0] = np.inf if counted else capacity[0]
    cover = Cover.of(np.ceil(capacity) if counted else capacity, demand)
    choices = np.array(list(itertools.product((0.0, 1.0), repeat=8)))
    capacity[np.isinf(capacity)] = 1e9
    enough = choices @ capacity >= demand
    assert (choices[enough] @ cover.weight >= cover.least).all()
    assert cover.least <= 4_001
    if demand == 37.3 and not counted:  # and little more than that
        assert (choices[~enough] @ cover.weight >= cover.least).mean() < 0.02


@pytest.mark.parametrize("seed", range(40))
def test_knapsacks_gain_most(seed, monkeypatch):
    monkeypatch.setattr(knapsack, "FIRST", 2)
    rng, facilities, pairs = np.random.default_rng(seed), 4, 8
    counted = bool(seed % 2)
    hours = rng.uniform(0.5, 9, (facilities, pairs))
    hours = np.ceil(hours) if counted else hours
    cost = rng.uniform(0, 10, (facilities, pairs))
    cost[rng.random((facilities, pairs)) < 0.1] = np.inf
    prices, capacity = rng.uniform(0, 15, pairs), rng.integers(0, 40, facilities).astype(float)
    parts = Fractional(cost, hours, capacity).pack(prices)
    whole = Whole(cost, hours, capacity).pack(prices)
    choices = np.array(list(itertools.product((0.0, 1.0), repeat=pairs)))
    for i in range(facilities):
        gain = np.where(np.isfinite(cost[i]), prices - cost[i], -1e6)
        fits = choices @ hours[i] <= capacity[i]
        best = (choices[fits] @ gain).max()
        lp = linprog(-gain, A_ub=[hours[i]], b_ub=[capacity[i]], bounds=(0, 1))
        assert parts.gain[i] == pytest.approx(-lp.fun, abs=1e-9)
        assert best - 1e-9 <= whole.gain[i] <= parts.gain[i] + 1e-9
        used = np.zeros(pairs)
        used[whole.pair[i]] = whole.share[i]
        assert set(used) <= {0.0, 1.0}
        if counted:
            assert whole.gain[i] == pytest.approx(best, abs=1e-9)
            assert used @ hours[i] <= capacity[i]
            assert used @ np.where(used > 0, gain, 0) == pytest.approx(best, abs=1e-9)


def forced(instance, site, state):
    """Return the optimum with a site open, or closed."""
    data = instance.model_dump(by_alias=True, exclude_none=True)
    data["sites"][site]["state"] = state
    return solve(Instance.from_dict(data), method="milp", forms=False).outcome.objective


@pytest.mark.sampled(4)
@pytest.mark.parametrize("seed", seeds(12, always=4))
@pytest.mark.parametrize("single", [False, True])
def test_bounds_hold_at_any_prices(seed, single):
    """The bound, and those with a site open and closed, against the program itself."""
    data = located(
        seed, sites=4, places=7, equal=seed % 2 == 0, bought=seed % 3 == 0, single=single
    )
    instance = Instance.from_dict(data)
    dense = DenseSupply(Supply(instance))
    best = solve(instance, method="milp", forms=False).outcome.objective
    relaxation = Relaxation.of(Facilities.of(dense), whole=single)
    prices = np.minimum(dense.cost.min(axis=0) * 1.5, dense.free)
    volume = Volume(relaxation, prices)
    rng = np.random.default_rng(seed)
    for _ in range(80):
        volume.climb(best)
        noise = np.minimum(volume.prices * rng.uniform(0.8, 1.2, prices.size), dense.free)
        assert relaxation.at(noise).bound <= best * (1 + 1e-9)
    assert volume.bound <= best * (1 + 1e-9)
    for i in range(len(instance.sites)):
        assert volume.best.if_open[i] <= forced(instance, i, "open") * (1 + 1e-9)
        closed = [c for k, c in enumerate(instance.sites) if k != i]
        if sum(site.contracts[0].hours_per_year for site in closed) > 1.5 * data_hours(data):
            assert volume.best.if_closed[i] <= forced(instance, i, "closed") * (1 + 1e-9)


def data_hours(data):
    return sum(entry["per_year"] for entry in data["demand"])


@pytest.mark.parametrize("seed", seeds(40, always=12))
def test_the_tree_finds_and_proves_the_optimum(seed):
    data = located(
        seed, sites=4 + seed % 5, places=8 + seed % 7, equal=seed % 2 == 0, bought=seed % 3 == 0,
        tight=(1.5, 2.5, 5.0)[seed % 3],
    )  # fmt: skip
    if seed % 4 == 0:
        data["sites"][0]["state"] = "open"
    if seed % 5 == 0:
        data["sites"][1] |= {"state": "closed"}
    if seed % 7 == 0:  # a site that may own one machine beside those that sell hours
        data["sites"][2] = {"place": "site 2", "yearly_cost": 50.0, "most_machines": 1}
        data["machines"][0] |= {"price": 400.0, "life_years": 4.0, "hours_per_year": 150.0}
    instance = Instance.from_dict(data)
    assert facilities_suffice(Fleet(instance))
    answer = solve(instance, method="lagrangian", forms=False)
    exact = solve(instance, method="milp", forms=False).outcome
    assert "tree over open sites" in answer.outcome.method
    assert answer.outcome.status == "optimal"
    assert answer.outcome.objective == pytest.approx(exact.objective, rel=1e-6)
    assert answer.outcome.bound <= exact.objective * (1 + 1e-9)
    proven = answer.verdict.measures["proven_bound"]
    assert answer.outcome.bound * (1 - 1e-8) <= proven <= exact.objective * (1 + 1e-9)


@pytest.mark.sampled(10)
@pytest.mark.parametrize("split_first", [False, True])
@pytest.mark.parametrize("seed", seeds(40, always=12))
def test_single_sources_are_found_and_proven(seed, split_first, monkeypatch):
    """Against HiGHS, or against all assignments where there are few."""
    if split_first:
        monkeypatch.setattr(tree_module, "MOST_TARGETED", 0)
    if seed % 2:  # columns at every node, whatever they bring at the root
        monkeypatch.setattr(whole_sets, "WORTH_IT", -np.inf)
        monkeypatch.setattr(whole_sets, "MOST_HELD", np.inf)
    monkeypatch.setattr(neighbourhood, "PAIRS", 6)  # parts that are smaller than the whole
    data = located(
        seed, sites=3 + seed % 4, places=6 + seed % 6, equal=seed % 2 == 0, bought=seed % 3 == 0,
        tight=(1.3, 2.0, 3.0)[seed % 3], single=True,
    )  # fmt: skip
    if seed % 5 == 0:
        for entry in data["demand"]:  # hours that are multiples of nothing
            entry["per_year"] *= 1.0 + 0.1 * np.sin(entry["per_year"])
    instance = Instance.from_dict(data)
    try:
        exact = solve(instance, method="milp", forms=False).outcome
    except InfeasibleError:
        with pytest.raises(NoAnswerError):
            solve(instance, method="lagrangian", forms=False)
        return
    answer = solve(instance, method="lagrangian", forms=False)
    assert "tree over open sites" in answer.outcome.method
    assert answer.outcome.status == "optimal"
    assert answer.outcome.objective == pytest.approx(exact.objective, rel=1e-6)
    assert answer.outcome.bound <= exact.objective * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_no_supply_of_the_best_plan_is_bounded_above_it(seed):
    """A bound with a supply forced holds for a plan that has it."""
    data = located(seed, sites=4, places=8, single=True, bought=seed % 2 == 0, equal=seed % 3 == 0)
    instance = Instance.from_dict(data)
    dense = DenseSupply(Supply(instance))
    answer = solve(instance, method="milp", forms=False)
    best = answer.outcome.objective
    volume = Volume(
        Relaxation.of(Facilities.of(dense), whole=True),
        np.minimum(dense.cost.min(axis=0), dense.free),
    )
    for _ in range(120):
        volume.climb(best)
    by_facility, without = volume.relaxation.forced(volume.prices, volume.best)
    pairs, names = dense.supply.pairs, [site.place for site in instance.sites]
    for row in answer.rows["supply"]:
        pair = pairs.index((row["place"], row["part"]))
        bound = by_facility[names.index(row["source"]), pair] if row["machine"] else without[pair]
        assert bound <= best * (1 + 1e-9)
    assert (by_facility > best).any()


def test_parts_of_a_plan_are_bettered_and_keep_hours():
    data = located(2, sites=8, places=24, tight=3.0, single=True)
    facilities = Facilities.of(DenseSupply(Supply(Instance.from_dict(data))))
    plan, room = np.full(24, -1), facilities.capacity.copy()
    for pair in range(24):  # the emptiest facility for each: a plan, and a bad one
        able = np.isfinite(facilities.cost[:, pair])
        plan[pair] = np.where(able, room, -np.inf).argmax()
        room[plan[pair]] -= facilities.hours[plan[pair], pair]
    assert (room >= 0).all()

    def cost(chosen):
        fixed = facilities.fixed[np.unique(chosen)].sum()
        return facilities.cost[chosen, np.arange(24)].sum() + fixed

    found = neighbourhood.bettered(facilities, plan, highs.Options(), lambda: 30.0)
    best = solve(Instance.from_dict(data), method="milp", forms=False).outcome.objective
    used = np.bincount(found, facilities.hours[found, np.arange(24)], facilities.sites)
    assert (used <= facilities.capacity + 1e-9).all()
    assert best * (1 - 1e-9) <= cost(found) <= 1.05 * best
    assert cost(plan) > 1.2 * best
    again = neighbourhood.bettered(facilities, found, highs.Options(), lambda: 0.0)
    assert (again == found).all()


def test_inequalities_hold_for_whole_pairs_and_not_for_the_point():
    found = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        weight, room = rng.integers(1, 12, 9), int(rng.integers(8, 25))
        fits = np.array(list(itertools.product((0.0, 1.0), repeat=9)))
        fits = fits[fits @ weight <= room]
        order = np.argsort(-rng.random(9) / weight)
        room_before = room - np.cumsum(weight[order]) + weight[order]
        point = np.clip(room_before / weight[order], 0, 1)[np.argsort(order)]
        (new,) = cuts.inequalities([(point, weight, room)], [rng.permutation(9)])
        if new is not None:
            coefficients, right = new
            assert (fits @ coefficients).max() == pytest.approx(right)
            assert coefficients @ point > right * (1 + 1e-5)
            found += 1
    assert found >= 18  # the best knapsack in fractions lies outside the hull, nearly always


def test_whole_costs_leave_one_less_to_be_found():
    data = located(6, sites=5, places=9, single=True)
    assert not Facilities.of(DenseSupply(Supply(Instance.from_dict(data)))).counts_cost
    for lane in data["network"]["lanes"]:
        lane["cost_per_part"] = float(round(lane["cost_per_part"]))
    for site in data["sites"]:
        site["yearly_cost"] = float(round(site["yearly_cost"]))
    instance = Instance.from_dict(data)
    assert Facilities.of(DenseSupply(Supply(instance))).counts_cost
    answer = solve(instance, method="lagrangian", forms=False, options=highs.Options(gap=1e-9))
    exact = solve(instance, method="milp", forms=False)
    assert answer.outcome.objective == pytest.approx(exact.outcome.objective, abs=1e-6)
    assert answer.outcome.bound == pytest.approx(exact.outcome.objective, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_below_a_target_there_is_the_best_plan_or_none(seed):
    data = located(seed, sites=5, places=10, tight=1.6, single=True, equal=seed == 1)
    best = solve(Instance.from_dict(data), method="milp", forms=False).outcome.objective
    facilities = Facilities.of(DenseSupply(Supply(Instance.from_dict(data))))
    cover = Relaxation.of(facilities).cover
    every = np.isfinite(facilities.cost)
    for target in (best * 0.999, best * 1.01):
        written = SingleSourceProgram.of(facilities, cover, every, facilities.free > 0, target)
        program = cuts.tightened(written, facilities, highs.Options(), lambda: None).program
        assert program.shape[0] >= written.program.shape[0]
        answer = highs.solve(program, start=written.without_plan())
        assert answer.outcome.objective == pytest.approx(min(best, target), rel=1e-6)
        assert (written.chosen(answer.values) is None) == (target < best)


def test_what_is_below_a_nearer_target_is_kept():
    """Columns that the relaxation proves to cost more are left out, and none of the best plan."""
    left_out = 0
    for seed in (7, 9, 11):
        best, written, facilities = tight_program(seed, sites=6, places=12, times=1.05)
        tight = cuts.tightened(written, facilities, highs.Options(), lambda: None)
        assert best * 0.8 < tight.bound <= best * (1 + 1e-9)
        for target in (best * 0.9999, best * 1.0001):
            program = tight.below(written.none, target)
            left_out += int(written.program.upper.sum() - program.upper.sum())
            answer = highs.solve(program, start=written.without_plan())
            assert answer.outcome.objective == pytest.approx(min(best, target), rel=1e-9)
            assert (written.chosen(answer.values) is None) == (target < best)
    assert left_out > 60


@pytest.mark.parametrize("rounds", [0, 2])
def test_a_relaxation_that_is_not_solved_proves_nothing(rounds, monkeypatch):
    """What the rounds before it have proven, and their inequalities, stay."""
    best, written, facilities = tight_program(7, sites=6, places=12, times=1.05)
    solved, relaxed = highs.solve, []

    def ended(program, options=None, **more):
        answer = solved(program, options, **more)
        if program.shape[1] != written.program.shape[1]:
            return answer
        relaxed.append(answer.outcome.objective)
        if len(relaxed) <= rounds:
            return answer
        late = {"stopped": Stopped.TIME_LIMIT, "status": Status.FEASIBLE, "objective": 1.04 * best}
        return replace(answer, outcome=replace(answer.outcome, **late))

    monkeypatch.setattr(highs, "solve", ended)
    tight = cuts.tightened(written, facilities, highs.Options(), lambda: None)
    assert len(relaxed) == rounds + 1
    assert tight.bound == (relaxed[rounds - 1] if rounds else -np.inf)
    assert (tight.reduced_costs is None) == (rounds == 0)
    assert (tight.program.shape[0] > written.program.shape[0]) == (rounds > 0)


def test_inequalities_are_sought_within_the_options_of_the_solver(monkeypatch):
    _, written, facilities = tight_program(7, sites=6, places=12, times=1.05)
    solved, asked, seconds = highs.solve, [], iter(range(99, 0, -1))

    def noted(program, options=None, **more):
        asked.append(options)
        return solved(program, options, **more)

    monkeypatch.setattr(highs, "solve", noted)
    given = highs.Options(threads=1, seed=7)
    cuts.tightened(written, facilities, given, lambda: float(next(seconds)))
    assert len(asked) > 4
    assert {options and options.seed for options in asked} == {7}
    limits = [options.time_limit for options in asked]
    assert limits == sorted(limits, reverse=True)
    assert limits[0] <= 99.0


def tight_program(seed, *, sites, places, times):
    """Return the optimum, and the program of what costs less than some times as much."""
    data = located(seed, sites=sites, places=places, tight=1.6, single=True)
    best = solve(Instance.from_dict(data), method="milp", forms=False).outcome.objective
    facilities = Facilities.of(DenseSupply(Supply(Instance.from_dict(data))))
    cover, every = Relaxation.of(facilities).cover, np.isfinite(facilities.cost)
    limit = times * best
    return (
        best,
        SingleSourceProgram.of(facilities, cover, every, facilities.free > 0, limit),
        facilities,
    )


def test_plans_near_the_bound_are_searched_for_first(monkeypatch):
    """And then those up to the target, so that what is found is the best of all."""
    best, written, facilities = tight_program(11, sites=6, places=12, times=1.02)
    bound = cuts.tightened(written, facilities, highs.Options(), lambda: None).bound
    assert bound < 0.9999 * best
    targets, solved = [], highs.solve

    def noted(program, options=None, **more):
        if more.get("start") is not None:
            targets.append(program.cost @ more["start"] + program.offset)
        return solved(program, options, **more)

    monkeypatch.setattr(highs, "solve", noted)
    for target in (1.02 * best, best - 0.1 * (best - bound)):
        incumbent = SingleSourceIncumbent(
            facilities, Transportation(facilities, highs.Options(), Budget()), 1e-6, Budget()
        )
        incumbent.target = target
        targets.clear()
        supplies = np.isfinite(facilities.cost)
        cover = Relaxation.of(facilities).cover
        incumbent.complete(np.arange(6), cover, supplies, np.isfinite(facilities.free))
        assert targets == sorted(targets)
        assert len(targets) == 3 or target > best
        assert incumbent.cost == (pytest.approx(best) if target > best else np.inf)
    assert targets[-1] == pytest.approx(target)


@pytest.mark.parametrize("sub_programs", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_what_is_left_open_is_decided_with_and_without_smaller_programs(seed, sub_programs):
    data = located(seed, sites=4, places=8, tight=1.6, single=True)
    best = solve(Instance.from_dict(data), method="milp", forms=False).outcome.objective
    facilities = Facilities.of(DenseSupply(Supply(Instance.from_dict(data))))
    cover, every = Relaxation.of(facilities).cover, np.isfinite(facilities.cost)
    options = highs.Options(sub_programs=sub_programs)
    for target in (best * 0.999, best * 1.01):
        written = SingleSourceProgram.of(facilities, cover, every, facilities.free > 0, target)
        answer = highs.solve(written.program, options, start=written.without_plan())
        assert answer.outcome.objective == pytest.approx(min(best, target), rel=1e-6)


def test_proofs_are_sought_without_smaller_programs(monkeypatch):
    """Of a program of which it is known that none or few of its plans are better."""
    data = located(8, sites=8, places=16, tight=1.6, single=True)
    asked = []
    solved = highs.solve

    def noted(program, options=None, **more):
        asked.append((options is None or options.sub_programs, more.get("start") is not None))
        return solved(program, options, **more)

    monkeypatch.setattr(highs, "solve", noted)
    tree, incumbent = searched(data, Budget(), kind=SingleSourceIncumbent)
    chosen, cover = np.arange(8), Relaxation.of(incumbent.facilities).cover
    incumbent.cost, incumbent.target = 1e9, 1e8
    every = np.isfinite(incumbent.facilities.cost)
    incumbent.complete(chosen, cover, every, np.isfinite(incumbent.facilities.free))
    assert asked[-1] == (False, True)
    assert incumbent.cost < 1e9
    incumbent.better(chosen, cover, every, np.isfinite(incumbent.facilities.free), 10.0)
    assert asked[-1] == (True, True)
    assert tree.nodes == 0


@pytest.mark.slow
def test_targets_are_bounds_whenever_the_search_ends(monkeypatch):
    monkeypatch.setattr(tree_module, "NEAREST", 1e-4)
    data = located(8, sites=8, places=16, tight=1.6, single=True)
    best = solve(Instance.from_dict(data), method="milp", forms=False).outcome.objective
    ends = []
    for nodes in (1, 3, 6, 500):

        def enough(progress, most=nodes):
            if progress.nodes >= most:
                raise KeyboardInterrupt

        tree, incumbent = searched(data, Budget(), progress=enough, kind=SingleSourceIncumbent)
        with contextlib.suppress(KeyboardInterrupt):
            tree.search()
        assert tree.bound <= best * (1 + 1e-9)
        assert incumbent.cost >= best * (1 - 1e-9)
        ends.append(tree.bound)
    assert ends == sorted(ends)
    assert ends[-1] == pytest.approx(best, rel=1e-6)
    assert incumbent.cost == pytest.approx(best, rel=1e-9)


def test_split_supply_brings_sets_prices_and_a_bound():
    """A plan near the best is known before the tree begins, and the bound is no better than it."""
    data = located(5, sites=8, places=18, tight=2.0, single=True)
    best = solve(Instance.from_dict(data), method="milp", forms=False).outcome.objective
    tree, incumbent = searched(data, Budget(), kind=SingleSourceIncumbent)
    search_module._split_first(tree, incumbent, highs.Options(), Budget())
    assert best * (1 - 1e-9) <= incumbent.cost <= best * 1.02
    assert best * 0.9 <= tree.bound <= best * (1 + 1e-9)
    assert tree.nodes == 0


def searched(data, budget, gap=1e-6, progress=None, kind=Incumbent):
    dense = DenseSupply(Supply(Instance.from_dict(data)))
    facilities = Facilities.of(dense)
    incumbent = kind(facilities, Transportation(facilities, highs.Options(), budget), gap, budget)
    prices = np.minimum(facilities.cost.min(axis=0), facilities.free)
    return Tree(facilities, incumbent, prices, budget, progress), incumbent


@pytest.mark.slow
def test_interrupted_it_keeps_the_best_of_both_sides():
    """However early it ends, the bound holds and the plan is one; both only get better."""
    data = located(3, sites=25, places=40, tight=4.0)
    best = solve(Instance.from_dict(data), method="milp", forms=False).outcome.objective
    ended = set()
    for nodes in (1, 2, 4, 8, 200):
        budget = Budget()

        def enough(progress, most=nodes):
            if progress.nodes >= most:
                raise KeyboardInterrupt

        tree, incumbent = searched(data, budget, progress=enough)
        try:
            tree.search()
        except KeyboardInterrupt:
            ended.add(nodes)
        assert tree.bound <= best * (1 + 1e-9)
        assert incumbent.cost >= best * (1 - 1e-9)
    assert 1 in ended
    assert 200 not in ended
    assert tree.bound == pytest.approx(best, rel=1e-6)


def impatient(monkeypatch):
    """Let the solver go on from the first node, where little is proven."""
    monkeypatch.setattr(tree_module, "AT_ROOT", 12)
    monkeypatch.setattr(tree_module, "BEFORE", 6)
    monkeypatch.setattr(tree_module, "PATIENCE", 1)
    monkeypatch.setattr(tree_module, "MANY", 0)


@pytest.mark.parametrize("seed", [1, 2, 4, 5])
def test_what_a_slow_tree_leaves_is_solved_and_proven(seed, monkeypatch):
    impatient(monkeypatch)
    data = located(
        seed, sites=16, places=20, equal=seed % 2 == 0, bought=seed % 4 == 1, tight=4.0
    )  # fmt: skip
    data["sites"][0]["state"] = "open"
    instance, gap = Instance.from_dict(data), (1e-6, 1e-3)[seed // 4 % 2]
    answer = solve(instance, method="lagrangian", forms=False, options=highs.Options(gap=gap))
    exact = solve(instance, method="milp", forms=False).outcome.objective
    assert "on the rest" in answer.outcome.method
    assert answer.outcome.gap <= gap
    assert answer.outcome.bound <= exact * (1 + 1e-9)
    assert exact * (1 - 1e-9) <= answer.outcome.objective <= exact * (1 + gap)


def test_the_best_plan_is_in_what_is_left_whatever_is_settled():
    data = located(3, sites=8, places=12, bought=True, tight=4.0)
    tree, incumbent = searched(data, Budget())
    tree.search()
    best, facilities = incumbent.best, incumbent.facilities
    inside = np.isin(np.arange(8), best.opened)
    assert inside.any()
    assert not inside.all()
    assert (best.source < 0).any()
    assert (best.share < 0.99).any()
    cover = Relaxation.of(facilities).cover
    every = inside | True
    program = Remainder.of(facilities, cover, every, ~every, best).program
    assert highs.solve(program).outcome.objective == pytest.approx(best.cost, rel=1e-6)
    cover = replace(cover, least=100.0, most=101.0)
    for may, must in ((~inside, ~inside), (inside, inside), (every, ~every)):
        rest = Remainder.of(facilities, cover, may, must, best)
        assert rest.program.cost @ rest.start + rest.program.offset == pytest.approx(best.cost)
        assert check_primal(rest.program, rest.start).accurate
        assert np.isin(best.opened, rest.opened(rest.start)).all()


def test_the_solver_interrupted_leaves_the_better_bound_and_a_plan(monkeypatch):
    impatient(monkeypatch)
    data = located(3, sites=16, places=20, tight=4.0)
    data["sites"][0]["state"] = "open"
    told, solved = [], highs.solve

    def interrupted(program, options=None, *, progress=None, **more):
        answer = solved(program, options, progress=progress, **more)
        if not program.is_mixed_integer:
            return answer
        told.append(answer.outcome.bound - 1.0)
        stopped = replace(answer.outcome, stopped=Stopped.INTERRUPTED, bound=told[-1])
        return replace(answer, outcome=stopped)

    monkeypatch.setattr(highs, "solve", interrupted)
    answer = solve(Instance.from_dict(data), method="lagrangian", forms=False)
    assert answer.outcome.stopped is Stopped.INTERRUPTED
    assert answer.outcome.bound == pytest.approx(told[0], rel=1e-12)
    assert answer.outcome.objective == pytest.approx(told[0] + 1.0, rel=1e-6)


def proven(data, tree):
    dense = DenseSupply(Supply(Instance.from_dict(data)))
    first = tree.proof().at_sites(dense.site[Facilities.of(dense).unit])
    return proven_by_tree(Instance.from_dict(data), dense.supply.pairs, first), first


@pytest.mark.parametrize("equal", [True, False])
def test_the_referee_proves_what_a_search_proved_however_early_it_ends(equal):
    data = located(3, sites=12, places=24, tight=4.0, equal=equal)
    best = solve(Instance.from_dict(data), method="milp", forms=False).outcome.objective
    for nodes in (1, 2, 5, 200):

        def enough(progress, most=nodes):
            if progress.nodes >= most:
                raise KeyboardInterrupt

        tree, _ = searched(data, Budget(), progress=enough)
        with contextlib.suppress(KeyboardInterrupt):
            tree.search()
        bound, _ = proven(data, tree)
        assert tree.bound * (1 - 1e-9) <= bound <= best * (1 + 1e-9)


def test_a_forged_proof_proves_less_or_is_refused():
    data = located(3, sites=12, places=24, tight=4.0)
    best = solve(Instance.from_dict(data), method="milp", forms=False).outcome.objective
    tree, _ = searched(data, Budget())
    tree.search()
    honest, first = proven(data, tree)
    assert honest == pytest.approx(best, rel=1e-6)
    steps, waiting = [], [first]
    while waiting:
        steps.append(waiting.pop())
        waiting += steps[-1].below
    instance, pairs = Instance.from_dict(data), Supply(Instance.from_dict(data)).pairs
    settled = [step for step in steps if step.opened.size + step.closed.size]
    divided = [step for step in steps if step.by]
    assert settled
    assert divided

    def forged(step, **changes):
        before = {name: getattr(step, name) for name in changes}
        for name, value in changes.items():
            setattr(step, name, value)
        try:
            return proven_by_tree(instance, pairs, first)
        finally:
            for name, value in before.items():
                setattr(step, name, value)

    for step in settled:
        assert forged(step, prices=step.prices * 0.7) < honest
        assert forged(step, prices=step.prices * 1.3) < honest
    used = np.unique([row["source"] for row in solve(instance, forms=False).rows["supply"]])
    mine = [k for k, site in enumerate(instance.sites) if site.place in used]
    for step in settled:  # that no best site is open is not proven by any prices
        assert forged(step, closed=np.array(mine)) <= best * (1 + 1e-9)
    with pytest.raises(ValueError, match=r"shorter|argument"):
        forged(divided[0], below=divided[0].below[:1])
    with pytest.raises(ValueError, match=r"divides by"):
        forged(divided[0], by="hope")
    end = next(step for step in steps if not step.below)
    with pytest.raises(ValueError, match=r"no prices"):
        forged(end, prices=None)


def test_the_gap_asked_for_ends_the_search():
    data = located(3, sites=25, places=40, tight=4.0)
    near, _ = searched(data, Budget(), gap=0.05)
    near.search()
    exact, _ = searched(data, Budget())
    exact.search()
    assert near.rounds < exact.rounds
    loose = solve(
        Instance.from_dict(data), method="lagrangian", forms=False, options=highs.Options(gap=0.05)
    )
    assert 1e-6 < loose.outcome.gap <= 0.05


def test_without_any_plan_to_begin_with_programs_find_one(monkeypatch):
    """Costs are whole numbers, and no rounding is a plan."""
    monkeypatch.setattr(SingleSourceIncumbent, "_rounded", lambda *_: None)
    monkeypatch.setattr(tree_module, "MOST_TARGETED", 0)
    data = located(6, sites=5, places=9, single=True)
    for lane in data["network"]["lanes"]:
        lane["cost_per_part"] = float(round(lane["cost_per_part"]))
    for site in data["sites"]:
        site["yearly_cost"] = float(round(site["yearly_cost"]))
    best = solve(Instance.from_dict(data), method="milp", forms=False).outcome.objective
    answer = solve(Instance.from_dict(data), method="lagrangian", forms=False)
    assert answer.outcome.objective == pytest.approx(best, rel=1e-9)
    assert answer.outcome.status == "optimal"


def test_demand_that_no_sites_can_meet_is_explained(monkeypatch):
    data = located(0)
    for site in data["sites"]:
        site["contracts"][0]["hours_per_year"] = 10.0
    with pytest.raises(NoAnswerError, match="too few hours"):
        solve(Instance.from_dict(data), method="lagrangian", forms=False)
    monkeypatch.setattr(decision, "FOR_TREE", 10)
    with pytest.raises(InfeasibleError, match="hours"):
        solve(Instance.from_dict(data), forms=False)


def test_sites_of_moderate_size_go_by_the_tree(monkeypatch):
    """Once the relaxation is not the answer."""
    monkeypatch.setattr(decision, "FOR_TREE", 50)
    data = located(4, sites=8, places=14)
    answer = solve(Instance.from_dict(data), forms=False)
    exact = solve(Instance.from_dict(data), method="milp", forms=False)
    assert "tree over open sites" in answer.outcome.method
    assert answer.outcome.status == "optimal"
    assert answer.outcome.objective == pytest.approx(exact.outcome.objective, rel=1e-6)


@pytest.mark.parametrize("forms", [False, True])
def test_the_forms_stand_beside_it(forms):
    instance = Instance.from_dict(located(5, bought=True))
    answer = solve(instance, method="lagrangian", forms=forms)
    exact = solve(instance, method="milp", forms=forms)
    assert answer.outcome.objective == pytest.approx(exact.outcome.objective, rel=1e-6)


@pytest.fixture
def large():
    folder = Path(os.environ.get("AMOPT_DATA", "")) / "sscflp" / "big"
    if not os.environ.get("AMOPT_DATA") or not folder.is_dir():
        pytest.skip("AMOPT_DATA does not name a folder that holds sscflp/big")
    return folder


# Fischetti, Ljubic and Sinnl (2016) publish times for these; two of them here, of 1 and 2 seconds
LARGE = {("p1", 8000.0): 19240822.449, ("p9", 5750.0): 11570340.289}


def facility_file(path, capacity=None):
    """Return a file of I sites and J customers, capacities first, as OR-Library's format."""
    words = path.read_text(encoding="utf-8").split()
    count, customers = int(words[0]), int(words[1])
    numbers = np.array(words[2:], dtype=float)
    hours, fixed = numbers[:count], numbers[count : 2 * count]
    demand = numbers[2 * count : 2 * count + customers]
    costs = numbers[2 * count + customers :].reshape(customers, count)
    lines = [f"{count} {customers}"]
    lines += [f"{capacity or h:g} {f:.17g}" for h, f in zip(hours, fixed, strict=True)]
    for wanted, row in zip(demand, costs, strict=True):
        lines += [f"{wanted:g}", " ".join(f"{cost:.17g}" for cost in row)]
    return "\n".join(lines)


@pytest.mark.parametrize(("name", "capacity"), LARGE)
@pytest.mark.slow
def test_published_problems_of_a_thousand_customers(large, tmp_path, name, capacity):
    path = tmp_path / f"{name}.txt"
    path.write_text(facility_file(large / name, capacity), encoding="utf-8")
    answer = solve(Instance.from_dict(read_orlib_cap(path)), forms=False)
    assert answer.outcome.status == "optimal"
    assert answer.outcome.objective == pytest.approx(LARGE[name, capacity], rel=1e-9)


def test_prices_climb_from_a_bound_of_nothing() -> None:
    """One supplier costs nothing and has room for one pair of three; the other asks 9 for each."""
    facilities = Facilities(
        unit=np.arange(2),
        cost=np.array([[0.0, 0.0, 0.0], [9.0, 9.0, 9.0]]),
        hours=np.ones((2, 3)),
        capacity=np.array([1.0, 5.0]),
        fixed=np.zeros(2),
        free=np.full(3, np.inf),
        constant=0.0,
    )
    volume = Volume(Relaxation.of(facilities), np.zeros(3))
    assert volume.bound == 0.0
    for _ in range(300):
        volume.climb(18.0)
    assert volume.bound <= 18.0 * (1 + 1e-9)
    assert volume.bound == pytest.approx(18.0, rel=1e-3)


@pytest.mark.parametrize("seed", range(12))
def test_columns_climb_to_the_bound_of_all_sets(seed):
    """Against the program of every set that fits, with the row that capacities cover demand."""
    data = located(seed, sites=4, places=7, equal=seed % 2 == 0, bought=seed % 3 == 0, single=True)
    facilities = Facilities.of(DenseSupply(Supply(Instance.from_dict(data))))
    relaxation = Relaxation.of(facilities, whole=True)
    volume = Volume(relaxation, np.minimum(facilities.cost.min(axis=0), facilities.free))
    before = volume.bound
    columns = Columns(facilities, highs.Options(), Budget())
    columns.climb(volume, np.arange(facilities.sites), np.inf, 200)
    sets = np.array(list(itertools.product((0.0, 1.0), repeat=facilities.pairs)))
    cost, rows, own = [], [], []
    for i in range(facilities.sites):
        able = np.isfinite(facilities.cost[i])
        fits = sets[(sets @ facilities.hours[i] <= facilities.capacity[i]) & ~sets[:, ~able].any(1)]
        cost += list(facilities.fixed[i] + fits @ np.where(able, facilities.cost[i], 0.0))
        rows, own = rows + list(fits), own + [i] * len(fits)
    some = np.isfinite(facilities.free)
    own, alone = np.array(own), np.eye(facilities.pairs)[some]
    used = (own[:, None] == np.arange(facilities.sites)).astype(float)
    weight = used @ relaxation.cover.weight
    more = np.zeros((alone.shape[0], facilities.sites + 1))
    matrix = np.vstack(
        [np.hstack([np.array(rows), used, weight[:, None]]), np.hstack([alone, more])]
    )
    cost = np.append(cost, facilities.free[some])
    pairs = facilities.pairs
    right = np.concatenate([-np.ones(pairs), np.ones(facilities.sites), [-relaxation.cover.least]])
    sign = np.concatenate([-np.ones(pairs), np.ones(facilities.sites), [-1.0]])
    least = linprog(cost, A_ub=(matrix * sign).T, b_ub=right).fun + facilities.constant
    best = solve(Instance.from_dict(data), method="milp", forms=False).outcome.objective
    assert before <= volume.bound
    assert least * (1 - 1e-4) <= volume.bound <= best * (1 + 1e-9)
    assert volume.bound == pytest.approx(relaxation.at(volume.prices).bound)
    for way in WAYS:
        prices = volume.prices
        plan = dive(facilities, columns, prices, way, cutoff=np.inf, is_over=lambda: False)
        if plan is None:
            continue
        own = np.flatnonzero(plan >= 0)
        used = np.bincount(plan[own], facilities.hours[plan[own], own], minlength=facilities.sites)
        assert (used <= facilities.capacity * (1 + 1e-9)).all()
        paid = facilities.constant + facilities.fixed[np.unique(plan[own])].sum()
        paid += facilities.cost[plan[own], own].sum() + facilities.free[plan < 0].sum()
        assert np.isfinite(paid)
        assert paid >= best * (1 - 1e-9)
