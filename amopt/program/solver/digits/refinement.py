r"""Digits that the solver's tolerances leave out, by solving for what is missing.

Given column values ``x`` that miss rows by a little, the program

.. math::

    \min \; c^T \hat x \quad \text{subject to} \quad
    \Delta (b^- - A x) \le A \hat x \le \Delta (b^+ - A x), \quad
    \Delta (l - x) \le \hat x \le \Delta (u - x)

has the same vertices and the same duals, and what is missing is of ordinary size in it:
:math:`x + \hat x / \Delta` misses less by as many digits as the solver's tolerances have. A few
rounds reach the rounding of floats; each starts from the basis of the last and mostly needs no
iteration.

Source: A. M. Gleixner, D. E. Steffy and K. Wolter (2016), Iterative refinement for linear
programming, INFORMS Journal on Computing 28(3).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.program.linear import LinearProgram
from amopt.program.solver.digits.residuals import excess
from amopt.program.solver.scaling import Scaling
from amopt.program.solver.transfer import read_values, send_bounds

__all__ = ["at_bounds", "refined"]

Floats = NDArray[np.float64]

_LARGEST = 30
"""Largest power of two by which what is missing is enlarged."""

_ROUNDING = 2.0**-50
"""Distance from a bound, in the solver's units, that is the solver's rounding."""


def at_bounds(program: LinearProgram, scaling: Scaling, x: Floats) -> Floats:
    """Return column values with those on their bound that rounding alone keeps from it.

    A value of 1e-18 in a row of zeros misses it by all that is there, and no further run of the
    solver takes it away.
    """
    near = _ROUNDING * scaling.columns
    lower, upper = (np.abs(x - bound) <= near for bound in (program.lower, program.upper))
    return np.where(lower, program.lower, np.where(upper, program.upper, x))


def refined(
    highs: Any,
    program: LinearProgram,
    scaling: Scaling,
    x: Floats,
    run: Callable[[], bool],
) -> tuple[Floats, Floats] | None:
    """Return column values and row duals that miss less; None where the solver has none.

    The solver's program is changed and changed back; its basis stays.

    Parameters
    ----------
    highs
        The solver with the program, at a basis.
    program, scaling
        The program and the units in which the solver has it.
    x
        Column values, shape (n,).
    run
        Runs the solver; tells whether it found an optimum.
    """
    values = program.matrix @ x
    rows = excess(values, program.row_lower, program.row_upper) * scaling.rows
    columns = excess(x, program.lower, program.upper) / scaling.columns
    enlarged = _power(max(rows.max(initial=0.0), columns.max(initial=0.0)))
    send_bounds(
        highs,
        program,
        scaling,
        columns=((program.lower - x) * enlarged, (program.upper - x) * enlarged),
        rows=((program.row_lower - values) * enlarged, (program.row_upper - values) * enlarged),
    )
    step, duals = read_values(highs, program, scaling) if run() else (None, None)
    send_bounds(
        highs,
        program,
        scaling,
        columns=(program.lower, program.upper),
        rows=(program.row_lower, program.row_upper),
    )
    return None if step is None or duals is None else (x + step / enlarged, duals)


def _power(miss: float) -> float:
    """Return the power of two that makes a miss about 1."""
    if miss <= 0:
        return 1.0
    return 2.0 ** min(max(-math.ceil(math.log2(miss)), 0), _LARGEST)
