"""An edit in any column of any table of any shipped instance is found, at any scale of money."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import amopt
from amopt.instance import catalogue
from amopt.licensing import check
from amopt.licensing.instance import LicensingInstance
from amopt.licensing.referee.buyers import Buyers
from amopt.outcome import Status
from tests.planted import (
    require_columns_are_read,
    require_outcome_agrees,
    require_rows_are_read,
    require_tables_are_declared,
)

pytestmark = pytest.mark.slow

NAMES = [name for name in catalogue.names() if name.startswith("licensing/")]
Answered = tuple[LicensingInstance, Any, float]
MONEY = {"price", "production_cost", "setup_cost", "least_surplus"}


def times(data: Any, scale: float) -> Any:
    """Return data with every amount of money times a scale."""
    if isinstance(data, dict):
        return {
            key: held * scale if key in MONEY and held is not None else times(held, scale)
            for key, held in data.items()
        }
    return [times(entry, scale) for entry in data] if isinstance(data, list) else data


SCALED = [(name, scale) for name in NAMES for scale in (1.0, 1e-2, 1e4)]
BEST = Buyers.best_profit
KNOWN: dict[Any, float] = {}


def best_once(buyers: Buyers, *, limited: bool) -> float:
    """Return what contracts can earn, worked out once and not again for every edit elsewhere."""
    key = (buyers.instance.fingerprint(), limited)
    if key not in KNOWN:
        KNOWN[key] = BEST(buyers, limited=limited)
    return KNOWN[key]


@pytest.fixture(autouse=True)
def worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Buyers, "best_profit", best_once)


@pytest.fixture(scope="module", params=SCALED, ids=str)
def answered(request: pytest.FixtureRequest) -> Answered:
    name, scale = request.param
    instance = LicensingInstance.from_dict(times(amopt.load(name).to_dict(), scale))
    return instance, amopt.solve(instance), max(scale, 1.0)


def test_every_column_is_read(answered: Answered) -> None:
    instance, answer, shift = answered
    require_columns_are_read(check, instance, answer, shift, ("licence", "traditional"))


def test_every_row_and_every_table_is_read(answered: Answered) -> None:
    instance, answer, _ = answered
    require_rows_are_read(check, instance, answer)


def test_status_objective_and_bound_agree(answered: Answered) -> None:
    instance, answer, _ = answered
    require_outcome_agrees(check, instance, answer)


def test_an_offer_that_breaks_a_limit_is_refused() -> None:
    data = amopt.load("licensing/ten-buyers").to_dict()
    free = amopt.load({**data, "limits": {}, "buyers": _promised_nothing(data)})
    answer = amopt.solve(free)
    licensees = [row["buyer"] for row in answer.rows["buyers"] if row["contract"]]
    promised = [
        {**buyer, "least_surplus": 500.0 if buyer["name"] == licensees[0] else None}
        for buyer in free.to_dict()["buyers"]
    ]
    for changes, words in (
        ({"limits": {"most_licensees": len(licensees) - 1}}, "licensees"),
        ({"buyers": promised}, "must save"),
    ):
        tied = amopt.load({**free.to_dict(), **changes})
        findings = check(tied, answer).findings
        assert any(words in finding for finding in findings), findings


def _promised_nothing(data: Any) -> Any:
    return [{**buyer, "least_surplus": None} for buyer in data["buyers"]]


def test_a_contract_that_is_not_the_best_is_not_called_optimal() -> None:
    instance = amopt.load("licensing/two-buyers")
    data = instance.to_dict()
    poor = amopt.solve(amopt.load({**data, "limits": {"most_licensees": 0}}))
    findings = check(instance, poor).findings
    assert any("supremum" in finding for finding in findings), findings


def test_tables_declare_every_column(answered: Answered) -> None:
    _, answer, _ = answered
    require_tables_are_declared(answer)


def test_an_answer_that_time_cut_short_is_no_supremum() -> None:
    """A poorer contract stands as feasible, and not with a supremum beyond what is possible."""
    instance = amopt.load("licensing/two-buyers")
    poor = amopt.solve(amopt.load({**instance.to_dict(), "limits": {"most_licensees": 0}}))
    best = amopt.solve(instance).outcome.bound
    late = replace(poor, outcome=replace(poor.outcome, status=Status.FEASIBLE, bound=best))
    assert check(instance, late).accepted
    (total,) = poor.rows["totals"]
    rows = {**poor.rows, "totals": [{**total, "supremum": 1.01 * best, "attained": False}]}
    boastful = replace(late, rows=rows, outcome=replace(late.outcome, bound=1.02 * best))
    assert any("above what is possible" in found for found in check(instance, boastful).findings)
