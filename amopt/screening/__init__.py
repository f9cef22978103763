"""screening: which parts are worth printing at all, and which to look at first.

The attributes of a part follow Akmal et al. (2022, table 3); the ranking is the analytic hierarchy
process (Saaty 1980), as Knofius, van der Heijden and Zijm (2016) rank spare parts for printing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from amopt.screening.instance import ScreeningInstance as Instance

# At once, before the room of the same name could hide the function.
from amopt.screening.referee.check import check

if TYPE_CHECKING:
    from amopt.screening.answer.solution import ScreeningSolution as Solution
    from amopt.screening.decision import METHODS, read_back, solve
    from amopt.screening.formulation import formulate

__all__ = [
    "METHODS",
    "Instance",
    "Solution",
    "check",
    "formulate",
    "read_back",
    "solve",
]

_HOMES = {
    "METHODS": ("decision", "METHODS"),
    "Solution": ("answer.solution", "ScreeningSolution"),
    "formulate": ("formulation", "formulate"),
    "read_back": ("decision", "read_back"),
    "solve": ("decision", "solve"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name in _HOMES:
        room, public = _HOMES[name]
        return getattr(importlib.import_module(f"amopt.screening.{room}"), public)
    raise AttributeError(f"module 'amopt.screening' has no attribute {name!r}")
