"""The sets and parameters of the formulation, by the names that the instance gives them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from amopt.placement.forms import Form, FormRules
from amopt.placement.labels import PairLabels, SupplyLabels
from amopt.placement.supply.fleet import Fleet
from amopt.placement.supply.supply import Supply
from amopt.program.pyomo.expressions import linear, weighted_sum

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Instance
    from amopt.program.time import Budget

__all__ = ["Sets", "total"]

Key = tuple[Any, ...]


class Sets:
    """The sets and parameters of the formulation.

    Parameters
    ----------
    instance
        A valid instance.
    form
        The form that the plan must have.
    budget
        The time for listing the options.

    Attributes
    ----------
    periods, sites
        Names of the periods :math:`t` and places of the sites :math:`i`.
    options
        The supply columns :math:`k`: (period, place, part, source, machine, level, route).
    stands, units
        (site, machine) where machines may stand; and, those first, where hours are sold too.
    pairs
        The demanded (period, place, part).
    of_pair, of_link, of_stand_link
        The options of each demanded pair; of those the ones of each site, with keys (period, place,
        part, site); and of each stand, with keys (period, place, part, site, machine).
    of_unit
        The options printed by each unit in each period, with keys (site, machine, period).
    hours, kg_co2, room, fill
        Of each option: machine-hours and emissions a year, room in store, share of demand met from
        the shelf.
    rate
        Demand a year of each demanded pair.
    years
        Years of each period.
    """

    def __init__(self, instance: Instance, form: Form, budget: Budget | None = None) -> None:
        self.instance, self.form = instance, form
        self.supply = Supply(instance, budget)
        self.columns = self.supply.columns(prune=False)
        self.fleet = Fleet(instance)
        self.rules = FormRules(self.supply, self.fleet, form)
        self.periods = [period.name for period in instance.horizon]
        self.years = {period.name: period.years for period in instance.horizon}
        self.sites = [site.place for site in instance.sites]
        self.site = dict(zip(self.sites, instance.sites, strict=True))
        self.machine = {machine.name: machine for machine in instance.machines}
        self._name_fleet()
        self._name_options()

    def _name_fleet(self) -> None:
        fleet, names = self.fleet, [machine.name for machine in self.instance.machines]

        def pair(site: int, machine: int) -> tuple[str, str]:
            return self.sites[site], names[machine]

        self.stands = [pair(*stand) for stand in zip(fleet.site, fleet.machine, strict=True)]
        self.units = [pair(*u) for u in zip(fleet.unit_site, fleet.unit_machine, strict=True)]
        self.most = dict(zip(self.stands, fleet.most.tolist(), strict=True))
        self.owned = dict(zip(self.stands, fleet.owned.tolist(), strict=True))
        self.capacity = dict(zip(self.stands, fleet.capacity.tolist(), strict=True))
        sold = fleet.stand < 0
        self.hours_sold = {
            unit: hours
            for unit, hours, sells in zip(
                self.units, fleet.contract_hours.tolist(), sold, strict=True
            )
            if sells
        }
        self.pool = [fleet.pool_names[g] for g in fleet.pool]

    def _name_options(self) -> None:
        columns = self.columns
        self.options = list(SupplyLabels(self.supply, columns))
        wanted = np.flatnonzero(self.supply.rates.ravel() > 0)
        self.pairs = list(PairLabels(self.supply, wanted))
        self.rate = dict(zip(self.pairs, self.supply.rates.ravel()[wanted].tolist(), strict=True))
        self.hours = self._of_each(columns.hours)
        self.kg_co2 = self._of_each(columns.kg_co2)
        self.room = self._of_each(columns.space)
        self.fill = self._of_each(columns.fill)
        self.most_supplied = self._of_each(self.rules.most_supplied(columns))
        printed = [key for key in self.options if key[4]]
        stands = set(self.stands)
        self.of_pair = grouped(self.options, lambda k: k[:3])
        self.of_link = grouped(printed, lambda k: k[:4])
        self.of_stand_link = grouped(
            (key for key in printed if key[3:5] in stands), lambda k: k[:5]
        )
        self.of_unit = grouped(printed, lambda k: (*k[3:5], k[0]))

    def _of_each(self, values: ArrayLike) -> dict[Key, float]:
        return dict(zip(self.options, np.asarray(values).tolist(), strict=True))

    def yearly_cost(self, kind: int) -> dict[Key, float]:
        """Return the money a year of one kind, by its index in ``KINDS``, of each option."""
        return self._of_each(self.columns.split[kind])

    def over_time(self, amounts: Mapping[Key, float]) -> dict[Key, float]:
        """Return amounts a year as amounts over the period of each option."""
        return {key: amount * self.years[key[0]] for key, amount in amounts.items()}


def grouped(keys: Iterable[Key], group: Any) -> dict[Key, list[Key]]:
    """Return keys by the group that each belongs to, in the order in which they come."""
    groups: dict[Key, list[Key]] = {}
    for key in keys:
        groups.setdefault(group(key), []).append(key)
    return groups


def total(variable: Any, amounts: Mapping[Any, float] | Iterable[Any]) -> Any:
    """Return the sum of a Pyomo variable's members, each times its amount where there are amounts.

    Parameters
    ----------
    variable
        An indexed Pyomo variable.
    amounts
        The coefficient of each member's key; or keys alone, for coefficients of one.
    """
    if isinstance(amounts, Mapping):
        return weighted_sum((key for key, amount in amounts.items() if amount), amounts, variable)
    return linear(1.0, [variable[key] for key in amounts])
