"""A Pyomo model as the arrays of a linear program, and values and shadow prices back into it.

``expressions``
    Linear expressions, written quickly: ``linear`` and ``weighted_sum`` for formulations.
``compiled``, ``reading``, ``alone``
    A model as arrays, and what in it cannot hold by itself.
``loading``
    Answers into a model and out of one, whoever solved it.
``extending``, ``differing``
    What a caller adds to a formulation: what is fixed becomes a row, the objective stays; plans
    that differ from known ones.
``model_solve``, ``formulated``
    Compile, solve and load in one call: a model of anybody, and the formulation of an instance.
``as_model``, ``identifiers``
    A program as a model.

Pyomo is imported when a function runs, and each room when one of its names is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amopt.program.pyomo.as_model import to_pyomo
    from amopt.program.pyomo.compiled import Compiled, compile_model
    from amopt.program.pyomo.expressions import linear, weighted_sum
    from amopt.program.pyomo.extending import FIXED, extended
    from amopt.program.pyomo.loading import load, read_answer, read_values, rows_of
    from amopt.program.pyomo.model_solve import solve_model

__all__ = [
    "FIXED",
    "Compiled",
    "compile_model",
    "extended",
    "linear",
    "load",
    "read_answer",
    "read_values",
    "rows_of",
    "solve_model",
    "to_pyomo",
    "weighted_sum",
]

_HOMES = {
    "Compiled": "compiled",
    "FIXED": "extending",
    "compile_model": "compiled",
    "extended": "extending",
    "linear": "expressions",
    "load": "loading",
    "read_answer": "loading",
    "read_values": "loading",
    "rows_of": "loading",
    "solve_model": "model_solve",
    "to_pyomo": "as_model",
    "weighted_sum": "expressions",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name in _HOMES:
        room = importlib.import_module(f"amopt.program.pyomo.{_HOMES[name]}")
        return getattr(room, name)
    raise AttributeError(f"module 'amopt.program.pyomo' has no attribute {name!r}")
