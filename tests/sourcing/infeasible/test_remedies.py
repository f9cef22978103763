"""What is named where no plan exists has been solved: every combination of changes, made as told.

Instances share orders and have all that is paid once, shares, duties and discounts; a plan that is
found anew is judged by the referee, and by trying every plan where there are few.
"""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Callable
from typing import Any

import pytest

import amopt
from amopt.errors import LeastChange
from amopt.sourcing import formulation, solve
from tests.oracles.pooled import best
from tests.sourcing.infeasible.test_infeasible import entries_of
from tests.sourcing.program.test_pooled import discounted, dutiable, random_pooled, shared_out

SHARES = {
    "least_part_share": "least_percent",
    "least_suppliers": "least_suppliers",
    "largest_part_share": "largest_percent",
}
"""Families of shares, and their fields."""


def tight(seed: int) -> dict[str, Any]:
    """Return lines that share orders, under limits many of which cannot hold together."""
    rng = random.Random(seed)
    data = random_pooled(seed)
    parts = [part["name"] for part in data["parts"]]
    suppliers = sorted({entry["supplier"] for entry in data["offers"]})
    total = sum(line["quantity"] for line in data["lines"])
    each = [(supplier, part) for supplier in suppliers for part in parts]
    chosen: dict[str, Any] = {
        "suppliers": [{"supplier": who, "fee_per_supplier": 25} for who in suppliers],
        "approvals": [{"supplier": s, "part": p, "cost": 40, "weeks": 0.7} for s, p in each],
        "preparations": [{"part": part, "cost": 20, "weeks": 0.5} for part in parts],
        "post_processing": [{"part": part, "cost_per_part": 2, "weeks": 0.3} for part in parts],
        "capacities": [
            {"supplier": s, "machine_hours": round(total * rng.uniform(0, 0.8), 1)}
            for s in suppliers
        ],
        "licences": [{"part": part, "prints": rng.randint(0, 3)} for part in parts],
    }
    for entry in chosen["post_processing"]:
        entry["weeks_per_part"] = 0.0
    data |= {key: value for key, value in chosen.items() if rng.random() < 0.6}
    data["limits"] = {}
    if rng.random() < 0.6:
        data["limits"]["budget"] = round(rng.uniform(5, 60) * total, 2)
    if rng.random() < 0.4:
        data["limits"]["suppliers_per_line"] = 1
    for line in data["lines"]:
        if rng.random() < 0.5:
            line["need_by_weeks"] = round(rng.uniform(0.3, 3), 2)
    data = shared_out(data, seed) if rng.random() < 0.5 else data
    data = dutiable(data, seed) if rng.random() < 0.3 else data
    return discounted(data, seed) if rng.random() < 0.3 else data


def made(data: dict[str, Any], changes: tuple[LeastChange, ...]) -> dict[str, Any]:
    """Return the data with changes made, to what their words say."""
    result = copy.deepcopy(data)
    for change in changes:
        family, key = change.limit.family, change.limit.key
        if family in SHARES:
            part = key if isinstance(key, str) else key[0]
            share = next(entry for entry in result["shares"] if entry["part"] == part)
            if change.words.startswith("leave out"):
                share |= {"least_suppliers": 1, "least_percent": 0, "conventional_counts": True}
                continue
            entry, field = share, SHARES[family]
        elif family == "least_spend":
            entry = next(one for one in result["suppliers"] if one["supplier"] == key)
            field = "minimum_order_value"
        else:
            entry, field = entries_of(result, change.limit)
        said = float(change.words.split(" to ")[-1].split()[0].replace(",", ""))
        entry[field] = int(said) if "suppliers" in field else said
    return result


def require_remedies_that_hold(
    seeds: range,
    wanted: int,
    make: Callable[[int], dict[str, Any]] = tight,
    *,
    tried: bool = True,
) -> set[str]:
    """Require of so many infeasible instances that all that is named has a plan; return families.

    Every combination is made and solved; where ``tried``, every plan of few enough is tried, too.
    Without one of its changes no plan exists.
    """
    explained, families = 0, set()
    for seed in seeds:
        if explained == wanted:
            break
        data = make(seed)
        try:
            instance = amopt.load(data)
        except amopt.InvalidInstanceError:
            continue
        try:
            solve(instance)
            continue
        except amopt.InfeasibleError as error:
            caught = error
        if not caught.combinations:  # too many conflicts: each is told, with a change for it alone
            assert len(caught.conflicts) >= 3, seed
            assert all(conflict.remedies for conflict in caught.conflicts), seed
            continue
        explained += 1
        for changes in caught.combinations:
            families |= {change.limit.family for change in changes}
            mended = made(data, changes)
            answer = solve(amopt.load(mended))
            assert answer.verdict.accepted, (seed, changes)
            known = tried and not mended.get("committed")  # placed before, the oracle knows none
            least = best(mended, splits=4000) if known else None
            assert least is None or math.isfinite(least), (seed, changes)
            for left in changes if len(changes) > 1 else ():
                fewer = tuple(other for other in changes if other != left)
                with pytest.raises(amopt.InfeasibleError):
                    solve(amopt.load(made(data, fewer)))
    assert explained == wanted
    return families


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", [1015, pytest.param(1061, marks=pytest.mark.slow)])
def test_every_remedy_named_has_been_solved(seed: int) -> None:
    """A later need-by lets a line into the budget of others; a duty on a fitted power."""
    require_remedies_that_hold(range(seed, seed + 1), 1)


