"""design: which version of a component to design, conventional or printed, and how many spares.

After Westerweel, Basten and van Houtum, "Traditional or additive manufacturing? Assessing component
design options through lifecycle cost analysis", European Journal of Operational Research 270
(2018), and chapter 2 of Westerweel's thesis (TU Eindhoven, 2019).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from amopt.design.instance import DesignInstance as Instance

# At once, before the room of the same name could hide the function.
from amopt.design.referee.check import check

if TYPE_CHECKING:
    from amopt.design.answer.solution import DesignSolution as Solution
    from amopt.design.break_even import BreakEven
    from amopt.design.decision import METHODS, read_back, solve
    from amopt.design.factorials import axis, factorial
    from amopt.design.formulation import formulate
    from amopt.design.life_cycle import LifeCycle

__all__ = [
    "METHODS",
    "BreakEven",
    "Instance",
    "LifeCycle",
    "Solution",
    "axis",
    "check",
    "factorial",
    "formulate",
    "read_back",
    "solve",
]

_HOMES = {
    "BreakEven": ("break_even", "BreakEven"),
    "LifeCycle": ("life_cycle", "LifeCycle"),
    "METHODS": ("decision", "METHODS"),
    "Solution": ("answer.solution", "DesignSolution"),
    "axis": ("factorials", "axis"),
    "factorial": ("factorials", "factorial"),
    "formulate": ("formulation", "formulate"),
    "read_back": ("decision", "read_back"),
    "solve": ("decision", "solve"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name in _HOMES:
        room, public = _HOMES[name]
        return getattr(importlib.import_module(f"amopt.design.{room}"), public)
    raise AttributeError(f"module 'amopt.design' has no attribute {name!r}")
