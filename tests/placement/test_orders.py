"""Dated orders: the least cost of all assignments, tried one by one."""

import itertools
import math
import random

import pytest

import amopt
from amopt.errors import InfeasibleError, InvalidInstanceError, NoAnswerError
from amopt.placement import Instance, solve
from amopt.placement.answer.figures import figures
from amopt.placement.orders.arrays import assemble
from amopt.placement.orders.formulation import formulate
from amopt.placement.orders.options import AssignmentOptions, units
from amopt.program.solver.options import Options
from amopt.program.time import Budget
from tests.placement.oracles import orders_program
from tests.seeds import seeds

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
@pytest.mark.parametrize("weeks", [5e5, 1e6])
def test_a_program_that_would_be_too_large_is_refused_in_words(method, weeks):
    with pytest.raises(
        NoAnswerError, match=r"weeks of orders on machines, the most is 200,000: order 'A-10\d'"
    ):
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


def test_a_commitment_far_ahead_leaves_the_weeks_before_it_free():
    """A unit that is taken for hours of week 168 needs no 168 weeks to print what it prints."""
    data = amopt.load("placement/orders").model_dump(by_alias=True, mode="json")
    near = solve(Instance.from_dict({**data, "commitments": data["commitments"][1:]}))
    far = {**data["commitments"][0], "week": 100_000}
    sets = [
        AssignmentOptions(one, units(one, None))
        for one in (
            Instance.from_dict({**data, "commitments": data["commitments"][1:]}),
            Instance.from_dict({**data, "commitments": [far, *data["commitments"][1:]]}),
        )
    ]
    assert sets[0].weeks == sets[1].weeks
    answer = solve(sets[1].instance)
    assert answer.outcome.objective == pytest.approx(near.outcome.objective, rel=1e-9)


