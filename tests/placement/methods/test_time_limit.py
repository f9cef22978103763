"""The time limit is the time limit, by a clock that counts work instead of seconds.

Each round of prices, each sweep and each call of the solver moves the clock on by what it may take
at most; so what is tested is that every step looks at it, on any machine.
"""

from types import SimpleNamespace

import numpy as np
import pytest

from amopt.outcome import Stopped
from amopt.placement import Instance, solve
from amopt.placement.methods.lagrangian import LagrangianSearch
from amopt.placement.methods.location import transportation
from amopt.placement.methods.location.relaxation import Relaxation
from amopt.placement.methods.prices.climbing import Prices
from amopt.placement.supply.supply import Supply
from amopt.program import time as program_time
from amopt.program.solver import highs
from amopt.program.time import LEAST, Budget
from tests.placement.cases import random_data
from tests.placement.methods.test_location import located

ROUND, SOLVE = 0.02, 0.3
"""Seconds that a round of prices, and a call of the solver, are said to take."""

GRACE = 2 * ROUND + LEAST
"""Seconds beyond the limit that are allowed: the step that is under way, and one that ends it."""


class Clock:
    """A clock that work moves on, and that may interrupt it."""

    def __init__(self):
        self.now, self.interrupt = 0.0, np.inf

    def __call__(self):
        return self.now

    def work(self, seconds):
        self.now += seconds
        if self.now >= self.interrupt:
            self.interrupt = np.inf
            raise KeyboardInterrupt


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(program_time, "time", SimpleNamespace(perf_counter=clock))

    def worked(owner, name, seconds=ROUND):
        honest = getattr(owner, name)

        def counted(*arguments, **named):
            found = honest(*arguments, **named)
            clock.work(seconds)
            return found

        monkeypatch.setattr(owner, name, counted)

    worked(Relaxation, "at")
    worked(Prices, "climb")
    worked(transportation, "_climb")
    honest, within = highs.solve, []

    def limited(program, options=None, **named):
        options = options or highs.Options()
        if within:  # a solve that is part of another
            return honest(program, options, **named)
        within.append(program)
        try:
            answer = honest(program, highs.Options(gap=options.gap), **named)
        finally:
            within.pop()
        clock.work(SOLVE if options.time_limit is None else min(SOLVE, options.time_limit))
        return answer

    monkeypatch.setattr(highs, "solve", limited)
    return clock


def search(data, clock, limit):
    """Return what the route finds within a limit, and the seconds that it took."""
    budget = Budget(limit)
    found = LagrangianSearch(Supply(Instance.from_dict(data)), highs.Options(), budget)
    found.begin()
    began = clock.now
    return found.finish(None), clock.now - began


CASES = {
    "split": located(3, sites=10, places=20, tight=4.0),
    "single": located(8, sites=6, places=12, tight=1.6, single=True),
    "machines": random_data(4, sites=4, places=8, single=True),
}


@pytest.mark.parametrize("name", CASES)
def test_no_step_begins_after_the_limit(name, clock):
    data = CASES[name]
    best = solve(Instance.from_dict(data), method="milp", forms=False).outcome.objective
    bounds = []
    for limit in (0.05, 0.3, 1.0, 2.5, 6.0):
        found, seconds = search(data, clock, limit)
        assert seconds <= limit + GRACE
        outcome = found.outcome
        if outcome.bound is not None:
            bounds.append(outcome.bound)
            assert outcome.bound <= best * (1 + 1e-9)
        if found.plan is not None:
            assert found.plan.objective >= best * (1 - 1e-9)
        if seconds >= limit:
            assert outcome.stopped is Stopped.TIME_LIMIT
    assert bounds[-1] > bounds[0]


@pytest.mark.parametrize("name", CASES)
def test_interrupted_anywhere_it_keeps_both_sides(name, clock):
    data = CASES[name]
    best = solve(Instance.from_dict(data), method="milp", forms=False).outcome.objective
    ended = 0
    for after in (0.01, 0.35, 1.3, 2.8, 4.4):
        clock.interrupt = clock.now + after
        found, _ = search(data, clock, None)
        outcome = found.outcome
        ended += outcome.stopped is Stopped.INTERRUPTED
        assert (outcome.stopped is Stopped.INTERRUPTED) == np.isinf(clock.interrupt)
        assert (-np.inf if outcome.bound is None else outcome.bound) <= best * (1 + 1e-9)
        if found.plan is not None:
            assert found.plan.objective >= best * (1 - 1e-9)
        clock.interrupt = np.inf
    assert ended >= 3
