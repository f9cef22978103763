"""Lines of one part that share orders: by hand, and against trying every plan."""

from __future__ import annotations

import copy
import math
import random
from typing import Any

import numpy as np
import pytest

import amopt
from amopt.sourcing import solve
from amopt.sourcing.methods.arrays import arrays_of
from amopt.sourcing.methods.decomposition.one_order import kept_plans
from amopt.sourcing.methods.decomposition.partitions import partitions
from amopt.sourcing.offers.segments import Segments, cut
from amopt.sourcing.offers.supply_options import SupplyOptions
from tests.oracles.pooled import best
from tests.sourcing.random_instances import conventional, offer
from tests.sourcing.test_methods import require_arrays_equal_formulation

MODES = ("together", "by_line", "either")


def quotes(*own: tuple[int, float, float]) -> list[dict[str, float]]:
    return [{"quantity": q, "cost_per_part": p, "lead_time_weeks": w} for q, p, w in own]


def covers(**changes: Any) -> dict[str, Any]:
    """Return three plants that need 100 covers each; keys such as ``offers.0.fee_per_order``."""
    data: dict[str, Any] = {
        "amopt": 1,
        "kind": "sourcing",
        "name": "covers",
        "orders": "together",
        "parts": [{"name": "cover"}],
        "network": {
            "places": [{"name": name} for name in ("alpha", "beta", "gamma", "a", "b", "c")],
            "lanes": [
                {"from": start, "to": place}
                for start in ("alpha", "beta", "gamma")
                for place in "abc"
            ],
        },
        "lines": [
            {"line": name, "part": "cover", "place": name, "quantity": 100} for name in "abc"
        ],
        "conventional": [
            {"part": "cover", "cost_per_part": 5, "asset_cost": 4000, "lead_time_weeks": 6}
        ],
        "offers": [
            {
                "supplier": "alpha",
                "part": "cover",
                "between": "all_units",
                "quotes": quotes((1, 20, 1), (300, 12, 1)),
            }
        ],
    }
    for key, value in changes.items():
        *way, last = key.split("__")
        at: Any = data
        for step in way:
            at = at[int(step)] if step.isdigit() else at[step]
        at[int(last) if last.isdigit() else last] = value
    return data


def cost(data: dict[str, Any], method: str = "auto") -> float:
    answer = solve(amopt.load(data), method=method)
    assert answer.outcome.status == "optimal"
    return answer.outcome.objective or 0.0


BY_PLACE = [
    {"supplier": who, "place": place, "cost_per_delivery": paid}
    for who, paid in (("alpha", 60), ("conventional", 10))
    for place in "abc"
]
SETUP: dict[str, Any] = {"conventional__0__setup_cost": 4000, "conventional__0__asset_cost": 0}

HAND: dict[str, tuple[dict[str, Any], float]] = {
    "by line, the mould paid by each order": ({"orders": "by_line", **SETUP}, 6000),
    "by line, the mould paid once": ({"orders": "by_line"}, 5500),
    "together": ({}, 3600),
    "either": ({"orders": "either"}, 3600),
    "no price break": ({"offers__0__quotes": quotes((1, 20, 1))}, 5500),
    "a licence of 250": ({"licences": [{"part": "cover", "prints": 250}]}, 5500),
    "a licence of 299": ({"licences": [{"part": "cover", "prints": 299}]}, 5500),
    "a licence of 300": ({"licences": [{"part": "cover", "prints": 300}]}, 3600),
    "the mould exists": ({"conventional__0__asset_exists": True}, 1500),
    "paid by place": ({"deliveries": BY_PLACE}, 3780),
    "a fee": ({"offers__0__fee_per_order": 50}, 3650),
    "a fee by line": ({"orders": "by_line", "offers__0__fee_per_order": 50, **SETUP}, 6150),
    "a break at 320": ({"offers__0__quotes": quotes((1, 20, 1), (320, 12, 1))}, 5500),
    "approved, prepared and finished": (
        {
            "approvals": [{"supplier": "alpha", "part": "cover", "cost": 500, "weeks": 3}],
            "preparations": [{"part": "cover", "cost": 800, "weeks": 1}],
            "post_processing": [{"part": "cover", "cost_per_part": 1, "weeks": 0.5}],
        },
        5200,
    ),
    "approved already": (
        {
            "approvals": [{"supplier": "alpha", "part": "cover", "cost": 500, "done": True}],
            "preparations": [{"part": "cover", "cost": 800}],
            "post_processing": [{"part": "cover", "cost_per_part": 1}],
        },
        4700,
    ),
    "dear to prepare": (
        {
            "approvals": [{"supplier": "alpha", "part": "cover", "cost": 500}],
            "preparations": [{"part": "cover", "cost": 1500}],
        },
        5500,
    ),
}
"""What is changed, and the optimum by hand."""


