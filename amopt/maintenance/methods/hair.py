r"""Limits that are out of reach by a hair, or kept by one: the least ratio to them settles which.

A solver's tolerances do not tell a limit of 0.999,999 times the least that any plan needs from one
that is kept. The program

.. math::

    \min \; r \quad \text{subject to} \quad \sum_k a_{\ell k} x_k \le b_\ell \, r \;\; \forall \ell

over the occupation measures :math:`x` of the process has no such difficulty: its optimum is about
1, and its duals prove it to ten digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from amopt.errors import InfeasibleError
from amopt.maintenance import formulation
from amopt.maintenance.instance import MaintenanceInstance
from amopt.maintenance.process import Grid
from amopt.mdp import SideConstraint, dual_program
from amopt.phrases import listed
from amopt.program.linear import LinearProgram
from amopt.program.solver.highs import solve

if TYPE_CHECKING:
    from amopt.program.solver.options import Options

__all__ = ["least_ratio", "out_of_reach", "within_rounding"]

HAIR = 2e-9
"""Part of a limit by which it may be missed; the duals tell less from nothing."""


def least_ratio(
    grid: Grid, sides: Sequence[SideConstraint], options: Options
) -> tuple[float, float] | None:
    """Return the least ratio of what plans use to their limits, and what proves it from below.

    None where the solver does not find it.
    """
    known = [replace(side, upper=0.0) for side in sides]
    program = dual_program(grid.process, side_constraints=known)
    ratio = np.zeros((program.shape[0], 1))
    ratio[-len(sides) :, 0] = [-side.upper for side in sides]
    program = LinearProgram.from_arrays(
        cost=np.append(np.zeros(program.shape[1]), 1.0),
        matrix=sp.hstack([program.matrix, sp.csr_array(ratio)], format="csr"),
        row_lower=program.row_lower,
        row_upper=program.row_upper,
        name="least ratio to the limits",
    )
    outcome = solve(program, options).outcome
    if outcome.objective is None or outcome.bound is None:
        return None
    return outcome.objective, outcome.bound


def within_rounding(sides: Sequence[SideConstraint]) -> list[SideConstraint]:
    """Return the limits as they are kept by rounding."""
    return [replace(side, upper=side.upper * (1 + HAIR)) for side in sides]


def out_of_reach(
    instance: MaintenanceInstance, sides: Sequence[SideConstraint], least: float
) -> InfeasibleError | None:
    """Return the error that says that no plan keeps the limits, where the least ratio proves it."""
    if least <= 1 + HAIR:
        return None
    families = {family.name: family for family in formulation.FAMILIES}
    words, remedies = [], []
    for side in sides:
        family = families[side.name]
        assert family.says is not None
        assert family.remedy is not None
        words.append(family.says(instance, None))
        remedies.append(family.remedy(instance, None, side.upper * (least - 1)))
    kept = "cannot hold" if len(words) == 1 else "cannot hold together"
    mends = " and ".join(remedies)
    return InfeasibleError(
        f"{'This' if len(words) == 1 else 'These'} {kept}: {listed(words)}. The least that any "
        f"plan needs is {least:.12g} times as much.\n{mends[:1].upper()}{mends[1:]}.",
        conflict=words,
        remedies=[mends],
    )
