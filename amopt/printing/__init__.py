"""printing: when to print, when to wait, and how many to stock, at a remote place.

After Westerweel, Basten, den Boer and van Houtum, "Printing spare parts at remote locations",
Production and Operations Management 30 (2021), and chapter 3 of Westerweel's thesis (TU Eindhoven,
2019).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from amopt.printing.instance import PrintingInstance as Instance

if TYPE_CHECKING:
    from amopt.printing.answer.solution import PrintingSolution as Solution
    from amopt.printing.behaviour.answer import check_behaviour, distributions, simulate
    from amopt.printing.decision import METHODS, program_options, read_back, solve
    from amopt.printing.formulation import formulate
    from amopt.printing.referee.check import check

__all__ = [
    "METHODS",
    "Instance",
    "Solution",
    "check",
    "check_behaviour",
    "distributions",
    "formulate",
    "program_options",
    "read_back",
    "simulate",
    "solve",
]

_HOMES = {
    "METHODS": ("decision", "METHODS"),
    "Solution": ("answer.solution", "PrintingSolution"),
    "check": ("referee.check", "check"),
    "check_behaviour": ("behaviour.answer", "check_behaviour"),
    "distributions": ("behaviour.answer", "distributions"),
    "formulate": ("formulation", "formulate"),
    "program_options": ("decision", "program_options"),
    "read_back": ("decision", "read_back"),
    "simulate": ("behaviour.answer", "simulate"),
    "solve": ("decision", "solve"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name in _HOMES:
        room, public = _HOMES[name]
        return getattr(importlib.import_module(f"amopt.printing.{room}"), public)
    raise AttributeError(f"module 'amopt.printing' has no attribute {name!r}")
