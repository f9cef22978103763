"""A Pyomo model as the arrays of a linear program, and values and shadow prices back into it.

``expressions``
    Linear expressions, written and read quickly: ``linear`` and ``weighted_sum`` for formulations.
``compiled``, ``domains``, ``alone``
    A model as arrays, and what in it cannot hold by itself.
``loading``
    Answers into a model and out of one, whoever solved it.
``extending``
    What a caller adds to a formulation: what is fixed becomes a row, the objective stays.
``model_solve``
    Compile, solve and load in one call.
``to_pyomo``, ``identifiers``
    A program as a model.

Pyomo is imported when a function runs.
"""

from amopt.program.pyomo.compiled import Compiled, compile_model
from amopt.program.pyomo.expressions import linear, weighted_sum
from amopt.program.pyomo.extending import FIXED, extended
from amopt.program.pyomo.loading import load, read_answer, read_values, rows_of
from amopt.program.pyomo.model_solve import solve_model
from amopt.program.pyomo.to_pyomo import to_pyomo

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
