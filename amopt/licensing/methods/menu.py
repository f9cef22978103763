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
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from amopt.licensing.contract import MARGIN, NONE, Contract, Offer, earned, responses
from amopt.licensing.costs import SAME, Buyers
from amopt.licensing.formulation import royalties_of
from amopt.licensing.methods import exact
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


@dataclass(frozen=True)
class _Side:
    """A royalty's contract for the buyers on one side of a threshold, in the order of demand.

    Attributes
    ----------
    worth
        What each would pay at most, shape (buyers,).
    ladder
        The same, ascending.
    count, prints, used
        Of each fee, as its place in the ladder, and threshold: how many pay it, their prints, and
        their prints on each printer; shapes (buyers + 1, buyers + 1) and one more for printers.
    highest
        The most that those may pay who must save something, by threshold.
    owed
        Whether there are any, by threshold.
    """

    royalty: float
    worth: Floats
    ladder: Floats
    count: Floats
    prints: Floats
    used: Floats
    highest: Floats
    owed: Truths

    @cached_property
    def fees(self) -> Floats:
        """The fees that somebody would just pay, or the most that he may, who must save."""
        found = np.unique(np.concatenate([self.ladder, self.highest[np.isfinite(self.highest)]]))
        return found[found >= 0]


class _Market:
    """The buyers in the order of their demand, with the limits of the instance."""

    def __init__(self, buyers: Buyers, royalties: Floats) -> None:
        self.buyers, self.royalties = buyers, royalties
        instance, order = buyers.instance, np.argsort(buyers.demand, kind="stable")
        self.demand, self.floor = buyers.demand[order], buyers.floor[order]
        self.worth = buyers.highest_fee(royalties)[:, order]
        self.tie = SAME * float(buyers.traditional_cost.max())
        self.base = float((buyers.margin * buyers.demand).sum())
        most = instance.limits.most_licensees
        self.most = np.inf if most is None else float(most)
        names = [printer.name for printer in instance.printers]
        self.uses = np.zeros((len(names), len(order)))
        for place, number in enumerate(order.tolist()):
            buyer = instance.buyers[number]
            if buyer.printer is not None:
                self.uses[names.index(buyer.printer), place] = buyer.demand_per_year
        capacity = [printer.prints_per_year for printer in instance.printers]
        self.capacity = np.array(capacity) * (1 + SAME)

    def side(self, q: int, *, above: bool) -> _Side:
        """Return the contract of a royalty for the buyers from each threshold on, or before it."""
        worth = self.worth[q]
        ladder = np.sort(worth)
        pays = np.vstack([worth >= ladder[:, None], np.zeros(worth.size, dtype=bool)])

        def parts(amounts: Floats) -> Floats:
            before = np.zeros((*amounts.shape[:-1], worth.size + 1))
            np.cumsum(amounts, axis=-1, out=before[..., 1:])
            return before[..., -1:] - before if above else before

        owed = self.floor > 0
        most = np.where(owed, worth - self.floor, np.inf)
        highest, any_owed = np.full(worth.size + 1, np.inf), np.zeros(worth.size + 1, dtype=bool)
        if above:
            highest[:-1] = np.minimum.accumulate(most[::-1])[::-1]
            any_owed[:-1] = np.maximum.accumulate(owed[::-1])[::-1]
        else:
            highest[1:] = np.minimum.accumulate(most)
            any_owed[1:] = np.maximum.accumulate(owed)
        return _Side(
            float(self.royalties[q]),
            worth,
            ladder,
            parts(pays.astype(np.float64)),
            parts(pays * self.demand),
            parts(pays * self.uses[:, None, :]),
            highest,
            any_owed,
        )

    def most_earned(self, side: _Side) -> Floats:
        """Return the most that a contract earns beyond sales, by threshold."""
        fee = np.minimum(side.ladder[:, None], side.highest)
        gain = side.count[:-1] * fee + (side.royalty - self.buyers.margin) * side.prints[:-1]
        fits = (fee >= 0) & (side.count[:-1] <= self.most)
        fits &= (side.used[:, :-1] <= self.capacity[:, None, None]).all(axis=0)
        nobody = np.where(side.owed, -np.inf, 0.0)
        found: Floats = np.maximum(np.where(fits, gain, -np.inf).max(axis=0), nobody)
        return found

    def earned(self, sides: tuple[_Side, _Side], fees: tuple[Floats, Floats], t: Ints) -> Floats:
        """Return what menus earn beyond sales, -inf where they break a limit; shape (menus,).

        Parameters
        ----------
        sides
            The contract of the lower royalty, and that of the higher.
        fees
            Their fees, shapes (menus,).
        t
            How many buyers look at the second contract.
        """
        gain, count, used = np.zeros(t.size), np.zeros(t.size), np.zeros((len(self.uses), t.size))
        fits = np.ones(t.size, dtype=bool)
        for side, fee in zip(sides, fees, strict=True):
            k = np.searchsorted(side.ladder, fee - self.tie)
            own = side.count[k, t]
            gain += own * fee + (side.royalty - self.buyers.margin) * side.prints[k, t]
            count += own
            used += side.used[:, k, t]
            fits &= (fee >= 0) & (fee <= side.highest[t] + self.tie)
        fits &= (count <= self.most) & (used <= self.capacity[:, None]).all(axis=0)
        return np.where(fits, gain, -np.inf)

    def menus(self, sides: tuple[_Side, _Side]) -> tuple[Floats, Floats, Floats]:
        """Return the fees of the menus of two royalties that can be the best, and what they earn.

        A fee that nobody pays stands for one contract alone.
        """
        first, second = (side.fees for side in sides)
        ahead, last = sides[0].worth - sides[1].worth, self.demand.size
        nobody = [np.array([max(side.ladder[-1], 0.0) * 2 + 1.0]) for side in sides]
        place = np.arange(last)
        found = []

        def add(lower: Floats, higher: Floats, t: Ints) -> None:
            lower, higher, t = np.broadcast_arrays(lower, higher, t)
            fees = lower.ravel(), higher.ravel()
            found.append(np.stack([*fees, self.earned(sides, fees, t.ravel())]))

        lower, higher = first[:, None], second[None, :]
        add(lower, higher, np.searchsorted(ahead, lower - higher))
        for before in (0, 1):  # the indifferent buyer looks at the first contract, or the second
            add(second[:, None] + ahead, second[:, None], place + before)
            add(first[:, None], first[:, None] - ahead, place + before)
        add(first, nobody[1], np.zeros(first.size, dtype=np.intp))
        add(nobody[0], second, np.full(second.size, last))
        table = np.concatenate(found, axis=1)
        return table[0], table[1], table[2]


