"""The best plan known where each pair has one source.

For a set of facilities the split problem makes a bound; few pairs are split in its answer, because
it is a vertex. They go to where most of them comes from, and moves mend what does not fit. The sets
whose bounds are lowest are then solved as programs over the supplies that can be part of anything
better, and so is what a node of the tree leaves open, once that is little.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from amopt.outcome import Outcome, Status, Stopped
from amopt.placement.methods.facilities import WHOLE, Facilities
from amopt.placement.methods.location.climbing.volume import Volume
from amopt.placement.methods.location.covering import Cover
from amopt.placement.methods.location.incumbent import SHARE_OF_GAP, Incumbent
from amopt.placement.methods.location.programs.cuts import Pool, Tightened, tightened
from amopt.placement.methods.location.programs.neighbourhood import Parts, bettered
from amopt.placement.methods.location.programs.program import SingleSourceProgram
from amopt.placement.methods.location.transportation import (
    Shipment,
    Transportation,
    UndecidedError,
)
from amopt.placement.methods.moves import rearranged
from amopt.program.linear import LinearProgram
from amopt.program.solver import highs
from amopt.program.time import Budget

__all__ = ["SingleSourceIncumbent"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

MOST_UNDECIDED, MOST_SUPPLIES = 3, 3_000
"""Sets that may stay undecided when those whose bounds are lowest are solved as programs; most
supplies of such a program."""

SETS_SECONDS, SETS_SHARE = 20.0, 0.2
"""Most seconds for all these sets where there is no limit; most of the time left."""

NEAR, AROUND = 0.3, 0.01
"""Share of the gap within which plans are searched for near the bound, and that relative to the
bound at most."""

MOST_TO_TIGHTEN = 1_000
"""Most supplies of a program to which inequalities of knapsacks are added."""

SECONDS, SHARE = 3.0, 0.05
"""Most seconds of one search for a better plan, and most of the time left."""

NEARER, RESTING = (0.15, 0.4), 1e-7
"""Shares of the way from the bound of a program's relaxation to its target below which plans are
searched for first; relative length of the way from which that is done."""

TO_THE_END = 1e-9
"""Relative gap of these programs: the gap asked for is in what their plans must be below."""

PART_GAP, FAR_PART_GAP = 0.0, 0.02
"""Relative gap of a part of a plan, and that where the plan is far and targets follow."""

PART_SECONDS, PARTS_SECONDS, PARTS_SHARE = 2.0, 30.0, 0.4
"""Most seconds for one part of a plan; for all of them where there is no limit; most of the time
left for all of them."""

SMALL_PARTS = Parts(pairs=40, closed=8, nearest=5)
"""Parts of a plan that a dive brings."""


class SingleSourceIncumbent(Incumbent):
    """The best plan known where each pair has one source; parameters as for its base."""

    def __init__(
        self,
        facilities: Facilities,
        transportation: Transportation,
        gap: float,
        budget: Budget,
        cost: float = np.inf,
    ) -> None:
        super().__init__(facilities, transportation, gap, budget, cost)
        self._pool = Pool()
        self._completed: set[bytes] = set()
        self._undecided: dict[bytes, float] = {}  # the cutoff below which they are

    @property
    def end(self) -> float:
        """Bound from which on nothing is left to be found; where costs are counted, one less."""
        cutoff = super().cutoff
        if self.facilities.counts_cost and np.isfinite(cutoff):
            return min(cutoff, self.cost - 1.0 + WHOLE)
        return cutoff

    @property
    def cutoff(self) -> float:
        """Bound from which on a node is ended: that, or the target."""
        return min(self.end, self.target)

    @property
    def proven(self) -> float:
        """Bound on all plans that a bound at or above the cutoff has ended."""
        near = SHARE_OF_GAP * self._gap * abs(self.cost) < 1.0
        proven = self.cost if self.facilities.counts_cost and near else super().proven
        return proven if self.target >= self.end else min(self.target, proven)

    def attempt(self, chosen: Ints) -> bool:
        """Look for a better plan with some facilities open; return whether one was found."""
        chosen = np.sort(chosen)
        key = chosen.tobytes()
        if key in self._tried:
            return False
        self._tried[key] = None
        try:
            split = self._transportation.best(chosen, self.cost)
        except UndecidedError:
            return False
        if split is None:
            return False
        self._splits.append((split, chosen))
        return self._take(self._rounded(split, chosen))

    @property
    def patience(self) -> float:
        """Seconds that one search for a better plan may take."""
        left = self._budget.left
        return SECONDS if left is None else min(SECONDS, SHARE * left)

    def polish(self, *, sets: bool = True) -> bool:
        """Solve the sets whose bounds are lowest; where that is too much, better part by part.

        Returns whether all sets that were tried are solved.
        """
        if sets and self.complete_sets():
            return True
        if self.best is not None and not self._budget.is_over:
            self._part_by_part(self._plan(self.best), PART_GAP if sets else FAR_PART_GAP)
        return False

    def take_plan(self, plan: Ints) -> bool:
        """Take a plan where it is better: facility of each pair, -1 for none, (pairs,)."""
        chosen = np.unique(plan[plan >= 0])
        found = np.where(plan < 0, -1, np.searchsorted(chosen, plan))
        pairs = np.arange(plan.size)
        return self._take(self._transportation.shipment(chosen, found, pairs, np.ones(plan.size)))

    def better_parts(self, plan: Ints) -> None:
        """Better a plan part by part, and take it: facility of each pair, -1 for none."""
        self._part_by_part(plan, PART_GAP, SMALL_PARTS)

    def complete_sets(self) -> bool:
        """Solve the sets whose bounds are lowest; return whether all below the cutoff are."""
        left = self._budget.left
        until = self._budget.spent + (SETS_SECONDS if left is None else SETS_SHARE * left)
        undecided = 0
        for split, chosen in sorted(self._splits, key=_cost):
            if split.cost >= self.cutoff or undecided == MOST_UNDECIDED:
                break
            key = chosen.tobytes()
            if key in self._completed:
                continue
            again = self.cutoff < self._undecided.get(key, np.inf)
            if again and self._budget.spent < until and self._complete_set(split, chosen):
                self._completed.add(key)
            else:
                self._undecided[key] = self.cutoff
                undecided += 1
        return undecided == 0 and bool(self._completed)

    def _complete_set(self, split: Shipment, chosen: Ints) -> bool:
        """Find the best plan with some facilities open; return whether it is known."""
        problem = self.facilities.take(chosen)
        price = split.hour_price[chosen]
        full = problem.cost + price[:, None] * problem.hours
        paid = self.facilities.constant + float(problem.fixed.sum())
        least = float(split.pair_price.sum()) - float(price @ problem.capacity)
        room = self.cutoff - paid - least
        near = full - split.pair_price <= room
        without = problem.free - split.pair_price <= room
        if int(near.sum()) > MOST_SUPPLIES:
            return False
        every = np.ones(chosen.size)
        cover = Cover(every, float(chosen.size), np.inf, every > 0)
        try:
            self.complete(chosen, cover, near, without, self.patience)
        except UndecidedError:
            return False
        return True

    def _part_by_part(self, plan: Ints, gap: float, parts: Parts | None = None) -> None:
        left = self._budget.left
        until = self._budget.spent + (PARTS_SECONDS if left is None else PARTS_SHARE * left)
        options = replace(self._transportation.options, time_limit=PART_SECONDS)
        options = replace(options, gap=gap if parts else max(options.gap, gap))
        self.take_plan(
            bettered(self.facilities, plan, options, lambda: until - self._budget.spent, parts)
        )

    def _plan(self, best: Shipment) -> Ints:
        """Return the facility of each pair, -1 for none, shape (pairs,)."""
        plan = np.full(self.facilities.pairs, -1, dtype=np.int64)
        plan[best.pair] = best.source
        return plan

    def complete(
        self,
        chosen: Ints,
        cover: Cover,
        supplies: Flags,
        without: Flags,
        seconds: float | None = None,
    ) -> None:
        """Find the best plan of what is left open, or prove that none is better.

        Parameters
        ----------
        chosen
            Facilities that may be open, as positions among all.
        cover, supplies, without
            As for :class:`~amopt.placement.methods.location.programs.program.SingleSourceProgram`.
        seconds
            Most seconds; None for all that are left.

        Raises
        ------
        UndecidedError
            When it is not proven, because the time is over or the solver did not answer.
        """
        cutoff = self.cutoff
        counts = self.facilities.counts_cost and np.isfinite(cutoff)
        limit = math.ceil(cutoff) if counts else cutoff
        written = SingleSourceProgram.of(
            self.facilities.take(chosen), cover, supplies, without, limit
        )
        outcome = self._solve(written, chosen, written.without_plan(), seconds)
        decided = outcome.status in (Status.OPTIMAL, Status.INFEASIBLE)
        if not decided and (outcome.bound is None or outcome.bound < min(cutoff, self.cutoff)):
            raise UndecidedError

    def look_near(self, sites: Ints, volume: Volume) -> None:
        """Search among supplies whose own bound is near the bound of all.

        What costs least when it is forced is what good plans are made of.

        Parameters
        ----------
        sites, volume
            Facilities that may be open, as positions among all, and their prices.
        """
        found = volume.best
        by_facility, without = volume.relaxation.forced(volume.prices, found)
        left = min(self.cutoff - found.bound, AROUND / NEAR * abs(found.bound))
        target = found.bound + NEAR * left
        supplies, free = by_facility <= target, without <= target
        if int(supplies.sum()) <= MOST_SUPPLIES:
            self.better(sites, volume.relaxation.cover, supplies, free, self.patience)

    def better(
        self, sites: Ints, cover: Cover, supplies: Flags, without: Flags, seconds: float
    ) -> None:
        """Look for a better plan among some supplies, and those of the best plan.

        Parameters
        ----------
        sites, cover, supplies, without
            As for :meth:`complete`.
        seconds
            Most seconds.
        """
        chosen, plan = sites, None
        if self.best is not None:
            chosen = np.union1d(sites, self.best.opened)
            sources = self._plan(self.best)
            plan = np.where(sources < 0, -1, np.searchsorted(chosen, sources))
        spots = np.searchsorted(chosen, sites)
        wanted = np.zeros((chosen.size, self.facilities.pairs), dtype=bool)
        wanted[spots] = supplies
        weight = np.full(chosen.size, float(cover.weight.max(initial=1.0)))
        weight[spots] = cover.weight
        if plan is not None:
            own = np.flatnonzero(plan >= 0)
            wanted[plan[own], own] = True
            without = without | (plan < 0)
        loose = Cover(weight, 0.0, np.inf, np.zeros(chosen.size, dtype=bool))
        problem = self.facilities.take(chosen)
        written = SingleSourceProgram.of(problem, loose, wanted, without, np.inf)
        start = None if plan is None else written.start(plan)
        self._solve(written, chosen, start, seconds)

    def _solve(
        self,
        written: SingleSourceProgram,
        chosen: Ints,
        start: Floats | None,
        seconds: float | None,
    ) -> Outcome:
        options = self._budget.options(self._transportation.options)
        # Below a target there is nothing, for the most part; without one plans are wanted.
        proves = written.none is not None and bool(np.isfinite(self.target))
        options = replace(options, gap=min(options.gap, TO_THE_END), sub_programs=not proves)
        if seconds is not None:
            limit = seconds if options.time_limit is None else min(options.time_limit, seconds)
            options = replace(options, time_limit=limit)
        began = self._budget.spent

        def left() -> float | None:
            limit = options.time_limit
            return None if limit is None else max(limit - (self._budget.spent - began), 0.0)

        tight = Tightened(written.program)
        if written.pair.size <= MOST_TO_TIGHTEN:
            problem = self.facilities.take(chosen)
            tight = tightened(written, problem, options, left, pool=self._pool, sites=chosen)
        for program in self._nearer(written, tight, proves=proves):
            within = replace(options, time_limit=left())
            answer = highs.solve(program, within, start=start)
            found = None if answer.values is None else written.chosen(answer.values)
            if found is not None:
                pairs = np.arange(self.facilities.pairs)
                share = np.ones(pairs.size)
                self._take(self._transportation.shipment(chosen, found, pairs, share))
            if answer.outcome.stopped is Stopped.INTERRUPTED:
                raise KeyboardInterrupt
            if found is not None or answer.outcome.status is not Status.OPTIMAL:
                break
        return answer.outcome

    def _nearer(
        self, written: SingleSourceProgram, tight: Tightened, *, proves: bool
    ) -> Iterator[LinearProgram]:
        """Yield the program of plans near the relaxation's bound, and those farther, up to all.

        Below a target that is no plan's cost the best plan is often far below.
        """
        none, program = written.none, tight.program
        if proves and none is not None and np.isfinite(tight.bound):
            limit = program.offset + float(program.cost[none])
            base = max(tight.bound, self.floor)
            for share in NEARER if self.target < self.end else ():
                target = base + share * (limit - base)
                target = float(np.ceil(target)) if self.facilities.counts_cost else target
                if target < limit - RESTING * abs(limit):
                    yield tight.below(none, target)
        yield program

    def _rounded(self, split: Shipment, chosen: Ints) -> Shipment | None:
        """Return a plan of single sources near a split one; None where none was found."""
        problem, pairs = self.facilities.take(chosen), self.facilities.pairs
        order = np.argsort(split.share)
        largest = np.full(pairs, -1, dtype=np.int64)
        largest[split.pair[order]] = split.source[order]
        choice = np.where(largest < 0, -1, np.searchsorted(chosen, largest))
        found = rearranged(problem.cost, problem.hours, problem.capacity, problem.free, choice)
        if not np.isfinite(problem.free[found < 0]).all():
            return None
        return self._transportation.shipment(chosen, found, np.arange(pairs), np.ones(pairs))

    def _take(self, found: Shipment | None) -> bool:
        if found is None or not found.cost < self.cost:
            return False
        self.cost, self.best = found.cost, found
        return True


def _cost(entry: tuple[Shipment, Ints]) -> float:
    return entry[0].cost
