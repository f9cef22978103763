"""Advice of the checks: what is advised passes, and what is refused has no plan."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest

import amopt
from amopt.errors import InfeasibleError, InvalidInstanceError
from amopt.finding import Finding
from amopt.sourcing import solve

NUMBER = re.compile(r"^Write (\d[\d.]*)")


def file(**changes: Any) -> dict[str, Any]:
    """Return a file of one part at three suppliers, 12 of which are needed."""
    data: dict[str, Any] = {
        "amopt": 1,
        "kind": "sourcing",
        "name": "advice",
        "parts": [{"name": "bush"}],
        "lines": [{"line": "1", "part": "bush", "quantity": 12}],
        "offers": [offer(name) for name in ("alpha", "beta", "gamma")],
    }
    return {**data, **changes}


def offer(supplier: str, **terms: Any) -> dict[str, Any]:
    quotes = [
        {"quantity": quantity, "cost_per_part": 9, "lead_time_weeks": 1} for quantity in (1, 50)
    ]
    return {"supplier": supplier, "part": "bush", "quotes": quotes, **terms}


def found(data: dict[str, Any]) -> list[Finding]:
    return list(amopt.check(data))


def followed(data: dict[str, Any], findings: list[Finding]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the codes of findings whose advice is a number, with the file that follows it."""
    for finding in findings:
        said = NUMBER.match(finding.advice)
        if said:
            mended = copy.deepcopy(data)
            *above, last = finding.where.key
            entry: Any = mended
            for key in above:
                entry = entry[key]
            entry[last] = float(said[1]) if "." in said[1] else int(said[1])
            yield finding.code, mended


@pytest.mark.parametrize("suppliers", range(1, 14))
def test_a_share_that_is_advised_passes(suppliers: int) -> None:
    """Six suppliers have 16.66 % each and not 16.67, and one of three has 33.34 %."""
    offers = [offer(f"s{k}") for k in range(suppliers)]
    shares = (
        {"least_suppliers": suppliers, "least_percent": 90},
        {"largest_percent": 90 / suppliers},
        {"least_suppliers": suppliers + 2},
        {"least_percent": 61.23456789, "largest_percent": 61.2345},
    )
    advised = 0
    for share in shares:
        data = file(offers=offers, shares=[{"part": "bush", **share}])
        for code, mended in followed(data, found(data)):
            advised += 1
            assert code not in {finding.code for finding in found(mended)}, mended["shares"]
    assert advised >= 3


@pytest.mark.parametrize("quantity", [1e-6, 0.4, 0.5, 1.5, 2.5, 2.7, 999_999.5])
def test_an_amount_that_is_advised_passes(quantity: float) -> None:
    data = file(lines=[{"line": "1", "part": "bush", "quantity": quantity}])
    ((code, mended),) = followed(data, found(data))
    assert code == "fractional-quantity"
    assert "fractional-quantity" not in {finding.code for finding in found(mended)}
    assert not [finding for finding in found(mended) if finding.where.key[-1:] == ("quantity",)]
    data = file(committed=[{"line": "1", "supplier": "alpha", "quantity": quantity, "weeks": 1}])
    for _, mended in followed(data, found(data)):
        codes = {finding.code for finding in found(mended)}
        assert not codes & {"fractional-quantity", "out-of-range"}


def test_nobody_that_counts_is_not_to_be_one_supplier() -> None:
    """With conventional supply alone, which does not count, one supplier is one too many."""
    data = file(
        offers=[],
        conventional=[{"part": "bush", "cost_per_part": 3, "lead_time_weeks": 2}],
        shares=[{"part": "bush", "conventional_counts": False}],
    )
    (finding,) = found(data)
    assert finding.code == "too-few-suppliers"
    assert finding.advice == "Add offers of suppliers, or let conventional supply count."


WHOLE = {"line": "1", "supplier": "delta", "quantity": 12, "cost": 5, "weeks": 1}


