r"""What menus of two contracts can earn, as the referee finds it.

The more a buyer needs, the more he would pay for the lower of two royalties: with buyers in the
order of their demand, each contract is looked at by those on one side of a threshold alone. What it
earns of them at its best fee, summed over the two sides, no menu of these royalties exceeds. Pairs
of royalties that this does not keep below the bound of an answer are tried: with every fee that
leaves some buyer nothing, or what he must save, or makes him indifferent between the contracts,
each buyer makes his choice anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.licensing.referee.buyers import SAME, Buyers

__all__ = ["Tried", "try_menus"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HAIR = 2e-6
"""Share of what a buyer pays now by which a choice must be better than another to be counted on."""

STEPS, BESIDE = 25, 1e-5
"""Royalties of a menu where the instance lists none, as the format has it: so many, evenly spread,
and those of one contract with a little to either side, as a share of the price."""

MOST = 2e8
"""Most numbers of a table of bounds, and of the menus that are tried."""

AT_LEAST = 4e4
"""Numbers that a pair of royalties counts for at least."""

CHUNK = 2e6


@dataclass(frozen=True)
class Tried:
    """What came of it.

    Attributes
    ----------
    best
        The most that a menu was found to earn a year; -inf where none keeps the limits.
    left
        Pairs of royalties of which neither bound nor trial says that they earn no more.
    """

    best: float
    left: int


def try_menus(buyers: Buyers, claim: float) -> Tried:
    """Look for menus that earn more a year than is claimed to be possible.

    Parameters
    ----------
    buyers
        The buyers.
    claim
        What no menu of two contracts should earn more than, in money a year.
    """
    order = np.argsort(buyers.demand, kind="stable")
    royalty = _royalties(buyers)
    worth = buyers.worth(royalty)[:, order]
    side, base = _Sides(buyers, order, royalty, worth), float(buyers.margin.sum())
    nothing = -np.inf if buyers.floor.any() else base
    if claim >= side.all_that_it_is_worth:
        return Tried(nothing, 0)
    if royalty.size * side.numbers > MOST:
        return Tried(nothing, royalty.size * (royalty.size - 1) // 2)
    above, below = side.most(above=True), side.most(above=False)
    if royalty.size == 1:
        pairs, left = np.zeros((int(above[0, 0] + base > claim), 2), dtype=np.int64), 0
    else:
        pairs, left = _open(above, below, claim - base)
    best, budget = nothing, MOST
    for done, (q, p) in enumerate(pairs.tolist()):
        open_at = np.flatnonzero(above[q] + below[p] + base > claim)
        fees = side.menus(q, p, open_at)
        budget -= max(AT_LEAST, fees.shape[1] * order.size)
        if budget < 0:
            return Tried(best, left + len(pairs) - done)
        for part in _parts(fees, order.size):
            best = max(best, side.earned(q, p, part) + base)
        if best > claim:
            break
    return Tried(best, left)


def _royalties(buyers: Buyers) -> Floats:
    """Return the royalties that a menu may have, ascending."""
    if buyers.instance.royalties:
        return np.unique(buyers.instance.royalties)
    roots = np.concatenate([[0.0], buyers.changes_of_order(limited=True)])
    roots = roots[roots >= 0]
    step = BESIDE * (buyers.instance.printing.price + roots)
    found = np.concatenate([roots - step, roots, roots + step])
    return np.unique(np.concatenate([found[found >= 0], np.linspace(0.0, roots.max(), STEPS)]))


def _open(above: Floats, below: Floats, claim: float) -> tuple[Ints, int]:
    """Return the pairs that may earn more than is claimed, the likeliest first, and how many more.

    Parameters
    ----------
    above, below
        The most that each royalty earns beyond sales, by threshold; shape (royalties, thresholds).
    claim
        What is claimed that no menu earns more than, beyond sales.
    """
    lower = np.flatnonzero((above + below.max(axis=0)).max(axis=1) > claim)
    higher = np.flatnonzero((below + above.max(axis=0)).max(axis=1) > claim)
    if lower.size * higher.size * above.shape[1] > 10 * MOST:
        return np.zeros((0, 2), dtype=np.int64), int(lower.size * higher.size)
    rows, found = max(1, int(CHUNK / max(1, higher.size * above.shape[1]))), []
    for start in range(0, lower.size, rows):
        part = lower[start : start + rows]
        both = (above[part][:, None, :] + below[higher]).max(axis=2)
        q, p = np.nonzero((both > claim) & (part[:, None] < higher))
        found.append(np.stack([both[q, p], part[q], higher[p]], axis=1))
    if not found:
        return np.zeros((0, 2), dtype=np.int64), 0
    table = np.concatenate(found)
    return table[np.argsort(-table[:, 0], kind="stable"), 1:].astype(np.int64), 0


class _Sides:
    """The buyers in the order of their demand, and what contracts earn of them beyond sales."""

    def __init__(self, buyers: Buyers, order: Ints, royalty: Floats, worth: Floats) -> None:
        own = buyers.instance
        self.royalty, self.worth = royalty, worth
        self.demand, self.margin = buyers.demand[order], buyers.margin[order]
        self.floor, self.paid = buyers.floor[order], buyers.traditional[order]
        most = own.limits.most_licensees
        self.limits = [(np.ones(order.size), np.inf if most is None else float(most))]
        for printer in own.printers:
            uses = np.array([own.buyers[i].printer == printer.name for i in order.tolist()])
            self.limits.append((uses * self.demand, printer.prints_per_year * (1 + SAME)))

    @property
    def numbers(self) -> int:
        """How many numbers the table of one royalty holds."""
        return int(self.demand.size * self._fees(self.worth[:1]).shape[1])

    @property
    def all_that_it_is_worth(self) -> float:
        """What a maker would earn a year who asks of each buyer all that printing is worth."""
        printing = (self.worth + self.royalty[:, None] * self.demand).max(axis=0)
        return float(np.maximum(self.margin, printing).sum())

    def _fees(self, worth: Floats) -> Floats:
        """Return fees that leave some buyer nothing, or what he must save; a row each royalty."""
        owed = self.floor > 0
        return np.hstack([worth, (worth - self.floor)[:, owed]])

    def most(self, *, above: bool) -> Floats:
        """Return the most that royalties earn of the buyers from each threshold on, or before it.

        Shape (royalties, buyers + 1); limits are kept on each side by itself.
        """
        count, size = self.demand.size, max(1, int(CHUNK / self.numbers))
        found = np.empty((self.royalty.size, count + 1))
        for start in range(0, self.royalty.size, size):
            worth, royalty = self.worth[start : start + size], self.royalty[start : start + size]
            fee = self._fees(worth)[:, :, None]
            saving = worth[:, None, :] - fee
            takes = saving >= -SAME * self.paid
            gain = fee + (royalty[:, None] * self.demand - self.margin)[:, None, :]
            total = _on_a_side(takes * gain, above)
            fits = np.broadcast_to(fee >= 0, total.shape).copy()
            for uses, limit in self.limits:
                if np.isfinite(limit):
                    fits &= _on_a_side(takes * uses, above) <= limit
            owed = self.floor > 0
            if owed.any():
                short = owed & (saving < self.floor - SAME * self.paid)
                fits &= _on_a_side(short.astype(float), above) == 0
            nobody = np.where(_on_a_side(owed.astype(float), above) > 0, -np.inf, 0.0)
            best = np.where(fits, total, -np.inf).max(axis=1)
            found[start : start + size] = np.maximum(best, nobody)
        return found

    def menus(self, q: int, p: int, thresholds: Ints) -> Floats:
        """Return the fees of menus of two royalties that can be the best; shape (2, menus).

        Parameters
        ----------
        q, p
            The royalties, the lower one first, by their positions.
        thresholds
            How many buyers may look at the contract of the higher royalty alone.
        """
        ahead = self.worth[q] - self.worth[p]
        own, other = (self._fees(worth[None])[0] for worth in self.worth[[q, p]])
        none = [np.array([2 * max(0.0, float(worth.max())) + 1.0]) for worth in self.worth[[q, p]]]
        span = np.concatenate([[-np.inf], ahead, [np.inf]])
        apart = np.unique(np.concatenate([span[thresholds], span[thresholds + 1]]))
        apart = apart[np.isfinite(apart), None]
        both = np.stack(np.broadcast_arrays(own[:, None], other)).reshape(2, -1)
        looks = np.searchsorted(ahead, both[0] - both[1] - SAME * self.paid.max())
        near = np.isin(looks, np.concatenate([thresholds - 1, thresholds, thresholds + 1]))
        parts = [
            both[:, near],
            *(
                np.stack(np.broadcast_arrays(*pair)).reshape(2, -1)
                for pair in (
                    (own, own - apart),
                    (other + apart, other),
                    (own, none[0]),
                    (none[1], other),
                )
            ),
        ]
        fees = np.concatenate(parts, axis=1)
        fees = np.where(fees > -1e-9 * self.paid.max(), np.maximum(fees, 0.0), np.nan)
        kept: Floats = fees[:, np.isfinite(fees).all(axis=0)]
        return kept

    def earned(self, q: int, p: int, fees: Floats) -> float:
        """Return the most that menus earn beyond sales, as buyers choose; fees of shape (2, menus).

        Menus at which somebody is nearly indifferent, without being so, are left out.
        """
        saving = self.worth[[q, p]][:, None, :] - fees[:, :, None]
        income = fees[:, :, None] + self.royalty[[q, p]][:, None, None] * self.demand
        tie, hair = SAME * self.paid, HAIR * self.paid
        best, ahead = saving.max(axis=0), saving[0] - saving[1]
        takes = best >= -tie
        alike = np.abs(ahead) <= tie
        paid = np.where(alike, income.max(axis=0), np.where(ahead > 0, income[0], income[1]))
        profit = np.where(takes, paid - self.margin, 0.0).sum(axis=1)
        fits = ~((best < -tie) & (best > -hair)).any(axis=1)
        fits &= ~(takes & ~alike & (np.abs(ahead) < hair)).any(axis=1)
        fits &= (np.where(takes, best, 0.0) >= self.floor - tie).all(axis=1)
        for uses, limit in self.limits:
            fits &= takes @ uses <= limit
        return float(np.where(fits, profit, -np.inf).max(initial=-np.inf))


def _on_a_side(amounts: Floats, above: bool) -> Floats:
    """Return the sums of the last axis from each place on, or before it; one more place."""
    found = np.zeros((*amounts.shape[:-1], amounts.shape[-1] + 1))
    np.cumsum(amounts, axis=-1, out=found[..., 1:])
    return found[..., -1:] - found if above else found


def _parts(fees: Floats, buyers: int) -> Iterator[Floats]:
    size = max(1, int(CHUNK / buyers))
    for start in range(0, fees.shape[1], size):
        yield fees[:, start : start + size]
