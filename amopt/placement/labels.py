"""The names of variables and constraints, written out only when somebody asks for one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.placement.supply.columns import CONVENTIONAL, EMERGENCY, Columns

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Instance
    from amopt.placement.supply.fleet import Fleet
    from amopt.placement.supply.supply import Supply

__all__ = [
    "LinkLabels",
    "PairLabels",
    "SiteLabels",
    "StandLabels",
    "SupplyLabels",
    "UnitLabels",
    "source_name",
]

Ints = NDArray[np.int64]
Key = tuple[Any, ...]


def source_name(instance: Instance, columns: Columns, k: int) -> str:
    """Return what a column's source is called."""
    site = int(columns.site[k])
    if site == EMERGENCY:
        return "emergency"
    if site == CONVENTIONAL:
        return instance.conventional[int(columns.machine[k])].supplier
    return instance.sites[site].place


class _Labels(Sequence[Key]):
    """A sequence of keys that are made when they are asked for."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self.key(k) for k in range(*index.indices(self.size))]
        if not -self.size <= index < self.size:
            raise IndexError(index)
        return self.key(int(index) % self.size)

    @abstractmethod
    def key(self, k: int) -> Key:
        """Return the key of member k."""


class SupplyLabels(_Labels):
    """(period, place, part, source, machine, level, route) of each column."""

    def __init__(self, supply: Supply, columns: Columns) -> None:
        super().__init__(len(columns))
        self.supply, self.columns = supply, columns

    def key(self, k: int) -> Key:
        """Return the key of column k."""
        instance, columns = self.supply.instance, self.columns
        place, part = self.supply.pairs[columns.pair[k]]
        period = instance.horizon[columns.period[k]].name
        machine = instance.machines[columns.machine[k]].name if columns.site[k] >= 0 else ""
        route = instance.routes[columns.route[k]]
        source = source_name(instance, columns, k)
        return (period, place, part, source, machine, int(columns.level[k]), route)


class PairLabels(_Labels):
    """(period, place, part) of each demanded pair and period."""

    def __init__(self, supply: Supply, wanted: Ints) -> None:
        super().__init__(wanted.size)
        self.supply, self.wanted = supply, wanted

    def key(self, k: int) -> Key:
        """Return the key of row k."""
        pair, period = divmod(int(self.wanted[k]), len(self.supply.instance.horizon))
        return (self.supply.instance.horizon[period].name, *self.supply.pairs[pair])


class SiteLabels(_Labels):
    """(site, period) of some or all sites, periods running fastest."""

    def __init__(self, instance: Instance, sites: Ints | None = None) -> None:
        self.instance = instance
        self.sites = np.arange(len(instance.sites)) if sites is None else sites
        super().__init__(self.sites.size * len(instance.horizon))

    def key(self, k: int) -> Key:
        """Return the key of member k."""
        site, period = divmod(k, len(self.instance.horizon))
        return (
            self.instance.sites[self.sites[site]].place,
            self.instance.horizon[period].name,
        )


class StandLabels(_Labels):
    """(site, machine, period) of each stand, periods running fastest."""

    def __init__(self, fleet: Fleet, instance: Instance) -> None:
        super().__init__(fleet.site.size * len(instance.horizon))
        self.instance, self.site, self.machine = instance, fleet.site, fleet.machine

    def key(self, k: int) -> Key:
        """Return the key of member k."""
        stand, period = divmod(k, len(self.instance.horizon))
        return (
            self.instance.sites[self.site[stand]].place,
            self.instance.machines[self.machine[stand]].name,
            self.instance.horizon[period].name,
        )


class UnitLabels(StandLabels):
    """(site, machine, period) of some units, periods running fastest."""

    def __init__(self, instance: Instance, fleet: Fleet, units: Ints) -> None:
        _Labels.__init__(self, units.size * len(instance.horizon))
        self.instance = instance
        self.site, self.machine = fleet.unit_site[units], fleet.unit_machine[units]


class LinkLabels(_Labels):
    """(period, place, part, site) of each link, with the machine where there is one."""

    def __init__(self, supply: Supply, wanted: Ints, site: Ints, machine: Ints | None) -> None:
        super().__init__(wanted.size)
        self.pairs = PairLabels(supply, wanted)
        self.instance, self.site, self.machine = supply.instance, site, machine

    def key(self, k: int) -> Key:
        """Return the key of row k."""
        key: Key = (*self.pairs.key(k), self.instance.sites[self.site[k]].place)
        if self.machine is None:
            return key
        return (*key, self.instance.machines[self.machine[k]].name)
