"""The route for several periods and limits: prices prove a bound, programs find plans.

Averages of the relaxation say which sites and machines a good plan has in each period. Supply that
is near the cheapest at the prices then makes a program of the whole formulation, every family of
constraints in it: first with the machines that pay their rents at these sites, then with a few more
or fewer, then free. Local search at the prices of now says the same sooner
(:mod:`amopt.placement.methods.periods.choice`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from amopt.outcome import Outcome, Status, Stopped, relative_gap, versions
from amopt.placement import formulation
from amopt.placement.forms import Form
from amopt.placement.methods.arrays.families import HONOURS, assemble
from amopt.placement.methods.arrays.model import ArrayModel
from amopt.placement.methods.arrays.values import plan_from_values
from amopt.placement.methods.bounded_plan import BoundedPlan, bounded
from amopt.placement.methods.decomposition import LIMITS, Decomposition, Offers
from amopt.placement.methods.periods.choice import (
    Choice,
    averages,
    by_local_search,
    within_limits,
)
from amopt.placement.methods.periods.climbing import Dual
from amopt.placement.methods.programs import WHOLE
from amopt.placement.methods.transport import fill
from amopt.placement.plan import Plan
from amopt.placement.supply.supply import Supply
from amopt.program.family import not_honoured
from amopt.program.linear import LinearProgram
from amopt.program.solver import highs
from amopt.program.time import Budget

__all__ = ["DecompositionSearch"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

METHOD = "Lagrangian decomposition by period and site, volume algorithm; HiGHS on what is near"

EVERY, MOST_ROUNDS, TINY_PACE = 40, 400, 2e-3
"""Rounds of climbing between two looks for a plan; rounds, and pace of the steps, at which climbing
ends."""

THRESHOLDS = (0.5, 0.2, 0.05)
"""Averages from which sites and machines are taken in, one after the other."""

NEAREST = 4
"""Units whose supply of a pair is in the program: those where it costs least with their hours."""

SMALL, ALL, MOST_FREE = 20_000, 60_000, 60_000
"""Columns up to which the last program is the only one; up to which all are in it; up to which its
machines are free where they are not."""

SHARE_OF_A_LOOK, SECONDS_OF_A_LOOK = 0.15, 30.0
"""Share of the time left for a program with machines held; seconds where there is no limit."""

SHARE_OF_MOVES, SHARE_OF_A_WALK, SHARE_OF_A_FIRST_WALK, SECONDS_OF_MOVES = 0.05, 0.1, 0.5, 6.0
"""Shares of the time left, and most seconds, of local search before a look: at the prices of now,
and at those at which plans keep limits, where there is a plan already and where there is none."""

LEVELS = 6
"""Stock levels of a source up to which all of them are near."""

FORM_LEFT_OUT = "not sought on the route of several periods and limits"


class DecompositionSearch:
    """Prices prove a bound; programs of what is near find plans.

    Parameters
    ----------
    supply
        What could be supplied.
    options, budget
        The gap that is asked for, and the time for everything.

    Attributes
    ----------
    program
        The whole program, once it is proven that there is no plan; None before.
    """

    def __init__(self, supply: Supply, options: highs.Options, budget: Budget) -> None:
        self._supply, self._options, self._budget = supply, options, budget
        self._best: Plan | None = None
        self._values: tuple[Ints, Floats] | None = None
        self._tried: set[bytes] = set()
        self._bound = -np.inf
        self.program: LinearProgram | None = None

    def begin(self) -> None:
        """Write the instance down as the relaxation sees it."""
        with self._budget.phase("build"):
            families = not_honoured(HONOURS, formulation.FAMILIES, self._supply.instance)
            self._problem = Decomposition(self._supply, self._supply.columns(prune=not families))

    def form(self, _: Form, __: highs.Options) -> BoundedPlan:
        """Return no plan: the forms are not sought on this route."""
        outcome = self._outcome(Stopped.FINISHED)
        return BoundedPlan(None, replace(outcome, method=FORM_LEFT_OUT))

    def finish(self, progress: Callable[[highs.Progress], None] | None) -> BoundedPlan:
        """Find a plan and prove how good it is."""
        stopped = Stopped.FINISHED
        try:
            with self._budget.phase("solve"):
                infeasible = self._climb_and_look(progress)
        except KeyboardInterrupt:
            stopped, infeasible = Stopped.INTERRUPTED, False
        if infeasible:
            return BoundedPlan(None, replace(self._outcome(stopped), status=Status.INFEASIBLE))
        if self._budget.is_over and stopped is Stopped.FINISHED:
            stopped = Stopped.TIME_LIMIT
        outcome, plan = self._outcome(stopped), self._best
        if plan is None:
            return BoundedPlan(None, outcome)
        return BoundedPlan(plan, bounded(replace(outcome, bound=self._bound), plan))

    def _climb_and_look(self, progress: Callable[[highs.Progress], None] | None) -> bool:
        """Go on until the gap is closed or the time is over; return whether there is no plan."""
        self._dual = dual = Dual(self._problem)
        self._bound = dual.bound
        while not self._closed:
            resting = dual.pace <= TINY_PACE or dual.rounds > MOST_ROUNDS
            for _ in range(0 if resting else EVERY):
                dual.climb(1.05 * dual.bound if self._best is None else self._best.objective)
                self._bound = max(self._bound, dual.bound)
                if self._budget.is_over:
                    break
            small = len(self._problem.columns) <= SMALL
            offers = self._offers(dual.limits) if small else self._look_around(last=resting)
            self._report(progress)
            if resting or small:
                return not self._closed and self._search_the_rest(offers, progress)
        return False

    def _look_around(self, *, last: bool) -> list[Offers]:
        """Look at machines of local search and at what is often open; return the offers of now.

        In the last look machines are let free everywhere, before only where they gave the best plan
        held.
        """
        first = self._offers(self._dual.limits)
        if not self._closed:
            choice = by_local_search(self._dual, self._dual.limits, self._for_moves(SHARE_OF_MOVES))
            self._look(first, choice, free=last)
        if self._problem.limit.size and not self._closed:
            self._walk(free=last)
        for threshold in THRESHOLDS:
            if self._closed:
                break
            self._look(first, averages(self._dual, first[0], threshold, self._budget), free=last)
        return first

    def _walk(self, *, free: bool) -> None:
        """Look where plans keep the limits: for a first plan, or one that is better by itself."""
        share = SHARE_OF_A_FIRST_WALK if self._best is None else SHARE_OF_A_WALK
        for choice, limits in within_limits(self._dual, self._for_moves(share)):
            before = self._best
            self._keep(choice)
            if not self._closed and (self._best is None or self._best is not before):
                self._look(self._offers(limits), choice, free=free)

    def _for_moves(self, share: float) -> Budget:
        """Return the time for local search."""
        left = self._budget.left
        return Budget(SECONDS_OF_MOVES if left is None else min(share * left, SECONDS_OF_MOVES))

    @property
    def _closed(self) -> bool:
        """Whether the gap is closed or the time is over."""
        if self._budget.is_over:
            return True
        if self._best is None:
            return False
        left = relative_gap(self._best.objective, min(self._bound, self._best.objective))
        return left is not None and left <= self._options.gap

    def _report(self, progress: Callable[[highs.Progress], None] | None) -> None:
        if progress is not None:
            objective = None if self._best is None else self._best.objective
            gap = relative_gap(objective, self._bound)
            progress(
                highs.Progress(self._budget.spent, objective, self._bound, gap, self._dual.rounds)
            )

    def _offers(self, limits: Floats) -> list[Offers]:
        """Return the cheapest supply at prices of limits, and at others.

        Without them, at twice as much, and what takes least of all limits together: prices may
        have far to climb, and a program of what is near needs a plan before.
        """
        problem, block = self._problem, self._problem.model.x.block
        costs = [problem.priced(limits)]
        if limits.any():
            costs += [problem.priced(scale * limits) for scale in (0.0, 2.0)]
        if limits.size:
            costs.append(problem.least_of_limits())
        return [problem.offers(cost[block]) for cost in costs]

    def _look(self, offers: list[Offers], choice: Choice, *, free: bool) -> None:
        """Solve what is near: the choice's machines held, then, after the best plan, free.

        ``free`` lets machines free whatever came of them held.
        """
        before = self._best
        problem, opened = self._problem, choice.opened
        near = self._near(offers, choice.most)
        key = near.tobytes() + opened.tobytes() + choice.most.tobytes() + choice.held.tobytes()
        if key in self._tried:
            return
        self._tried.add(key)
        model = assemble(self._supply, columns=problem.columns.take(near))
        program = model.program
        lower, upper = program.lower.copy(), program.upper.copy()
        y, n = model.y.block, model.machines.block
        upper[y] = np.minimum(upper[y], np.maximum(opened.ravel(), lower[y]))
        held = np.minimum(problem.of_stands(choice.held).ravel(), upper[n])
        lower[n] = upper[n] = held
        self._held(model, replace(program, lower=lower.copy(), upper=upper.copy()), near, choice)
        if self._closed or not (free or self._best is not before):
            return
        lower[n] = program.lower[n]
        most = np.maximum(problem.of_stands(choice.most).ravel(), held)
        upper[n] = np.minimum(program.upper[n], most)
        self._solve(model, replace(program, lower=lower, upper=upper), near, self._patience)

    def _keep(self, choice: Choice) -> None:
        """Take the choice's own plan, where it is one, before what is near betters it."""
        problem, near = self._problem, np.unique(choice.columns)
        if near.size < int(problem.active.sum()):
            return
        model = assemble(self._supply, columns=problem.columns.take(near))
        n, lower, upper = model.machines.block, model.program.lower.copy(), model.program.upper
        upper = upper.copy()
        lower[n] = upper[n] = np.minimum(problem.of_stands(choice.held).ravel(), upper[n])
        program = replace(model.program, lower=lower, upper=upper)
        self._solve(model, program, near, self._patience)

    def _held(self, model: ArrayModel, program: LinearProgram, near: Ints, choice: Choice) -> None:
        """Solve with machines held: as a linear program, whose prices of limits are learnt.

        As a mixed-integer one where that leaves something in fractions.
        """
        limits = self._problem.limit.size > 0
        if not limits or self._supply.instance.single_source:
            self._solve(model, program, near, self._patience)
            return
        used = np.zeros_like(choice.opened)
        np.add.at(used, self._problem.fleet.unit_site, choice.held)
        y, lower = model.y.block, program.lower.copy()
        lower[y] = np.maximum(lower[y], (used > 0).ravel() & (program.upper[y] > 0))
        fixed = replace(program, lower=lower)
        options = self._budget.options(self._options)
        left = min(options.time_limit or np.inf, self._patience)
        with highs.Solver(fixed.relaxed(), replace(options, time_limit=left)) as solver:
            answer = solver.solve()
        if answer.outcome.stopped is Stopped.INTERRUPTED:
            raise KeyboardInterrupt
        if answer.values is None:
            return
        if answer.duals is not None:
            names = {write.__name__ for write in LIMITS}
            told = [np.full(len(each), each.name in names) for each in fixed.rows.families]
            paid = np.maximum(-answer.duals[np.concatenate(told)], 0.0)
            self._dual.learn(paid, choice.held)
            self._bound = max(self._bound, self._dual.bound)
        whole = answer.values[fixed.integer]
        if (np.abs(whole - np.round(whole)) <= WHOLE).all():
            self._take(model, near, answer)
        else:
            self._solve(model, program, near, self._patience)

    @property
    def _patience(self) -> float:
        left = self._budget.left
        return SECONDS_OF_A_LOOK if left is None else max(SHARE_OF_A_LOOK * left, 0.01)

    def _near(self, offers: list[Offers], count: Ints) -> Ints:
        """Return the columns that are near the cheapest, with the hours of ``count`` machines."""
        problem, kept = self._problem, np.zeros(len(self._problem.columns), dtype=bool)
        for t in range(problem.periods):
            dense = problem.dense(t, offers[0])
            filled = fill(dense, count[:, t])
            full = dense.cost + filled.hour_price[:, None] * dense.hours
            full[count[:, t] == 0] = np.inf
            pairs = np.arange(dense.pairs)
            units = np.argsort(full, axis=0)[:NEAREST]
            units = np.vstack([units, np.where(filled.unit >= 0, filled.unit, problem.units)])
            whole = np.flatnonzero(problem.active[t])
            may = np.append(count[:, t] > 0, True)
            if problem.limit.size:
                kept[problem.levels_of(t, units[0], whole, LEVELS)] = True
            for offer in offers:
                own = np.where(may[:, None], offer.cost[t][:, whole], np.inf).argmin(axis=0)
                for row in (*units, own, np.full(pairs.size, problem.units)):
                    column = offer.column[t, row, whole]
                    kept[column[column >= 0]] = True
        if self._values is not None:
            kept[self._values[0][self._values[1][: self._values[0].size] > 0]] = True
        found: Ints = np.flatnonzero(kept)
        return found

    def _search_the_rest(
        self, offers: list[Offers], progress: Callable[[highs.Progress], None] | None
    ) -> bool:
        """Solve the whole formulation over what is near; return whether there is no plan."""
        problem = self._problem
        every = np.where(problem.fleet.stand >= 0, problem.most, 1)
        count = np.repeat(every[:, None], problem.periods, axis=1)
        near = np.arange(len(problem.columns))
        if near.size > ALL:
            near = self._near(offers, count.astype(np.int64))
            if near.size > MOST_FREE:
                return False
        model = assemble(self._supply, columns=problem.columns.take(near))
        outcome = self._solve(model, model.program, near, None, progress)
        if near.size < len(problem.columns):
            return False
        if outcome.status in (Status.OPTIMAL, Status.FEASIBLE) and outcome.bound is not None:
            self._bound = max(self._bound, outcome.bound)
        if outcome.status is Status.INFEASIBLE and self._best is None:
            self.program = model.program
        return self.program is not None

    def _solve(
        self,
        model: ArrayModel,
        program: LinearProgram,
        near: Ints,
        seconds: float | None,
        progress: Callable[[highs.Progress], None] | None = None,
    ) -> Outcome:
        """Solve a program of some columns, and keep its plan where it is the best."""
        options, start = self._budget.options(self._options), None
        if seconds is not None:
            left = seconds if options.time_limit is None else min(options.time_limit, seconds)
            options = replace(options, time_limit=left)
        if self._values is not None:
            start = self._start(program, near)
        answer = highs.solve(program, options, start=start, progress=progress)
        if answer.values is not None:
            self._take(model, near, answer)
        if answer.outcome.stopped is Stopped.INTERRUPTED:
            raise KeyboardInterrupt
        return answer.outcome

    def _take(self, model: ArrayModel, near: Ints, answer: highs.Answer) -> None:
        """Keep the plan of an answer where it is the best."""
        assert answer.values is not None
        plan = plan_from_values(model, answer.values)
        if self._best is None or plan.objective < self._best.objective:
            self._best, self._values = plan, (near, answer.values)

    def _start(self, program: LinearProgram, near: Ints) -> Floats | None:
        """Return the values of the best plan in another program; None where they are not of it."""
        assert self._values is not None
        columns, values = self._values
        supply = np.zeros(len(self._problem.columns))
        supply[columns] = values[: columns.size]
        if supply[near].sum() < supply.sum() - 1e-6:
            return None
        start = np.concatenate([supply[near], values[columns.size :]])
        within = (start <= program.upper + 1e-9).all() and (start >= program.lower - 1e-9).all()
        return start if within else None

    def _outcome(self, stopped: Stopped) -> Outcome:
        return Outcome(
            stopped=stopped,
            status=Status.UNKNOWN if self._best is None else Status.FEASIBLE,
            bound=float(self._bound) if np.isfinite(self._bound) else None,
            method=METHOD,
            versions=versions("amopt", "numpy", "scipy", "highspy"),
            iterations=self._dual.rounds if hasattr(self, "_dual") else None,
        )
