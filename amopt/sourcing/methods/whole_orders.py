"""What orders of whole parts can be: their quantities, and the weeks at which they arrive."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amopt.sourcing.offers.duties import uneven
from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = ["delivery_times", "whole_knots"]

MOST_TIMES = 2_000_000
"""Delivery times up to which all are listed."""

MOST_KNOTS = 500
"""Whole quantities of fitted powers up to which the program has them all from the start."""

Floats = NDArray[np.float64]


def _whole_orders(supply: SupplyOptions) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Return an option of each pool, and the least and the most whole parts of its orders."""
    options, start = supply.members
    first = options[start[:-1][np.diff(start) > 0]]
    room = np.zeros(len(supply))
    room[options] = (supply.quantity + supply.surplus)[supply.line[options]]
    most = np.minimum(supply.largest, supply.by_pool(room)[supply.pool])
    return first, np.ceil(supply.smallest[first]), np.floor(most[first])


def whole_knots(supply: SupplyOptions) -> dict[int, Floats]:
    """Return all whole orders on fitted powers, by pool; nothing where these are too many."""
    option, low, high = _whole_orders(supply)
    curved = np.zeros(len(supply.pool_total), dtype=bool)
    for curve in (supply.pool_total, supply.pool_lead):
        curved[curve.curve[curve.scale != 0]] = True
    curved |= uneven(supply)
    own = curved[supply.pool[option]] & ~supply.divisible[supply.line[option]] & (low <= high)
    if (high - low + 1)[own].sum() > MOST_KNOTS:
        return {}
    ranges = zip(supply.pool[option[own]].tolist(), low[own], high[own], strict=True)
    return {g: np.arange(a, b + 1) for g, a, b in ranges}


def delivery_times(supply: SupplyOptions) -> Floats:
    """Return all weeks at which an order can be delivered, ascending; empty where not finite."""
    lead = supply.lead_time
    sloped = (lead.rate != 0) | (lead.scale != 0)
    if (sloped & supply.divisible[supply.line][lead.curve]).any():
        return np.zeros(0)
    first, low, high = _whole_orders(supply)
    able = supply.members[0]
    rank = np.searchsorted(supply.pool[first], supply.pool[able])
    count = np.maximum(0, high - low + 1).astype(np.int64)[rank]
    if count.sum() > MOST_TIMES:
        return np.zeros(0)
    owner = np.repeat(np.arange(able.size), count)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    weeks = lead.take(able[owner]).at(low[rank[owner]] + step)
    committed = [arrives for _, _, arrives, _, _ in supply.commitments]
    return np.unique(np.concatenate([weeks, committed]))
