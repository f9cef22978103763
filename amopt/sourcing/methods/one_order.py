"""The plans that every block begins with: all its lines filled by one order."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.program.linear import LinearProgram
from amopt.sourcing.methods.arrays import Arrays

__all__ = ["one_order_each"]

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
    program = arrays.program
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
    of_share, parts = plan[shares.segment[i]], ordered[shares.segment[i]]
    weeks = shares.weeks[i] + segments.weeks_rate[shares.segment[i]] * parts
    column = arrays.weeks[shares.line[i]]
    timed = column >= 0
    late = np.maximum(weeks[timed], program.lower[column[timed]])
    share, switch = arrays.switches
    on = plan[shares.segment[share]] >= 0
    own = [
        (arrays.u[i], of_share, parts),
        (arrays.z[i], of_share, np.ones(i.size)),
        (column[timed], of_share[timed], late),
        (switch[on], plan[shares.segment[share[on]]], np.ones(int(on.sum()))),
        (arrays.y[s], np.arange(s.size), np.ones(s.size)),
        (arrays.x[i], of_share, need[i]),
    ]
    key, value = (
        np.concatenate([plans * program.shape[1] + columns for columns, plans, _ in own]),
        np.concatenate([values for *_, values in own]),
    )
    # Written once each: what comes last holds.
    last = key.size - 1 - np.unique(key[::-1], return_index=True)[1]
    plans, columns = np.divmod(key[last], program.shape[1])
    first = sp.csc_array((value[last], (columns, plans)), shape=(program.shape[1], s.size))
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
