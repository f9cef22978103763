"""Optimisation models for supply chains with additive manufacturing.

The public door::

    import amopt

    solution = amopt.solve(amopt.load("printing/mission"))
    solution.outcome    # statuses, objective, bound, gap
    solution.tables     # pandas data frames
    solution.save("answer")

Names are resolved when they are first used, so that ``import amopt`` is quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from amopt.files.version import __version__

if TYPE_CHECKING:
    from amopt.decisions import (
        KINDS,
        check,
        formulate,
        load,
        load_solution,
        read_back,
        solve,
        template,
    )
    from amopt.errors import (
        AmoptError,
        InfeasibleError,
        InvalidInstanceError,
        NoAnswerError,
        RefusedError,
        UsageError,
    )
    from amopt.instance.common import Instance
    from amopt.network import SupplyNetwork
    from amopt.outcome import Outcome
    from amopt.overview import Overview, show
    from amopt.program.linear import LinearProgram
    from amopt.solution import Solution

_HOMES = {
    "amopt.decisions": (
        "KINDS",
        "check",
        "formulate",
        "load",
        "load_solution",
        "read_back",
        "solve",
        "template",
    ),
    "amopt.errors": (
        "AmoptError",
        "InfeasibleError",
        "InvalidInstanceError",
        "NoAnswerError",
        "RefusedError",
        "UsageError",
    ),
    "amopt.instance.common": ("Instance",),
    "amopt.network": ("SupplyNetwork",),
    "amopt.overview": ("Overview", "show"),
    "amopt.program.linear": ("LinearProgram",),
    "amopt.outcome": ("Outcome",),
    "amopt.solution": ("Solution",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}
_ROOMS = (
    "design",
    "licensing",
    "maintenance",
    "mdp",
    "network",
    "placement",
    "printing",
    "program",
    "road",
    "screening",
    "sourcing",
    "stock",
)

__all__ = [
    "KINDS",
    "AmoptError",
    "InfeasibleError",
    "Instance",
    "InvalidInstanceError",
    "LinearProgram",
    "NoAnswerError",
    "Outcome",
    "Overview",
    "RefusedError",
    "Solution",
    "SupplyNetwork",
    "UsageError",
    "__version__",
    "check",
    "formulate",
    "load",
    "load_solution",
    "read_back",
    "show",
    "solve",
    "template",
]


def __getattr__(name: str) -> Any:
    """Import a public name, or a room, when it is first used."""
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    if name in _ROOMS:
        return importlib.import_module(f"amopt.{name}")
    raise AttributeError(f"module 'amopt' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_ROOMS])
