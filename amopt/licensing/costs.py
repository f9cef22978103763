r"""What buyers pay in both channels, and the most that each would pay for a licence.

A buyer with Poisson demand :math:`\lambda` a year buys the part for :math:`w_T`, an order costing
:math:`K_T` and taking :math:`L_T` years, or has it printed for :math:`w_A + r`, with :math:`K_A`
and :math:`L_A`, under a licence of fee :math:`F` a year and royalty :math:`r` a print (Westerweel,
2019, chapter 5). With holding cost :math:`h` and safety factor :math:`z`,

.. math::

    C_T(\lambda) &= h w_T \bigl(\lambda L_T + z \sqrt{\lambda L_T}\bigr)
                    + \sqrt{2 K_T \lambda h w_T} + \lambda w_T \\
    C_A(\lambda, F, r) &= h (w_A + r) \bigl(\lambda L_A + z \sqrt{\lambda L_A}\bigr)
                    + \sqrt{2 K_A \lambda h (w_A + r)} + \lambda (w_A + r) + F .

The most that he would pay a year is :math:`\bar F(\lambda, r) = C_T(\lambda) - C_A(\lambda, 0, r) =
\alpha(r) \lambda + \beta(r) \sqrt{\lambda}`. In :math:`q = \sqrt{w_A + r}`,

.. math::

    \alpha &= w_T (1 + h L_T) - (1 + h L_A) \, q^2 \\
    \beta &= z h w_T \sqrt{L_T} + \sqrt{2 h K_T w_T} - z h \sqrt{L_A} \, q^2 - \sqrt{2 h K_A} \, q ,

so that :math:`\bar F` falls in :math:`r` and is convex. Two buyers would pay the same, but for a
difference :math:`t` that is asked for, where :math:`(s_i - s_j) (\alpha (s_i + s_j) + \beta) = t`
with :math:`s = \sqrt{\lambda}`: a quadratic in :math:`q` that falls, so that there is at most one
such royalty; and with :math:`s_j = 0` the one at which buyer :math:`i` would pay :math:`t`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from amopt.licensing.instance import LicensingInstance, Limits

__all__ = ["SAME", "Buyers"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Truths = NDArray[np.bool_]

SAME = 1e-11
"""Share of what a buyer pays below which two channels cost him the same: he takes the licence."""

APART = 1e-10
"""Relative distance of prices with two royalties below which they are the same."""


ALIKE = 1e-7
"""Relative difference of demands up to which buyers are alike: no fee would tell them apart."""


@dataclass(frozen=True)
class Buyers:
    r"""All buyers, their costs as functions of the contract; arrays have shape (buyers,).

    Attributes
    ----------
    demand
        :math:`\lambda`, parts a year.
    floor
        What a buyer must save at least, in money a year; 0 where nothing is asked.
    """

    instance: LicensingInstance
    demand: Floats
    floor: Floats

    @classmethod
    def of(cls, instance: LicensingInstance) -> Buyers:
        """Return the buyers of an instance."""
        return cls(
            instance,
            np.array([buyer.demand_per_year for buyer in instance.buyers]),
            np.array([buyer.least_surplus or 0.0 for buyer in instance.buyers]),
        )

    def without_limits(self) -> Buyers:
        """Return the buyers as if nothing but their own choice limited what is offered."""
        free = [
            buyer.model_copy(update={"least_surplus": None, "printer": None})
            for buyer in self.instance.buyers
        ]
        plain = self.instance.unchecked_copy(buyers=tuple(free), printers=(), limits=Limits())
        return Buyers.of(plain)

    @property
    def margin(self) -> float:
        """What the maker earns on a part that is sold, in money."""
        return self.instance.traditional.price - self.instance.traditional.production_cost

    @cached_property
    def traditional_cost(self) -> Floats:
        """:math:`C_T`, money a year."""
        channel = self.instance.traditional
        price = np.array(channel.price)
        return self._cost(price, channel.lead_time_years, channel.setup_cost)

    @cached_property
    def alike(self) -> Ints:
        """A number for each buyer, the same for those who are alike; it rises with demand."""
        order = np.argsort(self.demand, kind="stable")
        ascending = self.demand[order]
        found = np.zeros(order.size, dtype=np.int64)
        found[order[1:]] = np.cumsum(np.diff(ascending) > ALIKE * ascending[1:])
        return found

    def least_of_alike(self, amounts: Floats) -> Floats:
        """Return for each buyer the least amount of those like him, shape (..., buyers)."""
        order = np.argsort(self.alike, kind="stable")
        start = np.flatnonzero(np.diff(self.alike[order], prepend=-1))
        found: Floats = np.minimum.reduceat(amounts[..., order], start, axis=-1)[..., self.alike]
        return found

    def without_rounding(self, worth: Floats) -> Floats:
        """Return what buyers would pay, the same where it differs by rounding alone.

        At a root it is nothing, at a crossing the less of the two. A difference of rounding that
        became a coefficient of a program would have the solver cut off what it must not.

        Parameters
        ----------
        worth
            Of each royalty and buyer, shape (royalties, buyers).
        """
        worth = np.where(np.abs(worth) <= SAME * self.traditional_cost, 0.0, worth)
        order = np.argsort(worth, axis=-1)
        ladder, paid = np.take_along_axis(worth, order, axis=-1), self.traditional_cost[order]
        for place in range(1, self.demand.size):
            below, own = ladder[:, place - 1], ladder[:, place]
            near = own - below <= SAME * np.maximum(paid[:, place - 1], paid[:, place])
            ladder[:, place] = np.where(near, below, own)
        np.put_along_axis(worth, order, ladder, axis=-1)
        return worth

    def printing_cost(self, royalty: ArrayLike) -> Floats:
        """Return :math:`C_A` without the fee, money a year, shape (..., buyers)."""
        channel = self.instance.printing
        price = channel.price + np.asarray(royalty, dtype=float)[..., None]
        return self._cost(price, channel.lead_time_years, channel.setup_cost)

    def _cost(self, w: Floats, L: float, K: float) -> Floats:
        """Return what a channel of price w, lead time L and setup cost K costs a year."""
        h, z, rate = self._h, self.instance.safety_factor, self.demand
        stock = rate * L + z * np.sqrt(rate * L)
        cost: Floats = h * w * stock + np.sqrt(2 * K * rate * h * w) + rate * w
        return cost

    def highest_fee(self, royalty: ArrayLike) -> Floats:
        r"""Return :math:`\bar F`, the most that buyers would pay a year, shape (..., buyers)."""
        found: Floats = self.traditional_cost - self.printing_cost(royalty)
        return found

    def takes(self, royalty: float, fee: float) -> Truths:
        """Return who takes a licence, indifferent buyers among them."""
        accepts: Truths = self.highest_fee(royalty) - fee >= -SAME * self.traditional_cost
        return accepts

    def profit(self, royalty: float, fee: float) -> float:
        """Return what the maker earns a year with a contract that is offered to all."""
        takes = self.takes(royalty, fee)
        return float(np.where(takes, fee + royalty * self.demand, self.margin * self.demand).sum())

    @property
    def _h(self) -> float:
        return self.instance.holding_cost_per_year_per_value

    def royalties(self) -> Floats:
        """Return the royalties at which the order of what buyers would pay changes, from 0 on.

        Beside 0 these are the roots of what each would pay and the crossings of every two, each of
        them also less what a buyer must save; none is negative, and they ascend.
        """
        own = np.sqrt(self.least_of_alike(self.demand))
        root = np.unique(own)
        s = np.concatenate([[0.0], root, own[self.floor > 0]])
        t = np.concatenate([[0.0], np.zeros_like(root), self.floor[self.floor > 0]])
        i, j = np.triu_indices(s.size, 1)
        apart = s[i] != s[j]
        i, j = i[apart], j[apart]
        found = self._crossing(s[i] + s[j], (t[i] - t[j]) / (s[i] - s[j]))
        found = np.sort(np.concatenate([[0.0], found[found > 0]]))
        price = self.instance.printing.price + found
        kept: Floats = found[np.concatenate([[True], np.diff(price) > APART * price[1:]])]
        return kept

    def roots(self) -> Floats:
        """Return the royalties at which each buyer would pay nothing more, and 0, ascending."""
        found = self._crossing(np.sqrt(self.demand), np.zeros_like(self.demand))
        return np.unique(np.concatenate([[0.0], found[found > 0]]))

    def _crossing(self, sigma: Floats, level: Floats) -> Floats:
        r"""Return the royalties at which :math:`\alpha \sigma + \beta` is a level; NaN for none."""
        h, z = self._h, self.instance.safety_factor
        old, new = self.instance.traditional, self.instance.printing
        linear = np.sqrt(2 * h * new.setup_cost)
        square = (1 + h * new.lead_time_years) * sigma + z * h * np.sqrt(new.lead_time_years)
        right = (
            old.price * (1 + h * old.lead_time_years) * sigma
            + z * h * old.price * np.sqrt(old.lead_time_years)
            + np.sqrt(2 * h * old.setup_cost * old.price)
            - level
        )
        exists = right > 0
        known = np.where(exists, right, 1.0)
        q = 2 * known / (linear + np.sqrt(linear**2 + 4 * square * known))
        return np.where(exists, q**2 - new.price, np.nan)
