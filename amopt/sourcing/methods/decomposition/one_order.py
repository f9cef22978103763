"""The plans that every block begins with: all its lines filled by one order."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.program.linear import LinearProgram
from amopt.sourcing.methods.arrays import Arrays

__all__ = ["kept_plans", "one_order_each"]

Ints = NDArray[np.int64]


def one_order_each(arrays: Arrays, own_rows: Ints, block_of_column: Ints) -> sp.csc_array:
    """Return the plans that fill all lines of a block by one order, as columns.

    Parameters
    ----------
    arrays
        The program.
    own_rows
        The rows that are not shared by parts: plans that break one are left out.
    block_of_column
        The block of each column of the program.
    """
    segments, shares = arrays.segments, arrays.segments.shares
    need = arrays.needed[shares.line]
    ordered = np.bincount(shares.segment, need, minlength=len(segments))
    of_line = np.full(arrays.needed.size, -1, dtype=np.int64)
    of_line[shares.line] = block_of_column[arrays.x]
    lines = np.bincount(of_line[of_line >= 0], minlength=block_of_column.max(initial=-1) + 1)
    full = np.bincount(shares.segment, minlength=len(segments))
    slack = 1e-9 * ordered
    s = np.flatnonzero(
        (full == lines[block_of_column[arrays.y]])
        & (segments.lower <= ordered + slack)
        & (ordered <= segments.upper + slack)
    )
    plan = np.full(len(segments), -1, dtype=np.int64)
    plan[s] = np.arange(s.size)
    i = np.flatnonzero(plan[shares.segment] >= 0)
    return kept_plans(arrays, own_rows, plan[shares.segment[i]], i)


def kept_plans(arrays: Arrays, own_rows: Ints, plan: Ints, share: Ints) -> sp.csc_array:
    """Return plans as columns: of each line, all parts on one share.

    Parameters
    ----------
    arrays
        The program.
    own_rows
        The rows that are not shared by parts: plans that break one are left out.
    plan, share
        The shares that each plan fills its lines by, one a row.
    """
    program, segments, shares = arrays.program, arrays.segments, arrays.segments.shares
    segment, need = shares.segment[share], arrays.needed[shares.line[share]]
    orders, of_order = np.unique(plan * np.int64(len(segments)) + segment, return_inverse=True)
    parts = np.bincount(of_order, need)[of_order]
    weeks = shares.weeks[share] + segments.weeks_rate[segment] * parts
    column = arrays.weeks[shares.line[share]]
    timed = column >= 0
    late = np.maximum(weeks[timed], program.lower[column[timed]])
    ones = np.ones(arrays.switches.shape[1])
    on = sp.csr_array((ones, arrays.switches), shape=(len(shares), program.shape[1]))[share].tocoo()
    placed, chosen = np.divmod(orders, len(segments))
    own = [
        (arrays.u[share], plan, parts),
        (arrays.z[share], plan, np.ones(share.size)),
        (column[timed], plan[timed], late),
        (on.col.astype(np.int64), plan[on.row], np.ones(on.nnz)),
        (arrays.y[chosen], placed, np.ones(orders.size)),
        (arrays.x[share], plan, need),
    ]
    key = np.concatenate([plans * program.shape[1] + columns for columns, plans, _ in own])
    value = np.concatenate([values for *_, values in own])
    # Written once each: what comes last holds.
    last = key.size - 1 - np.unique(key[::-1], return_index=True)[1]
    plans, columns = np.divmod(key[last], program.shape[1])
    count = int(plan.max(initial=-1)) + 1
    first = sp.csc_array((value[last], (columns, plans)), shape=(program.shape[1], count))
    return first[:, _keeping(program, own_rows, first)]


def _keeping(program: LinearProgram, own_rows: Ints, first: sp.csc_array) -> Ints:
    """Return the plans that keep the rows of their blocks."""
    matrix = program.matrix[own_rows]
    # Activities, and the sums of what they are made of as their imaginary parts.
    activity = sp.csc_array((matrix + 1j * abs(matrix)) @ first)
    row, room = activity.indices, 1e-9 * activity.data.imag
    lower, upper = program.row_lower[own_rows], program.row_upper[own_rows]
    broken = (activity.data.real < lower[row] - room) | (activity.data.real > upper[row] + room)
    plan = np.repeat(np.arange(first.shape[1]), np.diff(activity.indptr))
    bad = np.bincount(plan[broken], minlength=first.shape[1])
    return np.flatnonzero(bad == 0)
