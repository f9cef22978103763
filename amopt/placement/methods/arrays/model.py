"""The variables of the placement program, with their costs, bounds and names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from amopt.placement.forms import Form, FormRules
from amopt.placement.labels import SiteLabels, StandLabels, SupplyLabels
from amopt.placement.supply.columns import Columns
from amopt.placement.supply.fleet import Fleet
from amopt.placement.supply.supply import Supply
from amopt.program.builder import Builder, Variables
from amopt.program.linear import LinearProgram, spread

__all__ = ["ArrayModel"]

Floats = NDArray[np.float64]


@dataclass
class ArrayModel:
    """The program as it is written down, and the way back from its values.

    Attributes
    ----------
    supply, columns
        The ways of supply.
    fleet
        Where machines may stand, and their pools.
    form
        The form that the plan must have.
    program
        The program, once every family is written.
    """

    supply: Supply
    columns: Columns
    fleet: Fleet
    form: Form

    def __post_init__(self) -> None:
        self.instance = self.supply.instance
        self.rules = FormRules(self.supply, self.fleet, self.form)
        self.builder = Builder()
        self.years = np.array([period.years for period in self.instance.horizon])
        self.periods = self.years.size
        self.money: list[tuple[Variables, Floats]] = []
        self.kg_co2: list[tuple[Variables, Floats]] = []
        self.printed = np.flatnonzero(self.columns.site >= 0)
        self.x = self._supply()
        self.y, self.opening = self._sites()
        self.machines, self.bought, self.sold, self.moved_in, self.moved_out = self._machines()
        self.held = self._held()
        self.program: LinearProgram

    @property
    def variables(self) -> tuple[Variables, ...]:
        """The variables, in the order of their columns."""
        moved = (self.moved_in, self.moved_out)
        changes = (self.machines, self.bought, self.sold, *moved, self.held)
        return (self.x, self.y, self.opening, *changes)

    def add(
        self,
        name: str,
        keys: Sequence[Any],
        *,
        money: ArrayLike = 0.0,
        kg_co2: ArrayLike = 0.0,
        upper: ArrayLike = np.inf,
        lower: ArrayLike = 0.0,
        integer: bool = False,
    ) -> Variables:
        """Add variables with their cost and emissions over the horizon."""
        weight = self.instance.minimise
        spent, emitted = spread(money, len(keys)), spread(kg_co2, len(keys))
        variables = self.builder.variables(
            name,
            keys,
            cost=weight.cost * spent + weight.kg_co2 * emitted,
            lower=lower,
            upper=upper,
            integer=integer,
        )
        self.money.append((variables, spent))
        self.kg_co2.append((variables, emitted))
        return variables

    def _supply(self) -> Variables:
        columns, years = self.columns, self.years[self.columns.period]
        return self.add(
            "supply",
            SupplyLabels(self.supply, columns),
            money=years * columns.cost,
            kg_co2=years * columns.kg_co2,
            upper=self.rules.most_supplied(columns),
            integer=self.instance.single_source,
        )

    def _sites(self) -> tuple[Variables, Variables]:
        sites = self.instance.sites
        keys = SiteLabels(self.instance)
        yearly = np.array([site.yearly_cost for site in sites])
        opening = np.array([site.opening_cost for site in sites])
        y = self.add(
            "open",
            keys,
            money=np.outer(yearly, self.years).ravel(),
            lower=np.repeat(self.rules.least_open, self.periods),
            upper=np.repeat(self.rules.most_open, self.periods),
            integer=True,
        )
        used = np.repeat(opening > 0, self.periods)
        cost = np.repeat(opening, self.periods)
        return y, self.add("opening", keys, money=cost, upper=np.where(used, 1.0, 0.0))

    def _machines(self) -> tuple[Variables, ...]:
        fleet, years = self.fleet, self.years
        keys = StandLabels(fleet, self.instance)
        most = np.repeat(fleet.most, self.periods)
        yearly = np.outer(fleet.yearly_cost, years)
        if not fleet.changes:
            price = np.array([p.machine_price_factor for p in self.instance.horizon])
            yearly = yearly + np.outer(fleet.price_per_year, years * price)
        machines = self.add("machines", keys, money=yearly.ravel(), upper=most, integer=True)
        moves = np.where(np.repeat(fleet.movable, self.periods), most, 0.0)
        change = most if fleet.changes else 0.0 * most
        moving = np.repeat(np.nan_to_num(fleet.moving_cost), self.periods)
        return (
            machines,
            self.add("bought", keys, upper=change, integer=True),
            self.add("sold", keys, upper=change, integer=True),
            self.add("moved_in", keys, money=moving, upper=moves * (change > 0), integer=True),
            self.add("moved_out", keys, upper=moves * (change > 0), integer=True),
        )

    def _held(self) -> Variables:
        fleet = self.fleet
        return self.add("held", fleet.held_keys, money=fleet.held_cost, integer=False)
