r"""Many lines that share a few limits: solved by putting prices on the limits.

The program falls apart into lines but for the rows that they share (capacities, licences, budget,
emissions). With prices :math:`\pi \ge 0` on these rows, each line is decided by itself, and

.. math:: \sum_l \min_{p \in P_l} (c_p + \pi^T u_p) - \pi^T b

over the plans :math:`P_l` of each line (cost :math:`c_p`, use :math:`u_p`) is a bound for any
prices (Lagrange). The prices come from a linear program that mixes the plans known so far; lines
for which a better plan may exist at these prices are solved for it (Dantzig and Wolfe, 1960). At
the end a mixed-integer program picks one plan a line.

Most lines need no solver: ordering all Q parts from one supplier costs the least single-source
plan, and no plan of the line costs less than

.. math:: Q \, \min_s \min_{a_s \le q \le b_s} \left( \frac{f_s}{q} + r_s
    + \frac{h}{Q} (\tau_s + \rho_s q) \right)

because delivery is no earlier than the parts are on average. Where the two meet, the line is done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.program.blocks import Blocks, split
from amopt.program.linear import LinearProgram
from amopt.program.solver.highs import Answer, Options, Progress, solve
from amopt.program.solver.outcome import Outcome, Status, Stopped, relative_gap, versions
from amopt.program.time import Budget
from amopt.sourcing.methods.arrays import Arrays

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


@dataclass(eq=False)
class _Plans:
    """Plans of lines: what each costs and uses, and how it is written down."""

    line: list[Ints] = field(default_factory=list)
    cost: list[Floats] = field(default_factory=list)
    use: list[Floats] = field(default_factory=list)
    values: list[tuple[Ints, Floats] | None] = field(default_factory=list)
    segment: list[Ints] = field(default_factory=list)

    def arrays(self) -> tuple[Ints, Floats, Floats]:
        """Return line (p,), cost (p,) and use (k, p) of all plans."""
        return np.concatenate(self.line), np.concatenate(self.cost), np.hstack(self.use)


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
        self.parts: list[LinearProgram] = []
        segments = arrays.segments
        block = np.empty(program.shape[1], dtype=np.int64)
        sizes = np.diff(self.blocks.column_starts)
        block[self.blocks.columns] = np.repeat(np.arange(len(self.blocks)), sizes)
        self.block_of_segment = block[arrays.x]
        self.line_of_block = np.full(len(self.blocks), -1, dtype=np.int64)
        self.line_of_block[self.block_of_segment] = segments.line
        self.plans = _Plans()
        self.solved = 0

    def left(self) -> Options:
        """Return the options with the time that is left."""
        return self.budget.options(self.options)

    def late(self) -> bool:
        """Return whether most of the time is gone."""
        limit = self.budget.limit
        return limit is not None and self.budget.spent > 0.7 * limit

    def start(self) -> bool:
        """Begin with every way of ordering a line from one supplier."""
        arrays, segments = self.arrays, self.arrays.segments
        alone = (segments.line == self.line_of_block[self.block_of_segment]).all()
        if not alone or not np.isfinite(self.limit).all():
            return False
        need = arrays.needed[segments.line]
        slack = 1e-9 * need
        plain = arrays.plain[segments.line]
        s = np.flatnonzero(
            plain & (segments.lower <= need + slack) & (need <= segments.upper + slack)
        )
        amount = need[s]
        weeks = segments.weeks_fixed[s] + segments.weeks_rate[s] * amount
        cost = self.program.cost
        timed = arrays.weeks[segments.line[s]]
        waiting = np.where(timed >= 0, cost[timed] * weeks, 0.0)
        self._add(
            self.block_of_segment[s],
            cost[arrays.x[s]] * amount + cost[arrays.y[s]] + waiting,
            self.coupling[:, arrays.x[s]].toarray() * amount
            + self.coupling[:, arrays.y[s]].toarray(),
        )
        self.plans.segment.append(s)
        self.plans.values += [None] * s.size
        covered = np.zeros(len(self.blocks), dtype=bool)
        covered[self.block_of_segment[s]] = True
        self.prices = np.zeros(self.limit.size)
        self._solve_lines(np.flatnonzero(~covered), self.program.cost)
        return len(self.plans.values) > 0 and np.unique(self.plans.arrays()[0]).size == len(
            self.blocks
        )

    def _add(self, block: Ints, cost: Floats, use: Floats) -> None:
        self.plans.line.append(block)
        self.plans.cost.append(cost)
        self.plans.use.append(use.reshape(self.limit.size, block.size))

    def _solve_lines(self, blocks: Sequence[int] | Ints, cost: Floats) -> dict[int, float]:
        """Solve some lines at given costs, keep their plans, and return the bounds proven."""
        proven: dict[int, float] = {}
        if len(blocks) and not self.parts:
            self.parts = self.blocks.programs()
        starts = self.blocks.column_starts
        for b in blocks:
            columns = self.blocks.columns[starts[b] : starts[b + 1]]
            part = replace(self.parts[b], cost=cost[columns], offset=0.0)
            answer = solve(part, replace(self.left(), gap=SHARE * self.options.gap))
            self.solved += 1
            if answer.values is None or answer.outcome.bound is None:
                continue
            proven[int(b)] = answer.outcome.bound
            own = self.program.cost[columns] @ answer.values
            self._add(np.array([b]), np.array([own]), self.coupling[:, columns] @ answer.values)
            self.plans.segment.append(np.array([-1]))
            self.plans.values.append((columns, answer.values))
            if self.late():
                break
        return proven

    def _master(self) -> LinearProgram:
        """Return the program that mixes plans; what exceeds a limit costs more than any plan."""
        block, cost, use = self.plans.arrays()
        one = sp.csr_array(
            (np.ones(block.size), (block, np.arange(block.size))),
            shape=(len(self.blocks), block.size),
        )
        k = self.limit.size
        scale = np.maximum(use.max(axis=1, initial=0.0), 1e-9)
        excess = np.full(k, 100.0 * np.abs(cost).max(initial=1.0)) / scale
        none = sp.csr_array((len(self.blocks), k))
        matrix = sp.block_array([[one, none], [sp.csr_array(use), -sp.eye_array(k)]], format="csr")
        return LinearProgram.from_arrays(
            np.append(cost, excess),
            matrix,
            np.append(np.ones(len(self.blocks)), np.full(k, -np.inf)),
            np.append(np.ones(len(self.blocks)), self.limit),
            upper=np.append(np.ones(block.size), np.full(k, np.inf)),
        )

    def find_prices(self) -> bool:
        """Mix the plans known so far; the limits' shadow prices are the prices."""
        if not self.limit.size:
            return self._mix_apart()
        answer = solve(self._master(), self.left())
        if answer.duals is None or answer.values is None or answer.outcome.objective is None:
            return False
        self.prices = np.maximum(0.0, -answer.duals[len(self.blocks) :])
        self.mix = answer.values[: -self.limit.size]
        self.mixed = answer.outcome.objective + self.program.offset
        return True

    def _mix_apart(self) -> bool:
        """Take the best plan of each line, where nothing is shared."""
        block, cost, _ = self.plans.arrays()
        order = np.lexsort((cost, block))
        self.mix = np.zeros(block.size)
        self.mix[order[np.flatnonzero(np.diff(block[order], prepend=-1))]] = 1.0
        self.mixed = float(self.mix @ cost) + self.program.offset
        return True

    def find_plans(self) -> bool:
        """Bound every line at these prices, and solve those that leave the bound too low."""
        cost = self.program.cost + self.coupling.T @ self.prices
        block, own, use = self.plans.arrays()
        best = np.full(len(self.blocks), np.inf)
        np.minimum.at(best, block, own + self.prices @ use)
        least = np.minimum(best, self._bounds(cost))
        room = best - least
        spare = SHARE * self.options.gap * abs(self.mixed) / 2
        order = np.argsort(-room, kind="stable")
        behind = np.cumsum(room[order][::-1])[::-1]
        chosen = order[(behind > spare) & (room[order] > 0)]
        before = len(self.plans.values)
        for b, bound in self._solve_lines(chosen, cost).items():
            least[b] = max(least[b], bound)
        total = least.sum() - self.prices @ self.limit + self.program.offset
        self.bound = max(self.bound, float(total))
        return len(self.plans.values) > before

    def _bounds(self, cost: Floats) -> Floats:
        """Return what no plan of a line can cost less than, by block."""
        arrays, segments = self.arrays, self.arrays.segments
        fixed, rate = cost[arrays.y], cost[arrays.x]
        need = arrays.needed[segments.line]
        timed = arrays.weeks[segments.line]
        per_week = np.where(timed >= 0, cost[timed], 0.0) / need
        a = np.maximum(segments.lower, 1e-9 * need)
        b = np.maximum(np.minimum(segments.upper, need), a)
        slope = per_week * segments.weeks_rate
        with np.errstate(divide="ignore", invalid="ignore"):
            bottom = np.sqrt(fixed / slope)
        bottom = np.clip(np.where(np.isfinite(bottom), bottom, b), a, b)
        average = np.min([fixed / q + slope * q for q in (a, b, bottom)], axis=0)
        average += rate + per_week * segments.weeks_fixed
        least = np.full(len(self.blocks), np.inf)
        np.minimum.at(least, self.block_of_segment, average * need)
        least[(self.line_of_block < 0) | ~arrays.plain[self.line_of_block]] = -np.inf
        return least

    def pick(self) -> Answer | None:
        """Pick one plan a line: as mixed, but for the lines where picking is a choice."""
        block, own, use = self.plans.arrays()
        adjusted = own + self.prices @ use
        margin = self._margins(block, adjusted)
        target = self.bound + 2 * SHARE * self.options.gap * abs(self.mixed)
        free = FREE
        while self.limit.size:
            open_lines = np.zeros(len(self.blocks), dtype=bool)
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

    def _margins(self, block: Ints, adjusted: Floats) -> Floats:
        """Return by how much each line's second-best plan is worse; 0 where plans are mixed."""
        order = np.lexsort((adjusted, block))
        first = np.flatnonzero(np.diff(block[order], prepend=-1))
        margin = np.full(len(self.blocks), np.inf)
        second = first[np.diff(np.append(first, block.size)) > 1]
        margin[block[order[second]]] = adjusted[order[second + 1]] - adjusted[order[second]]
        mixed = (self.mix > 1e-6) & (self.mix < 1 - 1e-6)
        margin[block[mixed]] = 0.0
        return margin

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
                gap=SHARE * self.options.gap * abs(self.mixed) / max(1.0, abs(cost[plans].sum())),
            ),
        )
        if picked.values is None:
            return None
        return np.append(kept, plans[picked.values > 0.5])

    def _answer(self, chosen: Ints) -> Answer:
        values = self._written(chosen)
        objective = self.program.objective(values)
        bound = min(self.bound, objective)
        gap = relative_gap(objective, bound)
        outcome = Outcome(
            stopped=Stopped.TIME_LIMIT if self.late() else Stopped.FINISHED,
            status=Status.OPTIMAL if gap is not None and gap <= 1e-9 else Status.FEASIBLE,
            objective=objective,
            bound=bound,
            method=(
                f"prices on {self.limit.size} shared limits" if self.limit.size else "line by line"
            )
            + f" ({self.solved} lines by HiGHS)",
            seconds={"solve": self.budget.spent},
            versions=versions("highspy"),
        )
        return Answer(outcome, values)

    def _written(self, chosen: Ints) -> Floats:
        """Return the program's columns for the chosen plans."""
        arrays, segments = self.arrays, self.arrays.segments
        values = np.zeros(self.program.shape[1])
        segment = np.concatenate(self.plans.segment)
        s = segment[chosen]
        s = s[s >= 0]
        amount = arrays.needed[segments.line[s]]
        values[arrays.x[s]], values[arrays.y[s]] = amount, 1.0
        timed = arrays.weeks[segments.line[s]]
        weeks = segments.weeks_fixed[s] + segments.weeks_rate[s] * amount
        values[timed[timed >= 0]] = weeks[timed >= 0]
        for plan in chosen:
            written = self.plans.values[plan]
            if written is not None:
                values[written[0]] = written[1]
        return values
