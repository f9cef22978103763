"""The best menu of two contracts, by the pairs of royalties in the order of their bounds."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import amopt
from amopt.errors import InfeasibleError
from amopt.licensing import check
from amopt.licensing.contract import Contract, earned, responses
from amopt.licensing.costs import Buyers
from amopt.licensing.methods.menu import best_menu
from amopt.licensing.referee.buyers import Buyers as BuyersOfReferee
from amopt.licensing.referee.menus import try_menus
from amopt.program.time import Budget
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


@pytest.mark.slow
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


@pytest.mark.long
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


def test_the_referee_finds_menus_that_earn_as_much() -> None:
    for seed in range(1, 9):
        instance = menu_case(random_case, seed)
        best = best_menu(Buyers.of(instance)).bound
        tried = try_menus(BuyersOfReferee(instance), best * (1 - 1e-5))
        assert tried.left == 0
        assert tried.best == pytest.approx(best, rel=1e-6), seed


def test_a_bound_below_what_a_menu_earns_is_refused() -> None:
    instance = menu_case(random_case, 4)
    limited = amopt.load({**instance.to_dict(), "limits": {"most_licensees": 1}})
    poor, good = amopt.solve(limited), amopt.solve(instance)
    assert poor.outcome.objective < good.outcome.objective
    findings = check(instance, poor).findings
    assert any("below what a menu earns" in finding for finding in findings), findings
    assert not check(instance, good).findings


@pytest.mark.parametrize("looks", [0, 25, 60])
def test_a_menu_that_time_cut_short_has_a_bound(looks: int, monkeypatch: Any) -> None:
    """Time is over after so many looks at the clock."""
    data = menu_case(random_case, 12).to_dict()
    data |= {"royalties": np.linspace(0, 90, 21).tolist(), "limits": {"most_licensees": 3}}
    instance = amopt.load(data)
    whole = best_menu(Buyers.of(instance))
    assert not whole.is_cut_short
    one = amopt.solve(amopt.load({**data, "royalties": [], "contracts": 1})).outcome.objective
    left = iter(range(looks))
    monkeypatch.setattr(Budget, "is_over", property(lambda _: next(left, None) is None))
    short = best_menu(Buyers.of(instance))
    assert short.is_cut_short
    assert short.offer is not None
    assert one is not None
    assert 0.9 * one <= short.offer.profit <= whole.bound * (1 + 1e-9)
    assert short.bound >= whole.bound * (1 - 1e-9)
