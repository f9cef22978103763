"""The referee catches what is planted in an answer."""

import copy
from dataclasses import replace

import pytest

import amopt
from amopt.placement import Instance, check, solve
from tests.placement.cases import random_data


@pytest.fixture(scope="module")
def stocked():
    data = random_data(3, single=True)
    data["limits"] = {
        "fill_rate": [{"at_least": 0.5}],
        "storage": [{"place": "place 0", "at_most": 500}],
    }
    instance = Instance.from_dict(data)
    return instance, solve(instance)


@pytest.fixture(scope="module")
def mobile():
    instance = amopt.load("placement/mobile-factory")
    return instance, solve(instance)


@pytest.fixture(scope="module")
def orders():
    instance = amopt.load("placement/orders")
    return instance, solve(instance)


def changed(solution, table, row, **values):
    rows = {name: [dict(entry) for entry in entries] for name, entries in solution.rows.items()}
    rows[table][row] |= values
    return replace(solution, rows=rows)


def test_honest_answers_are_accepted(stocked, mobile, orders):
    for instance, solution in (stocked, mobile, orders):
        verdict = check(instance, solution)
        assert verdict.accepted
        assert verdict.checks > 10


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("share", 0.5),
        ("share", -0.1),
        ("stock_level", 77),
        ("lead_time_weeks", 0.0),
        ("fill_rate", 0.123),
        ("hours", 12345.0),
        ("kg_co2", 99999.0),
        ("yearly_cost", 1.0),
        ("source", "nobody"),
        ("place", "nowhere"),
        ("part", "nothing"),
        ("period", "never"),
    ],
)
def test_planted_errors_in_supply(stocked, key, value):
    instance, solution = stocked
    assert not check(instance, changed(solution, "supply", 0, **{key: value})).accepted


def test_supply_from_a_closed_site_or_without_machines(mobile):
    instance, solution = mobile
    for table, key, value in [("sites", "open", False), ("fleet", "count", 0)]:
        for row, entry in enumerate(solution.rows[table]):
            if entry[key] and entry["hours"]:
                assert not check(instance, changed(solution, table, row, **{key: value})).accepted


@pytest.mark.parametrize("key", ["count", "bought", "sold", "moved_in", "moved_out"])
def test_planted_errors_in_the_fleet(mobile, key):
    instance, solution = mobile
    row = next(k for k, entry in enumerate(solution.rows["fleet"]) if entry["count"])
    value = solution.rows["fleet"][row][key] + 1
    assert not check(instance, changed(solution, "fleet", row, **{key: value})).accepted


def test_planted_errors_in_holdings(mobile):
    instance, solution = mobile
    for values in ({"machines": 2}, {"bought": "2027"}, {"bought": "before"}, {"pool": "x"}):
        assert not check(instance, changed(solution, "holdings", 0, **values)).accepted


def test_planted_errors_in_the_bill(stocked):
    instance, solution = stocked
    for row, entry in enumerate(solution.rows["bill"]):
        wrong = changed(solution, "bill", row, optimum=entry["optimum"] + 1.0)
        assert not check(instance, wrong).accepted


def test_a_bound_above_the_objective_is_refused(stocked):
    instance, solution = stocked
    outcome = replace(solution.outcome, bound=solution.outcome.objective * 1.01)
    assert not check(instance, replace(solution, outcome=outcome)).accepted
    outcome = replace(solution.outcome, objective=solution.outcome.objective * 0.99)
    assert not check(instance, replace(solution, outcome=outcome)).accepted


def test_an_answer_to_a_harder_instance_is_refused(stocked):
    instance, solution = stocked
    cost = solution.rows["bill"][-1]["optimum"]
    data = instance.model_dump(by_alias=True, mode="json")
    harder = [
        {"budget": cost * 0.99},
        {"fill_rate": [{"at_least": 0.9999999}]},
        {"fill_rate": [{"at_least": 0.9999999, "on_average": True}]},
        {"storage": [{"place": "place 0", "at_most": 0.5}]},
    ]
    for limits in harder:
        tight = Instance.from_dict(copy.deepcopy(data) | {"limits": limits})
        assert not check(tight, solution).accepted
    opened = {row["place"] for row in solution.rows["sites"] if row["open"]}
    for site in data["sites"]:
        if site["place"] in opened:
            site["state"] = "closed"
            break
    else:
        data["sites"][0]["state"] = "open"
    assert not check(Instance.from_dict(data), solution).accepted


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("source", "Lyon"),
        ("arrival_week", 0.0),
        ("cost", 1.0),
        ("weeks_late", 9.0),
        ("penalty", 77.0),
        ("ready_week", 0),
        ("machine", ""),
    ],
)
def test_planted_errors_in_orders(orders, key, value):
    instance, solution = orders
    row = next(k for k, r in enumerate(solution.rows["orders"]) if r["source"] == "Stuttgart")
    assert not check(instance, changed(solution, "orders", row, **{key: value})).accepted


def test_planted_errors_in_the_work_on_orders(orders):
    instance, solution = orders
    for values in ({"hours": 1000.0}, {"week": 50}, {"source": "Lyon", "machine": "FDM"}):
        assert not check(instance, changed(solution, "work", 0, **values)).accepted
    rows = {**solution.rows, "orders": solution.rows["orders"][1:]}
    assert not check(instance, replace(solution, rows=rows)).accepted
