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

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from amopt.sourcing.methods.arrays import Arrays

__all__ = ["LineBounds", "without_settled_weeks"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def without_settled_weeks(arrays: Arrays, block_of_column: Ints) -> Arrays:
    """Return arrays in which weeks that no order of the line changes are no part of the line.

    Nothing that is ordered delays a line beyond what is committed: its weeks are a block of their
    own, and cost a plan of the line nothing.
    """
    shares = arrays.segments.shares
    own = np.full(arrays.needed.size, -1, dtype=np.int64)
    own[shares.line] = block_of_column[arrays.x]
    timed = np.flatnonzero(arrays.weeks >= 0)
    weeks = arrays.weeks.copy()
    weeks[timed[block_of_column[weeks[timed]] != own[timed]]] = -1
    return replace(arrays, weeks=weeks)


class LineBounds:
    """Bounds of the plans of blocks: a line, or the lines of a part.

    Parameters
    ----------
    arrays
        The program.
    block_of_share
        The block of each share, shape (n,).
    blocks
        How many blocks there are.

    Attributes
    ----------
    block_of_line
        The block of each line; -1 where it may order nothing, shape (lines,).
    several
        Whether a block has more than one line, shape (blocks,).
    """

    def __init__(self, arrays: Arrays, block_of_share: Ints, blocks: int) -> None:
        segments, shares = arrays.segments, arrays.segments.shares
        self._arrays, self._segments, self._shares = arrays, segments, shares
        self._blocks = blocks
        self.block_of_line = np.full(arrays.needed.size, -1, dtype=np.int64)
        self.block_of_line[shares.line] = block_of_share
        self._by_line = np.argsort(shares.line, kind="stable")
        self._line_start = np.searchsorted(
            shares.line[self._by_line], np.arange(arrays.needed.size + 1)
        )
        self._by_block = np.argsort(self.block_of_line, kind="stable")
        self._block_start = np.searchsorted(
            self.block_of_line[self._by_block], np.arange(blocks + 1)
        )
        self._block_of_segment = np.zeros(len(segments), dtype=np.int64)
        self._block_of_segment[shares.segment] = block_of_share
        self._need = arrays.needed[shares.line]
        ordered = np.bincount(shares.segment, self._need, minlength=len(segments))
        low = np.maximum(segments.lower, 1e-9 * ordered)
        high = np.maximum(np.minimum(segments.upper, ordered), low)
        self._a, self._b = low[shares.segment], high[shares.segment]
        known = self.block_of_line >= 0
        of_line = self.block_of_line[known]
        self.several = np.bincount(of_line, minlength=blocks) > 1
        spare = np.bincount(of_line, arrays.surplus[known], minlength=blocks) > 0
        self._unbounded = spare | (np.bincount(of_line, minlength=blocks) == 0)

    def lines_of(self, block: int) -> Ints:
        """Return the lines of a block."""
        return self._by_block[self._block_start[block] : self._block_start[block + 1]]

    def shares_of(self, line: int) -> Ints:
        """Return the shares of a line."""
        return self._by_line[self._line_start[line] : self._line_start[line + 1]]

    def least(self, cost: Floats) -> Floats:
        """Return what no plan of each block costs less than; minus infinity where unknown.

        Parameters
        ----------
        cost
            The cost of each column of the program.
        """
        average = self._least_of_line(self._averages(cost)[0])
        known, needed = self.block_of_line >= 0, self._arrays.needed
        average[needed <= 0] = 0.0  # what needs nothing costs nothing, whatever a part would
        least = np.bincount(
            self.block_of_line[known], (average * needed)[known], self._blocks
        ).astype(np.float64)
        least[self._unbounded] = -np.inf
        return least

    def _least_of_line(self, average: Floats) -> Floats:
        """Return the least of each line's shares, shape (lines,)."""
        least = np.full(self._arrays.needed.size, np.inf)
        np.minimum.at(least, self._shares.line, average)
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
        shares, need = self._shares, self._need
        line, segment = shares.line, shares.segment
        fixed, rate, per_week = self._costs(cost)
        least_average, least_paid = map(self._least_of_line, self._averages(cost))
        slope = per_week * self._segments.weeks_rate[segment]
        linear = rate + per_week * shares.weeks - least_average[line]
        with np.errstate(divide="ignore", invalid="ignore"):
            bottom = np.where(slope > 0, -linear / (2 * slope), self._a)
        on_average = need * least_average[line] + np.min(
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
                + wait * (shares.weeks + self._segments.weeks_rate[segment] * q)
                + least_paid[line] * (need - q)
                for q in (self._a, self._b)
            ],
            axis=0,
        )
        # Of an order of several lines: each line gains on it, at its best, what it can.
        gain = np.minimum(0.0, linear + np.minimum(slope * self._a, slope * self._b)) * need
        m = len(self._segments)
        gained = np.bincount(segment, gain, minlength=m)
        every, block = self.least(cost), self._block_of_segment
        together = every[block] + cost[self._arrays.y] + gained
        alone = np.full(m, np.inf)
        np.minimum.at(alone, segment, np.maximum(on_average, at_once))
        bound = np.where(self.several[block], together, alone)
        known = best[block]
        size = np.zeros(m)
        np.maximum.at(size, segment, np.abs(fixed) + np.abs(rate) * need)
        room = 1e-9 * np.maximum(np.abs(known), size)
        worse: Bools = ~self._unbounded[block] & (bound > known + room)
        return worse

    def _costs(self, cost: Floats) -> tuple[Floats, Floats, Floats]:
        """Return what each share costs: its order's fixed cost, a part, and a week of its line."""
        arrays, shares = self._arrays, self._shares
        timed = arrays.weeks[shares.line]
        per_week = np.where(timed >= 0, cost[timed], 0.0) / self._need
        return cost[arrays.y[shares.segment]], cost[arrays.x], per_week

    def _averages(self, cost: Floats) -> tuple[Floats, Floats]:
        """Return the least that a part of each share costs, with and without waiting."""
        fixed, rate, per_week = self._costs(cost)
        slope = per_week * self._segments.weeks_rate[self._shares.segment]
        with np.errstate(divide="ignore", invalid="ignore"):
            bottom = np.sqrt(fixed / slope)
        bottom = np.clip(np.where(np.isfinite(bottom), bottom, self._b), self._a, self._b)
        average = np.min([fixed / q + slope * q for q in (self._a, self._b, bottom)], axis=0)
        paid = np.minimum(fixed / self._a, fixed / self._b) + rate
        return average + rate + per_week * self._shares.weeks, paid
