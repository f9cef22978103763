"""Fees of suppliers shared out by part: the bound is one, the plan is the optimum of HiGHS."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import amopt
from amopt.errors import InfeasibleError, InvalidInstanceError
from amopt.program.solver.options import Options
from amopt.program.time import Budget
from amopt.sourcing.methods import prices
from amopt.sourcing.methods.split_fees import by_split_fees, with_split_fees
from amopt.sourcing.offers.supply_options import SupplyOptions
from tests.sourcing.program.test_pooled import random_pooled
from tests.sourcing.random_instances import instance


def with_fees(seed: int) -> dict[str, Any]:
    """Return several parts whose suppliers ask for a fee each, small or large."""
    rng = random.Random(seed)
    data = (
        instance(seed, lines=rng.choice([3, 6]), shared=True) if seed % 2 else random_pooled(seed)
    )
    paid = sum(q["cost_per_part"] for o in data["offers"] for q in o["quotes"])
    data["suppliers"] = [
        {"supplier": who, "fee_per_supplier": round(rng.choice([0.05, 0.3, 1]) * paid, 2)}
        for who in sorted({offer["supplier"] for offer in data["offers"]})
    ]
    return data


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "seeds", [range(1, 12), pytest.param(range(12, 90), marks=pytest.mark.long)]
)
def test_fees_by_prices_equal_the_program(seeds: range) -> None:
    """Both find the optimum; shared out alone, fees give a bound below it and a plan above it."""
    compared = 0
    for seed in seeds:
        try:
            loaded = amopt.load(with_fees(seed))
        except InvalidInstanceError:
            continue
        try:
            optimum = amopt.solve(loaded, method="program").outcome.objective
        except InfeasibleError:
            with pytest.raises(InfeasibleError):
                amopt.solve(loaded, method="prices")
            continue
        assert optimum is not None
        answer = amopt.solve(loaded, method="prices")
        assert answer.verdict.accepted
        assert answer.outcome.objective == pytest.approx(optimum, rel=1e-5)
        assert answer.outcome.bound is not None
        assert answer.outcome.bound <= optimum * (1 + 1e-6)
        supply = SupplyOptions.of(loaded)
        if loaded.limits.budget is not None or len({line.part for line in loaded.lines}) < 2:
            continue
        options = Options()

        def solved(split: SupplyOptions, options: Options = options) -> Any:
            return prices._solved(split, options, None, Budget(None), finish=False)

        plan, bound, _ = by_split_fees(supply, solved, 1e-6)
        assert bound <= optimum * (1 + 1e-6), seed
        assert plan.objective >= optimum * (1 - 1e-6), seed
        compared += 1
    assert compared >= 4


@pytest.mark.filterwarnings("ignore")
def test_shares_of_a_fee_add_up_to_it_and_the_rest_stays() -> None:
    data = with_fees(5)
    data["approvals"] = [{"supplier": "s0", "part": "p0", "cost": 40}]
    supply = SupplyOptions.of(amopt.load(data))
    charges, parts = supply.charges, len(data["parts"])
    fees = [kind == "supplier_fees" for kind in charges.kind]
    weight = np.full((len(charges), parts), 1 / parts)
    split = with_split_fees(supply, weight).charges
    asked = dict(zip(charges.key, charges.amount, strict=True))
    for key, amount in zip(split.key, split.amount, strict=True):
        whole = asked[key] if key in asked else asked[key[0]] / parts
        assert amount == pytest.approx(whole)
    assert sum(fees) < len(charges)  # tooling, approvals
    assert sorted(split.option.tolist()) == sorted(charges.option.tolist())


def test_a_budget_counts_each_fee_whole() -> None:
    """Two parts of one supplier: 2 x 10 x 5 and a fee of 30; 130 are just enough."""
    data: dict[str, Any] = {
        "amopt": 1,
        "kind": "sourcing",
        "name": "fee and budget",
        "parts": [{"name": name} for name in "ab"],
        "lines": [{"line": name, "part": name, "quantity": 10} for name in "ab"],
        "offers": [
            {
                "supplier": "alpha",
                "part": name,
                "largest_quantity": 10,
                "quotes": [{"quantity": 1, "cost_per_part": 5, "lead_time_weeks": 1}],
            }
            for name in "ab"
        ],
        "suppliers": [{"supplier": "alpha", "fee_per_supplier": 30}],
        "limits": {"budget": 130},
    }
    answer = amopt.solve(amopt.load(data), method="prices")
    assert answer.outcome.objective == pytest.approx(130)
    data["limits"] = {"budget": 129}
    with pytest.raises(InfeasibleError):
        amopt.solve(amopt.load(data), method="prices")
