"""The supply columns: every way to supply a place with a part, with its exact yearly cost.

A column is a (place, part, source, stock level). With demand d a year, unit cost u of the source
(print or price, and transport) and lead time L (print, queue and lane), a part that is

- *ordered* costs :math:`d (u + w L)` a year, with w the downtime cost of a week;
- *stocked* at level S costs :math:`h S + d [(1 - B) u + B e]` a year, with :math:`B = B(S, d L)`
  the Erlang loss probability, h the holding cost and e the cost of an emergency shipment with the
  downtime until it arrives (Westerweel, 2019, chapter 2). Level 0 is emergency supply alone.

A source sets machine-hours aside for the whole demand, whether or not the shelf is ever empty, so
that the levels differ in cost, room, fill rate and emissions only. Which of them an optimal plan
may need is proven in :mod:`amopt.placement.supply.levels`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from amopt.placement.supply.levels import FEW, FEWEST, Counted, Resource, level_range
from amopt.stock import erlang_loss, least_base_stock

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Part
    from amopt.placement.supply.demanded import Allowance, Demanded

__all__ = ["CONVENTIONAL", "EMERGENCY", "EMPTY", "KINDS", "Block", "Columns", "make_columns"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

CONVENTIONAL = -1
"""The ``site`` of a column that a conventional supply fills."""

EMERGENCY = -2
"""The ``site`` of a column without stock, where every demand is an emergency shipment."""

KINDS = ("printing", "conventional", "transport", "holding", "emergency", "downtime")
"""The kinds of cost that a column has."""


@dataclass(frozen=True)
class Columns:
    """Supply columns, shape (n,) each.

    Attributes
    ----------
    period
        In which period.
    pair
        Which (place, part) is supplied.
    site
        Index of the site, or :data:`CONVENTIONAL`, or :data:`EMERGENCY`.
    machine
        Index of the type of machine; of the conventional supply where ``site`` says so.
    route
        Index of the criterion of the route, in the instance's ``routes``.
    level
        Base-stock level; 0 where nothing is stocked.
    hours
        Machine-hours set aside a year.
    weeks
        Lead time in weeks.
    fill
        Share of demand met from the shelf.
    kg_co2
        Emissions in kg a year.
    space
        Room taken in store.
    split
        Cost in money a year by kind, shape (kinds, n).
    """

    period: Ints
    pair: Ints
    site: Ints
    machine: Ints
    route: Ints
    level: Ints
    hours: Floats
    weeks: Floats
    fill: Floats
    kg_co2: Floats
    space: Floats
    split: Floats

    def __len__(self) -> int:
        return self.pair.size

    @cached_property
    def cost(self) -> Floats:
        """Cost in money a year, shape (n,)."""
        total: Floats = self.split.sum(axis=0)
        return total

    def take(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> Columns:
        """Return some of the columns."""
        return Columns(**{f.name: getattr(self, f.name)[..., chosen] for f in fields(self)})

    @classmethod
    def join(cls, parts: Sequence[Columns]) -> Columns:
        """Return the columns of several one after the other."""
        return cls(
            **{
                f.name: np.concatenate([getattr(part, f.name) for part in parts], axis=-1)
                for f in fields(cls)
            }
        )


@dataclass(frozen=True)
class Block:
    """One part in one period: the pairs that demand it.

    Attributes
    ----------
    demanded, part, period
        What is demanded, of which part, and when.
    pairs
        The pairs that demand it, indices.
    every
        Whether to offer every level that a constraint of a caller's could ask for.
    counted
        What counts, beside the objective, when levels are compared.
    allowance
        How many levels may be offered.
    """

    demanded: Demanded
    part: Part
    period: int
    pairs: Ints
    every: bool
    counted: Counted
    allowance: Allowance

    @cached_property
    def rate(self) -> Floats:
        """Demand a year of each pair, shape (pairs,)."""
        rates: Floats = self.demanded.rates[self.pairs, self.period]
        return rates

    @property
    def downtime_per_week(self) -> float:
        """Cost of a week that a demand waits."""
        return self.part.downtime_cost_per_hour * self.demanded.instance.hours_per_week

    def build(
        self,
        *,
        site: Ints,
        machine: int,
        route: int,
        unit: dict[str, Floats],
        weeks: Floats,
        kg: Floats,
        hours: float,
    ) -> Iterator[Columns]:
        """Yield the columns of some sources.

        Parameters
        ----------
        site
            Where each source is, shape (sources,).
        machine, route
            As in :class:`Columns`.
        unit
            Cost a part by kind, broadcast to (sources, pairs).
        weeks, kg
            Lead time and emissions a part, broadcast to (sources, pairs); infinite where no route
            leads.
        hours
            Machine-hours a part.
        """
        shape = (site.size, self.pairs.size)
        row, column = np.nonzero(np.isfinite(np.broadcast_to(weeks, shape)))
        lead, emitted = (np.broadcast_to(value, shape)[row, column] for value in (weeks, kg))
        each = {kind: np.broadcast_to(cost, shape)[row, column] for kind, cost in unit.items()}
        pair, rate = self.pairs[column], self.rate[column]
        common: dict[str, Ints | Floats | int] = {
            "period": self.period,
            "site": site[row],
            "machine": machine,
            "route": route,
            "hours": rate * hours,
        }
        if self.part.emergency_cost is None or self.part.may_wait:
            asked = self.demanded.asked_of_each[pair]
            split = {kind: rate * cost for kind, cost in each.items()}
            split["downtime"] = rate * lead * self.downtime_per_week
            waiting = make_columns(
                pair=pair, level=0, weeks=lead, fill=0.0, kg_co2=rate * emitted, space=0.0,
                split=split, **common,
            )  # fmt: skip
            yield waiting.take(asked == 0) if asked.any() else waiting
        if self.part.emergency_cost is not None:
            yield from self._stocked(
                pair, rate, lead=lead, emitted=emitted, each=each, common=common
            )

    def _stocked(
        self,
        pair: Ints,
        rate: Floats,
        *,
        lead: Floats,
        emitted: Floats,
        each: dict[str, Floats],
        common: dict[str, Ints | Floats | int],
    ) -> Iterator[Columns]:
        load = rate * lead / self.demanded.instance.weeks_per_year
        self.allowance.require_size(load, self.part.name)
        low, high = self._range(
            pair, rate, load=load, unit=np.sum(list(each.values()), axis=0), emitted=emitted
        )
        self.allowance.foresee(high - low, self.part.name, every=self.every)
        spot = np.repeat(np.arange(pair.size), high - low)
        start = np.repeat(low - np.cumsum(high - low) + (high - low), high - low)
        level = start + np.arange(spot.size)
        rate = rate[spot]
        lost = erlang_loss(level, load[spot])
        split: dict[str, Floats] = {
            kind: rate * (1 - lost) * cost[spot] for kind, cost in each.items()
        }
        split["holding"] = self._holding * level.astype(float)
        split["emergency"] = rate * lost * (self.part.emergency_cost or 0.0)
        split["downtime"] = rate * lost * self.part.emergency_weeks * self.downtime_per_week
        yield make_columns(
            pair=pair[spot],
            level=level,
            weeks=lead[spot],
            fill=1 - lost,
            kg_co2=rate * ((1 - lost) * emitted[spot] + lost * self.part.emergency_kg_co2),
            space=self.part.space * level,
            split=split,
            **{key: np.broadcast_to(value, load.shape)[spot] for key, value in common.items()},
        )

    @property
    def _holding(self) -> float:
        return self.part.unit_value * self.part.holding_cost_per_year_per_value

    def _range(
        self, pair: Ints, rate: Floats, *, load: Floats, unit: Floats, emitted: Floats
    ) -> tuple[Ints, Ints]:
        """Return the least level of each source that is offered, and the first that is not."""
        low, high = level_range(list(self._resources(pair, rate, unit=unit, emitted=emitted)), load)
        asked = self.demanded.asked_of_each[pair]
        possible = (asked < 1) | (load == 0)
        least = np.maximum(least_base_stock(load, np.where(possible, asked, 0.0)), 1)
        low = least if self.every else np.maximum(low, least)
        high = np.where(asked > 0, np.maximum(high, least), high)
        return low, np.where(possible, np.maximum(high + 1, low), low)

    def _resources(
        self, pair: Ints, rate: Floats, *, unit: Floats, emitted: Floats
    ) -> Iterator[Resource]:
        """Yield what the levels of sources take of everything that counts."""
        part, counted, weight = self.part, self.counted, self.demanded.instance.minimise
        everywhere, nowhere = np.ones(pair.size, dtype=bool), np.zeros(pair.size)
        money = rate * (part.emergency_cost or 0.0) - rate * unit
        money = money + rate * part.emergency_weeks * self.downtime_per_week
        kg = rate * (part.emergency_kg_co2 - emitted)

        def one(per_part: float, per_shortage: Floats, counts: Flags, few: ArrayLike) -> Resource:
            return Resource(per_part, per_shortage, counts, np.broadcast_to(few, pair.shape))

        objective = weight.cost * money + weight.kg_co2 * kg
        yield one(weight.cost * self._holding, objective, everywhere, FEWEST)
        if counted.budget:
            yield one(self._holding, money, everywhere, FEWEST)
        if counted.emissions:
            yield one(0.0, kg, everywhere, counted.few_emissions)
        if part.space > 0:
            yield one(part.space, nowhere, counted.room[pair], 0.0)
        yield one(0.0, rate, counted.average[pair], counted.few_out_of_stock[pair])
        if self.every:
            yield one(0.0, rate, everywhere, FEW)

    def emergency(self) -> Iterator[Columns]:
        """Yield the columns without stock: every demand is an emergency shipment."""
        part, rate = self.part, self.rate
        asked = self.demanded.asked_of_each[self.pairs]
        yield make_columns(
            pair=self.pairs,
            period=self.period,
            site=np.full(self.pairs.size, EMERGENCY),
            machine=-1,
            route=0,
            level=0,
            hours=0.0,
            weeks=part.emergency_weeks,
            fill=0.0,
            kg_co2=rate * part.emergency_kg_co2,
            space=0.0,
            split={
                "emergency": rate * (part.emergency_cost or 0.0),
                "downtime": rate * part.emergency_weeks * self.downtime_per_week,
            },
        ).take(asked == 0)


def make_columns(*, pair: Ints, split: dict[str, Floats], **values: object) -> Columns:
    """Return columns with costs by kind, scalars spread over all of them."""
    size = pair.size
    whole = {"period", "site", "machine", "route", "level"}
    given: dict[str, Any] = {}
    for key, value in values.items():
        one = np.asarray(value, dtype=np.int64 if key in whole else float)
        given[key] = np.full(size, one) if one.ndim == 0 else np.broadcast_to(one, size)
    costs = np.zeros((len(KINDS), size))
    for kind, cost in split.items():
        costs[KINDS.index(kind)] = cost
    return Columns(pair=pair, split=costs, **given)


EMPTY = make_columns(
    pair=np.empty(0, dtype=np.int64),
    split={},
    **dict.fromkeys(
        (
            "period",
            "site",
            "machine",
            "route",
            "level",
            "hours",
            "weeks",
            "fill",
            "kg_co2",
            "space",
        ),
        0,
    ),
)
