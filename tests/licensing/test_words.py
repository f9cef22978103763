"""What the headline and the figures say of an offer."""

from __future__ import annotations

from typing import Any

import amopt
from amopt.licensing.answer.figures import alternatives
from tests.licensing.cases import instance


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
