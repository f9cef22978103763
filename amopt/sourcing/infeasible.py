"""Why no plan exists: the limits that clash, in the instance's words, and the least changes.

The formulation is written down once more with pieces that no limit has cut, so that each limit is
some of its rows: those of a family whose words are the same. Rows are left out, or moved by one
slack for all of them, and what is told was solved so. Where powers are fitted, a plan is evaluated
on the curves, and pieces are added until it keeps there what it has to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.errors import InfeasibleError, LeastChange, Limit, NoAnswerError
from amopt.program.blocks import split
from amopt.program.family import Family, not_honoured
from amopt.program.infeasible.search import Search
from amopt.program.infeasible.sentences import no_plan
from amopt.program.pyomo.extending import FIXED
from amopt.program.solver.highs import Options, solve
from amopt.program.solver.outcome import Status
from amopt.program.time import Budget
from amopt.sourcing import formulation
from amopt.sourcing.evaluation import Evaluation, evaluate
from amopt.sourcing.formulation.preconditions import nothing_to_order, without_supply
from amopt.sourcing.methods.arrays import HONOURS, arrays_of
from amopt.sourcing.methods.refine import ROUNDS, exact
from amopt.sourcing.offers.segments import Segments, cut
from amopt.sourcing.offers.supply_options import SupplyOptions

if TYPE_CHECKING:
    from amopt.decision import Extend
    from amopt.program.linear import LinearProgram
    from amopt.program.solver.outcome import Outcome
    from amopt.sourcing.instance.fields import Instance

__all__ = ["explain"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Limits = tuple[Limit, ...]
Changes = tuple[LeastChange, ...]

PATIENCE = 60.0
"""Seconds for an explanation where the caller set no limit."""

ROOM = 1e-9
"""How much more a limit gives than by the least, relative, so that rounding cannot break it."""

GAP = 1e-6
"""Relative gap of least changes, whatever gap the plan itself may have."""

SHARE = 0.25
"""Share of the time that is left that one question may take."""

CLOSE = 1e-6
"""How far a plan may be beyond a limit, relative, and still keep it."""


def explain(
    instance: Instance,
    options: Options | None = None,
    outcome: Outcome | None = None,
    *,
    extend: Extend | None = None,
    budget: Budget | None = None,
) -> InfeasibleError | NoAnswerError:
    """Return the error that says which limits clash, and what would mend it.

    Parameters
    ----------
    instance
        The instance, for which no plan was found.
    options
        Limits of the solver.
    outcome
        What the solver said.
    extend
        What a caller added to the formulation; its constraints are called by their names.
    budget
        The time for it; left out, that of the options, at most a minute.

    Returns
    -------
    InfeasibleError or NoAnswerError
        To be raised; the latter where a plan turned up after all.
    """
    options = options or Options()
    if budget is None:
        budget = Budget(min(options.time_limit or PATIENCE, PATIENCE))
    supply = SupplyOptions.of(instance)
    missing = without_supply(supply, cut(supply, limited=False))
    if missing:
        error = nothing_to_order(supply, missing)
        error.outcome = outcome
        return error
    try:
        part = instance if extend is not None else _blocked(supply, options, budget)
        oracle = _Oracle(SupplyOptions.of(part), extend, options, budget)
    except NoAnswerError as error:
        error.outcome = outcome
        return error
    search = Search(
        tuple(oracle.rows.limits),
        oracle.feasible,
        oracle.least_change,
        may_give=oracle.rows.may_give,
    )
    return no_plan(search.reasons(), outcome)


def _blocked(supply: SupplyOptions, options: Options, budget: Budget) -> Instance:
    """Return the instance with only the lines that cannot be filled together.

    The program falls apart into lines that share limits which could bind; the blocks that have a
    plan are left out.
    """
    instance = supply.instance
    segments = cut(supply)
    if not_honoured(HONOURS, formulation.FAMILIES, instance):
        return instance
    blocked = np.zeros(len(instance.lines), dtype=bool)
    empty = set(without_supply(supply, segments))
    program = arrays_of(supply, segments).program
    without_columns = np.diff(program.matrix.indptr) == 0
    free = without_columns & ((program.row_lower > 0) | (program.row_upper < 0))
    if any(program.rows.family_and_key(i)[0] != "demand" for i in np.flatnonzero(free).tolist()):
        return instance
    line_of = np.full(program.shape[1], -1, dtype=np.int64)
    m = len(segments)
    line_of[:m] = line_of[m : 2 * m] = segments.line
    line_of[2 * m : 2 * m + supply.timed.size] = supply.timed
    blocks = split(replace(program, cost=np.zeros_like(program.cost)))
    for b, part in enumerate(blocks.programs()):
        budget.require("it was known which lines have no plan")
        if solve(part, budget.options(options)).outcome.status is Status.INFEASIBLE:
            own = line_of[blocks.columns[blocks.column_starts[b] : blocks.column_starts[b + 1]]]
            blocked[own[own >= 0]] = True
    for n, line in enumerate(instance.lines):
        blocked[n] |= line.line in empty
    if blocked.all() or not blocked.any():
        return instance
    names = {line.line for line, own in zip(instance.lines, blocked, strict=True) if own}
    names |= {order.line for order in instance.committed}  # they take of what is shared
    parts = {line.part for line in instance.lines if line.line in names}
    return instance.supposing(
        lines=tuple(line for line in instance.lines if line.line in names),
        offers=tuple(offer for offer in instance.offers if offer.part in parts),
        conventional=tuple(entry for entry in instance.conventional if entry.part in parts),
        licences=tuple(licence for licence in instance.licences if licence.part in parts),
    )


@dataclass(frozen=True)
class _Rows:
    """The limits of a compiled formulation.

    Attributes
    ----------
    limits
        The rows of each limit, those that are easiest to change first.
    families
        The families by name.
    instance
        The instance, for the words.
    """

    limits: dict[Limit, Ints]
    families: dict[str, Family]
    instance: Instance

    @classmethod
    def of(cls, program: LinearProgram, instance: Instance) -> _Rows:
        """Return the limits of a program: rows of one family that say the same are one limit."""
        families = (*formulation.FAMILIES, FIXED)
        owners = {name: family for family in families for name in family.components}
        rank = {family.name: n for n, family in enumerate(families)}
        found: dict[tuple[str, str], tuple[Any, list[int]]] = {}
        start = 0
        for block in program.rows.families:
            family = owners.get(block.name)
            for member in range(len(block)) if family is None or family.says else ():
                key = block.key(member)
                words = (
                    family.says(instance, key)
                    if family is not None and family.says is not None
                    else f"the constraint {block.label(member)}"
                )
                name = block.name if family is None else family.name
                found.setdefault((name, words), (key, []))[1].append(start + member)
            start += len(block)
        easy = sorted(found, key=lambda own: -rank.get(own[0], len(rank)))
        return cls(
            {
                Limit(name, found[name, words][0], words): np.array(found[name, words][1])
                for name, words in easy
            },
            {family.name: family for family in families},
            instance,
        )

    def may_give(self, limit: Limit) -> bool:
        """Return whether a change of the limit can be acted on."""
        family = self.families.get(limit.family)
        return family is not None and family.remedy is not None


class _Oracle:
    """Answers what can be kept of the limits, and what the least change of one is."""

    def __init__(
        self, supply: SupplyOptions, extend: Extend | None, options: Options, budget: Budget
    ) -> None:
        self.supply, self.extend, self.budget = supply, extend, budget
        self.options = replace(options, method="choose", gap=min(options.gap, GAP))
        self.knots: dict[int, Floats] = {}
        self._write()

    def _write(self) -> None:
        """Write the formulation down, with pieces that no limit has cut."""
        from amopt.program.pyomo import compile_model, extended

        self.budget.require("it was known which limits clash")
        self.segments: Segments = cut(self.supply, self.knots, limited=False)
        model = extended(formulation.build(self.supply, self.segments), self.extend)
        _hold_by_a_variable(model)
        compiled = compile_model(model)
        program = compiled.program
        self.program = replace(program, cost=np.zeros_like(program.cost), offset=0.0)
        column = {id(variable): j for j, variable in enumerate(compiled.variables)}
        self.x = np.array([column[id(variable)] for variable in model.x], dtype=np.int64)
        self.rows = _Rows.of(self.program, self.supply.instance)

    def _keeping(self, kept: Limits, changed: Changes = ()) -> LinearProgram:
        """Return the program with these limits only; what was changed gives by as much."""
        lower, upper = self.program.row_lower.copy(), self.program.row_upper.copy()
        given = {change.limit: change.amount for change in changed}
        for limit, rows in self.rows.limits.items():
            if limit in given:
                room = given[limit] + ROOM * max(1.0, given[limit])
                lower[rows], upper[rows] = lower[rows] - room, upper[rows] + room
            elif limit not in kept:
                lower[rows], upper[rows] = -np.inf, np.inf
        return replace(self.program, row_lower=lower, row_upper=upper)

    def feasible(self, kept: Limits) -> bool:
        """Return whether these limits can be kept."""
        for _ in range(ROUNDS):
            values = self._solved(self._keeping(kept))
            if values is None:
                return False
            plan = self._plan(values)
            if all(self._excess(plan, limit) <= 0 for limit in kept) or not self._touch(plan):
                return True
        raise NoAnswerError("it was not known in time whether the limits can be kept")

    def least_change(self, limit: Limit, kept: Limits, changed: Changes) -> LeastChange | None:
        """Return by how much the rows of a limit have to give; None where that is no help."""
        family = self.rows.families[limit.family]
        assert family.remedy is not None
        for _ in range(ROUNDS):
            program = self._keeping((*kept, limit), changed)
            both_ways = limit.family == FIXED.name
            values = self._solved(_with_slack(program, self.rows.limits[limit], both_ways))
            if values is None:
                return None
            plan, amount = self._plan(values[:-1]), float(values[-1])
            amount = 0.0 if amount <= ROOM else float(f"{amount:.12g}")
            beyond = max(0.0, self._excess(plan, limit, close=False))
            near = beyond <= amount + CLOSE * max(1.0, amount)
            held = all(self._excess(plan, other) <= 0 for other in kept) and all(
                self._excess(plan, change.limit) <= change.amount * (1 + CLOSE)
                for change in changed
            )
            if (near and held) or not self._touch(plan):
                amount = max(amount, beyond)
                words = family.remedy(self.rows.instance, limit.key, amount)
                return LeastChange(limit, amount, words)
        raise NoAnswerError("the least change of a limit was not known in time")

    def _solved(self, program: LinearProgram) -> Floats | None:
        """Return a solution; None where there is none.

        Raises
        ------
        NoAnswerError
            When the solver stopped before that was known.
        """
        self.budget.require("it was known which limits clash")
        answer = solve(program, self.budget.options(self.options, SHARE))
        if answer.values is None and answer.outcome.status is not Status.INFEASIBLE:
            raise NoAnswerError(
                "the solver stopped before it was known which limits clash",
                outcome=answer.outcome,
            )
        return answer.values

    def _plan(self, values: Floats) -> Evaluation:
        parts = self.segments.by_option(values[self.x], len(self.supply))
        return evaluate(self.supply, exact(self.supply, parts))

    def _touch(self, plan: Evaluation) -> bool:
        """Add pieces that touch fitted powers at a plan's quantities; return whether there are."""
        curved = np.unique(self.segments.option[~self.segments.exact])
        new = [
            (o, plan.quantity[o])
            for o in curved[plan.quantity[curved] > 0].tolist()
            if plan.quantity[o] not in self.knots.get(o, ())
        ]
        for o, quantity in new:
            self.knots[o] = np.append(self.knots.get(o, np.zeros(0)), quantity)
        if new:
            self._write()
        return bool(new)

    def _excess(self, plan: Evaluation, limit: Limit, *, close: bool = True) -> float:
        """Return by how much a plan is beyond a limit on the curves, where pieces may hide it.

        Parameters
        ----------
        plan, limit
            The plan and the limit.
        close
            Whether a plan that is very close to the limit keeps it.
        """
        if self.segments.exact.all():
            return -np.inf
        own = self.supply.instance.limits
        number = {line.line: n for n, line in enumerate(self.supply.instance.lines)}
        if limit.family == "budget":
            used, allowed = float(plan.cost.sum()), own.budget
        elif limit.family == "need_by":
            n = number[limit.key]
            used, allowed = float(plan.weeks[n]), float(self.supply.need_by[n])
        elif limit.family == "latest_delivery":
            used, allowed = float(plan.weeks.max(initial=0.0)), own.weeks
        else:
            return -np.inf
        assert allowed is not None
        return used - allowed - (CLOSE * max(abs(allowed), abs(used)) if close else 0.0)


