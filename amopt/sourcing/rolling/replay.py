"""The replay: events in time, and at each of them the open lines decided again.

What is ordered already is held fixed, as a buyer holds it who decides each time an order comes
(Akmal, Salmi, Björkstrand, Partanen and Holmström, 2022).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from amopt.errors import (
    InfeasibleError,
    InvalidInstanceError,
    NoAnswerError,
    RefusedError,
    UsageError,
)
from amopt.outcome import Outcome, Status, Stopped, versions
from amopt.program.ctrl_c import completing
from amopt.program.solver.run import TwiceInterruptedError
from amopt.sourcing.events import Events
from amopt.sourcing.referee.replay.check import check_replay
from amopt.sourcing.rolling.answer import Replay
from amopt.sourcing.rolling.course import Run, Step, live_through, moments_of
from amopt.sourcing.rolling.infeasible import at_event as told_at_event
from amopt.sourcing.rolling.state import ReplayState
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from amopt.instance.findings import Finding
    from amopt.program.solver.highs import Options, Progress
    from amopt.solution import Solution
    from amopt.sourcing.instance.fields import Instance

__all__ = ["Replay", "check_events", "load_events", "replay"]


def replay(
    instance: Instance,
    events: Events,
    *,
    method: str = "auto",
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
    perfect_information: bool = True,
    at_event: Callable[[int, int], None] | None = None,
) -> Replay:
    """Replay events on an instance.

    Ctrl-C ends it: what is returned is the replay of the events up to the last decision that was
    ended, and a note says so.

    Parameters
    ----------
    instance
        The state at the start.
    events
        What happens after it.
    method, options, progress
        As for :func:`amopt.sourcing.solve`, which decides at each event.
    perfect_information
        Whether to bound what could have been saved with all events known in advance.
    at_event
        Told how many of the times of events have been decided, and how many there are.

    Raises
    ------
    InvalidInstanceError
        When the events do not fit the instance.
    InfeasibleError
        When no plan exists at an event, which is named; with ``when_infeasible: wait`` when none
        exists after the last.
    NoAnswerError
        When the limits were reached before any plan was found.
    RefusedError
        When the referee does not accept a decision, or the replay as a whole.
    UsageError
        When a line need not get all of its parts, a committed order says when its tooling is there,
        or an order placed later names one that it is part of.
    KeyboardInterrupt
        At Ctrl-C before the first decision is ended, and at a second one.
    """
    from amopt.sourcing.decision import solve

    _require_replayable(instance, events)
    findings = check_events(events, instance)
    if findings:
        raise InvalidInstanceError(findings)

    def decide(now: Instance) -> Solution:
        try:
            found = solve(now, method=method, options=options, progress=progress)
        except NoAnswerError as error:
            if error.outcome is not None:
                error.outcome.require_ended()
            raise
        found.outcome.require_ended()
        return cast("Solution", found)

    started = time.perf_counter()
    run = Run(decide, ReplayState.at_start(instance, events))
    moments = list(moments_of(events))
    ended_early = live_through(run, moments, at_event)
    run.place_until(float("inf"))
    if run.steps[-1].failure is not None:
        raise _still_waiting(run.steps)
    replayed = time.perf_counter()
    bounds, notes = None, run.state.notes + ended_early
    if perfect_information and not ended_early:
        bounds, ended_early = _bounds(run, options)
        notes += ended_early
    seconds = {"replay": replayed - started, "bound": time.perf_counter() - replayed}
    return _answer(
        run, bounds, seconds, notes, Stopped.INTERRUPTED if ended_early else Stopped.FINISHED
    )


def _require_replayable(instance: Instance, events: Events) -> None:
    """Raise where the files say something that a replay has no meaning for."""
    new = [event.new_line for event in events.events if event.new_line is not None]
    if any(line.unmet_penalty_per_part is not None for line in (*instance.lines, *new)):
        raise UsageError(
            "in a replay a line stays open until it has all of its parts, so that a penalty for "
            "those it does not get has no time; leave unmet_penalty_per_part out"
        )
    quoted = [event.quoted for event in events.events if event.quoted is not None]
    if any(offer.committed_counts is not None for offer in (*instance.offers, *quoted)):
        raise UsageError(
            "a replay does not know at which offers its orders were placed under a framework "
            "contract; leave committed_counts out"
        )
    placed = [event.placed for event in events.events if event.placed is not None]
    if any(order.tooling_weeks_left is not None for order in (*instance.committed, *placed)):
        raise UsageError(
            "a replay counts all of the tooling's lead time at each of its times; leave "
            "tooling_weeks_left out"
        )
    if any(order.order is not None for order in placed):
        raise UsageError(
            "an order that is placed in a replay is priced by itself; leave order out, and write "
            "its cost and weeks"
        )


def _still_waiting(steps: Sequence[Step]) -> InfeasibleError:
    """Return why no plan exists after the last event, and why the lines began to wait."""
    last = steps[-1]
    first = last
    for step in reversed(steps):
        if step.failure is None:
            break
        first = step
    assert last.failure is not None
    before = "" if first is last else f"\nThe lines wait since {first.when}: {first.failure}"
    return told_at_event(last.failure, last.when, before)


def _bounds(run: Run, options: Options | None) -> tuple[dict[str, float] | None, tuple[str, ...]]:
    """Return the bound of each line, or a note where Ctrl-C ended that."""
    from amopt.sourcing.rolling.perfect_information import bounds

    try:
        return bounds([step.state for step in run.steps], run.state.orders, options), ()
    except TwiceInterruptedError:
        raise
    except KeyboardInterrupt:
        said = "Ctrl-C ended it before it was known what knowing all events could have saved."
        return None, (said,)


def _answer(
    run: Run,
    bounds: Mapping[str, float] | None,
    seconds: Mapping[str, float],
    notes: tuple[str, ...],
    stopped: Stopped,
) -> Replay:
    """Return the tables of a finished replay, checked."""
    last = run.state
    lines = [_line_row(last, name, bounds) for name in last.lines]
    objective = sum(row["objective"] for row in lines)
    bound = None if bounds is None else sum(bounds.values())
    outcome = Outcome(
        stopped=stopped,
        status=Status.FEASIBLE,
        objective=objective,
        bound=bound,
        method="event by event",
        seconds=dict(seconds),
        versions=versions("amopt", "highspy", "pyomo"),
    )
    answer = Replay(
        kind="sourcing",
        name=f"{last.instance.name}: {last.events.name}",
        outcome=outcome,
        verdict=Verdict(),
        rows={
            "steps": [_step_row(step) for step in run.steps],
            "decisions": list(_decision_rows(run)),
            "lines": lines,
        },
        notes=notes,
        fingerprint=last.instance.fingerprint(),
        currency=last.instance.currency,
        objective_meaning=last.instance.minimise.meaning,
    )
    with completing(outcome.stopped):
        verdict = check_replay(last.instance, last.events, answer)
    if not verdict.accepted:
        raise RefusedError(verdict, outcome=outcome)
    checks = verdict.checks + sum(step.checks for step in run.steps)
    return replace(answer, verdict=replace(verdict, checks=checks))


def _step_row(step: Step) -> dict[str, Any]:
    open_parts = step.state.open()
    return {
        "step": step.number,
        "weeks": step.state.now,
        "date": step.state.day_at(step.state.now),
        "events": step.happened,
        "status": step.status,
        "lines_open": len(open_parts),
        "parts_open": sum(open_parts.values()),
        "orders": len(step.orders),
        "paid": sum(order.cost for order in (*step.state.orders, *step.orders)),
        "gap": step.gap,
        "reason": "" if step.failure is None else str(step.failure),
    }


def _decision_rows(run: Run) -> Iterator[dict[str, Any]]:
    """Yield each decision, and each order that the files give, with what became of it."""
    kept = {order.decided for order in run.state.orders}
    told: set[tuple[float, int]] = set()
    for step in run.steps:
        given = [o for o in step.state.orders if o.given and o.decided not in told]
        for order in (*given, *step.orders):
            told.add(order.decided)
            if order.decided in kept:
                state = "given" if order.given else "placed"
            else:
                state = "lost" if order.given or order.decided in run.placed else "planned"
            yield {
                "step": step.number,
                "weeks": step.state.now,
                **{key: getattr(order, key) for key in _SHOWN},
                "placed_date": run.state.day_at(order.placed_weeks),
                "delivered_date": run.state.day_of(order),
                "state": state,
            }


_SHOWN = (
    "line",
    "part",
    "supplier",
    "order",
    "route",
    "material",
    "quantity",
    "cost",
    "placed_weeks",
    "delivered_weeks",
)


def _line_row(state: ReplayState, name: str, bounds: Mapping[str, float] | None) -> dict[str, Any]:
    """Return what a line came to."""
    known = state.lines[name]
    own = [order for order in state.orders if order.line == name]
    delivered = max((order.delivered_weeks for order in own), default=known.since_weeks)
    days = [day for order in own if (day := state.day_of(order)) is not None]
    waited = max(0.0, delivered - known.since_weeks)
    cost, downtime = sum(order.cost for order in own), state.cost_per_week(name) * waited
    weights = state.instance.minimise
    objective = (
        weights.cost * cost
        + weights.downtime * downtime
        + weights.weeks * waited
        + weights.kg_co2 * sum(order.kg_co2 for order in own)
    )
    bound = None if bounds is None else bounds[name]
    return {
        "line": name,
        "part": known.line.part,
        "quantity": known.line.quantity,
        "since_weeks": known.since_weeks,
        "delivered_weeks": delivered if own else None,
        "delivered_date": max(days, default=None),
        "waited_weeks": waited,
        "cost": cost,
        "downtime_cost": downtime,
        "objective": objective,
        "bound": bound,
        "regret": None if bound is None else objective - bound,
    }


def load_events(source: str | Path | Mapping[str, Any], instance: Instance) -> Events:
    """Read an events file and check it against the instance.

    Raises
    ------
    InvalidInstanceError
        With everything that is wrong, at once.
    """
    from amopt.instance.loader import examine
    from amopt.sourcing.rolling.event_validation import findings_against

    examination = examine(source, lambda _: Events, ("sourcing-events",))
    if examination.instance is None:
        raise InvalidInstanceError(examination.findings)
    events = examination.instance
    findings = findings_against(events, instance, examination.document)
    if findings:
        raise InvalidInstanceError(findings)
    return events


def check_events(events: Events, instance: Instance) -> Sequence[Finding]:
    """Return what does not fit between events and the instance that they happen to."""
    from amopt.sourcing.rolling.event_validation import findings_against

    return findings_against(events, instance)