def best_menu(buyers: Buyers, budget: Budget | None = None) -> Menu:
    """Return the best menu of two contracts, of one or of none, over the formulation's royalties.

    Parameters
    ----------
    buyers
        The buyers.
    budget
        The time that the search may take; it says afterwards what it can prove.
    """
    search = _Search(_Market(buyers, royalties_of(buyers)), budget or Budget())
    count = search.market.royalties.size
    coarse = np.unique(np.linspace(0, count - 1, min(count, FIRST)).astype(np.intp))
    search.run(coarse, coarse)
    if coarse.size < count:
        search.run(*search.promising())
    bound = max(search.passed, search.best)
    return Menu(search.offer, bound, search.pairs, search.passed > search.enough)


class _Search:
    """The best menu so far, and what others could earn."""

    def __init__(self, market: _Market, budget: Budget) -> None:
        self.market, self.budget = market, budget
        every = range(market.royalties.size)
        self.above = np.array([market.most_earned(market.side(q, above=True)) for q in every])
        self.below = np.array([market.most_earned(market.side(q, above=False)) for q in every])
        self.offer: Offer | None = None
        self.best, self.passed, self.pairs = -np.inf, -np.inf, 0
        if not market.floor.any():
            choice = np.full(market.demand.size, NONE)
            self.offer, self.best = Offer((), choice, market.base, market.base), market.base

    @property
    def enough(self) -> float:
        """The bound up to which menus need not be looked at."""
        return self.best + ENOUGH * abs(self.best) if np.isfinite(self.best) else self.best

    def promising(self) -> tuple[Ints, Ints]:
        """Return the royalties that may belong to a better menu, as the lower and the higher."""
        base = self.market.base
        lower = (self.above + self.below.max(axis=0)).max(axis=1) + base
        higher = (self.below + self.above.max(axis=0)).max(axis=1) + base
        for bound in (lower, higher):
            self._pass_over(bound)
        return np.flatnonzero(lower > self.enough), np.flatnonzero(higher > self.enough)

    def _pass_over(self, bound: Floats) -> None:
        """Remember the largest of the bounds that need not be looked at."""
        self.passed = max(self.passed, float(bound[bound <= self.enough].max(initial=-np.inf)))

    def run(self, lower: Ints, higher: Ints) -> None:
        """Work out the pairs of some royalties, those of the largest bounds first."""
        self.passed = min(self.passed, self.enough)  # what time left over is looked at again
        bounds = [self._bounds(rows, higher) for rows in self._chunks(lower, higher.size)]
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
        both = (self.above[lower][:, None, :] + self.below[higher]).max(axis=2) + self.market.base
        both = np.where(lower[:, None] < higher, both, -np.inf)
        if self.market.royalties.size == 1:
            both = self.above[:, :1] + self.market.base
        self._pass_over(both)
        row, column = np.nonzero(both > self.enough)
        return both[row, column], lower[row], higher[column]

    def _work_out(self, q: int, p: int) -> None:
        """Look for the best menu of two royalties."""
        market = self.market
        self.pairs += 1
        sides = market.side(q, above=True), market.side(p, above=False)
        first, second, gain = market.menus(sides)
        value = gain + market.base
        better = np.flatnonzero(value > self.best)
        for index in better[np.argsort(-value[better], kind="stable")].tolist():
            if value[index] <= self.best:
                return
            fees = (float(first[index]), float(second[index]))
            offer = self._offer(sides, fees)
            if offer is not None and offer.profit > self.best:
                self.offer, self.best = offer, offer.profit

    def _offer(self, sides: tuple[_Side, _Side], fees: tuple[float, float]) -> Offer | None:
        """Return an offer as buyers take it; None where it breaks a limit or hangs by a hair."""
        buyers = self.market.buyers
        contracts = tuple(
            Contract(side.royalty, max(0.0, fee))
            for side, fee in zip(sides, fees, strict=True)
            if fee <= side.ladder[-1] + self.market.tie
        )
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
        """Return whether no buyer is nearly indifferent without being so."""
        buyers = self.market.buyers
        saving = [buyers.highest_fee(one.royalty) - one.fee for one in contracts]
        share = [own / buyers.traditional_cost for own in saving]
        if len(saving) == 2:
            share.append((saving[0] - saving[1])[choice != NONE]
                         / buyers.traditional_cost[choice != NONE])  # fmt: skip
        return not any(((np.abs(one) > SAME) & (np.abs(one) < MARGIN)).any() for one in share)

    def _keeps(self, contracts: tuple[Contract, ...], choice: Ints) -> bool:
        """Return whether an offer keeps the limits of the instance."""
        buyers, market = self.market.buyers, self.market
        takes = choice != NONE
        order = np.argsort(buyers.demand, kind="stable")
        if takes.sum() > market.most or (market.uses @ takes[order] > market.capacity).any():
            return False
        saved = np.zeros(takes.size)
        for number, one in enumerate(contracts):
            own = buyers.highest_fee(one.royalty) - one.fee
            saved = np.where(choice == number, own, saved)
        return bool((saved >= buyers.floor - SAME * buyers.traditional_cost).all())
