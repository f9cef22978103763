"""The supply options of an instance: every way of filling every line, as arrays."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amopt.sourcing.instance.curves import Curves, quotes_of
from amopt.sourcing.instance.entries import CONVENTIONAL, Conventional, Line, Offer

if TYPE_CHECKING:
    from amopt.sourcing.instance.entries import Committed, Part
    from amopt.sourcing.instance.fields import Instance

__all__ = ["Source", "SupplyOptions"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Source = Offer | Conventional
"""Where parts come from."""


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
        Curves of the options: what is paid for q parts delivered (price, fee or asset cost,
        transport, royalties), and weeks until they are delivered.
    smallest, largest
        Smallest and largest order of each option, shape (n,).
    hours, kg_co2
        Machine hours and kg of CO2 (making and transport) a part, shape (n,).
    excluded
        Why an option cannot be used, empty where it can, length n.
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

    @classmethod
    def of(cls, instance: Instance) -> SupplyOptions:
        """Return the supply options of an instance."""
        sources: tuple[Source, ...] = (*instance.offers, *instance.conventional)
        line, source = _pairs(instance, sources)
        moved = _transport(instance, sources, line, source)
        reached = np.isfinite(moved[0])
        cost, weeks, kg_co2 = np.where(reached, moved, 0.0)
        total, lead_time = _source_curves(instance)
        royalty = _royalties(instance)
        own = total.take(source).plus(_fees(sources)[source], cost + royalty[source])
        making = np.array([entry.kg_co2_per_part for entry in sources], dtype=float)
        hours = [0.0 if isinstance(s, Conventional) else s.machine_hours_per_part for s in sources]
        smallest = [s.minimum_order if isinstance(s, Conventional) else s.smallest for s in sources]
        largest = [np.inf if isinstance(s, Conventional) else s.largest for s in sources]
        return cls(
            instance,
            sources,
            line,
            source,
            own,
            lead_time.take(source).plus(weeks, np.zeros_like(weeks)),
            np.array(smallest, dtype=float)[source],
            np.array(largest, dtype=float)[source],
            np.array(hours, dtype=float)[source],
            making[source] + kg_co2,
            tuple(_exclusions(instance, sources, line, source, reached)),
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
        index = np.flatnonzero(self.conventional & self.usable)
        found[self.line[index]] = index
        return found

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
        """Each committed order with its cost, weeks, kg of CO2 and machine hours."""
        return tuple(
            (order, *self._terms(order, self._number[order.line]))
            for order in self.instance.committed
        )

    def _terms(self, order: Committed, line: int) -> tuple[float, float, float, float]:
        options = np.flatnonzero(self.line == line)
        part = self.instance.lines[line].part
        for option in options:
            source = self.sources[self.source[option]]
            if isinstance(source, Offer):
                hit = order.matches(source, part)
            else:
                hit = order.supplier == CONVENTIONAL
            if hit:
                one = np.array([option])
                amount = np.array([order.quantity])
                asked = (
                    float(self.total.take(one).at(amount)[0]),
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


def _pairs(instance: Instance, sources: tuple[Source, ...]) -> tuple[Ints, Ints]:
    by_part: dict[str, list[int]] = defaultdict(list)
    for index, source in enumerate(sources):
        by_part[source.part].append(index)
    own = [by_part.get(line.part, []) for line in instance.lines]
    line = np.repeat(np.arange(len(own)), [len(options) for options in own])
    return line, np.array([source for options in own for source in options], dtype=np.int64)


def _source_curves(instance: Instance) -> tuple[Curves, Curves]:
    total, lead_time = quotes_of(instance.offers).curves()
    made = instance.conventional
    price = np.array([entry.cost_per_part for entry in made], dtype=float)
    asset = np.array([0.0 if e.asset_exists else e.asset_cost for e in made], dtype=float)
    weeks = np.array(
        [e.lead_time_weeks + (0.0 if e.asset_exists else e.tooling_lead_time_weeks) for e in made],
        dtype=float,
    )
    return (
        total.joined(Curves.lines(asset, price)),
        lead_time.joined(Curves.lines(weeks, np.zeros_like(weeks))),
    )


def _fees(sources: tuple[Source, ...]) -> Floats:
    return np.array(
        [source.fee_per_order if isinstance(source, Offer) else 0.0 for source in sources],
        dtype=float,
    )


def _royalties(instance: Instance) -> Floats:
    """Return the royalty a part of each source: all licences that its prints come under."""
    due: dict[tuple[str, str | None], float] = defaultdict(float)
    for licence in instance.licences:
        due[licence.part, licence.supplier] += licence.royalty_per_print
    offers = [due[o.part, None] + due[o.part, o.supplier] for o in instance.offers]
    return np.array(offers + [0.0] * len(instance.conventional), dtype=float)


def _transport(instance: Instance, sources: tuple[Source, ...], line: Ints, source: Ints) -> Floats:
    """Return cost, weeks and kg of CO2 a part, shape (3, n); infinite where no route leads."""
    found = np.zeros((3, line.size))
    if not instance.network.places or not line.size:
        return found
    network = instance.supply_network
    start = [s.supplier if isinstance(s, Offer) else s.place for s in sources]
    end = [entry.place for entry in instance.lines]
    weights = {part.name: part.weight_kg for part in instance.parts}
    heavy = np.array([weights[entry.part] for entry in instance.lines])[line]
    starts = sorted({name for name in start if name is not None})
    ends = sorted({name for name in end if name is not None})
    row, column = ({n: i for i, n in enumerate(names)} for names in (starts, ends))
    rows = np.array([-1 if name is None else row[name] for name in start])[source]
    columns = np.array([-1 if name is None else column[name] for name in end])[line]
    moved = (rows >= 0) & (columns >= 0)
    for weight in np.unique(heavy[moved]):
        by = "cost" if instance.transport == "cheapest" else "weeks"
        routes = network.routes(starts, ends, by=by, kg_per_part=float(weight))  # type: ignore[arg-type]
        own = moved & (heavy == weight)
        for measure, table in enumerate((routes.cost, routes.weeks, routes.kg_co2)):
            found[measure, own] = table[rows[own], columns[own]]
    return found


def _exclusions(
    instance: Instance,
    sources: tuple[Source, ...],
    line: Ints,
    source: Ints,
    reached: NDArray[np.bool_],
) -> list[str]:
    """Return why each option cannot be used; empty where it can."""
    parts = {part.name: part for part in instance.parts}
    general = [
        _unfit(instance, entry, parts[entry.part]) if isinstance(entry, Offer) else ""
        for entry in sources
    ]
    reasons = [general[s] for s in source]
    special = np.flatnonzero(~reached)
    for option in special:
        reasons[option] = reasons[option] or f"no route leads to {_at(instance, line[option])!r}"
    demanding = [bool(entry.certificates) for entry in instance.lines]
    if any(demanding):
        for option in np.flatnonzero(np.array(demanding)[line]):
            entry = sources[source[option]]
            if isinstance(entry, Offer):
                missing = set(instance.lines[line[option]].certificates) - set(entry.certificates)
                reasons[option] = reasons[option] or _lacks(missing)
    return reasons


def _at(instance: Instance, line: int) -> str:
    entry: Line = instance.lines[line]
    return entry.place or ""


def _lacks(missing: set[str]) -> str:
    return f"lacks the certificate {', '.join(sorted(missing))}" if missing else ""


def _unfit(instance: Instance, offer: Offer, part: Part) -> str:
    """Return why an offer cannot be used for any line."""
    today = instance.order_date
    if today is not None and offer.valid_from is not None and today < offer.valid_from:
        return f"holds from {offer.valid_from} on"
    if today is not None and offer.valid_to is not None and today > offer.valid_to:
        return f"held until {offer.valid_to}"
    if part.materials and offer.material not in part.materials:
        return f"material {offer.material or 'not stated'} will not do"
    box, size = offer.build_envelope, (part.length_mm, part.width_mm, part.height_mm)
    if box is not None:
        known = sorted((x for x in size if x is not None), reverse=True)
        space = sorted((box.length_mm, box.width_mm, box.height_mm), reverse=True)
        if any(x > s for x, s in zip(known, space, strict=False)):
            return "the part does not fit the build envelope"
    return _lacks(set(part.certificates) - set(offer.certificates))
