r"""The bound at given prices of demand: knapsacks, and a choice of facilities that covers demand.

.. math::

    L(v) = \sum_j v_j + \min_{y \in \{0, 1\}}
        \Big\{\sum_i (f_i - G_i(v)) y_i : \sum_i C_i y_i \ge D\Big\}

with D the hours that nothing but facilities can supply: a row that the demand rows imply, and that
makes the bound stronger once those are priced (Christofides and Beasley, 1983).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.facilities import Facilities
from amopt.placement.methods.location.covering import Chosen, Cover
from amopt.placement.methods.location.knapsack import Fractional, Packed, Whole

__all__ = ["Relaxation", "Relaxed"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Relaxed:
    """An optimum of the relaxation.

    Attributes
    ----------
    bound
        L(v), in money over the period, as all costs and prices here.
    opened
        How far each facility is open, 0 to 1, shape (facilities,).
    supplied
        Share of each pair that is supplied, shape (pairs,); above 1 where several facilities do.
    net
        What each facility costs when it is open, its gain taken off, shape (facilities,).
    paid, chosen
        What is spent whatever is open, the prices' sum included, and the choice of what is open.
    packed
        What each facility holds when it is open.
    """

    bound: float
    opened: Floats
    supplied: Floats
    net: Floats
    paid: float
    chosen: Chosen
    packed: Packed

    @property
    def if_open(self) -> Floats:
        """Bounds on all plans with each facility open, shape (facilities,)."""
        return self.paid + self.chosen.forced[0]

    @property
    def if_closed(self) -> Floats:
        """Bounds on all plans with each facility closed, shape (facilities,)."""
        return self.paid + self.chosen.forced[1]


class Relaxation:
    """The relaxation of some facilities.

    Parameters
    ----------
    facilities
        Those that may be open.
    cover
        How many must be; its weights and flags have shape (facilities,).
    whole
        Whether knapsacks hold whole pairs.
    """

    def __init__(self, facilities: Facilities, cover: Cover, *, whole: bool = False) -> None:
        self.facilities, self.cover, self.whole = facilities, cover, whole
        knapsacks = Whole if whole else Fractional
        self._knapsacks = knapsacks(facilities.cost, facilities.hours, facilities.capacity)

    @classmethod
    def of(cls, facilities: Facilities, *, whole: bool = False) -> Relaxation:
        """Return the relaxation with nothing decided."""
        cover = Cover.of(facilities.capacity, facilities.least_hours)
        return cls(facilities, cover, whole=whole)

    def narrowed(
        self, may: Flags, must: Flags, least: float, most: float, *, whole: bool = False
    ) -> Relaxation:
        """Return the relaxation of those that may be open, some of which must.

        Parameters
        ----------
        may, must
            Which facilities may and must be open, shape (facilities,).
        least, most
            Least and most of the open facilities' weights, in the unit of the cover's.
        whole
            Whether knapsacks hold whole pairs.
        """
        cover = replace(
            self.cover, weight=self.cover.weight[may], must=must[may], least=least, most=most
        )
        return Relaxation(self.facilities.take(may), cover, whole=whole)

    def at(self, prices: Floats) -> Relaxed:
        """Solve it at prices of the pairs, in money for the whole of each, shape (pairs,)."""
        packed: Packed = self._knapsacks.pack(prices)
        net = self.facilities.fixed - packed.gain
        chosen = self.cover.choose(net)
        paid = self.facilities.constant + float(prices.sum())
        supplied = packed.supplied(chosen.opened, prices.size)
        return Relaxed(
            bound=paid + chosen.value,
            opened=chosen.opened,
            supplied=supplied,
            net=net,
            paid=paid,
            chosen=chosen,
            packed=packed,
        )

    def forced(self, prices: Floats, found: Relaxed) -> tuple[Floats, Floats]:
        """Return bounds on all plans in which a pair has a facility as its one source, or none.

        Parameters
        ----------
        prices, found
            Prices, shape (pairs,), and the answer to them.

        Returns
        -------
        by_facility, without
            Bounds in money, shapes (facilities, pairs) and (pairs,).
        """
        gain = self.facilities.fixed - found.net
        lost = gain[:, None] - self._knapsacks.forced(prices)
        by_facility = found.if_open[:, None] + np.maximum(lost, 0.0)
        return by_facility, found.bound + self.facilities.free - prices
