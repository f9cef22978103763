"""printing: when to print, when to wait, and how many to stock, at a remote place.

After Westerweel, Basten, den Boer and van Houtum, "Printing spare parts at remote locations",
Production and Operations Management 30 (2021), and chapter 3 of Westerweel's thesis (TU Eindhoven,
2019).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

# At once, before the room of the same name could hide the function.
from amopt.printing.check import check
from amopt.printing.instance import PrintingInstance as Instance

if TYPE_CHECKING:
    from amopt.printing.formulation import formulate
    from amopt.printing.methods import METHODS, solve
    from amopt.printing.solution import PrintingSolution as Solution

__all__ = ["METHODS", "Instance", "Solution", "check", "formulate", "solve"]

_HOMES = {
    "METHODS": ("methods", "METHODS"),
    "Solution": ("solution", "PrintingSolution"),
    "formulate": ("formulation", "formulate"),
    "solve": ("methods", "solve"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name in _HOMES:
        room, public = _HOMES[name]
        return getattr(importlib.import_module(f"amopt.printing.{room}"), public)
    raise AttributeError(f"module 'amopt.printing' has no attribute {name!r}")
