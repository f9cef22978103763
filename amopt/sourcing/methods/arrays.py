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
from amopt.sourcing.methods.rows import Rows
from amopt.sourcing.offers.segments import Segments
from amopt.sourcing.offers.shared_use import SHARED, shared_use
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
        "smallest_order",
        "largest_order",
        "supplier_used",
        "suppliers_per_line",
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
    x, y
        Columns of quantity and choice of each segment, shape (m,).
    weeks
        Column of each line's delivery time, or -1, shape (lines,).
    needed
        Parts that each line needs, shape (lines,).
    surplus
        Parts that may be ordered beyond that, shape (lines,).
    plain
        Lines on which nothing but demand, ranges and delivery bears: no surplus, nothing
        committed, no limit of their own.
    shared
        Rows of limits that lines share, shape (k,).
    """

    program: LinearProgram
    segments: Segments
    x: Ints
    y: Ints
    weeks: Ints
    needed: Floats
    surplus: Floats
    plain: Bools
    shared: Ints


class _Writer:
    """Writes the families down."""

    def __init__(self, supply: SupplyOptions, segments: Segments) -> None:
        self.supply, self.segments = supply, segments
        self.names = np.array([line.line for line in supply.instance.lines], dtype=object)
        m = len(segments)
        self.each = np.arange(m)
        self.x, self.y = self.each, m + self.each
        self.weeks = np.full(self.names.size, -1, dtype=np.int64)
        self.weeks[supply.timed] = 2 * m + np.arange(supply.timed.size)
        self.rows = Rows()
        self.pairs: list[tuple[str, str]] = []
        self.first_pair = 2 * m + supply.timed.size
        self.options, self.own = np.unique(segments.option, return_inverse=True)

    def families(self) -> slice:
        """Write all families; return where those that lines share stand."""
        self._demand()
        self._range()
        self._one_segment()
        self._order_sizes()
        self._suppliers_per_line()
        self._delivery()
        begin = self.rows.size
        for kind in SHARED:
            self._shared(kind)
        self._whole_plan()
        return slice(begin, self.rows.size)

    def _demand(self) -> None:
        supply, line = self.supply, self.segments.line
        wanted = np.flatnonzero(supply.needed > 0)
        row = np.cumsum(supply.needed > 0) - 1
        need = supply.needed[wanted]
        self.rows.add(
            "demand",
            self.names[wanted].tolist(),
            (row[line], self.x, 1.0),
            lower=need,
            upper=need + supply.surplus[wanted],
        )

    def _range(self) -> None:
        segments = self.segments
        self.rows.add(
            "most",
            self.each,
            (self.each, self.x, 1.0),
            (self.each, self.y, -segments.upper),
            upper=0.0,
        )
        s = np.flatnonzero(segments.bounded_below(self.supply.divisible))
        row = np.arange(s.size)
        self.rows.add(
            "least", s, (row, self.x[s], 1.0), (row, self.y[s], -segments.lower[s]), lower=0.0
        )

    def _one_segment(self) -> None:
        several = np.bincount(self.own) > 1 if self.own.size else np.zeros(0, dtype=bool)
        s = np.flatnonzero(several[self.own])
        row = (np.cumsum(several) - 1)[self.own[s]]
        self.rows.add("one_segment", self.options[several], (row, self.y[s], 1.0), upper=1.0)

    def _order_sizes(self) -> None:
        segments, smallest, largest = self.segments, self.supply.smallest, self.supply.largest
        below = segments.lower < smallest[segments.option] * (1 - 1e-9)
        above = segments.upper > largest[segments.option] * (1 + 1e-9)
        self._order_size("smallest_order", smallest, below, lower=0.0)
        self._order_size("largest_order", largest, above, upper=0.0)

    def _order_size(self, name: str, size: Floats, beyond: Bools, **side: float) -> None:
        """Write a limit of the orders of options whose segments are not cut at it."""
        supply = self.supply
        options = np.unique(self.segments.option[beyond])
        s = np.flatnonzero(np.isin(self.segments.option, options))
        row = np.searchsorted(options, self.segments.option[s])
        names = self.names[supply.line[options]].tolist()
        self.rows.add(
            name,
            list(zip(names, supply.source[options].tolist(), strict=True)),
            (row, self.x[s], 1.0),
            (row, self.y[s], -size[self.segments.option[s]]),
            **side,
        )

    def _suppliers_per_line(self) -> None:
        if self.supply.instance.limits.suppliers_per_line is None:
            return
        supply = self.supply
        by_line: dict[str, dict[str, list[int]]] = {}
        for n, o in enumerate(self.options.tolist()):
            name, supplier = self.names[supply.line[o]], supply.supplier[o]
            if supplier not in supply.committed_suppliers[name]:
                by_line.setdefault(name, {}).setdefault(supplier, []).append(n)
        uses, use_of, pair_of = [], [], []
        crowded: list[str] = []
        limits: list[float] = []
        count_row: list[int] = []
        count_column: list[int] = []
        start = np.searchsorted(self.own, np.arange(self.options.size + 1))
        for name, own in by_line.items():
            full = len(own) > supply.suppliers_left[name]
            for supplier, options in own.items():
                if len(options) > 1:
                    column = self.first_pair + len(self.pairs)
                    for n in options:
                        uses.append((name, supplier, int(self.options[n])))
                        use_of.append(n)
                        pair_of.append(column)
                    self.pairs.append((name, supplier))
                    columns = [column]
                else:
                    (n,) = options
                    columns = self.y[start[n] : start[n + 1]].tolist()
                if full:
                    count_row += [len(crowded)] * len(columns)
                    count_column += columns
            if full:
                crowded.append(name)
                limits.append(float(supply.suppliers_left[name]))
        row_of = np.full(self.options.size, -1, dtype=np.int64)
        row_of[use_of] = np.arange(len(uses))
        s = np.flatnonzero(row_of[self.own] >= 0)
        each = np.arange(len(uses))
        self.rows.add(
            "supplier_used",
            uses,
            (row_of[self.own[s]], self.y[s], 1.0),
            (each, np.array(pair_of, dtype=np.int64), -1.0),
            upper=0.0,
        )
        self.rows.add(
            "suppliers_per_line",
            crowded,
            (np.array(count_row, dtype=np.int64), np.array(count_column, dtype=np.int64), 1.0),
            upper=np.array(limits),
        )

    def _delivery(self) -> None:
        supply, segments = self.supply, self.segments
        timed = self.weeks[supply.line[self.options]] >= 0
        s, options = np.flatnonzero(timed[self.own]), self.options[timed]
        row = (np.cumsum(timed) - 1)[self.own[s]]
        each = np.arange(options.size)
        self.rows.add(
            "delivery",
            options,
            (row, self.y[s], segments.weeks_fixed[s]),
            (row, self.x[s], segments.weeks_rate[s]),
            (each, self.weeks[supply.line[options]], -1.0),
            upper=0.0,
        )
        mean = (self.weeks >= 0) & (np.bincount(segments.line, minlength=self.weeks.size) > 1)
        s = np.flatnonzero(mean[segments.line])
        row = (np.cumsum(mean) - 1)[segments.line[s]]
        most = (supply.needed + supply.surplus)[mean]
        self.rows.add(
            "delivery_mean",
            self.names[mean].tolist(),
            (row, self.x[s], segments.earliest[s]),
            (np.arange(most.size), self.weeks[mean], -most),
            upper=0.0,
        )
        due = np.flatnonzero(np.isfinite(supply.need_by))
        self.rows.add(
            "need_by",
            self.names[due].tolist(),
            (np.arange(due.size), self.weeks[due], 1.0),
            upper=supply.need_by[due],
        )
        latest = supply.instance.limits.weeks
        if latest is not None:
            every = np.flatnonzero(self.weeks >= 0)
            self.rows.add(
                "latest_delivery",
                self.names[every].tolist(),
                (np.arange(every.size), self.weeks[every], 1.0),
                upper=latest,
            )

    def _shared(self, kind: str) -> None:
        use = shared_use(self.supply, kind)
        size = len(self.supply)
        rows = np.repeat(np.arange(len(use.keys)), [options.size for options in use.options])
        options = np.concatenate([*use.options, np.zeros(0, dtype=np.int64)])
        of_option = sp.csr_array((np.ones(rows.size), (rows, options)), shape=(len(use.keys), size))
        of_segment = sp.csr_array(
            (np.ones(self.each.size), (self.segments.option, self.each)),
            shape=(size, self.each.size),
        )
        used = (of_option @ of_segment).tocoo()
        held = np.unique(used.row)
        row = np.searchsorted(held, used.row)
        self.rows.add(
            kind,
            [use.keys[i] for i in held.tolist()],
            (row, self.x[used.col], use.per_part[self.segments.option[used.col]]),
            upper=use.left[held],
        )

    def _whole_plan(self) -> None:
        limits, segments = self.supply.instance.limits, self.segments
        zero = np.zeros_like(self.each)
        if limits.budget is not None and self.each.size:
            self.rows.add(
                "budget",
                None,
                (zero, self.y, segments.fixed),
                (zero, self.x, segments.rate),
                upper=limits.budget - self.supply.committed_cost,
            )
        kg = self.supply.kg_co2[segments.option]
        if limits.kg_co2 is not None and kg.any():
            self.rows.add(
                "emission_limit",
                None,
                (zero, self.x, kg),
                upper=limits.kg_co2 - self.supply.committed_kg_co2,
            )

    def program(self) -> LinearProgram:
        """Return the program, with its objective."""
        supply, segments = self.supply, self.segments
        weights, timed, pairs = supply.instance.minimise, supply.timed, len(self.pairs)
        kg = supply.kg_co2[segments.option]
        m, free = self.each.size, np.zeros(pairs)
        return LinearProgram(
            cost=np.concatenate(
                [
                    weights.cost * segments.rate + weights.kg_co2 * kg,
                    weights.cost * segments.fixed,
                    weights.downtime * supply.downtime_per_week[timed] + weights.weeks,
                    free,
                ]
            ),
            matrix=self.rows.matrix(self.first_pair + pairs),
            row_lower=np.concatenate(self.rows.lower),
            row_upper=np.concatenate(self.rows.upper),
            lower=np.concatenate([np.zeros(2 * m), supply.committed_weeks[timed], free]),
            upper=np.concatenate(
                [segments.upper, np.ones(m), np.full(timed.size, np.inf), np.ones(pairs)]
            ),
            integer=np.concatenate(
                [
                    ~supply.divisible[segments.line],
                    np.ones(m, dtype=bool),
                    np.zeros(timed.size, dtype=bool),
                    np.ones(pairs, dtype=bool),
                ]
            ),
            rows=Names(self.rows.names),
            columns=Names(
                [
                    NamedBlock("quantity", self.each),
                    NamedBlock("ordered", self.each),
                    NamedBlock("delivery_weeks", self.names[timed].tolist()),
                    NamedBlock("supplies", self.pairs),
                ]
            ),
            offset=weights.cost * supply.committed_cost + weights.kg_co2 * supply.committed_kg_co2,
            name=supply.instance.name,
        )


def arrays_of(supply: SupplyOptions, segments: Segments) -> Arrays:
    """Return the program of supply options over given segments, as arrays."""
    writer = _Writer(supply, segments)
    limits = writer.families()
    program = writer.program()
    touched = program.matrix[limits.start : limits.stop].tocoo()
    line_of = np.full(program.shape[1], -1, dtype=np.int64)
    line_of[writer.x] = line_of[writer.y] = segments.line
    row_and_line = np.unique(np.stack([touched.row, line_of[touched.col]]), axis=1)
    lines_of_row = np.bincount(row_and_line[0], minlength=limits.stop - limits.start)
    plain = (supply.surplus == 0) & (supply.needed == supply.quantity)
    alone = lines_of_row[row_and_line[0]] == 1
    plain[row_and_line[1][alone]] = False
    return Arrays(
        program,
        segments,
        writer.x,
        writer.y,
        writer.weeks,
        supply.needed,
        supply.surplus,
        plain,
        limits.start + np.flatnonzero(lines_of_row > 1),
    )
