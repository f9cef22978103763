"""A site's own choice over the periods: the shortest path through open and closed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["shortest"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def shortest(
    value: Floats, opening: Floats, must: Flags, must_not: Flags, already: Flags
) -> tuple[Flags, Flags, float]:
    """Return when sites are open and are opened, and what that costs at least.

    Parameters
    ----------
    value
        What each site adds where it is open, shape (sites, periods).
    opening
        What it costs to open it.
    must, must_not
        Whether it has to be open, or closed.
    already
        Whether it is open before the first period, shape (sites,).
    """
    sites, periods = value.shape
    shut, open_ = np.where(already, np.inf, 0.0), np.where(already, 0.0, np.inf)
    was_open = np.zeros((2, sites, periods), dtype=bool)  # before being shut, and open
    for t in range(periods):
        was_open[0, :, t] = open_ < shut
        was_open[1, :, t] = open_ <= shut + opening[:, t]
        next_shut = np.minimum(open_, shut)
        next_open = value[:, t] + np.minimum(open_, shut + opening[:, t])
        shut = np.where(must[:, t], np.inf, next_shut)
        open_ = np.where(must_not[:, t], np.inf, next_open)
    opened = np.zeros((sites, periods), dtype=bool)
    opens = np.zeros((sites, periods), dtype=bool)
    now = open_ < shut
    for t in reversed(range(periods)):
        opened[:, t] = now
        before = np.where(now, was_open[1, :, t], was_open[0, :, t])
        opens[:, t] = now & ~before
        now = before
    return opened, opens, float(np.minimum(open_, shut).sum())
