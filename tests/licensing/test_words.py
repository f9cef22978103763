"""What the headline and the figures say of an offer."""

from __future__ import annotations

from typing import Any

import pytest

import amopt
from amopt.licensing.answer.figures import alternatives
from amopt.licensing.contract import Contract, earned, in_round_money, responses
from amopt.licensing.costs import Buyers
from amopt.licensing.methods.exact import best_contract, supremum
from tests.licensing.cases import instance, limited_case, random_case


def said(own: Any) -> str:
    return " ".join(amopt.solve(own).headline())


def test_a_promise_that_costs_the_maker_money_is_said_to_be_one() -> None:
    data = instance(2.4, 9.6).to_dict()
    data["buyers"][1]["least_surplus"] = 50.0
    words = said(amopt.load(data))
    assert "a loss of 40.51 EUR a year beside selling the part" in words
    assert "least_surplus promises buyer 1 a saving" in words
    assert "a loss of" not in said(instance(2.4, 9.6))


def test_simpler_licences_that_are_no_licence_are_said_to_be_none() -> None:
    words = said(amopt.load("licensing/two-buyers"))
    assert "a royalty without fee earns 542.57 EUR a year." in words
    assert "A subscription without royalty would not earn more than no licence at all." in words
    assert "subscription without royalty earns" not in words


def test_limits_that_forbid_what_would_earn_more_are_not_passed_over() -> None:
    data = instance(2.4, 9.6).to_dict()
    assert "none that is allowed earns more" in said(
        amopt.load(data | {"limits": {"most_licensees": 0}})
    )
    data["printing"]["price"] = 900
    assert "Offer no licence: none earns more than selling the part." in said(amopt.load(data))
    data["traditional"]["production_cost"] = 170  # at a loss the limits forbid nothing either
    assert "Offer no licence: none earns more than" in said(amopt.load(data))


def test_a_supremum_that_is_not_attained_is_told_in_plain_words() -> None:
    words = said(amopt.load("licensing/two-buyers"))
    assert "Lowered towards that one the contract would earn a little more, up to 571.27" in words
    assert "no contract quite earns" not in words


def test_a_contract_that_rounding_spoils_is_told_with_one_in_cents() -> None:
    """Nobody would take 198.36 a year and 5.38 a print, as the headline tells it."""
    own = amopt.load("licensing/two-buyers")
    buyers = Buyers.of(own)
    assert (responses(buyers, (Contract(5.38, 198.36),)) == -1).all()
    answer = amopt.solve(own)
    (note,) = answer.notes
    assert note == (
        "With fee and royalty rounded as they are told, other buyers would take a licence. Write "
        "down 198.35 EUR a year and 5.38 EUR a print, which these buyers take: it earns 0.00424 "
        "EUR less."
    )
    assert responses(buyers, (Contract(5.38, 198.35),)).tolist() == [0, -1]
    assert answer.outcome.objective - 198.35 - 5.38 * 2.4 - 360 == pytest.approx(0.00424, abs=1e-5)
    assert not amopt.solve(own.model_copy(update={"epsilon": 0.01})).notes
    assert "saves the buyers 0.00 EUR" in said(own)


@pytest.mark.parametrize("make", [random_case, limited_case])
def test_the_contract_in_cents_is_taken_by_the_same_buyers_and_earns_nearly_as_much(
    make: Any,
) -> None:
    told = 0
    for seed in range(60):
        own = make(seed)
        buyers = Buyers.of(own)
        offer = best_contract(buyers, None) if supremum(buyers) else None
        if offer is None or not offer.contracts:
            continue
        round_one = in_round_money(buyers, offer)
        if round_one is None:
            continue
        told += 1
        assert responses(buyers, (round_one,)).tolist() == offer.choice.tolist()
        for value in (round_one.fee, round_one.royalty):
            assert value == round(value, 2)
        less = offer.profit - earned(buyers, (round_one,), offer.choice)
        count, prints = (offer.choice == 0).sum(), buyers.demand[offer.choice == 0].sum()
        steepest = buyers.demand.max() * 3  # what a fee falls by, at most, as a royalty rises
        assert less <= 0.02 * prints + count * (0.01 + 0.02 * steepest)
        saved = buyers.highest_fee(round_one.royalty) - round_one.fee
        assert (saved >= buyers.floor)[offer.choice == 0].all()
    assert told > 20


def test_a_menu_that_rounding_spoils_is_to_be_written_down_with_all_digits() -> None:
    data = instance(2.4, 9.6, contracts=2).to_dict()
    data["traditional"]["setup_cost"] = 3500.0
    answer = amopt.solve(amopt.load(data))
    assert len(answer.rows["contracts"]) == 2
    assert "write them down with all digits (--json)" in answer.notes[0]


def test_only_what_limits_forbid_is_drawn_as_without_them() -> None:
    """The supremum that no contract attains is above the offer, and is forbidden by nothing."""
    drawn = alternatives(amopt.solve(amopt.load("licensing/two-buyers")))
    assert not [name for name in drawn.data[0].y if "limits left out" in name]
    limited = alternatives(amopt.solve(instance(2.4, 9.6, limits={"most_licensees": 0})))
    assert [name for name in limited.data[0].y if "limits left out" in name] == [
        "fee and royalty, limits left out",
        "theorem, limits left out",
        "pay per print, limits left out",
    ]
