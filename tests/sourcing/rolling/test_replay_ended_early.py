"""A replay that Ctrl-C ends: the replay of the events until then, as one of them alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import amopt
from amopt.errors import NoAnswerError
from amopt.instance import catalogue
from amopt.outcome import Outcome, Status, Stopped
from amopt.program.solver.run import TwiceInterruptedError
from amopt.sourcing import decision, replay
from amopt.sourcing.referee.replay.check import check_replay
from amopt.sourcing.rolling.replay import load_events
from tests.sourcing.rolling.test_replay import INSTANCE, line

Way = Callable[[Any, Any, Any], Any]


def shortened(honest: Any, instance: Any, more: Any) -> Any:
    found = honest(instance, **more)
    outcome = replace(found.outcome, status=Status.FEASIBLE, stopped=Stopped.INTERRUPTED)
    return replace(found, outcome=outcome)


def pressed(_honest: Any, _instance: Any, _more: Any) -> Any:
    raise KeyboardInterrupt


def without_a_plan(_honest: Any, _instance: Any, _more: Any) -> Any:
    outcome = Outcome(stopped=Stopped.INTERRUPTED, status=Status.UNKNOWN)
    raise NoAnswerError("no plan was found", outcome=outcome)


def twice(_honest: Any, _instance: Any, _more: Any) -> Any:
    raise TwiceInterruptedError


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Way], None]:
    honest = decision.solve

    def patched(after: int, way: Way) -> None:
        made: list[Any] = []

        def solve(instance: Any, **more: Any) -> Any:
            made.append(instance)
            return honest(instance, **more) if len(made) <= after else way(honest, instance, more)

        monkeypatch.setattr(decision, "solve", solve)

    return patched


def dynamic() -> tuple[Any, Any]:
    instance: Any = amopt.load("sourcing/dynamic")
    return instance, load_events(catalogue.path("sourcing/dynamic-events"), instance)


@pytest.mark.parametrize("way", [pressed, shortened, without_a_plan])
@pytest.mark.parametrize("after", [1, 3, 5])
def test_it_is_the_replay_of_the_events_until_then(cut: Any, way: Way, after: int) -> None:
    instance, events = dynamic()
    told: list[tuple[int, int]] = []
    cut(after, way)
    answer = replay(instance, events, at_event=lambda *count: told.append(count))
    now = answer.rows["steps"][-1]["weeks"]
    until = events.unchecked_copy(
        events=tuple(e for e in events.events if events.weeks_of(e) <= now)
    )
    cut(99, way)
    right = replay(instance, until, perfect_information=False)
    assert answer.rows == right.rows
    assert check_replay(instance, until, answer).accepted
    assert (answer.outcome.stopped, answer.outcome.bound) == ("interrupted", None)
    ended, every = told[-1]
    assert len(answer.rows["steps"]) == ended < every
    assert f"{every - ended} times of {every} were not decided" in answer.notes[-1]
    assert "Ctrl-C ended the replay before week " in answer.notes[-1]


def test_ctrl_c_before_the_first_decision_leaves_nothing(cut: Any) -> None:
    instance, events = dynamic()
    for way in (pressed, shortened, without_a_plan):
        cut(0, way)
        with pytest.raises(KeyboardInterrupt):
            replay(instance, events)
    cut(2, twice)
    with pytest.raises(TwiceInterruptedError):
        replay(instance, events)


def test_ctrl_c_while_the_bound_is_worked_out_keeps_the_replay(cut: Any) -> None:
    instance, events = dynamic()
    whole = replay(instance, events)
    decisions = sum(row["status"] == "optimal" for row in whole.rows["steps"])
    cut(decisions, pressed)
    answer = replay(instance, events)
    assert answer.rows["decisions"] == whole.rows["decisions"]
    assert {row["bound"] for row in answer.rows["lines"]} == {None}
    assert (answer.outcome.stopped, answer.outcome.bound) == ("interrupted", None)
    assert "what knowing all events could have saved" in answer.notes[-1]
    cut(decisions, twice)
    with pytest.raises(TwiceInterruptedError):
        replay(instance, events)


def test_lines_that_wait_at_the_end_are_gone_back_behind(cut: Any) -> None:
    """At week 1 nobody sells caps any more, so that line 2 waits: what is told ends at week 0."""
    instance = amopt.load(INSTANCE)
    head = {"amopt": 1, "kind": "sourcing-events", "name": "Waits", "when_infeasible": "wait"}
    gone = [
        {"weeks": 1, "withdrawn": {"supplier": "alpha", "part": "cap"}},
        {"weeks": 1, "withdrawn": {"supplier": "beta", "part": "cap"}},
        {"weeks": 1, "new_line": line("2", "cap", 3)},
        {"weeks": 2, "new_line": line("3")},
        {"weeks": 3, "quoted": {**INSTANCE["offers"][2]}},
    ]
    events = load_events({**head, "events": gone}, instance)
    assert [r["status"] for r in replay(instance, events).rows["steps"]][:2] == ["optimal", "wait"]
    cut(2, pressed)
    answer = replay(instance, events)
    assert [row["weeks"] for row in answer.rows["steps"]] == [0]
    assert "before week 1: 3 times of 4 were not decided" in answer.notes[-1]
