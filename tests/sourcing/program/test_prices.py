"""Prices on shared limits: the bound is one, and the plan is near it."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

import amopt
from amopt.program.blocks import solve_blocks
from amopt.program.solver.highs import Options, solve
from amopt.sourcing.methods.arrays import Arrays, arrays_of
from amopt.sourcing.methods.decomposition.column_generation import _Run, solve_by_prices
from amopt.sourcing.methods.decomposition.line_plans import LinePlans
from amopt.sourcing.methods.decomposition.order_sets import least_of_sets
from amopt.sourcing.offers.segments import cut
from amopt.sourcing.offers.supply_options import SupplyOptions
from tests.seeds import seeds
from tests.sourcing.program.test_pooled import random_pooled
from tests.sourcing.random_instances import instance


def arrays(data: dict[str, Any]) -> Arrays:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        supply = SupplyOptions.of(amopt.load(data))
    return arrays_of(supply, cut(supply))


@pytest.mark.parametrize("seed", seeds(20, always=7))
def test_the_optimum_lies_between_bound_and_plan(seed: int) -> None:
    data = instance(seed, lines=12, shared=True)
    data.pop("limits", None)
    if seed % 3 == 0:
        data["licences"] = [{"part": "p0", "prints": 3}, {"part": "p1", "prints": 5}]
    if seed % 4 == 0:
        data["limits"] = {"suppliers_per_line": 1, "budget": 1e6}
    written = arrays(data)
    program = written.program
    optimum = solve_blocks(program).outcome.objective
    assert optimum is not None
    answer = solve_by_prices(written, Options(gap=0.02))
    assert answer is not None
    assert answer.outcome.bound is not None
    assert answer.outcome.objective is not None
    assert answer.outcome.bound <= optimum * (1 + 1e-6)
    assert answer.outcome.objective >= optimum * (1 - 1e-6)
    assert answer.values is not None
    rows = program.matrix @ answer.values
    assert (rows <= program.row_upper + 1e-6).all()
    assert (rows >= program.row_lower - 1e-6).all()


@pytest.mark.parametrize("seed", range(5))
def test_lines_that_share_nothing_are_solved_to_the_end(seed: int) -> None:
    data = instance(seed, lines=10)
    written = arrays(data)
    program = written.program
    answer = solve_by_prices(written, Options())
    assert answer is not None
    optimum = solve_blocks(program).outcome.objective
    assert answer.outcome.objective == pytest.approx(optimum, rel=1e-6)
    assert answer.outcome.bound == pytest.approx(optimum, rel=1e-6)


def test_many_lines_reach_the_gap_that_is_asked_for() -> None:
    """The more lines, the smaller the gap that the shared limits leave."""
    data = instance(42, lines=150, shared=True)
    data.pop("limits", None)
    written = arrays(data)
    program = written.program
    answer = solve_by_prices(written, Options(gap=0.01))
    assert answer is not None
    assert answer.outcome.gap is not None
    assert answer.outcome.gap <= 0.01
    slack = program.row_upper - program.matrix @ answer.values
    assert slack.min() >= -1e-6


def test_no_line_is_solved_twice_at_the_same_prices() -> None:
    seen = 0
    for seed in range(5):
        run = _Run(arrays(instance(seed, lines=10)), Options())
        assert run.start()
        assert run.find_prices()
        run.find_plans()
        seen += (solved := run.solved)
        assert run.find_prices()
        run.find_plans()
        assert run.solved == solved
        assert run.mixed - run.bound <= 1e-6 * run.mixed
    assert seen


def priced(seed: int) -> tuple[_Run, np.ndarray]:
    """Return a run on random lines, some with a surplus that lowers the total, and random costs."""
    rng = np.random.default_rng(seed)
    data = instance(seed, lines=4, shared=True)
    for line in data["lines"]:
        line["surplus"] = int(rng.integers(0, 4))
    for offer in data["offers"]:
        if rng.random() < 0.5:  # a total that falls as the quantity grows
            offer["between"] = "linear"
            offer["quotes"] = [
                {"quantity": q, "cost_per_part": 40 / q**1.4, "lead_time_weeks": 1 + q / 20}
                for q in (1, 10, 30)
            ]
    run = _Run(arrays(data), Options())
    assert run.start()
    prices = rng.uniform(0, 5, run.limit.size)
    return run, run.program.cost + run.coupling.T @ prices


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", seeds(25, always=8))
def test_no_plan_of_a_line_costs_less_than_its_bound(seed: int) -> None:
    """And no segment is left out that a better plan than the best known would be on."""
    try:
        run, cost = priced(seed)
    except amopt.InvalidInstanceError:
        pytest.skip("a fitted line falls below zero")
    least = run.line_bounds.least(cost)
    costs = [cost[run._columns(b)] for b in range(len(run.blocks))]
    parts = [
        replace(part, cost=own, offset=0.0) for part, own in zip(run._programs, costs, strict=True)
    ]
    optimum = np.array([solve(part).outcome.objective for part in parts], dtype=float)
    assert (least <= optimum + 1e-6 * np.abs(optimum)).all()
    known = np.array([_cheapest(run, cost, b) for b in range(len(run.blocks))])
    for best in (known, optimum):
        worse = run.line_bounds.worse(cost, best + 1e-7 * np.abs(best))
        upper = run.program.upper.copy()
        upper[run.arrays.x[worse[run.arrays.segments.shares.segment]]] = 0.0
        upper[run.arrays.y[worse]] = 0.0
        for b, part in enumerate(parts):
            kept = solve(replace(part, upper=upper[run._columns(b)]))
            assert kept.outcome.objective == pytest.approx(optimum[b], rel=1e-6)


def _cheapest(run: _Run, cost: np.ndarray, block: int) -> float:
    """Return what the cheapest known plan of a block costs at other costs than its own."""
    known = np.flatnonzero(run.plans.arrays()[0] == block)
    return min(float(cost @ run.plans.written(np.array([plan]))) for plan in known)


def test_a_surplus_that_lowers_a_total_leaves_the_line_unbounded() -> None:
    """Ten parts cost 5 and nine 5.56: the bound of nine parts would be above the optimum."""
    quotes = [
        {"quantity": 1, "cost_per_part": 10, "lead_time_weeks": 1},
        {"quantity": 10, "cost_per_part": 0.5, "lead_time_weeks": 1},
    ]
    data = {
        "amopt": 1,
        "kind": "sourcing",
        "name": "falling",
        "orders": "by_line",
        "parts": [{"name": "a"}],
        "lines": [
            {"line": "1", "part": "a", "quantity": 9, "surplus": 1},
            {"line": "2", "part": "a", "quantity": 9},
        ],
        "offers": [{"supplier": "s", "part": "a", "quotes": quotes}],
    }
    written = arrays(data)
    run = _Run(written, Options())
    assert run.start()
    assert run.line_bounds.least(written.program.cost).tolist() == [
        -np.inf,
        pytest.approx(10 - 8 * 5 / 9),
    ]
    answer = solve_by_prices(written, Options())
    assert answer is not None
    assert answer.outcome.bound == pytest.approx(5 + 10 - 8 * 5 / 9)
    assert answer.outcome.objective == pytest.approx(5 + 10 - 8 * 5 / 9)


def test_a_line_that_waits_for_what_is_committed_anyway() -> None:
    """Nothing that is ordered can delay it further: its delivery is no part of its block."""
    offer = {
        "supplier": "s",
        "part": "a",
        "quotes": [{"quantity": 1, "cost_per_part": 10, "lead_time_weeks": 1}],
        "largest_quantity": 9,
    }
    data = {
        "amopt": 1,
        "kind": "sourcing",
        "name": "committed",
        "orders": "by_line",
        "parts": [{"name": "a"}],
        "lines": [
            {"line": str(n), "part": "a", "quantity": 5, "downtime_cost_per_hour": 1}
            for n in range(2)
        ],
        "offers": [offer],
        "committed": [{"line": "0", "supplier": "t", "quantity": 1, "cost": 3, "weeks": 8}],
    }
    answer = solve_by_prices(arrays(data), Options())
    assert answer is not None
    assert answer.outcome.objective == pytest.approx(3 + 40 + 8 * 40 + 50 + 40)
    assert answer.outcome.bound == pytest.approx(answer.outcome.objective)


def test_weeks_that_a_line_waits_anyway_are_no_cost_of_its_orders() -> None:
    """Seven parts beside one that comes after six weeks: 20 + 6 * 22 + 25, not 6 * 25 + 20 + 22.

    Weeks that are counted for each order once more hide that the dearer supplier's are worth it.
    """
    offers = [
        {
            "supplier": supplier,
            "part": "a",
            "fee_per_order": fee,
            "quotes": [{"quantity": 1, "cost_per_part": cost, "lead_time_weeks": weeks}],
            "largest_quantity": 6,
        }
        for supplier, fee, cost, weeks in (("s", 0, 25, 3), ("t", 20, 22, 1))
    ]
    data = {
        "amopt": 1,
        "kind": "sourcing",
        "name": "waits",
        "orders": "by_line",
        "parts": [{"name": "a"}],
        "lines": [{"line": "0", "part": "a", "quantity": 8, "downtime_cost_per_hour": 1}],
        "offers": offers,
        "committed": [{"line": "0", "supplier": "t", "quantity": 1, "cost": 3, "weeks": 6}],
    }
    answer = amopt.solve(amopt.load(data), method="prices")
    assert answer.outcome.status == "optimal"
    assert answer.outcome.objective == pytest.approx(3 + 6 * 40 + 20 + 6 * 22 + 25)


def test_a_line_that_is_solved_without_a_bound_proves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = arrays(instance(3, lines=12, shared=True))

    def unproven(*given: Any, **options: Any) -> Any:
        answer = solve(*given, **options)
        return replace(answer, outcome=replace(answer.outcome, bound=None))

    monkeypatch.setattr("amopt.sourcing.methods.decomposition.column_generation.solve", unproven)
    run = _Run(written, Options(gap=0.02))
    blocks = np.arange(len(run.blocks))
    nothing_left_out = np.zeros(len(written.segments), dtype=bool)
    assert len(run.blocks) > 1
    assert run._solve_blocks(blocks, run.program.cost, nothing_left_out) == {}


def _bounds_of_sets(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return bound, optimum and best known plan of the parts of a random instance, at prices."""
    data = random_pooled(seed)
    for line in data["lines"]:
        line["surplus"] = 0
        line["quantity"] += seed % 4
    if seed % 2:  # no more than what the bounds look at
        data["orders"] = "together"
        for key in ("deliveries", "suppliers", "approvals", "preparations", "limits", "licences"):
            data.pop(key, None)
        for line in data["lines"]:
            line.pop("need_by_weeks", None)
    rng = np.random.default_rng(seed)
    run = _Run(arrays(data), Options())
    if not run.start():
        return (np.zeros(0),) * 3
    cost = run.program.cost + run.coupling.T @ rng.uniform(0, 5, run.limit.size)
    bounds, count = run.line_bounds, len(run.blocks)
    parts = [
        replace(p, cost=cost[run._columns(b)], offset=0.0) for b, p in enumerate(run._programs)
    ]
    optimum = np.array([solve(part).outcome.objective for part in parts], dtype=float)
    known = np.array([_cheapest(run, cost, b) for b in range(count)])
    least = least_of_sets(
        run.arrays,
        cost,
        bounds.block_of_line,
        looked_at=np.flatnonzero(~bounds.worse(cost, known)),
        known=known,
        spare=1e-9 * known,
    )
    looked_at = np.isfinite(least)
    return least[looked_at], optimum[looked_at], known[looked_at]


