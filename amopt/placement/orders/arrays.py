"""The assignment of orders compiled by hand, held equal to its formulation entry by entry."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from amopt.placement.orders.options import IN_TIME, AssignmentOptions
from amopt.program.builder import Builder, Term, Variables
from amopt.program.linear import LinearProgram

__all__ = ["HONOURS", "assemble"]

HONOURS = frozenset(
    {"order", "due", "ready_from", "printing_time", "printed_before_ready", "free_hours"}
)
"""The families of the formulation that the arrays honour; ``due`` has no rows, for want of options
that break it."""


def assemble(sets: AssignmentOptions) -> LinearProgram:
    """Return the program: what is chosen, the hours of printing, and what is ready from when on."""
    builder, slots = Builder(), [(sets.names[o], *unit, week) for o, unit, week in sets.printing]
    x = builder.variables(
        "filled",
        [sets.label(option) for option in sets.options],
        cost=[option.cost + option.penalty for option in sets.options],
        upper=1.0,
        integer=True,
    )
    g = builder.variables("printed", slots)
    r = builder.variables("ready_from", slots, upper=1.0)
    orders = [option.order for option in sets.options]
    builder.rows("order", sets.names, x.grouped(orders), lower=1.0, upper=1.0)
    _add_ready_from(builder, sets, slots, x=x, r=r)
    _add_printing_time(builder, sets, g, r)
    sets.budget.require(IN_TIME)
    hours = np.array([sets.hours[o, unit] for o, unit, _ in sets.printing], dtype=float)
    builder.rows("printed_before_ready", slots, g.per_row(), r.per_row(-hours), upper=0.0)
    _add_free_hours(builder, sets, g)
    return builder.build(f"orders: {sets.instance.name}")


def _add_ready_from(
    builder: Builder, sets: AssignmentOptions, slots: Sequence[Any], *, x: Variables, r: Variables
) -> None:
    """Add up whether an order is ready in a week or later; see the formulation."""
    after = [sets.slot.get((o, unit, week + 1), -1) for o, unit, week in sets.printing]
    rows = [row for row, later in enumerate(after) if later >= 0]
    ends = [(sets.slot[key], k) for key, chosen in sets.ready_in.items() for k in chosen]
    builder.rows(
        "ready_in_a_week_or_later",
        slots,
        r.per_row(),
        Term(r, rows, [after[row] for row in rows], -1.0),
        Term(x, [row for row, _ in ends], [k for _, k in ends], -1.0),
        lower=0.0,
        upper=0.0,
    )


def _add_printing_time(
    builder: Builder, sets: AssignmentOptions, g: Variables, r: Variables
) -> None:
    at = {pair: row for row, pair in enumerate(sets.of_unit)}
    first: dict[Any, int] = {}
    for number, (o, unit, _) in enumerate(sets.printing):
        first.setdefault((o, unit), number)
    builder.rows(
        "printing_time",
        [(sets.names[o], *unit) for o, unit in at],
        g.grouped([at[o, unit] for o, unit, _ in sets.printing]),
        r.spread([first[pair] for pair in at], [-sets.hours[pair] for pair in at]),
        lower=0.0,
        upper=0.0,
    )


def _add_free_hours(builder: Builder, sets: AssignmentOptions, g: Variables) -> None:
    free = {slot: hours for slot, hours in sets.free.items() if math.isfinite(hours)}
    row = {slot: index for index, slot in enumerate(free)}
    used = [k for k, (_, unit, week) in enumerate(sets.printing) if (unit, week) in row]
    builder.rows(
        "free_hours",
        [(*unit, week) for unit, week in free],
        Term(g, [row[sets.printing[k][1], sets.printing[k][2]] for k in used], used),
        upper=list(free.values()),
    )