@pytest.mark.parametrize("method", ["program", "prices"])
@pytest.mark.parametrize("name", HAND)
def test_three_plants_by_hand(name: str, method: str) -> None:
    changes, optimum = HAND[name]
    assert cost(covers(**changes), method) == pytest.approx(optimum)


def test_a_surplus_reaches_a_break_together() -> None:
    data = covers(offers__0__quotes=quotes((1, 20, 1), (320, 12, 1)))
    for line in data["lines"]:
        line["surplus"] = 20
    assert cost(data) == pytest.approx(3840)


def test_once_only_weeks_come_before_making() -> None:
    changes, _ = HAND["approved, prepared and finished"]
    data = covers(**changes)
    assert solve(amopt.load(data)).rows["totals"][0]["weeks"] == pytest.approx(5.5)
    for line in data["lines"]:
        line["need_by_weeks"] = 5.4
    with pytest.raises(amopt.InfeasibleError):
        solve(amopt.load(data))


@pytest.mark.parametrize(
    ("rate", "optima"),
    [(400, (5200, 6800, 5200)), (600, (6000, 7200, 6000)), (800, (6800, 7600, 6400))],
)
def test_a_line_that_cannot_wait_for_a_large_order(rate: float, optima: tuple[float, ...]) -> None:
    """Lead time 1 + 0.01 q weeks; line c waits at a rate a week."""
    data = covers(conventional__0__lead_time_weeks=8)
    data["conventional"][0] |= {"asset_cost": 0, "setup_cost": 4000}
    data["lines"][2]["downtime_cost_per_hour"] = rate / 40
    # All-unit prices, told at both ends of each tier so that lead times rise between them.
    ends = ((1, 20), (199, 20), (200, 14), (299, 14), (300, 12))
    data["offers"][0] |= {
        "between": "linear",
        "quotes": quotes(*((q, price, 1 + 0.01 * q) for q, price in ends)),
    }
    found = tuple(cost({**copy.deepcopy(data), "orders": mode}) for mode in MODES)
    assert found == pytest.approx(optima)


def test_two_parts_of_which_one_supplier_makes_both() -> None:
    data = covers()
    data["parts"].append({"name": "bracket"})
    data["lines"].append({"line": "d", "part": "bracket", "place": "a", "quantity": 50})
    for supplier, price in (("alpha", 10), ("beta", 9.2)):
        one = {"supplier": supplier, "part": "bracket", "quotes": quotes((1, price, 1))}
        data["offers"].append({**one, "largest_quantity": 100})
    assert cost(data) == pytest.approx(4060)
    for fee, optimum in ((100, 4200), (20, 4100)):
        data["suppliers"] = [
            {"supplier": name, "fee_per_supplier": fee} for name in ("alpha", "beta")
        ]
        assert cost(data) == pytest.approx(optimum)


def test_what_a_line_bears() -> None:
    answer = solve(amopt.load(covers()))
    assert [row["cost"] for row in answer.rows["lines"]] == pytest.approx([1200] * 3)
    usual = [row["cost_of_conventional"] for row in answer.rows["lines"]]
    assert usual == pytest.approx([5500 / 3] * 3)
    assert {row["order"] for row in answer.rows["orders"]} == {1}
    assert answer.headline()[0].startswith("1 order at 1 AM supplier for 3 lines: 3,600.00")
    assert answer.headline()[1] == "Conventional supply of all lines would cost 1,900.00 EUR more."


