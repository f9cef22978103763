"""The text of an LP file."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from amopt.program.export.text import Written, numerals

__all__ = ["lp_text"]

Floats = NDArray[np.float64]

_PER_LINE = 6
"""Terms on a line; older readers take lines of some hundred characters only."""


def lp_text(written: Written) -> str:
    """Return a program as the text of an LP file."""
    lines = [*(f"\\ {line}" for line in written.head), "", "Minimize"]
    lines += [*_objective(written), "Subject To", *_rows(written), "Bounds", *_bounds(written)]
    whole = np.flatnonzero(written.program.integer).tolist()
    if whole:
        lines += ["General", *(f" {written.columns[column]}" for column in whole)]
    return "\n".join([*lines, "End", ""])


def _terms(coefficients: Floats, names: list[str]) -> list[str]:
    """Return ``+ 3 x`` for each coefficient and name."""
    signs = np.where(np.signbit(coefficients), "-", "+").tolist()
    sizes = numerals(np.abs(coefficients))
    return [f"{sign} {size} {name}" for sign, size, name in zip(signs, sizes, names, strict=True)]


def _lines(name: str, terms: list[str], end: str = "") -> Iterator[str]:
    """Yield a sum over several lines."""
    parts = [terms[start : start + _PER_LINE] for start in range(0, len(terms), _PER_LINE)]
    texts = [" ".join(part) for part in parts]
    texts[-1] += end
    yield f" {name}: {texts[0]}"
    yield from (f"  {text}" for text in texts[1:])


def _objective(written: Written) -> Iterator[str]:
    """Yield the objective; a column that stands nowhere else stands there, at no cost."""
    program = written.program
    stands = program.cost != 0
    nowhere = np.ones(stands.size, dtype=bool)
    nowhere[program.matrix.indices] = False
    shown = np.flatnonzero(stands | nowhere)
    if not shown.size:
        shown = np.array([0])
    names = [written.columns[column] for column in shown.tolist()]
    return _lines("obj", _terms(program.cost[shown], names))


def _rows(written: Written) -> Iterator[str]:
    program = written.program
    matrix, columns = program.matrix, written.columns
    terms = _terms(matrix.data, [columns[column] for column in matrix.indices.tolist()])
    low, high = numerals(program.row_lower), numerals(program.row_upper)
    has_low = np.isfinite(program.row_lower).tolist()
    has_high = np.isfinite(program.row_upper).tolist()
    starts = matrix.indptr.tolist()
    for row, name in enumerate(written.rows):
        body = terms[starts[row] : starts[row + 1]] or [f"+ 0 {columns[0]}"]
        if has_low[row] and has_high[row] and low[row] != high[row]:
            yield from _lines(f"{name}~lo", body, f" >= {low[row]}")
            yield from _lines(f"{name}~up", body, f" <= {high[row]}")
        elif has_low[row] and has_high[row]:
            yield from _lines(name, body, f" = {low[row]}")
        elif has_low[row]:
            yield from _lines(name, body, f" >= {low[row]}")
        else:
            yield from _lines(name, body, f" <= {high[row]}")


def _bounds(written: Written) -> Iterator[str]:
    """Yield the bounds that are not 0 and infinity."""
    program = written.program
    lower, upper = numerals(program.lower), numerals(program.upper)
    usual = (program.lower == 0) & np.isposinf(program.upper)
    for column in np.flatnonzero(~usual).tolist():
        low, high, name = lower[column], upper[column], written.columns[column]
        if low == high:
            yield f" {name} = {low}"
        elif (low, high) == ("-inf", "inf"):
            yield f" {name} free"
        elif high == "inf":
            yield f" {name} >= {low}"
        else:
            yield f" {low} <= {name} <= {high}"
