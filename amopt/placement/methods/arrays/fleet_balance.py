"""The constraints that follow machines from period to period."""

from __future__ import annotations

import numpy as np

from amopt.placement.labels import StandLabels
from amopt.placement.methods.arrays.model import ArrayModel
from amopt.program.builder import Term

__all__ = ["balance", "moves", "vintages"]


def balance(model: ArrayModel) -> None:
    r""":math:`n_{imt} = n_{im,t-1} + b_{imt} - s_{imt} + v_{imt} - w_{imt}` for each stand, period.

    For the first period, :math:`n_{im0}` are the machines that stand there already.
    """
    fleet, periods = model.fleet, model.periods
    if not fleet.changes:
        return
    every = np.arange(fleet.most.size * periods)
    later = every[every % periods > 0]
    owned = np.where(every % periods == 0, np.repeat(fleet.owned, periods), 0.0)
    model.builder.rows(
        "balance",
        StandLabels(fleet, model.instance),
        model.machines.per_row(),
        Term(model.machines, later, later - 1, -1.0),
        model.bought.per_row(-1.0),
        model.sold.per_row(1.0),
        model.moved_in.per_row(-1.0),
        model.moved_out.per_row(1.0),
        lower=owned,
        upper=owned,
    )


def moves(model: ArrayModel) -> None:
    r""":math:`\sum_i v_{imt} = \sum_i w_{imt}` for each movable type m and period t."""
    fleet, periods = model.fleet, model.periods
    if not fleet.changes or not fleet.movable.any():
        return
    types = np.unique(fleet.machine[fleet.movable])
    at = np.flatnonzero(fleet.movable)
    row = np.searchsorted(types, fleet.machine[at])[:, None] * periods + np.arange(periods)
    member = (at[:, None] * periods + np.arange(periods)).ravel()
    names = [model.instance.machines[m].name for m in types]
    model.builder.rows(
        "moves",
        [(name, period.name) for name in names for period in model.instance.horizon],
        Term(model.moved_in, row.ravel(), member),
        Term(model.moved_out, row.ravel(), member, -1.0),
        lower=0.0,
        upper=0.0,
    )


def vintages(model: ArrayModel) -> None:
    r"""Three equations that say which machines of a pool g are still held.

    :math:`z_{gtt} = \sum_{(i,m) \in g} b_{imt}`: bought now, held now.

    :math:`\sum_u z_{gut} = \sum_{(i,m) \in g} n_{imt}`: what stands is what is held.

    :math:`z_{gut} \le z_{gu,t-1}` for t > u: what was sold does not come back.
    """
    fleet, periods = model.fleet, model.periods
    if not fleet.changes:
        return
    pool, bought, now = fleet.held_pool, fleet.held_bought, fleet.held_now
    keys = [(*name, p.name) for name in fleet.pool_names for p in model.instance.horizon]
    stand_row = (fleet.pool[:, None] * periods + np.arange(periods)).ravel()
    fresh, old = np.flatnonzero(bought == now), np.flatnonzero((bought < now) & (now > 0))
    model.builder.rows(
        "held_when_bought",
        keys,
        Term(model.held, pool[fresh] * periods + now[fresh], fresh),
        model.bought.grouped(stand_row, -1.0),
        lower=0.0,
        upper=0.0,
    )
    model.builder.rows(
        "held_in_all",
        keys,
        model.held.grouped(pool * periods + now),
        model.machines.grouped(stand_row, -1.0),
        lower=0.0,
        upper=0.0,
    )
    model.builder.rows(
        "held_no_longer_than_before",
        [fleet.held_keys[member] for member in old],
        Term(model.held, np.arange(old.size), old),
        Term(model.held, np.arange(old.size), old - 1, -1.0),
        upper=0.0,
    )
    first = np.flatnonzero((bought < 0) & (now == 0))
    model.builder.rows(
        "held_of_the_owned",
        [fleet.held_keys[member] for member in first],
        Term(model.held, np.arange(first.size), first),
        upper=np.bincount(fleet.pool, fleet.owned, len(fleet.pool_names))[pool[first]],
    )