def placed_before(seed: int) -> dict[str, Any]:
    """Return such lines, some with orders placed before, at suppliers that ask for a least sum."""
    rng = random.Random(seed * 13 + 5)
    data = {**tight(seed), "orders": rng.choice(["either", "together", "by_line"]), "committed": []}
    for line in data["lines"]:
        own = [offer for offer in data["offers"] if offer["part"] == line["part"]]
        if own and rng.random() < 0.4:
            quantity = min(line["quantity"], rng.choice([1, line["quantity"]]))
            order = {"line": line["line"], "supplier": rng.choice(own)["supplier"], "weeks": 0.5}
            data["committed"].append({**order, "quantity": quantity, "cost": rng.choice([5, 200])})
    curved = {offer["supplier"] for offer in data["offers"] if offer["between"] == "power"}
    terms = {entry["supplier"]: entry for entry in data.get("suppliers", [])}
    for name in sorted({offer["supplier"] for offer in data["offers"]} - curved):
        terms.setdefault(name, {"supplier": name})["minimum_order_value"] = rng.choice([60, 200])
    return {**data, "suppliers": list(terms.values())}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("wanted", [3, pytest.param(60, marks=pytest.mark.long)])
def test_remedies_beside_orders_placed_before_have_been_solved(wanted: int) -> None:
    families = require_remedies_that_hold(range(5000, 5300), wanted, placed_before)
    assert families >= ({"budget"} if wanted == 3 else {"budget", "least_spend", "need_by"})


def of_every_family(seed: int) -> dict[str, Any]:
    """Return such lines under limits of every family, closures of suppliers among them."""
    rng = random.Random(seed * 17 + 3)
    data = placed_before(seed)
    total = sum(line["quantity"] for line in data["lines"])
    suppliers = sorted({offer["supplier"] for offer in data["offers"]})
    limits = {
        "kg_co2": round(total * rng.uniform(0.1, 1.2), 2),
        "weeks": round(rng.uniform(0.4, 3), 2),
        "suppliers_per_line": rng.choice([1, 2]),
    }
    data["limits"] |= {key: value for key, value in limits.items() if rng.random() < 0.4}
    for offer in data["offers"]:
        offer["kg_co2_per_part"] = rng.choice([0.0, 0.5, 2.0])
        if rng.random() < 0.3:
            offer["smallest_quantity"] = rng.choice([2, 3])
        if rng.random() < 0.3 and "smallest_quantity" not in offer:
            offer["largest_quantity"] = rng.choice([1, 2])
    if rng.random() < 0.5:
        data["capacities"] = [{"supplier": who, "parts": rng.randint(0, 3)} for who in suppliers]
    if rng.random() < 0.4:
        pairs = sorted({(offer["part"], offer["supplier"]) for offer in data["offers"]})
        data["licences"] = [
            {"part": part, "supplier": who, "prints": rng.randint(0, 2)} for part, who in pairs
        ]
    if rng.random() < 0.4 and not any(offer["between"] == "power" for offer in data["offers"]):
        data["order_date"] = "2026-03-30"
        closed = [{"from": "2026-04-03", "to": "2026-04-06"}]
        terms = {entry["supplier"]: entry for entry in data.get("suppliers", [])}
        for who in suppliers:
            terms.setdefault(who, {"supplier": who})["closed"] = closed
        data["suppliers"] = list(terms.values())
    return data


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("wanted", [2, pytest.param(32, marks=pytest.mark.long)])
def test_remedies_of_every_family_of_limits_have_been_solved(wanted: int) -> None:
    families = require_remedies_that_hold(range(9000, 11_000), wanted, of_every_family, tried=False)
    named = {family.name for family in formulation.FAMILIES if family.says is not None}
    assert len(named) >= 14
    by_hand = {"largest_order"}  # a part that nobody makes enough of, told among the cases
    assert families >= named - by_hand if wanted == 32 else len(families) >= 2


