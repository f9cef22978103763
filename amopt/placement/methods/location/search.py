"""The route for facilities: sites with one capacity each, that are open or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from amopt.outcome import Outcome, Status, Stopped, relative_gap, versions
from amopt.placement.methods.bounded_plan import BoundedPlan, bounded, plan_of
from amopt.placement.methods.facilities import Facilities
from amopt.placement.methods.location.incumbent import Incumbent
from amopt.placement.methods.location.programs.remainder import Remainder
from amopt.placement.methods.location.single_source import SingleSourceIncumbent
from amopt.placement.methods.location.transportation import Shipment, Transportation
from amopt.placement.methods.location.tree import Tree
from amopt.placement.methods.pricing import DenseSupply
from amopt.placement.methods.transport import Filled
from amopt.placement.plan import Plan
from amopt.program.solver import highs
from amopt.program.time import Budget

__all__ = ["search"]

Floats = NDArray[np.float64]

METHOD = "Lagrangian relaxation of demand, volume algorithm, tree over open sites"

SPLIT_GAP, SPLIT_SHARE, SPLIT_SECONDS = 1e-3, 0.1, 10.0
"""Relative gap, share of the time left, and seconds where there is no limit, for the search with
split supply before that with single sources."""

MOST_LEFT = 20_000
"""Most supplies that a tree leaves open for the solver to search them."""


def search(
    dense: DenseSupply,
    known: Filled | None,
    options: highs.Options,
    budget: Budget,
    progress: Callable[[highs.Progress], None] | None = None,
) -> BoundedPlan:
    """Find a plan of a dense supply of facilities and prove how good it is.

    Interrupted, or at the end of the time, it returns the best plan and the lowest bound of what
    is still open.

    Parameters
    ----------
    dense
        Of facilities alone.
    known
        A plan that is known; None for none.
    options, budget
        The gap that is asked for, and the time for everything.
    progress
        Called now and then.
    """
    facilities = Facilities.of(dense)
    transportation = Transportation(facilities, options, budget)
    cost = np.inf if known is None else known.cost
    best_known = SingleSourceIncumbent if dense.single_source else Incumbent
    incumbent = best_known(facilities, transportation, options.gap, budget, cost)
    tree = Tree(facilities, incumbent, _first_prices(facilities), budget, progress)
    stopped, rest = Stopped.FINISHED, _Rest(tree, options, budget, progress)
    try:
        begins = not tree.is_targeted and not tree.seeks_columns
        if isinstance(incumbent, SingleSourceIncumbent) and begins:
            _split_first(tree, incumbent, options, budget)
        rest.search()
    except KeyboardInterrupt:
        stopped = Stopped.INTERRUPTED
    if budget.is_over and stopped is Stopped.FINISHED:
        stopped = Stopped.TIME_LIMIT
    plan: Plan | None = None
    if incumbent.best is not None:
        plan = _shipped(dense, facilities, incumbent.best)
    elif known is not None and np.isfinite(known.cost):
        plan = known.plan(dense)
    outcome = Outcome(
        stopped=stopped,
        status=Status.UNKNOWN if plan is None else Status.FEASIBLE,
        bound=tree.bound if np.isfinite(tree.bound) else None,
        method=f"{METHOD}; {rest.method} on the rest" if rest.method else METHOD,
        versions=versions("amopt", "numpy", "scipy", "highspy"),
        iterations=tree.nodes,
    )
    if plan is None:
        return BoundedPlan(None, outcome)
    proof = tree.proof()
    if proof is not None:
        proof = proof.at_sites(dense.site[facilities.unit])
    return BoundedPlan(plan, bounded(outcome, plan), proof=proof)


class _Rest:
    """Searches a tree, and hands what it leaves to the solver where many more nodes are to come.

    Parameters
    ----------
    tree
        The tree.
    options, budget
        The gap that is asked for, and the time for everything.
    progress
        Called now and then.

    Attributes
    ----------
    method
        What the solver did; empty where it was not asked.
    """

    def __init__(
        self,
        tree: Tree,
        options: highs.Options,
        budget: Budget,
        progress: Callable[[highs.Progress], None] | None,
    ) -> None:
        self._tree, self._incumbent = tree, tree.incumbent
        self._options, self._budget, self._progress = options, budget, progress
        self.method = ""

    def search(self) -> None:
        """Go on until everything is proven or the time is over."""
        tree, best = self._tree, self._incumbent
        tree.search(patient=False)
        while not self._budget.is_over and tree.is_slow:
            may, must, cover = tree.left
            if best.best is not None and int(may.sum()) * tree.facilities.pairs <= MOST_LEFT:
                self._solve(Remainder.of(tree.facilities, cover, may, must, best.best))
                return
            tree.search(patient=False)

    def _solve(self, rest: Remainder) -> None:
        """Let the solver go on; what is better of its plan and its bound is kept."""
        options = replace(self._budget.options(self._options), sub_programs=False)
        progress = None if self._progress is None else self._report
        answer = highs.solve(rest.program, options, start=rest.start, progress=progress)
        self.method = answer.outcome.method
        if answer.values is not None:
            facilities = self._tree.facilities
            in_any_case = Transportation(facilities, self._options, Budget())
            found = in_any_case.best(rest.opened(answer.values), self._incumbent.cost)
            if found is not None and found.cost < self._incumbent.cost:
                self._incumbent.cost, self._incumbent.best = found.cost, found
        if answer.outcome.bound is not None:
            self._tree.close(min(answer.outcome.bound, self._incumbent.proven))
        if answer.outcome.stopped is Stopped.INTERRUPTED:
            raise KeyboardInterrupt

    def _report(self, now: highs.Progress) -> None:
        """Tell of the solver's state with what the tree knows."""
        assert self._progress is not None
        cost, bound = self._incumbent.cost, self._tree.bound
        cost = cost if now.objective is None else min(cost, now.objective)
        bound = bound if now.bound is None else max(bound, now.bound)
        gap = relative_gap(cost, min(bound, cost))
        self._progress(
            replace(
                now,
                seconds=self._budget.spent,
                objective=cost,
                bound=min(bound, cost),
                gap=np.inf if gap is None else gap,
                nodes=self._tree.nodes + now.nodes,
            )
        )


