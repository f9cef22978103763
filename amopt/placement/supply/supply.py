"""All ways to supply what an instance demands, period by period."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amopt.placement.supply.columns import CONVENTIONAL, EMPTY, Block, Columns
from amopt.placement.supply.demanded import Allowance, Demanded
from amopt.placement.supply.levels import Counted
from amopt.program.time import Budget

if TYPE_CHECKING:
    from amopt.network.routes import RouteCriterion, RouteTable
    from amopt.placement.instance.fields import Instance, Machine, Part

__all__ = ["Supply"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Supply(Demanded):
    """All ways to supply what an instance demands.

    Parameters
    ----------
    instance
        A valid instance.
    budget
        The time for everything; none for no limit.
    """

    def __init__(self, instance: Instance, budget: Budget | None = None) -> None:
        super().__init__(instance)
        self._by_part: dict[str, list[int]] = {}
        for pair, (_, part) in enumerate(self.pairs):
            self._by_part.setdefault(part, []).append(pair)
        self.site_index = {site.place: index for index, site in enumerate(instance.sites)}
        self.machine_index = {machine.name: m for m, machine in enumerate(instance.machines)}
        self._tables: dict[tuple[str, float], RouteTable] = {}
        self._budget = budget or Budget()
        self._allowance = Allowance(self._budget)
        self._columns: dict[bool, Columns] = {}

    @cached_property
    def _targets(self) -> dict[str, int]:
        places = dict.fromkeys(place for place, _ in self.pairs)
        return {place: column for column, place in enumerate(places)}

    @cached_property
    def _origins(self) -> dict[str, int]:
        places = [site.place for site in self.instance.sites]
        places += [entry.from_ for entry in self.instance.conventional if entry.from_]
        return {place: row for row, place in enumerate(dict.fromkeys(places))}

    def routes(self, by: RouteCriterion, kg: float) -> RouteTable:
        """Return the routes from all origins to all places with demand, for parts of a weight."""
        if (by, kg) not in self._tables:
            self._tables[by, kg] = self.instance.supply_network.routes(
                tuple(self._origins), tuple(self._targets), by=by, kg_per_part=kg
            )
        return self._tables[by, kg]

    def columns(self, *, prune: bool = True) -> Columns:
        """Return the columns of all periods, the same for every form.

        Parameters
        ----------
        prune
            Whether to leave out columns that take no less of anything that is limited or minimised
            than another column that could stand in for them. Without, every route, waiting and
            every stock level is there, up to the one out of stock for a demand in a million million
            (or further, where a limit of the file asks for it): what a caller's constraints may
            need.

        Raises
        ------
        NoAnswerError
            When there would be too many columns, or the time is over.
        """
        if prune not in self._columns:
            self._columns[prune] = self._listed(prune=prune)
        return self._columns[prune]

    def _listed(self, *, prune: bool) -> Columns:
        """List the columns of all periods."""
        self._allowance = Allowance(self._budget)
        found = [
            block
            for period in range(len(self.instance.horizon))
            for part in self.instance.parts
            for block in self._of_part(part, period, every=not prune)
        ]
        columns = Columns.join([EMPTY, *found])
        if not prune:
            return columns
        value = self._objective(columns)
        chosen = self._least_of_each_source(columns, value)
        chosen = chosen[self._undominated(columns, value, chosen)]
        return columns if chosen.size == len(columns) else columns.take(chosen)

    @cached_property
    def counted(self) -> Counted:
        """What counts, beside the objective, when columns are compared."""
        return Counted(self)

    def _objective(self, columns: Columns) -> Floats:
        """Return what the instance minimises, a year, of each column."""
        weight = self.instance.minimise
        value: Floats = weight.cost * columns.cost
        return value + weight.kg_co2 * columns.kg_co2 if weight.kg_co2 else value

    def _least_of_each_source(self, columns: Columns, value: Floats) -> Ints:
        """Return the best column of each period, pair, site and machine.

        All of them set the same hours aside at the same site, so that the one with the least
        objective can stand in for the others wherever the objective alone counts; elsewhere all
        stay. Of several with the least, it is the quickest, and of these the one with least stock.
        """
        worse = self.counted.alone[columns.pair]
        if not len(columns):
            return np.empty(0, dtype=np.int64)
        source = columns.period.copy()
        for key in (columns.pair, columns.site, columns.machine):
            source *= int(key.max()) - int(key.min()) + 1
            source += key - key.min()
        order = np.argsort(source, kind="stable")
        begins = np.flatnonzero(np.diff(source[order], prepend=-1))
        if begins.size == order.size:
            return np.arange(order.size)
        group = np.repeat(np.arange(begins.size), np.diff(begins, append=order.size))
        least = np.minimum.reduceat(value[order], begins)[group]
        best = order[value[order] == least]
        same = source[best]
        tied = np.flatnonzero(np.isin(same, same[1:][same[1:] == same[:-1]]))
        ties = best[tied]
        again = np.lexsort((columns.level[ties], columns.weeks[ties], source[ties]))
        best[tied] = ties[again]
        kept = ~worse
        kept[best[np.diff(same, prepend=-1) > 0]] = True
        return np.flatnonzero(kept)

    def _undominated(self, columns: Columns, value: Floats, among: Ints) -> NDArray[np.bool_]:
        """Return which of some columns may be better than doing without machines.

        Where the objective alone counts for a pair: what needs no machine takes no hours.
        """
        free, value, pair = columns.site[among] < 0, value[among], columns.pair[among]
        wanted = pair * len(self.instance.horizon) + columns.period[among]
        best = np.full(self.rates.size, np.inf)
        np.minimum.at(best, wanted[free], value[free])
        keep: NDArray[np.bool_] = ~self.counted.alone[pair] | (value < best[wanted])
        # One of the columns without machines stays: the best, and of these the first.
        first = np.flatnonzero(free & (value == best[wanted]))
        keep[first[np.unique(wanted[first], return_index=True)[1]]] = True
        return keep

    def _of_part(self, part: Part, period: int, *, every: bool) -> Iterator[Columns]:
        pairs = np.array(self._by_part.get(part.name, []), dtype=np.int64)
        pairs = pairs[self.rates[pairs, period] > 0]
        if not pairs.size:
            return
        self._budget.require("the supply options were listed")
        block = Block(
            self, part, period, pairs, every, counted=self.counted, allowance=self._allowance
        )
        for index, entry in enumerate(self.instance.conventional):
            if entry.part == part.name:
                yield from self._by_conventional(block, index)
        for option in part.print:
            machine = self.machine_index[option.machine]
            yield from self._by_machine(block, machine, option.hours, option.material_cost)
        if part.emergency_cost is not None:
            yield from block.emergency()

    def _by_conventional(self, block: Block, index: int) -> Iterator[Columns]:
        entry = self.instance.conventional[index]
        price = np.array([entry.cost_per_part])
        for route, by in enumerate(self.instance.routes if entry.from_ else ("cost",)):
            lane = np.zeros((3, 1, block.pairs.size))
            if entry.from_:
                lane = self._lanes(by, block, np.array([self._origins[entry.from_]]))
            yield from block.build(
                site=np.array([CONVENTIONAL]),
                machine=index,
                route=route,
                unit={"conventional": price[:, None], "transport": lane[0]},
                weeks=entry.lead_time_weeks + lane[1],
                kg=entry.kg_co2_per_part + lane[2],
                hours=0.0,
            )

    def _by_machine(
        self, block: Block, machine: int, hours: float, material: float
    ) -> Iterator[Columns]:
        kind = self.instance.machines[machine]
        hours = hours / self.instance.horizon[block.period].print_speed_factor
        where, price = [], []
        for index, site in enumerate(self.instance.sites):
            contract = next((c for c in site.contracts if c.machine == kind.name), None)
            if site.state == "closed" or not (contract or site.most_machines):
                continue
            where.append(index)
            per_hour = kind.cost_per_hour + (contract.cost_per_hour if contract else 0.0)
            price.append(material + hours * per_hour + site.fee_per_part)
        if not where:
            return
        rows = np.array([self._origins[self.instance.sites[index].place] for index in where])
        for route, by in enumerate(self.instance.routes):
            lane = self._lanes(by, block, rows)
            yield from block.build(
                site=np.array(where),
                machine=machine,
                route=route,
                unit={"printing": np.array(price)[:, None], "transport": lane[0]},
                weeks=self._print_weeks(kind, hours) + lane[1],
                kg=hours * kind.kg_co2_per_hour + lane[2],
                hours=hours,
            )

    def _lanes(self, by: RouteCriterion, block: Block, rows: Ints) -> Floats:
        """Return cost, weeks and kg of CO2 from origins to the block's places, (3, rows, pairs)."""
        table = self.routes(by, block.part.kg)
        spot = np.ix_(rows, np.array([self._targets[self.pairs[pair][0]] for pair in block.pairs]))
        return np.stack([table.cost[spot], table.weeks[spot], table.kg_co2[spot]])

    def _print_weeks(self, machine: Machine, hours: float) -> float:
        """Return print time and queue allowance in weeks.

        Without a stated allowance, the wait is that of an M/M/1 queue at the utilisation limit u:
        print time times u / (1 - u).
        """
        weeks = hours / (machine.hours_per_year / self.instance.weeks_per_year)
        if machine.queue_allowance_weeks is not None:
            return weeks + machine.queue_allowance_weeks
        return weeks / (1 - machine.utilisation_limit)