def random_pooled(seed: int) -> dict[str, Any]:
    """Return a small instance whose lines share parts, with limits and charges of all sorts."""
    rng = random.Random(seed)
    lines = rng.choice([2, 2, 3])
    parts = [f"p{n}" for n in range(rng.choice([1, 1, 2]))]
    suppliers = [f"s{n}" for n in range(rng.randint(1, 2))]
    data: dict[str, Any] = {
        "amopt": 1,
        "kind": "sourcing",
        "name": f"pooled {seed}",
        "orders": rng.choice(["together", "together", "by_line", "either"]),
        "parts": [{"name": part} for part in parts],
        "lines": [],
        "offers": [],
        "conventional": [],
    }
    for part in parts:
        base = rng.uniform(5, 100)
        data["offers"] += [offer(rng, supplier, part, base) for supplier in suppliers]
        made = conventional(rng, part, base)
        made["asset_cost"] = round(made["asset_cost"] / 4, 2)
        made["minimum_order"] = rng.choice([1, 1, 3])
        made["setup_cost"] = rng.choice([0.0, round(base, 2)])
        data["conventional"].append(made)
    for entry in data["offers"]:
        entry["largest_quantity"] = rng.choice([6, 40])
        entry.pop("smallest_quantity", None)
        if rng.random() < 0.6:
            entry["quotes"] = sorted(entry["quotes"], key=lambda own: own["quantity"])
            for own, q in zip(entry["quotes"], (1, 3, 5, 7), strict=False):
                own["quantity"] = q
    for n in range(lines):
        data["lines"].append(
            {
                "line": f"l{n}",
                "part": rng.choice(parts),
                "place": rng.choice(["a", "b"]),
                "quantity": rng.randint(1, 4 if lines == 2 else 2),
                "surplus": rng.choice([0, 0, 0, 1]),
                "downtime_cost_per_hour": rng.choice([0.0, 0.0, 0.1, 1.0]),
            }
        )
        if rng.random() < 0.2:
            data["lines"][-1]["need_by_weeks"] = round(rng.uniform(1, 5), 1)
    names = [*suppliers, "a", "b"]
    data["network"] = {
        "places": [{"name": name} for name in names],
        "lanes": [{"from": s, "to": place} for s in suppliers for place in "ab"],
    }
    each = [(supplier, part) for supplier in suppliers for part in parts]
    total = sum(line["quantity"] for line in data["lines"])
    options: dict[str, Any] = {
        "deliveries": [
            {"supplier": who, "place": place, "cost_per_delivery": rng.choice([0, 10, 30])}
            for who in (*suppliers, "conventional")
            for place in "ab"
        ],
        "suppliers": [{"supplier": who, "fee_per_supplier": 25} for who in suppliers],
        "approvals": [
            {"supplier": s, "part": p, "cost": rng.choice([0, 40]), "weeks": rng.choice([0, 1])}
            for s, p in each
        ],
        "preparations": [{"part": p, "cost": 20, "weeks": 0.5} for p in parts],
        "post_processing": [
            {"part": p, "cost_per_part": 2, "weeks": 0.3, "weeks_per_part": 0.1} for p in parts
        ],
        "capacities": [
            {"supplier": s, "machine_hours": round(total * rng.uniform(0.3, 1.5), 1)}
            for s in suppliers
        ],
        "licences": [
            {"part": p, "prints": rng.randint(0, total), "royalty_per_print": 1.5} for p in parts
        ],
        "limits": rng.choice([{"suppliers_per_line": 1}, {"budget": round(60.0 * total, 2)}]),
    }
    data |= {key: value for key, value in options.items() if rng.random() < 0.3}
    return data


def require_equal_to_trying_every_plan(seeds: range) -> tuple[int, int]:
    """Compare solves with enumeration; return how many were compared, and how many infeasible."""
    compared = without = 0
    for seed in seeds:
        data = random_pooled(seed)
        try:
            loaded = amopt.load(data)
        except amopt.InvalidInstanceError:
            continue
        expected = best(data)
        if expected is None:
            continue
        compared += 1
        try:
            answer = solve(loaded)
            found = answer.outcome.objective
            assert answer.outcome.bound == pytest.approx(expected, rel=1e-6), seed
        except amopt.InfeasibleError:
            found, without = math.inf, without + 1
        assert found == pytest.approx(expected, rel=1e-6), seed
    return compared, without


@pytest.mark.filterwarnings("ignore")
def test_pooled_instances_equal_trying_every_plan() -> None:
    compared, without = require_equal_to_trying_every_plan(range(60))
    assert compared >= 40
    assert 1 <= without <= compared // 2


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_three_hundred_pooled_instances_equal_trying_every_plan() -> None:
    compared, _ = require_equal_to_trying_every_plan(range(60, 480))
    assert compared >= 300


