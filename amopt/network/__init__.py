"""The supply network: places, lanes, modes, the routes between them, and graphs of others."""

from __future__ import annotations

from amopt.network.exchange import flat, read_graph, write_graph
from amopt.network.supply import RouteCriterion, RouteTable, SupplyNetwork, unreachable_place

__all__ = [
    "RouteCriterion",
    "RouteTable",
    "SupplyNetwork",
    "flat",
    "read_graph",
    "unreachable_place",
    "write_graph",
]