def _require_bounds_of_sets(seeds: range) -> tuple[int, int, int]:
    """Check the bounds; return parts, those with a better plan than known, and exact bounds."""
    several = better = exact = 0
    for seed in seeds:
        try:
            least, optimum, known = _bounds_of_sets(seed)
        except amopt.AmoptError:
            continue
        room = 1e-6 * np.maximum(1.0, np.abs(optimum))
        assert (least <= optimum + room).all(), seed
        several += least.size
        better += int((optimum < known - room).sum())
        exact += int((least >= optimum - room).sum())
    return several, better, exact


@pytest.mark.filterwarnings("ignore")
def test_no_plan_of_a_part_costs_less_than_its_sets_of_orders_say() -> None:
    """Also where sharing a line out over orders is the best plan; mostly the bound is met."""
    several, better, exact = _require_bounds_of_sets(range(30))
    assert several > 15
    assert better > 0
    assert exact > several // 3


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_no_plan_of_many_parts_costs_less_than_their_sets_of_orders_say() -> None:
    several, better, exact = _require_bounds_of_sets(range(30, 120))
    assert several > 50
    assert better > 0
    assert exact > several // 3


def test_a_line_that_is_mixed_behind_many_ties_is_picked_all_the_same() -> None:
    """Two suppliers ask the same for each of 250 parts; two more parts want one scarce supplier."""
    tied, scarce = [f"t{n:03}" for n in range(250)], ["z0", "z1"]
    asked = [(part, supplier, 10) for part in tied for supplier in ("a", "b")]
    asked += [
        (part, supplier, price) for part in scarce for supplier, price in (("c", 8), ("d", 20))
    ]
    quote = {"quantity": 1, "lead_time_weeks": 1}
    data = {
        "amopt": 1,
        "kind": "sourcing",
        "name": "ties",
        "orders": "by_line",
        "parts": [{"name": part} for part in (*tied, *scarce)],
        "lines": [{"line": part, "part": part, "quantity": 2} for part in (*tied, *scarce)],
        "offers": [
            {
                "supplier": supplier,
                "part": part,
                "quotes": [{**quote, "cost_per_part": price}],
                "largest_quantity": 9,
            }
            for part, supplier, price in asked
        ],
        "capacities": [{"supplier": "c", "parts": 3}],
        "limits": {"suppliers_per_line": 1},
    }
    answer = solve_by_prices(arrays(data), Options(gap=0.01))
    assert answer is not None
    assert answer.outcome.objective == pytest.approx(250 * 20 + 16 + 40)
    assert answer.outcome.bound == pytest.approx(250 * 20 + 16 + 40 - 12)  # z0 half and half


