"""Duties: shares of the price of what is ordered, by the lanes that it travels on.

What an order of several lines costs a part depends on all of it, so that the duty on a line's share
of it is linear only where the price a part is, or where all of its lines pay the same share.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = ["FIRST_KNOTS", "duties", "least_duty", "pieces_between", "uneven"]

Floats = NDArray[np.float64]

FIRST_KNOTS = 6
"""Quantities at which a curved piece is cut, or touched, to begin with, evenly spaced in logs."""


def duties(supply: SupplyOptions, quantity: Floats, goods: Floats) -> Floats:
    """Return the duty on the parts of each option, in money, shape (n,).

    Parameters
    ----------
    supply
        The supply options.
    quantity, goods
        Parts ordered on each option, and their price in money, shape (n,).
    """
    paid: Floats = supply.duty * goods + supply.duty_on_transport * quantity
    return paid


def least_duty(supply: SupplyOptions) -> Floats:
    """Return the least share of prices that any option of each pool pays, shape (pools,)."""
    options, start = supply.members
    found = np.zeros(len(supply.pool_total))
    used = np.flatnonzero(np.diff(start))
    if options.size:
        found[used] = np.minimum.reduceat(supply.duty[options], start[used])
    return found


def uneven(supply: SupplyOptions) -> NDArray[np.bool_]:
    """Return whether options of a pool pay different shares of prices, shape (pools,)."""
    options, _ = supply.members
    found = np.zeros(len(supply.pool_total), dtype=bool)
    more = supply.duty[options] > least_duty(supply)[supply.pool[options]]
    found[supply.pool[options[more]]] = True
    return found


def pieces_between(
    low: float, high: float, given: Iterable[float], *, whole: bool, falls: bool
) -> Floats:
    """Return the ends of the pieces into which a piece is cut, shape (2, n).

    The price a part rises or falls all along it: its least is at one end of a piece, and the next
    whole order is on another.

    Parameters
    ----------
    low, high
        The ends of the piece, whole or not.
    given
        Quantities that were ordered: each is one, with others half way (in logs) to those beside.
    whole
        Whether they are whole numbers.
    falls
        Whether the price a part falls with the quantity.
    """
    if whole:
        low, high = np.ceil(low * (1 - 1e-12)), np.floor(high * (1 + 1e-12))
        if low > high:
            return np.zeros((2, 0))
    found = low * (high / low) ** np.linspace(0.0, 1.0, FIRST_KNOTS)
    found = np.unique(np.append(np.round(found) if whole else found, (low, high)))
    found = found[(found >= low) & (found <= high)]
    for knot in given:
        if low <= knot <= high:
            ends = np.append(found[found < knot][-1:], found[found > knot][:1])
            middle = np.sqrt(ends * knot)
            found = np.unique([*found, knot, *(np.round(middle) if whole else middle)])
    step = 1.0 if whole else 0.0
    if falls:
        return np.stack([np.append(found[0], found[:-1] + step), found])
    return np.stack([found, np.append(found[1:] - step, found[-1])])
