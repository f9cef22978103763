"""Where whole sets pay: columns at the root and below it, and plans by diving."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.location.climbing.columns import Columns
from amopt.placement.methods.location.climbing.diving import WAYS, dive
from amopt.placement.methods.location.climbing.volume import Volume
from amopt.placement.methods.location.single_source import SingleSourceIncumbent
from amopt.program.time import Budget

__all__ = ["WholeSets"]

Ints = NDArray[np.int64]

AT_ROOT, SECONDS, SHARE = 200, 15.0, 0.25
"""Most programs at the root; most seconds there where there is no limit, and most of the time
left."""

WORTH_IT = 1e-3
"""Relative rise of the bound at the root for which columns are sought at other nodes too."""

MOST_HELD = 7.0
"""Pairs that a facility holds, on average, up to which columns are sought: there are many larger
sets, and knapsacks in fractions are nearly as good."""

BEYOND = 3e-3
"""Relative distance above the best plan of plans that bettering part by part may bring below it."""


class WholeSets:
    """Columns of whole sets, as long as they pay.

    Parameters
    ----------
    incumbent
        The best plan known.
    budget
        The time for everything.

    Attributes
    ----------
    pay
        Whether they have paid at the root.
    """

    def __init__(self, incumbent: SingleSourceIncumbent, budget: Budget) -> None:
        self._incumbent, self._budget = incumbent, budget
        self._columns = Columns(incumbent.facilities, incumbent.options, budget)
        self._ways = iter(WAYS)
        self.pay = False

    @classmethod
    def of(cls, incumbent: SingleSourceIncumbent, budget: Budget) -> WholeSets | None:
        """Return them where sets are so small that columns may pay; else None."""
        facilities = incumbent.facilities
        hours = facilities.hours[np.isfinite(facilities.cost)]
        most = MOST_HELD * float(hours.mean()) if hours.size else 0.0
        return cls(incumbent, budget) if float(facilities.capacity.mean()) <= most else None

    def climb(self, volume: Volume, sites: Ints, *, at_root: bool) -> None:
        """Let prices climb, at the root for as long as enough may come of it."""
        cutoff = self._incumbent.cutoff
        if not at_root:
            self._columns.climb(volume, sites, cutoff)
            return
        wanted, left = volume.bound + WORTH_IT * abs(volume.bound), self._budget.left
        seconds = SECONDS if left is None else SHARE * left
        self._columns.climb(volume, sites, cutoff, AT_ROOT, wanted=wanted, seconds=seconds)
        self.pay = volume.bound >= wanted

    def dive(self, volume: Volume) -> None:
        """Look for a plan by diving in the next way, and better it part by part."""
        incumbent, way = self._incumbent, next(self._ways, None)
        if way is None or not self.pay or volume.bound >= incumbent.cutoff:
            return
        plan = dive(
            incumbent.facilities,
            self._columns,
            volume.prices,
            way,
            cutoff=incumbent.cost * (1.0 + BEYOND),
            is_over=lambda: self._budget.is_over,
        )
        if plan is not None:
            incumbent.take_plan(plan)
            incumbent.better_parts(plan)
