"""Where it matters whether a line is part of an order that other lines may be part of too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from amopt.sourcing.offers.segments import Segments
    from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = ["joining"]

Bools = NDArray[np.bool_]


def joining(supply: SupplyOptions, segments: Segments) -> tuple[Bools, Bools]:
    """Return where the program must know whether a line joins an order, and what it waits for.

    Returns
    -------
    joins : array of bool, shape (shares,)
        Shares of orders of several lines where the line waits for the order, its suppliers are
        counted, its place pays for the delivery, or it may have an order of its own instead.
    waits : array of bool, shape (shares,)
        Those of them where the lead time depends on the parts of the whole order.
    """
    shares, charges = segments.shares, supply.charges
    several = ~supply.single[segments.pool[shares.segment]]
    timed = np.zeros(len(supply.instance.lines), dtype=bool)
    timed[supply.timed] = True
    matters = timed[shares.line]
    if supply.instance.limits.suppliers_per_line is not None or supply.instance.order_chosen:
        matters = np.ones_like(matters)
    delivered = np.array([kind == "deliveries" for kind in charges.kind], dtype=bool)
    by_place = np.zeros(len(supply), dtype=bool)
    by_place[charges.option[delivered[charges.charge]]] = True
    waits = several & timed[shares.line] & (segments.weeks_rate[shares.segment] != 0)
    return several & (matters | by_place[shares.option]), waits
