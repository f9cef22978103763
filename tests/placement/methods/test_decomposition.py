"""Several periods and limits by prices: bounds that hold, plans that keep every family."""

import numpy as np
import pytest

import amopt
from amopt.decision import choose
from amopt.errors import InfeasibleError, NoAnswerError
from amopt.placement import Instance, decision, solve
from amopt.placement.formulation import FAMILIES
from amopt.placement.methods import decomposed_plan
from amopt.placement.methods.arrays.families import HONOURS
from amopt.placement.methods.arrays.limits import sizes
from amopt.placement.methods.decomposition import Decomposition
from amopt.placement.methods.periods.choice import by_local_search, within_limits
from amopt.placement.methods.periods.climbing import Dual
from amopt.placement.supply.supply import Supply
from amopt.program.family import not_honoured
from amopt.program.solver import highs
from amopt.program.time import Budget
from tests.placement.cases import random_data, random_everything

DUST = 1e-9
"""Difference that is none, relative to what the dearest supply of a pair counts."""


def dearest(data):
    """Return what the dearest way of supplying a pair counts in the objective."""
    supply = Supply(Instance.from_dict(data))
    problem = Decomposition(supply, supply.columns(prune=True))
    return problem.program.cost[problem.model.x.block].max()


def best_of(data):
    """Return the optimum; None where there is no plan."""
    try:
        return solve(Instance.from_dict(data), method="milp", forms=False).outcome.objective
    except InfeasibleError:
        return None


@pytest.mark.parametrize("seed", [s for s in range(14) if s != 6])
def test_any_prices_prove_a_bound_whatever_the_file_says(seed):
    data = random_everything(seed)
    best = best_of(data)
    supply = Supply(Instance.from_dict(data))
    left = not_honoured(HONOURS, FAMILIES, supply.instance)
    problem = Decomposition(supply, supply.columns(prune=not left))
    dual, rng = Dual(problem), np.random.default_rng(seed)
    size = problem.program.cost[problem.program.cost > 0].mean()
    bounds = [dual.bound]
    for _ in range(5):
        dual.climb(best or dual.bound + 1)
        prices = dual.prices * rng.uniform(0.5, 1.5, dual.prices.shape)
        rents = dual.rents * rng.uniform(0.5, 2.0, dual.rents.shape)
        limits = rng.uniform(0, 2, dual.limits.size) * size / np.maximum(problem.limit, 1e-3)
        bounds += [dual.bound, problem.at(prices, limits, rents).bound]
    if best is not None:
        assert max(bounds) <= best + 1e-7 * abs(best)


@pytest.mark.parametrize("seed", [2, 3, 4, 5, 7, 8, 9])
def test_it_ends_with_the_optimum_of_a_small_instance(seed):
    data = random_everything(seed)
    best = best_of(data)
    if best is None:
        with pytest.raises((InfeasibleError, NoAnswerError)):
            solve(Instance.from_dict(data), method="decomposition", forms=False)
        return
    answer = solve(Instance.from_dict(data), method="decomposition", forms=False)
    assert answer.outcome.status == "optimal"
    assert answer.outcome.objective == pytest.approx(best, rel=2e-6, abs=DUST * dearest(data))


@pytest.mark.slow
def test_prices_and_what_is_near_close_most_of_the_gap(monkeypatch):
    """Where not all columns are in any program, every family is kept nevertheless."""
    for columns in ("SMALL", "ALL"):
        monkeypatch.setattr(decomposed_plan, columns, 0)
    monkeypatch.setattr(decomposed_plan, "MOST_ROUNDS", 60)
    gaps = []
    for seed in range(1):
        periods = [{"name": f"t{t}", "years": 1.0, "demand_factor": 1.0 + t} for t in range(3)]
        data = random_data(seed, sites=4, places=6, periods=periods, single=seed % 2 == 0)
        free = best_of(data)
        data["limits"] = {"open_sites": 2, "budget": 1.02 * free}
        best = best_of(data)
        if best is None:
            continue
        answer = solve(Instance.from_dict(data), method="decomposition", forms=False)
        assert answer.outcome.bound <= best * (1 + 1e-9)
        assert answer.outcome.objective >= best * (1 - 1e-9)
        gaps.append(answer.outcome.gap)
    assert np.median(gaps) < 0.1


def test_emissions_that_bind_are_priced():
    data = random_data(3, sites=3, places=5, stocked=False)
    for k, lane in enumerate(data["network"]["lanes"]):
        lane["kg_co2_per_part"] = 1.0 + 5.0 * (k % 2)
    data["conventional"][0]["kg_co2_per_part"] = 9.0
    least = best_of(data | {"minimise": {"cost": 0, "kg_co2": 1}})
    free = solve(Instance.from_dict(data), method="milp", forms=False)
    emitted = sum(row["kg_co2"] for row in free.rows["supply"])
    assert least < emitted
    data["limits"] = {"kg_co2": (least + emitted) / 2}
    best = best_of(data)
    assert best > free.outcome.objective
    supply = Supply(Instance.from_dict(data))
    dual = Dual(Decomposition(supply, supply.columns(prune=False)))
    for _ in range(120):
        dual.climb(best)
    assert dual.limits[0] > 0
    assert free.outcome.objective * 0.9 < dual.bound <= best * (1 + 1e-9)


def test_large_instances_of_several_periods_go_that_way(monkeypatch):
    monkeypatch.setattr(decision, "MANY", 10)
    answer = solve(amopt.load("placement/mobile-factory"), forms=False)
    exact = solve(amopt.load("placement/mobile-factory"), method="milp", forms=False)
    assert "decomposition" in answer.outcome.method
    assert answer.outcome.objective == pytest.approx(exact.outcome.objective, rel=1e-6)
    assert answer.verdict.accepted


