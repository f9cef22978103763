"""Offers whose quotes are on record, and what the file says of the offers themselves."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

import amopt
from amopt.sourcing import replay
from amopt.sourcing.events import Events
from amopt.sourcing.instance.quote_log.record import QuoteRecord
from amopt.sourcing.quotes.events import with_quotes_on_record
from amopt.sourcing.quotes.freeze import with_quotes
from amopt.sourcing.quotes.log import append
from tests.sourcing.quotes.test_quotes import FILE, RECORDS, row


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    append(path, RECORDS)
    return path


def file(**terms: Any) -> dict[str, Any]:
    """Return a file whose first offer says more of itself; its quotes hold to 31 March."""
    first, *others = FILE["offers"]
    return {**FILE, "offers": [{**first, **terms}, *others]}


@pytest.mark.parametrize(
    ("own", "until"),
    [
        ("2026-12-31", "2026-03-31"),
        ("2026-03-15", "2026-03-15"),
        (date(2026, 12, 31), "2026-03-31"),
        (date(2026, 3, 15), "2026-03-15"),
        (None, "2026-03-31"),
    ],
)
def test_an_offer_holds_as_long_as_its_quotes_do(own: Any, until: str, log: Path) -> None:
    instance = with_quotes(file(valid_to=own), log=log, as_of="2026-03-05T08:00:00Z")
    assert instance.offers[0].valid_to == date.fromisoformat(until)


def test_orders_of_a_later_day_are_not_placed_on_quotes_that_have_ended(log: Path) -> None:
    """The offer holds all year, its quotes to the end of March, and orders are placed in April."""
    data = {**file(valid_to="2026-12-31"), "order_date": "2026-04-20"}
    instance = with_quotes(data, log=log, as_of="2026-03-05T08:00:00Z")
    answer = amopt.solve(instance)
    assert {row["supplier"] for row in answer.rows["orders"]} == {"conventional"}
    assert answer.verdict.accepted
    told = [finding for finding in instance.warnings if finding.code == "quote-expired"]
    assert ["alpha" in finding.message for finding in told] == [True, False]


def test_a_date_that_is_none_is_refused_and_not_replaced(log: Path) -> None:
    from amopt.errors import InvalidInstanceError

    with pytest.raises(InvalidInstanceError, match="wrong-date"):
        with_quotes(file(valid_to="soon"), log=log, as_of="2026-03-05T08:00:00Z")


def test_later_quotes_do_not_make_an_offer_hold_longer(tmp_path: Path) -> None:
    """In a replay the offer ends on its own day, whatever the quotes of a later set say."""
    path = tmp_path / "log.csv"
    append(
        path,
        [
            QuoteRecord(**row("2026-03-01T08:00:00Z", "r1", "alpha", 1.0, 50.0, "2026-03-31")),
            QuoteRecord(**row("2026-03-09T08:00:00Z", "r2", "alpha", 1.0, 45.0, "2026-06-30")),
        ],
    )
    data = {**file(valid_to="2026-03-20"), "lines": [], "order_date": "2026-03-05"}
    data["offers"] = [{**data["offers"][0], "largest_quantity": 50}]
    line = {"line": "1", "part": "bush", "quantity": 10}
    for day, supplier in (("2026-03-16", "alpha"), ("2026-03-23", "conventional")):
        instance = with_quotes(
            {**data, "quotes": {**data["quotes"], "max_age_days": 90}},
            log=path, as_of="2026-03-05T00:00:00Z",
        )  # fmt: skip
        events = Events(
            name="later",
            start="2026-03-05",  # type: ignore[arg-type]
            events=({"date": day, "new_line": line},),  # type: ignore[arg-type]
        )
        found = replay(instance, with_quotes_on_record(instance, events, path))
        assert [row["supplier"] for row in found.rows["decisions"]] == [supplier]


def test_terms_of_who_quotes_nothing_now_are_no_mistakes(log: Path) -> None:
    """Quotes lapse and come again: what the file says of their supplier was meant."""
    terms: dict[str, Any] = {
        "suppliers": [{"supplier": "beta", "fee_per_supplier": 3}],
        "approvals": [{"supplier": "beta", "part": "bush", "cost": 3}],
        "post_processing": [{"part": "bush", "cost_per_part": 1}],
        "capacities": [{"supplier": "beta", "parts": 100}],
        "licences": [{"part": "bush", "supplier": "beta", "prints": 100},
                     {"part": "bush", "supplier": "alpha", "prints": 100}],
    }  # fmt: skip
    for as_of in ("2026-03-05T08:00:00Z", "2026-03-15T12:00:00Z", "2026-03-25T00:00:00Z"):
        instance = with_quotes({**FILE, **terms}, log=log, as_of=as_of)
        codes = {finding.code for finding in instance.warnings}
        assert codes <= {"quote-expired", "quote-too-old", "no-quote", "beyond-quotes"}
    wrong = {**terms, "approvals": [{"supplier": "beta", "part": "lever"}]}
    wrong["parts"] = [*FILE["parts"], {"name": "lever"}]
    instance = with_quotes({**FILE, **wrong}, log=log, as_of="2026-03-15T12:00:00Z")
    assert "approval-unknown" in {finding.code for finding in instance.warnings}
