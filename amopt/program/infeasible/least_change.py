r"""The least that would make a program feasible.

The elastic program

.. math::

    \min \sum_{i \in E} w_i (s^+_i + s^-_i) \quad \text{subject to} \quad
    b^-_i - s^+_i \le (Ax)_i \le b^+_i + s^-_i \; (i \in E), \quad s \ge 0,

all other limits kept, says by how much each of the rows ``E`` that may give would have to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from amopt.errors import NoAnswerError, UsageError
from amopt.phrases import rounded_up
from amopt.program.infeasible.limits import Limit, Words, row_limit
from amopt.program.linear import LinearProgram
from amopt.program.solver.highs import Options, solve
from amopt.program.solver.outcome import Outcome, Status

__all__ = ["Change", "Remedy", "elastic_program", "least_change", "noticeable"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Change:
    """By how much one side of a row would have to give.

    Attributes
    ----------
    limit
        The row and its side: a lower side has to fall, an upper one to rise.
    amount
        By how much, in the row's unit; positive.
    """

    limit: Limit
    amount: float

    def in_words(self, words: Words) -> str:
        """Return ``words[family](key, amount)``, or the row's name and the amount."""
        limit = self.limit
        if limit.family in words:
            return words[limit.family](limit.key, self.amount)
        verb = "lower" if limit.side == "lower" else "raise"
        return f"{verb} the limit {limit.name} by {rounded_up(self.amount)}"


@dataclass(frozen=True, slots=True)
class Remedy:
    """The least changes that make a program feasible.

    Attributes
    ----------
    changes
        The changes, largest weighted one first; none where the program is feasible as it is.
    total
        Their weighted sum.
    outcome
        How the elastic program was solved; ``total`` is the least where it is optimal.
    """

    changes: tuple[Change, ...]
    total: float
    outcome: Outcome

    def in_words(self, words: Words) -> tuple[str, ...]:
        """Return the changes in the instance's words; see :meth:`Change.in_words`."""
        return tuple(change.in_words(words) for change in self.changes)


def least_change(
    program: LinearProgram,
    relaxable: Mapping[str, ArrayLike] | None = None,
    options: Options | None = None,
) -> Remedy | None:
    """Find the least total change of some rows' sides that makes a program feasible.

    Parameters
    ----------
    program
        The program; its objective plays no part.
    relaxable
        For the name of each family of rows that may give, the weight of one unit of change: a
        scalar or one a member, not negative. None: all rows, weight 1.
    options
        Limits of the solve.

    Returns
    -------
    Remedy or None
        None when no change of these rows helps.

    Raises
    ------
    UsageError
        When the program has no such family, or a weight is negative.
    NoAnswerError
        When the solver stopped without an answer.
    """
    weights = _weights(program, relaxable)
    elastic, rows, lower_side = elastic_program(program, ~np.isnan(weights), weights)
    answer = solve(elastic, replace(options or Options(), method="choose"))
    if answer.outcome.status is Status.INFEASIBLE:
        return None
    if answer.values is None:
        raise NoAnswerError(
            f"the solver stopped ({answer.outcome.stopped}) before it found a change that makes "
            f"{program.name!r} feasible",
            outcome=answer.outcome,
        )
    slack = answer.values[program.shape[1] :]
    seen = np.flatnonzero(slack > noticeable(program)[rows])
    order = seen[np.argsort(-(weights[rows] * slack)[seen], kind="stable")]
    changes = tuple(
        Change(
            row_limit(program, int(rows[k]), "lower" if lower_side[k] else "upper"), float(slack[k])
        )
        for k in order
    )
    return Remedy(changes, float(weights[rows[order]] @ slack[order]), answer.outcome)


def _weights(program: LinearProgram, relaxable: Mapping[str, ArrayLike] | None) -> Floats:
    """Return what a unit of change of each row weighs, shape (m,); NaN where it may not give."""
    weights = np.full(program.shape[0], 1.0 if relaxable is None else np.nan)
    for name, weight in (relaxable or {}).items():
        try:
            weights[program.rows.block(name)] = weight
        except KeyError:
            known = ", ".join(sorted({family.name for family in program.rows.families}))
            raise UsageError(f"no rows are called {name!r}; there are {known}") from None
    if (weights < 0).any():
        raise UsageError("a change cannot weigh less than nothing")
    return weights


def noticeable(program: LinearProgram) -> Floats:
    """Return for each row the slack above which it counts as given."""
    low = np.where(np.isfinite(program.row_lower), np.abs(program.row_lower), 0.0)
    high = np.where(np.isfinite(program.row_upper), np.abs(program.row_upper), 0.0)
    return 1e-6 * np.maximum(1.0, np.maximum(low, high))


def elastic_program(
    program: LinearProgram, may_give: NDArray[np.bool_], weights: Floats
) -> tuple[LinearProgram, NDArray[np.int64], NDArray[np.bool_]]:
    """Return the elastic program; for each slack its row and whether it is of the lower side.

    Its columns are the program's, then the slacks.
    """
    m, n = program.shape
    low = np.flatnonzero(may_give & np.isfinite(program.row_lower))
    high = np.flatnonzero(may_give & np.isfinite(program.row_upper))
    rows = np.r_[low, high]
    count = rows.size
    lower_side = np.arange(count) < low.size
    slack = sp.csr_array(
        (np.where(lower_side, 1.0, -1.0), (rows, np.arange(count))), shape=(m, count)
    )
    elastic = LinearProgram.from_arrays(
        np.r_[np.zeros(n), weights[rows]],
        sp.hstack([program.matrix, slack], format="csr"),
        program.row_lower,
        program.row_upper,
        lower=np.r_[program.lower, np.zeros(count)],
        upper=np.r_[program.upper, np.full(count, np.inf)],
        integer=np.r_[program.integer, np.zeros(count, dtype=bool)],
        name=f"{program.name}, elastic",
    )
    return elastic, rows, lower_side