def test_under_a_limit_of_time_fewer_are_enough_for_prices(monkeypatch):
    monkeypatch.setattr(decision, "MANY_IN_TIME", 10)
    limited, free = highs.Options(time_limit=60.0), highs.Options()
    cases = (
        ("placement/mobile-factory", limited, False, "decomposition"),
        ("placement/mobile-factory", limited, True, "milp"),
        ("placement/mobile-factory", free, False, "milp"),
        ("placement/synthetic", limited, True, "lagrangian"),
        ("placement/synthetic", free, True, "milp"),
    )
    for name, options, forms, expected in cases:
        instance = amopt.load(name)
        ways = decision._ways(Supply(instance), options, forms=forms)
        chosen = choose("placement", "auto", ways, FAMILIES, instance, extended=False)
        assert chosen.name == expected


@pytest.mark.parametrize("seed", [3, 7, 8, 9])
def test_after_looks_at_what_is_near_the_last_program_is_the_whole(seed, monkeypatch):
    monkeypatch.setattr(decomposed_plan, "SMALL", 0)
    monkeypatch.setattr(decomposed_plan, "MOST_ROUNDS", 40)
    data = random_everything(seed)
    best = best_of(data)
    if best is None:
        return
    answer = solve(Instance.from_dict(data), method="decomposition", forms=False)
    assert answer.outcome.status == "optimal"
    assert answer.outcome.objective == pytest.approx(best, rel=2e-6)


def test_under_a_limit_of_time_the_bound_holds():
    data = random_everything(4)
    for limit in (0.05, 0.5):
        try:
            answer = solve(
                Instance.from_dict(data), method="decomposition", forms=False,
                options=highs.Options(time_limit=limit),
            )  # fmt: skip
        except (NoAnswerError, InfeasibleError):
            continue
        assert answer.outcome.bound <= answer.outcome.objective


@pytest.mark.parametrize("seed", range(6))
def test_what_a_plan_teaches_proves_no_more_than_there_is(seed):
    data = random_everything(seed)
    best = best_of(data)
    supply, rng = Supply(Instance.from_dict(data)), np.random.default_rng(seed)
    problem = Decomposition(supply, supply.columns(prune=True))
    dual = Dual(problem)
    size = problem.program.cost.max() / sizes(problem.program)
    for _ in range(4):
        before = dual.bound
        count = rng.integers(0, problem.most[:, None] + 1, (problem.units, problem.periods))
        dual.learn(rng.uniform(0, 1, size.size) * size, count)
        assert dual.bound >= before
        dual.climb(best or dual.bound + 1)
    if best is not None:
        assert dual.bound <= best + 1e-7 * abs(best)


def test_the_levels_of_a_source_are_all_its_columns():
    data = random_data(2, sites=3, places=4, parts=2)
    data["parts"][0]["space"] = 1.0
    data["limits"] = {"storage": [{"place": "place 1", "at_most": 1.0}]}
    supply = Supply(Instance.from_dict(data))
    columns = supply.columns(prune=True)
    problem = Decomposition(supply, columns)
    unit = np.full(len(columns), problem.units)
    printed = columns.site >= 0
    unit[printed] = problem.fleet.unit[columns.site[printed], columns.machine[printed]]
    sizes_met = set()
    for u in range(problem.units + 1):
        for pair in range(len(supply.pairs)):
            right = np.flatnonzero((unit == u) & (columns.pair == pair))
            sizes_met.add(right.size)
            found = problem.levels_of(0, np.array([u]), np.array([pair]), most=3)
            assert sorted(found) == (right.tolist() if right.size <= 3 else [])
    assert max(sizes_met) > 1


def test_a_plan_is_found_under_a_limit_that_binds_and_what_it_pays_proves_it(monkeypatch):
    """By what is near alone, as where there are too many columns for one program."""
    for bound in ("SMALL", "ALL", "MOST_FREE"):
        monkeypatch.setattr(decomposed_plan, bound, 0)
    data = random_data(5, sites=6, places=20, single=False)
    data["parts"][0] |= {"space": 1.0, "may_wait": False, "emergency_kg_co2": 30.0}
    data["conventional"][0]["kg_co2_per_part"] = 20.0
    rooms = [{"place": f"place {j}", "at_most": 0.4} for j in range(20)]
    data["limits"] = {"storage": rooms}
    best = best_of(data)
    answer = solve(
        Instance.from_dict(data), method="decomposition", forms=False,
        options=highs.Options(time_limit=20.0, gap=0.001),
    )  # fmt: skip
    assert 0.999 * best <= answer.outcome.bound <= best * (1 + 1e-9)
    assert best * (1 - 1e-9) <= answer.outcome.objective <= 1.001 * best


@pytest.mark.parametrize("tight", [1.02, 1.1])
def test_prices_of_a_limit_climb_until_a_plan_keeps_it(tight):
    """What it emits is counted by the columns that it uses."""
    data = random_data(5, sites=4, places=16, stocked=False)
    data["conventional"][0]["kg_co2_per_part"] = 20.0
    least = best_of(data | {"minimise": {"cost": 0, "kg_co2": 1}})
    data["limits"] = {"kg_co2": tight * least}
    supply = Supply(Instance.from_dict(data))
    columns = supply.columns(prune=True)
    dual = Dual(Decomposition(supply, columns))

    def emitted(choice):
        assert sorted(columns.pair[choice.columns]) == list(range(len(supply.pairs)))
        return columns.kg_co2[choice.columns].sum()

    assert emitted(by_local_search(dual, dual.limits, Budget())) > tight * least
    first, prices = next(within_limits(dual, Budget()))
    assert emitted(first) <= tight * least
    assert prices[0] > 0
