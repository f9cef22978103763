r"""What no plan of several lines that share orders can cost less than, without a solver.

A plan orders on a set S of segments, each with :math:`a_s \le x_s \le b_s` parts. No line is served
below what its cheapest order of S asks, were that as small as it may be, and what an order must
have, though its lines would pay less elsewhere, costs at least the difference:

.. math:: \sum_{s \in S} f_s + \sum_l m_l + \sum_{s \in S} e_s(a_s), \qquad
    m_l = \min_{s \in S} Q_l r_{ls} + h_l (\tau_{ls} + \rho_s a_s)

The sets that this leaves are divided: by the parts of an order, until its lines wait for about as
many as they take, and by whether a line that is shared out takes part in an order at all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amopt.sourcing.methods.arrays import Arrays
from amopt.sourcing.methods.decomposition.sets import Sets

__all__ = ["OrderSets", "least_of_sets"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MOST_LINES = 12
"""Lines of a part up to which its sets of orders are looked at."""

MOST_SETS = 400_000
"""Sets that are looked at together; the parts that have more are left as they are."""

MOST_OF_PART = 300
"""Sets of one part that are divided; a part with more is left to a solver."""

DIVISIONS = 60
"""Most times that sets are divided."""


class OrderSets:
    """The segments of parts of L lines, and what their lines pay on them.

    Parameters
    ----------
    arrays
        The program.
    cost
        The cost of each of its columns.
    lines
        The lines of each part, shape (parts, L).
    segment, part
        The segments that a better plan may order on, and the part of each, shape (m,): part by
        part, and in each pool by pool.
    """

    def __init__(
        self, arrays: Arrays, cost: Floats, lines: Ints, segment: Ints, part: Ints
    ) -> None:
        segments, shares, program = arrays.segments, arrays.segments.shares, arrays.program
        parts, size = lines.shape
        self.part, self.pool = part, segments.pool[segment]
        self.start = np.searchsorted(part, np.arange(parts + 1))
        self.need = arrays.needed[lines]
        timed = arrays.weeks[lines]
        self.per_week = np.where(timed >= 0, cost[timed], 0.0)
        self.since = np.where(timed >= 0, program.lower[timed], 0.0)
        place = np.zeros(arrays.needed.size, dtype=np.int64)
        place[lines] = np.arange(size)
        number = np.full(len(segments), -1, dtype=np.int64)
        number[segment] = np.arange(segment.size)
        i = np.flatnonzero(number[shares.segment] >= 0)
        at = number[shares.segment[i]], place[shares.line[i]]
        self.able = np.zeros((segment.size, size), dtype=bool)
        self.able[at] = True
        integer = np.ones(parts, dtype=bool)
        np.logical_and.at(integer, part[at[0]], program.integer[arrays.x[i]])
        self.whole = integer[part]
        self.paid, self.weeks = np.zeros((2, segment.size, size))
        self.paid[at], self.weeks[at] = cost[arrays.x[i]], shares.weeks[i]
        self.able &= self.need[part] > 0
        self.lower = segments.lower[segment]
        self.upper = np.minimum(segments.upper[segment], self.need[part].sum(axis=1))
        self.fixed, self.pace = cost[arrays.y[segment]], segments.weeks_rate[segment]
        # What falls with the quantity is no less than its share at the least quantity.
        credit = np.minimum(self.fixed, 0.0) / np.maximum(self.lower, 1e-9)
        self.paid += credit[:, None]
        self.fixed = np.maximum(self.fixed, 0.0)

    def least(self, known: Floats, spare: Floats) -> Floats:
        """Return what no plan of each part that orders on more than one segment costs less than.

        Parameters
        ----------
        known
            What the best known plan of each part costs.
        spare
            How much less than that the bounds may be.
        """
        enough = known - spare
        least = np.where(np.diff(self.start) > 1, enough, known)
        open_sets, unknown = self._worth_a_look(enough)
        least[unknown] = -np.inf
        for _ in range(DIVISIONS):
            if not len(open_sets):
                break
            children, done = self._divided(open_sets, enough)
            np.minimum.at(least, done.part, done.least)
            many = np.bincount(children.part, minlength=least.size) > MOST_OF_PART
            given_up = many[children.part]
            np.minimum.at(least, children.part[given_up], children.least[given_up])
            open_sets = children.take(~given_up)
        np.minimum.at(least, open_sets.part, open_sets.least)
        return least

    def _worth_a_look(self, enough: Floats) -> tuple[Sets, Bools]:
        """Return the sets that may have a better plan, and the parts that have too many."""
        each = np.arange(self.part.size)
        single = self._sets(each[:, None])
        served, ahead = self._served(single)
        cheapest = np.full(self.need.shape, np.inf)
        np.minimum.at(cheapest, self.part, served[:, 0])
        beyond = self._moved(single, (served - cheapest[self.part][:, None]) * ahead)
        base = np.where(np.isfinite(cheapest), cheapest, 0.0).sum(axis=1)
        alone = self.fixed + np.where(np.isfinite(beyond[:, 0]), beyond[:, 0], 0.0)
        room = enough - base
        unknown = np.zeros(self.need.shape[0], dtype=bool)
        order = np.cumsum(
            np.append(0, (np.diff(self.part) != 0) | (np.diff(self.pool) != 0)), dtype=np.int64
        )
        found: list[Sets] = []
        sets, total = each[:, None], alone.copy()
        while True:
            keep = total < room[self.part[sets[:, 0]]]
            sets, total = sets[keep], total[keep]
            if sets.shape[1] > 1 and sets.size:
                found.append(self._bounded(self._sets(sets), enough))
            last = sets[:, -1]
            # After a segment of a pool come those of the pools behind it.
            next_pool = np.searchsorted(order, order[last], side="right")
            count = self.start[self.part[last] + 1] - next_pool
            of_part = np.bincount(self.part[last], count, minlength=unknown.size)
            if of_part.sum() > MOST_SETS:
                # Those with fewest are looked at to the end.
                fewest = np.argsort(of_part, kind="stable")
                unknown[fewest[np.cumsum(of_part[fewest]) > MOST_SETS]] = True
                count[unknown[self.part[last]]] = 0
            if not count.sum():
                break
            row = np.repeat(np.arange(last.size), count)
            within = np.arange(row.size) - np.repeat(np.cumsum(count) - count, count)
            added = next_pool[row] + within
            sets, total = np.column_stack([sets[row], added]), total[row] + alone[added]
        wide = max((one.segment.shape[1] for one in found), default=2)
        empty = self._sets(np.zeros((0, wide), dtype=np.int64))
        return Sets.together([empty, *(one.widened(wide) for one in found)]), unknown

    def _sets(self, segment: Ints) -> Sets:
        part = self.part[segment[:, 0]] if segment.size else np.zeros(0, dtype=np.int64)
        return Sets(
            part,
            segment,
            self.lower[segment],
            self.upper[segment],
            self.able[segment],
            self.since[part],
            np.full(part.size, -np.inf),
        )

    def _served(self, sets: Sets) -> tuple[Floats, Floats]:
        """Return what each line costs on each segment, shape (n, k, L), and 1 over its parts."""
        segment, part = np.maximum(sets.segment, 0), sets.part
        need, per_week = self.need[part][:, None], self.per_week[part][:, None]
        pace = self.pace[segment]
        wait = np.minimum(pace * sets.lower, pace * sets.upper)[:, :, None] + self.weeks[segment]
        served = need * self.paid[segment] + per_week * np.maximum(wait, sets.since[:, None])
        able = sets.able & (sets.segment >= 0)[:, :, None]
        with np.errstate(divide="ignore"):
            share = np.where(need > 0, 1.0 / need, 0.0)
        return np.where(able, served, np.where(need > 0, np.inf, 0.0)), np.broadcast_to(
            share, able.shape
        )

    def _moved(self, sets: Sets, each: Floats) -> Floats:
        """Return what the least of each order costs at these differences a part, shape (n, k)."""
        each = np.where(sets.able & (sets.segment >= 0)[:, :, None], each, np.inf)
        order = np.argsort(each, axis=2, kind="stable")
        dearer = np.take_along_axis(each, order, axis=2)
        room = np.take_along_axis(
            np.broadcast_to(self.need[sets.part][:, None], each.shape), order, axis=2
        )
        before = np.cumsum(room, axis=2) - room
        taken = np.clip(sets.lower[:, :, None] - before, 0.0, room)
        with np.errstate(invalid="ignore"):
            paid = np.where(taken > 0, taken * dearer, 0.0).sum(axis=2)
        used: Floats = np.where(sets.segment >= 0, paid, 0.0)
        return used

    def _driven_off(self, sets: Sets, served: Floats, cheapest: Floats, share: Floats) -> Floats:
        """Return what it costs that more parts want one order than it may have, shape (n,)."""
        if sets.segment.shape[1] < 3:
            return np.zeros(len(sets))
        best = served.argmin(axis=1)
        others = served.copy()
        np.put_along_axis(others, best[:, None], np.inf, axis=1)
        need = self.need[sets.part]
        with np.errstate(invalid="ignore"):
            each = np.where(need > 0, (others.min(axis=1) - cheapest) * share[:, 0], np.inf)
        order = np.argsort(each, axis=1, kind="stable")
        dearer, room = (np.take_along_axis(own, order, axis=1) for own in (each, need))
        at = np.take_along_axis(best, order, axis=1)
        cost = np.zeros(sets.segment.shape)
        for k in range(sets.segment.shape[1]):
            own = np.where(at == k, room, 0.0)
            left = own.sum(axis=1) - np.where(sets.segment[:, k] >= 0, sets.upper[:, k], 0.0)
            taken = np.clip(left[:, None] - (np.cumsum(own, axis=1) - own), 0.0, own)
            with np.errstate(invalid="ignore"):
                cost[:, k] = np.where(taken > 0, taken * dearer, 0.0).sum(axis=1)
        most: Floats = cost.max(axis=1)
        return most

    def _bounded(self, sets: Sets, enough: Floats) -> Sets:
        """Return the sets that may have a better plan, their orders cut to what can be."""
        used, total = sets.segment >= 0, self.need[sets.part].sum(axis=1)
        for _ in range(2):
            lower, upper = np.where(used, sets.lower, 0.0), np.where(used, sets.upper, 0.0)
            least = (total - upper.sum(axis=1))[:, None] + upper
            most = (total - lower.sum(axis=1))[:, None] + lower
            sets.lower = np.where(used, np.maximum(sets.lower, least), 0.0)
            sets.upper = np.where(used, np.minimum(sets.upper, most), 0.0)
        possible = (sets.lower <= sets.upper + 1e-9 * total[:, None]).all(axis=1)
        sets = sets.take(possible)
        served, share = self._served(sets)
        cheapest = served.min(axis=1)
        with np.errstate(invalid="ignore"):
            moved = self._moved(sets, (served - cheapest[:, None]) * share)
        fixed = np.where(sets.segment >= 0, self.fixed[np.maximum(sets.segment, 0)], 0.0)
        beyond = np.maximum(moved.sum(axis=1), self._driven_off(sets, served, cheapest, share))
        sets.least = fixed.sum(axis=1) + cheapest.sum(axis=1) + beyond
        sets.least = np.where(np.isnan(sets.least), np.inf, sets.least)
        return sets.take(sets.least < enough[sets.part])

    def _divided(self, sets: Sets, enough: Floats) -> tuple[Sets, Sets]:
        """Return what sets are divided into, as far as it may have a better plan, and the others.

        Where an order has more parts than its lines are taken to wait for, it is divided by its
        parts; else a line that is shared out by whether it takes part.
        """
        served, share = self._served(sets)
        cheapest = served.min(axis=1)
        own = served == cheapest[:, None]
        own &= np.cumsum(own, axis=1) == 1
        need = self.need[sets.part]
        parts = np.where(own, need[:, None], 0.0).sum(axis=2)
        pace = self.pace[np.maximum(sets.segment, 0)]
        x = np.clip(np.maximum(parts, sets.lower), sets.lower, sets.upper)
        late = np.abs(pace) * np.where(pace >= 0, x - sets.lower, sets.upper - x)
        waiting = (self.per_week[sets.part][:, None] * own).sum(axis=2)
        error = np.where(sets.segment >= 0, late * waiting, 0.0)
        by_parts = error.max(axis=1) > 1e-9 * np.abs(sets.least)
        apart = self._by_parts(sets.take(by_parts), error[by_parts], x[by_parts])
        rest = sets.take(~by_parts)
        by_line, done = self._by_line(rest, served[~by_parts], share[~by_parts], parts[~by_parts])
        children = Sets.together([apart, by_line])
        return self._bounded(children, enough), done

    def _by_parts(self, sets: Sets, error: Floats, x: Floats) -> Sets:
        """Divide orders by their parts, half way between what is waited for and what is taken."""
        each, s = np.arange(len(sets)), error.argmax(axis=1)
        lower, upper = sets.lower[each, s], sets.upper[each, s]
        falling = self.pace[sets.segment[each, s]] < 0
        half = (np.where(falling, upper, lower) + x[each, s]) / 2
        whole = self.whole[sets.segment[each, s]]
        middle = np.where(whole, np.floor(half), half)
        middle = np.clip(middle, lower, np.where(whole, np.maximum(upper - 1, lower), upper))
        below, above = sets.take(each), sets.take(each)
        below.upper[each, s] = middle
        above.lower[each, s] = np.where(whole, middle + 1, middle)
        return Sets.together([below, above])

    def _by_line(
        self, sets: Sets, served: Floats, share: Floats, parts: Floats
    ) -> tuple[Sets, Sets]:
        """Divide by whether the line that an order takes a share of is part of it."""
        each = np.arange(len(sets))
        with np.errstate(invalid="ignore"):
            differ = (served - served.min(axis=1)[:, None]) * share
        order = np.argsort(np.where(sets.able, differ, np.inf), axis=2, kind="stable")
        need = np.take_along_axis(
            np.broadcast_to(self.need[sets.part][:, None], order.shape), order, axis=2
        )
        before = np.cumsum(need, axis=2) - need
        lower = np.where(sets.segment >= 0, sets.lower, 0.0)[:, :, None]
        short = (lower[:, :, 0] > parts * (1 + 1e-9))[:, :, None]
        split = short & (before < lower * (1 - 1e-9)) & (before + need > lower * (1 + 1e-9))
        found = split.reshape(len(sets), split.shape[1] * split.shape[2])
        s, n = np.divmod(found.argmax(axis=1) if len(sets) else each, order.shape[2])
        line = order[each, s, n]
        others = sets.able.copy()
        others[each, s] = False
        shared = others[each, :, line].any(axis=1) & sets.able[each, s, line]
        free = found.any(axis=1) & shared
        segment = np.maximum(sets.segment, 0)
        wait = self.weeks[segment, line[:, None]] + np.minimum(
            self.pace[segment] * sets.lower, self.pace[segment] * sets.upper
        )
        elsewhere = np.where(others[each, :, line], wait, np.inf).min(axis=1, initial=np.inf)
        both_wait = np.maximum(wait[each, s], elsewhere)
        known = sets.since[each, line] >= both_wait * (1 - 1e-12)
        divided = np.flatnonzero(free & ~known)
        k, line = np.arange(divided.size), line[divided]
        s, both_wait = s[divided], both_wait[divided]
        without, alone, both = (sets.take(divided) for _ in range(3))
        without.able[k, s, line] = False
        mine = alone.able[k, s, line].copy()
        alone.able[k, :, line] = False
        alone.able[k, s, line] = mine
        both.since[k, line] = np.maximum(both.since[k, line], both_wait)
        done = np.ones(len(sets), dtype=bool)
        done[divided] = False
        return Sets.together([without, alone, both]), sets.take(done)


def least_of_sets(
    arrays: Arrays,
    cost: Floats,
    block_of_line: Ints,
    *,
    looked_at: Ints,
    known: Floats,
    spare: Floats,
) -> Floats:
    """Return what no plan of each block costs less than; minus infinity where it is not known.

    Parameters
    ----------
    arrays
        The program.
    cost
        The cost of each of its columns.
    block_of_line
        The block of each line, or -1.
    looked_at
        The segments that a better plan may order on.
    known
        What the best known plan of each block costs; a plan that orders on one segment is known.
    spare
        How much less than that the bounds may be, by block.
    """
    shares = arrays.segments.shares
    least = np.full(known.size, -np.inf)
    size = np.bincount(block_of_line[block_of_line >= 0], minlength=known.size)
    block_of_segment = np.full(len(arrays.segments), -1, dtype=np.int64)
    block_of_segment[shares.segment] = block_of_line[shares.line]
    block = block_of_segment[looked_at]
    order = np.lexsort((arrays.segments.pool[looked_at], block))
    segment, block = looked_at[order], block[order]
    by_block = np.argsort(block_of_line, kind="stable")
    begin = np.searchsorted(block_of_line[by_block], np.arange(known.size))
    for lines in range(2, MOST_LINES + 1):
        blocks = np.flatnonzero(size == lines)
        own = np.isin(block, blocks)
        if not blocks.size:
            continue
        part = np.searchsorted(blocks, block[own])
        members = by_block[begin[blocks][:, None] + np.arange(lines)]
        sets = OrderSets(arrays, cost, members, segment[own], part)
        least[blocks] = sets.least(known[blocks], spare[blocks])
    return least
