"""What prices leave open, as a program of its own for the solver."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.arrays.families import assemble
from amopt.placement.methods.arrays.model import ArrayModel
from amopt.placement.methods.fixing import Unsettled
from amopt.placement.methods.pricing import Market
from amopt.placement.methods.transport import FREE, Filled
from amopt.program.linear import LinearProgram

__all__ = ["Remainder", "remainder"]

Floats = NDArray[np.float64]


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
        The values of the known plan, shape (n,).
    columns
        The supply columns in it, as positions among the market's.
    """

    model: ArrayModel
    program: LinearProgram
    start: Floats
    columns: NDArray[np.int64]

    def filled(self, market: Market, values: Floats) -> Filled:
        """Return the plan of single sources that values of the program stand for."""
        chosen = self.columns[values[self.model.x.block] > 0.5]
        pair, site = market.columns.pair[chosen], market.columns.site[chosen]
        unit = np.full(market.pairs, FREE, dtype=np.int64)
        own = site >= 0
        unit[pair[own]] = market.fleet.unit[site[own], market.columns.machine[chosen[own]]]
        stands = market.fleet.stand >= 0
        count = np.bincount(unit[unit >= 0], minlength=market.units).clip(max=1)
        whole = np.round(values[self.model.machines.block]).astype(np.int64)
        count[stands] = whole[market.fleet.stand[stands]]
        every = np.arange(market.pairs)
        supply = np.where(unit >= 0, market.cost[unit, every], market.free).sum()
        nothing = np.zeros(market.units)
        cost = float(supply) + market.fixed_cost(count)
        return Filled(count, unit, cost, nothing, np.zeros(market.pairs))


def remainder(market: Market, left: Unsettled, best: Filled) -> Remainder:
    """Return the program of what is not settled, and of the known plan.

    Parameters
    ----------
    market
        The market.
    left
        What is not settled.
    best
        The known plan.
    """
    chosen = _columns_of(market, best)
    kept = np.zeros(len(market.columns), dtype=bool)
    kept[market.column[left.supplies & (market.column >= 0)]] = True
    kept[market.free_column[left.free]] = True
    kept[chosen] = True
    model = assemble(market.supply, columns=market.columns.take(kept))
    program = model.program
    opened = market.forced.copy()
    opened[market.site[best.count > 0]] = True
    count = _of_stands(market, best.count)
    lower, upper = program.lower.copy(), program.upper.copy()
    lower[model.y.block] = np.maximum(lower[model.y.block], left.must_open & opened)
    upper[model.y.block] = np.minimum(upper[model.y.block], left.may_open | opened)
    most = np.maximum(_of_stands(market, left.most), count)
    upper[model.machines.block] = np.minimum(upper[model.machines.block], most)
    start = np.zeros(program.shape[1])
    start[np.searchsorted(np.flatnonzero(kept), chosen) + model.x.start] = 1.0
    start[model.y.block] = opened
    already = np.array([site.already_open for site in market.supply.instance.sites], dtype=bool)
    start[model.opening.block] = np.minimum(program.upper[model.opening.block], opened & ~already)
    start[model.machines.block] = count
    bounds = replace(program, lower=lower, upper=upper)
    return Remainder(model, bounds, start, np.flatnonzero(kept))


def _columns_of(market: Market, best: Filled) -> NDArray[np.int64]:
    """Return the column that supplies each pair in a plan, shape (pairs,)."""
    own = np.flatnonzero(best.unit != FREE)
    chosen = market.free_column.copy()
    chosen[own] = market.column[best.unit[own], own]
    return chosen


def _of_stands(market: Market, count: NDArray[np.int64]) -> Floats:
    """Return numbers of machines by stand."""
    found = np.zeros(market.fleet.most.size)
    own = market.fleet.stand >= 0
    found[market.fleet.stand[own]] = count[own]
    return found
