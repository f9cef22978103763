r"""What no plan of one line can cost less than, without a solver.

Delivery is no earlier than the parts are on average, so that no plan of a line that needs Q parts
costs less than

.. math:: Q \, \min_s \min_{a_s \le q \le b_s} \left( \frac{f_s}{q} + r_s
    + \frac{h}{Q} (\tau_s + \rho_s q) \right)

and a plan that orders q parts on segment s costs no less than these and the cheapest average of the
other Q - q. Segments on which that is more than a plan that is known are in no better plan.

Both hold for lines without a surplus, whatever else limits them: limits only add to a line's cost,
but a surplus may lower it, where a total falls as the quantity grows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amopt.sourcing.methods.arrays import Arrays

__all__ = ["LineBounds"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class LineBounds:
    """Bounds of lines, each a block of the program.

    Parameters
    ----------
    arrays
        The program.
    block_of_segment
        The block of each segment, shape (m,).
    line_of_block
        The line of each block, or -1, shape (blocks,).
    """

    def __init__(self, arrays: Arrays, block_of_segment: Ints, line_of_block: Ints) -> None:
        segments = arrays.segments
        self._arrays, self._segments = arrays, segments
        self._block, self._blocks = block_of_segment, line_of_block.size
        self._need = arrays.needed[segments.line]
        self._a = np.maximum(segments.lower, 1e-9 * self._need)
        self._b = np.maximum(np.minimum(segments.upper, self._need), self._a)
        self._unbounded = (line_of_block < 0) | (arrays.surplus[line_of_block] > 0)

    def least(self, cost: Floats) -> Floats:
        """Return what no plan of each block costs less than; minus infinity where unknown.

        Parameters
        ----------
        cost
            The cost of each column of the program.
        """
        least = np.full(self._blocks, np.inf)
        np.minimum.at(least, self._block, self._averages(cost)[0] * self._need)
        least[self._unbounded] = -np.inf
        return least

    def worse(self, cost: Floats, best: Floats) -> Bools:
        """Return the segments that are in no better plan than the best known, shape (m,).

        Parameters
        ----------
        cost
            The cost of each column of the program.
        best
            What the best known plan of each block costs.
        """
        segments, need, block = self._segments, self._need, self._block
        fixed, rate, per_week = self._costs(cost)
        least_average, least_paid = (np.full(self._blocks, np.inf) for _ in range(2))
        for least, average in zip((least_average, least_paid), self._averages(cost), strict=True):
            np.minimum.at(least, block, average)
        slope = per_week * segments.weeks_rate
        linear = rate + per_week * segments.weeks_fixed - least_average[block]
        with np.errstate(divide="ignore", invalid="ignore"):
            bottom = np.where(slope > 0, -linear / (2 * slope), self._a)
        on_average = need * least_average[block] + np.min(
            [
                fixed + linear * q + slope * q * q
                for q in (self._a, self._b, np.clip(bottom, self._a, self._b))
            ],
            axis=0,
        )
        wait = per_week * need
        at_once = np.min(
            [
                fixed
                + rate * q
                + wait * (segments.weeks_fixed + segments.weeks_rate * q)
                + least_paid[block] * (need - q)
                for q in (self._a, self._b)
            ],
            axis=0,
        )
        known = best[block]
        room = 1e-9 * np.maximum(np.abs(known), np.abs(fixed) + np.abs(rate) * need)
        worse: Bools = ~self._unbounded[block] & (np.maximum(on_average, at_once) > known + room)
        return worse

    def _costs(self, cost: Floats) -> tuple[Floats, Floats, Floats]:
        """Return what each segment costs: fixed, a part, and a week of waiting over its line."""
        timed = self._arrays.weeks[self._segments.line]
        per_week = np.where(timed >= 0, cost[timed], 0.0) / self._need
        return cost[self._arrays.y], cost[self._arrays.x], per_week

    def _averages(self, cost: Floats) -> tuple[Floats, Floats]:
        """Return the least that a part of each segment costs, with and without waiting."""
        fixed, rate, per_week = self._costs(cost)
        slope = per_week * self._segments.weeks_rate
        with np.errstate(divide="ignore", invalid="ignore"):
            bottom = np.sqrt(fixed / slope)
        bottom = np.clip(np.where(np.isfinite(bottom), bottom, self._b), self._a, self._b)
        average = np.min([fixed / q + slope * q for q in (self._a, self._b, bottom)], axis=0)
        paid = np.minimum(fixed / self._a, fixed / self._b) + rate
        return average + rate + per_week * self._segments.weeks_fixed, paid
