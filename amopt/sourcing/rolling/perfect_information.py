"""The perfect-information bound: what nobody can beat who decides event by event.

It knows all events in advance and decides each line by itself, free of the capacities and of what
other lines take of licences: each of these can only lower the cost, so that the sum over lines is
a bound on the cost of every policy. Where other lines of its part may share a line's orders, it
pays the lowest price a part of each offer and waits its shortest lead time, without a fee, and its
share of the part's tooling is that of all lines together. What else is paid once is left out.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from amopt.errors import InfeasibleError
from amopt.instance.common import Network
from amopt.sourcing.instance.curves import quotes_of
from amopt.sourcing.instance.entries import CONVENTIONAL, Limits, Quote
from amopt.sourcing.rolling.orders import LATE

if TYPE_CHECKING:
    from amopt.program.solver.highs import Options
    from amopt.sourcing.instance.fields import Instance, Licence, Offer
    from amopt.sourcing.rolling.orders import KnownLine, Order
    from amopt.sourcing.rolling.state import ReplayState

__all__ = ["Window", "bounds", "windows"]


@dataclass(frozen=True, slots=True)
class Window:
    """An offer and when orders could be placed on it, in weeks from the start."""

    offer: Offer
    opens: float
    closes: float


def windows(states: Sequence[ReplayState]) -> list[Window]:
    """Return the offers of a replay, each with the time over which it held and its supplier was up.

    Parameters
    ----------
    states
        The state at each decision, in the order of time.
    """
    held: dict[tuple[str, str, str, str], Window] = {}
    found = []
    for state in states:
        now = {k: o for k, o in state.offers.items() if o.supplier not in state.down}
        for key, window in list(held.items()):
            if now.get(key) is not window.offer:
                found.append(Window(window.offer, window.opens, state.now))
                del held[key]
        for key, offer in now.items():
            held.setdefault(key, Window(offer, state.now, float("inf")))
    return found + list(held.values())


def bounds(
    states: Sequence[ReplayState], orders: Sequence[Order], options: Options | None = None
) -> dict[str, float]:
    """Return a bound on the objective of each line, by line.

    Parameters
    ----------
    states
        The state at each decision, in the order of time.
    orders
        All orders in the end: those that the files give are given to the bound too.
    options
        What the solver may take.

    Raises
    ------
    InfeasibleError
        When a line cannot be filled even so.
    """
    from amopt.sourcing.decision import solve

    last = states[-1]
    offered = windows(states)
    licences = _most_granted(states)
    most: dict[str, list[float]] = defaultdict(list)
    for known in last.lines.values():
        most[known.line.part].append(known.line.quantity + known.line.surplus)
    tooled = {order.part for order in orders if order.given and order.supplier == CONVENTIONAL}
    found = {}
    for name, known in last.lines.items():
        given = [order for order in orders if order.given and order.line == name]
        if known.cancelled:
            found[name] = 0.0
            continue
        alone = _alone(last, known, offered, licences, given)
        part = known.line.part
        if len(most[part]) > 1:
            alone = _at_best(alone, sum(most[part]), tooled=part in tooled)
        try:
            bound = solve(alone, options=options, explain=False).outcome.bound
        except InfeasibleError:
            bound = solve(_unlimited(alone), options=options).outcome.bound
        found[name] = (bound or 0.0) - _given_back(last, name, orders)
    return found


def _unlimited(alone: Instance) -> Instance:
    """Return the instance of a line without what orders that the files give may break.

    They are placed whatever they cost and whenever they arrive; with fewer limits no plan costs
    more, so that a bound stays one.
    """
    lines = tuple(
        line.model_copy(update={"need_by": None, "need_by_weeks": None}) for line in alone.lines
    )
    return alone.unchecked_copy(lines=lines, limits=Limits())


def _most_granted(states: Sequence[ReplayState]) -> dict[tuple[str, str | None], Licence]:
    """Return each licence with the most prints that it ever granted."""
    most: dict[tuple[str, str | None], Licence] = {}
    for state in states:
        for key, licence in state.licences.items():
            if key not in most or licence.prints > most[key].prints:
                most[key] = licence
    return most


def _alone(
    last: ReplayState,
    known: KnownLine,
    offered: Sequence[Window],
    licences: Mapping[tuple[str, str | None], Licence],
    given: Sequence[Order],
) -> Instance:
    """Return the instance of one line: each offer it could wait for, by a name of its own."""
    line, since = known.line, known.since_weeks
    earliest = since + last.events.place_after_weeks
    own = [w for w in offered if w.offer.part == line.part and w.closes >= earliest - LATE]
    offers, names = [], []
    off = {
        terms.supplier: terms.spend_discounts.tiers[-1].percent / 100
        for terms in last.instance.suppliers
        if terms.spend_discounts is not None
    }
    for number, window in enumerate(own):
        wait = max(0.0, window.opens - since, earliest - since)
        names.append((window.offer.supplier, f"{window.offer.supplier} ({number + 1})"))
        offers.append(
            _discounted(_later(window.offer, wait, names[-1][1]), off.get(names[-1][0], 0.0))
        )
    granted = [licences[key] for key in licences if key[0] == line.part]
    conventional = tuple(
        entry.model_copy(
            update={"lead_time_weeks": entry.lead_time_weeks + max(0.0, earliest - since)}
        )
        for entry in last.instance.conventional
        if entry.part == line.part
    )
    return last.instance.unchecked_copy(
        order_date=None,
        network=_with_copies(last.instance.network, names),
        lines=(_at_least(line, given),),
        conventional=conventional,
        offers=tuple(offers),
        suppliers=(),
        deliveries=(),
        approvals=(),
        preparations=(),
        shares=(),
        capacities=(),
        licences=_licences(granted, names),
        committed=tuple(order.committed(since, since) for order in given),
        limits=last.instance.limits.model_copy(update={"suppliers_per_line": None}),
    )


def _at_best(alone: Instance, most: float, *, tooled: bool) -> Instance:
    """Return the instance of a line with the best that sharing orders and tooling could give it.

    Parameters
    ----------
    alone
        The instance of the line.
    most
        The most parts that all lines of its part take.
    tooled
        Whether the files order from conventional supply, which pays the tooling.
    """
    apart = alone.orders == "by_line"
    conventional = []
    for entry in alone.conventional:
        once = 0.0 if entry.asset_exists or tooled else entry.asset_cost
        once += 0.0 if apart else entry.setup_cost
        changes: dict[str, float] = {
            "asset_cost": 0.0,
            "cost_per_part": entry.cost_per_part + once / most,
        }
        if not apart:
            changes |= {"setup_cost": 0.0, "minimum_order": 1e-6}
        conventional.append(entry.model_copy(update=changes))
    if apart:
        return alone.unchecked_copy(conventional=tuple(conventional))
    offers = tuple(
        offer.model_copy(
            update={
                "between": "linear",
                "quotes": (_best_quote(offer),),
                "smallest_quantity": 1e-6,
                "largest_quantity": 1e9 if math.isinf(offer.largest) else offer.largest,
                "fee_per_order": 0.0,
            }
        )
        for offer in alone.offers
    )
    return alone.unchecked_copy(conventional=tuple(conventional), offers=offers)


def _best_quote(offer: Offer) -> Quote:
    """Return the lowest price a part and the shortest lead time of any order.

    Between quotes, and along a fit, both rise or fall all the way: the ends have the least.
    """
    last = max(quote.quantity for quote in offer.quotes)
    ends = {offer.smallest, last, *(quote.quantity for quote in offer.quotes)}
    ends |= set() if math.isinf(offer.largest) else {offer.largest}
    at = np.array(sorted(ends))
    total, lead = quotes_of([offer]).curves()
    every = np.zeros(at.size, dtype=np.int64)
    price = min(quote.cost_per_part for quote in offer.quotes)
    if offer.between in ("power", "line"):
        price = float((total.take(every).at(at) / at).min())
    return Quote(
        quantity=1.0,
        cost_per_part=max(0.0, price),
        lead_time_weeks=max(0.0, float(lead.take(every).at(at).min())),
    )


def _given_back(last: ReplayState, name: str, orders: Sequence[Order]) -> float:
    """Return what a line saved by prints that were finished earlier than promised.

    Those of the bound might have been, too, and all by as much: by that the bound is lowered.
    """
    weights = last.instance.minimise
    weeks = max((order.early_weeks for order in orders if order.line == name), default=0.0)
    return weeks * (weights.downtime * last.cost_per_week(name) + weights.weeks)


def _at_least(line: Any, given: Sequence[Order]) -> Any:
    """Return the line with room for the orders that the files give."""
    over = sum(order.quantity for order in given) - line.quantity
    return line.model_copy(update={"surplus": max(line.surplus, over)})


def _discounted(offer: Offer, share: float) -> Offer:
    """Return an offer with a share taken off its prices: the most that discounts could."""
    if not share:
        return offer
    quotes = tuple(
        quote.model_copy(update={"cost_per_part": quote.cost_per_part * (1 - share)})
        for quote in offer.quotes
    )
    return offer.model_copy(update={"quotes": quotes})


def _later(offer: Offer, wait: float, supplier: str) -> Offer:
    """Return an offer of a renamed supplier whose lead times are longer by a wait.

    A power fitted to lead times cannot be shifted and stays as it is, which keeps the bound valid.
    """
    shift = 0.0 if offer.between == "power" else wait
    quotes = tuple(
        quote.model_copy(update={"lead_time_weeks": quote.lead_time_weeks + shift})
        for quote in offer.quotes
    )
    return offer.model_copy(
        update={"supplier": supplier, "quotes": quotes, "valid_from": None, "valid_to": None}
    )


def _with_copies(network: Network, names: Sequence[tuple[str, str]]) -> Network:
    """Return the network with each renamed supplier where the supplier is."""
    if not network.places:
        return network
    places, lanes = list(network.places), list(network.lanes)
    for supplier, copy in names:
        places += [
            place.model_copy(update={"name": copy})
            for place in network.places
            if place.name == supplier
        ]
        lanes += [
            lane.model_copy(update={"from_": copy})
            for lane in network.lanes
            if lane.from_ == supplier
        ]
    return network.model_copy(update={"places": tuple(places), "lanes": tuple(lanes)})


def _licences(granted: Sequence[Licence], names: Sequence[tuple[str, str]]) -> tuple[Licence, ...]:
    """Return the licences of a part, one for each renamed supplier where they name suppliers."""
    found = [licence for licence in granted if licence.supplier is None]
    for licence in granted:
        found += [
            licence.model_copy(update={"supplier": copy})
            for supplier, copy in names
            if supplier == licence.supplier
        ]
    return tuple(found)
