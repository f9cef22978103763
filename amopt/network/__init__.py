"""The supply network: places, lanes, modes, the routes between them, and graphs of others.

``supply``, ``routes``
    Places and lanes, and the best routes between the places that matter.
``graphs``, ``graphml``
    Graphs of others as places and lanes, with everything that is wrong at once.
``exchange``
    Graphs of answers as files, and back.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amopt.network.exchange import flat, read_graph, write_graph
    from amopt.network.routes import RouteCriterion, RouteTable
    from amopt.network.supply import SupplyNetwork, unreachable_place

__all__ = [
    "RouteCriterion",
    "RouteTable",
    "SupplyNetwork",
    "flat",
    "read_graph",
    "unreachable_place",
    "write_graph",
]

_HOMES = {
    "RouteCriterion": "routes",
    "RouteTable": "routes",
    "SupplyNetwork": "supply",
    "flat": "exchange",
    "read_graph": "exchange",
    "unreachable_place": "supply",
    "write_graph": "exchange",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"amopt.network.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'amopt.network' has no attribute {name!r}")
