"""The route for facilities: sites with one capacity each, that are open or not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from amopt.outcome import Outcome, Status, Stopped, versions
from amopt.placement.methods.bounded_plan import BoundedPlan, bounded, plan_of
from amopt.placement.methods.facilities import Facilities
from amopt.placement.methods.location.incumbent import Incumbent
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
    stopped = Stopped.FINISHED
    try:
        begins = not tree.is_targeted and not tree.seeks_columns
        if isinstance(incumbent, SingleSourceIncumbent) and begins:
            _split_first(tree, incumbent, options, budget)
        tree.search()
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
        method=METHOD,
        versions=versions("amopt", "numpy", "scipy", "highspy"),
        iterations=tree.nodes,
    )
    if plan is None:
        return BoundedPlan(None, outcome)
    proof = tree.proof()
    if proof is not None:
        proof = proof.at_sites(dense.site[facilities.unit])
    return BoundedPlan(plan, bounded(outcome, plan), proof=proof)


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
