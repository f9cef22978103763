"""What no lane and no mode of a network reaches."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.network import SupplyNetwork

if TYPE_CHECKING:
    from amopt.instance.common import Network

__all__ = ["unreached"]


def unreached(
    network: Network, sources: Collection[str], targets: Collection[str]
) -> Iterator[dict[str, Any]]:
    """Yield a row a place that is cut off.

    Parameters
    ----------
    network
        The network.
    sources, targets
        The places that could supply, and those that need something.
    """
    supply = SupplyNetwork.from_instance(network)
    known = supply.places.keys()
    starts, ends = sorted(known & set(sources)), sorted(known & set(targets))
    said: dict[str, str] = {}
    if starts and ends:
        reached: NDArray[np.bool_] = np.isfinite(supply.routes(starts, ends, by="weeks").weeks)
        for name, any_source in zip(ends, np.any(reached, axis=0).tolist(), strict=True):
            if not any_source:
                said[name] = "needs parts, and no route leads here from any source"
        for name, any_target in zip(starts, np.any(reached, axis=1).tolist(), strict=True):
            if not any_target:
                said.setdefault(name, "could supply, and no route leads to any place that needs")
    touched = {end for lane in network.lanes for end in (lane.from_, lane.to)}
    for place in network.places:
        joined = network.modes and place.latitude is not None
        if place.name not in touched and not joined:
            said.setdefault(place.name, "no lane touches it")
    for place in network.places:
        if place.name in said:
            yield {"place": place.name, "role": place.role, "why": said[place.name]}
