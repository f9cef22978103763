r"""What prices settle: supply, machines and sites that no plan better than a known one has.

At prices :math:`v` the relaxation's value is :math:`L(v) = \sum_j v_j + \sum_i S_i` with a value
:math:`S_i` for each site (:mod:`amopt.placement.methods.pricing`). With one decision forced, only
the value of its site changes, and what comes out is a bound on all plans in which it is so. Where
that is no less than the cost of a plan that is known, the decision is settled the other way
(variable fixing by reduced costs; Beasley, 1993, Lagrangean heuristics for location problems).

With :math:`\lambda_u(n)` the gain an hour of the last supply that fits on n machines, a unit that
has to supply pair j gains at least :math:`\lambda_u(n) h_{ju} - (v_j - c_{ju})` less. Where supply
may be split, what costs too much for a whole pair may still be good for a little of it: then only
machines and sites are settled. What is left open is a program of its own for the solver.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.arrays.families import assemble
from amopt.placement.methods.arrays.model import ArrayModel
from amopt.placement.methods.pricing import DenseSupply, an_hour
from amopt.placement.methods.transport import FREE, Filled
from amopt.program.linear import LinearProgram

__all__ = ["Remainder", "Unsettled", "remainder", "unsettled"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

ROUNDING = 1e-9
"""Relative room for rounding when a bound is held against the cost of a plan."""


@dataclass(frozen=True)
class Unsettled:
    """What a better plan may still have.

    Attributes
    ----------
    supplies
        Which units may supply which pairs, shape (units, pairs).
    free
        Which pairs may do without machines, shape (pairs,).
    most
        Most machines of each unit, shape (units,).
    may_open, must_open
        Which sites may be, and must be, open, shape (sites,).
    """

    supplies: Flags
    free: Flags
    most: Ints
    may_open: Flags
    must_open: Flags

    @property
    def size(self) -> int:
        """Number of supplies that are not settled."""
        return int(self.supplies.sum() + self.free.sum())


def unsettled(dense: DenseSupply, prices: Floats, cost: float) -> Unsettled:
    """Return what a plan that costs less than ``cost`` may still have.

    Parameters
    ----------
    dense
        The dense supply.
    prices
        Prices of the pairs, shape (pairs,).
    cost
        What a known plan costs.
    """
    alone = [_Unit.at(dense, prices, u) for u in range(dense.units)]
    least = np.array([unit.least for unit in alone])
    opened = dense.site_cost.copy()
    np.add.at(opened, dense.site, least)
    value = np.where(dense.forced, opened, np.minimum(opened, 0.0))
    total = float(prices.sum() + value.sum())
    limit, whole = cost * (1 - ROUNDING), dense.single_source
    with_site = total - value + opened
    supplies = np.zeros((dense.units, dense.pairs), dtype=bool)
    most = np.zeros(dense.units, dtype=np.int64)
    for u, unit in enumerate(alone):
        rest = with_site[dense.site[u]] - unit.least
        possible = np.flatnonzero(rest + unit.net < limit)
        most[u] = possible.max(initial=0)
        supplies[u] = rest + unit.forced(dense, prices, u, whole=whole) < limit
    free = np.isfinite(dense.free)
    if whole:
        free &= total + dense.free - prices < limit
    return Unsettled(
        supplies=supplies,
        free=free,
        most=most,
        may_open=(with_site < limit) | dense.forced,
        must_open=dense.forced | (total - value >= limit),
    )


@dataclass(frozen=True)
class _Unit:
    """A unit by itself, at given prices.

    Attributes
    ----------
    net
        Cost less gain with 0, 1, ... machines; infinite below the least that it must have.
    rate
        Gain an hour of the last supply that fits on so many machines; 0 where all fit.
    """

    net: Floats
    rate: Floats

    @property
    def least(self) -> float:
        """The least of cost less gain."""
        return float(self.net.min())

    @classmethod
    def at(cls, dense: DenseSupply, prices: Floats, u: int) -> _Unit:
        gain = prices - dense.cost[u]
        pairs = np.flatnonzero(gain > 0)
        gain, hours = gain[pairs], dense.hours[u, pairs]
        rate = an_hour(gain, hours)
        order = np.argsort(-rate)
        used = np.concatenate([[0.0], np.cumsum(hours[order])])
        won = np.concatenate([[0.0], np.cumsum(gain[order])])
        capacity = dense.capacity[u] * np.arange(dense.most[u] + 1)
        net = dense.machine_cost[u] * np.arange(capacity.size) - np.interp(capacity, used, won)
        net[: dense.least[u]] = np.inf
        last = np.searchsorted(used[1:], capacity, side="right")
        return cls(net, np.append(rate[order], 0.0)[last])

    def forced(self, dense: DenseSupply, prices: Floats, u: int, *, whole: bool) -> Floats:
        """Return cost less gain, at least, where the unit has to supply a pair, (pairs,).

        The whole of it, or ever so little.
        """
        found = np.full(dense.pairs, np.inf)
        gain = prices - dense.cost[u]
        for net, rate in zip(self.net[1:], self.rate[1:], strict=True):
            lost = np.maximum(rate * dense.hours[u] - gain, 0.0)
            lost = lost if whole else np.where(np.isfinite(lost), 0.0, np.inf)
            np.minimum(found, net + lost, out=found)
        return found


@dataclass(frozen=True)
class Remainder:
    """The program of what is not settled.

    Attributes
    ----------
    model
        Its variables.
    program
        The program, with the settled decisions in its bounds.
    start
        The values of the known plan, shape (n,); None where there is none.
    columns
        The supply columns in it, as positions among the dense supply's.
    """

    model: ArrayModel
    program: LinearProgram
    start: Floats | None
    columns: NDArray[np.int64]

    def filled(self, dense: DenseSupply, values: Floats) -> Filled:
        """Return the plan of single sources that values of the program stand for."""
        chosen = self.columns[values[self.model.x.block] > 0.5]
        pair, site = dense.columns.pair[chosen], dense.columns.site[chosen]
        unit = np.full(dense.pairs, FREE, dtype=np.int64)
        own = site >= 0
        unit[pair[own]] = dense.fleet.unit[site[own], dense.columns.machine[chosen[own]]]
        stands = dense.fleet.stand >= 0
        count = np.bincount(unit[unit >= 0], minlength=dense.units).clip(max=1)
        whole = np.round(values[self.model.machines.block]).astype(np.int64)
        count[stands] = whole[dense.fleet.stand[stands]]
        every = np.arange(dense.pairs)
        supply = np.where(unit >= 0, dense.cost[unit, every], dense.free).sum()
        nothing = np.zeros(dense.units)
        cost = float(supply) + dense.fixed_cost(count)
        return Filled(count, unit, cost, nothing, np.zeros(dense.pairs))


def remainder(dense: DenseSupply, left: Unsettled, best: Filled | None) -> Remainder:
    """Return the program of what is not settled, and of the known plan.

    Parameters
    ----------
    dense
        The dense supply.
    left
        What is not settled.
    best
        The known plan; None where there is none.
    """
    known = np.zeros(dense.units, dtype=np.int64) if best is None else best.count
    chosen = np.empty(0, dtype=np.int64) if best is None else _columns_of(dense, best)
    kept = np.zeros(len(dense.columns), dtype=bool)
    kept[dense.column[left.supplies & (dense.column >= 0)]] = True
    kept[dense.free_column[left.free]] = True
    kept[chosen] = True
    model = assemble(dense.supply, columns=dense.columns.take(kept))
    program = model.program
    opened = dense.forced.copy()
    opened[dense.site[known > 0]] = True
    count = _of_stands(dense, known)
    lower, upper = program.lower.copy(), program.upper.copy()
    lower[model.y.block] = np.maximum(lower[model.y.block], left.must_open & opened)
    upper[model.y.block] = np.minimum(upper[model.y.block], left.may_open | opened)
    most = np.maximum(_of_stands(dense, left.most), count)
    upper[model.machines.block] = np.minimum(upper[model.machines.block], most)
    start = np.zeros(program.shape[1])
    start[np.searchsorted(np.flatnonzero(kept), chosen) + model.x.start] = 1.0
    start[model.y.block] = opened
    already = np.array([site.already_open for site in dense.supply.instance.sites], dtype=bool)
    start[model.opening.block] = np.minimum(program.upper[model.opening.block], opened & ~already)
    start[model.machines.block] = count
    bounds = replace(program, lower=lower, upper=upper)
    return Remainder(model, bounds, None if best is None else start, np.flatnonzero(kept))


def _columns_of(dense: DenseSupply, best: Filled) -> NDArray[np.int64]:
    """Return the column that supplies each pair in a plan, shape (pairs,)."""
    own = np.flatnonzero(best.unit != FREE)
    chosen = dense.free_column.copy()
    chosen[own] = dense.column[best.unit[own], own]
    return chosen


def _of_stands(dense: DenseSupply, count: NDArray[np.int64]) -> Floats:
    """Return numbers of machines by stand."""
    found = np.zeros(dense.fleet.most.size)
    own = dense.fleet.stand >= 0
    found[dense.fleet.stand[own]] = count[own]
    return found
