"""The referee catches what is planted in an answer."""

import copy
from dataclasses import replace

import pytest

import amopt
from amopt.placement import Instance, check, solve
from amopt.placement.forms import FormRules
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
    for values in (
        {"machines": 2},
        {"bought": "2027"},
        {"bought": "before"},
        {"machine": "x"},
        {"place": "north"},
    ):
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


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("supply", {"route": "weeks"}),
        ("supply", {"stock_level": -1}),
        ("supply", {"stock_level": 1.5}),
        ("fleet", {"hours": 1.0}),
        ("fleet", {"utilisation": 0.99}),
        ("fleet", {"machine": "nothing"}),
        ("sites", {"hours": 1.0}),
        ("sites", {"utilisation": 0.99}),
        ("sites", {"machines": 7}),
    ],
)
def test_what_else_tables_say_is_checked_too(mobile, table, values):
    instance, solution = mobile
    assert not check(instance, changed(solution, table, 0, **values)).accepted


@pytest.mark.parametrize("table", ["sites", "fleet", "supply", "bill", "holdings"])
def test_rows_and_tables_that_are_missing(mobile, table):
    instance, solution = mobile
    fewer = {**solution.rows, table: []}
    assert not check(instance, replace(solution, rows=fewer)).accepted
    without = {name: rows for name, rows in solution.rows.items() if name != table}
    assert not check(instance, replace(solution, rows=without)).accepted
    doubled = {**solution.rows, table: [*solution.rows[table], solution.rows[table][0]]}
    if table in ("sites", "fleet", "supply"):
        assert not check(instance, replace(solution, rows=doubled)).accepted


def test_machines_of_before_do_not_come_back_and_none_are_held_below_zero(mobile):
    instance, solution = mobile
    new = {"machine": "container", "place": "", "machines": 1}
    for extra in (
        {**new, "bought": "before", "period": "2028-2029"},
        {**new, "bought": "2027", "period": "2028-2029", "machines": -1},
        {**new, "bought": "2027", "period": "2026"},
    ):
        rows = {**solution.rows, "holdings": [*solution.rows["holdings"], extra]}
        assert not check(instance, replace(solution, rows=rows)).accepted


def test_nothing_is_printed_without_a_machine_however_quick(textbook_without_hours):
    instance, solution = textbook_without_hours
    empty = {
        "fleet": [],
        "sites": [{**row, "machines": 0} for row in solution.rows["sites"]],
    }
    verdict = check(instance, replace(solution, rows={**solution.rows, **empty}))
    assert any("there is no 'SLS'" in finding for finding in verdict.findings)


@pytest.fixture
def textbook_without_hours():
    textbook = amopt.load("placement/textbook")
    (part,) = textbook.parts
    (option,) = part.print
    quick = part.model_copy(update={"print": (option.model_copy(update={"hours": 0.0}),)})
    instance = textbook.model_copy(update={"parts": (quick,)})
    return instance, solve(instance)


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("orders", {"quantity": 1}),
        ("orders", {"due_week": 9}),
        ("orders", {"place": "Wien"}),
        ("orders", {"source": "Wien"}),
        ("orders", {"start_week": 3}),
        ("work", {"order": "nobody's"}),
        ("work", {"week": 0.5}),
    ],
)
def test_planted_errors_in_what_orders_tell(orders, table, values):
    instance, solution = orders
    assert not check(instance, changed(solution, table, 0, **values)).accepted


def test_hours_below_zero_make_no_room(orders):
    instance, solution = orders
    first = dict(solution.rows["work"][0])
    work = [
        *solution.rows["work"],
        {**first, "hours": 5.0},
        {**first, "hours": -5.0, "week": first["week"]},
    ]
    verdict = check(instance, replace(solution, rows={**solution.rows, "work": work}))
    assert any("less than no time" in finding for finding in verdict.findings)


def test_an_answer_without_tables_is_no_answer(stocked, orders):
    for instance, solution in (stocked, orders):
        assert not check(instance, replace(solution, rows={})).accepted


def test_machines_are_not_held_before_they_are_bought(mobile):
    instance, solution = mobile
    early = {
        "machine": "container", "place": "", "bought": "2027", "period": "2026", "machines": 1
    }  # fmt: skip
    rows = {**solution.rows, "holdings": [*solution.rows["holdings"], early]}
    verdict = check(instance, replace(solution, rows=rows))
    assert any("those of 2027 are held before" in finding for finding in verdict.findings)


@pytest.mark.parametrize("form", ["central", "distributed"])
def test_a_form_whose_sites_cannot_print_is_refused(form, monkeypatch):
    """A program that forgot the machines of a form finds cheaper plans: these are not of it."""
    data = amopt.load("placement/textbook").model_dump(by_alias=True, mode="json")
    data["conventional"][0]["cost_per_part"] = 1.0
    instance = Instance.from_dict(data)
    assert solve(instance, method="milp").verdict.accepted
    honest = FormRules.__init__

    def forgetful(self, supply, fleet, asked):
        honest(self, supply, fleet, asked)
        if asked == form:
            self.printing = self.printing[:0]

    monkeypatch.setattr(FormRules, "__init__", forgetful)
    with pytest.raises(amopt.RefusedError, match=f"the {form} plan.* print"):
        solve(instance, method="milp")
