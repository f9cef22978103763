"""The assignment of orders compiled by hand, held equal to its formulation entry by entry."""

from __future__ import annotations

import math

import numpy as np

from amopt.placement.orders.options import IN_TIME, AssignmentOptions
from amopt.program.builder import Builder, Term, Variables
from amopt.program.linear import LinearProgram

__all__ = ["HONOURS", "assemble"]

HONOURS = frozenset({"order", "due", "printing_time", "printed_before_ready", "free_hours"})
"""The families of the formulation that the arrays honour; ``due`` has no rows, for want of options
that break it."""


def assemble(sets: AssignmentOptions) -> LinearProgram:
    """Return the program: what is chosen, then the hours of printing."""
    builder = Builder()
    x = builder.variables(
        "filled",
        [sets.label(option) for option in sets.options],
        cost=[option.cost + option.penalty for option in sets.options],
        upper=1.0,
        integer=True,
    )
    g = builder.variables(
        "printed", [(sets.names[o], *unit, week) for o, unit, week in sets.printing]
    )
    orders = [option.order for option in sets.options]
    builder.rows("order", sets.names, x.grouped(orders), lower=1.0, upper=1.0)
    _add_printing_time(builder, sets, x, g)
    _add_printed_before_ready(builder, sets, x, g)
    _add_free_hours(builder, sets, g)
    return builder.build(f"orders: {sets.instance.name}")


def _needed(sets: AssignmentOptions, x: Variables, chosen: list[list[int]]) -> Term:
    """Return the hours that the options chosen for each row need, negative."""
    rows = np.repeat(np.arange(len(chosen)), [len(row) for row in chosen])
    members = [k for row in chosen for k in row]
    return Term(x, rows, members, [-sets.options[k].hours for k in members])


def _add_printing_time(
    builder: Builder, sets: AssignmentOptions, x: Variables, g: Variables
) -> None:
    at = {pair: row for row, pair in enumerate(sets.of_unit)}
    builder.rows(
        "printing_time",
        [(sets.names[o], *unit) for o, unit in at],
        g.grouped([at[o, unit] for o, unit, _ in sets.printing]),
        _needed(sets, x, list(sets.of_unit.values())),
        lower=0.0,
        upper=0.0,
    )


def _add_printed_before_ready(
    builder: Builder, sets: AssignmentOptions, x: Variables, g: Variables
) -> None:
    sets.budget.require(IN_TIME)
    later = [
        [k for k in sets.of_unit[o, unit] if sets.options[k].week >= week]
        for o, unit, week in sets.printing
    ]
    builder.rows(
        "printed_before_ready",
        [(sets.names[o], *unit, week) for o, unit, week in sets.printing],
        g.per_row(),
        _needed(sets, x, later),
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