@pytest.mark.filterwarnings("ignore")
@pytest.mark.long
@pytest.mark.parametrize("block", range(8))
def test_every_remedy_of_two_hundred_instances_has_been_solved(block: int) -> None:
    families = require_remedies_that_hold(range(1000 * (block + 1), 1000 * (block + 1) + 900), 25)
    assert families >= {"budget", "need_by", "machine_hours"}


def many_lines(count: int) -> dict[str, Any]:
    """Return lines that share hours, too few for all, and one that is needed too soon."""
    data: dict[str, Any] = {
        "amopt": 1,
        "kind": "sourcing",
        "name": "many",
        "parts": [{"name": f"p{n}"} for n in range(count)],
        "lines": [{"line": f"{n}", "part": f"p{n}", "quantity": 4} for n in range(count)],
        "offers": [
            {
                "supplier": "alpha",
                "part": f"p{n}",
                "machine_hours_per_part": 1,
                "quotes": [{"quantity": 4, "cost_per_part": 10, "lead_time_weeks": 1}],
            }
            for n in range(count)
        ],
        "capacities": [{"supplier": "alpha", "machine_hours": 4 * (count - 1)}],
    }
    data["lines"][0]["need_by_weeks"] = 0.5
    return data


@pytest.mark.parametrize("count", [8, 62])
def test_lines_that_share_hours_are_told_of_together(count: int) -> None:
    """The others take all hours, so that moving the need-by of one line is not enough."""
    data = many_lines(count)
    with pytest.raises(amopt.InfeasibleError) as caught:
        solve(amopt.load(data))
    assert ("were kept as they are" in str(caught.value)) is (count > 60)
    assert len(caught.value.conflicts) == 2
    (changes,) = caught.value.combinations
    assert solve(amopt.load(made(data, changes))).verdict.accepted
    for left in changes:
        fewer = tuple(other for other in changes if other != left)
        with pytest.raises(amopt.InfeasibleError):
            solve(amopt.load(made(data, fewer)))


def test_where_time_is_short_lines_are_told_of_by_themselves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What mends them alone is told as that, and no more."""
    monkeypatch.setattr("amopt.sourcing.infeasible.MOST_TIME", 0.0)
    data = many_lines(62)
    with pytest.raises(amopt.InfeasibleError, match="looks at 1 of 62 lines") as caught:
        solve(amopt.load(data))
    ((change,),) = caught.value.combinations
    with pytest.raises(amopt.InfeasibleError, match="capacity of 'alpha'"):
        solve(amopt.load(made(data, (change,))))


def large(seed: int) -> dict[str, Any]:
    """Return 62 to 70 lines of 40 parts that share hours and a budget, and some needed too soon."""
    rng = random.Random(seed)
    count = rng.randint(62, 70)
    parts = [f"p{n}" for n in range(40)]
    lines = [
        {"line": str(n), "part": rng.choice(parts), "quantity": rng.randint(1, 9)}
        for n in range(count)
    ]
    asked = {line["part"] for line in lines}
    offers = [
        {
            "supplier": supplier,
            "part": part,
            "between": rng.choice(("linear", "all_units", "incremental")),
            "machine_hours_per_part": 1,
            "largest_quantity": 100,
            "quotes": [
                {"quantity": 1, "cost_per_part": rng.randint(8, 20), "lead_time_weeks": 1},
                {"quantity": 9, "cost_per_part": 7, "lead_time_weeks": rng.choice((1, 2))},
            ],
        }
        for part in sorted(asked)
        for supplier in rng.sample(("alpha", "beta", "gamma"), rng.randint(1, 2))
    ]
    for line in rng.sample(lines, rng.randint(0, 3)):
        line["need_by_weeks"] = round(rng.uniform(0.2, 0.9), 2)
    hours = sum(line["quantity"] for line in lines) / 3
    capacities = [
        {"supplier": name, "machine_hours": round(hours * rng.uniform(0.6, 1.3))}
        for name in ("alpha", "beta", "gamma")
    ]
    return {
        "amopt": 1,
        "kind": "sourcing",
        "name": f"large {seed}",
        "orders": "together",
        "parts": [{"name": part} for part in parts],
        "lines": lines,
        "offers": offers,
        "conventional": [],
        "capacities": capacities,
        "limits": {"budget": 100 * count} if rng.random() < 0.5 else {},
    }


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("seeds", "wanted"),
    [(range(9, 10), 1), pytest.param(range(10, 70), 30, marks=pytest.mark.long)],
)
def test_every_remedy_of_more_than_sixty_lines_has_been_solved(seeds: range, wanted: int) -> None:
    families = require_remedies_that_hold(seeds, wanted, large)
    assert families >= {"need_by", "machine_hours"}
