r"""Prices that climb by columns: a facility with a set of whole pairs that fits it.

.. math::

    \min \; & \sum_k \Big(f_{i(k)} + \sum_{j \in S_k} c_{i(k) j}\Big) \lambda_k \\
    & \sum_{k: j \in S_k} \lambda_k \ge 1, \quad \sum_{k: i(k) = i} \lambda_k \le 1, \quad
    w^- \le \sum_k w_{i(k)} \lambda_k \le w^+

Knapsacks at the prices of this program's pairs bring the columns that it lacks. The bound is never
its value, which holds for the columns that are there alone, but that of the relaxation at the same
prices. Columns are sought at prices between those of the best bound and the program's, so that they
do not swing (Wentges, 1997).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.outcome import Stopped
from amopt.placement.methods.facilities import Facilities
from amopt.placement.methods.location.climbing.volume import Volume
from amopt.placement.methods.location.relaxation import Relaxation, Relaxed
from amopt.program.linear import LinearProgram
from amopt.program.solver import highs
from amopt.program.solver.answer import Answer, Basis
from amopt.program.time import Budget

__all__ = ["Columns"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

INWARD, NARROWEST = 0.8, 0.1
"""How far the prices at which columns are sought lie from the program's towards those of the best
bound, first, and below which they are the program's own."""

NEAR_ENOUGH = 2e-5
"""Relative distance of the bound from the program's value at which climbing ends: that value is
one that no bound of this kind passes."""

AT_NODE = 40
"""Most programs at a node below the root."""

GAINS = 1e-7
"""By how much a column must cost less than its prices, relative to them."""

WHOLE = 1 - 1e-6
"""Share from which on a pair is in a set."""

DEAR = 10.0
"""What a pair without any column costs, in multiples of the highest price."""

NEAR = 4e-3
"""Reduced cost, relative to the program's value, up to which a column is one of what is left."""


