"""The course of a replay: decision by decision, and how far it came where Ctrl-C ended it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, cast

from amopt.errors import InfeasibleError
from amopt.phrases import counted, plural
from amopt.program.solver.run import TwiceInterruptedError
from amopt.sourcing.rolling.infeasible import as_the_files_count, at_event

if TYPE_CHECKING:
    from amopt.solution import Solution
    from amopt.sourcing.events import Event, Events
    from amopt.sourcing.instance.fields import Instance
    from amopt.sourcing.rolling.orders import Order
    from amopt.sourcing.rolling.state import ReplayState

__all__ = ["Run", "Step", "live_through", "moments_of"]


@dataclass
class Step:
    """One decision on its way into the tables."""

    number: int
    state: ReplayState
    events: tuple[Event, ...]
    orders: tuple[Order, ...] = ()
    status: str = "none"
    gap: float | None = None
    checks: int = 0
    failure: InfeasibleError | None = None

    @property
    def when(self) -> str:
        """The time, and what happened."""
        return f"week {self.state.now:g} ({self.happened})"

    @property
    def happened(self) -> str:
        """What happened, in a few words."""
        return "; ".join(str(event) for event in self.events) or "start"


@dataclass(frozen=True)
class Kept:
    """What a replay stood at once a decision was ended."""

    state: ReplayState
    planned: tuple[Order, ...]
    placed: frozenset[tuple[float, int]]


@dataclass
class Run:
    """A replay under way: the steps so far, and the orders that wait to be placed."""

    decide: Callable[[Instance], Solution]
    state: ReplayState
    steps: list[Step] = field(default_factory=list)
    planned: tuple[Order, ...] = ()
    placed: set[tuple[float, int]] = field(default_factory=set)
    kept: list[Kept] = field(default_factory=list)

    def go_to(self, now: float, events: tuple[Event, ...]) -> None:
        """Place what is due before a time, let its events happen, and decide."""
        self.place_until(now)
        state = self.state.moved_to(now)
        for event in events:
            state = state.after(event)
        self.state = state
        step = Step(len(self.steps), state, events)
        self.steps.append(step)
        self.planned = ()
        if state.open():
            self._decide(step)
        self.place_until(now)
        self.kept.append(Kept(self.state, self.planned, frozenset(self.placed)))

    def back_to_a_plan(self) -> None:
        """Go back to the last decision that was ended, with nothing left to wait.

        Raises
        ------
        KeyboardInterrupt
            When there is none.
        """
        del self.steps[len(self.kept) :]
        while self.steps and self.steps[-1].failure is not None:
            del self.steps[-1]
        if not self.steps:
            raise KeyboardInterrupt
        kept, now = self.kept[len(self.steps) - 1], self.steps[-1].state.now
        self.state, self.planned, self.placed = kept.state, kept.planned, set(kept.placed)
        events = self.state.events
        happened = tuple(event for event in events.events if events.weeks_of(event) <= now)
        self.state = replace(self.state, events=events.unchecked_copy(events=happened))

    def place_until(self, now: float) -> None:
        """Place the planned orders whose time has come."""
        due = [order for order in self.planned if order.placed_weeks <= now]
        self.planned = tuple(order for order in self.planned if order.placed_weeks > now)
        self.placed |= {order.decided for order in due}
        self.state = self.state.placing(due)

    def _decide(self, step: Step) -> None:
        try:
            solution = self.decide(step.state.to_decide())
        except InfeasibleError as error:
            failure = as_the_files_count(step.state, error)
            if step.state.events.when_infeasible == "stop":
                raise at_event(failure, step.when) from error
            step.status, step.failure = "wait", failure
            self.state = self.state.noting(f"no plan exists, and all open lines wait. {failure}")
            return
        step.status = str(solution.outcome.status)
        step.gap = solution.outcome.gap
        step.checks = solution.verdict.checks
        step.orders = step.state.planned(cast("Any", solution.rows["orders"]))
        self.planned = step.orders


def live_through(
    run: Run,
    moments: Sequence[tuple[float, tuple[Event, ...]]],
    told: Callable[[int, int], None] | None,
) -> tuple[str, ...]:
    """Decide at each time; return a note where Ctrl-C ended it early."""
    try:
        for ended, (now, happening) in enumerate(moments, start=1):
            run.go_to(now, happening)
            if told is not None:
                told(ended, len(moments))
    except TwiceInterruptedError:
        raise
    except KeyboardInterrupt:
        run.back_to_a_plan()
        now, left = moments[len(run.steps)][0], len(moments) - len(run.steps)
        return (
            f"Ctrl-C ended the replay before week {now:g}: {counted(left, 'time')} of "
            f"{len(moments)} {plural(left, 'was', 'were')} not decided, and what is told is as if "
            "nothing happened from then on.",
        )
    return ()


def moments_of(events: Events) -> Iterator[tuple[float, tuple[Event, ...]]]:
    """Yield the start, and each time with all that happens at it."""
    groups = {now: tuple(group) for now, group in groupby(events.events, events.weeks_of)}
    for now in sorted({0.0, *groups}):
        yield now, groups.get(now, ())
