"""What contracts of a menu earn of the buyers on one side of a threshold of demand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from amopt.licensing.contract import Contract
from amopt.licensing.costs import SAME, Buyers

__all__ = ["OrderedBuyers", "Side"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Truths = NDArray[np.bool_]

LIKELY = 20
"""Contracts that are looked at before any menu."""


@dataclass(frozen=True)
class Side:
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


class OrderedBuyers:
    """The buyers in the order of their demand, with the limits of the instance."""

    def __init__(self, buyers: Buyers, royalties: Floats) -> None:
        self.buyers, self.royalties = buyers, royalties
        instance, order = buyers.instance, np.argsort(buyers.demand, kind="stable")
        self.demand, self.floor = buyers.demand[order], buyers.floor[order]
        worth = buyers.highest_fee(royalties)
        same = np.abs(worth) <= SAME * buyers.traditional_cost
        self.worth = np.where(same, 0.0, worth)[:, order]
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

    def side(self, q: int, *, above: bool) -> Side:
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
        return Side(
            float(self.royalties[q]),
            worth,
            ladder,
            parts(pays.astype(np.float64)),
            parts(pays * self.demand),
            parts(pays * self.uses[:, None, :]),
            highest,
            any_owed,
        )

    @property
    def most_of_all(self) -> float:
        """What nobody could earn more than who asks of each buyer all that printing is worth."""
        return float(
            np.maximum(
                self.buyers.margin * self.demand,
                (self.worth + self.royalties[:, None] * self.demand).max(axis=0),
            ).sum()
        )

    def likely_contracts(self) -> list[Contract]:
        """Return contracts of one royalty that earn most, whatever their licensees must save."""
        order = np.argsort(-self.worth, axis=1)
        ladder = np.take_along_axis(self.worth, order, axis=1)
        prints = np.cumsum(self.demand[order], axis=1)
        count = np.arange(1, self.demand.size + 1)
        gain = count * ladder + (self.royalties[:, None] - self.buyers.margin) * prints
        gain = np.where((ladder >= 0) & (count <= self.most), gain, -np.inf)
        of_royalty = gain.max(axis=1)
        q = np.argsort(-of_royalty, kind="stable")[:LIKELY]
        q = q[np.isfinite(of_royalty[q])]
        k = gain[q].argmax(axis=1)
        return [
            Contract(float(self.royalties[i]), float(ladder[i, j]))
            for i, j in zip(q.tolist(), k.tolist(), strict=True)
        ]

    def most_earned(self, side: Side) -> Floats:
        """Return the most that a contract earns beyond sales, by threshold."""
        fee = np.minimum(side.ladder[:, None], side.highest)
        gain = side.count[:-1] * fee + (side.royalty - self.buyers.margin) * side.prints[:-1]
        fits = (fee >= 0) & (side.count[:-1] <= self.most)
        fits &= (side.used[:, :-1] <= self.capacity[:, None, None]).all(axis=0)
        nobody = np.where(side.owed, -np.inf, 0.0)
        found: Floats = np.maximum(np.where(fits, gain, -np.inf).max(axis=0), nobody)
        return found

    def earned(self, sides: tuple[Side, Side], fees: tuple[Floats, Floats], t: Ints) -> Floats:
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

    def menus(self, sides: tuple[Side, Side]) -> tuple[Floats, Floats, Floats]:
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
