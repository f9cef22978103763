"""Stock levels where more than cost counts: worked numbers, and all levels tried."""

import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import amopt
from amopt.errors import InfeasibleError, NoAnswerError
from amopt.placement import Instance, formulate, solve
from amopt.placement.supply.supply import Supply
from amopt.program.solver.options import Options
from amopt.stock import erlang_loss
from tests.placement.oracles.brute_force import loss


def one_shelf(**changes):
    """One place with conventional supply: 100 a year at 10 in 4 weeks, emergencies at 20."""
    part = {
        "name": "seal",
        "unit_value": 10.0,
        "holding_cost_per_year_per_value": 0.1,
        "emergency_cost": 20.0,
        **changes.pop("part", {}),
    }
    return {
        "amopt": 1,
        "kind": "placement",
        "name": "one shelf",
        "network": {"places": [{"name": "shop"}]},
        "parts": [part],
        "conventional": [{"part": "seal", "cost_per_part": 10.0, "lead_time_weeks": 4.0}],
        "demand": [{"place": "shop", "part": "seal", "per_year": 100.0}],
        **changes,
    }


@pytest.mark.parametrize(
    ("kg", "changes", "objective", "level"),
    [
        (10_000.0, {"minimise": {"cost": 1, "kg_co2": 1}}, 1025.36, 24),
        (100.0, {"minimise": {"cost": 1, "kg_co2": 1}}, 1021.09, 20),
        (100.0, {"limits": {"kg_co2": 5.0}}, 1019.26, 19),
        (1_000.0, {"limits": {"kg_co2": 60.0}}, 1019.26, 19),
    ],
)
@pytest.mark.parametrize("method", ["auto", "formulation"])
def test_levels_that_emissions_ask_for(kg, changes, objective, level, method):
    data = one_shelf(part={"emergency_kg_co2": kg}, single_source=True, **changes)
    instance = Instance.from_dict(data)
    answer = solve(instance, method=method)
    assert answer.outcome.objective == pytest.approx(objective, abs=0.005)
    assert answer.outcome.status == "optimal"
    assert [row["stock_level"] for row in answer.rows["supply"]] == [level]


def every_level(data, most):
    """Money, kg, room and shortage a year of each level, the emergency shipment alone first."""
    (part,), (entry,), (demand,) = data["parts"], data["conventional"], data["demand"]
    rate, load = demand["per_year"], demand["per_year"] * entry["lead_time_weeks"] / 52
    holding = part["unit_value"] * part["holding_cost_per_year_per_value"]
    for level in range(most + 1):
        lost = loss(level, load)
        yield (
            holding * level
            + rate * ((1 - lost) * entry["cost_per_part"] + lost * part["emergency_cost"]),
            rate * ((1 - lost) * entry.get("kg_co2_per_part", 0) + lost * part["emergency_kg_co2"]),
            level * part["space"],
            lost,
        )


def best_level(data, most=400, among=None):
    """The optimum over all levels from a single source, or some; infinite where there is none."""
    limits, weight, best = data["limits"], data["minimise"], math.inf
    for level, (money, kg, room, short) in enumerate(every_level(data, most)):
        kept = among is None or level in among
        kept = kept and (
            money <= limits.get("budget", math.inf) * (1 + 1e-9)
            and kg <= limits.get("kg_co2", math.inf) * (1 + 1e-9)
            and all(room <= entry["at_most"] for entry in limits.get("storage", []))
            and all(1 - short >= entry["at_least"] for entry in limits.get("fill_rate", []))
        )
        if kept:
            best = min(best, weight["cost"] * money + weight["kg_co2"] * kg)
    return best


amounts = st.floats(0.01, 1000).map(lambda x: float(f"{x:.3g}"))


@st.composite
def limited_shelves(draw):
    """A shelf under any weights and limits; the limits lie between the levels' own values."""
    data = one_shelf(
        part={
            "unit_value": draw(amounts),
            "emergency_cost": draw(st.floats(0, 40)),
            "emergency_kg_co2": draw(st.sampled_from([0.0, 1.0, 30.0, 1e4])),
            "space": draw(st.sampled_from([0.0, 1.0, 2.5])),
        },
        single_source=True,
    )
    data["conventional"][0]["kg_co2_per_part"] = draw(st.sampled_from([0.0, 1.0, 50.0]))
    data["demand"][0]["per_year"] = draw(st.floats(0.5, 300))
    weights = st.sampled_from([(1.0, 0.0), (1.0, 1.0), (0.01, 5.0), (3.0, 1e3), (1.0, 1e-4)])
    cost, kg = draw(weights)
    data["minimise"] = {"cost": cost, "kg_co2": kg}
    # Limits that a solver can tell apart, with its rows kept to about 1e-7.
    levels = [level for level in every_level(data, 90) if level[3] >= 1e-5]
    money, emitted, room, short = draw(st.sampled_from(levels))
    limits = {
        "budget": money * 1.001,
        "kg_co2": emitted * 1.001 + 1e-6,
        "storage": [{"place": "shop", "at_most": room + 0.1}],
        "fill_rate": [{"at_least": max(0.0, 1 - 1.001 * short), "on_average": draw(st.booleans())}],
    }
    kept = draw(st.sets(st.sampled_from(sorted(limits)), max_size=3))
    data["limits"] = {name: limits[name] for name in kept}
    return data


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(limited_shelves())
def test_no_level_that_is_left_out_is_missed(data):
    best = best_level(data)
    instance = Instance.from_dict(data)
    if math.isinf(best):
        with pytest.raises(InfeasibleError):
            solve(instance, forms=False)
        return
    answer = solve(instance, forms=False)
    assert answer.outcome.objective == pytest.approx(best, rel=2e-6)
    assert answer.outcome.bound <= best * (1 + 2e-6)


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(limited_shelves())
def test_a_best_level_is_among_those_that_are_looked_at_first(data):
    """A solve that finds no plan looks at all levels, so that its answer alone does not tell."""
    best = best_level(data)
    first = {0, *Supply(Instance.from_dict(data)).columns().level.tolist()}
    if math.isfinite(best):
        assert best_level(data, among=first) == pytest.approx(best, rel=1e-9)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("kind", ["budget", "kg_co2", "storage", "fill_rate"])
