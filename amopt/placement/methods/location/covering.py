r"""Which facilities are open at least cost: those that gain, and as many as the demand needs.

.. math::

    \min \Big\{\sum_i s_i y_i : w^- \le \sum_i w_i y_i \le w^+, \; 0 \le y_i \le 1\Big\}

with :math:`s_i = f_i - G_i(v)`. The weights are the capacities, and :math:`w^-` the demand; where
all capacities are equal, the weights are one and :math:`w^-` is the demand over the capacity,
rounded up, so that some optimum is whole. Sorting by :math:`s_i / w_i` solves it.

With :math:`\mu` the price of the weight, a facility that is closed costs :math:`s_i - \mu w_i` more
when it has to be open, at least, and an open one as much less (linear programming duality).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Chosen", "Cover"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

ROUNDING = 1e-9
"""Relative room for rounding where weights are added up."""


@dataclass(frozen=True)
class Chosen:
    """An optimum.

    Attributes
    ----------
    value
        The least cost; infinite where nothing is enough.
    opened
        How far each facility is open, shape (facilities,).
    if_open, if_closed
        Bounds on the cost with each facility open, and closed, shape (facilities,).
    """

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
        Weight of each, shape (facilities,).
    least, most
        Least and most of the weights' sum.
    must
        Which must be open, shape (facilities,).
    """

    weight: Floats
    least: float
    most: float
    must: Flags

    def choose(self, cost: Floats) -> Chosen:
        """Return the cheapest choice at the costs of the facilities, gains taken off."""
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
            return Chosen(np.inf, opened, nothing, nothing)
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
        return Chosen(value, opened, *self._forced(cost, value, opened, inside, outside))

    def _forced(
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
