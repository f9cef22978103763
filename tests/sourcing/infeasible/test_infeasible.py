"""Where no plan exists: the limits that clash, and the least change that mends it."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest

import amopt
from amopt.errors import LeastChange, Limit
from amopt.sourcing import solve
from amopt.sourcing.formulation.orders import smallest_order_remedy
from amopt.sourcing.formulation.shared import budget_says, prints_says
from amopt.sourcing.offers.shared_use import ANY_SUPPLIER
from tests.oracles.whole_plan import best
from tests.sourcing.random_instances import crowded

DATA: dict[str, Any] = {
    "amopt": 1,
    "kind": "sourcing",
    "name": "no plan",
    "parts": [{"name": "a"}, {"name": "b"}],
    "lines": [
        {"line": "1", "part": "a", "quantity": 40},
        {"line": "2", "part": "b", "quantity": 5},
    ],
    "offers": [
        {
            "supplier": supplier,
            "part": part,
            "quotes": [
                {"quantity": 1, "cost_per_part": price, "lead_time_weeks": weeks},
                {"quantity": 50, "cost_per_part": 0.8 * price, "lead_time_weeks": weeks + 1},
            ],
            "machine_hours_per_part": 1,
        }
        for supplier, part, price, weeks in (
            ("s1", "a", 10, 1),
            ("s2", "a", 12, 2),
            ("s1", "b", 9, 1),
        )
    ],
}

CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str], list[str]]] = {
    "quantity above all capacities": (
        {"capacities": [{"supplier": "s1", "machine_hours": 15}, {"supplier": "s2", "parts": 10}]},
        {},
        ["capacity of 's1', 15 machine hours", "capacity of 's2', 10 parts"],
        [
            "raise the capacity of 's2' to 30 parts",
            "raise the capacity of 's1' to 35 machine hours",
        ],
    ),
    "need-by too soon": (
        {},
        {"need_by_weeks": 0.5},
        ["need-by of line '1', 0.5 weeks"],
        ["raise the need-by of line '1' to"],
    ),
    "licences used up": (
        {"licences": [{"part": "a", "prints": 0}]},
        {},
        ["licence of 'a', 0 prints"],
        ["raise the licence of 'a' to 40 prints"],
    ),
    "budget too small": (
        {"limits": {"budget": 100}},
        {},
        ["budget, 100.00 EUR"],
        ["raise the budget to"],
    ),
    "two together": (
        {"licences": [{"part": "b", "prints": 3}]},
        {"need_by_weeks": 0.5},
        ["need-by of line '1'", "licence of 'b', 3 prints"],
        ["raise the need-by of line '1' to", "raise the licence of 'b' to 5 prints"],
    ),
    "more than anyone makes": (
        {},
        {"quantity": 120},
        ["largest quantity of 's1'", "largest quantity of 's2'"],
        ["raise the largest quantity of 's1' for 'a' to 70 parts"],
    ),
    "two suppliers, one that may print": (
        {
            "shares": [{"part": "a", "least_suppliers": 2, "least_percent": 25}],
            "licences": [{"part": "a", "supplier": "s2", "prints": 8}],
        },
        {},
        [
            "at least 2 suppliers of 'a'",
            "the least share of a supplier of 'a', 25 %",
            "licence of 'a' at 's2', 8 prints",
        ],
        [
            "lower the least suppliers of 'a' to 1",
            "lower the least share of a supplier of 'a' to 20 %",
            "raise the licence of 'a' at 's2' to 10 prints",
        ],
    ),
    "nobody counts": (
        {
            "order_date": "2026-03-02",
            "shares": [{"part": "a", "least_percent": 25, "conventional_counts": False}],
            "conventional": [
                {"part": "a", "cost_per_part": 1, "lead_time_weeks": 1},
                {"part": "b", "cost_per_part": 1, "lead_time_weeks": 1},
            ],
            "offers": [{**offer, "valid_to": "2026-03-01"} for offer in DATA["offers"]],
        },
        {},
        ["at least 1 supplier of 'a'"],
        ["leave out the least share of a supplier of 'a'"],
    ),
    "nobody makes so much": (
        {
            "shares": [{"part": "a", "largest_percent": 60}],
            "licences": [{"part": "a", "supplier": "s2", "prints": 8}],
        },
        {},
        ["the largest share of a supplier of 'a', 60 %", "licence of 'a' at 's2', 8 prints"],
        [
            "raise the largest share of a supplier of 'a' to 80 %",
            "raise the licence of 'a' at 's2' to 16 prints",
        ],
    ),
    "one supplier, each too small": (
        {
            "limits": {"suppliers_per_line": 1},
            "capacities": [{"supplier": "s1", "parts": 25}, {"supplier": "s2", "parts": 20}],
        },
        {},
        ["at most 1 supplier a line", "capacity of 's1', 25 parts", "capacity of 's2', 20 parts"],
        ["raise the most suppliers a line to 2", "raise the capacity of 's2' to 40 parts"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_clash_and_the_least_change_are_named(name: str) -> None:
    change, line, conflict, remedies = CASES[name]
    data = copy.deepcopy(DATA)
    data.update(copy.deepcopy(change))
    data["lines"][0].update(line)
    if name.startswith("quantity"):
        # the capacity of s1 is for both lines: 40 + 5 parts
        data["lines"][1]["quantity"] = 5
    with pytest.raises(amopt.InfeasibleError) as caught:
        solve(amopt.load(data))
    error = caught.value
    for words in conflict:
        assert any(words in limit for limit in error.conflict), (words, error.conflict)
    assert len(error.conflict) == len(conflict)
    for words in remedies:
        assert any(words in change for change in error.remedies), (words, error.remedies)


def test_the_least_change_is_enough_and_no_more_than_needed() -> None:
    data = copy.deepcopy(DATA)
    data["limits"] = {"budget": 100}
    with pytest.raises(amopt.InfeasibleError) as caught:
        solve(amopt.load(data))
    (remedy,) = caught.value.remedies
    needed = float(remedy.split(" to ")[1].split()[0].replace(",", ""))
    data["limits"] = {"budget": needed}
    assert solve(amopt.load(data)).outcome.has_answer
    data["limits"] = {"budget": needed - 0.02}
    with pytest.raises(amopt.InfeasibleError):
        solve(amopt.load(data))


def test_a_smallest_order_is_lowered_enough() -> None:
    """Six digits would say 1.23457e+06, which is more than the offer states."""
    data = copy.deepcopy(DATA)
    data["offers"][0] |= {"smallest_quantity": 1_234_567, "largest_quantity": 2_000_000}
    words = smallest_order_remedy(amopt.load(data), ("1", 0), 0.4)
    assert words == "lower the smallest quantity of 's1' for 'a' to 1,234,566 parts"


def test_an_offer_that_cannot_be_used_is_said_to_be_the_reason() -> None:
    data = copy.deepcopy(DATA)
    data["parts"][1]["materials"] = ["steel"]
    with pytest.raises(amopt.InfeasibleError, match="material not stated will not do"):
        solve(amopt.load(data))


def entries_of(data: dict[str, Any], limit: Limit) -> tuple[dict[str, Any], str]:
    """Return the entry of the file and its field that a limit is."""
    match limit.family, limit.key:
        case "budget" | "emission_limit" | "latest_delivery" | "suppliers_per_line" as name, _:
            field = {"emission_limit": "kg_co2", "latest_delivery": "weeks"}.get(name, name)
            return data["limits"], field
        case "need_by", line:
            return next(x for x in data["lines"] if x["line"] == line), "need_by_weeks"
        case "machine_hours" | "parts" as field, supplier:
            return next(x for x in data["capacities"] if x["supplier"] == supplier), field
        case "prints", (part, supplier):
            name = None if supplier == "any supplier" else supplier
            return (
                next(
                    x for x in data["licences"] if x["part"] == part and x.get("supplier") == name
                ),
                "prints",
            )
        case "smallest_order" | "largest_order" as name, (_, source):
            if source >= len(data["offers"]):
                return data["conventional"][source - len(data["offers"])], "minimum_order"
            return data["offers"][source], name.replace("order", "quantity")
    raise AssertionError(limit)


def stated(data: dict[str, Any], limit: Limit) -> float:
    entry, field = entries_of(data, limit)
    if field in ("smallest_quantity", "largest_quantity") and field not in entry:
        quantities = [quote["quantity"] for quote in entry["quotes"]]
        return min(quantities) if field == "smallest_quantity" else max(quantities)
    return entry.get(field, 1)


def changed(data: dict[str, Any], changes: tuple[LeastChange, ...]) -> dict[str, Any]:
    """Return the data with changes made, to what their words say."""
    result = copy.deepcopy(data)
    for change in changes:
        entry, field = entries_of(result, change.limit)
        said = float(change.words.split(" to ")[-1].split()[0].replace(",", ""))
        sign = -1 if change.limit.family == "smallest_order" else 1
        assert sign * (said - stated(data, change.limit)) >= change.amount * (1 - 1e-9)
        entry[field] = int(said) if field == "suppliers_per_line" else said
    return result


def with_less(
    data: dict[str, Any], changes: tuple[LeastChange, ...], scant: LeastChange
) -> dict[str, Any]:
    """Return the data with changes made, one of them by a tenth less than told."""
    result = changed(data, changes)
    entry, field = entries_of(result, scant.limit)
    sign = -1 if scant.limit.family == "smallest_order" else 1
    value = stated(data, scant.limit) + sign * 0.9 * scant.amount
    whole = field == "suppliers_per_line"
    entry[field] = math.floor(value) if whole else value
    return result


def keeping(data: dict[str, Any], limits: tuple[Limit, ...]) -> dict[str, Any]:
    """Return the data with these limits only."""
    result = copy.deepcopy(data)
    result["limits"] = {}
    for line in result["lines"]:
        line.pop("need_by_weeks", None)
    for offer in result["offers"]:
        offer["smallest_quantity"], offer["largest_quantity"] = 1, 1000
    for entry in result.get("conventional", ()):
        entry["minimum_order"] = 1
    for entry in result.get("capacities", ()):
        entry.pop("machine_hours", None)
        entry.pop("parts", None)
    for entry in result.get("licences", ()):
        entry["prints"] = 1000
    for limit in limits:
        entry, field = entries_of(result, limit)
        entry[field] = stated(data, limit)
    return result


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "block", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, 4))]
)
def test_what_is_named_holds_when_every_plan_is_tried(block: int) -> None:
    """Every combination of changes makes a plan possible; conflicts are conflicts by themselves,
    and name no limit needlessly."""
    explained = 0
    for seed in range(15 * block, 15 * block + 15):
        data = crowded(seed)
        if math.isfinite(best(data)):
            continue
        explained += 1
        with pytest.raises(amopt.InfeasibleError) as caught:
            solve(amopt.load(data))
        error = caught.value
        assert error.conflicts, seed
        assert error.combinations, seed
        for changes in error.combinations:
            assert math.isfinite(best(changed(data, changes))), (seed, changes)
            for scant in changes:
                assert not math.isfinite(best(with_less(data, changes, scant))), (seed, scant)
        for conflict in error.conflicts:
            assert not math.isfinite(best(keeping(data, conflict.limits))), (seed, conflict)
            for limit in conflict.limits:
                others = tuple(other for other in conflict.limits if other != limit)
                assert math.isfinite(best(keeping(data, others))), (seed, limit)
    assert explained >= 2


def test_no_false_combination_is_named() -> None:
    """A later need-by needs another budget than one print more: both are told with their own."""
    data: dict[str, Any] = {
        "amopt": 1,
        "kind": "sourcing",
        "name": "two ways",
        "parts": [{"name": "a"}],
        "lines": [{"line": "1", "part": "a", "quantity": 2, "need_by_weeks": 1}],
        "conventional": [
            {
                "part": "a",
                "cost_per_part": 7837.885,
                "lead_time_weeks": 12,
                "minimum_order": 2,
            }
        ],
        "offers": [
            {
                "supplier": "s",
                "part": "a",
                "quotes": [{"quantity": 1, "cost_per_part": 5979.19, "lead_time_weeks": 1}],
                "largest_quantity": 5,
            }
        ],
        "licences": [{"part": "a", "prints": 1}],
        "limits": {"budget": 10_500},
    }
    with pytest.raises(amopt.InfeasibleError) as caught:
        solve(amopt.load(data))
    told = {frozenset(x.words for x in changes) for changes in caught.value.combinations}
    assert told >= {
        frozenset(("raise the licence of 'a' to 2 prints", "raise the budget to 11,958.38 EUR")),
        frozenset(
            ("raise the need-by of line '1' to 12 weeks", "raise the budget to 15,675.77 EUR")
        ),
    }
    for changes in caught.value.combinations:
        assert solve(amopt.load(changed(data, changes))).outcome.has_answer


@pytest.mark.parametrize("most", [10, 44])
def test_what_a_caller_added_is_named_with_its_least_change(most: int) -> None:
    """45 parts are asked for, whatever they are ordered from."""

    def few(room: float) -> Any:
        def extend(model: Any) -> None:
            from pyomo.environ import Constraint

            model.few = Constraint(expr=sum(model.quantity.values()) <= room)

        return extend

    instance = amopt.load(DATA)
    with pytest.raises(amopt.InfeasibleError) as caught:
        solve(instance, extend=few(most))
    error = caught.value
    assert error.conflict == ("the constraint few",)
    assert error.remedies == (f"raise the right-hand side of few by {45 - most}",)
    assert solve(instance, extend=few(45)).outcome.has_answer
    with pytest.raises(amopt.InfeasibleError):
        solve(instance, extend=few(45 - 0.01))


@pytest.mark.parametrize("orders", ["together", "by_line", "either"])
def test_the_one_line_that_is_left_of_a_part_is_told_why_it_has_no_plan(orders: str) -> None:
    """One part more is neither licensed nor, below three, made conventionally, however ordered."""
    data = {
        "amopt": 1,
        "kind": "sourcing",
        "name": "one left",
        "orders": orders,
        "parts": [{"name": "cap"}],
        "lines": [{"line": name, "part": "cap", "quantity": 1} for name in "ab"],
        "licences": [{"part": "cap", "prints": 1}],
        "committed": [{"line": "a", "supplier": "alpha", "quantity": 1, "cost": 5, "weeks": 1}],
        "conventional": [
            {"part": "cap", "cost_per_part": 9, "lead_time_weeks": 5, "minimum_order": 3}
        ],
        "offers": [
            {
                "supplier": "alpha",
                "part": "cap",
                "quotes": [{"quantity": 1, "cost_per_part": 13, "lead_time_weeks": 1}],
            }
        ],
    }
    with pytest.raises(amopt.InfeasibleError) as told:
        amopt.solve(amopt.load(data))
    assert {limit.family for limit in told.value.conflicts[0].limits} == {
        "prints",
        "smallest_order",
    }
    assert "raise the licence of 'cap' to 2 prints" in told.value.remedies


def test_a_limit_is_told_as_it_was_stated() -> None:
    """Six digits would tell another budget, another licence, and a number with an exponent."""
    for budget, said in ((13_529.82, "13,529.82 EUR"), (1_234_567.0, "1,234,567.00 EUR")):
        assert budget_says(amopt.load({**DATA, "limits": {"budget": budget}}), None) == (
            f"the budget, {said}"
        )
    many = {**DATA, "licences": [{"part": "a", "prints": 1_234_567}]}
    assert prints_says(amopt.load(many), ("a", ANY_SUPPLIER)).endswith(", 1,234,567 prints")
