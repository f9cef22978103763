"""The supply network: places, lanes, modes, the routes between them, and graphs of others."""

from __future__ import annotations

from amopt.network.supply import RouteCriterion, RouteTable, SupplyNetwork, unreachable_place

__all__ = ["RouteCriterion", "RouteTable", "SupplyNetwork", "unreachable_place"]