def _with_slack(program: LinearProgram, rows: Ints, both_ways: bool) -> LinearProgram:
    """Return a program that minimises one slack by which all of these rows give.

    Parameters
    ----------
    program, rows
        The program, and which of its rows.
    both_ways
        Whether they give upwards too, as what a caller fixed does; else only to ask for less.
    """
    if both_ways:  # each equation becomes two inequalities, and the second gives the other way
        upper = program.row_upper.copy()
        upper[rows] = np.inf
        program = replace(
            program,
            matrix=sp.csr_array(sp.vstack([program.matrix, program.matrix[rows]], format="csr")),
            row_lower=np.append(program.row_lower, np.full(rows.size, -np.inf)),
            row_upper=np.append(upper, program.row_upper[rows]),
            rows=type(program.rows)(),
        )
        rows = np.append(rows, np.arange(rows.size) + program.shape[0] - rows.size)
    m, n = program.shape
    sign = np.zeros(m)
    sign[rows] = np.where(np.isfinite(program.row_lower[rows]), 1.0, -1.0)
    slack = sp.csr_array(sign[:, None])
    return replace(
        program,
        cost=np.append(np.zeros(n), 1.0),
        matrix=sp.csr_array(sp.hstack([program.matrix, slack], format="csr")),
        lower=np.append(program.lower, 0.0),
        upper=np.append(program.upper, np.inf),
        integer=np.append(program.integer, False),
        columns=type(program.columns)(),
    )


def _hold_by_a_variable(model: Any) -> None:
    """Give rows without variables one that is zero, so that they are rows of the program."""
    from pyomo.core.expr.visitor import identify_variables
    from pyomo.environ import Constraint, Var, inequality

    rows = [
        row
        for row in model.component_data_objects(Constraint, active=True)
        if next(identify_variables(row.body), None) is None
    ]
    if not rows:
        return
    model.zero = Var(bounds=(0, 0))
    for row in rows:
        row.set_value(inequality(row.lower, row.body + model.zero, row.upper))
