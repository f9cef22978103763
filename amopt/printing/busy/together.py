r"""Parts that want the printer at once: what that costs them at least, exactly.

Let :math:`A^i_n(s)` be the least that part :math:`i` costs in state :math:`s` with :math:`n` days
to go where it has the printer for itself, and :math:`\theta_i` the share of its cost that is
counted. What the parts of a group cost more than that, because they share the printer, is at least

.. math::

    E_n(s) = \min_{a : \sum_i p_i \le m} \sum_i \theta_i \delta^i_n(s_i, a_i)
             + \alpha \, \mathbb{E} E_{n-1}, \qquad E_0 = 0,

with :math:`\delta^i_n \ge 0` what the decision :math:`a_i` (expedite so many, print so many) costs
more than the best of the part alone. Every plan for all parts is one for the group, so that what
groups cost more may be added up as long as the shares of each part come to 1 at most: whoever
else wants the printer only makes it dearer.

What is left out makes :math:`E` smaller and the bound no less valid: states in which more systems
of a part are idle (wait or run on a printed part) than happens but rarely have :math:`E = 0`, and a
part with more on the shelf than one above its best level alone is taken to leave the printer to the
others, at what that stock costs more. With two parts of few systems only the last is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from amopt.printing.busy.alone import Alone, cost_by_level, empty_shelf
from amopt.printing.parameters import Parameters

__all__ = ["Member", "least_extra", "most_idle"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RARE = 1e-3
"""Probability with which more systems of a part are idle at once than are gone through."""

FEW = 500
"""Twice the states of a part up to which they are all gone through, where there are two parts."""

LEVELS_ABOVE = 20
"""Levels above the best one among which the cheapest is looked for."""


def most_idle(parameters: Parameters, *, pair: bool) -> int:
    """Return up to how many idle systems of one part are gone through: all, of one of a pair."""
    systems, nights = int(parameters.systems[0]), parameters.cycle_days - 1
    if pair and (systems + 1) * (systems + 2) <= FEW:
        return systems
    fails = float(parameters.failure[0])
    return min(systems, max(1, int(binom.isf(RARE, systems * nights, fails))))


@dataclass(frozen=True)
class Member:
    """One part of a group.

    Attributes
    ----------
    night
        Probability of one state after another overnight, shape (states, states); rows sum to less
        than 1 where states are left out.
    decisions
        How many are printed, and where each state comes to, -1 where the decision is not possible.
    more
        What each decision costs more than the best one, by days to go, shape (states,) each; inf
        where it is not possible.
    start
        The states with 0, 1, ... on the shelf, at last more than is best.
    excess
        What they cost more than the best of them, in money a cycle.
    """

    night: Floats
    decisions: tuple[tuple[int, Ints], ...]
    more: tuple[tuple[Floats, ...], ...]
    start: Ints
    excess: Floats

    @property
    def states(self) -> int:
        """The number of states."""
        return len(self.night)

    @classmethod
    def of(cls, one: Parameters, found: Alone, most_prints: int, idle: int) -> Member:
        """Return one part of which so many systems may be idle, by what is best for it alone."""
        top = found.base_stock + 1
        states = [(stock, 0, 0) for stock in range(1, top + 1)]
        states += [(0, w, p) for w in range(idle + 1) for p in range(idle - w + 1)]
        at = {state: k for k, state in enumerate(states)}
        plenty = len(states)
        empty = empty_shelf(one, most_prints)
        decisions, more = _decisions(one, empty, states, at, most=most_prints)
        level = cost_by_level(one, empty, top + LEVELS_ABOVE) - found.cycle_cost
        return cls(
            night=_night(one, states, at),
            decisions=decisions,
            more=more,
            start=np.array([*(at[stock, 0, 0] for stock in range(top + 1)), plenty]),
            excess=np.maximum(np.append(level[: top + 1], level[top + 1 :].min()), 0.0),
        )


State = tuple[int, int, int]


def _night(one: Parameters, states: Sequence[State], at: dict[State, int]) -> Floats:
    """Return what a night does to the states (on the shelf, waiting, printed), and to plenty."""
    N, p_r, p_p = int(one.systems[0]), float(one.failure[0]), float(one.printed_failure[0])
    night = np.zeros((len(states) + 1,) * 2)
    night[-1, -1] = 1.0
    for k, (stock, w, p) in enumerate(states):
        fails = binom.pmf(np.arange(N - w - p + 1), N - w - p, p_r)
        wears = binom.pmf(np.arange(p + 1), p, p_p)
        for lost in range(len(fails)):
            for worn in range(p + 1):
                short = lost + worn - stock
                to = at.get((-short, 0, 0) if short < 0 else (0, w + short, p - worn))
                if to is not None:
                    night[k, to] += fails[lost] * wears[worn]
    return night


def _decisions(
    one: Parameters,
    empty: Sequence[Floats],
    states: Sequence[State],
    at: dict[State, int],
    *,
    most: int,
) -> tuple[tuple[tuple[int, Ints], ...], tuple[tuple[Floats, ...], ...]]:
    """Return the decisions of a day, and by days to go what they cost more than the best."""
    N, c_p, c_e = int(one.systems[0]), float(one.print_cost[0]), float(one.expedite_cost[0])
    idle = max(w for _, w, _ in states)
    ways = [
        (e, p)
        for p in range(min(most, idle) + 1 if math.isfinite(c_p) else 1)
        for e in range(idle - p + 1 if math.isfinite(c_e) else 1)
    ]
    decisions = []
    for e, p in ways:
        leads = [at[s, w - e - p, q + p] if w >= e + p else -1 for s, w, q in states]
        decisions.append((p, np.array([*leads, -1 if e + p else len(states)])))
    stock, w, q = np.array(states).T
    more: list[tuple[Floats, ...]] = [()]
    for n in range(1, one.cycle_days):
        after = _after(one, empty[n - 1])
        here = []
        for (e, p), (_, to) in zip(ways, decisions, strict=True):
            cost = (c_e * e if e else 0.0) + (c_p * p if p else 0.0)
            new_w, new_q = np.maximum(w - e - p, 0), q + p
            spent = cost + after[np.maximum(N - new_w - new_q, 0), np.minimum(new_q, N)]
            spent -= empty[n][N - w - q, q]
            spent = np.where(stock > 0, 0.0, np.maximum(spent, 0.0))
            here.append(np.where(to < 0, np.inf, np.append(spent, 0.0)))
        more.append(tuple(here))
    return tuple(decisions), tuple(more)


def _after(one: Parameters, before: Floats) -> Floats:
    """Return the cost from after a decision on, by regular and printed parts in operation."""
    N = int(one.systems[0])
    R, P = np.indices((N + 1, N + 1))
    there = N - R - P >= 0
    kept = [
        binom.pmf(np.maximum(np.arange(N + 1)[:, None] - np.arange(N + 1), 0), R, fails)
        * (np.arange(N + 1)[:, None] >= np.arange(N + 1))
        for fails in (float(one.failure[0]), float(one.printed_failure[0]))
    ]
    # row R, column R': of R parts R' last, so that R - R' fail
    night = kept[0] @ np.where(there, before, 0.0) @ kept[1].T
    return np.asarray(float(one.backorder_cost[0]) * (N - R - P) + one.discount * night)


def least_extra(
    members: Sequence[Member], shares: Sequence[float], most_prints: int, discount: float
) -> float:
    """Return what the parts of a group cost a cycle more than alone, at least.

    Parameters
    ----------
    members
        The parts.
    shares
        The share of the cost of each that is counted.
    most_prints
        Prints of a day, of all of them.
    discount
        Discount factor of a day.

    Returns
    -------
    float
        Money a cycle, discounted to its start.
    """
    extra = np.zeros([member.states for member in members])
    days = len(members[0].more)
    for n in range(1, days + 1):
        for k, member in enumerate(members):
            extra = np.moveaxis(np.tensordot(member.night, extra, (1, k)), 0, k)
        extra *= discount
        if n < days:
            extra = _decided(members, shares, extra, most_prints, n)
    begun = extra[np.ix_(*(member.start for member in members))]
    for k, (member, share) in enumerate(zip(members, shares, strict=True)):
        begun = begun + _along(share * member.excess, k, len(members))
    return float(begun.min())


def _decided(
    members: Sequence[Member], shares: Sequence[float], after: Floats, most_prints: int, n: int
) -> Floats:
    """Return the extra cost before the decisions of a day: part by part, by the prints so far."""
    used: list[Floats | None] = [after] + [None] * most_prints
    for k, (member, share) in enumerate(zip(members, shares, strict=True)):
        new: list[Floats | None] = [None] * (most_prints + 1)
        for (printed, to), more in zip(member.decisions, member.more[n], strict=True):
            added = _along(
                np.where(to < 0, np.inf, share * np.where(to < 0, 0.0, more)), k, len(members)
            )
            for before, value in enumerate(used[: most_prints + 1 - printed]):
                if value is not None:
                    tried = added + np.take(value, np.maximum(to, 0), axis=k)
                    known = new[before + printed]
                    new[before + printed] = tried if known is None else np.minimum(known, tried)
        used = new
    return np.asarray(np.min([value for value in used if value is not None], axis=0))


def _along(values: Floats, axis: int, dimensions: int) -> Floats:
    """Return numbers along one axis."""
    return values.reshape([-1 if k == axis else 1 for k in range(dimensions)])
