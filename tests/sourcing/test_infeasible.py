"""Where no plan exists: the limits that clash, and the least change that mends it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import amopt
from amopt.sourcing import solve

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
        ["budget, 100 EUR"],
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
    "one supplier, each too small": (
        {
            "limits": {"suppliers_per_line": 1},
            "capacities": [{"supplier": "s1", "parts": 25}, {"supplier": "s2", "parts": 20}],
        },
        {},
        ["at most 1 supplier a line", "capacity of 's1', 25 parts", "capacity of 's2', 20 parts"],
        ["to 2 suppliers", "raise the capacity of 's2' to 40 parts"],
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


def test_an_offer_that_cannot_be_used_is_said_to_be_the_reason() -> None:
    data = copy.deepcopy(DATA)
    data["parts"][1]["materials"] = ["steel"]
    with pytest.raises(amopt.InfeasibleError, match="material not stated will not do"):
        solve(amopt.load(data))