@pytest.mark.parametrize(
    "changes",
    [
        {"committed": [WHOLE], "offers": []},
        {
            "committed": [WHOLE],
            "lines": [{"line": "1", "part": "bush", "quantity": 12, "place": "far"}],
            "network": {"places": [{"name": n} for n in ("far", "alpha", "beta", "gamma")]},
        },
        {
            "lines": [
                {"line": "1", "part": "bush", "quantity": 12, "place": "far",
                 "unmet_penalty_per_part": 3}
            ],
            "network": {"places": [{"name": n} for n in ("far", "alpha", "beta", "gamma")]},
        },
        {
            "lines": [{"line": "1", "part": "bush", "quantity": 12, "unmet_penalty_per_part": 3}],
            "shares": [{"part": "bush", "largest_percent": 20}],
        },
        {
            "lines": [{"line": "1", "part": "bush", "quantity": 12, "unmet_penalty_per_part": 30}],
            "shares": [{"part": "bush", "largest_percent": 20}],
        },
        {
            "lines": [
                {"line": "1", "part": "bush", "quantity": 6, "unmet_penalty_per_part": 30},
                {"line": "2", "part": "bush", "quantity": 6},
            ],
            "shares": [{"part": "bush", "largest_percent": 25}],
        },
        {
            "committed": [{**WHOLE, "quantity": 9}],
            "shares": [{"part": "bush", "largest_percent": 20}],
        },
        {
            "lines": [{"line": "1", "part": "bush", "quantity": 12, "surplus": 6}],
            "shares": [{"part": "bush", "least_suppliers": 3, "least_percent": 50}],
        },
    ],
)  # fmt: skip
def test_what_has_a_plan_is_not_refused(changes: dict[str, Any]) -> None:
    """What is ordered already, what may be left out for a penalty, and what may be ordered beyond.

    Each was refused, or would be by a check that looks at the offers alone.
    """
    answer = solve(amopt.load(file(**changes)))
    assert answer.verdict.accepted


@pytest.mark.sampled(20)
@pytest.mark.parametrize("seed", range(60))
def test_shares_that_are_refused_have_no_plan(seed: int) -> None:
    """Random shares, penalties and orders placed before: refused if and only if nothing keeps them.

    Fractions of parts may be ordered, so that no whole number stands in the way.
    """
    draw = random.Random(seed)
    lines = [
        {
            "line": str(k),
            "part": "bush",
            "quantity": draw.choice((4, 6, 12)),
            "surplus": draw.choice((0, 0, 3)),
            "divisible": True,
            **({"unmet_penalty_per_part": 2} if draw.random() < 0.4 else {}),
        }
        for k in range(draw.choice((1, 2)))
    ]
    committed = [
        {**WHOLE, "line": "0", "supplier": draw.choice(("delta", "alpha")),
         "quantity": draw.choice((1, 3, 4))}
    ] if draw.random() < 0.4 else []  # fmt: skip
    share = {
        "part": "bush",
        "least_suppliers": draw.choice((1, 2, 3)),
        "least_percent": draw.choice((0, 0, 30, 40, 55)),
        "largest_percent": draw.choice((20, 30, 34, 50, 100)),
    }
    free = [
        {**offer(name), "smallest_quantity": 0.001}
        for name in ("alpha", "beta", "gamma")[: draw.choice((2, 3, 3))]
    ]
    whole = file(lines=lines, committed=committed, offers=free)
    data = {**whole, "shares": [share]}
    refused = [finding for finding in found(data) if finding.where.key[:1] == ("shares",)]
    if not refused:
        if share["least_suppliers"] == 1:  # of several, what they share with others counts, too
            assert solve(amopt.load(data)).verdict.accepted
        return
    instance = amopt.load({**whole, "shares": [{"part": "bush"}]})
    (entry,) = instance.shares
    changed = entry.model_copy(update={n: v for n, v in share.items() if n != "part"})
    with pytest.raises(InfeasibleError):
        solve(instance.unchecked_copy(shares=(changed,)))
    for code, mended in followed(data, refused):
        assert code not in {finding.code for finding in found(mended)}


def test_orders_without_a_route_count_for_no_two_offers() -> None:
    """The order may be of either offer: what it counts for, the file must say."""
    data = file(
        offers=[
            offer("alpha", material=material, between="all_units", committed_counts="new_parts")
            for material in ("PA12", "steel")
        ],
        committed=[{"line": "1", "supplier": "alpha", "quantity": 4, "cost": 9, "weeks": 1}],
    )
    with pytest.raises(InvalidInstanceError) as error:
        amopt.load(data)
    assert [(one.code, one.where.key) for one in error.value.findings] == [
        ("committed-unknown", ("committed", 0))
    ]
    data["committed"][0]["material"] = "steel"
    instance = amopt.load(data)
    assert [instance.counted(offer) for offer in instance.offers] == [0, 4]


def test_lines_that_share_an_order_are_asked_for_together() -> None:
    lines = [{"line": str(k), "part": "bush", "quantity": 40} for k in range(2)]
    for orders, said in (("together", ["beyond-quotes"] * 3), ("by_line", []), ("either", [])):
        findings = found(file(lines=lines, orders=orders))
        assert [finding.code for finding in findings] == said
        for finding in findings:
            assert "its lines ask for 80 of 'bush'" in finding.message