@pytest.mark.parametrize("unit", [1.0, 1e-9, 1e6])
def test_a_limit_costs_what_it_takes_to_keep_it(unit: float) -> None:
    """A plan at 100 more saves a thousandth of a limit of which another line takes ten.

    That is a hundred thousand a unit: a hundred times what the dearest plan costs, spread over
    what a plan takes at most, was paid in place of it, so that the mixture broke the limit.
    """
    plans = LinePlans(unit * np.array([0.0, 100.0, 1.0]), sp.csr_array([[1.0, 0.999, 10.0]]))
    plans.add_columns(sp.csc_array(np.eye(3)), np.array([0, 0, 1]))
    answer = plans.mixed(2, np.array([10.9995]), Options)
    assert answer.values is not None
    assert answer.duals is not None
    assert answer.outcome.objective == pytest.approx(51.0 * unit, rel=1e-6)
    assert answer.values[-1] == pytest.approx(0.0, abs=1e-9)
    assert -answer.duals[-1] == pytest.approx(1e5 * unit, rel=1e-6)


def test_what_no_plan_keeps_is_exceeded_by_little() -> None:
    plans = LinePlans(np.array([5.0, 9.0]), sp.csr_array([[3.0, 2.0]]))
    plans.add_columns(sp.csc_array(np.eye(2)), np.array([0, 0]))
    answer = plans.mixed(1, np.array([1.0]), Options)
    assert answer.values is not None
    assert answer.values[-1] == pytest.approx(1.0)


