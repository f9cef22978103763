r"""Many lines that share a few limits: solved by putting prices on the limits.

The program falls apart into lines but for the rows that they share (capacities, licences, budget,
emissions). With prices :math:`\pi \ge 0` on these rows, each line is decided by itself, and

.. math:: \sum_l \min_{p \in P_l} (c_p + \pi^T u_p) - \pi^T b

over the plans :math:`P_l` of each line (cost :math:`c_p`, use :math:`u_p`) is a bound for any
prices (Lagrange). The prices come from a linear program that mixes the plans known so far; lines
for which a better plan may exist at these prices are solved for it (Dantzig and Wolfe, 1960). At
the end a mixed-integer program picks one plan a line.

Most lines need no solver: where ordering all parts from one supplier costs no more than the bound
of :mod:`amopt.sourcing.methods.decomposition.line_bounds`, the line is done. So are most parts
whose lines share orders, by the bound of :mod:`amopt.sourcing.methods.decomposition.order_sets`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.outcome import Outcome, Status, Stopped, relative_gap, rounded_bound, versions
from amopt.phrases import counted
from amopt.program.blocks import Blocks, split
from amopt.program.linear import LinearProgram
from amopt.program.solver.highs import Answer, Options, Progress, solve
from amopt.program.time import Budget
from amopt.sourcing.methods.arrays import Arrays
from amopt.sourcing.methods.decomposition.line_bounds import LineBounds, without_settled_weeks
from amopt.sourcing.methods.decomposition.line_plans import LinePlans
from amopt.sourcing.methods.decomposition.one_order import kept_plans, one_order_each
from amopt.sourcing.methods.decomposition.order_sets import least_of_sets
from amopt.sourcing.methods.decomposition.partitions import partitions

__all__ = ["solve_by_prices"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

ROUNDS = 12
"""Most times that prices are found anew."""

FREE = 200
"""Lines that are open at first when one plan a line is picked."""

SHARE = 0.25
"""Share of the gap asked for that each source of it (prices, plans, the last program) may take."""


def solve_by_prices(
    arrays: Arrays,
    options: Options,
    progress: Callable[[Progress], None] | None = None,
) -> Answer | None:
    """Solve a program of many lines that share a few limits.

    Parameters
    ----------
    arrays
        The program, and where things stand in it.
    options
        Limits; ``gap`` is what the answer's proven gap should be.
    progress
        Called after each round.

    Returns
    -------
    Answer or None
        A plan and a proven bound; None where no plan was found this way.
    """
    run = _Run(arrays, options)
    if not run.start():
        return None
    for _ in range(ROUNDS):
        if not run.find_prices():
            return None
        improved = run.find_plans()
        if progress is not None:
            gap = relative_gap(run.mixed, run.bound)
            progress(Progress(run.budget.spent, run.mixed, run.bound, gap, 0))
        near = run.mixed - run.bound <= SHARE * options.gap * abs(run.mixed)
        if near or not improved or run.late():
            break
    if run.mix.size < len(run.plans.values) and not run.find_prices():
        return None
    return run.pick()


class _Run:
    """One solve under way."""

    def __init__(self, arrays: Arrays, options: Options) -> None:
        self.budget, self.options = Budget(options.time_limit), options
        self.arrays, self.program = arrays, arrays.program
        program = arrays.program
        self.bound, self.mixed = -np.inf, np.inf
        self.mix: Floats = np.zeros(0)
        rest = np.setdiff1d(np.arange(program.shape[0]), arrays.shared)
        self.coupling = program.matrix[arrays.shared]
        self.limit = program.row_upper[arrays.shared]
        self.plans = LinePlans(program.cost, self.coupling)
        self.prices: Floats = np.zeros(self.limit.size)
        self.blocks: Blocks = split(
            LinearProgram(
                program.cost,
                program.matrix[rest],
                program.row_lower[rest],
                program.row_upper[rest],
                program.lower,
                program.upper,
                program.integer,
            )
        )
        block = np.empty(program.shape[1], dtype=np.int64)
        sizes = np.diff(self.blocks.column_starts)
        block[self.blocks.columns] = np.repeat(np.arange(len(self.blocks)), sizes)
        self.block_of_column = block
        self.rest = rest
        self.arrays = arrays = without_settled_weeks(arrays, block)
        self.line_bounds = LineBounds(arrays, block[arrays.x], len(self.blocks))
        self.proven = np.full(len(self.blocks), -np.inf)
        self.proven_at: Floats | None = None
        self.solved = 0

    def left(self) -> Options:
        """Return the options with the time that is left."""
        return self.budget.options(self.options)

    def late(self) -> bool:
        """Return whether most of the time is gone."""
        limit = self.budget.limit
        return limit is not None and self.budget.spent > 0.7 * limit

    def start(self) -> bool:
        """Begin with every way of placing one order for all lines of a block."""
        if not np.isfinite(self.limit).all():
            return False
        first = one_order_each(self.arrays, self.rest, self.block_of_column)
        block = self.block_of_column[first.indices[first.indptr[:-1]]]
        self.plans.add_columns(first, block)
        self._share_out(self.program.cost, np.full(len(self.blocks), np.inf))
        covered = np.zeros(len(self.blocks), dtype=bool)
        covered[self.plans.arrays()[0]] = True
        for own in np.flatnonzero(~covered).tolist():
            covered[own] = self._fill(own)
        nothing = np.zeros(len(self.arrays.segments), dtype=bool)
        self._solve_blocks(np.flatnonzero(~covered), self.program.cost, nothing)
        return len(self.plans) > 0 and np.unique(self.plans.arrays()[0]).size == len(self.blocks)

    def _fill(self, block: int) -> bool:
        """Fill a line from the cheapest segments, as full as can be; return whether that is a plan.

        It is none where the program of the line says so, whatever bears on it.
        """
        arrays, bounds = self.arrays, self.line_bounds
        segments, shares = arrays.segments, arrays.segments.shares
        columns, part = self._columns(block), self._programs[block]
        values = np.clip(np.zeros(columns.size), part.lower, part.upper)
        lines = bounds.lines_of(block)
        if lines.size > 1:
            return False
        line = int(lines[0]) if lines.size else -1
        i = bounds.shares_of(line) if lines.size else np.zeros(0, dtype=np.int64)
        own = shares.segment[i]
        cost, upper = self.program.cost, segments.upper[own]
        with np.errstate(divide="ignore", invalid="ignore"):
            average = cost[arrays.y[own]] / upper + cost[arrays.x[i]]
        used: set[int] = set()
        left = float(arrays.needed[line]) if line >= 0 else 0.0
        week = np.flatnonzero(columns == (arrays.weeks[line] if line >= 0 else -1))
        for n in np.argsort(average, kind="stable").tolist():
            s, pool = int(own[n]), int(segments.pool[own[n]])
            amount = min(left, float(segments.upper[s]))
            if pool in used or amount <= 0 or amount < segments.lower[s]:
                continue
            used.add(pool)
            at = [arrays.x[i[n]], arrays.y[s]]
            values[np.searchsorted(columns, at)] = amount, 1.0
            arrives = shares.weeks[i[n]] + segments.weeks_rate[s] * amount
            values[week] = np.maximum(values[week], arrives)
            left -= amount
        activity, room = part.matrix @ values, 1e-9 * (abs(part.matrix) @ np.abs(values))
        if ((activity < part.row_lower - room) | (activity > part.row_upper + room)).any():
            return False
        self.plans.add_written(block, columns, values)
        return True

    def _columns(self, block: int) -> Ints:
        """Return the columns of a block."""
        starts = self.blocks.column_starts
        return self.blocks.columns[starts[block] : starts[block + 1]]

    @cached_property
    def _programs(self) -> list[LinearProgram]:
        """The program of each block."""
        return self.blocks.programs()

    def _solve_blocks(self, blocks: Ints, cost: Floats, without: Bools) -> dict[int, float]:
        """Solve some blocks at given costs, keep their plans, and return the bounds proven.

        Parameters
        ----------
        blocks
            The blocks to be solved.
        cost
            The cost of each column.
        without
            The segments that no better plan uses.
        """
        proven: dict[int, float] = {}
        upper = self.program.upper.copy()
        upper[self.arrays.x[without[self.arrays.segments.shares.segment]]] = 0.0
        upper[self.arrays.y[without]] = 0.0
        for b in blocks.tolist():
            columns = self._columns(b)
            part = replace(self._programs[b], cost=cost[columns], upper=upper[columns], offset=0.0)
            answer = solve(part, replace(self.left(), gap=SHARE * self.options.gap))
            self.solved += 1
            if answer.values is None or answer.outcome.bound is None:
                continue
            proven[b] = answer.outcome.bound
            self.plans.add_written(b, columns, answer.values)
            if self.late():
                break
        return proven

    def find_prices(self) -> bool:
        """Mix the plans known so far; the limits' shadow prices are the prices."""
        if not self.limit.size:
            return self._mix_apart()
        answer = self.plans.mixed(len(self.blocks), self.limit, self.left)
        if answer.duals is None or answer.values is None or answer.outcome.objective is None:
            return False
        self.prices = np.maximum(0.0, -answer.duals[len(self.blocks) :])
        self.mix = answer.values[: -self.limit.size]
        self.mixed = answer.outcome.objective + self.program.offset
        return True

    def _mix_apart(self) -> bool:
        """Take the best plan of each block, where nothing is shared; return that there is one."""
        block, cost, _ = self.plans.arrays()
        order = np.lexsort((cost, block))
        self.mix = np.zeros(block.size)
        self.mix[order[np.flatnonzero(np.diff(block[order], prepend=-1))]] = 1.0
        self.mixed = float(self.mix @ cost) + self.program.offset
        return True

    def find_plans(self) -> bool:
        """Bound every block at these prices, and solve those that leave the bound too low.

        Returns
        -------
        bool
            Whether plans were found.
        """
        before = len(self.plans.values)
        cost = self.program.cost + self.coupling.T @ self.prices
        block, own, use = self.plans.arrays()
        best = np.full(len(self.blocks), np.inf)
        np.minimum.at(best, block, own + self.prices @ use)
        best = self._share_out(cost, best)
        spare = SHARE * self.options.gap * abs(self.mixed)
        least, worse = self._bounds(cost, best, spare / 2)
        room = best - least
        order = np.argsort(-room, kind="stable")
        behind = np.cumsum(room[order][::-1])[::-1]
        chosen = order[(behind > spare) & (room[order] > 0)]
        for b, bound in self._solve_blocks(chosen, cost, worse).items():
            self.proven[b] = least[b] = max(least[b], bound)
        total = least.sum() - self.prices @ self.limit + self.program.offset
        self.bound = max(self.bound, float(total))
        return len(self.plans.values) > before

    def _share_out(self, cost: Floats, known: Floats) -> Floats:
        """Add the plans that share lines out over orders at best, where none as good is known.

        Parameters
        ----------
        cost
            The cost of each column of the program.
        known
            What the best known plan of each block costs.

        Returns
        -------
        array of float
            What the best known plan of each block costs then.
        """
        plan, share = partitions(self.arrays, cost, self.line_bounds.block_of_line)
        if not plan.size:
            return known
        found = kept_plans(self.arrays, self.rest, plan, share)
        block, own = self.block_of_column[found.indices[found.indptr[:-1]]], found.T @ cost
        better = np.flatnonzero(own < known[block] * (1 - 1e-9))
        self.plans.add_columns(found[:, better], block[better])
        best = known.copy()
        np.minimum.at(best, block[better], own[better])
        return best

    def _bounds(self, cost: Floats, best: Floats, spare: float) -> tuple[Floats, Bools]:
        """Return what no plan of each block costs less than, and segments of no better plan.

        ``best`` is what the best known plan of each costs, and ``spare`` by how much all bounds
        together may be below it.
        """
        bounds = self.line_bounds
        if self.proven_at is None or not np.array_equal(self.prices, self.proven_at):
            self.proven, self.proven_at = bounds.least(cost), self.prices
        least, worse = np.minimum(best, self.proven), bounds.worse(cost, best)
        at_hand = np.isfinite(least) & bounds.several
        paid = max(float(best[at_hand].sum()), spare)  # nothing where all is free
        allowed = np.where(at_hand, best * (spare / paid if paid > 0 else 0.0), 0.0)
        within = np.where(
            (at_hand & (best - least > allowed))[bounds.block_of_line], bounds.block_of_line, -1
        )
        of_sets = least_of_sets(
            self.arrays, cost, within, looked_at=np.flatnonzero(~worse), known=best, spare=allowed
        )
        return np.maximum(least, np.minimum(best, of_sets)), worse

    def pick(self) -> Answer | None:
        """Pick one plan a line: as mixed, but for the lines where picking is a choice."""
        block, own, use = self.plans.arrays()
        margin = self.plans.margins(own + self.prices @ use, self.mix, len(self.blocks))
        target = self.bound + 2 * SHARE * self.options.gap * abs(self.mixed)
        free = FREE
        undecided = np.ones(len(self.blocks), dtype=bool)
        undecided[block[self.mix > 0.5]] = False
        while self.limit.size:
            open_lines = undecided.copy()  # none of their plans could be kept
            open_lines[np.argsort(margin, kind="stable")[:free]] = True
            chosen = self._pick(open_lines, block, own, use)
            if chosen is not None:
                objective = own[chosen].sum() + self.program.offset
                if objective <= target or free >= len(self.blocks) or self.late():
                    return self._answer(chosen)
            if free >= len(self.blocks):
                return None
            free *= 8
        self._mix_apart()
        return self._answer(np.flatnonzero(self.mix))

    def _pick(self, free: Bools, block: Ints, cost: Floats, use: Floats) -> Ints | None:
        """Pick plans for the free lines, the others' as mixed; nothing where that cannot be."""
        kept = np.flatnonzero((self.mix > 0.5) & ~free[block])
        left = self.limit - use[:, kept].sum(axis=1)
        if (left < 0).any():
            return None
        plans = np.flatnonzero(free[block])
        number = np.cumsum(free) - 1
        one = sp.csr_array(
            (np.ones(plans.size), (number[block[plans]], np.arange(plans.size))),
            shape=(int(free.sum()), plans.size),
        )
        picked = solve(
            LinearProgram.from_arrays(
                cost[plans],
                sp.vstack([one, sp.csr_array(use[:, plans])], format="csr"),
                np.append(np.ones(one.shape[0]), np.full(left.size, -np.inf)),
                np.append(np.ones(one.shape[0]), left),
                upper=1.0,
                integer=True,
            ),
            replace(
                self.left(),
                gap=SHARE * self.options.gap * abs(self.mixed) / (abs(cost[plans].sum()) or 1.0),
            ),
        )
        if picked.values is None:
            return None
        return np.append(kept, plans[picked.values > 0.5])

    def _answer(self, chosen: Ints) -> Answer:
        values = self.plans.written(chosen)
        objective = self.program.objective(values)
        bound = rounded_bound(self.bound, objective)
        gap = relative_gap(objective, bound)
        outcome = Outcome(
            stopped=Stopped.TIME_LIMIT if self.late() else Stopped.FINISHED,
            status=Status.OPTIMAL if gap is not None and gap <= 1e-9 else Status.FEASIBLE,
            objective=objective,
            bound=bound,
            method=(
                f"prices on {counted(self.limit.size, 'shared limit')}"
                if self.limit.size
                else "bounds of each line"
            )
            + (f" ({counted(self.solved, 'line')} by HiGHS)" if self.solved else ""),
            seconds={"solve": self.budget.spent},
            versions=versions("highspy"),
        )
        return Answer(outcome, values)
