"""The text of an MPS file, in free format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

import numpy as np
import scipy.sparse as sp

from amopt.program.export.text import Written, numerals

__all__ = ["mps_text"]


def mps_text(written: Written) -> str:
    """Return a program as the text of an MPS file."""
    written = _without_lossy_ranges(written)
    lines = [*(f"* {line}" for line in written.head), "NAME amopt FREE", "ROWS", " N obj"]
    lines += [*_rows(written), "COLUMNS", *_columns(written), "RHS", *_sides(written)]
    lines += [*_ranges(written), "BOUNDS", *_bounds(written), "ENDATA", ""]
    return "\n".join(lines)


def _without_lossy_ranges(written: Written) -> Written:
    """Return what is written, with two rows for one whose range does not lead back to its sides.

    A reader takes the size of a range from the upper side. The lower one is lost where it is small
    beside the upper one, and moved to the other end where it lies above it: nothing satisfies such
    a row, and it would be read as one that limits.
    """
    program = written.program
    low, high = program.row_lower, program.row_upper
    both = np.isfinite(low) & np.isfinite(high) & (low != high)
    with np.errstate(invalid="ignore"):
        lossy = both & (high - np.abs(high - low) != low)
    if not lossy.any():
        return written
    place = np.repeat(np.arange(lossy.size), np.where(lossy, 2, 1))
    upper = np.r_[False, place[1:] == place[:-1]]
    split = replace(
        program,
        matrix=program.matrix[place],
        row_lower=np.where(upper, -np.inf, low[place]),
        row_upper=np.where(lossy[place] & ~upper, np.inf, high[place]),
    )
    names = [
        f"{written.rows[row]}{'' if not lossy[row] else '~up' if above else '~lo'}"
        for row, above in zip(place.tolist(), upper.tolist(), strict=True)
    ]
    return replace(written, program=split, rows=names)


def _kinds(written: Written) -> list[str]:
    """Return for each row whether it is equal, at least or at most."""
    low, high = written.program.row_lower, written.program.row_upper
    kinds = np.where(low == high, "E", np.where(np.isfinite(high), "L", "G"))
    return [str(kind) for kind in kinds]


def _rows(written: Written) -> Iterator[str]:
    for kind, name in zip(_kinds(written), written.rows, strict=True):
        yield f" {kind} {name}"


def _columns(written: Written) -> Iterator[str]:
    """Yield the coefficients, column by column; integers between markers."""
    program, rows = written.program, written.rows
    matrix = sp.csc_array(program.matrix)
    numbers, costs = numerals(matrix.data), numerals(program.cost)
    where, starts = matrix.indices.tolist(), matrix.indptr.tolist()
    marker = 0
    for whole, run in groupby(
        range(len(written.columns)), key=program.integer.tolist().__getitem__
    ):
        if whole:
            yield f" marker{marker} 'MARKER' 'INTORG'"
        for column in run:
            name = written.columns[column]
            entries = range(starts[column], starts[column + 1])
            if costs[column] != "0" or not entries:
                yield f" {name} obj {costs[column]}"
            for k in entries:
                yield f" {name} {rows[where[k]]} {numbers[k]}"
        if whole:
            yield f" marker{marker + 1} 'MARKER' 'INTEND'"
            marker += 2


def _sides(written: Written) -> Iterator[str]:
    program = written.program
    side = np.where(np.isfinite(program.row_upper), program.row_upper, program.row_lower)
    texts = numerals(side)
    for row in np.flatnonzero(side).tolist():
        yield f" rhs {written.rows[row]} {texts[row]}"


def _ranges(written: Written) -> Iterator[str]:
    """Yield by how much the lower side of a two-sided row is below its upper one."""
    low, high = written.program.row_lower, written.program.row_upper
    both = np.flatnonzero(np.isfinite(low) & np.isfinite(high) & (low != high))
    if both.size:
        yield "RANGES"
    for row, text in zip(both.tolist(), numerals(high[both] - low[both]), strict=True):
        yield f" range {written.rows[row]} {text}"


def _bounds(written: Written) -> Iterator[str]:
    """Yield the bounds that are not 0 and infinity, and those of every integer."""
    program = written.program
    lower, upper = numerals(program.lower), numerals(program.upper)
    usual = (program.lower == 0) & np.isposinf(program.upper)
    for column in np.flatnonzero(~usual | program.integer).tolist():
        low, high, name = lower[column], upper[column], written.columns[column]
        if low == high:
            yield f" FX bound {name} {low}"
            continue
        if (low, high) == ("-inf", "inf"):
            yield f" FR bound {name}"
            continue
        if low == "-inf":
            yield f" MI bound {name}"
        elif low != "0":
            yield f" LO bound {name} {low}"
        yield f" PL bound {name}" if high == "inf" else f" UP bound {name} {high}"
