"""An edit in any column of any table of any shipped instance is found, at any scale of money."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

import amopt
from amopt.instance import catalogue
from amopt.licensing import check
from amopt.licensing.answer.solution import LicensingSolution
from amopt.licensing.instance import LicensingInstance
from amopt.licensing.referee.buyers import Market

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
BEST = Market.best_profit
KNOWN: dict[Any, float] = {}


def best_once(market: Market, *, limited: bool) -> float:
    """Return what contracts can earn, worked out once and not again for every edit elsewhere."""
    key = (market.instance.fingerprint(), limited)
    if key not in KNOWN:
        KNOWN[key] = BEST(market, limited=limited)
    return KNOWN[key]


@pytest.fixture(autouse=True)
def worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Market, "best_profit", best_once)


@pytest.fixture(scope="module", params=SCALED, ids=str)
def answered(request: pytest.FixtureRequest) -> Answered:
    name, scale = request.param
    instance = LicensingInstance.from_dict(times(amopt.load(name).to_dict(), scale))
    return instance, amopt.solve(instance), max(scale, 1.0)


def edits(cell: Any, shift: float) -> Iterator[Any]:
    """Yield values that differ from a cell: scaled, shifted, of another kind."""
    if isinstance(cell, str):
        yield from (f"{cell} ", "", "licence" if cell != "licence" else "traditional", None, 1)
    elif cell is None:
        yield from (0, 1, "", math.nan)
    elif isinstance(cell, bool):
        yield from (not cell, int(cell), None, "")
    else:
        yield from (cell + shift + 1e-3 * abs(cell), str(cell), None, math.nan, math.inf, True)
        if isinstance(cell, int):
            yield float(cell)
        if cell:
            yield from (-cell, cell * 2, cell * (1 + 1e-3), cell / 2)


def accepted(instance: LicensingInstance, answer: LicensingSolution, rows: Any) -> bool:
    return check(instance, replace(answer, rows=rows)).accepted


def test_every_column_is_read(answered: Answered) -> None:
    instance, answer, shift = answered
    plain = {name: [dict(row) for row in table] for name, table in answer.rows.items()}
    assert accepted(instance, answer, plain)
    missed = []
    for table, columns in LicensingSolution.columns.items():
        for index, row in list(enumerate(plain[table]))[:: max(1, len(plain[table]) - 1)]:
            for column in (column.name for column in columns):
                left_out = {name: cell for name, cell in row.items() if name != column}
                changed = [{**row, column: edit} for edit in edits(row[column], shift)]
                for edited in (left_out, *changed):
                    rows = [*plain[table][:index], edited, *plain[table][index + 1 :]]
                    if accepted(instance, answer, {**plain, table: rows}):
                        missed.append((table, column, row[column], edited.get(column)))
    assert missed == []


def test_every_row_and_every_table_is_read(answered: Answered) -> None:
    instance, answer, _ = answered
    for table in LicensingSolution.columns:
        rows = list(answer.rows[table])
        without = {name: value for name, value in answer.rows.items() if name != table}
        assert not accepted(instance, answer, without)
        for index in range(len(rows)):
            deleted = rows[:index] + rows[index + 1 :]
            doubled = rows[: index + 1] + rows[index:]
            for changed in (deleted, doubled):
                assert not accepted(instance, answer, {**answer.rows, table: changed})
    assert not accepted(instance, answer, {**answer.rows, "limits": [{"limit": "mine"}]})
    assert not accepted(instance, answer, {**answer.rows, "more": []})


def test_status_objective_and_bound_agree(answered: Answered) -> None:
    instance, answer, _ = answered
    objective = answer.outcome.objective
    for changes in (
        {"objective": None},
        {"objective": objective * 1.001},
        {"objective": 0.0},
        {"objective": math.nan},
        {"bound": None},
        {"bound": objective / 2},
        {"bound": objective * 1.001},
        {"bound": math.nan},
        {"status": "unknown"},
        {"status": "infeasible"},
    ):
        outcome = replace(answer.outcome, **changes)
        assert not check(instance, replace(answer, outcome=outcome)).accepted, changes
    assert check(instance, answer).accepted


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
    assert set(answer.rows) == set(LicensingSolution.columns)
    for table, columns in LicensingSolution.columns.items():
        for row in answer.rows[table]:
            assert set(row) == {column.name for column in columns}
