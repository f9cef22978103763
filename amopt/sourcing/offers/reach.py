"""Who may supply which line, by which route, and what comes to the quotes for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from amopt.sourcing.instance.curves import Curves, quotes_of
from amopt.sourcing.instance.entries import Conventional, Offer
from amopt.sourcing.instance.offered.left_out import lacks, unfit, void

if TYPE_CHECKING:
    from amopt.network.routes import RouteTable
    from amopt.sourcing.instance.calendars import Lane
    from amopt.sourcing.instance.entries import Line
    from amopt.sourcing.instance.fields import Instance

__all__ = [
    "More",
    "Source",
    "asset",
    "exclusions",
    "fees",
    "once_and_after",
    "pairs",
    "royalties",
    "source_curves",
    "transport",
    "with_committed",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Source = Offer | Conventional
"""Where parts come from."""


def royalties(instance: Instance) -> Floats:
    """Return the royalty a part of each source: all licences that its prints come under."""
    due: dict[tuple[str, str | None], float] = defaultdict(float)
    for licence in instance.licences:
        due[licence.part, licence.supplier] += licence.royalty_per_print
    offers = [due[o.part, None] + due[o.part, o.supplier] for o in instance.offers]
    return np.array(offers + [0.0] * len(instance.conventional), dtype=float)


def transport(instance: Instance, sources: tuple[Source, ...], line: Ints, source: Ints) -> Floats:
    """Return what routes take: infinite where none leads.

    Returns
    -------
    moved : array of float, shape (5, n)
        Cost, weeks and kg of CO2 a part; duty as a share of prices, and on transport a part.
    """
    found = np.zeros((5, line.size))
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
        paid = _duties_of_routes(instance.network.lanes, routes)
        for measure, table in enumerate((routes.cost, routes.weeks, routes.kg_co2, *paid)):
            found[measure, own] = table[rows[own], columns[own]]
    return found


def _duties_of_routes(lanes: Sequence[Lane], routes: RouteTable) -> Floats:
    """Return the duties along routes, as shares of prices and on transport as money a part.

    Parameters
    ----------
    lanes
        The lanes of the network.
    routes
        Routes for parts of one weight, from S places to T places.

    Returns
    -------
    duties : array of float, shape (2, S, T)
        Infinite where no route leads.
    """
    found = np.stack([np.where(routes.reached, 0.0, np.inf)] * 2)
    dutiable = {(x.from_, x.to, x.mode): x for x in lanes if x.duty_percent}
    for row, source in enumerate(routes.sources if dutiable else ()):
        for column, target in enumerate(routes.targets):
            places = routes.path(source, target)
            for (start, end), mode in zip(
                pairwise(places), routes.modes(source, target), strict=True
            ):
                lane = dutiable.get((start, end, mode))
                if lane is not None:
                    share = lane.duty_percent / 100
                    found[0, row, column] += share
                    if lane.duty_on == "goods_and_transport":
                        found[1, row, column] += share * routes.cost[row, column]
    return found


def exclusions(
    instance: Instance,
    sources: tuple[Source, ...],
    line: Ints,
    source: Ints,
    reached: NDArray[np.bool_],
) -> list[str]:
    """Return why each option cannot be used; empty where it can."""
    parts = {part.name: part for part in instance.parts}
    general = [
        void(entry, instance.order_date) or unfit(entry, parts[entry.part])
        if isinstance(entry, Offer)
        else ""
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
                asked = instance.lines[line[option]].certificates
                reasons[option] = reasons[option] or lacks(entry, asked)
    return reasons


def _at(instance: Instance, line: int) -> str:
    entry: Line = instance.lines[line]
    return entry.place or ""


class More(NamedTuple):
    """What comes to the quotes of each source: weeks an order, weeks and money a part."""

    weeks: Floats
    weeks_per_part: Floats
    cost_per_part: Floats


def once_and_after(instance: Instance, sources: tuple[Source, ...]) -> More:
    """Return what preparation and approval take before making, and post-processing after it."""
    more = More(*np.zeros((3, len(sources))))
    before: dict[tuple[str | None, str], float] = {
        (None, entry.part): entry.weeks for entry in instance.preparations if not entry.done
    }
    before |= {
        (entry.supplier, entry.part): entry.weeks for entry in instance.approvals if not entry.done
    }
    after = {(entry.part, entry.route): entry for entry in instance.post_processing}
    if not before and not after:
        return more
    for s, source in enumerate(sources):
        if isinstance(source, Offer):
            more.weeks[s] = before.get((None, source.part), 0.0)
            more.weeks[s] += before.get((source.supplier, source.part), 0.0)
            done = after.get((source.part, source.route))
            if done is not None:
                more.weeks[s] += done.weeks
                more.weeks_per_part[s] = done.weeks_per_part
                more.cost_per_part[s] = done.cost_per_part
    return more


def source_curves(instance: Instance) -> tuple[Curves, Curves]:
    """Return what q parts of each source cost, and the weeks until they are made."""
    total, lead_time = quotes_of(instance.offers).curves()
    made = instance.conventional
    price = np.array([entry.cost_per_part for entry in made], dtype=float)
    weeks = np.array([e.lead_time_weeks + instance.tooling_weeks(e) for e in made], dtype=float)
    return (
        total.joined(Curves.lines(np.zeros_like(price), price)),
        lead_time.joined(Curves.lines(weeks, np.zeros_like(weeks))),
    )


def with_committed(instance: Instance, goods: Curves, made_in: Curves) -> tuple[Curves, Curves]:
    """Return the curves of new orders, where what is committed at an offer counts for them.

    With ``C(q)`` the price of q parts, and ``q0`` parts committed, x new parts cost
    ``C(q0 + x) - C(q0)``; of tiers of all units that count for new parts alone, the price of the
    tier of ``q0 + x``. Lead times are those of x parts.
    """
    before = {s: q for s, o in enumerate(instance.offers) if (q := instance.counted(o)) > 0}
    if not before:
        return goods, made_in
    start, lower, rows = [0], [], []
    for c, (a, b) in enumerate(pairwise(goods.start.tolist())):
        own, q0 = goods.lower[a:b], before.get(c, 0.0)
        cuts = np.unique(np.concatenate([own, own[own > q0] - q0])) if q0 else own
        dear = a + np.searchsorted(own, (q0 + cuts) * (1 + 1e-12), side="right") - 1
        late = a + np.searchsorted(own, cuts, side="right") - 1
        fixed, rate = goods.fixed[dear], goods.rate[dear]
        offer = instance.offers[c] if q0 else None
        if offer is not None and (offer.committed_counts, offer.between) != (
            "new_parts",
            "all_units",
        ):
            paid = goods.take(np.array([c])).at(np.array([q0]))[0]
            fixed = fixed + rate * q0 - paid
        priced = fixed, rate, goods.scale[dear], goods.exponent[dear]
        timed = (getattr(made_in, name)[late] for name in ("fixed", "rate", "scale", "exponent"))
        lower.append(cuts)
        rows.append(np.stack([*priced, *timed]))
        start.append(start[-1] + cuts.size)
    at, every = np.concatenate(lower), np.concatenate(rows, axis=1)
    begins = np.array(start, dtype=np.int64)
    return Curves(begins, at, *every[:4]), Curves(begins, at, *every[4:])


def fees(sources: tuple[Source, ...]) -> Floats:
    """Return what each source asks for an order: its fee, or its setup."""
    return np.array(
        [s.fee_per_order if isinstance(s, Offer) else s.setup_cost for s in sources], dtype=float
    )


def asset(source: Source) -> float:
    """Return the asset cost of a source; none where the asset exists, and at an offer."""
    return 0.0 if isinstance(source, Offer) or source.asset_exists else source.asset_cost


def pairs(instance: Instance, sources: tuple[Source, ...]) -> tuple[Ints, Ints, Ints]:
    """Return line, source and pool of each option.

    Where a line may choose, a source of several lines comes twice: with a shared order first.
    """
    by_part: dict[str, list[int]] = defaultdict(list)
    for index, entry in enumerate(sources):
        by_part[entry.part].append(index)
    own = [by_part.get(line.part, []) for line in instance.lines]
    line = np.repeat(np.arange(len(own)), [len(options) for options in own])
    source = np.array([index for options in own for index in options], dtype=np.int64)
    if not instance.pooled:
        return line, source, np.arange(line.size)
    several = np.bincount(source, minlength=len(sources))[source] > 1
    twice = several if instance.orders == "either" else np.zeros_like(several)
    again = np.repeat(np.arange(line.size), 1 + twice)
    alone = np.zeros(again.size, dtype=bool)
    alone[np.flatnonzero(np.diff(again, prepend=-1) == 0)] = True
    line, source = line[again], source[again]
    name = np.where(alone, len(sources) + np.arange(again.size), source)
    _, first, pool = np.unique(name, return_index=True, return_inverse=True)
    rank = np.empty(first.size, dtype=np.int64)
    rank[np.argsort(first)] = np.arange(first.size)
    pools: Ints = rank[pool]
    return line, source, pools
