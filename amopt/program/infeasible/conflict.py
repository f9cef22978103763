"""Why is a program infeasible: an irreducible set of limits that cannot hold together.

Leave any one of them out, and the others can (Chinneck, 2008, Feasibility and Infeasibility in
Optimization). What the least change would be that mends it,
:mod:`amopt.program.infeasible.least_change` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from amopt.errors import NoAnswerError, UsageError
from amopt.program.infeasible.least_change import (
    Change,
    Remedy,
    elastic_program,
    least_change,
    noticeable,
)
from amopt.program.infeasible.limits import Limit, Side, Words, column_limit, row_limit
from amopt.program.linear import LinearProgram, Names
from amopt.program.solver.digits.dual_bound import infeasibility_proof
from amopt.program.solver.highs import Options, Solver, solve
from amopt.program.solver.outcome import Outcome, Status
from amopt.program.solver.scaling import OPEN

__all__ = ["Change", "Conflict", "Limit", "Remedy", "diagnose", "least_change"]


Sides = dict[int, Side]

_PATIENCE = 2.0
"""Seconds for a mixed-integer program that has lost a bound, whose search may never end."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One limit: a side of a row, a bound of a column, or its integrality."""

    of: Literal["row", "column"]
    index: int
    side: Side


@dataclass(frozen=True, slots=True)
class Conflict:
    """Limits that cannot hold together; that columns are not negative is taken for granted.

    Attributes
    ----------
    rows, columns
        The rows and the bounds of columns that take part.
    kind
        ``"bounds"`` when they clash even for fractional values, ``"integrality"`` when only whole
        numbers make them clash: then the columns' limits say also which must be integer.
    """

    rows: tuple[Limit, ...]
    columns: tuple[Limit, ...]
    kind: Literal["bounds", "integrality"]

    def in_words(self, words: Words) -> tuple[str, ...]:
        """Return the limits in the instance's words, each once, rows first.

        Parameters
        ----------
        words
            For a family's name a function of the member's key that gives a sentence. Limits of
            other families are called by their names.
        """
        said = (limit.in_words(words) for limit in (*self.rows, *self.columns))
        return tuple(dict.fromkeys(said))


def diagnose(program: LinearProgram, options: Options | None = None) -> Conflict:
    """Find an irreducible set of limits that cannot hold together.

    Of a mixed-integer program a limit stays in the set where the solver could not tell within the
    limits whether the others clash without it.

    Parameters
    ----------
    program
        An infeasible program.
    options
        Limits for each of the solves on the way.

    Raises
    ------
    UsageError
        When the program is feasible.
    NoAnswerError
        When the solver could not tell within the limits.
    """
    options = replace(options or Options(), method="choose")
    alone = _alone(program)
    if alone is not None:
        return alone
    silent = replace(program, cost=np.zeros_like(program.cost), offset=0.0)
    if _infeasible(silent.relaxed(), options):
        return _clash_of_bounds(silent.relaxed(), options)
    if program.is_mixed_integer and _infeasible(silent, options):
        return _clash_of_integers(silent, options)
    raise UsageError(f"{program.name!r} can be satisfied: there is no conflict to find")


def _infeasible(program: LinearProgram, options: Options) -> bool:
    outcome = solve(program, options).outcome
    if outcome.status is Status.INFEASIBLE or outcome.has_answer:
        return outcome.status is Status.INFEASIBLE
    raise _undecided(program, outcome)


def _undecided(program: LinearProgram, outcome: Outcome) -> NoAnswerError:
    return NoAnswerError(
        f"the solver stopped ({outcome.stopped}) before it was known whether {program.name!r} "
        "can be satisfied: allow it more time",
        outcome=outcome,
    )


def _alone(program: LinearProgram) -> Conflict | None:
    """Return a row or column that cannot hold whatever the others are, if there is one."""
    empty = np.diff(program.matrix.indptr) == 0
    over, under = empty & (program.row_lower > 0), empty & (program.row_upper < 0)
    crossed = program.row_lower > program.row_upper
    for row in np.flatnonzero(crossed | over | under).tolist()[:1]:
        side: Side = "lower" if over[row] else "upper" if under[row] else "both"
        return Conflict((row_limit(program, row, side),), (), "bounds")
    between = np.floor(program.upper) < np.ceil(program.lower)
    for column in np.flatnonzero(program.integer & between).tolist()[:1]:
        sides: tuple[Side, ...] = ("lower", "upper", "integer")
        limits = tuple(column_limit(program, column, side) for side in sides)
        return Conflict((), limits, "integrality")
    return None


