r"""Plans that are best for a rate that is not known: in expectation, at the worst, in regret.

A plan is a base-stock level :math:`S` and an action for each number of days to go. Let
:math:`C_\pi(\lambda)` be what a cycle of plan :math:`\pi` costs at rate :math:`\lambda`, and
:math:`C^*(\lambda) = \min_\pi C_\pi(\lambda)`. Looked for are

.. math::

    \min_\pi \mathbb{E}\, C_\pi(\Lambda), \qquad
    \min_\pi \max_\lambda C_\pi(\lambda), \qquad
    \min_\pi \max_\lambda \bigl( C_\pi(\lambda) - C^*(\lambda) \bigr)

and the value of knowing the rate is the first less :math:`\mathbb{E}\, C^*(\Lambda)`, the expected
value of perfect information (Raiffa and Schlaifer 1961, section 4.4).

**Which plans are tried.** With all actions held, each of the three is convex in :math:`S` where the
prices :math:`q_n` of :mod:`amopt.printing.closed_form` are not negative at any rate, as a mean or
maximum of convex functions: bisection finds the best level. Else, as where printed parts last
longer than regular ones, all levels are tried up to one above which none is better at any rate; of
more than :data:`MOST_LEVELS` some, spread evenly, and all beside the best of them. Actions: all
plans that wait up to :math:`a` days to go, print up to :math:`b` and expedite before, and what is
best at any of the rates. Printing earlier, or later, than any rate in the range asks for is never
better at any of them (theorem 3.1: the threshold of one rate is best for it, and each step towards
it an improvement), so that without expediting only the thresholds between the least and the largest
best one are tried. With both sources the order of the three may break (theorem 3.4): up to
:data:`MOST_CHANGED` days, the best plan is then changed on one day, or on two that follow each
other exchanged, as long as that makes it better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from amopt.printing import closed_form
from amopt.printing.cost_line import Costs, Line, cost_line, use, value_at
from amopt.printing.parameters import Parameters
from amopt.printing.policy import Action, Policy
from amopt.printing.uncertainty.belief import Belief

__all__ = ["FixedPlan", "Rates", "best_plans", "least"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Judge = Callable[[Floats], float]
"""Makes one number of what cycles cost at all rates."""

MOST_PAIRS = 800
"""Pairs of thresholds up to which all are tried."""

MOST_CHANGED = 40
"""Days of a cycle up to which the best of these is changed day by day."""

MOST_LEVELS = 1000
"""Levels up to which all are tried where bisection does not find the best."""

GAIN = 1e-9
"""Share of what is looked at from which a change makes it better."""

MOST_KEPT = 10_000_000
"""Numbers about levels that are kept for the next actions."""


@dataclass(frozen=True)
class FixedPlan:
    """A plan for one part, the same at whatever rate: its level, and its actions by days to go.

    ``action`` has shape (L,).
    """

    base_stock: int
    action: Ints


@dataclass
class Rates:
    """One part at many rates: the rates of the belief, then those of the range.

    Attributes
    ----------
    parameters
        The part, once for each rate.
    belief
        What is believed of the rate.
    """

    parameters: Parameters
    belief: Belief
    _used: dict[int, Floats] = field(default_factory=dict)
    _lines: dict[bytes, Line] = field(default_factory=dict)

    @classmethod
    def of(cls, part: Parameters, belief: Belief, *, printed: bool) -> Rates:
        """Return one part at the rates of a belief about its regular, or its printed failures."""
        return cls(at_rates(part, np.append(belief.nodes, belief.range), printed=printed), belief)

    def cost(self, plan: FixedPlan) -> Floats:
        """Return what a cycle of a plan costs at each rate."""
        line = self.line(plan.action)
        level = np.full(len(self.parameters), plan.base_stock)
        used = self._used.get(plan.base_stock)
        if used is None:
            used = use(self.parameters, level)
            if used.size * (len(self._used) + 1) <= MOST_KEPT:
                self._used[plan.base_stock] = used
        return value_at(self.parameters, line, level, self.parameters.discount, used)

    def line(self, action: Ints) -> Line:
        """Return the cost of a cycle of given actions, by level, at each rate."""
        key = action.tobytes()
        if key not in self._lines:
            every = np.repeat(action[:, None], len(self.parameters), axis=1)
            costs = Costs.of(self.parameters)
            self._lines[key] = cost_line(
                self.parameters, costs, discount=self.parameters.discount, action=every
            )
        return self._lines[key]

    def expected(self, cost: Floats) -> float:
        """Return the expectation over the belief."""
        return float(self.belief.weights @ cost[: len(self.belief.nodes)])

    def worst(self, cost: Floats) -> tuple[float, float]:
        """Return the largest number over the range, and its rate."""
        over = cost[len(self.belief.nodes) :]
        return float(over.max()), float(self.belief.range[int(np.argmax(over))])


def at_rates(part: Parameters, rates: Floats, *, printed: bool) -> Parameters:
    """Return one part once for each rate, of its printed or else its regular failures."""
    every = part.take(np.zeros(len(rates), dtype=np.intp))
    fails = -np.expm1(-rates)
    if printed:
        return replace(every, printed_failure=fails)
    return replace(every, failure=fails, failures_per_day=rates)


def best_plans(rates: Rates) -> tuple[dict[str, FixedPlan], Policy]:
    """Return the best plan by each of the three measures, and the best policy at each rate."""
    known = closed_form.best_policy(rates.parameters)
    least = closed_form.cycle_cost(rates.parameters, known)
    judges: dict[str, Judge] = {
        "expected": rates.expected,
        "worst rate": lambda cost: rates.worst(cost)[0],
        "least regret": lambda cost: rates.worst(cost - least)[0],
    }
    tried = _actions(rates.parameters, known)
    found = {
        name: min((_best_level(rates, action, judge) for action in tried), key=lambda one: one[0])
        for name, judge in judges.items()
    }
    sources = (rates.parameters.print_cost[0], rates.parameters.expedite_cost[0])
    if np.isfinite(sources).all() and rates.parameters.cycle_days <= MOST_CHANGED:
        found = {name: _changed(rates, *one, judges[name]) for name, one in found.items()}
    return {name: plan for name, (_, plan) in found.items()}, known


def _changed(rates: Rates, value: float, plan: FixedPlan, judge: Judge) -> tuple[float, FixedPlan]:
    """Return a plan that no change of a day, nor an exchange of two days, makes better."""
    while True:
        tried = (_best_level(rates, action, judge) for action in _neighbours(plan.action))
        better = min(tried, key=lambda one: one[0])
        if better[0] >= value - GAIN * abs(value):
            return value, plan
        value, plan = better


def _neighbours(action: Ints) -> Iterator[Ints]:
    """Yield actions that differ on one day, or by an exchange of two days that follow."""
    for day in range(1, len(action)):
        for other in Action:
            if other != action[day]:
                changed = action.copy()
                changed[day] = other
                yield changed
        if day > 1 and action[day] != action[day - 1]:
            changed = action.copy()
            changed[[day - 1, day]] = action[[day, day - 1]]
            yield changed


def _actions(parameters: Parameters, known: Policy) -> list[Ints]:
    """Return the actions by days to go that are tried, shape (L,) each."""
    days = parameters.cycle_days
    prints, expedites = (
        np.isfinite(cost[0]) for cost in (parameters.print_cost, parameters.expedite_cost)
    )
    found = {column.tobytes(): column for column in np.unique(known.action, axis=1).T.copy()}
    first_prints = _thresholds(known, days, Action.PRINT, bool(prints))
    first_expedites = _thresholds(known, days, Action.EXPEDITE, bool(expedites))
    if prints and expedites:
        every = range(1, days + 1)
        if days * (days + 1) // 2 <= MOST_PAIRS:
            first_prints = first_expedites = every
    for a in first_prints:
        for b in first_expedites:
            if a <= b or not prints:
                action = np.full(days, int(Action.WAIT))
                action[a:] = Action.PRINT
                action[b:] = Action.EXPEDITE
                action[0] = Action.WAIT
                found[action.tobytes()] = action
    return list(found.values())


def _thresholds(known: Policy, days: int, action: Action, possible: bool) -> range:
    """Return the thresholds from the least to the largest that is best at any rate."""
    if not possible:
        return range(days, days + 1)
    taken = known.action == action
    first = np.where(taken.any(axis=0), np.argmax(taken, axis=0), days)
    return range(int(first.min()), int(first.max()) + 1)


def _best_level(rates: Rates, action: Ints, judge: Judge) -> tuple[float, FixedPlan]:
    """Return the best level of given actions, and what it costs."""

    def value(level: int) -> float:
        return judge(rates.cost(FixedPlan(level, action)))

    line = rates.line(action)
    if (line.price[1:] < 0).any():
        return least(value, action, int(closed_form.highest_levels(rates.parameters, line).max()))
    low, high = -1, 1
    top = int(rates.parameters.systems[0]) * (rates.parameters.cycle_days - 1)
    while high < top and value(high + 1) < value(high):
        low, high = high, min(2 * high, top)
    while high - low > 1:
        middle = (low + high) // 2
        if value(middle + 1) >= value(middle):
            high = middle
        else:
            low = middle
    return value(high), FixedPlan(high, action)


def least(value: Callable[[int], float], action: Ints, highest: int) -> tuple[float, FixedPlan]:
    """Return the best of all levels; of very many, of some and of all beside the best of these."""
    step = -(-(highest + 1) // MOST_LEVELS)
    found = {level: value(level) for level in (*range(0, highest, step), highest)}
    if step > 1:
        near = min(found, key=found.__getitem__)
        beside = range(max(0, near - step + 1), min(highest, near + step - 1) + 1)
        found |= {level: value(level) for level in beside}
    level = min(sorted(found), key=found.__getitem__)
    return found[level], FixedPlan(level, action)
