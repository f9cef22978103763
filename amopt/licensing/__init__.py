"""licensing: which licence to offer for printing a spare part, and who will take it.

After chapter 5 of Westerweel, "Design and Control of Capital Goods Service Supply Chains with
Additive Manufacturing" (PhD thesis, TU Eindhoven, 2019).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from amopt.licensing.instance import LicensingInstance as Instance

# At once, before the room of the same name could hide the function.
from amopt.licensing.referee.check import check

if TYPE_CHECKING:
    from amopt.licensing.answer.solution import LicensingSolution as Solution
    from amopt.licensing.costs import Buyers
    from amopt.licensing.decision import METHODS, read_back, solve
    from amopt.licensing.formulation import formulate
    from amopt.licensing.map import axis, map_forms

__all__ = [
    "METHODS",
    "Buyers",
    "Instance",
    "Solution",
    "axis",
    "check",
    "formulate",
    "map_forms",
    "read_back",
    "solve",
]

_HOMES = {
    "Buyers": ("costs", "Buyers"),
    "METHODS": ("decision", "METHODS"),
    "Solution": ("answer.solution", "LicensingSolution"),
    "axis": ("map", "axis"),
    "formulate": ("formulation", "formulate"),
    "map_forms": ("map", "map_forms"),
    "read_back": ("decision", "read_back"),
    "solve": ("decision", "solve"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name in _HOMES:
        room, public = _HOMES[name]
        return getattr(importlib.import_module(f"amopt.licensing.{room}"), public)
    raise AttributeError(f"module 'amopt.licensing' has no attribute {name!r}")
