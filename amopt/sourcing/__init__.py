"""sourcing: from which suppliers to order, and how many of each, now.

After Akmal, Salmi, Björkstrand, Partanen and Holmström, "Switchover to industrial additive
manufacturing: dynamic decision-making for problematic spare parts", International Journal of
Operations & Production Management 42 (2022).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from amopt.sourcing.instance.fields import Instance

if TYPE_CHECKING:
    from amopt.sourcing.answer.purchase_orders import purchase_orders
    from amopt.sourcing.answer.solution import SourcingSolution as Solution
    from amopt.sourcing.decision import METHODS, read_back, solve
    from amopt.sourcing.formulation import formulate
    from amopt.sourcing.pareto_front import pareto
    from amopt.sourcing.performance_frontier import frontier
    from amopt.sourcing.referee.check import check
    from amopt.sourcing.register.register import commit
    from amopt.sourcing.rolling.replay import replay
    from amopt.sourcing.worth.costs import with_cost_of_limits
    from amopt.sourcing.worth.ranges.answer import price_ranges
    from amopt.sourcing.worth.without import without_suppliers
    from amopt.sourcing.worth.worth import worth_of_limits

__all__ = [
    "METHODS",
    "Instance",
    "Solution",
    "check",
    "commit",
    "formulate",
    "frontier",
    "pareto",
    "price_ranges",
    "purchase_orders",
    "read_back",
    "replay",
    "solve",
    "with_cost_of_limits",
    "without_suppliers",
    "worth_of_limits",
]


_HOMES = {
    "METHODS": ("decision", "METHODS"),
    "Solution": ("answer.solution", "SourcingSolution"),
    "check": ("referee.check", "check"),
    "commit": ("register.register", "commit"),
    "formulate": ("formulation", "formulate"),
    "frontier": ("performance_frontier", "frontier"),
    "pareto": ("pareto_front", "pareto"),
    "price_ranges": ("worth.ranges.answer", "price_ranges"),
    "purchase_orders": ("answer.purchase_orders", "purchase_orders"),
    "read_back": ("decision", "read_back"),
    "replay": ("rolling.replay", "replay"),
    "solve": ("decision", "solve"),
    "with_cost_of_limits": ("worth.costs", "with_cost_of_limits"),
    "without_suppliers": ("worth.without", "without_suppliers"),
    "worth_of_limits": ("worth.worth", "worth_of_limits"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name in _HOMES:
        room, public = _HOMES[name]
        return getattr(importlib.import_module(f"amopt.sourcing.{room}"), public)
    raise AttributeError(f"module 'amopt.sourcing' has no attribute {name!r}")
