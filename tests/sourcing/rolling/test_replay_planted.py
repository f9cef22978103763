"""An edit planted in any row and column of a replay's tables is refused."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

import amopt
from amopt.instance import catalogue
from amopt.outcome import Status, Stopped
from amopt.sourcing.events import Events
from amopt.sourcing.instance.fields import Instance
from amopt.sourcing.referee.replay.check import COPIED, check_replay
from amopt.sourcing.rolling.replay import Replay, load_events, replay
from tests.sourcing.rolling.test_replay import INSTANCE, line, offer

pytestmark = pytest.mark.slow

Rows = dict[str, list[dict[str, Any]]]
Case = tuple[Instance, Events, Replay]

HAND: list[dict[str, Any]] = [
    {"weeks": 0.5, "quoted": offer("beta", "bush", 1, 3)},
    {
        "weeks": 1,
        "new_line": line("2", "cap", 5, downtime_cost_per_hour=1),
        "placed": {"line": "2", "supplier": "alpha", "quantity": 3, "cost": 7, "weeks": 6},
    },
    {"weeks": 2, "down": {"supplier": "alpha", "reopen": True}},
    {"weeks": 2.5, "finished": {"line": "1", "supplier": "beta", "weeks": 0.1}},
    {"weeks": 2.8, "up": {"supplier": "alpha"}},
    {"weeks": 3, "new_line": line("3", "cap", 2)},
    {"weeks": 4, "cancelled": {"line": "3"}, "withdrawn": {"supplier": "beta", "part": "cap"}},
]
"""By hand: an order given and lost, prints finished early, a line that waits to be placed."""


def by_hand() -> Case:
    instance = Instance.from_dict({**INSTANCE, "order_date": "2026-03-02"})
    head = {"amopt": 1, "kind": "sourcing-events", "name": "By hand", "place_after_weeks": 1}
    events = load_events({**head, "events": HAND}, instance)
    return instance, events, replay(instance, events)


def shipped() -> Case:
    instance = amopt.load("sourcing/dynamic")
    assert isinstance(instance, Instance)
    events = load_events(catalogue.path("sourcing/dynamic-events"), instance)
    return instance, events, replay(instance, events)


def waiting() -> Case:
    """The lines wait in week 0, for nobody is quick enough, and no bound is asked for."""
    lines = [line("1", need_by_weeks=2.5)]
    changes = {"lines": lines, "offers": [offer("beta", "bush", 40, 3)]}
    instance = Instance.from_dict({**INSTANCE, **changes, "parts": [{"name": "bush"}]})
    head = {"amopt": 1, "kind": "sourcing-events", "name": "Late", "when_infeasible": "wait"}
    quick = {"weeks": 0.5, "quoted": offer("alpha", "bush", 50, 1)}
    events = load_events({**head, "events": [quick]}, instance)
    return instance, events, replay(instance, events, perfect_information=False)


CASES = {"shipped": shipped, "by hand": by_hand, "waiting": waiting}


def wrong_values(table: str, column: str, value: Any) -> Iterator[Any]:
    """What may be planted in a cell."""
    yield "nothing" if value is None else None
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, float(value) + 0.5, str(value))
    elif isinstance(value, float):
        yield from (value + 0.5, math.nan, str(value))
        if abs(value) > 1e-6:
            yield from (-value, 1.0001 * value)
    elif isinstance(value, str) and column not in COPIED.get(table, ()):
        yield from ("nobody", value + " ")


def planted(rows: Rows) -> Iterator[tuple[str, Rows]]:
    for name, table in rows.items():
        yield f"{name} dropped", {key: rows[key] for key in rows if key != name}
        yield f"{name} emptied", {**rows, name: []}
        for k, row in enumerate(table):
            yield f"{name} without row {k}", {**rows, name: [*table[:k], *table[k + 1 :]]}
            yield f"{name} with row {k} twice", {**rows, name: [*table[: k + 1], *table[k:]]}
            more = [*table[:k], {**row, "more": 1}, *table[k + 1 :]]
            yield f"{name} {k} with a column more", {**rows, name: more}
            for column, value in row.items():
                less = {key: kept for key, kept in row.items() if key != column}
                short = [*table[:k], less, *table[k + 1 :]]
                yield f"{name} {k} without {column}", {**rows, name: short}
                for wrong in wrong_values(name, column, value):
                    edited = [*table[:k], {**row, column: wrong}, *table[k + 1 :]]
                    yield f"{name} {k} {column}: {wrong!r}", {**rows, name: edited}
    yield "an unknown table", {**rows, "more": []}


@pytest.mark.parametrize("name", CASES)
def test_whatever_is_planted_is_refused(name: str) -> None:
    instance, events, answer = CASES[name]()
    assert check_replay(instance, events, answer).accepted
    assert {row["state"] for row in answer.rows["decisions"]} >= {"placed"}
    accepted = [
        what
        for what, rows in planted(answer.rows)
        if check_replay(instance, events, replace(answer, rows=rows)).accepted
    ]
    assert accepted == []


def test_the_outcome_is_that_of_the_lines() -> None:
    instance, events, answer = by_hand()
    states = {row["state"] for row in answer.rows["decisions"]}
    assert states == {"placed", "planned", "lost"}
    outcome = answer.outcome
    for edit in (
        {"objective": None},
        {"objective": 1.001 * outcome.objective},
        {"bound": None},
        {"bound": 0.9 * outcome.bound},
        {"status": Status.OPTIMAL},
        {"stopped": Stopped.TIME_LIMIT},
    ):
        wrong = replace(answer, outcome=replace(outcome, **edit))
        assert not check_replay(instance, events, wrong).accepted, edit


def test_the_lines_of_a_part_cannot_cost_less_than_their_bounds() -> None:
    instance, events, answer = shipped()
    rows = [
        {**row, "bound": 2 * row["objective"], "regret": -row["objective"]}
        for row in answer.rows["lines"]
    ]
    bound = sum(row["bound"] for row in rows)
    wrong = replace(
        answer,
        rows={**answer.rows, "lines": rows},
        outcome=replace(answer.outcome, bound=bound),
    )
    findings = check_replay(instance, events, wrong).findings
    parts = {row["part"] for row in rows}
    assert len(parts) > 1
    assert {f"lines of {part!r} cost less than their bounds say is possible" for part in parts} == {
        *findings
    }
