"""A tree over which facilities are open, the lowest bound first.

At each node prices climb from those of its parent, the average of the relaxation's answers is
rounded to a plan, and facilities that no better plan would open or close are settled. No node needs
a linear program: the relaxation's own bounds with a facility open and closed are those of its
children.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from amopt.outcome import relative_gap
from amopt.placement.methods.bounded_plan import Step
from amopt.placement.methods.facilities import Facilities
from amopt.placement.methods.location.climbing.branching import divided
from amopt.placement.methods.location.climbing.node import Node
from amopt.placement.methods.location.climbing.volume import Volume
from amopt.placement.methods.location.climbing.whole_sets import WholeSets
from amopt.placement.methods.location.covering import Cover
from amopt.placement.methods.location.incumbent import Incumbent
from amopt.placement.methods.location.relaxation import Relaxation
from amopt.placement.methods.location.single_source import SingleSourceIncumbent
from amopt.placement.methods.location.transportation import UndecidedError
from amopt.program.solver import highs
from amopt.program.time import Budget

__all__ = ["Tree"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

AT_ROOT, AT_NODE, AT_NODE_WHOLE = 600, 60, 30
"""Most rounds of climbing at the root and at other nodes; with knapsacks of whole pairs there."""

BEFORE, BETWEEN = 150, 50
"""Rounds at the root before the first look for a plan, and between two of them."""

WORTH_IT = 0.2
"""Share of what is left that knapsacks of whole pairs must close at the root to be solved at other
nodes too."""

STALL = 2e-6
"""Relative rise of the bound between two looks below which climbing at the root ends."""

NEAREST, FARTHER, MOST_TARGETED = 3e-3, 3.0, 3_000
"""Relative distance from the bound of the first target below which single sources are searched
for; factor of the next ones; most facilities times pairs where that is done."""

FAR = 0.05
"""Relative distance of a plan from the bound from which it is bettered before targets are set."""

DIVES = 100
"""Nodes from one dive to the next."""

PATIENCE, MANY = 20, 300
"""Nodes between two looks at the pace of the bound; nodes to come that are too many."""

PACE = 0.5
"""Pace of the first steps below the root."""


class Tree:
    """Searches the sets of open facilities.

    Parameters
    ----------
    facilities
        All facilities.
    incumbent
        The best plan known, and how better ones are found.
    prices
        First prices, shape (pairs,).
    budget
        The time for everything.
    progress
        Called now and then.

    Attributes
    ----------
    nodes, rounds
        Nodes and rounds of climbing so far.
    seeks_columns
        Whether columns of whole sets are tried at the root.
    """

    def __init__(
        self,
        facilities: Facilities,
        incumbent: Incumbent,
        prices: Floats,
        budget: Budget,
        progress: Callable[[highs.Progress], None] | None = None,
    ) -> None:
        self.facilities, self.incumbent = facilities, incumbent
        self._budget, self._progress = budget, progress
        self._relaxation = Relaxation.of(facilities)
        self._single = isinstance(incumbent, SingleSourceIncumbent)
        self._sets: WholeSets | None = None
        if isinstance(incumbent, SingleSourceIncumbent) and not self.is_targeted:
            self._sets = WholeSets.of(incumbent, budget)
        self.seeks_columns = self._sets is not None
        self._order = itertools.count()
        every = np.ones(facilities.sites, dtype=bool)
        cover, self._first = self._relaxation.cover, Step(prices)
        decided = every, ~every, self._first, cover.least, cover.most
        root = Node(-np.inf, next(self._order), prices, *decided)
        self._under_way: Node | None = None
        self._provable, self._whole = not self._single, False
        self._open, self._now, self._left = [root], -np.inf, np.inf
        self._start: Node | None = None
        self._began = -np.inf
        self._distance, self.nodes, self.rounds = 0.0, 0, 0

    @property
    def bound(self) -> float:
        """A bound on all plans: the lowest of the open nodes, or what ended the others."""
        lowest = min((node.bound for node in self._open), default=np.inf)
        return min(lowest, self._now, self._left, self.incumbent.proven)

    def proof(self) -> Step | None:
        """Return the tree of prices that proves the bound; None where there is none."""
        for node in (*self._open, *([self._under_way] if self._under_way else [])):
            if node.step.is_end:
                node.step.prices = node.prices
        return self._first if self._provable else None

    @property
    def is_targeted(self) -> bool:
        """Whether single sources are searched for below one target after the other."""
        return self._single and self.facilities.sites * self.facilities.pairs <= MOST_TARGETED

    def follow(self, other: Tree) -> None:
        """Begin with the prices and the bound of a tree that leaves more plans possible."""
        root = self._open[0]
        root.bound = self._now = max(root.bound, other.bound)
        prices = other._first.prices  # unknown where the root was decided at once
        root.prices = root.prices if prices is None else prices

    @property
    def is_slow(self) -> bool:
        """Whether many more nodes of split supply are to come, at the pace of the bound so far."""
        due = self.nodes > 0 and self.nodes % PATIENCE == 0 and not self._single
        far, rise = self.incumbent.cutoff - self.bound, self.bound - self._began
        return due and bool(self._open) and far * self.nodes > MANY * rise

    @property
    def left(self) -> tuple[Flags, Flags, Cover]:
        """Which facilities may, and which must be open where anything is left, and how many."""
        may = np.any([node.may for node in self._open], axis=0)
        must = np.all([node.must for node in self._open], axis=0)
        least, most = min(n.least for n in self._open), max(n.most for n in self._open)
        return may, must, replace(self._relaxation.cover, least=least, most=most)

    def close(self, bound: float) -> None:
        """Take a bound on all that is left, proven elsewhere, where it is better."""
        if bound > self.bound:
            self._open.clear()
            self._left, self._provable = min(self._left, bound), False

    def search(self, *, patient: bool = True) -> None:
        """Go on until everything is proven or the time is over; else, until it is slow, too."""
        while not self._budget.is_over and (self._open or self._aims_farther()):
            self._now = self._open[0].bound  # before it is taken, for whoever interrupts
            node = heapq.heappop(self._open)
            if node.bound >= self.incumbent.cutoff:
                self._open.clear()
                self._now = np.inf
                continue
            self._expand(node)
            self._now = np.inf
            self._report()
            if self.nodes == 1:
                self._began = self.bound
            if not patient and self.is_slow:
                break

    def _report(self) -> None:
        if self._progress is None:
            return
        cost, spent = self.incumbent.cost, self._budget.spent
        objective = cost if np.isfinite(cost) else None
        gap = relative_gap(objective, self.bound)
        left = np.inf if gap is None else gap
        self._progress(highs.Progress(spent, objective, self.bound, left, self.nodes))

    def _expand(self, node: Node) -> None:
        """Climb at a node, look for a plan, and branch where it is not ended."""
        root, self.nodes = self.nodes == 0, self.nodes + 1
        self._under_way = node
        volume = Volume(self._narrowed(node), node.prices, 1.0 if root else PACE)
        ended = self._at_root(node, volume) if root else self._at_node(node, volume)
        if not ended:
            self._branch(node, volume)
        elif node.step.is_end:
            node.step.prices = volume.prices
        self._under_way = None

    def _narrowed(self, node: Node, *, whole: bool = False) -> Relaxation:
        return self._relaxation.narrowed(node.may, node.must, node.least, node.most, whole=whole)

    def _at_root(self, node: Node, volume: Volume) -> bool:
        """Climb with looks for plans in between; return whether the root is ended."""
        if self._climb_and_look(node, volume, AT_ROOT):
            return True
        if self._single:
            before = volume.bound
            volume.refine(self._narrowed(node, whole=True), PACE)
            most = BEFORE if self.seeks_columns else AT_ROOT
            if self._climb_and_look(node, volume, volume.rounds + most):
                return True
            self._whole = volume.bound - before >= WORTH_IT * (self.incumbent.cutoff - before)
        self._look(node, volume, swaps=0 if self.seeks_columns else 40)
        sites = np.flatnonzero(node.may)
        if self.is_targeted:
            self._whole = True
            if not np.isfinite(self.incumbent.cost):
                self.incumbent.look_near(sites, volume)
            if self._is_far(volume):
                self.incumbent.polish(sets=False)
            self._aim(node, volume)
            return self._settle(node, volume)
        if self._by_columns(node, volume):
            return True
        if self._sets is not None:
            if self._sets.pay:
                return False
            self._look(node, volume, swaps=40)
        if not self.incumbent.polish() and self._is_far(volume):
            self.incumbent.look_near(np.flatnonzero(node.may), volume)
        return self._settle(node, volume)

    def _by_columns(self, node: Node, volume: Volume) -> bool:
        """Climb by columns of whole sets, where that pays; return whether the node is ended."""
        sets = self._sets
        if sets is None:
            return False
        if not volume.relaxation.whole:
            volume.refine(self._narrowed(node, whole=True), PACE)
        try:
            sets.climb(volume, np.flatnonzero(node.may), at_root=self.nodes == 1)
        finally:  # interrupted, too, it keeps what is proven
            node.prices = volume.prices
            node.bound = self._now = max(node.bound, volume.bound)
        if self.nodes % DIVES == 1 and not self._settle(node, volume):
            sets.dive(volume)
            self._report()
        return self._settle(node, volume)

    def _is_far(self, volume: Volume) -> bool:
        return self.incumbent.cost - volume.bound > FAR * abs(volume.bound)

    def _aim(self, node: Node, volume: Volume) -> None:
        """Search below one target after the other, each time from here."""
        self._start = replace(
            node, prices=volume.prices, may=node.may.copy(), must=node.must.copy()
        )
        self._distance = NEAREST * abs(node.bound)
        self.incumbent.target = node.bound + self._distance

    def _aims_farther(self) -> bool:
        """Start anew below the next target, the last one being a bound; return whether there is.

        Below the first ones little is left that may be in a plan.
        """
        reached, start = self.incumbent.target, self._start
        if start is None or reached >= self.incumbent.end:
            return False
        self._distance, self.incumbent.floor = self._distance * FARTHER, reached
        again = replace(
            start,
            bound=max(start.bound, reached),
            order=next(self._order),
            may=start.may.copy(),
            must=start.must.copy(),
        )
        heapq.heappush(self._open, again)
        self.incumbent.target = start.bound + self._distance  # a bound no more
        return True

    def _climb_and_look(self, node: Node, volume: Volume, most: int) -> bool:
        first = volume.rounds
        while volume.rounds < most and not self._budget.is_over:
            before, rounds = volume.bound, volume.rounds
            if self._climb(node, volume, BETWEEN if rounds >= BEFORE else BEFORE):
                return True
            self._look(node, volume, swaps=0 if self.seeks_columns else 6)
            if self._settle(node, volume):
                return True
            self._report()
            rest = volume.bound - before <= STALL * abs(volume.bound)
            if (rest and volume.rounds > first + BEFORE) or volume.rounds == rounds:
                break
        return False

    def _at_node(self, node: Node, volume: Volume) -> bool:
        """Climb, and look for a plan once; return whether the node is ended."""
        if self._sets is not None and self._sets.pay:
            if self._by_columns(node, volume):
                return True
        else:
            if self._whole:
                volume.refine(self._narrowed(node, whole=True), PACE)
            if self._climb(node, volume, AT_NODE_WHOLE if self._whole else AT_NODE):
                return True
        self._look(node, volume, swaps=0)
        return self._settle(node, volume)

    def _climb(self, node: Node, volume: Volume, rounds: int) -> bool:
        """Let prices climb; return whether the node is ended."""
        for _ in range(rounds):
            if volume.bound >= self.incumbent.cutoff:
                return True
            if self._budget.is_over:
                break
            volume.climb(self.incumbent.cost)
            self.rounds += 1
            node.prices = volume.prices
            node.bound = self._now = max(node.bound, volume.bound)
        return self._settle(node, volume)

    def _settle(self, node: Node, volume: Volume) -> bool:
        """Settle what no better plan has; return whether the node is ended."""
        cutoff, best = self.incumbent.cutoff, volume.best
        if best.bound >= cutoff:
            return True
        kept, must = best.if_open < cutoff, best.if_closed >= cutoff
        sites = np.flatnonzero(node.may)
        node.step.prices = volume.prices
        if (must & ~kept).any():
            node.step.divide("site", int(sites[np.flatnonzero(must & ~kept)[0]]))
            return True
        if kept.all() and (node.must[sites] == must).all():
            return False
        node.step = node.step.settle(sites[must & ~node.must[sites]], sites[~kept])
        node.may[sites[~kept]] = False
        node.must[sites[must]] = True
        volume.narrow(self._narrowed(node, whole=volume.relaxation.whole), kept)
        return volume.bound >= cutoff

    def _look(self, node: Node, volume: Volume, swaps: int) -> None:
        sites = np.flatnonzero(node.may)
        self.incumbent.look(sites, volume.opened, volume.best.net, swaps)

    def _branch(self, node: Node, volume: Volume) -> None:
        """Divide a node, or decide it where every facility is settled."""
        if self._budget.is_over:
            heapq.heappush(self._open, node)
            return
        sites, cover = np.flatnonzero(node.may), volume.relaxation.cover
        if cover.must.all():
            self._decide(node, volume, sites)
            return
        dear = self._sets is not None and self._sets.pay  # much hangs on the dear ones
        worth = 1.0 + self.facilities.fixed if dear else None
        for side in divided(node, volume, self._order, worth):
            if side.bound < self.incumbent.cutoff:
                heapq.heappush(self._open, side)

    def _decide(self, node: Node, volume: Volume, sites: Ints) -> None:
        """Decide a node at which every facility is; it keeps its bound where that is not done."""
        try:
            if isinstance(self.incumbent, SingleSourceIncumbent):
                cover, cutoff = volume.relaxation.cover, self.incumbent.cutoff
                supplies, without = volume.relaxation.forced(volume.prices, volume.best)
                self.incumbent.complete(sites, cover, supplies < cutoff, without < cutoff)
            else:
                self.incumbent.decide(sites)
                node.step.prices = self.incumbent.pays(sites)
                self._provable &= node.step.prices is not None
        except UndecidedError:
            if self._budget.is_over:
                heapq.heappush(self._open, node)
            else:
                self._left = min(self._left, node.bound)
