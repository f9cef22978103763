"""What cannot be done is said in the instance's words."""

import pytest

import amopt
from amopt.errors import InfeasibleError, InvalidInstanceError
from amopt.placement import Instance, solve
from amopt.placement.forms import FORMS
from amopt.placement.methods.arrays.families import assemble
from amopt.placement.supply.supply import Supply
from amopt.placement.words import BOOKKEEPING, limit_words
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
    assert error.remedies == ("find 20.0 more hours of 'SLS' at 'shop' in week 0",)
    data["orders"][1]["late_cost_per_week"] = 7.0
    answer = solve(Instance.from_dict(data))
    assert {row["order"]: row["weeks_late"] for row in answer.rows["orders"]} == {"A": 0, "B": 1}
    assert answer.outcome.objective == pytest.approx(7.0)


@pytest.mark.parametrize("name", ["mobile-factory", "textbook", "aircraft-today", "orders"])
def test_every_limit_has_words(name):
    instance = amopt.load(f"placement/{name}").model_copy(
        update={"limits": {"budget": 1.0, "kg_co2": 1.0, "open_sites": 1}}
    )
    for form in FORMS if instance.demand else ():
        program = assemble(Supply(instance), form=form, prune=False).program
        for family in (*program.rows.families, *program.columns.families):
            assert family.name in BOOKKEEPING or family.name in limit_words(instance)


def test_a_budget_over_periods_is_told_without_bookkeeping():
    instance = amopt.load("placement/mobile-factory").model_copy(
        update={"limits": {"budget": 1000.0}}
    )
    with pytest.raises(InfeasibleError) as caught:
        solve(instance)
    assert "the budget of 1,000.00 EUR" in caught.value.conflict
    assert not any("[" in clash for clash in caught.value.conflict)


def test_added_constraints_that_clash_are_named_as_such():
    def impossible(model):
        model.open["Arnhem", "year"].fix(0)
        model.open["Breda", "year"].fix(0)

    textbook = amopt.load("placement/textbook").model_copy(update={"conventional": ()})
    with pytest.raises(InfeasibleError, match="constraints that were added"):
        solve(textbook, extend=impossible)


def test_every_finding_says_what_to_write_instead():
    data = random_data(0, periods=[{"name": "before"}, {"name": "2027"}])
    data["demand"][0]["by_period"] = [1.0]
    with pytest.raises(InvalidInstanceError) as caught:
        Instance.from_dict(data)
    findings = caught.value.findings
    assert {finding.code for finding in findings} == {"reserved-name", "forecast-length"}
    assert all(finding.advice for finding in findings)
