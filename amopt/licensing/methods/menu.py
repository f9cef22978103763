r"""The best menu of two contracts, exactly, over the royalties of the formulation.

Take royalties :math:`r < r'` with fees :math:`F, F'`. What buyer :math:`i` would pay more for the
lower royalty, :math:`d_i = \bar F_i(r) - \bar F_i(r')`, rises with his demand
(:mod:`amopt.licensing.costs`); he prefers the first contract where :math:`d_i \ge F - F'`. So with
buyers in the order of their demand the first :math:`t` of them look at the second contract alone,
and the others at the first alone. Who would pay that much takes it.

**Bound.** With :math:`G_r(t)` the most that the contract earns of the buyers from :math:`t` on at
its best fee, and :math:`G'_{r'}(t)` the other of the first :math:`t`, no menu of these royalties
earns more than :math:`\max_t G_r(t) + G'_{r'}(t)`: only that nobody may prefer the other contract
is left out.

**Value.** With the buyers of each contract given, what is earned rises in both fees, and the
highest ones are those where a buyer would just pay (less what he must save), or where a buyer is
indifferent between the contracts: some :math:`3 m^2` pairs of fees.

Pairs of royalties are worked out in the order of their bounds until no bound is above the best menu
that was found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.licensing.contract import MARGIN, NONE, Contract, Offer, earned, responses
from amopt.licensing.costs import SAME, Buyers
from amopt.licensing.formulation import royalties_of
from amopt.licensing.methods import exact
from amopt.licensing.methods.sides import OrderedBuyers, Side
from amopt.program.time import Budget

__all__ = ["HONOURS", "Menu", "best_menu"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Truths = NDArray[np.bool_]

HONOURS = exact.HONOURS
"""The families of constraints that it honours."""

ENOUGH = 1e-7
"""Relative distance of a bound from the best menu at which the search ends."""

FIRST = 48
"""Royalties, evenly spread over the list, of which menus are looked at first."""

DOUBT = SAME / 100
"""Share of what a buyer pays, much more than rounding, within which his choice is in doubt."""

TOGETHER = 4_000_000
"""Bounds that are worked out in one go."""


@dataclass(frozen=True)
class Menu:
    """What the search found.

    Attributes
    ----------
    offer
        The best offer; None where none was found.
    bound
        What no menu of these royalties earns more than, a year; -inf where none keeps the limits.
    pairs
        Pairs of royalties that were worked out.
    is_cut_short
        Whether the time was over before the bound was reached.
    """

    offer: Offer | None
    bound: float
    pairs: int
    is_cut_short: bool = False


def best_menu(buyers: Buyers, budget: Budget | None = None) -> Menu:
    """Return the best menu of two contracts, of one or of none, over the formulation's royalties.

    Parameters
    ----------
    buyers
        The buyers.
    budget
        The time that the search may take; it says afterwards what it can prove.
    """
    search = _Search(OrderedBuyers(buyers, royalties_of(buyers)), budget or Budget())
    count = search.ordered.royalties.size
    coarse = np.unique(np.linspace(0, count - 1, min(count, FIRST)).astype(np.intp))
    search.prepare(coarse)
    search.run(coarse, coarse)
    if coarse.size < count:
        search.prepare(np.setdiff1d(np.arange(count), coarse))
        search.run(*search.promising())
    bound = max(search.passed, search.best)
    return Menu(search.offer, bound, search.pairs, search.passed > search.enough)


class _Search:
    """The best menu so far, and what others could earn.

    Attributes
    ----------
    ceiling
        What no menu earns more than, a year.
    passed
        The largest bound of what was not looked at.
    """

    def __init__(self, ordered: OrderedBuyers, budget: Budget) -> None:
        self.ordered, self.budget = ordered, budget
        shape = (ordered.royalties.size, ordered.demand.size + 1)
        self.above, self.below = np.empty(shape), np.empty(shape)
        self.offer: Offer | None = None
        self.best, self.passed, self.pairs = -np.inf, -np.inf, 0
        self.ceiling = ordered.most_of_all
        if not ordered.floor.any():
            choice = np.full(ordered.demand.size, NONE)
            self.offer, self.best = Offer((), choice, ordered.base, ordered.base), ordered.base
        for contract in ordered.likely_contracts():
            self._take(self._as_taken((contract,)))

    def prepare(self, royalties: Ints) -> None:
        """Work out what contracts of some royalties earn of the buyers on each side."""
        for q in royalties.tolist():
            if self.budget.is_over:
                return
            for side, above in ((self.above, True), (self.below, False)):
                side[q] = self.ordered.most_earned(self.ordered.side(q, above=above))

    @property
    def enough(self) -> float:
        """The bound up to which menus need not be looked at."""
        return self.best + ENOUGH * abs(self.best) if np.isfinite(self.best) else self.best

    def promising(self) -> tuple[Ints, Ints]:
        """Return the royalties that may belong to a better menu, as the lower and the higher."""
        base = self.ordered.base
        if self.budget.is_over:
            return np.arange(0), np.arange(0)
        lower = (self.above + self.below.max(axis=0)).max(axis=1) + base
        higher = (self.below + self.above.max(axis=0)).max(axis=1) + base
        for bound in (lower, higher):
            self.ceiling = min(self.ceiling, float(bound.max()))
            self._pass_over(bound)
        return np.flatnonzero(lower > self.enough), np.flatnonzero(higher > self.enough)

    def _pass_over(self, bound: Floats) -> None:
        """Remember the largest of the bounds that need not be looked at."""
        self.passed = max(self.passed, float(bound[bound <= self.enough].max(initial=-np.inf)))

    def run(self, lower: Ints, higher: Ints) -> None:
        """Work out the pairs of some royalties, those of the largest bounds first."""
        self.passed = min(self.passed, self.enough)  # what time left over is looked at again
        bounds = [
            self._bounds(rows, higher)
            for rows in self._chunks(lower, higher.size)
            if not self.budget.is_over
        ]
        if self.budget.is_over:
            self.passed = self.ceiling
        if not bounds:
            return
        bound, q, p = (np.concatenate(part) for part in zip(*bounds, strict=True))
        for index in np.argsort(-bound, kind="stable").tolist():
            if bound[index] <= self.enough or self.budget.is_over:
                self.passed = max(self.passed, float(bound[index]))
                return
            self._work_out(int(q[index]), int(p[index]))

    def _chunks(self, lower: Ints, width: int) -> Iterator[Ints]:
        size = max(1, TOGETHER // max(1, width * self.above.shape[1]))
        for start in range(0, lower.size, size):
            yield lower[start : start + size]

    def _bounds(self, lower: Ints, higher: Ints) -> tuple[Floats, Ints, Ints]:
        """Return the bounds of pairs that may be better than the best, with their royalties."""
        both = (self.above[lower][:, None, :] + self.below[higher]).max(axis=2) + self.ordered.base
        both = np.where(lower[:, None] < higher, both, -np.inf)
        if self.ordered.royalties.size == 1:
            both = self.above[:, :1] + self.ordered.base
        self._pass_over(both)
        row, column = np.nonzero(both > self.enough)
        return both[row, column], lower[row], higher[column]

    def _work_out(self, q: int, p: int) -> None:
        """Look for the best menu of two royalties."""
        ordered = self.ordered
        self.pairs += 1
        sides = ordered.side(q, above=True), ordered.side(p, above=False)
        first, second, gain = ordered.menus(sides)
        value = gain + ordered.base
        better = np.flatnonzero(value > self.best)
        for index in better[np.argsort(-value[better], kind="stable")].tolist():
            if value[index] <= self.best:
                return
            fees = (float(first[index]), float(second[index]))
            self._take(self._offer(sides, fees))

    def _take(self, offer: Offer | None) -> None:
        """Remember an offer that is the best so far."""
        if offer is not None and offer.profit > self.best:
            self.offer, self.best = offer, offer.profit

    def _offer(self, sides: tuple[Side, Side], fees: tuple[float, float]) -> Offer | None:
        """Return the offer of two royalties with these fees, less what nobody would pay."""
        return self._as_taken(
            tuple(
                Contract(side.royalty, max(0.0, fee))
                for side, fee in zip(sides, fees, strict=True)
                if fee <= side.ladder[-1] + self.ordered.tie
            )
        )

    def _as_taken(self, contracts: tuple[Contract, ...]) -> Offer | None:
        """Return an offer as buyers take it; None where it breaks a limit or hangs by a hair."""
        buyers = self.ordered.buyers
        choice = responses(buyers, contracts)
        used = [number for number in range(len(contracts)) if (choice == number).any()]
        if len(used) < len(contracts):
            contracts = tuple(contracts[number] for number in used)
            choice = responses(buyers, contracts)
        if not (self._is_clear(contracts, choice) and self._keeps(contracts, choice)):
            return None
        profit = earned(buyers, contracts, choice)
        return Offer(contracts, choice, profit, profit)

    def _is_clear(self, contracts: tuple[Contract, ...], choice: Ints) -> bool:
        """Return whether rounding could change nobody's choice.

        Who takes no contract must lose by each, as the formulation asks. A licensee may save as
        little as he likes; only a difference that is the one of indifference itself is in doubt.
        """
        buyers, takes = self.ordered.buyers, choice != NONE
        share = np.array(
            [
                (buyers.highest_fee(one.royalty) - one.fee) / buyers.traditional_cost
                for one in contracts
            ]
        ).reshape(len(contracts), choice.size)
        if (share[:, ~takes] > -MARGIN).any():
            return False
        in_doubt = [np.abs(share.max(axis=0, initial=-np.inf)[takes] + SAME)]
        if len(contracts) == 2:
            in_doubt.append(np.abs(np.abs(share[0] - share[1])[takes] - SAME))
        return not any((one < DOUBT).any() for one in in_doubt)

    def _keeps(self, contracts: tuple[Contract, ...], choice: Ints) -> bool:
        """Return whether an offer keeps the limits of the instance."""
        buyers, ordered = self.ordered.buyers, self.ordered
        takes = choice != NONE
        order = np.argsort(buyers.demand, kind="stable")
        if takes.sum() > ordered.most or (ordered.uses @ takes[order] > ordered.capacity).any():
            return False
        saved = np.zeros(takes.size)
        for number, one in enumerate(contracts):
            own = buyers.highest_fee(one.royalty) - one.fee
            saved = np.where(choice == number, own, saved)
        return bool((saved >= buyers.floor - SAME * buyers.traditional_cost).all())
