"""placement: where AM capacity goes, central, distributed, in between, or nowhere.

After Khajavi, Partanen and Holmström, "Additive manufacturing in the spare parts supply chain",
Computers in Industry 65 (2014), with stock at the places of demand as an Erlang loss system
(Westerweel, TU Eindhoven, 2019, chapter 2).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from amopt.placement.instance.fields import Instance

if TYPE_CHECKING:
    from amopt.placement.answer.solution import PlacementSolution as Solution
    from amopt.placement.decision import (
        METHODS,
        PLAN_ALONE,
        beside_the_plan,
        formulate,
        read_back,
        solve,
    )
    from amopt.placement.instance.orlib import read_orlib_cap
    from amopt.placement.map import FormMap, map_forms
    from amopt.placement.orders.assignment import assign
    from amopt.placement.referee.check import check
    from amopt.placement.sensitivity import PARAMETERS as SENSITIVITIES
    from amopt.placement.sensitivity import axis

__all__ = [
    "METHODS",
    "PLAN_ALONE",
    "SENSITIVITIES",
    "FormMap",
    "Instance",
    "Solution",
    "assign",
    "axis",
    "beside_the_plan",
    "check",
    "formulate",
    "formulate_arrays",
    "map_forms",
    "read_back",
    "read_orlib_cap",
    "solve",
]

_HOMES = {
    "FormMap": ("map", "FormMap"),
    "SENSITIVITIES": ("sensitivity", "PARAMETERS"),
    "METHODS": ("decision", "METHODS"),
    "PLAN_ALONE": ("decision", "PLAN_ALONE"),
    "Solution": ("answer.solution", "PlacementSolution"),
    "assign": ("orders.assignment", "assign"),
    "axis": ("sensitivity", "axis"),
    "beside_the_plan": ("decision", "beside_the_plan"),
    "check": ("referee.check", "check"),
    "formulate": ("decision", "formulate"),
    "formulate_arrays": ("decision", "formulate_arrays"),
    "map_forms": ("map", "map_forms"),
    "read_back": ("decision", "read_back"),
    "read_orlib_cap": ("instance.orlib", "read_orlib_cap"),
    "solve": ("decision", "solve"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name in _HOMES:
        room, public = _HOMES[name]
        value = getattr(importlib.import_module(f"amopt.placement.{room}"), public)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'amopt.placement' has no attribute {name!r}")
