"""Offers of a file that can be used for nothing are told, with the reason; so are strange names."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import amopt
from amopt.errors import InvalidInstanceError

FILE: dict[str, Any] = {
    "amopt": 1,
    "kind": "sourcing",
    "name": "Bushes",
    "order_date": "2026-05-01",
    "parts": [{"name": "bush", "length_mm": 90, "width_mm": 20, "height_mm": 20}],
    "lines": [{"line": "1", "part": "bush", "quantity": 10}],
    "conventional": [{"part": "bush", "cost_per_part": 60, "lead_time_weeks": 4}],
    "offers": [
        {
            "supplier": "beta-2",
            "part": "bush",
            "quotes": [
                {"quantity": 1, "cost_per_part": 5, "lead_time_weeks": 1},
                {"quantity": 10, "cost_per_part": 5, "lead_time_weeks": 1},
            ],
        }
    ],
}


def file(**offer: Any) -> dict[str, Any]:
    data = copy.deepcopy(FILE)
    data["offers"][0] |= offer
    return data


@pytest.mark.parametrize(
    ("offer", "code", "why"),
    [
        ({"valid_to": "2026-04-30"}, "quote-expired", "held until 2026-04-30"),
        ({"valid_from": "2026-05-02"}, "quote-expired", "holds from 2026-05-02 on"),
        (
            {"valid_from": "2026-06-02", "valid_to": "2026-04-01"},
            "quote-expired",
            "from 2026-06-02 to 2026-04-01, which is before",
        ),
        (
            {"build_envelope": {"length_mm": 80, "width_mm": 80, "height_mm": 80}},
            "offer-unfit",
            "the part does not fit the build envelope",
        ),
    ],
)
def test_an_offer_that_is_left_out_is_told(offer: dict[str, Any], code: str, why: str) -> None:
    (finding,) = amopt.check(file(**offer))
    assert (finding.code, finding.severity) == (code, "warning")
    assert finding.where.key[:2] == ("offers", 0)
    assert "'bush' at 'beta-2' is left out" in finding.message
    assert why in finding.message
    answer = amopt.solve(amopt.load(file(**offer)))
    assert answer.rows["orders"][0]["supplier"] == "conventional"
    assert [code in note and why in note for note in answer.notes] == [True]


def test_an_offer_that_holds_that_very_day_is_used() -> None:
    data = file(valid_from="2026-05-01", valid_to="2026-05-01")
    assert not amopt.check(data)
    assert amopt.solve(amopt.load(data)).rows["orders"][0]["supplier"] == "beta-2"


def test_materials_and_certificates_that_no_line_takes_are_told() -> None:
    for where, entry, why in (
        ("parts", {"materials": ["PA12"]}, "material not stated will not do"),
        ("parts", {"certificates": ["EN 9100"]}, "lacks the certificate EN 9100"),
        ("lines", {"certificates": ["EN 9100"]}, "lacks the certificate EN 9100"),
    ):
        data = file()
        data[where][0] |= entry
        (finding,) = amopt.check(data)
        assert finding.code == "offer-unfit"
        assert why in finding.message
        data["lines"][0]["quantity"] -= 1  # together as many as are quoted
        data["lines"].append({"line": "2", "part": "bush", "quantity": 1})
        assert len(amopt.check(data)) == (where == "parts")  # the second line asks for none


def strange(**change: str) -> str:
    data = file(**({"supplier": change["supplier"]} if "supplier" in change else {}))
    data["network"] = {
        "places": [{"name": "Turku"}, {"name": "beta-2"}],
        "lanes": [{"from": "beta-2", "to": "Turku", "weeks": 1}],
    }
    data["lines"][0]["place"] = change.get("place", "Turku")
    with pytest.raises(InvalidInstanceError) as error:
        amopt.load(data)
    (finding,) = error.value.findings
    assert finding.code == "unknown-place"
    return f"{finding.message} {finding.advice}"


@pytest.mark.parametrize("name", ["Beta 2", "beta_2", "BETA2", "Betta 2", "bet-a2"])
def test_a_supplier_without_a_place_is_called_a_supplier(name: str) -> None:
    said = strange(supplier=name)
    assert said == f"the supplier {name!r} has no place in the network. Did you mean 'beta-2'?"


def test_a_supplier_like_none_and_a_line_at_no_place() -> None:
    assert "Add a place of this name to network.places" in strange(supplier="omega")
    assert strange(place="TURKU") == ("'TURKU' is no place of the network. Did you mean 'Turku'?")
