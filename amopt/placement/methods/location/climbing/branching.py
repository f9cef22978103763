"""The two sides into which a node is divided: by the count of open facilities, or by one of them.

The relaxation's own bounds with a facility open and closed are those of the sides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.location.climbing.node import Node
from amopt.placement.methods.location.climbing.volume import Volume

__all__ = ["divided"]

Floats = NDArray[np.float64]

WHOLE = 0.1
"""How far from a whole number the count of open facilities must be to branch on it."""


def divided(node: Node, volume: Volume, order: Iterator[int], worth: Floats | None) -> list[Node]:
    """Return the two sides of a node at which some facilities are undecided.

    Parameters
    ----------
    node, volume
        The node, and its prices.
    order
        Numbers the nodes.
    worth
        How much hangs on each facility, shape (facilities,); None for the same on all.
    """
    sites, cover = np.flatnonzero(node.may), volume.relaxation.cover
    node.step.prices = volume.prices

    def side(step: int, bound: float = -np.inf) -> Node:
        return replace(
            node,
            bound=max(bound, node.bound),
            order=next(order),
            prices=volume.prices,
            may=node.may.copy(),
            must=node.must.copy(),
            step=steps[step],
        )

    count = float(volume.opened.sum())
    equal = bool((cover.weight == 1.0).all())
    if equal and abs(count - round(count)) > WHOLE and cover.least <= count <= cover.most:
        above = int(np.ceil(count))
        steps = node.step.divide("count", above)
        return [replace(side(0), most=float(above - 1)), replace(side(1), least=float(above))]
    free = np.flatnonzero(~cover.must)
    part = np.minimum(volume.opened[free], 1.0 - volume.opened[free])
    if worth is not None:
        part *= worth[sites[free]]
    spot = int(free[part.argmax()])
    site = int(sites[spot])
    steps = node.step.divide("site", site)
    opening = side(0, float(volume.best.if_open[spot]))
    closing = side(1, float(volume.best.if_closed[spot]))
    opening.must[site], closing.may[site] = True, False
    return [opening, closing]
