"""The route for many pairs: prices prove a bound, and machines are chosen and bettered by them.

It answers instances of one period whose only shared resource is machine-hours. On a network of 100
sites, 1,000 places and 20 parts it closes the gap to well under one per cent, where writing down
the two million links of the whole program alone would take longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from amopt.outcome import Outcome, Status, Stopped, relative_gap, versions
from amopt.placement.forms import Form, FormRules
from amopt.placement.methods.arrays.values import plan_from_values
from amopt.placement.methods.bounded_plan import BoundedPlan, bounded
from amopt.placement.methods.fixing import remainder, unsettled
from amopt.placement.methods.location.search import search
from amopt.placement.methods.price_route import by_tree
from amopt.placement.methods.prices.climbing import Prices
from amopt.placement.methods.prices.local_search import improve, settled
from amopt.placement.methods.prices.openings import openings
from amopt.placement.methods.pricing import DenseSupply, relax
from amopt.placement.methods.transport import FREE, Filled, fill, rounded
from amopt.placement.supply.supply import Supply
from amopt.program.linear import LinearProgram
from amopt.program.solver import highs
from amopt.program.time import Budget

__all__ = ["LagrangianSearch"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

METHOD = "Lagrangian relaxation of demand, volume algorithm, local search"
EVERY, LATER = 25, 1.5
"""Rounds of climbing before the first look for a plan; what rounds grow by from look to look."""

MOST_ROUNDS = 400
"""Rounds after which prices hardly climb any more."""

MOST_LEFT, MOST_WITHOUT_LIMIT = 200_000, 20_000
"""Supplies that prices may leave open for the solver to search them: with a time limit, and
without one, where the search may not end."""

MOST_OF_SINGLE = 50_000
"""Supplies of single sources that it is given at most: with more of them it looks at the time limit
too late."""

SHARES_OF_THE_GAP = (0.1, 0.3)
"""Shares of the gap within which single sources are searched for first."""

SHARE_NEAR, SECONDS_NEAR = 0.2, 20.0
"""Share of the time left that each of these searches may take; seconds where there is no limit."""

TOO_MANY = (
    "Prices and local search have come to rest, and {:,} ways of supply that they leave open are "
    "too many to be searched."
)
NOT_SOUGHT = (
    "Prices seek it only where every pair has supply without machines; method milp does more."
)
ONE_SOURCE = (
    "It has one source for each pair, which may be shared out at less; method milp does that."
)
"""What is told of a form that was not sought, and of one whose best plan may cost less."""

ALLOW_A_LIMIT = "With a time limit more of them are searched."

TINY_PACE = 2e-3
"""Pace at which climbing ends."""


class LagrangianSearch:
    """Prices prove a bound; plans are rounded from their averages and bettered.

    Parameters
    ----------
    supply
        What could be supplied.
    options, budget
        The gap that is asked for, and the time for everything.

    Attributes
    ----------
    dense
        The instance as the relaxation sees it, once the search is begun.
    program
        The whole program, where no plan was found otherwise; None before.
    """

    def __init__(self, supply: Supply, options: highs.Options, budget: Budget) -> None:
        self._supply, self._options, self._budget = supply, options, budget
        self._best: Filled | None = None
        self.program: LinearProgram | None = None

    def begin(self) -> None:
        """Write the instance down as the relaxation sees it."""
        with self._budget.phase("build"):
            self.dense = DenseSupply(self._supply)

    def form(self, form: Form, _: highs.Options) -> BoundedPlan:
        """Find the best plan of one form.

        Without machines every pair has its cheapest other supply. With one site, or with each pair
        bound to its own, sites decide by themselves at the prices of that supply. The plan has one
        source for each pair: what it may lack where supply may be shared out is told.
        """
        best, bound = _of_form(self.dense, form)
        if self._best is None or best.cost < self._best.cost:
            self._best = best
        outcome = self._outcome(Stopped.FINISHED, bound, 1, found=bool(np.isfinite(best.cost)))
        found = self._bounded(best, outcome)
        if found.plan is None:
            without = form != "conventional" and not np.isfinite(self.dense.free).all()
            return replace(found, told=NOT_SOUGHT if without else "")
        near = self.dense.single_source or found.is_within(self._options.gap)
        return found if near else replace(found, told=ONE_SOURCE)

    def finish(self, progress: Callable[[highs.Progress], None] | None) -> BoundedPlan:
        """Find a plan and prove how good it is."""
        budget = self._budget
        if by_tree(self._supply.instance):
            with budget.phase("solve"):
                return search(self.dense, self._best, self._options, budget, progress)
        stopped = Stopped.FINISHED
        with budget.phase("solve"):
            prices = Prices(self.dense)
            try:
                best = self._climb(prices, progress)
            except KeyboardInterrupt:
                stopped, best = Stopped.INTERRUPTED, self._known
        if budget.is_over and stopped is Stopped.FINISHED:
            stopped = Stopped.TIME_LIMIT
        found = bool(np.isfinite(best.cost))
        outcome = self._outcome(stopped, prices.bound, prices.rounds, found=found)
        answer = replace(self._bounded(best, outcome), prices=prices.best)
        over = budget.is_over or stopped is Stopped.INTERRUPTED
        if answer.is_within(self._options.gap) or over:
            return answer
        try:
            with budget.phase("solve"):
                return self._search_the_rest(answer, prices, best, progress)
        except KeyboardInterrupt:
            outcome = replace(answer.outcome, stopped=Stopped.INTERRUPTED)
            return replace(self._bounded(self._known, outcome), prices=prices.best)

    @property
    def _known(self) -> Filled:
        """The best plan so far; one that cannot be where there is none."""
        if self._best is not None:
            return self._best
        dense = self.dense
        none = np.zeros(dense.units, dtype=np.int64), np.full(dense.pairs, FREE, dtype=np.int64)
        return Filled(*none, np.inf, np.zeros(dense.units), np.zeros(dense.pairs))

    def _search_the_rest(
        self,
        answer: BoundedPlan,
        prices: Prices,
        best: Filled,
        progress: Callable[[highs.Progress], None] | None,
    ) -> BoundedPlan:
        """Hand what prices leave open to the solver, where that is not too much.

        All is left open where no plan is known.
        """
        if self.dense.single_source and answer.plan is not None:
            best = self._best = self._near_the_bound(prices, best)
            answer = replace(self._bounded(best, answer.outcome), prices=prices.best)
        left = unsettled(self.dense, prices.best, best.cost)
        limit, most = self._budget.left, MOST_WITHOUT_LIMIT
        if limit is not None:
            most = MOST_OF_SINGLE if self.dense.single_source else MOST_LEFT
        if left.size > most:
            why = TOO_MANY.format(left.size)
            return replace(answer, told=why if limit is not None else f"{why} {ALLOW_A_LIMIT}")
        rest = remainder(self.dense, left, best if answer.plan else None)
        options = self._budget.options(self._options)
        found = highs.solve(rest.program, options, start=rest.start, progress=progress)
        outcome = replace(found.outcome, method=f"{METHOD}; {found.outcome.method} on the rest")
        plan = answer.plan
        if found.values is not None:
            other = plan_from_values(rest.model, found.values)
            plan = min((other, plan or other), key=lambda each: each.objective)
        elif outcome.status is Status.INFEASIBLE and plan is not None:  # by rounding alone
            return answer
        if plan is None:
            self.program = rest.program
            bounds = [each for each in (outcome.bound, answer.outcome.bound) if each is not None]
            if outcome.status is not Status.INFEASIBLE:
                outcome = replace(outcome, bound=max(bounds, default=None))
            return BoundedPlan(None, outcome)
        # Whatever was settled costs at least as much as the plan that settled it.
        rest_bound = outcome.bound if outcome.bound is not None else -np.inf
        known = answer.outcome.bound if answer.outcome.bound is not None else -np.inf
        bound = max(min(rest_bound, best.cost), known)
        outcome = replace(outcome, status=Status.FEASIBLE, bound=float(bound))
        outcome = bounded(outcome, plan)
        prices_prove = bound <= known
        return BoundedPlan(plan, outcome, prices=answer.prices if prices_prove else None)

    def _for_moves(self) -> Budget:
        """Return the time for local search; single sources have a better search to follow."""
        left = self._budget.left
        if not self.dense.single_source:
            return self._budget
        return Budget(SECONDS_NEAR if left is None else SHARE_NEAR * left)

    def _near_the_bound(self, prices: Prices, best: Filled) -> Filled:
        """Search for single sources among decisions whose own bound is near the bound of all.

        What costs least when it is forced is what good plans are made of; a better plan then
        settles more.
        """
        for share in SHARES_OF_THE_GAP:
            target = prices.bound + share * (best.cost - prices.bound)
            left = unsettled(self.dense, prices.best, target)
            if self._budget.is_over or not 0 < left.size <= MOST_WITHOUT_LIMIT:
                break
            rest = remainder(self.dense, left, best)
            seconds = self._budget.left
            limit = SECONDS_NEAR if seconds is None else SHARE_NEAR * seconds
            options = replace(self._options, time_limit=limit)
            answer = highs.solve(rest.program, options, start=rest.start)
            if answer.values is not None:
                best = min(best, rest.filled(self.dense, answer.values), key=_cost)
            if answer.outcome.stopped is Stopped.INTERRUPTED:
                self._best = best
                raise KeyboardInterrupt
        return best

    def _climb(self, prices: Prices, progress: Callable[[highs.Progress], None] | None) -> Filled:
        """Let prices climb and look for plans, until the gap is closed or neither moves."""
        dense, budget, gap = self.dense, self._budget, self._options.gap
        best = fill(dense, dense.most.copy())
        best = self._best = best if self._best is None else min(best, self._best, key=_cost)
        searched, due = False, 0
        while not budget.is_over and _gap(best, prices) > gap:
            resting = prices.resting(TINY_PACE) or prices.rounds > MOST_ROUNDS
            if resting and searched:
                break
            for _ in range(0 if resting else EVERY):
                prices.climb(best.cost)
                if budget.is_over:
                    break
            if resting or prices.rounds >= due:
                first, due = due == 0, int(LATER * prices.rounds)
                starts = [best]
                for found in self._starts(prices):
                    self._keep(found)
                    starts.append(found)
                best = self._known
                if first and np.isfinite(best.cost) and not budget.is_over:
                    prices.learn(best.count)
            if resting:
                goal = prices.bound / (1 - gap) if gap < 1 else np.inf
                best, searched = self._bettered(starts, goal), True
            if progress is not None:
                objective = best.cost if np.isfinite(best.cost) else None
                left = _gap(best, prices)
                progress(highs.Progress(budget.spent, objective, prices.bound, left, prices.rounds))
        return best

    def _starts(self, prices: Prices) -> Iterator[Filled]:
        """Yield plans by what the averages of the relaxation have open."""
        for ways, better in ((openings(prices), True), (rounded(self.dense, prices.count), False)):
            for count in ways:
                if self._budget.is_over:
                    return
                found = fill(self.dense, count)
                yield settled(self.dense, found, self._budget) if better else found

    def _bettered(self, starts: list[Filled], goal: float) -> Filled:
        """Better the starts, the cheapest first, until one is good enough; return the best."""
        budget = self._for_moves()
        for start in sorted(starts, key=_cost):
            if self._known.cost <= goal or not np.isfinite(start.cost):
                break
            self._keep(improve(self.dense, start, budget, goal, self._keep))
        return self._known

    def _keep(self, found: Filled) -> None:
        self._best = min(self._known, found, key=_cost)

    def _outcome(
        self, stopped: Stopped, bound: float | None, rounds: int, *, found: bool
    ) -> Outcome:
        return Outcome(
            stopped=stopped,
            status=Status.FEASIBLE if found else Status.UNKNOWN,
            bound=bound,
            method=METHOD,
            versions=versions("amopt", "numpy", "scipy"),
            iterations=rounds,
        )

    def _bounded(self, best: Filled, outcome: Outcome) -> BoundedPlan:
        if not np.isfinite(best.cost):
            return BoundedPlan(None, outcome)
        plan = best.plan(self.dense)
        return BoundedPlan(plan, bounded(outcome, plan))


def _cost(filled: Filled) -> float:
    return filled.cost


def _gap(best: Filled, prices: Prices) -> float:
    if not np.isfinite(best.cost):
        return np.inf
    return relative_gap(best.cost, min(prices.bound, best.cost)) or 0.0


def _of_form(dense: DenseSupply, form: Form) -> tuple[Filled, float | None]:
    none = fill(dense, np.zeros(dense.units, dtype=np.int64))
    if form == "conventional" or not np.isfinite(dense.free).all():
        hopeless = replace(none, cost=np.inf)
        return (none, none.cost) if form == "conventional" else (hopeless, None)
    rules = FormRules(dense.supply, dense.fleet, form)
    if form == "distributed":
        own = dense.fleet.own_site(dense.supply)
        bound_to = dense.site[:, None] == own[None, :]
        narrow = dense.narrowed(np.where(bound_to, dense.cost, np.inf), rules.least_open > 0, rules)
        return _at_free_prices(narrow, rules)
    best, least = replace(none, cost=np.inf), np.inf
    for site in np.unique(dense.site[rules.prints]):
        forced = np.zeros_like(dense.forced)
        forced[site] = True
        if (dense.forced & ~forced).any():
            continue
        mine = dense.site == site
        narrow = dense.narrowed(np.where(mine[:, None], dense.cost, np.inf), forced, rules)
        found, bound = _at_free_prices(narrow, rules)
        least = min(least, bound)
        best = min(best, found, key=_cost)
    return best, least if np.isfinite(least) else None


def _at_free_prices(dense: DenseSupply, rules: FormRules) -> tuple[Filled, float]:
    """Let sites decide by themselves; those that have to be able to print can.

    A site that sells hours can by those alone: they cost nothing while nobody takes them, and a
    plan has the sites open of whose units there are any.
    """
    relaxed = relax(dense, dense.free)
    count = relaxed.count.astype(np.int64)
    found = fill(dense, count)
    for site in np.flatnonzero(dense.forced):
        able = np.flatnonzero(rules.prints & (dense.site == site))
        if able.size and not found.count[able].any():
            cheapest = able[np.argmin(dense.machine_cost[able])]
            dense.least[cheapest], count[cheapest] = 1, max(count[cheapest], 1)
    return fill(dense, count), relaxed.bound