@pytest.mark.parametrize("weights", [(1.0, 1.0), (1.0, 0.0)])
def test_so_it_is_under_each_limit_alone(kind, weights):
    data = one_shelf(part={"emergency_kg_co2": 1e3, "space": 1.0}, single_source=True)
    data["minimise"] = dict(zip(("cost", "kg_co2"), weights, strict=True))
    data["limits"] = {}
    changed = 0
    free = best_level(data)
    for money, kg, room, short in list(every_level(data, 26))[12:]:
        data["limits"] = {
            "budget": {"budget": money},
            "kg_co2": {"kg_co2": kg},
            "storage": {"storage": [{"place": "shop", "at_most": room}]},
            "fill_rate": {"fill_rate": [{"at_least": 1 - short, "on_average": True}]},
        }[kind]
        best = best_level(data)
        first = {0, *Supply(Instance.from_dict(data)).columns().level.tolist()}
        assert best_level(data, among=first) == pytest.approx(best, rel=1e-9)
        changed += best > free * (1 + 1e-9)
    assert changed or (kind, weights) == ("budget", (1.0, 0.0))


@settings(max_examples=60, deadline=None)
@given(limited_shelves())
def test_what_pruning_leaves_is_part_of_every_option(data):
    supply = Supply(Instance.from_dict(data))

    def keys(columns):
        return set(zip(columns.site.tolist(), columns.level.tolist(), strict=True))

    assert keys(supply.columns()) <= keys(supply.columns(prune=False))


def emissions_alone(emergency_kg, regular_kg, per_year, weeks):
    """A shelf where emissions alone are minimised."""
    data = one_shelf(part={"emergency_kg_co2": emergency_kg}, minimise={"cost": 0, "kg_co2": 1})
    data["conventional"][0] |= {"kg_co2_per_part": regular_kg, "lead_time_weeks": weeks}
    data["demand"][0]["per_year"] = per_year
    return data


def test_emissions_alone_have_no_best_level_and_stop_where_rounding_is_all_that_is_left():
    instance = Instance.from_dict(emissions_alone(5.0, 0.0, 100.0, 4.0))
    (row,) = solve(instance, forms=False).rows["supply"]
    load = 100 * 4 / 52
    level = row["stock_level"]
    assert erlang_loss(level, load) <= 2**-54 < erlang_loss(level - 1, load)


@pytest.mark.parametrize("method", ["auto", "formulation"])
@pytest.mark.parametrize("emergency_kg", [5.0, 50_000.0, 1e8])
def test_emissions_alone_are_least_however_much_an_emergency_emits(emergency_kg, method):
    rate, weeks = 247.58685, 0.82
    data = emissions_alone(emergency_kg, 1.0, rate, weeks)
    answer = solve(Instance.from_dict(data), method=method, forms=False)
    load = rate * weeks / 52
    best = min(rate * (1 + loss(level, load) * (emergency_kg - 1)) for level in range(60))
    assert best == pytest.approx(rate, rel=1e-9)
    assert answer.outcome.objective == pytest.approx(best, rel=1e-8)


def test_a_callers_constraints_find_levels_out_of_stock_once_in_a_million_million():
    data = one_shelf(single_source=True)
    every = Supply(Instance.from_dict(data)).columns(prune=False)
    load = 100 * 4 / 52
    most = int(every.level.max())
    assert erlang_loss(most, load) <= 1e-12 < erlang_loss(most - 1, load)


def with_rate(instance, per_year):
    """Return an instance with another first rate, beyond what a file may say too."""
    first = instance.demand[0].model_copy(update={"per_year": per_year})
    return instance.model_copy(update={"demand": (first, *instance.demand[1:])})


@pytest.mark.parametrize("per_year", [1e7, 1e8, 1e10])
def test_the_work_does_not_grow_with_the_rate(per_year):
    began = time.perf_counter()
    instance = with_rate(amopt.load("placement/aircraft-today"), per_year)
    answer = solve(instance, options=Options(time_limit=20))
    assert answer.verdict.accepted
    assert max(row["stock_level"] for row in answer.rows["supply"]) > per_year / 100
    assert time.perf_counter() - began < 10


def test_more_levels_than_can_be_held_are_refused_in_words():
    began = time.perf_counter()
    part = {"emergency_kg_co2": 5.0}
    data = one_shelf(part=part, limits={"kg_co2": 1e5})
    instance = Instance.from_dict(data)
    with pytest.raises(NoAnswerError, match=r"stock levels would have to be compared: .*'seal'"):
        solve(with_rate(instance, 1e13))
    with pytest.raises(NoAnswerError, match="constraints that are added may ask"):
        formulate(with_rate(instance, 1e13))
    with pytest.raises(NoAnswerError, match="is a rate or a lead time mistyped"):
        solve(with_rate(instance, 1e16))
    assert time.perf_counter() - began < 5


def test_the_time_limit_holds_while_options_are_listed():
    instance = amopt.load("placement/synthetic")
    with pytest.raises(NoAnswerError, match="before the supply options were listed"):
        solve(instance, options=Options(time_limit=1e-9))
