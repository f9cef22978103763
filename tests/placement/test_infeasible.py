"""What cannot be done is said in the instance's words."""

import copy
import math

import pytest

import amopt
from amopt.errors import InfeasibleError, InvalidInstanceError, NoAnswerError
from amopt.placement import Instance, solve
from amopt.placement.formulation import formulate
from amopt.placement.formulation.service import FILL_RATE
from amopt.program.solver.highs import Options
from amopt.program.time import Budget
from tests.placement.cases import random_data


def refused(data):
    with pytest.raises(InfeasibleError) as caught:
        solve(Instance.from_dict(data), forms=False)
    return caught.value


def test_demand_that_no_lane_reaches():
    data = random_data(0)
    data["network"]["places"].append({"name": "island"})
    data["demand"].append({"place": "island", "part": "part 0", "per_year": 1.0})
    data["conventional"][0]["from"] = "site 0"
    data["network"]["lanes"] += [{"from": "site 0", "to": f"place {j}"} for j in range(3)]
    with pytest.raises(InvalidInstanceError) as caught:
        Instance.from_dict(data)
    assert [finding.code for finding in caught.value.findings] == ["unreachable-place"]
    assert "'island'" in caught.value.findings[0].message


def test_capacity_below_demand_and_nobody_else():
    data = random_data(0, stocked=False, single=False)
    data["conventional"] = []
    for entry in data["demand"]:
        entry["per_year"] = 500.0
    error = refused(data)
    assert any("hours of 'SLS'" in clash for clash in error.conflict)
    assert any("the demand of" in clash for clash in error.conflict)
    assert error.remedies
    assert any("hours a year" in remedy or "machines" in remedy for remedy in error.remedies)


def test_a_fill_rate_that_no_stock_level_meets():
    data = random_data(0)
    data["limits"] = {"fill_rate": [{"part": "part 0", "place": "place 1", "at_least": 1.0}]}
    error = refused(data)
    assert error.conflict == (
        "the demand of 'place 1' for 'part 0', with a fill rate of at least 1 (any stock is "
        "out at times: ask for less than 1)",
    )


def test_a_budget_below_every_plan():
    data = random_data(0)
    best = solve(Instance.from_dict(data), forms=False).outcome.objective
    data["limits"] = {"budget": best - 100.0}
    error = refused(data)
    assert any("the budget of" in clash for clash in error.conflict)
    assert "raise the budget by 100.00 EUR" in error.remedies


def test_too_little_room_for_a_fill_rate():
    data = random_data(0)
    data["limits"] = {
        "fill_rate": [{"at_least": 0.99}],
        "storage": [{"place": "place 0", "at_most": 1.0}],
    }
    error = refused(data)
    assert any("room for stock at 'place 0'" in clash for clash in error.conflict)
    assert any("the demand of 'place 0'" in clash for clash in error.conflict)
    assert any("find storage room" in remedy for remedy in error.remedies)


def test_a_remedy_leaves_names_with_the_number_in_them_as_they_are():
    data = random_data(0, parts=2)
    for entry in (*data["parts"], *data["conventional"], *data["demand"]):
        key = "name" if "name" in entry else "part"
        entry[key] = entry[key].replace("part 1", "valve-0.99")
    data["limits"] = {
        "budget": 1.0,
        "fill_rate": [{"part": "valve-0.99", "at_least": 0.99, "on_average": True}],
    }
    instance = Instance.from_dict(data)
    key = (0, instance.horizon[0].name)
    assert FILL_RATE.says(instance, key) == (
        "the average fill rate of 'valve-0.99' of at least 0.99"
    )
    assert FILL_RATE.remedy(instance, key, 0.5) == (
        "ask for the average fill rate of 'valve-0.99' of at least 0.49"
    )


def test_orders_that_cannot_be_on_time():
    data = {
        "amopt": 1,
        "kind": "placement",
        "name": "late",
        "network": {"places": [{"name": "shop"}]},
        "machines": [{"name": "SLS", "hours_per_year": 5200.0}],
        "sites": [{"place": "shop", "most_machines": 1, "owned": [{"machine": "SLS", "count": 1}]}],
        "parts": [{"name": "jig", "print": [{"machine": "SLS", "hours": 10.0}]}],
        "orders": [
            {"order": "A", "place": "shop", "part": "jig", "quantity": 6, "due_week": 1.0},
            {"order": "B", "place": "shop", "part": "jig", "quantity": 4, "due_week": 1.0},
        ],
    }
    error = refused(data)
    assert any("free hours of 'SLS' at 'shop' in week 0" in clash for clash in error.conflict)
    assert error.remedies == (
        "raise the due week of order 'A' to 2",
        "raise the due week of order 'B' to 2",
        "find 20 more hours of 'SLS' at 'shop' in week 0",
    )
    data["orders"][0]["due_week"] = 1.999
    refused(data)
    data["orders"][0]["due_week"] = 2.0
    assert solve(Instance.from_dict(data)).verdict.accepted
    data["orders"][0]["due_week"] = 1.0
    data["orders"][1]["late_cost_per_week"] = 7.0
    answer = solve(Instance.from_dict(data))
    assert {row["order"]: row["weeks_late"] for row in answer.rows["orders"]} == {"A": 0, "B": 1}
    assert answer.outcome.objective == pytest.approx(7.0)


