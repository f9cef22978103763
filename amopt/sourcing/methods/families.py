"""The families of constraints as rows of arrays, each as the formulation has it."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.sourcing.methods.rows import Rows
from amopt.sourcing.offers.charges import KINDS
from amopt.sourcing.offers.joining import joining
from amopt.sourcing.offers.segments import Segments
from amopt.sourcing.offers.shared_use import SHARED, shared_use
from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = ["Families"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Families:
    """Writes the families down, and knows where columns stand."""

    def __init__(self, supply: SupplyOptions, segments: Segments) -> None:
        self.supply, self.segments, self.shares = supply, segments, segments.shares
        self.names = np.array([line.line for line in supply.instance.lines], dtype=object)
        n, m = len(self.shares), len(segments)
        self.each, self.whole = np.arange(n), np.arange(m)
        self.x, self.y = self.each, n + self.whole
        self.weeks = np.full(self.names.size, -1, dtype=np.int64)
        self.weeks[supply.timed] = n + m + np.arange(supply.timed.size)
        self.rows = Rows()
        self.first_pair = n + m + supply.timed.size
        # The shares option by option, as the model lists them.
        self.by_option = np.argsort(self.shares.option, kind="stable")
        self.options, own = np.unique(self.shares.option, return_inverse=True)
        self.own = own
        self.pairs = self._pairs()
        joins, waits = joining(supply, segments)
        self.joined, self.waiting = np.flatnonzero(joins), np.flatnonzero(waits)
        at = self.first_pair + len(self.pairs)
        self.z = self.y[self.shares.segment]
        self.z[self.joined] = at + np.arange(self.joined.size)
        self.u = self.x.copy()
        self.u[self.waiting] = at + self.joined.size + np.arange(self.waiting.size)
        self.charges = supply.charges.of_several(supply.pool, supply.members)
        self.first_charge = at + self.joined.size + self.waiting.size
        self.size = self.first_charge + len(self.charges)

    def families(self) -> slice:
        """Write all families; return where those that lines share stand."""
        self._demand()
        self._range()
        self._one_segment()
        self._joins()
        self._order_sizes()
        self._suppliers_per_line()
        self._delivery()
        for kind in KINDS:
            self._charges(kind)
        begin = self.rows.size
        for kind in SHARED:
            self._shared(kind)
        self._whole_plan()
        return slice(begin, self.rows.size)

    def _demand(self) -> None:
        supply, line = self.supply, self.shares.line
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
        segments, segment = self.segments, self.shares.segment
        self.rows.add(
            "most",
            self.whole,
            (segment, self.x, 1.0),
            (self.whole, self.y, -segments.upper),
            upper=0.0,
        )
        bounded = segments.bounded_below(self.supply)
        s, i = np.flatnonzero(bounded), np.flatnonzero(bounded[segment])
        row = np.arange(s.size)
        self.rows.add(
            "least",
            s,
            ((np.cumsum(bounded) - 1)[segment[i]], self.x[i], 1.0),
            (row, self.y[s], -segments.lower[s]),
            lower=0.0,
        )

    def _one_segment(self) -> None:
        pool = self.segments.pool
        several = np.bincount(pool) > 1 if pool.size else np.zeros(0, dtype=bool)
        s = np.flatnonzero(several[pool])
        row = (np.cumsum(several) - 1)[pool[s]]
        self.rows.add("one_segment", np.flatnonzero(several), (row, self.y[s], 1.0), upper=1.0)

    def _joins(self) -> None:
        shares, supply = self.shares, self.supply
        several = np.flatnonzero(~supply.single[self.segments.pool[shares.segment]])
        if not several.size:
            return
        row = np.arange(several.size)
        self.rows.add(
            "share",
            several,
            (row, self.x[several], 1.0),
            (row, self.z[several], -shares.most[several]),
            upper=0.0,
        )
        joined, row = self.joined, np.arange(self.joined.size)
        self.rows.add(
            "joined",
            joined,
            (row, self.z[joined], 1.0),
            (row, self.y[shares.segment[joined]], -1.0),
            upper=0.0,
        )
        if supply.instance.order_chosen:
            self._one_order()

    def _one_order(self) -> None:
        shares, supply = self.shares, self.supply
        key = shares.line * np.int64(len(supply.sources)) + supply.source[shares.option]
        twice = np.zeros(key.max(initial=-1) + 1, dtype=bool)
        pairs = np.unique(np.stack([key, shares.option]), axis=1)[0]
        again, count = np.unique(pairs, return_counts=True)
        twice[again[count > 1]] = True
        i = np.flatnonzero(twice[key])
        keys, row = np.unique(key[i], return_inverse=True)
        line, source = np.divmod(keys, len(supply.sources))
        self.rows.add(
            "own_or_shared",
            list(zip(self.names[line].tolist(), source.tolist(), strict=True)),
            (row, self.z[i], 1.0),
            upper=1.0,
        )

    def _order_sizes(self) -> None:
        supply, pool = self.supply, self.segments.pool
        smallest, largest = np.zeros((2, len(supply.pool_total)))
        smallest[supply.pool], largest[supply.pool] = supply.smallest, supply.largest
        below = self.segments.lower < smallest[pool] * (1 - 1e-9)
        above = self.segments.upper > largest[pool] * (1 + 1e-9)
        self._order_size("smallest_order", smallest, below, lower=0.0)
        self._order_size("largest_order", largest, above, upper=0.0)

    def _order_size(self, name: str, size: Floats, beyond: Bools, **side: float) -> None:
        """Write a limit of the orders of pools whose segments are not cut at it."""
        supply, pool = self.supply, self.segments.pool
        options, start = supply.members
        pools = np.unique(pool[beyond])
        of_share = pool[self.shares.segment]
        i, s = np.flatnonzero(np.isin(of_share, pools)), np.flatnonzero(np.isin(pool, pools))
        first = options[start[pools]]
        names = np.where(supply.single[pools], self.names[supply.line[first]], "").tolist()
        self.rows.add(
            name,
            list(zip(names, supply.source[first].tolist(), strict=True)),
            (np.searchsorted(pools, of_share[i]), self.x[i], 1.0),
            (np.searchsorted(pools, pool[s]), self.y[s], -size[pool[s]]),
            **side,
        )

    def _pairs(self) -> list[tuple[str, str]]:
        """Return the lines and suppliers that have several options, and list them by both."""
        self.suppliers: dict[str, dict[str, list[int]]] = {}
        supply = self.supply
        if supply.instance.limits.suppliers_per_line is None:
            return []
        for n, o in enumerate(self.options.tolist()):
            name, supplier = self.names[supply.line[o]], supply.supplier[o]
            if supplier not in supply.committed_suppliers[name]:
                self.suppliers.setdefault(name, {}).setdefault(supplier, []).append(n)
        return [
            (name, supplier)
            for name, own in self.suppliers.items()
            for supplier, options in own.items()
            if len(options) > 1
        ]

    def _suppliers_per_line(self) -> None:
        supply = self.supply
        if supply.instance.limits.suppliers_per_line is None:
            return
        uses, use_of, pair_of = [], [], []
        crowded: list[str] = []
        limits: list[float] = []
        count_row: list[int] = []
        count_column: list[int] = []
        column_of = {pair: self.first_pair + n for n, pair in enumerate(self.pairs)}
        start = np.searchsorted(self.own[self.by_option], np.arange(self.options.size + 1))
        for name, own in self.suppliers.items():
            full = len(own) > supply.suppliers_left[name]
            for supplier, options in own.items():
                if len(options) > 1:
                    columns = [column_of[name, supplier]]
                    for n in options:
                        uses.append((name, supplier, int(self.options[n])))
                        use_of.append(n)
                        pair_of += columns
                else:
                    (n,) = options
                    columns = self.z[self.by_option[start[n] : start[n + 1]]].tolist()
                if full:
                    count_row += [len(crowded)] * len(columns)
                    count_column += columns
            if full:
                crowded.append(name)
                limits.append(float(supply.suppliers_left[name]))
        row_of = np.full(self.options.size, -1, dtype=np.int64)
        row_of[use_of] = np.arange(len(uses))
        i = np.flatnonzero(row_of[self.own] >= 0)
        each = np.arange(len(uses))
        self.rows.add(
            "supplier_used",
            uses,
            (row_of[self.own[i]], self.z[i], 1.0),
            (each, np.array(pair_of, dtype=np.int64), -1.0),
            upper=0.0,
        )
        self.rows.add(
            "suppliers_per_line",
            crowded,
            (np.array(count_row, dtype=np.int64), np.array(count_column, dtype=np.int64), 1.0),
            upper=np.array(limits),
        )

    def _seen(self) -> None:
        segments, segment, i = self.segments, self.shares.segment, self.waiting
        if not i.size:
            return
        s, each = segment[i], np.arange(i.size)
        rising = segments.weeks_rate[s] > 0
        wait = sp.csr_array((np.ones(i.size), (each, s)), shape=(i.size, len(segments)))
        of = sp.csr_array(
            (np.ones(segment.size), (segment, self.each)), shape=(len(segments), segment.size)
        )
        seen = (wait @ of).tocoo()
        waiting, seen_parts = seen.row.astype(np.int64), seen.col.astype(np.int64)
        room = np.where(rising, self.shares.others[i], 0.0)
        free = np.full(i.size, np.inf)
        lower, upper = np.where(rising, 0.0, -free), np.where(rising, free, 0.0)
        self.rows.add(
            "seen",
            i,
            (each, self.u[i], 1.0),
            (waiting, self.x[seen_parts], -1.0),
            (each, self.y[s], room),
            (each, self.z[i], -room),
            lower=lower,
            upper=upper,
        )
        end = np.where(rising, segments.lower[s], segments.upper[s])
        self.rows.add(
            "seen_alone",
            i,
            (each, self.u[i], 1.0),
            (each, self.z[i], -end),
            lower=lower,
            upper=upper,
        )

    def _charges(self, kind: str) -> None:
        """Write when the charges of a kind are due."""
        charges, supply = self.charges, self.supply
        rows = np.flatnonzero(np.array([own == kind for own in charges.kind])[charges.charge])
        if not rows.size:
            return
        by_place = kind == "deliveries"
        of_entry = charges.option[rows] if by_place else supply.pool[charges.option[rows]]
        of_column = self.shares.option if by_place else self.segments.pool
        due = np.unique(np.stack([charges.charge[rows], of_entry]), axis=1)
        due = due[:, np.isin(due[1], of_column)]
        column = np.argsort(of_column, kind="stable")
        held = of_column[column]
        begin = np.searchsorted(held, due[1])
        count = np.searchsorted(held, due[1], side="right") - begin
        row = np.repeat(np.arange(due.shape[1]), count)
        within = np.arange(row.size) - np.repeat(np.cumsum(count) - count, count)
        own = column[begin[row] + within]
        self.rows.add(
            kind,
            list(zip(*due.tolist(), strict=True)),
            (row, self.z[own] if by_place else self.y[own], 1.0),
            (np.arange(due.shape[1]), self.first_charge + due[0], -1.0),
            upper=0.0,
        )

    def _delivery(self) -> None:
        self._seen()
        supply, segments, shares = self.supply, self.segments, self.shares
        timed = self.weeks[supply.line[self.options]] >= 0
        i, options = np.flatnonzero(timed[self.own]), self.options[timed]
        row = (np.cumsum(timed) - 1)[self.own[i]]
        each = np.arange(options.size)
        self.rows.add(
            "delivery",
            options,
            (row, self.z[i], shares.weeks[i]),
            (row, self.u[i], segments.weeks_rate[shares.segment[i]]),
            (each, self.weeks[supply.line[options]], -1.0),
            upper=0.0,
        )
        mean = (self.weeks >= 0) & (np.bincount(shares.line, minlength=self.weeks.size) > 1)
        i = np.flatnonzero(mean[shares.line])
        row = (np.cumsum(mean) - 1)[shares.line[i]]
        most = (supply.needed + supply.surplus)[mean]
        self.rows.add(
            "delivery_mean",
            self.names[mean].tolist(),
            (row, self.x[i], shares.earliest[i]),
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
            (np.ones(self.each.size), (self.shares.option, self.each)),
            shape=(size, self.each.size),
        )
        used = (of_option @ of_segment).tocoo()
        held = np.unique(used.row)
        row = np.searchsorted(held, used.row)
        self.rows.add(
            kind,
            [use.keys[i] for i in held.tolist()],
            (row, self.x[used.col], use.per_part[self.shares.option[used.col]]),
            upper=use.left[held],
        )

    def _whole_plan(self) -> None:
        limits, shares, charges = self.supply.instance.limits, self.shares, self.charges
        zero = np.zeros_like(self.each)
        if limits.budget is not None and self.each.size:
            self.rows.add(
                "budget",
                None,
                (np.zeros_like(self.whole), self.y, self.segments.fixed),
                (zero, self.x, shares.rate),
                (
                    np.zeros(len(charges), dtype=np.int64),
                    self.first_charge + np.arange(len(charges)),
                    charges.amount,
                ),
                upper=limits.budget - self.supply.committed_cost,
            )
        kg = self.supply.kg_co2[shares.option]
        if limits.kg_co2 is not None and kg.any():
            self.rows.add(
                "emission_limit",
                None,
                (zero, self.x, kg),
                upper=limits.kg_co2 - self.supply.committed_kg_co2,
            )
