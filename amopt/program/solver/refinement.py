r"""Digits that the solver's tolerances leave out, by solving for what is missing.

Given column values ``x`` and row duals ``y`` that miss rows or signs by a little, the program

.. math::

    \min \; \Delta_D (c - A^T y)^T \hat x \quad \text{subject to} \quad
    \Delta_P (b^- - A x) \le A \hat x \le \Delta_P (b^+ - A x), \quad
    \Delta_P (l - x) \le \hat x \le \Delta_P (u - x)

has the same vertices, and what is missing is of ordinary size in it:
:math:`x + \hat x / \Delta_P` and :math:`y + \hat y / \Delta_D` miss less by as many digits as the
solver's tolerances have. A few rounds reach the rounding of floats; each starts from the basis of
the last and mostly needs no iteration.

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
from amopt.program.solver.residuals import excess
from amopt.program.solver.scaling import Scaling
from amopt.program.solver.transfer import read_values, send_bounds, send_cost

__all__ = ["refined"]

Floats = NDArray[np.float64]

_LARGEST = 30
"""Largest power of two by which what is missing is enlarged."""


def refined(
    highs: Any,
    program: LinearProgram,
    scaling: Scaling,
    point: tuple[Floats, Floats],
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
    point
        Column values and row duals, shapes (n,) and (m,).
    run
        Runs the solver; tells whether it found an optimum.
    """
    x, y = point
    values = program.matrix @ x
    reduced = program.cost - program.matrix.T @ y
    row_miss, column_miss = (
        excess(values, program.row_lower, program.row_upper) * scaling.rows,
        excess(x, program.lower, program.upper) / scaling.columns,
    )
    enlarged = _power(max(row_miss.max(initial=0.0), column_miss.max(initial=0.0)))
    sign = -1.0 if program.maximise else 1.0
    priced = _power(
        max(
            _unmet(
                sign * reduced * scaling.columns / scaling.money,
                (x - program.lower) / scaling.columns,
                (program.upper - x) / scaling.columns,
            ),
            _unmet(
                sign * y / scaling.rows / scaling.money,
                (values - program.row_lower) * scaling.rows,
                (program.row_upper - values) * scaling.rows,
            ),
        )
    )
    send_cost(highs, program, scaling.columns * reduced * (priced / scaling.money))
    send_bounds(
        highs,
        program,
        scaling,
        columns=((program.lower - x) * enlarged, (program.upper - x) * enlarged),
        rows=((program.row_lower - values) * enlarged, (program.row_upper - values) * enlarged),
    )
    step, price = read_values(highs, program, scaling) if run() else (None, None)
    send_cost(highs, program, scaling.cost(program))
    send_bounds(
        highs,
        program,
        scaling,
        columns=(program.lower, program.upper),
        rows=(program.row_lower, program.row_upper),
    )
    if step is None or price is None:
        return None
    return x + step / enlarged, y + price / priced


def _power(miss: float) -> float:
    """Return the power of two that makes a miss about 1."""
    if miss <= 0:
        return 1.0
    return 2.0 ** min(max(-math.ceil(math.log2(miss)), 0), _LARGEST)


def _unmet(dual: Floats, above: Floats, below: Floats) -> float:
    """Return the largest dual whose side is not reached, by that side's distance at most."""
    distance = np.where(dual > 0, above, below)
    return float(np.minimum(np.abs(dual), np.maximum(distance, 0.0)).max(initial=0.0))
