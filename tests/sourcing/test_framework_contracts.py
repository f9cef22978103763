"""Committed parts that count for new orders: by hand, and against trying every split."""

from __future__ import annotations

import random
from typing import Any

import pytest

import amopt
from amopt.sourcing import check, price_ranges, solve
from amopt.sourcing.rolling.replay import load_events
from tests.oracles.one_line import orders_of
from tests.sourcing.program.test_pooled import cost_of_file, covers, quotes
from tests.sourcing.random_instances import offer


def contract(counts: str | None, **offers: Any) -> dict[str, Any]:
    """Return 200 covers committed at 20 each, and 100 more wanted; 12 each from 250."""
    data = covers(
        lines=[
            {"line": "a", "part": "cover", "quantity": 200},
            {"line": "b", "part": "cover", "quantity": 100},
        ],
        conventional=[],
        committed=[{"line": "a", "supplier": "alpha", "quantity": 200}],
    )
    data["offers"][0] |= {
        "committed_counts": counts,
        "quotes": quotes((1, 20, 1), (250, 12, 1)),
        **offers,
    }
    return data


LINEAR = 20 + 199 * (250 * 12 - 20) / 249
"""What 200 covers cost between a quote of one at 20 and one of 250 at 12."""

CASES: list[tuple[str | None, str, float]] = [
    (None, "all_units", 100 * 20),
    ("new_parts", "all_units", 100 * 12),
    ("all_parts", "all_units", 300 * 12 - 200 * 20),
    ("new_parts", "incremental", 50 * 20 + 50 * 12),
    ("all_parts", "incremental", 50 * 20 + 50 * 12),
    ("all_parts", "linear", 300 * 12 - LINEAR),
]
"""What counts, what holds between the quotes, and what the hundred new covers cost."""


@pytest.mark.parametrize("method", ["program", "prices"])
@pytest.mark.parametrize(("counts", "between", "paid"), CASES)
def test_a_hundred_covers_after_two_hundred(
    counts: str | None, between: str, paid: float, method: str, tmp_path: Any
) -> None:
    """1,200 at the tier of all 300; or 3,600 less 4,000: a credit of 400."""
    data = contract(counts, between=between, largest_quantity=1000)
    held = LINEAR if between == "linear" else 4000
    assert cost_of_file(tmp_path, data, method) == pytest.approx(held + paid)
    answer = solve(amopt.load(data), method=method)
    assert answer.outcome.bound == pytest.approx(held + paid)
    new, old = answer.rows["orders"]
    assert (old["cost"], new["cost"]) == pytest.approx((held, paid))
    (order,) = answer.rows["purchase_orders"]
    assert order["goods"] == pytest.approx(paid)


def test_the_referee_counts_for_itself() -> None:
    counted, alone = (amopt.load(contract(counts)) for counts in ("new_parts", None))
    assert check(counted, solve(counted)).accepted
    assert not check(counted, solve(alone)).accepted
    assert not check(alone, solve(counted)).accepted


def test_a_credit_alone_is_proven() -> None:
    """What was agreed for the committed parts is nothing, so that the plan costs -400."""
    data = contract("all_parts")
    data["committed"][0] |= {"cost": 0, "weeks": 1}
    answer = solve(amopt.load(data))
    assert answer.outcome.objective == answer.outcome.bound == pytest.approx(-400)
    assert answer.outcome.status == "optimal"


def test_what_does_not_count_says_so() -> None:
    loaded: Any = amopt.load(contract("new_parts"))
    with pytest.raises(amopt.UsageError, match="leave committed_counts out"):
        price_ranges(loaded)
    file = {"amopt": 1, "kind": "sourcing-events", "name": "later"}
    events = load_events({**file, "events": [{"weeks": 1, "down": {"supplier": "alpha"}}]}, loaded)
    with pytest.raises(amopt.UsageError, match="leave committed_counts out"):
        amopt.sourcing.replay(loaded, events)


def counting(seed: int) -> dict[str, Any]:
    """Return one part of two lines, one of them committed, at suppliers under contract."""
    rng = random.Random(seed)
    offers = [offer(rng, f"s{n}", "p", 30.0) for n in range(rng.randint(1, 3))]
    for entry in offers:
        entry["between"] = rng.choice(["all_units", "incremental", "linear", "line"])
        entry["smallest_quantity"] = 1
        tiered = entry["between"] in ("all_units", "incremental")
        entry["committed_counts"] = rng.choice(
            ["new_parts", "all_parts"] if tiered else ["all_parts"]
        )
    held = [(entry["supplier"], rng.randint(1, 12)) for entry in offers if rng.random() < 0.8]
    return {
        "amopt": 1,
        "kind": "sourcing",
        "name": f"contracts {seed}",
        "parts": [{"name": "p"}],
        "lines": [
            {"line": "old", "part": "p", "quantity": 60, "surplus": 0},
            {"line": "new", "part": "p", "quantity": rng.randint(1, 12)},
        ],
        "offers": offers,
        "committed": [
            *(
                {"line": "old", "supplier": who, "quantity": q, "cost": 0, "weeks": 1}
                for who, q in held
            ),
            {
                "line": "old",
                "supplier": "other",
                "quantity": 60 - sum(q for _, q in held),
                "cost": 0,
                "weeks": 1,
            },
        ],
    }


def best(data: dict[str, Any]) -> float:
    """Return the least cost of any split of the new line, from the quote tables alone."""
    before: dict[str, int] = {}
    for entry in data["committed"]:
        before[entry["supplier"]] = before.get(entry["supplier"], 0) + entry["quantity"]
    need = data["lines"][1]["quantity"]
    costs = {0: 0.0}
    for entry in data["offers"]:
        q0, fee = before.get(entry["supplier"], 0), entry["fee_per_order"]
        plain = {**entry, "largest_quantity": 1000}
        paid = {q: money - fee for q, (money, _) in orders_of(plain, 1000).items()}
        each = {}
        for x in range(1, min(need, entry["largest_quantity"]) + 1):
            if entry["committed_counts"] == "new_parts" and entry["between"] == "all_units":
                each[x] = fee + paid[q0 + x] * x / (q0 + x)
            else:
                each[x] = fee + paid[q0 + x] - paid.get(q0, 0.0) if q0 else fee + paid[x]
        further = dict(costs)
        for filled, cost in costs.items():
            for x, money in each.items():
                if filled + x <= need:
                    known = further.get(filled + x, float("inf"))
                    further[filled + x] = min(known, cost + money)
        costs = further
    return costs.get(need, float("inf"))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("block", [0, pytest.param(1, marks=pytest.mark.long)])
def test_contracts_equal_trying_every_split(block: int) -> None:
    compared = 0
    for seed in range(8) if not block else range(8, 100):
        data = counting(seed)
        try:
            loaded: Any = amopt.load(data)
        except amopt.InvalidInstanceError:
            continue
        answer = solve(loaded)
        assert answer.outcome.objective == pytest.approx(best(data), rel=1e-6), seed
        compared += 1
    assert compared >= (5 if not block else 50)