def _clash_of_bounds(program: LinearProgram, options: Options) -> Conflict:
    """Leave out one limit after the other for good where the rest still cannot hold.

    The deletion filter; each proof of infeasibility on the way (Gleeson and Ryan, 1990) leaves out
    at once all limits on which it does not rest.
    """
    bounded = np.flatnonzero((program.lower > -OPEN) | (program.upper < OPEN)).tolist()
    rows: Sides = dict.fromkeys(range(program.shape[0]), "both")
    columns: Sides = dict.fromkeys(bounded, "both")
    found = _resting_on(program, rows, columns, options)
    rows, columns = found or (rows, columns)
    for row in list(rows):
        if row in rows:
            less = {other: side for other, side in rows.items() if other != row}
            rows, columns = _resting_on(program, less, columns, options) or (rows, columns)
    for column in list(columns):
        if column in columns:
            less = {other: side for other, side in columns.items() if other != column}
            rows, columns = _resting_on(program, rows, less, options) or (rows, columns)
    parts = [*_parts(program, "row", rows), *_parts(program, "column", columns)]
    sides = {"row": rows, "column": columns}
    split = [part for part in parts if sides[part.of][part.index] == "both"]
    return _conflict(program, _filtered(program, parts, split, options), "bounds")


def _parts(program: LinearProgram, of: Literal["row", "column"], sides: Sides) -> list[_Part]:
    """Return the bounded sides one by one, without columns that are not negative."""
    given = {
        "row": (program.row_lower, program.row_upper),
        "column": (np.where(program.lower == 0, -np.inf, program.lower), program.upper),
    }[of]
    ends: tuple[Side, Side] = ("lower", "upper")
    return [
        _Part(of, index, end)
        for index, side in sorted(sides.items())
        for end, bounds in zip(ends, given, strict=True)
        if side in (end, "both") and abs(bounds[index]) < OPEN
    ]


def _conflict(
    program: LinearProgram, parts: Sequence[_Part], kind: Literal["bounds", "integrality"]
) -> Conflict:
    rows = _merged([part for part in parts if part.of == "row"])
    bounds = _merged([part for part in parts if part.of == "column" and part.side != "integer"])
    whole = [(part.index, part.side) for part in parts if part.side == "integer"]
    return Conflict(
        tuple(row_limit(program, row, side) for row, side in sorted(rows.items())),
        tuple(column_limit(program, j, side) for j, side in sorted([*bounds.items(), *whole])),
        kind,
    )


def _merged(parts: Sequence[_Part]) -> Sides:
    """Return the sides by index, two of the same as one."""
    sides: Sides = {}
    for part in parts:
        sides[part.index] = "both" if part.index in sides else part.side
    return sides


def _resting_on(
    program: LinearProgram, rows: Sides, columns: Sides, options: Options
) -> tuple[Sides, Sides] | None:
    """Return those limits on which a proof of infeasibility rests; None if all can hold."""
    part = _only(program, rows, columns)
    if 0 in part.shape:
        return (rows, columns) if _infeasible(part, options) else None
    with Solver(part, replace(options, presolve=False)) as solver:
        outcome = solver.solve().outcome
        ray = solver.ray()
    if outcome.has_answer:
        return None
    if outcome.status is not Status.INFEASIBLE:
        raise _undecided(program, outcome)
    proof = None if ray is None else infeasibility_proof(part, ray)
    if proof is None:
        return rows, columns
    reduced = -(part.matrix.T @ proof)
    small = 1e-9 * (abs(part.matrix).T @ np.abs(proof))
    kept_rows: Sides = {
        row: "lower" if dual > 0 else "upper"
        for row, dual in zip(sorted(rows), proof.tolist(), strict=True)
        if abs(dual) > 1e-9
    }
    kept_columns: Sides = {
        column: "lower" if reduced[column] > 0 else "upper"
        for column in columns
        if abs(reduced[column]) > small[column]
        and not (reduced[column] > 0 and program.lower[column] == 0)
    }
    again = _only(program, kept_rows, kept_columns)
    return (kept_rows, kept_columns) if _infeasible(again, options) else (rows, columns)


