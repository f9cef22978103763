"""Where lines, segments and shared limits stand in the rows and columns of the program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from amopt.program.pyomo import Compiled
    from amopt.sourcing.offers.segments import Segments

__all__ = ["Layout"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SHARED = {"machine_hours", "parts", "prints", "budget", "emission_limit"}
"""Constraints of the program that several lines may share."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Where things stand in the program.

    Attributes
    ----------
    segments
        The segments that the program is made of.
    x, y
        Columns of quantity and choice of each segment, shape (m,).
    weeks
        Column of each line's delivery time, or -1, shape (lines,).
    needed
        Parts that each line needs, shape (lines,).
    plain
        Lines on which nothing but demand, ranges and delivery bears: no surplus, nothing
        committed, no licence of their own.
    shared
        Rows of limits that lines share, shape (k,).
    """

    segments: Segments
    x: Ints
    y: Ints
    weeks: Ints
    needed: Floats
    plain: Bools
    shared: Ints

    @classmethod
    def of(cls, model: Any, compiled: Compiled) -> Layout:
        """Return where a model's components stand in its compiled program."""
        supply, segments = model.supply, model.segments
        column = {id(variable): j for j, variable in enumerate(compiled.variables)}
        lines = len(supply.instance.lines)
        names = [line.line for line in supply.instance.lines]
        weeks = np.full(lines, -1, dtype=np.int64)
        for index in model.timed:
            weeks[index] = column.get(id(model.delivery_weeks[names[index]]), -1)
        x = np.array([column[id(v)] for v in model.x], dtype=np.int64)
        line_of = np.full(compiled.program.shape[1], -1, dtype=np.int64)
        line_of[x] = segments.line
        plain = (supply.surplus == 0) & (model.needed == supply.quantity)
        shared = []
        for i, row in enumerate(compiled.constraints):
            if row.parent_component().local_name in SHARED:
                own = compiled.program.matrix[[i]].indices
                touched = np.unique(line_of[own][line_of[own] >= 0])
                if touched.size > 1:
                    shared.append(i)
                else:
                    plain[touched] = False
        return cls(
            segments,
            x,
            np.array([column[id(v)] for v in model.y], dtype=np.int64),
            weeks,
            model.needed,
            plain,
            np.array(shared, dtype=np.int64),
        )