def test_a_budget_over_periods_is_told_without_bookkeeping():
    instance = amopt.load("placement/mobile-factory").model_copy(
        update={"limits": {"budget": 1000.0}}
    )
    with pytest.raises(InfeasibleError) as caught:
        solve(instance)
    assert "the budget of 1,000.00 EUR" in caught.value.conflict
    assert not any("[" in clash for clash in caught.value.conflict)


def test_what_was_fixed_is_named_where_it_clashes():
    def close_both(model):
        model.open["Arnhem", "year"].fix(0)
        model.open["Breda", "year"].fix(0)

    textbook = amopt.load("placement/textbook").model_copy(update={"conventional": ()})
    with pytest.raises(InfeasibleError) as caught:
        solve(textbook, extend=close_both)
    assert set(caught.value.remedies) == {
        "leave open[Arnhem,year] free",
        "leave open[Breda,year] free",
    }
    assert "what open[Arnhem,year] is fixed at" in caught.value.conflict


def test_added_constraints_that_clash_are_named():
    def cheap(model):
        from pyomo.environ import Constraint

        model.cheap = Constraint(expr=model.cost <= 2000)

    with pytest.raises(InfeasibleError) as caught:
        solve(amopt.load("placement/textbook"), extend=cheap)
    assert "the constraint cheap" in caught.value.conflict
    assert caught.value.remedies == ("raise the right-hand side of cheap by 980",)


def test_a_fixing_beyond_bounds_is_no_plan():
    """A closed site stays closed, whatever a caller fixes."""
    textbook = amopt.load("placement/textbook")
    sites = tuple(site.model_copy(update={"state": "closed"}) for site in textbook.sites)
    with pytest.raises(InfeasibleError):
        solve(
            textbook.model_copy(update={"sites": sites}),
            extend=lambda model: model.open["Arnhem", "year"].fix(1),
        )


def test_the_budget_comes_first_and_single_sources_are_no_limits():
    """A budget that single sourcing cannot keep: no integrality is named, and few words do."""
    data = random_data(2, sites=3, places=4, single=True)
    best = solve(Instance.from_dict(data), forms=False).outcome.objective
    data["limits"] = {"budget": best - 50.0, "open_sites": 2}
    error = refused(data)
    assert error.conflict[0].startswith("the budget of")
    assert error.remedies[0] == "raise the budget by 50.00 EUR"
    assert not any("open or not" in words for words in error.conflict)
    assert len(str(error).splitlines()) <= 6


def test_every_remedy_that_is_named_is_enough():
    data = random_data(4, sites=2, places=3, stocked=False, single=False)
    data["conventional"] = []
    for entry in data["demand"]:
        entry["per_year"] = 150.0
    error = refused(data)
    rooms = [c for c in error.combinations if c[0].limit.family == "room_for_machines"]
    assert rooms
    for combination in rooms:
        changed = copy.deepcopy(data)
        for change in combination:
            for site in changed["sites"]:
                if change.limit.family == "room_for_machines" and site["place"] in change.limit.key:
                    site["most_machines"] += math.ceil(change.amount - 1e-6)
        if all(change.limit.family == "room_for_machines" for change in combination):
            assert solve(Instance.from_dict(changed), forms=False).verdict.accepted


def test_every_finding_says_what_to_write_instead():
    data = random_data(0, periods=[{"name": "before"}, {"name": "2027"}])
    data["demand"][0]["by_period"] = [1.0]
    with pytest.raises(InvalidInstanceError) as caught:
        Instance.from_dict(data)
    findings = caught.value.findings
    assert {finding.code for finding in findings} == {"reserved-name", "forecast-length"}
    assert all(finding.advice for finding in findings)


def test_a_number_for_all_periods_is_one_limit():
    """The file says once how many machines a site may hold: the remedy is the most of any year."""
    years = [{"name": name} for name in ("2027", "2028")]
    data = random_data(0, sites=1, stocked=False, single=False, periods=years)
    data["conventional"] = []
    for entry in data["demand"]:
        entry |= {"per_year": 90.0, "by_period": [40.0, 90.0]}
    error = refused(data)
    (room,) = (c for (c,) in error.combinations if c.limit.family == "room_for_machines")
    assert "2027" not in str(error)
    most = data["sites"][0]["most_machines"]
    for more, enough in ((math.ceil(room.amount - 1e-6), True), (room.amount - 1, False)):
        data["sites"][0]["most_machines"] = most + math.ceil(more)
        if enough:
            assert solve(Instance.from_dict(data), forms=False).verdict.accepted
        else:
            refused(data)