def _clash_of_integers(program: LinearProgram, options: Options) -> Conflict:
    """Leave out rows, integrality and bounds of columns where the rest still cannot hold."""
    integer = np.flatnonzero(program.integer).tolist()
    bounded = _parts(program, "column", dict.fromkeys(range(program.shape[1]), "both"))
    columns = [*(_Part("column", j, "integer") for j in integer), *bounded]
    rows = _parts(program, "row", dict.fromkeys(_enforced(program, options), "both"))
    if not _clashes(program, [*rows, *columns], options):
        rows = _parts(program, "row", dict.fromkeys(range(program.shape[0]), "both"))
    kept = _filtered(program, [*rows, *columns], rows, options)
    touched = set(program.matrix[[part.index for part in kept if part.of == "row"]].indices)
    apart = [part for part in columns if part.index not in touched]
    kept = _filtered(program, kept, apart, options)
    kept = _filtered(program, kept, [part for part in kept if part.side == "integer"], options)
    limit = _PATIENCE if options.time_limit is None else min(_PATIENCE, options.time_limit)
    bounds = [part for part in kept if part in set(bounded)]
    kept = _filtered(program, kept, bounds, replace(options, time_limit=limit))
    return _conflict(program, kept, "integrality")


def _enforced(program: LinearProgram, options: Options) -> list[int]:
    """Return rows that whole numbers cannot satisfy together, as far as can be told.

    The elastic filter: rows that must give in the elastic program are enforced, one round after
    the other, until nothing helps.
    """
    m = program.shape[0]
    enforced: set[int] = set()
    while len(enforced) < m:
        may_give = np.array([row not in enforced for row in range(m)])
        elastic, slack_rows, _ = elastic_program(program, may_give, np.ones(m))
        answer = solve(elastic, options)
        if answer.values is None:
            break
        slack = answer.values[program.shape[1] :]
        giving = set(slack_rows[slack > noticeable(program)[slack_rows]].tolist())
        if not giving:
            raise NoAnswerError(
                f"{program.name!r} is infeasible by less than the solver's tolerance",
                outcome=answer.outcome,
            )
        enforced |= giving
    return sorted(enforced)


def _clashes(program: LinearProgram, parts: Sequence[_Part], options: Options) -> bool:
    """Return whether these limits surely cannot hold together."""
    rows = _merged([part for part in parts if part.of == "row"])
    columns = _merged([part for part in parts if part.of == "column" and part.side != "integer"])
    part = _only(program, rows, columns)
    whole = np.zeros_like(program.integer)
    whole[[limit.index for limit in parts if limit.side == "integer"]] = True
    return solve(replace(part, integer=whole), options).outcome.status is Status.INFEASIBLE


def _filtered(
    program: LinearProgram, kept: Sequence[_Part], doubtful: Sequence[_Part], options: Options
) -> list[_Part]:
    """Leave out of ``kept`` for good what is doubtful, by halves, where the rest still clashes."""
    if not doubtful:
        return list(kept)
    out = set(doubtful)
    rest = [part for part in kept if part not in out]
    if _clashes(program, rest, options):
        return rest
    if len(doubtful) == 1:
        return list(kept)
    half = len(doubtful) // 2
    less = _filtered(program, kept, doubtful[:half], options)
    return _filtered(program, less, doubtful[half:], options)


def _only(program: LinearProgram, rows: Sides, columns: Sides) -> LinearProgram:
    """Return the program with these rows and bounds of columns only; columns stay non-negative."""
    index = np.array(sorted(rows), dtype=np.int64)
    row_sides = [rows[row] for row in index.tolist()]
    no_lower = np.array([side == "upper" for side in row_sides], dtype=bool)
    no_upper = np.array([side == "lower" for side in row_sides], dtype=bool)
    lower = np.where(program.lower == 0, 0.0, -np.inf)
    upper = np.full(program.shape[1], np.inf)
    for column, side in columns.items():
        if side != "upper":
            lower[column] = program.lower[column]
        if side != "lower":
            upper[column] = program.upper[column]
    return replace(
        program,
        matrix=program.matrix[index],
        row_lower=np.where(no_lower, -np.inf, program.row_lower[index]),
        row_upper=np.where(no_upper, np.inf, program.row_upper[index]),
        lower=lower,
        upper=upper,
        rows=Names(),
    )
