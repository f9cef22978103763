"""Why no plan exists: the limits that clash, in the instance's words, and the least changes.

The formulation is written down once more with pieces that no limit has cut, so that each limit is
some of its rows. Where powers are fitted, a plan is evaluated on the curves, and pieces are added
until it keeps there what it has to.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import InfeasibleError, Limit, NoAnswerError
from amopt.outcome import Status
from amopt.program.blocks import split
from amopt.program.family import not_honoured
from amopt.program.infeasible.explain import reasons_of
from amopt.program.infeasible.limits import ProgramLimits
from amopt.program.infeasible.oracle import Oracle
from amopt.program.pyomo.extending import FIXED
from amopt.program.solver.highs import Options, solve
from amopt.program.time import Budget
from amopt.sourcing import formulation
from amopt.sourcing.evaluation import Evaluation, evaluate
from amopt.sourcing.formulation.preconditions import nothing_to_order, without_supply
from amopt.sourcing.methods.arrays import HONOURS, arrays_of
from amopt.sourcing.methods.refine import ROUNDS, exact
from amopt.sourcing.offers.segments import Segments, cut
from amopt.sourcing.offers.shared_use import SHARED
from amopt.sourcing.offers.supply_options import SupplyOptions

if TYPE_CHECKING:
    from amopt.outcome import Outcome
    from amopt.program.family import Extend
    from amopt.program.linear import LinearProgram
    from amopt.sourcing.instance.fields import Instance

__all__ = ["explain"]

Floats = NDArray[np.float64]
Limits = tuple[Limit, ...]

MOST_TOGETHER = 60
"""Lines that share limits and are looked at together, whatever limits give way."""

ALONE = (
    "Very many lines share limits, so this looks at {} of {} lines: those that have no plan by "
    "themselves. What is named mends them alone; solve again, for others may then lack what they "
    "take."
)
"""What is said where lines were looked at without those that share limits with them."""

MOST_TIME = 0.8
"""Share of the time of an explanation that looking at all of very many lines may take."""

OTHERS_HELD = (
    "Very many lines share limits: those of lines that have a plan by themselves were kept as they "
    "are."
)
"""What is said where all lines were looked at, and some limits could not give way."""

SHARED_LIMITS = frozenset({*SHARED, "least_spend", "budget", "emission_limit", "latest_delivery"})
"""The families of limits that lines share."""

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
        The time of the solve; left out, that of the options.

    Returns
    -------
    InfeasibleError or NoAnswerError
        To be raised; the latter where a plan turned up after all.
    """
    options = options or Options()
    budget = (budget or Budget(options.time_limit)).to_explain()
    supply = SupplyOptions.of(instance)
    missing = without_supply(supply, cut(supply, limited=False))
    if missing:
        error = nothing_to_order(supply, missing)
        error.outcome = outcome
        return error
    try:
        part, alone = (instance, False) if extend is not None else _blocked(supply, options, budget)
        oracle = _OnCurves(SupplyOptions.of(part), extend, options, budget)
    except NoAnswerError as error:
        error.outcome = outcome
        return error
    if alone:
        every = _of_every_line(supply, oracle.limits, options, budget, outcome)
        if every is not None:
            return every
    told = reasons_of(oracle, outcome)
    if alone and isinstance(told, InfeasibleError):
        told.args = (f"{told}\n{ALONE.format(len(part.lines), len(instance.lines))}",)
    return told


def _of_every_line(
    supply: SupplyOptions,
    limits: ProgramLimits,
    options: Options,
    budget: Budget,
    outcome: Outcome | None,
) -> InfeasibleError | None:
    """Return what is told with all lines, where limits of some and shared ones may give way.

    Parameters
    ----------
    supply
        The supply options of all lines.
    limits
        The limits of those that have no plan by themselves.
    options, budget, outcome
        as for :func:`explain`; most of the time is for this.

    Returns
    -------
    InfeasibleError or None
        None where changes of these limits do not lead to a plan, or that was not known in time.
    """
    most = Budget(None if budget.left is None else MOST_TIME * budget.left)
    may_give = {(limit.family, limit.words) for limit in limits.rows}
    try:
        told = reasons_of(_WithOthers(supply, may_give, options, most), outcome)
    except NoAnswerError:
        return None
    if not isinstance(told, InfeasibleError) or not told.combinations:
        return None
    told.args = (f"{told}\n{OTHERS_HELD}",)
    return told


