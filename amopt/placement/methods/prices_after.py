"""The relaxation of the whole program first; prices where it is not the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from amopt.outcome import Status, Stopped
from amopt.placement.methods.bounded_plan import BoundedPlan, bounded
from amopt.placement.methods.lagrangian import LagrangianSearch
from amopt.placement.methods.price_route import by_tree
from amopt.placement.methods.programs import ProgramSearch, array_programs
from amopt.program.time import Budget

if TYPE_CHECKING:
    from amopt.placement.methods.programs import Progress
    from amopt.placement.supply.supply import Supply
    from amopt.program.solver import highs

__all__ = ["PricesAfter"]

FIRST_SHARE, FIRST_SECONDS = 0.15, 10.0
"""Share of the time left in which the solver tries the whole program first; seconds where there is
no limit."""

BEFORE_TREE_SHARE, BEFORE_TREE_SECONDS, SMALL, MOST_BEFORE_TREE = 0.03, 1.0, 1_000, 3_000
"""The same where a tree over open sites follows, and most seconds; pairs times sites below which
they are fewer, in proportion, and beyond which the tree comes at once."""


RELAXATION_SHARE, RELAXATION_SECONDS = 0.05, 1.5
"""Share of the time left, and most seconds, of the relaxation where a tree over open sites follows,
which has a bound of its own."""


class PricesAfter(ProgramSearch):
    """Solves the relaxation and the forms as programs, and the optimum by prices where it is slow.

    For single sources of some size: prices and local search find good plans where the solver by
    itself is slow, and the program that they leave is smaller. And for sites of one capacity each,
    where a tree over open sites is faster than the solver from the start.
    """

    def __init__(self, supply: Supply, options: highs.Options, budget: Budget) -> None:
        super().__init__(array_programs(supply), options, budget)
        self._prices = LagrangianSearch(supply, options, budget)
        self._by_tree = by_tree(supply.instance)
        self._single = supply.instance.single_source
        self._size = len(supply.pairs) * len(supply.instance.sites)

    def _for_relaxation(self) -> highs.Options:
        options = super()._for_relaxation()
        if not self._by_tree:
            return options
        left = options.time_limit
        share = np.inf if left is None else RELAXATION_SHARE * left
        return replace(options, time_limit=min(share, RELAXATION_SECONDS))

    def finish(self, progress: Progress | None) -> BoundedPlan:
        """Solve the whole program if that is quickly done; else find a plan by prices."""
        first: BoundedPlan | None = None
        small = self._single and self._size <= MOST_BEFORE_TREE and self.relaxation is not None
        if small or not self._by_tree:
            first = self._quickly(progress)
            enough = first.is_within(self._options.gap) or first.outcome.status is Status.INFEASIBLE
            interrupted = first.outcome.stopped is Stopped.INTERRUPTED
            if enough or interrupted or self._budget.is_over:
                return first
        self._prices.begin()
        found = self._prices.finish(progress)
        if found.plan is None:
            over = self._budget.is_over or found.outcome.stopped is Stopped.INTERRUPTED
            last = (first or found) if over else super().finish(progress)
            return _with_bounds(last, (found, first), self.relaxation)
        plan, bounds = found.plan, [self.relaxation]
        if first is not None:
            bounds.append(first.outcome.bound)
            if first.plan is not None and first.plan.objective < plan.objective:
                plan = first.plan
        known = max((bound for bound in bounds if bound is not None), default=None)
        outcome = bounded(found.outcome, plan, known)
        by_prices = outcome.bound == found.outcome.bound
        return replace(
            found,
            plan=plan,
            outcome=outcome,
            relaxation=self.relaxation,
            prices=found.prices if by_prices else None,
            proof=found.proof if by_prices else None,
        )

    def _quickly(self, progress: Progress | None) -> BoundedPlan:
        """Solve the whole program within a small share of the time."""
        whole, left = self._budget, self._budget.left
        share, seconds = FIRST_SHARE, FIRST_SECONDS if left is None else np.inf
        if self._by_tree:
            share, seconds = BEFORE_TREE_SHARE, BEFORE_TREE_SECONDS * min(1.0, self._size / SMALL)
        self._budget = Budget(seconds if left is None else min(share * left, seconds))
        try:
            first = super().finish(progress)
        finally:
            spent, self._budget = self._budget.seconds, whole
        for phase, seconds in spent.items():
            whole.seconds[phase] = whole.seconds.get(phase, 0.0) + seconds
        return first


def _with_bounds(
    last: BoundedPlan, others: Sequence[BoundedPlan | None], relaxation: float | None
) -> BoundedPlan:
    """Return what came last with the best bound of all, where there may be a plan."""
    if last.outcome.status is Status.INFEASIBLE:
        return last
    told = [each.outcome.bound for each in (last, *others) if each is not None]
    known = max((bound for bound in (*told, relaxation) if bound is not None), default=None)
    if last.plan is not None:
        return replace(last, outcome=bounded(last.outcome, last.plan, known))
    return replace(last, outcome=replace(last.outcome, bound=known))
