r"""Which base-stock levels are worth offering: those that may be best under every limit there is.

What a level S of a source takes of a *resource* (what the objective counts, the budget, emissions,
room in store, demand not met from the shelf) is, up to a constant,

.. math:: f_r(S) = a_r S + b_r B(S), \quad a_r \ge 0,

with B the Erlang loss probability, convex and decreasing in S (Messerli, 1972). Every limit, and
the objective, grows with each of its resources, and the levels of one source set the same hours
aside.

**Range.** Where :math:`b_r > 0`, :math:`f_r` is convex; else it never falls. So it falls up to its
least minimiser :math:`S_r` and rises from there. Above :math:`\max_r S_r` every resource rises, and
below :math:`\min_r S_r` every resource falls, towards the range: a level outside of it takes at
least as much of *every* resource as the nearer end of the range. A plan that uses it stays a plan,
no worse, with that end in its place, whether supply is shared or from a single source, and whatever
the weights and the limits are. Only resources that are limited or weighted for the place and part
count. Where that is the objective alone, the range is one level.

**Without an end.** Where :math:`a_r = 0 < b_r` (emissions, demand not met), every further part in
stock saves a little more. The range then ends where nothing noticeable is left to save: where the
resource is what is minimised, at :math:`B(S) \le 2^{-54}`, below the rounding of 1. For emissions
limited to K, with :math:`e_p` the emissions of emergency shipments alone for a pair p
over all periods, that is at

.. math:: B(S) \sum_p e_p \le \epsilon K ,

so that all pairs together, brought down to the ends of their ranges, emit at most
:math:`(1 + \epsilon) K`, with :math:`\epsilon` = :data:`SLACK`, a tenth of what the referee calls
the same. For a fill rate :math:`\phi` on average, :math:`B(S) \le \epsilon (1 - \phi)` likewise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amopt.stock import best_base_stock, least_for_shortage

if TYPE_CHECKING:
    from amopt.placement.supply.demanded import Demanded

__all__ = ["FEW", "FEWEST", "SLACK", "Counted", "Resource", "level_range"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

SLACK = 1e-7
"""Relative excess of a limit that is not noticed."""

FEW = 1e-12
"""Probability of being out of stock up to which levels are offered to constraints of a caller."""

FEWEST = 2.0**-54
"""The same, where stock costs nothing of what is minimised: below it, 1 - B(S) is 1 in floats.

A larger one is noticed where an emergency shipment emits many times what a regular one does.
"""


class Counted:
    """What counts, beside the objective, when levels are compared.

    Parameters
    ----------
    demanded
        What the instance demands.

    Attributes
    ----------
    budget, emissions
        Whether money and emissions are limited, beside the objective.
    few_emissions
        The probability of being out of stock below which emissions do not notice it.
    room, average
        Whether room in store, and demand not met on average, are limited for each pair, (pairs,).
    few_out_of_stock
        The probability of being out of stock below which the average does not notice it, (pairs,).
    alone
        Whether the objective alone counts for each pair, shape (pairs,).
    """

    def __init__(self, demanded: Demanded) -> None:
        instance = demanded.instance
        weight, limits = instance.minimise, instance.limits
        self.budget = limits.budget is not None and weight.kg_co2 > 0
        self.emissions = limits.kg_co2 is not None and weight.cost > 0
        self.few_emissions = 0.0
        if self.emissions:
            kind = {part.name: part.emergency_kg_co2 for part in instance.parts}
            years = np.array([period.years for period in instance.horizon])
            each = np.array([kind[part] for _, part in demanded.pairs])
            alone = float(each @ demanded.rates @ years)
            self.few_emissions = min(SLACK * (limits.kg_co2 or 0.0) / alone, 1.0) if alone else 0.0
        rooms = {limit.place for limit in limits.storage}
        space = {part.name: part.space for part in instance.parts}
        self.room = np.array(
            [place in rooms and space[part] > 0 for place, part in demanded.pairs], dtype=bool
        )
        self.average = demanded.asked_on_average > 0
        self.few_out_of_stock = SLACK * (1 - demanded.asked_on_average)
        self.alone = ~(self.room | self.average | self.budget | self.emissions)


@dataclass(frozen=True)
class Resource:
    """What base-stock levels of some sources take of one resource.

    Attributes
    ----------
    per_part
        How much for each part of the level, 0 or more.
    per_shortage
        How much more when every demand is met by an emergency shipment than when none is, shape
        (n,); may be negative.
    counts
        Whether the resource counts for the source's place and part, shape (n,).
    unnoticed
        The probability of being out of stock below which no difference is noticed, where
        ``per_part`` is 0; 0 where no level helps, shape (n,).
    """

    per_part: float
    per_shortage: Floats
    counts: Flags
    unnoticed: Floats

    def best(self, load: Floats) -> Ints:
        """Return the least level that takes least of the resource."""
        if self.per_part > 0:
            return best_base_stock(
                load, rate=1.0, holding_cost=self.per_part, shortage_cost=self.per_shortage
            )
        level = np.zeros(load.size, dtype=np.int64)
        helps = (self.per_shortage > 0) & ((load == 0) | (self.unnoticed > 0))
        level[helps] = least_for_shortage(load[helps], self.unnoticed[helps])
        return level


def level_range(resources: Sequence[Resource], load: Floats) -> tuple[Ints, Ints]:
    """Return the least and the largest base-stock level of each source that may be best.

    Parameters
    ----------
    resources
        What counts; at least one resource for every source.
    load
        Demand during the lead time of each source, shape (n,).
    """
    low = np.full(load.size, np.iinfo(np.int64).max)
    high = np.zeros(load.size, dtype=np.int64)
    for resource in resources:
        if not resource.counts.any():
            continue
        best = resource.best(load)
        low = np.where(resource.counts, np.minimum(low, best), low)
        high = np.where(resource.counts, np.maximum(high, best), high)
    return low, high
