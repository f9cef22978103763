"""Dated orders: the least cost of all assignments, tried one by one."""

import itertools
import math
import random

import pytest

import amopt
from amopt.errors import NoAnswerError
from amopt.placement import Instance, solve
from amopt.placement.orders.formulation import formulate
from amopt.placement.orders.options import AssignmentOptions, units
from amopt.program.time import Budget

WEEKLY = 100.0


def random_orders(seed):
    rng = random.Random(seed)
    shops = ["north", "south"]
    return {
        "amopt": 1,
        "kind": "placement",
        "name": f"orders {seed}",
        "network": {
            "places": [{"name": name} for name in (*shops, "client")],
            "lanes": [
                {"from": shop, "to": "client", "weeks": 0.2, "cost_per_part": rng.uniform(1, 9)}
                for shop in shops
            ],
        },
        "machines": [{"name": "SLS", "hours_per_year": 6500.0, "cost_per_hour": 1.0}],
        "sites": [
            {"place": shop, "most_machines": 1, "owned": [{"machine": "SLS", "count": 1}]}
            for shop in shops
        ],
        "parts": [{"name": "jig", "print": [{"machine": "SLS", "hours": 10.0}]}],
        "orders": [
            {
                "order": f"o{k}",
                "place": "client",
                "part": "jig",
                "quantity": rng.randint(2, 9),
                "due_week": rng.choice([1.5, 2.5]),
                "late_cost_per_week": rng.uniform(5, 60),
            }
            for k in range(4)
        ],
    }


def best_by_force(data, most=4):
    """Each order to a shop and a rank there; a shop prints one after the other, without a pause."""
    lanes = {lane["from"]: lane["cost_per_part"] for lane in data["network"]["lanes"]}
    orders, best = data["orders"], float("inf")
    for shops in itertools.product(lanes, repeat=len(orders)):
        if any(shops.count(shop) > most for shop in lanes):
            continue
        for ranks in itertools.permutations(range(len(orders))):
            done, cost = dict.fromkeys(lanes, 0.0), 0.0
            for k in ranks:
                order, shop = orders[k], shops[k]
                done[shop] += order["quantity"] * 10.0
                ready = -(-done[shop] // WEEKLY)
                late = max(0.0, ready + 0.2 - order["due_week"])
                cost += order["quantity"] * (10.0 + lanes[shop])
                cost += late * order["late_cost_per_week"]
            best = min(best, cost)
    return best


@pytest.mark.parametrize("seed", range(8))
def test_orders_are_assigned_at_least_cost(seed):
    data = random_orders(seed)
    answer = solve(Instance.from_dict(data))
    assert answer.outcome.objective == pytest.approx(best_by_force(data), rel=1e-6)


def test_taken_hours_and_releases_are_kept():
    answer = amopt.solve(amopt.load("placement/orders"))
    used = {}
    for row in answer.rows["work"]:
        key = (row["source"], row["machine"], row["week"])
        used[key] = used.get(key, 0.0) + row["hours"]
    assert used.get(("Stuttgart", "SLS", 0), 0.0) <= 128 - 100 + 1e-6
    assert used.get(("Bolzano", "SLS", 0), 0.0) <= 64 - 40 + 1e-6
    released = next(row for row in answer.rows["orders"] if row["order"] == "A-104")
    assert released["start_week"] is None or released["start_week"] >= 1
    assert "orders assigned, A-105 late, at 5,470 EUR" in " ".join(answer.headline())


def test_a_plan_and_its_orders():
    data = random_orders(0)
    data["demand"] = [{"place": "client", "part": "jig", "per_year": 300.0}]
    for site in data["sites"]:
        site |= {"owned": [], "yearly_cost": 10.0}
    answer = solve(Instance.from_dict(data), forms=False)
    opened = {row["place"] for row in answer.rows["sites"] if row["machines"]}
    assert {row["source"] for row in answer.rows["orders"]} <= opened
    assert {row["order"] for row in answer.rows["orders"]} == {"o0", "o1", "o2", "o3"}


@pytest.mark.parametrize(("released", "first"), [(0.0, 0), (0.9, 1), (1.0, 1)])
@pytest.mark.parametrize("method", ["milp", "formulation"])
def test_a_week_that_has_begun_is_not_printed_in(released, first, method):
    data = amopt.load("placement/orders").model_dump(by_alias=True, mode="json")
    for order in data["orders"]:
        order["release_week"], order["due_week"] = released, order["due_week"] + 9
    data["commitments"] = []
    answer = solve(Instance.from_dict(data), method=method)
    assert min(row["week"] for row in answer.rows["work"]) == first
    printed = [row for row in answer.rows["orders"] if row["machine"]]
    assert all(row["start_week"] >= released for row in printed)


def with_weeks(weeks):
    data = amopt.load("placement/orders").model_dump(by_alias=True, mode="json")
    return Instance.from_dict({**data, "weeks_per_year": weeks})


@pytest.mark.parametrize("method", ["milp", "formulation"])
@pytest.mark.parametrize("weeks", [1e4, 1e6])
def test_a_program_that_would_be_too_large_is_refused_in_words(method, weeks):
    with pytest.raises(NoAnswerError, match=r"entries, the most is 5,000,000: order 'A-10\d'"):
        solve(with_weeks(weeks), method=method)


def test_each_unit_has_a_horizon_of_its_own():
    """What all orders need there after the last release, in whole weeks, and a week more."""
    instance = with_weeks(52.0)
    sets = AssignmentOptions(instance, units(instance, None))
    sls = (6 + 4 + 12) * 6 + (40 + 24 + 60) * 1.5
    fdm = (6 + 4 + 12) * 14
    for unit, hours in sets.weekly_hours.items():
        needed = math.ceil((sls if unit[1] == "SLS" else fdm) / hours)
        assert sets.weeks[unit] == 1 + needed + 1
        assert max(option.week for option in sets.options if option.unit == unit) < sets.weeks[unit]


def test_the_program_is_not_built_when_the_time_is_over():
    instance, spent = with_weeks(52.0), Budget(1e-9)
    with pytest.raises(NoAnswerError, match="allow more time"):
        AssignmentOptions(instance, units(instance, None), budget=spent)
    with pytest.raises(NoAnswerError, match="allow more time"):
        formulate(instance, budget=spent)
