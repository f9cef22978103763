"""An edit in any column of any table of any shipped instance is found, at any scale of money."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import amopt
from amopt.design import check
from amopt.design.instance import DesignInstance
from amopt.design.referee.bill import Bills
from amopt.instance import catalogue
from tests.planted import (
    require_columns_are_read,
    require_outcome_agrees,
    require_rows_are_read,
    require_tables_are_declared,
)

pytestmark = pytest.mark.slow

NAMES = [name for name in catalogue.names() if name.startswith("design/")]
Answered = tuple[DesignInstance, Any, float]
MONEY = {
    "part_cost",
    "design_cost",
    "benefit_per_system_month",
    "replacement_cost",
    "emergency_cost",
    "design_budget",
}


def times(data: Any, scale: float) -> Any:
    """Return data with every amount of money times a scale."""
    if isinstance(data, dict):
        return {
            key: held * scale if key in MONEY and held is not None else times(held, scale)
            for key, held in data.items()
        }
    return [times(entry, scale) for entry in data] if isinstance(data, list) else data


SCALED = [
    *((name, 1.0) for name in NAMES),
    *(pytest.param(("design/pump-unit", s), marks=pytest.mark.long) for s in (1e-2, 1e4)),
]
LEVELS = Bills.levels
KNOWN: dict[bytes, Any] = {}


def levels_once(bills: Bills) -> Any:
    """Return the best levels, worked out once and not again for every edit elsewhere."""
    fields = (bills.c_p, bills.tau, bills.L, bills.c_d, bills.c_e, bills.pieces, bills.systems)
    key = b"".join([bills.instance.fingerprint().encode(), *(field.tobytes() for field in fields)])
    if key not in KNOWN:
        KNOWN[key] = LEVELS(bills)
    return KNOWN[key]


@pytest.fixture(autouse=True)
def worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bills, "levels", levels_once)


@pytest.fixture(scope="module", params=SCALED, ids=str)
def answered(request: pytest.FixtureRequest) -> Answered:
    name, scale = request.param
    instance = DesignInstance.from_dict(times(amopt.load(name).to_dict(), scale))
    return instance, amopt.solve(instance), max(scale, 1.0)


def test_every_column_is_read(answered: Answered) -> None:
    instance, answer, shift = answered
    require_columns_are_read(check, instance, answer, shift, ("printed", "cast"))


def test_every_row_and_every_table_is_read(answered: Answered) -> None:
    instance, answer, _ = answered
    require_rows_are_read(check, instance, answer)


def test_status_objective_and_bound_agree(answered: Answered) -> None:
    instance, answer, _ = answered
    require_outcome_agrees(check, instance, answer)


def test_a_choice_that_breaks_a_limit_is_refused() -> None:
    instance = amopt.load("design/pump-unit")
    free = DesignInstance.from_dict({**instance.to_dict(), "limits": {}})
    answer = amopt.solve(free)
    (total,) = answer.rows["totals"]
    budget, least = total["design_cost"] - 1, total["availability"] + 1e-4
    for limits, words in (
        ({"design_budget": budget}, "design budget"),
        ({"availability": least}, "share of time down"),
    ):
        tied = DesignInstance.from_dict({**instance.to_dict(), "limits": limits})
        rows = {
            **answer.rows,
            "totals": [{**total, "design_budget": limits.get("design_budget")}],
            "availability": [
                {**row, "least": limits.get("availability")} for row in answer.rows["availability"]
            ],
        }
        verdict = check(tied, replace(answer, rows=rows))
        assert verdict.findings
        assert all(words in finding for finding in verdict.findings), verdict.findings


def test_a_choice_that_is_not_the_best_is_not_called_optimal() -> None:
    instance = amopt.load("design/valve-block")
    dear = amopt.solve(instance, extend=lambda model: model.choose["valve block", "printed"].fix(1))
    rows = {**dear.rows, "limits": []}
    verdict = check(instance, replace(dear, rows=rows))
    assert any("is called optimal" in finding for finding in verdict.findings)


def test_tables_declare_every_column(answered: Answered) -> None:
    _, answer, _ = answered
    require_tables_are_declared(answer)