class Columns:
    """Columns of some facilities, kept from one climb to the next.

    Parameters
    ----------
    facilities
        All facilities.
    options, budget
        Options of the solver, and the time for everything.
    dear
        What a pair without any column costs, shape (pairs,); None for what no plan pays.

    Attributes
    ----------
    values
        How much of each column the last program takes, shape (columns,).
    """

    def __init__(
        self,
        facilities: Facilities,
        options: highs.Options,
        budget: Budget,
        dear: Floats | None = None,
    ) -> None:
        self._facilities, self._options, self._budget = facilities, options, budget
        self._dear = dear
        self._known: set[bytes] = set()
        self._site: list[int] = []
        self._pairs: list[Ints] = []
        self._cost: list[float] = []
        self._written = _Written.nothing()
        for site in range(facilities.sites):  # one that must be open may be empty
            self._add(site, np.zeros(0, dtype=np.int64))
        self._basis: Basis | None = None
        self.values = np.zeros(facilities.sites)
        self._duals = np.zeros(facilities.pairs + facilities.sites + 1)
        self._value = 0.0

    def climb(
        self,
        volume: Volume,
        sites: Ints,
        cutoff: float,
        rounds: int = AT_NODE,
        *,
        wanted: float = -np.inf,
        seconds: float = np.inf,
    ) -> None:
        """Let prices climb.

        Parameters
        ----------
        volume
            The prices, and their relaxation of whole pairs; the best that are found are put there.
        sites
            The facilities of the relaxation, as positions among all.
        cutoff
            Bound from which on no better one is wanted.
        rounds
            Most programs.
        wanted
            Bound that must be possible for it to go on.
        seconds
            Most seconds.
        """
        relaxation = volume.relaxation
        self._take(sites, volume.best)
        best, prices = volume.best, volume.prices
        until = self._budget.spent + seconds
        for k in range(rounds):
            late = self._budget.is_over or self._budget.spent > until
            if late or best.bound >= cutoff:
                break
            answer = self._solved(self._program(relaxation, sites, prices), first=k == 0)
            if answer.values is None or answer.duals is None:
                break
            opened = self._opened(answer.values)[sites]
            found, at, new = self._seek(relaxation, sites, answer, prices, best)
            if found.bound > best.bound:
                best, prices = found, at
            volume.reach(prices, best, opened)
            value = self._value = float(answer.outcome.objective or 0.0)
            self._duals, self.values = answer.duals, answer.values[prices.size :]
            if not new or value - best.bound <= NEAR_ENOUGH * abs(value) or value < wanted:
                break

    def set_at(self, column: int) -> tuple[int, Ints]:
        """Return the facility and the pairs of a column."""
        return self._site[column], self._pairs[column]

    def left_over(
        self, facilities: Facilities, sites: Flags, pairs: Flags, dear: Floats
    ) -> Columns:
        """Return columns of what is left when some facilities and pairs are done with.

        Parameters
        ----------
        facilities
            Those that are left, with the pairs that are.
        sites, pairs
            Which those are, shapes (facilities,) and (pairs,).
        dear
            What a pair without any column costs, shape (pairs that are left,).
        """
        others = Columns(facilities, self._options, self._budget, dear)
        at, pair = np.cumsum(sites) - 1, np.cumsum(pairs) - 1
        count, most = pairs.size, NEAR * abs(self._value)
        for k in range(min(len(self._site), self.values.size)):
            site, its = self._site[k], self._pairs[k]
            due = float(self._duals[its].sum() + self._duals[count + site])
            if sites[site] and self._cost[k] - due <= most:
                some = its[pairs[its]]
                if some.size:
                    others._add(int(at[site]), pair[some])
        return others

    def _solved(self, program: LinearProgram, *, first: bool) -> Answer:
        """Solve a program from the basis of the last one.

        Other bounds leave that basis optimal for the dual, more columns for the primal program.
        """
        method = "simplex" if first else "primal simplex"
        options = replace(self._budget.options(self._options), method=method, presolve=False)
        basis = self._basis
        if basis is not None:
            added = np.zeros(program.shape[1] - basis.columns.size, dtype=np.int8)
            basis = Basis(np.append(basis.columns, added), basis.rows)
        answer = highs.solve(program, options, basis=basis)
        if answer.outcome.stopped is Stopped.INTERRUPTED:
            raise KeyboardInterrupt
        self._basis = answer.basis
        return answer

    def _seek(
        self, relaxation: Relaxation, sites: Ints, answer: Answer, prices: Floats, best: Relaxed
    ) -> tuple[Relaxed, Floats, int]:
        """Seek columns that the program lacks; return the best answer, its prices, and how many."""
        assert answer.duals is not None
        pairs, inward, new = prices.size, INWARD, 0
        own = answer.duals[:pairs]
        # What a column must gain beside its pairs' prices to lower the program's value.
        due = answer.duals[pairs + sites]
        due = due + float(answer.duals[-1]) * relaxation.cover.weight
        while True:
            at = np.clip(inward * prices + (1 - inward) * own, 0.0, relaxation.facilities.free)
            found = relaxation.at(at)
            new += self._take(sites, found, own, due)
            if found.bound > best.bound:
                best, prices = found, at
            if new or inward == 0.0 or self._budget.is_over:
                return best, prices, new
            inward = inward / 2 if inward > NARROWEST else 0.0

    def _take(
        self, sites: Ints, found: Relaxed, own: Floats | None = None, due: Floats | None = None
    ) -> int:
        """Keep the sets that knapsacks hold, where they are worth it; return how many are new."""
        facilities, pair = self._facilities, found.packed.pair
        inside, its = found.packed.share >= WHOLE, (sites[:, None], pair)
        hours = np.where(inside, facilities.hours[its], 0.0).sum(axis=1)
        fits = hours <= facilities.capacity[sites] * (1 + 1e-9)
        worth = inside.any(axis=1) & fits
        if own is not None and due is not None:
            cost = facilities.fixed[sites] + np.where(inside, facilities.cost[its], 0.0).sum(axis=1)
            gain = cost - np.where(inside, own[pair], 0.0).sum(axis=1) - due
            worth &= gain < -GAINS * (1.0 + np.abs(cost))
        new = 0
        for k in np.flatnonzero(worth):
            new += self._add(int(sites[k]), np.sort(pair[k][inside[k]]))
        return new

    def _add(self, site: int, pairs: Ints) -> bool:
        key = site.to_bytes(8, "little") + pairs.tobytes()
        if key in self._known:
            return False
        self._known.add(key)
        self._site.append(site)
        self._pairs.append(pairs)
        fixed, cost = self._facilities.fixed[site], self._facilities.cost[site, pairs]
        self._cost.append(float(fixed + cost.sum()))
        return True

    def _program(self, relaxation: Relaxation, sites: Ints, prices: Floats) -> LinearProgram:
        """Return the program: pairs without any column, and the columns."""
        facilities, cover, every = relaxation.facilities, relaxation.cover, self._facilities
        pairs = facilities.pairs
        shape = (every.sites, pairs)
        written = self._written.beside(self._site, self._pairs, self._cost, shape)
        self._written = written
        site = written.site
        weight, least, most = np.ones(every.sites), np.zeros(every.sites), np.zeros(every.sites)
        weight[sites], least[sites], most[sites] = cover.weight, cover.must, 1.0
        dear = self._dear
        if dear is None:
            dear = np.full(pairs, DEAR * float(prices.max(initial=1.0)))
        alone = np.minimum(facilities.free, dear)
        cost = np.append(alone, written.cost)
        begins = np.append(np.arange(pairs), pairs + written.begins)
        entries = np.ones(begins[-1])
        entries[begins[pairs + 1 :] - 1] = weight[site]
        row = np.append(np.arange(pairs, dtype=np.int32), written.row)
        matrix = sp.csc_array(
            (entries, row, begins.astype(np.int32)), shape=(pairs + every.sites + 1, cost.size)
        )
        return LinearProgram(
            cost=cost,
            matrix=matrix.tocsr(),
            row_lower=np.concatenate([np.ones(pairs), least, [cover.least]]),
            row_upper=np.concatenate([np.full(pairs, np.inf), most, [cover.most]]),
            lower=np.zeros(cost.size),
            upper=np.full(cost.size, np.inf),
            integer=np.zeros(cost.size, dtype=bool),
            offset=facilities.constant,
        )

    def _opened(self, values: Floats) -> Floats:
        """Return how far facilities are open, shape (facilities,)."""
        used = values[values.size - len(self._site) :]
        opened = np.bincount(self._site, used, minlength=self._facilities.sites)
        return np.clip(opened, 0.0, 1.0)


