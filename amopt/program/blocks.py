"""Programs that fall apart: blocks that share no constraint are solved one by one.

A constraint that no choice within the bounds of its columns can break joins nothing and is left
out first. What remains joins columns into connected components; the optimum of the whole is the
sum of theirs, and so is the bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from amopt.outcome import Outcome, Status, Stopped, relative_gap
from amopt.program.linear import LinearProgram
from amopt.program.magnitudes import require_magnitudes
from amopt.program.solver.highs import Answer, Options, Progress, solve
from amopt.program.time import Budget

__all__ = ["Blocks", "solve_blocks", "split"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ROUNDING = 1e-12
"""Rounding of a sum, relative to all that it adds up."""

BATCH = 64
"""Columns up to which small blocks are solved together, to spare the cost of a solve each."""


@dataclass(frozen=True, eq=False)
class Blocks:
    """A program in blocks.

    Attributes
    ----------
    program
        The whole program.
    rows, columns
        Rows (those that can be broken) and columns in the order of the blocks.
    row_starts, column_starts
        Block b holds ``rows[row_starts[b]:row_starts[b + 1]]``, and columns alike.
    """

    program: LinearProgram
    rows: Ints
    columns: Ints
    row_starts: Ints
    column_starts: Ints

    def __len__(self) -> int:
        return self.column_starts.size - 1

    def merged(self, size: int) -> Blocks:
        """Return the blocks with small neighbours joined, up to ``size`` columns."""
        keep, begin = [0], 0
        for block, end in enumerate(self.column_starts[1:].tolist(), start=1):
            if end == self.column_starts[-1] or self.column_starts[block + 1] - begin > size:
                keep.append(block)
                begin = end
        return replace(
            self, row_starts=self.row_starts[keep], column_starts=self.column_starts[keep]
        )

    def programs(self) -> list[LinearProgram]:
        """Return each block as a program of its own, without names; the first has the offset."""
        whole = self.program
        matrix = whole.matrix[self.rows][:, self.columns]
        programs = []
        for b in range(len(self)):
            own_rows = slice(self.row_starts[b], self.row_starts[b + 1])
            own = slice(self.column_starts[b], self.column_starts[b + 1])
            row, column = self.rows[own_rows], self.columns[own]
            begin, end = matrix.indptr[own_rows.start], matrix.indptr[own_rows.stop]
            block = sp.csr_array(
                (
                    matrix.data[begin:end],
                    matrix.indices[begin:end] - own.start,
                    matrix.indptr[own_rows.start : own_rows.stop + 1] - begin,
                ),
                shape=(row.size, column.size),
            )
            programs.append(
                LinearProgram(
                    whole.cost[column],
                    block,
                    whole.row_lower[row],
                    whole.row_upper[row],
                    whole.lower[column],
                    whole.upper[column],
                    whole.integer[column],
                    offset=0.0 if b else whole.offset,
                    maximise=whole.maximise,
                    name=f"{whole.name}, block {b + 1} of {len(self)}",
                )
            )
        return programs


def split(program: LinearProgram) -> Blocks:
    """Return the blocks of a program, in the order of their first columns."""
    m, n = program.shape
    rows = np.flatnonzero(_can_break(program))
    matrix = program.matrix[rows]
    owner = np.repeat(np.arange(rows.size), np.diff(matrix.indptr))
    joins = sp.coo_array(
        (np.ones(matrix.nnz, np.int8), (owner + n, matrix.indices)), shape=(n + rows.size,) * 2
    )
    count, label = connected_components(joins, directed=False)
    first = np.full(count, n + m)
    np.minimum.at(first, label[:n], np.arange(n))
    place = np.empty(count, dtype=np.int64)
    place[np.argsort(first, kind="stable")] = np.arange(count)
    of_column, of_row = place[label[:n]], place[label[n:]]
    # A row without columns belongs anywhere: it is a component of its own, after all columns.
    blocks = int((first < n + m).sum())
    of_row = np.minimum(of_row, max(blocks - 1, 0))
    columns, order = np.argsort(of_column, kind="stable"), np.argsort(of_row, kind="stable")
    edges = np.arange(blocks + 1)
    return Blocks(
        program,
        rows[order],
        columns,
        np.searchsorted(of_row[order], edges),
        np.searchsorted(of_column[columns], edges),
    )


def _can_break(program: LinearProgram) -> NDArray[np.bool_]:
    """Return which rows some values within the columns' bounds would break, shape (m,).

    A row of which that cannot be told can break.
    """
    (least, of_least), (most, of_most) = _activity(program.matrix, program.lower, program.upper)
    holds = (least >= program.row_lower - of_least) & (most <= program.row_upper + of_most)
    result: NDArray[np.bool_] = ~holds
    return result


def _activity(
    matrix: sp.csr_array, lower: Floats, upper: Floats
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Return the least and the most that each row can come to, each with its rounding, all (m,)."""
    m = matrix.shape[0]
    rows = np.repeat(np.arange(m), np.diff(matrix.indptr))
    some = matrix.data != 0  # zero times an open bound would be no number
    rows, columns, data = rows[some], matrix.indices[some], matrix.data[some]
    with np.errstate(over="ignore"):
        ends = data * lower[columns], data * upper[columns]

    def summed(end: Floats) -> tuple[Floats, Floats]:
        total = np.bincount(rows, end, minlength=m).astype(np.float64)
        added = np.bincount(rows, np.abs(end), minlength=m).astype(np.float64)
        return total, np.where(np.isfinite(added), _ROUNDING * added, 0.0)

    return summed(np.minimum(*ends)), summed(np.maximum(*ends))