def _blocked(supply: SupplyOptions, options: Options, budget: Budget) -> tuple[Instance, bool]:
    """Return the instance with only the lines that cannot be filled together, and if alone.

    The program falls apart into lines that share limits which could bind, whatever gives way; the
    blocks that have a plan are left out. Where very many lines share limits, those are looked at
    that have no plan as the limits are, and what mends them is told of them alone: the second of
    what is returned, for then other lines may be in the way of what is told.
    """
    instance = supply.instance
    if not_honoured(HONOURS, formulation.FAMILIES, instance):
        return instance, False
    for limited in (False, True):
        segments = cut(supply, limited=limited)
        arrays = arrays_of(supply, segments)
        program = arrays.program
        line_of = np.full(program.shape[1], -1, dtype=np.int64)
        line_of[arrays.x] = segments.shares.line
        line_of[arrays.weeks[supply.timed]] = supply.timed
        blocks = split(replace(program, cost=np.zeros_like(program.cost)))
        starts = blocks.column_starts
        per_block = (line_of[blocks.columns[a:b]] for a, b in pairwise(starts.tolist()))
        if max((np.unique(lines).size for lines in per_block), default=0) <= MOST_TOGETHER:
            break
    empty = set(without_supply(supply, segments))
    without_columns = np.diff(program.matrix.indptr) == 0
    free = without_columns & ((program.row_lower > 0) | (program.row_upper < 0))
    if any(program.rows.family_and_key(i)[0] != "demand" for i in np.flatnonzero(free).tolist()):
        return instance, False
    blocked = np.zeros(len(instance.lines), dtype=bool)
    for b, part in enumerate(blocks.programs()):
        budget.require("it was known which lines have no plan")
        if solve(part, budget.options(options)).outcome.status is Status.INFEASIBLE:
            own = line_of[blocks.columns[blocks.column_starts[b] : blocks.column_starts[b + 1]]]
            blocked[own[own >= 0]] = True
    for n, line in enumerate(instance.lines):
        blocked[n] |= line.line in empty
    if blocked.all() or not blocked.any():
        return instance, False
    names = {line.line for line, own in zip(instance.lines, blocked, strict=True) if own}
    names |= {order.line for order in instance.committed}  # they take of what is shared
    parts = {line.part for line in instance.lines if line.line in names}
    kept = instance.unchecked_copy(
        lines=tuple(line for line in instance.lines if line.line in names),
        offers=tuple(offer for offer in instance.offers if offer.part in parts),
        conventional=tuple(entry for entry in instance.conventional if entry.part in parts),
        licences=tuple(licence for licence in instance.licences if licence.part in parts),
    )
    return kept, limited


class _OnCurves(Oracle):
    """Answers for plans as they are evaluated, where pieces of fitted powers lie below them."""

    def __init__(
        self, supply: SupplyOptions, extend: Extend | None, options: Options, budget: Budget
    ) -> None:
        self.supply, self.extend = supply, extend
        self.held: Limits = ()
        self.knots: dict[int, Floats] = {}
        budget.require("it was known which limits clash")
        super().__init__(*self._written(), options, budget)

    def _written(self) -> tuple[LinearProgram, ProgramLimits]:
        """Write the formulation down, with pieces that no limit has cut."""
        from amopt.program.pyomo import compile_model, extended

        self.segments: Segments = cut(self.supply, self.knots, limited=False)
        model = extended(formulation.build(self.supply, self.segments), self.extend)
        _hold_by_a_variable(model)
        compiled = compile_model(model)
        column = {id(variable): j for j, variable in enumerate(compiled.variables)}
        self.x = np.array([column[id(variable)] for variable in model.x], dtype=np.int64)
        easy_first = (FIXED, *reversed(formulation.FAMILIES))
        limits = ProgramLimits.of(compiled.program, easy_first, self.supply.instance)
        return compiled.program, limits

    def feasible(self, kept: Limits) -> bool:
        """Return whether these limits can be kept."""
        for _ in range(ROUNDS):
            values = self.point(self.keeping(kept))
            if values is None:
                return False
            plan = self._plan(values)
            every = (*kept, *self.held)
            if all(self._excess(plan, limit) <= 0 for limit in every) or not self._touch(plan):
                return True
        raise NoAnswerError("it was not known in time whether the limits can be kept")

    def amounts(self, limits: Limits, kept: Limits) -> tuple[Floats, list[float]] | None:
        """Return a plan and by how much each limit gives way in it; None where there is none."""
        for _ in range(ROUNDS):
            found = super().amounts(limits, kept)
            if found is None:
                return None
            values, amounts = found
            plan = self._plan(values)
            beyond = [max(0.0, self._excess(plan, limit, close=False)) for limit in limits]
            told = [max(pair) for pair in zip(amounts, beyond, strict=True)]
            near = all(
                more <= amount + CLOSE * max(1.0, amount)
                for amount, more in zip(amounts, told, strict=True)
            )
            held = all(self._excess(plan, other) <= 0 for other in (*kept, *self.held))
            if (near and held) or not self._touch(plan):
                return values, told
        raise NoAnswerError("the least change of a limit was not known in time")

    def _plan(self, values: Floats) -> Evaluation:
        parts = self.segments.by_option(values[self.x], len(self.supply))
        return evaluate(self.supply, exact(self.supply, parts))

    def _touch(self, plan: Evaluation) -> bool:
        """Add pieces that touch fitted powers at a plan's quantities; return whether there are."""
        curved = np.unique(self.segments.pool[~self.segments.exact])
        ordered = self.supply.by_pool(plan.quantity)
        new = [
            (g, ordered[g])
            for g in curved[ordered[curved] > 0].tolist()
            if ordered[g] not in self.knots.get(g, ())
        ]
        for g, quantity in new:
            self.knots[g] = np.append(self.knots.get(g, np.zeros(0)), quantity)
        if new:
            self.budget.require("it was known which limits clash")
            self.look_at(*self._written())
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


class _WithOthers(_OnCurves):
    """Answers for all lines, where only some limits may give way, and others are kept always."""

    def __init__(
        self,
        supply: SupplyOptions,
        may_give: Collection[tuple[str, str]],
        options: Options,
        budget: Budget,
    ) -> None:
        self.may_give = may_give
        super().__init__(supply, None, options, budget)

    def _written(self) -> tuple[LinearProgram, ProgramLimits]:
        """Write the arrays down, with pieces that no limit has cut."""
        self.segments = cut(self.supply, self.knots, limited=False)
        arrays = arrays_of(self.supply, self.segments)
        self.x = arrays.x
        easy_first = tuple(reversed(formulation.FAMILIES))
        every = ProgramLimits.of(arrays.program, easy_first, self.supply.instance)
        rows = {
            limit: own
            for limit, own in every.rows.items()
            if limit.family in SHARED_LIMITS or (limit.family, limit.words) in self.may_give
        }
        self.held = tuple(limit for limit in every.rows if limit not in rows)
        return arrays.program, replace(every, rows=rows)


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