@dataclass(frozen=True)
class _Written:
    """Columns as they stand in the program.

    Attributes
    ----------
    site, cost
        Facility and cost of each, shape (columns,).
    row, begins
        Rows of its coefficients: its pairs, its facility, the number of facilities; where each
        column's begin, and where the last one's end, shape (columns + 1,).
    """

    site: Ints
    cost: Floats
    row: NDArray[np.int32]
    begins: Ints

    @classmethod
    def nothing(cls) -> _Written:
        """Return none."""
        none = np.zeros(0, dtype=np.int64)
        return cls(none, np.zeros(0), none.astype(np.int32), np.zeros(1, dtype=np.int64))

    def beside(
        self, site: list[int], pairs: list[Ints], cost: list[float], shape: tuple[int, int]
    ) -> _Written:
        """Return all columns of the lists, of which these are the first.

        ``shape`` is how many facilities and pairs there are.
        """
        known, (sites, count) = self.site.size, shape
        if known == len(site):
            return self
        new = zip(site[known:], pairs[known:], strict=True)
        rows = [np.append(its, (count + own, count + sites)) for own, its in new]
        begins = self.begins[-1] + np.cumsum([each.size for each in rows])
        return _Written(
            np.append(self.site, site[known:]).astype(np.int64),
            np.append(self.cost, cost[known:]),
            np.concatenate([self.row, *rows]).astype(np.int32),
            np.append(self.begins, begins),
        )
