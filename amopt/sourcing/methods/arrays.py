"""The formulation as arrays, written down at once: equal to it row by row and column by column.

Building and compiling a Pyomo model of many lines takes longer than solving it by prices. These
are the same constraints, from the same segments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.program.linear import LinearProgram, NamedBlock, Names
from amopt.sourcing.methods.families import Families
from amopt.sourcing.offers.segments import Segments
from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = ["HONOURS", "Arrays", "arrays_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

HONOURS = frozenset(
    {
        "demand",
        "range",
        "one_segment",
        "joins",
        "own_or_shared",
        "smallest_order",
        "largest_order",
        "supplier_used",
        "suppliers_per_line",
        "tooling",
        "deliveries",
        "supplier_fees",
        "approvals",
        "preparations",
        "seen",
        "delivery",
        "delivery_mean",
        "need_by",
        "latest_delivery",
        "machine_hours",
        "parts",
        "prints",
        "budget",
        "emission_limit",
    }
)
"""The families of constraints that the arrays hold."""


@dataclass(frozen=True, eq=False)
class Arrays:
    """The program of supply options, and where things stand in it.

    Attributes
    ----------
    program
        The arrays.
    segments
        The segments that the program is made of.
    x, y, z, u
        Columns of the quantity of each share, shape (n,), of the choice of each segment, shape
        (m,), of whether the line of a share joins the order, and of the parts that it waits for,
        shape (n,); the columns of choice and quantity where it needs none of its own.
    switches
        Shares, and columns that are 1 where parts are ordered on them, shape (2, e).
    weeks
        Column of each line's delivery time, or -1, shape (lines,).
    needed
        Parts that each line needs, shape (lines,).
    surplus
        Parts that may be ordered beyond that, shape (lines,).
    shared
        Rows of limits that parts share, shape (k,).
    """

    program: LinearProgram
    segments: Segments
    x: Ints
    y: Ints
    z: Ints
    u: Ints
    switches: Ints
    weeks: Ints
    needed: Floats
    surplus: Floats
    shared: Ints


def _switches(own: Families) -> Ints:
    """Return shares, and the columns that are 1 where parts are ordered on them."""
    supply, shares, charges = own.supply, own.shares, own.charges
    found = [np.zeros((2, 0), dtype=np.int64)]
    if own.pairs:
        column = {pair: own.first_pair + n for n, pair in enumerate(own.pairs)}
        of_option = np.array(
            [
                column.get((own.names[supply.line[o]], supply.supplier[o]), -1)
                for o in own.options.tolist()
            ],
            dtype=np.int64,
        )[own.own]
        i = np.flatnonzero(of_option >= 0)
        found.append(np.stack([i, of_option[i]]))
    if len(charges):
        rows = sp.csr_array(
            (np.ones(charges.option.size), (charges.option, charges.charge)),
            shape=(len(supply), len(charges)),
        )[shares.option].tocoo()
        found.append(np.stack([rows.row, own.first_charge + rows.col]).astype(np.int64))
    return np.concatenate(found, axis=1)


def _program(own: Families) -> LinearProgram:
    """Return the program, with its objective."""
    supply, shares, charges = own.supply, own.shares, own.charges
    weights, timed = supply.instance.minimise, supply.timed
    kg = supply.kg_co2[shares.option]
    n, m, k = own.each.size, own.whole.size, len(charges)
    pairs, joined, waiting = len(own.pairs), own.joined.size, own.waiting.size
    later = np.zeros(pairs + joined + waiting)
    endless = np.full(waiting, np.inf)
    whole = np.ones(m, dtype=bool), np.zeros(timed.size, dtype=bool)
    return LinearProgram(
        cost=np.concatenate(
            [
                weights.cost * shares.rate + weights.kg_co2 * kg,
                weights.cost * own.segments.fixed,
                weights.downtime * supply.downtime_per_week[timed] + weights.weeks,
                later,
                weights.cost * charges.amount,
            ]
        ),
        matrix=own.rows.matrix(own.size),
        row_lower=np.concatenate(own.rows.lower),
        row_upper=np.concatenate(own.rows.upper),
        lower=np.concatenate([np.zeros(n + m), supply.committed_weeks[timed], later, np.zeros(k)]),
        upper=np.concatenate(
            [
                *(shares.most, np.ones(m), np.full(timed.size, np.inf)),
                *(np.ones(pairs + joined), endless, np.ones(k)),
            ]
        ),
        integer=np.concatenate(
            [
                *(~supply.divisible[shares.line], *whole),
                *(np.ones(pairs + joined, dtype=bool), np.zeros(waiting + k, dtype=bool)),
            ]
        ),
        rows=Names(own.rows.names),
        columns=Names(
            [
                NamedBlock("quantity", own.each),
                NamedBlock("ordered", own.whole),
                NamedBlock("delivery_weeks", own.names[timed].tolist()),
                NamedBlock("supplies", own.pairs),
                *([NamedBlock("joins", own.joined)] if joined else []),
                *([NamedBlock("waits", own.waiting)] if waiting else []),
                *([NamedBlock("paid_once", np.arange(k))] if k else []),
            ]
        ),
        offset=weights.cost * supply.committed_cost + weights.kg_co2 * supply.committed_kg_co2,
        name=supply.instance.name,
    )


def arrays_of(supply: SupplyOptions, segments: Segments) -> Arrays:
    """Return the program of supply options over given segments, as arrays."""
    writer = Families(supply, segments)
    limits = writer.families()
    program = _program(writer)
    touched = program.matrix[limits.start : limits.stop].tocoo()
    names = [line.part for line in supply.instance.lines]
    part_of_line = np.unique(names, return_inverse=True)[1] if names else np.zeros(0, dtype=int)
    part_of = np.full(program.shape[1], -1, dtype=np.int64)
    part_of[writer.x] = part_of_line[segments.shares.line]
    part_of[writer.y[segments.shares.segment]] = part_of[writer.x]
    rows, parts = np.unique(np.stack([touched.row, part_of[touched.col]]), axis=1)
    parts_of_row = np.bincount(rows[parts >= 0], minlength=limits.stop - limits.start)
    return Arrays(
        program,
        segments,
        writer.x,
        writer.y,
        writer.z,
        writer.u,
        _switches(writer),
        writer.weeks,
        supply.needed,
        supply.surplus,
        limits.start + np.flatnonzero(parts_of_row > 1),
    )