@pytest.mark.filterwarnings("ignore")
def test_the_arrays_of_shared_orders_are_the_formulation() -> None:
    compared = 0
    for seed in range(800, 830):
        try:
            compared += require_arrays_equal_formulation(random_pooled(seed))
        except amopt.InvalidInstanceError:
            continue
    assert compared >= 20


def cut_of(data: dict[str, Any]) -> tuple[SupplyOptions, Segments]:
    supply = SupplyOptions.of(amopt.load(data))
    return supply, cut(supply)


def objective(data: dict[str, Any], **changes: Any) -> float:
    try:
        return solve(amopt.load({**data, **changes})).outcome.objective or 0.0
    except amopt.InfeasibleError:
        return math.inf


@pytest.mark.filterwarnings("ignore")
def test_parts_that_share_nothing_are_the_sum_of_their_blocks() -> None:
    checked = 0
    for seed in range(500, 540):
        data = random_pooled(seed)
        for shared in ("suppliers", "capacities", "limits"):
            data.pop(shared, None)
        if len(data["parts"]) < 2 or len({line["part"] for line in data["lines"]}) < 2:
            continue
        alone = 0.0
        for part in data["parts"]:
            own = {**data, "parts": [part]}
            for key in ("lines", "offers", "conventional", "licences", "approvals"):
                own[key] = [e for e in data.get(key, ()) if e["part"] == part["name"]]
            for key in ("preparations", "post_processing"):
                own[key] = [e for e in data.get(key, ()) if e["part"] == part["name"]]
            alone += objective(own) if own["lines"] else 0.0
        assert objective(data) == pytest.approx(alone, rel=1e-6), seed
        checked += 1
    assert checked >= 5


@pytest.mark.filterwarnings("ignore")
def test_sharing_orders_costs_no_more() -> None:
    """Where what a part costs falls with the quantity and lead times are flat; a choice never."""
    better = 0
    for seed in range(600, 630):
        data = random_pooled(seed)
        for entry in data["offers"]:
            entry |= {"between": "all_units", "largest_quantity": 40}
            prices = sorted((own["cost_per_part"] for own in entry["quotes"]), reverse=True)
            for own, price in zip(entry["quotes"], prices, strict=True):
                own |= {"cost_per_part": price, "lead_time_weeks": 1.0}
        for entry in data.get("post_processing", ()):
            entry["weeks_per_part"] = 0
        together, by_line, either = (objective(data, orders=mode) for mode in MODES)
        assert together <= by_line * (1 + 1e-6), seed
        assert either <= min(together, by_line) * (1 + 1e-6), seed
        better += together < by_line * (1 - 1e-6)
    assert better >= 10


@pytest.mark.filterwarnings("ignore")
def test_the_order_of_lines_does_not_matter() -> None:
    for seed in range(700, 710):
        data = random_pooled(seed)
        turned = {**data, "lines": data["lines"][::-1]}
        assert objective(data) == pytest.approx(objective(turned), rel=1e-6), seed


@pytest.mark.filterwarnings("ignore")
def test_the_best_plans_that_split_no_line_are_found_without_a_solver() -> None:
    """Three lines: all ways of sharing the lines out over the orders, by hand."""
    data = covers(offers__0__quotes=quotes((1, 20, 1), (200, 12, 1.5)))
    data["offers"].append(
        {
            "supplier": "beta",
            "part": "cover",
            "between": "all_units",
            "quotes": quotes((1, 14, 0.5), (250, 13, 3)),
        }
    )
    data["lines"][2]["downtime_cost_per_hour"] = 10
    written = arrays_of(*cut_of(data))
    plan, share = partitions(
        written, written.program.cost, np.zeros(len(data["lines"]), dtype=np.int64)
    )
    first = kept_plans(written, np.arange(written.program.shape[0]), plan, share)
    assert first.shape[1] == 1
    # Two lines at alpha's break, and the one that waits at beta: 200 x 12 + 100 x 14 + 400 x 0.5.
    assert float((first.T @ written.program.cost)[0]) == pytest.approx(4000)
    assert cost(data) == pytest.approx(4000)
