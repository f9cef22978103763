"""Bounds that hold, plans near them, and a proof that does not trust the route."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog

import amopt
from amopt.errors import NoAnswerError
from amopt.outcome import Outcome, Status, Stopped
from amopt.placement import Instance, decision, solve
from amopt.placement.methods import lagrangian, prices_after
from amopt.placement.methods.bounded_plan import BoundedPlan
from amopt.placement.methods.fixing import _Unit, unsettled
from amopt.placement.methods.moves import rearranged
from amopt.placement.methods.prices.climbing import Prices
from amopt.placement.methods.prices.local_search import settled
from amopt.placement.methods.prices.openings import openings
from amopt.placement.methods.prices.sites_alone import SitesAlone
from amopt.placement.methods.pricing import DenseSupply, relax
from amopt.placement.methods.programs import ProgramSearch, array_programs
from amopt.placement.methods.transport import fill
from amopt.placement.referee.certificate import proven_bound
from amopt.placement.supply.supply import Supply
from amopt.program.solver import highs
from amopt.program.time import Budget
from tests.placement.cases import random_data
from tests.placement.oracles import brute_force
from tests.seeds import seeds


def prices_of(instance, prices):
    return dict(zip(Supply(instance).pairs, prices.tolist(), strict=True))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("stocked", [True, False])
def test_bound_and_plan_enclose_the_optimum(seed, stocked, monkeypatch):
    monkeypatch.setattr(lagrangian, "MOST_WITHOUT_LIMIT", 0)  # prices alone
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
    dense = DenseSupply(Supply(instance))
    rng = np.random.default_rng(seed)
    for scale in (0.0, 0.5, 1.0, 3.0):
        prices = dense.free * rng.uniform(0, 1, dense.pairs) * scale
        proven = proven_bound(instance, prices_of(instance, prices))
        assert proven <= best * (1 + 1e-9)
        if scale <= 1:
            assert relax(dense, prices).bound == pytest.approx(proven, rel=1e-6, abs=1e-6)


def test_prices_beat_the_linear_relaxation():
    instance = amopt.load("placement/synthetic")
    search = ProgramSearch(array_programs(Supply(instance)), highs.Options(gap=0.5), Budget())
    search.begin()
    relaxed = search.relaxation
    prices = Prices(DenseSupply(Supply(instance)))
    for _ in range(300):
        prices.climb(1.05 * relaxed)
    assert prices.bound >= relaxed * (1 - 1e-4)
    bounds = proven_bound(instance, prices_of(instance, prices.best))
    assert bounds == pytest.approx(prices.bound, rel=1e-6)


def test_a_wrong_bound_is_refused(monkeypatch):
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
    dense = DenseSupply(Supply(instance))
    rng = np.random.default_rng(seed)
    count = rng.integers(0, dense.most + 1)
    filled = fill(dense, count)
    used = np.zeros(dense.units)
    own = np.flatnonzero(filled.unit >= 0)
    np.add.at(used, filled.unit[own], dense.hours[filled.unit[own], own])
    assert (used <= dense.capacity * count + 1e-6).all()
    assert (filled.count <= count).all()


def test_a_time_limit_gives_what_was_found():
    answer = solve(
        amopt.load("placement/synthetic"),
        method="lagrangian",
        options=highs.Options(time_limit=0.5),
    )
    assert answer.outcome.status in ("feasible", "optimal")
    assert answer.outcome.bound <= answer.outcome.objective


@pytest.mark.parametrize("seed", seeds(40, always=12))
def test_it_goes_on_to_the_gap_that_was_asked_for(seed):
    """What prices leave open is searched, so that the optimum is found and proven."""
    data = random_data(
        seed, sites=1 + seed % 4, places=3 + seed % 6, parts=1 + seed % 2,
        stocked=seed % 3 > 0, single=seed % 2 == 0,
    )  # fmt: skip
    if seed % 5 == 0:
        contract = {"machine": "SLS", "hours_per_year": 60.0, "cost_per_hour": 3.0}
        data["sites"][0]["contracts"] = [contract]
    if seed % 7 == 0:
        data["sites"][-1]["state"] = "open"
    instance = Instance.from_dict(data)
    by_prices = solve(instance, method="lagrangian", forms=False)
    best = solve(instance, method="milp", forms=False).outcome.objective
    assert by_prices.outcome.status == "optimal"
    assert by_prices.outcome.objective == pytest.approx(best, rel=2e-6)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("single", [True, False])
def test_the_optimum_is_never_settled_away(seed, single):
    data = random_data(seed, sites=3, places=6, single=single)
    instance = Instance.from_dict(data)
    dense = DenseSupply(Supply(instance))
    best = solve(instance, method="milp", forms=False)
    prices = Prices(dense)
    for _ in range(100):
        prices.climb(best.outcome.objective)
    left = unsettled(dense, prices.best, best.outcome.objective * (1 + 1e-6))
    pairs = dense.supply.pairs
    for row in best.rows["supply"]:
        pair = pairs.index((row["place"], row["part"]))
        if row["machine"]:
            site = [s.place for s in instance.sites].index(row["source"])
            unit = dense.fleet.unit[site, 0]
            assert left.supplies[unit, pair]
            assert left.may_open[site]
        else:
            assert left.free[pair]
    for row in best.rows["sites"]:
        site = [s.place for s in instance.sites].index(row["place"])
        assert row["open"] or not left.must_open[site]
        if dense.fleet.unit[site, 0] >= 0:
            assert row["machines"] <= left.most[dense.fleet.unit[site, 0]]


@pytest.mark.parametrize("seed", range(20))
def test_what_is_forced_costs_no_less_than_its_bound(seed):
    """A unit that has to supply a pair, whole or a little of it, against a linear program."""
    instance = Instance.from_dict(random_data(seed, sites=2, places=6, single=True))
    dense, rng = DenseSupply(Supply(instance)), np.random.default_rng(seed)
    dense.capacity = 0.3 * dense.hours.sum(axis=1)
    prices = dense.free * rng.uniform(0.5, 1, dense.pairs)
    for u in range(dense.units):
        gain, hours, possible = (
            prices - dense.cost[u], dense.hours[u], np.isfinite(dense.cost[u])
        )  # fmt: skip
        whole = _Unit.at(dense, prices, u).forced(dense, prices, u, whole=True)
        little = _Unit.at(dense, prices, u).forced(dense, prices, u, whole=False)
        for pair in np.flatnonzero(possible):
            exact = [np.inf]
            for n in range(1, int(dense.most[u]) + 1):
                bounds = [(float(j == pair), float(possible[j])) for j in range(dense.pairs)]
                room = dense.capacity[u] * n
                answer = linprog(
                    -np.where(possible, gain, 0.0), A_ub=[hours], b_ub=[room], bounds=bounds
                )
                if answer.status == 0:
                    exact.append(dense.machine_cost[u] * n + answer.fun)
            assert little[pair] <= whole[pair] + 1e-9
            assert whole[pair] <= min(exact) + 1e-6


def test_prices_settle_something():
    instance = amopt.load("placement/synthetic")
    dense = DenseSupply(Supply(instance))
    best = solve(instance, method="milp", forms=False).outcome.objective
    prices = Prices(dense)
    for _ in range(200):
        prices.climb(best)
    left = unsettled(dense, prices.best, best * (1 + 1e-6))
    assert left.may_open.sum() < len(instance.sites)


@pytest.mark.parametrize("seed", range(20))
def test_moves_keep_hours_and_better_single_sources(seed):
    rng = np.random.default_rng(seed)
    cost, hours = rng.uniform(1, 9, (3, 6)), rng.uniform(1, 3, (3, 6))
    capacity, free = rng.uniform(3, 6, 3), rng.uniform(10, 20, 6)
    found = rearranged(cost, hours, capacity, free, np.full(6, -1))
    every = np.arange(6)

    def spent(units):
        load = np.bincount(units + 1, np.where(units >= 0, hours[units, every], 0.0), 4)[1:]
        possible = (load <= capacity * (1 + 1e-9)).all()
        return np.where(units >= 0, cost[units, every], free).sum() if possible else np.inf

    assert spent(found) < free.sum()
    for pair, unit in itertools.product(range(6), range(-1, 3)):
        moved = found.copy()
        moved[pair] = unit
        assert spent(moved) >= spent(found) - 1e-6
    for first, second in itertools.combinations(range(6), 2):
        moved = found.copy()
        moved[[first, second]] = moved[[second, first]]
        assert spent(moved) >= spent(found) - 1e-6


@pytest.mark.parametrize("single", [False, True])
def test_a_gap_that_is_left_is_told(single, monkeypatch):
    """Of single sources under a time limit, too: the solver looks at it too late with many."""
    monkeypatch.setattr(lagrangian, "MOST_OF_SINGLE" if single else "MOST_WITHOUT_LIMIT", 0)
    monkeypatch.setattr(lagrangian, "SHARES_OF_THE_GAP", ())
    often = 0
    for seed in range(3):
        instance = Instance.from_dict(random_data(seed, sites=3, places=4, single=single))
        options = highs.Options(gap=0.0, time_limit=60.0 if single else None)
        answer = solve(instance, method="lagrangian", options=options, forms=False)
        told = any("too many to be searched" in note for note in answer.notes)
        assert told == (answer.outcome.status == "feasible")
        often += told
    assert often


@pytest.mark.long
def test_single_sources_of_moderate_size_go_on_by_prices(monkeypatch):
    monkeypatch.setattr(decision, "MODERATE", 500)
    monkeypatch.setattr(prices_after, "FIRST_SHARE", 0.0)
    data = random_data(5, sites=12, places=50, single=True, stocked=False)
    data["conventional"][0]["cost_per_part"] = 400.0
    answer = solve(Instance.from_dict(data), forms=False, options=highs.Options(time_limit=20))
    assert "Lagrangian" in answer.outcome.method
    assert answer.outcome.bound <= answer.outcome.objective
    assert answer.verdict.accepted


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


@pytest.mark.parametrize("form", ["central", "distributed"])
@pytest.mark.parametrize("method", ["lagrangian", "milp", "formulation"])
def test_a_site_that_sells_hours_is_open_in_a_form_though_nobody_takes_them(form, method):
    """Conventional supply is cheap: a form pays for its sites and prints nothing."""
    data = amopt.load("placement/textbook").model_dump(by_alias=True, mode="json")
    data["conventional"][0]["cost_per_part"] = 1.0
    for site in data["sites"]:
        site |= {"owned": [], "contracts": [{"machine": "SLS", "cost_per_hour": 9.0}]}
    answer = solve(Instance.from_dict(data), method=method)
    bill = {row["cost"]: row for row in answer.rows["bill"]}
    assert answer.verdict.accepted
    sites = bill["sites"][form]
    assert sites == pytest.approx(
        sum(site["yearly_cost"] for site in data["sites"])
        if form == "distributed"
        else min(site["yearly_cost"] for site in data["sites"])
    )
    assert bill["total"][form] == pytest.approx(sites + 200.0)


def units_of_all_kinds(seed):
    """Return a dense supply of machines, hours sold, sites that must be open, and two types."""
    rng = np.random.default_rng(seed)
    data = random_data(seed, sites=5, places=8, parts=2, stocked=seed % 2 == 0, single=False)
    sold = {"machine": "SLS", "hours_per_year": 60.0, "cost_per_hour": 3.0}
    data["sites"][0]["contracts"] = [sold, sold | {"machine": "MJF", "hours_per_year": 0.0}]
    data["sites"][1]["state"] = "open"
    data["machines"].append(data["machines"][0] | {"name": "MJF", "price": 20.0 * (seed % 3)})
    data["parts"][1]["print"].append({"machine": "MJF", "hours": 0.7})
    dense = DenseSupply(Supply(Instance.from_dict(data)))
    dense.capacity = dense.capacity * rng.uniform(0.05, 1.0, dense.units)
    return dense, rng


@pytest.mark.parametrize("seed", range(12))
def test_every_site_by_itself_is_the_relaxation(seed):
    """What is left out and not put in order changes nothing, whatever the prices were before."""
    dense, rng = units_of_all_kinds(seed)
    if seed % 4 == 3:
        dense.least = np.minimum(dense.most, rng.integers(0, 2, dense.units))
    alone, ceiling = SitesAlone(dense), np.where(np.isfinite(dense.free), dense.free, 1e4)
    for scale in (0.2, 1.5, 0.6, 0.4, 1.0, 0.8, 3.0, 0.1):
        prices = ceiling * rng.uniform(0.3, 1.0, dense.pairs) * scale
        whole, quick = relax(dense, prices), alone.at(prices)
        assert quick.bound == pytest.approx(whole.bound, rel=1e-12)
        assert (quick.opened == whole.opened).all()
        assert (quick.count == whole.count).all()
        assert quick.supplied == pytest.approx(whole.supplied, abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_what_a_plan_teaches_never_lowers_the_bound(seed):
    dense, rng = units_of_all_kinds(seed)
    prices = Prices(dense)
    for _ in range(4):
        before = prices.bound
        prices.learn(rng.integers(0, dense.most + 1))
        assert prices.bound >= before
        assert prices.bound == pytest.approx(relax(dense, prices.best).bound)
        assert (prices.best <= dense.free).all()


def test_prices_come_nearer_by_the_best_plan():
    instance = amopt.load("placement/synthetic")
    dense = DenseSupply(Supply(instance))
    best = solve(instance, method="lagrangian", forms=False)
    count = dense.least.copy()
    for row in best.rows["sites"]:
        site = [s.place for s in instance.sites].index(row["place"])
        count[dense.site == site] = row["machines"]
    prices = Prices(dense)
    before = prices.bound
    prices.learn(count)
    assert best.outcome.bound - prices.bound < 0.7 * (best.outcome.bound - before)


@pytest.mark.parametrize("seed", range(6))
def test_sites_are_opened_one_after_the_other(seed):
    dense, _ = units_of_all_kinds(seed)
    prices = Prices(dense)
    for _ in range(20):
        prices.climb(1.1 * prices.bound)
    counts = list(openings(prices))
    assert counts
    sites = [set(dense.site[count > 0]) for count in counts]
    for count, few, more in zip(counts, [set(), *sites], sites, strict=False):
        assert ((count >= 0) & (count <= dense.most)).all()
        assert few <= more
        found = fill(dense, count)
        after = settled(dense, found, Budget())
        assert after.cost <= found.cost
        assert (after.count <= dense.most).all()


@pytest.mark.parametrize("seed", [1, 7, 8])
def test_what_was_found_when_the_look_for_starts_is_interrupted_is_kept(seed, monkeypatch):
    """At the second kind of start: what the first kind gave is the answer, or better."""
    costs, right = [], lagrangian.settled

    def noted(*given):
        found = right(*given)
        costs.append(found.cost)
        return found

    def interrupted(*_):
        yield from ()
        raise KeyboardInterrupt

    monkeypatch.setattr(lagrangian, "settled", noted)
    monkeypatch.setattr(lagrangian, "rounded", interrupted)
    instance = Instance.from_dict(random_data(seed, sites=4, places=12, single=False))
    answer = solve(instance, method="lagrangian", forms=False)
    assert answer.outcome.stopped == "interrupted"
    assert answer.outcome.objective <= min(costs) * (1 + 1e-9)


def test_without_a_plan_the_best_bound_is_told(monkeypatch):
    """Of the first try by the solver, of prices, and of the relaxation."""
    instance = Instance.from_dict(random_data(3, single=True))
    search = prices_after.PricesAfter(Supply(instance), highs.Options(), Budget())
    none = BoundedPlan(None, Outcome(stopped=Stopped.TIME_LIMIT, status=Status.UNKNOWN, bound=5.0))
    later = replace(none, outcome=replace(none.outcome, bound=7.0))
    interrupted = replace(later, outcome=replace(later.outcome, stopped=Stopped.INTERRUPTED))
    search.begin()
    search.relaxation = 3.0
    monkeypatch.setattr(search, "_quickly", lambda _: none)
    monkeypatch.setattr(search._prices, "begin", lambda: None)
    for found, honest in ((interrupted, 7.0), (later, 9.0)):
        monkeypatch.setattr(search._prices, "finish", lambda _, found=found: found)
        last = replace(none, outcome=replace(none.outcome, bound=9.0))
        monkeypatch.setattr(ProgramSearch, "finish", lambda *_, last=last: last)
        assert search.finish(None).outcome.bound == honest
    last = replace(none, outcome=replace(none.outcome, bound=4.0))
    monkeypatch.setattr(ProgramSearch, "finish", lambda *_: last)
    assert search.finish(None).outcome.bound == 7.0


def test_a_form_that_was_not_sought_is_told_as_such():
    data = random_data(3, sites=3, places=6, single=False, stocked=False)
    data["conventional"] = []
    answer = solve(Instance.from_dict(data), method="lagrangian")
    for form in ("central", "distributed"):
        (note,) = [note for note in answer.notes if note.startswith(f"No {form} plan was found.")]
        assert lagrangian.NOT_SOUGHT in note


@pytest.mark.parametrize("seed", range(4, 14))
def test_the_best_of_a_form_is_between_its_bound_and_its_plan(seed):
    """With one type of machine prices leave out that pairs may be shared out, and say so."""
    data = random_data(seed, sites=3, places=8, single=False)
    data["machines"] = data["machines"][:1]
    for part in data["parts"]:
        part["print"] = [one for one in part["print"] if one["machine"] == "SLS"]
    instance = Instance.from_dict(data)
    right = {row["form"]: row for row in solve(instance, method="milp").rows["forms"]}
    answer = solve(instance, method="lagrangian")
    for row in answer.rows["forms"][1:]:
        best = right[row["form"]]["cost"]
        assert row["bound"] <= best * (1 + 1e-6)
        assert best <= row["cost"] * (1 + 1e-6)
        told = any(lagrangian.ONE_SOURCE in note and row["form"] in note for note in answer.notes)
        assert told or row["cost"] <= best * (1 + 1e-5)