def test_one_line_left_of_several_has_one_order_at_an_offer_all_the_same() -> None:
    """Line a has all it needs: b joins the shared order of alpha or has its own there, not both."""
    rows = [(1, 13, 1), (5, 8.9, 3)]
    data = {
        "amopt": 1,
        "kind": "sourcing",
        "name": "one left",
        "orders": "either",
        "parts": [{"name": "cap"}],
        "lines": [
            {"line": "a", "part": "cap", "quantity": 3},
            {"line": "b", "part": "cap", "quantity": 5, "downtime_cost_per_hour": 1},
        ],
        "committed": [{"line": "a", "supplier": "alpha", "quantity": 3, "cost": 28, "weeks": 0}],
        "conventional": [{"part": "cap", "cost_per_part": 9, "lead_time_weeks": 5}],
        "offers": [
            {
                "supplier": "alpha",
                "part": "cap",
                "between": "linear",
                "quotes": [
                    {"quantity": q, "cost_per_part": price, "lead_time_weeks": weeks}
                    for q, price, weeks in rows
                ],
            }
        ],
    }
    loaded = amopt.load(data)
    # C(q) = 13 + 7.875 (q - 1), 1 + 0.5 (q - 1) weeks; with q at alpha the rest takes five.
    alone = 28 + min(5 * 9 + 200, 13 + 7.875 * 4 + 40 * 3)
    for method in ("prices", "program"):
        answer = amopt.solve(loaded, method=method)
        assert answer.outcome.objective == pytest.approx(alone)
    answer = amopt.solve(amopt.load({**data, "orders": "by_line"}))
    assert answer.outcome.objective == pytest.approx(alone)


@pytest.mark.parametrize("lines", [1, 3])
def test_parts_that_are_free_cost_nothing(lines: int) -> None:
    """Where nothing costs anything, no gap is relative to anything."""
    data = instance(5, lines=lines)
    data["minimise"] = {"cost": 1}
    data["conventional"] = []
    for offer in data["offers"]:
        offer.update(fee_per_order=0, between="linear", smallest_quantity=1)
        for quote in offer["quotes"]:
            quote["cost_per_part"] = 0
    answer = amopt.solve(amopt.load(data), method="prices")
    assert answer.outcome.objective == 0
    assert answer.outcome.bound == 0
