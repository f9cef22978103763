"""What buyers pay, and what contracts can earn, as the referee finds it.

The royalties at which two buyers would pay the same, or one nothing more, are found by bisection on
their costs. The referee looks closely beside each of them, on both sides, where every order is
strict, and takes the best fee for the first :math:`n` buyers of each order. Between these royalties
the profit is convex, so that no contract earns noticeably more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amopt.licensing.instance import LicensingInstance

__all__ = ["SAME", "Buyers"]

Floats = NDArray[np.float64]

SAME = 1e-11
"""Share of what a buyer pays now below which two channels cost him the same."""

BESIDE = 1e-9
"""How far beside a change of order the referee looks, as a share of the price of a print."""

ALIKE = 1e-7
"""Relative difference of demands up to which buyers are alike, and do the same."""

HALVINGS = 60

CHUNK = 1_000_000
"""Royalties times buyers that are looked at in one go: all of them grow with the third power."""


class Buyers:
    """The buyers of an instance; arrays have shape (buyers,).

    Attributes
    ----------
    demand
        Parts a year.
    traditional
        What buying the part costs a year.
    margin
        What the maker earns on each a year without a licence.
    floor
        What each must save at least.
    """

    def __init__(self, instance: LicensingInstance) -> None:
        channel = instance.traditional
        self.instance = instance
        self._known: dict[bool, float] = {}
        self.demand = np.array([buyer.demand_per_year for buyer in instance.buyers])
        self.floor = np.array([buyer.least_surplus or 0.0 for buyer in instance.buyers])
        self.traditional = self._cost(
            self.demand,
            np.array(channel.price),
            (channel.lead_time_years, channel.setup_cost),
        )
        self.margin = self.demand * (channel.price - channel.production_cost)

    def _cost(self, demand: Floats, price: Floats, channel: tuple[float, float]) -> Floats:
        """Return what a channel costs a year: parts in transit and in stock, orders, the parts."""
        (years, setup), instance = channel, self.instance
        holding = instance.holding_cost_per_year_per_value * price
        parts = demand * years + instance.safety_factor * (demand * years) ** 0.5
        cost: Floats = holding * parts + (2 * setup * demand * holding) ** 0.5 + demand * price
        return cost

    def worth(self, royalty: Floats) -> Floats:
        """Return the highest fees that buyers would pay, shape (..., buyers)."""
        channel = self.instance.printing
        price = channel.price + royalty[..., None]
        printing = self._cost(self.demand, price, (channel.lead_time_years, channel.setup_cost))
        found: Floats = self.traditional - printing
        return found

    @property
    def is_limited(self) -> bool:
        """Whether anything but the buyers' own choice limits what is offered."""
        own = self.instance
        return bool(self.floor.any() or own.printers or own.limits != type(own.limits)())

    def best_profit(self, *, limited: bool) -> float:
        """Return the most that a contract is found to earn; -inf where none keeps the limits."""
        limited = limited and self.is_limited
        if limited not in self._known:
            self._known[limited] = self._best_profit(limited)
        return self._known[limited]

    def _best_profit(self, limited: bool) -> float:
        every = self._royalties(limited)
        some = max(1, CHUNK // self.demand.size)
        found = [
            self._best_at(every[start : start + some], limited)
            for start in range(0, every.size, some)
        ]
        nobody = -np.inf if limited and self.floor.any() else float(self.margin.sum())
        return max(nobody, *found)

    def _best_at(self, royalty: Floats, limited: bool) -> float:
        """Return the most that a contract at some royalties earns; -inf where none keeps limits."""
        worth = self.worth(royalty)
        order = np.argsort(-worth, axis=1)
        ranked = np.take_along_axis(worth, order, axis=1)
        floor = self.floor if limited else np.zeros_like(self.floor)
        fee = np.minimum.accumulate(ranked - floor[order], axis=1)
        following = np.hstack([ranked[:, 1:], np.full((len(royalty), 1), -np.inf)])
        fits = (fee >= 0) & (fee > following) & self._keeps(order, limited)
        fits &= ~self._splits(order)
        licensed = np.cumsum(self.demand[order], axis=1)
        left = self.margin.sum() - np.cumsum(self.margin[order], axis=1)
        count = np.arange(1, self.demand.size + 1)
        profit = np.where(fits, count * fee + royalty[:, None] * licensed + left, -np.inf)
        return float(profit.max(initial=-np.inf))

    def _keeps(self, order: NDArray[np.int64], limited: bool) -> NDArray[np.bool_]:
        """Return which first buyers of each order keep the limits."""
        fits = np.ones(order.shape, dtype=bool)
        if not limited:
            return fits
        most, owed = self.instance.limits.most_licensees, self.floor > 0
        if most is not None:
            fits[:, most:] = False
        fits &= np.cumsum(owed[order], axis=1) == owed.sum()
        for printer in self.instance.printers:
            uses = np.array([buyer.printer == printer.name for buyer in self.instance.buyers])
            used = np.cumsum((uses * self.demand)[order], axis=1)
            fits &= used <= printer.prints_per_year * (1 + SAME)
        return fits

    def _splits(self, order: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which first buyers of each order leave out somebody who is like one of them."""
        ascending = np.argsort(self.demand)
        demand = self.demand[ascending]
        larger = demand[1:] - demand[:-1] > ALIKE * demand[1:]
        if larger.all():
            return np.zeros(order.shape, dtype=bool)
        start = np.flatnonzero(np.concatenate([[True], larger]))
        place = np.argsort(order, axis=1)[:, ascending]
        rows, begun = np.arange(len(order))[:, None], np.zeros(order.shape, dtype=np.int64)
        begun[rows, np.minimum.reduceat(place, start, axis=1)] += 1
        begun[rows, np.maximum.reduceat(place, start, axis=1)] -= 1
        return np.asarray(np.cumsum(begun, axis=1) > 0)

    def _royalties(self, limited: bool) -> Floats:
        """Return royalties a little beside every change of order, and 0."""
        roots = self.changes_of_order(limited=limited)
        beside = BESIDE * (self.instance.printing.price + roots)
        found = np.concatenate([[0.0], roots - beside, roots + beside])
        return np.unique(found[found >= 0])

    def changes_of_order(self, *, limited: bool) -> Floats:
        """Return the royalties at which two buyers would pay the same, or one nothing more.

        With limits also those at which that holds but for what a buyer must save.
        """
        demand = np.unique(self.demand)
        curves = np.concatenate([[0.0], demand])
        offsets = np.zeros(curves.size)
        if limited and self.floor.any():
            owed = self.floor > 0
            curves = np.concatenate([curves, self.demand[owed]])
            offsets = np.concatenate([offsets, self.floor[owed]])
        i, j = np.triu_indices(curves.size, 1)
        i, j = np.where(curves[i] > curves[j], i, j), np.where(curves[i] > curves[j], j, i)
        i, j = i[curves[i] > curves[j]], j[curves[i] > curves[j]]
        return self._bisected((curves[i], curves[j]), offsets[i] - offsets[j])

    def _bisected(self, pair: tuple[Floats, Floats], level: Floats) -> Floats:
        """Return the royalties at which the larger of two buyers would pay so much more.

        The difference, over that of the square roots of their demands, falls in the royalty.
        """
        channel, (large, small) = self.instance.printing, pair
        terms = (channel.lead_time_years, channel.setup_cost)
        old = self.instance.traditional
        now = tuple(
            self._cost(one, np.array(old.price), (old.lead_time_years, old.setup_cost))
            for one in pair
        )

        def excess(royalty: Floats) -> Floats:
            price = channel.price + royalty
            more = now[0] - self._cost(large, price, terms)
            less = now[1] - self._cost(small, price, terms)
            return more - less - level

        low = np.zeros(large.size)
        high = np.full(large.size, 1.0 + 2 * float((self.traditional / self.demand).max()))
        exists = (excess(low) > 0) & (excess(high) < 0)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            above = excess(middle) > 0
            low, high = np.where(above, middle, low), np.where(above, high, middle)
        roots: Floats = ((low + high) / 2)[exists]
        return roots