@pytest.mark.slow
@pytest.mark.sampled(6)
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("taken", [(0, 1, 2), (1, 4), (0, 3)])
def test_a_unit_that_is_taken_now_and_then_has_weeks_enough(seed, taken):
    """Against weeks without end: three more than the last of any commitment and all orders."""
    data = random_orders(seed)
    data["commitments"] = [
        {"place": "north", "machine": "SLS", "week": week, "hours": 90.0 + week} for week in taken
    ]
    instance = Instance.from_dict(data)
    sets = AssignmentOptions(instance, units(instance, None))
    hours = sum(order.quantity for order in instance.orders) * 10.0
    for unit, end in sets.weeks.items():
        own = {e.week: e.hours for e in instance.commitments if (e.place, e.machine) == unit}
        there = sum(max(WEEKLY - own.get(week, 0.0), 0.0) for week in range(end - 1))
        before = sum(max(WEEKLY - own.get(week, 0.0), 0.0) for week in range(end - 2))
        assert before < hours <= there
    best = solve(instance).outcome.objective
    longer = dict.fromkeys(sets.weeks, max(sets.weeks.values()) + 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("amopt.placement.orders.options._horizons", lambda *_: longer)
        assert solve(instance).outcome.objective == pytest.approx(best, rel=1e-9)


def test_hundreds_of_weeks_are_answered_within_the_limit():
    """Rows that listed every later week had three million entries: nothing came of it in time."""
    data = amopt.load("placement/orders").model_dump(by_alias=True, mode="json")
    data["orders"][0]["quantity"] *= 300
    instance = Instance.from_dict(data)
    program = assemble(AssignmentOptions(instance, units(instance, None)))
    assert program.matrix.nnz <= 6 * program.shape[1]
    answer = solve(instance, options=Options(time_limit=60.0))
    assert answer.verdict.accepted
    assert answer.outcome.gap <= 1e-2


@pytest.mark.parametrize("hours", [1e-9, 1e-3, 1.0])
def test_an_order_that_takes_next_to_no_time_is_printed(hours):
    data = amopt.load("placement/orders").model_dump(by_alias=True, mode="json")
    data["parts"][0]["print"][0]["hours"] = hours
    answer = solve(Instance.from_dict(data))
    printed = {row["order"] for row in answer.rows["orders"] if row["machine"]}
    assert printed == {row["order"] for row in answer.rows["work"]}


@pytest.mark.parametrize("method", ["milp", "formulation"])
def test_what_is_proven_infeasible_is_so_without_a_reason_in_time(method, monkeypatch):
    """That nobody can be in time is known, whether or not it can be told by how little."""
    data = amopt.load("placement/orders").model_dump(by_alias=True, mode="json")
    data["orders"][0] |= {"due_week": 0.5, "late_cost_per_week": None}
    data["conventional"] = []
    honest = AssignmentOptions.__init__

    def hurried(self, *given, late=False, **named):
        if late:
            raise NoAnswerError("the time limit was reached")
        honest(self, *given, late=late, **named)

    monkeypatch.setattr(AssignmentOptions, "__init__", hurried)
    with pytest.raises(amopt.InfeasibleError, match="no reason could be proven"):
        solve(Instance.from_dict(data), method=method)


def test_the_program_is_not_built_when_the_time_is_over():
    instance, spent = with_weeks(52.0), Budget(1e-9)
    with pytest.raises(NoAnswerError, match="allow more time"):
        AssignmentOptions(instance, units(instance, None), budget=spent)
    with pytest.raises(NoAnswerError, match="allow more time"):
        formulate(instance, budget=spent)


@pytest.mark.parametrize("method", ["milp", "formulation"])
@pytest.mark.parametrize("released", [0.0, 0.9, 2.5])
def test_conventional_supply_starts_when_an_order_is_released(released, method):
    """Hours are planned by weeks; who is asked from elsewhere starts within a week."""
    data = random_orders(0)
    data["conventional"] = [
        {"supplier": "mill", "part": "jig", "cost_per_part": 0.01, "lead_time_weeks": 1.25}
    ]
    for order in data["orders"]:
        order |= {"release_week": released, "due_week": 9.0}
    answer = solve(Instance.from_dict(data), method=method)
    assert {row["source"] for row in answer.rows["orders"]} == {"mill"}
    for row in answer.rows["orders"]:
        assert row["arrival_week"] == pytest.approx(released + 1.25)


def test_orders_without_hours_and_orders_released_later_are_drawn():
    """A part without machine-hours has no week of printing; what is bought begins when released."""
    data = random_orders(0)
    data["parts"].append({"name": "tag", "print": [{"machine": "SLS", "hours": 0.0}]})
    data["parts"].append({"name": "bolt"})
    data["conventional"] = [{"part": "bolt", "cost_per_part": 1.0, "lead_time_weeks": 2.0}]
    data["orders"] = [
        {"order": "printed", "place": "client", "part": "tag", "due_week": 5.0},
        {
            "order": "bought",
            "place": "client",
            "part": "bolt",
            "release_week": 3.0,
            "due_week": 6.0,
        },
    ]
    instance = Instance.from_dict(data)
    answer = solve(instance)
    printed, bought = answer.rows["orders"]
    assert printed["start_week"] is None
    assert bought["arrival_week"] == 5.0
    drawn = figures(instance, answer)["Orders over time"]
    lengths = {bar.name: (bar.base[0], bar.x[0]) for bar in drawn.data if bar.type == "bar"}
    assert lengths["conventional"] == (3.0, 2.0)
    assert "printing" not in lengths


def random_mixed(seed):
    """Return orders on owned machines and sold hours of two types, with suppliers and routes."""
    rng = random.Random(seed)
    shops, places = [f"shop {k}" for k in range(rng.randint(1, 3))], ["a", "b"]
    machines = [{"name": "SLS", "hours_per_year": rng.choice([520.0, 2600.0])}]
    machines += [{"name": "MJF", "hours_per_year": 260.0, "cost_per_hour": 3.0}] * rng.randint(0, 1)
    jig = [
        {"machine": machine["name"], "hours": rng.uniform(0.5, 6), "material_cost": 2.0}
        for machine in machines
    ]
    tag = [{"machine": "SLS", "hours": rng.choice([0.0, 2.0, 5.0])}]
    lanes = [
        {"from": shop, "to": place, "weeks": rng.choice([0.2, 0.5, 1.0, 1.3]),
         "cost_per_part": rng.uniform(0, 9)}
        for shop in shops for place in places
    ]  # fmt: skip
    sites, taken = [], []
    for shop in shops:
        state = rng.choice(["candidate", "candidate", "open", "closed"])
        site = {
            "place": shop,
            "most_machines": 3,
            "state": state,
            "fee_per_part": rng.choice([0, 2]),
        }
        names = rng.sample([machine["name"] for machine in machines], len(machines))
        if state != "closed":
            site["owned"] = [{"machine": names[0], "count": rng.randint(0, 2)}]
            taken += [
                {"place": shop, "machine": names[0], "week": week, "hours": rng.uniform(1, 40)}
                for week in range(3) if rng.random() < 0.3
            ]  # fmt: skip
        if state != "closed" and len(names) > 1 and rng.random() < 0.6:
            hours = rng.choice([None, 520.0, 0.0])
            site["contracts"] = [
                {"machine": names[1], "hours_per_year": hours, "cost_per_hour": rng.uniform(0, 5)}
            ]
        sites.append(site)
    bought = [
        {"part": "jig", "cost_per_part": rng.uniform(10, 80), "lead_time_weeks": 1.5},
        {"part": "tag", "from": shops[0], "cost_per_part": 20.0, "lead_time_weeks": 0.0},
    ]
    data = {
        "amopt": 1, "kind": "placement", "name": f"mixed {seed}",
        "network": {"places": [{"name": name} for name in (*shops, *places)], "lanes": lanes},
        "machines": machines, "sites": sites, "commitments": taken,
        "parts": [{"name": "jig", "print": jig}, {"name": "tag", "print": tag}],
        "conventional": [entry for entry in bought if rng.random() < 0.8],
        "orders": [],
    }  # fmt: skip
    if rng.random() < 0.4:
        data["routes"] = ["cost", "weeks"]
        air = {"mode": "air", "weeks": 0.05, "cost_per_part": 40.0}
        data["network"]["lanes"] = [*lanes, *(lane | air for lane in lanes[:2])]
    for k in range(rng.randint(1, 5)):
        release = rng.choice([0.0, 0.0, 1.0, 1.4])
        order = {"order": f"o{k}", "place": rng.choice(places), "part": rng.choice(["jig", "tag"])}
        order |= {"quantity": rng.randint(1, 9), "release_week": release}
        order |= {"due_week": release + rng.choice([0.5, 1.0, 1.5, 2.0, 3.2])}
        late = {"late_cost_per_week": rng.uniform(1, 60)} if rng.random() < 0.7 else {}
        data["orders"].append(order | late)
    return data


@pytest.mark.sampled(6)
@pytest.mark.parametrize("seed", seeds(250, always=20))
def test_mixed_orders_cost_what_a_program_from_the_file_says(seed):
    data = random_mixed(seed)
    try:
        instance = Instance.from_dict(data)
    except InvalidInstanceError:
        return  # nobody can fill one of them
    best = orders_program.optimum(data)
    for method in ("milp", "formulation"):
        if best is None:
            with pytest.raises(InfeasibleError):
                solve(instance, method=method)
        else:
            assert solve(instance, method=method).outcome.objective == pytest.approx(best, rel=1e-6)
