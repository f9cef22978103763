"""Where machines may stand, what they can do and cost, and which of them are interchangeable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Instance, Machine
    from amopt.placement.supply.supply import Supply

__all__ = ["Fleet"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Fleet:
    """The stands and units of an instance.

    A *stand* is a site and a type of machine that may stand there. A *unit* is a stand, or the
    hours of a type that a site sells. A *pool* is a set of stands among which machines can be
    exchanged: all stands of a type that can be moved, or one stand.

    Parameters
    ----------
    instance
        A valid instance.

    Attributes
    ----------
    site, machine
        Site and type of each stand, shape (stands,).
    most, owned
        Machines that each stand may hold, and holds before the first period.
    capacity
        Hours a year for which a machine of each stand may be planned.
    yearly_cost, price_per_year
        Upkeep, and price over life, of a machine a year.
    movable, moving_cost, moving_weeks
        Whether and how the machines of a stand move.
    pool, pool_names
        Pool of each stand, and of each pool the type and the site; no site where machines move.
    changes
        Whether fleets are followed from period to period.
    unit
        Unit of each site and type, shape (sites, machines); -1 for none.
    unit_site, unit_machine, stand, contract_hours
        Of each unit: site, type, stand (-1 for sold hours), hours sold a year (0 for stands,
        infinite for no limit).
    held_keys, held_pool, held_bought, held_now, held_cost
        Of each member of ``held``: its key, pool, period bought (-1: owned before), period now, and
        cost over that period.
    """

    def __init__(self, instance: Instance) -> None:
        self.weeks_per_year = instance.weeks_per_year
        self.changes = len(instance.horizon) > 1 or any(
            owned.count for site in instance.sites for owned in site.owned
        )
        self._find_units(instance)
        kinds = [instance.machines[m] for m in self.machine]
        self.capacity = np.array([kind.utilisation_limit * kind.hours_per_year for kind in kinds])
        self.yearly_cost = np.array([kind.yearly_cost for kind in kinds])
        self.price_per_year = np.array([kind.price / kind.life_years for kind in kinds])
        self.movable = np.array([kind.moving_cost is not None for kind in kinds], dtype=bool)
        self.moving_cost = np.array([kind.moving_cost or 0.0 for kind in kinds])
        self.moving_weeks = np.array([kind.moving_weeks for kind in kinds])
        self._find_pools(instance)
        self._find_vintages(instance)

    def _find_units(self, instance: Instance) -> None:
        index = {machine.name: m for m, machine in enumerate(instance.machines)}
        used = {option.machine for part in instance.parts for option in part.print}
        used |= {owned.machine for site in instance.sites for owned in site.owned}
        self.unit = np.full((len(instance.sites), len(index)), -1, dtype=np.int64)
        stands: list[tuple[int, int, int, int]] = []
        units: list[tuple[int, int, int, float]] = []
        for i, site in enumerate(instance.sites):
            if site.state == "closed":
                continue
            for contract in site.contracts:
                hours = np.inf if contract.hours_per_year is None else contract.hours_per_year
                self.unit[i, index[contract.machine]] = len(units)
                units.append((i, index[contract.machine], -1, hours))
            sold = {contract.machine for contract in site.contracts}
            owned = {entry.machine: entry.count for entry in site.owned}
            for name in instance.machines if site.most_machines else ():
                if name.name in used and name.name not in sold:
                    m = index[name.name]
                    self.unit[i, m] = len(units)
                    units.append((i, m, len(stands), 0.0))
                    stands.append((i, m, site.most_machines, owned.get(name.name, 0)))
        table = np.array(stands, dtype=np.int64).reshape(-1, 4)
        self.site, self.machine = table[:, 0], table[:, 1]
        self.most, self.owned = table[:, 2].astype(float), table[:, 3].astype(float)
        self.unit_site = np.array([unit[0] for unit in units], dtype=np.int64)
        self.unit_machine = np.array([unit[1] for unit in units], dtype=np.int64)
        self.stand = np.array([unit[2] for unit in units], dtype=np.int64)
        self.contract_hours = np.array([unit[3] for unit in units], dtype=float)

    def _find_pools(self, instance: Instance) -> None:
        pools: dict[tuple[int, int], int] = {}
        pool = []
        self.pool_names: list[tuple[str, str]] = []
        for i, m, movable in zip(self.site, self.machine, self.movable, strict=True):
            key = (-1 if movable else int(i), int(m))
            if key not in pools:
                pools[key] = len(pools)
                where = "" if movable else instance.sites[i].place
                self.pool_names.append((instance.machines[m].name, where))
            pool.append(pools[key])
        self.pool = np.array(pool, dtype=np.int64)
        self.pool_machine = np.array([m for _, m in pools], dtype=np.int64)

    def _find_vintages(self, instance: Instance) -> None:
        periods = len(instance.horizon) if self.changes else 0
        start = np.concatenate([[0.0], np.cumsum([p.years for p in instance.horizon])])
        keys, pool, bought, now, cost = [], [], [], [], []
        for g, name in enumerate(self.pool_names):
            machine = instance.machines[self.pool_machine[g]]
            for u in range(-1, periods):
                for t in range(max(u, 0), periods):
                    since = "before" if u < 0 else instance.horizon[u].name
                    keys.append((*name, since, instance.horizon[t].name))
                    pool.append(g)
                    bought.append(u)
                    now.append(t)
                    cost.append(0.0 if u < 0 else _held_cost(instance, machine, start, u, t))
        self.held_keys = keys
        self.held_pool, self.held_bought, self.held_now = (
            np.array(values, dtype=np.int64) for values in (pool, bought, now)
        )
        self.held_cost = np.array(cost, dtype=float)

    def own_site(self, supply: Supply) -> Ints:
        """Return each pair's own site, shape (pairs,); -1 where no site could print for it.

        The site at the place itself, or else the one from which a shipment takes least time.
        """
        instance, own = supply.instance, np.full(len(supply.pairs), -1, dtype=np.int64)
        index = supply.site_index
        for part in instance.parts:
            sites, _ = instance.sources(part)
            if not sites:
                continue
            table = supply.routes("weeks", part.kg)
            row = {name: r for r, name in enumerate(table.sources)}
            column = {name: c for c, name in enumerate(table.targets)}
            sites = sorted(sites)
            weeks = table.weeks[[row[name] for name in sites]]
            for pair in supply.covered(None, part.name):
                place = supply.pairs[pair][0]
                times = weeks[:, column[place]]
                if place in sites:
                    own[pair] = index[place]
                elif np.isfinite(times).any():
                    own[pair] = index[sites[int(times.argmin())]]
        return own


def _held_cost(instance: Instance, machine: Machine, start: Floats, u: int, t: int) -> float:
    """Return the cost of holding a machine bought in period u through period t.

    Its price over its life for the years of the period; and, where it may be sold later, the loss
    on its book value: charged when it is gone by the next period, and given back when it was held
    already in the one before.
    """
    price = machine.price * instance.horizon[u].machine_price_factor

    def loss(period: int) -> float:
        age = start[period] - start[u]
        return machine.resale_loss * price * max(0.0, 1 - float(age) / machine.life_years)

    cost = price / machine.life_years * instance.horizon[t].years
    if t > u:
        cost -= loss(t)
    if t + 1 < len(instance.horizon):
        cost += loss(t + 1)
    return cost
