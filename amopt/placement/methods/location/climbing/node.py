"""A node of the tree: what is decided there, and the prices from which they climb."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.bounded_plan import Step

__all__ = ["Node"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(order=True)
class Node:
    """What is decided at a node.

    Attributes
    ----------
    bound, order
        Its bound, and when it was made.
    prices
        Prices from which it starts, shape (pairs,).
    may, must
        Which facilities may and must be open, shape (facilities,).
    step
        Where it stands in the proof.
    least, most
        Least and most of the weights of open facilities.
    """

    bound: float
    order: int
    prices: Floats = field(compare=False)
    may: Flags = field(compare=False)
    must: Flags = field(compare=False)
    step: Step = field(compare=False)
    least: float = field(compare=False)
    most: float = field(compare=False)
