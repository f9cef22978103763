"""The best menu of two contracts, by the pairs of royalties in the order of their bounds."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import amopt
from amopt.errors import InfeasibleError
from amopt.licensing.contract import Contract, earned, responses
from amopt.licensing.costs import Buyers
from amopt.licensing.methods.menu import best_menu
from tests.licensing.cases import limited_case, random_case


def menu_case(make: Any, seed: int) -> Any:
    draw = np.random.default_rng(seed)
    data = make(seed).to_dict()
    data["contracts"] = 2
    data["royalties"] = [0.0, *sorted(map(float, draw.uniform(0.5, 60, 3)))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return amopt.load(data)


def objective(instance: Any, method: str) -> float | None:
    try:
        outcome = amopt.solve(instance, method=method).outcome
    except InfeasibleError:
        return None
    assert outcome.status == "optimal"
    return outcome.objective


@pytest.mark.parametrize("make", [random_case, limited_case])
def test_menus_are_those_of_the_program(make: Any) -> None:
    found = []
    for seed in range(6):
        instance = menu_case(make, seed)
        wanted = objective(instance, "program")
        found.append(objective(instance, "menu"))
        assert found[-1] == (None if wanted is None else pytest.approx(wanted, rel=2e-6)), seed
    assert any(value is not None for value in found)


def test_no_menu_of_a_grid_of_fees_earns_more() -> None:
    instance = menu_case(random_case, 4)
    buyers = Buyers.of(instance)
    best = best_menu(buyers)
    assert best.offer is not None
    worth = buyers.highest_fee(np.array(instance.royalties))
    fees = np.linspace(0, worth.max(), 25)
    for q, lower in enumerate(instance.royalties):
        for higher in instance.royalties[q + 1 :]:
            for first in fees:
                for second in fees:
                    menu = (Contract(lower, float(first)), Contract(higher, float(second)))
                    gain = earned(buyers, menu, responses(buyers, menu))
                    assert gain <= best.bound + 1e-9 * abs(best.bound)


def test_forty_buyers_are_offered_a_menu_at_once() -> None:
    draw = np.random.default_rng(0)
    data = random_case(0).to_dict()
    names = [f"buyer {number}" for number in range(40)]
    demands = draw.uniform(5, 200, 40).tolist()
    data["buyers"] = [
        {"name": name, "demand_per_year": demand}
        for name, demand in zip(names, demands, strict=True)
    ]
    one = amopt.solve(amopt.load({**data, "contracts": 1})).outcome
    two = amopt.solve(amopt.load({**data, "contracts": 2})).outcome
    assert two.status == "optimal"
    assert "pairs of royalties" in two.method
    assert one.objective is not None
    assert two.objective is not None
    assert two.objective >= 0.98 * one.objective  # its royalties are those of a list
