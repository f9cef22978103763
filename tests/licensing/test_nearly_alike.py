"""Buyers whose demands hardly differ, and money that is small or large."""

from __future__ import annotations

from typing import Any

import pytest

import amopt
from amopt.errors import InfeasibleError, NoAnswerError
from amopt.licensing.costs import Buyers
from amopt.licensing.methods import by_program
from amopt.licensing.methods.menu import best_menu
from amopt.outcome import versions
from tests.licensing.cases import instance, random_case

PRICES = {
    "traditional": ("price", "production_cost", "setup_cost"),
    "printing": ("price", "setup_cost"),
}


def twins(seed: int, apart: float, **changes: Any) -> Any:
    """Return random buyers, each with another one of nearly the same demand."""
    data = random_case(seed).to_dict() | changes
    demands = [buyer["demand_per_year"] for buyer in data["buyers"]][:3]
    data["buyers"] = [
        {"name": f"buyer {number}", "demand_per_year": demand}
        for number, demand in enumerate(d * f for d in demands for f in (1, 1 + apart))
    ]
    return amopt.load(data)


@pytest.mark.parametrize("apart", [1e-7, 1e-9, 3e-10, 1e-10, 1e-11, 1e-14])
def test_a_menu_for_buyers_that_hardly_differ_earns_what_it_earns_of_alike_ones(
    apart: float,
) -> None:
    for seed in (0, 2):
        alike = best_menu(Buyers.of(twins(seed, 0.0, contracts=2)))
        found = best_menu(Buyers.of(twins(seed, apart, contracts=2)))
        assert found.bound == pytest.approx(alike.bound, rel=1e-5)
        assert found.offer is not None
        assert found.offer.profit == pytest.approx(alike.bound, rel=1e-5)


@pytest.mark.parametrize("method", ["exact", "program"])
@pytest.mark.parametrize("apart", [4e-16, 1e-12, 1e-10, 1e-8])
def test_buyers_that_no_contract_could_tell_apart_do_the_same(method: str, apart: float) -> None:
    """As 0.1 + 0.2 and 0.3 are: nearly the same, and too many for a limit on licensees."""
    found = []
    for factor in (1, 1 + apart):
        own = instance(2.4, 9.6, 9.6 * factor, limits={"most_licensees": 1}, **CHEAP)
        answer = amopt.solve(own, method=method)
        found.append((answer.outcome.status, answer.outcome.objective, answer.outcome.bound))
    assert found[1][0] == found[0][0] == "optimal"
    assert found[1][1:] == pytest.approx(found[0][1:], rel=1e-6)


CHEAP = {"printing": {"price": 150.0, "setup_cost": 250.0, "lead_time_years": 0.033}}


def test_buyers_that_no_contract_tells_apart_are_named() -> None:
    own = twins(2, 1.1e-7, limits={"most_licensees": 1})
    with pytest.raises(NoAnswerError, match=r"'buyer 3' and 'buyer 2' need nearly the same"):
        amopt.solve(own)


def test_clashes_of_a_menu_too_large_for_the_program_are_not_sought(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = instance(2.4, 9.6, contracts=2).to_dict()
    data["buyers"][0]["least_surplus"] = 1e6
    own = amopt.load(data)
    with pytest.raises(InfeasibleError, match="the surplus of"):
        amopt.solve(own)
    monkeypatch.setattr(by_program, "MOST_CHOICES", 10)
    with pytest.raises(InfeasibleError, match=r"which clash is not known: its program would have"):
        amopt.solve(own)


@pytest.mark.parametrize("size", [1e-6, 1e-3, 1e6])
@pytest.mark.parametrize("changes", [{}, {"contracts": 2}, {"limits": {"most_licensees": 1}}])
def test_money_may_be_in_any_unit(size: float, changes: dict[str, Any]) -> None:
    data = instance(2.4, 9.6, **changes).to_dict()
    plain = amopt.solve(amopt.load(data))
    for channel, fields in PRICES.items():
        for field in fields:
            data[channel][field] *= size
    for method in ("auto", "program"):
        answer = amopt.solve(amopt.load(data), method=method)
        # HiGHS 1.15 leaves a gap of 9e-6 in the smallest unit, and says so.
        early = method == "program" and versions("highspy")["highspy"].startswith("1.15.")
        assert answer.outcome.status == "optimal" or (early and answer.outcome.gap < 1e-5)
        assert answer.outcome.objective == pytest.approx(plain.outcome.objective * size, rel=2e-6)
        (one,), (other,) = plain.rows["contracts"], answer.rows["contracts"]
        assert other["fee"] == pytest.approx(one["fee"] * size, rel=1e-5)
        assert other["side"] == one["side"]


def test_small_amounts_are_not_told_as_nothing() -> None:
    data = instance(2.4, 9.6).to_dict()
    for channel, fields in PRICES.items():
        for field in fields:
            data[channel][field] /= 1000
    words = amopt.solve(amopt.load(data)).headline()[0]
    assert words == "Offer a licence for 0.198 EUR a year and 0.00538 EUR a print."


def test_an_epsilon_of_a_menu_is_warned_of() -> None:
    own = instance(2.4, 9.6, contracts=2, epsilon=0.01)
    (finding,) = amopt.check(own.to_dict())
    assert (finding.code, finding.severity) == ("epsilon-not-needed", "warning")
    assert not amopt.check(instance(2.4, 9.6, epsilon=0.01).to_dict())


def test_a_contract_beyond_its_epsilon_says_so() -> None:
    near = amopt.load("licensing/two-buyers")
    answer = amopt.solve(near.model_copy(update={"epsilon": 1e-9}))
    (total,) = answer.rows["totals"]
    short = total["supremum"] - total["profit"]
    assert short > 1e-9
    note = answer.notes[0]
    assert (
        f"earns {short:.3g} a year less than the supremum, more than the epsilon of 1e-09" in note
    )
    assert not amopt.solve(near.model_copy(update={"epsilon": 0.01})).notes
    assert not [note for note in amopt.solve(near).notes if "epsilon" in note]
