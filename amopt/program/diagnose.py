"""Why is a program infeasible: an irreducible set of limits that cannot hold together.

Leave any one of them out, and the others can (Chinneck, 2008, Feasibility and Infeasibility in
Optimization). What the least change would be that mends it, :mod:`amopt.program.elastic` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from amopt.errors import NoAnswerError, UsageError
from amopt.program.elastic import Change, Remedy, elastic_program, least_change, noticeable
from amopt.program.highs import Door, Options, solve
from amopt.program.limits import Limit, Side, Words, column_limit, row_limit
from amopt.program.linear import LinearProgram, Names
from amopt.program.outcome import Outcome, Status
from amopt.program.residuals import OPEN, infeasibility_proof

__all__ = ["Change", "Conflict", "Limit", "Remedy", "diagnose", "least_change"]


Sides = dict[int, Side]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Limits that cannot hold together; that columns are not negative is taken for granted.

    Attributes
    ----------
    rows, columns
        The rows and the bounds of columns that take part.
    kind
        ``"bounds"`` when they clash even for fractional values, ``"integrality"`` when only whole
        numbers make them clash.
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
    """Return a limit that cannot hold whatever the others are, if there is one."""
    empty = np.diff(program.matrix.indptr) == 0
    over = empty & ((program.row_lower > 0) | (program.row_upper < 0))
    wrong_rows = np.flatnonzero((program.row_lower > program.row_upper) | over).tolist()
    if wrong_rows:
        return Conflict((row_limit(program, wrong_rows[0], "both"),), (), "bounds")
    between = np.floor(program.upper) < np.ceil(program.lower)
    wrong_columns = np.flatnonzero(program.integer & between).tolist()
    if wrong_columns:
        return Conflict((), (column_limit(program, wrong_columns[0], "integer"),), "integrality")
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
    return Conflict(
        tuple(row_limit(program, row, side) for row, side in sorted(rows.items())),
        tuple(column_limit(program, column, side) for column, side in sorted(columns.items())),
        "bounds",
    )


def _resting_on(
    program: LinearProgram, rows: Sides, columns: Sides, options: Options
) -> tuple[Sides, Sides] | None:
    """Return those limits on which a proof of infeasibility rests; None if all can hold."""
    part = _only(program, rows, columns)
    if 0 in part.shape:
        return (rows, columns) if _infeasible(part, options) else None
    with Door(part, replace(options, presolve=False)) as door:
        outcome = door.solve().outcome
        ray = door.ray()
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
    """Find rows that whole numbers cannot satisfy together.

    The elastic filter: rows that must give in the elastic program are enforced, one round after
    the other, until nothing helps; the rows that were enforced hold the conflict. The deletion
    filter then leaves out each that is not needed.
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
    candidates = sorted(enforced)
    sure = _still_infeasible(program, candidates, options)
    rows = _filter_rows(program, candidates if sure else range(m), options)
    whole = np.unique(program.matrix[rows].indices)
    return Conflict(
        tuple(row_limit(program, row, "both") for row in rows),
        tuple(column_limit(program, j, "integer") for j in whole.tolist() if program.integer[j]),
        "integrality",
    )


def _still_infeasible(program: LinearProgram, rows: Sequence[int], options: Options) -> bool:
    columns: Sides = dict.fromkeys(range(program.shape[1]), "both")
    return _infeasible(_only(program, dict.fromkeys(rows, "both"), columns), options)


def _filter_rows(program: LinearProgram, rows: Sequence[int], options: Options) -> list[int]:
    """Leave out one row after the other for good where the rest still cannot hold."""
    kept = list(rows)
    for row in rows:
        others = [other for other in kept if other != row]
        if _still_infeasible(program, others, options):
            kept = others
    return kept


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
