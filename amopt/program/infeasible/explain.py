"""Why a formulation has no solution, in the words of its families of constraints.

A limit is a member of a family: the rows of its components with one key. What a family's ``says``
leaves unsaid is what the variables mean: it is kept always, and never named. Valid inequalities are
left aside, for they hold only as long as the limits that they were derived from. A row that belongs
to no family was added by a caller, and is called by its own name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import InfeasibleError, LeastChange, Limit, NoAnswerError
from amopt.phrases import rounded_up
from amopt.program.family import Family
from amopt.program.infeasible.least_change import elastic_program, noticeable
from amopt.program.infeasible.search import MOST, Limits, Search, conflicts
from amopt.program.infeasible.sentences import no_plan
from amopt.program.linear import LinearProgram, NamedBlock
from amopt.program.solver.digits.dual_bound import infeasibility_proof
from amopt.program.solver.highs import Answer, Options, Solver, solve
from amopt.program.solver.outcome import Outcome, Status
from amopt.program.time import Budget

__all__ = ["conflicts", "explain"]

Rows = NDArray[np.int64]
Floats = NDArray[np.float64]

_PATIENCE = 60.0
"""Seconds for an explanation where the caller set no limit."""

_SHARE = 0.25
"""Share of the time that is left that one question may take."""


def explain(
    program: LinearProgram,
    families: Sequence[Family],
    instance: Any,
    options: Options | None = None,
    outcome: Outcome | None = None,
    *,
    budget: Budget | None = None,
    most: int = MOST,
) -> InfeasibleError | NoAnswerError:
    """Return the error that says which limits of a formulation clash, and what would mend it.

    Parameters
    ----------
    program
        The compiled formulation; the rows of a family carry the names of its components.
    families
        The families of the formulation.
    instance
        The instance, for the words.
    options
        Limits of the solves; a time limit is one for all of them together.
    outcome
        What the solver said of the program.
    budget
        The time for the explanation; left out, the time limit of the options, at most a minute.
    most
        Most conflicts, and most combinations of changes, that are looked for.

    Returns
    -------
    InfeasibleError or NoAnswerError
        To be raised, with ``conflicts`` and ``combinations`` as data; limits that are easy to
        change come first. The latter where a plan turned up after all.
    """
    options = replace(options or Options(), method="choose")
    if budget is None:
        budget = Budget(min(options.time_limit or _PATIENCE, _PATIENCE))
    rows = _Rows.of(program, families, instance)
    oracle = _Oracle(program, rows, options, budget)
    search = Search(
        tuple(rows.members), oracle.feasible, oracle.least_change, most,
        may_give=rows.may_give, narrowed=oracle.narrowed,
    )  # fmt: skip
    reasons = search.reasons()
    if reasons.hopeless and oracle.proof(oracle.keeping(())) is not None:
        return InfeasibleError(
            "no plan exists, even where every limit of the instance gives way", outcome=outcome
        )
    return no_plan(reasons, outcome)


@dataclass(frozen=True)
class _Rows:
    """The limits of a program: which rows each has, and what is said of it.

    Attributes
    ----------
    members
        The rows of each limit; limits that are easy to change first, the whole plan's before those
        of one member of many.
    families
        The family of each limit's name; a caller's own rows have none.
    aside
        The rows of valid inequalities.
    instance
        The instance.
    """

    members: dict[Limit, Rows]
    families: dict[str, Family]
    aside: Rows
    instance: Any

    @classmethod
    def of(cls, program: LinearProgram, families: Sequence[Family], instance: Any) -> _Rows:
        owners = {component: family for family in families for component in family.components}
        rank = {family.name: position for position, family in enumerate(families)}
        found: dict[tuple[str, Any], list[int]] = {}
        aside: list[int] = []
        start = 0
        unnamed = (NamedBlock("r", range(program.shape[0])),)
        for block in program.rows.families if len(program.rows) else unnamed:
            owner = owners.get(block.name)
            if owner is not None and owner.tightens:
                aside += range(start, start + len(block))
            elif owner is None or owner.says is not None:
                name = block.name if owner is None else owner.name
                for member in range(len(block)):
                    found.setdefault((name, block.key(member)), []).append(start + member)
            start += len(block)
        named = {family.name: family for family in families}

        def ease(member: tuple[tuple[str, Any], list[int]]) -> tuple[bool, bool, int]:
            (name, key), _ = member
            family = named.get(name)
            gives = family is None or family.remedy is not None
            return not gives, key is not None, rank.get(name, len(rank))

        members = {}
        for (name, key), rows in sorted(found.items(), key=ease):
            family = named.get(name)
            says = family.says if family is not None else None
            words = (
                says(instance, key)
                if says is not None
                else f"the constraint {program.row_name(rows[0])}"
            )
            members[Limit(name, key, words)] = np.array(rows, dtype=np.int64)
        return cls(members, named, np.array(aside, dtype=np.int64), instance)

    def may_give(self, limit: Limit) -> bool:
        """Return whether a change of the limit can be acted on."""
        family = self.families.get(limit.family)
        return family is None or family.remedy is not None


class _Oracle:
    """Answers what can be kept of a program's limits, and what the least change of one is.

    Parameters
    ----------
    program
        The program; its objective plays no part.
    rows
        Its limits.
    options, budget
        Limits of the solves.
    """

    def __init__(
        self, program: LinearProgram, rows: _Rows, options: Options, budget: Budget
    ) -> None:
        self._program = replace(
            program, cost=np.zeros_like(program.cost), offset=0.0, maximise=False
        )
        self._rows = rows
        self._options = options
        self._budget = budget
        self._moved: dict[LeastChange, tuple[Floats, Floats]] = {}

    def keeping(self, limits: Limits, changed: tuple[LeastChange, ...] = ()) -> LinearProgram:
        """Return the program with these limits only, and those that were changed as they are."""
        free = np.zeros(self._program.shape[0], dtype=bool)
        free[self._rows.aside] = True
        for rows in self._rows.members.values():
            free[rows] = True
        for limit in limits:
            free[self._rows.members[limit]] = False
        lower = np.where(free, -np.inf, self._program.row_lower)
        upper = np.where(free, np.inf, self._program.row_upper)
        for change in changed:
            rows = self._rows.members[change.limit]
            lower[rows], upper[rows] = self._moved[change]
        return replace(self._program, row_lower=lower, row_upper=upper)

    def feasible(self, limits: Limits) -> bool:
        """Return whether these limits can be kept: by a plan, or by a proof that there is none."""
        program = self.keeping(limits)
        status = self._solved(program.relaxed()).outcome.status
        if program.is_mixed_integer and status is not Status.INFEASIBLE:
            status = self._solved(program).outcome.status
        return status is not Status.INFEASIBLE

    def least_change(
        self, limit: Limit, kept: Limits, changed: tuple[LeastChange, ...]
    ) -> LeastChange | None:
        """Return by how much the sides of a limit's rows have to move; None where that is no help.

        Of several rows the largest change is told.
        """
        if not self._rows.may_give(limit):
            return None
        rows = self._rows.members[limit]
        program = self.keeping((*kept, limit), changed)
        gives = np.zeros(program.shape[0], dtype=bool)
        gives[rows] = True
        elastic, slack_rows, of_lower = elastic_program(program, gives, np.ones(gives.size))
        answer = self._solved(elastic)
        if answer.values is None:
            return None
        slack = answer.values[program.shape[1] :]
        slack = np.where(slack > noticeable(program)[slack_rows], slack, 0.0)
        amount = float(slack.max(initial=0.0))
        change = LeastChange(limit, amount, self._words(limit, rows, slack, slack_rows, of_lower))
        low, high = program.row_lower.copy(), program.row_upper.copy()
        low[slack_rows[of_lower]] -= _with_room(slack[of_lower])
        high[slack_rows[~of_lower]] += _with_room(slack[~of_lower])
        self._moved[change] = low[rows], high[rows]
        return change

    def _words(
        self, limit: Limit, rows: Rows, slack: Floats, slack_rows: Rows, of_lower: NDArray[np.bool_]
    ) -> str:
        family = self._rows.families.get(limit.family)
        if family is not None and family.remedy is not None:
            return family.remedy(self._rows.instance, limit.key, float(slack.max(initial=0.0)))
        largest = int(np.argmax(slack)) if slack.size else 0
        verb = "lower" if slack.size and of_lower[largest] else "raise"
        row = int(slack_rows[largest]) if slack.size else int(rows[0])
        by = rounded_up(float(slack.max(initial=0.0)))
        return f"{verb} the right-hand side of {self._program.row_name(row)} by {by}"

    def narrowed(self, limits: Limits) -> Limits:
        """Return those limits on which a proof rests that the relaxation is infeasible."""
        proof = self.proof(self.keeping(limits))
        if proof is None:
            return limits
        kept = tuple(
            limit for limit in limits if (np.abs(proof[self._rows.members[limit]]) > 0).any()
        )
        return kept if kept and not self.feasible(kept) else limits

    def proof(self, program: LinearProgram) -> Floats | None:
        """Return row duals that prove that the relaxation is infeasible; None where it is not."""
        if 0 in program.shape:
            return None
        with Solver(program.relaxed(), replace(self._within(), presolve=False)) as solver:
            if solver.solve().outcome.status is not Status.INFEASIBLE:
                return None
            ray = solver.ray()
        return None if ray is None else infeasibility_proof(program.relaxed(), ray)

    def _within(self) -> Options:
        self._budget.require("it was known which limits clash")
        return self._budget.options(self._options, _SHARE)

    def _solved(self, program: LinearProgram) -> Answer:
        """Return the answer of a solve that told whether there is one.

        Raises
        ------
        NoAnswerError
            When it stopped before that was known.
        """
        answer = solve(program, self._within())
        if answer.outcome.status is Status.INFEASIBLE or answer.values is not None:
            return answer
        raise NoAnswerError(
            "the solver stopped before it was known which limits clash", outcome=answer.outcome
        )


def _with_room(slack: Floats) -> Floats:
    """Return changes with a little more, so that what was changed by the least can be kept."""
    return slack + np.where(slack > 0, 1e-9 * np.maximum(1.0, slack), 0.0)