def _split_first(
    tree: Tree, incumbent: SingleSourceIncumbent, options: highs.Options, budget: Budget
) -> None:
    """Begin with what is known of split supply: its bound, its prices, and its sets.

    Sets of facilities that are good for split supply are good for single sources too, and soon
    found: a plan near the best makes a small tree.
    """
    facilities, left = incumbent.facilities, budget.left
    within = Budget(SPLIT_SECONDS if left is None else SPLIT_SHARE * left)
    gap = max(options.gap, SPLIT_GAP)
    split = Incumbent(facilities, Transportation(facilities, options, within), gap, within)
    first = Tree(facilities, split, _first_prices(facilities), within)
    try:
        first.search()
    finally:
        tree.follow(first)
    for chosen in split.sets:
        if budget.is_over:
            break
        incumbent.attempt(chosen)
    incumbent.complete_sets()


def _first_prices(facilities: Facilities) -> Floats:
    """Return the cheapest supply of each pair, with facilities at full load."""
    an_hour = facilities.fixed_an_hour
    loaded = facilities.cost + an_hour[:, None] * facilities.hours
    prices: Floats = np.minimum(loaded.min(axis=0, initial=np.inf), facilities.free)
    return np.where(np.isfinite(prices), prices, 0.0)


def _shipped(dense: DenseSupply, facilities: Facilities, best: Shipment) -> Plan:
    """Return the plan that a shipment stands for."""
    own = np.flatnonzero(best.source >= 0)
    column = dense.free_column[best.pair]
    column[own] = dense.column[facilities.unit[best.source[own]], best.pair[own]]
    count = np.zeros(dense.units, dtype=np.int64)
    count[facilities.unit[best.opened]] = 1
    return plan_of(dense, column, best.share, count)