def solve_blocks(
    program: LinearProgram,
    options: Options | None = None,
    *,
    progress: Callable[[Progress], None] | None = None,
) -> Answer:
    """Solve a program block by block; one that does not fall apart is solved as it is.

    The answer has values, bound and statuses, and no duals. The time limit is for all blocks
    together; a block that it leaves without an answer leaves the whole without one.

    Parameters
    ----------
    program
        A linear or mixed-integer program.
    options
        Limits and methods.
    progress
        Called after each block, and while a single block is solved.
    """
    require_magnitudes(program)  # while its rows and columns still have names
    options = options or Options()
    budget = Budget(options.time_limit)
    blocks = split(program)
    if len(blocks) > 1:
        blocks = blocks.merged(BATCH)
    if len(blocks) <= 1:
        return solve(program, options, progress=progress)
    values = np.zeros(program.shape[1])
    outcomes: list[Outcome] = []
    for b, part in enumerate(blocks.programs()):
        answer = solve(part, budget.options(options))
        outcomes.append(answer.outcome)
        if answer.values is not None:
            own = slice(blocks.column_starts[b], blocks.column_starts[b + 1])
            values[blocks.columns[own]] = answer.values
        elif answer.outcome.status is not Status.UNBOUNDED:  # then the others may be infeasible
            break
        if answer.outcome.stopped is Stopped.INTERRUPTED and b + 1 < len(blocks):
            break
        if progress is not None:
            progress(_progress(outcomes, budget.spent))
    outcome = _joined(outcomes, budget.spent, len(blocks))
    return Answer(outcome, values if outcome.has_answer else None)


def _total(numbers: list[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return math.fsum(known) if len(known) == len(numbers) else None


def _progress(outcomes: list[Outcome], seconds: float) -> Progress:
    objective = _total([outcome.objective for outcome in outcomes])
    bound = _total([outcome.bound for outcome in outcomes])
    nodes = sum(outcome.iterations or 0 for outcome in outcomes)
    return Progress(seconds, objective, bound, relative_gap(objective, bound), nodes)


def _status(statuses: list[Status], blocks: int) -> Status:
    """Return the status of the whole, some of whose blocks may not have been solved."""
    if statuses[-1] is Status.INFEASIBLE:
        return Status.INFEASIBLE
    if len(statuses) < blocks or Status.UNKNOWN in statuses:
        return Status.UNKNOWN
    found = (Status.UNBOUNDED, Status.FEASIBLE)
    return next((status for status in found if status in statuses), Status.OPTIMAL)


def _joined(outcomes: list[Outcome], seconds: float, blocks: int) -> Outcome:
    """Return the outcome of the whole."""
    last = outcomes[-1]
    status = _status([outcome.status for outcome in outcomes], blocks)
    complete = status in (Status.OPTIMAL, Status.FEASIBLE)
    stops = [outcome.stopped for outcome in outcomes if outcome.stopped is not Stopped.FINISHED]
    kinds = {kind for outcome in outcomes for kind in outcome.residuals}
    return Outcome(
        stopped=stops[0] if stops else Stopped.FINISHED,
        status=status,
        objective=_total([outcome.objective for outcome in outcomes]) if complete else None,
        bound=_total([outcome.bound for outcome in outcomes]) if complete else None,
        method=f"{last.method}, {blocks} blocks",
        seconds={"solve": seconds},
        versions=last.versions,
        residuals={
            kind: max(outcome.residuals.get(kind, 0.0) for outcome in outcomes) for kind in kinds
        },
        iterations=sum(outcome.iterations or 0 for outcome in outcomes),
    )
