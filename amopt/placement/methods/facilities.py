"""The instance as facilities: sites that are open at a fixed cost and have one capacity each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.pricing import DenseSupply, spread

__all__ = ["WHOLE", "Facilities"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

WHOLE, DIGITS = 1e-4, 1e-12
"""Room for rounding where a plan's cost is a sum of whole numbers; and in each, relative to it."""


@dataclass(frozen=True)
class Facilities:
    """Facilities, and pairs that they supply.

    Attributes
    ----------
    unit
        The dense supply's unit of each facility, shape (facilities,).
    cost, hours
        Cost and hours of supplying each pair from each facility, shape (facilities, pairs); the
        cost is infinite where it cannot.
    capacity, fixed
        Hours of each facility, and what it costs to have it open, shape (facilities,).
    free
        Cost of the cheapest supply without a facility, shape (pairs,); infinite where there is
        none.
    constant
        What is spent in any case.
    """

    unit: Ints
    cost: Floats
    hours: Floats
    capacity: Floats
    fixed: Floats
    free: Floats
    constant: float

    @classmethod
    def of(cls, dense: DenseSupply) -> Facilities:
        """Return the facilities of a dense supply that consists of such."""
        able = np.flatnonzero(np.isfinite(dense.cost).any(axis=1) & (dense.most > 0))
        site = dense.site[able]
        fixed = dense.machine_cost[able] + np.where(dense.forced[site], 0.0, dense.site_cost[site])
        return cls(
            unit=able,
            cost=dense.cost[able],
            hours=dense.hours[able],
            capacity=dense.capacity[able].astype(np.float64),
            fixed=fixed,
            free=dense.free,
            constant=float(dense.site_cost[dense.forced].sum()),
        )

    @property
    def pairs(self) -> int:
        """Number of pairs."""
        return int(self.free.size)

    @property
    def sites(self) -> int:
        """Number of facilities."""
        return int(self.unit.size)

    def take(self, kept: Flags | Ints) -> Facilities:
        """Return some of the facilities."""
        return replace(
            self,
            unit=self.unit[kept],
            cost=self.cost[kept],
            hours=self.hours[kept],
            capacity=self.capacity[kept],
            fixed=self.fixed[kept],
        )

    @property
    def fixed_an_hour(self) -> Floats:
        """What an hour costs where all of them are taken, shape (facilities,)."""
        return spread(self.fixed, self.capacity)

    @cached_property
    def counts_cost(self) -> bool:
        """Whether every cost is a whole number, so that a better plan costs one less at least.

        As far as their rounding tells; all of them together must not come near one.
        """
        parts = [self.cost.ravel(), self.fixed, self.free, np.array([self.constant])]
        costs = np.concatenate(parts)
        costs = costs[np.isfinite(costs)]
        off = np.abs(costs - np.round(costs))
        rounding = bool((off <= DIGITS * np.abs(costs)).all())
        return rounding and bool(off.max(initial=0.0) * (self.pairs + self.sites + 1) <= WHOLE / 10)

    @property
    def least_hours(self) -> float:
        """Hours that the pairs need at least which nothing but facilities can supply."""
        needs = ~np.isfinite(self.free)
        hours = np.where(np.isfinite(self.cost), self.hours, np.inf)
        if not needs.any():
            return 0.0
        least = hours[:, needs].min(axis=0, initial=np.inf)
        return float(np.where(np.isfinite(least), least, 0.0).sum())
