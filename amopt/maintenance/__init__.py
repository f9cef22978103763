"""maintenance: when to replace a part, when to order the next, and when to print in between.

After chapter 4 of Westerweel's thesis (TU Eindhoven, 2019): its three policies in closed form, and
the best policy of all by linear programming.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from amopt.maintenance.instance import MaintenanceInstance as Instance

# At once, before the room of the same name could hide the function.
from amopt.maintenance.referee.check import check

if TYPE_CHECKING:
    from amopt.maintenance.answer.solution import MaintenanceSolution as Solution
    from amopt.maintenance.decision import METHODS, program_options, read_back, solve
    from amopt.maintenance.formulation import formulate

__all__ = [
    "METHODS",
    "Instance",
    "Solution",
    "check",
    "formulate",
    "program_options",
    "read_back",
    "solve",
]

_HOMES = {
    "METHODS": ("decision", "METHODS"),
    "Solution": ("answer.solution", "MaintenanceSolution"),
    "formulate": ("formulation", "formulate"),
    "program_options": ("decision", "program_options"),
    "read_back": ("decision", "read_back"),
    "solve": ("decision", "solve"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name in _HOMES:
        room, public = _HOMES[name]
        return getattr(importlib.import_module(f"amopt.maintenance.{room}"), public)
    raise AttributeError(f"module 'amopt.maintenance' has no attribute {name!r}")
