"""The supply options of an instance: every way of filling every line, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amopt.sourcing.instance.curves import Curves
from amopt.sourcing.instance.entries import CONVENTIONAL, Conventional, Offer
from amopt.sourcing.offers.charges import Charges, charges_of
from amopt.sourcing.offers.closures import with_closures
from amopt.sourcing.offers.reach import (
    Source,
    asset,
    exclusions,
    fees,
    once_and_after,
    pairs,
    royalties,
    source_curves,
    transport,
    with_committed,
)

if TYPE_CHECKING:
    from amopt.sourcing.instance.entries import Committed
    from amopt.sourcing.instance.fields import Instance

__all__ = ["SupplyOptions"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SupplyOptions:
    """All options: an option is a source (an offer, or conventional supply) for a line.

    Attributes
    ----------
    instance
        The instance.
    sources
        The instance's offers, then its conventional supplies.
    line, source
        Line and source of each option, shape (n,); the options of a line are neighbours, its
        conventional supply the last.
    total, lead_time
        Curves of the options, each as an order of its own: what is paid for q parts delivered
        (price, fee or asset and setup, transport, duty, royalties), and weeks until they are
        delivered.
    smallest, largest
        Smallest and largest order of each option, shape (n,).
    hours, kg_co2
        Machine hours and kg of CO2 (making and transport) a part, shape (n,).
    excluded
        Why an option cannot be used, empty where it can, length n.
    pool
        The pool of each option, shape (n,): options of one source that share an order. Where each
        line has orders of its own, a pool is an option.
    pool_total, pool_lead
        Curves of the pools: what is paid for q parts of an order, in all (price, and fee or
        setup), and weeks until they are made.
    moved_cost, moved_weeks, transport_cost, royalty
        What comes on top for the parts of an option: money a part (transport and the duty on it,
        royalties, post-processing), weeks (transport), and transport and royalties alone, shape
        (n,).
    duty, duty_on_transport
        Duty as a share of the price of an option's parts, and on their transport as money a part,
        shape (n,).
    """

    instance: Instance
    sources: tuple[Source, ...]
    line: Ints
    source: Ints
    total: Curves
    lead_time: Curves
    smallest: Floats
    largest: Floats
    hours: Floats
    kg_co2: Floats
    excluded: tuple[str, ...]
    pool: Ints
    pool_total: Curves
    pool_lead: Curves
    moved_cost: Floats
    moved_weeks: Floats
    transport_cost: Floats
    royalty: Floats
    duty: Floats
    duty_on_transport: Floats

    @classmethod
    def of(cls, instance: Instance) -> SupplyOptions:
        """Return the supply options of an instance."""
        sources: tuple[Source, ...] = (*instance.offers, *instance.conventional)
        line, source, pool = pairs(instance, sources)
        moved = transport(instance, sources, line, source)
        reached = np.isfinite(moved[0])
        carried, weeks, kg_co2, duty, on_transport = np.where(reached, moved, 0.0)
        goods, made_in = with_committed(instance, *source_curves(instance))
        more = once_and_after(instance, sources)
        made_in = made_in.plus(more.weeks, more.weeks_per_part)
        goods, made_in = with_closures(instance, sources, goods, made_in)
        fee, tooling = fees(sources), np.array([asset(s) for s in sources], dtype=float)
        royalty = royalties(instance)[source]
        cost = carried + royalty + more.cost_per_part[source] + on_transport
        making = np.array([entry.kg_co2_per_part for entry in sources], dtype=float)
        hours = [0.0 if isinstance(s, Conventional) else s.machine_hours_per_part for s in sources]
        smallest = [entry.smallest for entry in sources]
        largest = [np.inf if isinstance(s, Conventional) else s.largest for s in sources]
        none = np.zeros_like(weeks)
        of_pool = source[np.unique(pool, return_index=True)[1]]
        return cls(
            instance=instance,
            sources=sources,
            line=line,
            source=source,
            total=goods.take(source).times(1 + duty).plus((fee + tooling)[source], cost),
            lead_time=made_in.take(source).plus(weeks, none),
            smallest=np.array(smallest, dtype=float)[source],
            largest=np.array(largest, dtype=float)[source],
            hours=np.array(hours, dtype=float)[source],
            kg_co2=making[source] + kg_co2,
            excluded=tuple(exclusions(instance, sources, line, source, reached)),
            pool=pool,
            pool_total=goods.take(of_pool).plus(fee[of_pool], np.zeros(of_pool.size)),
            pool_lead=made_in.take(of_pool),
            moved_cost=cost,
            moved_weeks=weeks,
            transport_cost=carried,
            royalty=royalty,
            duty=duty,
            duty_on_transport=on_transport,
        )

    def __len__(self) -> int:
        return self.line.size

    @cached_property
    def usable(self) -> NDArray[np.bool_]:
        """Whether an option can be used, shape (n,)."""
        return np.array([not reason for reason in self.excluded], dtype=bool)

    @cached_property
    def conventional(self) -> NDArray[np.bool_]:
        """Whether an option is conventional supply, shape (n,)."""
        return self.source >= len(self.instance.offers)

    @cached_property
    def conventional_of_line(self) -> Ints:
        """The option of each line that is its conventional supply, or -1, shape (lines,)."""
        found = np.full(len(self.instance.lines), -1, dtype=np.int64)
        index = np.flatnonzero(self.conventional & self.usable)[::-1]
        found[self.line[index]] = index
        return found

    @cached_property
    def alone(self) -> SupplyOptions:
        """The options where each line has orders of its own: these, where none may be shared."""
        if not self.instance.pooled:
            return self
        return SupplyOptions.of(self.instance.unchecked_copy(orders="by_line"))

    @cached_property
    def charges(self) -> Charges:
        """What is paid once: see :mod:`amopt.sourcing.offers.charges`."""
        return charges_of(self)

    @cached_property
    def members(self) -> tuple[Ints, Ints]:
        """The options of each pool that may be ordered on, and where each pool begins.

        Option ``options[start[g]:start[g + 1]]`` are those of pool g: usable, of lines that need
        parts. A line that nobody can share an order of a source with has one option of it, not two.
        """
        able = np.flatnonzero(self.usable & (self.needed[self.line] > 0))
        if self.instance.order_chosen:
            source, line = self.source[able], self.line[able]
            lines = np.bincount(np.unique(np.stack([source, line]), axis=1)[0])
            first = np.zeros(able.size, dtype=bool)
            first[np.unique(source, return_index=True)[1]] = True
            able = able[first | (lines[source] > 1)]
        able = able[np.argsort(self.pool[able], kind="stable")]
        return able, np.searchsorted(self.pool[able], np.arange(len(self.pool_total) + 1))

    def by_pool(self, quantity: Floats) -> Floats:
        """Return the parts of each pool from those of each option, shape (pools,)."""
        pools = len(self.pool_total)
        return np.bincount(self.pool, quantity, minlength=pools).astype(np.float64)

    @cached_property
    def fee_of_pool(self) -> Floats:
        """What an order of each pool pays beside prices: its fee or setup, shape (pools,)."""
        found = np.zeros(len(self.pool_total))
        found[self.pool] = fees(self.sources)[self.source]
        return found

    @cached_property
    def single(self) -> NDArray[np.bool_]:
        """Whether a pool has one option at most that may be ordered on, shape (pools,)."""
        return np.diff(self.members[1]) < 2

    @cached_property
    def supplier(self) -> tuple[str, ...]:
        """The supplier of each option; ``"conventional"`` for conventional supply."""
        names = [self.name_of(source) for source in self.sources]
        return tuple(names[source] for source in self.source)

    @staticmethod
    def name_of(source: Source) -> str:
        """Return the supplier of a source."""
        return source.supplier if isinstance(source, Offer) else CONVENTIONAL

    @cached_property
    def quantity(self) -> Floats:
        """Parts that each line asks for, shape (lines,)."""
        return np.array([line.quantity for line in self.instance.lines], dtype=float)

    @cached_property
    def surplus(self) -> Floats:
        """Parts that may be ordered beyond it, shape (lines,)."""
        return np.array([line.surplus for line in self.instance.lines], dtype=float)

    @cached_property
    def unmet_penalty(self) -> Floats:
        """Penalty of each part not supplied, by line, shape (lines,); NaN where all must be."""
        asked = (line.unmet_penalty_per_part for line in self.instance.lines)
        return np.array([np.nan if each is None else each for each in asked], dtype=float)

    @cached_property
    def divisible(self) -> NDArray[np.bool_]:
        """Whether fractions may be ordered, shape (lines,)."""
        return np.array([line.divisible for line in self.instance.lines], dtype=bool)

    @cached_property
    def downtime_per_week(self) -> Floats:
        """Downtime cost a week of each line, in money, shape (lines,)."""
        default = self.instance.hours_per_week
        return np.array(
            [
                line.downtime_cost_per_hour
                * (default if line.hours_per_week is None else line.hours_per_week)
                for line in self.instance.lines
            ],
            dtype=float,
        )

    @cached_property
    def need_by(self) -> Floats:
        """Latest delivery of each line in weeks, shape (lines,); infinite where none is asked."""
        return np.array(
            [
                np.inf if n is None else n
                for n in map(self.instance.need_by_weeks, self.instance.lines)
            ],
            dtype=float,
        )

    @cached_property
    def latest(self) -> Floats:
        """Latest delivery of each line that any limit allows, in weeks, shape (lines,)."""
        limit = self.instance.limits.weeks
        return np.minimum(self.need_by, np.inf if limit is None else limit)

    @cached_property
    def timed(self) -> Ints:
        """The lines whose delivery costs something or has a limit."""
        weights = self.instance.minimise
        matters = (
            (self.downtime_per_week * weights.downtime > 0)
            | (weights.weeks > 0)
            | np.isfinite(self.latest)
        )
        return np.flatnonzero(matters)

    @cached_property
    def needed(self) -> Floats:
        """What the committed orders leave to be ordered of each line, shape (lines,)."""
        left: Floats = self.quantity.copy()
        for order in self.instance.committed:
            left[self._number[order.line]] -= order.quantity
        left[np.abs(left) <= 1e-9 * self.quantity] = 0.0
        return left

    @cached_property
    def committed_weeks(self) -> Floats:
        """When the last committed order of each line arrives, in weeks, shape (lines,)."""
        arrived = np.zeros(len(self.instance.lines))
        for order, _, weeks, _, _ in self.commitments:
            line = self._number[order.line]
            arrived[line] = max(arrived[line], weeks)
        return arrived

    @cached_property
    def committed_cost(self) -> float:
        """What is paid for all committed orders, in money."""
        return float(sum(cost for _, cost, _, _, _ in self.commitments))

    @cached_property
    def committed_kg_co2(self) -> float:
        """Emissions of all committed orders, in kg of CO2."""
        return float(sum(kg for _, _, _, kg, _ in self.commitments))

    @cached_property
    def committed_suppliers(self) -> dict[str, set[str]]:
        """The suppliers of each line's committed orders, by name of the line."""
        found: dict[str, set[str]] = {line.line: set() for line in self.instance.lines}
        for order in self.instance.committed:
            found[order.line].add(order.supplier)
        return found

    @cached_property
    def suppliers_left(self) -> dict[str, int]:
        """How many more suppliers each line may have, by name; many where there is no limit."""
        most = self.instance.limits.suppliers_per_line
        many = len(self.sources) + 1 if most is None else most
        return {name: max(0, many - len(own)) for name, own in self.committed_suppliers.items()}

    @cached_property
    def _number(self) -> dict[str, int]:
        return {line.line: number for number, line in enumerate(self.instance.lines)}

    @cached_property
    def options_of_line(self) -> tuple[Ints, ...]:
        """The usable options of each line."""
        index = np.flatnonzero(self.usable)
        cuts = np.searchsorted(self.line[index], np.arange(1, len(self.instance.lines)))
        return tuple(np.split(index, cuts)) if len(self.instance.lines) else ()

    @cached_property
    def commitments(self) -> tuple[tuple[Committed, float, float, float, float], ...]:
        """Each committed order with its cost, weeks, kg of CO2 and machine hours.

        Of orders of several entries, each has its share; the first conventional order of a part
        pays the tooling.
        """
        ordered: dict[tuple[str, str | int], float] = {}
        payer: dict[str, tuple[str, str | int]] = {}
        named = [
            (self.instance.lines[self._number[own.line]].part, own.order or n)
            for n, own in enumerate(self.instance.committed)
        ]
        for key, own in zip(named, self.instance.committed, strict=True):
            ordered[key] = ordered.get(key, 0.0) + own.quantity
            if own.supplier == CONVENTIONAL:
                payer.setdefault(key[0], key)
        return tuple(
            (own, *self._terms(own, ordered[key], tooled=payer.get(key[0], key) != key))
            for key, own in zip(named, self.instance.committed, strict=True)
        )

    @cached_property
    def _as_quoted(self) -> Curves:
        """What the options' parts cost where nothing that is committed counts for them."""
        if not self.instance.counts_committed:
            return self.total
        plain = [
            offer.model_copy(update={"committed_counts": None}) for offer in self.instance.offers
        ]
        return SupplyOptions.of(self.instance.unchecked_copy(offers=tuple(plain))).total

    def _terms(
        self, order: Committed, ordered: float, *, tooled: bool
    ) -> tuple[float, float, float, float]:
        """Return what an entry of an order of so many parts comes to; not tooling that is paid."""
        line = self._number[order.line]
        options = np.flatnonzero(self.line == line)
        part = self.instance.lines[line].part
        for option in options:
            source = self.sources[self.source[option]]
            if isinstance(source, Offer):
                hit = order.matches(source, part)
            else:
                hit = order.supplier == CONVENTIONAL
            if hit:
                one, amount = np.array([option]), np.array([ordered])
                paid = asset(source) if tooled else 0.0
                share = order.quantity / ordered
                asked = (
                    (float(self._as_quoted.take(one).at(amount)[0]) - paid) * share,
                    float(self.lead_time.take(one).at(amount)[0]),
                    float(self.kg_co2[option] * order.quantity),
                    float(self.hours[option] * order.quantity),
                )
                break
        else:
            asked = (0.0, 0.0, 0.0, 0.0)
        promised = self.instance.committed_weeks(order)
        agreed = (order.cost, promised, order.kg_co2, order.machine_hours)
        cost, weeks, kg, hours = (b if a is None else a for a, b in zip(agreed, asked, strict=True))
        return cost, weeks, kg, hours
