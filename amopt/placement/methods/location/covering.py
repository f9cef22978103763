r"""Which facilities are open at least cost: those that gain, and as many as the demand needs.

.. math::

    \min \Big\{\sum_i s_i y_i : w^- \le \sum_i w_i y_i \le w^+, \; y_i \in \{0, 1\}\Big\}

with :math:`s_i = f_i - G_i(v)`. The weights are the capacities, and :math:`w^-` the demand; where
all capacities are equal, the weights are one and :math:`w^-` is the demand over the capacity,
rounded up. With :math:`0 \le y_i \le 1`, sorting by :math:`s_i / w_i` solves it, and the answer is
whole where all weights are one. Else facilities that the bound in fractions does not settle are
chosen by dynamic programming over the weight, which is counted in steps: capacities and demand are
rounded up, so that what meets the demand goes on doing so (a knapsack of what stays closed;
Martello and Toth, 1990).

With :math:`\mu` the price of the weight, a facility that is closed costs :math:`s_i - \mu w_i` more
when it has to be open, at least, and an open one as much less (linear programming duality). In
steps, the best choice among the facilities before it and the best among those after it tell that
exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["Chosen", "Cover"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

ROUNDING = 1e-9
"""Relative room for rounding where weights are added up."""

STEPS = 4_000
"""Steps of the demand, at most."""


@dataclass(frozen=True)
class Chosen:
    """An optimum.

    Attributes
    ----------
    cover, cost
        The facilities among which was chosen, and their costs, gains taken off.
    value
        The least cost; infinite where nothing is enough.
    opened
        How far each facility is open, shape (facilities,).
    """

    cover: Cover
    cost: Floats
    value: float
    opened: Floats

    @cached_property
    def forced(self) -> tuple[Floats, Floats]:
        """Bounds on the cost with each facility open, and closed, shape (facilities,) each."""
        if not np.isfinite(self.value):
            nothing = np.full(self.cost.size, np.inf)
            return nothing, nothing
        if self.cover.in_fractions:
            found = self.cover.by_rate(self.cost)
            return found.if_open, found.if_closed
        return self.cover.if_forced(self.cost)


@dataclass(frozen=True)
class _InFractions:
    """An optimum in fractions, and bounds with each facility open and closed."""

    value: float
    opened: Floats
    if_open: Floats
    if_closed: Floats


@dataclass(frozen=True)
class Cover:
    """Facilities among which to choose.

    Attributes
    ----------
    weight
        Weight of each, shape (facilities,); whole numbers where ``most`` is infinite.
    least, most
        Least and most of the weights' sum.
    must
        Which must be open, shape (facilities,).
    """

    weight: Floats
    least: float
    most: float
    must: Flags

    @classmethod
    def of(cls, capacity: Floats, demand: float) -> Cover:
        """Return the cover of a demand, with nothing decided."""
        must, capacity = np.zeros(capacity.size, dtype=bool), np.minimum(capacity, demand)
        step = largest = max(float(capacity.max(initial=0.0)), ROUNDING)
        if (largest - capacity > ROUNDING * largest).any():
            counted = (capacity == np.round(capacity)).all()
            step = max(1.0 if counted else 0.0, demand / STEPS)
        weight = np.maximum(np.ceil(capacity / step - ROUNDING), 1.0)
        return cls(weight, float(math.ceil(demand / step - ROUNDING)), np.inf, must)

    @property
    def in_fractions(self) -> bool:
        """Whether the answer in fractions is whole, or is all that is asked for."""
        return np.isfinite(self.most) or bool((self.weight == 1.0).all())

    def choose(self, cost: Floats) -> Chosen:
        """Return the cheapest choice at the costs of the facilities, gains taken off."""
        found = self.by_rate(cost)
        if self.in_fractions or not np.isfinite(found.value):
            return Chosen(self, cost, found.value, found.opened)
        part = (found.opened > 0) & (found.opened < 1)
        if not part.any():
            return Chosen(self, cost, found.value, found.opened)
        up = found.value + float((cost * (1.0 - found.opened))[part].sum())
        settled = (found.if_open >= up) | (found.if_closed >= up)
        core = np.flatnonzero(~settled & ~part)
        core = np.append(core, np.flatnonzero(part))
        opened = np.where(part, 0.0, found.opened)
        opened[core] = 0.0
        need = int(self.least - float(self.weight @ opened))
        weight = self.weight[core].astype(np.int64)
        opened[core] = _whole(cost[core], weight, need)
        return Chosen(self, cost, float(cost @ opened), opened)

    def by_rate(self, cost: Floats) -> _InFractions:
        """Return the cheapest choice in fractions."""
        others = np.flatnonzero(~self.must)
        order = others[np.argsort(cost[others] / self.weight[others], kind="stable")]
        opened = self.must.astype(np.float64)
        held = float(self.weight[self.must].sum())
        reached = held + np.cumsum(self.weight[order])
        room = ROUNDING * (1.0 + abs(self.least))
        enough = 0
        if held < self.least - room:
            enough = int(np.searchsorted(reached, self.least - room)) + 1
        if enough > order.size or held > self.most + room:
            nothing = np.full(cost.size, np.inf)
            return _InFractions(np.inf, opened, nothing, nothing)
        allowed = int(np.searchsorted(reached, self.most + room, side="right"))
        gaining = int((cost[order] < 0).sum())
        count = max(min(gaining, allowed), enough)
        opened[order[:count]] = 1.0
        rate = cost[order] / self.weight[order]
        part, beyond = count - 1, 0.0  # which one is open in part, and how much of it is not
        if gaining < enough and count:
            beyond = float(reached[part]) - self.least
        elif gaining > allowed:
            part = allowed
            beyond = float(reached[part]) - self.most
        if part >= 0 and room < beyond < float(self.weight[order[part]]) - room:
            opened[order[part]] = 1.0 - beyond / float(self.weight[order[part]])
            inside = outside = float(rate[part])
        else:
            now = float(reached[count - 1]) if count else held
            inside = float(rate[count - 1]) if count else -np.inf
            outside = float(rate[count]) if count < order.size else np.inf
            inside = inside if now >= self.most - room else max(inside, 0.0)
            outside = outside if now <= self.least + room else min(outside, 0.0)
        value = float(cost @ opened)
        return _InFractions(value, opened, *self._priced(cost, value, opened, inside, outside))

    def _priced(
        self, cost: Floats, value: float, opened: Floats, inside: float, outside: float
    ) -> tuple[Floats, Floats]:
        """Return bounds with each open, and closed; the prices lie between those of the two."""
        if_open = np.full(cost.size, value)
        if_closed = np.full(cost.size, value)
        shut, whole = opened <= 0, (opened >= 1) & ~self.must
        if_open[shut] += np.maximum(cost[shut] - inside * self.weight[shut], 0.0)
        if_closed[whole] += np.maximum(outside * self.weight[whole] - cost[whole], 0.0)
        if_closed[self.must] = np.inf
        return if_open, if_closed

    def if_forced(self, cost: Floats) -> tuple[Floats, Floats]:
        """Return the least cost with each facility open, and closed, in whole steps."""
        free = np.flatnonzero(~self.must)
        need = max(int(self.least - float(self.weight[self.must].sum())), 0)
        paid, weight = float(cost[self.must].sum()), self.weight[free].astype(np.int64)
        before = _tables(cost[free], weight, need)
        after = _tables(cost[free][::-1], weight[::-1], need)[::-1, ::-1]
        steps = np.arange(need + 1)
        if_open = np.full(cost.size, np.inf)
        if_closed = np.full(cost.size, np.inf)
        for k, site in enumerate(free):
            if_closed[site] = paid + float((before[k] + after[k + 1]).min())
            beside = np.minimum(steps + weight[k], need)
            if_open[site] = paid + cost[site] + float((before[k] + after[k + 1][beside]).min())
        if self.must.any():
            if_open[self.must] = paid + float(before[-1][need])
        return if_open, if_closed


def _tables(cost: Floats, weight: Ints, need: int) -> Floats:
    """Return the least cost of a weight or more among the first 0, 1, ... facilities.

    Shape (facilities + 1, need + 1).
    """
    least = np.full((cost.size + 1, need + 1), np.inf)
    least[0, 0] = 0.0
    for k in range(cost.size):
        step = min(int(weight[k]), need + 1)
        least[k + 1, :step] = least[k, 0] + cost[k]
        least[k + 1, step:] = least[k, : need + 1 - step] + cost[k]
        np.minimum(least[k + 1], least[k], out=least[k + 1])
    return least


def _whole(cost: Floats, weight: Ints, need: int) -> Floats:
    """Return which facilities are open at least cost, 1 or 0, shape (facilities,)."""
    opened, left = np.zeros(cost.size), max(need, 0)
    least = _tables(cost, weight, left)
    for k in range(cost.size - 1, -1, -1):
        if least[k + 1, left] < least[k, left]:
            opened[k] = 1.0
            left = max(left - int(weight[k]), 0)
    return opened