def test_changes_that_are_made_together_share_the_burden():
    """Emissions held at their very least would ask for a budget that nobody pays."""
    data = random_data(0, places=1, stocked=False, single=False)
    data["conventional"] = [
        {"part": "part 0", "supplier": name, "cost_per_part": cost, "lead_time_weeks": 1.0}
        for name, cost in (("plain", 10.0), ("green", 15.0), ("greenest", 5000.0))
    ]
    data["sites"], data["machines"], data["parts"][0]["print"] = [], [], []
    data["demand"] = [{"place": "place 0", "part": "part 0", "per_year": 100.0}]
    data["parts"][0]["downtime_cost_per_hour"] = 0.0
    origins = {"plain": 2.0, "green": 1.0, "greenest": 0.99}
    data["network"] = {
        "places": [{"name": "place 0"}, *({"name": name} for name in origins)],
        "lanes": [
            {"from": name, "to": "place 0", "weeks": 1.0, "kg_co2_per_part": kg}
            for name, kg in origins.items()
        ],
    }
    for entry in data["conventional"]:
        entry["from"] = entry["supplier"]
    data["limits"] = {"budget": 900.0, "kg_co2": 90.0}
    error = refused(data)
    (changes,) = error.combinations
    by = {change.limit.family: change.amount for change in changes}
    assert set(by) == {"budget", "emission_limit"}
    assert by["budget"] <= 600.0 + 1e-6
    limits = data["limits"]
    data["limits"] = {"budget": 900 + by["budget"], "kg_co2": 90 + by["emission_limit"]}
    assert solve(Instance.from_dict(data), forms=False).verdict.accepted
    for family, field in (("budget", "budget"), ("emission_limit", "kg_co2")):
        data["limits"] = {"budget": 900 + by["budget"], "kg_co2": 90 + by["emission_limit"]}
        data["limits"][field] = limits[field] + 0.999 * by[family]
        refused(data)


@pytest.mark.parametrize("gap", [1e-6, 0.3])
def test_the_budget_is_raised_by_the_least_whatever_gap_is_asked_for(gap):
    data = random_data(3, sites=3, places=4, single=True)
    best = solve(Instance.from_dict(data), forms=False).outcome.objective
    data["limits"] = {"budget": 0.8 * best}
    with pytest.raises(InfeasibleError) as caught:
        solve(Instance.from_dict(data), forms=False, options=Options(gap=gap))
    raised = next(c for (c,) in caught.value.combinations if c.limit.family == "budget")
    assert raised.amount == pytest.approx(0.2 * best, rel=1e-5)


def test_a_fill_rate_near_one_has_all_of_its_digits():
    data = random_data(0, single=False)
    asked = 1 - 1e-7
    data["limits"] = {"fill_rate": [{"part": "part 0", "at_least": asked, "on_average": True}]}
    answer = solve(Instance.from_dict(data), forms=False)
    rate = {entry["place"]: entry["per_year"] for entry in data["demand"]}
    missed = sum(
        rate[row["place"]] * row["share"] * (1 - row["fill_rate"]) for row in answer.rows["supply"]
    )
    assert 0.01e-7 < missed / sum(rate.values()) <= 1.000001e-7


def test_an_order_that_nobody_can_fill_is_named():
    data = {
        "amopt": 1,
        "kind": "placement",
        "name": "nobody",
        "network": {"places": [{"name": "shop"}]},
        "machines": [{"name": "SLS", "hours_per_year": 5200.0}],
        "sites": [{"place": "shop", "most_machines": 1}],
        "parts": [{"name": "jig", "print": [{"machine": "SLS", "hours": 10.0}]}],
        "orders": [{"order": "A", "place": "shop", "part": "jig", "quantity": 6, "due_week": 1.0}],
    }
    for method in ("milp", "formulation"):
        with pytest.raises(InfeasibleError) as caught:
            solve(Instance.from_dict(data), method=method)
        assert caught.value.conflict == (
            "order 'A', which nobody has machines to print, or supplies",
        )


def test_the_formulation_is_written_within_the_time_limit():
    instance = amopt.load("placement/aircraft-today")
    with pytest.raises(NoAnswerError, match="before"):
        formulate(instance, budget=Budget(0.0))
    with pytest.raises(NoAnswerError, match="before"):
        solve(instance, method="formulation", options=Options(time_limit=0.05))
